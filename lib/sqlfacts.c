#include "sqlfacts.h"
#include "mem.h"
#include "sqlast.h"
#include "sqllex.h"
#include "str.h"

#include <stdio.h>
#include <string.h>

struct collector {
	struct arena *arena;
	struct sqlfacts *facts;
	struct sqlscope scope;
	enum sqlfact_clause clause;
	unsigned depth; /* of SELECTs; 1 is the outermost */
};

static void collect(struct collector *c, struct sqlnode *node);

const char *sqlfact_clause_text(enum sqlfact_clause clause)
{
	static const char *const texts[] = { "SELECT", "FROM", "WHERE", "GROUP BY", "HAVING",
		"QUALIFY", "ORDER BY", "" };
	return texts[clause];
}

/* Room for one more in an arena array that grows at powers of two; zeroed. */
static void *push(struct arena *arena, void *v, size_t *n, size_t size, void **out)
{
	if ((*n & (*n - 1)) == 0) {
		void *bigger = arena_alloc(arena, (*n ? 2 * *n : 1) * size);
		if (*n)
			memcpy(bigger, v, *n * size);
		v = bigger;
	}
	*out = (char *)v + *n * size;
	++*n;
	return v;
}
#define PUSH(c, array, count, out)                                                                \
	do {                                                                                      \
		void *push_p_;                                                                    \
		(array) = push((c)->arena, (array), &(count), sizeof(*(array)), &push_p_);        \
		(out) = push_p_;                                                                  \
	} while (0)

static void list_add(struct collector *c, struct sqlfact_list *list, const char *s)
{
	const char **place;
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->v[i], s))
			return;
	PUSH(c, list->v, list->n, place);
	*place = s;
}

/* ---- texts -------------------------------------------------------------- */

static const char *source_label(struct collector *c, const char *id)
{
	const struct sqlsource *source = sqlscope_find(&c->scope, id);
	const char *point;
	if (!source)
		return id;
	if (!*source->name)
		return source->alias ? source->alias : "subquery";
	point = strrchr(source->name, '.');
	return point ? point + 1 : source->name;
}

static void label(struct collector *c, struct sqlnode *node)
{
	if ((node->kind == SQLN_COLUMN || node->kind == SQLN_STAR) && node->nparts
		&& *node->part[0] == '#')
		node->part[0] = source_label(c, node->part[0]);
	if (node->alias && *node->alias == '#') {
		const struct sqlsource *source = sqlscope_find(&c->scope, node->alias);
		node->alias = source ? source->alias : NULL;
	}
	for (size_t i = 0; i < node->n; i++)
		label(c, node->kid[i]);
}

static const char *text_of(struct collector *c, const struct sqlnode *node)
{
	struct sqlnode *copy = sqlnode_copy(c->arena, node);
	label(c, copy);
	return sqlnode_text(c->arena, copy);
}

static void column_of(struct collector *c, const struct sqlnode *node, const char **table,
	const char **column)
{
	const struct sqlsource *source = sqlscope_find(&c->scope, node->part[0]);
	if (!source) {
		*table = NULL;
		*column = sqlnode_name(node);
		return;
	}
	*table = source->kind == SQLSRC_TABLE || source->kind == SQLSRC_TVF ? source->name : "";
	*column = node->nparts > 1 ? node->part[1] : "*";
}

/* The first column below a node, subqueries left out. */
static const struct sqlnode *first_column(const struct sqlnode *node)
{
	if (node->kind == SQLN_COLUMN)
		return node;
	for (size_t i = 0; i < node->n && node->kind != SQLN_QUERY; i++) {
		const struct sqlnode *found = first_column(node->kid[i]);
		if (found)
			return found;
	}
	return NULL;
}

/* ---- single facts ------------------------------------------------------- */

