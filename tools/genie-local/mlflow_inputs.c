/* What runs read and make: datasets and logged models. */
#include "mlflow.h"

#include "json.h"

#include <string.h>

static const struct mlflow_field dataset_fields[] = {
	{ "name", MLFLOW_STR, 0, NULL, NULL }, { "digest", MLFLOW_STR, 0, NULL, NULL },
	{ "source_type", MLFLOW_STR, 0, NULL, NULL }, { "source", MLFLOW_STR, 0, NULL, NULL },
	{ "schema", MLFLOW_STR, 0, NULL, NULL }, { "profile", MLFLOW_STR, 0, NULL, NULL },
	{ .name = NULL } };
static const struct mlflow_field dataset_input_fields[] = {
	{ "tags", MLFLOW_MESSAGE, MLFLOW_LIST, mlflow_pair_fields, NULL },
	{ "dataset", MLFLOW_MESSAGE, 0, dataset_fields, NULL }, { .name = NULL } };
static const struct mlflow_field model_fields[] = {
	{ "model_id", MLFLOW_STR, 0, NULL, NULL }, { "step", MLFLOW_INT, 0, NULL, NULL },
	{ .name = NULL } };

static bool dataset_ok(struct call *call, const struct json *dataset)
{
	static const struct { const char *name; size_t most; bool needed; } limits[] = {
		{ "name", 500, true }, { "digest", 36, true }, { "source_type", 255, true },
		{ "source", 65535, true }, { "schema", 1048575, false },
		{ "profile", 16777215, false } };
	for (size_t i = 0; i < countof(limits); i++) {
		const char *value = json_str_or(dataset, limits[i].name, "");
		if (limits[i].needed && !*value)
			return mlflow_missing(call, arena_printf(&call->arena,
				"datasets[0].dataset.%s", limits[i].name));
		if (mlflow_length(value) > limits[i].most)
			return call_bad(call, "'%s' exceeds the maximum length of %zu characters",
				limits[i].name, limits[i].most);
	}
	return true;
}

static bool datasets_ok(struct call *call, const struct json *inputs)
{
	for (const struct json *c = json_first(inputs); c; c = json_next(c)) {
		if (!dataset_ok(call, json_get(c, "dataset")))
			return false;
		for (const struct json *t = json_first(json_get(c, "tags")); t; t = json_next(t))
			if (mlflow_length(json_str_or(t, "key", "")) > 255 ||
				mlflow_length(json_str_or(t, "value", "")) > 500)
				return call_bad(call, "'tags' of a dataset input: "
					"a key has at most 255, a value at most 500 characters");
	}
	return true;
}

static bool add_dataset(struct call *call, const char *run_id, const struct json *input)
{
	const struct json *dataset = json_get(input, "dataset"), *tags = json_get(input, "tags");
	const char *context = NULL;
	struct str text = STR_INIT;
	bool ok;
	for (const struct json *t = json_first(tags); t; t = json_next(t))
		if (streq(json_str_or(t, "key", ""), "mlflow.data.context"))
			context = json_str_or(t, "value", "");
	if (tags)
		json_print(tags, &text);
	ok = mlflow_run(call, "INSERT OR IGNORE INTO mlflow_inputs (run_id, name, digest, "
		"source_type, source, schema, profile, context, tags) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "ttttttttt", run_id,
		json_str_or(dataset, "name", ""), json_str_or(dataset, "digest", ""),
		json_str_or(dataset, "source_type", ""), json_str_or(dataset, "source", ""),
		json_str_or(dataset, "schema", NULL), json_str_or(dataset, "profile", NULL),
		context, str_text(&text));
	str_free(&text);
	return ok;
}

static bool link_models(struct call *call, const char *kind, const char *run_id,
	const struct json *models)
{
	for (const struct json *c = json_first(models); c; c = json_next(c))
		if (!mlflow_link(call, kind, run_id, json_str_or(c, "model_id", ""),
			json_int_or(c, "step", 0)))
			return false;
	return true;
}

