#include "sqldiff.h"
#include "sqlcanon.h"
#include "mem.h"
#include "sqltext.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text, *failure_type;
	int lever;
} classes[SQLDIFF_CLASSES] = {
	[SQLDIFF_SYNTAX] = { "syntax", "other", 6 },
	[SQLDIFF_UNRESOLVED_NAME] = { "unresolved_name", "wrong_column", 1 },
	[SQLDIFF_TABLE_WRONG] = { "table_wrong", "wrong_table", 1 },
	[SQLDIFF_TABLE_MISSING] = { "table_missing", "wrong_table", 1 },
	[SQLDIFF_TABLE_EXTRA] = { "table_extra", "wrong_table", 1 },
	[SQLDIFF_UDF_OR_TVF_ARGUMENT] = { "udf_or_tvf_argument", "tvf_parameter_error", 3 },
	[SQLDIFF_METRIC_VIEW_MEASURE] = { "metric_view_measure", "wrong_measure", 2 },
	[SQLDIFF_SET_OPERATION] = { "set_operation", "missing_instruction", 6 },
	[SQLDIFF_WINDOW] = { "window", "wrong_aggregation", 2 },
	[SQLDIFF_JOIN_TYPE] = { "join_type", "wrong_join", 1 },
	[SQLDIFF_JOIN_MISSING] = { "join_missing", "wrong_join", 1 },
	[SQLDIFF_JOIN_EXTRA] = { "join_extra", "wrong_join", 1 },
	[SQLDIFF_JOIN_CONDITION] = { "join_condition", "wrong_join", 1 },
	[SQLDIFF_TEMPORAL_GRAIN] = { "temporal_grain", "wrong_aggregation", 2 },
	[SQLDIFF_TEMPORAL_WINDOW] = { "temporal_window", "missing_temporal_filter", 2 },
	[SQLDIFF_AGGREGATION_FUNCTION] = { "aggregation_function", "wrong_aggregation", 2 },
	[SQLDIFF_TYPE_CAST] = { "type_cast", "missing_instruction", 6 },
	[SQLDIFF_FORMAT] = { "format", "missing_instruction", 6 },
	[SQLDIFF_GROUP_BY_MISSING] = { "group_by_missing", "wrong_aggregation", 2 },
	[SQLDIFF_GROUP_BY_EXTRA] = { "group_by_extra", "wrong_aggregation", 2 },
	[SQLDIFF_HAVING] = { "having", "wrong_filter", 3 },
	[SQLDIFF_AGGREGATION_ARGUMENT] = { "aggregation_argument", "wrong_aggregation", 2 },
	[SQLDIFF_AGGREGATION_DISTINCT] = { "aggregation_distinct", "wrong_aggregation", 2 },
	[SQLDIFF_LIMIT_VALUE] = { "limit_value", "missing_instruction", 6 },
	[SQLDIFF_LIMIT_MISSING] = { "limit_missing", "missing_instruction", 6 },
	[SQLDIFF_LIMIT_EXTRA] = { "limit_extra", "missing_instruction", 6 },
	[SQLDIFF_FILTER_COLUMN] = { "filter_column", "wrong_filter", 3 },
	[SQLDIFF_FILTER_OPERATOR] = { "filter_operator", "wrong_filter", 3 },
	[SQLDIFF_FILTER_VALUE] = { "filter_value", "wrong_filter", 3 },
	[SQLDIFF_FILTER_MISSING] = { "filter_missing", "missing_filter", 3 },
	[SQLDIFF_FILTER_EXTRA] = { "filter_extra", "wrong_filter", 3 },
	[SQLDIFF_COLUMN_WRONG] = { "column_wrong", "wrong_column", 1 },
	[SQLDIFF_COLUMN_MISSING] = { "column_missing", "wrong_column", 1 },
	[SQLDIFF_COLUMN_EXTRA] = { "column_extra", "wrong_column", 1 },
	[SQLDIFF_ORDER_BY_MISSING] = { "order_by_missing", "missing_instruction", 6 },
	[SQLDIFF_ORDER_BY_KEY] = { "order_by_key", "missing_instruction", 6 },
	[SQLDIFF_ORDER_BY_DIRECTION] = { "order_by_direction", "missing_instruction", 6 },
};

const char *sqldiff_class_text(enum sqldiff_class class)
{
	return classes[class].text;
}

const char *sqldiff_failure_type(enum sqldiff_class class)
{
	return classes[class].failure_type;
}

int sqldiff_lever(enum sqldiff_class class)
{
	return classes[class].lever;
}

struct differ {
	struct arena *arena;
	struct sqldiff *out;
	struct sqlcanon a, b; /* gold, other */
};

