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

void section_arbiter(struct doc *doc, const struct data *data)
{
	const struct json *actions = json_get(data_live(data)->eval, "arbiter_actions");
	doc_heading(doc, 2, "Arbiter and benchmark corrections");
	if (!json_len(actions)) {
		doc_say(doc, "The arbiter had nothing to decide in iteration %d.",
			data_live(data)->number);
		return;
	}
	DOC_TABLE_OF(doc, arbiter_columns);
	for (const struct json *a = json_first(actions); a; a = json_next(a)) {
		doc_cell(doc, "%s", json_str_or(a, "question_id", ""));
		doc_cell(doc, "%s", json_str_or(a, "verdict", ""));
		doc_cell(doc, "%s", doc_cut(doc, json_str_or(a, "rationale", ""), MAX_RATIONALE));
	}
	suggest(doc, actions);
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
