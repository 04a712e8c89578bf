/* Values: operators by precedence, predicates, and what follows a value. What a
 * value can begin with is in sqlparse_value.c. */
#include "sqlparse_int.h"
#include "sqlparse_value.h"
#include "str.h"

/* Binary operators from | up, by Spark's grammar; AND, OR, NOT and predicates
 * are apart. */
static const struct {
	const char *op, *text;
	int level;
} binaries[] = {
	{ "|", "|", 1 }, { "^", "^", 2 }, { "&", "&", 3 },
	{ "<<", "<<", 4 }, { ">>", ">>", 4 }, { ">>>", ">>>", 4 },
	{ "+", "+", 5 }, { "-", "-", 5 }, { "||", "||", 5 },
	{ "*", "*", 6 }, { "/", "/", 6 }, { "%", "%", 6 }, { "DIV", "DIV", 6 },
};
enum { LOWEST_BINARY = 1 };

static const struct {
	const char *op, *text;
} comparisons[] = {
	{ "=", "=" }, { "==", "=" }, { "<>", "<>" }, { "!=", "<>" }, { "<", "<" }, { "<=", "<=" },
	{ ">", ">" }, { ">=", ">=" }, { "<=>", "<=>" }, { "!<", ">=" }, { "!>", "<=" },
};

static struct sqlnode *make2(struct parser *p, enum sqlnode_kind kind, const char *text,
	struct sqlnode *a, struct sqlnode *b, size_t from)
{
	struct sqlnode *node = p_node(p, kind, text);
	p_add(p, node, a);
	p_add(p, node, b);
	return p_span(p, node, from);
}

/* Takes a binary operator of at least this level; its place in the table, or -1. */
static int binary_op(struct parser *p, int level)
{
	if (sqllex_kind(&p->lex, p->at) != SQLTOK_OP && !p_word(p, 0, "DIV"))
		return -1;
	for (size_t i = 0; i < countof(binaries); i++) {
		bool word = *binaries[i].op == 'D';
		if (word ? !p_word(p, 0, "DIV") || p_op(p, 1, ".") : !p_op(p, 0, binaries[i].op))
			continue;
		if (binaries[i].level < level)
			return -1;
		p->at++;
		return (int)i;
	}
	return -1;
}

static struct sqlnode *unary(struct parser *p)
{
	static const char *const ops[] = { "-", "+", "~" };
	size_t from = p->at;
	for (size_t i = 0; i < countof(ops); i++) {
		struct sqlnode *node;
		if (!p_op(p, 0, ops[i]))
			continue;
		if (p_too_deep(p)) {
			p_skip(p);
			return p_opaque(p, from);
		}
		p->at++;
		node = p_node(p, SQLN_UNARY, ops[i]);
		p_add(p, node, unary(p));
		p->depth--;
		return p_span(p, node, from);
	}
	return p_postfix(p, p_primary(p), from);
}

/* Operators of this level and above, from left to right. */
static struct sqlnode *binary(struct parser *p, int level)
{
	size_t from = p->at;
	struct sqlnode *left = unary(p);
	int op;
	while (left && left->height < SQLPARSE_MAX_HEIGHT && (op = binary_op(p, level)) >= 0)
		left = make2(p, SQLN_BINARY, binaries[op].text, left,
			binary(p, binaries[op].level + 1), from);
	return left;
}

static struct sqlnode *is_test(struct parser *p, struct sqlnode *value, size_t from)
{
	static const char *const tests[] = { "NULL", "TRUE", "FALSE", "UNKNOWN", NULL };
	bool not = p_take(p, "NOT");
	const char *what;
	struct sqlnode *node;
	if (p_take2(p, "DISTINCT", "FROM")) {
		node = make2(p, SQLN_BINARY, "<=>", value, binary(p, LOWEST_BINARY), from);
		return not ? node : make2(p, SQLN_NOT, NULL, node, NULL, from);
	}
	what = p_take_any(p, tests);
	if (!what) /* SQLite: IS as null-safe equality */
		node = make2(p, SQLN_BINARY, "<=>", value, binary(p, LOWEST_BINARY), from);
	else
		node = make2(p, SQLN_IS, what, value, NULL, from);
	if (not && what)
		node->flags |= SQLF_NOT;
	return not && !what ? make2(p, SQLN_NOT, NULL, node, NULL, from) : node;
}

