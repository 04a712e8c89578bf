/* Comparing what ran, judging, and the outcome of a row. */
#include "work.h"

#include "comparesql.h"
#include "json.h"
#include "judge.h"
#include "mem.h"
#include "native.h"
#include "rows.h"
#include "sqltext.h"
#include "stmt.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE_ROWS 5

static const char *first_fault(const struct item *item)
{
	const struct execution *own[] = { item->explain, item->genie_run };
	for (size_t i = 0; i < item->ngold; i++)
		if (item->gold_run[i]->fault)
			return item->gold_run[i]->fault;
	for (size_t i = 0; i < countof(own); i++)
		if (own[i] && own[i]->fault)
			return own[i]->fault;
	return NULL;
}

/* Why there is nothing of Genie's to compare. */
static const char *pred_error(const struct item *item)
{
	if (item->genie_run)
		return item->genie_run->error;
	return *json_str_or(item->row, "genie_sql", "")
		? "Genie's SQL is not a single read-only statement; it was not executed"
		: "Genie gave no SQL";
}

static const char *explain_error(const struct execution *explain)
{
	if (explain->error)
		return explain->error;
	return explain->table ? stmt_plan_error(explain->table) : NULL;
}

static void set_explain(struct item *item)
{
	if (!item->explain)
		return;
	struct json *explain = json_set(item->row, "explain", json_new_object());
	const char *error = explain_error(item->explain);
	json_set_bool(explain, "ok", !error);
	json_set_str(explain, "error", error);
}

static void tie_looked_at(void *ctx, struct execution *run)
{
	struct item *item = ctx;
	item->unlimited = run;
	item_settle(item);
}

/* A cut through ties is settled by the gold's rows without LIMIT. True: they are being
 * fetched, and the item comes back. */
static bool fetch_unlimited(struct item *item, const struct compare_result *best, size_t chosen)
{
	struct arena arena = { 0 };
	bool wanted = best->verdict == COMPARE_TIE && !best->tie_proved && !item->unlimited;
	char *sql = wanted ? compare_without_limit(&arena, item->gold[chosen]) : NULL;
	wanted = sql && sql_is_read_only(sql);
	item->unlimited_of = chosen;
	if (wanted)
		run_sql(item->work, sql, tie_looked_at, item);
	arena_free(&arena);
	return wanted;
}

/* One comparison for each accepted gold that ran; the best one counts. False: the item
 * comes back when more is known. */
static bool compare_golds(struct item *item)
{
	struct arena arena = { 0 };
	struct compare_side pred = { .table = item->genie_run ? item->genie_run->table : NULL,
				     .error = pred_error(item) };
	struct compare_result best = { 0 }, result;
	size_t chosen = SIZE_MAX;
	for (size_t i = 0; i < item->ngold; i++) {
		struct compare_context context;
		struct compare_side gold = { item->gold_run[i]->table, item->gold_run[i]->error };
		compare_context_read(&arena, item->gold[i], row_question(item->row), gold.table, &context);
		if (item->unlimited && item->unlimited_of == i)
			context.gold_unlimited = item->unlimited->table;
		compare_tables(&gold, &pred, &context, &result);
		if (chosen == SIZE_MAX || compare_better(&result, &best, item->work->profile)) {
			if (chosen != SIZE_MAX)
				compare_free(&best);
			best = result;
			chosen = i;
		} else {
			compare_free(&result);
		}
	}
	arena_free(&arena);
	if (fetch_unlimited(item, &best, chosen)) {
		compare_free(&best);
		return false;
	}
	struct compare_side gold = { item->gold_run[chosen]->table, item->gold_run[chosen]->error };
	struct json *comparison = compare_to_json(&best, item->work->profile, &gold, &pred, SAMPLE_ROWS);
	if (item->ngold > 1)
		json_set_int(comparison, "gold", (int64_t)chosen);
	if (best.verdict == COMPARE_ERROR_GOLD)
		item_exclude(item, xasprintf("gold: %s", gold.error));
	json_set(item->row, "comparison", comparison);
	compare_free(&best);
	return true;
}

static bool compare(struct item *item)
{
	const char *fault = first_fault(item);
	if (fault) {
		item_exclude(item, xasprintf("not measured: %s", fault));
		return true;
	}
	set_explain(item);
	return compare_golds(item);
}

static void exclude_row(struct item *item)
{
	json_set_str(item->row, "outcome", "excluded");
	json_set_str(json_set(item->row, "exclusion", json_new_object()), "reason", item->excluded);
	json_remove(item->row, "judges");
}

const char *item_gold(const struct item *item)
{
	size_t chosen = (size_t)json_int_or(json_get(item->row, "comparison"), "gold", 0);
	return item->ngold ? item->gold[chosen < item->ngold ? chosen : 0] : NULL;
}

/* Code judges first, at no cost; then the model, where it is asked to. */
static void judge(struct item *item)
{
	struct work *work = item->work;
	struct judge_input input = { .row = item->row, .catalog = work->catalog,
				     .gold_sql = item_gold(item) };
	struct json *before = json_get(item->row, "judges");
	before = before ? json_dup(before) : NULL;
	json_remove(item->row, "exclusion");
	judge_row(&input);
	if (!work->rejudge)
		panel_keep(work->judges, item->row, before);
	work->judged++;
	if (work->panel)
		panel_judge(work->panel, item, before);
	else
		item_conclude(item);
	json_free(before);
}

void item_conclude(struct item *item)
{
	if (item->excluded)
		exclude_row(item);
	else if (item->work->native && item->work->stage == STAGE_JUDGE)
		native_judge(item->row);
	item_finish(item);
}

void item_settle(struct item *item)
{
	struct work *work = item->work;
	if (work->stop)
		return;
	if (!item->excluded && item->gold_run && !compare(item))
		return;
	if (work->iteration >= 0)
		json_set_int(item->row, "iteration", work->iteration);
	if (!item->excluded && work->stage == STAGE_JUDGE)
		judge(item);
	else
		item_conclude(item);
}
