#include "sqlscope.h"
#include "mem.h"
#include "sqlast.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* Names that a WITH brings in, innermost first. */
struct cte_name {
	const struct cte_name *up;
	const char *name;
	const struct sqlnode *query;
};

/* The sources of one SELECT: a run of ids in the result, and the scope around. */
struct level {
	const struct level *up;
	size_t first, end; /* indexes into out->source; end grows */
};

/* Parameters of lambdas around the present place. */
struct lambda_names {
	const struct lambda_names *up;
	const struct sqlnode *lambda;
};

struct resolver {
	struct arena *arena;
	struct sqlscope *out;
	const struct sqlcatalog *catalog;
	const struct lambda_names *lambdas;
};

static void resolve_query(struct resolver *r, struct sqlnode *query, const struct level *up,
	const struct cte_name *ctes);
static void resolve_expr(struct resolver *r, struct sqlnode *node, const struct level *level,
	const struct cte_name *ctes);

static const char *lower(struct resolver *r, const char *s)
{
	char *copy = arena_strdup(r->arena, s);
	if (copy)
		lower_ascii(copy);
	return copy;
}

const struct sqlsource *sqlscope_find(const struct sqlscope *scope, const char *id)
{
	/* ids are "#" and the place from 1 */
	unsigned long at = *id == '#' ? strtoul(id + 1, NULL, 10) : 0;
	return at > 0 && at <= scope->n && streq(scope->source[at - 1].id, id)
		? &scope->source[at - 1] : NULL;
}

/* ---- sources ------------------------------------------------------------ */

static const char *dotted(struct resolver *r, const struct sqlnode *node)
{
	const char *name = node->nparts ? node->part[0] : "";
	for (size_t i = 1; i < node->nparts; i++)
		name = arena_printf(r->arena, "%s.%s", name, node->part[i]);
	return lower(r, name);
}

static const struct cte_name *find_cte(const struct cte_name *ctes, const struct sqlnode *table)
{
	for (; ctes; ctes = ctes->up)
		if (table->kind == SQLN_TABLE && table->nparts == 1 && strieq(ctes->name,
			table->part[0]))
			return ctes;
	return NULL;
}

static void add_source(struct resolver *r, struct sqlnode *node, enum sqlsource_kind kind,
	struct level *level)
{
	struct sqlscope *out = r->out;
	struct sqlsource *old = out->source, *source;
	if (out->n == out->cap) {
		out->cap = out->cap ? 2 * out->cap : 8;
		out->source = arena_alloc(r->arena, out->cap * sizeof(*old));
		if (out->n)
			memcpy(out->source, old, out->n * sizeof(*old));
	}
	source = &out->source[out->n++];
	source->kind = kind;
	source->node = node;
	source->alias = lower(r, node->alias);
	source->name = dotted(r, node);
	source->id = arena_printf(r->arena, "#%zu", out->n);
	for (size_t i = 0; i < node->nparts; i++)
		node->part[i] = lower(r, node->part[i]);
	node->alias = source->id;
	level->end = out->n;
}

/* Sources of a table expression, left to right. What they hold is resolved
 * later, so that the ids of one SELECT are a run. */
static void add_sources(struct resolver *r, struct sqlnode *node, struct level *level,
	const struct cte_name *ctes)
{
	switch (node->kind) {
	case SQLN_TABLE:
		add_source(r, node, find_cte(ctes, node) ? SQLSRC_CTE : SQLSRC_TABLE, level);
		break;
	case SQLN_TVF:
		add_source(r, node, SQLSRC_TVF, level);
		break;
	case SQLN_VALUES:
		add_source(r, node, SQLSRC_VALUES, level);
		break;
	case SQLN_DERIVED:
		add_source(r, node, SQLSRC_DERIVED, level);
		break;
	case SQLN_JOIN:
		for (size_t i = 0; i < node->n && i < 2; i++)
			add_sources(r, node->kid[i], level, ctes);
		break;
	default:
		break;
	}
}

/* ---- columns ------------------------------------------------------------ */

