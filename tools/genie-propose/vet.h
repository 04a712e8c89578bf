/* vet.h - what a model drafted, held against the snapshot before it is weighed like any other.
 *
 * A patch gets its lever, risk, scope and live action from its type, its place from the
 * snapshot: an object, field or item that is not there is a flaw, so is a name that is none, SQL
 * that is not understood or reads what the space does not have, an old text that is not there, and
 * not to name a failing question of the clusters asked about. SQL that the workspace would
 * run (metric views) is high risk, SQL for Genie (examples, filters, joins) medium. The model's
 * confidence is cut: its word for itself does not outweigh what a rule has found. */
#ifndef GENIE_PROPOSE_VET_H
#define GENIE_PROPOSE_VET_H

#include "base.h"
#include "err.h"

struct cases;
struct json;
struct model;

#define VET_CONFIDENCE 0.6 /* at the most */

struct vetting {
	const struct model *model;
	const struct cases *cases;
	const struct json *history;
	int lever;
	const char *drafted_by; /* "llm:ENDPOINT" */
	const struct json *const *clusters; /* those that were asked about */
	size_t n;
};

/* The patch, for choose.h; with `flaw` when it cannot stand. `said` is from proposellm_read.
 * Yours. */
struct json *vet(const struct vetting *vetting, const struct json *said);

#endif
