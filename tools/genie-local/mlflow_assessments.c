/* Assessments of traces: feedback of judges and expectations of people. A document is kept
 * as it is shown; the columns beside it are for searches. */
#include "mlflow.h"

#include "clock.h"
#include "json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const source_types[] = { "SOURCE_TYPE_UNSPECIFIED", "HUMAN", "LLM_JUDGE",
	"CODE", "AI_JUDGE", NULL };
static const struct mlflow_field source_fields[] = {
	{ "source_type", MLFLOW_ENUM, 0, NULL, source_types },
	{ "source_id", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
static const struct mlflow_field error_fields[] = {
	{ "error_code", MLFLOW_STR, 0, NULL, NULL },
	{ "error_message", MLFLOW_STR, 0, NULL, NULL },
	{ "stack_trace", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
static const struct mlflow_field feedback_fields[] = {
	{ "value", MLFLOW_VALUE, 0, NULL, NULL },
	{ "error", MLFLOW_MESSAGE, 0, error_fields, NULL }, { .name = NULL } };
static const struct mlflow_field serialized_fields[] = {
	{ "serialization_format", MLFLOW_STR, 0, NULL, NULL },
	{ "value", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
static const struct mlflow_field expectation_fields[] = {
	{ "value", MLFLOW_VALUE, 0, NULL, NULL },
	{ "serialized_value", MLFLOW_MESSAGE, 0, serialized_fields, NULL }, { .name = NULL } };
const struct mlflow_field mlflow_assessment_fields[] = {
	{ "assessment_id", MLFLOW_STR, 0, NULL, NULL },
	{ "assessment_name", MLFLOW_STR, 0, NULL, NULL },
	{ "trace_id", MLFLOW_STR, 0, NULL, NULL }, { "span_id", MLFLOW_STR, 0, NULL, NULL },
	{ "source", MLFLOW_MESSAGE, 0, source_fields, NULL },
	{ "create_time", MLFLOW_TIME, 0, NULL, NULL },
	{ "last_update_time", MLFLOW_TIME, 0, NULL, NULL },
	{ "feedback", MLFLOW_MESSAGE, 0, feedback_fields, NULL },
	{ "expectation", MLFLOW_MESSAGE, 0, expectation_fields, NULL },
	{ "rationale", MLFLOW_STR, 0, NULL, NULL }, { "metadata", MLFLOW_MAP, 0, NULL, NULL },
	{ "overrides", MLFLOW_STR, 0, NULL, NULL }, { "valid", MLFLOW_BOOL, 0, NULL, NULL },
	{ .name = NULL } };

/* ---- documents ------------------------------------------------------------------------ */

static void set_time(struct json *document, const char *key, int64_t ms)
{
	char text[CLOCK_RFC3339_SIZE];
	json_set_str(document, key, clock_rfc3339(ms, text));
}

static struct json *source_of(const struct json *assessment)
{
	const struct json *given = json_get(assessment, "source");
	struct json *source = json_new_object();
	json_set_str(source, "source_type",
		json_str_or(given, "source_type", "SOURCE_TYPE_UNSPECIFIED"));
	mlflow_set_text(source, "source_id", json_str_or(given, "source_id", NULL));
	return source;
}

static struct json *document_of(const struct json *assessment, const char *id,
	const char *trace_id)
{
	static const char *const values[] = { "feedback", "expectation" };
	struct json *document = json_new_object();
	int64_t made = json_int_or(assessment, "create_time", clock_now_ms());
	json_set_str(document, "assessment_id", id);
	json_set_str(document, "assessment_name", json_str_or(assessment, "assessment_name", ""));
	json_set_str(document, "trace_id", trace_id);
	mlflow_set_text(document, "span_id", json_str_or(assessment, "span_id", NULL));
	json_set(document, "source", source_of(assessment));
	set_time(document, "create_time", made);
	set_time(document, "last_update_time", json_int_or(assessment, "last_update_time", made));
	for (size_t i = 0; i < countof(values); i++)
		if (json_get(assessment, values[i]))
			json_set(document, values[i], json_dup(json_get(assessment, values[i])));
	mlflow_set_text(document, "rationale", json_str_or(assessment, "rationale", NULL));
	if (json_len(json_get(assessment, "metadata")))
		json_set(document, "metadata", json_dup(json_get(assessment, "metadata")));
	mlflow_set_text(document, "overrides", json_str_or(assessment, "overrides", NULL));
	json_set_bool(document, "valid", json_bool_or(assessment, "valid", true));
	return document;
}

/* The value as searches compare it: a text as it is, else its JSON. */
static void value_text(const struct json *document, struct str *out)
{
	const struct json *value = json_get(json_get(document, "feedback"), "value");
	if (!value)
		value = json_get(json_get(document, "expectation"), "value");
	if (json_text(value))
		str_add(out, json_text(value));
	else if (value)
		json_print(value, out);
}

static bool save(struct call *call, const struct json *document)
{
	struct str text = STR_INIT, value = STR_INIT;
	bool ok;
	json_print(document, &text);
	value_text(document, &value);
	ok = mlflow_run(call, "INSERT INTO mlflow_assessments (id, trace_id, name, kind, value, "
		"valid, document) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
		"name = excluded.name, kind = excluded.kind, value = excluded.value, "
		"valid = excluded.valid, document = excluded.document", "tttttit",
		json_str_or(document, "assessment_id", ""), json_str_or(document, "trace_id", ""),
		json_str_or(document, "assessment_name", ""),
		json_get(document, "feedback") ? "feedback" : "expectation", str_text(&value),
		(int64_t)json_bool_or(document, "valid", true), str_text(&text));
	str_free(&text);
	str_free(&value);
	return ok;
}

/* NULL after 404 (or 500). Yours. */
static struct json *load(struct call *call, const char *trace_id, const char *id)
{
	struct err err = { .code = ERR_NONE };
	const char *text = NULL;
	if (mlflow_found(call, &text, "SELECT document FROM mlflow_assessments WHERE id = ? AND "
		"trace_id = ?", "tt", id, trace_id))
		return json_parse(text, strlen(text), &err);
	if (!mlflow_failed(call))
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"Assessment with ID '%s' not found for trace '%s'", id, trace_id);
	return NULL;
}

static struct json *assessment_json(struct call *call, struct db_stmt *stmt)
{
	struct err err = { .code = ERR_NONE };
	(void)call;
	return json_parse(db_column_text(stmt, 0), db_column_bytes(stmt, 0), &err);
}

struct json *mlflow_assessments(struct call *call, const char *trace_id)
{
	return mlflow_rows(call, mlflow_sql(call, "SELECT document FROM mlflow_assessments WHERE "
		"trace_id = ? ORDER BY rowid", "t", trace_id), assessment_json);
}

/* ---- routes ------------------------------------------------------------------------------ */

static bool set_valid(struct call *call, const char *trace_id, const char *id, bool valid)
{
	struct json *document = load(call, trace_id, id);
	bool ok = document != NULL;
	if (ok) {
		json_set_bool(document, "valid", valid);
		ok = save(call, document);
	}
	json_free(document);
	return ok;
}

static bool assessment_ok(struct call *call, const struct json *assessment)
{
	const char *name = json_str_or(assessment, "assessment_name", "");
	if (!*name)
		return mlflow_missing(call, "assessment.assessment_name");
	if (mlflow_length(name) > 250)
		return call_bad(call, "'assessment_name' exceeds the maximum length of "
			"250 characters");
	return json_get(assessment, "feedback") || json_get(assessment, "expectation") ||
		call_bad(call, "Assessment must have either a feedback or an expectation.");
}

bool mlflow_assessment_add(struct call *call, const char *trace_id,
	const struct json *assessment, char id[40])
{
	char hex[SERVER_ID_SIZE];
	const char *overrides = json_str_or(assessment, "overrides", "");
	const char *given = json_str_or(assessment, "assessment_id", "");
	struct json *document;
	bool ok;
	if (!assessment_ok(call, assessment))
		return false;
	if (*given && mlflow_found(call, NULL, "SELECT 1 FROM mlflow_assessments WHERE id = ?",
		"t", given))
		return call_bad(call, "(sqlite3.IntegrityError) UNIQUE constraint failed: "
			"assessments.assessment_id");
	if (*overrides && !set_valid(call, trace_id, overrides, false))
		return false;
	if (*given)
		snprintf(id, 40, "%.39s", given);
	else
		snprintf(id, 40, "a-%s", server_new_id(call->server, hex));
	document = document_of(assessment, id, trace_id);
	ok = save(call, document);
	json_free(document);
	return ok;
}

static void reply(struct call *call, const char *trace_id, const char *id)
{
	struct json *document = load(call, trace_id, id), *body;
	if (!document)
		return;
	body = json_new_object();
	json_set(body, "assessment", document);
	call_reply(call, body);
}

/* The same assessment twice makes two, unless it has an id of the client's. */
void mlflow_assessment_create(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "assessment", MLFLOW_MESSAGE, MLFLOW_NEED, mlflow_assessment_fields, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *trace_id = call->args[0];
	char id[40];
	if (!request)
		return;
	if (!mlflow_found(call, NULL, "SELECT 1 FROM mlflow_traces WHERE id = ?", "t", trace_id)) {
		if (!mlflow_failed(call))
			call_error(call, 400, "BAD_REQUEST",
				"(sqlite3.IntegrityError) FOREIGN KEY constraint failed");
		return;
	}
	if (mlflow_assessment_add(call, trace_id, json_get(request, "assessment"), id))
		reply(call, trace_id, id);
}

void mlflow_assessment_get(struct call *call)
{
	if (mlflow_need_trace(call, call->args[0]))
		reply(call, call->args[0], call->args[1]);
}

/* ---- update -------------------------------------------------------------------------------- */

/* "assessmentName" is "assessment_name" in a mask. */
static const char *mask_name(struct call *call, const char *at, size_t n)
{
	char *name = arena_alloc(&call->arena, 2 * n + 1);
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (isupper((unsigned char)at[i]))
			name[k++] = '_';
		name[k++] = (char)tolower((unsigned char)at[i]);
	}
	return name;
}

static bool update_member(struct call *call, struct json *document, const struct json *given,
	const char *name)
{
	static const char *const known[] = { "assessment_name", "feedback", "expectation",
		"rationale", "metadata", "valid" };
	const struct json *value = json_get(given, name);
	for (size_t i = 0; i < countof(known); i++) {
		if (!streq(known[i], name))
			continue;
		if (value)
			json_set(document, name, json_dup(value));
		else
			json_remove(document, name);
		return true;
	}
	return call_bad(call, "Updates of the member '%s' of an assessment are not supported.",
		name);
}

static bool update(struct call *call, struct json *document, const struct json *request)
{
	const char *mask = json_str_or(request, "update_mask", "");
	const struct json *given = json_get(request, "assessment");
	while (*mask) {
		size_t n = strcspn(mask, ",");
		if (n && !update_member(call, document, given, mask_name(call, mask, n)))
			return false;
		mask += n + (mask[n] == ',');
	}
	set_time(document, "last_update_time", clock_now_ms());
	return save(call, document);
}

void mlflow_assessment_update(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "assessment", MLFLOW_MESSAGE, MLFLOW_NEED, mlflow_assessment_fields, NULL },
		{ "update_mask", MLFLOW_STR, MLFLOW_NEED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	struct json *document = request ? load(call, call->args[0], call->args[1]) : NULL;
	if (document && update(call, document, request))
		reply(call, call->args[0], call->args[1]);
	json_free(document);
}

/* What it had overridden counts again. */
void mlflow_assessment_delete(struct call *call)
{
	const char *trace_id = call->args[0];
	struct json *document = load(call, trace_id, call->args[1]);
	const char *overridden = json_str_or(document, "overrides", "");
	if (document && mlflow_run(call, "DELETE FROM mlflow_assessments WHERE id = ?", "t",
		call->args[1]) && (!*overridden || set_valid(call, trace_id, overridden, true)))
		call_reply(call, json_new_object());
	json_free(document);
}
