/* The frame of the parser (tokens, nodes, going on after a surprise) and its two
 * entries. Queries: sqlparse_query.c; FROM: sqlparse_from.c; values:
 * sqlparse_expr.c. */
#include "sqlparse_int.h"
#include "str.h"

#include <string.h>

/* ---- tokens ------------------------------------------------------------- */

bool p_more(const struct parser *p)
{
	return p->at < p->end;
}

bool p_name(const struct parser *p, size_t ahead)
{
	return p->at + ahead < p->end && (sqllex_name(&p->lex, p->at + ahead)
		|| sqllex_kind(&p->lex, p->at + ahead) == SQLTOK_TEMPLATE);
}

bool p_take(struct parser *p, const char *word)
{
	if (!p_word(p, 0, word))
		return false;
	p->at++;
	return true;
}

bool p_take2(struct parser *p, const char *first, const char *second)
{
	if (!p_word(p, 0, first) || !p_word(p, 1, second))
		return false;
	p->at += 2;
	return true;
}

bool p_take_op(struct parser *p, const char *op)
{
	if (!p_op(p, 0, op))
		return false;
	p->at++;
	return true;
}

const char *p_take_any(struct parser *p, const char *const *words)
{
	for (; *words; words++)
		if (p_take(p, *words))
			return *words;
	return NULL;
}

void p_problem(struct parser *p, const char *what)
{
	if (p->problems++ == 0) {
		p->problem = what;
		p->problem_at = p->lex.tok[p->at < p->lex.n ? p->at : p->lex.n].at;
	}
}

void p_need_op(struct parser *p, const char *op, const char *what)
{
	if (!p_take_op(p, op))
		p_problem(p, what);
}

void p_skip(struct parser *p)
{
	size_t depth = 0;
	if (!p_more(p))
		return;
	do {
		if (p_op(p, 0, "(") || p_op(p, 0, "["))
			depth++;
		else if ((p_op(p, 0, ")") || p_op(p, 0, "]")) && depth > 0)
			depth--;
		p->at++;
	} while (depth > 0 && p_more(p));
}

bool p_too_deep(struct parser *p)
{
	if (p->depth >= SQLPARSE_MAX_DEPTH || p->nodes >= SQLPARSE_MAX_NODES) {
		p_problem(p, "too deeply nested or too long");
		return true;
	}
	p->depth++;
	return false;
}

static bool one_of(const struct parser *p, const char *const *words, size_t n)
{
	if (!p_more(p) || sqllex_kind(&p->lex, p->at) != SQLTOK_WORD)
		return false;
	for (size_t i = 0; i < n; i++)
		if (p_word(p, 0, words[i]))
			return true;
	return false;
}

/* The words by their first letter, from A on. */
bool p_stop_word(const struct parser *p)
{
	static const char *const stops[26][8] = {
		['A' - 'A'] = { "AND", "AS", "ASC", "ANTI" }, ['B' - 'A'] = { "BETWEEN" },
		['C' - 'A'] = { "CROSS", "CLUSTER" }, ['D' - 'A'] = { "DESC", "DIV", "DISTRIBUTE" },
		['E' - 'A'] = { "END", "ELSE", "EXCEPT", "ESCAPE" },
		['F' - 'A'] = { "FROM", "FULL", "FETCH" }, ['G' - 'A'] = { "GROUP" },
		['H' - 'A'] = { "HAVING" },
		['I' - 'A'] = { "IN", "IS", "INNER", "INTERSECT", "ILIKE" },
		['J' - 'A'] = { "JOIN" }, ['L' - 'A'] = { "LIMIT", "LEFT", "LIKE", "LATERAL" },
		['M' - 'A'] = { "MINUS" }, ['N' - 'A'] = { "NULLS", "NATURAL" },
		['O' - 'A'] = { "ON", "ORDER", "OR", "OFFSET" }, ['P' - 'A'] = { "PIVOT" },
		['Q' - 'A'] = { "QUALIFY" }, ['R' - 'A'] = { "RIGHT", "RLIKE", "REGEXP" },
		['S' - 'A'] = { "SELECT", "SEMI", "SORT" }, ['T' - 'A'] = { "THEN", "TABLESAMPLE" },
		['U' - 'A'] = { "UNION", "USING", "UNPIVOT" },
		['W' - 'A'] = { "WHERE", "WHEN", "WINDOW" },
	};
	unsigned char c;
	if (!p_more(p) || sqllex_kind(&p->lex, p->at) != SQLTOK_WORD)
		return false;
	c = (unsigned char)(p->lex.text[p->lex.tok[p->at].at] & ~0x20);
	for (size_t i = 0; c >= 'A' && c <= 'Z' && i < 8 && stops[c - 'A'][i]; i++)
		if (sqllex_is(&p->lex, p->at, stops[c - 'A'][i]))
			return !p_op(p, 1, ".");
	return false;
}

