/* gepafinal.h - the last stage of a search: is its best candidate better than the seed?
 *
 * The scores of the search were selected for being high, so they prove nothing. Here seed and
 * finalists are asked anew, each question back to back, so that a drift of the service meets
 * all of them alike. With calls enough a first round chooses among up to three finalists; it
 * does not count for the comparison that follows, of the seed with the one chosen.
 * One half of the calls goes to all questions, the other half to those that differed, when these
 * are enough to show anything.
 * The test is exact and paired by question: however often a question is asked, it is one vote
 * (stats_sign_flip). "better" and "worse" each need a one-sided p-value of STATS_LEVEL or less.
 * Layer: data.
 */
#ifndef GENIE_GEPAFINAL_H
#define GENIE_GEPAFINAL_H

#include "base.h"
#include "err.h"
#include "gepa.h"
#include "stats.h"

#define GEPA_FINALISTS 3
#define GEPA_FRESH 1000 /* the first replicate number of this stage; the search stays below */

enum gepa_verdict { GEPA_NOT_SHOWN, GEPA_BETTER, GEPA_WORSE };
const char *gepa_verdict_text(enum gepa_verdict verdict); /* "not shown", "better", "worse" */

struct gepa_final {
	enum gepa_verdict verdict;
	int finalists[GEPA_FINALISTS], nfinalists; /* of the pool, highest val sum first */
	long first_round[GEPA_FINALISTS];          /* questions passed in it */
	int chosen;      /* compared with the seed; -1: nobody did better in the search */
	int rounds;      /* times that every question was asked of both */
	int again;       /* questions that differed in one of these, and may be asked further */
	long further;    /* times that they were asked of both after that */
	long calls;      /* spent, 0 .. reserve */
	long pairs;      /* of the rounds, measured on both sides */
	long unmeasured; /* pairs left out, since a side could not be had */
	long both, fixed, broken, neither; /* pairs; they sum up to `pairs` */
	double p_value;       /* one-sided, towards the side that is ahead */
	struct interval gain; /* of the share that passes, 95 %, over these questions */
	double detectable;    /* the smallest gain that these pairs show with a power of 80 % */
};

/* What to keep of `calls` for this stage: a quarter, and at least one round of both sides if the
 * calls suffice for it; 0 when they do not. */
long gepa_reserve(const struct gepa_settings *settings, long calls);

/* Spends at most `reserve` calls. An answer passes with half a point or more. false: `evaluate`
 * failed. */
MUST_CHECK bool gepa_final(const struct gepa_settings *settings, const struct gepa_task *task,
			   const struct gepa_result *result, long reserve,
			   struct gepa_final *final, struct err *err);

/* The smallest gain (0..1) that `pairs` askings of val questions show with a power of 80 %, when a
 * share `changed` of them changes sides by chance alone; 1 when nothing can be shown. However often
 * it is asked, a question is one sign of the test: what is shown takes five questions at least. */
double gepa_detectable(long val, long pairs, double changed);

#endif
