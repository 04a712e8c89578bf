/* What the evaluation says about the benchmark itself. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "sections.h"

#include "json.h"
#include "str.h"

#define MAX_RATIONALE 300
#define CORRECT_FROM 3 /* genie_correct verdicts from which the gold is corrected (loop.md) */

static const struct doc_column arbiter_columns[] = {
	{ "Question", false },
	{ "Verdict", false },
	{ "Rationale", false },
};

static size_t count_verdict(const struct json *actions, const char *verdict)
{
	size_t n = 0;
	for (const struct json *a = json_first(actions); a; a = json_next(a))
		n += streq(json_str_or(a, "verdict", ""), verdict);
	return n;
}

static void suggest(struct doc *doc, const struct json *actions)
{
	size_t wrong = count_verdict(actions, "genie_correct"),
	       neither = count_verdict(actions, "neither_correct");
	size_t both = count_verdict(actions, "both_correct");
	if (wrong >= CORRECT_FROM)
		doc_point(doc,
			  "The arbiter finds Genie right and the gold SQL wrong %zu times: correct "
			  "the benchmark before more metadata is changed.",
			  wrong);
	else if (wrong)
		doc_point(doc,
			  "The arbiter finds Genie right and the gold SQL wrong for %s: look at "
			  "the gold SQL; a correction is due from %d on.",
			  fmt_count(wrong, "question").s, CORRECT_FROM);
	if (both)
		doc_point(doc,
			  "Both answers are right for %s: add the second one to expected_sql, or "
			  "say in the question which is meant.",
			  fmt_count(both, "question").s);
	if (neither)
		doc_point(doc, "Neither answer is right for %s: a person has to look.",
			  fmt_count(neither, "question").s);
}

static const struct doc_column correction_columns[] = {
	{ "Question", false },
	{ "After iteration", true },
	{ "Status", false },
	{ "Expected SQL now", false },
};

/* What the loop made of the verdicts for Genie (pipelines/triage). */
static void tell_corrections(struct doc *doc, const struct data *data)
{
	const struct json *all = json_get(data->progress, "benchmark_corrections");
	const struct json *iterations = json_get(data->progress, "iterations");
	size_t corrected = 0;
	for (const struct json *c = json_first(all); c; c = json_next(c))
		corrected += streq(json_str_or(c, "status", ""), "corrected");
	if (!corrected)
		return;
	doc_say(doc, "Corrected in a copy of the benchmark (iter-NN/corrected); the questions are "
		     "measured by it from the next iteration on:");
	DOC_TABLE_OF(doc, correction_columns);
	for (const struct json *c = json_first(all); c; c = json_next(c)) {
		if (!streq(json_str_or(c, "status", ""), "corrected"))
			continue;
		doc_cell(doc, "%s", json_str_or(c, "question_id", ""));
		doc_cell(doc, "%lld", (long long)json_int_or(c, "iteration", 0));
		doc_cell(doc, "%s", json_str_or(c, "status", ""));
		doc_cell_code(doc, doc_cut(doc, json_str_or(c, "expected_sql", ""), MAX_RATIONALE));
	}
	for (const struct json *i = json_first(iterations); i; i = json_next(i)) {
		const struct json *rescored = json_get(i, "rescored");
		if (!json_is(rescored, JSON_OBJECT))
			continue;
		doc_point(doc,
			  "The same answers, scored again after iteration %lld without asking: ",
			  (long long)json_int_or(i, "iteration", 0));
		doc_add(doc, "%s, ", fmt_percent(fmt_member(rescored, "after")).s);
		doc_add(doc,
			"%s before. Accuracy from there on is by other questions than before.",
			fmt_percent(fmt_member(rescored, "before")).s);
	}
}

void section_arbiter(struct doc *doc, const struct data *data)
{
	const struct json *actions = json_get(data_live(data)->eval, "arbiter_actions");
	doc_heading(doc, 2, "Arbiter and benchmark corrections");
	if (!json_len(actions)) {
		doc_say(doc, "The arbiter had nothing to decide in iteration %d.",
			data_live(data)->number);
		tell_corrections(doc, data);
		return;
	}
	DOC_TABLE_OF(doc, arbiter_columns);
	for (const struct json *a = json_first(actions); a; a = json_next(a)) {
		doc_cell(doc, "%s", json_str_or(a, "question_id", ""));
		doc_cell(doc, "%s", json_str_or(a, "verdict", ""));
		doc_cell(doc, "%s", doc_cut(doc, json_str_or(a, "rationale", ""), MAX_RATIONALE));
	}
	suggest(doc, actions);
	tell_corrections(doc, data);
}

static const struct doc_column warning_columns[] = {
	{ "Question", false },
	{ "Warning", false },
	{ "Text", false },
};

void section_warnings(struct doc *doc, const struct data *data)
{
	doc_heading(doc, 2, "Benchmark warnings");
	if (!data->warnings) {
		doc_say(doc, "Not known: there is no benchmarks.jsonl.");
		return;
	}
	if (!json_len(data->warnings)) {
		doc_say(doc, "None.");
		return;
	}
	DOC_TABLE_OF(doc, warning_columns);
	for (const struct json *w = json_first(data->warnings); w; w = json_next(w)) {
		doc_cell(doc, "%s", json_str_or(w, "question_id", ""));
		doc_cell(doc, "%s", json_str_or(w, "code", ""));
		doc_cell(doc, "%s", json_str_or(w, "text", ""));
	}
}
