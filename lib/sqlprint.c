/* Trees back to text, with no more brackets than needed. */
#include "sqlast.h"

#include "mem.h"
#include "sqltext.h"
#include "str.h"

#include <string.h>

enum { PREC_OR = 1, PREC_AND, PREC_NOT, PREC_TEST, PREC_BITS, PREC_ADD = 9, PREC_MUL, PREC_UNARY,
	PREC_VALUE };

static int binary_precedence(const char *op)
{
	static const struct {
		const char *op;
		int level;
	} levels[] = {
		{ "|", PREC_BITS }, { "^", PREC_BITS + 1 }, { "&", PREC_BITS + 2 },
		{ "<<", PREC_BITS + 3 }, { ">>", PREC_BITS + 3 }, { ">>>", PREC_BITS + 3 },
		{ "+", PREC_ADD }, { "-", PREC_ADD }, { "||", PREC_ADD },
		{ "*", PREC_MUL }, { "/", PREC_MUL }, { "%", PREC_MUL }, { "DIV", PREC_MUL },
	};
	for (size_t i = 0; i < countof(levels); i++)
		if (streq(levels[i].op, op))
			return levels[i].level;
	return PREC_TEST;
}

static int precedence(const struct sqlnode *node)
{
	switch (node->kind) {
	case SQLN_OR: return PREC_OR;
	case SQLN_AND: return PREC_AND;
	case SQLN_NOT: return PREC_NOT;
	case SQLN_LAMBDA: return PREC_OR;
	case SQLN_IS: case SQLN_BETWEEN: case SQLN_IN: case SQLN_LIKE: return PREC_TEST;
	case SQLN_BINARY: return binary_precedence(node->text);
	case SQLN_UNARY: return PREC_UNARY;
	default: return PREC_VALUE;
	}
}

static void print_at(const struct sqlnode *node, int least, struct str *out)
{
	bool brackets = precedence(node) < least;
	if (brackets)
		str_addc(out, '(');
	sqlnode_print(node, out);
	if (brackets)
		str_addc(out, ')');
}

static void print_list(const struct sqlnode *node, size_t from, size_t to, const char *between,
	struct str *out)
{
	for (size_t i = from; i < to; i++) {
		if (i > from)
			str_add(out, between);
		sqlnode_print(node->kid[i], out);
	}
}

static void print_ident(const char *name, struct str *out)
{
	struct arena arena = { 0 };
	bool template = strstr(name, "${") != NULL;
	str_add(out, template ? name : sql_ident(&arena, name));
	arena_free(&arena);
}

static void print_name(const struct sqlnode *node, struct str *out)
{
	for (size_t i = 0; i < node->nparts; i++) {
		if (i)
			str_addc(out, '.');
		/* names of grammar words ("GROUPING SETS") hold a space on purpose */
		if (node->kind == SQLN_FUNC)
			str_add(out, node->part[i]);
		else
			print_ident(node->part[i], out);
	}
}

static void print_string(const char *text, struct str *out)
{
	struct arena arena = { 0 };
	str_add(out, sql_quote_string(&arena, text));
	arena_free(&arena);
}

static void print_junction(const struct sqlnode *node, const char *word, int level, struct str *out)
{
	for (size_t i = 0; i < node->n; i++) {
		if (i)
			str_add(out, word);
		print_at(node->kid[i], level + 1, out);
	}
}

static void print_test(const struct sqlnode *node, struct str *out)
{
	const char *not = node->flags & SQLF_NOT ? "NOT " : "";
	if (node->n == 0)
		return;
	print_at(node->kid[0], PREC_TEST + 1, out);
	if (node->kind == SQLN_IS) {
		str_addf(out, " IS %s%s", not, node->text);
	} else if (node->kind == SQLN_BETWEEN && node->n == 3) {
		str_addf(out, " %sBETWEEN ", not);
		print_at(node->kid[1], PREC_TEST + 1, out);
		str_add(out, " AND ");
		print_at(node->kid[2], PREC_TEST + 1, out);
	} else if (node->kind == SQLN_IN) {
		str_addf(out, " %sIN (", not);
		print_list(node, 1, node->n, ", ", out);
		str_addc(out, ')');
	} else {
		bool many = node->text && strchr(node->text, ' ');
		str_addf(out, " %s%s ", not, node->text ? node->text : "?");
		str_add(out, many ? "(" : "");
		for (size_t i = 1; i < node->n; i++) {
			str_add(out, i > 1 ? ", " : "");
			print_at(node->kid[i], PREC_TEST + 1, out);
		}
		str_add(out, many ? ")" : "");
		if (node->alias) {
			str_add(out, " ESCAPE ");
			print_string(node->alias, out);
		}
	}
}

