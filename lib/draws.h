/* draws.h - random draws that anybody can repeat.
 *
 * One generator, MT19937 (M. Matsumoto, T. Nishimura, ACM TOMACS 8 (1998) 3-30), seeded and cut
 * into integers and fractions as Python's random.Random does it, so that a seed means the same
 * draws there and here, on every machine. Instead of the generator a record of draws can
 * answer; every draw can be watched, which makes such a record. Layer: base.
 */
#ifndef GENIE_DRAWS_H
#define GENIE_DRAWS_H

#include "base.h"

#define DRAWS_WORDS 624

struct draw {
	long n;       /* an integer below n; 0: a fraction in [0,1) */
	double value; /* what was drawn */
};

/* Fields are read-only for callers. Begin with draws_seed or draws_replay. */
struct draws {
	uint32_t word[DRAWS_WORDS];
	int used;
	long count;       /* draws so far */
	struct draw last; /* the newest one, when count > 0 */
	const struct draw *record;
	size_t nrecord;
	bool strayed; /* the record held another draw than the one asked for, or ended */
	void (*seen)(void *ctx, const struct draw *draw);
	void *ctx;
};

void draws_seed(struct draws *draws, uint64_t seed);
/* Answers from `record` (n draws, borrowed). A draw that is not the next of the record sets
 * `strayed` and gives 0; look at it at the end. */
void draws_replay(struct draws *draws, const struct draw *record, size_t n);
/* Calls `seen` after every draw from now on; NULL: no more. */
void draws_watch(struct draws *draws, void (*seen)(void *, const struct draw *), void *ctx);

long draws_below(struct draws *draws, long n); /* 0..n-1; 1 <= n < 2^31 */
double draws_unit(struct draws *draws);        /* [0,1), 53 bits */
void draws_shuffle(struct draws *draws, int *list, int n); /* Fisher-Yates, from the end */
/* k of the n elements of `from` without replacement, in the order drawn; k <= 5 and k <= n. */
void draws_sample(struct draws *draws, const int *from, int n, int *out, int k);
/* An index with probability in proportion to its weight (each >= 0). -1, and no draw, when
 * the weights do not sum to more than 0. */
int draws_weighted(struct draws *draws, const double *weight, int n);

#endif
