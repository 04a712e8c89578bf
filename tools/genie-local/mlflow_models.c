/* Logged models: versions of what is being optimized, with params, tags, metrics, files. */
#include "mlflow.h"

#include "clock.h"
#include "json.h"

#include <string.h>

#define COLUMNS "SELECT o.id, o.experiment_id, o.name, o.created, o.updated, o.location, " \
	"o.status, o.model_type, o.source_run_id FROM mlflow_models o "

/* The number is what is stored, and what filters compare with. */
static const char *const statuses[] = { "LOGGED_MODEL_STATUS_UNSPECIFIED",
	"LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED", NULL };

bool mlflow_need_model(struct call *call, const char *id)
{
	if (mlflow_found(call, NULL, "SELECT 1 FROM mlflow_models WHERE id = ?", "t", id))
		return true;
	return !mlflow_failed(call) && call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
		"Logged model with ID '%s' not found.", id);
}

/* ---- as JSON ------------------------------------------------------------------------- */

#define METRICS "SELECT key, value, nan, timestamp, step, dataset_name, dataset_digest, " \
	"model_id, run_id FROM mlflow_model_metrics "

static struct json *metric_json(struct call *call, struct db_stmt *stmt)
{
	struct json *metric = mlflow_metric_json(call, stmt);
	mlflow_set_text(metric, "dataset_name", db_column_text(stmt, 5));
	mlflow_set_text(metric, "dataset_digest", db_column_text(stmt, 6));
	json_set_str(metric, "model_id", db_column_text(stmt, 7));
	json_set_str(metric, "run_id", db_column_text(stmt, 8));
	return metric;
}

static struct json *model_json(struct call *call, struct db_stmt *stmt)
{
	struct json *model = json_new_object(), *info, *data;
	const char *id = db_column_text(stmt, 0);
	info = json_set(model, "info", json_new_object());
	json_set_str(info, "model_id", id);
	json_set_str(info, "experiment_id", db_column_text(stmt, 1));
	json_set_str(info, "name", db_column_text(stmt, 2));
	json_set_int(info, "creation_timestamp_ms", db_column_int(stmt, 3));
	json_set_int(info, "last_updated_timestamp_ms", db_column_int(stmt, 4));
	json_set_str(info, "artifact_uri", db_column_text(stmt, 5));
	json_set_str(info, "status", statuses[db_column_int(stmt, 6) & 3]);
	mlflow_set_text(info, "model_type", db_column_text(stmt, 7));
	mlflow_set_text(info, "source_run_id", db_column_text(stmt, 8));
	mlflow_set(info, "tags", mlflow_pairs(call, "model_tag", id));
	data = json_set(model, "data", json_new_object());
	mlflow_set(data, "params", mlflow_pairs(call, "model_param", id));
	mlflow_set(data, "metrics", mlflow_rows(call, mlflow_sql(call, METRICS
		"WHERE model_id = ? ORDER BY rowid", "t", id), metric_json));
	return model;
}

static void reply_model(struct call *call, const char *id)
{
	if (mlflow_need_model(call, id))
		mlflow_reply_row(call, mlflow_sql(call, COLUMNS "WHERE o.id = ?", "t", id), "model",
			model_json);
}

/* ---- life ------------------------------------------------------------------------------ */

static bool add_params(struct call *call, const char *id, const struct json *params)
{
	for (const struct json *c = json_first(params); c; c = json_next(c)) {
		const char *key = json_str_or(c, "key", "");
		bool again = mlflow_pair_get(call, "model_param", id, key) != NULL;
		for (const struct json *b = json_next(c); b; b = json_next(b))
			again = again || streq(json_str_or(b, "key", ""), key);
		if (again)
			return call_error(call, 400, "BAD_REQUEST", "(sqlite3.IntegrityError) "
				"UNIQUE constraint failed: logged_model_params.model_id, "
				"logged_model_params.param_key");
	}
	return !mlflow_failed(call) && mlflow_pairs_set(call, "model_param", id, params);
}

static bool name_ok(struct call *call, const char *name)
{
	return (*name && !strpbrk(name, "/:.%\"'")) ||
		call_bad(call, "Invalid model name ('%s') provided. "
			"Model name must be a non-empty string and cannot contain "
			"the following characters: ('/', ':', '.', '%%', '\"', \"'\")", name);
}

