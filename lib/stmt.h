/* stmt.h - SQL through the Statement Execution API.
 *
 * A statement that the warehouse refuses is a value (ok false, with its
 * error_code, message and sql_state), not an error: the error is for calls that
 * did not get through. Chunks are followed whole. Values stay strings; NULL and ""
 * differ. Layer: domain.
 */
#ifndef GENIE_STMT_H
#define GENIE_STMT_H

#include "base.h"
#include "err.h"
#include "table.h"

struct dbx;
struct json;

struct stmt_request {
	const char *sql;
	const char *warehouse_id;
	const char *catalog, *schema; /* NULL: the warehouse's defaults */
	const struct json *params;    /* array of {name, value, type}; NULL: none; borrowed until return */
	int64_t row_limit;            /* 0: none */
	int64_t limit_ms;             /* whole time; then it is cancelled; 0: 300,000 */
	bool external;                /* results over 25 MiB: presigned links instead of inline */
};

struct stmt_result {
	bool ok;              /* the statement succeeded */
	struct table table;   /* no columns for DDL; take it by copying and zeroing this one */
	bool truncated;       /* row_limit or a size cap cut it */
	int64_t total_rows;   /* as the manifest has it */
	char state[16];       /* SUCCEEDED, FAILED, CANCELED, CLOSED */
	char *statement_id;
	char *error_code, *message, *sql_state; /* of a failed statement; each may be NULL */
	int64_t elapsed_ms;
	struct err err;       /* async only: a call that did not get through; ok is false then */
};
void stmt_result_free(struct stmt_result *result); /* what is inside */

/* EXPLAIN reports some errors inside its plan and succeeds: the text of such a plan, borrowed from
 * the table; NULL: the plan is one. */
const char *stmt_plan_error(const struct table *plan);

typedef void stmt_done(void *ctx, struct stmt_result *result);
/* Calls back exactly once from http_run(dbx_http(dbx)); released after the call. */
void stmt_send(struct dbx *dbx, const struct stmt_request *request, stmt_done *done, void *ctx);
/* Runs and waits. False: the call failed (ERR_TEMP also for the time limit); a refused
 * statement is true with result->ok false. Release the result either way. */
bool stmt_run(struct dbx *dbx, const struct stmt_request *request,
	struct stmt_result *result, struct err *err) MUST_CHECK;
/* As stmt_run, but a refused statement is ERR_UNAVAILABLE with its message too. */
bool stmt_must(struct dbx *dbx, const struct stmt_request *request,
	struct stmt_result *result, struct err *err) MUST_CHECK;

/* The warehouse to use: `given`, else the configured one, else `fallback` (the
 * space's), else the first running one, else the first. New string; ERR_UNAVAILABLE
 * when there is none. */
char *stmt_warehouse(struct dbx *dbx, const char *given, const char *fallback,
	struct err *err) MUST_CHECK;

#endif
