/* Searches for instructions and examples, as genie-propose --engine gepa has recorded them. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "sections.h"

#include "json.h"
#include "str.h"

#include <math.h>

static const struct doc_column candidate_columns[] = {
	{ "Candidate", false }, { "Made from", false },	   { "Val questions right", true },
	{ "Best at", true },	{ "Changes to the space", true }, { "Calls before it", true },
};

/* The highest score of a val question over all candidates. */
static double best_at(const struct json *candidates, const char *question)
{
	double best = 0;
	for (const struct json *c = json_first(candidates); c; c = json_next(c))
		best = fmax(best, json_num_or(json_get(c, "val"), question, 0));
	return best;
}

/* Fronts: questions that it answers as well as any candidate, where somebody answers them. */
static size_t fronts_of(const struct json *candidates, const struct json *candidate)
{
	size_t n = 0;
	for (const struct json *q = json_first(json_get(candidate, "val")); q; q = json_next(q)) {
		double best = best_at(candidates, json_key(q));
		n += best > 0 && json_num_or(json_get(candidate, "val"), json_key(q), 0) >= best;
	}
	return n;
}

static void origin_cell(struct doc *doc, const struct json *candidate)
{
	const struct json *parents = json_get(candidate, "parents");
	const char *before = "";
	doc_cell(doc, "%s", json_len(parents) ? "" : "the space as it was");
	for (const struct json *p = json_first(parents); p; p = json_next(p), before = " and ") {
		int64_t parent = -1;
		json_as_int(p, &parent);
		doc_add(doc, "%s%lld", before, (long long)parent);
	}
}

/* The n-th number of an array; NAN without one. */
static double number_at(const struct json *array, size_t n)
{
	double number = NAN;
	json_as_num(json_at(array, n), &number);
	return number;
}

static void candidate_rows(struct doc *doc, const struct json *record)
{
	const struct json *candidates = json_get(record, "candidates");
	int64_t chosen = json_int_or(json_get(record, "final"), "chosen", -1), number = 0;
	size_t val = (size_t)json_int_or(record, "val", 0);
	DOC_TABLE_OF(doc, candidate_columns);
	for (const struct json *c = json_first(candidates); c; c = json_next(c), number++) {
		double right = json_num_or(c, "score", 0) * (double)val;
		doc_cell(doc, "%lld%s", (long long)number, number == chosen ? ", compared" : "");
		origin_cell(doc, c);
		doc_cell(doc, "%s", fmt_share((size_t)lround(right), val).s);
		doc_cell(doc, "%zu", fronts_of(candidates, c));
		doc_cell(doc, "%zu", json_len(json_get(c, "patches")));
		doc_cell(doc, "%lld", (long long)json_int_or(c, "discovered", 0));
	}
}

static void tell_comparison(struct doc *doc, const struct json *final)
{
	int64_t chosen = json_int_or(final, "chosen", -1);
	if (chosen < 0) {
		doc_say(doc, "No candidate did better in the search than the space as it was: "
			     "there was nothing to compare, and nothing is proposed.");
		return;
	}
	doc_say(doc, "Candidate %lld and the space as it was, asked anew: ", (long long)chosen);
	doc_strong(doc, "%s", json_str_or(final, "verdict", "not shown"));
	doc_add(doc, ". Of %lld pairs of answers, %lld pass with the candidate alone and %lld "
		     "without it alone",
		(long long)json_int_or(final, "pairs", 0),
		(long long)json_int_or(final, "fixed", 0),
		(long long)json_int_or(final, "broken", 0));
	const struct json *gain = json_get(final, "gain_ci95");
	doc_add(doc, " (difference %s to ", fmt_points(100 * number_at(gain, 0)).s);
	doc_add(doc, "%s at 95 %%, ", fmt_points(100 * number_at(gain, 1)).s);
	doc_add(doc, "one-sided exact paired test %s).", fmt_p_is(fmt_member(final, "p_value")).s);
	doc_add(doc, " So many pairs can show a gain of %s or more.",
		fmt_points(100 * json_num_or(final, "detectable", 1)).s);
}

static void tell_search(struct doc *doc, const struct json *record)
{
	const struct json *budget = json_get(record, "budget");
	doc_heading(doc, 3, "From configuration %.12s",
		    json_str_or(record, "config_id", "unknown"));
	doc_say(doc, "%lld of %lld calls were spent",
		(long long)json_int_or(budget, "spent", 0),
		(long long)json_int_or(budget, "calls", 0));
	doc_add(doc, ", on %s and a comparison at the end, for which %lld were kept. ",
		fmt_count((size_t)json_int_or(record, "iterations", 0), "iteration").s,
		(long long)json_int_or(budget, "reserve", 0));
	doc_add(doc, "Proposals came from %s",
		streq(json_str_or(record, "proposer", ""), "llm") ? "a model" : "rules");
	doc_add(doc, ". The search ended because %s.",
		json_str_or(record, "end", "it was stopped"));
	candidate_rows(doc, record);
	tell_comparison(doc, json_get(record, "final"));
}

void section_searches(struct doc *doc, const struct data *data)
{
	if (!json_len(data->searches))
		return;
	doc_heading(doc, 2, "Searches");
	doc_say(doc, "Instructions and example SQL, measured on a clone of the space. A candidate "
		     "is best at a question that it answers as well as any other. Scores of a "
		     "search are selected for being high; only the comparison at its end, asked "
		     "anew, proves anything.");
	for (const struct json *record = json_first(data->searches); record;
	     record = json_next(record))
		tell_search(doc, record);
}