static void insert(struct call *call, const struct json *request, const char *experiment)
{
	char hex[SERVER_ID_SIZE];
	const char *id = arena_printf(&call->arena, "m-%s", server_new_id(call->server, hex));
	const char *location = "", *name = json_str_or(request, "name", NULL);
	int64_t now = clock_now_ms();
	if (!mlflow_found(call, &location, "SELECT location FROM mlflow_experiments WHERE "
		"CAST(id AS TEXT) = ?", "t", experiment))
		return;
	if (!name)
		name = arena_printf(&call->arena, "model-%.8s", hex);
	if (mlflow_run(call, "INSERT INTO mlflow_models (id, experiment_id, name, model_type, "
			"source_run_id, status, created, updated, location) "
			"VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)", "tttttiit", id, experiment, name,
			json_str_or(request, "model_type", NULL),
			json_str_or(request, "source_run_id", NULL), now, now,
			arena_printf(&call->arena, "%s/models/%s/artifacts", location, id)) &&
		mlflow_pairs_set(call, "model_tag", id, json_get(request, "tags")) &&
		add_params(call, id, json_get(request, "params")))
		reply_model(call, id);
}

void mlflow_model_create(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "experiment_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "name", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "model_type", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "source_run_id", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "params", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ "tags", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *experiment = json_str_or(request, "experiment_id", "");
	const char *name = json_str_or(request, "name", NULL);
	if (request && (!name || name_ok(call, name)) &&
		mlflow_need_experiment(call, experiment, true))
		insert(call, request, experiment);
}

void mlflow_model_get(struct call *call)
{
	reply_model(call, call->args[0]);
}

void mlflow_model_batch(struct call *call)
{
	struct json *body = json_new_object(), *list = json_set(body, "models", json_new_array());
	for (size_t i = 0; i < call->request->nquery; i++) {
		const struct serve_pair *pair = &call->request->query[i];
		struct db_stmt *stmt = !streq(pair->name, "model_ids") ? NULL :
			mlflow_sql(call, COLUMNS "WHERE o.id = ?", "t", pair->value);
		if (stmt && mlflow_row(call, stmt, NULL))
			json_push(list, model_json(call, stmt));
		db_stmt_free(stmt);
	}
	if (mlflow_failed(call))
		json_free(body);
	else
		call_reply(call, body);
}

static bool touch(struct call *call, const char *id)
{
	return mlflow_run(call, "UPDATE mlflow_models SET updated = ? WHERE id = ?", "it",
		clock_now_ms(), id);
}

void mlflow_model_finalize(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "model_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "status", MLFLOW_ENUM, MLFLOW_NEED, NULL, statuses }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *id = call->args[0], *status = json_str_or(request, "status", "");
	int64_t number = 0;
	if (!request || !mlflow_need_model(call, id))
		return;
	for (size_t i = 0; statuses[i]; i++)
		if (streq(statuses[i], status))
			number = (int64_t)i;
	if (mlflow_run(call, "UPDATE mlflow_models SET status = ? WHERE id = ?", "it", number,
		id) &&
		touch(call, id))
		reply_model(call, id);
}

/* Files stay, as those of a deleted run do. */
void mlflow_model_delete(struct call *call)
{
	const char *id = call->args[0];
	if (mlflow_need_model(call, id) && mlflow_run(call, "DELETE FROM mlflow_models "
		"WHERE id = ?", "t", id))
		call_reply(call, json_new_object());
}

/* ---- params, tags, artifacts ---------------------------------------------------------------- */

void mlflow_model_params(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "model_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "params", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	if (request && mlflow_need_model(call, call->args[0]) &&
		add_params(call, call->args[0], json_get(request, "params")))
		call_reply(call, json_new_object());
}

void mlflow_model_tags(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "tags", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	if (request && mlflow_need_model(call, call->args[0]) &&
		mlflow_pairs_set(call, "model_tag", call->args[0], json_get(request, "tags")))
		call_reply(call, json_new_object());
}

void mlflow_model_delete_tag(struct call *call)
{
	const char *id = call->args[0], *key = call->args[1];
	if (!mlflow_need_model(call, id))
		return;
	if (mlflow_pair_delete(call, "model_tag", id, key))
		call_reply(call, json_new_object());
	else if (!mlflow_failed(call))
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"No tag with key '%s' found for model with ID '%s'.", key, id);
}

void mlflow_model_artifacts(struct call *call)
{
	const char *uri = NULL, *dir = serve_query(call->request, "artifact_directory_path");
	if (mlflow_need_model(call, call->args[0]) && mlflow_found(call, &uri,
		"SELECT location FROM mlflow_models WHERE id = ?", "t", call->args[0]))
		mlflow_reply_artifacts(call, uri, dir ? dir : "");
}

/* ---- search ---------------------------------------------------------------------------- */

static const struct mlflow_attribute attributes[] = {
	{ "name", false, "o.name" }, { "model_type", false, "o.model_type" },
	{ "source_run_id", false, "o.source_run_id" }, { "model_id", false, "o.id" },
	{ "creation_timestamp", true, "o.created" }, { "creation_time", true, "o.created" },
	{ "last_updated_timestamp", true, "o.updated" }, { "status", true, "o.status" },
	{ .name = NULL } };
