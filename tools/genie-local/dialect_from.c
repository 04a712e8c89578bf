/* dialect_from.c - binds FROM: relations, joins, what they add to a scope. */
#include "dialect.h"

#include "str.h"

#include <string.h>

/* Adds a relation at the end: the order is that of SELECT *. */
static void add_relation(struct scope *scope, struct relation *relation)
{
	struct relation **tail = &scope->relations;
	while (*tail)
		tail = &(*tail)->next;
	*tail = relation;
}

/* A relation "FROM (sql) AS rN" with the query's columns. */
struct relation *relation_of_query(struct dialect *d, const struct bound_query *query,
	const char *alias)
{
	struct relation *r = arena_alloc(d->arena, sizeof(*r));
	const char *name = dialect_alias(d);
	r->alias = alias;
	r->columns = arena_alloc(d->arena, (query->ncolumns + 1) * sizeof(*r->columns));
	r->ncolumns = query->ncolumns;
	for (size_t i = 0; i < query->ncolumns; i++) {
		r->columns[i] = query->columns[i];
		r->columns[i].sql = arena_printf(d->arena, "%s.%s", name, query->columns[i].sql);
	}
	r->sql = arena_printf(d->arena, "(%s) AS %s", query->sql, name);
	return r;
}

static struct relation *relation_of_cte(struct dialect *d, const struct scope_cte *cte)
{
	struct relation *r = arena_alloc(d->arena, sizeof(*r));
	const char *name = dialect_alias(d);
	r->alias = cte->name;
	r->columns = arena_alloc(d->arena, (cte->ncolumns + 1) * sizeof(*r->columns));
	r->ncolumns = cte->ncolumns;
	for (size_t i = 0; i < cte->ncolumns; i++) {
		r->columns[i] = cte->columns[i];
		r->columns[i].sql = arena_printf(d->arena, "%s.%s", name, cte->columns[i].sql);
	}
	r->sql = arena_printf(d->arena, "%s AS %s", cte->sql_name, name);
	return r;
}

static struct relation *relation_of_table(struct dialect *d, const struct cat_table *table)
{
	struct relation *r = arena_alloc(d->arena, sizeof(*r));
	const char *name = dialect_alias(d);
	r->columns = arena_alloc(d->arena, (table->ncolumns + 1) * sizeof(*r->columns));
	r->ncolumns = table->ncolumns;
	for (size_t i = 0; i < table->ncolumns; i++) {
		r->columns[i].name = table->columns[i].name;
		r->columns[i].sql = arena_printf(d->arena, "%s.%s", name,
			dialect_quote_name(d, table->columns[i].name));
		if (!type_parse(table->columns[i].type, &r->columns[i].type))
			r->columns[i].type = type_of(TYPE_STRING);
	}
	r->sql = arena_printf(d->arena, "%s AS %s", table->source, name);
	return r;
}

/* A view's query sees the view's schema, and nothing of the query around it. */
static struct relation *relation_of_view(struct dialect *d, const struct cat_table *view)
{
	struct scope *scope = arena_alloc(d->arena, sizeof(*scope));
	scope->own_names = true;
	scope->where = (struct cat_scope){ view->catalog, view->schema };
	struct parser p;
	parser_init(&p, d->arena, view->definition, d->error);
	struct query *query = parse_query(&p);
	struct bound_query bound;
	if (!query || !parser_end(&p) || !dialect_enter(d))
		return NULL;
	bool ok = bind_query(d, scope, query, &bound);
	d->depth--;
	if (!ok)
		return NULL;
	for (size_t i = 0; i < bound.ncolumns && i < view->ncolumns; i++)
		bound.columns[i].name = view->columns[i].name;
	return relation_of_query(d, &bound, NULL);
}

struct relation *relation_of_name(struct dialect *d, struct scope *scope,
	const struct cat_name *name)
{
	struct cat_table *table = arena_alloc(d->arena, sizeof(*table));
	struct cat_scope where = scope_where(d, scope);
	if (!catalog_table(d->catalog, &where, name, d->arena, table, d->error))
		return NULL;
	struct relation *r = table->kind == CAT_VIEW ? relation_of_view(d, table)
		: table->kind == CAT_METRIC_VIEW ? metric_relation(d, scope, table)
		: relation_of_table(d, table);
	if (!r)
		return NULL;
	r->part[0] = table->catalog;
	r->part[1] = table->schema;
	r->part[2] = table->name;
	return r;
}

