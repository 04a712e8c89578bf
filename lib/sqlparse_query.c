/* Queries: WITH, SELECT and its clauses, set operations, VALUES. */
#include "sqlparse_int.h"
#include "str.h"

struct sqlnode *p_column_names(struct parser *p, enum sqlnode_kind kind)
{
	struct sqlnode *list = p_node(p, kind, NULL);
	p_need_op(p, "(", "bracket expected");
	while (p_more(p) && !p_op(p, 0, ")")) {
		struct sqlnode *column = p_node(p, SQLN_COLUMN, NULL);
		if (p_parts(p, column))
			p_add(p, list, column);
		else
			p_skip(p);
		while (p_more(p) && !p_op(p, 0, ",") && !p_op(p, 0, ")"))
			p_skip(p); /* a type or comment behind the name */
		if (!p_take_op(p, ","))
			break;
	}
	p_need_op(p, ")", "closing bracket expected");
	return list;
}

static struct sqlnode *cte(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_CTE, NULL), *columns = NULL;
	if (p_name(p, 0))
		node->alias = p_value(p);
	else
		p_problem(p, "name of a common table expression expected");
	if (p_op(p, 0, "(") && !p_query_in_bracket(p))
		columns = p_column_names(p, SQLN_COLUMNS);
	if (p_take2(p, "MAX", "RECURSION")) {
		p_take(p, "LEVEL");
		p->at += p_more(p);
	}
	p_take(p, "AS");
	p_need_op(p, "(", "query in brackets expected");
	p_add(p, node, p_query(p));
	p_need_op(p, ")", "closing bracket expected");
	p_add(p, node, columns);
	return node;
}

static struct sqlnode *with(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_WITH, NULL);
	if (p_take(p, "RECURSIVE"))
		node->flags |= SQLF_RECURSIVE;
	do {
		size_t from = p->at;
		p_add(p, node, cte(p));
		if (p->at == from)
			break;
	} while (p_take_op(p, ","));
	return node;
}

static void item_alias(struct parser *p, struct sqlnode *item)
{
	if (p_take(p, "AS")) {
		if (p_name(p, 0) || sqllex_kind(&p->lex, p->at) == SQLTOK_STRING)
			item->alias = p_value(p);
		else if (p_op(p, 0, "(")) /* a, b from a generator */
			p_add(p, item, p_column_names(p, SQLN_COLUMNS));
		else
			p_problem(p, "alias expected");
	} else if (p_name(p, 0) && !p_stop_word(p)) {
		item->alias = p_value(p);
	}
}

static struct sqlnode *item(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *node = p_node(p, SQLN_ITEM, NULL);
	p_add(p, node, p_expr(p));
	item_alias(p, node);
	p_add(p, node, p_sync(p, "comma or FROM expected"));
	return p_span(p, node, from);
}

static void items(struct parser *p, struct sqlnode *select)
{
	do {
		/* Databricks allows a comma behind the last item */
		if (select->n > 0 && (p_word(p, 0, "FROM") || !p_more(p)))
			break;
		p_add(p, select, item(p));
	} while (p_take_op(p, ","));
}

void p_expr_list(struct parser *p, struct sqlnode *list)
{
	do {
		p_add(p, list, p_expr(p));
		p_add(p, list, p_sync(p, "comma expected"));
	} while (p_take_op(p, ","));
}

static struct sqlnode *clause(struct parser *p, enum sqlnode_kind kind)
{
	size_t from = p->at - 1;
	struct sqlnode *node = p_node(p, kind, NULL);
	p_add(p, node, p_expr(p));
	p_add(p, node, p_sync(p, "end of clause expected"));
	return p_span(p, node, from);
}

