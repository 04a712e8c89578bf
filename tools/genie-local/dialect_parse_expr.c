/* dialect_parse_expr.c - expressions of Databricks SQL; see dialect.h.
 *
 * Precedence, loosest first (Spark's SqlBaseParser.g4): OR, AND, NOT, predicates
 * and comparisons, |, ^, &, + - ||, * / % DIV, unary + - ~, :: and [].
 */
#include "dialect.h"

#include "str.h"

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
static const char *source_from(struct parser *p, size_t first)
{
	if (p->i <= first)
		return "";
	const struct sqltok *last = &p->lex.tok[p->i - 1];
	size_t at = p->lex.tok[first].at;
	return arena_strndup(p->arena, p->lex.text + at, last->at + last->n - at);
}

static char *upper(struct arena *arena, const char *s)
{
	char *out = arena_strdup(arena, s);
	for (char *c = out; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return out;
}

static struct node *binary(struct parser *p, const char *op, struct node *a, struct node *b,
	size_t first)
{
	if (!a || !b)
		return NULL;
	struct node *node = node_new(p, NODE_BINARY);
	node->op = op;
	node_add(p, node, a);
	node_add(p, node, b);
	node->source = source_from(p, first);
	return node;
}

/* INTERVAL * n and -INTERVAL stay intervals: the amounts are changed instead. */
static struct node *scale_interval(struct parser *p, struct node *interval, struct node *by,
	size_t first)
{
	struct node *node = node_new(p, NODE_INTERVAL);
	node->text = interval->text;
	for (size_t i = 0; i < interval->nargs; i++)
		node_add(p, node, interval->arg[i]->kind == NODE_INTERVAL
			? scale_interval(p, interval->arg[i], by, first)
			: binary(p, "*", interval->arg[i], by, first));
	node->source = source_from(p, first);
	return node;
}

static struct node *whole_number(struct parser *p, const char *text)
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

static const char *take_unit(struct parser *p)
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
		const char *number = arena_strndup(p->arena, *s == '+' ? s + 1 : s, (size_t)(end - s));
		while (*end == ' ')
			end++;
		size_t n = strcspn(end, " ");
		const char *unit = n ? unit_of(end, n) : NULL;
		if (!unit)
			return false;
		struct node *part = node_new(p, NODE_INTERVAL);
		part->text = unit;
		node_add(p, part, whole_number(p, number));
		node_add(p, all, part);
		s = end + n;
		while (*s == ' ')
			s++;
	}
	return all->nargs > 0;
}

/* After INTERVAL. A list of (amount, unit): the top node has no unit. */
static struct node *parse_interval(struct parser *p, size_t first)
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
				if (take_unit(p))
					return parser_unsupported(p, "this form of INTERVAL");
				continue;
			}
			amount = whole_number(p, trim(arena_strdup(p->arena, text)));
		} else {
			bool minus = parser_take_op(p, "-");
			amount = parse_primary(p);
			if (amount && minus)
				amount = binary(p, "*", amount, whole_number(p, "-1"), first);
		}
		if (!amount)
			return NULL;
		part->text = take_unit(p);
		if (!part->text)
			return parser_fail(p);
		if (parser_at(p, "TO"))
			return parser_unsupported(p, "INTERVAL with TO");
		node_add(p, part, amount);
		node_add(p, all, part);
	} while (sqllex_kind(&p->lex, p->i) == SQLTOK_NUMBER);
	all->source = source_from(p, first);
	return all;
}

static struct node *parse_number(struct parser *p)
{
	char *text = sqllex_text(&p->lex, p->i, p->arena);
	struct node *node = node_new(p, NODE_LITERAL);
	bool fraction = p->lex.tok[p->i].flags & SQLTOK_FRACTION;
	node->source = arena_strdup(p->arena, text);
	size_t n = strlen(text);
	char last = (char)toupper((unsigned char)text[n - 1]);
	bool big = n > 2 && last == 'D' && toupper((unsigned char)text[n - 2]) == 'B';
	if (isalpha((unsigned char)last))
		text[n - (big ? 2 : 1)] = '\0';
	p->i++;
	node->text = text;
	bool exponent = strpbrk(text, "eE") != NULL;
	if (last == 'F' || (last == 'D' && !big) || (exponent && !big)) {
		node->type = type_of(last == 'F' ? TYPE_FLOAT : TYPE_DOUBLE);
		if (!strpbrk(text, ".eE"))
			node->text = arena_printf(p->arena, "%s.0", text);
	} else if (big || fraction) {
		const char *point = strchr(text, '.');
		int scale = point ? (int)strlen(point + 1) : 0;
		int digits = (int)strlen(text) - (point != NULL);
		while (digits > scale + 1 && *text == '0') /* leading zeros do not count */
			digits--, text++;
		if (text[0] == '0' && digits == scale + 1 && scale)
			digits--;
		node->type = type_decimal(digits, scale);
	} else if (last == 'L' || n > 10 || (n == 10 && strcmp(text, "2147483647") > 0)) {
		node->type = type_of(TYPE_BIGINT);
		if (strlen(text) > 19 || (strlen(text) == 19 && strcmp(text, "9223372036854775807") > 0))
			node->type = type_decimal((int)strlen(text), 0);
	} else {
		node->type = type_of(TYPE_INT);
	}
	return node;
}

