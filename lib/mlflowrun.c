#include "mlflowrun.h"

#include "clock.h"
#include "json.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define CREATE_TRIES 3
#define CREATE_WAIT_MS 500

void mlflow_run_free(struct mlflow_run *run)
{
	free(run->id);
	free(run->experiment);
	free(run->name);
	free(run->artifacts);
	free(run->status);
	memset(run, 0, sizeof(*run));
}

static bool take(const struct json *one, struct mlflow_run *run, struct err *err)
{
	const struct json *info = json_get(one, "info");
	const char *id = info ? json_need_str(info, "run_id", err) : NULL;

	if (!info)
		return err_set(err, ERR_UNAVAILABLE, "MLflow's answer holds no run");
	if (!id)
		return false;
	run->id = xstrdup(id);
	run->experiment = xstrdup(json_str_or(info, "experiment_id", ""));
	run->name = xstrdup(json_str_or(info, "run_name", ""));
	run->artifacts = xstrdup(json_str_or(info, "artifact_uri", ""));
	run->status = xstrdup(json_str_or(info, "status", ""));
	return true;
}

/* ---- finding ---- */

bool mlflow_run_find(struct mlflow *mlflow, const char *experiment, const char *uuid,
	struct mlflow_run *run, struct err *err)
{
	struct json *body = json_new_object(), *runs;
	struct str filter = STR_INIT;
	bool ok;

	str_add(&filter, "tags.`" MLFLOW_UUID_TAG "` = ");
	mlflow_quote(&filter, uuid);
	json_push_str(json_set(body, "experiment_ids", json_new_array()), experiment);
	json_set_str(body, "filter", str_text(&filter));
	json_set_str(body, "run_view_type", "ACTIVE_ONLY");
	json_set_int(body, "max_results", 2);
	runs = mlflow_pages(mlflow, "/api/2.0/mlflow/runs/search", body, "runs", 2, err);
	ok = runs && (!json_len(runs) || take(json_at(runs, 0), run, err));
	run->found = run->id != NULL;
	json_free(runs);
	json_free(body);
	str_free(&filter);
	return ok;
}

bool mlflow_run_get(struct mlflow *mlflow, const char *id, struct mlflow_run *run,
	struct json **all, struct err *err)
{
	char *path = mlflow_query("/api/2.0/mlflow/runs/get", "run_id", id, NULL);
	struct json *answer = mlflow_get(mlflow, path, err);
	bool ok = answer && take(json_get(answer, "run"), run, err);

	free(path);
	if (ok && all)
		*all = answer;
	else
		json_free(answer);
	return ok;
}

/* ---- creating ---- */

static struct json *new_body(const struct mlflow_new_run *n)
{
	struct json *body = json_new_object(), *tags = mlflow_kv_json(n->tags, n->ntags), *one;

	json_set_str(body, "experiment_id", n->experiment);
	json_set_str(body, "run_name", n->name);
	json_set_int(body, "start_time", n->start_ms);
	one = json_push(tags, json_new_object());
	json_set_str(one, "key", MLFLOW_UUID_TAG);
	json_set_str(one, "value", n->uuid);
	json_set(body, "tags", tags);
	return body;
}

static bool create(struct mlflow *mlflow, const struct json *body, struct mlflow_run *run,
	struct err *err)
{
	struct mlflow_request request = { .method = "POST", .body = body,
		.path = "/api/2.0/mlflow/runs/create" };
	struct dbx_reply reply;
	bool ok = mlflow_fetch(mlflow, &request, &reply, err) &&
		take(json_get(reply.body, "run"), run, err);

	dbx_reply_free(&reply);
	return ok;
}

bool mlflow_run_open(struct mlflow *mlflow, const struct mlflow_new_run *n,
	struct mlflow_run *run, struct err *err)
{
	struct json *body = new_body(n);
	bool ok = false;

	for (int i = 0; i < CREATE_TRIES; i++) {
		if (i)
			clock_sleep_ms(CREATE_WAIT_MS * i);
		/* A create that got no answer may have worked: look before each. */
		ok = (n->fresh && !i) || mlflow_run_find(mlflow, n->experiment, n->uuid, run, err);
		if (!ok || run->id)
			break;
		ok = create(mlflow, body, run, err);
		if (ok || err->code != ERR_TEMP)
			break;
	}
	json_free(body);
	return ok;
}

/* ---- logging ---- */

static bool post(struct mlflow *mlflow, const char *path, const struct json *body, struct err *err)
{
	struct json *answer = mlflow_post(mlflow, path, body, err);

	json_free(answer);
	return answer != NULL;
}

bool mlflow_run_log(struct mlflow *mlflow, const char *id, const struct mlflow_batch *batch,
	struct err *err)
{
	struct json *body;
	bool ok = mlflow_batch_check(batch, err);

	for (size_t n = 0; ok && (body = mlflow_batch_body(batch, id, n)); n++) {
		ok = post(mlflow, "/api/2.0/mlflow/runs/log-batch", body, err);
		json_free(body);
	}
	return ok;
}

static const struct json *entry(const struct json *list, const char *key)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (streq(json_str_or(one, "key", ""), key))
			return one;
	return NULL;
}

