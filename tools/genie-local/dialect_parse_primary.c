/* dialect_parse_primary.c - literals, names, calls, CASE, CAST, brackets. */
#include "dialect_parse.h"

#include "str.h"

#include <ctype.h>
#include <string.h>

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
		if (strlen(text) > 19 || (strlen(text) == 19 && strcmp(text,
			"9223372036854775807") > 0))
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
	node->source = parse_source(p, first);
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
	node->source = parse_source(p, first);
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
		name = arena_printf(p->arena, "%s(%s)", name, parse_source(p, first));
		if (!parser_need_op(p, ")"))
			return false;
	}
	if (type_parse(name, out))
		return true;
	return sql_error_set(p->error, "UNSUPPORTED_DATATYPE", "0A000", "Unsupported data type"
		" \"%s\".",
		parse_upper(p->arena, name));
}

static struct node *parse_cast(struct parser *p, bool try, size_t first)
{
	struct node *node = node_new(p, NODE_CAST), *arg;
	node->try = try;
	if (!parser_need_op(p, "(") || !(arg = parse_expr(p)) || !parser_need(p, "AS") ||
	    !parse_type(p, &node->type) || !parser_need_op(p, ")"))
		return NULL;
	node_add(p, node, arg);
	node->source = parse_source(p, first);
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
		field->text = field->source = parse_upper(p->arena, unit);
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
	    (streq(node->op, "DATEADD") || streq(node->op, "DATEDIFF") || streq(node->op,
	"DATE_ADD") ||
	     streq(node->op, "DATE_DIFF") || streq(node->op, "TIMESTAMPADD") ||
	     streq(node->op, "TIMESTAMPDIFF"))) {
		const char *unit = parse_unit(p);
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
	if ((parser_at(p, "IGNORE") || parser_at(p, "RESPECT")) && sqllex_is(&p->lex, p->i + 1,
		"NULLS")) {
		node->ignore_nulls = parser_at(p, "IGNORE");
		p->i += 2;
	}
	return parser_need_op(p, ")");
}

static struct node *parse_call(struct parser *p, struct node *node, size_t first)
{
	node->kind = NODE_CALL;
	node->op = parse_upper(p->arena, node->part[node->nparts - 1]);
	if (!parse_arguments(p, node))
		return NULL;
	if (parser_take(p, "WITHIN")) {
		if (!parser_need(p, "GROUP") || !parser_need_op(p, "(") || !parser_need(p,
			"ORDER") ||
		    !parser_need(p, "BY") || !parse_order(p, &node->within) || !parser_need_op(p,
		")"))
			return NULL;
	}
	if (parser_at(p, "FILTER") && sqllex_op(&p->lex, p->i + 1, "(")) {
		p->i += 2;
		if (!parser_need(p, "WHERE") || !(node->filter = parse_expr(p)) ||
			!parser_need_op(p, ")"))
			return NULL;
	}
	if ((parser_at(p, "IGNORE") || parser_at(p, "RESPECT")) && sqllex_is(&p->lex, p->i + 1,
		"NULLS")) {
		node->ignore_nulls = parser_at(p, "IGNORE");
		p->i += 2;
	}
	if (parser_take(p, "OVER") && !(node->over = parse_window(p)))
		return NULL;
	node->source = parse_source(p, first);
	return node;
}

static struct node *parse_name_or_call(struct parser *p)
{
	static const char *const reserved[] = { "SELECT", "FROM", "WHERE", "GROUP", "HAVING",
		"ORDER",
		"UNION", "ON", "JOIN", "THEN", "WHEN", "ELSE", "END", "AND", "OR", "IN", "AS",
		"QUALIFY",
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
	node->source = parse_source(p, first);
	return node;
}

static struct node *parse_bracket(struct parser *p, size_t first)
{
	if (parse_at_query(p)) {
		struct node *node = node_new(p, NODE_SUBQUERY);
		if (!(node->query = parse_query(p)) || !parser_need_op(p, ")"))
			return NULL;
		node->source = parse_source(p, first);
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
		row->source = parse_source(p, first);
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
	node->source = parse_source(p, first);
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
		node->source = parse_source(p, first);
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
		node->source = parse_source(p, first);
		return node;
	case SQLTOK_WORD:
		node = parse_keyword(p, &taken);
		return taken ? node : parse_name_or_call(p);
	case SQLTOK_QUOTED:
		return p->lex.tok[p->i].flags & SQLTOK_UNTERMINATED ? parser_fail(p)
			: parse_name_or_call(p);
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
