#include "engine_cache.h"

#include "db.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>

#define ONE_RESULT (ENGINE_CACHE_BYTES / 8)

struct result {
	char *key;
	struct table table;
	struct result *next;
};

/* What a write changes: rows of ours, tables of ours, anything of other connections. */
struct version {
	int64_t rows, schema, others;
};

struct engine_cache {
	struct db *db;
	struct version version;
	struct result *first;
	size_t bytes;
};

struct engine_cache *engine_cache_new(struct db *db)
{
	struct engine_cache *cache = xcalloc(1, sizeof(*cache));
	cache->db = db;
	return cache;
}

static void empty(struct engine_cache *cache)
{
	while (cache->first) {
		struct result *result = cache->first;
		cache->first = result->next;
		table_free(&result->table);
		free(result->key);
		free(result);
	}
	cache->bytes = 0;
}

void engine_cache_free(struct engine_cache *cache)
{
	if (!cache)
		return;
	empty(cache);
	free(cache);
}

static bool read_version(struct db *db, struct version *out)
{
	struct err err = { 0 };
	bool schema, others;
	*out = (struct version){ .rows = db_total_changes(db) };
	return db_get_int(db, "PRAGMA schema_version", &out->schema, &schema, &err) && schema &&
	       db_get_int(db, "PRAGMA data_version", &out->others, &others, &err) && others;
}

/* Nothing outlives a write. False: what is there is not known, and nothing is kept. */
static bool up_to_date(struct engine_cache *cache)
{
	struct version now, *then = &cache->version;
	bool known = read_version(cache->db, &now);
	if (!known || now.rows != then->rows || now.schema != then->schema ||
	    now.others != then->others)
		empty(cache);
	*then = now;
	return known;
}

static char *key_of(const struct bound_query *query, const char *today)
{
	struct str key = STR_INIT;
	struct arena arena = { 0 };
	str_addf(&key, "%s\n", today);
	for (size_t i = 0; i < query->ncolumns; i++)
		str_addf(&key, "%s\n%s\n", query->columns[i].name,
			type_text(query->columns[i].type, &arena));
	str_add(&key, query->sql);
	arena_free(&arena);
	return str_take(&key);
}

static void copy(struct table *to, const struct table *from)
{
	for (size_t i = 0; i < from->ncolumns; i++)
		table_add_column(to, from->columns[i].name, from->columns[i].type);
	for (size_t row = 0; row < from->nrows; row++)
		table_add_row(to, from->cells + row * from->ncolumns);
	to->truncated = from->truncated;
	to->total_rows = from->total_rows;
}

bool engine_cache_get(struct engine_cache *cache, const struct bound_query *query,
	const char *today, int64_t row_limit, struct table *table)
{
	if (!up_to_date(cache) || !cache->first)
		return false;
	char *key = key_of(query, today);
	struct result *result = cache->first;
	while (result && !streq(result->key, key))
		result = result->next;
	bool whole = result && (row_limit <= 0 || (int64_t)result->table.nrows <= row_limit);
	if (whole)
		copy(table, &result->table);
	free(key);
	return whole;
}

void engine_cache_put(struct engine_cache *cache, const struct bound_query *query,
	const char *today, const struct table *table)
{
	size_t bytes = table->arena.used;
	if (table->truncated || bytes > ONE_RESULT || !up_to_date(cache))
		return;
	if (cache->bytes + bytes > ENGINE_CACHE_BYTES)
		empty(cache);
	struct result *result = xcalloc(1, sizeof(*result));
	result->key = key_of(query, today);
	copy(&result->table, table);
	result->next = cache->first;
	cache->first = result;
	cache->bytes += bytes;
}
