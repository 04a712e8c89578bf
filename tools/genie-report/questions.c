/* The questions one by one, those that were not measured, and those held out. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "matrix.h"
#include "paired.h"
#include "sections.h"

#include "json.h"
#include "mem.h"
#include "score.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>

#define MAX_QUESTION 120 /* bytes of a question that are shown */

static const char *mark(const struct score *rows, const char *id)
{
	switch (rows ? score_of(rows, id) : SCORE_ABSENT) {
	case SCORE_PASS: return "pass";
	case SCORE_FAIL: return "FAIL";
	case SCORE_EXCLUDED: return "excl.";
	default: return "-";
	}
}

static void question_columns(struct doc *doc, const struct data *data)
{
	static const struct doc_column fixed[] = {
		{ "Question", false }, { "Text", false },  { "Category", false },
		{ "Priority", false }, { "Split", false },
	};
	size_t n = countof(fixed);
	struct doc_column *columns = xcalloc(n + data_evaluations(data), sizeof *columns);
	for (size_t i = 0; i < n; i++)
		columns[i] = fixed[i];
	for (size_t i = 0; i < data->n; i++)
		columns[n++].title = arena_printf(&doc->arena, "%d%s", data->v[i].number,
						  data->v[i].kept ? "" : " (rolled back)");
	if (data->post_rows)
		columns[n++].title = "deployed";
	doc_table(doc, columns, n);
	free(columns);
}

static bool asked(const struct data *data, const char *id)
{
	for (size_t i = 0; i < data_evaluations(data); i++)
		if (data_rows(data, i) && score_of(data_rows(data, i), id) != SCORE_ABSENT)
			return true;
	return false;
}

static size_t count_asked(const struct data *data)
{
	size_t n = 0;
	for (const struct json *q = json_first(data->questions); q; q = json_next(q))
		n += asked(data, json_str_or(q, "question_id", ""));
	return n;
}

void section_questions(struct doc *doc, const struct data *data)
{
	doc_heading(doc, 2, "Question by question");
	if (!count_asked(data)) {
		doc_say(doc, "Not known: there are no rows.jsonl.");
		return;
	}
	doc_say(doc, "By iteration; a question passes when its result is right or the arbiter "
		     "decides for Genie.");
	doc_say(doc, "\"-\": not asked, because a gate had failed.");
	doc_markdown_only(doc);
	matrix_add(doc, data);
	question_columns(doc, data);
	doc_markdown_only(doc);
	for (const struct json *q = json_first(data->questions); q; q = json_next(q)) {
		const char *id = json_str_or(q, "question_id", "");
		if (!asked(data, id))
			continue;
		doc_cell(doc, "%s", id);
		doc_cell(doc, "%s", doc_cut(doc, json_str_or(q, "question", ""), MAX_QUESTION));
		doc_cell(doc, "%s", json_str_or(q, "category", ""));
		doc_cell(doc, "%s", json_str_or(q, "priority", ""));
		doc_cell(doc, "%s", json_str_or(q, "split", ""));
		for (size_t i = 0; i < data_evaluations(data); i++)
			doc_cell(doc, "%s", mark(data_rows(data, i), id));
	}
}

/* ---- excluded ---- */
static const struct doc_column excluded_columns[] = {
	{ "Evaluation", false },
	{ "Question", false },
	{ "Reason", false },
};

static void excluded_rows(struct doc *doc, const char *what, const struct json *eval)
{
	for (const struct json *e = json_first(json_get(eval, "excluded")); e; e = json_next(e)) {
		doc_cell(doc, "%s", what);
		doc_cell(doc, "%s", json_str_or(e, "question_id", ""));
		doc_cell(doc, "%s", json_str_or(e, "reason", ""));
	}
}

void section_excluded(struct doc *doc, const struct data *data)
{
	size_t n = json_len(json_get(data->held_before, "excluded")) +
		   json_len(json_get(data->held_after, "excluded"));
	doc_heading(doc, 2, "Excluded questions");
	for (size_t i = 0; i < data->n; i++)
		n += json_len(json_get(data->v[i].eval, "excluded"));
	if (!n) {
		doc_say(doc, "None: every question that was asked was measured.");
		return;
	}
	doc_say(doc, "Not measured, through no fault of Genie's; they are on neither side of an "
		     "accuracy.");
	DOC_TABLE_OF(doc, excluded_columns);
	for (size_t i = 0; i < data->n; i++)
		excluded_rows(doc, arena_printf(&doc->arena, "iteration %d", data->v[i].number),
			      data->v[i].eval);
	excluded_rows(doc, "held out, before", data->held_before);
	excluded_rows(doc, "held out, after", data->held_after);
}