/* Nodes of one clause that the other side has not. */
struct nodes {
	struct sqlnode **v;
	size_t n;
};

static const char *text_of(struct differ *d, const struct sqlnode *node)
{
	return node ? sqlnode_text(d->arena, node) : "";
}

static const struct sqlnode *first_column(const struct sqlnode *node)
{
	if (node->kind == SQLN_COLUMN && node->nparts)
		return node;
	for (size_t i = 0; i < node->n; i++) {
		const struct sqlnode *found = first_column(node->kid[i]);
		if (found)
			return found;
	}
	return NULL;
}

/* "main.sales.orders.amount": the table by its full name where it is known. */
static const char *blame_of(struct differ *d, const struct sqlnode *node,
	const struct sqlcanon *side)
{
	const struct sqlnode *column = node ? first_column(node) : NULL;
	const char *table;
	if (!column)
		return "";
	if (column->nparts == 1)
		return column->part[0];
	table = sqlcanon_table(side, column->part[0]);
	return arena_printf(d->arena, "%s.%s", *table ? table : column->part[0], column->part[1]);
}

static void report_text(struct differ *d, enum sqldiff_class class, const char *clause,
	const char *gold,
	const char *other, const char *blame)
{
	struct sqldiff *out = d->out;
	struct sqldiff_item *old = out->item;
	if ((out->n & (out->n - 1)) == 0) {
		out->item = arena_alloc(d->arena, (out->n ? 2 * out->n : 1) * sizeof(*old));
		if (out->n)
			memcpy(out->item, old, out->n * sizeof(*old));
	}
	out->item[out->n++] = (struct sqldiff_item){ class, clause, gold, other, blame, false };
}

static void report(struct differ *d, enum sqldiff_class class, const char *clause,
	const struct sqlnode *gold,
	const struct sqlnode *other)
{
	report_text(d, class, clause, text_of(d, gold), text_of(d, other),
		gold && *blame_of(d, gold, &d->a) ? blame_of(d, gold, &d->a) : blame_of(d, other,
		&d->b));
}

/* ---- lists -------------------------------------------------------------- */

static struct nodes copy_kids(struct differ *d, const struct sqlnode *node)
{
	struct nodes list = { NULL, node ? node->n : 0 };
	list.v = arena_alloc(d->arena, (list.n + 1) * sizeof(*list.v));
	if (list.n)
		memcpy(list.v, node->kid, list.n * sizeof(*list.v));
	return list;
}

static void take(struct nodes *list, size_t i)
{
	memmove(list->v + i, list->v + i + 1, (list->n - i - 1) * sizeof(*list->v));
	list->n--;
}

/* Takes out what both have. */
static void cancel(struct differ *d, struct nodes *a, struct nodes *b)
{
	for (size_t i = 0; i < a->n;) {
		const char *text = text_of(d, a->v[i]);
		bool both = false;
		for (size_t k = 0; k < b->n && !both; k++)
			if (streq(text, text_of(d, b->v[k]))) {
				take(b, k);
				both = true;
			}
		if (both)
			take(a, i);
		else
			i++;
	}
}

static bool contains(const struct sqlnode *node, bool (*test)(const struct sqlnode *))
{
	if (test(node))
		return true;
	for (size_t i = 0; i < node->n; i++)
		if (contains(node->kid[i], test))
			return true;
	return false;
}

static bool any(const struct nodes *list, bool (*test)(const struct sqlnode *))
{
	for (size_t i = 0; i < list->n; i++)
		if (contains(list->v[i], test))
			return true;
	return false;
}

