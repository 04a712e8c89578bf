/* dialect_query.h - what dialect_query.c and dialect_select.c share. */
#ifndef GENIE_LOCAL_DIALECT_QUERY_H
#define GENIE_LOCAL_DIALECT_QUERY_H

#include "dialect.h"

/* One SELECT with the ORDER BY of `query`; `limit` is its text, "" for none. */
bool bind_select(struct dialect *d, struct scope *scope, const struct body *body,
	const struct query *query, const char *limit, struct bound_query *out) MUST_CHECK;
bool select_ordinal(struct dialect *d, const struct node *node, size_t n, const char *clause,
	size_t *at, bool *is) MUST_CHECK;
/* MISSING_AGGREGATION, or MISSING_GROUP_BY. Returns false. */
bool select_not_grouped(struct dialect *d, const struct scope *scope, bool grouped);

#endif
