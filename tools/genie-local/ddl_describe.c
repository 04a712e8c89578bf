/* DESCRIBE TABLE [EXTENDED] [AS JSON], DESCRIBE FUNCTION [EXTENDED]. */
#include "ddl.h"
#include "clock.h"
#include "json.h"
#include "str.h"
#include <ctype.h>
#include <string.h>

static const char *lower(struct ddl *d, const char *text)
{
	char *out = arena_strdup(&d->arena, text);

	lower_ascii(out);
	return out;
}

static const char *kind_text(enum cat_kind kind)
{
	return kind == CAT_METRIC_VIEW ? "METRIC_VIEW" : kind == CAT_VIEW ? "VIEW" : "MANAGED";
}

/* ---- tables, as rows ---------------------------------------------------------------- */

static void column_rows(struct ddl *d, const struct cat_table *table)
{
	table_add_column(d->out, "col_name", "STRING");
	table_add_column(d->out, "data_type", "STRING");
	table_add_column(d->out, "comment", "STRING");
	for (size_t i = 0; i < table->ncolumns; i++) {
		const struct cat_column *column = &table->columns[i];

		ddl_row(d, column->name, arena_printf(&d->arena, "%s%s", lower(d, column->type),
			column->measure ? " measure" : ""), column->comment);
	}
}

static bool times(struct ddl *d, const struct cat_table *table, int64_t *created,
	int64_t *altered)
{
	struct err err = {0};
	struct db_stmt *stmt = cat_query(d->catalog, &err,
		"SELECT created, altered FROM uc_tables WHERE table_id = ?", "i", table->id);
	bool row = false, ok;

	*created = *altered = 0;
	if (!stmt)
		return ddl_fault(d, &err);
	ok = db_step(stmt, &row, &err);
	if (ok && row) {
		*created = db_column_int(stmt, 0);
		*altered = db_column_int(stmt, 1);
	}
	db_stmt_free(stmt);
	return ok || ddl_fault(d, &err);
}

static const char *properties_text(struct ddl *d, const struct cat_pair *list, size_t n)
{
	struct str out = STR_INIT;
	const char *text;

	for (size_t i = 0; i < n; i++)
		str_addf(&out, "%s%s=%s", i ? "," : "", list[i].name, list[i].value);
	text = arena_printf(&d->arena, "[%s]", str_text(&out));
	str_free(&out);
	return text;
}

static bool detail_rows(struct ddl *d, const struct cat_table *table)
{
	char stamp[CLOCK_RFC3339_SIZE];
	struct cat_pair *list;
	struct err err = {0};
	int64_t created, altered;
	size_t n;

	if (!times(d, table, &created, &altered))
		return false;
	if (!cat_get_properties(d->catalog, table->id, &d->arena, &list, &n, &err))
		return ddl_fault(d, &err);
	ddl_row(d, "", "", "");
	ddl_row(d, "# Detailed Table Information", "", "");
	ddl_row(d, "Catalog", table->catalog, "");
	ddl_row(d, "Database", table->schema, "");
	ddl_row(d, "Table", table->name, "");
	ddl_row(d, "Created Time", clock_rfc3339(created, stamp), "");
	ddl_row(d, "Last Access", "UNKNOWN", "");
	ddl_row(d, "Type", kind_text(table->kind), "");
	if (table->comment)
		ddl_row(d, "Comment", table->comment, "");
	if (table->kind == CAT_TABLE)
		ddl_row(d, "Provider", "delta", "");
	if (table->definition)
		ddl_row(d, "View Text", table->definition, "");
	if (table->kind == CAT_METRIC_VIEW)
		ddl_row(d, "Language", "YAML", "");
	ddl_row(d, "Owner", "account users", "");
	ddl_row(d, "Table Properties", properties_text(d, list, n), "");
	return true;
}

/* ---- tables, as JSON ------------------------------------------------------------------- */

