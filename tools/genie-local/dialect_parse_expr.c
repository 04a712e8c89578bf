/* dialect_parse_expr.c - operators and predicates of Databricks SQL.
 *
 * Precedence, loosest first (Spark's SqlBaseParser.g4): OR, AND, NOT, predicates
 * and comparisons, |, ^, &, + - ||, * / % DIV, unary + - ~, :: and [].
 */
#include "dialect_parse.h"

#include "str.h"

#include <ctype.h>

static struct node *parse_unary(struct parser *p)
{
	size_t first = p->i;
	const char *op = parser_take_op(p, "-") ? "-" : parser_take_op(p, "+") ? "+"
		: parser_take_op(p, "~") ? "~" : NULL;
	if (!op)
		return parse_primary_tail(p, parse_primary(p));
	if (!parser_enter(p))
		return NULL;
	struct node *arg = parse_unary(p);
	p->depth--;
	if (!arg || streq(op, "+"))
		return arg;
	if (arg->kind == NODE_INTERVAL)
		return node_scale_interval(p, arg, node_whole_number(p, "-1"), first);
	struct node *node = node_new(p, NODE_UNARY);
	node->op = op;
	node_add(p, node, arg);
	node->source = parse_source(p, first);
	return node;
}

static const char *const levels[][6] = {
	{ "|" }, { "^" }, { "&" }, { "+", "-", "||" }, { "*", "/", "%", "DIV" },
};

static const char *take_level(struct parser *p, size_t level)
{
	for (size_t i = 0; i < countof(levels[0]) && levels[level][i]; i++) {
		const char *op = levels[level][i];
		if (isalpha((unsigned char)*op) ? parser_take(p, op) : parser_take_op(p, op))
			return op;
	}
	return NULL;
}

static struct node *parse_level(struct parser *p, size_t level)
{
	if (level == countof(levels))
		return parse_unary(p);
	size_t first = p->i;
	struct node *node = parse_level(p, level + 1);
	const char *op;
	unsigned chain = 0;
	while (node && (op = take_level(p, level))) {
		struct node *right = parse_level(p, level + 1);
		if (!right)
			return NULL;
		if (++chain > DIALECT_MAX_DEPTH)
			return parser_unsupported(p, "an expression of this many terms");
		bool times = streq(op, "*");
		node = times && node->kind == NODE_INTERVAL ? node_scale_interval(p, node, right,
			first)
			: times && right->kind == NODE_INTERVAL ? node_scale_interval(p, right,
				node, first)
			: node_binary(p, op, node, right, first);
	}
	return node;
}

/* IN, after it. */
static struct node *parse_in(struct parser *p, struct node *left, bool negated)
{
	struct node *node = node_new(p, NODE_IN);
	node->negated = negated;
	node_add(p, node, left);
	if (!parser_need_op(p, "("))
		return NULL;
	if (parse_at_query(p)) {
		if (!(node->query = parse_query(p)))
			return NULL;
	} else {
		do {
			struct node *item = parse_expr(p);
			if (!item)
				return NULL;
			node_add(p, node, item);
		} while (parser_take_op(p, ","));
	}
	return parser_need_op(p, ")") ? node : NULL;
}

/* LIKE, ILIKE, RLIKE after the word; LIKE ANY (a, b) keeps all patterns. */
static struct node *parse_like(struct parser *p, struct node *left, const char *op, bool negated)
{
	struct node *node = node_new(p, NODE_LIKE), *pattern;
	node->op = op;
	node->negated = negated;
	node_add(p, node, left);
	bool any = parser_take(p, "ANY") || parser_take(p, "SOME"), all = !any && parser_take(p,
		"ALL");
	if (any || all) {
		node->text = any ? "OR" : "AND";
		if (!parser_need_op(p, "("))
			return NULL;
		do {
			if (!(pattern = parse_expr(p)))
				return NULL;
			node_add(p, node, pattern);
		} while (parser_take_op(p, ","));
		return parser_need_op(p, ")") ? node : NULL;
	}
	if (!(pattern = parse_level(p, 0)))
		return NULL;
	node_add(p, node, pattern);
	if (parser_take(p, "ESCAPE") && !(node->escape = parse_primary(p)))
		return NULL;
	return node;
}

