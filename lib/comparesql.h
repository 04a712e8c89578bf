/* comparesql.h - what the comparator has to know of a gold query: its outermost order
 * and limit, and whether the question asks for an order. Layer: domain. */
#ifndef GENIE_COMPARESQL_H
#define GENIE_COMPARESQL_H

#include "compare.h"

struct arena;

/* Fills `out` (its keys live in the arena) for a gold query and its result, which may
 * be NULL. Only the outermost query counts, not subqueries or windows. */
void compare_context_read(struct arena *arena, const char *gold_sql, const char *question,
	const struct table *gold, struct compare_context *out);
/* The query without its outermost LIMIT, to see what stood behind the cut; in the arena.
 * NULL: it has none, has an OFFSET, or is not understood in full. */
char *compare_without_limit(struct arena *arena, const char *gold_sql);
/* Does the question ask for an order ("top 5", "ranked by", "highest first")? */
bool question_asks_order(const char *question);

#endif
