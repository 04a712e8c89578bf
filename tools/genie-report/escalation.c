/* What a person has to know when the loop gets no further. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "sections.h"
#include "texts.h"

#include "json.h"
#include "str.h"

#define MOST_CAUSES 10
#define MOST_TEXT 300

static const struct doc_column cause_columns[] = {
	{ "Cause", false },	  { "Questions", true },	{ "Object", false },
	{ "Tried before", true }, { "Known limitation", false }, { "A judge asks for", false },
};

static void tell_causes(struct doc *doc, const struct json *hypotheses)
{
	size_t n = 0;
	doc_say(doc, "What explains the failures, most questions first:");
	DOC_TABLE_OF(doc, cause_columns);
	for (const struct json *h = json_first(hypotheses); h && n < MOST_CAUSES;
	     h = json_next(h), n++) {
		const struct json *limit = json_get(h, "known_limitation");
		doc_cell(doc, "%s", json_str_or(h, "root_cause", "other"));
		doc_cell(doc, "%lld", (long long)json_int_or(h, "questions", 0));
		doc_cell(doc, "%s", json_str_or(h, "object", ""));
		doc_cell(doc, "%lld", (long long)json_int_or(h, "attempts", 0));
		doc_cell(doc, "%s", json_str_or(limit, "id", ""));
		doc_cell(doc, "%s", doc_cut(doc, json_str_or(h, "fix_asked_for", ""), MOST_TEXT));
	}
	if (json_len(hypotheses) > n)
		doc_say(doc, "%zu more are in final/escalation.json.", json_len(hypotheses) - n);
}

static void tell_fixes(struct doc *doc, const struct json *fixes)
{
	size_t kept = 0, changes = 0;
	for (const struct json *f = json_first(fixes); f; f = json_next(f)) {
		kept += streq(json_str_or(f, "action", ""), "accept");
		changes += json_len(json_get(f, "changes"));
	}
	doc_say(doc, "Tried: %s with %s, %zu kept; see Iterations and Rolled back.",
		fmt_count(json_len(fixes), "iteration").s, fmt_count(changes, "change").s, kept);
}

static void tell_scores(struct doc *doc, const struct json *scores)
{
	const struct json *held = json_get(scores, "held_out");
	doc_say(doc, "Scores: accuracy %s at the baseline, ",
		fmt_percent(fmt_member(scores, "baseline_accuracy")).s);
	doc_add(doc, "%s now; ", fmt_percent(fmt_member(scores, "final_accuracy")).s);
	doc_add(doc, "held-out questions %s before, ",
		fmt_percent(fmt_member(json_get(held, "before"), "overall_accuracy")).s);
	doc_add(doc, "%s now; ",
		fmt_percent(fmt_member(json_get(held, "after"), "overall_accuracy")).s);
	doc_add(doc, "repeatability %s.", fmt_percent(fmt_member(scores, "repeatability_pct")).s);
}

/* Only when the loop has stalled. */
void section_escalation(struct doc *doc, const struct data *data)
{
	const struct json *e = data->escalation;
	if (!e)
		return;
	doc_heading(doc, 2, "Escalation");
	doc_say(doc, "The loop gets no further by itself: %s. %s fail.",
		json_str_or(e, "convergence_reason", "no improvement"),
		fmt_count(json_len(json_get(e, "errors")), "question").s);
	tell_causes(doc, json_get(e, "hypothesis"));
	tell_fixes(doc, json_get(e, "fixes_tried"));
	tell_scores(doc, json_get(e, "scores"));
	doc_say(doc, "Recommended:");
	for (const struct json *r = json_first(json_get(e, "recommendation")); r; r = json_next(r))
		doc_point(doc, "%s", json_text(r));
}
