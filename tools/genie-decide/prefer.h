/* prefer.h - one configuration of the Pareto frontier, by what is preferred.
 *
 * The criteria are looked at in the order given. Each drops the candidates that are worse in it
 * than the best of those still there, until one is left; of several that are equal in
 * all, the live one stays, else the earliest is taken. A criterion that was not measured of all
 * that are still there decides nothing, and `unmeasured` names the iterations. What was rolled
 * back, or measured by questions that have been corrected since, is no candidate.
 * When evidence is required, a candidate that is behind in correctness is dropped only if
 * the exact paired test over the questions shows it (paired.h).
 */
#ifndef GENIE_DECIDE_PREFER_H
#define GENIE_DECIDE_PREFER_H

#include "base.h"
#include "err.h"

struct json;

struct preference {
	const char *order;  /* "correctness,patch_cost": criteria, the most important first */
	const char *folder; /* the optimization: optimization-progress.json, iter-NN/rows.jsonl */
	bool evidence_required;
};

/* Checks the order: ERR_USAGE names a criterion that is unknown or twice. */
bool prefer_check(const char *order, struct err *err) MUST_CHECK;

/* Fills what a choice (schemas/choice.json) holds besides schema and tool into `document`. */
bool prefer_choose(const struct preference *preference, struct json *document,
		   struct err *err) MUST_CHECK;

#endif
