#include "searched.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_NAMED 12 /* candidates of a question that are named */

static size_t size_of(const struct json *object, const char *key)
{
	int64_t n = json_int_or(object, key, 0);
	return n > 0 ? (size_t)n : 0;
}

double searched_best(const struct searched *s, const char *question)
{
	double best = 0;
	for (size_t i = 0; i < s->n; i++)
		best = fmax(best, json_num_or(s->v[i].val, question, 0));
	return best;
}

/* ---- candidates ---- */
static void read_parents(struct searched *s, size_t number, const struct json *parents)
{
	struct candidate *c = &s->v[number];
	for (const struct json *p = json_first(parents); p && c->nparents < 2; p = json_next(p)) {
		int64_t parent = -1;
		if (json_as_int(p, &parent) && parent >= 0 && (size_t)parent < number)
			c->parents[c->nparents++] = (size_t)parent;
	}
	c->depth = c->nparents ? s->v[c->parents[0]].depth + 1 : 0;
}

static void read_candidate(struct searched *s, size_t number, const struct json *candidate)
{
	struct candidate *c = &s->v[number];
	c->val = json_get(candidate, "val");
	c->right = (size_t)lround(json_num_or(candidate, "score", 0) * (double)s->val);
	c->changes = json_len(json_get(candidate, "patches"));
	c->found = (long)json_int_or(candidate, "discovered", 0);
	c->known = c->found + (long)s->val;
	read_parents(s, number, json_get(candidate, "parents"));
}

static void count_best(struct searched *s)
{
	for (const struct json *q = s->n ? json_first(s->v[0].val) : NULL; q; q = json_next(q)) {
		double best = searched_best(s, json_key(q));
		for (size_t i = 0; i < s->n; i++)
			s->v[i].best_at += best > 0 &&
					   json_num_or(s->v[i].val, json_key(q), 0) >= best;
	}
}

static void count_proposal(struct searched *s, const struct json *proposal)
{
	size_t parent = size_of(proposal, "parent");
	const char *fate = json_str_or(proposal, "fate", "");
	int64_t candidate = json_int_or(proposal, "candidate", -1);
	if (parent >= s->n)
		return;
	struct candidate *c = &s->v[parent];
	if (candidate > 0 && (size_t)candidate < s->n)
		s->v[candidate].known = (long)json_int_or(proposal, "calls", 0);
	if (streq(fate, "admitted"))
		c->taken++;
	else if (streq(fate, "refused"))
		c->refused++;
	else if (streq(fate, "skipped") || streq(fate, "no_proposal"))
		c->idle++;
	else
		c->rejected++;
}

/* ---- the comparison at the end ---- */
/* With several finalists, each was asked every val question once; that chose among them. */
static void read_finalists(struct searched *s)
{
	const struct json *finalists = json_get(s->final, "finalists");
	for (const struct json *f = json_first(finalists); f; f = json_next(f)) {
		size_t number = size_of(f, "candidate");
		if (number == 0 || number >= s->n)
			continue;
		s->v[number].finalist = true;
		if (json_len(finalists) > 1) {
			s->v[number].asked = s->val;
			s->v[number].passed = size_of(f, "first_round");
		}
	}
}

static void read_comparison(struct searched *s)
{
	size_t both = size_of(s->final, "both"), pairs = size_of(s->final, "pairs");
	const struct json *gain = json_get(s->final, "gain_ci95");
	s->verdict = json_str_or(s->final, "verdict", "not shown");
	s->p_value = json_num_or(s->final, "p_value", NAN);
	s->detectable = json_num_or(s->final, "detectable", NAN);
	s->gain = (struct interval){ NAN, NAN };
	if (!json_as_num(json_at(gain, 0), &s->gain.low) ||
	    !json_as_num(json_at(gain, 1), &s->gain.high))
		s->gain = (struct interval){ NAN, NAN };
	if (s->chosen < 0 || !pairs)
		return;
	s->pairs = (long)pairs;
	s->v[0].asked = s->v[s->chosen].asked = pairs;
	s->v[0].passed = both + size_of(s->final, "broken");
	s->v[s->chosen].passed = both + size_of(s->final, "fixed");
}

