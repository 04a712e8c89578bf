/* dialect_function.h - what is known of Databricks' built-in functions. */
#ifndef GENIE_LOCAL_DIALECT_FUNCTION_H
#define GENIE_LOCAL_DIALECT_FUNCTION_H

#include "dialect.h"

enum function_flags {
	FN_AGGREGATE = 1, /* FILTER, DISTINCT and OVER are possible */
	FN_WINDOW = 2,    /* only with OVER */
	FN_NO_OVER = 4,   /* an aggregate that we have without windows only */
};

struct function {
	const char *name;
	/* One letter per argument: s STRING, d DATE, t TIMESTAMP, i BIGINT, n a number as it is,
	 * f DOUBLE, b BOOLEAN, a anything, x anything but all of one type, u a constant text.
	 * '?' makes the rest optional, '*' repeats the last. */
	const char *args;
	/* s d t b as above, i INT, l BIGINT, f DOUBLE, 0 1: the type of that argument, x: the
	 * common type,
	 * m: SUM of argument 0, v: AVG of argument 0, y: an array of argument 0. */
	char result;
	const char *sql; /* $1..$9: arguments, $*: all of them; NULL: dbx_<name>($*) */
	unsigned flags;
};

const struct function *function_find(const char *name); /* upper case; NULL: unknown */

/* Functions that need more than a template; *found is false for others. */
struct bound bind_special(struct dialect *d, struct scope *scope, const struct node *node,
	bool *found);

#endif
