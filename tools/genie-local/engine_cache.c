#include "engine_cache.h"

#include "db.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>

#define ONE_RESULT (ENGINE_CACHE_BYTES / 8)

struct result {
	char *key;
	int64_t version; /* of the tables that the query reads */
	struct table table;
	struct result *next;
};

struct engine_cache {
	struct db *db;
	int64_t others; /* changes with what other connections write */
	struct result *first;
	size_t bytes;
};

struct engine_cache *engine_cache_new(struct db *db)
{
	struct engine_cache *cache = xcalloc(1, sizeof(*cache));
	cache->db = db;
	return cache;
}

static void drop(struct engine_cache *cache, struct result **link)
{
	struct result *result = *link;
	*link = result->next;
	cache->bytes -= result->table.arena.used;
	table_free(&result->table);
	free(result->key);
	free(result);
}

static void empty(struct engine_cache *cache)
{
	while (cache->first)
		drop(cache, &cache->first);
}

void engine_cache_free(struct engine_cache *cache)
{
	if (!cache)
		return;
	empty(cache);
	free(cache);
}

/* False: what is there is not known, and nothing is kept. */
static bool up_to_date(struct engine_cache *cache)
{
	struct err err = { 0 };
	int64_t now = 0;
	bool found = false;
	bool known = db_get_int(cache->db, "PRAGMA data_version", &now, &found, &err) && found;
	if (!known || now != cache->others)
		empty(cache);
	cache->others = now;
	return known;
}

static char *key_of(const struct engine_query *query)
{
	struct str key = STR_INIT;
	struct arena arena = { 0 };
	str_addf(&key, "%s\n", query->today);
	for (size_t i = 0; i < query->bound->ncolumns; i++)
		str_addf(&key, "%s\n%s\n", query->bound->columns[i].name,
			type_text(query->bound->columns[i].type, &arena));
	str_add(&key, query->bound->sql);
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

/* NULL: there is none. One that is out of date is dropped. */
static struct result *find(struct engine_cache *cache, const struct engine_query *query)
{
	char *key = key_of(query);
	struct result **link = &cache->first;
	while (*link && !streq((*link)->key, key))
		link = &(*link)->next;
	free(key);
	if (*link && (*link)->version != db_stmt_version(query->stmt)) {
		drop(cache, link);
		return NULL;
	}
	return *link;
}

bool engine_cache_get(struct engine_cache *cache, const struct engine_query *query,
	int64_t row_limit, struct table *table)
{
	if (!up_to_date(cache) || !cache->first)
		return false;
	const struct result *result = find(cache, query);
	if (!result || (row_limit > 0 && (int64_t)result->table.nrows > row_limit))
		return false;
	copy(table, &result->table);
	return true;
}

void engine_cache_put(struct engine_cache *cache, const struct engine_query *query,
	const struct table *table)
{
	size_t bytes = table->arena.used;
	if (table->truncated || bytes > ONE_RESULT || !up_to_date(cache))
		return;
	if (cache->bytes + bytes > ENGINE_CACHE_BYTES)
		empty(cache);
	struct result *result = xcalloc(1, sizeof(*result));
	result->key = key_of(query);
	result->version = db_stmt_version(query->stmt);
	copy(&result->table, table);
	result->next = cache->first;
	cache->first = result;
	cache->bytes += result->table.arena.used;
}
