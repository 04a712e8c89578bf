#include "mlflowprompt.h"

#include "json.h"
#include "mem.h"
#include "mlflowrun.h"
#include "url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SHA_TAG "genie_sha256" /* no dots: Unity Catalog refuses them in keys */
#define SHOWN_TAG "_mlflow_experiment_ids"
#define UC "/api/2.0/mlflow/unity-catalog/prompts"

/* ---- shared ---- */

bool mlflow_prompt_name_ok(const struct mlflow *mlflow, const char *name)
{
	size_t dots = 0;

	for (const char *p = name; *p; p++) {
		dots += *p == '.';
		if (!isalnum((unsigned char)*p) && !strchr("_.", *p) &&
			(mlflow_is_databricks(mlflow) || *p != '-'))
			return false;
	}
	return *name && (!mlflow_is_databricks(mlflow) || dots == 2);
}

static const char *tag_of(const struct json *tags, const char *key)
{
	for (const struct json *t = json_first(tags); t; t = json_next(t))
		if (streq(json_str_or(t, "key", ""), key))
			return json_str_or(t, "value", NULL);
	return NULL;
}

/* A version is a text for MLflow servers; UC may answer with a number. */
static void add_version(struct str *out, const struct json *version)
{
	const struct json *v = json_get(version, "version");

	str_add(out, json_text(v) ? json_text(v) : json_number_text(v) ? json_number_text(v) : "");
}

static bool post(struct mlflow *mlflow, const char *path, struct json *body, struct err *err)
{
	struct json *answer = mlflow_post(mlflow, path, body, err);

	json_free(body);
	json_free(answer);
	return answer != NULL;
}

/* Creates what may be there already; *found: it is. */
static bool post_new(struct mlflow *mlflow, const char *path, struct json *body, bool *found,
	struct err *err)
{
	struct mlflow_request request = { .method = "POST", .path = path, .body = body,
		.safe = true };
	struct dbx_reply reply;
	bool ok = mlflow_fetch(mlflow, &request, &reply, err);

	*found = !ok && mlflow_exists(&reply);
	if (*found)
		err_clear(err);
	dbx_reply_free(&reply);
	json_free(body);
	return ok || *found;
}

/* Not a `safe` call: each makes a new version. */
static struct json *post_version(struct mlflow *mlflow, const char *path, struct json *body,
	const char *member, struct err *err)
{
	struct mlflow_request request = { .method = "POST", .path = path, .body = body };
	struct dbx_reply reply;
	struct json *out = NULL;

	if (mlflow_fetch(mlflow, &request, &reply, err)) {
		const struct json *one = member ? json_get(reply.body, member) : reply.body;

		out = json_dup(one ? one : reply.body);
	}
	dbx_reply_free(&reply);
	json_free(body);
	return out;
}

static char *uc_path(const char *name, const char *rest)
{
	struct str out = STR_INIT;

	str_add(&out, UC "/");
	url_escape(&out, name);
	str_add(&out, rest);
	return str_take(&out);
}

/* ---- what is there ---- */

/* The version that an alias points to; NULL without error when there is none. */
static struct json *by_alias(struct mlflow *mlflow, const char *name, const char *alias,
	struct err *err)
{
	char *rest = xasprintf("/versions/by-alias/%s", alias);
	char *path = mlflow_is_databricks(mlflow) ? uc_path(name, rest) :
		mlflow_query("/api/2.0/mlflow/registered-models/alias", "name", name, "alias",
			alias, NULL);
	struct mlflow_request request = { .path = path };
	struct dbx_reply reply;
	struct json *out = NULL;

	if (mlflow_fetch(mlflow, &request, &reply, err)) {
		const struct json *one = json_get(reply.body, "model_version");

		one = one ? one : json_get(reply.body, "prompt_version");
		out = json_dup(one ? one : reply.body);
	} else if (mlflow_missing(&reply) || (streq(reply.error_code, "INVALID_PARAMETER_VALUE") &&
		stristr(reply.message, "not found"))) {
		err_clear(err); /* a missing alias is no 404 on MLflow servers */
	}
	dbx_reply_free(&reply);
	free(path);
	free(rest);
	return out;
}

static struct json *list_versions(struct mlflow *mlflow, const char *name, struct err *err)
{
	struct str filter = STR_INIT;
	struct json *answer, *body, *out;
	char *path;

