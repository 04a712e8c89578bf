/* dialect_parse_base.c - what all of the parser stands on: tokens, nodes, intervals. */
#include "dialect_parse.h"

#include "str.h"
#undef parser_fail
#undef parser_unsupported

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void parser_init(struct parser *p, struct arena *arena, const char *text, struct sql_error *error)
{
	*p = (struct parser){ .arena = arena, .error = error };
	sqllex_scan(&p->lex, arena, text, strlen(text), 0);
}

bool parser_at(const struct parser *p, const char *word)
{
	return sqllex_is(&p->lex, p->i, word);
}

bool parser_take(struct parser *p, const char *word)
{
	bool at = parser_at(p, word);
	p->i += at;
	return at;
}

bool parser_at_op(const struct parser *p, const char *op)
{
	return sqllex_op(&p->lex, p->i, op);
}

bool parser_take_op(struct parser *p, const char *op)
{
	bool at = parser_at_op(p, op);
	p->i += at;
	return at;
}

void *parser_fail(struct parser *p)
{
	if (!p->error->cls[0])
		sql_error_syntax(p->error, sqllex_kind(&p->lex, p->i) == SQLTOK_END ? NULL
			: sqllex_text(&p->lex, p->i, p->arena), NULL);
	return NULL;
}

void *parser_unsupported(struct parser *p, const char *what)
{
	if (!p->error->cls[0])
		sql_error_set(p->error, "UNSUPPORTED_FEATURE", "0A000",
			"The feature is not supported: %s.", what);
	return NULL;
}

bool parser_need(struct parser *p, const char *word)
{
	return parser_take(p, word) || parser_fail(p);
}

bool parser_need_op(struct parser *p, const char *op)
{
	return parser_take_op(p, op) || parser_fail(p);
}

bool parser_name(struct parser *p, const char **out)
{
	if (!sqllex_name(&p->lex, p->i))
		return parser_fail(p);
	*out = sqllex_value(&p->lex, p->i, p->arena);
	p->i++;
	return true;
}

bool parser_names(struct parser *p, const char *part[3], size_t *n)
{
	*n = 0;
	do {
		if (*n == 3)
			return parser_fail(p) != NULL;
		if (!parser_name(p, &part[*n]))
			return false;
		++*n;
	} while (parser_take_op(p, "."));
	return true;
}

bool parser_end(struct parser *p)
{
	while (parser_take_op(p, ";"))
		;
	return sqllex_kind(&p->lex, p->i) == SQLTOK_END || parser_fail(p);
}

bool parser_enter(struct parser *p)
{
	if (++p->depth <= DIALECT_MAX_DEPTH)
		return true;
	parser_unsupported(p, "a statement nested this deeply");
	return false;
}

struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *node = arena_alloc(p->arena, sizeof(*node));
	node->kind = kind;
	node->source = "";
	return node;
}

void node_add(struct parser *p, struct node *node, struct node *arg)
{
	if ((node->nargs & (node->nargs - 1)) == 0) { /* full at powers of two */
		size_t cap = node->nargs ? 2 * node->nargs : 1;
		struct node **more = arena_alloc(p->arena, cap * sizeof(*more));
		if (node->nargs)
			memcpy(more, node->arg, node->nargs * sizeof(*more));
		node->arg = more;
	}
	node->arg[node->nargs++] = arg;
}

/* The text from token `first` to the last one taken. */
const char *parse_source(struct parser *p, size_t first)
{
	if (p->i <= first)
		return "";
	const struct sqltok *last = &p->lex.tok[p->i - 1];
	size_t at = p->lex.tok[first].at;
	return arena_strndup(p->arena, p->lex.text + at, last->at + last->n - at);
}

