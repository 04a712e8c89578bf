/* sqlfacts.h - what a query uses, as flat lists: for asset kinds, required tables,
 * columns and joins, slices, and judges.
 *
 * Names are bare and lower case. A `table` of a column is the full name of its table as
 * the query writes it ("main.sales.orders"), "" when the column belongs to a CTE
 * or subquery, NULL when it cannot be placed. Expression texts are SQL on one
 * line with columns as table.column (last part of the table name), so that
 * they compare across aliases. Layer: services.
 */
#ifndef GENIE_SQLFACTS_H
#define GENIE_SQLFACTS_H

#include "base.h"
#include "sqlscope.h"
#include "sqltext.h"

enum sqlfact_clause { SQLFC_SELECT, SQLFC_FROM, SQLFC_WHERE, SQLFC_GROUP, SQLFC_HAVING,
	SQLFC_QUALIFY, SQLFC_ORDER, SQLFC_OTHER };
const char *sqlfact_clause_text(enum sqlfact_clause clause); /* "SELECT", "GROUP BY", ... */

struct sqlfact_table {
	const char *name;  /* a.b.c as written, lower case, without backticks */
	const char *alias; /* NULL: none */
	bool function;     /* a table function: its arguments are in calls */
	bool outermost;    /* in the FROM of the outermost SELECT */
};
struct sqlfact_arg {
	const char *name; /* NULL: by position */
	const char *text;
};
struct sqlfact_call {
	const char *name;
	const struct sqlfact_arg *arg;
	size_t n;
};
struct sqlfact_column {
	const char *table, *column;
	enum sqlfact_clause clause;
	bool outermost;
};
struct sqlfact_join {
	const char *kind;      /* INNER LEFT RIGHT FULL CROSS LEFT SEMI, LEFT ANTI, LATERAL VIEW */
	/* full names of the tables of the first equality, else of the sides; may be "" */
	const char *left, *right;
	const char *condition; /* "" when there is none */
};
struct sqlfact_filter {
	/* WHERE, HAVING, QUALIFY, or FROM for join conditions that filter */
	enum sqlfact_clause clause;
	const char *text;    /* one conjunct */
	const char *table, *column; /* of its first column; column NULL when it has none */
	const char *op;      /* = <> < <= > >= <=> IN LIKE BETWEEN IS ..; "" for anything else */
	const char *value;   /* the other side; "" when there is none */
	bool temporal;       /* a date, a time function or an interval is in it */
	bool outermost;
};
struct sqlfact_aggregate { /* each call once, with the clause where it stands first */
	const char *function; /* upper case */
	const char *argument; /* "*", "orders.amount", ... */
	const char *table, *column; /* first column in it; column NULL: none */
	bool distinct, window, measure;
	enum sqlfact_clause clause;
};
struct sqlfact_order {
	const char *text;
	bool desc;
};
struct sqlfact_list {
	const char **v;
	size_t n;
};

struct sqlfacts {
	enum sql_kind kind;
	size_t problems;     /* of the parser; 0: understood in full */
	const char *problem; /* first one; NULL: none */
	size_t problem_at;
	struct sqlfact_table *table;       size_t ntables;  /* each name once; no CTE names */
	struct sqlfact_call *call;         size_t ncalls;   /* table functions */
	struct sqlfact_column *column;     size_t ncolumns; /* each (table, column, clause) once */
	/* comma joins with an equality in WHERE too */
	struct sqlfact_join *join;         size_t njoins;
	struct sqlfact_filter *filter;     size_t nfilters;
	struct sqlfact_aggregate *aggregate; size_t naggregates;
	struct sqlfact_order *order;       size_t norders;  /* outermost ORDER BY */
	struct sqlfact_list ctes,
		functions /* all called, upper case */, output /* outermost names */,
		group_by /* outermost */, set_operations, windows, parameters /* :name and ${name} */, unresolved;
	const char *limit, *offset; /* outermost; NULL: none */
	bool distinct, star;        /* outermost SELECT */
};

/* Facts of the first statement; `catalog` may be NULL. Everything lives in the arena. */
void sqlfacts(struct sqlfacts *facts, struct arena *arena, const char *sql,
	const struct sqlcatalog *catalog);
/* Does the query use this table or function (sql_same_name)? */
bool sqlfacts_uses(const struct sqlfacts *facts, const char *name);

#endif
