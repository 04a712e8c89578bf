/* uses.h - who calls a table function: other functions, metric views, the SQL of a space. */
#ifndef GENIE_PATCH_USES_H
#define GENIE_PATCH_USES_H

#include "base.h"
#include "err.h"

struct json;
struct state;
struct strlist;

/* "FILE:LINE: NAME" of the bundle's other functions and "FILE: PATH" in its metric views that call
 * the function (its bare name), as the files are to be. */
bool uses_in_bundle(struct state *state, const char *function, struct strlist *out,
	struct err *err) MUST_CHECK;
/* "FILE: PATH" of the examples, snippets, joins and benchmarks of a configuration that call it. */
void uses_in_space(const struct json *config, const char *function, const char *file,
	struct strlist *out);

#endif
