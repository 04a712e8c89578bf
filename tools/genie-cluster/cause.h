/* cause.h - why one row failed: its mistakes, each once however many judges saw it.
 *
 * Verdicts are ordered by how much they explain: the failure type (a wrong asset or table brings
 * wrong columns and filters with it), then severity, confidence, and the order of the judges. One
 * after the other they join the first mistake that is the same, or begin one of their own.
 * Same are:
 *  - the same first blamed object;
 *  - failure types of one family (sources, joins, values, filters), when one blames nothing or
 *    both blame related objects;
 *  - anything about the text of the SQL, beside a wrong asset or table;
 *  - a verdict that says nothing of its own ("other"), beside anything; so a verdict read from
 *    words alone that blames nothing, beside one with ASI.
 * The first mistake is the primary one of the row.
 */
#ifndef GENIE_CLUSTER_CAUSE_H
#define GENIE_CLUSTER_CAUSE_H

#include "base.h"
#include "verdicts.h"

struct names;

struct mistake {
	const char *type;            /* of the taxonomy in rows.h; borrowed from it */
	const struct verdict *lead;  /* that explains most; NULL: no verdict failed */
	const char *blame;           /* first blamed object, as names.h has it; "" when none */
	const char *matched;         /* words of the rationale that told the type; NULL: ASI */
	enum verdict_source source;
	double confidence;           /* highest of its verdicts, 0..1 */
	int severity;                /* worst of them, severity_rank */
	int lever;                   /* 1-6 */
	uint32_t judges;             /* bit i: verdict i saw it */
};
struct mistakes {
	struct mistake v[VERDICTS_MAX];
	size_t n;
	const char **blame[VERDICTS_MAX]; /* of each verdict, normalised */
	size_t nblame[VERDICTS_MAX];
	const char *type[VERDICTS_MAX];   /* that each verdict was read as */
};
/* At least one, unless only repeatability fails. Everything is borrowed from `verdicts` and its
 * arena. Repeatability
 * verdicts are left to steady.h. `names` may be NULL. */
void mistakes_find(struct mistakes *mistakes, struct verdicts *verdicts, const struct names *names);

/* The lever for a failure type (patches.md, "Proposals"): the taxonomy's own,
 * but a missing filter on time in a metric view is lever 2, and instability of a
 * table function lever 6. `asset` is the row's: MV, TVF, TABLE or NONE; v may be NULL. */
int cause_lever(const char *failure_type, const struct verdict *v, const char *asset);

#endif
