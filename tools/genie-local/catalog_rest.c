/* Tables, functions, schemas and catalogs as the REST API shows them. */
#include "catalog_int.h"
#include "digest.h"
#include "json.h"
#include "str.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWNER "account users"

/* A UUID that stays with the object and differs from every other one. */
static void set_id(struct json *json, const char *key, const char *kind, int64_t id,
	int64_t created)
{
	char hex[SHA256_HEX], seed[80];

	snprintf(seed, sizeof(seed), "%s %lld %lld", kind, (long long)id, (long long)created);
	sha256_hex(seed, strlen(seed), hex);
	snprintf(seed, sizeof(seed), "%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 12,
		hex + 15, hex + 18);
	json_set_str(json, key, seed);
}

static void set_type(struct json *item, const char *type)
{
	char *lower = xstrlower(type);
	int precision, scale;

	json_set_str(item, "type_text", lower);
	json_set_str(item, "type_name", cat_type_rest(type));
	cat_type_decimal(type, &precision, &scale);
	json_set_int(item, "type_precision", precision < 0 ? 0 : precision);
	json_set_int(item, "type_scale", scale < 0 ? 0 : scale);
	free(lower);
}

static void set_optional(struct json *json, const char *key, const char *text)
{
	if (text)
		json_set_str(json, key, text);
}

/* The Spark form of a field, as a text: {"name":..,"type":..,"nullable":..,"metadata":{}}. */
static void set_type_json(struct json *item, const struct cat_column *column)
{
	struct json *field = json_new_object(), *metadata = json_new_object();
	struct str text = STR_INIT;
	char *lower = xstrlower(column->type);

	json_set_str(field, "name", column->name);
	json_set_str(field, "type", streq(lower, "bigint") ? "long" :
		streq(lower, "int") ? "integer" : lower);
	json_set_bool(field, "nullable", column->nullable);
	set_optional(metadata, "comment", column->comment);
	json_set(field, "metadata", metadata);
	json_print(field, &text);
	json_set_str(item, "type_json", str_text(&text));
	json_free(field);
	str_free(&text);
	free(lower);
}

static struct json *columns_json(const struct cat_table *table)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < table->ncolumns; i++) {
		const struct cat_column *column = &table->columns[i];
		struct json *item = json_push(list, json_new_object());

		json_set_str(item, "name", column->name);
		set_type(item, column->type);
		set_type_json(item, column);
		json_set_int(item, "position", (int64_t)i);
		json_set_bool(item, "nullable", column->nullable);
		set_optional(item, "comment", column->comment);
	}
	return list;
}

static bool set_properties(struct catalog *catalog, const struct cat_table *table,
	struct arena *arena, struct json *root, struct err *err)
{
	struct json *map = json_set(root, "properties", json_new_object());
	struct cat_pair *list;
	size_t n;

	if (!cat_get_properties(catalog, table->id, arena, &list, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		json_set_str(map, list[i].name, list[i].value);
	return true;
}

/* ---- constraints and dependencies ------------------------------------------------- */

static struct json *new_constraint(struct json *list, struct db_stmt *stmt)
{
	bool foreign = streq(db_column_text(stmt, 1), "FOREIGN KEY");
	struct json *item = json_push(list, json_new_object());
	struct json *key = json_set(item, foreign ? "foreign_key_constraint" :
		"primary_key_constraint", json_new_object());

	json_set_str(key, "name", db_column_text(stmt, 0));
	json_set(key, "child_columns", json_new_array());
	if (foreign) {
		json_set_str(key, "parent_table", db_column_text(stmt, 2));
		json_set(key, "parent_columns", json_new_array());
	}
	return key;
}

static bool set_constraints(struct catalog *catalog, const struct cat_table *table,
	struct json *root, struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err,
		"SELECT k.constraint_name, k.kind, k.parent_catalog || '.' || k.parent_schema || '.' ||"
		" k.parent_table, c.column_name, c.parent_column, c.position"
		" FROM uc_constraints k JOIN uc_constraint_columns c USING (constraint_id)"
		" WHERE k.table_id = ? ORDER BY k.constraint_id, c.position", "i", table->id);
	struct json *list, *key = NULL;
	bool row = false, ok;

	if (!stmt)
		return false;
	list = json_set(root, "table_constraints", json_new_array());
	while ((ok = db_step(stmt, &row, err)) && row) {
		if (db_column_int(stmt, 5) == 1)
			key = new_constraint(list, stmt);
		json_push_str(json_get(key, "child_columns"), db_column_text(stmt, 3));
		if (json_get(key, "parent_columns"))
			json_push_str(json_get(key, "parent_columns"), db_column_text(stmt, 4));
	}
	db_stmt_free(stmt);
	return ok;
}

static void add_dependency(struct catalog *catalog, const char *source, struct arena *arena,
	struct json *list)
{
	struct cat_name name;
	struct cat_full full;
	struct json *item;