static bool is_query(const struct sqlnode *n) { return n->kind == SQLN_QUERY; }
static bool is_measure(const struct sqlnode *n) { return sqlnode_is_call(n, "MEASURE"); }
static bool is_junction(const struct sqlnode *n)
{
	return n->kind == SQLN_OR || n->kind == SQLN_AND;
}
static bool is_hundred(const struct sqlnode *n)
{
	return n->kind == SQLN_NUMBER && (streq(n->text, "100") || streq(n->text, "100.0"));
}
static bool is_distinct(const struct sqlnode *n)
{
	return n->kind == SQLN_FUNC && (n->flags & SQLF_DISTINCT);
}
static bool is_cast(const struct sqlnode *n)
{
	return n->kind == SQLN_CAST || sqlnode_is_call(n, "ROUND") || sqlnode_is_call(n, "FLOOR")
		|| sqlnode_is_call(n, "CEIL")
		|| (n->kind == SQLN_BINARY && streq(n->text, "DIV"));
}
static bool is_format(const struct sqlnode *n)
{
	return sqlnode_is_call(n, "DATE_FORMAT") || sqlnode_is_call(n, "FORMAT_NUMBER")
		|| sqlnode_is_call(n, "TO_CHAR");
}
static bool is_grain(const struct sqlnode *n)
{
	static const char *const names[] = { "DATE_TRUNC", "TRUNC", "YEAR", "QUARTER", "MONTH",
		"WEEK", "DAY", "HOUR",
		"WEEKOFYEAR", "DAYOFWEEK", "DATE_FORMAT", "LAST_DAY" };
	for (size_t i = 0; i < countof(names); i++)
		if (sqlnode_is_call(n, names[i]))
			return true;
	return false;
}
static bool is_temporal(const struct sqlnode *n)
{
	return n->kind == SQLN_TYPED || n->kind == SQLN_INTERVAL || is_grain(n)
		|| sqlnode_is_call(n, "CURRENT_DATE")
		|| sqlnode_is_call(n, "CURRENT_TIMESTAMP") || sqlnode_is_call(n, "ADD_MONTHS")
			|| sqlnode_is_call(n, "DATEDIFF");
}

/* ---- tables and joins --------------------------------------------------- */

static bool has_table(const struct sqlcanon *side, const char *name)
{
	for (size_t i = 0; i < side->scope.n; i++)
		if ((side->scope.source[i].kind == SQLSRC_TABLE
			|| side->scope.source[i].kind == SQLSRC_TVF)
			&& sql_same_name(side->scope.source[i].name, name))
			return true;
	return false;
}

/* Tables of one side that the other lacks, each once. */
static struct strlist lacking(const struct sqlcanon *side, const struct sqlcanon *from)
{
	struct strlist out = { 0 };
	for (size_t i = 0; i < side->scope.n; i++) {
		const struct sqlsource *source = &side->scope.source[i];
		if ((source->kind == SQLSRC_TABLE || source->kind == SQLSRC_TVF) && !has_table(from,
			source->name))
			strlist_add_new(&out, source->name);
	}
	return out;
}

static bool compare_tables(struct differ *d)
{
	struct strlist missing = lacking(&d->a, &d->b), extra = lacking(&d->b, &d->a);
	bool differ = missing.n || extra.n;
	for (size_t i = 0; i < missing.n || i < extra.n; i++) {
		const char *gold = i < missing.n ? arena_strdup(d->arena, missing.v[i]) : "";
		const char *other = i < extra.n ? arena_strdup(d->arena, extra.v[i]) : "";
		report_text(d, *gold && *other ? SQLDIFF_TABLE_WRONG : *gold ? SQLDIFF_TABLE_MISSING
			: SQLDIFF_TABLE_EXTRA,
			"FROM", gold, other, *gold ? gold : other);
	}
	strlist_free(&missing);
	strlist_free(&extra);
	return differ;
}

static bool joins_sources(const struct sqlnode *node)
{
	return node->kind == SQLN_BINARY && node->n == 2 && node->kid[0]->kind == SQLN_COLUMN
		&& node->kid[1]->kind == SQLN_COLUMN && node->kid[0]->nparts > 1
		&& node->kid[1]->nparts > 1
		&& !streq(node->kid[0]->part[0], node->kid[1]->part[0]);
}

/* Conditions between two sources leave the filters. */
static struct nodes split_joins(struct differ *d, struct nodes *filters)
{
	struct nodes joins = { arena_alloc(d->arena, (filters->n + 1) * sizeof(*joins.v)), 0 };
	for (size_t i = 0; i < filters->n;) {
		if (!joins_sources(filters->v[i])) {
			i++;
			continue;
		}
		joins.v[joins.n++] = filters->v[i];
		take(filters, i);
	}
	return joins;
}

static const char *source_label(const struct sqlnode *node)
{
	const struct sqlnode *right = node->kind == SQLN_JOIN && node->n ? node->kid[0] : node;
	return right->alias ? right->alias : "";
}

/* Joined tables that stand otherwise on the other side: LEFT against INNER. The
 * conditions of the LEFT join leave the lists. */
