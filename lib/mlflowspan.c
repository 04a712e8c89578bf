#include "mlflowtrace.h"

#include "clock.h"
#include "digest.h"
#include "json.h"
#include "log.h"
#include "mlflowfile.h"
#include "str.h"
#include "url.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_TRACES 100 /* in one OTLP call */

void mlflow_trace_id(const char *run_uuid, const char *what, char out[MLFLOW_TRACE_ID_SIZE])
{
	char *text = xasprintf("%s\n%s", run_uuid, what), hex[SHA256_HEX];

	sha256_hex(text, strlen(text), hex);
	snprintf(out, MLFLOW_TRACE_ID_SIZE, "tr-%.32s", hex);
	free(text);
}

void mlflow_assessment_id(const char *trace_id, const struct mlflow_assessment *a,
	char out[MLFLOW_TRACE_ID_SIZE])
{
	char *text = xasprintf("%s\n%s\n%s", trace_id, a->name, a->source_id), hex[SHA256_HEX];

	sha256_hex(text, strlen(text), hex);
	snprintf(out, MLFLOW_TRACE_ID_SIZE, "a-%.32s", hex);
	free(text);
}

void mlflow_span_id(const char *trace_id, size_t n, char out[MLFLOW_SPAN_ID_SIZE])
{
	char *text = xasprintf("%s %zu", trace_id, n), hex[SHA256_HEX];

	sha256_hex(text, strlen(text), hex);
	snprintf(out, MLFLOW_SPAN_ID_SIZE, "%.16s", hex);
	free(text);
}

/* ---- OTLP ---- */

static struct json *any_value(const struct json *json);

static struct json *any_list(const struct json *json)
{
	struct json *list = json_new_object(), *values = json_set(list, "values", json_new_array());

	for (const struct json *c = json_first(json); c; c = json_next(c)) {
		struct json *one = json_key(c) ? json_push(values, json_new_object()) : NULL;

		if (!one) {
			json_push(values, any_value(c));
			continue;
		}
		json_set_str(one, "key", json_key(c));
		json_set(one, "value", any_value(c));
	}
	return list;
}

/* A JSON value as OTLP's AnyValue. */
static struct json *any_value(const struct json *json)
{
	struct json *out = json_new_object();
	int64_t whole;
	double number = 0;

	switch (json_typeof(json)) {
	case JSON_BOOL:
		json_set_bool(out, "boolValue", json_true(json));
		break;
	case JSON_NUMBER:
		if (json_as_int(json, &whole))
			json_set_str(out, "intValue", json_number_text(json));
		else if (json_as_num(json, &number))
			json_set_num(out, "doubleValue", number);
		break;
	case JSON_STRING:
		json_set_str(out, "stringValue", json_text(json));
		break;
	case JSON_ARRAY:
		json_set(out, "arrayValue", any_list(json));
		break;
	case JSON_OBJECT:
		json_set(out, "kvlistValue", any_list(json));
		break;
	default:
		break;
	}
	return out;
}

static void attribute(struct json *list, const char *key, struct json *value)
{
	struct json *one = json_push(list, json_new_object());

	json_set_str(one, "key", key);
	json_set(one, "value", value);
}

static void nanoseconds(struct json *out, const char *key, int64_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64 "000000", ms);
	json_set_str(out, key, text);
}

static struct json *otlp_span(const struct mlflow_trace *t, size_t i)
{
	const struct mlflow_span *s = &t->spans[i];
	struct json *out = json_new_object(), *status, *attributes, *type = json_new_object();
	char id[MLFLOW_SPAN_ID_SIZE];

	json_set_str(out, "traceId", t->id + strlen("tr-"));
	mlflow_span_id(t->id, i, id);
	json_set_str(out, "spanId", id);
	if (s->parent >= 0) {
		mlflow_span_id(t->id, (size_t)s->parent, id);
		json_set_str(out, "parentSpanId", id);
	}
	json_set_str(out, "name", s->name);
	json_set_int(out, "kind", 1);
	nanoseconds(out, "startTimeUnixNano", s->start_ms);
	nanoseconds(out, "endTimeUnixNano", s->end_ms);
	status = json_set(out, "status", json_new_object());
	json_set_int(status, "code", s->error ? 2 : 1);
	if (s->error)
		json_set_str(status, "message", s->error);
	attributes = json_set(out, "attributes", json_new_array());
	json_set_str(type, "stringValue", s->type);
	attribute(attributes, "mlflow.spanType", type);
	if (s->inputs)
		attribute(attributes, "mlflow.spanInputs", any_value(s->inputs));
	if (s->outputs)
		attribute(attributes, "mlflow.spanOutputs", any_value(s->outputs));
	return out;
}

struct json *mlflow_otlp_json(const struct mlflow_traces *traces, size_t from, size_t to)
{
	struct json *body = json_new_object(), *resource, *scope, *spans;

	resource = json_push(json_set(body, "resourceSpans", json_new_array()), json_new_object());
	scope = json_push(json_set(resource, "scopeSpans", json_new_array()), json_new_object());
	spans = json_set(scope, "spans", json_new_array());
	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < traces->v[i].nspans; k++)
			json_push(spans, otlp_span(&traces->v[i], k));
	return body;
}

/* ---- traces.json ---- */

static void add_base64_id(struct json *out, const char *key, const char *hex)
{
	unsigned char bytes[16];
	size_t n = 0;
	struct str text = STR_INIT;

	for (; hex[0] && hex[1] && n < sizeof(bytes); hex += 2) {
		char two[3] = { hex[0], hex[1], '\0' };

		bytes[n++] = (unsigned char)strtoul(two, NULL, 16);
	}
	base64_add(&text, bytes, n);
	json_set_str(out, key, str_text(&text));
	str_free(&text);
}

