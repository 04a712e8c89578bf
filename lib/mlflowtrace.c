#include "mlflowtrace.h"

#include "clock.h"
#include "json.h"
#include "str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3
#define ROUND_WAIT_MS 500
#define SETTLE_MS 1000
#define SETTLE_LOOKS 8
#define SEARCH_PAGE 500

/* ---- what is sent ---- */

static void set_cut(struct json *out, const char *key, const char *text, size_t most)
{
	size_t n = text ? strlen(text) : 0;

	json_set(out, key, json_new_strn(text ? text : "", n > most ? utf8_fit(text, most) : n));
}

static void set_map(struct json *out, const char *key, const struct mlflow_kv *kv, size_t n,
	size_t most)
{
	struct json *map = json_set(out, key, json_new_object());

	for (size_t i = 0; i < n; i++)
		set_cut(map, kv[i].key, kv[i].value, most);
}

static void set_time(struct json *out, const char *key, int64_t ms)
{
	char text[CLOCK_RFC3339_SIZE];

	json_set_str(out, key, clock_rfc3339(ms, text));
}

static void set_feedback(struct json *out, const struct mlflow_assessment *a)
{
	struct json *feedback = json_set(out, "feedback", json_new_object()), *error;

	json_set_str(feedback, "value", a->value);
	if (a->value)
		return;
	error = json_set(feedback, "error", json_new_object());
	json_set_str(error, "error_code", "JUDGE_ERROR");
	set_cut(error, "error_message", a->error ? a->error : "no verdict", 4000);
}

struct json *mlflow_assessment_json(const struct mlflow_traces *traces,
	const struct mlflow_trace *t, const struct mlflow_assessment *a)
{
	struct json *out = json_new_object(), *source, *meta;
	char span[MLFLOW_SPAN_ID_SIZE], id[MLFLOW_TRACE_ID_SIZE];

	mlflow_assessment_id(t->id, a, id);
	if (traces->ids)
		json_set_str(out, "assessment_id", id);
	json_set_str(out, "assessment_name", a->name);
	json_set_str(out, "trace_id", t->id);
	mlflow_span_id(t->id, 0, span);
	json_set_str(out, "span_id", span);
	source = json_set(out, "source", json_new_object());
	json_set_str(source, "source_type", a->source_type);
	json_set_str(source, "source_id", a->source_id);
	if (a->expectation)
		json_set_str(json_set(out, "expectation", json_new_object()), "value",
			a->value ? a->value : "");
	else
		set_feedback(out, a);
	if (a->rationale)
		set_cut(out, "rationale", a->rationale, 60000);
	set_map(out, "metadata", a->metadata, a->nmetadata, 4096);
	meta = json_get(out, "metadata");
	json_set_str(meta, "mlflow.assessment.sourceRunId", traces->run);
	set_time(out, "create_time", t->start_ms + t->duration_ms);
	set_time(out, "last_update_time", t->start_ms + t->duration_ms);
	return out;
}

static void set_duration(struct json *out, int64_t ms)
{
	char text[40];

	snprintf(text, sizeof(text), "%" PRId64 ".%03ds", ms / 1000, (int)(ms % 1000));
	json_set_str(out, "execution_duration", text);
}

struct json *mlflow_trace_json(const struct mlflow_traces *traces, const struct mlflow_trace *t)
{
	struct json *body = json_new_object(), *info, *place, *meta, *list;

	info = json_set(json_set(body, "trace", json_new_object()), "trace_info",
		json_new_object());
	json_set_str(info, "trace_id", t->id);
	set_cut(info, "client_request_id", t->request_id, 50);
	place = json_set(info, "trace_location", json_new_object());
	json_set_str(place, "type", "MLFLOW_EXPERIMENT");
	json_set_str(json_set(place, "mlflow_experiment", json_new_object()), "experiment_id",
		traces->experiment);
	set_cut(info, "request_preview", t->request, MLFLOW_MAX_PREVIEW);
	set_cut(info, "response_preview", t->response, MLFLOW_MAX_PREVIEW);
	set_time(info, "request_time", t->start_ms);
	set_duration(info, t->duration_ms);
	json_set_str(info, "state", t->ok ? "OK" : "ERROR");
	set_map(info, "trace_metadata", t->metadata, t->nmetadata, MLFLOW_MAX_TRACE_META);
	meta = json_get(info, "trace_metadata");
	json_set_str(meta, "mlflow.trace_schema.version", "3");
	json_set_str(meta, "mlflow.sourceRun", traces->run);
	set_cut(meta, "mlflow.traceInputs", t->request, MLFLOW_MAX_TRACE_META);
	set_cut(meta, "mlflow.traceOutputs", t->response, MLFLOW_MAX_TRACE_META);
	set_map(info, "tags", t->tags, t->ntags, 4096);
	list = json_set(info, "assessments", json_new_array());
	for (size_t i = 0; i < t->nassessments; i++)
		json_push(list, mlflow_assessment_json(traces, t, &t->assessments[i]));
	return body;
}

