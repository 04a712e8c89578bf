/* Searches for instructions and examples, as genie-propose --engine gepa has recorded them. */
#include "data.h"
#include "document.h"
#include "figures.h"
#include "format.h"
#include "searched.h"
#include "sections.h"

#include "json.h"
#include "stats.h"
#include "str.h"

#include <math.h>

/* ---- what came of it ---- */
/* The iteration that tried the patches of this search; NULL: none. */
static const struct iteration *tried_in(const struct data *data, const struct searched *s)
{
	const char *config = json_str_or(s->record, "config_id", NULL);
	for (size_t i = 0; config && i < data->n; i++)
		if (streq(json_str_or(json_get(data->v[i].patches, "search"), "config_id", NULL),
			  config))
			return &data->v[i];
	return NULL;
}

static void tell_shipped(struct doc *doc, const struct data *data, const struct searched *s)
{
	const struct iteration *it = tried_in(data, s);
	if (s->shipped < 0) {
		if (json_get(s->record, "shipped"))
			doc_add(doc, " It was not proposed.");
		return;
	}
	doc_add(doc, " It became patches of lever 6");
	if (it)
		doc_add(doc, ", which iteration %d tried and %s", it->number,
			it->kept ? "kept" : "rolled back");
	doc_add(doc, ".");
}

static void tell_pairs(struct doc *doc, const struct searched *s)
{
	doc_add(doc, ". Of %ld pairs of answers, %lld pass with the candidate alone and %lld "
		     "without it alone",
		s->pairs, (long long)json_int_or(s->final, "fixed", 0),
		(long long)json_int_or(s->final, "broken", 0));
	doc_add(doc, ": %s (", fmt_points(100 * searched_gain(s)).s);
	doc_add(doc, "%s to ", fmt_points(100 * s->gain.low).s);
	doc_add(doc, "%s at 95 %%; one-sided exact paired test by question: ",
		fmt_points(100 * s->gain.high).s);
	doc_add(doc, "%s).", fmt_p_is(s->p_value).s);
	if (s->detectable < 1)
		doc_add(doc, " So many pairs can show a gain of %s or more.",
			fmt_points(100 * s->detectable).s);
	else
		doc_add(doc, " So few pairs can show no gain at all.");
}

static void tell_outcome(struct doc *doc, const struct data *data, const struct searched *s)
{
	if (!s->n) {
		doc_say(doc, "The space as it was could not be measured: nothing was searched.");
		return;
	}
	if (s->chosen < 0) {
		doc_say(doc, "No candidate did better in the search than the space as it was: "
			     "there was nothing to compare, and nothing is proposed.");
		return;
	}
	doc_say(doc, "Candidate %ld against the space as it was, asked anew: ", s->chosen);
	doc_strong(doc, "%s", s->verdict);
	if (s->pairs)
		tell_pairs(doc, s);
	else
		doc_add(doc, ". No calls were left to ask both anew.");
	tell_shipped(doc, data, s);
}

static const struct doc_column fresh_columns[] = {
	{ "Asked anew", false }, { "Answers", true },        { "Passed", true },
	{ "Share", true },       { "95 % interval", false },
};

static void fresh_rows(struct doc *doc, const struct searched *s)
{
	DOC_TABLE_OF(doc, fresh_columns);
	for (size_t i = 0; i < s->n; i++) {
		const struct candidate *c = &s->v[i];
		if (!c->asked)
			continue;
		struct interval ci = stats_wilson((long)c->passed, (long)c->asked);
		doc_cell(doc, "%s", searched_role(s, i).s);
		doc_cell(doc, "%zu", c->asked);
		doc_cell(doc, "%zu", c->passed);
		doc_cell(doc, "%s", fmt_percent(100 * (double)c->passed / (double)c->asked).s);
		doc_cell(doc, "%s", fmt_interval(100 * ci.low, 100 * ci.high).s);
	}
}

static void tell_fresh(struct doc *doc, const struct searched *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		n += s->v[i].asked > 0;
	if (!n)
		return;
	fresh_rows(doc, s);
	doc_say(doc, "The intervals hold for these questions.");
	if (n > 2)
		doc_add(doc, " Finalists were asked each question once, to choose the one that is "
			     "compared; those answers do not count for the comparison.");
}

