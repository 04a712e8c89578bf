/* Tables, metric views and functions of the bundle beside those of the workspace. */
#include "drift.h"

#include "bundle.h"
#include "editsql.h"
#include "json.h"
#include "live.h"
#include "snapshot.h"
#include "sqltext.h"
#include "stmt.h"
#include "str.h"
#include "table.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

/* One schema of the workspace, read in four statements whatever its size. */
enum { TABLES, COLUMNS, TABLE_TAGS, COLUMN_TAGS, NRELATIONS };
struct schema {
	struct arena arena;
	char *catalog, *name;
	struct stmt_result v[NRELATIONS];
};
struct look {
	struct drift *drift;
	struct state *state;
	const struct json *snapshot;
	struct schema schema;
	const struct bundle_object *object;
	const char *table; /* its bare name */
	const struct yaml_node *root;
};

static void schema_free(struct schema *schema)
{
	for (int i = 0; i < NRELATIONS; i++)
		stmt_result_free(&schema->v[i]);
	arena_free(&schema->arena);
	*schema = (struct schema){ 0 };
}

static bool schema_read(struct look *look, const char *catalog, const char *name, struct err *err)
{
	static const char *const select[] = { "tables", "columns", "table_tags", "column_tags" };
	static const char *const columns[] = { "table_name, comment",
		"table_name, column_name, comment",
		"table_name, tag_name, tag_value", "table_name, column_name, tag_name, tag_value" };
	struct schema *s = &look->schema;
	if (strieq(s->catalog, catalog) && strieq(s->name, name))
		return true;
	schema_free(s);
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

/* The cell `at` of the row that begins with these names; *found tells of the row. */
static const char *cell(const struct stmt_result *r, const char *const *names, size_t n,
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

/* One value; takes nothing. */
static void value(struct look *look, const struct drift_item *given)
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

/* Where the map has the key, or where it begins. */
static size_t line_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map ? yaml_get(map, key) : NULL;
	return node ? node->start.line : map ? map->start.line : 0;
}

static const char *scalar(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map ? yaml_get(map, key) : NULL;
	return node && node->kind == YAML_SCALAR ? node->value : NULL;
}

/* ---- tables ---- */
static void comment(struct look *look, const struct yaml_node *map, const char *column)
{
	const char *names[] = { look->table, column };
	bool found;
	const char *live = cell(&look->schema.v[*column ? COLUMNS : TABLES], names, *column ? 2 : 1,
		&found);
	char *path = *column ? xasprintf("columns[name=\"%s\"].comment", column) :
		xstrdup("comment");
	value(look, &(struct drift_item){ .missing = !found, .path = path,
		.line = line_of(map, "comment"), .what = {
		.kind = *column ? LIVE_COLUMN_COMMENT : LIVE_TABLE_COMMENT,
		.column = (char *)(uintptr_t)column, .before = (char *)(uintptr_t)live,
		.after = (char *)(uintptr_t)scalar(map, "comment") } });
	free(path);
}

static void tag(struct look *look, const struct yaml_node *map, const char *column, const char *key)
{
	const struct yaml_node *own = yaml_get(map, "tags");
	bool is_map = own && own->kind == YAML_MAP;
	const char *text = is_map ? scalar(own, key) : NULL;
	const char *table[] = { look->table, key }, *deep[] = { look->table, column, key };
	bool found;
	const char *live = *column ? cell(&look->schema.v[COLUMN_TAGS], deep, 3, &found) :
		cell(&look->schema.v[TABLE_TAGS], table, 2, &found);
	char *path = *column ? xasprintf("columns[name=\"%s\"].tags.\"%s\"", column, key) :
		xasprintf("tags.\"%s\"", key);
	value(look, &(struct drift_item){ .path = path, .line = line_of(is_map ? own : map, key),
		.what = {
		.kind = *column ? LIVE_COLUMN_TAG : LIVE_TABLE_TAG, .column =
			(char *)(uintptr_t)column,
		.key = (char *)(uintptr_t)key, .before = found ?
		(char *)(uintptr_t)(live ? live : "") : NULL,
		.after = (char *)(uintptr_t)text } });
	free(path);
}

/* Tags of the file, and those that only the workspace has. */
static void tags(struct look *look, const struct yaml_node *map, const char *column)
{
	const struct yaml_node *own = yaml_get(map, "tags");
	const struct table *live = &look->schema.v[*column ? COLUMN_TAGS : TABLE_TAGS].table;
	size_t at = *column ? 2 : 1;
	bool is_map = own && own->kind == YAML_MAP;
	for (size_t i = 0; is_map && i < own->n; i++)
		if (own->items[i]->kind == YAML_SCALAR)
			tag(look, map, column, own->keys[i]->value);
	for (size_t i = 0; i < live->nrows; i++) {
		const char *key = table_cell(live, i, at);
		if (strieq(table_cell(live, i, 0), look->table) &&
		    (!*column || strieq(table_cell(live, i, 1), column)) &&
		    !(is_map && yaml_get(own, key)))
			tag(look, map, column, key);
	}
}

static bool properties(struct look *look, struct err *err)
{
	const struct yaml_node *own = yaml_get(look->root, "table_properties");
	struct stmt_result result = { 0 };
	bool ok = true;
	if (!own || own->kind != YAML_MAP || own->n == 0)
		return true;
	char *sql = live_show_properties(look->object->full_name);
	ok = live_query(look->state, sql, &result, err);
	for (size_t i = 0; ok && i < own->n; i++) {
		const char *key = own->keys[i]->value;
		bool found;
		const char *live = cell(&result, &key, 1, &found);
		char *path = xasprintf("table_properties.\"%s\"", key);
		value(look, &(struct drift_item){ .path = path, .line = own->items[i]->start.line,
			.what = { .kind = LIVE_PROPERTY,
			.key = (char *)(uintptr_t)key, .before = (char *)(uintptr_t)live,
			.after = (char *)(uintptr_t)own->items[i]->value } });
		free(path);
	}
	stmt_result_free(&result);
	free(sql);
	return ok;
}

static bool table_file(struct look *look, struct err *err)
{
	bool found;
	cell(&look->schema.v[TABLES], &look->table, 1, &found);
	comment(look, look->root, "");
	if (!found) /* one item says it all */
		return true;
	tags(look, look->root, "");
	const struct yaml_node *columns = yaml_get(look->root, "columns");
	for (size_t i = 0; columns && columns->kind == YAML_SEQ && i < columns->n; i++) {
		const char *name = scalar(columns->items[i], "name");
		if (!name)
			continue;
		comment(look, columns->items[i], name);
		tags(look, columns->items[i], name);
	}
	return properties(look, err);
}

static bool table(struct look *look, struct err *err)
{
	struct str text = STR_INIT;
	bool ok = bundle_read(look->state->bundle, look->object->path, &text, err);
	struct yaml *yaml = ok ? yaml_parse(str_text(&text), text.n, look->object->path, err) :
		NULL;
	look->root = yaml ? yaml_root(yaml) : NULL;
	ok = yaml && (!look->root || look->root->kind != YAML_MAP || table_file(look, err));
	look->root = NULL;
	yaml_close(yaml);
	str_free(&text);
	return ok;
}

/* ---- metric views and functions ---- */
static bool whole(struct look *look, enum live_kind kind, const char *repo, size_t line,
		  struct err *err)
{
	struct live live = { .kind = kind, .name = xstrdup(look->object->full_name),
		.column = xstrdup(""), .key = xstrdup("") };
	struct err why = { 0 };
	char *text = NULL, *etag = NULL;
	bool found = live_read(look->state, &live, &text, &etag, &why);
	bool ok = found || why.code == ERR_DATA || err_set(err, why.code, "%s", why.text);
	if (ok)
		value(look, &(struct drift_item){ .missing = !found || !text, .line = line, .what =
			{ .kind = kind,
			.before = text, .after = (char *)(uintptr_t)repo } });
	free(live.name);
	free(live.column);
	free(live.key);
	free(text);
	free(etag);
	return ok;
}

static bool code(struct look *look, struct err *err)
{
	struct str text = STR_INIT;
	struct sql_function f;
	bool ok = bundle_read(look->state->bundle, look->object->path, &text, err);
	if (ok && look->object->kind == BUNDLE_METRIC_VIEW) {
		ok = whole(look, LIVE_METRIC_VIEW, str_text(&text), 1, err);
	} else if (ok && edit_sql_get(&text, look->object->path, look->object->name, &f, err)) {
		ok = whole(look, LIVE_FUNCTION, f.statement, f.line, err);
		sql_function_free(&f);
	} else {
		ok = false;
	}
	str_free(&text);
	return ok;
}

static bool object(struct look *look, struct err *err)
{
	struct arena arena = { 0 };
	const char *p[SQL_NAME_PARTS];
	bool ok = true;
	if (sql_split_name(&arena, look->object->full_name, p) == 3) {
		look->table = p[2];
		ok = look->object->kind == BUNDLE_TABLE ?
			schema_read(look, p[0], p[1], err) && table(look, err) : code(look, err);
	}
	arena_free(&arena);
	return ok;
}

bool drift_uc(struct drift *drift, struct state *state, const struct json *snapshot,
	struct err *err)
{
	struct look look = { .drift = drift, .state = state, .snapshot = snapshot };
	bool ok = true;
	for (size_t i = 0; ok && i < bundle_count(state->bundle); i++) {
		look.object = bundle_at(state->bundle, i);
		if (look.object->kind == BUNDLE_TABLE || look.object->kind == BUNDLE_METRIC_VIEW ||
		    look.object->kind == BUNDLE_FUNCTION)
			ok = object(&look, err);
	}
	schema_free(&look.schema);
	return ok;
}
