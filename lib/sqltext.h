/* sqltext.h - what can be said about a SQL text without parsing it: where the first
 * statement ends, what kind it is, its normal form; and safe quoting.
 *
 * All functions are quote- and comment-aware (sqllex.h) and take any bytes.
 * Results live in the arena. Layer: services.
 */
#ifndef GENIE_SQLTEXT_H
#define GENIE_SQLTEXT_H

#include "base.h"
#include "err.h"

struct arena;

/* The first statement without comments (optimizer hints stay) and trailing
 * semicolons, white space trimmed; "" when there is none. *statements (may be
 * NULL) gets the number of statements that are not empty. */
char *sql_first_statement(struct arena *arena, const char *sql, size_t *statements);

enum sql_kind {
	SQL_EMPTY,
	/* queries: may be executed, whoever wrote them */
	SQL_SELECT,      /* also (SELECT ..), FROM .. SELECT, TABLE t */
	SQL_WITH_SELECT, /* WITH .. whose body is a query */
	SQL_VALUES,
	SQL_EXPLAIN,
	SQL_SHOW,
	SQL_DESCRIBE,
	/* everything else changes data, metadata or the session */
	SQL_INSERT, /* also WITH .. INSERT and FROM .. INSERT; same for the next three */
	SQL_UPDATE,
	SQL_DELETE,
	SQL_MERGE,
	SQL_CREATE,
	SQL_ALTER,
	SQL_DROP,
	SQL_TRUNCATE,
	SQL_COMMENT,
	SQL_GRANT, /* also REVOKE, DENY */
	SQL_SET,   /* also RESET, UNSET */
	SQL_USE,
	SQL_CALL,
	SQL_OTHER,
};

/* Kind of the first statement. */
enum sql_kind sql_statement_kind(const char *sql);
/* "SELECT", "WITH SELECT", "INSERT", ... */
const char *sql_kind_text(enum sql_kind kind);

/* True when the text is exactly one statement, complete (no open quote or
 * comment), of a reading kind, and no part of it writes. EXPLAIN only of a
 * reading statement. The gate before anything is executed. */
bool sql_is_read_only(const char *sql);

/* The value of a variable, NULL when there is none; borrowed until sql_resolve returns. */
typedef const char *sql_lookup(void *context, const char *name);
/* Replaces every ${name}, in quotes and backticks too but not in comments,
 * as plain text. A name without a value: NULL and ERR_DATA naming it. */
char *sql_resolve(struct arena *arena, const char *sql, sql_lookup *lookup, void *context,
	struct err *err) MUST_CHECK;

/* One line for comparing texts: tokens divided by single spaces, keywords and
 * identifiers in lower case, needless backticks removed, comments and final
 * semicolons gone, literals as written. */
char *sql_normalize(struct arena *arena, const char *sql);
#define SQL_HASH_SIZE 9
/* First 8 hex digits of the MD5 of the normal form. Returns out. */
const char *sql_hash(const char *sql, char out[SQL_HASH_SIZE]);

/* `name` with backticks inside doubled. */
char *sql_quote_ident(struct arena *arena, const char *name);
/* The name as it is when it is a plain word, else quoted. */
char *sql_ident(struct arena *arena, const char *name);
/* 'text' with \ as \\ and ' as \' (databricks-api: string literals). */
char *sql_quote_string(struct arena *arena, const char *text);

#define SQL_NAME_PARTS 4 /* catalog, schema, table, column */
/* Parts of a.b.c, with or without backticks, as bare names. Unquoted parts may
 * hold anything but points and backticks ("my-catalog.sales.t"). Returns how many, at most
 * SQL_NAME_PARTS; 0 when the text is no name. */
size_t sql_split_name(struct arena *arena, const char *text, const char *parts[SQL_NAME_PARTS]);
/* `a`.`b`.`c`, every part quoted; empty and NULL parts are left out. */
char *sql_join_name(struct arena *arena, const char *const *parts, size_t n);
/* a.b.c re-quoted: sql_split_name then sql_join_name; NULL when it is no name. */
char *sql_quote_name(struct arena *arena, const char *text);
/* Do two names mean the same object? Letter case is ignored, and the shorter
 * one stands for its missing leading parts ("sales.t" is "main.sales.t"). */
bool sql_same_name(const char *a, const char *b);

#endif
