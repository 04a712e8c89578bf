/* choose.h - what patches are worth, whether they may stand, and which go together.
 *
 * The same for every patch, whoever drafted it. In order:
 *
 *   worth     confidence = what the set repairs of the questions it names, shared (prospects.h)
 *             net_impact = questions_fixed x confidence
 *                        - questions_at_risk x regression_probability   (risk.h)
 *             score      = net_impact - 0.1 x objects_touched / objects_of_the_space
 *   refused   no valid patch (patch_read); a flaw its rule found; a text that gives away a question
 *             or gold SQL of val or held_out (leak.h), with the match; rejected or accepted before
 *             (history.h); net_impact or score not above 0; removal of a compliance tag
 *   order     what can be applied before what waits for a person (high risk); best net_impact
 *             first, then score, then rules before a model, then by place
 *   together  no two that conflict (patch_conflict): the better one stays, among those that are
 *             applied and among those that wait for a person; PATCH_MAX_OBJECTS objects; at most
 *             `max` patches; patches of one pair stay or fall together; a patch that was rolled
 *             back in a set comes alone, and only when nothing new is left, so that its fate is
 *             known
 */
#ifndef GENIE_PROPOSE_CHOOSE_H
#define GENIE_PROPOSE_CHOOSE_H

#include "base.h"

struct cases;
struct history;
struct json;
struct leak_guard;
struct model;
struct prospects;

struct choosing {
	const struct model *model;
	const struct cases *cases;
	const struct leak_guard *guard;
	const struct history *history;
	const struct prospects *prospects; /* NULL: confidence stays as drafted */
	size_t max;
	bool quiet; /* no warning of what leaks */
};

/* Takes `all`. Adds "patches" (patch_id P001 ..; `pair`: the partner's patch_id) and
 * "refused" ([{reason, patch, leak?}]) to the document. */
void choose(const struct choosing *choosing, struct json *all, struct json *document);

#endif
