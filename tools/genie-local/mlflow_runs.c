/* MLflow runs: their life, tags and search. */
#include "mlflow.h"

#include "clock.h"
#include "digest.h"
#include "json.h"

#include <string.h>

#define MAX_TAG 8000
#define COLUMNS "SELECT r.id, r.experiment_id, r.name, r.user_id, r.status, r.start_time, " \
	"r.end_time, r.location, r.stage FROM mlflow_runs r "

static const char *const statuses[] = { "", "RUNNING", "SCHEDULED", "FINISHED", "FAILED",
	"KILLED", NULL };

bool mlflow_need_run(struct call *call, const char *id, bool active)
{
	const char *stage = NULL;
	if (!mlflow_found(call, &stage, "SELECT stage FROM mlflow_runs WHERE id = ?", "t", id))
		return !mlflow_failed(call) && call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"Run with id=%s not found", id);
	return !active || streq(stage, "active") || call_bad(call,
		"The run %s must be in the 'active' state. Current state is %s.", id, stage);
}

/* ---- as JSON --------------------------------------------------------------------------- */

static struct json *info_json(struct db_stmt *stmt)
{
	struct json *info = json_new_object();
	json_set_str(info, "run_uuid", db_column_text(stmt, 0));
	json_set_str(info, "experiment_id", db_column_text(stmt, 1));
	json_set_str(info, "run_name", db_column_text(stmt, 2));
	json_set_str(info, "user_id", db_column_text(stmt, 3));
	json_set_str(info, "status", db_column_text(stmt, 4));
	json_set_int(info, "start_time", db_column_int(stmt, 5));
	if (db_column_type(stmt, 6) != DB_NULL)
		json_set_int(info, "end_time", db_column_int(stmt, 6));
	json_set_str(info, "artifact_uri", db_column_text(stmt, 7));
	json_set_str(info, "lifecycle_stage", db_column_text(stmt, 8));
	json_set_str(info, "run_id", db_column_text(stmt, 0));
	return info;
}

static struct json *run_json(struct call *call, struct db_stmt *stmt, bool outputs)
{
	struct json *run = json_new_object(), *data;
	const char *id = db_column_text(stmt, 0);
	struct json *made = mlflow_run_outputs(call, id);
	json_set(run, "info", info_json(stmt));
	data = json_set(run, "data", json_new_object());
	mlflow_set(data, "metrics", mlflow_rows(call, mlflow_sql(call, "SELECT key, value, nan, "
		"timestamp, step FROM mlflow_latest WHERE run_id = ? ORDER BY rowid", "t", id),
		mlflow_metric_json));
	mlflow_set(data, "params", mlflow_pairs(call, "run_param", id));
	mlflow_set(data, "tags", mlflow_pairs(call, "run_tag", id));
	json_set(run, "inputs", mlflow_run_inputs(call, id));
	if (outputs || json_len(made))
		json_set(run, "outputs", made);
	else
		json_free(made);
	return run;
}

/* {"run": ...}, or {"run_info": ...} when the info alone is wanted. */
static void reply_run(struct call *call, const char *id, bool info_only, bool outputs)
{
	struct db_stmt *stmt = mlflow_sql(call, COLUMNS "WHERE r.id = ?", "t", id);
	if (stmt && mlflow_row(call, stmt, NULL)) {
		struct json *body = json_new_object();
		if (info_only)
			json_set(body, "run_info", info_json(stmt));
		else
			json_set(body, "run", run_json(call, stmt, outputs));
		call_reply(call, body);
	}
	db_stmt_free(stmt);
}

/* ---- life ------------------------------------------------------------------------------- */