static bool call_suffix(const struct sqlnode *node)
{
	return node->kind == SQLN_WITHIN || node->kind == SQLN_FILTER || node->kind == SQLN_OVER;
}

static void print_call(const struct sqlnode *node, struct str *out)
{
	size_t args = 0;
	print_name(node, out);
	str_add(out, node->flags & SQLF_DISTINCT ? "(DISTINCT " : "(");
	while (args < node->n && !call_suffix(node->kid[args])
		&& !(node->kind == SQLN_TVF && node->kid[args]->kind == SQLN_COLUMNS))
		args++;
	print_list(node, 0, args, ", ", out);
	str_addc(out, ')');
	if (node->text)
		str_addf(out, " %s", node->text);
	for (size_t i = args; node->kind == SQLN_FUNC && i < node->n; i++) {
		str_addc(out, ' ');
		sqlnode_print(node->kid[i], out);
	}
}

static void print_over(const struct sqlnode *node, struct str *out)
{
	if (node->text && node->n == 0) {
		str_add(out, "OVER ");
		print_ident(node->text, out);
		return;
	}
	str_add(out, "OVER (");
	if (node->text)
		str_addf(out, "%s ", node->text);
	print_list(node, 0, node->n, " ", out);
	str_addc(out, ')');
}

static void print_case(const struct sqlnode *node, struct str *out)
{
	str_add(out, "CASE");
	for (size_t i = 0; i < node->n; i++) {
		const struct sqlnode *kid = node->kid[i];
		str_addc(out, ' ');
		if (kid->kind == SQLN_WHEN && kid->n == 2) {
			str_add(out, "WHEN ");
			sqlnode_print(kid->kid[0], out);
			str_add(out, " THEN ");
			sqlnode_print(kid->kid[1], out);
		} else {
			str_add(out, kid->kind == SQLN_ELSE ? "ELSE " : "");
			print_list(kid, 0, kid->kind == SQLN_ELSE ? kid->n : 0, " ", out);
			if (kid->kind != SQLN_ELSE)
				sqlnode_print(kid, out);
		}
	}
	str_add(out, " END");
}

static void print_alias(const struct sqlnode *node, struct str *out)
{
	const struct sqlnode *columns = sqlnode_child(node, SQLN_COLUMNS);
	for (size_t i = 0; i < node->n; i++)
		if (node->kid[i]->kind == SQLN_OPAQUE)
			str_addf(out, " %s", node->kid[i]->text);
	if (node->alias) {
		str_add(out, " AS ");
		print_ident(node->alias, out);
	}
	if (columns) {
		str_add(out, node->alias ? "(" : " AS (");
		print_list(columns, 0, columns->n, ", ", out);
		str_addc(out, ')');
	}
}

static void print_join(const struct sqlnode *node, struct str *out)
{
	bool view = streq(node->text, "LATERAL VIEW"), nested;
	if (node->n < 1)
		return;
	sqlnode_print(node->kid[0], out);
	if (view) {
		const struct sqlnode *call = node->n > 1 ? node->kid[1] : NULL;
		const struct sqlnode *columns = sqlnode_child(call, SQLN_COLUMNS);
		str_addf(out, " LATERAL VIEW %s", node->flags & SQLF_OUTER ? "OUTER " : "");
		if (call)
			print_call(call, out);
		if (call && call->alias)
			str_addf(out, " %s", call->alias);
		if (columns) {
			str_add(out, " AS ");
			print_list(columns, 0, columns->n, ", ", out);
		}
		return;
	}
	str_addf(out, "%s%s%s", node->flags & SQLF_NATURAL ? " NATURAL " : " ",
		streq(node->text, "INNER") ? "" : node->text, streq(node->text, "INNER") ? "JOIN "
		: " JOIN ");
	for (size_t i = 1; i < node->n; i++) {
		nested = node->kid[i]->kind == SQLN_JOIN;
		str_add(out, nested ? "(" : i > 1 ? " " : "");
		sqlnode_print(node->kid[i], out);
		str_add(out, nested ? ")" : "");
	}
}

