#include "drift_look.h"

#include "bundle.h"
#include "live.h"
#include "snapshot.h"
#include "sqltext.h"
#include "str.h"
#include "table.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

static void free_schema(struct look_schema *schema)
{
	for (int i = 0; i < NRELATIONS; i++)
		stmt_result_free(&schema->v[i]);
	arena_free(&schema->arena);
	*schema = (struct look_schema){ 0 };
}

static bool listed_table(const struct look *look, const char *name)
{
	static const enum bundle_kind kinds[] = { BUNDLE_TABLE, BUNDLE_METRIC_VIEW, BUNDLE_MONITOR,
		BUNDLE_ML };
	bool found = false;
	for (size_t k = 0; !found && k < countof(kinds); k++)
		found = bundle_find(look->state->bundle, kinds[k], name) != NULL;
	return found;
}

/* Of the schema that was read. */
static void unlisted_tables(struct look *look)
{
	const struct table *live = &look->schema.v[TABLES].table;
	for (size_t i = 0; look->schema.name && i < live->nrows; i++) {
		char *name = xasprintf("%s.%s.%s", look->schema.catalog, look->schema.name,
			table_cell(live, i, 0));
		if (!listed_table(look, name))
			strlist_add_new(&look->drift->unlisted, name);
		free(name);
	}
}

bool look_schema(struct look *look, const char *catalog, const char *name, struct err *err)
{
	static const char *const select[] = { "tables", "columns", "table_tags", "column_tags" };
	static const char *const columns[] = { "table_name, comment",
		"table_name, column_name, comment",
		"table_name, tag_name, tag_value", "table_name, column_name, tag_name, tag_value" };
	struct look_schema *s = &look->schema;
	if (strieq(s->catalog, catalog) && strieq(s->name, name))
		return true;
	unlisted_tables(look);
	free_schema(s);
	s->catalog = arena_strdup(&s->arena, catalog);
	s->name = arena_strdup(&s->arena, name);
	bool ok = true;
	for (int i = 0; ok && i < NRELATIONS; i++)
		ok = live_query(look->state, arena_printf(&s->arena,
			"SELECT %s FROM %s.information_schema.%s WHERE %s = %s", columns[i],
			sql_quote_ident(&s->arena, catalog), select[i],
			i >= TABLE_TAGS ? "schema_name" : "table_schema",
			sql_quote_string(&s->arena, name)), &s->v[i], err);
	return ok;
}

const char *look_cell(const struct stmt_result *r, const char *const *names, size_t n,
	bool *found)
{
	for (size_t i = 0; i < r->table.nrows; i++) {
		bool is = r->table.ncolumns > n;
		for (size_t k = 0; is && k < n; k++)
			is = strieq(table_cell(&r->table, i, k), names[k]);
		if (is) {
			*found = true;
			return table_cell(&r->table, i, n);
		}
	}
	*found = false;
	return NULL;
}

void look_value(struct look *look, const struct drift_item *given)
{
	struct drift_item item = *given;
	item.what.name = xstrdup(look->object->full_name);
	item.what.column = xstrdup(item.what.column ? item.what.column : "");
	item.what.key = xstrdup(item.what.key ? item.what.key : "");
	item.what.before = xstrdup(item.what.before);
	item.what.after = xstrdup(item.what.after);
	item.then = snapshot_text(look->snapshot, &item.what, &item.known);
	item.file = xstrdup(look->object->path);
	item.path = xstrdup(item.path ? item.path : "");
	item.line = item.line ? item.line : look->object->line;
	drift_add(look->drift, &item);
}

size_t look_line(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map ? yaml_get(map, key) : NULL;
	return node ? node->start.line : map ? map->start.line : 0;
}

const char *look_scalar(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map ? yaml_get(map, key) : NULL;
	return node && node->kind == YAML_SCALAR ? node->value : NULL;
}

void look_done(struct look *look)
{
	unlisted_tables(look);
	free_schema(&look->schema);
}
