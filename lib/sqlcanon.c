/* Queries in one form: CTEs in, FROM flat, subqueries merged, names given. Values
 * and conditions are in sqlcanon_expr.c. */
#include "sqlcanon_int.h"
#include "str.h"

#include <string.h>

struct walk {
	struct canon c;
	struct sqlcanon *out;
};

static void canon_query(struct walk *w, struct sqlnode *query, bool outermost);

/* ---- pieces of a SELECT ------------------------------------------------- */

/* The clause of a SELECT, made when it is not there. */
static struct sqlnode *need(struct walk *w, struct sqlnode *select, enum sqlnode_kind kind)
{
	struct sqlnode *clause = sqlnode_child(select, kind);
	if (!clause) {
		clause = sqlnode_new(w->c.arena, kind, NULL);
		sqlnode_add(w->c.arena, select, clause);
	}
	return clause;
}

static void drop(struct sqlnode *node, const struct sqlnode *kid)
{
	size_t n = 0;
	for (size_t i = 0; i < node->n; i++)
		if (node->kid[i] != kid)
			node->kid[n++] = node->kid[i];
	node->n = n;
}

static bool in_select(const struct sqlnode *select, bool (*has)(const struct sqlnode *))
{
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind != SQLN_FROM && has(select->kid[i]))
			return true;
	return false;
}

/* The SELECT of a query that is nothing else; NULL when there is more to it. */
static struct sqlnode *only_select(const struct sqlnode *query)
{
	return query->kind == SQLN_QUERY && query->n == 1 && query->kid[0]->kind == SQLN_SELECT
		? query->kid[0] : NULL;
}

/* ---- FROM --------------------------------------------------------------- */

static void flatten(struct walk *w, struct sqlnode *list, struct sqlnode *where,
	struct sqlnode *node)
{
	struct sqlnode *on = sqlnode_child(node, SQLN_ON), *left, *right;
	/* [right, ON] is what an earlier pass left of a join */
	if (node->kind != SQLN_JOIN || node->n < 2 || node->kid[1]->kind == SQLN_ON || (node->flags & SQLF_NATURAL)
		|| streq(node->text, "FULL")) {
		sqlnode_add(w->c.arena, list, node);
		return;
	}
	left = node->kid[0];
	right = node->kid[1];
	if (streq(node->text, "INNER") || streq(node->text, "CROSS")) {
		flatten(w, list, where, left);
		flatten(w, list, where, right);
		if (on && on->n)
			canon_split(&w->c, where, canon_expr(&w->c, on->kid[0]));
		return;
	}
	if (streq(node->text, "RIGHT")) {
		if (left->kind == SQLN_JOIN) {
			sqlnode_add(w->c.arena, list, node);
			return;
		}
		left = node->kid[1];
		right = node->kid[0];
		node->text = "LEFT";
	}
	flatten(w, list, where, left);
	drop(node, left);
	node->kid[0] = right;
	if (on && on->n) {
		struct sqlnode *all = sqlnode_new(w->c.arena, SQLN_ON, NULL);
		canon_split(&w->c, all, canon_expr(&w->c, on->kid[0]));
		canon_conjuncts(&w->c, all);
		on->kid = all->kid;
		on->n = all->n;
	}
	sqlnode_add(w->c.arena, list, node);
}

/* A LEFT join whose right side cannot be NULL by WHERE is an inner one. */
static void promote(struct walk *w, struct sqlnode *from, struct sqlnode *where)
{
	for (size_t i = 0; i < from->n; i++) {
		struct sqlnode *join = from->kid[i], *on;
		bool rejected = false;
		if (join->kind != SQLN_JOIN || !streq(join->text, "LEFT") || join->n == 0
			|| !join->kid[0]->alias)
			continue;
		for (size_t k = 0; k < where->n && !rejected; k++)
			rejected = canon_rejects_null(where->kid[k], join->kid[0]->alias);
		on = sqlnode_child(join, SQLN_ON);
		if (!rejected || !on)
			continue;
		for (size_t k = 0; k < on->n; k++)
			canon_split(&w->c, where, on->kid[k]);
		from->kid[i] = join->kid[0];
	}
}

