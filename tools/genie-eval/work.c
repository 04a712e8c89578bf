#include "work.h"

#include "http.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "mem.h"
#include "native.h"
#include "repeat.h"
#include "rows.h"

#include <stdlib.h>

bool item_needs_answer(const struct item *item)
{
	return !*json_str_or(item->row, "genie_sql", "") && !*json_str_or(item->row, "status", "");
}

bool item_needs_run(const struct item *item)
{
	return !json_is(json_get(item->row, "comparison"), JSON_OBJECT)
		|| (item->work->native && item_needs_grade(item));
}

void work_stop(struct work *work, const struct err *err)
{
	if (!work->stop)
		work->err = *err;
	work->stop = true;
}

void item_exclude(struct item *item, char *reason)
{
	free(item->excluded);
	item->excluded = reason;
}

static bool keep(struct work *work, const struct json *row)
{
	struct str line = STR_INIT;
	struct err err = { 0 };
	json_print(row, &line);
	str_addc(&line, '\n');
	bool ok = io_append_synced(work->checkpoint, str_text(&line), line.n, &err);
	str_free(&line);
	if (!ok)
		work_stop(work, &err);
	return ok;
}

/* The askings of one question lie side by side. Returns the index behind the last one. */
static size_t group_end(const struct work *work, size_t from)
{
	size_t end = from + 1;
	const struct json *row = work->item[from].row;
	if (!json_get(row, "replicate"))
		return end;
	while (end < work->n && json_get(work->item[end].row, "replicate")
	       && streq(row_id(work->item[end].row), row_id(row)))
		end++;
	return end;
}

/* How steady the answers are shows only when all of them are there. */
static void judge_group(struct work *work, size_t from, size_t end)
{
	struct json **rows = xcalloc(end - from, sizeof(*rows));
	for (size_t i = from; i < end; i++)
		rows[i - from] = work->item[i].row;
	if (work->stage == STAGE_JUDGE)
		repeat_judge(rows, end - from);
	free(rows);
}

static bool group_finished(const struct work *work, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++)
		if (!work->item[i].finished)
			return false;
	return true;
}

static void flush(struct work *work)
{
	size_t before = work->written;
	while (work->written < work->n) {
		size_t end = group_end(work, work->written);
		if (!group_finished(work, work->written, end))
			break;
		judge_group(work, work->written, end);
		for (; work->written < end; work->written++) {
			struct item *item = &work->item[work->written];
			jsonw_line(work->out, item->row);
			json_free(item->row);
			item->row = NULL;
		}
	}
	if (work->written != before)
		fflush(work->out);
}

void item_finish(struct item *item)
{
	struct work *work = item->work;
	const char *outcome = json_str_or(item->row, "outcome", "");
	work->right += !streq(outcome, "excluded") && row_is_right(item->row);
	work->arbiter += streq(outcome, "pass") && !row_is_right(item->row);
	work->failed += streq(outcome, "fail");
	work->excluded += streq(outcome, "excluded");
	item->finished = true;
	work->active--;
	work->finished++;
	if (work->checkpoint)
		keep(work, item->row);
	progress_step(&work->progress, work->finished,
		      "asked %zu, executed %zu, judged %zu: right %zu, right to the arbiter %zu, "
		      "wrong %zu, excluded %zu",
		      work->asked, work->executed, work->judged, work->right, work->arbiter,
		      work->failed, work->excluded);
	flush(work);
}

static void item_start(struct item *item)
{
	struct work *work = item->work;
	if (item->excluded)
		item_settle(item);
	else if (item_needs_answer(item))
		item_ask(item);
	else if (work->stage != STAGE_ASK && item_needs_run(item))
		item_run(item);
	else
		item_settle(item);
}

/* Starts items while there is room. Not from a callback: items that end at once
 * must not pile up on the stack. */
static void pump(struct work *work)
{
	while (!work->stop && work->next < work->n && work->active < (size_t)work->concurrency) {
		struct item *item = &work->item[work->next++];
		if (item->finished)
			continue;
		work->active++;
		item_start(item);
	}
}

struct turn {
	bool moved;
	struct work *work;
	size_t finished;
};

static void look(void *ctx, bool cancelled)
{
	struct turn *turn = ctx;
	(void)cancelled;
	turn->moved = true;
}

bool work_run(struct work *work, struct err *err)
{
	progress_start(&work->progress, "evaluate", work->n);
	for (size_t i = 0; i < work->n; i++)
		work->finished += work->item[i].finished;
	flush(work);
	pump(work);
	while (!work->stop && work->finished < work->n && work->http) {
		/* Short turns, so that room left by finished items is used soon. */
		struct turn turn = { .work = work };
		http_after(work->http, 20, look, &turn);
		http_run(work->http, &turn.moved);
		pump(work);
	}
	progress_end(&work->progress);
	if (work->stop) {
		*err = work->err;
		return false;
	}
	return true;
}

static void item_free(struct item *item)
{
	for (size_t i = 0; i < item->ngold; i++)
		free(item->gold[i]);
	free(item->gold);
	free(item->gold_run);
	free(item->excluded);
	json_free(item->row);
}

void work_free(struct work *work)
{
	for (size_t i = 0; i < work->n; i++)
		item_free(&work->item[i]);
	for (size_t i = 0; i < work->nrun; i++)
		run_free(work->run[i]);
	free(work->run);
	free(work->item);
}
