/* Rewrites that hold because of what the catalogue says about keys and NULL, and those that
 * turn one way of removing duplicates into another:
 *   DISTINCT over rows of one table that hold a key of it: dropped
 *   LEFT JOIN to a table by a unique column, nothing of which is used: dropped
 *   LEFT JOIN .. WHERE right.column IS NULL, a column that no matched row has NULL in:
 *   NOT EXISTS
 *   SELECT DISTINCT all columns FROM (a UNION ALL b): a UNION b */
#include "sqlcanon_int.h"
#include "str.h"

static int column_bits(const struct canon *c, const struct sqlnode *column)
{
	const struct sqlsource *source = column->kind == SQLN_COLUMN && column->nparts == 2
		? sqlscope_find(c->scope, column->part[0]) : NULL;
	int bits;
	if (!source || source->kind != SQLSRC_TABLE || !c->catalog || !c->catalog->column)
		return 0;
	bits = c->catalog->column(c->catalog->context, source->name, column->part[1]);
	return bits > 0 ? bits : 0;
}

/* ---- uses of a source --------------------------------------------------- */

struct uses {
	const char *id;
	size_t n;
	bool unclear; /* something that may use it without naming it */
};

static void count_uses(struct uses *u, const struct sqlnode *node, bool counting)
{
	bool named = node->nparts > 1 && streq(node->part[0], u->id);
	if (node->kind == SQLN_OPAQUE || (node->kind == SQLN_COLUMN && node->nparts < 2)
		|| (node->kind == SQLN_STAR && !counting
		&& (node->nparts == 0 || streq(node->part[0], u->id))))
		u->unclear = true;
	if (node->kind == SQLN_COLUMN && named)
		u->n++;
	for (size_t i = 0; i < node->n; i++)
		count_uses(u, node->kid[i], sqlnode_is_call(node, "COUNT"));
}

/* Is the source used in the query just `more` times outside its own join? */
static bool used_outside(const struct sqlnode *query, const struct sqlnode *join, const char *id,
	size_t more)
{
	struct uses all = { .id = id }, own = { .id = id };
	count_uses(&all, query, false);
	count_uses(&own, join, false);
	return !all.unclear && !own.unclear && all.n == own.n + more;
}

/* ---- joins -------------------------------------------------------------- */

static bool names(const struct sqlnode *node, const char *id)
{
	struct uses u = { .id = id };
	count_uses(&u, node, false);
	return u.n > 0 || u.unclear;
}

/* Has the condition `id.key = something else` for a unique key? */
static bool by_key(const struct canon *c, const struct sqlnode *on, const char *id)
{
	for (size_t i = 0; on && i < on->n; i++) {
		const struct sqlnode *e = on->kid[i];
		for (size_t k = 0; e->kind == SQLN_BINARY && streq(e->text, "=") && k < 2; k++)
			if (names(e->kid[k], id) && !names(e->kid[!k], id)
				&& (column_bits(c, e->kid[k]) & SQLCOL_UNIQUE))
				return true;
	}
	return false;
}

static void take(struct sqlnode *node, size_t at)
{
	for (node->n--; at < node->n; at++)
		node->kid[at] = node->kid[at + 1];
}

/* The place of `id.column IS NULL` that only rows without a match meet; where->n: none. */
static size_t null_test(const struct canon *c, const struct sqlnode *where,
	const struct sqlnode *on, const char *id)
{
	for (size_t i = 0; i < where->n; i++) {
		const struct sqlnode *test = where->kid[i];
		if (test->kind != SQLN_IS || !streq(test->text, "NULL") || (test->flags & SQLF_NOT)
			|| test->n != 1 || test->kid[0]->kind != SQLN_COLUMN
			|| test->kid[0]->nparts != 2 || !streq(test->kid[0]->part[0], id))
			continue;
		if (column_bits(c, test->kid[0]) & SQLCOL_NOT_NULL)
			return i;
		for (size_t k = 0; k < on->n; k++)
			if (canon_rejects_column(on->kid[k], test->kid[0]))
				return i;
	}
	return where->n;
}

static struct sqlnode *not_exists(struct canon *c, struct sqlnode *table,
	const struct sqlnode *on)
{
	static const enum sqlnode_kind kinds[] = { SQLN_ITEM, SQLN_FROM, SQLN_WHERE };
	struct sqlnode *select = sqlnode_new(c->arena, SQLN_SELECT, NULL),
		*query = sqlnode_new(c->arena, SQLN_QUERY, NULL),
		*exists = sqlnode_new(c->arena, SQLN_EXISTS, NULL),
		*not = sqlnode_new(c->arena, SQLN_NOT, NULL);
	for (size_t i = 0; i < countof(kinds); i++)
		sqlnode_add(c->arena, select, sqlnode_new(c->arena, kinds[i], NULL));
	sqlnode_add(c->arena, select->kid[0], sqlnode_new(c->arena, SQLN_NUMBER, "1"));
	sqlnode_add(c->arena, select->kid[1], table);
	for (size_t i = 0; i < on->n; i++)
		sqlnode_add(c->arena, select->kid[2], on->kid[i]);
	sqlnode_add(c->arena, query, select);
	sqlnode_add(c->arena, exists, query);
	sqlnode_add(c->arena, not, exists);
	return not;
}

