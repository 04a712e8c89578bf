/* Lists of nodes, what they hold, and reports about them. */
#include "sqldiff_int.h"
#include "str.h"

#include <string.h>

const char *diff_text_of(struct differ *d, const struct sqlnode *node)
{
	return node ? sqlnode_text(d->arena, node) : "";
}

const struct sqlnode *diff_first_column(const struct sqlnode *node)
{
	if (node->kind == SQLN_COLUMN && node->nparts)
		return node;
	for (size_t i = 0; i < node->n; i++) {
		const struct sqlnode *found = diff_first_column(node->kid[i]);
		if (found)
			return found;
	}
	return NULL;
}

/* "main.sales.orders.amount": the table by its full name where it is known. */
const char *diff_blame_of(struct differ *d, const struct sqlnode *node,
	const struct sqlcanon *side)
{
	const struct sqlnode *column = node ? diff_first_column(node) : NULL;
	const char *table;
	if (!column)
		return "";
	if (column->nparts == 1)
		return column->part[0];
	table = sqlcanon_table(side, column->part[0]);
	return arena_printf(d->arena, "%s.%s", *table ? table : column->part[0], column->part[1]);
}

void diff_report_text(struct differ *d, enum sqldiff_class class, const char *clause,
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

void diff_report(struct differ *d, enum sqldiff_class class, const char *clause,
	const struct sqlnode *gold,
	const struct sqlnode *other)
{
	diff_report_text(d, class, clause, diff_text_of(d, gold), diff_text_of(d, other),
		gold && *diff_blame_of(d, gold, &d->a) ? diff_blame_of(d, gold, &d->a)
		: diff_blame_of(d, other,
		&d->b));
}

/* ---- lists -------------------------------------------------------------- */

struct nodes diff_copy_kids(struct differ *d, const struct sqlnode *node)
{
	struct nodes list = { NULL, node ? node->n : 0 };
	list.v = arena_alloc(d->arena, (list.n + 1) * sizeof(*list.v));
	if (list.n)
		memcpy(list.v, node->kid, list.n * sizeof(*list.v));
	return list;
}

void diff_take(struct nodes *list, size_t i)
{
	memmove(list->v + i, list->v + i + 1, (list->n - i - 1) * sizeof(*list->v));
	list->n--;
}

/* Takes out what both have. */
void diff_cancel(struct differ *d, struct nodes *a, struct nodes *b)
{
	for (size_t i = 0; i < a->n;) {
		const char *text = diff_text_of(d, a->v[i]);
		bool both = false;
		for (size_t k = 0; k < b->n && !both; k++)
			if (streq(text, diff_text_of(d, b->v[k]))) {
				diff_take(b, k);
				both = true;
			}
		if (both)
			diff_take(a, i);
		else
			i++;
	}
}

bool diff_contains(const struct sqlnode *node, bool (*test)(const struct sqlnode *))
{
	if (test(node))
		return true;
	for (size_t i = 0; i < node->n; i++)
		if (diff_contains(node->kid[i], test))
			return true;
	return false;
}

bool diff_any(const struct nodes *list, bool (*test)(const struct sqlnode *))
{
	for (size_t i = 0; i < list->n; i++)
		if (diff_contains(list->v[i], test))
			return true;
	return false;
}

bool diff_is_query(const struct sqlnode *n) { return n->kind == SQLN_QUERY; }
bool diff_is_measure(const struct sqlnode *n) { return sqlnode_is_call(n, "MEASURE"); }
bool diff_is_junction(const struct sqlnode *n)
{
	return n->kind == SQLN_OR || n->kind == SQLN_AND;
}
bool diff_is_hundred(const struct sqlnode *n)
{
	return n->kind == SQLN_NUMBER && (streq(n->text, "100") || streq(n->text, "100.0"));
}
bool diff_is_distinct(const struct sqlnode *n)
{
	return n->kind == SQLN_FUNC && (n->flags & SQLF_DISTINCT);
}
bool diff_is_cast(const struct sqlnode *n)
{
	return n->kind == SQLN_CAST || sqlnode_is_call(n, "ROUND") || sqlnode_is_call(n, "FLOOR")
		|| sqlnode_is_call(n, "CEIL")
		|| (n->kind == SQLN_BINARY && streq(n->text, "DIV"));
}
bool diff_is_format(const struct sqlnode *n)
{
	return sqlnode_is_call(n, "DATE_FORMAT") || sqlnode_is_call(n, "FORMAT_NUMBER")
		|| sqlnode_is_call(n, "TO_CHAR");
}
bool diff_is_grain(const struct sqlnode *n)
{
	static const char *const names[] = { "DATE_TRUNC", "TRUNC", "YEAR", "QUARTER", "MONTH",
		"WEEK", "DAY", "HOUR",
		"WEEKOFYEAR", "DAYOFWEEK", "DATE_FORMAT", "LAST_DAY" };
	for (size_t i = 0; i < countof(names); i++)
		if (sqlnode_is_call(n, names[i]))
			return true;
	return false;
}
bool diff_is_temporal(const struct sqlnode *n)
{
	return n->kind == SQLN_TYPED || n->kind == SQLN_INTERVAL || diff_is_grain(n)
		|| sqlnode_is_call(n, "CURRENT_DATE")
		|| sqlnode_is_call(n, "CURRENT_TIMESTAMP") || sqlnode_is_call(n, "ADD_MONTHS")
			|| sqlnode_is_call(n, "DATEDIFF");
}
