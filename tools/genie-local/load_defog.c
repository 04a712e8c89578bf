/* A database of the defog form: schema.json and one CSV file per table. */
#include "load_int.h"
#include "io.h"
#include "json.h"
#include "str.h"
#include <stdlib.h>
#include <string.h>

static bool read_columns(struct loading *l, const struct json *list, struct cat_table *table,
	struct err *err)
{
	struct cat_column *columns = arena_alloc(&l->arena, json_len(list) * sizeof(*columns));

	table->columns = columns;
	for (struct json *item = json_first(list); item; item = json_next(item)) {
		struct cat_column *column = &columns[table->ncolumns];
		const char *name = json_need_str(item, "name", err);
		const char *type = name ? json_need_str(item, "type", err) : NULL;

		if (!type)
			return false;
		column->name = arena_strdup(&l->arena, name);
		column->type = cat_type_normal(type, &l->arena);
		column->comment = arena_strdup(&l->arena, json_str_or(item, "description", NULL));
		column->nullable = json_bool_or(item, "nullable", true);
		if (!column->type)
			return err_set(err, ERR_DATA, "table %s, column %s: \"%s\" is no type",
				table->name, name, type);
		table->ncolumns++;
	}
	return true;
}

static bool load_tables(struct loading *l, const struct json *tables, struct err *err)
{
	for (struct json *item = json_first(tables); item; item = json_next(item)) {
		const struct json *columns = json_need(item, "columns", JSON_ARRAY, err);
		struct cat_table table = { .kind = CAT_TABLE, .catalog = l->scope.catalog,
			.schema = l->scope.schema, .name = json_key(item) };
		bool added;

		if (!columns)
			return false;
		table.comment = json_str_or(item, "description", NULL);
		if (!read_columns(l, columns, &table, err) || !load_table(l, &table, &added, err))
			return false;
	}
	return true;
}

/* "table.column" in two. */
static bool split(struct loading *l, const char *text, char **table, char **column,
	struct err *err)
{
	const char *point = strchr(text, '.');

	if (!point)
		return err_set(err, ERR_DATA, "foreign key: \"%s\" is no TABLE.COLUMN", text);
	*table = arena_strndup(&l->arena, text, (size_t)(point - text));
	*column = arena_strdup(&l->arena, point + 1);
	return true;
}

static bool load_key(struct loading *l, const struct json *item, struct err *err)
{
	const char *from = json_need_str(item, "from", err);
	const char *to = from ? json_need_str(item, "to", err) : NULL;
	struct cat_full full = { l->scope.catalog, l->scope.schema, NULL };
	struct strlist columns = {0}, parents = {0};
	struct cat_table table;
	char *name, *column, *parent, *parent_column;
	bool found, ok;

	if (!to || !split(l, from, &name, &column, err) ||
	    !split(l, to, &parent, &parent_column, err))
		return false;
	full.name = name;
	if (!cat_get_table(l->catalog, &full, &l->arena, &table, &found, err))
		return false;
	if (!found || !cat_find_column(&table, column))
		return err_set(err, ERR_DATA, "foreign key: no column \"%s\"", from);
	strlist_add(&columns, column);
	strlist_add(&parents, parent_column);
	ok = load_constraint(l, &table, parent, &columns, &parents, err);
	strlist_free(&columns);
	strlist_free(&parents);
	return ok;
}

static int by_identifier(const struct json *a, const struct json *b)
{
	return strcmp(json_str_or(a, "identifier", ""), json_str_or(b, "identifier", ""));
}

/* A space over all tables, with nothing but their names. */
static bool add_space(struct loading *l, const struct json *tables, struct err *err)
{
	struct json *root = json_new_object(), *list = json_new_array();
	struct load_space space = {0};
	struct str text = STR_INIT;
	bool ok;

	for (struct json *item = json_first(tables); item; item = json_next(item)) {
		struct json *table = json_push(list, json_new_object());

		json_set_str(table, "identifier", arena_printf(&l->arena, "%s.%s.%s",
			l->scope.catalog, l->scope.schema, json_key(item)));
	}
	json_sort(list, by_identifier);
	json_set_int(root, "version", 2);
	json_set(json_set(root, "data_sources", json_new_object()), "tables", list);
	json_print(root, &text);
	space.space_id = space.title = (char *)(uintptr_t)l->scope.schema;
	space.description = arena_printf(&l->arena, "Questions about the %s database",
		l->scope.schema);
	space.warehouse_id = arena_strdup(&l->arena, "local");
	space.parent_path = arena_strdup(&l->arena, "/Workspace/Shared");
	space.serialized_space = str_take(&text);
	ok = load_add_space(l, &space, err);
	free(space.serialized_space);
	json_free(root);
	return ok;
}

static bool load_root(struct loading *l, const struct json *root, const char *path,
	struct err *err)
{
	const struct json *tables = json_need(root, "tables", JSON_OBJECT, err);
	const struct json *keys = json_get(root, "foreign_keys");
	size_t before = l->report->added;

	if (!tables || !load_tables(l, tables, err))
		return err_wrap(err, "%s", path);
	if (l->report->added > before) /* keys were stored with the tables */
		for (struct json *item = json_first(keys); item; item = json_next(item))
			if (!load_key(l, item, err))
				return err_wrap(err, "%s", path);
	return add_space(l, tables, err);
}

bool load_defog(struct loading *l, const char *dir, struct err *err)
{
	char *path = io_join(dir, "schema.json");
	struct json *root = json_load(path, err);
	const char *name = json_str_or(root, "database", NULL);
	bool ok = false;

	if (root && !name)
		err_set(err, ERR_DATA, "%s: $.database: expected the name of the database", path);
	if (name) {
		l->scope.catalog = "main";
		l->scope.schema = arena_strdup(&l->arena, name);
		ok = cat_add_schema(l->catalog, "main", name, err) &&
		     load_root(l, root, path, err) && load_data(l, dir, err) &&
		     catalog_set_sqlite_dialect(l->catalog,
			!streq(json_str_or(root, "dialect", "sqlite"), "databricks"), err) &&
		     catalog_set_defaults(l->catalog, "main", l->scope.schema, err);
	}
	json_free(root);
	free(path);
	return ok;
}