static bool select_clause(enum sqlnode_kind kind)
{
	return kind == SQLN_FROM || kind == SQLN_WHERE || kind == SQLN_GROUP || kind == SQLN_HAVING
		|| kind == SQLN_QUALIFY || kind == SQLN_WINDOWS;
}

static void print_select(const struct sqlnode *node, struct str *out)
{
	bool first = true;
	str_add(out, node->flags & SQLF_DISTINCT ? "SELECT DISTINCT " : "SELECT ");
	for (size_t i = 0; i < node->n; i++) {
		bool clause = select_clause(node->kid[i]->kind);
		str_add(out, clause ? " " : first ? "" : ", ");
		first = false;
		sqlnode_print(node->kid[i], out);
	}
}

static void print_query(const struct sqlnode *node, struct str *out)
{
	for (size_t i = 0; i < node->n; i++) {
		bool nested = node->kid[i]->kind == SQLN_QUERY;
		str_add(out, i ? " " : "");
		str_add(out, nested ? "(" : node->kid[i]->kind == SQLN_TABLE ? "TABLE " : "");
		sqlnode_print(node->kid[i], out);
		str_add(out, nested ? ")" : "");
	}
}

static void print_setop(const struct sqlnode *node, struct str *out)
{
	for (size_t i = 0; i < node->n; i++) {
		const struct sqlnode *kid = node->kid[i];
		bool tighter = streq(kid->text, "INTERSECT") && !streq(node->text, "INTERSECT");
		bool nested = kid->kind == SQLN_QUERY || (i == 1 && kid->kind == SQLN_SETOP
			&& !tighter);
		if (i)
			str_addf(out, " %s %s%s", node->text, node->flags & SQLF_ALL ? "ALL " : "",
				node->flags & SQLF_BY_NAME ? "BY NAME " : "");
		str_add(out, nested ? "(" : "");
		sqlnode_print(node->kid[i], out);
		str_add(out, nested ? ")" : "");
	}
}

static void print_order(const struct sqlnode *node, struct str *out)
{
	str_addf(out, "%s BY ", node->text ? node->text : "ORDER");
	for (size_t i = 0; i < node->n; i++) {
		const struct sqlnode *key = node->kid[i];
		str_add(out, i ? ", " : "");
		print_list(key, 0, key->n, " ", out);
		str_add(out, key->flags & SQLF_DESC ? " DESC" : "");
		str_add(out, key->flags & SQLF_NULLS_FIRST ? " NULLS FIRST"
			: key->flags & SQLF_NULLS_LAST ? " NULLS LAST" : "");
	}
}

static void print_group(const struct sqlnode *node, struct str *out)
{
	str_add(out, node->flags & SQLF_ALL ? "GROUP BY ALL" : "GROUP BY ");
	print_list(node, 0, node->n, ", ", out);
	if (node->text)
		str_addf(out, " WITH %s", node->text);
}

static void print_bracketed(const char *before, const struct sqlnode *node, struct str *out)
{
	str_add(out, before);
	str_addc(out, '(');
	print_list(node, 0, node->n, ", ", out);
	str_addc(out, ')');
}

static void print_windows(const struct sqlnode *node, struct str *out)
{
	str_add(out, "WINDOW ");
	for (size_t i = 0; i < node->n; i++) {
		struct str over = STR_INIT;
		print_over(node->kid[i], &over);
		str_addf(out, "%s%s AS %s", i ? ", " : "", node->kid[i]->alias ? node->kid[i]->alias
			: "?",
			str_text(&over) + strlen("OVER "));
		str_free(&over);
	}
}

