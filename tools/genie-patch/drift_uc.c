/* Tables, metric views and functions of the bundle beside those of the workspace. */
#include "drift_look.h"

#include "bundle.h"
#include "editsql.h"
#include "json.h"
#include "live.h"
#include "space.h"
#include "sqltext.h"
#include "stmt.h"
#include "str.h"
#include "table.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */
static void comment(struct look *look, const struct yaml_node *map, const char *column)
{
	const char *names[] = { look->table, column };
	bool found;
	const char *live = look_cell(&look->schema.v[*column ? COLUMNS : TABLES], names,
		*column ? 2 : 1, &found);
	char *path = *column ? xasprintf("columns[name=\"%s\"].comment", column) :
		xstrdup("comment");
	look_value(look, &(struct drift_item){ .missing = !found, .path = path,
		.line = look_line(map, "comment"), .what = {
		.kind = *column ? LIVE_COLUMN_COMMENT : LIVE_TABLE_COMMENT,
		.column = (char *)(uintptr_t)column, .before = (char *)(uintptr_t)live,
		.after = (char *)(uintptr_t)look_scalar(map, "comment") } });
	free(path);
}

/* Adds the keys that the snapshot has of the table or column, and perhaps neither side any more. */
static void then_keys(const struct look *look, const char *list, const char *member,
	const char *column, struct strlist *keys)
{
	const struct json *rows = json_get(json_get(look->snapshot, "uc"), list);
	if (!look->drift->lost && !look->drift->all)
		return;
	for (const struct json *row = json_first(rows); row; row = json_next(row))
		if (strieq(json_str_or(row, "table_name", ""), look->table) &&
		    strieq(json_str_or(row, "schema_name", ""), look->schema.name) &&
		    strieq(json_str_or(row, "catalog_name", ""), look->schema.catalog) &&
		    strieq(json_str_or(row, "column_name", ""), column))
			strlist_add_new(keys, json_str_or(row, member, ""));
}

/* Adds the keys of a map of the file. */
static void own_keys(const struct yaml_node *own, struct strlist *keys)
{
	for (size_t i = 0; own && own->kind == YAML_MAP && i < own->n; i++)
		if (own->items[i]->kind == YAML_SCALAR)
			strlist_add_new(keys, own->keys[i]->value);
}

static void tag(struct look *look, const struct yaml_node *map, const char *column, const char *key)
{
	const struct yaml_node *own = yaml_get(map, "tags");
	bool is_map = own && own->kind == YAML_MAP;
	const char *text = is_map ? look_scalar(own, key) : NULL;
	const char *table[] = { look->table, key }, *deep[] = { look->table, column, key };
	bool found;
	const char *live = *column ? look_cell(&look->schema.v[COLUMN_TAGS], deep, 3, &found) :
		look_cell(&look->schema.v[TABLE_TAGS], table, 2, &found);
	char *path = *column ? xasprintf("columns[name=\"%s\"].tags.\"%s\"", column, key) :
		xasprintf("tags.\"%s\"", key);
	look_value(look, &(struct drift_item){ .path = path,
		.line = look_line(is_map ? own : map, key), .what = {
		.kind = *column ? LIVE_COLUMN_TAG : LIVE_TABLE_TAG, .column =
			(char *)(uintptr_t)column,
		.key = (char *)(uintptr_t)key, .before = found ?
		(char *)(uintptr_t)(live ? live : "") : NULL,
		.after = (char *)(uintptr_t)text } });
	free(path);
}

/* Tags of the file, those that only the workspace has, and those of the snapshot. */
static void tags(struct look *look, const struct yaml_node *map, const char *column)
{
	const struct table *live = &look->schema.v[*column ? COLUMN_TAGS : TABLE_TAGS].table;
	struct strlist keys = { 0 };
	own_keys(yaml_get(map, "tags"), &keys);
	for (size_t i = 0; i < live->nrows; i++)
		if (strieq(table_cell(live, i, 0), look->table) &&
		    (!*column || strieq(table_cell(live, i, 1), column)))
			strlist_add_new(&keys, table_cell(live, i, *column ? 2 : 1));
	then_keys(look, "tags", "tag_name", column, &keys);
	for (size_t i = 0; i < keys.n; i++)
		tag(look, map, column, keys.v[i]);
	strlist_free(&keys);
}

static void property(struct look *look, const struct yaml_node *own, const char *key,
	const struct stmt_result *now)
{
	bool is_map = own && own->kind == YAML_MAP, found;
	const char *live = look_cell(now, &key, 1, &found);
	char *path = xasprintf("table_properties.\"%s\"", key);
	look_value(look, &(struct drift_item){ .path = path,
		.line = look_line(is_map ? own : look->root, key), .what = { .kind = LIVE_PROPERTY,
		.key = (char *)(uintptr_t)key, .before = (char *)(uintptr_t)live,
		.after = is_map ? (char *)(uintptr_t)look_scalar(own, key) : NULL } });
	free(path);
}

/* Of those that only the workspace has there is no end: they count where it is about going back. */
static bool properties(struct look *look, struct err *err)
{
	const struct yaml_node *own = yaml_get(look->root, "table_properties");
	struct stmt_result now = { 0 };
	struct strlist keys = { 0 };
	bool ok = true;
	own_keys(own, &keys);
	then_keys(look, "table_properties", "property_name", "", &keys);
	if (keys.n || look->drift->all) {
		char *sql = live_show_properties(look->object->full_name);
		ok = live_query(look->state, sql, &now, err);
		free(sql);
	}
	for (size_t i = 0; ok && look->drift->all && i < now.table.nrows; i++)
		if (space_property_counts(table_cell(&now.table, i, 0)))
			strlist_add_new(&keys, table_cell(&now.table, i, 0));
	for (size_t i = 0; ok && i < keys.n; i++)
		property(look, own, keys.v[i], &now);
	strlist_free(&keys);
	stmt_result_free(&now);
	return ok;
}

/* ---- what no file lists ---- */
static bool listed_column(const struct yaml_node *columns, const char *name)
{
	for (size_t i = 0; columns && columns->kind == YAML_SEQ && i < columns->n; i++)
		if (strieq(look_scalar(columns->items[i], "name"), name))
			return true;
	return false;
}

static void unlisted_columns(struct look *look, const struct yaml_node *columns)
{
	const struct table *live = &look->schema.v[COLUMNS].table;
	for (size_t i = 0; i < live->nrows; i++)
		if (strieq(table_cell(live, i, 0), look->table) &&
		    !listed_column(columns, table_cell(live, i, 1)))
			strlist_take(&look->drift->unlisted, xasprintf("%s.%s",
				look->object->full_name, table_cell(live, i, 1)));
}

static bool table_file(struct look *look, struct err *err)
{
	bool found;
	look_cell(&look->schema.v[TABLES], &look->table, 1, &found);
	comment(look, look->root, "");
	if (!found) /* one item says it all */
		return true;
	tags(look, look->root, "");
	const struct yaml_node *columns = yaml_get(look->root, "columns");
	for (size_t i = 0; columns && columns->kind == YAML_SEQ && i < columns->n; i++) {
		const char *name = look_scalar(columns->items[i], "name");
		if (!name)
			continue;
		comment(look, columns->items[i], name);
		tags(look, columns->items[i], name);
	}
	unlisted_columns(look, columns);
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
		look_value(look, &(struct drift_item){ .missing = !found || !text,
			.line = line, .what = { .kind = kind,
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
			look_schema(look, p[0], p[1], err) && table(look, err) : code(look, err);
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
	ok = ok && drift_side(&look, err);
	look_done(&look);
	return ok;
}