static struct sqlnode *in_test(struct parser *p, struct sqlnode *value, size_t from)
{
	struct sqlnode *node = p_node(p, SQLN_IN, NULL);
	p_add(p, node, value);
	if (!p_op(p, 0, "(")) {
		p_add(p, node, binary(p, LOWEST_BINARY));
		return p_span(p, node, from);
	}
	if (p_query_in_bracket(p)) {
		p->at++;
		p_add(p, node, p_query(p));
	} else {
		p->at++;
		p_expr_list(p, node);
	}
	p_need_op(p, ")", "closing bracket expected");
	return p_span(p, node, from);
}

static struct sqlnode *like_test(struct parser *p, struct sqlnode *value, const char *word,
	size_t from)
{
	struct sqlnode *node = p_node(p, SQLN_LIKE, word);
	p_add(p, node, value);
	if ((p_word(p, 0, "ANY") || p_word(p, 0, "SOME") || p_word(p, 0, "ALL")) && p_op(p, 1,
		"(")) {
		node->text = arena_printf(p->arena, "%s %s", word, p_word(p, 0, "ALL") ? "ALL"
			: "ANY");
		p->at += 2;
		p_expr_list(p, node);
		p_need_op(p, ")", "closing bracket expected");
	} else {
		p_add(p, node, binary(p, LOWEST_BINARY));
	}
	if (p_take(p, "ESCAPE") && p_more(p))
		node->alias = p_value(p);
	return p_span(p, node, from);
}

static struct sqlnode *between_test(struct parser *p, struct sqlnode *value, size_t from)
{
	struct sqlnode *node = p_node(p, SQLN_BETWEEN, NULL);
	p_add(p, node, value);
	p_add(p, node, binary(p, LOWEST_BINARY));
	if (!p_take(p, "AND"))
		p_problem(p, "AND of BETWEEN expected");
	p_add(p, node, binary(p, LOWEST_BINARY));
	return p_span(p, node, from);
}

/* IN, LIKE, BETWEEN at the present token (behind NOT); NULL when it is none. */
static struct sqlnode *word_test(struct parser *p, struct sqlnode *value, size_t from)
{
	if (p_take(p, "IN"))
		return in_test(p, value, from);
	if (p_take(p, "BETWEEN"))
		return between_test(p, value, from);
	if (p_take(p, "LIKE"))
		return like_test(p, value, "LIKE", from);
	if (p_take(p, "ILIKE"))
		return like_test(p, value, "ILIKE", from);
	if (p_take(p, "RLIKE") || p_take(p, "REGEXP"))
		return like_test(p, value, "RLIKE", from);
	return NULL;
}

static const char *comparison_op(struct parser *p)
{
	for (size_t i = 0; i < countof(comparisons); i++)
		if (p_take_op(p, comparisons[i].op))
			return comparisons[i].text;
	/* some writers put a space inside */
	if (p_op(p, 0, "!") && p_op(p, 1, "=")) {
		p->at += 2;
		return "<>";
	}
	return NULL;
}

/* "> =" and "< =" of old data sets. */
static const char *joined_op(struct parser *p, const char *op)
{
	if ((streq(op, ">") || streq(op, "<")) && p_take_op(p, "="))
		return *op == '>' ? ">=" : "<=";
	return op;
}

