/* Traces (version 3): one record per question, its spans a file beside it. */
#include "mlflow.h"

#include "clock.h"
#include "json.h"

#include <string.h>

#define MAX_VALUE 8000
#define MAX_LINK 100
#define COLUMNS "SELECT t.id, t.experiment_id, t.time, t.duration, t.state, " \
	"t.client_request_id, t.request_preview, t.response_preview FROM mlflow_traces t "

static const char *const states[] = { "STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS", NULL };

bool mlflow_need_trace(struct call *call, const char *id)
{
	if (mlflow_found(call, NULL, "SELECT 1 FROM mlflow_traces WHERE id = ?", "t", id))
		return true;
	return !mlflow_failed(call) && call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
		"Trace with ID '%s' not found.", id);
}

/* ---- as JSON -------------------------------------------------------------------------- */

static struct json *location_json(const char *experiment_id)
{
	struct json *location = json_new_object(), *experiment;
	json_set_str(location, "type", "MLFLOW_EXPERIMENT");
	experiment = json_set(location, "mlflow_experiment", json_new_object());
	json_set_str(experiment, "experiment_id", experiment_id);
	return location;
}

static struct json *info_json(struct call *call, struct db_stmt *stmt)
{
	struct json *info = json_new_object();
	const char *id = db_column_text(stmt, 0);
	char time[CLOCK_RFC3339_SIZE];
	int64_t ms = db_column_int(stmt, 3);
	json_set_str(info, "trace_id", id);
	mlflow_set_text(info, "client_request_id", db_column_text(stmt, 5));
	json_set(info, "trace_location", location_json(db_column_text(stmt, 1)));
	json_set_str(info, "request_time", clock_rfc3339(db_column_int(stmt, 2), time));
	if (db_column_type(stmt, 3) != DB_NULL)
		json_set_str(info, "execution_duration", ms % 1000 ?
			arena_printf(&call->arena, "%lld.%03lds", (long long)(ms / 1000),
				(long)(ms % 1000)) :
			arena_printf(&call->arena, "%llds", (long long)(ms / 1000)));
	json_set_str(info, "state", db_column_text(stmt, 4));
	mlflow_set(info, "trace_metadata", mlflow_pairs_map(call, "trace_metadata", id));
	mlflow_set(info, "assessments", mlflow_assessments(call, id));
	mlflow_set(info, "tags", mlflow_pairs_map(call, "trace_tag", id));
	mlflow_set_text(info, "request_preview", db_column_text(stmt, 6));
	mlflow_set_text(info, "response_preview", db_column_text(stmt, 7));
	return info;
}

static struct json *trace_json(struct call *call, struct db_stmt *stmt)
{
	struct json *trace = json_new_object();
	json_set(trace, "trace_info", info_json(call, stmt));
	return trace;
}

static void reply_trace(struct call *call, const char *id)
{
	if (mlflow_need_trace(call, id))
		mlflow_reply_row(call, mlflow_sql(call, COLUMNS "WHERE t.id = ?", "t", id), "trace",
			trace_json);
}

/* ---- start ------------------------------------------------------------------------------ */

