#include "ucname.h"

#include "json.h"
#include "log.h"
#include "mem.h"
#include "sqltext.h"

#include <stdlib.h>
#include <string.h>

void uc_scope_free(struct uc_scope *scope)
{
	for (size_t i = 0; i < scope->n; i++) {
		free(scope->schemas[i].catalog);
		free(scope->schemas[i].schema);
		strlist_free(&scope->schemas[i].tables);
		strlist_free(&scope->schemas[i].functions);
	}
	free(scope->schemas);
	strlist_free(&scope->metric_views);
	memset(scope, 0, sizeof(*scope));
}

/* The parts of "c.s.t" when there are exactly `want`, lower-cased. */
static bool split(struct arena *arena, const char *name, size_t want, const char **parts)
{
	char *lower = arena_strdup(arena, name);

	lower_ascii(lower);
	return sql_split_name(arena, lower, parts) == want;
}

static struct uc_schema *schema_of(struct uc_scope *scope, const char *catalog, const char *schema)
{
	struct uc_schema *s;

	for (size_t i = 0; i < scope->n; i++)
		if (streq(scope->schemas[i].catalog, catalog) &&
			streq(scope->schemas[i].schema, schema))
			return &scope->schemas[i];
	GROW(scope->schemas, scope->cap, scope->n + 1);
	s = &scope->schemas[scope->n++];
	memset(s, 0, sizeof(*s));
	s->catalog = xstrdup(catalog);
	s->schema = xstrdup(schema);
	return s;
}

static void add_object(struct uc_scope *scope, const char *name, bool function, bool metric_view)
{
	const char *parts[SQL_NAME_PARTS];
	struct arena arena = { 0 };
	struct uc_schema *schema;

	if (!split(&arena, name, 3, parts)) {
		log_warn("%s: not CATALOG.SCHEMA.NAME; its metadata are not fetched", name);
		arena_free(&arena);
		return;
	}
	schema = schema_of(scope, parts[0], parts[1]);
	strlist_add_new(function ? &schema->functions : &schema->tables, parts[2]);
	if (metric_view)
		strlist_take(&scope->metric_views,
			xasprintf("%s.%s.%s", parts[0], parts[1], parts[2]));
	arena_free(&arena);
}

static void add_list(struct uc_scope *scope, const struct json *list, bool function, bool metric_view)
{
	for (struct json *item = json_first(list); item; item = json_next(item))
		if (json_str_or(item, "identifier", NULL))
			add_object(scope, json_str_or(item, "identifier", NULL), function, metric_view);
}

void uc_scope_of_space(struct uc_scope *scope, const struct json *config)
{
	add_list(scope, json_dig(config, "data_sources.tables"), false, false);
	add_list(scope, json_dig(config, "data_sources.metric_views"), false, true);
	add_list(scope, json_dig(config, "instructions.sql_functions"), true, false);
}

bool uc_scope_add_schema(struct uc_scope *scope, const char *name, struct err *err)
{
	const char *parts[SQL_NAME_PARTS];
	struct arena arena = { 0 };
	bool ok = split(&arena, name, 2, parts);

	if (ok)
		schema_of(scope, parts[0], parts[1])->whole = true;
	else
		err_set(err, ERR_USAGE, "%s: not CATALOG.SCHEMA", name);
	arena_free(&arena);
	return ok;
}
