#include "mutate.h"

#include "mem.h"
#include "sqlast.h"
#include "sqlscope.h"
#include "str.h"

#include <string.h>

const char *const rewriting_names[REWRITINGS] = {
	"table aliases", "output aliases", "AND order", "comparisons flipped", "BETWEEN",
	"IN as OR", "IN order", "= as IN", "COUNT(1)", "SELECT order", "ordinals", "NOT",
	"join order", "comma joins", "subquery in FROM", "DISTINCT as GROUP BY",
};

struct writer {
	struct arena *arena;
	struct sqlnode *root;
	bool changed;
};

static struct sqlnode *pair(struct writer *w, enum sqlnode_kind kind, const char *text,
			    struct sqlnode *a, struct sqlnode *b)
{
	struct sqlnode *node = sqlnode_new(w->arena, kind, text);
	sqlnode_add(w->arena, node, a);
	sqlnode_add(w->arena, node, b);
	return node;
}

static void reverse(struct writer *w, struct sqlnode **kid, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct sqlnode *other = kid[i];
		kid[i] = kid[n - 1 - i];
		kid[n - 1 - i] = other;
	}
	w->changed |= n > 1;
}

/* ---- names ---- */

static const char *other_name(struct writer *w, const char *name)
{
	char *out = arena_printf(w->arena, "%s_r", name);
	lower_ascii(out);
	return out;
}

static bool rename_tables(void *context, struct sqlnode *node)
{
	struct writer *w = context;
	if ((node->kind == SQLN_TABLE || node->kind == SQLN_DERIVED) && (node->alias || node->nparts)) {
		node->alias = other_name(w, node->alias ? node->alias : sqlnode_name(node));
		w->changed = true;
	} else if ((node->kind == SQLN_COLUMN && node->nparts == 2)
		   || (node->kind == SQLN_STAR && node->nparts == 1)) {
		node->part[0] = other_name(w, node->part[0]);
	}
	return true;
}

static bool is_cte_free(const struct sqlnode *node)
{
	if (node->kind == SQLN_WITH)
		return false;
	for (size_t i = 0; i < node->n; i++)
		if (!is_cte_free(node->kid[i]))
			return false;
	return true;
}

static struct sqlnode *output(const struct writer *w)
{
	struct sqlnode *body = (struct sqlnode *)(uintptr_t)sqlnode_body(w->root);
	return body && body->kind == SQLN_SELECT ? body : NULL;
}

static size_t items(const struct sqlnode *select)
{
	size_t n = 0;
	while (n < select->n && select->kid[n]->kind == SQLN_ITEM)
		n++;
	return n;
}

static bool has(const struct sqlnode *node, enum sqlnode_kind kind)
{
	for (size_t i = 0; i < node->n; i++)
		if (node->kid[i]->kind == kind || has(node->kid[i], kind))
			return true;
	return false;
}

static void name_outputs(struct writer *w)
{
	struct sqlnode *select = output(w);
	for (size_t i = 0; select && i < items(select); i++)
		if (!select->kid[i]->alias && select->kid[i]->n
		    && select->kid[i]->kid[0]->kind != SQLN_STAR) {
			select->kid[i]->alias = arena_printf(w->arena, "out_%zu", i);
			w->changed = true;
		}
}

/* ---- conditions ---- */

static const char *flipped(const char *op)
{
	static const char *const pairs[][2] = { { "=", "=" }, { "<>", "<>" }, { "<", ">" },
		{ ">", "<" }, { "<=", ">=" }, { ">=", "<=" } };
	for (size_t i = 0; i < countof(pairs); i++)
		if (streq(op, pairs[i][0]))
			return pairs[i][1];
	return NULL;
}

static const char *negated(const char *op)
{
	static const char *const pairs[][2] = { { "=", "<>" }, { "<>", "=" }, { "<", ">=" },
		{ ">", "<=" }, { "<=", ">" }, { ">=", "<" } };
	for (size_t i = 0; i < countof(pairs); i++)
		if (streq(op, pairs[i][0]))
			return pairs[i][1];
	return NULL;
}

static struct sqlnode *as_or(struct writer *w, const struct sqlnode *in)
{
	struct sqlnode *out = sqlnode_new(w->arena, SQLN_OR, NULL);
	if ((in->flags & SQLF_NOT) || in->n < 3 || in->kid[1]->kind == SQLN_QUERY)
		return NULL;
	for (size_t i = 1; i < in->n; i++)
		sqlnode_add(w->arena, out, pair(w, SQLN_BINARY, "=", sqlnode_copy(w->arena,
			    in->kid[0]), in->kid[i]));
	return out;
}

