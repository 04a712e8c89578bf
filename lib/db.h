/* db.h - SQLite behind a small surface: connections, prepared statements,
 * transactions, functions of our own, and limits.
 *
 * A connection is used by one thread at a time. Positions of parameters start
 * at 1, as in SQL; columns at 0. Texts handed out by a statement are borrowed until
 * its next step, reset or free. Errors are ERR_DATA for SQL that does not
 * compile or a value that fails (the text is SQLite's message), ERR_TEMP when the file is
 * busy, ERR_IO for the rest.
 *
 * Layer: services. The only module that includes sqlite3.h.
 */
#ifndef GENIE_DB_H
#define GENIE_DB_H

#include "base.h"
#include "err.h"

struct db;
struct db_stmt;

#define DB_MAX_SQL (16u << 20)  /* bytes of one statement */
#define DB_MAX_VALUE (64 << 20) /* bytes of one text, blob or row */

enum db_type { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB };

/* Opens or creates a file (":memory:" for none): WAL, 10 s of patience when it is
 * busy, foreign keys off, LIKE with letter case. Double quotes make names only;
 * an unknown one is an error, not a text. */
struct db *db_open(const char *path, struct err *err) MUST_CHECK;
/* All statements must be freed before. NULL is fine. */
void db_close(struct db *db);
/* SQLite's habit of reading an unknown "x" as the text 'x', for SQL written so. */
void db_quoted_texts(struct db *db, bool on);

/* Runs a script of any number of statements; rows are thrown away. */
bool db_exec(struct db *db, const char *sql, struct err *err) MUST_CHECK;
bool db_execf(struct db *db, struct err *err, const char *format, ...)
	PRINTF_LIKE(3, 4) MUST_CHECK;

/* Transactions; they nest (savepoints). */
bool db_begin(struct db *db, struct err *err) MUST_CHECK;
bool db_commit(struct db *db, struct err *err) MUST_CHECK;
void db_rollback(struct db *db); /* of the innermost */
bool db_in_transaction(const struct db *db);

/* Compiles one statement. Text after its semicolon is an error, and so is
 * an empty text. */
struct db_stmt *db_prepare(struct db *db, const char *sql, struct err *err) MUST_CHECK;
void db_stmt_free(struct db_stmt *stmt); /* NULL is fine */
/* For the next run: parameters keep their values. */
void db_stmt_reset(struct db_stmt *stmt);
bool db_stmt_readonly(const struct db_stmt *stmt);

/* Values of parameters; texts are copied. A position that is not there is a BUG. */
void db_bind_text(struct db_stmt *stmt, int at, const char *s); /* NULL gives NULL */
void db_bind_textn(struct db_stmt *stmt, int at, const char *s, size_t n);
void db_bind_int(struct db_stmt *stmt, int at, int64_t value);
void db_bind_real(struct db_stmt *stmt, int at, double value);
void db_bind_blob(struct db_stmt *stmt, int at, const void *p, size_t n);
void db_bind_null(struct db_stmt *stmt, int at);
int db_param_count(const struct db_stmt *stmt);

/* *row: true when a row is there, false at the end. */
bool db_step(struct db_stmt *stmt, bool *row, struct err *err) MUST_CHECK;
/* Steps to the end and resets. */
bool db_run(struct db_stmt *stmt, struct err *err) MUST_CHECK;
int64_t db_changes(const struct db *db); /* rows of the last INSERT, UPDATE, DELETE */
/* Stays the same while nothing changes the tables and views that the statement reads, or what is
 * in them. What other connections do is not counted. */
int64_t db_stmt_version(const struct db_stmt *stmt);
int64_t db_last_rowid(const struct db *db);

int db_columns(const struct db_stmt *stmt);
const char *db_column_name(const struct db_stmt *stmt, int column);
/* The declared type of the table column behind it; NULL for expressions. */
const char *db_column_decltype(const struct db_stmt *stmt, int column);
enum db_type db_column_type(const struct db_stmt *stmt, int column);
/* NULL for NULL; numbers as SQLite prints them. */
const char *db_column_text(struct db_stmt *stmt, int column);
size_t db_column_bytes(struct db_stmt *stmt, int column); /* of the text or blob */
const void *db_column_blob(struct db_stmt *stmt, int column);
int64_t db_column_int(const struct db_stmt *stmt, int column);
double db_column_real(const struct db_stmt *stmt, int column);

/* The first column of the first row of a query; *found tells whether there was one. */
bool db_get_int(struct db *db, const char *sql, int64_t *out, bool *found,
	struct err *err) MUST_CHECK;
/* NULL when there is no row or it is NULL (*found tells); else yours to free. */
bool db_get_text(struct db *db, const char *sql, char **out, bool *found,
	struct err *err) MUST_CHECK;
/* Does a table or view of this name exist? */
bool db_has_table(struct db *db, const char *name);

/* An SQL name in double quotes, and a text in single quotes, appended. */
struct str;
void db_quote_name(struct str *out, const char *name);
void db_quote_text(struct str *out, const char *s); /* NULL gives NULL */

/* While a guard is on, statements that write, attach, or change settings do not
 * compile: "not authorized". */
void db_read_only(struct db *db, bool on);

/* Stops statements: after ms milliseconds from now (0: no limit), or when another
 * thread calls db_interrupt. A stopped statement fails with ERR_TEMP; db_stopped tells
 * why. Call db_limit_time before each statement. */
enum db_stop { DB_RUNNING, DB_TIME_OVER, DB_INTERRUPTED };
void db_limit_time(struct db *db, int64_t ms);
void db_interrupt(struct db *db);
enum db_stop db_stopped(const struct db *db);

/* Functions of our own. `user` is what was given at registration. Arguments are counted
 * from 0; a text is borrowed until the function returns, and results are copied. */
struct db_call;
typedef void db_function(struct db_call *call, void *user);
int db_argc(const struct db_call *call);
enum db_type db_arg_type(const struct db_call *call, int i);
const char *db_arg_text(struct db_call *call, int i); /* NULL for NULL */
size_t db_arg_bytes(struct db_call *call, int i);     /* of the text */
int64_t db_arg_int(struct db_call *call, int i);
double db_arg_real(struct db_call *call, int i);
void db_result_null(struct db_call *call);
void db_result_int(struct db_call *call, int64_t value);
void db_result_real(struct db_call *call, double value); /* not a number gives NULL */
void db_result_text(struct db_call *call, const char *s); /* NULL gives NULL */
void db_result_textn(struct db_call *call, const char *s, size_t n);
void db_result_arg(struct db_call *call, int i); /* the argument as it is */
void db_result_error(struct db_call *call, const char *format, ...) PRINTF_LIKE(2, 3);
/* For aggregates: n bytes, zeroed on the first row, one block per group. In `final`
 * of a group without rows it is NULL. */
void *db_group(struct db_call *call, size_t n);

enum db_function_flags {
	DB_PURE = 1, /* same arguments, same result: calls may be moved and merged */
};
/* argc -1: any number. A later registration of name and argc replaces the earlier. */
bool db_add_function(struct db *db, const char *name, int argc, unsigned flags,
	db_function *run, void *user, struct err *err) MUST_CHECK;
/* `final` must release what the block of db_group points to; it is called once per
 * group, also when the statement is given up. */
bool db_add_aggregate(struct db *db, const char *name, int argc, db_function *step,
	db_function *final, void *user, struct err *err) MUST_CHECK;
/* An order of texts, for COLLATE. */
bool db_add_collation(struct db *db, const char *name,
	int (*compare)(const char *a, size_t na, const char *b, size_t nb),
	struct err *err) MUST_CHECK;

#endif