/* Clauses: a word and what follows. */
static void print_clause(const struct sqlnode *node, struct str *out)
{
	static const struct {
		enum sqlnode_kind kind;
		const char *word, *between;
	} words[] = {
		{ SQLN_FROM, "FROM ", ", " }, { SQLN_WHERE, "WHERE ", " " }, { SQLN_HAVING,
		"HAVING ", " " },
		{ SQLN_QUALIFY, "QUALIFY ", " " }, { SQLN_LIMIT, "LIMIT ", " " }, { SQLN_OFFSET,
		"OFFSET ", " " },
		{ SQLN_ON, "ON ", " " }, { SQLN_PARTITION, "PARTITION BY ", ", " }, { SQLN_ELSE,
		"ELSE ", " " },
		{ SQLN_WITH, "WITH ", ", " },
	};
	for (size_t i = 0; i < countof(words); i++) {
		if (words[i].kind == node->kind) {
			str_add(out, words[i].word);
			if (node->flags & SQLF_RECURSIVE)
				str_add(out, "RECURSIVE ");
			if (node->kind == SQLN_LIMIT && (node->flags & SQLF_ALL))
				str_add(out, "ALL");
			print_list(node, 0, node->n, words[i].between, out);
			return;
		}
	}
	print_list(node, 0, node->n, " ", out);
	if (node->text && node->n == 0)
		str_add(out, node->text);
}

static void print_star(const struct sqlnode *node, struct str *out)
{
	print_name(node, out);
	str_add(out, node->nparts ? ".*" : "*");
	if (node->n)
		print_bracketed(" EXCEPT ", node, out);
}

static void print_interval(const struct sqlnode *node, struct str *out)
{
	str_add(out, "INTERVAL ");
	for (size_t i = 0; i < node->n; i++)
		print_at(node->kid[i], PREC_UNARY, out);
	if (node->text)
		str_addf(out, " %s", node->text);
}

static void print_table(const struct sqlnode *node, struct str *out)
{
	str_add(out, node->flags & SQLF_LATERAL ? "LATERAL " : "");
	switch (node->kind) {
	case SQLN_TVF:
		print_call(node, out);
		break;
	case SQLN_VALUES:
		str_add(out, "VALUES ");
		for (size_t i = 0; i < node->n && node->kid[i]->kind != SQLN_COLUMNS; i++) {
			str_add(out, i ? ", " : "");
			sqlnode_print(node->kid[i], out);
		}
		break;
	case SQLN_DERIVED:
		str_addc(out, '(');
		if (node->n)
			sqlnode_print(node->kid[0], out);
		str_addc(out, ')');
		break;
	default:
		print_name(node, out);
	}
	print_alias(node, out);
}

static void print_unary(const struct sqlnode *node, struct str *out)
{
	str_add(out, node->text);
	/* "- -x", not a comment */
	if (node->n && node->kid[0]->kind == SQLN_UNARY)
		str_addc(out, ' ');
	for (size_t i = 0; i < node->n; i++)
		print_at(node->kid[i], PREC_UNARY, out);
}

static void print_binary(const struct sqlnode *node, struct str *out)
{
	int level = precedence(node);
	for (size_t i = 0; i < node->n; i++) {
		if (i)
			str_addf(out, " %s ", node->text);
		print_at(node->kid[i], i || level == PREC_TEST ? level + 1 : level, out);
	}
}

static void print_value(const struct sqlnode *node, struct str *out)
{
	switch (node->kind) {
	case SQLN_INDEX:
		if (node->n == 2) {
			print_at(node->kid[0], PREC_VALUE, out);
			str_addc(out, '[');
			sqlnode_print(node->kid[1], out);
			str_addc(out, ']');
		}
		break;
	case SQLN_FIELD:
		print_at(node->kid[0], PREC_VALUE, out);
		str_addc(out, *node->text);
		if (streq(node->text, ".*"))
			str_addc(out, '*');
		else
			print_ident(node->text + 1, out);
		break;
	case SQLN_LAMBDA:
		if (node->n == 2) {
			sqlnode_print(node->kid[0], out);
		} else {
			str_addc(out, '(');
			print_list(node, 0, node->n - 1, ", ", out);
			str_addc(out, ')');
		}
		str_add(out, " -> ");
		sqlnode_print(node->kid[node->n - 1], out);
		break;
	case SQLN_CAST:
		str_add(out, node->flags & SQLF_TRY ? "TRY_CAST(" : "CAST(");
		print_list(node, 0, node->n, " ", out);
		str_addf(out, " AS %s)", node->text);
		break;
	case SQLN_ARG:
		str_addf(out, "%s => ", node->text);
		print_list(node, 0, node->n, " ", out);
		break;
	case SQLN_TYPED:
		str_addf(out, "%s%s", node->text, streq(node->text, "X") ? "" : " ");
		print_list(node, 0, node->n, " ", out);
		break;
	case SQLN_PARAM:
		str_addf(out, "%s%s", *node->text ? ":" : "?", node->text);
		break;
	default:
		print_clause(node, out);
	}
}