static bool query_word(const struct parser *p, size_t ahead)
{
	return p_word(p, ahead, "SELECT") || p_word(p, ahead, "WITH")
		|| (p_word(p, ahead, "VALUES") && !p_op(p, ahead + 1, ","))
		|| (p_word(p, ahead, "FROM") && p_name(p, ahead + 1))
		|| (p_word(p, ahead, "TABLE") && p_name(p, ahead + 1));
}

bool p_query_ahead(const struct parser *p)
{
	size_t ahead = 0;
	while (p_op(p, ahead, "("))
		ahead++;
	return query_word(p, ahead);
}

/* "((SELECT 1) + 1)" is a value: what follows the inner bracket decides. */
bool p_query_in_bracket(const struct parser *p)
{
	struct parser look = *p;
	size_t opened = 0;
	while (p_op(&look, 0, "(")) {
		opened++;
		look.at++;
	}
	if (opened == 0 || !query_word(&look, 0))
		return false;
	if (opened == 1)
		return true;
	look.at--;
	p_skip(&look);
	return p_op(&look, 0, ")") || p_word(&look, 0, "UNION") || p_word(&look, 0, "EXCEPT")
		|| p_word(&look, 0, "INTERSECT") || p_word(&look, 0, "MINUS")
		|| p_word(&look, 0, "ORDER") || p_word(&look, 0, "LIMIT");
}

/* ---- nodes -------------------------------------------------------------- */

struct sqlnode *p_node(struct parser *p, enum sqlnode_kind kind, const char *text)
{
	struct sqlnode *node = sqlnode_new(p->arena, kind, text);
	node->at = p->lex.tok[p->at < p->lex.n ? p->at : p->lex.n].at;
	p->nodes++;
	return node;
}

struct sqlnode *p_span(struct parser *p, struct sqlnode *node, size_t from)
{
	const struct sqltok *last;
	if (p->at <= from)
		return node;
	last = &p->lex.tok[(p->at < p->lex.n ? p->at : p->lex.n) - 1];
	node->at = p->lex.tok[from].at;
	node->length = last->at + last->n - node->at;
	return node;
}

struct sqlnode *p_opaque(struct parser *p, size_t from)
{
	struct sqlnode *node = p_span(p, p_node(p, SQLN_OPAQUE, NULL), from);
	node->text = arena_strndup(p->arena, p->lex.text + node->at, node->length);
	return node;
}

/* What may follow a complete value inside a call or a window. */
static bool tail_word(const struct parser *p)
{
	static const char *const words[] = { "WITH", "ROWS", "RANGE", "GROUPS", "IGNORE",
		"RESPECT" };
	return one_of(p, words, countof(words));
}

struct sqlnode *p_sync(struct parser *p, const char *what)
{
	size_t from = p->at;
	while (p_more(p) && !p_op(p, 0, ",") && !p_op(p, 0, ")") && !p_stop_word(p)
		&& !tail_word(p))
		p_skip(p);
	if (p->at == from)
		return NULL;
	p->problems++;
	if (p->problems == 1) {
		p->problem = what;
		p->problem_at = p->lex.tok[from].at;
	}
	return p_opaque(p, from);
}

void p_add(struct parser *p, struct sqlnode *node, struct sqlnode *kid)
{
	sqlnode_add(p->arena, node, kid);
}