/* ---- merging subqueries ------------------------------------------------- */

static bool plain_select(const struct sqlnode *select)
{
	return !(select->flags & SQLF_DISTINCT) && !sqlnode_child(select, SQLN_GROUP)
		&& !sqlnode_child(select, SQLN_HAVING)
		&& !sqlnode_child(select, SQLN_QUALIFY) && !sqlnode_child(select, SQLN_WINDOWS)
			&& sqlnode_child(select, SQLN_FROM)
		&& !in_select(select, sql_has_aggregate) && !in_select(select, sql_has_window);
}

/* (SELECT columns FROM .. WHERE ..) as a source: its sources and conditions move out. */
static bool merge_plain(struct walk *w, struct sqlnode *select, struct sqlnode *query,
	struct sqlnode *from, size_t at)
{
	struct sqlnode *derived = from->kid[at], *inner = derived->n ? only_select(derived->kid[0])
		: NULL;
	struct sqlnode *sources, *conditions, *where;
	const char *id = derived->alias;
	if (!inner || derived->n > 1 || !plain_select(inner) || !canon_can_replace(w->c.arena,
		select, id, inner)
		|| !canon_can_replace(w->c.arena, query, id, inner))
		return false;
	sources = sqlnode_child(inner, SQLN_FROM);
	conditions = sqlnode_child(inner, SQLN_WHERE);
	drop(from, derived);
	canon_replace(w->c.arena, query, id, inner);
	for (size_t i = 0; i < sources->n; i++)
		sqlnode_add(w->c.arena, from, sources->kid[i]);
	where = need(w, select, SQLN_WHERE);
	for (size_t i = 0; conditions && i < conditions->n; i++)
		sqlnode_add(w->c.arena, where, conditions->kid[i]);
	return true;
}

/* SELECT a FROM (SELECT .. GROUP BY ..) WHERE c: the outer part only chooses and
 * filters, so c becomes HAVING or QUALIFY of the inner one. */
static bool merge_outer(struct walk *w, struct sqlnode *select, struct sqlnode *query,
	struct sqlnode *from)
{
	struct sqlnode *derived = from->n == 1 ? from->kid[0] : NULL, *inner, *where, *into;
	const char *id;
	bool windows;
	if (!derived || derived->kind != SQLN_DERIVED || derived->n != 1 || !plain_select(select))
		return false;
	inner = only_select(derived->kid[0]);
	id = derived->alias;
	if (!inner || (inner->flags & SQLF_DISTINCT) || sqlnode_child(inner, SQLN_WINDOWS)
		|| !canon_can_replace(w->c.arena, query, id, inner))
		return false;
	windows = in_select(inner, sql_has_window);
	canon_replace(w->c.arena, query, id, inner);
	where = sqlnode_child(select, SQLN_WHERE);
	for (size_t i = 0; where && i < where->n; i++) {
		bool late = windows || sql_has_window(where->kid[i]);
		into = need(w, inner, late ? SQLN_QUALIFY : SQLN_HAVING);
		sqlnode_add(w->c.arena, into, where->kid[i]);
	}
	for (size_t i = 0; i < inner->n; i++)
		if (inner->kid[i]->kind == SQLN_ITEM)
			drop(inner, inner->kid[i--]);
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM)
			sqlnode_add(w->c.arena, inner, select->kid[i]);
	*select = *inner;
	return true;
}

/* ---- one SELECT --------------------------------------------------------- */

static void canon_kid_queries(struct walk *w, struct sqlnode *node)
{
	for (size_t i = 0; i < node->n; i++) {
		if (node->kid[i]->kind == SQLN_QUERY)
			canon_query(w, node->kid[i], false);
		else
			canon_kid_queries(w, node->kid[i]);
	}
}

/* EXISTS (SELECT .. FROM o WHERE o.k = outer.k AND rest) is outer.k IN (SELECT o.k
 * FROM o WHERE rest) when it is asked in the positive. */
