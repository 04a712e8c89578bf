/* ddl.h - one catalog statement being read and run: a cursor over its tokens.
 *
 * Every ddl_* function that returns bool answers false with d->error set. The
 * statement's texts live in d->arena. Used by ddl*.c only.
 */
#ifndef GENIE_LOCAL_DDL_H
#define GENIE_LOCAL_DDL_H

#include "catalog_int.h"
#include "sqllex.h"
#include "table.h"

struct ddl {
	struct catalog *catalog;
	struct cat_scope scope;
	struct sql_error *error;
	struct table *out;
	struct arena arena;
	struct sqllex lex;
	size_t at;  /* the next token */
	size_t end; /* tokens of the statement, without final semicolons */
};

/* ---- reading ---------------------------------------------------------- */
bool ddl_is(const struct ddl *d, const char *word);   /* the next token is this word */
bool ddl_is2(const struct ddl *d, const char *word, const char *next);
bool ddl_word(struct ddl *d, const char *word);       /* takes it when it is */
bool ddl_op(struct ddl *d, const char *op);
bool ddl_need(struct ddl *d, const char *word);       /* else PARSE_SYNTAX_ERROR */
bool ddl_need_op(struct ddl *d, const char *op);
bool ddl_syntax(struct ddl *d, const char *hint);     /* at the next token; hint may be NULL */
bool ddl_done(struct ddl *d);                         /* nothing follows */
bool ddl_ident(struct ddl *d, const char **out);
/* A name of at most `max` parts (4: a column with its table). */
struct ddl_name {
	const char *part[4];
	size_t n;
};
bool ddl_name(struct ddl *d, size_t max, struct ddl_name *out);
/* One text: literals that follow each other are joined. */
bool ddl_string(struct ddl *d, const char **out);
bool ddl_if_exists(struct ddl *d, bool *out);         /* [IF EXISTS] */
/* ('k' = 'v', a.b = 1, ...); values may be missing when `bare` (tags, UNSET). */
bool ddl_pairs(struct ddl *d, bool bare, struct cat_pair **out, size_t *n);
/* The text of the tokens from..to-1 as written. */
const char *ddl_text(struct ddl *d, size_t from, size_t to);
/* A data type up to the first of: a comma or bracket outside of brackets, or the
 * words DEFAULT, COMMENT, NOT. Normalised. */
bool ddl_type(struct ddl *d, const char **out);

/* ---- objects ------------------------------------------------------------ */
struct cat_full ddl_full(const struct ddl *d, const struct ddl_name *name);
/* TABLE_OR_VIEW_NOT_FOUND unless it is there. */
bool ddl_find(struct ddl *d, const struct ddl_name *name, struct cat_table *out);
bool ddl_need_column(struct ddl *d, const struct cat_table *table, const char *column,
	const struct cat_column **out);
bool ddl_unsupported(struct ddl *d, const char *what);
/* A fault below: INTERNAL_ERROR. */
bool ddl_fault(struct ddl *d, const struct err *err);

/* ---- statements: the cursor is after the words that chose them ------------ */
bool ddl_alter(struct ddl *d);           /* ALTER TABLE|VIEW */
bool ddl_tag(struct ddl *d, bool set);   /* SET|UNSET TAG */
bool ddl_create(struct ddl *d);          /* CREATE [OR REPLACE] VIEW|FUNCTION|SCHEMA */
bool ddl_create_function(struct ddl *d, bool replace);
bool ddl_describe(struct ddl *d);
bool ddl_show(struct ddl *d);
/* createtab_stmt of SHOW CREATE TABLE (ddl_show_create.c). */
bool ddl_show_create(struct ddl *d, const struct cat_table *table);
/* Checks YAML and its sources, and fills comment and columns of view; ddl_create.c. */
bool ddl_check_metric_view(struct ddl *d, struct cat_table *view, bool *has_comment);

/* One row of texts for the result. */
void ddl_row(struct ddl *d, const char *a, const char *b, const char *c);

#endif
