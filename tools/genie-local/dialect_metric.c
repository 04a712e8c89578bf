/* dialect_metric.c - metric views: source and joins become the FROM clause, a
 * dimension its expression, MEASURE(x) the expression of the measure.
 *
 * The relation that a query sees has the dimensions and measures as columns;
 * their SQL speaks of the tables behind, so grouping, filters and HAVING work
 * on it as on any expression. Joins are LEFT OUTER, as the format defines.
 */
#include "dialect.h"
#include "engine_int.h"

#include "json.h"
#include "str.h"

#include <string.h>

struct metric {
	struct scope *base;         /* source and joins under their names, for expressions */
	struct relation *relation;
	struct bound *measures;     /* one per column; sql NULL until used */
	bool *busy;                 /* being bound: a measure in terms of itself */
	struct node **exprs;
};

static bool bad_view(struct dialect *d, const char *text)
{
	return sql_error_set(d->error, "METRIC_VIEW_INVALID_VIEW_DEFINITION", "42K0E",
		"The metric view definition is invalid. Reason: %s.", text);
}

static struct node *parse_text(struct dialect *d, const char *text)
{
	struct parser p;
	parser_init(&p, d->arena, arena_strdup(d->arena, text), d->error);
	struct node *node = parse_expr(&p);
	return node && parser_end(&p) ? node : NULL;
}

/* A table by name, or a query. */
static struct relation *source_relation(struct dialect *d, struct scope *scope, const char *text)
{
	struct parser p;
	parser_init(&p, d->arena, arena_strdup(d->arena, text), d->error);
	if (parse_at_query(&p)) {
		struct query *query = parse_query(&p);
		struct bound_query bound;
		if (!query || !parser_end(&p) || !bind_query(d, scope, query, &bound))
			return NULL;
		return relation_of_query(d, &bound, NULL);
	}
	struct cat_name *name = arena_alloc(d->arena, sizeof(*name));
	if (!cat_name_parse(trim(arena_strdup(d->arena, text)), d->arena, name)) {
		bad_view(d, arena_printf(d->arena, "source `%s` is no table and no query", text));
		return NULL;
	}
	struct relation *r = relation_of_name(d, scope, name);
	if (r && r->metric) {
		dialect_unsupported(d, "a metric view over a metric view");
		return NULL;
	}
	return r;
}

/* on: a condition; using: names on both sides. */
static const char *join_on(struct dialect *d, struct scope *base, const struct json *join,
	const struct relation *parent, const struct relation *right)
{
	const char *on = json_str_or(join, "on", NULL);
	if (on) {
		struct node *node = parse_text(d, on);
		return node ? bind_condition(d, base, node, "JOIN").sql : NULL;
	}
	const char *sql = NULL;
	for (struct json *item = json_first(json_get(join,
		"using")); item; item = json_next(item)) {
		const char *name = json_text(item), *left = NULL, *other = NULL;
		for (size_t i = 0; name && i < parent->ncolumns; i++)
			left = strieq(parent->columns[i].name, name) ? parent->columns[i].sql
				: left;
		for (size_t i = 0; name && i < right->ncolumns; i++)
			other = strieq(right->columns[i].name, name) ? right->columns[i].sql
				: other;
		if (!left || !other) {
			sql_error_no_column(d->error, name ? name : "", NULL);
			return NULL;
		}
		sql = arena_printf(d->arena, "%s%s%s = %s", sql ? sql : "", sql ? " AND " : "",
			left, other);
	}
	if (!sql)
		bad_view(d, "a join needs `on` or `using`");
	return sql;
}

