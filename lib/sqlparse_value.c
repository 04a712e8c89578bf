/* What a value can begin with: literals, names, calls, CASE, CAST, brackets. */
#include "sqlparse_value.h"
#include "sqlparse_int.h"
#include "str.h"

/* Nested < > and ( ) belong to the type. `>>` closes two. */
const char *p_type(struct parser *p)
{
	struct str out = STR_INIT;
	size_t angle = 0, round = 0;
	char *text;
	if (p_name(p, 0))
		str_add(&out, sqllex_text(&p->lex, p->at++, p->arena));
	else
		p_problem(p, "type expected");
	while (p_more(p)) {
		bool open = p_op(p, 0, "<"), in = angle > 0 || round > 0;
		if (open)
			angle++;
		else if (p_op(p, 0, "("))
			round++;
		else if (p_op(p, 0, ">") && angle > 0)
			angle--;
		else if (p_op(p, 0, ">>") && angle > 1)
			angle -= 2;
		else if (p_op(p, 0, ")") && round > 0)
			round--;
		else if (!in)
			break;
		text = sqllex_text(&p->lex, p->at, p->arena);
		if (in && p_name(p, 0) && p_name(p, 1))
			text = arena_printf(p->arena, "%s ", text);
		str_add(&out, p_op(p, 0, ",") ? ", " : text);
		p->at++;
	}
	text = arena_strdup(p->arena, str_text(&out));
	str_free(&out);
	for (char *c = text; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return text;
}

static struct sqlnode *cast(struct parser *p, bool try)
{
	struct sqlnode *node = p_node(p, SQLN_CAST, "");
	p->at += 2;
	node->flags = try ? SQLF_TRY : 0;
	p_add(p, node, p_expr(p));
	if (p_take(p, "AS"))
		node->text = p_type(p);
	else
		p_problem(p, "AS of CAST expected");
	while (p_more(p) && !p_op(p, 0, ")"))
		p_skip(p);
	p_need_op(p, ")", "closing bracket expected");
	return node;
}

static struct sqlnode *case_when(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_CASE, NULL);
	p->at++;
	if (!p_word(p, 0, "WHEN")) {
		p_add(p, node, p_expr(p));
		node->flags |= SQLF_HAS_OPERAND;
	}
	while (p_take(p, "WHEN")) {
		struct sqlnode *when = p_node(p, SQLN_WHEN, NULL);
		p_add(p, when, p_expr(p));
		if (!p_take(p, "THEN"))
			p_problem(p, "THEN expected");
		p_add(p, when, p_expr(p));
		p_add(p, node, when);
	}
	if (p_take(p, "ELSE")) {
		struct sqlnode *other = p_node(p, SQLN_ELSE, NULL);
		p_add(p, other, p_expr(p));
		p_add(p, node, other);
	}
	if (!p_take(p, "END"))
		p_problem(p, "END of CASE expected");
	return node;
}

/* INTERVAL 3 DAYS, INTERVAL '3' DAY, INTERVAL '1-2' YEAR TO MONTH, INTERVAL '3 days'.
 * Compound ones (1 day 2 hours) stay opaque behind the first unit. */
static struct sqlnode *interval(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_INTERVAL, NULL);
	size_t from = p->at++;
	bool minus = p_take_op(p, "-");
	struct sqlnode *value = p_primary(p);
	if (minus) {
		struct sqlnode *negative = p_node(p, SQLN_UNARY, "-");
		p_add(p, negative, value);
		value = negative;
	}
	p_add(p, node, value);
	if (p_name(p, 0) && !p_stop_word(p)) {
		char *unit = p_value(p);
		if (p_take(p, "TO") && p_name(p, 0))
			unit = arena_printf(p->arena, "%s TO %s", unit, p_value(p));
		for (char *c = unit; *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		node->text = unit;
	}
	return p_span(p, node, from);
}

/* INTERVAL may also be the name of a column: what follows decides. */
static bool interval_ahead(struct parser *p)
{
	bool value;
	p->at++;
	value = p_more(p) && !p_stop_word(p)
		&& (sqllex_kind(&p->lex, p->at) != SQLTOK_OP || p_op(p, 0, "-") || p_op(p, 0, "("));
	p->at--;
	return value;
}