static struct node *parse_string(struct parser *p)
{
	struct node *node = node_new(p, NODE_LITERAL);
	size_t first = p->i;
	if (p->lex.tok[p->i].flags & SQLTOK_UNTERMINATED)
		return parser_fail(p);
	if (p->lex.tok[p->i].flags & SQLTOK_HEX)
		return parser_unsupported(p, "binary literals");
	node->type = type_of(TYPE_STRING);
	node->text = sqllex_value(&p->lex, p->i++, p->arena);
	while (sqllex_kind(&p->lex, p->i) == SQLTOK_STRING) /* 'a' 'b' is 'ab' */
		node->text = arena_printf(p->arena, "%s%s", node->text,
			sqllex_value(&p->lex, p->i++, p->arena));
	node->source = source_from(p, first);
	return node;
}

static struct node *parse_case(struct parser *p, size_t first)
{
	struct node *node = node_new(p, NODE_CASE), *arg;
	if (!parser_at(p, "WHEN")) {
		node->operand = true;
		if (!(arg = parse_expr(p)))
			return NULL;
		node_add(p, node, arg);
	}
	if (!parser_at(p, "WHEN"))
		return parser_fail(p);
	while (parser_take(p, "WHEN")) {
		if (!(arg = parse_expr(p)))
			return NULL;
		node_add(p, node, arg);
		if (!parser_need(p, "THEN") || !(arg = parse_expr(p)))
			return NULL;
		node_add(p, node, arg);
	}
	if (parser_take(p, "ELSE")) {
		node->other = true;
		if (!(arg = parse_expr(p)))
			return NULL;
		node_add(p, node, arg);
	}
	if (!parser_need(p, "END"))
		return NULL;
	node->source = source_from(p, first);
	return node;
}

bool parse_type(struct parser *p, struct sql_type *out)
{
	const char *name;
	if (!parser_name(p, &name))
		return false;
	if (parser_at_op(p, "<"))
		return parser_unsupported(p, "nested types") != NULL;
	if (parser_take_op(p, "(")) {
		size_t first = p->i;
		while (sqllex_kind(&p->lex, p->i) == SQLTOK_NUMBER || parser_at_op(p, ","))
			p->i++;
		name = arena_printf(p->arena, "%s(%s)", name, source_from(p, first));
		if (!parser_need_op(p, ")"))
			return false;
	}
	if (type_parse(name, out))
		return true;
	return sql_error_set(p->error, "UNSUPPORTED_DATATYPE", "0A000", "Unsupported data type \"%s\".",
		upper(p->arena, name));
}

static struct node *parse_cast(struct parser *p, bool try, size_t first)
{
	struct node *node = node_new(p, NODE_CAST), *arg;
	node->try = try;
	if (!parser_need_op(p, "(") || !(arg = parse_expr(p)) || !parser_need(p, "AS") ||
	    !parse_type(p, &node->type) || !parser_need_op(p, ")"))
		return NULL;
	node_add(p, node, arg);
	node->source = source_from(p, first);
	return node;
}

