/* cause.h - why one row failed: the one mistake that explains the others.
 *
 * Several judges see the same mistake. Their ASI (actionable side information)
 * name a failure_type and the objects to blame; the primary one is the type that
 * explains the rest (a wrong table brings wrong columns and filters with it), then
 * the higher severity, then the higher confidence. A failing verdict without ASI
 * is read from its rationale.
 */
#ifndef GENIE_CLUSTER_CAUSE_H
#define GENIE_CLUSTER_CAUSE_H

#include "base.h"
#include "str.h"

struct json;

struct cause {
	const char *failure_type; /* of the taxonomy in rows.h; borrowed from it */
	const struct json *asi;   /* of the primary verdict, borrowed; NULL when read from text */
	const char *judge;        /* that gave it, borrowed from the row */
	char *blame;              /* first blamed object, lower case; "" when none; owned */
	double confidence;        /* 0..1 */
	int severity;             /* severity_rank */
	int lever;                /* 1-6 */
	struct strlist judges;    /* all that failed */
};
/* False when no judge failed (nothing to explain). Release with cause_free. */
bool cause_find(struct cause *cause, const struct json *row);
void cause_free(struct cause *cause);

/* The lever for a failure type (patches.md, "Proposals"): the taxonomy's own,
 * but a missing filter on time in a metric view is lever 2, and instability of a
 * table function lever 6. `asset` is the row's: MV, TVF, TABLE or NONE. */
int cause_lever(const char *failure_type, const struct json *asi, const char *asset);

/* True for a fix that says nothing to act on ("Review the joins."). */
bool fix_is_generic(const char *fix);

#endif
