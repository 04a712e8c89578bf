/* searched.h - the record of one search (schemas/search.json) as numbers, to be told and drawn.
 *
 * What the record does not say is 0, or NAN for a share; a parent that comes after its child, or
 * that is not there, is none.
 */
#ifndef GENIE_REPORT_SEARCHED_H
#define GENIE_REPORT_SEARCHED_H

#include "base.h"
#include "format.h"
#include "stats.h"

struct json;
struct str;

#define SEARCHED_MOST 1000 /* candidates that are told; a search has a few dozen */

struct candidate {
	const struct json *val;     /* score of each val question, 0..1; borrowed */
	size_t parents[2], nparents;
	size_t right;               /* val questions, from its score */
	size_t best_at;             /* val questions that no candidate answers better */
	/* what became of the rounds that were to improve it; idle: no proposal was made */
	size_t taken, rejected, refused, idle;
	size_t changes;             /* patches that lead to it from the space as it was */
	long found, known; /* calls spent before it was asked, and when its score was known */
	bool finalist, chosen, shipped;
	size_t asked, passed;       /* fresh answers at the end; asked is 0 for most */
	size_t depth;               /* of the tree; the seed has 0 */
};

struct searched {
	const struct json *record, *final; /* borrowed */
	size_t place;        /* among the searches of the report, from 1; set by the caller */
	struct candidate *v; /* by number; [0] is the space as it was */
	size_t n, val;       /* candidates; val questions */
	/* calls: allowed, kept for the comparison; spent on the seed, the search, the comparison */
	long calls, reserve, seed, search, compared;
	long chosen, shipped; /* numbers of candidates; -1: none */
	long pairs;           /* of fresh answers; 0: nothing was compared */
	const char *verdict;  /* "better", "not shown", "worse" */
	struct interval gain; /* of the share that passes */
	double p_value, detectable;
};

/* Free with searched_free; the record has to live longer. */
void searched_read(struct searched *s, const struct json *record);
void searched_free(struct searched *s);

/* The highest score of a val question over all candidates, 0..1. */
double searched_best(const struct searched *s, const char *question);
/* "compared", "compared, proposed", "finalist" or "": what the end made of a candidate. */
const char *searched_mark(const struct candidate *c);
struct fmt searched_origin(const struct candidate *c); /* "the space as it was", "0 and 3" */
/* "the space as it was", "candidate 3 (compared)". */
struct fmt searched_role(const struct searched *s, size_t candidate);
/* "2 taken, 1 rejected, 3 refused, 4 idle": what became of the rounds that were to improve it. */
struct fmt searched_proposals(const struct candidate *c);
/* Adds the numbers of those who answer a val question best, "0, 3"; nothing when nobody can. */
void searched_winners(const struct searched *s, const char *question, struct str *out);
/* Net share that the fresh pairs gain, -1..1; NAN without pairs. */
double searched_gain(const struct searched *s);

#endif