	if (mlflow_is_databricks(mlflow)) {
		path = uc_path(name, "/versions/search");
		body = json_new_object();
		out = mlflow_pages(mlflow, path, body, "prompt_versions", 10000, err);
		json_free(body);
		free(path);
		return out;
	}
	str_add(&filter, "name = ");
	mlflow_quote(&filter, name);
	str_add(&filter, " AND tags.`mlflow.prompt.is_prompt` = 'true'");
	path = mlflow_query("/api/2.0/mlflow/model-versions/search", "filter", str_text(&filter),
		"max_results", "1000", NULL);
	answer = mlflow_get(mlflow, path, err);
	out = answer ? json_new_array() : NULL;
	for (struct json *v; out && (v = json_first(json_get(answer, "model_versions")));)
		json_push(out, json_detach(v));
	json_free(answer);
	str_free(&filter);
	free(path);
	return out;
}

static bool find_version(struct mlflow *mlflow, const struct mlflow_prompt *p, struct str *version,
	struct err *err)
{
	struct json *list = list_versions(mlflow, p->name, err);

	for (const struct json *v = json_first(list); v && !version->n; v = json_next(v))
		if (streq(tag_of(json_get(v, "tags"), SHA_TAG), p->sha256))
			add_version(version, v);
	json_free(list);
	return list != NULL;
}

/* ---- making ---- */

static struct json *tags(const struct mlflow_kv *kv, size_t n)
{
	return mlflow_kv_json(kv, n);
}

static bool make_prompt(struct mlflow *mlflow, const struct mlflow_prompt *p, bool *found,
	struct err *err)
{
	char *shown = xasprintf(",%s,", p->experiment ? p->experiment : "");
	struct mlflow_kv kv[2] = { { "mlflow.prompt.is_prompt", "true" },
		{ SHOWN_TAG, shown } };
	struct json *body = json_new_object(), *inner;
	bool ok;

	json_set_str(body, "name", p->name);
	if (mlflow_is_databricks(mlflow)) {
		inner = json_set(body, "prompt", json_new_object());
		json_set_str(inner, "name", p->name);
		json_set_str(inner, "description", "A judge of genie-eval");
		ok = post_new(mlflow, UC, body, found, err);
	} else {
		json_set_str(body, "description", "A judge of genie-eval");
		json_set(body, "tags", tags(kv, p->experiment ? 2 : 1));
		ok = post_new(mlflow, "/api/2.0/mlflow/registered-models/create", body, found, err);
	}
	free(shown);
	return ok;
}

static struct json *make_uc_version(struct mlflow *mlflow, const struct mlflow_prompt *p,
	struct err *err)
{
	struct mlflow_kv kv[2] = { { "_mlflow_prompt_type", "text" }, { SHA_TAG, p->sha256 } };
	struct json *body = json_new_object(), *inner, *text = json_new_str(p->text), *out;
	struct str quoted = STR_INIT;
	char *path = uc_path(p->name, "/versions");

	json_print(text, &quoted);
	json_set_str(body, "name", p->name);
	inner = json_set(body, "prompt_version", json_new_object());
	json_set_str(inner, "name", p->name);
	json_set_str(inner, "template", str_text(&quoted));
	json_set_str(inner, "description", "genie-track prompts");
	json_set(inner, "tags", tags(kv, 2));
	out = post_version(mlflow, path, body, NULL, err);
	json_free(text);
	str_free(&quoted);
	free(path);
	return out;
}

static struct json *make_version(struct mlflow *mlflow, const struct mlflow_prompt *p,
	struct err *err)
{
	struct mlflow_kv kv[4] = { { "mlflow.prompt.is_prompt", "true" },
		{ "_mlflow_prompt_type", "text" }, { "mlflow.prompt.text", p->text },
		{ SHA_TAG, p->sha256 } };
	struct json *body;

	if (mlflow_is_databricks(mlflow))
		return make_uc_version(mlflow, p, err);
	body = json_new_object();
	json_set_str(body, "name", p->name);
	json_set_str(body, "source", "dummy-source");
	json_set_str(body, "description", "genie-track prompts");
	json_set(body, "tags", tags(kv, countof(kv)));
	return post_version(mlflow, "/api/2.0/mlflow/model-versions/create", body, "model_version",
		err);
}

static bool set_alias(struct mlflow *mlflow, const struct mlflow_prompt *p, const char *version,
	struct err *err)
{
	struct json *body = json_new_object();
	char *rest = xasprintf("/aliases/%s", p->alias);
	char *path = mlflow_is_databricks(mlflow) ? uc_path(p->name, rest) :
		xstrdup("/api/2.0/mlflow/registered-models/alias");
	bool ok;

	json_set_str(body, "name", p->name);
	json_set_str(body, "alias", p->alias);
	json_set_str(body, "version", version);
	ok = post(mlflow, path, body, err);
	free(path);
	free(rest);
	return ok;
}

/* Finds or makes the version: a new prompt has none to be found. A create whose answer is lost
 * is looked for before it is sent again. */