static void join_types(struct differ *d, struct nodes *from_a, struct nodes *from_b,
	struct nodes *joins,
	struct nodes *filters)
{
	for (size_t i = 0; i < from_a->n; i++) {
		for (size_t k = 0; k < from_b->n; k++) {
			const struct sqlnode *a = from_a->v[i], *b = from_b->v[k];
			const struct sqlnode *on = sqlnode_child(a->kind == SQLN_JOIN ? a : b,
				SQLN_ON);
			if (!*source_label(a) || !streq(source_label(a), source_label(b)))
				continue;
			if (a->kind == b->kind && streq(a->text, b->text))
				report(d, a->kind == SQLN_TVF ? SQLDIFF_UDF_OR_TVF_ARGUMENT
					: a->kind == SQLN_JOIN
					? SQLDIFF_JOIN_CONDITION : SQLDIFF_TABLE_WRONG, "FROM", a,
						b);
			else
				report(d, SQLDIFF_JOIN_TYPE, "FROM", a, b);
			for (size_t c = 0; on && a->kind != b->kind && c < on->n; c++)
				for (int list = 0; list < 2; list++)
					for (size_t x = 0; x < (list ? filters : joins)->n; x++)
						if (streq(text_of(d, (list ? filters
							: joins)->v[x]), text_of(d, on->kid[c])))
							take(list ? filters : joins, x--);
			take(from_a, i--);
			take(from_b, k);
			break;
		}
	}
}

static void compare_from(struct differ *d, const struct sqlnode *a, const struct sqlnode *b,
	struct nodes *fa,
	struct nodes *fb, bool tables)
{
	struct nodes from_a = copy_kids(d, sqlnode_child(a, SQLN_FROM)), from_b = copy_kids(d,
		sqlnode_child(b, SQLN_FROM));
	struct nodes ja = split_joins(d, fa), jb = split_joins(d, fb);
	cancel(d, &from_a, &from_b);
	cancel(d, &ja, &jb);
	if (from_a.n && from_b.n) {
		struct nodes *inner_joins = ja.n > jb.n ? &ja : &jb, *inner_filters = ja.n > jb.n
			? fa : fb;
		join_types(d, &from_a, &from_b, inner_joins, inner_filters);
	}
	for (size_t i = 0; i < from_a.n && !tables; i++)
		report(d, SQLDIFF_JOIN_MISSING, "FROM", from_a.v[i], NULL);
	for (size_t i = 0; i < from_b.n && !tables; i++)
		report(d, SQLDIFF_JOIN_EXTRA, "FROM", NULL, from_b.v[i]);
	for (size_t i = 0; i < ja.n || i < jb.n; i++)
		report(d, i < ja.n && i >= jb.n && tables ? SQLDIFF_JOIN_MISSING : i >= ja.n
			&& tables ? SQLDIFF_JOIN_EXTRA
			: SQLDIFF_JOIN_CONDITION, "FROM", i < ja.n ? ja.v[i] : NULL, i < jb.n
				? jb.v[i] : NULL);
}

/* ---- filters ------------------------------------------------------------ */

static const char *operator_of(const struct sqlnode *node)
{
	switch (node->kind) {
	case SQLN_BINARY: return node->text;
	case SQLN_IN: return node->flags & SQLF_NOT ? "NOT IN" : "IN";
	case SQLN_IS: return node->flags & SQLF_NOT ? "IS NOT" : "IS";
	case SQLN_LIKE: return node->flags & SQLF_NOT ? "NOT LIKE" : node->text;
	case SQLN_NOT: return "NOT";
	case SQLN_EXISTS: return "EXISTS";
	case SQLN_OR: return "OR";
	default: return "";
	}
}

static bool same_values(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	if (a->n != b->n || a->n < 2)
		return false;
	for (size_t i = 1; i < a->n; i++)
		if (!streq(text_of(d, a->kid[i]), text_of(d, b->kid[i])))
			return false;
	return true;
}

static const char *column_text(struct differ *d, const struct sqlnode *node)
{
	const struct sqlnode *column = first_column(node);
	return column ? text_of(d, column) : "";
}

static void report_pair(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	bool same_op = streq(operator_of(a), operator_of(b));
	enum sqldiff_class class = SQLDIFF_FILTER_OPERATOR;
	if (contains(a, is_temporal) || contains(b, is_temporal))
		class = SQLDIFF_TEMPORAL_WINDOW;
	else if (!streq(column_text(d, a), column_text(d, b)))
		class = SQLDIFF_FILTER_COLUMN;
	else if (same_op || (a->n == 2 && b->n > 2 && b->kind == SQLN_IN) || (b->n == 2 && a->n > 2
		&& a->kind == SQLN_IN)
		|| (!same_op && !same_values(d, a, b) && a->kind == SQLN_BINARY
			&& b->kind == SQLN_BINARY
		&& *a->text == *b->text))
		class = SQLDIFF_FILTER_VALUE;
	report(d, class, "WHERE", a, b);
}

/* Is there a partner for a under the rule? 0: same column and operator, 1: same
 * column, 2: same operator and value, 3: both hold subqueries. */