static struct relation *bind_relation(struct dialect *d, struct scope *scope,
	const struct from *from)
{
	struct bound_query query;
	struct cat_name name = { { from->part[0], from->part[1], from->part[2] }, from->nparts };
	switch (from->kind) {
	case FROM_NAME:
		if (from->nparts == 1) {
			const struct scope_cte *cte = scope_find_cte(scope, from->part[0]);
			if (cte)
				return relation_of_cte(d, cte);
		}
		return relation_of_name(d, scope, &name);
	case FROM_CALL:
		return tvf_relation(d, scope, from->call);
	default:
		break;
	}
	/* A derived table does not see its neighbours: its parent is the scope around. */
	struct scope *around = arena_alloc(d->arena, sizeof(*around));
	*around = (struct scope){ .parent = scope->parent, .ctes = scope->ctes,
		.own_names = scope->own_names,
		.where = scope->where, .params = scope->params };
	if (!bind_query(d, around, from->query, &query))
		return NULL;
	return relation_of_query(d, &query, NULL);
}

static bool rename_relation(struct dialect *d, struct relation *r, const struct from *from)
{
	if (from->alias) {
		r->alias = from->alias;
		memset(r->part, 0, sizeof(r->part));
	}
	if (!from->ncolumns)
		return true;
	if (from->ncolumns != r->ncolumns)
		return sql_error_set(d->error, "ASSIGNMENT_ARITY_MISMATCH", "42802",
			"The number of columns or variables assigned or aliased: %zu does not"
			" match the number"
			" of source expressions: %zu.", from->ncolumns, r->ncolumns);
	for (size_t i = 0; i < r->ncolumns; i++)
		r->columns[i].name = from->columns[i];
	return true;
}

static struct column *find(struct relation *first, const struct relation *end, const char *name)
{
	struct column *found = NULL;
	for (struct relation *r = first; r && r != end; r = r->next)
		for (size_t i = 0; i < r->ncolumns; i++)
			if (!r->columns[i].hidden && strieq(r->columns[i].name, name))
				found = &r->columns[i];
	return found;
}

/* One pair of a USING or NATURAL join; the pair becomes one column for *. */
static bool merge_column(struct dialect *d, struct scope *scope, struct relation *right,
	const char *name, enum join_kind join, struct str *on)
{
	struct column *a = find(scope->relations, right, name), *b = find(right, NULL, name);
	if (!a || !b)
		return sql_error_set(d->error, "UNRESOLVED_USING_COLUMN_FOR_JOIN", "42703",
			"USING column `%s` cannot be resolved on the %s side of the join.", name,
			a ? "right" : "left");
	struct bound left = { a->sql, a->type, 0 }, other = { b->sql, b->type, 0 };
	if (!bind_same(d, &left, &other, name))
		return false;
	str_addf(on, "%s%s = %s", on->n ? " AND " : "", left.sql, other.sql);
	if (join == JOIN_FULL) {
		a->sql = arena_printf(d->arena, "coalesce(%s, %s)", a->sql, b->sql);
		b->hidden = true;
	} else if (join == JOIN_RIGHT) {
		a->sql = b->sql;
		b->hidden = true;
	} else {
		b->hidden = true;
	}
	return true;
}

static bool join_condition(struct dialect *d, struct scope *scope, const struct from *from,
	struct relation *right, struct str *on)
{
	if (from->on) {
		struct bound b = bind_condition(d, scope, from->on, "JOIN");
		if (b.sql)
			str_add(on, b.sql);
		return b.sql != NULL;
	}
	for (size_t i = 0; i < from->nusing; i++)
		if (!merge_column(d, scope, right, from->using[i], from->join, on))
			return false;
	for (struct relation *r = right; from->natural && r; r = r->next)
		for (size_t i = 0; i < r->ncolumns; i++)
			if (find(scope->relations, right, r->columns[i].name) &&
			    !merge_column(d, scope, right, r->columns[i].name, from->join, on))
				return false;
	return true;
}

static const char *join_word(const struct from *from)
{
	switch (from->join) {
	case JOIN_LEFT: return " LEFT JOIN ";
	case JOIN_RIGHT: return " RIGHT JOIN ";
	case JOIN_FULL: return " FULL JOIN ";
	default: return " JOIN ";
	}
}

