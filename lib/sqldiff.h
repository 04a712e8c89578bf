/* sqldiff.h - in what two queries differ, clause by clause, and who is to blame.
 *
 * Both queries are brought into the canonical form (sqlcanon.h), then compared. A
 * real difference usually drags others along, so items are in order of cause: the
 * first is the primary one, and those that follow from it are marked. Layer:
 * services.
 */
#ifndef GENIE_SQLDIFF_H
#define GENIE_SQLDIFF_H

#include "base.h"
#include "sqlscope.h"

/* In order of cause. Names by sqldiff_class_text: "table_wrong". */
enum sqldiff_class {
	SQLDIFF_SYNTAX, SQLDIFF_UNRESOLVED_NAME,
	SQLDIFF_TABLE_WRONG, SQLDIFF_TABLE_MISSING, SQLDIFF_TABLE_EXTRA,
	SQLDIFF_UDF_OR_TVF_ARGUMENT,
	SQLDIFF_METRIC_VIEW_MEASURE, SQLDIFF_SET_OPERATION, SQLDIFF_WINDOW,
	SQLDIFF_JOIN_TYPE, SQLDIFF_JOIN_MISSING, SQLDIFF_JOIN_EXTRA, SQLDIFF_JOIN_CONDITION,
	SQLDIFF_TEMPORAL_GRAIN, SQLDIFF_TEMPORAL_WINDOW,
	SQLDIFF_AGGREGATION_FUNCTION, SQLDIFF_TYPE_CAST, SQLDIFF_FORMAT,
	SQLDIFF_GROUP_BY_MISSING, SQLDIFF_GROUP_BY_EXTRA,
	SQLDIFF_HAVING,
	SQLDIFF_AGGREGATION_ARGUMENT, SQLDIFF_AGGREGATION_DISTINCT,
	SQLDIFF_LIMIT_VALUE, SQLDIFF_LIMIT_MISSING, SQLDIFF_LIMIT_EXTRA,
	SQLDIFF_FILTER_COLUMN, SQLDIFF_FILTER_OPERATOR, SQLDIFF_FILTER_VALUE,
		SQLDIFF_FILTER_MISSING, SQLDIFF_FILTER_EXTRA,
	SQLDIFF_COLUMN_WRONG, SQLDIFF_COLUMN_MISSING, SQLDIFF_COLUMN_EXTRA,
	SQLDIFF_ORDER_BY_MISSING, SQLDIFF_ORDER_BY_KEY, SQLDIFF_ORDER_BY_DIRECTION,
	SQLDIFF_CLASSES,
};
const char *sqldiff_class_text(enum sqldiff_class class);
/* The failure type (contracts.md) and lever (1-6, patches.md) that answer a class. */
const char *sqldiff_failure_type(enum sqldiff_class class);
int sqldiff_lever(enum sqldiff_class class);

struct sqldiff_item {
	enum sqldiff_class class;
	const char *clause;      /* "FROM", "WHERE", "SELECT", ... */
	const char *gold, *other; /* texts in canonical form; "" when that side has none */
	const char *blame;       /* "table.column", "table" or "": the object in question */
	bool consequence;        /* follows from an earlier item */
};

struct sqldiff {
	bool equal;     /* same canonical form: same rows for all data */
	bool permuted;   /* not equal, but only by the order of the select list; no items */
	bool comparable; /* false: one of them is not a query that was understood */
	struct sqldiff_item *item;
	size_t n;       /* 0 when equal or permuted */
	const char *gold, *other; /* canonical texts, for people */
};

enum sqldiff_options {
	SQLDIFF_DOUBLE_IDENT = 1, /* "x" is an identifier in both */
};

/* Compares the first statements. `catalog` may be NULL; with it names are placed
 * better and unknown ones reported. Everything lives in the arena. */
void sqldiff(struct sqldiff *diff, struct arena *arena, const char *gold, const char *other,
	const struct sqlcatalog *catalog, unsigned options);

#endif