static bool partners(struct differ *d, const struct sqlnode *a, const struct sqlnode *b, int rule)
{
	bool same_column = *column_text(d, a) && streq(column_text(d, a), column_text(d, b));
	bool same_op = streq(operator_of(a), operator_of(b));
	switch (rule) {
	case 0: return same_column && same_op;
	case 1: return same_column && ((contains(a, is_temporal) && contains(b, is_temporal))
		|| same_values(d, a, b)
		|| *operator_of(a) == *operator_of(b));
	case 2: return same_column;
	case 3: return same_op && same_values(d, a, b);
	default: return contains(a, is_query) && contains(b, is_query);
	}
}

static void columns_into(struct differ *d, const struct sqlnode *node, struct strlist *out)
{
	if (node->kind == SQLN_COLUMN)
		strlist_add_new(out, text_of(d, node));
	for (size_t i = 0; i < node->n; i++)
		columns_into(d, node->kid[i], out);
}

/* The same columns, joined otherwise by AND and OR. */
static bool regrouped(struct differ *d, const struct nodes *a, const struct nodes *b)
{
	struct strlist ca = { 0 }, cb = { 0 };
	bool same;
	if (!any(a, is_junction) && !any(b, is_junction))
		return false;
	for (size_t i = 0; i < a->n; i++)
		columns_into(d, a->v[i], &ca);
	for (size_t i = 0; i < b->n; i++)
		columns_into(d, b->v[i], &cb);
	same = ca.n == cb.n && ca.n > 1;
	for (size_t i = 0; same && i < ca.n; i++)
		same = strlist_has(&cb, ca.v[i]);
	strlist_free(&ca);
	strlist_free(&cb);
	return same;
}

static void compare_filters(struct differ *d, struct nodes *a, struct nodes *b)
{
	cancel(d, a, b);
	if (a->n && b->n && regrouped(d, a, b)) {
		report(d, SQLDIFF_FILTER_OPERATOR, "WHERE", a->v[0], b->v[0]);
		return;
	}
	for (int rule = 0; rule < 5; rule++)
		for (size_t i = 0; i < a->n; i++)
			for (size_t k = 0; k < b->n; k++)
				if (partners(d, a->v[i], b->v[k], rule)) {
					report_pair(d, a->v[i], b->v[k]);
					take(a, i--);
					take(b, k);
					break;
				}
	for (size_t i = 0; i < a->n; i++)
		report(d, contains(a->v[i], is_temporal) ? SQLDIFF_TEMPORAL_WINDOW
			: SQLDIFF_FILTER_MISSING, "WHERE", a->v[i], NULL);
	for (size_t i = 0; i < b->n; i++)
		report(d, contains(b->v[i], is_temporal) ? SQLDIFF_TEMPORAL_WINDOW
			: SQLDIFF_FILTER_EXTRA, "WHERE", NULL, b->v[i]);
}

/* ---- the select list and grouping --------------------------------------- */

static enum sqldiff_class aggregate_class(struct differ *d, const struct sqlnode *a,
	const struct sqlnode *b)
{
	bool calls = a->kind == SQLN_FUNC && b->kind == SQLN_FUNC;
	if (contains(a, is_hundred) != contains(b, is_hundred))
		return SQLDIFF_FORMAT;
	if (contains(a, is_cast) || contains(b, is_cast))
		return SQLDIFF_TYPE_CAST;
	if (calls && !strieq(sqlnode_name(a), sqlnode_name(b)))
		return SQLDIFF_AGGREGATION_FUNCTION;
	if (contains(a, is_distinct) != contains(b, is_distinct))
		return SQLDIFF_AGGREGATION_DISTINCT;
	(void)d;
	return SQLDIFF_AGGREGATION_ARGUMENT;
}

static enum sqldiff_class item_class(struct differ *d, const struct sqlnode *a,
	const struct sqlnode *b)
{
	if (sql_has_window(a) || sql_has_window(b))
		return SQLDIFF_WINDOW;
	if (contains(a, is_measure) || contains(b, is_measure))
		return SQLDIFF_METRIC_VIEW_MEASURE;
	if (sql_has_aggregate(a) && sql_has_aggregate(b))
		return aggregate_class(d, a, b);
	if (contains(a, is_format) != contains(b, is_format))
		return SQLDIFF_FORMAT;
	if (contains(a, is_grain) && contains(b, is_grain))
		return SQLDIFF_TEMPORAL_GRAIN;
	if ((contains(a, is_cast) || contains(b, is_cast)) && streq(column_text(d, a),
		column_text(d, b)))
		return SQLDIFF_TYPE_CAST;
	return SQLDIFF_COLUMN_WRONG;
}

