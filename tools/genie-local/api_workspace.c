/* Routes around the workspace itself: who am I, warehouses, folders, Unity Catalog,
 * and the counts of requests that tests look at. */
#include "server.h"

#include "catalog.h"
#include "clock.h"
#include "db.h"
#include "json.h"
#include "mlflow.h"
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

/* ---- folders ------------------------------------------------------------------ */

/* "/Workspace/Users/x/" and "/Users/x" are one folder. */
static char *folder_name(const char *path)
{
	size_t n;
	if (streq(path, "/Workspace"))
		path = "/";
	else if (starts_with(path, "/Workspace/"))
		path += strlen("/Workspace");
	n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	return xstrndup(path, n);
}

static bool add_folder(struct db *db, const char *path, struct err *err)
{
	struct db_stmt *stmt = db_prepare(db,
		"INSERT OR IGNORE INTO workspace_folders (path, made_ms) VALUES (?, ?)", err);
	bool ok;
	if (!stmt)
		return false;
	db_bind_text(stmt, 1, path);
	db_bind_int(stmt, 2, clock_now_ms());
	ok = db_run(stmt, err);
	db_stmt_free(stmt);
	return ok;
}

/* The folder and those above it. */
static bool add_folders(struct db *db, const char *path, struct err *err)
{
	char *name = folder_name(path);
	bool ok = add_folder(db, "/", err);
	for (size_t i = 1; ok && name[0] == '/' && name[i - 1]; i++) {
		char kept = name[i];
		if (i == 1 || (kept != '/' && kept != '\0'))
			continue;
		name[i] = '\0';
		ok = add_folder(db, name, err);
		name[i] = kept;
	}
	free(name);
	return ok;
}

bool workspace_open(struct server *server, struct err *err)
{
	return db_exec(server->db, "CREATE TABLE IF NOT EXISTS workspace_folders ("
			"path TEXT PRIMARY KEY, made_ms INTEGER NOT NULL)", err) &&
		add_folders(server->db, "/Shared", err) &&
		add_folders(server->db, "/Users/" SERVER_USER, err);
}

bool workspace_has_folder(struct server *server, const char *path)
{
	char *name = folder_name(path);
	bool found = has_row(server->db, "SELECT 1 FROM workspace_folders WHERE path = ?", name);
	free(name);
	return found;
}

/* No part of the path may be an experiment. */
static bool no_experiment(struct call *call, const char *path)
{
	char *name = folder_name(path);
	bool ok = true;
	for (size_t n = strlen(name); ok && n > 1; n--) {
		if (name[n] != '\0' && name[n] != '/')
			continue;
		name[n] = '\0';
		if (mlflow_has_experiment(call->server, name))
			ok = call_error(call, 400, "RESOURCE_ALREADY_EXISTS",
				"Path (%s) already exists and is not a directory.", name);
	}
	free(name);
	return ok;
}

void api_workspace_mkdirs(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	const char *path = NULL;
	if (!call_body(call) || !call_text(call, "path", true, &path))
		return;
	if (*path != '/') {
		call_bad(call, "Path (%s) doesn't start with '/'", path);
		return;
	}
	if (!no_experiment(call, path))
		return;
	if (add_folders(call->server->db, path, &err))
		call_reply(call, json_new_object());
	else
		call_internal(call, &err);
}

void api_workspace_status(struct call *call)
{
	const char *path = serve_query(call->request, "path");
	struct json *status;
	bool experiment;
	char *name;
	if (!path || !*path) {
		call_bad(call, "Missing required field: path");
		return;
	}
	name = folder_name(path);
	experiment = mlflow_has_experiment(call->server, name);
	free(name);
	if (!experiment && !workspace_has_folder(call->server, path)) {
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Path (%s) doesn't exist.", path);
		return;
	}
	status = json_new_object();
	json_set_str(status, "object_type", experiment ? "MLFLOW_EXPERIMENT" : "DIRECTORY");
	json_set_str(status, "path", path);
	/* Ids are beyond 2^53, as real ones are. */
	json_set_int(status, "object_id", SERVER_USER_ID + (int64_t)strlen(path));
	call_reply(call, status);
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