/* Calls with a syntax of their own become plain calls. After the bracket. */
static bool special_arguments(struct parser *p, struct node *node)
{
	struct node *a, *b;
	if (streq(node->op, "EXTRACT")) {
		const char *unit;
		if (!parser_name(p, &unit) || !parser_need(p, "FROM") || !(a = parse_expr(p)))
			return false;
		struct node *field = node_new(p, NODE_LITERAL);
		field->type = type_of(TYPE_STRING);
		field->text = field->source = upper(p->arena, unit);
		node_add(p, node, field);
		node_add(p, node, a);
		return true;
	}
	if (streq(node->op, "TRIM")) {
		const char *side = parser_take(p, "LEADING") ? "LTRIM" : parser_take(p, "TRAILING")
			? "RTRIM" : NULL;
		bool sided = side || parser_take(p, "BOTH");
		if (side)
			node->op = node->part[0] = side;
		if (sided && parser_take(p, "FROM")) {
			if (!(a = parse_expr(p)))
				return false;
			node_add(p, node, a);
			return true;
		}
		if (!(a = parse_expr(p)))
			return false;
		if (!parser_take(p, "FROM")) {
			node_add(p, node, a);
			if (!sided && parser_take_op(p, ",")) {
				if (!(b = parse_expr(p)))
					return false;
				node_add(p, node, b);
			}
			return true;
		}
		if (!(b = parse_expr(p)))
			return false;
		node_add(p, node, b);
		node_add(p, node, a);
	}
	return true;
}

static bool parse_argument(struct parser *p, struct node *node)
{
	const char *name = NULL;
	if (sqllex_name(&p->lex, p->i) && (sqllex_op(&p->lex, p->i + 1, "=>") ||
	    sqllex_op(&p->lex, p->i + 1, ":=") ||
	    (sqllex_op(&p->lex, p->i + 1, ":") && sqllex_op(&p->lex, p->i + 2, "=")))) {
		name = sqllex_value(&p->lex, p->i, p->arena);
		p->i += sqllex_op(&p->lex, p->i + 1, ":") ? 3 : 2;
	}
	struct node *arg = NULL;
	/* The unit of DATEADD(DAY, ..) is a word, not a column. */
	if (node->nargs == 0 && !name && sqllex_op(&p->lex, p->i + 1, ",") &&
	    (streq(node->op, "DATEADD") || streq(node->op, "DATEDIFF") || streq(node->op, "DATE_ADD") ||
	     streq(node->op, "DATE_DIFF") || streq(node->op, "TIMESTAMPADD") ||
	     streq(node->op, "TIMESTAMPDIFF"))) {
		const char *unit = take_unit(p);
		if (unit) {
			arg = node_new(p, NODE_LITERAL);
			arg->type = type_of(TYPE_STRING);
			arg->text = arg->source = unit;
			node->star = true; /* marks that the first argument is a unit */
		}
	}
	if (!arg)
		arg = parse_expr(p);
	if (!arg)
		return false;
	if (parser_at_op(p, "->"))
		return parser_unsupported(p, "lambda functions") != NULL;
	node_add(p, node, arg);
	if (name || node->argname) {
		const char **names = arena_alloc(p->arena, node->nargs * sizeof(*names));
		if (node->argname)
			memcpy(names, node->argname, (node->nargs - 1) * sizeof(*names));
		names[node->nargs - 1] = name;
		node->argname = names;
	}
	return true;
}

static bool parse_arguments(struct parser *p, struct node *node)
{
	bool position = streq(node->op, "POSITION"), substring = starts_with(node->op, "SUBSTR");
	if (streq(node->op, "EXTRACT") || streq(node->op, "TRIM")) {
		if (!special_arguments(p, node))
			return false;
		return parser_need_op(p, ")");
	}
	if (parser_take_op(p, "*")) {
		node->star = true;
		return parser_need_op(p, ")");
	}
	if (parser_take_op(p, ")"))
		return true;
	node->distinct = parser_take(p, "DISTINCT");
	if (!node->distinct)
		parser_take(p, "ALL");
	do {
		if (position && node->nargs == 0) {
			/* POSITION(x IN y): x stops before IN */
			struct node *what = parse_primary_tail(p, parse_primary(p));
			if (!what)
				return false;
			node_add(p, node, what);
			if (!parser_at(p, "IN") && !parser_at_op(p, ",") && !parser_at_op(p, ")"))
				return parser_fail(p);
		} else if (!parse_argument(p, node)) {
			return false;
		}
	} while (parser_take_op(p, ",") || (position && node->nargs == 1 && parser_take(p, "IN")) ||
		 (substring && (parser_take(p, "FROM") || parser_take(p, "FOR"))));
	if ((parser_at(p, "IGNORE") || parser_at(p, "RESPECT")) && sqllex_is(&p->lex, p->i + 1, "NULLS")) {
		node->ignore_nulls = parser_at(p, "IGNORE");
		p->i += 2;
	}
	return parser_need_op(p, ")");
}

