/* dialect_select.c - binds one SELECT: its list, grouping, QUALIFY and order. */
#include "dialect_query.h"

#include "str.h"

#include <stdlib.h>
#include <string.h>

struct select {
	struct dialect *d;
	struct scope *scope;
	const struct body *body;
	struct bound *items; /* n outputs; names in scope->outputs */
	size_t n, cap;
	bool aggregated; /* GROUP BY, HAVING or an aggregate */
	struct str from, where;
	const char *having, *qualify;
};

static bool add_output(struct select *s, const char *name, struct bound b)
{
	if (!b.sql)
		return false;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		struct bound *items = arena_alloc(s->d->arena, s->cap * sizeof(*items));
		struct column *outputs = arena_alloc(s->d->arena, s->cap * sizeof(*outputs));
		if (s->n) {
			memcpy(items, s->items, s->n * sizeof(*items));
			memcpy(outputs, s->scope->outputs, s->n * sizeof(*outputs));
		}
		s->items = items;
		s->scope->outputs = outputs;
	}
	s->items[s->n] = b;
	s->scope->outputs[s->n] = (struct column){ .name = name, .sql = b.sql, .type = b.type,
		.measure = b.flags & BOUND_AGGREGATE, .hidden = b.flags & BOUND_WINDOW };
	s->scope->noutputs = ++s->n;
	return true;
}

static bool excepted(const struct item *item, const char *name)
{
	for (size_t i = 0; i < item->nexcept; i++)
		if (strieq(item->except[i]->part[0], name))
			return true;
	return false;
}

static bool expand_star(struct select *s, const struct item *item)
{
	const struct node *star = item->expr;
	bool any = false;
	for (struct relation *r = s->scope->relations; r; r = r->next) {
		if (star->nparts && !relation_named(r, star->part, star->nparts))
			continue;
		any = true;
		for (size_t i = 0; i < r->ncolumns; i++) {
			const struct column *column = &r->columns[i];
			if ((column->hidden && !star->nparts) || excepted(item, column->name))
				continue;
			if (!add_output(s, column->name, bind_column(s->d, s->scope, column)))
				return false;
		}
	}
	if (!any && star->nparts)
		return sql_error_no_column(s->d->error, arena_printf(s->d->arena, "`%s`.*",
			star->part[0]), NULL);
	if (!any)
		return sql_error_set(s->d->error, "INVALID_USAGE_OF_STAR_OR_REGEX", "42000",
			"Invalid usage of '*' in SELECT without FROM.");
	return true;
}

static bool bind_items(struct select *s)
{
	s->n = s->scope->noutputs = 0;
	for (const struct item *item = s->body->items; item; item = item->next) {
		if (item->expr->kind == NODE_STAR) {
			if (!expand_star(s, item))
				return false;
			continue;
		}
		s->scope->loose = NULL;
		struct bound b = bind_expr(s->d, s->scope, item->expr);
		if (!add_output(s, item->alias ? item->alias : node_label(s->d, item->expr), b))
			return false;
		if (s->scope->grouped && (b.flags & BOUND_LOOSE))
			return select_not_grouped(s->d, s->scope, s->body->grouped);
	}
	return true;
}

bool select_not_grouped(struct dialect *d, const struct scope *scope, bool grouped)
{
	if (!grouped)
		return sql_error_set(d->error, "MISSING_GROUP_BY", "42803",
			"The query does not include a GROUP BY clause. "
			"Add GROUP BY or turn it into the window functions using OVER clauses.");
	const char *name = scope->loose ? scope->loose : "";
	return sql_error_set(d->error, "MISSING_AGGREGATION", "42803",
		"The non-aggregating expression \"%s\" is based on columns which are not "
		"participating in the GROUP BY clause. Add the columns or the expression to the "
		"GROUP BY, aggregate the expression, or use \"any_value(%s)\" if you do not care "
		"which of the values within a group is returned.", name, name);
}

/* A whole number in GROUP BY or ORDER BY is a position; *at counts from 0. */
bool select_ordinal(struct dialect *d, const struct node *node, size_t n, const char *clause,
	size_t *at, bool *is)
{
	*is = node->kind == NODE_LITERAL && type_is_whole(node->type);
	if (!*is)
		return true;
	long value = strtol(node->text, NULL, 10);
	if (value < 1 || (size_t)value > n)
		return sql_error_set(d->error, streq(clause, "GROUP BY")
			? "GROUP_BY_POS_OUT_OF_RANGE"
			: "ORDER_BY_POS_OUT_OF_RANGE", "42805",
			"%s position %ld is not in select list (valid range is [1, %zu]).",
			clause, value, n);
	*at = (size_t)value - 1;
	return true;
}

/* The select item with this alias, as long as the list holds no star before it. */
static const struct node *aliased_item(const struct body *body, const struct node *name)
{
	if (name->kind != NODE_NAME || name->nparts != 1)
		return NULL;
	for (const struct item *item = body->items; item; item = item->next)
		if (item->alias && strieq(item->alias, name->part[0]))
			return item->expr;
	return NULL;
}

