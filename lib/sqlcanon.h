/* sqlcanon.h - one form for queries that mean the same.
 *
 * The canonical tree is an ordinary tree (sqlast.h) with these changes:
 *  - aliases are gone: columns are `table.column` with the last part of the table
 *    name ("orders#2" for its second use); output names of the outermost SELECT
 *    are dropped, those of inner ones are the text of their expression;
 *  - CTEs are inlined, subqueries without an effect of their own are merged;
 *  - FROM is flat: inner sources, then JOIN nodes (LEFT, LEFT ANTI, ..) whose kids
 *    are the right side and ON; conditions of inner joins are WHERE conjuncts;
 *  - WHERE, HAVING, QUALIFY hold conjuncts as kids, sorted; OR and IN are sorted;
 *  - one spelling for each of the rewrites listed in sqlcanon_expr.c.
 * Two queries with the same canonical text return the same rows for all data,
 * up to the assumptions that the caller makes by a catalogue. Layer: services.
 */
#ifndef GENIE_SQLCANON_H
#define GENIE_SQLCANON_H

#include "sqlast.h"
#include "sqlscope.h"

#define SQLCANON_MAX_NODES 20000 /* larger queries keep their form */

struct sqlcanon {
	struct sqlnode *query;  /* NULL: no query in the statement */
	struct sqlscope scope;  /* sources by their first ids, for full table names */
	size_t problems;        /* of the parser */
	const char *problem;
	const char *const *name; /* label of source i ("orders"), scope.n of them */
};

/* `options` as in sqlparse. `catalog` may be NULL. Everything lives in the arena. */
void sqlcanon(struct sqlcanon *out, struct arena *arena, const char *sql,
	const struct sqlcatalog *catalog,
	unsigned options);
/* Full name of the table behind a label of the canonical tree; "" when it is no table. */
const char *sqlcanon_table(const struct sqlcanon *canon, const char *label);

#endif
