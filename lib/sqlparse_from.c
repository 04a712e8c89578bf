/* FROM: tables, table functions, subqueries, joins. */
#include "sqlparse_int.h"
#include "str.h"

static struct sqlnode *table_expr(struct parser *p);

/* AS OF, TABLESAMPLE, PIVOT: kept as written behind the table. */
static void suffixes(struct parser *p, struct sqlnode *table)
{
	for (;;) {
		size_t from = p->at;
		if ((p_word(p, 0, "TIMESTAMP") || p_word(p, 0, "VERSION")) && p_word(p, 1, "AS")) {
			p->at += 3;
			if (p_more(p))
				p_skip(p);
			if (p_op(p, 0, "("))
				p_skip(p);
		} else if (p_word(p, 0, "TABLESAMPLE") || p_word(p, 0, "PIVOT") || p_word(p, 0,
			"UNPIVOT")) {
			while (p_more(p) && !p_op(p, 0, "("))
				p->at++;
			if (p_more(p))
				p_skip(p);
			if (p_take(p, "REPEATABLE") && p_op(p, 0, "("))
				p_skip(p);
		} else {
			return;
		}
		if (p->at > p->end)
			p->at = p->end;
		p_add(p, table, p_opaque(p, from));
	}
}

void p_table_alias(struct parser *p, struct sqlnode *table)
{
	suffixes(p, table);
	if (p_take(p, "AS")) {
		if (p_name(p, 0))
			table->alias = p_value(p);
		else if (!p_op(p, 0, "("))
			p_problem(p, "alias expected");
	} else if (p_name(p, 0) && !p_stop_word(p)) {
		table->alias = p_value(p);
	}
	if (p_op(p, 0, "("))
		p_add(p, table, p_column_names(p, SQLN_COLUMNS));
	suffixes(p, table);
}

static struct sqlnode *derived(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_DERIVED, NULL);
	p_need_op(p, "(", "bracket expected");
	p_add(p, node, p_query(p));
	p_need_op(p, ")", "closing bracket expected");
	p_table_alias(p, node);
	return node;
}

/* TABLE(f(x)) and TABLE(query) stand for what is inside. */
static struct sqlnode *table_of(struct parser *p)
{
	struct sqlnode *node;
	p->at++;
	if (p_query_in_bracket(p))
		return derived(p);
	p->at++;
	node = p_node(p, SQLN_TVF, NULL);
	p_parts(p, node);
	if (p_take_op(p, "(")) {
		p_call_args(p, node);
	} else {
		node->kind = SQLN_TABLE;
	}
	p_need_op(p, ")", "closing bracket expected");
	p_table_alias(p, node);
	return node;
}

static struct sqlnode *table_name(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_TABLE, NULL);
	if (sqllex_kind(&p->lex, p->at) == SQLTOK_STRING && p_more(p))
		sqlnode_name_add(p->arena, node, p_value(p));
	else if (p_stop_word(p) || !p_parts(p, node)) {
		p_problem(p, "table expected");
		return p_sync(p, "table expected");
	}
	if (p_op(p, 0, "(")) {
		p->at++;
		node->kind = SQLN_TVF;
		p_call_args(p, node);
	}
	p_table_alias(p, node);
	return node;
}

static struct sqlnode *table_primary(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *node;
	bool lateral = p_take(p, "LATERAL");
	if (p_query_in_bracket(p)) {
		node = derived(p);
	} else if (p_op(p, 0, "(")) {
		if (p_too_deep(p)) {
			p_skip(p);
			return p_opaque(p, from);
		}
		p->at++;
		node = table_expr(p);
		p_need_op(p, ")", "closing bracket expected");
		p->depth--;
		if (node && node->kind != SQLN_JOIN)
			p_table_alias(p, node);
		return node;
	} else if (p_take(p, "VALUES")) {
		node = p_values(p);
		p_table_alias(p, node);
	} else if (p_word(p, 0, "TABLE") && p_op(p, 1, "(")) {
		node = table_of(p);
	} else {
		node = table_name(p);
	}
	if (node && lateral)
		node->flags |= SQLF_LATERAL;
	return node ? p_span(p, node, from) : NULL;
}

