/* engine_cache.h - results of queries that have run, as a warehouse keeps them.
 *
 * A result is found under the text that SQLite was given (views, metric views and functions
 * are spelled out there), the names and types of its columns and `today`, while nothing has
 * been changed of the tables that the query reads, and no other connection has written. What
 * the workspace keeps for itself meanwhile (runs, traces, jobs) leaves results as they are. No
 * function of Databricks' dialect that the engine knows depends on anything else; SQLite's own
 * dialect has random(), and what is asked in it is not kept.
 */
#ifndef GENIE_LOCAL_ENGINE_CACHE_H
#define GENIE_LOCAL_ENGINE_CACHE_H

#include "base.h"
#include "dialect.h"
#include "table.h"

struct db;
struct db_stmt;
struct engine_cache;

#define ENGINE_CACHE_BYTES (64u << 20) /* of all results that are kept */

struct engine_cache *engine_cache_new(struct db *db);
void engine_cache_free(struct engine_cache *cache); /* NULL is fine */

struct engine_query {
	const struct bound_query *bound;
	const struct db_stmt *stmt; /* compiled from it */
	const char *today;
};

/* Copies the result into the empty table, when all its rows are within the limit (0: none);
 * false: there is none. */
bool engine_cache_get(struct engine_cache *cache, const struct engine_query *query,
	int64_t row_limit, struct table *table);
/* Keeps a copy, unless it is too large or was cut. */
void engine_cache_put(struct engine_cache *cache, const struct engine_query *query,
	const struct table *table);

#endif