static struct json *columns_json(const struct cat_table *table)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < table->ncolumns; i++) {
		const struct cat_column *column = &table->columns[i];
		struct json *item = json_push(list, json_new_object());

		json_set_str(item, "name", column->name);
		json_set(item, "type", cat_type_json(column->type));
		if (column->comment)
			json_set_str(item, "comment", column->comment);
		json_set_bool(item, "nullable", column->nullable);
		if (column->measure)
			json_set_bool(item, "is_measure", true);
	}
	return list;
}

static void add_view_json(struct json *root, const struct cat_table *table)
{
	struct json *names;

	if (!table->definition)
		return;
	json_set_str(root, "view_text", table->definition);
	json_set_str(root, "view_original_text", table->definition);
	names = json_set(root, "view_query_output_columns", json_new_array());
	for (size_t i = 0; i < table->ncolumns; i++)
		json_push_str(names, table->columns[i].name);
	if (table->kind == CAT_METRIC_VIEW)
		json_set_str(root, "language", "YAML");
}

static bool describe_json(struct ddl *d, const struct cat_table *table)
{
	struct json *root = json_new_object(), *map;
	char stamp[CLOCK_RFC3339_SIZE];
	struct str text = STR_INIT;
	struct cat_pair *list = NULL;
	struct err err = {0};
	int64_t created, altered;
	size_t n = 0;
	bool ok = times(d, table, &created, &altered) &&
		  (cat_get_properties(d->catalog, table->id, &d->arena, &list, &n, &err) ||
		   ddl_fault(d, &err));

	json_set_str(root, "table_name", table->name);
	json_set_str(root, "catalog_name", table->catalog);
	json_set_str(root, "schema_name", table->schema);
	json_push_str(json_set(root, "namespace", json_new_array()), table->schema);
	json_set_str(root, "type", kind_text(table->kind));
	if (table->kind == CAT_TABLE)
		json_set_str(root, "provider", "delta");
	json_set(root, "columns", columns_json(table));
	add_view_json(root, table);
	json_set_str(root, "owner", "account users");
	if (table->comment)
		json_set_str(root, "comment", table->comment);
	map = json_set(root, "table_properties", json_new_object());
	for (size_t i = 0; i < n; i++)
		json_set_str(map, list[i].name, list[i].value);
	json_set_str(root, "created_time", clock_rfc3339(created, stamp));
	json_set_str(root, "last_access", "UNKNOWN");
	json_print(root, &text);
	table_add_column(d->out, "json_metadata", "STRING");
	ddl_row(d, str_text(&text), NULL, NULL);
	str_free(&text);
	json_free(root);
	return ok;
}

static bool describe_table(struct ddl *d)
{
	struct ddl_name name;
	struct cat_table table;
	bool extended = ddl_word(d, "EXTENDED"), json;

	if (!ddl_name(d, 3, &name))
		return false;
	json = ddl_word(d, "AS");
	if ((json && !ddl_need(d, "JSON")) || !ddl_done(d) || !ddl_find(d, &name, &table))
		return false;
	if (json && !extended)
		return sql_error_set(d->error, "DESCRIBE_JSON_NOT_EXTENDED", "0A000",
			"DESCRIBE TABLE ... AS JSON only supported when [EXTENDED|FORMATTED] is "
			"specified.");
	if (json)
		return describe_json(d, &table);
	column_rows(d, &table);
	return !extended || table.kind == CAT_SYSTEM || detail_rows(d, &table);
}

/* ---- functions --------------------------------------------------------------------------- */

static void function_row(struct ddl *d, const char *label, const char *text)
{
	ddl_row(d, arena_printf(&d->arena, "%-14s %s", label, text ? text : ""), NULL, NULL);
}

static void param_rows(struct ddl *d, const struct cat_function *fn)
{
	if (!fn->nparams)
		function_row(d, "Input:", "()");
	for (size_t i = 0; i < fn->nparams; i++) {
		const struct cat_param *param = &fn->params[i];
		struct str text = STR_INIT;

		str_addf(&text, "%s %s", param->name, param->type);
		if (param->default_text)
			str_addf(&text, " DEFAULT %s", param->default_text);
		if (param->comment) {
			str_addc(&text, ' ');
			cat_add_literal(&text, param->comment);
		}
		function_row(d, i ? "" : "Input:", str_text(&text));
		str_free(&text);
	}
}