	if (!source || !cat_name_parse(source, arena, &name))
		return;
	full = cat_complete(catalog, NULL, &name);
	item = json_set(json_push(list, json_new_object()), "table", json_new_object());
	json_set_str(item, "table_full_name", cat_dotted(&full, arena));
}

static void add_join_dependencies(struct catalog *catalog, const struct json *joins,
	struct arena *arena, struct json *list)
{
	for (struct json *join = json_first(joins); join; join = json_next(join)) {
		add_dependency(catalog, json_str_or(join, "source", NULL), arena, list);
		add_join_dependencies(catalog, json_get(join, "joins"), arena, list);
	}
}

static bool set_dependencies(struct catalog *catalog, const struct cat_table *table,
	struct arena *arena, struct json *root, struct err *err)
{
	struct json *yaml, *list;

	if (table->kind != CAT_METRIC_VIEW)
		return true;
	yaml = catalog_metric_view(catalog, table, err);
	if (!yaml)
		return false;
	list = json_set(json_set(root, "view_dependencies", json_new_object()), "dependencies",
		json_new_array());
	add_dependency(catalog, json_str_or(yaml, "source", NULL), arena, list);
	add_join_dependencies(catalog, json_get(yaml, "joins"), arena, list);
	json_free(yaml);
	return true;
}

/* ---- tables --------------------------------------------------------------------------- */

static bool set_times(struct catalog *catalog, const char *sql, int64_t id, struct json *root,
	int64_t *created, struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err, sql, "i", id);
	bool row = false, ok;

	*created = 0;
	if (!stmt)
		return false;
	ok = db_step(stmt, &row, err);
	if (ok && row) {
		*created = db_column_int(stmt, 0);
		json_set_int(root, "created_at", *created);
		json_set_int(root, "updated_at", db_column_int(stmt, 1));
	}
	db_stmt_free(stmt);
	return ok;
}

static bool fill_table(struct catalog *catalog, const struct cat_table *table, bool full,
	struct arena *arena, struct json *root, struct err *err)
{
	int64_t created;

	json_set_str(root, "name", table->name);
	json_set_str(root, "catalog_name", table->catalog);
	json_set_str(root, "schema_name", table->schema);
	json_set_str(root, "full_name", table->full_name);
	json_set_str(root, "table_type", table->kind == CAT_METRIC_VIEW ? "METRIC_VIEW" :
		table->kind == CAT_VIEW ? "VIEW" : "MANAGED");
	if (table->kind == CAT_TABLE)
		json_set_str(root, "data_source_format", "DELTA");
	set_optional(root, "comment", table->comment);
	json_set_str(root, "owner", OWNER);
	set_optional(root, "view_definition", table->definition);
	json_set(root, "columns", columns_json(table));
	if (!set_properties(catalog, table, arena, root, err) ||
	    !set_times(catalog, "SELECT created, altered FROM uc_tables WHERE table_id = ?",
			table->id, root, &created, err))
		return false;
	set_id(root, "table_id", "table", table->id, created);
	return !full || (set_constraints(catalog, table, root, err) &&
			set_dependencies(catalog, table, arena, root, err));
}

struct json *catalog_table_json(struct catalog *catalog, const char *full_name, bool full,
	struct sql_error *error)
{
	struct json *root = NULL;
	struct arena arena = {0};
	struct cat_table table;
	struct cat_name name;
	struct err err = {0};

