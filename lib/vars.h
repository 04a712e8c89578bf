/* vars.h - values for ${name} in SQL: those given by hand first, then a bundle's.
 * Layer: domain. */
#ifndef GENIE_VARS_H
#define GENIE_VARS_H

#include "base.h"
#include "err.h"
#include "str.h"

struct bundle;

/* Zero-initialise. */
struct vars {
	struct strlist given; /* "name=value" */
	struct bundle *bundle; /* NULL: none */
};
/* Copies `given`; opens the bundle unless NULL (target NULL: its default). ERR_USAGE for a text
 * without "="; as bundle_open. */
bool vars_open(struct vars *vars, const struct strlist *given, const char *bundle,
	const char *target, struct err *err) MUST_CHECK;
void vars_free(struct vars *vars); /* what is inside */
bool vars_any(const struct vars *vars);
/* Fits sql_resolve: a name, with or without "var." before it. NULL: no value. */
const char *vars_find(void *vars, const char *name);
/* The way back, for a text that replaces `like`: catalog and schema become variables where
 * `like` has them (see bundle_template). Appends to out. */
void vars_template(struct vars *vars, const char *text, const char *like, struct str *out);

#endif