/* Does a query put out this column? 1 yes, 0 no, -1 not known (a star). */
static int query_has(const struct sqlnode *query, const char *column)
{
	const struct sqlnode *body = sqlnode_body(query);
	while (body && body->kind == SQLN_SETOP)
		body = body->n ? sqlnode_body(body->kid[0]) : NULL;
	if (!body || body->kind != SQLN_SELECT)
		return -1;
	for (size_t i = 0; i < body->n; i++) {
		const struct sqlnode *item = body->kid[i], *expr = item->n ? item->kid[0] : NULL;
		if (item->kind != SQLN_ITEM || !expr)
			continue;
		if (expr->kind == SQLN_STAR || expr->kind == SQLN_OPAQUE)
			return -1;
		if (strieq(item->alias ? item->alias : expr->kind == SQLN_COLUMN
			? sqlnode_name(expr) : "", column))
			return 1;
	}
	return 0;
}

static int source_has(struct resolver *r, const struct sqlsource *source, const char *column)
{
	const struct sqlnode *names = sqlnode_child(source->node, SQLN_COLUMNS);
	if (names) {
		for (size_t i = 0; i < names->n; i++)
			if (strieq(sqlnode_name(names->kid[i]), column))
				return 1;
		return 0;
	}
	if (source->kind == SQLSRC_DERIVED && source->node->n)
		return query_has(source->node->kid[0], column);
	if (source->kind == SQLSRC_TABLE && r->catalog && r->catalog->column) {
		int known = r->catalog->column(r->catalog->context, source->name, column);
		return known > 0 ? 1 : known;
	}
	return -1;
}

/* The source of this level that a plain column name belongs to. *sure: by
 * knowledge, not by being the only candidate. NULL: none, or it is open. */
static const struct sqlsource *place_plain(struct resolver *r, const struct level *level,
	const char *column,
	bool *none)
{
	const struct sqlsource *maybe = NULL;
	size_t candidates = 0;
	*none = true;
	for (size_t i = level->first; i < level->end; i++) {
		const struct sqlsource *source = &r->out->source[i];
		int has = source_has(r, source, column);
		if (has == 1) {
			*none = false;
			return source;
		}
		if (has < 0) {
			maybe = source;
			candidates++;
		}
	}
	*none = candidates == 0;
	return candidates == 1 ? maybe : NULL;
}

static bool qualifies(const struct sqlsource *source, const struct sqlnode *column,
	size_t nqualifier)
{
	const struct sqlnode *table = source->node;
	if (source->alias)
		return nqualifier == 1 && strieq(source->alias, column->part[0]);
	if (table->nparts < nqualifier)
		return false;
	for (size_t i = 0; i < nqualifier; i++)
		if (!strieq(table->part[table->nparts - 1 - i], column->part[nqualifier - 1 - i]))
			return false;
	return true;
}

static const struct sqlsource *place_qualified(struct resolver *r, const struct level *level,
	const struct sqlnode *column, size_t nqualifier)
{
	for (; level; level = level->up)
		for (size_t i = level->first; i < level->end; i++)
			if (qualifies(&r->out->source[i], column, nqualifier))
				return &r->out->source[i];
	return NULL;
}

static bool lambda_name(const struct resolver *r, const char *name)
{
	for (const struct lambda_names *l = r->lambdas; l; l = l->up)
		for (size_t i = 0; i + 1 < l->lambda->n; i++)
			if (strieq(sqlnode_name(l->lambda->kid[i]), name))
				return true;
	return false;
}

static void note_unresolved(struct resolver *r, const struct sqlnode *column)
{
	struct sqlscope *out = r->out;
	const char **old = out->unresolved, *name = dotted(r, column);
	for (size_t i = 0; i < out->nunresolved; i++)
		if (streq(old[i], name))
			return;
	out->unresolved = arena_alloc(r->arena, (out->nunresolved + 1) * sizeof(*old));
	if (old)
		memcpy(out->unresolved, old, out->nunresolved * sizeof(*old));
	out->unresolved[out->nunresolved++] = name;
}

/* The column becomes id.rest, `used` parts of the qualifier being dropped. */
static void place(struct resolver *r, struct sqlnode *column, const struct sqlsource *source,
	size_t used)
{
	size_t n = column->nparts - used + 1;
	const char **part = arena_alloc(r->arena, n * sizeof(*part));
	part[0] = source->id;
	for (size_t i = 1; i < n; i++)
		part[i] = column->part[used + i - 1];
	column->part = part;
	column->nparts = n;
}