static struct sqlnode *group(struct parser *p)
{
	static const char *const with_words[] = { "ROLLUP", "CUBE", NULL };
	struct sqlnode *node = p_node(p, SQLN_GROUP, NULL);
	size_t from = p->at;
	if (p_word(p, 0, "ALL") && !p_op(p, 1, ".") && !p_op(p, 1, "(")) {
		p->at++;
		node->flags |= SQLF_ALL;
		return p_span(p, node, from);
	}
	do {
		if (p_take2(p, "GROUPING", "SETS")) {
			struct sqlnode *sets = p_node(p, SQLN_FUNC, NULL);
			sqlnode_name_add(p->arena, sets, "GROUPING SETS");
			p_need_op(p, "(", "bracket expected");
			p_call_args(p, sets);
			p_add(p, node, sets);
			continue;
		}
		p_add(p, node, p_expr(p));
		p_add(p, node, p_sync(p, "comma expected"));
	} while (p_take_op(p, ","));
	if (p_word(p, 0, "WITH") && (p_word(p, 1, "ROLLUP") || p_word(p, 1, "CUBE"))) {
		p->at++;
		node->text = p_take_any(p, with_words);
	}
	return p_span(p, node, from);
}

struct sqlnode *p_order(struct parser *p)
{
	struct sqlnode *order = p_node(p, SQLN_ORDER, "ORDER");
	size_t from = p->at;
	do {
		struct sqlnode *key = p_node(p, SQLN_KEY, NULL);
		size_t start = p->at;
		p_add(p, key, p_expr(p));
		if (p_take(p, "DESC"))
			key->flags |= SQLF_DESC;
		else
			p_take(p, "ASC");
		if (p_take2(p, "NULLS", "FIRST"))
			key->flags |= SQLF_NULLS_FIRST;
		else if (p_take2(p, "NULLS", "LAST"))
			key->flags |= SQLF_NULLS_LAST;
		p_add(p, key, p_sync(p, "comma expected"));
		p_add(p, order, p_span(p, key, start));
	} while (p_take_op(p, ","));
	return p_span(p, order, from);
}

static struct sqlnode *windows(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_WINDOWS, NULL);
	do {
		struct sqlnode *over = p_node(p, SQLN_OVER, NULL);
		if (p_name(p, 0))
			over->alias = p_value(p);
		p_take(p, "AS");
		if (p_take_op(p, "("))
			p_over_body(p, over);
		else if (p_name(p, 0))
			over->text = p_value(p);
		p_add(p, node, over);
	} while (p_take_op(p, ","));
	return node;
}

static void after_from(struct parser *p, struct sqlnode *select)
{
	if (p_take(p, "WHERE"))
		p_add(p, select, clause(p, SQLN_WHERE));
	if (p_take2(p, "GROUP", "BY"))
		p_add(p, select, group(p));
	if (p_take(p, "HAVING"))
		p_add(p, select, clause(p, SQLN_HAVING));
	/* the two may come in either order */
	for (int i = 0; i < 2; i++) {
		if (p_take(p, "QUALIFY"))
			p_add(p, select, clause(p, SQLN_QUALIFY));
		if (p_word(p, 0, "WINDOW") && p_name(p, 1) && p_word(p, 2, "AS")) {
			p->at++;
			p_add(p, select, windows(p));
		}
	}
}

static struct sqlnode *select_core(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *select = p_node(p, SQLN_SELECT, NULL), *source = NULL;
	if (p_take(p, "FROM"))
		source = p_from(p);
	if (p_take(p, "SELECT")) {
		if (p_take(p, "DISTINCT"))
			select->flags |= SQLF_DISTINCT;
		else
			p_take(p, "ALL");
		items(p, select);
	} else if (source) { /* FROM t alone selects everything */
		struct sqlnode *all = p_node(p, SQLN_ITEM, NULL);
		p_add(p, all, p_node(p, SQLN_STAR, NULL));
		p_add(p, select, all);
	}
	if (!source && p_take(p, "FROM"))
		source = p_from(p);
	p_add(p, select, source);
	after_from(p, select);
	return p_span(p, select, from);
}

struct sqlnode *p_values(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_VALUES, NULL);
	p_expr_list(p, node);
	return node;
}