static const struct node *numbered_item(const struct body *body, size_t at)
{
	const struct item *item = body->items;
	while (item && at--)
		item = item->next;
	return item ? item->expr : NULL;
}

static void add_key(struct select *s, struct bound b)
{
	if (!(b.flags & BOUND_COLUMN)) /* SQLite would take a constant for a position */
		b.sql = arena_printf(s->d->arena, "CAST(%s AS TEXT)", b.sql);
	s->scope->keys[s->scope->nkeys++] = b.sql;
}

static bool bind_keys(struct select *s)
{
	size_t items = 0;
	bool star = false;
	for (const struct item *item = s->body->items; item; item = item->next, items++)
		star = star || item->expr->kind == NODE_STAR;
	s->scope->keys = arena_alloc(s->d->arena, (s->body->ngroup + 1) * sizeof(*s->scope->keys));
	s->scope->no_aggregates = true;
	for (size_t i = 0; i < s->body->ngroup; i++) {
		const struct node *key = s->body->group[i], *named;
		size_t at = 0;
		bool ordinal;
		if (!select_ordinal(s->d, key, items, "GROUP BY", &at, &ordinal))
			return false;
		if (ordinal && star)
			return dialect_unsupported(s->d, "positions in GROUP BY beside *").sql;
		if (ordinal)
			key = numbered_item(s->body, at);
		else if (!scope_has_column(s->scope, key) && (named = aliased_item(s->body, key)))
			key = named;
		struct bound b = bind_expr(s->d, s->scope, key);
		if (!b.sql)
			return false;
		add_key(s, b);
	}
	s->scope->no_aggregates = false;
	return true;
}

/* GROUP BY ALL: every item without an aggregate is a key. */
static bool group_all(struct select *s)
{
	if (!bind_items(s))
		return false;
	s->scope->keys = arena_alloc(s->d->arena, (s->n + 1) * sizeof(*s->scope->keys));
	for (size_t i = 0; i < s->n; i++) {
		if (s->items[i].flags & BOUND_WINDOW)
			return dialect_unsupported(s->d, "window functions with GROUP BY ALL").sql;
		if (!(s->items[i].flags & BOUND_AGGREGATE))
			add_key(s, s->items[i]);
	}
	return true;
}

static bool bind_clause(struct select *s, const struct node *node, const char *clause,
	const char **out)
{
	if (!node)
		return true;
	s->scope->loose = NULL;
	struct bound b = bind_condition(s->d, s->scope, node, clause);
	if (b.sql && s->scope->grouped && (b.flags & BOUND_LOOSE))
		return select_not_grouped(s->d, s->scope, s->body->grouped);
	*out = b.sql;
	return b.sql != NULL;
}

static bool bind_list(struct select *s)
{
	const struct body *body = s->body;
	if (body->grouped && !(body->group_all ? group_all(s) : bind_keys(s)))
		return false;
	s->scope->grouped = body->grouped || body->having;
	if (!bind_items(s))
		return false;
	s->aggregated = s->scope->grouped;
	for (size_t i = 0; i < s->n; i++)
		s->aggregated = s->aggregated || (s->items[i].flags & BOUND_AGGREGATE);
	for (size_t i = 0; i < s->n; i++)
		if (s->aggregated && (s->items[i].flags & BOUND_LOOSE))
			return select_not_grouped(s->d, s->scope, body->grouped);
	s->scope->grouped = s->aggregated;
	return bind_clause(s, body->having, "HAVING", &s->having) &&
		bind_clause(s, body->qualify, "QUALIFY", &s->qualify);
}

/* ---- order ------------------------------------------------------------------ */

/* The output that an order term means, or s->n. */
static bool order_output(struct select *s, const struct order *o, size_t *at)
{
	bool ordinal;
	*at = s->n;
	if (!select_ordinal(s->d, o->by, s->n, "ORDER BY", at, &ordinal) || ordinal)
		return ordinal && *at < s->n;
	if (o->by->kind == NODE_NAME && o->by->nparts == 1)
		for (size_t i = 0; i < s->n && *at == s->n; i++)
			if (strieq(s->scope->outputs[i].name, o->by->part[0]))
				*at = i;
	return true;
}

static const char *direction(const struct order *o)
{
	if (!o->nulls_given)
		return o->desc ? " DESC" : "";
	return o->desc ? (o->nulls_first ? " DESC NULLS FIRST" : " DESC NULLS LAST")
		       : (o->nulls_first ? " NULLS FIRST" : " NULLS LAST");
}

/* Writes the terms to `order`; terms that are no outputs go to `extra` as hidden
 * columns o1.. when QUALIFY needs them carried outwards. */