void canon_drop_joins(struct canon *c, const struct sqlnode *query, struct sqlnode *select)
{
	struct sqlnode *from = sqlnode_child(select, SQLN_FROM),
		*where = sqlnode_child(select, SQLN_WHERE);
	for (size_t i = 0; from && i < from->n; i++) {
		struct sqlnode *join = from->kid[i], *on = sqlnode_child(join, SQLN_ON), *table;
		if (join->kind != SQLN_JOIN || !streq(join->text, "LEFT") || !on || join->n != 2)
			continue;
		table = join->kid[0];
		if (table->kind != SQLN_TABLE || table->n || !table->alias)
			continue;
		if (by_key(c, on, table->alias) && used_outside(query, join, table->alias, 0)) {
			take(from, i--);
			continue;
		}
		size_t test = where ? null_test(c, where, on, table->alias) : 0;
		if (!where || test == where->n
			|| !used_outside(query, join, table->alias, 1))
			continue;
		where->kid[test] = not_exists(c, table, on);
		canon_sort(c, where);
		take(from, i--);
	}
}

/* ---- DISTINCT ----------------------------------------------------------- */

void canon_drop_distinct(struct canon *c, struct sqlnode *select)
{
	const struct sqlnode *from = sqlnode_child(select, SQLN_FROM);
	if (!(select->flags & SQLF_DISTINCT) || !from || from->n != 1
		|| from->kid[0]->kind != SQLN_TABLE || sqlnode_child(select, SQLN_GROUP))
		return;
	for (size_t i = 0; i < select->n; i++) {
		const struct sqlnode *item = select->kid[i];
		int bits = item->kind == SQLN_ITEM && item->n ? column_bits(c, item->kid[0]) : 0;
		if ((bits & SQLCOL_UNIQUE) && (bits & SQLCOL_NOT_NULL))
			select->flags &= ~(unsigned)SQLF_DISTINCT;
	}
}

/* ---- UNION -------------------------------------------------------------- */

void canon_union_distinct(struct sqlnode *node)
{
	for (size_t i = 0; i < node->n; i++) {
		struct sqlnode *kid = node->kid[i];
		if (kid->kind == SQLN_QUERY && kid->n == 1)
			kid = kid->kid[0];
		if (kid->kind == SQLN_SELECT)
			kid->flags &= ~(unsigned)SQLF_DISTINCT;
		if (kid->kind != SQLN_SETOP || !streq(kid->text, "UNION"))
			continue;
		kid->flags &= ~(unsigned)SQLF_ALL;
		canon_union_distinct(kid);
	}
}

static const struct sqlnode *leftmost(const struct sqlnode *node)
{
	while ((node->kind == SQLN_SETOP || node->kind == SQLN_QUERY) && node->n)
		node = node->kid[0];
	return node;
}

/* Are the items of the select the outputs of `first`, all of them, in order? */
static bool passes_all(const struct sqlnode *select, const struct sqlnode *first, const char *id)
{
	size_t at = 0;
	for (size_t i = 0; i < select->n; i++) {
		const struct sqlnode *item = select->kid[i], *column = item->n ? item->kid[0] : item;
		if (item->kind != SQLN_ITEM)
			continue;
		while (at < first->n && first->kid[at]->kind != SQLN_ITEM)
			at++;
		if (at == first->n || column->kind != SQLN_COLUMN || column->nparts != 2
			|| !streq(column->part[0], id)
			|| !streq(column->part[1], canon_output_name(first->kid[at++])))
			return false;
	}
	while (at < first->n && first->kid[at]->kind != SQLN_ITEM)
		at++;
	return at == first->n;
}

void canon_distinct_union(struct sqlnode *query)
{
	struct sqlnode *select = query->n == 1 ? query->kid[0] : NULL, *derived, *inner;
	const struct sqlnode *from, *first;
	if (!select || select->kind != SQLN_SELECT || !(select->flags & SQLF_DISTINCT))
		return;
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind != SQLN_ITEM && select->kid[i]->kind != SQLN_FROM)
			return;
	from = sqlnode_child(select, SQLN_FROM);
	derived = from && from->n == 1 ? from->kid[0] : NULL;
	inner = derived && derived->kind == SQLN_DERIVED && derived->n == 1 ? derived->kid[0] : NULL;
	if (!inner || inner->n != 1 || inner->kid[0]->kind != SQLN_SETOP
		|| !streq(inner->kid[0]->text, "UNION") || !derived->alias)
		return;
	first = leftmost(inner);
	if (first->kind != SQLN_SELECT || !passes_all(select, first, derived->alias))
		return;
	inner->kid[0]->flags &= ~(unsigned)SQLF_ALL;
	canon_union_distinct(inner->kid[0]);
	*query = *inner;
}