/* ---- what is there ---- */

static struct json *present(struct mlflow *mlflow, const struct mlflow_traces *traces,
	struct err *err)
{
	struct json *body = json_new_object(), *place, *found;
	struct str filter = STR_INIT;

	place = json_push(json_set(body, "locations", json_new_array()), json_new_object());
	json_set_str(place, "type", "MLFLOW_EXPERIMENT");
	json_set_str(json_set(place, "mlflow_experiment", json_new_object()), "experiment_id",
		traces->experiment);
	str_add(&filter, "attributes.run_id = ");
	mlflow_quote(&filter, traces->run);
	json_set_str(body, "filter", str_text(&filter));
	json_set_int(body, "max_results", SEARCH_PAGE);
	found = mlflow_pages(mlflow, "/api/3.0/mlflow/traces/search", body, "traces", 1000000, err);
	json_free(body);
	str_free(&filter);
	return found;
}

static size_t how_much(const struct json *found)
{
	size_t n = json_len(found);

	for (const struct json *t = json_first(found); t; t = json_next(t))
		n += json_len(json_get(t, "assessments"));
	return n;
}

/* What is there once nothing comes in any more: a process that was killed may have requests
 * under way. */
static struct json *settled(struct mlflow *mlflow, const struct mlflow_traces *traces,
	struct err *err)
{
	struct json *before = NULL, *now = NULL;
	bool same = false;

	for (int i = 0; i < SETTLE_LOOKS && !same; i++) {
		clock_sleep_ms(SETTLE_MS);
		now = present(mlflow, traces, err);
		same = !now || (before && how_much(now) == how_much(before));
		json_free(before);
		before = now;
	}
	return now;
}

static const struct json *trace_of(const struct json *found, const char *id)
{
	for (const struct json *t = json_first(found); t; t = json_next(t))
		if (streq(json_str_or(t, "trace_id", ""), id))
			return t;
	return NULL;
}

/* An assessment of this run with this name and source, behind `after` (NULL: the first). */
static const struct json *next_assessment(const struct json *there, const char *run,
	const struct mlflow_assessment *a, const struct json *after)
{
	for (const struct json *one = after ? json_next(after) :
		json_first(json_get(there, "assessments")); one; one = json_next(one)) {
		const struct json *source = json_get(one, "source");
		const struct json *meta = json_get(one, "metadata");

		if (streq(json_str_or(one, "assessment_name", ""), a->name) &&
			streq(json_str_or(source, "source_id", ""), a->source_id) &&
			streq(json_str_or(meta, "mlflow.assessment.sourceRunId", ""), run))
			return one;
	}
	return NULL;
}

static const struct json *assessment_of(const struct json *there, const char *run,
	const struct mlflow_assessment *a)
{
	return next_assessment(there, run, a, NULL);
}

static bool same(const char *id, const char *field, const char *sent, const char *got,
	struct err *err)
{
	return streq(sent, got) || err_set(err, ERR_UNAVAILABLE,
		"trace %s: %s was sent as \"%.100s\" and reads back as \"%.100s\"", id, field, sent,
		got ? got : "(nothing)");
}

static bool same_assessment(const struct mlflow_trace *t, const struct mlflow_assessment *a,
	const struct json *there, struct err *err)
{
	const struct json *value = json_dig(there, a->expectation ? "expectation.value" :
		"feedback.value");

	if (!there)
		return err_set(err, ERR_TEMP, "trace %s: assessment %s was sent and is not there",
			t->id, a->name);
	return !a->value || same(t->id, a->name, a->value, json_text(value), err);
}

static bool same_trace(const struct mlflow_traces *traces, const struct mlflow_trace *t,
	const struct json *found, struct err *err)
{
	const struct json *there = trace_of(found, t->id);
	struct json *body, *info;
	bool ok;

	if (!there)
		return err_set(err, ERR_TEMP, "trace %s was sent and is not there", t->id);
	body = mlflow_trace_json(traces, t);
	info = json_dig(body, "trace.trace_info");
	ok = same(t->id, "state", json_str_or(info, "state", ""), json_str_or(there, "state", ""),
		err) &&
		same(t->id, "request_preview", json_str_or(info, "request_preview", ""),
			json_str_or(there, "request_preview", ""), err);
	json_free(body);
	for (size_t i = 0; ok && i < t->nassessments; i++)
		ok = same_assessment(t, &t->assessments[i],
			assessment_of(there, traces->run, &t->assessments[i]), err);
	return ok;
}

/* ---- sending ---- */

struct sending {
	bool *acked;    /* by trace: what was sent for it has arrived */
	struct err err; /* the first failure that is worth telling */
};

struct one_sent {
	struct sending *s;
	size_t trace;
};