char *parse_upper(struct arena *arena, const char *s)
{
	char *out = arena_strdup(arena, s);
	for (char *c = out; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return out;
}

struct node *node_binary(struct parser *p, const char *op, struct node *a, struct node *b,
	size_t first)
{
	if (!a || !b)
		return NULL;
	struct node *node = node_new(p, NODE_BINARY);
	node->op = op;
	node_add(p, node, a);
	node_add(p, node, b);
	node->source = parse_source(p, first);
	return node;
}

/* INTERVAL * n and -INTERVAL stay intervals: the amounts are changed instead. */
struct node *node_scale_interval(struct parser *p, struct node *interval, struct node *by,
	size_t first)
{
	struct node *node = node_new(p, NODE_INTERVAL);
	node->text = interval->text;
	for (size_t i = 0; i < interval->nargs; i++)
		node_add(p, node, interval->arg[i]->kind == NODE_INTERVAL
			? node_scale_interval(p, interval->arg[i], by, first)
			: node_binary(p, "*", interval->arg[i], by, first));
	node->source = parse_source(p, first);
	return node;
}

struct node *node_whole_number(struct parser *p, const char *text)
{
	struct node *node = node_new(p, NODE_LITERAL);
	node->text = text;
	node->source = text;
	node->type = type_of(strlen(text) > 9 ? TYPE_BIGINT : TYPE_INT);
	return node;
}

static const char *const units[] = { "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE",
	"SECOND", "MILLISECOND", "MICROSECOND" };

static const char *unit_of(const char *word, size_t n)
{
	for (size_t i = 0; i < countof(units); i++) {
		size_t len = strlen(units[i]);
		if ((n == len || (n == len + 1 && toupper((unsigned char)word[len]) == 'S')) &&
		    strnieq(word, units[i], len))
			return units[i];
	}
	return NULL;
}

const char *parse_unit(struct parser *p)
{
	if (sqllex_kind(&p->lex, p->i) != SQLTOK_WORD)
		return NULL;
	const struct sqltok *tok = &p->lex.tok[p->i];
	const char *unit = unit_of(p->lex.text + tok->at, tok->n);
	p->i += unit != NULL;
	return unit;
}

/* '1 month -2 days', or a number followed by a unit outside. */
static bool interval_text(struct parser *p, struct node *all, const char *text)
{
	const char *s = text;
	while (*s) {
		while (*s == ' ')
			s++;
		char *end;
		strtol(s, &end, 10);
		if (end == s)
			return false;
		const char *number = arena_strndup(p->arena, *s == '+' ? s + 1 : s,
			(size_t)(end - s));
		while (*end == ' ')
			end++;
		size_t n = strcspn(end, " ");
		const char *unit = n ? unit_of(end, n) : NULL;
		if (!unit)
			return false;
		struct node *part = node_new(p, NODE_INTERVAL);
		part->text = unit;
		node_add(p, part, node_whole_number(p, number));
		node_add(p, all, part);
		s = end + n;
		while (*s == ' ')
			s++;
	}
	return all->nargs > 0;
}

/* After INTERVAL. A list of (amount, unit): the top node has no unit. */
struct node *parse_interval(struct parser *p, size_t first)
{
	struct node *all = node_new(p, NODE_INTERVAL);
	do {
		struct node *part = node_new(p, NODE_INTERVAL), *amount;
		if (sqllex_kind(&p->lex, p->i) == SQLTOK_STRING) {
			const char *text = sqllex_value(&p->lex, p->i, p->arena);
			p->i++;
			char *end;
			strtol(text, &end, 10);
			while (*end == ' ')
				end++;
			if (*end || end == text) {
				if (!interval_text(p, all, text))
					return parser_unsupported(p, "this form of INTERVAL");
				if (parse_unit(p))
					return parser_unsupported(p, "this form of INTERVAL");
				continue;
			}
			amount = node_whole_number(p, trim(arena_strdup(p->arena, text)));
		} else {
			bool minus = parser_take_op(p, "-");
			amount = parse_primary(p);
			if (amount && minus)
				amount = node_binary(p, "*", amount, node_whole_number(p, "-1"),
					first);
		}
		if (!amount)
			return NULL;
		part->text = parse_unit(p);
		if (!part->text)
			return parser_fail(p);
		if (parser_at(p, "TO"))
			return parser_unsupported(p, "INTERVAL with TO");
		node_add(p, part, amount);
		node_add(p, all, part);
	} while (sqllex_kind(&p->lex, p->i) == SQLTOK_NUMBER);
	all->source = parse_source(p, first);
	return all;
}