static void add_column(struct collector *c, const struct sqlnode *node)
{
	struct sqlfacts *f = c->facts;
	struct sqlfact_column column = { .clause = c->clause, .outermost = c->depth == 1 }, *place;
	if (node->nparts == 0)
		return;
	column_of(c, node, &column.table, &column.column);
	for (size_t i = 0; i < f->ncolumns; i++)
		if (streq(f->column[i].table, column.table) && streq(f->column[i].column,
			column.column)
			&& f->column[i].clause == column.clause)
			return;
	PUSH(c, f->column, f->ncolumns, place);
	*place = column;
}

static void add_table(struct collector *c, const struct sqlsource *source)
{
	struct sqlfacts *f = c->facts;
	struct sqlfact_table *place;
	if (source->kind != SQLSRC_TABLE && source->kind != SQLSRC_TVF)
		return;
	for (size_t i = 0; i < f->ntables; i++)
		if (streq(f->table[i].name, source->name))
			return;
	PUSH(c, f->table, f->ntables, place);
	*place = (struct sqlfact_table){ source->name, source->alias, source->kind == SQLSRC_TVF,
		c->depth == 1 };
}

static void add_call(struct collector *c, const struct sqlsource *source)
{
	struct sqlfact_call *place;
	const struct sqlnode *call = source->node;
	struct sqlfact_arg *arg = arena_alloc(c->arena, (call->n + 1) * sizeof(*arg));
	size_t n = 0;
	for (size_t i = 0; i < call->n; i++) {
		const struct sqlnode *kid = call->kid[i];
		if (kid->kind == SQLN_COLUMNS || kid->kind == SQLN_OPAQUE)
			continue;
		arg[n].name = kid->kind == SQLN_ARG ? kid->text : NULL;
		arg[n++].text = text_of(c, kid->kind == SQLN_ARG && kid->n ? kid->kid[0] : kid);
	}
	PUSH(c, c->facts->call, c->facts->ncalls, place);
	*place = (struct sqlfact_call){ source->name, arg, n };
}

static bool temporal(const struct sqlnode *node)
{
	static const char *const words[] = { "DATE", "TIME", "YEAR", "MONTH", "QUARTER", "WEEK",
		"DAY", "HOUR", "NOW",
		"EXTRACT", "LAST_DAY" };
	if (node->kind == SQLN_TYPED || node->kind == SQLN_INTERVAL)
		return true;
	if (node->kind == SQLN_FUNC || node->kind == SQLN_CAST)
		for (size_t i = 0; i < countof(words); i++)
			if (stristr(node->kind == SQLN_CAST ? node->text : sqlnode_name(node),
				words[i]))
				return true;
	if (node->kind == SQLN_STRING) {
		int y, m;
		if (sscanf(node->text, "%4d-%2d", &y, &m) == 2 && y > 1000 && m >= 1 && m <= 12)
			return true;
	}
	for (size_t i = 0; i < node->n; i++)
		if (node->kid[i]->kind != SQLN_QUERY && temporal(node->kid[i]))
			return true;
	return false;
}

static const char *test_op(const struct sqlnode *node)
{
	switch (node->kind) {
	case SQLN_BINARY: return strpbrk(node->text, "=<>") ? node->text : "";
	case SQLN_IN: return node->flags & SQLF_NOT ? "NOT IN" : "IN";
	case SQLN_LIKE: return node->text;
	case SQLN_BETWEEN: return node->flags & SQLF_NOT ? "NOT BETWEEN" : "BETWEEN";
	case SQLN_IS: return node->flags & SQLF_NOT ? "IS NOT" : "IS";
	case SQLN_EXISTS: return "EXISTS";
	default: return "";
	}
}

static const char *test_value(struct collector *c, const struct sqlnode *node)
{
	const char *value = node->kind == SQLN_IS ? node->text : "";
	for (size_t i = 1; *test_op(node) && i < node->n; i++)
		value = arena_printf(c->arena, "%s%s%s", value, i > 1 ? ", " : "", text_of(c,
			node->kid[i]));
	return value;
}

