/* ucname.h - the Unity Catalog objects that a snapshot covers, by schema. */
#ifndef GENIE_FETCH_UCNAME_H
#define GENIE_FETCH_UCNAME_H

#include "base.h"
#include "err.h"
#include "str.h"

struct json;

/* One schema with the objects wanted of it, lower-cased as Unity Catalog keeps names. */
struct uc_schema {
	char *catalog, *schema;
	bool whole; /* everything in it */
	struct strlist tables, functions;
};

/* Zero-initialise. */
struct uc_scope {
	struct uc_schema *schemas;
	size_t n, cap;
	struct strlist metric_views; /* full names that the space calls metric views */
};
void uc_scope_free(struct uc_scope *scope);

/* All that a configuration names. Names of other than three parts are left out, with a
 * warning: information_schema has no place for them. */
void uc_scope_of_space(struct uc_scope *scope, const struct json *config);
/* Whole schemas, as "CATALOG.SCHEMA". ERR_USAGE for another form. */
bool uc_scope_add_schema(struct uc_scope *scope, const char *name, struct err *err) MUST_CHECK;

#endif
