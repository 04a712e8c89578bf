#include "uc_input.h"

#include "catalog.h"
#include "engine.h"
#include "json.h"
#include "server.h"
#include "str.h"
#include "table.h"

#include <string.h>

#define MAX_VALUES 200 /* distinct values of a dictionary column */

/* One object on its way into the tree. */
struct gather {
	struct server *server;
	struct arena arena;
	struct json *tables, *metric_views, *functions;
};

static bool query(struct server *server, const char *sql, const struct engine_param *params,
	size_t nparams, struct engine_outcome *outcome)
{
	struct engine_request request = { .sql = sql, .params = params, .nparams = nparams,
		.row_limit = 10000, .read_only = true };
	return engine_run(server->engine, &request, outcome);
}

/* ---- tags ------------------------------------------------------------------- */

/* {name: value} of the rows whose first cell is `key` (NULL: all); the name and the value
 * are in the last two cells. */
static struct json *tags_of(const struct table *table, const char *key)
{
	struct json *tags = json_new_object();
	size_t last = table->ncolumns - 1;
	for (size_t r = 0; r < table->nrows; r++) {
		const char *first = table_cell(table, r, 0), *name = table_cell(table, r, last - 1);
		if (name && (!key || strieq(first, key)))
			json_set_str(tags, name, table_cell(table, r, last));
	}
	return tags;
}

static bool tag_rows(struct gather *gather, const struct cat_table *table, bool columns,
	struct engine_outcome *outcome)
{
	const struct engine_param params[] = {
		{ "s", table->schema, NULL }, { "t", table->name, NULL },
	};
	struct str sql = STR_INIT;
	bool ok;
	str_addf(&sql, "SELECT %stag_name, tag_value FROM `%s`.information_schema.%s "
		"WHERE schema_name = :s AND table_name = :t", columns ? "column_name, " : "",
		table->catalog, columns ? "column_tags" : "table_tags");
	ok = query(gather->server, str_text(&sql), params, countof(params), outcome);
	str_free(&sql);
	return ok;
}

/* ---- columns ------------------------------------------------------------------ */

static const struct json *column_config(const struct json *entry, const char *column)
{
	for (const struct json *c = json_first(json_get(entry, "column_configs")); c;
		c = json_next(c))
		if (strieq(json_str_or(c, "column_name", NULL), column))
			return c;
	return NULL;
}

/* The values of a column whose dictionary the space turns on. */
static void add_values(struct gather *gather, struct json *node, const struct cat_table *table,
	const char *column)
{
	struct engine_outcome outcome;
	struct str sql = STR_INIT;
	str_addf(&sql, "SELECT DISTINCT `%s` FROM `%s`.`%s`.`%s` WHERE `%s` IS NOT NULL "
		"ORDER BY 1 LIMIT %d", column, table->catalog, table->schema, table->name, column,
		MAX_VALUES);
	if (query(gather->server, str_text(&sql), NULL, 0, &outcome)) {
		struct json *values = json_set(node, "values", json_new_array());
		for (size_t r = 0; r < outcome.table.nrows; r++)
			json_push_str(values, table_cell(&outcome.table, r, 0));
	}
	engine_outcome_free(&outcome);
	str_free(&sql);
}

static void add_columns(struct gather *gather, struct json *node, const struct cat_table *table,
	const struct json *entry)
{
	struct json *columns = json_set(node, "columns", json_new_array());
	struct engine_outcome tags;
	bool tagged = tag_rows(gather, table, true, &tags);
	for (size_t i = 0; i < table->ncolumns; i++) {
		const struct cat_column *column = &table->columns[i];
		const struct json *config = column_config(entry, column->name);
		struct json *c = json_push(columns, json_new_object());
		json_set_str(c, "name", column->name);
		json_set_str(c, "type", column->type);
		json_set_str(c, "comment", column->comment);
		json_set_bool(c, "nullable", column->nullable);
		if (tagged)
			json_set(c, "tags", tags_of(&tags.table, column->name));
		if (table->kind != CAT_METRIC_VIEW && (json_bool_or(config, "enable_entity_matching",
			false) || json_bool_or(config, "build_value_dictionary", false)))
			add_values(gather, c, table, column->name);
	}
	engine_outcome_free(&tags);
}

/* ---- tables ---------------------------------------------------------------------- */

