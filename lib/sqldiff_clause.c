/* Clause against clause: filters, the select list, grouping. */
#include "sqldiff_int.h"
#include "str.h"

#include <string.h>

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
		if (!streq(diff_text_of(d, a->kid[i]), diff_text_of(d, b->kid[i])))
			return false;
	return true;
}

const char *diff_column_text(struct differ *d, const struct sqlnode *node)
{
	const struct sqlnode *column = diff_first_column(node);
	return column ? diff_text_of(d, column) : "";
}

static void report_pair(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	bool same_op = streq(operator_of(a), operator_of(b));
	enum sqldiff_class class = SQLDIFF_FILTER_OPERATOR;
	if (diff_contains(a, diff_is_temporal) || diff_contains(b, diff_is_temporal))
		class = SQLDIFF_TEMPORAL_WINDOW;
	else if (!streq(diff_column_text(d, a), diff_column_text(d, b)))
		class = SQLDIFF_FILTER_COLUMN;
	else if (same_op || (a->n == 2 && b->n > 2 && b->kind == SQLN_IN) || (b->n == 2 && a->n > 2
		&& a->kind == SQLN_IN)
		|| (!same_op && !same_values(d, a, b) && a->kind == SQLN_BINARY
			&& b->kind == SQLN_BINARY
		&& *a->text == *b->text))
		class = SQLDIFF_FILTER_VALUE;
	diff_report(d, class, "WHERE", a, b);
}

/* Is there a partner for a under the rule? 0: same column and operator, 1: same
 * column, 2: same operator and value, 3: both hold subqueries. */
static bool partners(struct differ *d, const struct sqlnode *a, const struct sqlnode *b, int rule)
{
	bool same_column = *diff_column_text(d, a) && streq(diff_column_text(d, a),
		diff_column_text(d, b));
	bool same_op = streq(operator_of(a), operator_of(b));
	switch (rule) {
	case 0: return same_column && same_op;
	case 1: return same_column && ((diff_contains(a, diff_is_temporal) && diff_contains(b,
		diff_is_temporal))
		|| same_values(d, a, b)
		|| *operator_of(a) == *operator_of(b));
	case 2: return same_column;
	case 3: return same_op && same_values(d, a, b);
	default: return diff_contains(a, diff_is_query) && diff_contains(b, diff_is_query);
	}
}

static void columns_into(struct differ *d, const struct sqlnode *node, struct strlist *out)
{
	if (node->kind == SQLN_COLUMN)
		strlist_add_new(out, diff_text_of(d, node));
	for (size_t i = 0; i < node->n; i++)
		columns_into(d, node->kid[i], out);
}

/* The same columns, joined otherwise by AND and OR. */
static bool regrouped(struct differ *d, const struct nodes *a, const struct nodes *b)
{
	struct strlist ca = { 0 }, cb = { 0 };
	bool same;
	if (!diff_any(a, diff_is_junction) && !diff_any(b, diff_is_junction))
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

void diff_compare_filters(struct differ *d, struct nodes *a, struct nodes *b)
{
	diff_cancel(d, a, b);
	if (a->n && b->n && regrouped(d, a, b)) {
		diff_report(d, SQLDIFF_FILTER_OPERATOR, "WHERE", a->v[0], b->v[0]);
		return;
	}
	for (int rule = 0; rule < 5; rule++)
		for (size_t i = 0; i < a->n; i++)
			for (size_t k = 0; k < b->n; k++)
				if (partners(d, a->v[i], b->v[k], rule)) {
					report_pair(d, a->v[i], b->v[k]);
					diff_take(a, i--);
					diff_take(b, k);
					break;
				}
	for (size_t i = 0; i < a->n; i++)
		diff_report(d, diff_contains(a->v[i], diff_is_temporal) ? SQLDIFF_TEMPORAL_WINDOW
			: SQLDIFF_FILTER_MISSING, "WHERE", a->v[i], NULL);
	for (size_t i = 0; i < b->n; i++)
		diff_report(d, diff_contains(b->v[i], diff_is_temporal) ? SQLDIFF_TEMPORAL_WINDOW
			: SQLDIFF_FILTER_EXTRA, "WHERE", NULL, b->v[i]);
}

/* ---- the select list and grouping --------------------------------------- */

/* The kid in which two otherwise equal nodes differ, when it alone does; else n. */
static size_t lone_difference(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	size_t at = a->n;
	if (a->kind != b->kind || a->n != b->n || a->flags != b->flags || !streq(a->text, b->text)
		|| !streq(sqlnode_name(a), sqlnode_name(b)))
		return a->n;
	for (size_t i = 0; i < a->n; i++) {
		if (streq(diff_text_of(d, a->kid[i]), diff_text_of(d, b->kid[i])))
			continue;
		if (at < a->n)
			return a->n;
		at = i;
	}
	return at;
}

/* Moves both to the aggregates that differ, when all around them is equal. */
static void peel(struct differ *d, const struct sqlnode **a, const struct sqlnode **b)
{
	size_t at;
	while (!((*a)->kind == SQLN_FUNC && sql_is_aggregate_name(sqlnode_name(*a)))
		&& (at = lone_difference(d, *a, *b)) < (*a)->n && sql_has_aggregate((*a)->kid[at])
		&& sql_has_aggregate((*b)->kid[at])) {
		const struct sqlnode *kid = (*b)->kid[at];
		*a = (*a)->kid[at];
		*b = kid;
	}
}

static void drop_casts(struct sqlnode *node)
{
	for (size_t i = 0; i < node->n; i++) {
		while (node->kid[i]->kind != SQLN_BINARY && diff_is_cast(node->kid[i])
			&& node->kid[i]->n)
			node->kid[i] = node->kid[i]->kid[0];
		drop_casts(node->kid[i]);
	}
	if (node->kind == SQLN_BINARY && streq(node->text, "DIV"))
		node->text = "/";
}

/* Do the two differ in nothing but casts and rounding? */
static bool differ_in_casts(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	struct sqlnode *x = sqlnode_new(d->arena, SQLN_ITEM, NULL),
		*y = sqlnode_new(d->arena, SQLN_ITEM, NULL);
	if (!diff_contains(a, diff_is_cast) && !diff_contains(b, diff_is_cast))
		return false;
	sqlnode_add(d->arena, x, sqlnode_copy(d->arena, a));
	sqlnode_add(d->arena, y, sqlnode_copy(d->arena, b));
	drop_casts(x);
	drop_casts(y);
	return streq(diff_text_of(d, x), diff_text_of(d, y));
}

static enum sqldiff_class aggregate_class(struct differ *d, const struct sqlnode *a,
	const struct sqlnode *b)
{
	bool calls;
	peel(d, &a, &b);
	calls = a->kind == SQLN_FUNC && b->kind == SQLN_FUNC;
	if (diff_contains(a, diff_is_hundred) != diff_contains(b, diff_is_hundred))
		return SQLDIFF_FORMAT;
	if (differ_in_casts(d, a, b))
		return SQLDIFF_TYPE_CAST;
	if (calls && !strieq(sqlnode_name(a), sqlnode_name(b)))
		return SQLDIFF_AGGREGATION_FUNCTION;
	if (diff_contains(a, diff_is_distinct) != diff_contains(b, diff_is_distinct))
		return SQLDIFF_AGGREGATION_DISTINCT;
	return SQLDIFF_AGGREGATION_ARGUMENT;
}

static enum sqldiff_class item_class(struct differ *d, const struct sqlnode *a,
	const struct sqlnode *b)
{
	if (sql_has_window(a) || sql_has_window(b))
		return SQLDIFF_WINDOW;
	if (diff_contains(a, diff_is_measure) || diff_contains(b, diff_is_measure))
		return SQLDIFF_METRIC_VIEW_MEASURE;
	if (sql_has_aggregate(a) && sql_has_aggregate(b))
		return aggregate_class(d, a, b);
	if (diff_contains(a, diff_is_format) != diff_contains(b, diff_is_format))
		return SQLDIFF_FORMAT;
	if (diff_contains(a, diff_is_grain) && diff_contains(b, diff_is_grain))
		return SQLDIFF_TEMPORAL_GRAIN;
	if (differ_in_casts(d, a, b))
		return SQLDIFF_TYPE_CAST;
	return SQLDIFF_COLUMN_WRONG;
}

struct nodes diff_items_of(struct differ *d, const struct sqlnode *select)
{
	struct nodes list = { arena_alloc(d->arena, (select->n + 1) * sizeof(*list.v)), 0 };
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM && select->kid[i]->n)
			list.v[list.n++] = select->kid[i]->kid[0];
	return list;
}