static struct sqlnode *exists_to_in(struct walk *w, struct sqlnode *test)
{
	struct sqlnode *select = test->kind == SQLN_EXISTS && !(test->flags & SQLF_NOT) && test->n
		? only_select(test->kid[0]) : NULL;
	struct sqlnode *from, *where, *equal = NULL, *in, *item;
	const char *id;
	size_t mine = 0;
	if (!select || !plain_select(select))
		return test;
	from = sqlnode_child(select, SQLN_FROM);
	where = sqlnode_child(select, SQLN_WHERE);
	if (from->n != 1 || !(id = from->kid[0]->alias) || !where)
		return test;
	for (size_t i = 0; i < where->n; i++) {
		struct sqlnode *e = where->kid[i];
		bool columns = e->kind == SQLN_BINARY && streq(e->text, "=")
			&& e->kid[0]->kind == SQLN_COLUMN
			&& e->kid[1]->kind == SQLN_COLUMN && e->kid[0]->nparts == 2
				&& e->kid[1]->nparts == 2;
		if (columns && streq(e->kid[0]->part[0], id) != streq(e->kid[1]->part[0], id)) {
			if (equal)
				return test; /* two correlations */
			equal = e;
			mine = streq(e->kid[1]->part[0], id);
		}
	}
	if (!equal)
		return test;
	drop(where, equal);
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM)
			drop(select, select->kid[i--]);
	item = sqlnode_new(w->c.arena, SQLN_ITEM, NULL);
	sqlnode_add(w->c.arena, item, equal->kid[mine]);
	sqlnode_add(w->c.arena, select, item);
	in = sqlnode_new(w->c.arena, SQLN_IN, NULL);
	sqlnode_add(w->c.arena, in, equal->kid[!mine]);
	sqlnode_add(w->c.arena, in, test->kid[0]);
	return in;
}

/* IN (SELECT DISTINCT ..): the DISTINCT does nothing. */
static void in_distinct(struct sqlnode *test)
{
	struct sqlnode *select = test->kind == SQLN_IN && test->n == 2 ? only_select(test->kid[1])
		: NULL;
	if (select)
		select->flags &= ~(unsigned)SQLF_DISTINCT;
}

/* What EXISTS selects does not matter. */
static void exists_items(struct walk *w, struct sqlnode *test)
{
	struct sqlnode *select, *item;
	if (test->kind == SQLN_NOT && test->n)
		test = test->kid[0];
	select = test->kind == SQLN_EXISTS && test->n ? only_select(test->kid[0]) : NULL;
	if (!select || !plain_select(select))
		return;
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM)
			drop(select, select->kid[i--]);
	item = sqlnode_new(w->c.arena, SQLN_ITEM, NULL);
	sqlnode_add(w->c.arena, item, sqlnode_new(w->c.arena, SQLN_NUMBER, "1"));
	sqlnode_add(w->c.arena, select, item);
}

static void canon_clause(struct walk *w, struct sqlnode *clause)
{
	struct sqlnode *list = sqlnode_new(w->c.arena, SQLN_TUPLE, NULL);
	for (size_t i = 0; i < clause->n; i++)
		canon_split(&w->c, list, canon_expr(&w->c, clause->kid[i]));
	for (size_t i = 0; i < list->n; i++) {
		list->kid[i] = exists_to_in(w, list->kid[i]);
		in_distinct(list->kid[i]);
		exists_items(w, list->kid[i]);
	}
	canon_conjuncts(&w->c, list);
	clause->kid = list->kid;
	clause->n = list->n;
	clause->cap = list->cap;
}

/* HAVING without aggregates filters rows as well as groups, when there are groups. */
static void having_to_where(struct walk *w, struct sqlnode *select)
{
	struct sqlnode *having = sqlnode_child(select, SQLN_HAVING), *group = sqlnode_child(select,
		SQLN_GROUP);
	bool plain = !group && !in_select(select, sql_has_aggregate);
	size_t n = 0;
	if (!having || (!plain && (!group || group->n == 0 || group->text)))
		return;
	for (size_t i = 0; i < having->n; i++) {
		if (sql_has_aggregate(having->kid[i]) || sql_has_window(having->kid[i]))
			having->kid[n++] = having->kid[i];
		else
			sqlnode_add(w->c.arena, need(w, select, SQLN_WHERE), having->kid[i]);
	}
	having->n = n;
}

