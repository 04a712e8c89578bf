/* paired.h - two evaluations of the same questions: what changed sides, and how
 * much that proves.
 *
 * Only questions that both measured take part; one that either excluded says
 * nothing about the change. Layer: domain.
 */
#ifndef GENIE_PAIRED_H
#define GENIE_PAIRED_H

#include "base.h"
#include "score.h"

struct json;

#define POWER_EFFECT 0.10   /* the improvement that `power` is about: ten points */

struct paired {
	long both, fixed, broken, neither, n; /* questions */
	struct json *fixed_ids, *broken_ids;  /* arrays, owned */
};

/* Pairs the questions of `after`, in its order. */
struct paired paired_up(const struct score *before, const struct score *after, bool only_p0);
void paired_free(struct paired *paired); /* what is inside */

/* Share of passing questions, 0-100; NAN without any. */
double paired_before(const struct paired *paired);
double paired_after(const struct paired *paired);

/* Adds to `out` questions, fixed, broken, p_value (exact McNemar), ci95 (points), power (to
 * see POWER_EFFECT) and verdict, which is returned: "improved", "worse" or "undecidable". */
const char *paired_evidence(const struct paired *paired, struct json *out);

#endif