/* Two spellings each; the text of the node is the last column. */
static const struct {
	const char *words[4];
	const char *text;
} join_kinds[] = {
	{ { "JOIN" }, "INNER" }, { { "INNER", "JOIN" }, "INNER" },
	{ { "CROSS", "JOIN" }, "CROSS" },
	{ { "LEFT", "JOIN" }, "LEFT" }, { { "LEFT", "OUTER", "JOIN" }, "LEFT" },
	{ { "RIGHT", "JOIN" }, "RIGHT" }, { { "RIGHT", "OUTER", "JOIN" }, "RIGHT" },
	{ { "FULL", "JOIN" }, "FULL" }, { { "FULL", "OUTER", "JOIN" }, "FULL" },
	{ { "LEFT", "SEMI", "JOIN" }, "LEFT SEMI" }, { { "SEMI", "JOIN" }, "LEFT SEMI" },
	{ { "LEFT", "ANTI", "JOIN" }, "LEFT ANTI" }, { { "ANTI", "JOIN" }, "LEFT ANTI" },
};

static struct sqlnode *join_word(struct parser *p)
{
	struct sqlnode *join = p_node(p, SQLN_JOIN, NULL);
	size_t from = p->at;
	if (p_take(p, "NATURAL"))
		join->flags |= SQLF_NATURAL;
	for (size_t k = 0; k < countof(join_kinds); k++) {
		size_t n = 0;
		while (n < 4 && join_kinds[k].words[n] && p_word(p, n, join_kinds[k].words[n]))
			n++;
		if (n == 4 || !join_kinds[k].words[n]) {
			p->at += n;
			join->text = join_kinds[k].text;
			return join;
		}
	}
	p->at = from;
	return NULL;
}

static void join_condition(struct parser *p, struct sqlnode *join)
{
	if (p_take(p, "ON")) {
		struct sqlnode *on = p_node(p, SQLN_ON, NULL);
		p_add(p, on, p_expr(p));
		p_add(p, on, p_sync(p, "end of join condition expected"));
		p_add(p, join, on);
	} else if (p_word(p, 0, "USING") && p_op(p, 1, "(")) {
		p->at++;
		p_add(p, join, p_column_names(p, SQLN_USING));
	}
}

/* LATERAL VIEW [OUTER] f(x) [name] [AS a, b] */
static struct sqlnode *lateral_view(struct parser *p)
{
	struct sqlnode *join = p_node(p, SQLN_JOIN, "LATERAL VIEW");
	struct sqlnode *call = p_node(p, SQLN_TVF, NULL), *columns = p_node(p, SQLN_COLUMNS, NULL);
	if (p_take(p, "OUTER"))
		join->flags |= SQLF_OUTER;
	if (!p_parts(p, call))
		p_problem(p, "function expected");
	if (p_take_op(p, "("))
		p_call_args(p, call);
	if (p_name(p, 0) && !p_stop_word(p))
		call->alias = p_value(p);
	if (p_take(p, "AS")) {
		do {
			struct sqlnode *column = p_node(p, SQLN_COLUMN, NULL);
			if (p_parts(p, column))
				p_add(p, columns, column);
		} while (p_take_op(p, ","));
		p_add(p, call, columns);
	}
	p_add(p, join, call);
	return join;
}

/* The join behind a table expression, without its left side; NULL: no join. */
static struct sqlnode *join_tail(struct parser *p)
{
	struct sqlnode *join;
	if (p_take2(p, "LATERAL", "VIEW"))
		return lateral_view(p);
	join = join_word(p);
	if (!join)
		return NULL;
	p_add(p, join, table_primary(p));
	join_condition(p, join);
	return join;
}

static struct sqlnode *table_expr(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *left = table_primary(p), *tail;
	while (left && left->height < SQLPARSE_MAX_HEIGHT && (tail = join_tail(p))) {
		struct sqlnode *join = p_node(p, SQLN_JOIN, tail->text);
		join->flags = tail->flags;
		p_add(p, join, left);
		for (size_t i = 0; i < tail->n; i++)
			p_add(p, join, tail->kid[i]);
		left = p_span(p, join, from);
	}
	return left;
}

struct sqlnode *p_from(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *node = p_node(p, SQLN_FROM, NULL);
	do {
		p_add(p, node, table_expr(p));
		p_add(p, node, p_sync(p, "end of FROM expected"));
	} while (p_take_op(p, ","));
	return p_span(p, node, from);
}