static struct sqlnode *item_list(struct walk *w, const struct sqlnode *select)
{
	struct sqlnode *list = sqlnode_new(w->c.arena, SQLN_TUPLE, NULL);
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_ITEM && select->kid[i]->n)
			sqlnode_add(w->c.arena, list, select->kid[i]->kid[0]);
	canon_sort(&w->c, list);
	return list;
}

/* GROUP BY exactly what is selected, without aggregates, is DISTINCT. */
static void group_to_distinct(struct walk *w, struct sqlnode *select)
{
	struct sqlnode *group = sqlnode_child(select, SQLN_GROUP), *items;
	if (!group)
		return;
	canon_sort(&w->c, group);
	items = item_list(w, select);
	if (group->text || items->n != group->n || sqlnode_child(select, SQLN_HAVING)
		|| in_select(select, sql_has_aggregate) || in_select(select, sql_has_window))
		return;
	for (size_t i = 0; i < group->n; i++)
		if (!canon_same(&w->c, group->kid[i], items->kid[i]))
			return;
	drop(select, group);
	select->flags |= SQLF_DISTINCT;
}

static void drop_empty(struct sqlnode *select)
{
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->n == 0 && !select->kid[i]->text
			&& (select->kid[i]->kind == SQLN_WHERE
			|| select->kid[i]->kind == SQLN_HAVING
				|| select->kid[i]->kind == SQLN_QUALIFY))
			drop(select, select->kid[i--]);
}

static void canon_from(struct walk *w, struct sqlnode *select, struct sqlnode *query)
{
	struct sqlnode *from = sqlnode_child(select, SQLN_FROM), *list, *where = need(w, select,
		SQLN_WHERE);
	bool again = true;
	while (from && again) {
		again = false;
		list = sqlnode_new(w->c.arena, SQLN_FROM, NULL);
		for (size_t i = 0; i < from->n; i++)
			flatten(w, list, where, from->kid[i]);
		from->kid = list->kid;
		from->n = list->n;
		from->cap = list->cap;
		for (size_t i = 0; i < from->n && !again; i++)
			again = from->kid[i]->kind == SQLN_DERIVED && merge_plain(w, select, query,
				from, i);
	}
	canon_clause(w, where);
	if (from) {
		promote(w, from, where);
		canon_conjuncts(&w->c, where);
	}
}

static void canon_select(struct walk *w, struct sqlnode *select, struct sqlnode *query)
{
	bool outer = w->c.grouped;
	struct sqlnode *from;
	canon_kid_queries(w, select);
	canon_from(w, select, query);
	from = sqlnode_child(select, SQLN_FROM);
	if (from)
		merge_outer(w, select, query, from);
	w->c.grouped = sqlnode_child(select, SQLN_GROUP) != NULL;
	for (size_t i = 0; i < select->n; i++) {
		struct sqlnode *kid = select->kid[i];
		if (kid->kind == SQLN_HAVING || kid->kind == SQLN_QUALIFY)
			canon_clause(w, kid);
		else if (kid->kind == SQLN_ITEM || kid->kind == SQLN_GROUP
			|| kid->kind == SQLN_WINDOWS)
			select->kid[i] = canon_expr(&w->c, kid);
	}
	for (size_t i = 0; i < query->n; i++)
		if (query->kid[i]->kind == SQLN_ORDER)
			query->kid[i] = canon_expr(&w->c, query->kid[i]);
	w->c.grouped = outer;
	having_to_where(w, select);
	for (size_t i = 0; i < select->n; i++)
		if (select->kid[i]->kind == SQLN_WHERE)
			canon_clause(w, select->kid[i]);
	canon_drop_joins(&w->c, query, select);
	drop_empty(select);
	group_to_distinct(w, select);
	canon_drop_distinct(&w->c, select);
}

/* ---- queries ------------------------------------------------------------ */

