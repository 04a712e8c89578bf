#include "mlflowmodel.h"

#include "clock.h"
#include "json.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define CREATE_TRIES 3
#define CREATE_WAIT_MS 500
#define PAGE 50 /* documented limit of max_results */

void mlflow_model_free(struct mlflow_model *m)
{
	free(m->id);
	free(m->experiment);
	free(m->name);
	free(m->artifacts);
	free(m->source_run);
	free(m->status);
	memset(m, 0, sizeof(*m));
}

char *mlflow_model_name(const char *text)
{
	char *out = xstrdup(text);

	for (char *p = out; *p; p++)
		if (strchr("/:.%\"'", *p))
			*p = '-';
	return out;
}

static bool take(const struct json *one, struct mlflow_model *m, struct err *err)
{
	const struct json *info = json_get(one, "info");
	const char *id = info ? json_need_str(info, "model_id", err) : NULL;

	if (!info)
		return err_set(err, ERR_UNAVAILABLE, "MLflow's answer holds no model");
	if (!id)
		return false;
	m->id = xstrdup(id);
	m->experiment = xstrdup(json_str_or(info, "experiment_id", ""));
	m->name = xstrdup(json_str_or(info, "name", ""));
	m->artifacts = xstrdup(json_str_or(info, "artifact_uri", ""));
	m->source_run = xstrdup(json_str_or(info, "source_run_id", ""));
	m->status = xstrdup(json_str_or(info, "status", ""));
	return true;
}

/* ---- finding ---- */

struct json *mlflow_model_search(struct mlflow *mlflow, const char *experiment,
	const char *filter, const char *order_by, size_t most, struct err *err)
{
	struct json *body = json_new_object(), *models, *order;
	bool down = order_by && ends_with(order_by, " DESC");

	json_push_str(json_set(body, "experiment_ids", json_new_array()), experiment);
	if (filter)
		json_set_str(body, "filter", filter);
	json_set_int(body, "max_results", most < PAGE ? (int64_t)most : PAGE);
	if (order_by) {
		char *field = xstrndup(order_by, strcspn(order_by, " "));

		order = json_push(json_set(body, "order_by", json_new_array()), json_new_object());
		json_set_str(order, "field_name", field);
		json_set_bool(order, "ascending", !down);
		free(field);
	}
	models = mlflow_pages(mlflow, "/api/2.0/mlflow/logged-models/search", body, "models", most,
		err);
	json_free(body);
	return models;
}

bool mlflow_model_of_run(struct mlflow *mlflow, const char *experiment, const char *run,
	struct mlflow_model *m, struct err *err)
{
	struct str filter = STR_INIT;
	struct json *models;
	bool ok;

	str_add(&filter, "source_run_id = ");
	mlflow_quote(&filter, run);
	models = mlflow_model_search(mlflow, experiment, str_text(&filter), NULL, 2, err);
	ok = models && (!json_len(models) || take(json_at(models, 0), m, err));
	m->found = m->id != NULL;
	json_free(models);
	str_free(&filter);
	return ok;
}

static char *model_path(const char *id, const char *rest)
{
	struct str out = STR_INIT;

	str_add(&out, "/api/2.0/mlflow/logged-models/");
	for (const char *p = id; *p; p++) /* ids are plain words; anything else must not leave */
		str_addc(&out, strchr("/?#%", *p) ? '_' : *p);
	str_add(&out, rest);
	return str_take(&out);
}

bool mlflow_model_get(struct mlflow *mlflow, const char *id, struct mlflow_model *m,
	struct json **all, struct err *err)
{
	char *path = model_path(id, "");
	struct json *answer = mlflow_get(mlflow, path, err);
	bool ok = answer && take(json_get(answer, "model"), m, err);

	free(path);
	if (ok && all)
		*all = answer;
	else
		json_free(answer);
	return ok;
}

/* ---- creating ---- */

static struct json *new_body(const struct mlflow_new_model *n)
{
	struct json *body = json_new_object(), *tags, *one;

	json_set_str(body, "experiment_id", n->experiment);
	json_set_str(body, "name", n->name);
	json_set_str(body, "model_type", "genie-space");
	json_set_str(body, "source_run_id", n->source_run);
	json_set(body, "params", mlflow_kv_json(n->values->params, n->values->nparams));
	tags = json_set(body, "tags", mlflow_kv_json(n->values->tags, n->values->ntags));
	one = json_push(tags, json_new_object());
	json_set_str(one, "key", "mlflow.model.isExternal");
	json_set_str(one, "value", "true");
	return body;
}

static bool create(struct mlflow *mlflow, const struct json *body, struct mlflow_model *m,
	struct err *err)
{
	struct mlflow_request request = { .method = "POST", .body = body,
		.path = "/api/2.0/mlflow/logged-models" };
	struct dbx_reply reply;
	bool ok = mlflow_fetch(mlflow, &request, &reply, err) &&
		take(json_get(reply.body, "model"), m, err);

	dbx_reply_free(&reply);
	return ok;
}

