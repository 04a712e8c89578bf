#include "mlflowrun.h"

#include "json.h"
#include "str.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- filling ---- */

static void add(struct mlflow_batch *b, struct mlflow_kv *to, const char *key, const char *value)
{
	to->key = arena_strdup(&b->arena, key);
	to->value = arena_strdup(&b->arena, value ? value : "");
}

void mlflow_batch_param(struct mlflow_batch *b, const char *key, const char *value)
{
	GROW(b->params, b->params_cap, b->nparams + 1);
	add(b, &b->params[b->nparams++], key, value);
}

void mlflow_batch_tag(struct mlflow_batch *b, const char *key, const char *value)
{
	GROW(b->tags, b->tags_cap, b->ntags + 1);
	add(b, &b->tags[b->ntags++], key, value);
}

void mlflow_batch_metric(struct mlflow_batch *b, const struct mlflow_metric *metric)
{
	struct mlflow_metric *to;

	GROW(b->metrics, b->metrics_cap, b->nmetrics + 1);
	to = &b->metrics[b->nmetrics++];
	*to = *metric;
	to->key = arena_strdup(&b->arena, metric->key);
	to->model_id = arena_strdup(&b->arena, metric->model_id);
	to->dataset_name = arena_strdup(&b->arena, metric->dataset_name);
	to->dataset_digest = arena_strdup(&b->arena, metric->dataset_digest);
}

void mlflow_batch_free(struct mlflow_batch *b)
{
	free(b->params);
	free(b->tags);
	free(b->metrics);
	arena_free(&b->arena);
	memset(b, 0, sizeof(*b));
}

/* ---- limits ---- */

/* A path that stays below where it is: no empty segment, no "." and "..". */
static bool plain_path(const char *key)
{
	for (;;) {
		size_t n = strcspn(key, "/");

		if (!n || (n == 1 && key[0] == '.') || (n == 2 && key[0] == '.' && key[1] == '.'))
			return false;
		if (!key[n])
			return true;
		key += n + 1;
	}
}

/* Letters, digits and "_-. :/". */
bool mlflow_key_ok(const char *key)
{
	size_t n = strlen(key);

	if (n > MLFLOW_MAX_KEY || !utf8_valid(key, n) || !plain_path(key))
		return false;
	for (const char *p = key; *p; p++)
		if ((unsigned char)*p < 0x80 && !isalnum((unsigned char)*p) &&
			!strchr("_-. :/", *p))
			return false;
	return true;
}

static bool check_kv(const struct mlflow_kv *kv, size_t n, const char *what, size_t most,
	struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		size_t size = strlen(kv[i].value);

		if (!mlflow_key_ok(kv[i].key))
			return err_set(err, ERR_DATA, "%s \"%s\": not a name that MLflow takes "
				"(at most %d bytes of letters, digits and _-. :/)", what, kv[i].key,
				MLFLOW_MAX_KEY);
		if (size > most)
			return err_set(err, ERR_DATA, "%s %s: %zu bytes, at most %zu are kept by "
				"every server; log an artifact", what, kv[i].key, size, most);
		for (size_t k = 0; k < i; k++)
			if (streq(kv[k].key, kv[i].key) && !streq(kv[k].value, kv[i].value))
				return err_set(err, ERR_DATA, "%s %s: there twice with two values",
					what, kv[i].key);
	}
	return true;
}

bool mlflow_batch_check(const struct mlflow_batch *b, struct err *err)
{
	for (size_t i = 0; i < b->nmetrics; i++)
		if (!mlflow_key_ok(b->metrics[i].key))
			return err_set(err, ERR_DATA, "metric \"%s\": not a name that MLflow takes",
				b->metrics[i].key);
	return check_kv(b->params, b->nparams, "param", MLFLOW_MAX_PARAM, err) &&
		check_kv(b->tags, b->ntags, "tag", MLFLOW_MAX_TAG, err);
}

/* ---- bodies ---- */

struct json *mlflow_number(double value)
{
	if (isnan(value))
		return json_new_str("NaN");
	if (isinf(value))
		return json_new_str(value > 0 ? "Infinity" : "-Infinity");
	return json_new_num(value);
}