/* UNION is DISTINCT anyway; so are the sides of EXCEPT and INTERSECT. */
static void canon_setop(struct walk *w, struct sqlnode *node)
{
	for (size_t i = 0; i < node->n; i++) {
		struct sqlnode *kid = node->kid[i];
		if (kid->kind == SQLN_QUERY)
			canon_query(w, kid, false);
		else if (kid->kind == SQLN_SETOP)
			canon_setop(w, kid);
		else if (kid->kind == SQLN_SELECT)
			canon_select(w, kid, kid);
		if (kid->kind == SQLN_SELECT && !(node->flags & SQLF_ALL))
			kid->flags &= ~(unsigned)SQLF_DISTINCT;
	}
	if (streq(node->text, "UNION") && !(node->flags & SQLF_ALL))
		canon_union_distinct(node);
	if (node->n == 2 && !streq(node->text, "EXCEPT"))
		canon_sort(&w->c, node);
	if (node->n == 1) /* both sides the same: keep two */
		sqlnode_add(w->c.arena, node, node->kid[0]);
}

static void canon_tail(struct walk *w, struct sqlnode *query, bool outermost)
{
	struct sqlnode *limit = sqlnode_child(query, SQLN_LIMIT), *offset = sqlnode_child(query,
		SQLN_OFFSET);
	if (offset && offset->n && offset->kid[0]->kind == SQLN_NUMBER
		&& streq(offset->kid[0]->text, "0")) {
		drop(query, offset);
		offset = NULL;
	}
	if (limit && (limit->flags & SQLF_ALL)) {
		drop(query, limit);
		limit = NULL;
	}
	if (!outermost && !limit && !offset) /* the order of a subquery means nothing */
		for (size_t i = 0; i < query->n; i++)
			if (query->kid[i]->kind == SQLN_ORDER)
				drop(query, query->kid[i--]);
	(void)w;
}

static void canon_query(struct walk *w, struct sqlnode *query, bool outermost)
{
	canon_tail(w, query, outermost);
	for (size_t i = 0; i < query->n; i++) {
		struct sqlnode *kid = query->kid[i];
		if (kid->kind == SQLN_SELECT)
			canon_select(w, kid, query);
		else if (kid->kind == SQLN_SETOP)
			canon_setop(w, kid);
		else if (kid->kind == SQLN_QUERY)
			canon_query(w, kid, outermost && query->n == 1);
		else if (kid->kind != SQLN_ORDER)
			canon_kid_queries(w, kid);
	}
	if (query->n == 1 && query->kid[0]->kind == SQLN_QUERY)
		*query = *query->kid[0];
	canon_distinct_union(query);
}

/* ---- names -------------------------------------------------------------- */

static void name_sources(struct walk *w, struct sqlnode *node, const char **names, size_t *given)
{
	const struct sqlsource *source = node->alias ? sqlscope_find(&w->out->scope, node->alias)
		: NULL;
	if (source && !names[source - w->out->scope.source]) {
		const char *point = strrchr(source->name, '.'), *base = point ? point + 1
			: *source->name ? source->name : "subquery";
		size_t same = 1;
		for (size_t i = 0; i < *given; i++)
			same += streq(names[w->out->scope.n + 1 + i], base);
		names[w->out->scope.n + 1 + (*given)++] = base;
		names[source - w->out->scope.source] = same == 1 ? base : arena_printf(w->c.arena,
			"%s#%zu", base, same);
	}
	for (size_t i = 0; i < node->n; i++)
		name_sources(w, node->kid[i], names, given);
}

static void put_names(struct walk *w, struct sqlnode *node, const char **names)
{
	const struct sqlsource *source = node->alias ? sqlscope_find(&w->out->scope, node->alias)
		: NULL;
	if (source && names[source - w->out->scope.source])
		node->alias = names[source - w->out->scope.source];
	source = (node->kind == SQLN_COLUMN || node->kind == SQLN_STAR) && node->nparts
		? sqlscope_find(&w->out->scope, node->part[0]) : NULL;
	if (source && names[source - w->out->scope.source]) {
		const char **part = arena_alloc(w->c.arena, node->nparts * sizeof(*part));
		memcpy(part, node->part, node->nparts * sizeof(*part));
		part[0] = names[source - w->out->scope.source];
		node->part = part;
	}
	for (size_t i = 0; i < node->n; i++)
		put_names(w, node->kid[i], names);
}

