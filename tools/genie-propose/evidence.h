/* evidence.h - what a model is shown of failures, and of the space that they happen in.
 *
 * Only rows of the split train are shown: question, both SQLs, what the one uses and the other
 * does not, words that no metadata has, what the judges of that row ask for (without "Review ..."
 * and the like). Of other rows there is a number. What stands in the space or in a row and gives
 * away a question or SQL of val or held_out all the same (leak.h) is withheld. */
#ifndef GENIE_PROPOSE_EVIDENCE_H
#define GENIE_PROPOSE_EVIDENCE_H

#include "base.h"

struct cases;
struct fact_case;
struct json;
struct leak_guard;
struct model;

struct evidence {
	const struct model *model;
	const struct cases *cases;
	const struct leak_guard *guard;
	const struct json *history; /* history_patches */
	int lever;
	const struct json *const *clusters;
	size_t n;
};

/* May the model see the question: of train, failing, and with an expected SQL? */
bool evidence_shows(const struct fact_case *c);
/* Does the cluster have a question that may be seen? */
bool evidence_has(const struct cases *cases, const struct json *cluster);
/* The evidence; the same input gives the same. Yours. */
struct json *evidence_new(const struct evidence *e);

#endif