static bool bind_sort(struct select *s, const struct query *query, struct str *order,
	struct str *extra)
{
	size_t nextra = 0;
	for (size_t i = 0; query->order_all && i < s->n; i++)
		str_addf(order, "%s%zu", i ? ", " : "", i + 1);
	for (const struct order *o = query->order; o; o = o->next) {
		size_t at;
		if (!order_output(s, o, &at))
			return false;
		struct bound b = { "", { 0 }, 0 };
		s->scope->loose = NULL;
		if (at == s->n)
			b = bind_expr(s->d, s->scope, o->by);
		if (!b.sql)
			return false;
		for (size_t i = 0; i < s->n && at == s->n; i++)
			if (streq(s->items[i].sql, b.sql))
				at = i;
		str_add(order, order->n ? ", " : "");
		if (at < s->n) {
			str_addf(order, "%zu%s", at + 1, direction(o));
			continue;
		}
		if (b.flags & BOUND_AGGREGATE && !s->aggregated)
			return select_not_grouped(s->d, s->scope, false);
		if (s->aggregated && (b.flags & BOUND_LOOSE))
			return select_not_grouped(s->d, s->scope, s->body->grouped);
		if (s->body->distinct)
			return sql_error_no_column(s->d->error, arena_printf(s->d->arena, "`%s`",
				o->by->source), NULL);
		if (s->qualify) {
			str_addf(extra, ", %s AS o%zu", b.sql, ++nextra);
			str_addf(order, "o%zu%s", nextra, direction(o));
		} else {
			str_addf(order, "%s%s%s%s", b.flags & BOUND_COLUMN ? "" : "CAST(", b.sql,
				b.flags & BOUND_COLUMN ? "" : " AS TEXT)", direction(o));
		}
	}
	return true;
}

/* ---- the text ---------------------------------------------------------------- */

static const char *select_text(struct select *s, const char *order, const char *extra,
	const char *limit)
{
	struct str out = STR_INIT;
	const struct body *body = s->body;
	str_addf(&out, "SELECT %s", body->distinct && !s->qualify ? "DISTINCT " : "");
	for (size_t i = 0; i < s->n; i++)
		str_addf(&out, "%s%s AS c%zu", i ? ", " : "", s->items[i].sql, i + 1);
	str_add(&out, extra);
	if (s->qualify)
		str_addf(&out, ", %s AS q", s->qualify);
	if (s->from.n)
		str_addf(&out, " FROM %s", str_text(&s->from));
	if (s->where.n)
		str_addf(&out, " WHERE %s", str_text(&s->where));
	for (size_t i = 0; i < s->scope->nkeys; i++)
		str_addf(&out, "%s%s", i ? ", " : " GROUP BY ", s->scope->keys[i]);
	if (s->having)
		str_addf(&out, " HAVING %s", s->having);
	if (s->qualify) {
		struct str outer = STR_INIT;
		str_addf(&outer, "SELECT %s", body->distinct ? "DISTINCT " : "");
		for (size_t i = 0; i < s->n; i++)
			str_addf(&outer, "%sc%zu", i ? ", " : "", i + 1);
		str_addf(&outer, " FROM (%s) WHERE q", str_text(&out));
		str_free(&out);
		out = outer;
	}
	if (*order)
		str_addf(&out, " ORDER BY %s", order);
	str_add(&out, limit);
	const char *sql = arena_strdup(s->d->arena, str_text(&out));
	str_free(&out);
	return sql;
}

static bool bind_where(struct select *s)
{
	if (s->body->from && !bind_from(s->d, s->scope, s->body->from, &s->from, &s->where))
		return false;
	if (!s->body->where)
		return true;
	s->scope->no_aggregates = true;
	struct bound b = bind_condition(s->d, s->scope, s->body->where, "WHERE");
	s->scope->no_aggregates = false;
	if (b.sql)
		str_addf(&s->where, "%s%s", s->where.n ? " AND " : "", b.sql);
	return b.sql != NULL;
}

bool bind_select(struct dialect *d, struct scope *scope, const struct body *body,
	const struct query *query, const char *limit, struct bound_query *out)
{
	struct select s = { .d = d, .scope = scope, .body = body, .from = STR_INIT,
		.where = STR_INIT };
	struct str order = STR_INIT, extra = STR_INIT;
	scope->windows = body->windows;
	bool ok = bind_where(&s) && bind_list(&s) && bind_sort(&s, query, &order, &extra);
	if (ok) {
		out->sql = select_text(&s, str_text(&order), str_text(&extra), limit);
		out->ncolumns = s.n;
		out->columns = arena_alloc(d->arena, (s.n + 1) * sizeof(*out->columns));
		for (size_t i = 0; i < s.n; i++)
			out->columns[i] = (struct column){ .name = scope->outputs[i].name,
				.sql = arena_printf(d->arena, "c%zu", i + 1),
				.type = s.items[i].type };
	}
	str_free(&s.from);
	str_free(&s.where);
	str_free(&order);
	str_free(&extra);
	return ok;
}
