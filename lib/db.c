/* db.c - see db.h. */
#include "db.h"

#include "clock.h"
#include "mem.h"
#include "str.h"
#include "tablelog.h"

#include <math.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define BUSY_MS 10000
#define PROGRESS_OPS 20000 /* virtual machine steps between looks at the clock */

struct db_user { /* one registered function */
	db_function *step, *final;
	void *user;
};

struct db {
	sqlite3 *handle;
	int depth; /* of nested transactions */
	bool guarded;
	int64_t deadline; /* clock_monotonic_ms; 0: none */
	atomic_int stop;
	struct tableuse *compiling; /* what is compiled just now; NULL: nothing */
	struct tablelog log;
};

struct db_stmt {
	sqlite3_stmt *handle;
	struct db *db;
	struct tableuse use;
};

struct db_call {
	sqlite3_context *context;
	sqlite3_value **argv;
	int argc;
};

static bool db_failed(struct db *db, struct err *err, int rc)
{
	const char *text = sqlite3_errmsg(db->handle);
	switch (rc & 0xff) {
	case SQLITE_BUSY: case SQLITE_LOCKED: case SQLITE_INTERRUPT:
		return err_set(err, ERR_TEMP, "%s", text);
	case SQLITE_ERROR: case SQLITE_CONSTRAINT: case SQLITE_MISMATCH: case SQLITE_TOOBIG:
	case SQLITE_RANGE: case SQLITE_AUTH:
		return err_set(err, ERR_DATA, "%s", text);
	case SQLITE_NOMEM:
		BUG("out of memory in SQLite");
	default:
		return err_set(err, ERR_IO, "%s", text);
	}
}

static int on_progress(void *user)
{
	struct db *db = user;
	if (db->stop != DB_RUNNING)
		return 1;
	if (db->deadline && clock_monotonic_ms() >= db->deadline) {
		db->stop = DB_TIME_OVER;
		return 1;
	}
	return 0;
}

/* What SQLite names while it compiles: tables and views with their definitions, `within` the
 * view whose text asks for it. */
static void note_use(struct tableuse *use, int action, const char *a, const char *b,
	const char *within)
{
	switch (action) {
	case SQLITE_READ:
		strlist_add_new(&use->read, a);
		if (within)
			strlist_add_new(&use->read, within);
		break;
	case SQLITE_ALTER_TABLE:
		strlist_add_new(&use->written, b);
		break;
	case SQLITE_INSERT: case SQLITE_UPDATE: case SQLITE_DELETE:
	case SQLITE_CREATE_TABLE: case SQLITE_CREATE_TEMP_TABLE: case SQLITE_DROP_TABLE:
	case SQLITE_DROP_TEMP_TABLE: case SQLITE_CREATE_VIEW: case SQLITE_CREATE_TEMP_VIEW:
	case SQLITE_DROP_VIEW: case SQLITE_DROP_TEMP_VIEW:
		strlist_add_new(&use->written, a);
		break;
	default:
		break;
	}
}

/* A guarded statement may only read. */
static int on_authorize(void *user, int action, const char *a, const char *b,
	const char *c UNUSED, const char *within)
{
	const struct db *db = user;
	if (db->compiling)
		note_use(db->compiling, action, a, b, within);
	if (!db->guarded)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT: case SQLITE_READ: case SQLITE_FUNCTION: case SQLITE_RECURSIVE:
		return SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

struct db *db_open(const char *path, struct err *err)
{
	struct db *db = xcalloc(1, sizeof(*db));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
	int rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
	if (rc != SQLITE_OK) {
		err_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(db->handle));
		db_close(db);
		return NULL;
	}
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_limit(db->handle, SQLITE_LIMIT_SQL_LENGTH, DB_MAX_SQL);
	sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, DB_MAX_VALUE);
	sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	db_quoted_texts(db, false);
	sqlite3_progress_handler(db->handle, PROGRESS_OPS, on_progress, db);
	sqlite3_set_authorizer(db->handle, on_authorize, db);
	if (!db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			"PRAGMA foreign_keys = OFF; PRAGMA case_sensitive_like = ON", err)) {
		err_wrap(err, "%s", path);
		db_close(db);
		return NULL;
	}
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (sqlite3_close(db->handle) != SQLITE_OK)
		BUG("a database was closed with statements open");
	tablelog_free(&db->log);
	free(db);
}

