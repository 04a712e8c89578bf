#include "mutate.h"

#include "mem.h"
#include "sqlast.h"
#include "sqlscope.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

const char *const mutation_names[MUTATIONS] = {
	"aggregate swapped", "COUNT and COUNT DISTINCT", "DISTINCT dropped", "filter dropped",
	"filter literal", "filter boundary", "GROUP BY column dropped", "join INNER and LEFT",
	"LIMIT + 1", "LIMIT dropped", "ORDER BY flipped", "ORDER BY dropped",
	"SELECT column missing", "SELECT column extra",
};

struct site {
	struct arena *arena;
	const struct sqlnode *root;
	size_t skip; /* sites still to be passed over */
};

static void take(struct sqlnode *node, size_t at)
{
	for (node->n--; at < node->n; at++)
		node->kid[at] = node->kid[at + 1];
}

static bool here(struct site *s)
{
	return s->skip-- == 0;
}

static bool swap_aggregate(struct site *s, struct sqlnode *node)
{
	static const char *const pairs[][2] = { { "SUM", "AVG" }, { "AVG", "SUM" }, { "MIN", "MAX" },
		{ "MAX", "MIN" } };
	for (size_t i = 0; i < countof(pairs) && node->n == 1; i++)
		if (sqlnode_is_call(node, pairs[i][0]) && here(s)) {
			node->part[0] = pairs[i][1];
			return true;
		}
	return false;
}

static bool toggle_count_distinct(struct site *s, struct sqlnode *node)
{
	if (!sqlnode_is_call(node, "COUNT") || node->n != 1 || node->kid[0]->kind == SQLN_STAR
	    || !here(s))
		return false;
	node->flags ^= SQLF_DISTINCT;
	return true;
}

static bool drop_distinct(struct site *s, struct sqlnode *node)
{
	if (node->kind != SQLN_SELECT || !(node->flags & SQLF_DISTINCT) || !here(s))
		return false;
	node->flags &= ~(unsigned)SQLF_DISTINCT;
	return true;
}

static bool drop_filter(struct site *s, struct sqlnode *select)
{
	for (size_t i = 0; select->kind == SQLN_SELECT && i < select->n; i++) {
		struct sqlnode *clause = select->kid[i], *all = clause->n ? clause->kid[0] : NULL;
		if ((clause->kind != SQLN_WHERE && clause->kind != SQLN_HAVING) || !all)
			continue;
		if (all->kind != SQLN_AND) {
			if (!here(s))
				continue;
			take(select, i);
			return true;
		}
		for (size_t k = 0; k < all->n; k++)
			if (here(s)) {
				take(all, k);
				if (all->n == 1)
					clause->kid[0] = all->kid[0];
				return true;
			}
	}
	return false;
}

static bool is_comparison(const struct sqlnode *node)
{
	return node->kind == SQLN_BINARY && node->n == 2 && strchr("=<>", *node->text)
		&& !streq(node->text, "<=>");
}

static bool change_literal(struct site *s, struct sqlnode *node)
{
	if (!is_comparison(node) && node->kind != SQLN_IN && node->kind != SQLN_BETWEEN
	    && node->kind != SQLN_LIKE)
		return false;
	for (size_t i = 0; i < node->n; i++) {
		struct sqlnode *kid = node->kid[i];
		if ((kid->kind != SQLN_NUMBER && kid->kind != SQLN_STRING) || !here(s))
			continue;
		kid->text = kid->kind == SQLN_NUMBER
			? arena_printf(s->arena, "%.15g", strtod(kid->text, NULL) + 1)
			: arena_printf(s->arena, "%sx", kid->text);
		return true;
	}
	return false;
}

static bool move_boundary(struct site *s, struct sqlnode *node)
{
	static const char *const pairs[][2] = { { "<", "<=" }, { "<=", "<" }, { ">", ">=" },
		{ ">=", ">" } };
	for (size_t i = 0; is_comparison(node) && i < countof(pairs); i++)
		if (streq(node->text, pairs[i][0]) && here(s)) {
			node->text = pairs[i][1];
			return true;
		}
	return false;
}

static bool drop_group(struct site *s, struct sqlnode *node)
{
	for (size_t i = 0; node->kind == SQLN_GROUP && node->n > 1 && i < node->n; i++)
		if (here(s)) {
			take(node, i);
			return true;
		}
	return false;
}