static bool version_of(struct mlflow *mlflow, const struct mlflow_prompt *p, struct str *version,
	bool *made, struct err *err)
{
	bool found = false;

	if (!make_prompt(mlflow, p, &found, err))
		return false;
	for (int i = 0; i < 3; i++) {
		struct json *one;

		if ((found || i) && !find_version(mlflow, p, version, err))
			return false;
		if (version->n)
			return true;
		one = make_version(mlflow, p, err);
		if (one) {
			*made = true;
			add_version(version, one);
			json_free(one);
			return version->n || err_set(err, ERR_UNAVAILABLE,
				"prompt %s: the registry names no version", p->name);
		}
		if (err->code != ERR_TEMP)
			return false;
	}
	return false;
}

/* The prompt of another experiment is shown in ours, too: ",1,7," in a tag of the prompt. */
static bool show_in(struct mlflow *mlflow, const struct mlflow_prompt *p, struct err *err)
{
	char *path = mlflow_query("/api/2.0/mlflow/registered-models/get", "name", p->name, NULL);
	char *ours = xasprintf(",%s,", p->experiment);
	struct json *answer = mlflow_get(mlflow, path, err), *body;
	const char *shown = tag_of(json_dig(answer, "registered_model.tags"), SHOWN_TAG);
	struct str all = STR_INIT;
	bool ok = answer != NULL;

	if (ok && !(shown && strstr(shown, ours))) {
		str_addf(&all, "%s%s", shown && *shown ? shown : "",
			ours + (shown && ends_with(shown, ",")));
		body = json_new_object();
		json_set_str(body, "name", p->name);
		json_set_str(body, "key", SHOWN_TAG);
		json_set_str(body, "value", str_text(&all));
		ok = post(mlflow, "/api/2.0/mlflow/registered-models/set-tag", body, err);
	}
	str_free(&all);
	json_free(answer);
	free(ours);
	free(path);
	return ok;
}

/* What the alias points to is what is wanted: nothing is made. */
static bool is_current(const struct json *now, const struct mlflow_prompt *p)
{
	return now && (p->keep || streq(tag_of(json_get(now, "tags"), SHA_TAG), p->sha256));
}

bool mlflow_prompt_register(struct mlflow *mlflow, const struct mlflow_prompt *p,
	struct str *version, bool *made, struct err *err)
{
	struct json *now = by_alias(mlflow, p->name, p->alias, err);
	struct str text = STR_INIT, back = STR_INIT;
	bool ok = now || !err->code;

	*made = false;
	if (is_current(now, p)) {
		add_version(version, now);
		json_free(now);
		return !p->experiment || mlflow_is_databricks(mlflow) || show_in(mlflow, p, err);
	}
	json_free(now);
	if (strlen(p->text) > MLFLOW_MAX_PROMPT)
		ok = err_set(err, ERR_DATA, "prompt %s: %zu bytes, at most %d", p->name,
			strlen(p->text), MLFLOW_MAX_PROMPT);
	ok = ok && version_of(mlflow, p, version, made, err) &&
		(!p->experiment || mlflow_is_databricks(mlflow) || show_in(mlflow, p, err)) &&
		set_alias(mlflow, p, str_text(version), err) &&
		mlflow_prompt_load(mlflow, p->name, p->alias, &text, &back, err);
	if (ok && (!streq(str_text(&text), p->text) || !streq(str_text(&back), str_text(version))))
		ok = err_set(err, ERR_UNAVAILABLE, "prompt %s: version %s was sent and its text "
			"reads back differently (version %s)", p->name, str_text(version),
			str_text(&back));
	str_free(&text);
	str_free(&back);
	return ok;
}

/* ---- loading ---- */

static bool uc_text(const struct json *one, struct str *text, struct err *err)
{
	const char *quoted = json_need_str(one, "template", err);
	struct json *value = quoted ? json_parse(quoted, strlen(quoted), err) : NULL;

	if (value && json_text(value))
		str_add(text, json_text(value));
	else if (value)
		err_set(err, ERR_UNAVAILABLE, "the registry holds a chat, not a text");
	json_free(value);
	return !err->code;
}

bool mlflow_prompt_load(struct mlflow *mlflow, const char *name, const char *alias,
	struct str *text, struct str *version, struct err *err)
{
	struct json *one = by_alias(mlflow, name, alias, err);
	const char *found = one ? tag_of(json_get(one, "tags"), "mlflow.prompt.text") : NULL;
	bool ok = one != NULL;

	if (!one && !err->code)
		return err_set(err, ERR_UNAVAILABLE, "prompt %s: the registry has no version with "
			"alias %s",
			name, alias);
	if (ok && found)
		str_add(text, found);
	else if (ok)
		ok = uc_text(one, text, err) || err_wrap(err, "prompt %s", name);
	if (ok)
		add_version(version, one);
	json_free(one);
	return ok;
}