void db_quoted_texts(struct db *db, bool on)
{
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, (int)on, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, (int)on, NULL);
}

bool db_exec(struct db *db, const char *sql, struct err *err)
{
	struct tableuse use = { 0 };
	db->compiling = &use;
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	db->compiling = NULL;
	tablelog_ran(&db->log, &use);
	tableuse_free(&use);
	return rc == SQLITE_OK || db_failed(db, err, rc);
}

bool db_execf(struct db *db, struct err *err, const char *format, ...)
{
	struct str sql = STR_INIT;
	va_list ap;
	va_start(ap, format);
	str_vaddf(&sql, format, ap);
	va_end(ap);
	bool ok = str_over(&sql) ? err_set(err, ERR_DATA, "the statement is too long")
				 : db_exec(db, str_text(&sql), err);
	str_free(&sql);
	return ok;
}

bool db_begin(struct db *db, struct err *err)
{
	bool ok = db->depth ? db_execf(db, err, "SAVEPOINT s%d", db->depth)
			    : db_exec(db, "BEGIN IMMEDIATE", err);
	if (ok)
		db->depth++;
	return ok;
}

bool db_commit(struct db *db, struct err *err)
{
	if (db->depth == 0)
		BUG("commit without a transaction");
	bool ok = db->depth > 1 ? db_execf(db, err, "RELEASE s%d", db->depth - 1)
				: db_exec(db, "COMMIT", err);
	if (ok)
		db->depth--;
	else
		db_rollback(db);
	return ok;
}

void db_rollback(struct db *db)
{
	struct err ignored = { 0 };
	if (db->depth == 0)
		BUG("rollback without a transaction");
	db->depth--;
	tablelog_undone(&db->log);
	bool guarded = db->guarded;
	db->guarded = false;
	/* SQLite may have rolled back by itself (disk full): then there is nothing to do. */
	bool ok = sqlite3_get_autocommit(db->handle) ? true
		: db->depth ? db_execf(db, &ignored, "ROLLBACK TO s%d; RELEASE s%d", db->depth,
		db->depth)
			    : db_exec(db, "ROLLBACK", &ignored);
	db->guarded = guarded;
	if (!ok)
		BUG("rollback: %s", ignored.text);
}

bool db_in_transaction(const struct db *db)
{
	return db->depth > 0;
}

/* The one statement of a text; NULL when there is none, or another one behind it. */
static sqlite3_stmt *compile(struct db *db, const char *sql, struct err *err)
{
	sqlite3_stmt *handle = NULL, *second = NULL;
	const char *rest = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &handle, &rest);
	if (rc != SQLITE_OK) {
		db_failed(db, err, rc);
		return NULL;
	}
	if (!handle) {
		err_set(err, ERR_DATA, "the statement is empty");
		return NULL;
	}
	rc = sqlite3_prepare_v2(db->handle, rest, -1, &second, NULL);
	sqlite3_finalize(second);
	if (!second && rc == SQLITE_OK)
		return handle;
	sqlite3_finalize(handle);
	err_set(err, ERR_DATA, "more than one statement");
	return NULL;
}

struct db_stmt *db_prepare(struct db *db, const char *sql, struct err *err)
{
	struct db_stmt *stmt = xcalloc(1, sizeof(*stmt));
	stmt->db = db;
	db->compiling = &stmt->use;
	stmt->handle = compile(db, sql, err);
	db->compiling = NULL;
	if (stmt->handle)
		return stmt;
	db_stmt_free(stmt);
	return NULL;
}

void db_stmt_free(struct db_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_finalize(stmt->handle);
	tableuse_free(&stmt->use);
	free(stmt);
}

void db_stmt_reset(struct db_stmt *stmt)
{
	sqlite3_reset(stmt->handle);
}