static struct nodes items_of(struct differ *d, const struct sqlnode *select)
{
	struct nodes list = { arena_alloc(d->arena, (select->n + 1) * sizeof(*list.v)), 0 };
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM && select->kid[i]->n)
			list.v[list.n++] = select->kid[i]->kid[0];
	return list;
}

static void compare_items(struct differ *d, struct nodes a, struct nodes b)
{
	cancel(d, &a, &b);
	for (int rule = 0; rule < 3; rule++)
		for (size_t i = 0; i < a.n; i++)
			for (size_t k = 0; k < b.n; k++) {
				bool same_sort = sql_has_aggregate(a.v[i]) == sql_has_aggregate(b.v[k]);
				bool same_column = *column_text(d, a.v[i]) && streq(column_text(d,
					a.v[i]), column_text(d, b.v[k]));
				if (rule == 0 ? !same_sort || !same_column : rule == 1 ? !same_sort
					: !same_column)
					continue;
				report(d, item_class(d, a.v[i], b.v[k]), "SELECT", a.v[i], b.v[k]);
				take(&a, i--);
				take(&b, k);
				break;
			}
	for (size_t i = 0; i < a.n; i++)
		report(d, contains(a.v[i], is_grain) ? SQLDIFF_TEMPORAL_GRAIN
			: SQLDIFF_COLUMN_MISSING, "SELECT", a.v[i], NULL);
	for (size_t i = 0; i < b.n; i++)
		report(d, contains(b.v[i], is_grain) ? SQLDIFF_TEMPORAL_GRAIN
			: SQLDIFF_COLUMN_EXTRA, "SELECT", NULL, b.v[i]);
}

/* A key that was exchanged in the select list too is no difference of its own. */
static void compare_groups(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	struct nodes ga = copy_kids(d, sqlnode_child(a, SQLN_GROUP)), gb = copy_kids(d,
		sqlnode_child(b, SQLN_GROUP));
	struct nodes ia = items_of(d, a), ib = items_of(d, b);
	size_t pairs;
	if (a->flags & SQLF_DISTINCT && !sqlnode_child(a, SQLN_GROUP) && gb.n)
		ga = items_of(d, a);
	else if (b->flags & SQLF_DISTINCT && !sqlnode_child(b, SQLN_GROUP) && ga.n)
		gb = items_of(d, b);
	cancel(d, &ga, &gb);
	cancel(d, &ia, &ib);
	pairs = ga.n < gb.n ? ga.n : gb.n;
	if (ia.n == 0 || ib.n == 0)
		pairs = 0;
	for (size_t i = pairs; i < ga.n; i++)
		report(d, SQLDIFF_GROUP_BY_MISSING, "GROUP BY", ga.v[i], NULL);
	for (size_t i = pairs; i < gb.n; i++)
		report(d, SQLDIFF_GROUP_BY_EXTRA, "GROUP BY", NULL, gb.v[i]);
}

static void compare_select(struct differ *d, const struct sqlnode *a, const struct sqlnode *b,
	bool tables)
{
	struct nodes fa = copy_kids(d, sqlnode_child(a, SQLN_WHERE)), fb = copy_kids(d,
		sqlnode_child(b, SQLN_WHERE));
	const struct sqlnode *ha = sqlnode_child(a, SQLN_HAVING), *hb = sqlnode_child(b,
		SQLN_HAVING);
	const struct sqlnode *qa = sqlnode_child(a, SQLN_QUALIFY), *qb = sqlnode_child(b,
		SQLN_QUALIFY);
	compare_from(d, a, b, &fa, &fb, tables);
	compare_filters(d, &fa, &fb);
	if (!streq(text_of(d, ha), text_of(d, hb)))
		report(d, SQLDIFF_HAVING, "HAVING", ha, hb);
	if (!streq(text_of(d, qa), text_of(d, qb)))
		report(d, SQLDIFF_WINDOW, "QUALIFY", qa, qb);
	compare_items(d, items_of(d, a), items_of(d, b));
	compare_groups(d, a, b);
	if ((a->flags ^ b->flags) & SQLF_DISTINCT && !sqlnode_child(a, SQLN_GROUP)
		&& !sqlnode_child(b, SQLN_GROUP))
		report_text(d, SQLDIFF_AGGREGATION_DISTINCT, "SELECT", a->flags & SQLF_DISTINCT
			? "DISTINCT" : "",
			b->flags & SQLF_DISTINCT ? "DISTINCT" : "", "");
}

/* ---- whole queries ------------------------------------------------------ */