bool mlflow_number_is(const struct json *got, double sent)
{
	const char *text = json_text(got);
	double value = 0;

	if (text && !json_as_num(got, &value)) {
		if (isnan(sent))
			return streq(text, "NaN");
		value = streq(text, "Infinity") ? INFINITY : streq(text, "-Infinity") ? -INFINITY :
			NAN;
	} else if (!json_as_num(got, &value)) {
		return sent == 0; /* zero may be left out */
	}
	if (isinf(sent)) /* stored as the largest number */
		return isinf(value) ? value == sent : value == (sent > 0 ? DBL_MAX : -DBL_MAX);
	return value == sent;
}

static struct json *one_kv(const struct mlflow_kv *kv)
{
	struct json *one = json_new_object();

	json_set_str(one, "key", kv->key);
	json_set_str(one, "value", kv->value);
	return one;
}

struct json *mlflow_kv_json(const struct mlflow_kv *kv, size_t n)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_push(list, one_kv(&kv[i]));
	return list;
}

static struct json *one_metric(const struct mlflow_metric *m)
{
	struct json *one = json_new_object();

	json_set_str(one, "key", m->key);
	json_set(one, "value", mlflow_number(m->value));
	json_set_int(one, "timestamp", m->at_ms);
	json_set_int(one, "step", m->step);
	if (m->model_id)
		json_set_str(one, "model_id", m->model_id);
	if (m->dataset_name)
		json_set_str(one, "dataset_name", m->dataset_name);
	if (m->dataset_digest)
		json_set_str(one, "dataset_digest", m->dataset_digest);
	return one;
}

/* The most that one metric, param or tag can weigh, with room for escapes. */
static size_t weight(const struct json *one)
{
	struct str text = STR_INIT;
	size_t n;

	json_print(one, &text);
	n = text.n + 1;
	str_free(&text);
	return n;
}

/* Where in the list of all entities a request is. */
struct fill {
	size_t params, tags, metrics, all, bytes;
	struct json *body; /* NULL: only counting */
};

static bool room(struct fill *f, size_t *count, size_t most, struct json *one)
{
	size_t n = weight(one);

	if (*count >= most || f->all >= MLFLOW_BATCH_ALL ||
		f->bytes + n > MLFLOW_BATCH_BYTES - 4096)
		return false;
	(*count)++;
	f->all++;
	f->bytes += n;
	return true;
}

/* Puts what fits, from `at` on, into one request; the number of entities that went in. */
static size_t fill(const struct mlflow_batch *b, size_t at, struct json *body)
{
	struct fill f = { .body = body };
	struct json *lists[3] = { json_new_array(), json_new_array(), json_new_array() };
	static const char *const names[3] = { "params", "tags", "metrics" };
	size_t i = at, total = b->nparams + b->ntags + b->nmetrics;

	for (; i < total; i++) {
		int kind = i < b->nparams ? 0 : i < b->nparams + b->ntags ? 1 : 2;
		struct json *one = kind == 0 ? one_kv(&b->params[i]) : kind == 1 ?
			one_kv(&b->tags[i - b->nparams]) :
			one_metric(&b->metrics[i - b->nparams - b->ntags]);
		size_t *count = kind == 0 ? &f.params : kind == 1 ? &f.tags : &f.metrics;

		if (!room(&f, count, kind == 0 ? MLFLOW_BATCH_PARAMS : kind == 1 ?
			MLFLOW_BATCH_TAGS : MLFLOW_BATCH_METRICS, one)) {
			json_free(one);
			break;
		}
		json_push(lists[kind], one);
	}
	for (int k = 0; k < 3; k++)
		if (json_len(lists[k]))
			json_set(body, names[k], lists[k]);
		else
			json_free(lists[k]);
	return i - at;
}

struct json *mlflow_batch_body(const struct mlflow_batch *b, const char *run_id, size_t n)
{
	size_t at = 0, total = b->nparams + b->ntags + b->nmetrics;

	for (;; n--) {
		struct json *body = json_new_object();

		if (at >= total) {
			json_free(body);
			return NULL;
		}
		json_set_str(body, "run_id", run_id);
		at += fill(b, at, body);
		if (n == 0)
			return body;
		json_free(body);
	}
}
