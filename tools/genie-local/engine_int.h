/* engine_int.h - what the files of the engine share; others include engine.h. */
#ifndef GENIE_LOCAL_ENGINE_INT_H
#define GENIE_LOCAL_ENGINE_INT_H

#include "dialect.h"
#include "engine.h"

struct db_stmt;

/* The value of a column of the present row, as the REST API prints it (NULL: NULL),
 * in the arena. */
const char *engine_value(struct db_stmt *stmt, int column, struct sql_type type,
	struct arena *arena);
/* The type of values that have no static type: of SQLite's own dialect, from the
 * declared type or else the first row's value. */
struct sql_type engine_value_type(struct db_stmt *stmt, int column);

/* A query of SQLite's dialect with its table names resolved; NULL with d->error set. */
const char *engine_sqlite_text(struct dialect *d, const char *sql);
/* Do all expressions of the metric view resolve? */
bool metric_check(struct dialect *d, const struct cat_table *view);
/* INSERT, UPDATE, DELETE as text for SQLite; NULL with d->error set. */
const char *engine_write_text(struct dialect *d, const char *sql);
bool engine_is_create_table(const char *sql);
/* CREATE TABLE, in a transaction of its own. False with d->error or, when the database
 * failed, err set. */
bool engine_create_table(struct dialect *d, const char *sql, struct err *err) MUST_CHECK;
/* Is the text INSERT, UPDATE, DELETE, MERGE or TRUNCATE? */
bool engine_is_write(const char *sql);

#endif
