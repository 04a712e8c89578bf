/* editsqlx.h - what the parts of editsql share. Private to lib/editsql*.c.
 * Layer: domain. */
#ifndef GENIE_EDITSQLX_H
#define GENIE_EDITSQLX_H

#include "base.h"
#include "err.h"
#include "mem.h"
#include "sqllex.h"

struct str;

#define MAX_PARAMS 256

/* A byte range of the text; `to` is exclusive. */
struct range {
	size_t from, to;
};
struct param {
	char *name;
	struct range comment; /* the literal; from == to: none */
	struct range type, by_default; /* tokens; from == to: none */
	size_t start, end;    /* of its first token, behind its last */
};

/* One statement, found and measured. */
struct found {
	struct arena arena;
	struct sqllex lex;
	size_t first, last;   /* tokens of the statement; last is exclusive */
	size_t name, open, close; /* tokens: of the name, and the brackets of the parameters */
	size_t returns;       /* the RETURN token */
	struct range comment;
	struct param params[MAX_PARAMS];
	size_t nparams;
	const char *file;
	struct err *err;
};

size_t edit_token_end(const struct found *f, size_t i);       /* offset behind token i */
size_t edit_statement_end(const struct found *f, size_t i);   /* the next semicolon's token, or n */
/* Errors "FILE:LINE: WHAT"; false. */
bool edit_sql_fail(const struct found *f, size_t token, const char *what);
/* Finds and measures the function; edit_sql_done releases, also on failure, and gives back ok. */
bool edit_sql_find(struct found *f, const struct str *text, const char *file, const char *function,
	struct err *err) MUST_CHECK;
bool edit_sql_done(struct found *f, bool ok);
/* The text becomes its edited copy. */
void edit_take_over(struct str *text, const struct str *next);

#endif