/* Each attribute's value is a JSON text. */
static void set_json_text(struct json *out, const char *key, const struct json *value)
{
	struct str text = STR_INIT;

	json_print(value, &text);
	json_set_str(out, key, str_text(&text));
	str_free(&text);
}

static void set_quoted(struct json *out, const char *key, const char *value)
{
	struct json *text = json_new_str(value);

	set_json_text(out, key, text);
	json_free(text);
}

static void set_nanoseconds(struct json *out, const char *key, int64_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64 "000000", ms);
	json_set(out, key, json_new_number_text(text));
}

static struct json *file_span(const struct mlflow_trace *t, size_t i)
{
	const struct mlflow_span *s = &t->spans[i];
	struct json *out = json_new_object(), *status, *attributes;
	char id[MLFLOW_SPAN_ID_SIZE];

	add_base64_id(out, "trace_id", t->id + strlen("tr-"));
	mlflow_span_id(t->id, i, id);
	add_base64_id(out, "span_id", id);
	json_set(out, "parent_span_id", json_new_null());
	if (s->parent >= 0) {
		mlflow_span_id(t->id, (size_t)s->parent, id);
		add_base64_id(out, "parent_span_id", id);
	}
	json_set_str(out, "name", s->name);
	set_nanoseconds(out, "start_time_unix_nano", s->start_ms);
	set_nanoseconds(out, "end_time_unix_nano", s->end_ms);
	json_set(out, "events", json_new_array());
	status = json_set(out, "status", json_new_object());
	json_set_str(status, "code", s->error ? "STATUS_CODE_ERROR" : "STATUS_CODE_OK");
	json_set_str(status, "message", s->error ? s->error : "");
	attributes = json_set(out, "attributes", json_new_object());
	set_quoted(attributes, "mlflow.traceRequestId", t->id);
	set_quoted(attributes, "mlflow.spanType", s->type);
	if (s->inputs)
		set_json_text(attributes, "mlflow.spanInputs", s->inputs);
	if (s->outputs)
		set_json_text(attributes, "mlflow.spanOutputs", s->outputs);
	return out;
}

struct json *mlflow_spans_file(const struct mlflow_trace *trace)
{
	struct json *file = json_new_object(), *spans = json_set(file, "spans", json_new_array());

	for (size_t i = 0; i < trace->nspans; i++)
		json_push(spans, file_span(trace, i));
	return file;
}

/* ---- sending ---- */

enum mlflow_spans mlflow_spans_way(struct mlflow *mlflow)
{
	struct mlflow_request request = { .path = "/version", .bytes = true };
	struct dbx_reply reply;
	struct err ignored = { ERR_NONE, "" };
	enum mlflow_spans way = MLFLOW_SPANS_NONE;
	int major = 0, minor = 0;

	if (mlflow_is_databricks(mlflow))
		return way;
	if (mlflow_fetch(mlflow, &request, &reply, &ignored) &&
		sscanf(str_text(&reply.raw), "%4d.%4d", &major, &minor) == 2 &&
		(major > 3 || (major == 3 && minor >= 12)))
		way = MLFLOW_SPANS_BATCH;
	else
		log_debug("the server takes no spans as OTLP with JSON (that came with 3.12)");
	dbx_reply_free(&reply);
	return way;
}

static bool log_batch(struct mlflow *mlflow, const struct mlflow_traces *traces, size_t from,
	size_t to, struct err *err)
{
	struct json *body = mlflow_otlp_json(traces, from, to);
	struct str text = STR_INIT;
	struct mlflow_request request = { .method = "POST", .path = "/v1/traces", .safe = true,
		.header_experiment = traces->experiment, .bytes = true };
	struct dbx_reply reply;
	bool ok;

	json_print(body, &text);
	request.raw = text.s;
	request.nraw = text.n;
	ok = mlflow_fetch(mlflow, &request, &reply, err) || err_wrap(err, "spans");
	dbx_reply_free(&reply);
	str_free(&text);
	json_free(body);
	return ok;
}

static bool log_file(struct mlflow *mlflow, const struct mlflow_traces *traces,
	const struct mlflow_trace *trace, struct err *err)
{
	struct mlflow_place place = { .owner = MLFLOW_OF_TRACE, .id = trace->id,
		.experiment = traces->experiment };
	struct json *file = mlflow_spans_file(trace);
	struct str text = STR_INIT, root = STR_INIT;
	struct mlflow_file one = { .path = "traces.json" };
	bool ok;

	str_addf(&root, "mlflow-artifacts:/%s/traces/%s/artifacts", traces->experiment, trace->id);
	place.root = mlflow_is_databricks(mlflow) ? "dbfs:/databricks/mlflow" : str_text(&root);
	json_print(file, &text);
	one.data = text.s;
	one.n = text.n;
	ok = mlflow_put(mlflow, &place, &one, 1, err);
	str_free(&text);
	str_free(&root);
	json_free(file);
	return ok;
}

bool mlflow_spans_log(struct mlflow *mlflow, const struct mlflow_traces *traces,
	enum mlflow_spans way, struct err *err)
{
	bool ok = true;

	if (way == MLFLOW_SPANS_BATCH)
		for (size_t i = 0; ok && i < traces->n; i += BATCH_TRACES)
			ok = log_batch(mlflow, traces, i,
				i + BATCH_TRACES < traces->n ? i + BATCH_TRACES : traces->n, err);
	else if (way == MLFLOW_SPANS_EACH)
		for (size_t i = 0; ok && i < traces->n; i++)
			ok = log_file(mlflow, traces, &traces->v[i], err);
	return ok;
}