static bool is_value(const struct sqlnode *node)
{
	return node->kind == SQLN_STRING || node->kind == SQLN_NUMBER;
}

/* The node in other words; NULL: it stays. */
static struct sqlnode *reworded(struct writer *w, struct sqlnode *node, enum rewriting kind)
{
	bool comparison = node->kind == SQLN_BINARY && node->n == 2 && flipped(node->text);
	if (kind == REWRITE_FLIP && comparison)
		return pair(w, SQLN_BINARY, flipped(node->text), node->kid[1], node->kid[0]);
	if (kind == REWRITE_NOT && comparison)
		return pair(w, SQLN_NOT, NULL, pair(w, SQLN_BINARY, negated(node->text),
			    node->kid[0], node->kid[1]), NULL);
	if (kind == REWRITE_EQUAL_TO_IN && comparison && streq(node->text, "=")
	    && is_value(node->kid[1]))
		return pair(w, SQLN_IN, NULL, node->kid[0], node->kid[1]);
	if (kind == REWRITE_BETWEEN && node->kind == SQLN_BETWEEN && !(node->flags & SQLF_NOT))
		return pair(w, SQLN_AND, NULL, pair(w, SQLN_BINARY, ">=", node->kid[0], node->kid[1]),
			    pair(w, SQLN_BINARY, "<=", sqlnode_copy(w->arena, node->kid[0]),
				 node->kid[2]));
	if (kind == REWRITE_IN_TO_OR && node->kind == SQLN_IN)
		return as_or(w, node);
	if (kind == REWRITE_COUNT_ONE && sqlnode_is_call(node, "COUNT") && node->n == 1
	    && node->kid[0]->kind == SQLN_STAR) {
		node->kid[0] = sqlnode_new(w->arena, SQLN_NUMBER, "1");
		w->changed = true;
	}
	return NULL;
}

static void turn(struct writer *w, struct sqlnode *node, enum rewriting kind)
{
	for (size_t i = 0; i < node->n; i++) {
		struct sqlnode *other;
		turn(w, node->kid[i], kind);
		other = reworded(w, node->kid[i], kind);
		if (other) {
			node->kid[i] = other;
			w->changed = true;
		}
	}
	if (kind == REWRITE_AND_ORDER && node->kind == SQLN_AND)
		reverse(w, node->kid, node->n);
	if (kind == REWRITE_IN_ORDER && node->kind == SQLN_IN && node->n > 2)
		reverse(w, node->kid + 1, node->n - 1);
}

/* ---- clauses ---- */

static bool counts_places(const struct writer *w)
{
	const struct sqlnode *select = output(w), *group = select
		? sqlnode_child(select, SQLN_GROUP) : NULL;
	const struct sqlnode *order = sqlnode_child(w->root, SQLN_ORDER);
	for (size_t i = 0; group && i < group->n; i++)
		if (group->kid[i]->kind == SQLN_NUMBER)
			return true;
	for (size_t i = 0; order && i < order->n; i++)
		if (order->kid[i]->n && order->kid[i]->kid[0]->kind == SQLN_NUMBER)
			return true;
	return false;
}

static void turn_items(struct writer *w)
{
	struct sqlnode *select = output(w);
	if (select && !counts_places(w))
		reverse(w, select->kid, items(select));
}

static void group_by_place(struct writer *w)
{
	struct sqlnode *select = output(w), *group = select ? sqlnode_child(select, SQLN_GROUP) : NULL;
	for (size_t g = 0; group && g < group->n; g++)
		for (size_t i = 0; i < items(select); i++)
			if (select->kid[i]->n && streq(sqlnode_text(w->arena, select->kid[i]->kid[0]),
						       sqlnode_text(w->arena, group->kid[g]))) {
				group->kid[g] = sqlnode_new(w->arena, SQLN_NUMBER,
							    arena_printf(w->arena, "%zu", i + 1));
				w->changed = true;
				break;
			}
}

static void distinct_to_group(struct writer *w)
{
	struct sqlnode *select = output(w), *group;
	if (!select || !(select->flags & SQLF_DISTINCT) || sqlnode_child(select, SQLN_GROUP)
	    || has(select, SQLN_STAR) || !sqlnode_child(select, SQLN_FROM))
		return;
	group = sqlnode_new(w->arena, SQLN_GROUP, NULL);
	for (size_t i = 0; i < items(select); i++) {
		if (sql_has_aggregate(select->kid[i]) || sql_has_window(select->kid[i])
		    || select->kid[i]->kid[0]->kind != SQLN_COLUMN)
			return;
		sqlnode_add(w->arena, group, sqlnode_copy(w->arena, select->kid[i]->kid[0]));
	}
	select->flags &= ~(unsigned)SQLF_DISTINCT;
	sqlnode_add(w->arena, select, group);
	w->changed = true;
}