static bool resolve_plain(struct resolver *r, struct sqlnode *column, const struct level *level)
{
	bool none = true, all_none = true;
	for (; level; level = level->up) {
		const struct sqlsource *source = place_plain(r, level, column->part[0], &none);
		all_none = all_none && none;
		if (source) {
			place(r, column, source, 0);
			return true;
		}
		if (!none)
			break;
	}
	return !all_none;
}

static void resolve_column(struct resolver *r, struct sqlnode *column, const struct level *level)
{
	static const char *const calls[] = { "current_date", "current_timestamp", "current_user",
		"current_time" };
	const struct sqlsource *source;
	for (size_t i = 0; i < column->nparts; i++)
		column->part[i] = lower(r, column->part[i]);
	if (column->nparts == 0 || *column->part[0] == '#' || lambda_name(r, column->part[0]))
		return;
	for (size_t i = 0; column->nparts == 1 && i < countof(calls); i++)
		if (streq(column->part[0], calls[i])) {
			column->kind = SQLN_FUNC;
			return;
		}
	for (size_t used = column->nparts - 1; used > 0; used--) {
		source = place_qualified(r, level, column, used > 3 ? 3 : used);
		if (source && used <= 3) {
			if (source_has(r, source, column->part[used]) == 0)
				note_unresolved(r, column);
			place(r, column, source, used);
			return;
		}
	}
	if (!resolve_plain(r, column, level) && level && r->catalog && level->end > level->first)
		note_unresolved(r, column);
}

/* ---- expressions -------------------------------------------------------- */

/* Functions whose first argument is the name of a unit. */
static void unit_argument(struct resolver *r, struct sqlnode *call)
{
	static const char *const names[] = { "EXTRACT", "DATEADD", "DATE_ADD", "DATEDIFF",
		"DATE_DIFF",
		"TIMESTAMPADD", "TIMESTAMPDIFF" };
	size_t least = sqlnode_is_call(call, "EXTRACT") ? 2 : 3;
	for (size_t i = 0; i < countof(names); i++) {
		struct sqlnode *unit = call->n >= least ? call->kid[0] : NULL;
		if (unit && sqlnode_is_call(call, names[i]) && unit->kind == SQLN_COLUMN
			&& unit->nparts == 1) {
			unit->kind = SQLN_STRING;
			unit->text = lower(r, unit->part[0]);
			unit->nparts = 0;
		}
	}
}

static void resolve_expr(struct resolver *r, struct sqlnode *node, const struct level *level,
	const struct cte_name *ctes)
{
	struct lambda_names names = { r->lambdas, node };
	if (node->kind == SQLN_COLUMN) {
		resolve_column(r, node, level);
		return;
	}
	if (node->kind == SQLN_COLUMNS)
		return;
	if (node->kind == SQLN_QUERY) {
		resolve_query(r, node, level, ctes);
		return;
	}
	if (node->kind == SQLN_STAR && node->nparts) {
		const struct sqlsource *source = place_qualified(r, level, node, node->nparts);
		if (source) {
			node->nparts = 0;
			place(r, node, source, 0);
			node->nparts = 1;
		}
		return;
	}
	if (node->kind == SQLN_FUNC)
		unit_argument(r, node);
	if (node->kind == SQLN_ITEM)
		node->alias = lower(r, node->alias);
	if (node->kind == SQLN_LAMBDA)
		r->lambdas = &names;
	for (size_t i = 0; i < node->n; i++)
		resolve_expr(r, node->kid[i], level, ctes);
	r->lambdas = names.up;
}

static struct sqlnode *id_column(struct resolver *r, size_t source, const char *name)
{
	struct sqlnode *column = sqlnode_new(r->arena, SQLN_COLUMN, NULL);
	sqlnode_name_add(r->arena, column, r->out->source[source].id);
	sqlnode_name_add(r->arena, column, name);
	return column;
}

/* USING (k): k of the right side equals k of the left source that has it, the
 * first one (at `left`) when nothing is known. */