static bool change_join(struct site *s, struct sqlnode *node)
{
	if (node->kind != SQLN_JOIN || (!streq(node->text, "INNER") && !streq(node->text, "LEFT"))
	    || !here(s))
		return false;
	node->text = streq(node->text, "INNER") ? "LEFT" : "INNER";
	return true;
}

static bool raise_limit(struct site *s, struct sqlnode *node)
{
	if (node->kind != SQLN_LIMIT || !node->n || node->kid[0]->kind != SQLN_NUMBER || !here(s))
		return false;
	node->kid[0]->text = arena_printf(s->arena, "%ld", strtol(node->kid[0]->text, NULL, 10) + 1);
	return true;
}

static bool drop_clause(struct site *s, struct sqlnode *query, enum sqlnode_kind kind)
{
	for (size_t i = 0; query->kind == SQLN_QUERY && i < query->n; i++)
		if (query->kid[i]->kind == kind && here(s)) {
			take(query, i);
			return true;
		}
	return false;
}

static bool drop_limit(struct site *s, struct sqlnode *node)
{
	return drop_clause(s, node, SQLN_LIMIT);
}

static bool drop_order(struct site *s, struct sqlnode *node)
{
	return drop_clause(s, node, SQLN_ORDER);
}

static bool flip_order(struct site *s, struct sqlnode *query)
{
	struct sqlnode *order = query->kind == SQLN_QUERY ? sqlnode_child(query, SQLN_ORDER) : NULL;
	for (size_t i = 0; order && i < order->n; i++)
		if (here(s)) {
			order->kid[i]->flags ^= SQLF_DESC;
			return true;
		}
	return false;
}

static size_t items(const struct sqlnode *select)
{
	size_t n = 0;
	for (size_t i = 0; i < select->n; i++)
		n += select->kid[i]->kind == SQLN_ITEM;
	return n;
}

/* Is the node the SELECT whose items are the output? */
static bool is_output(const struct site *s, const struct sqlnode *node)
{
	return node->kind == SQLN_SELECT && sqlnode_body(s->root) == node;
}

static bool drop_column(struct site *s, struct sqlnode *node)
{
	for (size_t i = 0; is_output(s, node) && items(node) > 1 && i < node->n; i++)
		if (node->kid[i]->kind == SQLN_ITEM && here(s)) {
			take(node, i);
			return true;
		}
	return false;
}

static bool find_column(void *context, struct sqlnode *node)
{
	struct sqlnode **found = context;
	if (!*found && node->kind == SQLN_COLUMN)
		*found = node;
	return !*found && node->kind != SQLN_QUERY;
}

/* One more column: the first that FROM's conditions or the items name. */
static bool add_column(struct site *s, struct sqlnode *node)
{
	struct sqlnode *column = NULL, *item, *last;
	if (!is_output(s, node))
		return false;
	sqlnode_walk(node, find_column, &column);
	if (!column || !here(s))
		return false;
	item = sqlnode_new(s->arena, SQLN_ITEM, NULL);
	item->alias = "one_more";
	sqlnode_add(s->arena, item, sqlnode_copy(s->arena, column));
	sqlnode_add(s->arena, node, item);
	for (size_t i = node->n - 1; i > 0 && node->kid[i - 1]->kind != SQLN_ITEM; i--) {
		last = node->kid[i];
		node->kid[i] = node->kid[i - 1];
		node->kid[i - 1] = last;
	}
	return true;
}

typedef bool mutator(struct site *s, struct sqlnode *node);

static bool apply(struct site *s, mutator *change, struct sqlnode *node)
{
	if (change(s, node))
		return true;
	for (size_t i = 0; i < node->n; i++)
		if (apply(s, change, node->kid[i]))
			return true;
	return false;
}

struct sqlnode *mutate(struct arena *arena, const struct sqlnode *query, enum mutation kind,
		       size_t site)
{
	static mutator *const mutators[MUTATIONS] = {
		swap_aggregate, toggle_count_distinct, drop_distinct, drop_filter, change_literal,
		move_boundary, drop_group, change_join, raise_limit, drop_limit, flip_order,
		drop_order, drop_column, add_column,
	};
	struct sqlnode *copy = sqlnode_copy(arena, query);
	struct site s = { arena, copy, site };
	return apply(&s, mutators[kind], copy) ? copy : NULL;
}