/* a JOIN b ON c: b JOIN a ON c. */
static void swap_joins(struct writer *w, struct sqlnode *node)
{
	for (size_t i = 0; i < node->n; i++)
		swap_joins(w, node->kid[i]);
	if (node->kind == SQLN_JOIN && streq(node->text, "INNER") && node->n == 3
	    && node->kid[2]->kind == SQLN_ON && node->kid[0]->kind != SQLN_JOIN)
		reverse(w, node->kid, 2);
}

/* a JOIN b ON c: a, b WHERE c, when all joins of the FROM are inner ones. */
static void split_joins(struct writer *w)
{
	struct sqlnode *select = output(w), *from = select ? sqlnode_child(select, SQLN_FROM) : NULL;
	struct sqlnode *where, *node, *all = sqlnode_new(w->arena, SQLN_AND, NULL);
	if (!from || from->n != 1 || from->kid[0]->kind != SQLN_JOIN)
		return;
	for (node = from->kid[0]; node->kind == SQLN_JOIN; node = node->kid[0])
		if (!streq(node->text, "INNER") || node->n != 3 || node->kid[2]->kind != SQLN_ON
		    || node->kid[1]->kind == SQLN_JOIN)
			return;
	for (node = from->kid[0]; node->kind == SQLN_JOIN; node = node->kid[0]) {
		sqlnode_add(w->arena, all, node->kid[2]->kid[0]);
		node->text = "CROSS";
		node->n = 2;
	}
	where = sqlnode_child(select, SQLN_WHERE);
	if (where)
		sqlnode_add(w->arena, all, where->kid[0]);
	else
		sqlnode_add(w->arena, select, where = sqlnode_new(w->arena, SQLN_WHERE, NULL));
	where->n = 0;
	sqlnode_add(w->arena, where, all->n > 1 ? all : all->kid[0]);
	/* WHERE stands behind FROM */
	for (size_t i = select->n - 1; i > 0 && select->kid[i] == where
	     && select->kid[i - 1]->kind != SQLN_FROM; i--) {
		select->kid[i] = select->kid[i - 1];
		select->kid[i - 1] = where;
	}
	w->changed = true;
}

/* FROM t: FROM (SELECT * FROM t) AS t. */
static void wrap_table(struct writer *w, struct sqlnode *node)
{
	for (size_t i = 0; i < node->n && !w->changed; i++) {
		struct sqlnode *table = node->kid[i], *item, *from, *derived;
		if (table->kind != SQLN_TABLE || table->n || !table->nparts) {
			wrap_table(w, table);
			continue;
		}
		item = pair(w, SQLN_ITEM, NULL, sqlnode_new(w->arena, SQLN_STAR, NULL), NULL);
		from = pair(w, SQLN_FROM, NULL, table, NULL);
		derived = pair(w, SQLN_DERIVED, NULL, pair(w, SQLN_QUERY, NULL,
			       pair(w, SQLN_SELECT, NULL, item, from), NULL), NULL);
		derived->alias = table->alias ? table->alias : sqlnode_name(table);
		table->alias = NULL;
		node->kid[i] = derived;
		w->changed = true;
	}
}

struct sqlnode *rewrite(struct arena *arena, const struct sqlnode *query, enum rewriting kind)
{
	struct writer w = { arena, sqlnode_copy(arena, query), false };
	switch (kind) {
	case REWRITE_TABLE_ALIAS:
		if (is_cte_free(query))
			sqlnode_walk(w.root, rename_tables, &w);
		break;
	case REWRITE_OUTPUT_ALIAS: name_outputs(&w); break;
	case REWRITE_SELECT_ORDER: turn_items(&w); break;
	case REWRITE_ORDINAL: group_by_place(&w); break;
	case REWRITE_JOIN_ORDER:
		if (!has(query, SQLN_STAR))
			swap_joins(&w, w.root);
		break;
	case REWRITE_COMMA_JOIN:
		if (!has(query, SQLN_STAR))
			split_joins(&w);
		break;
	case REWRITE_SUBQUERY:
		if (is_cte_free(query))
			wrap_table(&w, w.root);
		break;
	case REWRITE_DISTINCT_TO_GROUP: distinct_to_group(&w); break;
	default: turn(&w, w.root, kind); break;
	}
	return w.changed ? w.root : NULL;
}
