/* prospects.h - how many questions a set of patches may be expected to repair.
 *
 * A question passes only when all that is wrong with its answer is put right, so what a patch
 * promises depends on what the others of its set do. A question's faults are the differences
 * between its two SQLs that make the answer wrong and follow from no other (judgediff.h). A
 * patch covers a fault when it is about the table or column that is blamed, or names it. Then
 *
 *   P(question) = certainty of the patch that covers a fault best, least of all faults covered
 *                 x PROSPECT_MISSED for each fault that none covers
 *                 x PROSPECT_HIDDEN when Genie took another asset, or answered without SQL:
 *                   what else it would have done wrong there, nobody has seen
 *
 * and the patches that name the question share it: the confidence of a patch is the mean of its
 * shares, so that the net impacts of a set add up to the questions it should repair. Patches of
 * lever 6 do not share: each is meant to show the whole way to an answer. */
#ifndef GENIE_PROPOSE_PROSPECTS_H
#define GENIE_PROPOSE_PROSPECTS_H

#include "base.h"

#define PROSPECT_MISSED 0.2 /* it goes away all the same, or does not matter */
#define PROSPECT_HIDDEN 0.5

struct cases;
struct json;
struct prospects;

/* Cases must outlive it. */
struct prospects *prospects_new(const struct cases *cases);
void prospects_free(struct prospects *prospects); /* NULL is fine */

/* A patch of a set. */
struct prospect {
	const struct json *patch;
	double certainty;  /* that the patch does what it is for, 0..1 */
	double confidence; /* set: that it repairs what it names, with the others */
};
void prospects_set(const struct prospects *prospects, struct prospect *patch, size_t n);

#endif