static struct sqlnode *frame(struct parser *p)
{
	struct str out = STR_INIT;
	struct sqlnode *node = p_node(p, SQLN_FRAME, NULL);
	while (p_more(p) && !p_op(p, 0, ")")) {
		char *text = sqllex_text(&p->lex, p->at, p->arena);
		for (char *c = text; *c && sqllex_kind(&p->lex, p->at) == SQLTOK_WORD; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		str_addf(&out, "%s%s", out.n ? " " : "", text);
		p->at++;
	}
	node->text = arena_strdup(p->arena, str_text(&out));
	str_free(&out);
	return node;
}

struct sqlnode *p_over_body(struct parser *p, struct sqlnode *over)
{
	if (p_name(p, 0) && !p_word(p, 1, "BY") && !p_word(p, 0, "ROWS") && !p_word(p, 0, "RANGE"))
		over->text = p_value(p);
	if (p_take2(p, "PARTITION", "BY") || p_take2(p, "DISTRIBUTE", "BY")) {
		struct sqlnode *partition = p_node(p, SQLN_PARTITION, NULL);
		p_expr_list(p, partition);
		p_add(p, over, partition);
	}
	if (p_take2(p, "ORDER", "BY") || p_take2(p, "SORT", "BY"))
		p_add(p, over, p_order(p));
	if (p_more(p) && !p_op(p, 0, ")"))
		p_add(p, over, frame(p));
	p_need_op(p, ")", "closing bracket expected");
	return over;
}

/* WITHIN GROUP, FILTER, IGNORE NULLS, OVER behind a call. */
static void call_suffixes(struct parser *p, struct sqlnode *call)
{
	if (p_take2(p, "WITHIN", "GROUP") && p_take_op(p, "(")) {
		struct sqlnode *within = p_node(p, SQLN_WITHIN, NULL);
		if (p_take2(p, "ORDER", "BY"))
			p_add(p, within, p_order(p));
		p_need_op(p, ")", "closing bracket expected");
		p_add(p, call, within);
	}
	if (p_word(p, 0, "FILTER") && p_op(p, 1, "(")) {
		struct sqlnode *filter = p_node(p, SQLN_FILTER, NULL);
		p->at += 2;
		p_take(p, "WHERE");
		p_add(p, filter, p_expr(p));
		p_need_op(p, ")", "closing bracket expected");
		p_add(p, call, filter);
	}
	if (p_take2(p, "IGNORE", "NULLS"))
		call->text = "IGNORE NULLS";
	else
		p_take2(p, "RESPECT", "NULLS");
	if (p_word(p, 0, "OVER") && (p_op(p, 1, "(") || p_name(p, 1))) {
		struct sqlnode *over = p_node(p, SQLN_OVER, NULL);
		p->at++;
		if (p_take_op(p, "("))
			p_over_body(p, over);
		else
			over->text = p_value(p);
		p_add(p, call, over);
	}
}

static struct sqlnode *argument(struct parser *p)
{
	struct sqlnode *node;
	if (p_name(p, 0) && p_op(p, 1, "=>")) {
		node = p_node(p, SQLN_ARG, p_value(p));
		p->at++;
		p_add(p, node, p_expr(p));
		return node;
	}
	if (p_word(p, 0, "TABLE") && (p_op(p, 1, "(") || p_name(p, 1))) { /* table argument */
		size_t from = p->at;
		while (p_more(p) && !p_op(p, 0, ",") && !p_op(p, 0, ")"))
			p_skip(p);
		return p_opaque(p, from);
	}
	if (p_query_ahead(p) && !p_op(p, 0, "(")) {
		node = p_node(p, SQLN_SCALAR, NULL);
		p_add(p, node, p_query(p));
		return node;
	}
	node = p_expr(p);
	if (p_take(p, "AS") && p_name(p, 0)) { /* STRUCT(a AS b) */
		struct sqlnode *field = p_node(p, SQLN_ITEM, NULL);
		field->alias = p_value(p);
		p_add(p, field, node);
		return field;
	}
	return node;
}

void p_call_args(struct parser *p, struct sqlnode *call)
{
	if (p_take(p, "DISTINCT"))
		call->flags |= SQLF_DISTINCT;
	else if (!p_op(p, 1, ")") && !p_op(p, 1, ","))
		p_take(p, "ALL");
	if (!p_op(p, 0, ")")) {
		do {
			p_add(p, call, argument(p));
			if (p_take2(p, "IGNORE", "NULLS"))
				call->text = "IGNORE NULLS";
			if (p_take2(p, "ORDER", "BY")) /* ordered aggregates of other dialects */
				p_add(p, call, p_order(p));
			p_add(p, call, p_sync(p, "comma or closing bracket expected"));
		} while (p_take_op(p, ","));
	}
	p_need_op(p, ")", "closing bracket expected");
}

/* EXTRACT(unit FROM x) becomes EXTRACT(unit, x); POSITION, TRIM, SUBSTRING and
 * OVERLAY with their words keep them apart as arguments. */
static struct sqlnode *worded_call(struct parser *p, struct sqlnode *call)
{
	static const char *const words[] = { "FROM", "IN", "FOR", "PLACING", "USING", NULL };
	size_t before;
	do {
		before = p->at;
		p_add(p, call, p_expr(p));
		p_take_op(p, ",");
		p_take_any(p, words);
	} while (p_more(p) && !p_op(p, 0, ")") && p->at > before && !p_stop_word(p));
	p_need_op(p, ")", "closing bracket expected");
	return call;
}

static bool worded(const struct sqlnode *call)
{
	return sqlnode_is_call(call, "EXTRACT") || sqlnode_is_call(call, "TRIM")
		|| sqlnode_is_call(call, "SUBSTRING") || sqlnode_is_call(call, "SUBSTR")
		|| sqlnode_is_call(call, "OVERLAY");
}

static struct sqlnode *star(struct parser *p, struct sqlnode *name)
{
	struct sqlnode *node = p_node(p, SQLN_STAR, NULL);
	if (name) {
		node->part = name->part;
		node->nparts = name->nparts;
	}
	if ((p_word(p, 0, "EXCEPT") || p_word(p, 0, "EXCLUDE")) && p_op(p, 1, "(") && !p_word(p, 2,
		"SELECT")) {
		struct sqlnode *names;
		p->at++;
		names = p_column_names(p, SQLN_COLUMNS);
		for (size_t i = 0; i < names->n; i++)
			p_add(p, node, names->kid[i]);
	}
	return node;
}

static struct sqlnode *lambda(struct parser *p, struct sqlnode *params)
{
	struct sqlnode *node = p_node(p, SQLN_LAMBDA, NULL);
	if (params->kind == SQLN_TUPLE)
		for (size_t i = 0; i < params->n; i++)
			p_add(p, node, params->kid[i]);
	else
		p_add(p, node, params);
	p->at++;
	p_add(p, node, p_expr(p));
	return node;
}

static struct sqlnode *named(struct parser *p)
{
	struct sqlnode *node = p_node(p, SQLN_COLUMN, NULL);
	p_parts(p, node);
	if (p_op(p, 0, ".") && p_op(p, 1, "*")) {
		p->at += 2;
		return star(p, node);
	}
	if (p_op(p, 0, "->") && node->nparts == 1)
		return lambda(p, node);
	if (!p_take_op(p, "("))
		return node;
	node->kind = SQLN_FUNC;
	if (worded(node) && !p_op(p, 0, ")"))
		worded_call(p, node);
	else
		p_call_args(p, node);
	call_suffixes(p, node);
	return node;
}

static struct sqlnode *bracket(struct parser *p)
{
	struct sqlnode *node, *tuple;
	if (p_query_in_bracket(p)) {
		p->at++;
		node = p_node(p, SQLN_SCALAR, NULL);
		p_add(p, node, p_query(p));
		p_need_op(p, ")", "closing bracket expected");
		return node;
	}
	tuple = p_node(p, SQLN_TUPLE, NULL);
	p->at++;
	if (!p_op(p, 0, ")")) {
		do {
			node = p_expr(p);
			if (p_take(p, "AS") && p_name(p, 0)) { /* a field of a struct */
				struct sqlnode *field = p_node(p, SQLN_ITEM, NULL);
				field->alias = p_value(p);
				p_add(p, field, node);
				node = field;
			}
			p_add(p, tuple, node);
			p_add(p, tuple, p_sync(p, "comma or closing bracket expected"));
		} while (p_take_op(p, ","));
	}
	p_need_op(p, ")", "closing bracket expected");
	if (p_op(p, 0, "->"))
		return lambda(p, tuple);
	return tuple->n == 1 ? tuple->kid[0] : tuple;
}

static struct sqlnode *literal(struct parser *p)
{
	struct sqlnode *node = NULL;
	unsigned flags = p->lex.tok[p->at].flags;
	switch (sqllex_kind(&p->lex, p->at)) {
	case SQLTOK_NUMBER:
		return p_node(p, SQLN_NUMBER, p_value(p));
	case SQLTOK_PARAM:
		return p_node(p, SQLN_PARAM, p_value(p));
	case SQLTOK_STRING:
		node = p_node(p, SQLN_STRING, p_value(p));
		while (p_more(p) && sqllex_kind(&p->lex, p->at) == SQLTOK_STRING)
			node->text = arena_printf(p->arena, "%s%s", node->text, p_value(p));
		if (flags & SQLTOK_HEX) {
			struct sqlnode *hex = p_node(p, SQLN_TYPED, "X");
			p_add(p, hex, node);
			return hex;
		}
		return node;
	default:
		return NULL;
	}
}

/* DATE '...': a type word directly before a string. */
static struct sqlnode *typed(struct parser *p)
{
	static const char *const types[] = { "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ",
		"TIME", NULL };
	const char *type = NULL;
	struct sqlnode *node;
	if (sqllex_kind(&p->lex, p->at + 1) != SQLTOK_STRING || p->at + 1 >= p->end)
		return NULL;
	type = p_take_any(p, types);
	if (!type)
		return NULL;
	node = p_node(p, SQLN_TYPED, type);
	p_add(p, node, p_node(p, SQLN_STRING, p_value(p)));
	return node;
}

static struct sqlnode *worded_value(struct parser *p)
{
	struct sqlnode *node;
	if (p_word(p, 0, "CASE") && !p_op(p, 1, ".") && !p_op(p, 1, ")"))
		return case_when(p);
	if ((p_word(p, 0, "CAST") || p_word(p, 0, "TRY_CAST")) && p_op(p, 1, "("))
		return cast(p, p_word(p, 0, "TRY_CAST"));
	if (p_word(p, 0, "EXISTS") && p_op(p, 1, "(")) {
		p->at++;
		if (!p_query_in_bracket(p)) { /* the array function */
			p->at--;
			return named(p);
		}
		p->at++;
		node = p_node(p, SQLN_EXISTS, NULL);
		p_add(p, node, p_query(p));
		p_need_op(p, ")", "closing bracket expected");
		return node;
	}
	if (p_word(p, 0, "INTERVAL") && interval_ahead(p))
		return interval(p);
	if (p_take(p, "NULL"))
		return p_node(p, SQLN_NULL, NULL);
	if (p_word(p, 0, "TRUE") || p_word(p, 0, "FALSE"))
		return p_node(p, SQLN_BOOL, p_take(p, "TRUE") ? "TRUE" : (p->at++, "FALSE"));
	return typed(p);
}

struct sqlnode *p_primary(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *node = NULL;
	bool stop = p_stop_word(p) && !((p_word(p, 0, "LEFT") || p_word(p, 0, "RIGHT")
		|| p_word(p, 0, "LIKE") || p_word(p, 0, "ILIKE") || p_word(p, 0, "RLIKE")
			|| p_word(p, 0, "WINDOW")) && p_op(p, 1, "("));
	if (!p_more(p) || stop || p_op(p, 0, ")") || p_op(p, 0, ",") || p_op(p, 0, "]")) {
		p_problem(p, "expression expected");
		return p_opaque(p, from);
	}
	if (p_too_deep(p)) {
		p_skip(p);
		return p_opaque(p, from);
	}
	if (p_op(p, 0, "("))
		node = bracket(p);
	else if (p_take_op(p, "*"))
		node = star(p, NULL);
	else
		node = literal(p);
	if (!node && p_name(p, 0)) {
		node = worded_value(p);
		if (!node)
			node = named(p);
	}
	p->depth--;
	if (node)
		return p_span(p, node, from);
	p_problem(p, "expression expected");
	p_skip(p);
	return p_opaque(p, from);
}
