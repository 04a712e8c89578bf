/* sqlerror.h - an error as Databricks SQL reports it.
 *
 * A statement that fails has an error class (TABLE_OR_VIEW_NOT_FOUND), a
 * SQLSTATE (42P01) and a message that holds both:
 * "[TABLE_OR_VIEW_NOT_FOUND] The table ... SQLSTATE: 42P01".
 */
#ifndef GENIE_LOCAL_SQLERROR_H
#define GENIE_LOCAL_SQLERROR_H

#include "base.h"

struct err;

struct sql_error {
	char cls[80];       /* error class; sub-classes after a point */
	char state[8];      /* SQLSTATE */
	char message[2048]; /* as clients see it; may hold newlines */
};

/* Fills all three; the message becomes "[CLS] TEXT SQLSTATE: STATE". Returns false. */
bool sql_error_set(struct sql_error *error, const char *cls, const char *state,
	const char *format, ...) PRINTF_LIKE(4, 5);
/* The static analyzer sees one source at a time: tell it that this is never true. */
#ifdef __clang_analyzer__
#define sql_error_set(...) (sql_error_set(__VA_ARGS__), false)
#endif
/* A fault of ours (I/O, a bug) as INTERNAL_ERROR, XX000. Returns false. */
bool sql_error_from(struct sql_error *error, const struct err *err);

/* The common ones; all return false. `name` is the name as written. */
bool sql_error_no_table(struct sql_error *error, const char *name);
bool sql_error_no_routine(struct sql_error *error, const char *name);
bool sql_error_no_schema(struct sql_error *error, const char *catalog, const char *schema);
bool sql_error_no_column(struct sql_error *error, const char *name, const char *suggestions);
/* PARSE_SYNTAX_ERROR at or near `near` (NULL: at the end of the input). */
bool sql_error_syntax(struct sql_error *error, const char *near, const char *hint);

#endif