static void print_cte(const struct sqlnode *node, struct str *out)
{
	const struct sqlnode *columns = sqlnode_child(node, SQLN_COLUMNS);
	print_ident(node->alias ? node->alias : "", out);
	if (columns)
		print_bracketed("", columns, out);
	str_add(out, " AS (");
	if (node->n)
		sqlnode_print(node->kid[0], out);
	str_addc(out, ')');
}

void sqlnode_print(const struct sqlnode *node, struct str *out)
{
	switch (node->kind) {
	case SQLN_OPAQUE: case SQLN_NUMBER: case SQLN_BOOL: case SQLN_FRAME: str_add(out,
		node->text); break;
	case SQLN_NULL: str_add(out, "NULL"); break;
	case SQLN_STRING: print_string(node->text, out); break;
	case SQLN_COLUMN: print_name(node, out); break;
	case SQLN_STAR: print_star(node, out); break;
	case SQLN_AND: print_junction(node, " AND ", PREC_AND, out); break;
	case SQLN_OR: print_junction(node, " OR ", PREC_OR, out); break;
	case SQLN_NOT:
		str_add(out, "NOT ");
		if (node->n)
			print_at(node->kid[0], PREC_NOT, out);
		break;
	case SQLN_UNARY: print_unary(node, out); break;
	case SQLN_BINARY: print_binary(node, out); break;
	case SQLN_IS: case SQLN_BETWEEN: case SQLN_IN: case SQLN_LIKE: print_test(node, out); break;
	case SQLN_FUNC: print_call(node, out); break;
	case SQLN_OVER: print_over(node, out); break;
	case SQLN_CASE: print_case(node, out); break;
	case SQLN_INTERVAL: print_interval(node, out); break;
	case SQLN_EXISTS: print_bracketed("EXISTS ", node, out); break;
	case SQLN_SCALAR: case SQLN_TUPLE: print_bracketed("", node, out); break;
	case SQLN_FILTER:
		str_add(out, "FILTER (WHERE ");
		print_list(node, 0, node->n, " ", out);
		str_addc(out, ')');
		break;
	case SQLN_WITHIN: print_bracketed("WITHIN GROUP ", node, out); break;
	case SQLN_USING: print_bracketed("USING ", node, out); break;
	case SQLN_COLUMNS: print_bracketed("", node, out); break;
	case SQLN_ITEM:
		if (node->n)
			sqlnode_print(node->kid[0], out);
		print_alias(node, out);
		break;
	case SQLN_TABLE: case SQLN_TVF: case SQLN_DERIVED: case SQLN_VALUES: print_table(node, out);
		break;
	case SQLN_JOIN: print_join(node, out); break;
	case SQLN_SELECT: print_select(node, out); break;
	case SQLN_QUERY: print_query(node, out); break;
	case SQLN_SETOP: print_setop(node, out); break;
	case SQLN_CTE: print_cte(node, out); break;
	case SQLN_ORDER: print_order(node, out); break;
	case SQLN_GROUP: print_group(node, out); break;
	case SQLN_WINDOWS: print_windows(node, out); break;
	default: print_value(node, out);
	}
}

char *sqlnode_text(struct arena *arena, const struct sqlnode *node)
{
	struct str out = STR_INIT;
	char *text;
	if (node)
		sqlnode_print(node, &out);
	text = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return text;
}
