/* MLflow experiments: by id, by name, searched. Their names are paths of the workspace. */
#include "mlflow.h"

#include "clock.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS "SELECT e.id, e.name, e.location, e.stage, e.updated, e.created " \
	"FROM mlflow_experiments e "
#define MAX_TAG 5000

static struct json *experiment_json(struct call *call, struct db_stmt *stmt)
{
	struct json *experiment = json_new_object();
	const char *id = db_column_text(stmt, 0);
	json_set_str(experiment, "experiment_id", id);
	json_set_str(experiment, "name", db_column_text(stmt, 1));
	json_set_str(experiment, "artifact_location", db_column_text(stmt, 2));
	json_set_str(experiment, "lifecycle_stage", db_column_text(stmt, 3));
	json_set_int(experiment, "last_update_time", db_column_int(stmt, 4));
	json_set_int(experiment, "creation_time", db_column_int(stmt, 5));
	mlflow_set(experiment, "tags", mlflow_pairs(call, "experiment_tag", id));
	return experiment;
}

bool mlflow_need_experiment(struct call *call, const char *id, bool active)
{
	const char *stage = NULL;
	if (!mlflow_found(call, &stage, "SELECT stage FROM mlflow_experiments WHERE "
		"CAST(id AS TEXT) = ?", "t", id))
		return !mlflow_failed(call) && call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"No Experiment with id=%s exists", id);
	return !active || streq(stage, "active") || call_bad(call,
		"The experiment %s must be in the 'active' state. Current state is %s.", id, stage);
}

bool mlflow_has_experiment(struct server *server, const char *name)
{
	struct err err = { .code = ERR_NONE };
	struct db_stmt *stmt = db_prepare(server->db, "SELECT 1 FROM mlflow_experiments WHERE "
		"name = ?", &err);
	bool found = false;
	if (!stmt)
		return false;
	db_bind_text(stmt, 1, name);
	if (!db_step(stmt, &found, &err))
		found = false;
	db_stmt_free(stmt);
	return found;
}

static void reply_one(struct call *call, struct db_stmt *stmt, const char *missing)
{
	if (!mlflow_reply_row(call, stmt, "experiment", experiment_json) && !mlflow_failed(call))
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "%s", missing);
}