static const struct mlflow_attribute text_status[] = { { "status", false, "o.status" },
	{ .name = NULL } };
static const struct mlflow_domain domain = {
	.grammar = { 1u << MLFLOW_TAG | 1u << MLFLOW_PARAM | 1u << MLFLOW_METRIC, attributes },
	.owner = "o.id", .tag = "model_tag", .param = "model_param",
	.metrics = "mlflow_model_metrics m WHERE m.model_id = o.id" };

/* Only models with a metric on one of these; one without digest stands for no digest. */
static void add_datasets(struct str *where, const struct json *datasets)
{
	const char *glue = " AND (";
	for (const struct json *c = json_first(datasets); c; c = json_next(c), glue = " OR ") {
		const char *digest = json_str_or(c, "dataset_digest", NULL);
		str_addf(where, "%sEXISTS (SELECT 1 FROM mlflow_model_metrics d "
			"WHERE d.model_id = o.id AND d.dataset_name = ", glue);
		db_quote_text(where, json_str_or(c, "dataset_name", ""));
		str_add(where, " AND d.dataset_digest IS ");
		db_quote_text(where, digest);
		str_addc(where, ')');
	}
	if (json_len(datasets))
		str_addc(where, ')');
}

static bool add_order(struct call *call, struct mlflow_search *search, const struct json *orders)
{
	struct err err = { .code = ERR_NONE };
	struct mlflow_order order;
	for (const struct json *c = json_first(orders); c; c = json_next(c)) {
		const char *way = json_bool_or(c, "ascending", true) ? "ASC" : "DESC";
		const char *dataset = json_str_or(c, "dataset_name", NULL);
		if (!mlflow_order_parse(&order, json_str_or(c, "field_name", ""), &domain.grammar,
			&call->arena, &err))
			return call_bad(call, "%s", err.text);
		if (order.attribute) {
			str_addf(&search->order, "%s %s, ", order.attribute->sql, way);
			continue;
		}
		str_add(&search->order, "(SELECT m.value FROM mlflow_model_metrics m WHERE "
			"m.model_id = o.id AND m.key = ");
		db_quote_text(&search->order, order.key);
		if (dataset) {
			str_add(&search->order, " AND m.dataset_name = ");
			db_quote_text(&search->order, dataset);
		}
		str_addf(&search->order,
			" ORDER BY m.timestamp DESC, m.step DESC LIMIT 1) %s NULLS LAST, ", way);
	}
	return true;
}

static bool read_filter(struct call *call, struct mlflow_search *search,
	const struct json *request)
{
	/* A status given as a text compares with a number: nothing matches. */
	struct mlflow_domain by_text = domain;
	struct mlflow_filter *parsed = arena_alloc(&call->arena, sizeof(*parsed));
	struct err err = { .code = ERR_NONE };
	const char *filter = json_str_or(request, "filter", NULL);
	by_text.grammar.attributes = text_status;
	if (filter && mlflow_filter_parse(parsed, filter, &by_text.grammar, &call->arena, &err) &&
		parsed->n)
		return mlflow_search_filter(call, search, &by_text, filter);
	return mlflow_search_filter(call, search, &domain, filter);
}

static void search(struct call *call, const struct json *request, struct mlflow_search *search)
{
	str_add(&search->where, " AND ");
	mlflow_in_sql(&search->where, "o.experiment_id", json_get(request, "experiment_ids"));
	add_datasets(&search->where, json_get(request, "datasets"));
	if (!read_filter(call, search, request) ||
		!add_order(call, search, json_get(request, "order_by")) ||
		!mlflow_search_page(call, search, request, 100, 50000))
		return;
	mlflow_search_reply(call, search, mlflow_search_sql(call, search, COLUMNS "WHERE 1",
		"o.created DESC, o.id"), "models", model_json);
}

void mlflow_model_search(struct call *call)
{
	static const struct mlflow_field datasets[] = {
		{ "dataset_name", MLFLOW_STR, 0, NULL, NULL },
		{ "dataset_digest", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
	static const struct mlflow_field orders[] = {
		{ "field_name", MLFLOW_STR, 0, NULL, NULL },
		{ "ascending", MLFLOW_BOOL, 0, NULL, NULL },
		{ "dataset_name", MLFLOW_STR, 0, NULL, NULL },
		{ "dataset_digest", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
	static const struct mlflow_field fields[] = {
		{ "experiment_ids", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED | MLFLOW_LIST,
		  NULL, NULL },
		{ "filter", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "datasets", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, datasets, NULL },
		{ "max_results", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "order_by", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, orders, NULL },
		{ "page_token", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	mlflow_search_call(call, fields, search);
}