static void read_final(struct searched *s)
{
	s->final = json_get(s->record, "final");
	s->chosen = (long)json_int_or(s->final, "chosen", -1);
	s->shipped = (long)json_int_or(s->record, "shipped", -1);
	if (s->chosen <= 0 || (size_t)s->chosen >= s->n)
		s->chosen = -1;
	if (s->shipped <= 0 || (size_t)s->shipped >= s->n)
		s->shipped = -1;
	read_finalists(s);
	read_comparison(s);
	if (s->chosen >= 0)
		s->v[s->chosen].chosen = true;
	if (s->shipped >= 0)
		s->v[s->shipped].shipped = true;
}

static void read_budget(struct searched *s)
{
	const struct json *budget = json_get(s->record, "budget");
	long spent = (long)size_of(budget, "spent");
	s->calls = (long)size_of(budget, "calls");
	s->reserve = (long)size_of(budget, "reserve");
	s->compared = (long)size_of(s->final, "calls");
	s->compared = s->compared > spent ? spent : s->compared;
	spent -= s->compared;
	s->seed = spent < (long)s->val ? spent : (long)s->val;
	s->search = spent - s->seed;
}

void searched_read(struct searched *s, const struct json *record)
{
	const struct json *candidates = json_get(record, "candidates");
	size_t number = 0;
	*s = (struct searched){ .record = record, .val = size_of(record, "val") };
	s->v = xcalloc(SEARCHED_MOST, sizeof *s->v);
	for (const struct json *c = json_first(candidates); c && number < SEARCHED_MOST;
	     c = json_next(c))
		read_candidate(s, number++, c);
	s->n = number;
	count_best(s);
	for (const struct json *p = json_first(json_get(record, "proposals")); p; p = json_next(p))
		count_proposal(s, p);
	read_final(s);
	read_budget(s);
}

void searched_free(struct searched *s)
{
	free(s->v);
	*s = (struct searched){ 0 };
}

const char *searched_mark(const struct candidate *c)
{
	return c->shipped  ? "compared, proposed" :
	       c->chosen   ? "compared" :
	       c->finalist ? "finalist" :
			     "";
}

struct fmt searched_origin(const struct candidate *c)
{
	struct fmt out = { "the space as it was" };
	if (c->nparents == 1)
		snprintf(out.s, sizeof out.s, "%zu", c->parents[0]);
	else if (c->nparents > 1)
		snprintf(out.s, sizeof out.s, "%zu and %zu", c->parents[0], c->parents[1]);
	return out;
}

struct fmt searched_role(const struct searched *s, size_t candidate)
{
	struct fmt out = { "the space as it was" };
	const char *mark = searched_mark(&s->v[candidate]);
	if (candidate)
		snprintf(out.s, sizeof out.s, *mark ? "candidate %zu (%s)" : "candidate %zu",
			 candidate, mark);
	return out;
}

static void add_fate(struct str *out, size_t n, const char *word)
{
	if (n)
		str_addf(out, "%s%zu %s", out->n ? ", " : "", n, word);
}

struct fmt searched_proposals(const struct candidate *c)
{
	struct str text = STR_INIT;
	struct fmt out;
	add_fate(&text, c->taken, "taken");
	add_fate(&text, c->rejected, "rejected");
	add_fate(&text, c->refused, "refused");
	add_fate(&text, c->idle, "idle");
	snprintf(out.s, sizeof out.s, "%s", str_text(&text));
	str_free(&text);
	return out;
}

void searched_winners(const struct searched *s, const char *question, struct str *out)
{
	double best = searched_best(s, question);
	size_t n = 0;
	for (size_t i = 0; i < s->n && best > 0; i++) {
		if (json_num_or(s->v[i].val, question, 0) < best)
			continue;
		if (n++ < MOST_NAMED)
			str_addf(out, "%s%zu", n > 1 ? ", " : "", i);
	}
	if (n > MOST_NAMED)
		str_addf(out, " and %zu more", n - MOST_NAMED);
}

double searched_gain(const struct searched *s)
{
	if (!s->pairs)
		return NAN;
	return ((double)s->v[s->chosen].passed - (double)s->v[0].passed) / (double)s->pairs;
}