static bool bind_list(struct dialect *d, struct scope *scope, const struct from *from,
	struct str *sql,
	struct str *where);

/* SEMI and ANTI joins are conditions; their right side is seen by ON alone. */
static bool semi_join(struct dialect *d, struct scope *scope, const struct from *from,
	struct relation *right, struct str *where)
{
	struct str on = STR_INIT;
	add_relation(scope, right);
	bool ok = join_condition(d, scope, from, right, &on);
	struct relation **tail = &scope->relations;
	while (*tail != right)
		tail = &(*tail)->next;
	*tail = NULL;
	if (ok)
		str_addf(where, "%s%sEXISTS (SELECT 1 FROM %s WHERE %s%s%s)", where->n ? " AND "
			: "",
			from->join == JOIN_ANTI ? "NOT " : "", right->sql, on.n ? str_text(&on)
			: "1",
			right->filter ? " AND " : "", right->filter ? right->filter : "");
	str_free(&on);
	return ok;
}

static bool check_metric(struct dialect *d, struct scope *scope, struct relation *r, bool alone)
{
	bool other = false;
	for (struct relation *known = scope->relations; known; known = known->next)
		other = other || known->metric || r->metric;
	if (r->metric && alone && !other) {
		scope->metric = r->metric;
		return true;
	}
	if (!r->metric && !scope->metric)
		return true;
	return sql_error_set(d->error, "METRIC_VIEW_JOIN_NOT_SUPPORTED", "42K0E",
		"The metric view is not allowed to use joins. Use a common table expression to"
		" compute its"
		" measures first, then join the result.");
}

static bool bind_one(struct dialect *d, struct scope *scope, const struct from *from,
	struct str *sql,
	struct str *where)
{
	bool first = from->join == JOIN_FIRST;
	struct str on = STR_INIT;
	if (!first && from->join != JOIN_SEMI && from->join != JOIN_ANTI)
		str_add(sql, join_word(from));
	struct relation *last = scope->relations, *right;
	while (last && last->next)
		last = last->next;
	if (from->kind == FROM_GROUP) {
		if (from->join == JOIN_SEMI || from->join == JOIN_ANTI || from->alias)
			return dialect_unsupported(d, "this use of joins in brackets").sql;
		str_add(sql, "(");
		if (!bind_list(d, scope, from->group, sql, where))
			return false;
		str_add(sql, ")");
		right = last ? last->next : scope->relations;
	} else {
		right = bind_relation(d, scope, from);
		if (!right || !rename_relation(d, right, from))
			return false;
		if (!check_metric(d, scope, right, first && !from->next))
			return false;
		if (from->join == JOIN_SEMI || from->join == JOIN_ANTI)
			return semi_join(d, scope, from, right, where);
		add_relation(scope, right);
		str_add(sql, right->sql);
		if (right->filter)
			str_addf(where, "%s%s", where->n ? " AND " : "", right->filter);
	}
	bool ok = first || join_condition(d, scope, from, right, &on);
	if (ok && on.n)
		str_addf(sql, " ON %s", str_text(&on));
	else if (ok && !first && from->join != JOIN_CROSS && from->join != JOIN_INNER)
		str_add(sql, " ON 1");
	str_free(&on);
	return ok;
}

static bool bind_list(struct dialect *d, struct scope *scope, const struct from *from,
	struct str *sql,
	struct str *where)
{
	bool semi = false;
	for (; from; from = from->next) {
		/* An outer join after a SEMI join would see the condition too late. */
		if (semi && (from->join == JOIN_RIGHT || from->join == JOIN_FULL))
			return dialect_unsupported(d, "RIGHT and FULL joins after a SEMI or ANTI"
				" join").sql;
		semi = semi || from->join == JOIN_SEMI || from->join == JOIN_ANTI;
		if (!bind_one(d, scope, from, sql, where))
			return false;
	}
	return true;
}

bool bind_from(struct dialect *d, struct scope *scope, const struct from *from, struct str *sql,
	struct str *where)
{
	bool before = scope->no_aggregates;
	scope->no_aggregates = true;
	bool ok = dialect_enter(d) && bind_list(d, scope, from, sql, where);
	d->depth -= ok;
	scope->no_aggregates = before;
	return ok;
}
