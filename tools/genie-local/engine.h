/* engine.h - runs Databricks SQL on SQLite.
 *
 * A statement is parsed, its names and types are resolved against the catalog,
 * and what comes out is SQL for SQLite that gives the answer Databricks would
 * give, or a Databricks error: what the engine cannot do it refuses
 * (UNSUPPORTED_FEATURE), it never guesses. Dates that depend on the clock come
 * from `today`.
 *
 * Flow: dialect_parse_*.c (text to tree) -> dialect_bind_*.c (tree to typed
 * SQLite text) -> engine.c (runs it) -> engine_value.c (values as the REST API prints them).
 * Functions that SQLite
 * lacks are in functions_*.c.
 *
 * Results are kept and given again while nothing is written (engine_cache.h).
 *
 * One engine is used by one thread at a time; engine_cancel may be called from
 * another.
 */
#ifndef GENIE_LOCAL_ENGINE_H
#define GENIE_LOCAL_ENGINE_H

#include "base.h"
#include "catalog.h"
#include "err.h"
#include "sqlerror.h"
#include "table.h"

struct db;
struct engine;

#define ENGINE_MAX_SQL (1u << 20)      /* bytes of one statement */
#define ENGINE_MAX_ROWS 1000000        /* rows of one result */
#define ENGINE_MAX_BYTES (256u << 20)  /* bytes of one result */
#define ENGINE_DEFAULT_TIME_MS 60000

enum engine_dialect {
	ENGINE_DATABRICKS,
	ENGINE_SQLITE, /* the text is SQLite's SQL: only table names are resolved */
};

struct engine_param {
	const char *name;  /* without the colon */
	const char *value; /* NULL: NULL */
	const char *type;  /* Databricks type; NULL: STRING */
};

struct engine_request {
	const char *sql;
	const char *catalog, *schema; /* NULL: the workspace's defaults */
	const struct engine_param *params;
	size_t nparams;
	int64_t row_limit; /* 0: ENGINE_MAX_ROWS. More rows: cut, table.truncated */
	int64_t time_ms;   /* 0: ENGINE_DEFAULT_TIME_MS */
	bool read_only;    /* refuse what writes, with INSUFFICIENT_PERMISSIONS */
};

/* The answer: a table or an error. */
struct engine_outcome {
	bool ok;
	struct table table;     /* when ok; no columns for statements without a result */
	struct sql_error error; /* when not ok */
	bool query;             /* it was a query: the table is a result set */
	bool canceled;          /* stopped by engine_cancel (error is set, too) */
	bool timed_out;         /* stopped by time_ms (error is set, too) */
};

/* The catalog is borrowed (and its connection: functions are registered there, the
 * catalog's hooks are set). The dialect is the catalog's catalog_sqlite_dialect at the time.
 * today: YYYY-MM-DD, copied; current_timestamp() is noon of that day. */
struct engine *engine_open(struct catalog *catalog, const char *today, struct err *err) MUST_CHECK;
void engine_close(struct engine *engine); /* NULL is fine; before catalog_close */
void engine_set_dialect(struct engine *engine, enum engine_dialect dialect);
bool engine_set_today(struct engine *engine, const char *today, struct err *err) MUST_CHECK;
const char *engine_today(const struct engine *engine);
struct catalog *engine_catalog(struct engine *engine);
struct db *engine_db(struct engine *engine);

/* Runs one statement. The outcome is overwritten; free it with engine_outcome_free.
 * Returns outcome->ok. */
bool engine_run(struct engine *engine, const struct engine_request *request,
	struct engine_outcome *outcome);
void engine_outcome_free(struct engine_outcome *outcome);
/* Stops the statement that another thread runs. */
void engine_cancel(struct engine *engine);

/* What SQLite is given for a query: for tests and debugging. Yours to free; NULL with error. */
char *engine_translate(struct engine *engine, const struct engine_request *request,
	struct sql_error *error) MUST_CHECK;

#endif