bool db_stmt_readonly(const struct db_stmt *stmt)
{
	return sqlite3_stmt_readonly(stmt->handle);
}

static void bound(int rc, int at)
{
	if (rc != SQLITE_OK)
		BUG("parameter %d cannot be set (SQLite error %d)", at, rc);
}

void db_bind_text(struct db_stmt *stmt, int at, const char *s)
{
	bound(sqlite3_bind_text(stmt->handle, at, s, -1, SQLITE_TRANSIENT), at);
}

void db_bind_textn(struct db_stmt *stmt, int at, const char *s, size_t n)
{
	bound(sqlite3_bind_text64(stmt->handle, at, s, n, SQLITE_TRANSIENT, SQLITE_UTF8), at);
}

void db_bind_int(struct db_stmt *stmt, int at, int64_t value)
{
	bound(sqlite3_bind_int64(stmt->handle, at, value), at);
}

void db_bind_real(struct db_stmt *stmt, int at, double value)
{
	bound(sqlite3_bind_double(stmt->handle, at, value), at);
}

void db_bind_blob(struct db_stmt *stmt, int at, const void *p, size_t n)
{
	bound(sqlite3_bind_blob64(stmt->handle, at, p, n, SQLITE_TRANSIENT), at);
}

void db_bind_null(struct db_stmt *stmt, int at)
{
	bound(sqlite3_bind_null(stmt->handle, at), at);
}

int db_param_count(const struct db_stmt *stmt)
{
	return sqlite3_bind_parameter_count(stmt->handle);
}

bool db_step(struct db_stmt *stmt, bool *row, struct err *err)
{
	int rc = sqlite3_step(stmt->handle);
	tablelog_ran(&stmt->db->log, &stmt->use);
	*row = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return true;
	bool ok = db_failed(stmt->db, err, rc);
	sqlite3_reset(stmt->handle);
	return ok;
}

bool db_run(struct db_stmt *stmt, struct err *err)
{
	bool row = true;
	while (row)
		if (!db_step(stmt, &row, err))
			return false;
	sqlite3_reset(stmt->handle);
	return true;
}

int64_t db_changes(const struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t db_stmt_version(const struct db_stmt *stmt)
{
	return tablelog_version(&stmt->db->log, &stmt->use);
}

int64_t db_last_rowid(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int db_columns(const struct db_stmt *stmt)
{
	return sqlite3_column_count(stmt->handle);
}

const char *db_column_name(const struct db_stmt *stmt, int column)
{
	return sqlite3_column_name(stmt->handle, column);
}

const char *db_column_decltype(const struct db_stmt *stmt, int column)
{
	return sqlite3_column_decltype(stmt->handle, column);
}

static enum db_type type_of(int type)
{
	switch (type) {
	case SQLITE_INTEGER: return DB_INT;
	case SQLITE_FLOAT: return DB_REAL;
	case SQLITE_TEXT: return DB_TEXT;
	case SQLITE_BLOB: return DB_BLOB;
	default: return DB_NULL;
	}
}

enum db_type db_column_type(const struct db_stmt *stmt, int column)
{
	return type_of(sqlite3_column_type(stmt->handle, column));
}

const char *db_column_text(struct db_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt->handle, column);
}

size_t db_column_bytes(struct db_stmt *stmt, int column)
{
	return (size_t)sqlite3_column_bytes(stmt->handle, column);
}

const void *db_column_blob(struct db_stmt *stmt, int column)
{
	return sqlite3_column_blob(stmt->handle, column);
}

int64_t db_column_int(const struct db_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt->handle, column);
}

double db_column_real(const struct db_stmt *stmt, int column)
{
	return sqlite3_column_double(stmt->handle, column);
}

void db_read_only(struct db *db, bool on)
{
	db->guarded = on;
}

void db_limit_time(struct db *db, int64_t ms)
{
	db->deadline = ms > 0 ? clock_monotonic_ms() + ms : 0;
	db->stop = DB_RUNNING;
}

void db_interrupt(struct db *db)
{
	db->stop = DB_INTERRUPTED;
}