static struct node *parse_is(struct parser *p, struct node *left)
{
	struct node *node = node_new(p, NODE_IS);
	node->negated = parser_take(p, "NOT");
	node_add(p, node, left);
	static const char *const what[] = { "NULL", "TRUE", "FALSE", "UNKNOWN" };
	for (size_t i = 0; i < countof(what); i++) {
		if (parser_take(p, what[i])) {
			node->op = what[i];
			return node;
		}
	}
	if (!parser_need(p, "DISTINCT") || !parser_need(p, "FROM"))
		return NULL;
	node->op = "DISTINCT";
	struct node *right = parse_level(p, 0);
	if (!right)
		return NULL;
	node_add(p, node, right);
	return node;
}

/* One predicate after its left side, or NULL in *out when there is none. */
static bool parse_predicate(struct parser *p, struct node *left, struct node **out, size_t first)
{
	static const char *const comparisons[] = { "<=>", "<=", ">=", "<>", "!=", "==", "=", "<",
		">" };
	*out = NULL;
	for (size_t i = 0; i < countof(comparisons); i++) {
		if (parser_take_op(p, comparisons[i])) {
			const char *op = streq(comparisons[i], "==") ? "=" : streq(comparisons[i],
				"!=")
				? "<>" : comparisons[i];
			return (*out = node_binary(p, op, left, parse_level(p, 0), first)) != NULL;
		}
	}
	if (parser_take(p, "IS"))
		return (*out = parse_is(p, left)) != NULL;
	bool negated = parser_take(p, "NOT") || (parser_at_op(p, "!") && parser_take_op(p, "!"));
	if (parser_take(p, "IN"))
		return (*out = parse_in(p, left, negated)) != NULL;
	if (parser_take(p, "BETWEEN")) {
		struct node *node = node_new(p, NODE_BETWEEN), *low, *high;
		node->negated = negated;
		if (!(low = parse_level(p, 0)) || !parser_need(p, "AND") || !(high = parse_level(p,
			0)))
			return false;
		node_add(p, node, left);
		node_add(p, node, low);
		node_add(p, node, high);
		*out = node;
		return true;
	}
	const char *like = parser_take(p, "LIKE") ? "LIKE" : parser_take(p, "ILIKE") ? "ILIKE"
		: parser_take(p, "RLIKE") || parser_take(p, "REGEXP") ? "RLIKE" : NULL;
	if (like)
		return (*out = parse_like(p, left, like, negated)) != NULL;
	return negated ? parser_fail(p) != NULL : true;
}

static struct node *parse_not(struct parser *p)
{
	size_t first = p->i;
	if (parser_take(p, "NOT") || parser_take_op(p, "!")) {
		if (!parser_enter(p))
			return NULL;
		struct node *node = node_new(p, NODE_UNARY), *arg = parse_not(p);
		p->depth--;
		if (!arg)
			return NULL;
		node->op = "NOT";
		node_add(p, node, arg);
		node->source = parse_source(p, first);
		return node;
	}
	struct node *node = parse_level(p, 0), *more;
	while (node) {
		if (!parse_predicate(p, node, &more, first))
			return NULL;
		if (!more)
			return node;
		more->source = parse_source(p, first);
		node = more;
	}
	return NULL;
}

static struct node *parse_logic(struct parser *p, const char *op)
{
	bool or = streq(op, "OR");
	size_t first = p->i;
	struct node *node = or ? parse_logic(p, "AND") : parse_not(p), *logic = NULL;
	while (node && parser_take(p, op)) {
		if (!logic) {
			logic = node_new(p, NODE_LOGIC);
			logic->op = op;
			node_add(p, logic, node);
		}
		node = or ? parse_logic(p, "AND") : parse_not(p);
		if (node)
			node_add(p, logic, node);
	}
	if (!node || !logic)
		return node;
	logic->source = parse_source(p, first);
	return logic;
}

struct node *parse_expr(struct parser *p)
{
	if (!parser_enter(p))
		return NULL;
	struct node *node = parse_logic(p, "OR");
	p->depth--;
	return node;
}
