#include "native.h"

#include "clock.h"
#include "evalrun.h"
#include "journal.h"
#include "json.h"
#include "mem.h"
#include "rows.h"
#include "work.h"

#include <stdlib.h>

bool item_needs_grade(const struct item *item)
{
	return !*json_str_or(json_get(item->row, "native"), "assessment", "");
}

/* Not to be looked at: finished earlier, or not to be measured whoever asks. */
static bool is_open(const struct item *item)
{
	return !item->skip && item_needs_grade(item);
}

struct grading {
	struct work *work;
	struct json *stored; /* benchmark_text -> id */
	char *config;        /* key of the journal: a grade is no plain answer */
	struct arena arena;
	struct err *err;
};

static struct journal_key key_of(const struct grading *g, const struct item *item)
{
	return (struct journal_key){ .config = g->config, .question_id = row_id(item->row),
		.question = row_question(item->row), .replicate = item->replicate };
}

/* What a row had of another answer goes: it says nothing of this one. */
static void fill(struct item *item, const struct json *entry)
{
	static const char *const old[] = { "comparison", "explain", "judges", "asset", "outcome",
		"exclusion", "conversation_id", "message_id", "latency_ms", "attempts", "error",
		"error_type" };
	static const char *const fields[] = { "asked_at", "status", "genie_text", "genie_sql_raw",
		"native" };
	struct json *row = item->row;
	for (size_t i = 0; i < countof(old); i++)
		json_remove(row, old[i]);
	json_set_str(row, "space_id", item->work->space_id);
	if (item->work->config_id)
		json_set_str(row, "config_id", item->work->config_id);
	for (size_t i = 0; i < countof(fields); i++)
		if (json_get(entry, fields[i]))
			json_set(row, fields[i], json_dup(json_get(entry, fields[i])));
	item_set_sql(row, false);
	free(item->excluded);
	item->excluded = NULL;
}

static struct json *entry_of(const struct grading *g, const struct json *grade)
{
	struct json *entry = json_new_object();
	char at[CLOCK_RFC3339_SIZE];
	json_set_str(entry, "space_id", g->work->space_id);
	json_set_str(entry, "config_id", g->work->config_id);
	json_set_str(entry, "outcome", "answered");
	json_set_str(entry, "asked_at", clock_rfc3339(clock_now_ms(), at));
	json_set_str(entry, "status", "COMPLETED");
	json_set_str(entry, "genie_text", json_str_or(grade, "text", NULL));
	json_set_str(entry, "genie_sql_raw", json_str_or(grade, "sql", NULL));
	json_set(entry, "native", json_dup(json_get(grade, "native")));
	return entry;
}

static bool take(struct grading *g, struct item *item, const struct json *grade)
{
	const char *fault = json_str_or(grade, "fault", NULL);
	if (fault) {
		const struct json *native = json_get(grade, "native");
		item_exclude(item, xasprintf("not measured: eval run %s: %s (%s)",
			json_str_or(native, "eval_run_id", ""), fault,
			json_str_or(native, "status", "")));
		return true;
	}
	struct journal_key key = key_of(g, item);
	struct json *entry = entry_of(g, grade);
	fill(item, entry);
	return journal_add(g->work->journal, &key, entry, g->err);
}

static const char *stored_id(struct grading *g, const struct item *item)
{
	return json_str_or(g->stored, benchmark_text(&g->arena, row_question(item->row)), NULL);
}

/* NULL unless the item belongs to this replicate and lacks a grade. */
static const char *open_id(struct grading *g, const struct item *item, int64_t replicate)
{
	return item->replicate == replicate && is_open(item) ? stored_id(g, item) : NULL;
}

/* Items of this replicate that still lack a grade; the ids of their questions. */
static struct json *open_ids(struct grading *g, int64_t replicate)
{
	struct json *ids = json_new_array();
	struct strlist seen = { 0 };
	for (size_t i = 0; i < g->work->n; i++) {
		const char *id = open_id(g, &g->work->item[i], replicate);
		if (id && strlist_add_new(&seen, id))
			json_push_str(ids, id);
	}
	strlist_free(&seen);
	return ids;
}

static bool take_all(struct grading *g, int64_t replicate, const struct json *grades)
{
	for (size_t i = 0; i < g->work->n; i++) {
		struct item *item = &g->work->item[i];
		const char *id = open_id(g, item, replicate);
		const struct json *one = id ? json_first(grades) : NULL;
		while (one && !streq(json_str_or(one, "benchmark_question_id", ""), id))
			one = json_next(one);
		if (one && !take(g, item, one))
			return false;
	}
	return true;
}

static bool run_once(struct grading *g, int64_t replicate, const struct json *ids)
{
	struct evalrun run = { .space_id = g->work->space_id, .ids = ids,
		.limit_ms = g->work->ask_limit_ms * (int64_t)json_len(ids) };
	struct json *grades = evalrun_grade(g->work->dbx, &run, g->err);
	g->work->asked += json_len(ids);
	bool ok = grades && take_all(g, replicate, grades);
	json_free(grades);
	return ok;
}