	if (!cat_name_parse(full_name, &arena, &name) || name.n != 3) {
		sql_error_no_table(error, full_name);
	} else if (catalog_table(catalog, NULL, &name, &arena, &table, error)) {
		root = json_new_object();
		if (table.kind == CAT_SYSTEM ? !sql_error_no_table(error, full_name) :
				!fill_table(catalog, &table, full, &arena, root, &err)) {
			if (table.kind != CAT_SYSTEM)
				sql_error_from(error, &err);
			json_free(root);
			root = NULL;
		}
	}
	arena_free(&arena);
	return root;
}

/* ---- functions ------------------------------------------------------------------------ */

static struct json *params_json(const struct cat_function *fn)
{
	struct json *root = json_new_object();
	struct json *list = json_set(root, "parameters", json_new_array());

	for (size_t i = 0; i < fn->nparams; i++) {
		const struct cat_param *param = &fn->params[i];
		struct json *item = json_push(list, json_new_object());

		json_set_str(item, "name", param->name);
		set_type(item, param->type);
		json_set_int(item, "position", (int64_t)i);
		json_set_str(item, "parameter_mode", "IN");
		json_set_str(item, "parameter_type", "PARAM");
		set_optional(item, "parameter_default", param->default_text);
		set_optional(item, "comment", param->comment);
	}
	return root;
}

static struct json *returns_json(const struct cat_function *fn)
{
	struct json *root = json_new_object();
	struct json *list = json_set(root, "parameters", json_new_array());

	for (size_t i = 0; i < fn->ncolumns; i++) {
		struct json *item = json_push(list, json_new_object());

		json_set_str(item, "name", fn->columns[i].name);
		set_type(item, fn->columns[i].type);
		json_set_int(item, "position", (int64_t)i);
		set_optional(item, "comment", fn->columns[i].comment);
	}
	return root;
}

static void set_full_type(struct json *root, const struct cat_function *fn)
{
	struct str text = STR_INIT;

	for (size_t i = 0; i < fn->ncolumns; i++)
		str_addf(&text, "%s%s %s", i ? ", " : "", fn->columns[i].name, fn->columns[i].type);
	json_set_str(root, "full_data_type", fn->ncolumns ? str_text(&text) : fn->data_type);
	str_free(&text);
}

static bool fill_function(struct catalog *catalog, const struct cat_function *fn,
	struct json *root, struct err *err)
{
	int64_t created;

	json_set_str(root, "name", fn->name);
	json_set_str(root, "catalog_name", fn->catalog);
	json_set_str(root, "schema_name", fn->schema);
	json_set_str(root, "full_name", fn->full_name);
	json_set_str(root, "specific_name", fn->name);
	set_optional(root, "comment", fn->comment);
	json_set_str(root, "data_type", fn->data_type);
	set_full_type(root, fn);
	json_set(root, "input_params", params_json(fn));
	json_set(root, "return_params", returns_json(fn));
	json_set_str(root, "routine_body", "SQL");
	json_set_str(root, "routine_definition", fn->body);
	json_set_bool(root, "is_deterministic", fn->deterministic);
	json_set_bool(root, "is_null_call", true);
	json_set_str(root, "parameter_style", "S");
	json_set_str(root, "security_type", "DEFINER");
	json_set_str(root, "sql_data_access", "READS_SQL_DATA");
	json_set_str(root, "owner", OWNER);
	if (!set_times(catalog, "SELECT created, altered FROM uc_routines WHERE routine_id = ?",
			fn->id, root, &created, err))
		return false;
	set_id(root, "function_id", "function", fn->id, created);
	return true;
}

struct json *catalog_function_json(struct catalog *catalog, const char *full_name,
	struct sql_error *error)
{
	struct json *root = NULL;
	struct arena arena = {0};
	struct cat_function fn;
	struct cat_name name;
	struct err err = {0};

	if (!cat_name_parse(full_name, &arena, &name) || name.n != 3) {
		sql_error_no_routine(error, full_name);
	} else if (catalog_function(catalog, NULL, &name, &arena, &fn, error)) {
		root = json_new_object();
		if (!fill_function(catalog, &fn, root, &err)) {
			sql_error_from(error, &err);
			json_free(root);
			root = NULL;
		}
	}
	arena_free(&arena);
	return root;
}

/* ---- lists ------------------------------------------------------------------------------ */