static void add_keys(struct json *node, const struct json *rest)
{
	struct json *keys = json_set(node, "foreign_keys", json_new_array());
	for (const struct json *c = json_first(json_get(rest, "table_constraints")); c;
		c = json_next(c)) {
		const struct json *primary = json_get(c, "primary_key_constraint");
		const struct json *foreign = json_get(c, "foreign_key_constraint");
		struct json *key;
		if (primary && json_get(primary, "child_columns"))
			json_set(node, "primary_key", json_dup(json_get(primary, "child_columns")));
		if (!foreign)
			continue;
		key = json_push(keys, json_new_object());
		json_set(key, "columns", json_dup(json_get(foreign, "child_columns")));
		json_set_str(key, "references", json_str_or(foreign, "parent_table", NULL));
		json_set(key, "ref_columns", json_dup(json_get(foreign, "parent_columns")));
	}
}

static void add_rest(struct gather *gather, struct json *node, const struct cat_table *table)
{
	struct engine_outcome tags;
	struct sql_error error;
	struct json *rest = catalog_table_json(gather->server->catalog, table->full_name, true,
		&error);
	if (json_is(json_get(rest, "properties"), JSON_OBJECT))
		json_set(node, "properties", json_dup(json_get(rest, "properties")));
	add_keys(node, rest);
	json_free(rest);
	if (tag_rows(gather, table, false, &tags))
		json_set(node, "tags", tags_of(&tags.table, NULL));
	engine_outcome_free(&tags);
}

static void add_metric_view(struct gather *gather, const struct cat_table *table)
{
	struct err err = { .code = ERR_NONE };
	struct json *definition = catalog_metric_view(gather->server->catalog, table, &err);
	struct json *view;
	if (!definition)
		return;
	view = json_push(gather->metric_views, json_new_object());
	json_set_str(view, "full_name", table->full_name);
	json_set(view, "definition", definition);
}

static void add_table(struct gather *gather, const struct json *entry)
{
	struct cat_name name;
	struct cat_table table;
	struct sql_error error;
	struct json *node;
	if (!cat_name_parse(json_str_or(entry, "identifier", ""), &gather->arena, &name) ||
		!catalog_table(gather->server->catalog, NULL, &name, &gather->arena, &table, &error))
		return;
	node = json_push(gather->tables, json_new_object());
	json_set_str(node, "full_name", table.full_name);
	json_set_str(node, "table_type", table.kind == CAT_METRIC_VIEW ? "METRIC_VIEW" :
		table.kind == CAT_VIEW ? "VIEW" : "TABLE");
	json_set_str(node, "comment", table.comment);
	add_columns(gather, node, &table, entry);
	add_rest(gather, node, &table);
	if (table.kind == CAT_METRIC_VIEW)
		add_metric_view(gather, &table);
}

/* ---- functions ---------------------------------------------------------------------- */

static void add_function(struct gather *gather, const struct json *entry)
{
	struct cat_name name;
	struct cat_function function;
	struct sql_error error;
	struct json *node, *list;
	if (!cat_name_parse(json_str_or(entry, "identifier", ""), &gather->arena, &name) ||
		!catalog_function(gather->server->catalog, NULL, &name, &gather->arena, &function,
			&error))
		return;
	node = json_push(gather->functions, json_new_object());
	json_set_str(node, "full_name", function.full_name);
	json_set_str(node, "comment", function.comment);
	list = json_set(node, "parameters", json_new_array());
	for (size_t i = 0; i < function.nparams; i++) {
		struct json *param = json_push(list, json_new_object());
		json_set_str(param, "name", function.params[i].name);
		json_set_str(param, "type", function.params[i].type);
		json_set_str(param, "default", function.params[i].default_text);
		json_set_str(param, "comment", function.params[i].comment);
	}
	list = json_set(node, "return_columns", json_new_array());
	for (size_t i = 0; i < function.ncolumns; i++) {
		struct json *column = json_push(list, json_new_object());
		json_set_str(column, "name", function.columns[i].name);
		json_set_str(column, "type", function.columns[i].type);
		json_set_str(column, "comment", function.columns[i].comment);
	}
}

struct json *uc_input(struct server *server, const struct json *config)
{
	struct gather gather = { .server = server };
	struct json *uc = json_new_object();
	gather.tables = json_set(uc, "tables", json_new_array());
	gather.metric_views = json_set(uc, "metric_views", json_new_array());
	gather.functions = json_set(uc, "functions", json_new_array());
	for (const struct json *c = json_first(json_dig(config, "data_sources.tables")); c;
		c = json_next(c))
		add_table(&gather, c);
	for (const struct json *c = json_first(json_dig(config, "data_sources.metric_views")); c;
		c = json_next(c))
		add_table(&gather, c);
	for (const struct json *c = json_first(json_dig(config, "instructions.sql_functions")); c;
		c = json_next(c))
		add_function(&gather, c);
	arena_free(&gather.arena);
	return uc;
}