static bool same_texts(const struct json *list, const struct mlflow_kv *kv, size_t n,
	const char *what, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct json *one = entry(list, kv[i].key);

		if (!one || !streq(json_str_or(one, "value", ""), kv[i].value))
			return err_set(err, ERR_UNAVAILABLE, "%s %s was sent as \"%.100s\" and "
				"%s%.100s%s",
				what, kv[i].key, kv[i].value, one ? "reads back as \"" :
				"is not there",
				one ? json_str_or(one, "value", "") : "", one ? "\"" : "");
	}
	return true;
}

static bool same_metrics(const struct json *list, const struct mlflow_batch *b, struct err *err)
{
	for (size_t i = 0; i < b->nmetrics; i++) {
		const struct mlflow_metric *m = &b->metrics[i];
		const struct json *one = entry(list, m->key), *value = json_get(one, "value");

		if (!one || !mlflow_number_is(value, m->value))
			return err_set(err, ERR_UNAVAILABLE, "metric %s was sent as %.17g and "
				"%s%s", m->key,
				m->value, one ? "reads back as " : "is not there", !one ? "" :
				json_text(value) ? json_text(value) : json_number_text(value) ?
				json_number_text(value) : "nothing");
	}
	return true;
}

bool mlflow_run_verify(struct mlflow *mlflow, const char *id, const struct mlflow_batch *b,
	struct err *err)
{
	struct mlflow_run run = { 0 };
	struct json *all = NULL;
	bool ok = mlflow_run_get(mlflow, id, &run, &all, err);

	ok = ok && same_texts(json_dig(all, "run.data.params"), b->params, b->nparams, "param",
		err) &&
		same_texts(json_dig(all, "run.data.tags"), b->tags, b->ntags, "tag", err) &&
		same_metrics(json_dig(all, "run.data.metrics"), b, err);
	if (!ok)
		err_wrap(err, "run %s", id);
	mlflow_run_free(&run);
	json_free(all);
	return ok;
}

bool mlflow_run_end(struct mlflow *mlflow, const char *id, const char *status, int64_t end_ms,
	struct err *err)
{
	struct json *body = json_new_object(), *answer;
	const char *now;
	bool ok;

	json_set_str(body, "run_id", id);
	json_set_str(body, "status", status);
	json_set_int(body, "end_time", end_ms);
	answer = mlflow_post(mlflow, "/api/2.0/mlflow/runs/update", body, err);
	now = json_str_or(json_get(answer, "run_info"), "status", "");
	ok = answer && (streq(now, status) || err_set(err, ERR_UNAVAILABLE,
		"run %s: status %s was sent and reads back as \"%s\"", id, status, now));
	json_free(answer);
	json_free(body);
	return ok;
}

static const char schema[] = "{\"mlflow_colspec\":["
	"{\"type\":\"string\",\"name\":\"question\",\"required\":true},"
	"{\"type\":\"string\",\"name\":\"expected_sql\",\"required\":true}]}";

static struct json *dataset_input(const struct mlflow_dataset *d)
{
	static const struct mlflow_kv context = { "mlflow.data.context", "eval" };
	struct json *input = json_new_object(), *set;
	char *profile = xasprintf("{\"num_rows\":%lld}", (long long)d->rows);

	json_set(input, "tags", mlflow_kv_json(&context, 1));
	set = json_set(input, "dataset", json_new_object());
	json_set_str(set, "name", d->name);
	json_set_str(set, "digest", d->digest);
	json_set_str(set, "source_type", d->source_type);
	json_set_str(set, "source", d->source);
	json_set_str(set, "schema", schema);
	json_set_str(set, "profile", profile);
	free(profile);
	return input;
}

bool mlflow_run_inputs(struct mlflow *mlflow, const char *id, const struct mlflow_dataset *d,
	const char *model_id, struct err *err)
{
	struct json *body = json_new_object();
	bool ok;

	if (d && strlen(d->digest) > MLFLOW_MAX_DIGEST)
		BUG("a dataset's digest has at most %d bytes", MLFLOW_MAX_DIGEST);
	json_set_str(body, "run_id", id);
	if (d)
		json_push(json_set(body, "datasets", json_new_array()), dataset_input(d));
	if (model_id)
		json_set_str(json_push(json_set(body, "models", json_new_array()),
			json_new_object()), "model_id", model_id);
	ok = post(mlflow, "/api/2.0/mlflow/runs/log-inputs", body, err);
	json_free(body);
	return ok;
}

bool mlflow_run_output(struct mlflow *mlflow, const char *id, const char *model_id, int64_t step,
	struct err *err)
{
	struct json *body = json_new_object(), *one;
	struct mlflow_request request = { .method = "POST", .body = body, .safe = true,
		.path = "/api/2.0/mlflow/runs/outputs" };
	struct dbx_reply reply;
	bool ok;

	json_set_str(body, "run_id", id);
	one = json_push(json_set(body, "models", json_new_array()), json_new_object());
	json_set_str(one, "model_id", model_id);
	json_set_int(one, "step", step);
	ok = mlflow_fetch(mlflow, &request, &reply, err) ||
		(reply.status == 400 && stristr(reply.message, "UNIQUE constraint")) ||
		mlflow_exists(&reply);
	dbx_reply_free(&reply);
	json_free(body);
	return ok;
}