static const struct mlflow_field id_fields[] = {
	{ "experiment_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ .name = NULL } };

void mlflow_experiment_get(struct call *call)
{
	const struct json *request = mlflow_message(call, id_fields);
	const char *id = json_str_or(request, "experiment_id", "");
	if (request)
		reply_one(call, mlflow_sql(call, COLUMNS "WHERE CAST(e.id AS TEXT) = ?", "t", id),
			arena_printf(&call->arena, "No Experiment with id=%s exists", id));
}

/* Deleted ones are found, too. */
void mlflow_experiment_by_name(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "experiment_name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *name = json_str_or(request, "experiment_name", "");
	if (request)
		reply_one(call, mlflow_sql(call, COLUMNS "WHERE e.name = ?", "t", name),
			arena_printf(&call->arena, "Could not find experiment with name '%s'",
				name));
}

/* ---- create ------------------------------------------------------------------------- */

/* "/Workspace/Users/x//y" is "/Users/x/y". In the call's arena. */
static const char *node_name(struct call *call, const char *name)
{
	char *out = arena_strdup(&call->arena, starts_with(name, "/Workspace/") ?
		name + strlen("/Workspace") : name);
	size_t n = 0;
	for (size_t i = 0; out[i]; i++)
		if (out[i] != '/' || !n || out[n - 1] != '/')
			out[n++] = out[i];
	out[n] = '\0';
	return out;
}

static bool name_ok(struct call *call, const char *name)
{
	const char *node = node_name(call, name), *slash = strrchr(node, '/');
	const char *parent;
	if (mlflow_length(name) > 500)
		return call_bad(call, "'name' exceeds the maximum length of 500 characters");
	if (*name != '/' || !slash[1])
		return call_bad(call, "Got an invalid experiment name '%s'. "
			"An experiment name must be an absolute path within the Databricks "
			"workspace, e.g. '/Users/<some-username>/my-experiment'.", name);
	if (mlflow_has_experiment(call->server, name))
		return call_error(call, 400, "RESOURCE_ALREADY_EXISTS",
			"Experiment(name=%s) already exists.", name);
	if (mlflow_has_experiment(call->server, node) ||
		workspace_has_folder(call->server, node))
		return call_error(call, 400, "RESOURCE_ALREADY_EXISTS",
			"Node named '%s' already exists", slash + 1);
	parent = slash == node ? "/" : arena_strndup(&call->arena, node, (size_t)(slash - node));
	return workspace_has_folder(call->server, parent) || call_error(call, 404,
		"RESOURCE_DOES_NOT_EXIST", "Parent directory %s does not exist.", parent);
}

static bool location_ok(struct call *call, const char *location)
{
	if (strpbrk(location, "#?"))
		return call_bad(call, "Artifact location must not contain '#' or query parameters; "
			"got '%s'", location);
	return !starts_with(location, "runs:") || call_bad(call,
		"Artifact location cannot be a runs:/ URI. Given: '%s'", location);
}

static void insert(struct call *call, const struct json *request)
{
	const char *name = node_name(call, json_str_or(request, "name", ""));
	const char *location = json_str_or(request, "artifact_location", "");
	const char *root = call->server->config.artifact_root, *id;
	int64_t now = clock_now_ms();
	struct json *body;
	if (!mlflow_run(call, "INSERT INTO mlflow_experiments (name, location, created, updated) "
		"VALUES (?, ?, ?, ?)", "ttii", name, location, now, now))
		return;
	id = arena_printf(&call->arena, "%lld", (long long)db_last_rowid(call->server->db));
	if (!root)
		root = "mlflow-artifacts:";
	if (!*location && !mlflow_run(call, "UPDATE mlflow_experiments SET location = ? "
		"WHERE id = ?", "ti", arena_printf(&call->arena, "%s/%s", root, id),
		(int64_t)strtoll(id, NULL, 10)))
		return;
	if (!mlflow_pairs_set(call, "experiment_tag", id, json_get(request, "tags")))
		return;
	body = json_new_object();
	json_set_str(body, "experiment_id", id);
	call_reply(call, body);
}

void mlflow_experiment_create(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "artifact_location", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "tags", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	if (request && location_ok(call, json_str_or(request, "artifact_location", "")) &&
		name_ok(call, json_str_or(request, "name", "")) &&
		mlflow_pair_limits(call, json_get(request, "tags"), "tags", MAX_TAG))
		insert(call, request);
}

/* ---- changes ------------------------------------------------------------------------- */

static const struct mlflow_field tag_fields[] = {
	{ "experiment_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "key", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "value", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };

void mlflow_experiment_set_tag(struct call *call)
{
	const struct json *request = mlflow_message(call, tag_fields);
	const char *id = json_str_or(request, "experiment_id", "");
	const char *value = json_str_or(request, "value", "");
	if (!request)
		return;
	if (mlflow_length(json_str_or(request, "key", "")) > 250)
		call_bad(call, "'key' exceeds the maximum length of 250 characters");
	else if (mlflow_length(value) > MAX_TAG)
		call_bad(call, "'value' exceeds the maximum length of %d characters", MAX_TAG);
	else if (mlflow_need_experiment(call, id, true) && mlflow_pair_set(call, "experiment_tag",
		id, json_str_or(request, "key", ""), value))
		call_reply(call, json_new_object());
}

void mlflow_experiment_delete_tag(struct call *call)
{
	const struct json *request = mlflow_message(call, tag_fields);
	const char *id = json_str_or(request, "experiment_id", "");
	const char *key = json_str_or(request, "key", "");
	if (!request || !mlflow_need_experiment(call, id, true))
		return;
	if (mlflow_pair_delete(call, "experiment_tag", id, key))
		call_reply(call, json_new_object());
	else if (!mlflow_failed(call))
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"No tag with name: %s in experiment with id %s", key, id);
}

static void set_stage(struct call *call, const char *stage)
{
	const struct json *request = mlflow_message(call, id_fields);
	const char *id = json_str_or(request, "experiment_id", "");
	if (request && mlflow_need_experiment(call, id, streq(stage, "deleted")) &&
		mlflow_run(call, "UPDATE mlflow_experiments SET stage = ?, updated = ? WHERE "
			"CAST(id AS TEXT) = ?", "tit", stage, clock_now_ms(), id) &&
		mlflow_run(call, "UPDATE mlflow_runs SET stage = ? WHERE experiment_id = ?", "tt",
			stage, id))
		call_reply(call, json_new_object());
}

void mlflow_experiment_delete(struct call *call)
{
	set_stage(call, "deleted");
}

void mlflow_experiment_restore(struct call *call)
{
	set_stage(call, "active");
}

void mlflow_experiment_update(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "experiment_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "new_name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *id = json_str_or(request, "experiment_id", "");
	const char *name = json_str_or(request, "new_name", "");
	if (request && mlflow_need_experiment(call, id, true) && name_ok(call, name) &&
		mlflow_run(call, "UPDATE mlflow_experiments SET name = ?, updated = ? WHERE "
			"CAST(id AS TEXT) = ?", "tit", node_name(call, name), clock_now_ms(), id))
		call_reply(call, json_new_object());
}

/* ---- search ----------------------------------------------------------------------------- */

static const struct mlflow_attribute attributes[] = {
	{ "name", false, "e.name" }, { "creation_time", true, "e.created" },
	{ "last_update_time", true, "e.updated" }, { "experiment_id", false, "CAST(e.id AS TEXT)" },
	{ .name = NULL } };
static const struct mlflow_domain domain = {
	.grammar = { 1u << MLFLOW_TAG, attributes }, .owner = "CAST(e.id AS TEXT)",
	.tag = "experiment_tag" };

static void search(struct call *call, const struct json *request, struct mlflow_search *search)
{
	mlflow_search_stage(search, "e.stage", json_str_or(request, "view_type", "ACTIVE_ONLY"));
	if (!mlflow_search_read(call, search, &domain, request) ||
		!mlflow_search_page(call, search, request, 1000, 50000))
		return;
	mlflow_search_reply(call, search, mlflow_search_sql(call, search, COLUMNS "WHERE 1",
		"e.created DESC, e.id DESC"), "experiments", experiment_json);
}

void mlflow_experiment_search(struct call *call)
{
	static const char *const views[] = { "", "ACTIVE_ONLY", "DELETED_ONLY", "ALL", NULL };
	static const struct mlflow_field fields[] = {
		{ "view_type", MLFLOW_ENUM, 0, NULL, views },
		{ "max_results", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "order_by", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "filter", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "page_token", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	mlflow_search_call(call, fields, search);
}
