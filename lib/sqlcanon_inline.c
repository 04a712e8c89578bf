/* What a name stands for put in its place: common table expressions, and the
 * columns of a subquery. */
#include "sqlcanon_int.h"
#include "str.h"

struct inliner {
	struct arena *arena;
	size_t copied; /* nodes made so far: chains of CTEs may double at each step */
};

struct cte {
	const struct cte *up;
	const char *name;
	const struct sqlnode *node; /* the CTE; NULL: recursive, not to be inlined */
};

size_t canon_weight(const struct sqlnode *node)
{
	size_t n = 1;
	for (size_t i = 0; i < node->n; i++)
		n += canon_weight(node->kid[i]);
	return n;
}

static void inline_table(struct inliner *w, struct sqlnode *table, const struct cte *ctes)
{
	for (; ctes; ctes = ctes->up) {
		const struct sqlnode *columns;
		if (!strieq(ctes->name, table->part[0]))
			continue;
		if (!ctes->node || ctes->node->n == 0 || w->copied > SQLCANON_MAX_NODES)
			return;
		w->copied += canon_weight(ctes->node);
		columns = sqlnode_child(ctes->node, SQLN_COLUMNS);
		if (!table->alias)
			table->alias = table->part[0];
		table->kind = SQLN_DERIVED;
		table->nparts = 0;
		sqlnode_add(w->arena, table, sqlnode_copy(w->arena, ctes->node->kid[0]));
		if (table->n > 1) { /* the query comes first */
			struct sqlnode *query = table->kid[table->n - 1];
			table->kid[table->n - 1] = table->kid[0];
			table->kid[0] = query;
		}
		if (columns && !sqlnode_child(table, SQLN_COLUMNS))
			sqlnode_add(w->arena, table, sqlnode_copy(w->arena, columns));
		return;
	}
}

static void inline_ctes(struct inliner *w, struct sqlnode *node, const struct cte *ctes)
{
	struct sqlnode *with = node->kind == SQLN_QUERY ? sqlnode_child(node, SQLN_WITH) : NULL;
	size_t n = 0;
	bool recursive = with && (with->flags & SQLF_RECURSIVE);
	struct cte *names = with ? arena_alloc(w->arena, (with->n + 1) * sizeof(*names)) : NULL;
	for (size_t i = 0; with && i < with->n; i++) {
		struct sqlnode *cte = with->kid[i];
		names[i] = (struct cte){ ctes, cte->alias ? cte->alias : "", recursive ? NULL
			: cte };
		if (recursive)
			ctes = &names[i];
		inline_ctes(w, cte, ctes);
		ctes = &names[i];
	}
	for (size_t i = 0; i < node->n; i++) {
		struct sqlnode *kid = node->kid[i];
		if (kid == with)
			continue;
		if (kid->kind == SQLN_TABLE && kid->nparts == 1)
			inline_table(w, kid, ctes);
		else
			inline_ctes(w, kid, ctes);
		if (with && !recursive)
			node->kid[n++] = kid;
	}
	if (with && !recursive)
		node->n = n;
}

void canon_inline_ctes(struct arena *arena, struct sqlnode *query)
{
	struct inliner w = { arena, 0 };
	inline_ctes(&w, query, NULL);
}

/* ---- columns of a subquery ---------------------------------------------- */

const char *canon_output_name(const struct sqlnode *item)
{
	if (item->alias)
		return item->alias;
	return item->n && item->kid[0]->kind == SQLN_COLUMN ? sqlnode_name(item->kid[0]) : NULL;
}

/* What column `name` of the select stands for; a new node, NULL when unknown. */
static struct sqlnode *output(struct arena *arena, const struct sqlnode *select, const char *name)
{
	const struct sqlnode *from = sqlnode_child(select, SQLN_FROM);
	bool star = false;
	for (size_t i = 0; i < select->n; i++) {
		const struct sqlnode *item = select->kid[i];
		if (item->kind != SQLN_ITEM || item->n == 0)
			continue;
		star = star || (item->kid[0]->kind == SQLN_STAR && item->kid[0]->n == 0);
		if (streq(canon_output_name(item), name))
			return sqlnode_copy(arena, item->kid[0]);
	}
	if (star && from && from->n == 1 && from->kid[0]->alias) {
		struct sqlnode *column = sqlnode_new(arena, SQLN_COLUMN, NULL);
		sqlnode_name_add(arena, column, from->kid[0]->alias);
		sqlnode_name_add(arena, column, name);
		return column;
	}
	return NULL;
}

/* A bare * in a subquery is about the sources of that subquery. */
static bool can_replace(struct arena *arena, const struct sqlnode *node, const char *id,
	const struct sqlnode *select, bool deeper)
{
	if (node->kind == SQLN_DERIVED && streq(node->alias, id))
		return true;
	if (node->kind == SQLN_STAR && (node->nparts == 0 ? !deeper : streq(node->part[0], id)))
		return false;
	if (node->kind == SQLN_COLUMN && node->nparts > 1 && streq(node->part[0], id))
		return node->nparts == 2 && output(arena, select, node->part[1]);
	for (size_t i = 0; i < node->n; i++) {
		bool counting = sqlnode_is_call(node, "COUNT") && node->kid[i]->kind == SQLN_STAR
			&& !node->kid[i]->nparts;
		if (!counting && !can_replace(arena, node->kid[i], id, select,
			deeper || node->kid[i]->kind == SQLN_QUERY))
			return false;
	}
	return true;
}

/* Can every use of source `id` below node be replaced? */
bool canon_can_replace(struct arena *arena, const struct sqlnode *node, const char *id,
	const struct sqlnode *select)
{
	return can_replace(arena, node, id, select, false);
}

void canon_replace(struct arena *arena, struct sqlnode *node, const char *id,
	const struct sqlnode *select)
{
	for (size_t i = 0; i < node->n; i++) {
		struct sqlnode *kid = node->kid[i];
		if (kid->kind == SQLN_COLUMN && kid->nparts == 2 && streq(kid->part[0], id)) {
			if (node->kind == SQLN_ITEM && !node->alias)
				node->alias = kid->part[1];
			/* what canon_can_replace saw may be gone since: then the column stays */
			struct sqlnode *value = output(arena, select, kid->part[1]);
			if (value)
				node->kid[i] = value;
		} else {
			canon_replace(arena, kid, id, select);
		}
	}
}
