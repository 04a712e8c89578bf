/* Params, metrics and tags that runs log, and the history of metrics. */
#include "mlflow.h"

#include "json.h"

#include <ctype.h>
#include <string.h>

#define MAX_METRICS 1000
#define MAX_PAIRS 100
#define MAX_ENTITIES 1000
#define MAX_PARAM 6000 /* characters of a value; the rest is cut */
#define MAX_TAG 8000

/* ---- names ------------------------------------------------------------------------- */

/* Letters of any script, digits and _-. :/, and a path that stays where it is. */
bool mlflow_name_ok(const char *name)
{
	if (!*name || *name == '/' || ends_with(name, "/") || strstr(name, "//"))
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !((unsigned char)*c & 0x80) &&
			!strchr("_-. :/", *c))
			return false;
	for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 :
		NULL) {
		size_t n = strcspn(part, "/");
		if ((n == 1 && *part == '.') || (n == 2 && strnieq(part, "..", 2)))
			return false;
	}
	return true;
}

bool mlflow_bad_name(struct call *call, const char *name, const char *parameter)
{
	return call_bad(call, "Invalid value \"%s\" for parameter '%s' supplied: Names may only "
		"contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), "
		"colon(:) and slashes (/).", name, parameter);
}

bool mlflow_pair_limits(struct call *call, const struct json *pairs, const char *what,
	size_t most_value)
{
	size_t i = 0;
	for (const struct json *c = json_first(pairs); c; c = json_next(c), i++) {
		const char *key = json_str_or(c, "key", "");
		if (!mlflow_name_ok(key))
			return mlflow_bad_name(call, key,
				arena_printf(&call->arena, "%s[%zu].key", what, i));
		if (mlflow_length(key) > 250)
			return call_bad(call, "'%s[%zu].key' exceeds the maximum length of "
				"250 characters", what, i);
		if (most_value && mlflow_length(json_str_or(c, "value", "")) > most_value)
			return call_bad(call, "'%s[%zu].value' exceeds the maximum length of "
				"%zu characters", what, i, most_value);
	}
	return true;
}

/* ---- one of each ------------------------------------------------------------------- */

static bool log_param(struct call *call, const char *run_id, const struct json *param)
{
	const char *key = json_str_or(param, "key", "");
	const char *value = mlflow_cut(call, json_str_or(param, "value", ""), MAX_PARAM);
	const char *old = mlflow_pair_get(call, "run_param", run_id, key);
	if (old && streq(old, value))
		return true;
	if (old)
		return call_bad(call, "Changing param values is not allowed. Params were already "
			"logged='[{'key': '%s', 'old_value': '%s', 'new_value': '%s'}]' "
			"for run ID='%s'.", key, old, value, run_id);
	return !mlflow_failed(call) && mlflow_pair_set(call, "run_param", run_id, key, value);
}

/* The latest is that of the greatest step, then time, then value. */
static bool log_metric(struct call *call, const char *run_id, const struct json *metric)
{
	const char *key = json_str_or(metric, "key", "");
	const char *model_id = json_str_or(metric, "model_id", "");
	const char *dataset = json_text(json_get(metric, "dataset_name"));
	const char *digest = json_text(json_get(metric, "dataset_digest"));
	bool nan = json_is(json_get(metric, "value"), JSON_STRING);
	double value = nan ? 0 : json_num_or(metric, "value", 0);
	int64_t time = json_int_or(metric, "timestamp", 0), step = json_int_or(metric, "step", 0);
	return mlflow_run(call, "INSERT OR IGNORE INTO mlflow_metrics (run_id, key, value, nan, "
			"timestamp, step) VALUES (?, ?, ?, ?, ?, ?)", "ttriii", run_id, key, value,
			(int64_t)nan, time, step) &&
		mlflow_run(call, "INSERT INTO mlflow_latest AS l (run_id, key, value, nan, "
			"timestamp, step) VALUES (?, ?, ?, ?, ?, ?) "
			"ON CONFLICT (run_id, key) DO UPDATE "
			"SET value = excluded.value, nan = excluded.nan, "
			"timestamp = excluded.timestamp, step = excluded.step "
			"WHERE (excluded.step, excluded.timestamp, excluded.value) >= "
			"(l.step, l.timestamp, l.value)", "ttriii", run_id, key, value,
			(int64_t)nan, time, step) &&
		(!*model_id || mlflow_run(call, "INSERT OR IGNORE INTO mlflow_model_metrics "
			"(model_id, key, value, nan, timestamp, step, run_id, dataset_name, "
			"dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "ttriiittt",
			model_id, key, value, (int64_t)nan, time, step, run_id, dataset, digest));
}