/* ---- held out ---- */
static const struct doc_column held_columns[] = {
	{ "When", false },
	{ "Right", true },
	{ "Accuracy", true },
	{ "95 % interval", false },
};

static void held_row(struct doc *doc, const char *when, const struct json *eval)
{
	doc_cell(doc, "%s", when);
	if (!eval) {
		doc_cell(doc, "not measured");
		doc_cell(doc, NULL);
		doc_cell(doc, NULL);
		return;
	}
	doc_cell(doc, "%s", fmt_right(eval).s);
	doc_cell(doc, "%s", fmt_percent(fmt_member(eval, "overall_accuracy")).s);
	doc_cell(doc, "%s", fmt_interval_of(eval, "accuracy_ci95").s);
}

static bool apart(const struct json *before, const struct json *after)
{
	double low[2] = { NAN, NAN }, high[2] = { NAN, NAN };
	const struct json *pairs[] = { json_get(before, "accuracy_ci95"),
				       json_get(after, "accuracy_ci95") };
	for (size_t i = 0; i < countof(pairs); i++)
		if (!json_as_num(json_at(pairs[i], 0), &low[i]) ||
		    !json_as_num(json_at(pairs[i], 1), &high[i]))
			return false;
	return low[1] > high[0] || low[0] > high[1];
}

static void tell_held(struct doc *doc, const struct data *data)
{
	struct paired p = paired_of(data->held_rows_before, data->held_rows_after);
	doc_say(doc, NULL);
	if (p.n) {
		paired_tell(doc, &p);
		doc_add(doc, streq(paired_verdict(&p), "undecidable") ?
				     " The difference is within noise." :
				     "");
	} else if (apart(data->held_before, data->held_after)) {
		doc_add(doc, "The intervals do not overlap.");
	} else {
		doc_add(doc, "The intervals overlap: the difference is within noise.");
	}
}

static const struct doc_column split_columns[] = {
	{ "Split", false },	 { "Baseline", true },	{ "Live", true },
	{ "Live right", true },	 { "95 % interval", false },
};

/* Train, val and held-out questions apart; they are in the progress file. */
static void split_table(struct doc *doc, const struct json *progress)
{
	static const char *const splits[] = { "train", "val", "held_out" };
	bool any = false;
	for (size_t i = 0; i < countof(splits); i++) {
		const struct json *both = json_get(progress, splits[i]);
		const struct json *before = json_get(both, "before");
		const struct json *now = json_get(both, "after");
		if (!json_is(before, JSON_OBJECT) && !json_is(now, JSON_OBJECT))
			continue;
		if (!any)
			DOC_TABLE_OF(doc, split_columns);
		any = true;
		doc_cell(doc, "%s", splits[i]);
		doc_cell(doc, "%s", fmt_percent(fmt_member(before, "overall_accuracy")).s);
		doc_cell(doc, "%s", fmt_percent(fmt_member(now, "overall_accuracy")).s);
		doc_cell(doc, "%s", fmt_right(now).s);
		doc_cell(doc, "%s", fmt_interval_of(now, "accuracy_ci95").s);
	}
}

void section_splits(struct doc *doc, const struct data *data)
{
	const struct json *train = json_dig(data->progress, "train.before");
	const struct json *val = json_dig(data->progress, "val.before");
	if (!json_is(train, JSON_OBJECT) && !json_is(val, JSON_OBJECT))
		return;
	doc_heading(doc, 2, "Accuracy by split");
	doc_say(doc, "Failures of train and val lead to changes and decide whether they stay; only "
		     "texts of train may come into the metadata. held_out decides nothing.");
	split_table(doc, data->progress);
}

void section_held_out(struct doc *doc, const struct data *data)
{
	doc_heading(doc, 2, "Held-out check");
	if (!data->held_before && !data->held_after) {
		doc_say(doc, "Held-out questions were not measured.");
		return;
	}
	doc_say(doc, "Questions that steered nothing. What rises on the others and not here is "
		     "learnt by heart.");
	DOC_TABLE_OF(doc, held_columns);
	held_row(doc, "before", data->held_before);
	held_row(doc, "after", data->held_after);
	if (data->held_before && data->held_after)
		tell_held(doc, data);
}
