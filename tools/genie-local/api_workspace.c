/* Routes around the workspace itself: who am I, warehouses, Unity Catalog,
 * and the counts of requests that tests look at. */
#include "server.h"

#include "catalog.h"
#include "db.h"
#include "json.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 100

void api_me(struct call *call)
{
	struct json *me = json_new_object(), *emails, *email;
	char id[24];
	snprintf(id, sizeof(id), "%lld", (long long)SERVER_USER_ID);
	serve_add_header(call->response, "X-Databricks-Org-Id", SERVER_ORG_ID);
	json_set_str(me, "id", id);
	json_set_str(me, "userName", SERVER_USER);
	json_set_str(me, "displayName", "Local User");
	json_set_bool(me, "active", true);
	emails = json_set(me, "emails", json_new_array());
	email = json_push(emails, json_new_object());
	json_set_str(email, "value", SERVER_USER);
	json_set_str(email, "type", "work");
	json_set_bool(email, "primary", true);
	json_set(me, "groups", json_new_array());
	call_reply(call, me);
}

/* ---- warehouses ------------------------------------------------------------- */

/* One value of a query with one text parameter. False also when it cannot run. */
static bool has_row(struct db *db, const char *sql, const char *value)
{
	struct err err = { .code = ERR_NONE };
	struct db_stmt *stmt = db_prepare(db, sql, &err);
	bool found = false;
	if (!stmt)
		return false;
	db_bind_text(stmt, 1, value);
	if (!db_step(stmt, &found, &err))
		found = false;
	db_stmt_free(stmt);
	return found;
}

bool workspace_has_warehouse(struct server *server, const char *id)
{
	return streq(id, SERVER_WAREHOUSE) ||
		has_row(server->db, "SELECT 1 FROM spaces WHERE warehouse_id = ?", id);
}

static struct json *warehouse_json(const char *id)
{
	struct json *warehouse = json_new_object();
	json_set_str(warehouse, "id", id);
	json_set_str(warehouse, "name", "Local Warehouse");
	json_set_str(warehouse, "state", "RUNNING");
	json_set_str(warehouse, "cluster_size", "2X-Small");
	json_set_str(warehouse, "warehouse_type", "PRO");
	json_set_bool(warehouse, "enable_serverless_compute", true);
	json_set_int(warehouse, "num_clusters", 1);
	json_set_str(warehouse, "creator_name", SERVER_USER);
	return warehouse;
}

void api_warehouses_list(struct call *call)
{
	struct json *all = json_new_array();
	json_push(all, warehouse_json(SERVER_WAREHOUSE));
	call_page(call, "warehouses", all, "page_size", PAGE_SIZE);
}

static bool need_warehouse(struct call *call)
{
	if (workspace_has_warehouse(call->server, call->args[0]))
		return true;
	return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
		"SQL warehouse %s does not exist.", call->args[0]);
}

void api_warehouses_get(struct call *call)
{
	if (need_warehouse(call))
		call_reply(call, warehouse_json(call->args[0]));
}

void api_warehouses_start(struct call *call)
{
	if (need_warehouse(call))
		call_reply(call, json_new_object());
}

/* ---- Unity Catalog ---------------------------------------------------------------- */

/* A list of `member`, within the catalog and schema of the query. */
static void reply_list(struct call *call, const char *member, struct json *array,
	const struct err *err)
{
	if (array)
		call_page(call, member, array, "max_results", 50);
	else
		call_internal(call, err);
}

static const char *need_query(struct call *call, const char *name)
{
	const char *value = serve_query(call->request, name);
	if (value && *value)
		return value;
	call_bad(call, "Missing required field: %s", name);
	return NULL;
}

void api_uc_tables(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	const char *catalog = need_query(call, "catalog_name");
	const char *schema = catalog ? need_query(call, "schema_name") : NULL;
	if (schema)
		reply_list(call, "tables",
			catalog_tables_json(call->server->catalog, catalog, schema, &err), &err);
}

void api_uc_functions(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	const char *catalog = need_query(call, "catalog_name");
	const char *schema = catalog ? need_query(call, "schema_name") : NULL;
	if (schema)
		reply_list(call, "functions",
			catalog_functions_json(call->server->catalog, catalog, schema, &err), &err);
}

void api_uc_schemas(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	const char *catalog = need_query(call, "catalog_name");
	if (catalog)
		reply_list(call, "schemas",
			catalog_schemas_json(call->server->catalog, catalog, &err), &err);
}

void api_uc_catalogs(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	reply_list(call, "catalogs", catalog_catalogs_json(call->server->catalog, &err), &err);
}

void api_uc_table(struct call *call)
{
	struct sql_error error;
	struct json *table = catalog_table_json(call->server->catalog, call->args[0], true, &error);
	if (table)
		call_reply(call, table);
	else
		call_error(call, 404, "TABLE_DOES_NOT_EXIST", "Table '%s' does not exist.",
			call->args[0]);
}

void api_uc_table_exists(struct call *call)
{
	struct sql_error error;
	struct json *body = json_new_object();
	struct json *table = catalog_table_json(call->server->catalog, call->args[0], false, &error);
	json_set_bool(body, "table_exists", table != NULL);
	json_free(table);
	call_reply(call, body);
}

void api_uc_function(struct call *call)
{
	struct sql_error error;
	struct json *function = catalog_function_json(call->server->catalog, call->args[0], &error);
	if (function)
		call_reply(call, function);
	else
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Function '%s' does not exist.",
			call->args[0]);
}

/* ---- counts -------------------------------------------------------------------------- */

void api_stats(struct call *call)
{
	const struct server *server = call->server;
	struct json *stats = json_new_object(), *routes;
	json_set_int(stats, "requests", (int64_t)server->requests);
	routes = json_set(stats, "routes", json_new_object());
	for (size_t i = 0; i < server->nstats; i++)
		json_set_int(routes, server->stats[i].name, (int64_t)server->stats[i].n);
	call_reply(call, stats);
}