static void using_to_on(struct resolver *r, struct sqlnode *using, size_t left, size_t right)
{
	struct sqlnode *all = sqlnode_new(r->arena, SQLN_AND, NULL);
	for (size_t i = 0; i < using->n; i++) {
		const char *name = lower(r, sqlnode_name(using->kid[i]));
		struct sqlnode *equal = sqlnode_new(r->arena, SQLN_BINARY, "=");
		size_t owner = left;
		for (size_t s = right; s-- > left;)
			if (source_has(r, &r->out->source[s], name) == 1)
				owner = s;
		sqlnode_add(r->arena, equal, id_column(r, owner, name));
		sqlnode_add(r->arena, equal, id_column(r, right, name));
		sqlnode_add(r->arena, all, equal);
	}
	using->kind = SQLN_ON;
	using->n = 0;
	if (all->n)
		sqlnode_add(r->arena, using, all->n == 1 ? all->kid[0] : all);
}

/* Join conditions, arguments and subqueries in FROM. `at` is the first source of
 * the node; returns the first behind it. */
static size_t resolve_from(struct resolver *r, struct sqlnode *node, const struct level *level,
	size_t at,
	const struct cte_name *ctes)
{
	struct sqlnode *using = sqlnode_child(node, SQLN_USING), *on = sqlnode_child(node, SQLN_ON);
	size_t right;
	switch (node->kind) {
	case SQLN_JOIN:
		right = node->n > 0 ? resolve_from(r, node->kid[0], level, at, ctes) : at;
		if (using && right < level->end && right > at)
			using_to_on(r, using, at, right);
		at = node->n > 1 ? resolve_from(r, node->kid[1], level, right, ctes) : right;
		if (on)
			resolve_expr(r, on, level, ctes);
		return at;
	case SQLN_DERIVED:
		if (node->n)
			resolve_query(r, node->kid[0], node->flags & SQLF_LATERAL ? level
				: level->up, ctes);
		return at + 1;
	case SQLN_TVF: case SQLN_VALUES:
		for (size_t i = 0; i < node->n; i++)
			resolve_expr(r, node->kid[i], level, ctes);
		return at + 1;
	case SQLN_TABLE:
		return at + 1;
	default:
		return at;
	}
}

/* ---- clauses that may name items ---------------------------------------- */

static const struct sqlnode *nth_item(const struct sqlnode *select, long n)
{
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM && --n == 0)
			return select->kid[i];
	return NULL;
}

static const struct sqlnode *aliased_item(const struct sqlnode *select, const char *name)
{
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM && select->kid[i]->alias
			&& strieq(select->kid[i]->alias, name))
			return select->kid[i];
	return NULL;
}

/* Is the name surely a column of FROM? Then it hides an alias in GROUP BY and HAVING. */
static bool known_column(struct resolver *r, const struct level *level, const char *name)
{
	for (size_t i = level->first; i < level->end; i++)
		if (source_has(r, &r->out->source[i], name) == 1)
			return true;
	return false;
}

/* Puts item expressions in the place of aliases, and of ordinals when `top`. */
static struct sqlnode *item_names(struct resolver *r, struct sqlnode *node,
	const struct sqlnode *select,
	const struct level *level, bool top, bool columns_first)
{
	const struct sqlnode *item = NULL;
	if (node->kind == SQLN_QUERY)
		return node;
	if (top && node->kind == SQLN_NUMBER && strspn(node->text,
		"0123456789") == strlen(node->text))
		item = nth_item(select, strtol(node->text, NULL, 10));
	else if (node->kind == SQLN_COLUMN && node->nparts == 1
		&& !(columns_first && known_column(r, level, node->part[0])))
		item = aliased_item(select, node->part[0]);
	if (item && item->n && item->kid[0]->kind != SQLN_STAR
		&& item->kid[0]->height < SQLPARSE_MAX_HEIGHT)
		return sqlnode_copy(r->arena, item->kid[0]);
	for (size_t i = 0; i < node->n; i++)
		node->kid[i] = item_names(r, node->kid[i], select, level, false, columns_first);
	return node;
}

static void resolve_named(struct resolver *r, struct sqlnode *clause, const struct sqlnode *select,
	const struct level *level, const struct cte_name *ctes)
{
	bool order = clause->kind == SQLN_ORDER, top = order || clause->kind == SQLN_GROUP;
	for (size_t i = 0; i < clause->n; i++) {
		struct sqlnode *kid = clause->kid[i];
		if (order && kid->n)
			kid->kid[0] = item_names(r, kid->kid[0], select, level, true, false);
		else
			clause->kid[i] = item_names(r, kid, select, level, top, true);
	}
	/* copies of items are resolved already: their columns begin with an id and stay */
	resolve_expr(r, clause, level, ctes);
}

