/* sqlparse_int.h - what the parts of the SQL parser share; of no use elsewhere.
 * Layer: services. */
#ifndef GENIE_SQLPARSE_INT_H
#define GENIE_SQLPARSE_INT_H

#include "mem.h"
#include "sqlast.h"
#include "sqllex.h"

struct parser {
	struct sqllex lex;
	struct arena *arena;
	size_t at;    /* present token */
	size_t end;   /* first token that is not ours */
	unsigned depth;
	size_t nodes;
	size_t problems, problem_at;
	const char *problem;
};

/* Tokens. `p_take` and friends advance when they say yes. */
bool p_more(const struct parser *p);
/* Most questions are answered by the first byte: words are asked for in upper case. */
static inline bool p_starts(const struct parser *p, size_t ahead, enum sqltok_kind kind, char c)
{
	const struct sqltok *tok;
	if (p->at + ahead >= p->end)
		return false;
	tok = &p->lex.tok[p->at + ahead];
	return tok->kind == kind && (p->lex.text[tok->at] == c
		|| (kind == SQLTOK_WORD && p->lex.text[tok->at] == (c | 0x20)));
}
static inline bool p_word(const struct parser *p, size_t ahead, const char *word)
{
	return p_starts(p, ahead, SQLTOK_WORD, *word) && sqllex_is(&p->lex, p->at + ahead, word);
}
static inline bool p_op(const struct parser *p, size_t ahead, const char *op)
{
	return p_starts(p, ahead, SQLTOK_OP, *op) && sqllex_op(&p->lex, p->at + ahead, op);
}
bool p_name(const struct parser *p, size_t ahead);
bool p_take(struct parser *p, const char *word);
bool p_take2(struct parser *p, const char *first, const char *second);
bool p_take_op(struct parser *p, const char *op);
/* One of the words up to a NULL; the word taken (upper case), or NULL. */
const char *p_take_any(struct parser *p, const char *const *words);
void p_problem(struct parser *p, const char *what);
void p_need_op(struct parser *p, const char *op, const char *what);
/* Moves over one token, or a bracket with all that is in it. */
void p_skip(struct parser *p);
/* True when deeper nesting is refused; else counts one level, to be given
 * back by `p->depth--`. */
bool p_too_deep(struct parser *p);
/* Is there a word that ends an expression or an alias? */
bool p_stop_word(const struct parser *p);
bool p_query_ahead(const struct parser *p); /* SELECT, WITH, VALUES, FROM, or ( before one */
/* The same, behind an opening bracket at the present token. */
bool p_query_in_bracket(const struct parser *p);

struct sqlnode *p_node(struct parser *p, enum sqlnode_kind kind, const char *text);
/* Sets the span of a node from token `from` to the present one. */
struct sqlnode *p_span(struct parser *p, struct sqlnode *node, size_t from);
/* Everything from token `from` to the present one as an opaque node. */
struct sqlnode *p_opaque(struct parser *p, size_t from);
/* Skips, balanced, to a comma, a stop word, a closing bracket or the end; what was
 * skipped is an opaque node and a problem; NULL when there is nothing to skip. */
struct sqlnode *p_sync(struct parser *p, const char *what);
void p_add(struct parser *p, struct sqlnode *node, struct sqlnode *kid);
/* a.b.c: parts of a name (at most 6); false when there is no name. */
bool p_parts(struct parser *p, struct sqlnode *node);
char *p_value(struct parser *p); /* value of the present token; advances */

struct sqlnode *p_query(struct parser *p);
struct sqlnode *p_expr(struct parser *p);
void p_expr_list(struct parser *p, struct sqlnode *list); /* a, b, c */
struct sqlnode *p_order(struct parser *p); /* behind ORDER BY */
struct sqlnode *p_over_body(struct parser *p, struct sqlnode *over); /* behind ( ; takes ) */
struct sqlnode *p_from(struct parser *p); /* behind FROM */
void p_table_alias(struct parser *p, struct sqlnode *table); /* [AS] name [(columns)] */
void p_call_args(struct parser *p, struct sqlnode *call); /* behind ( ; takes ) */
struct sqlnode *p_values(struct parser *p); /* behind VALUES */
struct sqlnode *p_column_names(struct parser *p, enum sqlnode_kind kind); /* (a, b) */

#endif
