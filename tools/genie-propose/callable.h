/* callable.h - a table function as the snapshot has it, and its CREATE statement. */
#ifndef GENIE_PROPOSE_CALLABLE_H
#define GENIE_PROPOSE_CALLABLE_H

#include "base.h"
#include "mem.h"

struct model;
struct object;
struct str;

struct call_part { /* a parameter, or a column that is returned */
	const char *name, *type, *comment; /* "" when there is none */
	const char *value; /* default of a parameter as SQL; NULL: it must be given */
};

struct callable {
	const struct object *object;
	const char *comment, *body; /* body: the query behind RETURN; "" when not readable */
	struct call_part *param, *column;
	size_t nparams, ncolumns;
};

/* Everything lives in the arena or is borrowed from the model. */
void callable_read(struct callable *f, struct arena *arena, const struct model *model,
		   const struct object *object);

/* The parameter, or NULL. */
const struct call_part *callable_param(const struct callable *f, const char *name);

/* May it be left out and then means "all"? */
bool param_is_optional(const struct call_part *p);
bool param_is_date(const struct call_part *p);

/* CREATE OR REPLACE FUNCTION with this body; without a semicolon. */
char *callable_statement(const struct callable *f, struct arena *arena, const char *body);

/* NULL when the statement reads back as one CREATE FUNCTION whose body is a query that is
 * understood in full; else why not, in the arena. */
const char *statement_flaw(struct arena *arena, const char *statement);

/* Replaces every use of the name in `body` that is no column of a table (x.name), no
 * alias and no call by `with`. *n: how many. In the arena. */
char *replace_name(struct arena *arena, const char *body, const char *name, const char *with,
		   size_t *n);

#endif