/* The name of the request or its tag, or one that nobody chose. NULL after 400. */
static const char *run_name(struct call *call, const struct json *request, const char *id)
{
	static const char *const first[] = { "amber", "bold", "calm", "deft", "eager", "fair",
		"glad", "keen", "lucid", "mellow", "nimble", "quiet", "rapid", "stately",
		"upbeat" };
	static const char *const second[] = { "ant", "bear", "crane", "deer", "eel", "finch",
		"goat", "heron", "ibis", "jay", "kite", "lark", "mole", "newt", "owl", "perch" };
	const char *name = json_str_or(request, "run_name", ""), *tag = "";
	uint64_t hash = fnv1a(id, strlen(id));
	for (const struct json *c = json_first(json_get(request, "tags")); c; c = json_next(c))
		if (streq(json_str_or(c, "key", ""), "mlflow.runName"))
			tag = json_str_or(c, "value", "");
	if (*name && *tag && !streq(name, tag)) {
		call_bad(call, "Both 'run_name' argument and 'mlflow.runName' tag are specified, "
			"but with different values (run_name='%s', mlflow.runName='%s').",
			name, tag);
		return NULL;
	}
	if (*name || *tag)
		return *name ? name : tag;
	return arena_printf(&call->arena, "%s-%s-%d", first[hash % countof(first)],
		second[hash / 97 % countof(second)], (int)(hash / 9973 % 1000));
}

static const char *experiment_location(struct call *call, const char *id)
{
	const char *location = "";
	return mlflow_found(call, &location, "SELECT location FROM mlflow_experiments WHERE "
		"CAST(id AS TEXT) = ?", "t", id) ? location : NULL;
}

static void insert_run(struct call *call, const struct json *request, const char *experiment_id)
{
	char id[SERVER_ID_SIZE];
	const char *name, *location = experiment_location(call, experiment_id);
	server_new_id(call->server, id);
	name = run_name(call, request, id);
	if (!name || !location)
		return;
	location = arena_printf(&call->arena, "%s/%s/artifacts", location, id);
	if (mlflow_run(call, "INSERT INTO mlflow_runs (id, experiment_id, name, status, "
			"start_time, user_id, location) VALUES (?, ?, ?, 'RUNNING', ?, ?, ?)",
			"tttitt", id, experiment_id, name, json_int_or(request, "start_time", 0),
			json_str_or(request, "user_id", ""), location) &&
		mlflow_pairs_set(call, "run_tag", id, json_get(request, "tags")) &&
		mlflow_pair_set(call, "run_tag", id, "mlflow.runName", name))
		reply_run(call, id, false, false);
}

void mlflow_run_create(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "experiment_id", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "user_id", MLFLOW_STR, 0, NULL, NULL },
		{ "start_time", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "run_name", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "tags", MLFLOW_MESSAGE, MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *experiment_id = json_str_or(request, "experiment_id", "");
	if (request && mlflow_need_experiment(call, experiment_id, true) &&
		mlflow_pair_limits(call, json_get(request, "tags"), "tags", 0))
		insert_run(call, request, experiment_id);
}