static void sent(void *ctx, struct dbx_reply *reply)
{
	struct one_sent *one = ctx;
	struct sending *s = one->s;

	if (reply->err.code)
		s->acked[one->trace] = false;
	/* One for good outweighs those that may pass. */
	if (reply->err.code && (!s->err.code || s->err.code == ERR_TEMP))
		s->err = reply->err;
	free(one);
}

static void send_body(struct mlflow *mlflow, const char *path, struct json *body,
	struct sending *s, size_t trace)
{
	struct mlflow_request request = { .method = "POST", .path = path, .body = body };
	struct one_sent *one = xcalloc(1, sizeof(*one));

	one->s = s;
	one->trace = trace;
	mlflow_send(mlflow, &request, sent, one);
	json_free(body);
}

static void send_assessments(struct mlflow *mlflow, const struct mlflow_traces *traces, size_t i,
	const struct json *there, struct sending *s)
{
	const struct mlflow_trace *t = &traces->v[i];
	char *path = xasprintf("/api/3.0/mlflow/traces/%s/assessments", t->id);

	for (size_t k = 0; k < t->nassessments; k++) {
		struct json *body;

		if (assessment_of(there, traces->run, &t->assessments[k]))
			continue;
		body = json_new_object();
		json_set(body, "assessment", mlflow_assessment_json(traces, t, &t->assessments[k]));
		send_body(mlflow, path, body, s, i);
	}
	free(path);
}

/* What has been acknowledged is not sent again even when a search does not show it yet. */
static void send_missing(struct mlflow *mlflow, const struct mlflow_traces *traces,
	const struct json *found, struct sending *s)
{
	for (size_t i = 0; i < traces->n; i++) {
		const struct json *there = trace_of(found, traces->v[i].id);

		if (s->acked[i])
			continue;
		s->acked[i] = true;
		if (there)
			send_assessments(mlflow, traces, i, there, s);
		else
			send_body(mlflow, "/api/3.0/mlflow/traces",
				mlflow_trace_json(traces, &traces->v[i]), s, i);
	}
	mlflow_wait(mlflow);
}

static bool all_there(const struct mlflow_traces *traces, const struct json *found,
	struct err *err)
{
	for (size_t i = 0; i < traces->n; i++)
		if (!same_trace(traces, &traces->v[i], found, err))
			return false;
	return true;
}

static bool drop(struct mlflow *mlflow, const char *trace, const char *assessment,
	struct err *err)
{
	char *path = xasprintf("/api/3.0/mlflow/traces/%s/assessments/%s", trace, assessment);
	struct mlflow_request request = { .method = "DELETE", .path = path, .bytes = true };
	struct dbx_reply reply;
	bool ok = mlflow_fetch(mlflow, &request, &reply, err) || mlflow_missing(&reply);

	if (ok)
		err_clear(err);
	dbx_reply_free(&reply);
	free(path);
	return ok;
}

/* A process that was killed may have had requests under way that arrived after we looked:
 * what is there twice because of that goes. */
static bool drop_doubles(struct mlflow *mlflow, const struct mlflow_traces *traces,
	const struct json *found, struct err *err)
{
	bool ok = true;

	for (size_t i = 0; i < traces->n; i++) {
		const struct mlflow_trace *t = &traces->v[i];
		const struct json *there = trace_of(found, t->id);

		for (size_t k = 0; k < t->nassessments; k++) {
			const struct mlflow_assessment *a = &t->assessments[k];
			const struct json *one = assessment_of(there, traces->run, a);

			while (ok && one && (one = next_assessment(there, traces->run, a, one)))
				ok = drop(mlflow, t->id, json_str_or(one, "assessment_id", ""),
					err);
		}
	}
	return ok;
}

bool mlflow_traces_log(struct mlflow *mlflow, const struct mlflow_traces *traces, struct err *err)
{
	struct json *found;
	struct sending s = { .acked = xcalloc(traces->n + 1, sizeof(bool)) };
	bool ok = false;

	found = traces->fresh ? json_new_array() : settled(mlflow, traces, err);
	for (int round = 0; found && round < ROUNDS; round++) {
		err_clear(&s.err);
		if (round)
			clock_sleep_ms(ROUND_WAIT_MS * round);
		send_missing(mlflow, traces, found, &s);
		json_free(found);
		/* What got no answer may have arrived: the server tells. */
		found = present(mlflow, traces, err);
		ok = found && all_there(traces, found, err);
		if (ok || !found || err->code != ERR_TEMP)
			break;
		if (s.err.code)
			*err = s.err;
		if (s.err.code && s.err.code != ERR_TEMP)
			break;
	}
	ok = ok && (traces->fresh || drop_doubles(mlflow, traces, found, err));
	json_free(found);
	free(s.acked);
	return ok;
}

bool mlflow_traces_once(struct mlflow *mlflow, const struct mlflow_traces *traces,
	struct err *err)
{
	struct json *found;
	bool ok;

	clock_sleep_ms(SETTLE_MS);
	found = present(mlflow, traces, err);
	ok = found && drop_doubles(mlflow, traces, found, err);
	json_free(found);
	return ok;
}