static void add_filters(struct collector *c, const struct sqlnode *node)
{
	struct sqlfact_filter *f;
	const struct sqlnode *column;
	if (node->kind == SQLN_AND) {
		for (size_t i = 0; i < node->n; i++)
			add_filters(c, node->kid[i]);
		return;
	}
	PUSH(c, c->facts->filter, c->facts->nfilters, f);
	*f = (struct sqlfact_filter){ .clause = c->clause, .text = text_of(c, node),
		.op = test_op(node),
		.value = test_value(c, node), .temporal = temporal(node),
			.outermost = c->depth == 1 };
	column = first_column(node);
	if (column)
		column_of(c, column, &f->table, &f->column);
}

static void add_aggregate(struct collector *c, const struct sqlnode *call)
{
	struct sqlfact_aggregate *a;
	const struct sqlnode *column = call->n ? first_column(call->kid[0]) : NULL;
	const char *argument = "";
	char *name = arena_strdup(c->arena, sqlnode_name(call));
	for (char *p = name; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	for (size_t i = 0; i < call->n && call->kid[i]->kind != SQLN_OVER
		&& call->kid[i]->kind != SQLN_FILTER
		&& call->kid[i]->kind != SQLN_WITHIN; i++)
		argument = arena_printf(c->arena, "%s%s%s", argument, i ? ", " : "", text_of(c,
			call->kid[i]));
	for (size_t i = 0; i < c->facts->naggregates; i++) { /* HAVING and ORDER BY repeat items */
		a = &c->facts->aggregate[i];
		if (streq(a->function, name) && streq(a->argument, argument)
			&& a->distinct == ((call->flags & SQLF_DISTINCT) != 0)
			&& a->window == (sqlnode_child(call, SQLN_OVER) != NULL))
			return;
	}
	PUSH(c, c->facts->aggregate, c->facts->naggregates, a);
	*a = (struct sqlfact_aggregate){ .function = name, .argument = argument,
		.distinct = call->flags & SQLF_DISTINCT,
		.window = sqlnode_child(call, SQLN_OVER) != NULL, .measure = streq(name, "MEASURE"),
			.clause = c->clause };
	if (column)
		column_of(c, column, &a->table, &a->column);
}

/* ---- joins -------------------------------------------------------------- */

/* a.x = b.y of two different sources? */
static bool joins_sources(const struct sqlnode *node)
{
	return node->kind == SQLN_BINARY && node->n == 2 && streq(node->text, "=")
		&& node->kid[0]->kind == SQLN_COLUMN && node->kid[1]->kind == SQLN_COLUMN
		&& node->kid[0]->nparts > 1 && node->kid[1]->nparts > 1
		&& !streq(node->kid[0]->part[0], node->kid[1]->part[0]);
}

static const struct sqlnode *first_equality(const struct sqlnode *node)
{
	if (joins_sources(node))
		return node;
	for (size_t i = 0; node->kind == SQLN_AND && i < node->n; i++)
		if (joins_sources(node->kid[i]))
			return node->kid[i];
	return NULL;
}

static const char *side_name(struct collector *c, const struct sqlnode *node, bool last)
{
	const struct sqlsource *source;
	while (node->kind == SQLN_JOIN && node->n > 1)
		node = node->kid[last];
	source = node->alias ? sqlscope_find(&c->scope, node->alias) : NULL;
	return source ? source->name : "";
}

static void join_tables(struct collector *c, struct sqlfact_join *join, const struct sqlnode *equal)
{
	const char *unused;
	column_of(c, equal->kid[0], &join->left, &unused);
	column_of(c, equal->kid[1], &join->right, &unused);
}

static void add_join(struct collector *c, const struct sqlnode *node)
{
	struct sqlfact_join *join;
	const struct sqlnode *on = sqlnode_child(node, SQLN_ON), *equal = on && on->n
		? first_equality(on->kid[0]) : NULL;
	PUSH(c, c->facts->join, c->facts->njoins, join);
	*join = (struct sqlfact_join){ .kind = node->text, .condition = on && on->n ? text_of(c,
		on->kid[0]) : "" };
	join->left = node->n > 0 ? side_name(c, node->kid[0], true) : "";
	join->right = node->n > 1 ? side_name(c, node->kid[1], false) : "";
	if (equal)
		join_tables(c, join, equal);
}

/* Equalities between two tables of a comma join stand in WHERE. */
static void add_where_joins(struct collector *c, const struct sqlnode *node)
{
	struct sqlfact_join *join;
	for (size_t i = 0; node->kind == SQLN_AND && i < node->n; i++)
		add_where_joins(c, node->kid[i]);
	if (!joins_sources(node))
		return;
	PUSH(c, c->facts->join, c->facts->njoins, join);
	*join = (struct sqlfact_join){ .kind = "INNER", .condition = text_of(c, node) };
	join_tables(c, join, node);
}

/* ---- the walk ----------------------------------------------------------- */

static void collect_source(struct collector *c, struct sqlnode *node)
{
	const struct sqlsource *source = node->alias ? sqlscope_find(&c->scope, node->alias) : NULL;
	if (node->kind == SQLN_JOIN) {
		for (size_t i = 0; i < node->n && i < 2; i++)
			collect_source(c, node->kid[i]);
		add_join(c, node);
		if (node->n > 2)
			collect(c, node->kid[2]);
		return;
	}
	if (source) {
		add_table(c, source);
		if (source->kind == SQLSRC_TVF)
			add_call(c, source);
	}
	for (size_t i = 0; i < node->n; i++)
		if (node->kid[i]->kind != SQLN_COLUMNS)
			collect(c, node->kid[i]);
}

static void add_call_facts(struct collector *c, const struct sqlnode *node)
{
	char *name = arena_strdup(c->arena, sqlnode_name(node));
	for (char *p = name; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	list_add(c, &c->facts->functions, name);
	if (node->nparts == 1 && sql_is_aggregate_name(name))
		add_aggregate(c, node);
	if (sqlnode_child(node, SQLN_OVER))
		list_add(c, &c->facts->windows, text_of(c, node));
}

static void select_facts(struct collector *c, struct sqlnode *select)
{
	static const struct {
		enum sqlnode_kind kind;
		enum sqlfact_clause clause;
	} clauses[] = {
		{ SQLN_ITEM, SQLFC_SELECT }, { SQLN_FROM, SQLFC_FROM }, { SQLN_WHERE, SQLFC_WHERE },
		{ SQLN_GROUP, SQLFC_GROUP }, { SQLN_HAVING, SQLFC_HAVING }, { SQLN_QUALIFY,
		SQLFC_QUALIFY },
	};
	struct sqlnode *from = sqlnode_child(select, SQLN_FROM);
	for (size_t i = 0; i < select->n; i++) {
		struct sqlnode *kid = select->kid[i];
		c->clause = SQLFC_OTHER;
		for (size_t k = 0; k < countof(clauses); k++)
			if (clauses[k].kind == kid->kind)
				c->clause = clauses[k].clause;
		if (c->clause == SQLFC_WHERE || c->clause == SQLFC_HAVING
			|| c->clause == SQLFC_QUALIFY) {
			enum sqlfact_clause clause = c->clause;
			if (kid->n)
				add_filters(c, kid->kid[0]);
			if (clause == SQLFC_WHERE && kid->n && from && from->n > 1)
				add_where_joins(c, kid->kid[0]);
			c->clause = clause;
		}
		collect(c, kid);
	}
}

static void outermost_select(struct collector *c, const struct sqlnode *select)
{
	const struct sqlnode *group = sqlnode_child(select, SQLN_GROUP);
	struct sqlfacts *f = c->facts;
	f->distinct = select->flags & SQLF_DISTINCT;
	for (size_t i = 0; i < select->n; i++) {
		const struct sqlnode *item = select->kid[i], *expr = item->n ? item->kid[0] : NULL;
		if (item->kind != SQLN_ITEM || !expr)
			continue;
		f->star = f->star || expr->kind == SQLN_STAR;
		list_add(c, &f->output, item->alias ? item->alias
			: expr->kind == SQLN_COLUMN ? sqlnode_name(expr) : text_of(c, expr));
	}
	for (size_t i = 0; group && i < group->n; i++)
		list_add(c, &f->group_by, text_of(c, group->kid[i]));
}

static void collect(struct collector *c, struct sqlnode *node)
{
	enum sqlfact_clause clause = c->clause;
	switch (node->kind) {
	case SQLN_SELECT:
		c->depth++;
		if (c->depth == 1)
			outermost_select(c, node);
		select_facts(c, node);
		c->depth--;
		c->clause = clause;
		return;
	case SQLN_CTE:
		list_add(c, &c->facts->ctes, arena_strdup(c->arena, node->alias ? node->alias
			: ""));
		c->depth++;
		if (node->n)
			collect(c, node->kid[0]);
		c->depth--;
		return;
	case SQLN_FROM:
		for (size_t i = 0; i < node->n; i++)
			collect_source(c, node->kid[i]);
		return;
	case SQLN_TABLE:
		collect_source(c, node);
		return;
	case SQLN_SETOP:
		list_add(c, &c->facts->set_operations, arena_printf(c->arena, "%s%s", node->text,
			node->flags & SQLF_ALL ? " ALL" : ""));
		break;
	case SQLN_COLUMN:
		add_column(c, node);
		return;
	case SQLN_FUNC:
		add_call_facts(c, node);
		break;
	case SQLN_PARAM:
		list_add(c, &c->facts->parameters, node->text);
		return;
	case SQLN_ORDER:
		if (c->clause == SQLFC_OTHER)
			c->clause = SQLFC_ORDER;
		break;
	default:
		break;
	}
	for (size_t i = 0; i < node->n; i++)
		collect(c, node->kid[i]);
	c->clause = clause;
}

static void outermost_tail(struct collector *c, const struct sqlnode *query)
{
	const struct sqlnode *limit = sqlnode_child(query, SQLN_LIMIT),
		*offset = sqlnode_child(query, SQLN_OFFSET);
	const struct sqlnode *order = sqlnode_child(query, SQLN_ORDER);
	if (limit && limit->n)
		c->facts->limit = text_of(c, limit->kid[0]);
	if (offset && offset->n)
		c->facts->offset = text_of(c, offset->kid[0]);
	for (size_t i = 0; order && i < order->n; i++) {
		struct sqlfact_order *place;
		PUSH(c, c->facts->order, c->facts->norders, place);
		place->text = order->kid[i]->n ? text_of(c, order->kid[i]->kid[0]) : "";
		place->desc = order->kid[i]->flags & SQLF_DESC;
	}
}

/* ${name} may stand anywhere, in quotes too. */
static void templates(struct collector *c, const char *sql)
{
	for (const char *s = strstr(sql, "${"); s; s = strstr(s + 2, "${")) {
		size_t n = strcspn(s + 2, "}\n");
		if (s[2 + n] == '}' && n > 0)
			list_add(c, &c->facts->parameters, arena_strndup(c->arena, s + 2, n));
	}
}

void sqlfacts(struct sqlfacts *facts, struct arena *arena, const char *sql,
	const struct sqlcatalog *catalog)
{
	struct collector c = { .arena = arena, .facts = facts, .clause = SQLFC_OTHER };
	struct sqlparse parse;
	*facts = (struct sqlfacts){ .kind = sql_statement_kind(sql) };
	sqlparse(&parse, arena, sql, 0);
	facts->problems = parse.problems;
	facts->problem = parse.problem;
	facts->problem_at = parse.problem_at;
	templates(&c, sql);
	if (!parse.query)
		return;
	sqlscope_resolve(&c.scope, arena, parse.root, catalog);
	for (size_t i = 0; i < c.scope.nunresolved; i++)
		list_add(&c, &facts->unresolved, c.scope.unresolved[i]);
	outermost_tail(&c, parse.query);
	collect(&c, parse.query);
}

bool sqlfacts_uses(const struct sqlfacts *facts, const char *name)
{
	for (size_t i = 0; i < facts->ntables; i++)
		if (sql_same_name(facts->table[i].name, name))
			return true;
	return false;
}