static const struct mlflow_field id_fields[] = {
	{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };

void mlflow_run_get(struct call *call)
{
	const struct json *request = mlflow_message(call, id_fields);
	const char *id = json_str_or(request, "run_id", "");
	if (request && mlflow_need_run(call, id, false))
		reply_run(call, id, false, false);
}

/* Members that are not sent, or empty, stay as they are. */
static bool update_run(struct call *call, const struct json *request, const char *id)
{
	const char *name = json_str_or(request, "run_name", "");
	const char *status = json_str_or(request, "status", "");
	const struct json *end = json_get(request, "end_time");
	if (*status && !mlflow_run(call, "UPDATE mlflow_runs SET status = ? WHERE id = ?", "tt",
		status, id))
		return false;
	if (end && !mlflow_run(call, "UPDATE mlflow_runs SET end_time = ? WHERE id = ?", "it",
		json_int_or(request, "end_time", 0), id))
		return false;
	return !*name || (mlflow_run(call, "UPDATE mlflow_runs SET name = ? WHERE id = ?", "tt",
		name, id) && mlflow_pair_set(call, "run_tag", id, "mlflow.runName", name));
}

void mlflow_run_update(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "status", MLFLOW_ENUM, MLFLOW_TYPED, NULL, statuses },
		{ "end_time", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "run_name", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *id = json_str_or(request, "run_id", "");
	if (request && mlflow_need_run(call, id, true) && update_run(call, request, id))
		reply_run(call, id, true, false);
}

static void set_stage(struct call *call, const char *stage)
{
	const struct json *request = mlflow_message(call, id_fields);
	const char *id = json_str_or(request, "run_id", "");
	if (request && mlflow_need_run(call, id, false) && mlflow_run(call,
		"UPDATE mlflow_runs SET stage = ? WHERE id = ?", "tt", stage, id))
		call_reply(call, json_new_object());
}

void mlflow_run_delete(struct call *call)
{
	set_stage(call, "deleted");
}

void mlflow_run_restore(struct call *call)
{
	set_stage(call, "active");
}

/* ---- tags -------------------------------------------------------------------------------- */

static const struct mlflow_field tag_fields[] = {
	{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "key", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
	{ "value", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };

void mlflow_run_set_tag(struct call *call)
{
	const struct json *request = mlflow_message(call, tag_fields);
	const char *id = json_str_or(request, "run_id", ""), *key = json_str_or(request, "key", "");
	const char *value;
	if (!request || !mlflow_need_run(call, id, true))
		return;
	if (!mlflow_name_ok(key)) {
		mlflow_bad_name(call, key, "key");
		return;
	}
	value = mlflow_cut(call, json_str_or(request, "value", ""), MAX_TAG);
	if (!mlflow_pair_set(call, "run_tag", id, key, value))
		return;
	if (streq(key, "mlflow.runName") && !mlflow_run(call,
		"UPDATE mlflow_runs SET name = ? WHERE id = ?", "tt", value, id))
		return;
	call_reply(call, json_new_object());
}

void mlflow_run_delete_tag(struct call *call)
{
	const struct json *request = mlflow_message(call, tag_fields);
	const char *id = json_str_or(request, "run_id", ""), *key = json_str_or(request, "key", "");
	if (!request || !mlflow_need_run(call, id, true))
		return;
	if (mlflow_pair_delete(call, "run_tag", id, key))
		call_reply(call, json_new_object());
	else if (!mlflow_failed(call))
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"No tag with name: %s in run with id %s", key, id);
}

/* ---- search ------------------------------------------------------------------------------- */

static const struct mlflow_attribute attributes[] = {
	{ "run_id", false, "r.id" }, { "run_name", false, "r.name" },
	{ "status", false, "r.status" }, { "start_time", true, "r.start_time" },
	{ "end_time", true, "r.end_time" }, { "artifact_uri", false, "r.location" },
	{ "user_id", false, "r.user_id" }, { "created", true, "r.start_time" },
	{ "Created", true, "r.start_time" }, { "run name", false, "r.name" },
	{ "Run name", false, "r.name" }, { "Run Name", false, "r.name" }, { .name = NULL } };
static const struct mlflow_domain domain = {
	.grammar = { 1u << MLFLOW_TAG | 1u << MLFLOW_PARAM | 1u << MLFLOW_METRIC |
		1u << MLFLOW_DATASET, attributes },
	.owner = "r.id", .tag = "run_tag", .param = "run_param",
	.metrics = "mlflow_latest m WHERE m.run_id = r.id" };

static struct json *found_json(struct call *call, struct db_stmt *stmt)
{
	return run_json(call, stmt, true);
}

static void search(struct call *call, const struct json *request, struct mlflow_search *search)
{
	const char *view = json_str_or(request, "run_view_type", "ACTIVE_ONLY");
	mlflow_search_stage(search, "r.stage", view);
	str_add(&search->where, " AND ");
	mlflow_in_sql(&search->where, "r.experiment_id", json_get(request, "experiment_ids"));
	if (!mlflow_search_read(call, search, &domain, request) ||
		!mlflow_search_page(call, search, request, 1000, 50000))
		return;
	mlflow_search_reply(call, search, mlflow_search_sql(call, search, COLUMNS "WHERE 1",
		"r.start_time DESC, r.id"), "runs", found_json);
}

void mlflow_run_search(struct call *call)
{
	static const char *const views[] = { "", "ACTIVE_ONLY", "DELETED_ONLY", "ALL", NULL };
	static const struct mlflow_field fields[] = {
		{ "experiment_ids", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "filter", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "run_view_type", MLFLOW_ENUM, 0, NULL, views },
		{ "max_results", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "order_by", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "page_token", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
	mlflow_search_call(call, fields, search);
}
