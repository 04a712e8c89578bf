/* sqllex.h - the tokens of a Databricks SQL text.
 *
 * The lexer never fails: a byte that means nothing becomes a SQLTOK_OTHER
 * token, a string or comment without an end is marked SQLTOK_UNTERMINATED and
 * runs to the end of the text. Tokens are in order, never overlap, never are
 * empty, and point into the text. With SQLLEX_SPACE | SQLLEX_COMMENTS they
 * cover every byte, so a text can be rebuilt or edited token by token.
 *
 *	struct sqllex lex;
 *	sqllex_scan(&lex, &arena, text, strlen(text), 0);
 *	for (size_t i = 0; i < lex.n; i++)
 *		if (sqllex_is(&lex, i, "SELECT")) ...
 *
 * Indexes may be beyond the end everywhere: tok[n] is a SQLTOK_END, and the
 * questions below answer "no" for everything from n on. Layer: services.
 */
#ifndef GENIE_SQLLEX_H
#define GENIE_SQLLEX_H

#include "base.h"

struct arena;

#define SQLLEX_MAX_TEXT (4u << 20) /* bytes looked at; the rest is cut off */

enum sqltok_kind {
	SQLTOK_END,      /* after the last token; n is 0 */
	SQLTOK_WORD,     /* keyword or plain identifier; bytes >= 0x80 are letters */
	SQLTOK_QUOTED,   /* identifier in `backticks` (or "..", [..] by option) */
	SQLTOK_STRING,   /* '..', "..", r'..', x'..', $$..$$; each literal is a token of its own */
	SQLTOK_NUMBER,   /* 1, 1.5, .5, 1e-3, with suffix L S Y D F BD */
	SQLTOK_OP,       /* one operator or punctuation mark */
	SQLTOK_PARAM,    /* :name or ? */
	SQLTOK_TEMPLATE, /* ${name} outside quotes */
	SQLTOK_COMMENT,  /* dash dash to the end of the line (without it), or slash star (nested) */
	SQLTOK_SPACE,    /* a run of white space */
	SQLTOK_OTHER,    /* a byte without meaning in SQL */
};

enum sqltok_flags {
	SQLTOK_UNTERMINATED = 1, /* string, quoted name or comment without its end */
	SQLTOK_RAW = 2,          /* r'..': backslash is an ordinary character */
	SQLTOK_HEX = 4,          /* x'..': a binary literal */
	SQLTOK_DOUBLE = 8,       /* written in double quotes */
	SQLTOK_DOLLAR = 16,      /* $$..$$ or $tag$..$tag$ */
	SQLTOK_HINT = 32,        /* a comment that starts with slash star plus */
	SQLTOK_LINE = 64,        /* a comment to the end of the line */
	SQLTOK_FRACTION = 128,   /* a number with a point or an exponent */
};

struct sqltok {
	enum sqltok_kind kind;
	unsigned flags;
	size_t at, n; /* offset and length in bytes, quotes and prefix included */
};

enum sqllex_options {
	SQLLEX_SPACE = 1,        /* keep white space */
	SQLLEX_COMMENTS = 2,     /* keep comments */
	SQLLEX_DOUBLE_IDENT = 4, /* "x" is an identifier (ANSI mode, SQLite) */
	SQLLEX_PLAIN_STRINGS = 8, /* backslash is an ordinary character (SQLite, PostgreSQL) */
	SQLLEX_BRACKETS = 16,    /* [x] is an identifier (SQLite) */
};

struct sqllex {
	const char *text;  /* borrowed */
	size_t length;     /* bytes scanned */
	struct sqltok *tok; /* n tokens and a SQLTOK_END; in the arena */
	size_t n;
	unsigned options;
	bool cut;          /* the text was longer than SQLLEX_MAX_TEXT */
};

/* Scans n bytes of text (any bytes, no NUL needed at the end). Tokens live in
 * the arena; the text is borrowed and must stay. */
void sqllex_scan(struct sqllex *lex, struct arena *arena, const char *text, size_t n,
	unsigned options);

enum sqltok_kind sqllex_kind(const struct sqllex *lex, size_t i);
/* Is token i this plain word (keyword), letter case ignored? Never for quoted names. */
bool sqllex_is(const struct sqllex *lex, size_t i, const char *word);
/* Is token i exactly this operator ("<=", "(")? */
bool sqllex_op(const struct sqllex *lex, size_t i, const char *op);
/* Is token i a name: plain word or quoted identifier? */
bool sqllex_name(const struct sqllex *lex, size_t i);

/* The text of token i as written, copied into the arena; "" beyond the end. */
char *sqllex_text(const struct sqllex *lex, size_t i, struct arena *arena);
/* What token i stands for: identifiers without quotes (doubled ones single),
 * strings with escapes resolved, parameters and templates their bare name ("" for ?),
 * anything else as written. A \0 escape ends the value. In the arena. */
char *sqllex_value(const struct sqllex *lex, size_t i, struct arena *arena);

/* Line and column, both from 1, of a byte offset; columns count bytes. */
void sqllex_place(const struct sqllex *lex, size_t at, size_t *line, size_t *column);

/* Is c part of a plain identifier (letter, digit, underscore, byte >= 0x80)? */
bool sql_word_char(char c);

#endif
