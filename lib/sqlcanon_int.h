/* sqlcanon_int.h - the parts of the canonicalizer to each other. Layer: services. */
#ifndef GENIE_SQLCANON_INT_H
#define GENIE_SQLCANON_INT_H

#include "mem.h"
#include "sqlcanon.h"

struct canon {
	struct arena *arena;
	const struct sqlcatalog *catalog; /* may be NULL */
	const struct sqlscope *scope;
	bool grouped; /* inside a SELECT with GROUP BY: every aggregate sees a row */
};

/* A condition or value in its one spelling; kids that are queries are left alone. */
struct sqlnode *canon_expr(struct canon *c, struct sqlnode *node);
/* Adds the conjuncts of a canonical condition to a list (AND is flattened, TRUE
 * dropped), then canon_conjuncts makes one spelling of the whole list. */
void canon_split(struct canon *c, struct sqlnode *list, struct sqlnode *condition);
void canon_conjuncts(struct canon *c, struct sqlnode *list);
/* Does the conjunct hold for no row in which all columns of source `id` are NULL? */
bool canon_rejects_null(const struct sqlnode *conjunct, const char *id);
/* ... in which this column is NULL? */
bool canon_rejects_column(const struct sqlnode *conjunct, const struct sqlnode *column);

/* sqlcanon_keys.c. All work on what canon_select has made of a SELECT. */
void canon_drop_joins(struct canon *c, const struct sqlnode *query, struct sqlnode *select);
void canon_drop_distinct(struct canon *c, struct sqlnode *select);
void canon_distinct_union(struct sqlnode *query); /* may turn a SELECT into a UNION */
void canon_union_distinct(struct sqlnode *setop); /* UNION ALL inside a UNION is UNION */

bool canon_same(struct canon *c, const struct sqlnode *a, const struct sqlnode *b);
void canon_sort(struct canon *c, struct sqlnode *list); /* by text, equal ones dropped */
struct sqlnode *canon_call(struct canon *c, const char *name, struct sqlnode *a, struct sqlnode *b);
struct sqlnode *canon_binary(struct canon *c, const char *op, struct sqlnode *a, struct sqlnode *b);

const char *canon_negated(const char *op); /* NOT of a comparison; NULL: it has none */

/* Puts CTEs in the place of their names; recursive ones stay. */
void canon_inline_ctes(struct arena *arena, struct sqlnode *query);
/* Can every use of source `id` below node be replaced by what the SELECT puts out? */
bool canon_can_replace(struct arena *arena, const struct sqlnode *node, const char *id,
	const struct sqlnode *select);
/* The name of an item outside; NULL when it has none. */
const char *canon_output_name(const struct sqlnode *item);
void canon_replace(struct arena *arena, struct sqlnode *node, const char *id,
	const struct sqlnode *select);
size_t canon_weight(const struct sqlnode *node); /* nodes below, itself included */

#endif