/* Names that a query gives in its first column. */
static bool list_names(struct catalog *catalog, const char *sql, const char *name,
	const char *schema, struct strlist *out, struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err, sql, schema ? "tt" : "t", name, schema);
	bool row = false, ok;

	if (!stmt)
		return false;
	while ((ok = db_step(stmt, &row, err)) && row)
		strlist_add(out, db_column_text(stmt, 0));
	db_stmt_free(stmt);
	return ok;
}

static bool push_table(struct catalog *catalog, const struct cat_full *full, struct json *list,
	struct err *err)
{
	struct arena arena = {0};
	struct cat_table table;
	bool found, ok = cat_get_table(catalog, full, &arena, &table, &found, err);

	ok = ok && (!found || fill_table(catalog, &table, false, &arena,
		json_push(list, json_new_object()), err));
	arena_free(&arena);
	return ok;
}

static bool push_function(struct catalog *catalog, const struct cat_full *full,
	struct json *list, struct err *err)
{
	struct arena arena = {0};
	struct cat_function fn;
	bool found, ok = cat_get_function(catalog, full, &arena, &fn, &found, err);

	ok = ok && (!found || fill_function(catalog, &fn, json_push(list, json_new_object()), err));
	arena_free(&arena);
	return ok;
}

typedef bool push_object(struct catalog *catalog, const struct cat_full *full, struct json *list,
	struct err *err);

static struct json *list_json(struct catalog *catalog, const char *sql, struct cat_full full,
	push_object *push, struct err *err)
{
	struct json *list = json_new_array();
	struct strlist names = {0};
	bool ok = list_names(catalog, sql, full.catalog, full.schema, &names, err);

	for (size_t i = 0; ok && i < names.n; i++) {
		full.name = names.v[i];
		ok = push(catalog, &full, list, err);
	}
	strlist_free(&names);
	if (ok)
		return list;
	json_free(list);
	return NULL;
}

struct json *catalog_tables_json(struct catalog *catalog, const char *catalog_name,
	const char *schema, struct err *err)
{
	return list_json(catalog, "SELECT table_name FROM uc_tables WHERE catalog_name = ?"
		" AND schema_name = ? ORDER BY lower(table_name)",
		(struct cat_full){ catalog_name, schema, NULL }, push_table, err);
}

struct json *catalog_functions_json(struct catalog *catalog, const char *catalog_name,
	const char *schema, struct err *err)
{
	return list_json(catalog, "SELECT routine_name FROM uc_routines WHERE catalog_name = ?"
		" AND schema_name = ? ORDER BY lower(routine_name)",
		(struct cat_full){ catalog_name, schema, NULL }, push_function, err);
}

struct json *catalog_schemas_json(struct catalog *catalog, const char *catalog_name,
	struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err,
		"SELECT catalog_name, schema_name, catalog_name || '.' || schema_name, comment, created"
		" FROM uc_schemata WHERE catalog_name = ? ORDER BY lower(schema_name)", "t",
		catalog_name);
	struct json *list;
	bool row = false, ok;

	if (!stmt)
		return NULL;
	list = json_new_array();
	while ((ok = db_step(stmt, &row, err)) && row) {
		struct json *item = json_push(list, json_new_object());

		json_set_str(item, "name", db_column_text(stmt, 1));
		json_set_str(item, "catalog_name", db_column_text(stmt, 0));
		json_set_str(item, "full_name", db_column_text(stmt, 2));
		set_optional(item, "comment", db_column_text(stmt, 3));
		json_set_str(item, "owner", OWNER);
		json_set_int(item, "created_at", db_column_int(stmt, 4));
	}
	db_stmt_free(stmt);
	if (ok)
		return list;
	json_free(list);
	return NULL;
}

struct json *catalog_catalogs_json(struct catalog *catalog, struct err *err)
{
	struct strlist names = {0};
	struct json *list = NULL;

	if (list_names(catalog, "SELECT DISTINCT catalog_name FROM uc_schemata WHERE ?1 = ''"
			" ORDER BY lower(catalog_name)", "", NULL, &names, err)) {
		list = json_new_array();
		for (size_t i = 0; i < names.n; i++) {
			struct json *item = json_push(list, json_new_object());

			json_set_str(item, "name", names.v[i]);
			json_set_str(item, "full_name", names.v[i]);
			json_set_str(item, "catalog_type", "MANAGED_CATALOG");
			json_set_str(item, "owner", OWNER);
		}
	}
	strlist_free(&names);
	return list;
}