static bool add_joins(struct dialect *d, struct scope *base, const struct json *joins,
	const struct relation *parent, struct relation **last, struct str *from)
{
	if (!dialect_enter(d))
		return false;
	for (struct json *join = json_first(joins); join; join = json_next(join)) {
		const char *name = arena_strdup(d->arena, json_str_or(join, "name", "")),
			*source = json_str_or(join, "source", "");
		struct relation *r = source_relation(d, base, source);
		if (!r)
			return false;
		if (streq(json_str_or(join, "cardinality", ""), "one_to_many"))
			return dialect_unsupported(d, "a metric view join of cardinality"
				" one_to_many").sql;
		r->alias = name;
		/* parent.child reaches a nested join; only qualified names reach a join at all */
		r->part[0] = NULL;
		r->part[1] = parent->alias;
		r->part[2] = name;
		for (size_t i = 0; i < r->ncolumns; i++)
			r->columns[i].hidden = true;
		(*last)->next = r;
		*last = r;
		const char *on = join_on(d, base, join, parent, r);
		if (!on)
			return false;
		str_addf(from, " LEFT JOIN %s ON %s", r->sql, on);
		if (!add_joins(d, base, json_get(join, "joins"), r, last, from))
			return false;
	}
	d->depth--;
	return true;
}

/* Adds the columns of one list; dimensions are bound at once, in order, so that a
 * later one may speak of an earlier. */
static bool add_columns(struct dialect *d, struct metric *m, const struct json *list, bool measure)
{
	struct relation *r = m->relation;
	for (struct json *item = json_first(list); item; item = json_next(item)) {
		struct column *column = &r->columns[r->ncolumns];
		struct node *expr = parse_text(d, json_str_or(item, "expr", ""));
		if (!expr)
			return false;
		if (measure && json_get(item, "window"))
			return dialect_unsupported(d, "window measures of metric views").sql;
		*column = (struct column){ .name = arena_strdup(d->arena, json_str_or(item, "name",
			"")),
			.sql = "NULL", .type = type_of(TYPE_ANY), .measure = measure };
		m->exprs[r->ncolumns] = expr;
		if (!measure) {
			m->base->no_aggregates = true;
			struct bound b = bind_expr(d, m->base, expr);
			m->base->no_aggregates = false;
			if (!b.sql)
				return false;
			column->sql = b.sql;
			column->type = b.type;
			/* A dimension hides what the source calls by the same name only for
			 * others. */
			m->base->outputs = r->columns;
			m->base->noutputs = r->ncolumns + 1;
		}
		r->ncolumns++;
	}
	return true;
}

static struct relation *build(struct dialect *d, const struct cat_table *view,
	const struct json *yaml)
{
	struct metric *m = arena_alloc(d->arena, sizeof(*m));
	struct relation *r = m->relation = arena_alloc(d->arena, sizeof(*r));
	const struct json *dimensions = json_get(yaml, "dimensions"), *measures = json_get(yaml,
		"measures");
	if (!dimensions)
		dimensions = json_get(yaml, "fields");
	size_t n = json_len(dimensions) + json_len(measures) + 1;
	r->columns = arena_alloc(d->arena, n * sizeof(*r->columns));
	m->exprs = arena_alloc(d->arena, n * sizeof(*m->exprs));
	m->measures = arena_alloc(d->arena, n * sizeof(*m->measures));
	m->busy = arena_alloc(d->arena, n * sizeof(*m->busy));
	m->base = arena_alloc(d->arena, sizeof(*m->base));
	m->base->own_names = true;
	m->base->where = (struct cat_scope){ view->catalog, view->schema };
	struct relation *source = source_relation(d, m->base, json_str_or(yaml, "source", ""));
	if (!source)
		return NULL;
	source->alias = "source";
	m->base->relations = source;
	struct str from = STR_INIT;
	str_addf(&from, "%s", source->sql);
	struct relation *last = source;
	bool ok = add_joins(d, m->base, json_get(yaml, "joins"), source, &last, &from) &&
		add_columns(d, m, dimensions, false) && add_columns(d, m, measures, true);
	r->sql = arena_strdup(d->arena, str_text(&from));
	str_free(&from);
	const char *filter = json_str_or(yaml, "filter", NULL);
	if (ok && filter) {
		struct node *node = parse_text(d, filter);
		m->base->no_aggregates = true;
		r->filter = node ? bind_condition(d, m->base, node, "filter").sql : NULL;
		m->base->no_aggregates = false;
		ok = r->filter != NULL;
	}
	r->metric = m;
	return ok ? r : NULL;
}