void diff_compare_items(struct differ *d, struct nodes a, struct nodes b)
{
	diff_cancel(d, &a, &b);
	for (int rule = 0; rule < 3; rule++)
		for (size_t i = 0; i < a.n; i++)
			for (size_t k = 0; k < b.n; k++) {
				bool same_sort = sql_has_aggregate(a.v[i]) == sql_has_aggregate(b.v[k]);
				bool same_column = *diff_column_text(d, a.v[i])
					&& streq(diff_column_text(d,
					a.v[i]), diff_column_text(d, b.v[k]));
				if (rule == 0 ? !same_sort || !same_column : rule == 1 ? !same_sort
					: !same_column)
					continue;
				diff_report(d, item_class(d, a.v[i], b.v[k]), "SELECT", a.v[i],
					b.v[k]);
				diff_take(&a, i--);
				diff_take(&b, k);
				break;
			}
	for (size_t i = 0; i < a.n; i++)
		diff_report(d, diff_contains(a.v[i], diff_is_grain) ? SQLDIFF_TEMPORAL_GRAIN
			: SQLDIFF_COLUMN_MISSING, "SELECT", a.v[i], NULL);
	for (size_t i = 0; i < b.n; i++)
		diff_report(d, diff_contains(b.v[i], diff_is_grain) ? SQLDIFF_TEMPORAL_GRAIN
			: SQLDIFF_COLUMN_EXTRA, "SELECT", NULL, b.v[i]);
}

/* A key that was exchanged in the select list too is no difference of its own. */
void diff_compare_groups(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	struct nodes ga = diff_copy_kids(d, sqlnode_child(a, SQLN_GROUP)), gb = diff_copy_kids(d,
		sqlnode_child(b, SQLN_GROUP));
	struct nodes ia = diff_items_of(d, a), ib = diff_items_of(d, b);
	size_t pairs;
	if (a->flags & SQLF_DISTINCT && !sqlnode_child(a, SQLN_GROUP) && gb.n)
		ga = diff_items_of(d, a);
	else if (b->flags & SQLF_DISTINCT && !sqlnode_child(b, SQLN_GROUP) && ga.n)
		gb = diff_items_of(d, b);
	diff_cancel(d, &ga, &gb);
	diff_cancel(d, &ia, &ib);
	pairs = ga.n < gb.n ? ga.n : gb.n;
	if (ia.n == 0 || ib.n == 0)
		pairs = 0;
	for (size_t i = pairs; i < ga.n; i++)
		diff_report(d, SQLDIFF_GROUP_BY_MISSING, "GROUP BY", ga.v[i], NULL);
	for (size_t i = pairs; i < gb.n; i++)
		diff_report(d, SQLDIFF_GROUP_BY_EXTRA, "GROUP BY", NULL, gb.v[i]);
}