static bool run_replicate(struct grading *g, int64_t replicate)
{
	for (int i = 0; i < g->work->ask_tries; i++) {
		struct json *ids = open_ids(g, replicate);
		bool some = json_len(ids) > 0, ok = !some || run_once(g, replicate, ids);
		json_free(ids);
		if (!some || !ok)
			return ok;
	}
	return true;
}

static void from_journal(struct grading *g)
{
	for (size_t i = 0; i < g->work->n; i++) {
		struct item *item = &g->work->item[i];
		struct journal_key key = key_of(g, item);
		const struct json *entry = is_open(item) ?
			journal_find(g->work->journal, &key) : NULL;
		if (entry)
			fill(item, entry);
	}
}

/* Last, so that every item that is still without a grade has a reason. */
static void exclude_rest(struct grading *g)
{
	for (size_t i = 0; i < g->work->n; i++) {
		struct item *item = &g->work->item[i];
		if (!is_open(item) || item->excluded)
			continue;
		item_exclude(item, xstrdup(stored_id(g, item) ?
			"not measured: the eval run has no result for it" :
			"not measured: the question is not among the benchmarks of the space "
			"(genie-bench --publish puts it there)"));
	}
}

bool native_grade(struct work *work, struct err *err)
{
	struct grading g = { .work = work, .err = err };
	int64_t last = 0;
	for (size_t i = 0; i < work->n; i++)
		work->item[i].skip = work->item[i].finished || work->item[i].excluded;
	g.config = xasprintf("native:%s", work->config_key);
	from_journal(&g);
	g.stored = benchmark_ids(work->dbx, work->space_id, err);
	bool ok = g.stored != NULL;
	for (size_t i = 0; i < work->n; i++)
		last = work->item[i].replicate > last ? work->item[i].replicate : last;
	for (int64_t r = 0; ok && r <= last; r++)
		ok = run_replicate(&g, r);
	if (ok)
		exclude_rest(&g);
	json_free(g.stored);
	free(g.config);
	arena_free(&g.arena);
	return ok;
}

/* ---- judging ---- */

static const char *type_of(const struct json *reasons)
{
	for (const struct json *one = json_first(reasons); one; one = json_next(one)) {
		const char *type = evalrun_failure_type(json_text(one) ? json_text(one) : "");
		if (!streq(type, "other"))
			return type;
	}
	return "other";
}

/* Our own side information, where there is some, with what Databricks' reasons say. */
static struct json *asi_of(const struct json *row, const struct json *reasons)
{
	const char *type = type_of(reasons);
	const struct json *own = row_asi(row, "result_correctness");
	struct json *asi = own ? json_dup(own) : json_new_object();
	if (!own || !streq(type, "other")) {
		json_set_str(asi, "failure_type", type);
		json_set_str(asi, "severity", failure_type_find(type)->severity);
	}
	if (!own)
		json_set(asi, "blame_set", json_new_array());
	json_set_num(asi, "confidence", streq(type, "other") ? 0.5 : 0.8);
	return asi;
}

static void set_arbiter(struct json *judges, const char *value, const char *why)
{
	struct json *arbiter = json_set(judges, "arbiter", json_new_object());
	json_set_str(arbiter, "value", value);
	json_set_str(arbiter, "rationale", why);
	json_set_str(arbiter, "source", "native");
}

static char *rationale_of(const char *assessment, const struct json *reasons)
{
	struct str text = STR_INIT;
	str_addf(&text, "Databricks' grader: %s", assessment);
	for (const struct json *one = json_first(reasons); one; one = json_next(one))
		str_addf(&text, "%s%s", one == json_first(reasons) ? ": " : ", ", json_text(one));
	return str_take(&text);
}

void native_judge(struct json *row)
{
	const struct json *native = json_get(row, "native"), *reasons = json_get(native, "reasons");
	const char *assessment = json_str_or(native, "assessment", NULL);
	struct json *judges = json_get(row, "judges");
	if (!assessment || !judges)
		return;
	bool good = streq(assessment, "GOOD"), bad = streq(assessment, "BAD");
	struct json *asi = good ? NULL : asi_of(row, reasons);
	char *why = rationale_of(assessment, reasons);
	struct json *judge = json_set(judges, "result_correctness", json_new_object());
	json_set_str(judge, "value", good ? "yes" : bad ? "no" : "unknown");
	json_set_str(judge, "rationale", why);
	json_set_str(judge, "source", "native");
	if (asi)
		json_set(judge, "asi", asi);
	free(why);
	if (good)
		set_arbiter(judges, "skipped", "no disagreement");
	else if (!bad && json_true(json_dig(row, "comparison.match")))
		set_arbiter(judges, "both_correct",
			    "Databricks' grader is not sure; the results are equal by ours");
	json_set_str(row, "outcome", row_passes(row) ? "pass" : "fail");
}
