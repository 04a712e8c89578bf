/* sqlscope.h - which table a column belongs to.
 *
 * Rewrites a parsed query in place: every source in a FROM (table, function,
 * subquery) gets a unique id as its alias ("#1", "#2", ... in the order of the
 * text), every column that can be placed becomes `id.column`, names become lower case,
 * ordinals and select aliases in GROUP BY, HAVING, QUALIFY and ORDER BY become the
 * expressions they stand for, GROUP BY ALL is spelled out, USING becomes ON.
 * Columns that cannot be placed keep their one name. Layer: services.
 */
#ifndef GENIE_SQLSCOPE_H
#define GENIE_SQLSCOPE_H

#include "base.h"

struct arena;
struct sqlnode;

/* What is known about a column; see sqlcatalog. */
enum sqlcolumn_bits {
	SQLCOL_EXISTS = 1,
	SQLCOL_NOT_NULL = 2,
	SQLCOL_UNIQUE = 4,  /* a key by itself */
	SQLCOL_MEASURE = 8, /* of a metric view */
};

/* Knowledge from outside, all optional. `table` is lower case, as written in the query
 * (1 to 3 parts with points). */
struct sqlcatalog {
	void *context;
	/* -1: the table is not known; 0: it has no such column; else SQLCOL_ bits. */
	int (*column)(void *context, const char *table, const char *column);
};

enum sqlsource_kind { SQLSRC_TABLE, SQLSRC_CTE, SQLSRC_TVF, SQLSRC_DERIVED, SQLSRC_VALUES };

struct sqlsource {
	enum sqlsource_kind kind;
	const char *id;    /* "#1" */
	/* table, CTE or function: bare lower-case parts joined by points; else "" */
	const char *name;
	const char *alias; /* as written, lower case; NULL when there was none */
	struct sqlnode *node;
};

struct sqlscope {
	struct sqlsource *source;
	size_t n, cap;
	/* Columns that no source has, by the catalogue: "column" or "alias.column". */
	const char **unresolved;
	size_t nunresolved;
};

/* Resolves a whole tree (STATEMENT or QUERY). `catalog` may be NULL. Everything lives
 * in the arena. Resolve a tree once only. */
void sqlscope_resolve(struct sqlscope *scope, struct arena *arena, struct sqlnode *root,
	const struct sqlcatalog *catalog);
/* The source with an id; NULL when there is none. */
const struct sqlsource *sqlscope_find(const struct sqlscope *scope, const char *id);

/* Has the expression a call that aggregates (not as a window function; MEASURE
 * counts), not looking into subqueries? */
bool sql_has_aggregate(const struct sqlnode *expr);
/* Has it a window function? */
bool sql_has_window(const struct sqlnode *expr);
/* Is this function name (any case) an aggregate? */
bool sql_is_aggregate_name(const char *name);

#endif