static void column_list_rows(struct ddl *d, const struct cat_function *fn)
{
	if (!fn->ncolumns)
		function_row(d, "Returns:", fn->data_type);
	for (size_t i = 0; i < fn->ncolumns; i++) {
		const struct cat_column *column = &fn->columns[i];
		struct str text = STR_INIT;

		str_addf(&text, "%s %s", column->name, column->type);
		if (column->comment) {
			str_addc(&text, ' ');
			cat_add_literal(&text, column->comment);
		}
		function_row(d, i ? "" : "Returns:", str_text(&text));
		str_free(&text);
	}
}

static bool describe_function(struct ddl *d)
{
	struct cat_name parts = { { NULL, NULL, NULL }, 0 };
	struct ddl_name name;
	struct cat_function fn;
	bool extended = ddl_word(d, "EXTENDED");

	if (!ddl_name(d, 3, &name) || !ddl_done(d))
		return false;
	parts.n = name.n;
	for (size_t i = 0; i < name.n; i++)
		parts.part[i] = name.part[i];
	if (!catalog_function(d->catalog, &d->scope, &parts, &d->arena, &fn, d->error))
		return false;
	table_add_column(d->out, "function_desc", "STRING");
	function_row(d, "Function:", fn.full_name);
	function_row(d, "Type:", fn.ncolumns ? "TABLE" : "SCALAR");
	param_rows(d, &fn);
	column_list_rows(d, &fn);
	if (!extended)
		return true;
	function_row(d, "Comment:", fn.comment);
	function_row(d, "Deterministic:", fn.deterministic ? "true" : "false");
	function_row(d, "Data Access:", "READS SQL DATA");
	function_row(d, "Owner:", "account users");
	function_row(d, "Body:", fn.body);
	return true;
}

/* ---- schemas -------------------------------------------------------------------------------- */

static bool describe_schema(struct ddl *d)
{
	struct ddl_name name;
	struct err err = {0};
	const char *catalog;
	struct db_stmt *stmt;
	bool row = false, ok;

	ddl_word(d, "EXTENDED");
	if (!ddl_name(d, 2, &name) || !ddl_done(d))
		return false;
	catalog = name.n == 2 ? name.part[0] : d->scope.catalog ? d->scope.catalog :
		d->catalog->default_catalog;
	stmt = cat_query(d->catalog, &err, "SELECT catalog_name, schema_name, comment FROM"
		" uc_schemata WHERE catalog_name = ? AND schema_name = ?", "tt", catalog,
		name.part[name.n - 1]);
	if (!stmt)
		return ddl_fault(d, &err);
	ok = db_step(stmt, &row, &err) || ddl_fault(d, &err);
	if (ok && !row)
		ok = sql_error_no_schema(d->error, catalog, name.part[name.n - 1]);
	if (ok) {
		table_add_column(d->out, "database_description_item", "STRING");
		table_add_column(d->out, "database_description_value", "STRING");
		ddl_row(d, "Catalog Name", cat_text(stmt, 0, &d->arena), NULL);
		ddl_row(d, "Namespace Name", cat_text(stmt, 1, &d->arena), NULL);
		ddl_row(d, "Comment", db_column_text(stmt, 2) ? cat_text(stmt, 2, &d->arena) : "",
			NULL);
	}
	db_stmt_free(stmt);
	return ok;
}

bool ddl_describe(struct ddl *d)
{
	if (ddl_word(d, "FUNCTION"))
		return describe_function(d);
	if (ddl_word(d, "SCHEMA") || ddl_word(d, "DATABASE"))
		return describe_schema(d);
	ddl_word(d, "TABLE");
	return describe_table(d);
}