static void compare_body(struct differ *d, const struct sqlnode *a, const struct sqlnode *b,
	bool tables)
{
	if (!a || !b)
		return;
	if (a->kind == SQLN_SETOP || b->kind == SQLN_SETOP) {
		if (a->kind != b->kind || !streq(a->text, b->text) || a->flags != b->flags)
			report(d, SQLDIFF_SET_OPERATION, "SET", a->kind == SQLN_SETOP ? a : NULL,
				b->kind == SQLN_SETOP ? b : NULL);
		for (size_t i = 0; a->kind == b->kind && i < a->n && i < b->n; i++)
			compare_body(d, sqlnode_body(a->kid[i]), sqlnode_body(b->kid[i]), tables);
		return;
	}
	if (a->kind == SQLN_SELECT && b->kind == SQLN_SELECT)
		compare_select(d, a, b, tables);
}

static void compare_order(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	if (a && !b)
		report(d, SQLDIFF_ORDER_BY_MISSING, "ORDER BY", a, NULL);
	if (!a && b)
		report(d, SQLDIFF_ORDER_BY_KEY, "ORDER BY", NULL, b);
	if (!a || !b)
		return;
	for (size_t i = 0; i < a->n || i < b->n; i++) {
		const struct sqlnode *ka = i < a->n ? a->kid[i] : NULL, *kb = i < b->n ? b->kid[i]
			: NULL;
		if (!ka || !kb || !ka->n || !kb->n || !streq(text_of(d, ka->kid[0]), text_of(d,
			kb->kid[0])))
			report(d, SQLDIFF_ORDER_BY_KEY, "ORDER BY", ka ? ka->kid[0] : NULL, kb
				? kb->kid[0] : NULL);
		else if (ka->flags != kb->flags)
			report_text(d, SQLDIFF_ORDER_BY_DIRECTION, "ORDER BY",
				arena_printf(d->arena, "%s%s", text_of(d, ka->kid[0]),
				ka->flags & SQLF_DESC ? " DESC" : ""),
				arena_printf(d->arena, "%s%s", text_of(d, kb->kid[0]),
					kb->flags & SQLF_DESC ? " DESC" : ""),
				blame_of(d, ka, &d->a));
	}
}

static void compare_limit(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	for (int i = 0; i < 2; i++) {
		const struct sqlnode *la = sqlnode_child(a, i ? SQLN_OFFSET : SQLN_LIMIT),
			*lb = sqlnode_child(b, i ? SQLN_OFFSET : SQLN_LIMIT);
		if (!streq(text_of(d, la), text_of(d, lb)))
			report(d, la && lb ? SQLDIFF_LIMIT_VALUE : la ? SQLDIFF_LIMIT_MISSING
				: SQLDIFF_LIMIT_EXTRA,
				"LIMIT", la, lb);
	}
}

static int by_cause(const void *a, const void *b)
{
	const struct sqldiff_item *x = a, *y = b;
	int clause = strcmp(x->clause, y->clause), text = strcmp(x->gold, y->gold);
	return x->class != y->class ? (x->class < y->class ? -1 : 1) : clause ? clause : text ? text
		: strcmp(x->other, y->other);
}

/* Joins, and whatever names a table that one side lacks, follow from the tables;
 * columns follow from groups. */
static void mark_consequences(struct differ *d)
{
	struct sqldiff *out = d->out;
	if (out->n == 0)
		return;
	qsort(out->item, out->n, sizeof(*out->item), by_cause);
	for (size_t i = 1; i < out->n; i++) {
		enum sqldiff_class class = out->item[i].class, first = out->item[0].class;
		bool by_table = first >= SQLDIFF_TABLE_WRONG && first <= SQLDIFF_TABLE_EXTRA;
		bool join = class >= SQLDIFF_JOIN_TYPE && class <= SQLDIFF_JOIN_CONDITION;
		bool column = class >= SQLDIFF_COLUMN_WRONG && class <= SQLDIFF_COLUMN_EXTRA;
		bool by_group = first == SQLDIFF_GROUP_BY_MISSING || first == SQLDIFF_GROUP_BY_EXTRA
			|| first == SQLDIFF_TEMPORAL_GRAIN;
		out->item[i].consequence = first <= SQLDIFF_UNRESOLVED_NAME || (by_table
			&& class > SQLDIFF_TABLE_EXTRA
			&& (join || column || class == SQLDIFF_GROUP_BY_MISSING
				|| class == SQLDIFF_GROUP_BY_EXTRA))
			|| (by_group && (column || class == SQLDIFF_GROUP_BY_MISSING
				|| class == SQLDIFF_GROUP_BY_EXTRA));
	}
}