enum db_stop db_stopped(const struct db *db)
{
	return (enum db_stop)db->stop;
}

int db_argc(const struct db_call *call)
{
	return call->argc;
}

enum db_type db_arg_type(const struct db_call *call, int i)
{
	return type_of(sqlite3_value_type(call->argv[i]));
}

const char *db_arg_text(struct db_call *call, int i)
{
	return (const char *)sqlite3_value_text(call->argv[i]);
}

size_t db_arg_bytes(struct db_call *call, int i)
{
	return (size_t)sqlite3_value_bytes(call->argv[i]);
}

int64_t db_arg_int(struct db_call *call, int i)
{
	return sqlite3_value_int64(call->argv[i]);
}

double db_arg_real(struct db_call *call, int i)
{
	return sqlite3_value_double(call->argv[i]);
}

void db_result_null(struct db_call *call)
{
	sqlite3_result_null(call->context);
}

void db_result_int(struct db_call *call, int64_t value)
{
	sqlite3_result_int64(call->context, value);
}

void db_result_real(struct db_call *call, double value)
{
	if (isnan(value))
		sqlite3_result_null(call->context);
	else
		sqlite3_result_double(call->context, value);
}

void db_result_text(struct db_call *call, const char *s)
{
	if (s)
		sqlite3_result_text(call->context, s, -1, SQLITE_TRANSIENT);
	else
		sqlite3_result_null(call->context);
}

void db_result_textn(struct db_call *call, const char *s, size_t n)
{
	sqlite3_result_text64(call->context, s, n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void db_result_arg(struct db_call *call, int i)
{
	sqlite3_result_value(call->context, call->argv[i]);
}

void db_result_error(struct db_call *call, const char *format, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	sqlite3_result_error(call->context, text, -1);
}

void *db_group(struct db_call *call, size_t n)
{
	return sqlite3_aggregate_context(call->context, (int)n);
}

static void on_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	const struct db_user *user = sqlite3_user_data(context);
	struct db_call call = { context, argv, argc };
	user->step(&call, user->user);
}

static void on_final(sqlite3_context *context)
{
	const struct db_user *user = sqlite3_user_data(context);
	struct db_call call = { context, NULL, 0 };
	user->final(&call, user->user);
}

static bool add(struct db *db, const char *name, int argc, int flags, struct db_user user,
	struct err *err)
{
	struct db_user *kept = xmalloc(sizeof(*kept));
	*kept = user;
	int rc = sqlite3_create_function_v2(db->handle, name, argc, SQLITE_UTF8 | flags, kept,
		user.final ? NULL : on_step, user.final ? on_step : NULL,
		user.final ? on_final : NULL, free);
	return rc == SQLITE_OK || db_failed(db, err, rc);
}

bool db_add_function(struct db *db, const char *name, int argc, unsigned flags,
	db_function *run, void *user, struct err *err)
{
	return add(db, name, argc, flags & DB_PURE ? SQLITE_DETERMINISTIC : 0,
		(struct db_user){ run, NULL, user }, err);
}

bool db_add_aggregate(struct db *db, const char *name, int argc, db_function *step,
	db_function *final, void *user, struct err *err)
{
	return add(db, name, argc, SQLITE_DETERMINISTIC, (struct db_user){ step, final, user },
		err);
}

struct db_order {
	int (*compare)(const char *a, size_t na, const char *b, size_t nb);
};

static int on_compare(void *user, int na, const void *a, int nb, const void *b)
{
	const struct db_order *order = user;
	return order->compare(a, (size_t)na, b, (size_t)nb);
}

bool db_add_collation(struct db *db, const char *name,
	int (*compare)(const char *a, size_t na, const char *b, size_t nb), struct err *err)
{
	struct db_order *order = xmalloc(sizeof(*order));
	order->compare = compare;
	int rc = sqlite3_create_collation_v2(db->handle, name, SQLITE_UTF8, order, on_compare,
		free);
	if (rc == SQLITE_OK)
		return true;
	free(order); /* unlike functions, SQLite does not free it on failure */
	return db_failed(db, err, rc);
}