void mlflow_run_log_inputs(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "datasets", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST,
		  dataset_input_fields, NULL },
		{ "models", MLFLOW_MESSAGE, MLFLOW_TYPED | MLFLOW_LIST, model_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *id = json_str_or(request, "run_id", "");
	if (!request || !mlflow_need_run(call, id, true) ||
		!datasets_ok(call, json_get(request, "datasets")))
		return;
	for (const struct json *c = json_first(json_get(request, "datasets")); c; c = json_next(c))
		if (!add_dataset(call, id, c))
			return;
	if (link_models(call, "input", id, json_get(request, "models")))
		call_reply(call, json_new_object());
}

/* The same model twice breaks a rule of the database, and that is what the client is told. */
void mlflow_run_log_outputs(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "models", MLFLOW_MESSAGE, MLFLOW_NEED | MLFLOW_TYPED | MLFLOW_LIST,
		  model_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *id = json_str_or(request, "run_id", "");
	const struct json *models = json_get(request, "models");
	if (!request || !mlflow_need_run(call, id, true))
		return;
	for (const struct json *c = json_first(models); c; c = json_next(c))
		if (mlflow_found(call, NULL, "SELECT 1 FROM mlflow_links WHERE kind = 'output' AND "
			"source = ? AND target = ?", "tt", id, json_str_or(c, "model_id", ""))) {
			call_error(call, 400, "BAD_REQUEST", "(sqlite3.IntegrityError) UNIQUE "
				"constraint failed: inputs.source_type, inputs.source_id, "
				"inputs.destination_type, inputs.destination_id");
			return;
		}
	if (link_models(call, "output", id, models))
		call_reply(call, json_new_object());
}

/* ---- as JSON ------------------------------------------------------------------------------ */

static struct json *input_json(struct call *call, struct db_stmt *stmt)
{
	struct json *link = json_new_object();
	(void)call;
	json_set_str(link, "model_id", db_column_text(stmt, 0));
	return link;
}

static struct json *output_json(struct call *call, struct db_stmt *stmt)
{
	struct json *link = input_json(call, stmt);
	json_set_int(link, "step", db_column_int(stmt, 1));
	return link;
}

static struct json *links_json(struct call *call, const char *kind, const char *run_id,
	mlflow_row_fn *row)
{
	return mlflow_rows(call, mlflow_sql(call, "SELECT target, step FROM mlflow_links WHERE "
		"kind = ? AND source = ? ORDER BY rowid", "tt", kind, run_id), row);
}

static struct json *dataset_json(struct call *call, struct db_stmt *stmt)
{
	static const char *const names[] = { "name", "digest", "source_type", "source", "schema",
		"profile" };
	struct err err = { .code = ERR_NONE };
	struct json *input = json_new_object(), *dataset;
	const char *tags = db_column_text(stmt, 6);
	(void)call;
	mlflow_set(input, "tags", *tags ? json_parse(tags, strlen(tags), &err) : NULL);
	dataset = json_set(input, "dataset", json_new_object());
	for (size_t i = 0; i < countof(names); i++)
		mlflow_set_text(dataset, names[i], db_column_text(stmt, (int)i));
	return input;
}

struct json *mlflow_run_inputs(struct call *call, const char *id)
{
	struct json *inputs = json_new_object();
	mlflow_set(inputs, "dataset_inputs", mlflow_rows(call, mlflow_sql(call, "SELECT name, "
		"digest, source_type, source, schema, profile, tags FROM mlflow_inputs WHERE "
		"run_id = ? ORDER BY rowid", "t", id), dataset_json));
	mlflow_set(inputs, "model_inputs", links_json(call, "input", id, input_json));
	return inputs;
}

struct json *mlflow_run_outputs(struct call *call, const char *id)
{
	struct json *outputs = json_new_object();
	mlflow_set(outputs, "model_outputs", links_json(call, "output", id, output_json));
	return outputs;
}
