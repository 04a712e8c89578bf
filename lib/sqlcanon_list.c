/* Lists of conjuncts: what one of them says already, the others need not. */
#include "sqlcanon_int.h"
#include "str.h"

#include <stdlib.h>

/* Is the value NULL whenever the column is? */
static bool strict_in(const struct sqlnode *node, const char *id, const struct sqlnode *column)
{
	if (node->kind == SQLN_COLUMN)
		return column ? column->nparts == node->nparts && streq(node->part[0],
			column->part[0])
				&& streq(sqlnode_name(node), sqlnode_name(column))
			: node->nparts > 1 && streq(node->part[0], id);
	if (node->kind == SQLN_BINARY || node->kind == SQLN_UNARY || node->kind == SQLN_CAST
		|| (node->kind == SQLN_FUNC && (sqlnode_is_call(node, "YEAR")
		|| sqlnode_is_call(node, "LOWER")
		|| sqlnode_is_call(node, "MONTH") || sqlnode_is_call(node, "UPPER"))))
		for (size_t i = 0; i < node->n && !streq(node->text, "<=>"); i++)
			if (strict_in(node->kid[i], id, column))
				return true;
	return false;
}

static bool rejects(const struct sqlnode *conjunct, const char *id, const struct sqlnode *column)
{
	if (conjunct->kind == SQLN_BINARY && canon_negated(conjunct->text))
		return strict_in(conjunct, id, column);
	if (conjunct->kind == SQLN_IN || conjunct->kind == SQLN_LIKE)
		return conjunct->n && strict_in(conjunct->kid[0], id, column);
	return conjunct->kind == SQLN_IS && streq(conjunct->text, "NULL")
		&& (conjunct->flags & SQLF_NOT) && !column
		&& conjunct->n && strict_in(conjunct->kid[0], id, column);
}

bool canon_rejects_null(const struct sqlnode *conjunct, const char *id)
{
	return rejects(conjunct, id, NULL);
}

bool canon_rejects_column(const struct sqlnode *conjunct, const struct sqlnode *column)
{
	return rejects(conjunct, NULL, column);
}

static bool holds(double a, const char *op, double b)
{
	return streq(op, ">") ? a > b : streq(op, ">=") ? a >= b : streq(op, "<") ? a < b
		: streq(op, "<=") ? a <= b : streq(op, "=") ? a >= b && a <= b : true;
}

/* COALESCE(x, 0) > 0: the filled value fails, so does NULL. */
static struct sqlnode *drop_filling(struct canon *c, struct sqlnode *node)
{
	const struct sqlnode *fill;
	if (node->kind != SQLN_BINARY || node->n != 2 || !canon_negated(node->text)
		|| streq(node->text,
		"<>"))
		return node;
	fill = node->kid[0];
	if (!sqlnode_is_call(fill, "COALESCE") || fill->n != 2 || fill->kid[1]->kind != SQLN_NUMBER
		|| node->kid[1]->kind != SQLN_NUMBER
		|| holds(strtod(fill->kid[1]->text, NULL), node->text, strtod(node->kid[1]->text,
			NULL)))
		return node;
	return canon_binary(c, node->text, fill->kid[0], node->kid[1]);
}

void canon_conjuncts(struct canon *c, struct sqlnode *list)
{
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++)
		list->kid[i] = drop_filling(c, list->kid[i]);
	for (size_t i = 0; i < list->n; i++) {
		const struct sqlnode *test = list->kid[i];
		bool implied = false;
		if (test->kind == SQLN_IS && streq(test->text, "NULL") && (test->flags & SQLF_NOT)
			&& test->n && test->kid[0]->kind == SQLN_COLUMN)
			for (size_t k = 0; k < list->n && !implied; k++)
				implied = k != i && rejects(list->kid[k], NULL, test->kid[0]);
		if (!implied)
			list->kid[n++] = list->kid[i];
	}
	list->n = n;
	canon_sort(c, list);
}