static struct node *parse_call(struct parser *p, struct node *node, size_t first)
{
	node->kind = NODE_CALL;
	node->op = upper(p->arena, node->part[node->nparts - 1]);
	if (!parse_arguments(p, node))
		return NULL;
	if (parser_take(p, "WITHIN")) {
		if (!parser_need(p, "GROUP") || !parser_need_op(p, "(") || !parser_need(p, "ORDER") ||
		    !parser_need(p, "BY") || !parse_order(p, &node->within) || !parser_need_op(p, ")"))
			return NULL;
	}
	if (parser_at(p, "FILTER") && sqllex_op(&p->lex, p->i + 1, "(")) {
		p->i += 2;
		if (!parser_need(p, "WHERE") || !(node->filter = parse_expr(p)) || !parser_need_op(p, ")"))
			return NULL;
	}
	if ((parser_at(p, "IGNORE") || parser_at(p, "RESPECT")) && sqllex_is(&p->lex, p->i + 1, "NULLS")) {
		node->ignore_nulls = parser_at(p, "IGNORE");
		p->i += 2;
	}
	if (parser_take(p, "OVER") && !(node->over = parse_window(p)))
		return NULL;
	node->source = source_from(p, first);
	return node;
}

static struct node *parse_name_or_call(struct parser *p)
{
	static const char *const reserved[] = { "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER",
		"UNION", "ON", "JOIN", "THEN", "WHEN", "ELSE", "END", "AND", "OR", "IN", "AS", "QUALIFY",
		"LIMIT", "INTERSECT", "EXCEPT", "USING", "IS", "BETWEEN", "LIKE" };
	size_t first = p->i;
	for (size_t i = 0; i < countof(reserved); i++)
		if (parser_at(p, reserved[i]))
			return parser_fail(p);
	struct node *node = node_new(p, NODE_NAME);
	do {
		if (node->nparts && parser_take_op(p, "*")) {
			node->kind = NODE_STAR;
			return node;
		}
		if (node->nparts == countof(node->part))
			return parser_unsupported(p, "names of more than four parts");
		if (!parser_name(p, &node->part[node->nparts]))
			return NULL;
		node->nparts++;
	} while (parser_take_op(p, "."));
	if (parser_take_op(p, "("))
		return parse_call(p, node, first);
	node->source = source_from(p, first);
	return node;
}

static struct node *parse_bracket(struct parser *p, size_t first)
{
	if (parse_at_query(p)) {
		struct node *node = node_new(p, NODE_SUBQUERY);
		if (!(node->query = parse_query(p)) || !parser_need_op(p, ")"))
			return NULL;
		node->source = source_from(p, first);
		return node;
	}
	struct node *node = parse_expr(p);
	if (!node)
		return NULL;
	if (parser_at_op(p, ",")) { /* (a, b): only for IN */
		struct node *row = node_new(p, NODE_CALL);
		row->op = row->part[row->nparts++] = "STRUCT";
		node_add(p, row, node);
		while (parser_take_op(p, ",")) {
			if (!(node = parse_expr(p)))
				return NULL;
			node_add(p, row, node);
		}
		row->source = source_from(p, first);
		node = row;
	}
	return parser_need_op(p, ")") ? node : NULL;
}

static struct node *typed_literal(struct parser *p, enum type_kind kind, size_t first)
{
	struct node *node = node_new(p, NODE_CAST), *text = parse_string(p);
	if (!text)
		return NULL;
	node->type = type_of(kind);
	node_add(p, node, text);
	node->source = source_from(p, first);
	return node;
}

static struct node *literal(struct parser *p, enum type_kind kind, const char *text)
{
	struct node *node = node_new(p, NODE_LITERAL);
	node->type = type_of(kind);
	node->text = text;
	node->source = sqllex_text(&p->lex, p->i - 1, p->arena);
	return node;
}

