/* shape.h - an expected query with its literals taken out: the body of a table function
 * that would answer it and others like it. */
#ifndef GENIE_PROPOSE_SHAPE_H
#define GENIE_PROPOSE_SHAPE_H

#include "base.h"
#include "mem.h"

struct fact_case;
struct model;
struct callable;

struct shape {
	const char *key;    /* the same for queries that differ only in literals, order, aliases */
	const char *body;   /* with parameters in their place, names in full */
	struct call_part *param;
	size_t nparams;
	const char *target; /* a name for it, catalog.schema.get_..; not taken yet */
	const char *purpose; /* one sentence */
};

/* False: no query that a function could stand for (not understood, without literals,
 * objects that the space does not have, a call). Everything lives in the arena. */
bool shape_of(struct shape *shape, struct arena *arena, const struct model *model,
	      const struct fact_case *c);

#endif