bool mlflow_model_open(struct mlflow *mlflow, const struct mlflow_new_model *n,
	struct mlflow_model *m, struct err *err)
{
	struct json *body;
	bool ok = mlflow_batch_check(n->values, err);

	if (ok && n->values->nparams > MLFLOW_BATCH_PARAMS)
		ok = err_set(err, ERR_DATA, "a model takes at most %d params here",
			MLFLOW_BATCH_PARAMS);
	if (!ok)
		return false;
	body = new_body(n);
	for (int i = 0; i < CREATE_TRIES; i++) {
		if (i)
			clock_sleep_ms(CREATE_WAIT_MS * i);
		ok = (n->fresh && !i) ||
			mlflow_model_of_run(mlflow, n->experiment, n->source_run, m, err);
		if (!ok || m->id)
			break;
		ok = create(mlflow, body, m, err);
		if (ok || err->code != ERR_TEMP)
			break;
	}
	json_free(body);
	return ok;
}

/* ---- changing ---- */

static struct json *patch(struct mlflow *mlflow, const char *path, const struct json *body,
	struct err *err)
{
	struct mlflow_request request = { .method = "PATCH", .path = path, .body = body,
		.safe = true };
	struct dbx_reply reply;
	struct json *out = mlflow_fetch(mlflow, &request, &reply, err) ? reply.body : NULL;

	if (out)
		reply.body = NULL;
	dbx_reply_free(&reply);
	return out;
}

bool mlflow_model_ready(struct mlflow *mlflow, const char *id, struct err *err)
{
	char *path = model_path(id, "");
	struct json *body = json_new_object(), *answer;
	const char *status;
	bool ok;

	json_set_str(body, "model_id", id);
	json_set_str(body, "status", "LOGGED_MODEL_READY");
	answer = patch(mlflow, path, body, err);
	status = json_text(json_dig(answer, "model.info.status"));
	ok = answer && (streq(status, "LOGGED_MODEL_READY") || err_set(err, ERR_UNAVAILABLE,
		"model %s: status LOGGED_MODEL_READY was sent and reads back as %s", id,
		status ? status : "nothing"));
	json_free(answer);
	json_free(body);
	free(path);
	return ok;
}

bool mlflow_model_tag(struct mlflow *mlflow, const char *id, const struct mlflow_kv *tags,
	size_t n, struct err *err)
{
	struct mlflow_batch batch = { 0 };
	char *path = model_path(id, "/tags");
	struct json *body = json_new_object(), *answer = NULL;
	bool ok;

	for (size_t i = 0; i < n; i++)
		mlflow_batch_tag(&batch, tags[i].key, tags[i].value);
	json_set_str(body, "model_id", id);
	json_set(body, "tags", mlflow_kv_json(tags, n));
	ok = mlflow_batch_check(&batch, err) && (answer = patch(mlflow, path, body, err)) &&
		mlflow_model_verify(mlflow, id, &batch, err);
	mlflow_batch_free(&batch);
	json_free(answer);
	json_free(body);
	free(path);
	return ok;
}

/* ---- reading back ---- */

static bool has(const struct json *list, const struct mlflow_kv *kv, const char *what,
	struct err *err)
{
	const char *found = NULL;

	for (const struct json *one = json_first(list); one && !found; one = json_next(one))
		if (streq(json_str_or(one, "key", ""), kv->key))
			found = json_str_or(one, "value", "");
	return streq(found, kv->value) || err_set(err, ERR_UNAVAILABLE,
		"%s %s was sent as \"%.100s\" and %s%.100s", what, kv->key, kv->value,
		found ? "reads back as " : "is not there", found ? found : "");
}

static bool has_metric(const struct json *list, const struct mlflow_metric *m, const char *id,
	struct err *err)
{
	if (!streq(m->model_id, id))
		return true;
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (streq(json_str_or(one, "key", ""), m->key) &&
			mlflow_number_is(json_get(one, "value"), m->value))
			return true;
	return err_set(err, ERR_UNAVAILABLE, "metric %s was sent as %.17g and is not there", m->key,
		m->value);
}

bool mlflow_model_verify(struct mlflow *mlflow, const char *id, const struct mlflow_batch *b,
	struct err *err)
{
	struct mlflow_model model = { 0 };
	struct json *all = NULL;
	bool ok = mlflow_model_get(mlflow, id, &model, &all, err);
	const struct json *tags = json_dig(all, "model.info.tags");

	for (size_t i = 0; ok && i < b->nparams; i++)
		ok = has(json_dig(all, "model.data.params"), &b->params[i], "param", err);
	for (size_t i = 0; ok && i < b->ntags; i++)
		ok = has(tags, &b->tags[i], "tag", err);
	for (size_t i = 0; ok && i < b->nmetrics; i++)
		ok = has_metric(json_dig(all, "model.data.metrics"), &b->metrics[i], id, err);
	if (!ok)
		err_wrap(err, "model %s", id);
	mlflow_model_free(&model);
	json_free(all);
	return ok;
}