/* One part; a template may touch words and other templates: ${env}_main. */
static char *name_part(struct parser *p)
{
	char *part = NULL;
	for (;;) {
		const struct sqltok *tok = &p->lex.tok[p->at], *next = tok + 1;
		char *text = tok->kind == SQLTOK_TEMPLATE ? sqllex_text(&p->lex, p->at, p->arena)
			: sqllex_value(&p->lex, p->at, p->arena);
		part = part ? arena_printf(p->arena, "%s%s", part, text) : text;
		p->at++;
		if (next->at != tok->at + tok->n || !p_name(p, 0)
			|| (tok->kind != SQLTOK_TEMPLATE && next->kind != SQLTOK_TEMPLATE))
			return part;
	}
}

bool p_parts(struct parser *p, struct sqlnode *node)
{
	size_t from = p->at;
	if (!p_name(p, 0))
		return false;
	sqlnode_name_add(p->arena, node, name_part(p));
	while (node->nparts < 6 && p_op(p, 0, ".") && (p_name(p, 1)
		|| sqllex_kind(&p->lex, p->at + 1) == SQLTOK_NUMBER)) {
		p->at++;
		sqlnode_name_add(p->arena, node, name_part(p));
	}
	p_span(p, node, from);
	return true;
}

char *p_value(struct parser *p)
{
	return sqllex_value(&p->lex, p->at++, p->arena);
}

/* ---- entries ------------------------------------------------------------ */

static void start(struct parser *p, struct arena *arena, const char *sql, unsigned options)
{
	*p = (struct parser){ .arena = arena };
	sqllex_scan(&p->lex, arena, sql, strlen(sql),
		options & SQLPARSE_DOUBLE_IDENT ? SQLLEX_DOUBLE_IDENT : 0);
	while (sqllex_op(&p->lex, p->at, ";"))
		p->at++;
	p->end = p->at;
	while (p->end < p->lex.n && !sqllex_op(&p->lex, p->end, ";"))
		p->end++;
	for (size_t i = p->at; i < p->end; i++)
		if (p->lex.tok[i].flags & SQLTOK_UNTERMINATED)
			p_problem(p, "quote without its end");
	if (p->lex.cut)
		p_problem(p, "text too long");
}

static void finish(struct parser *p, struct sqlparse *out, struct sqlnode *root)
{
	if (p_more(p)) {
		size_t from = p->at;
		p_problem(p, "end of statement expected");
		p->at = p->end;
		p_add(p, root, p_opaque(p, from));
	}
	out->root = root;
	out->problems = p->problems;
	out->problem = p->problem;
	out->problem_at = p->problem_at;
}

/* Words before the query of EXPLAIN, CREATE .. AS, INSERT: up to the first query
 * on the outer level. TABLE and FROM mean something else there, and so may WITH. */
static void skip_to_query(struct parser *p)
{
	while (p_more(p) && !p_word(p, 0, "SELECT") && !p_word(p, 0, "VALUES")
		&& !p_query_in_bracket(p)
		&& !(p_word(p, 0, "WITH") && p_name(p, 1) && (p_word(p, 2, "AS") || p_op(p, 2,
			"("))))
		p_skip(p);
}

void sqlparse(struct sqlparse *out, struct arena *arena, const char *sql, unsigned options)
{
	struct parser p;
	struct sqlnode *root;
	size_t from;
	*out = (struct sqlparse){ 0 };
	start(&p, arena, sql, options);
	root = p_node(&p, SQLN_STATEMENT, NULL);
	from = p.at;
	if (p_word(&p, 0, "GRANT") || p_word(&p, 0, "REVOKE") || p_word(&p, 0, "DENY"))
		p.at = p.end; /* SELECT is a privilege there */
	else if (!p_query_ahead(&p))
		skip_to_query(&p);
	if (p.at > from)
		p_add(&p, root, p_opaque(&p, from));
	if (p_more(&p)) {
		out->query = p_query(&p);
		p_add(&p, root, out->query);
	} else if (p.at == from) {
		p_problem(&p, "statement expected");
	}
	finish(&p, out, root);
}

void sqlparse_expr(struct sqlparse *out, struct arena *arena, const char *sql, unsigned options)
{
	struct parser p;
	*out = (struct sqlparse){ 0 };
	start(&p, arena, sql, options);
	finish(&p, out, p_expr(&p));
}