/* One operand of a set operation. */
static struct sqlnode *operand(struct parser *p)
{
	struct sqlnode *node;
	if (p_word(p, 0, "SELECT") || p_word(p, 0, "FROM"))
		return select_core(p);
	if (p_take(p, "VALUES")) {
		node = p_values(p);
		p_table_alias(p, node);
		return node;
	}
	if (p_take(p, "TABLE")) {
		node = p_node(p, SQLN_TABLE, NULL);
		p_parts(p, node);
		return node;
	}
	if (p_take_op(p, "(")) {
		node = p_query(p);
		p_need_op(p, ")", "closing bracket expected");
		return node;
	}
	if (p_word(p, 0, "WITH"))
		return p_query(p);
	p_problem(p, "query expected");
	return p_sync(p, "query expected");
}

static bool set_operator(struct parser *p, bool intersect, struct sqlnode **op)
{
	static const char *const wide[] = { "UNION", "EXCEPT", "MINUS", NULL };
	static const char *const narrow[] = { "INTERSECT", NULL };
	const char *word = p_take_any(p, intersect ? narrow : wide);
	if (!word)
		return false;
	*op = p_node(p, SQLN_SETOP, streq(word, "MINUS") ? "EXCEPT" : word);
	if (p_take(p, "ALL"))
		(*op)->flags |= SQLF_ALL;
	else
		p_take(p, "DISTINCT");
	if (p_take2(p, "BY", "NAME"))
		(*op)->flags |= SQLF_BY_NAME;
	return true;
}

/* INTERSECT binds tighter than UNION and EXCEPT. */
static struct sqlnode *set_operands(struct parser *p, bool intersect)
{
	size_t from = p->at;
	struct sqlnode *left = intersect ? operand(p) : set_operands(p, true), *op;
	while (left && left->height < SQLPARSE_MAX_HEIGHT && set_operator(p, intersect, &op)) {
		p_add(p, op, left);
		p_add(p, op, intersect ? operand(p) : set_operands(p, true));
		left = p_span(p, op, from);
	}
	return left;
}

static const char *sort_words(struct parser *p)
{
	static const char *const words[] = { "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", NULL };
	return p_word(p, 1, "BY") ? p_take_any(p, words) : NULL;
}

static struct sqlnode *limit(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_LIMIT, NULL);
	if (p_take(p, "ALL"))
		node->flags |= SQLF_ALL;
	else
		p_add(p, node, p_expr(p));
	return node;
}

static void query_tail(struct parser *p, struct sqlnode *query)
{
	const char *word;
	while ((word = sort_words(p))) {
		struct sqlnode *order;
		p_take(p, "BY");
		order = p_order(p);
		order->text = word;
		p_add(p, query, order);
	}
	for (int i = 0; i < 2; i++) {
		if (p_take(p, "LIMIT"))
			p_add(p, query, limit(p));
		if (p_take(p, "OFFSET")) {
			struct sqlnode *offset = p_node(p, SQLN_OFFSET, NULL);
			p_add(p, offset, p_expr(p));
			p_add(p, query, offset);
			if (!p_take(p, "ROWS"))
				p_take(p, "ROW");
		}
	}
}

struct sqlnode *p_query(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *query = p_node(p, SQLN_QUERY, NULL);
	if (p_too_deep(p)) {
		while (p_more(p) && !p_op(p, 0, ")"))
			p_skip(p);
		p_add(p, query, p_opaque(p, from));
		return query;
	}
	if (p_take(p, "WITH"))
		p_add(p, query, with(p));
	p_add(p, query, set_operands(p, false));
	query_tail(p, query);
	/* what is left before the closing bracket belongs to nothing known */
	if (p_more(p) && !p_op(p, 0, ")")) {
		size_t rest = p->at;
		p_problem(p, "end of query expected");
		while (p_more(p) && !p_op(p, 0, ")"))
			p_skip(p);
		p_add(p, query, p_opaque(p, rest));
	}
	p->depth--;
	return p_span(p, query, from);
}