struct relation *metric_relation(struct dialect *d, struct scope *scope UNUSED,
	const struct cat_table *view)
{
	struct err err = { 0 };
	struct json *yaml = catalog_metric_view(d->catalog, view, &err);
	if (!yaml) {
		bad_view(d, err.text);
		return NULL;
	}
	struct relation *r = NULL;
	if (dialect_enter(d)) {
		r = build(d, view, yaml);
		d->depth--;
	}
	json_free(yaml);
	return r;
}

/* The text of measure i, bound over the tables behind the view. */
static struct bound measure_bound(struct dialect *d, struct metric *m, size_t i)
{
	struct column *column = &m->relation->columns[i];
	if (m->measures[i].sql)
		return m->measures[i];
	if (m->busy[i]) {
		bad_view(d, arena_printf(d->arena, "measure `%s` is defined by itself",
			column->name));
		return bound_fail();
	}
	m->busy[i] = true;
	m->base->metric = m;
	m->base->grouped = true;
	bool in_aggregate = m->base->in_aggregate;
	m->base->in_aggregate = false;
	m->base->loose = NULL;
	struct bound b = bind_expr(d, m->base, m->exprs[i]);
	m->base->in_aggregate = in_aggregate;
	m->busy[i] = false;
	if (b.sql && (b.flags & BOUND_LOOSE)) {
		bad_view(d, arena_printf(d->arena, "measure `%s` uses a column outside of an"
			" aggregate",
			column->name));
		return bound_fail();
	}
	if (b.sql)
		m->measures[i] = (struct bound){ arena_printf(d->arena, "(%s)", b.sql), b.type,
			BOUND_AGGREGATE | BOUND_COLUMN };
	return m->measures[i];
}

bool metric_check(struct dialect *d, const struct cat_table *view)
{
	struct relation *r = metric_relation(d, NULL, view);
	if (!r)
		return false;
	for (size_t i = 0; i < r->ncolumns; i++)
		if (r->columns[i].measure && !measure_bound(d, r->metric, i).sql)
			return false;
	return true;
}

struct bound metric_measure(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct metric *m = scope->metric;
	if (node->nargs != 1 || node->arg[0]->kind != NODE_NAME || node->distinct || node->filter ||
	    node->over) {
		sql_error_set(d->error, "METRIC_VIEW_INVALID_MEASURE_FUNCTION_INPUT", "42K0E",
			"The MEASURE() function only takes an attribute as input, but got \"%s\".",
			node->nargs ? node->arg[0]->source : "");
		return bound_fail();
	}
	const struct node *name = node->arg[0];
	const char *last = name->part[name->nparts - 1];
	if (!m) {
		sql_error_set(d->error, "UNSUPPORTED_EXPR_FOR_OPERATOR", "42K0E",
			"MEASURE(%s) is only possible over a metric view.", last);
		return bound_fail();
	}
	if (name->nparts > 1 && !relation_named(m->relation, name->part, name->nparts - 1)) {
		sql_error_no_column(d->error, arena_printf(d->arena, "`%s`.`%s`", name->part[0],
			last), NULL);
		return bound_fail();
	}
	for (size_t i = 0; i < m->relation->ncolumns; i++) {
		if (!strieq(m->relation->columns[i].name, last))
			continue;
		if (m->relation->columns[i].measure)
			return measure_bound(d, m, i);
		sql_error_set(d->error, "METRIC_VIEW_INVALID_MEASURE_FUNCTION_INPUT", "42K0E",
			"The MEASURE() function only takes a measure column as input, but `%s` is"
			" a dimension.",
			last);
		return bound_fail();
	}
	struct node plain = *name;
	return bind_name(d, scope, &plain); /* for its error and suggestions */
}