static void group_all(struct resolver *r, struct sqlnode *group, const struct sqlnode *select)
{
	if (!(group->flags & SQLF_ALL))
		return;
	for (size_t i = 0; i < select->n; i++) {
		const struct sqlnode *item = select->kid[i];
		if (item->kind == SQLN_ITEM && item->n && !sql_has_aggregate(item->kid[0])
			&& !sql_has_window(item->kid[0]) && item->kid[0]->kind != SQLN_STAR)
			sqlnode_add(r->arena, group, sqlnode_copy(r->arena, item->kid[0]));
	}
	group->flags &= ~(unsigned)SQLF_ALL;
}

static void resolve_select(struct resolver *r, struct sqlnode *select, struct sqlnode *query,
	const struct level *up, const struct cte_name *ctes)
{
	struct level level = { up, r->out->n, r->out->n };
	struct sqlnode *from = sqlnode_child(select, SQLN_FROM), *group = sqlnode_child(select,
		SQLN_GROUP);
	for (size_t i = 0; from && i < from->n; i++)
		add_sources(r, from->kid[i], &level, ctes);
	for (size_t i = 0, at = level.first; from && i < from->n; i++)
		at = resolve_from(r, from->kid[i], &level, at, ctes);
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM || select->kid[i]->kind == SQLN_WHERE
			|| select->kid[i]->kind == SQLN_WINDOWS)
			resolve_expr(r, select->kid[i], &level, ctes);
	if (group)
		group_all(r, group, select);
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_GROUP || select->kid[i]->kind == SQLN_HAVING
			|| select->kid[i]->kind == SQLN_QUALIFY)
			resolve_named(r, select->kid[i], select, &level, ctes);
	for (size_t i = 0; query && i < query->n; i++)
		if (query->kid[i]->kind == SQLN_ORDER)
			resolve_named(r, query->kid[i], select, &level, ctes);
}

/* ORDER BY behind a set operation names output columns: lower case is enough. */
static void resolve_body(struct resolver *r, struct sqlnode *node, struct sqlnode *query,
	const struct level *up,
	const struct cte_name *ctes)
{
	switch (node->kind) {
	case SQLN_SELECT:
		resolve_select(r, node, query, up, ctes);
		break;
	case SQLN_SETOP:
		for (size_t i = 0; i < node->n; i++)
			resolve_body(r, node->kid[i], NULL, up, ctes);
		break;
	case SQLN_QUERY:
		resolve_query(r, node, up, ctes);
		break;
	case SQLN_TABLE: {
		struct level level = { up, r->out->n, r->out->n };
		add_sources(r, node, &level, ctes);
		break;
	}
	default:
		resolve_expr(r, node, up, ctes);
	}
}

static void resolve_query(struct resolver *r, struct sqlnode *query, const struct level *up,
	const struct cte_name *ctes)
{
	struct sqlnode *with = sqlnode_child(query, SQLN_WITH);
	size_t n = with ? with->n : 0;
	struct cte_name *names = n ? arena_alloc(r->arena, n * sizeof(*names)) : NULL;
	for (size_t i = 0; i < n; i++) {
		struct sqlnode *cte = with->kid[i];
		names[i] = (struct cte_name){ ctes, cte->alias ? cte->alias : "", cte->n
			? cte->kid[0] : NULL };
		if (names[i].query)
			resolve_query(r, cte->kid[0], NULL, with->flags & SQLF_RECURSIVE ? &names[i]
				: ctes);
		ctes = &names[i];
	}
	for (size_t i = 0; i < query->n; i++)
		if (query->kid[i]->kind != SQLN_WITH && query->kid[i]->kind != SQLN_ORDER)
			resolve_body(r, query->kid[i], query, up, ctes);
}

void sqlscope_resolve(struct sqlscope *scope, struct arena *arena, struct sqlnode *root,
	const struct sqlcatalog *catalog)
{
	struct resolver r = { arena, scope, catalog, NULL };
	*scope = (struct sqlscope){ 0 };
	for (size_t i = 0; root->kind == SQLN_STATEMENT && i < root->n; i++)
		if (root->kid[i]->kind == SQLN_QUERY)
			resolve_query(&r, root->kid[i], NULL, NULL);
	if (root->kind == SQLN_QUERY)
		resolve_query(&r, root, NULL, NULL);
}