static struct sqlnode *predicate(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *left = binary(p, LOWEST_BINARY), *next;
	while (left && left->height < SQLPARSE_MAX_HEIGHT) {
		const char *op = comparison_op(p);
		size_t back = p->at;
		bool not;
		if (op) {
			op = joined_op(p, op);
			left = make2(p, SQLN_BINARY, op, left, binary(p, LOWEST_BINARY), from);
			continue;
		}
		if (p_take(p, "IS")) {
			left = is_test(p, left, from);
			continue;
		}
		not = p_take(p, "NOT");
		next = word_test(p, left, from);
		if (!next) {
			p->at = back;
			break;
		}
		left = next;
		if (not)
			left->flags |= SQLF_NOT;
	}
	return left;
}

static struct sqlnode *negation(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *node;
	if (!p_word(p, 0, "NOT") && !(p_op(p, 0, "!") && !p_op(p, 1, "=")))
		return predicate(p);
	if (p_too_deep(p)) {
		p_skip(p);
		return p_opaque(p, from);
	}
	p->at++;
	node = p_node(p, SQLN_NOT, NULL);
	p_add(p, node, negation(p));
	p->depth--;
	return p_span(p, node, from);
}

/* AND and OR are flat: a AND b AND c is one node with three kids. */
static struct sqlnode *junction(struct parser *p, enum sqlnode_kind kind)
{
	const char *word = kind == SQLN_AND ? "AND" : "OR";
	size_t from = p->at;
	struct sqlnode *first = kind == SQLN_AND ? negation(p) : junction(p, SQLN_AND), *all;
	if (!p_word(p, 0, word))
		return first;
	all = p_node(p, kind, NULL);
	p_add(p, all, first);
	while (p_take(p, word))
		p_add(p, all, kind == SQLN_AND ? negation(p) : junction(p, SQLN_AND));
	return p_span(p, all, from);
}

struct sqlnode *p_expr(struct parser *p)
{
	size_t from = p->at;
	struct sqlnode *node;
	if (p_too_deep(p)) {
		while (p_more(p) && !p_op(p, 0, ",") && !p_op(p, 0, ")") && !p_op(p, 0, "]"))
			p_skip(p);
		return p_opaque(p, from);
	}
	node = junction(p, SQLN_OR);
	p->depth--;
	return node;
}

struct sqlnode *p_postfix(struct parser *p, struct sqlnode *value, size_t from)
{
	while (value && value->height < SQLPARSE_MAX_HEIGHT) {
		struct sqlnode *node;
		if (p_op(p, 0, "::") || p_op(p, 0, "?::")) {
			node = p_node(p, SQLN_CAST, NULL);
			node->flags = p_op(p, 0, "?::") ? SQLF_TRY : 0;
			p->at++;
			node->text = p_type(p);
			p_add(p, node, value);
		} else if (p_op(p, 0, "[") || (p_op(p, 0, ":") && p_op(p, 1, "["))) {
			p_take_op(p, ":"); /* raw:['name'] is a path too */
			p->at++;
			node = make2(p, SQLN_INDEX, NULL, value, p_expr(p), from);
			p_need_op(p, "]", "closing bracket expected");
		} else if ((p_op(p, 0, ".") || p_op(p, 0, ":")) && (p_name(p, 1) || p_op(p, 1,
			"*"))) {
			node = p_node(p, SQLN_FIELD, NULL);
			node->text = arena_printf(p->arena, "%s%s", p_op(p, 0, ".") ? "." : ":",
				sqllex_value(&p->lex, p->at + 1, p->arena));
			p->at += 2;
			p_add(p, node, value);
		} else if (p_word(p, 0, "COLLATE") && p_name(p, 1)) {
			p->at += 2; /* how text compares; not part of our comparison */
			continue;
		} else if (p_word(p, 0, "AT") && p_word(p, 1, "TIME") && p_word(p, 2, "ZONE")) {
			p->at += 3;
			node = p_node(p, SQLN_FUNC, NULL);
			sqlnode_name_add(p->arena, node, "AT TIME ZONE");
			p_add(p, node, value);
			p_add(p, node, p_primary(p));
		} else {
			return value;
		}
		value = p_span(p, node, from);
	}
	return value;
}