/* main.sales.orders and orders are one table: the longer name is cut. */
static void shorten(struct sqlnode *node, const struct sqlcanon *others)
{
	for (size_t i = 0; (node->kind == SQLN_TABLE || node->kind == SQLN_TVF)
		&& i < others->scope.n; i++) {
		const struct sqlnode *other = others->scope.source[i].node;
		size_t cut = node->nparts > other->nparts ? node->nparts - other->nparts : 0;
		bool same = cut > 0 && other->nparts > 0;
		for (size_t k = 0; same && k < other->nparts; k++)
			same = strieq(node->part[cut + k], other->part[k]);
		if (same) {
			node->part += cut;
			node->nparts -= cut;
		}
	}
	for (size_t i = 0; i < node->n; i++)
		shorten(node->kid[i], others);
}

static bool unresolved(struct differ *d)
{
	bool found = false;
	for (size_t i = 0; i < d->b.scope.nunresolved; i++) {
		const char *name = d->b.scope.unresolved[i];
		bool both = false;
		for (size_t k = 0; k < d->a.scope.nunresolved; k++)
			both = both || streq(d->a.scope.unresolved[k], name);
		if (!both) {
			report_text(d, SQLDIFF_UNRESOLVED_NAME, "", "", name, name);
			found = true;
		}
	}
	return found;
}

/* An order that the gold does not ask for does no harm, unless it decides a LIMIT. */
static void drop_order(const struct sqlnode *gold, struct sqlnode *other)
{
	size_t n = 0;
	if (sqlnode_child(gold, SQLN_ORDER) || sqlnode_child(other, SQLN_LIMIT)
		|| sqlnode_child(other, SQLN_OFFSET))
		return;
	for (size_t i = 0; i < other->n; i++)
		if (other->kid[i]->kind != SQLN_ORDER)
			other->kid[n++] = other->kid[i];
	other->n = n;
}

static const char *sorted_items(struct differ *d, const struct sqlnode *query)
{
	struct sqlnode *copy = sqlnode_copy(d->arena, query);
	const struct sqlnode *body = sqlnode_body(copy);
	struct strlist items = { 0 };
	struct str out = STR_INIT;
	const char *text;
	for (size_t i = 0; body && body->kind == SQLN_SELECT && i < body->n; i++)
		if (body->kid[i]->kind == SQLN_ITEM) {
			strlist_add(&items, text_of(d, body->kid[i]));
			body->kid[i] = sqlnode_new(d->arena, SQLN_NULL, NULL);
		}
	strlist_sort(&items);
	sqlnode_print(copy, &out);
	for (size_t i = 0; i < items.n; i++)
		str_addf(&out, "\n%s", items.v[i]);
	text = arena_strdup(d->arena, str_text(&out));
	str_free(&out);
	strlist_free(&items);
	return text;
}

/* A difference that no clause shows lies deeper, in a subquery: it is blamed on the
 * sources. */
static void last_resort(struct differ *d)
{
	struct sqldiff *diff = d->out;
	if (diff->n || !diff->comparable)
		return;
	diff->permuted = streq(sorted_items(d, d->a.query), sorted_items(d, d->b.query));
	if (!diff->permuted)
		report_text(d, SQLDIFF_COLUMN_WRONG, "", diff->gold, diff->other, "");
}

void sqldiff(struct sqldiff *diff, struct arena *arena, const char *gold, const char *other,
	const struct sqlcatalog *catalog, unsigned options)
{
	struct differ d = { .arena = arena, .out = diff };
	bool tables;
	*diff = (struct sqldiff){ .gold = "", .other = "" };
	sqlcanon(&d.a, arena, gold, catalog, options);
	sqlcanon(&d.b, arena, other, catalog, options);
	diff->comparable = d.a.query && d.b.query && !d.a.problems && !d.b.problems;
	if (d.b.problems && !d.a.problems)
		report_text(&d, SQLDIFF_SYNTAX, "", "", d.b.problem, "");
	if (!d.a.query || !d.b.query)
		return;
	shorten(d.a.query, &d.b);
	shorten(d.b.query, &d.a);
	drop_order(d.a.query, d.b.query);
	diff->gold = text_of(&d, d.a.query);
	diff->other = text_of(&d, d.b.query);
	diff->equal = diff->comparable && streq(diff->gold, diff->other);
	if (diff->equal)
		return;
	unresolved(&d);
	tables = compare_tables(&d);
	compare_body(&d, sqlnode_body(d.a.query), sqlnode_body(d.b.query), tables);
	compare_order(&d, sqlnode_child(d.a.query, SQLN_ORDER), sqlnode_child(d.b.query,
		SQLN_ORDER));
	compare_limit(&d, d.a.query, d.b.query);
	last_resort(&d);
	mark_consequences(&d);
}