/* A primary that starts with a keyword; *taken tells whether it did. */
static struct node *parse_keyword(struct parser *p, bool *taken)
{
	size_t first = p->i;
	bool string_next = sqllex_kind(&p->lex, p->i + 1) == SQLTOK_STRING;
	bool bracket_next = sqllex_op(&p->lex, p->i + 1, "(");
	*taken = true;
	if (parser_take(p, "NULL"))
		return literal(p, TYPE_NULL, "NULL");
	if (parser_take(p, "TRUE"))
		return literal(p, TYPE_BOOLEAN, "1");
	if (parser_take(p, "FALSE"))
		return literal(p, TYPE_BOOLEAN, "0");
	if (string_next && parser_take(p, "DATE"))
		return typed_literal(p, TYPE_DATE, first);
	if (string_next && (parser_take(p, "TIMESTAMP") || parser_take(p, "TIMESTAMP_NTZ")))
		return typed_literal(p, TYPE_TIMESTAMP, first);
	if (!sqllex_op(&p->lex, p->i + 1, ".") && !sqllex_op(&p->lex, p->i + 1, ",") &&
	    parser_take(p, "INTERVAL"))
		return parse_interval(p, first);
	if (parser_take(p, "CASE"))
		return parse_case(p, first);
	if (bracket_next && parser_take(p, "CAST"))
		return parse_cast(p, false, first);
	if (bracket_next && parser_take(p, "TRY_CAST"))
		return parse_cast(p, true, first);
	if (bracket_next && parser_take(p, "EXISTS")) {
		p->i++;
		struct node *node = node_new(p, NODE_EXISTS);
		if (!parse_at_query(p))
			return parser_unsupported(p, "EXISTS over an array");
		if (!(node->query = parse_query(p)) || !parser_need_op(p, ")"))
			return NULL;
		node->source = source_from(p, first);
		return node;
	}
	*taken = false;
	return NULL;
}

struct node *parse_primary(struct parser *p)
{
	size_t first = p->i;
	bool taken = false;
	struct node *node;
	switch (sqllex_kind(&p->lex, p->i)) {
	case SQLTOK_NUMBER:
		return parse_number(p);
	case SQLTOK_STRING:
		return parse_string(p);
	case SQLTOK_PARAM:
		node = node_new(p, NODE_PARAM);
		node->text = sqllex_value(&p->lex, p->i++, p->arena);
		node->source = source_from(p, first);
		return node;
	case SQLTOK_WORD:
		node = parse_keyword(p, &taken);
		return taken ? node : parse_name_or_call(p);
	case SQLTOK_QUOTED:
		return p->lex.tok[p->i].flags & SQLTOK_UNTERMINATED ? parser_fail(p) : parse_name_or_call(p);
	default:
		if (parser_take_op(p, "*"))
			return node_new(p, NODE_STAR);
		if (parser_take_op(p, "("))
			return parse_bracket(p, first);
		return parser_fail(p);
	}
}

/* :: and [] after a primary. */
struct node *parse_primary_tail(struct parser *p, struct node *node)
{
	while (node && parser_take_op(p, "::")) {
		struct node *cast = node_new(p, NODE_CAST);
		if (!parse_type(p, &cast->type))
			return NULL;
		node_add(p, cast, node);
		cast->source = arena_printf(p->arena, "CAST(%s AS %s)", node->source,
			type_text(cast->type, p->arena));
		node = cast;
	}
	if (node && (parser_at_op(p, "[") || parser_at_op(p, ".") || parser_at_op(p, ":")))
		return parser_unsupported(p, "fields and elements of nested values");
	return node;
}

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
		return scale_interval(p, arg, whole_number(p, "-1"), first);
	struct node *node = node_new(p, NODE_UNARY);
	node->op = op;
	node_add(p, node, arg);
	node->source = source_from(p, first);
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
		node = times && node->kind == NODE_INTERVAL ? scale_interval(p, node, right, first)
			: times && right->kind == NODE_INTERVAL ? scale_interval(p, right, node, first)
			: binary(p, op, node, right, first);
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
	bool any = parser_take(p, "ANY") || parser_take(p, "SOME"), all = !any && parser_take(p, "ALL");
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
	static const char *const comparisons[] = { "<=>", "<=", ">=", "<>", "!=", "==", "=", "<", ">" };
	*out = NULL;
	for (size_t i = 0; i < countof(comparisons); i++) {
		if (parser_take_op(p, comparisons[i])) {
			const char *op = streq(comparisons[i], "==") ? "=" : streq(comparisons[i], "!=")
				? "<>" : comparisons[i];
			return (*out = binary(p, op, left, parse_level(p, 0), first)) != NULL;
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
		if (!(low = parse_level(p, 0)) || !parser_need(p, "AND") || !(high = parse_level(p, 0)))
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
		node->source = source_from(p, first);
		return node;
	}
	struct node *node = parse_level(p, 0), *more;
	while (node) {
		if (!parse_predicate(p, node, &more, first))
			return NULL;
		if (!more)
			return node;
		more->source = source_from(p, first);
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
	logic->source = source_from(p, first);
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