/* Merging left the parts of a SELECT in any order. */
static void order_clauses(struct walk *w, struct sqlnode *select)
{
	static const enum sqlnode_kind order[] = { SQLN_ITEM, SQLN_FROM, SQLN_WHERE, SQLN_GROUP,
		SQLN_HAVING, SQLN_QUALIFY,
		SQLN_WINDOWS };
	struct sqlnode *sorted = sqlnode_new(w->c.arena, SQLN_SELECT, NULL);
	for (size_t k = 0; k <= countof(order); k++)
		for (size_t i = 0; i < select->n; i++) {
			bool known = false;
			for (size_t x = 0; x < countof(order); x++)
				known = known || order[x] == select->kid[i]->kind;
			if (k < countof(order) ? select->kid[i]->kind == order[k] : !known)
				sqlnode_add(w->c.arena, sorted, select->kid[i]);
		}
	select->kid = sorted->kid;
	select->n = sorted->n;
	select->cap = sorted->cap;
}

/* Names are in place: everything that goes by text is sorted again, and output
 * names become the text of what they stand for. */
static void sort_again(struct walk *w, struct sqlnode *node)
{
	for (size_t i = 0; i < node->n; i++)
		sort_again(w, node->kid[i]);
	if (node->kind == SQLN_WHERE || node->kind == SQLN_HAVING || node->kind == SQLN_QUALIFY
		|| node->kind == SQLN_ON
		|| node->kind == SQLN_AND || node->kind == SQLN_OR || node->kind == SQLN_GROUP)
		canon_sort(&w->c, node);
	if (node->kind == SQLN_BINARY && node->n == 2 && strchr("=<>", *node->text)) {
		struct sqlnode *turned = canon_expr(&w->c, node);
		if (turned->kind == SQLN_BINARY)
			*node = *turned;
	}
	if ((node->kind == SQLN_FUNC || node->kind == SQLN_TVF) && node->n
		&& node->kid[0]->kind == SQLN_ARG)
		canon_sort(&w->c, node);
	if (node->kind == SQLN_FROM && node->n > 1)
		canon_sort(&w->c, node);
	if (node->kind == SQLN_ITEM)
		node->alias = NULL;
	if (node->kind == SQLN_SELECT)
		order_clauses(w, node);
}

void sqlcanon(struct sqlcanon *out, struct arena *arena, const char *sql,
	const struct sqlcatalog *catalog,
	unsigned options)
{
	struct walk w = { .c = { arena, catalog, &out->scope, false }, .out = out };
	struct sqlparse parse;
	const char **names;
	size_t given = 0;
	*out = (struct sqlcanon){ 0 };
	sqlparse(&parse, arena, sql, options);
	out->query = parse.query;
	out->problems = parse.problems;
	out->problem = parse.problem;
	if (!parse.query)
		return;
	if (canon_weight(parse.query) < SQLCANON_MAX_NODES)
		canon_inline_ctes(arena, parse.query);
	sqlscope_resolve(&out->scope, arena, parse.query, catalog);
	if (canon_weight(parse.query) < SQLCANON_MAX_NODES)
		canon_query(&w, parse.query, true);
	names = arena_alloc(arena, 2 * (out->scope.n + 1) * sizeof(*names));
	name_sources(&w, parse.query, names, &given);
	put_names(&w, parse.query, names);
	sort_again(&w, parse.query);
	out->name = names;
}

const char *sqlcanon_table(const struct sqlcanon *canon, const char *label)
{
	for (size_t i = 0; i < canon->scope.n; i++)
		if (canon->name && streq(canon->name[i], label)
			&& (canon->scope.source[i].kind == SQLSRC_TABLE
			|| canon->scope.source[i].kind == SQLSRC_TVF))
			return canon->scope.source[i].name;
	return "";
}