/* ---- how it went ---- */
static void tell_calls(struct doc *doc, const struct searched *s)
{
	const char *end = json_str_or(s->record, "end", "it was stopped");
	doc_say(doc, "Of %ld calls (questions to Genie) %ld were spent: ", s->calls,
		s->seed + s->search + s->compared);
	doc_add(doc, "%ld on the space as it was, %ld on %s, %ld on the comparison at the end, for "
		     "which %ld were kept. ",
		s->seed, s->search,
		fmt_count((size_t)json_int_or(s->record, "iterations", 0), "iteration").s,
		s->compared, s->reserve);
	doc_add(doc, "Proposals came from %s. The search ended because %s",
		streq(json_str_or(s->record, "proposer", ""), "llm") ? "a model" : "rules", end);
	if (*json_str_or(s->record, "failure", ""))
		doc_add(doc, " (%s)", json_str_or(s->record, "failure", ""));
	doc_add(doc, ".");
}

static const struct doc_column candidate_columns[] = {
	{ "Candidate", false },
	{ "Made from", false },
	{ "Val questions right", true },
	{ "Best at", true },
	{ "Proposals from it", false },
	{ "Changes", true },
	{ "Calls before it", true },
};

static void candidate_rows(struct doc *doc, const struct searched *s)
{
	DOC_TABLE_OF(doc, candidate_columns);
	for (size_t i = 0; i < s->n; i++) {
		const struct candidate *c = &s->v[i];
		doc_cell(doc, "%zu%s%s", i, *searched_mark(c) ? ", " : "", searched_mark(c));
		doc_cell(doc, "%s", searched_origin(c).s);
		doc_cell(doc, "%s", fmt_share(c->right, s->val).s);
		doc_cell(doc, "%zu", c->best_at);
		doc_cell(doc, "%s", searched_proposals(c).s);
		doc_cell(doc, "%zu", c->changes);
		doc_cell(doc, "%ld", c->found);
	}
	doc_markdown_only(doc);
}

static size_t count_unanswered(const struct searched *s)
{
	size_t n = 0;
	for (const struct json *q = json_first(s->v[0].val); q; q = json_next(q))
		n += searched_best(s, json_key(q)) <= 0;
	return n;
}

static void front_rows(struct doc *doc, const struct searched *s)
{
	static const struct doc_column columns[] = { { "Val question", false },
						     { "Answered best by", false } };
	DOC_TABLE_OF(doc, columns);
	for (const struct json *q = json_first(s->v[0].val); q; q = json_next(q)) {
		struct str winners = STR_INIT;
		searched_winners(s, json_key(q), &winners);
		if (winners.n) {
			doc_cell(doc, "%s", json_key(q));
			doc_cell(doc, "%s", str_text(&winners));
		}
		str_free(&winners);
	}
	doc_markdown_only(doc);
}

static void tell_fronts(struct doc *doc, const struct searched *s)
{
	size_t none = count_unanswered(s), n = json_len(s->v[0].val);
	if (s->n < 2 || !n)
		return;
	if (none == n) {
		doc_say(doc, "No candidate answers any val question.");
		return;
	}
	doc_say(doc, "Who answers each val question best, which keeps a candidate in the search");
	doc_add(doc, none ? " (%s that nobody answers left out):" : ":",
		fmt_count(none, "question").s);
	figure_fronts(doc, s);
	front_rows(doc, s);
}

static void tell_candidates(struct doc *doc, const struct searched *s)
{
	doc_say(doc, "Candidates, numbered as they were found. A proposal is rejected when it does "
		     "no better on the train questions that it was made from, and refused, before "
		     "it costs a call, when it is known already or would not be applied; idle "
		     "rounds brought none.");
	figure_tree(doc, s);
	candidate_rows(doc, s);
	tell_fronts(doc, s);
}

static void tell_search(struct doc *doc, const struct data *data, const struct searched *s)
{
	doc_heading(doc, 3, "From configuration %.12s",
		    json_str_or(s->record, "config_id", "unknown"));
	tell_outcome(doc, data, s);
	if (s->n) {
		doc_markup(doc, "<div class=\"figures\">\n");
		figure_fresh(doc, s);
		figure_calls(doc, s);
		doc_markup(doc, "</div>\n");
	}
	tell_fresh(doc, s);
	tell_calls(doc, s);
	if (s->n)
		tell_candidates(doc, s);
}

void section_searches(struct doc *doc, const struct data *data)
{
	size_t place = 0;
	for (const struct json *record = json_first(data->searches); record;
	     record = json_next(record)) {
		struct searched search;
		if (!streq(json_str_or(record, "mode", ""), "search"))
			continue;
		if (!place++) {
			doc_heading(doc, 2, "Searches");
			doc_say(doc, "Instructions and example SQL, measured on a clone of the "
				     "space. A candidate is best at a question that it answers "
				     "as well as any other. Scores of a search are selected for "
				     "being high; only the comparison at its end, asked anew, "
				     "proves anything.");
		}
		searched_read(&search, record);
		search.place = place;
		tell_search(doc, data, &search);
		searched_free(&search);
	}
}