static bool log_tag(struct call *call, const char *run_id, const struct json *tag)
{
	const char *key = json_str_or(tag, "key", "");
	const char *value = mlflow_cut(call, json_str_or(tag, "value", ""), MAX_TAG);
	return mlflow_pair_set(call, "run_tag", run_id, key, value) &&
		(!streq(key, "mlflow.runName") || mlflow_run(call,
			"UPDATE mlflow_runs SET name = ? WHERE id = ?", "tt", value, run_id));
}

static bool log_all(struct call *call, const char *run_id, const struct json *list,
	bool (*log)(struct call *, const char *, const struct json *))
{
	for (const struct json *c = json_first(list); c; c = json_next(c))
		if (!log(call, run_id, c))
			return false;
	return true;
}

/* ---- log-batch ------------------------------------------------------------------------ */

#define METRIC_FIELDS \
	{ "key", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL }, \
	{ "value", MLFLOW_NUM, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL }, \
	{ "timestamp", MLFLOW_INT, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL }, \
	{ "step", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL }, \
	{ "model_id", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, \
	{ "dataset_name", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, \
	{ "dataset_digest", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }
static const struct mlflow_field metric_fields[] = { METRIC_FIELDS, { .name = NULL } };

/* What must be there is looked for in the request as it came. */
static bool members_present(struct call *call, const char *name, bool metrics)
{
	static const char *const needed[] = { "key", "value", "timestamp" };
	size_t i = 0;
	const struct json *list = json_get(call->body, name);
	for (const struct json *c = json_first(list); c; c = json_next(c), i++)
		for (size_t k = 0; k < (metrics ? countof(needed) : 1); k++) {
			const struct json *value = json_get(c, needed[k]);
			if (!value || json_is(value, JSON_NULL) || streq(json_text(value), ""))
				return mlflow_missing(call, arena_printf(&call->arena, "%s[%zu].%s",
					name, i, needed[k]));
		}
	return true;
}

static bool count_ok(struct call *call, size_t n, size_t most, const char *what)
{
	return n <= most || call_bad(call, "A batch logging request can contain at most %zu %s. "
		"Got %zu %s. Please split up %s across multiple requests and try again.", most,
		what, n, what, what);
}

static bool metric_names_ok(struct call *call, const struct json *metrics)
{
	size_t i = 0;
	for (const struct json *c = json_first(metrics); c; c = json_next(c), i++) {
		const char *key = json_str_or(c, "key", "");
		if (!mlflow_name_ok(key))
			return mlflow_bad_name(call, key,
				arena_printf(&call->arena, "metrics[%zu].name", i));
		if (mlflow_length(key) > 250)
			return call_bad(call, "'metrics[%zu].name' exceeds the maximum length of "
				"250 characters", i);
	}
	return true;
}

static bool params_unique(struct call *call, const struct json *params)
{
	for (const struct json *a = json_first(params); a; a = json_next(a))
		for (const struct json *b = json_next(a); b; b = json_next(b))
			if (streq(json_str_or(a, "key", ""), json_str_or(b, "key", "")))
				return call_bad(call, "Duplicate parameter keys have been "
					"submitted: ['%s']. Please ensure the request contains "
					"only one param value per param key.",
					json_str_or(a, "key", ""));
	return true;
}

static bool batch_ok(struct call *call, const struct json *request)
{
	const struct json *metrics = json_get(request, "metrics");
	const struct json *params = json_get(request, "params");
	const struct json *tags = json_get(request, "tags");
	return members_present(call, "metrics", true) && members_present(call, "params", false) &&
		members_present(call, "tags", false) &&
		metric_names_ok(call, metrics) && mlflow_pair_limits(call, params, "params", 0) &&
		mlflow_pair_limits(call, tags, "tags", 0) &&
		count_ok(call, json_len(metrics), MAX_METRICS, "metrics") &&
		count_ok(call, json_len(params), MAX_PAIRS, "params") &&
		count_ok(call, json_len(tags), MAX_PAIRS, "tags") &&
		count_ok(call, json_len(metrics) + json_len(params) + json_len(tags), MAX_ENTITIES,
			"metrics, params, and tags") && params_unique(call, params);
}

void mlflow_run_log_batch(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "metrics", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, metric_fields, NULL },
		{ "params", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ "tags", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, mlflow_pair_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *id = json_str_or(request, "run_id", "");
	if (request && batch_ok(call, request) && mlflow_need_run(call, id, true) &&
		log_all(call, id, json_get(request, "params"), log_param) &&
		log_all(call, id, json_get(request, "metrics"), log_metric) &&
		log_all(call, id, json_get(request, "tags"), log_tag))
		call_reply(call, json_new_object());
}

void mlflow_run_log_metric(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		METRIC_FIELDS, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *id = json_str_or(request, "run_id", "");
	if (!request)
		return;
	if (!mlflow_name_ok(json_str_or(request, "key", "")))
		mlflow_bad_name(call, json_str_or(request, "key", ""), "name");
	else if (mlflow_need_run(call, id, true) && log_metric(call, id, request))
		call_reply(call, json_new_object());
}

void mlflow_run_log_param(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "key", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "value", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *id = json_str_or(request, "run_id", "");
	if (!request)
		return;
	if (!mlflow_name_ok(json_str_or(request, "key", "")))
		mlflow_bad_name(call, json_str_or(request, "key", ""), "key");
	else if (mlflow_need_run(call, id, true) && log_param(call, id, request))
		call_reply(call, json_new_object());
}

/* ---- history ----------------------------------------------------------------------------- */

struct json *mlflow_metric_json(struct call *call, struct db_stmt *stmt)
{
	struct json *metric = json_new_object();
	(void)call;
	json_set_str(metric, "key", db_column_text(stmt, 0));
	json_set(metric, "value", db_column_int(stmt, 2) ? json_new_str("NaN") :
		mlflow_double(db_column_real(stmt, 1)));
	json_set_int(metric, "timestamp", db_column_int(stmt, 3));
	json_set_int(metric, "step", db_column_int(stmt, 4));
	return metric;
}

static void reply_history(struct call *call, const struct json *request,
	const struct mlflow_search *search)
{
	mlflow_search_reply(call, search, mlflow_sql(call, "SELECT key, value, nan, timestamp, "
		"step FROM mlflow_metrics WHERE run_id = ? AND key = ? "
		"ORDER BY timestamp, step, value LIMIT ? OFFSET ?", "ttii",
		json_str_or(request, "run_id", ""), json_str_or(request, "metric_key", ""),
		search->limit + 1, search->offset), "metrics", mlflow_metric_json);
}

/* Without max_results the measured server gives no metrics and a token that leads nowhere. */
void mlflow_metric_history(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "metric_key", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "max_results", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "page_token", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	struct mlflow_search search = { .limit = 0 };
	const struct json *request = mlflow_message(call, fields);
	if (!request || !mlflow_need_run(call, json_str_or(request, "run_id", ""), false))
		return;
	if (!json_get(request, "max_results")) {
		struct json *body = json_new_object();
		json_set_str(body, "next_page_token", "0");
		call_reply(call, body);
	} else if (mlflow_search_page(call, &search, request, 25000, 25000)) {
		reply_history(call, request, &search);
	}
}
