/* mutate.h - queries with one error, and queries that say the same in other words, made from
 * a parsed query. Deterministic: site 0, 1, .. of a kind until there is none. The kinds are
 * those of ../shared/reference/text2sql-eval.md, 2.5. */
#ifndef CHECKS_MUTATE_H
#define CHECKS_MUTATE_H

#include "base.h"

struct arena;
struct sqlnode;

enum mutation {
	MUTATE_AGGREGATE, MUTATE_COUNT_DISTINCT, MUTATE_DISTINCT, MUTATE_FILTER, MUTATE_LITERAL,
	MUTATE_BOUNDARY, MUTATE_GROUP, MUTATE_JOIN, MUTATE_LIMIT_UP, MUTATE_LIMIT_DROP,
	MUTATE_ORDER_FLIP, MUTATE_ORDER_DROP, MUTATE_COLUMN_DROP, MUTATE_COLUMN_EXTRA,
	MUTATIONS
};
extern const char *const mutation_names[MUTATIONS];
/* A copy of the query with the error at site `site`; NULL: there are fewer sites. */
struct sqlnode *mutate(struct arena *arena, const struct sqlnode *query, enum mutation kind,
	size_t site);

enum rewriting {
	REWRITE_TABLE_ALIAS, REWRITE_OUTPUT_ALIAS, REWRITE_AND_ORDER, REWRITE_FLIP,
	REWRITE_BETWEEN, REWRITE_IN_TO_OR, REWRITE_IN_ORDER, REWRITE_EQUAL_TO_IN, REWRITE_COUNT_ONE,
	REWRITE_SELECT_ORDER, REWRITE_ORDINAL, REWRITE_NOT, REWRITE_JOIN_ORDER, REWRITE_COMMA_JOIN,
	REWRITE_SUBQUERY, REWRITE_DISTINCT_TO_GROUP,
	REWRITINGS
};
extern const char *const rewriting_names[REWRITINGS];
/* A copy in which everything that this kind is about is written in the other way; NULL: there
 * is nothing of the kind. */
struct sqlnode *rewrite(struct arena *arena, const struct sqlnode *query, enum rewriting kind);

#endif