static const struct mlflow_field experiment_fields[] = {
	{ "experiment_id", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
static const struct mlflow_field location_fields[] = {
	{ "type", MLFLOW_STR, 0, NULL, NULL },
	{ "mlflow_experiment", MLFLOW_MESSAGE, 0, experiment_fields, NULL }, { .name = NULL } };

static bool set_map(struct call *call, const char *kind, const char *id, const struct json *map)
{
	for (const struct json *c = json_first(map); c; c = json_next(c))
		if (!mlflow_pair_set(call, kind, id, json_key(c),
			mlflow_cut(call, json_text(c), MAX_VALUE)))
			return false;
	return true;
}

/* A trace that is there is replaced, as long as it has no assessment. */
static bool save(struct call *call, const struct json *info, const char *id,
	const char *experiment_id)
{
	const struct json *duration = json_get(info, "execution_duration");
	const char *location = "", *sql = "INSERT INTO mlflow_traces (id, experiment_id, state, "
		"client_request_id, request_preview, response_preview, time, duration) VALUES "
		"(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, "
		"client_request_id = excluded.client_request_id, time = excluded.time, "
		"duration = excluded.duration, request_preview = excluded.request_preview, "
		"response_preview = excluded.response_preview";
	return mlflow_found(call, &location, "SELECT location FROM mlflow_experiments WHERE "
			"CAST(id AS TEXT) = ?", "t", experiment_id) &&
		mlflow_run(call, sql, duration ? "ttttttii" : "ttttttin", id, experiment_id,
			json_str_or(info, "state", "STATE_UNSPECIFIED"),
			json_str_or(info, "client_request_id", NULL),
			json_str_or(info, "request_preview", NULL),
			json_str_or(info, "response_preview", NULL),
			json_int_or(info, "request_time", 0),
			json_int_or(info, "execution_duration", 0)) &&
		set_map(call, "trace_metadata", id, json_get(info, "trace_metadata")) &&
		mlflow_pair_set(call, "trace_metadata", id, "mlflow.trace.infoFinalized", "true") &&
		set_map(call, "trace_tag", id, json_get(info, "tags")) &&
		mlflow_pair_set(call, "trace_tag", id, "mlflow.artifactLocation",
			arena_printf(&call->arena, "%s/traces/%s/artifacts", location, id));
}

static void start(struct call *call, const struct json *info)
{
	const char *id = json_str_or(info, "trace_id", ""), *experiment_id;
	char assessment_id[40];
	experiment_id = json_str_or(json_dig(info, "trace_location.mlflow_experiment"),
		"experiment_id", "");
	if (!*experiment_id || !*id) {
		call_error(call, 400, "BAD_REQUEST", "(sqlite3.IntegrityError) NOT NULL constraint "
			"failed: trace_info.%s", *id ? "experiment_id" : "request_id");
		return;
	}
	if (!mlflow_need_experiment(call, experiment_id, true))
		return;
	if (mlflow_found(call, NULL, "SELECT 1 FROM mlflow_assessments WHERE trace_id = ?", "t",
		id)) {
		call_error(call, 400, "BAD_REQUEST", "(sqlite3.IntegrityError) NOT NULL constraint "
			"failed: assessments.trace_id");
		return;
	}
	if (!save(call, info, id, experiment_id))
		return;
	for (const struct json *c = json_first(json_get(info, "assessments")); c; c = json_next(c))
		if (!mlflow_assessment_add(call, id, c, assessment_id))
			return;
	reply_trace(call, id);
}

void mlflow_trace_start(struct call *call)
{
	static const struct mlflow_field info_fields[] = {
		{ "trace_id", MLFLOW_STR, 0, NULL, NULL },
		{ "client_request_id", MLFLOW_STR, 0, NULL, NULL },
		{ "trace_location", MLFLOW_MESSAGE, 0, location_fields, NULL },
		{ "request_preview", MLFLOW_STR, 0, NULL, NULL },
		{ "response_preview", MLFLOW_STR, 0, NULL, NULL },
		{ "request_time", MLFLOW_TIME, 0, NULL, NULL },
		{ "execution_duration", MLFLOW_DURATION, 0, NULL, NULL },
		{ "state", MLFLOW_ENUM, 0, NULL, states },
		{ "trace_metadata", MLFLOW_MAP, 0, NULL, NULL },
		{ "assessments", MLFLOW_MESSAGE, MLFLOW_LIST, mlflow_assessment_fields, NULL },
		{ "tags", MLFLOW_MAP, 0, NULL, NULL }, { .name = NULL } };
	static const struct mlflow_field trace_fields[] = {
		{ "trace_info", MLFLOW_MESSAGE, 0, info_fields, NULL }, { .name = NULL } };
	static const struct mlflow_field fields[] = {
		{ "trace", MLFLOW_MESSAGE, MLFLOW_NEED, trace_fields, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	if (request)
		start(call, json_dig(request, "trace.trace_info"));
}

/* ---- reading ------------------------------------------------------------------------------ */

void mlflow_trace_get(struct call *call)
{
	reply_trace(call, call->args[0]);
}

/* Spans are files here: the measured server then answers 500, for good. */
void mlflow_trace_spans(struct call *call)
{
	const char *id = serve_query(call->request, "trace_id");
	if (!id)
		mlflow_missing(call, "trace_id");
	else if (mlflow_need_trace(call, id))
		call_error(call, 500, "INTERNAL_ERROR", "Trace data not stored in tracking store");
}

static const char *spans_path(struct call *call, const char *id)
{
	const char *uri = mlflow_pair_get(call, "trace_tag", id, "mlflow.artifactLocation");
	return arena_printf(&call->arena, "%s/traces.json",
		mlflow_artifact_root(call, uri ? uri : ""));
}

void mlflow_trace_artifact(struct call *call)
{
	const char *id = serve_query(call->request, "request_id"), *path;
	if (!id)
		mlflow_missing(call, "request_id");
	if (!id || !mlflow_need_trace(call, id))
		return;
	path = spans_path(call, id);
	if (!mlflow_send_file(call, path) && !mlflow_failed(call))
		call_error(call, 404, "NOT_FOUND", "Trace data not found for path=%s", path);
}

/* Where the spans of a trace are put, and read. */
void mlflow_trace_credentials(struct call *call)
{
	struct json *body;
	if (!mlflow_need_trace(call, call->args[0]))
		return;
	body = json_new_object();
	json_set(body, "credential_info",
		mlflow_credential(call, spans_path(call, call->args[0]), ""));
	call_reply(call, body);
}

/* ---- tags and links ------------------------------------------------------------------------ */

void mlflow_trace_set_tag(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "key", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "value", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	if (request && mlflow_need_trace(call, call->args[0]) && mlflow_pair_set(call, "trace_tag",
		call->args[0], json_str_or(request, "key", ""),
		mlflow_cut(call, json_str_or(request, "value", ""), MAX_VALUE)))
		call_reply(call, json_new_object());
}

void mlflow_trace_delete_tag(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "key", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *key = serve_query(call->request, "key");
	if (!request || !mlflow_need_trace(call, call->args[0]))
		return;
	if (!key)
		key = json_str_or(request, "key", "");
	if (mlflow_pair_delete(call, "trace_tag", call->args[0], key))
		call_reply(call, json_new_object());
	else if (!mlflow_failed(call))
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"No trace tag with key '%s' for trace with ID '%s'", key, call->args[0]);
}

void mlflow_trace_link_run(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "trace_ids", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const struct json *ids = json_get(request, "trace_ids");
	if (!request)
		return;
	if (json_len(ids) > MAX_LINK) {
		call_bad(call, "Cannot link more than %d traces to a run in a single request. "
			"Provided %zu traces.", MAX_LINK, json_len(ids));
		return;
	}
	for (const struct json *c = json_first(ids); c; c = json_next(c))
		if (!mlflow_link(call, "trace_run", json_text(c),
			json_str_or(request, "run_id", ""), 0))
			return;
	call_reply(call, json_new_object());
}

void mlflow_trace_link_prompts(struct call *call)
{
	static const struct mlflow_field versions[] = {
		{ "name", MLFLOW_STR, 0, NULL, NULL }, { "version", MLFLOW_STR, 0, NULL, NULL },
		{ .name = NULL } };
	static const struct mlflow_field fields[] = {
		{ "trace_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "prompt_versions", MLFLOW_MESSAGE, MLFLOW_NEED | MLFLOW_TYPED | MLFLOW_LIST,
		  versions, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const struct json *list = json_get(request, "prompt_versions");
	if (!request)
		return;
	for (const struct json *c = json_first(list); c; c = json_next(c))
		if (!mlflow_link(call, "trace_prompt", json_str_or(request, "trace_id", ""),
			arena_printf(&call->arena, "%s/%s", json_str_or(c, "name", ""),
				json_str_or(c, "version", "")), 0))
			return;
	call_reply(call, json_new_object());
}

/* ---- delete ---------------------------------------------------------------------------- */

/* By id, or the oldest up to a time. */
static void collect(struct call *call, const struct json *request, struct strlist *ids)
{
	const char *experiment = json_str_or(request, "experiment_id", "");
	const struct json *named = json_get(request, "request_ids");
	struct db_stmt *stmt;
	if (!named)
		named = json_get(request, "trace_ids");
	if (json_len(named)) {
		for (const struct json *c = json_first(named); c; c = json_next(c))
			if (mlflow_found(call, NULL, "SELECT 1 FROM mlflow_traces WHERE id = ? AND "
				"experiment_id = ?", "tt", json_text(c), experiment))
				strlist_add_new(ids, json_text(c));
		return;
	}
	stmt = mlflow_sql(call, "SELECT id FROM mlflow_traces WHERE experiment_id = ? "
		"AND time <= ? ORDER BY time LIMIT ?", "tii", experiment,
		json_int_or(request, "max_timestamp_millis", INT64_MAX),
		json_int_or(request, "max_traces", -1));
	while (stmt && mlflow_row(call, stmt, NULL))
		strlist_add(ids, db_column_text(stmt, 0));
	db_stmt_free(stmt);
}

static bool delete_one(struct call *call, const char *id)
{
	return mlflow_run(call, "DELETE FROM mlflow_assessments WHERE trace_id = ?", "t", id) &&
		mlflow_run(call, "DELETE FROM mlflow_pairs WHERE owner = ? "
			"AND kind IN ('trace_tag', 'trace_metadata')", "t", id) &&
		mlflow_run(call, "DELETE FROM mlflow_links WHERE source = ? "
			"AND kind IN ('trace_run', 'trace_prompt')", "t", id) &&
		mlflow_run(call, "DELETE FROM mlflow_traces WHERE id = ?", "t", id);
}

void mlflow_trace_delete(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "experiment_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "max_timestamp_millis", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "max_traces", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "request_ids", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "trace_ids", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	struct strlist ids = { 0 };
	struct json *body;
	bool ok = true;
	if (!request)
		return;
	if (!json_get(request, "max_timestamp_millis") && !json_get(request, "request_ids") &&
		!json_get(request, "trace_ids")) {
		call_bad(call, "Either `max_timestamp_millis` or `trace_ids` must be specified.");
		return;
	}
	collect(call, request, &ids);
	for (size_t i = 0; ok && i < ids.n; i++)
		ok = delete_one(call, ids.v[i]);
	if (ok && !mlflow_failed(call)) {
		body = json_new_object();
		if (ids.n)
			json_set_int(body, "traces_deleted", (int64_t)ids.n);
		call_reply(call, body);
	}
	strlist_free(&ids);
}

/* ---- search ---------------------------------------------------------------------------- */

#define TRACE_NAME "(SELECT p.value FROM mlflow_pairs p WHERE p.kind = 'trace_tag' AND " \
	"p.owner = t.id AND p.key = 'mlflow.traceName')"
/* Column lists that a trace has many of: mlflow_search.c asks for any. */
#define RUN_IDS "@SELECT p.value AS x FROM mlflow_pairs p WHERE p.kind = 'trace_metadata' AND " \
	"p.owner = t.id AND p.key = 'mlflow.sourceRun' UNION SELECT l.target FROM mlflow_links l " \
	"WHERE l.kind = 'trace_run' AND l.source = t.id"
#define PROMPTS "@SELECT l.target AS x FROM mlflow_links l WHERE l.kind = 'trace_prompt' AND " \
	"l.source = t.id"
static const struct mlflow_attribute attributes[] = {
	{ "run_id", false, RUN_IDS }, { "prompt", false, PROMPTS }, { "status", false, "t.state" },
	{ "state", false, "t.state" }, { "timestamp_ms", true, "t.time" },
	{ "timestamp", true, "t.time" }, { "request_time", true, "t.time" },
	{ "execution_time_ms", true, "t.duration" }, { "execution_time", true, "t.duration" },
	{ "execution_duration", true, "t.duration" }, { "trace_id", false, "t.id" },
	{ "request_id", false, "t.id" }, { "id", false, "t.id" }, { "name", false, TRACE_NAME },
	{ "trace_name", false, TRACE_NAME }, { "client_request_id", false, "t.client_request_id" },
	{ .name = NULL } };
static const struct mlflow_domain domain = {
	.grammar = { 1u << MLFLOW_TAG | 1u << MLFLOW_METADATA | 1u << MLFLOW_FEEDBACK |
		1u << MLFLOW_EXPECTATION, attributes },
	.owner = "t.id", .tag = "trace_tag", .metadata = "trace_metadata" };

static void add_locations(struct str *where, const struct json *locations)
{
	str_add(where, " AND t.experiment_id IN (''");
	for (const struct json *c = json_first(locations); c; c = json_next(c)) {
		str_add(where, ", ");
		db_quote_text(where,
			json_str_or(json_get(c, "mlflow_experiment"), "experiment_id", ""));
	}
	str_addc(where, ')');
}

static void search(struct call *call, const struct json *request, struct mlflow_search *search)
{
	add_locations(&search->where, json_get(request, "locations"));
	if (!mlflow_search_read(call, search, &domain, request) ||
		!mlflow_search_page(call, search, request, 100, 500))
		return;
	mlflow_search_reply(call, search, mlflow_search_sql(call, search, COLUMNS "WHERE 1",
		"t.time DESC, t.id"), "traces", info_json);
}

void mlflow_trace_search(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "locations", MLFLOW_MESSAGE, MLFLOW_NEED | MLFLOW_TYPED | MLFLOW_LIST,
		  location_fields, NULL },
		{ "filter", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "max_results", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "order_by", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "page_token", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	mlflow_search_call(call, fields, search);
}
