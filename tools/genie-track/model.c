/* Configurations as logged models: create, link scores, promote. */
#include "context.h"

#include "clock.h"
#include "digest.h"
#include "fetch.h"
#include "json.h"
#include "log.h"
#include "modelfiles.h"
#include "str.h"
#include "ucdiff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- create ---- */

struct configuration {
	struct json *space, *patches, *prompts, *before, *diff;
	char *parent, *name;
	char sha[SHA256_HEX];
	int64_t iteration;
};

static void configuration_free(struct configuration *k)
{
	json_free(k->space);
	json_free(k->patches);
	json_free(k->prompts);
	json_free(k->before);
	json_free(k->diff);
	free(k->parent);
	free(k->name);
}

static bool given(const struct context *c, const char *input, const char *kinds, struct json **out,
	struct err *err)
{
	*out = job_document(c->job, input, kinds, err);
	return *out || !job_input(c->job, input);
}

static bool load(struct context *c, struct configuration *k, struct err *err)
{
	const char *text = job_input(c->job, "space"), *domain = job_arg(c->job, "domain");
	struct str old = STR_INIT;
	char *name;

	if (!given(c, "space", "space", &k->space, err) || !given(c, "patches", "patches|apply",
		&k->patches, err) || !given(c, "prompts", "track", &k->prompts, err))
		return false;
	if (!k->space)
		return err_set(err, ERR_USAGE, "model create: space.json is needed on standard "
			"input");
	if (job_arg(c->job, "parent-model")) {
		k->parent = context_model(c, "parent-model", err);
		k->before = k->parent ? fetch_snapshot(c, k->parent, &old, err) : NULL;
		str_free(&old);
		if (!k->before)
			return false;
	}
	sha256_hex(text, strlen(text), k->sha);
	k->iteration = job_int(c->job, "iteration", 0);
	k->diff = ucdiff(k->before, k->space, k->parent);
	name = xasprintf("genie-%s-iter%lld-%s", domain ? domain : "space", (long long)k->iteration,
		json_str_or(k->space, "config_id", "unknown"));
	k->name = mlflow_model_name(name);
	free(name);
	return true;
}

static void number_param(struct mlflow_batch *b, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	mlflow_batch_param(b, key, text);
}

static void uc_param(const struct configuration *k, struct mlflow_batch *b, const char *key,
	const char *kind)
{
	number_param(b, key, ucdiff_count(k->diff, kind));
}

static void prompt_params(const struct configuration *k, struct mlflow_batch *b)
{
	struct json *linked = json_new_array();
	struct str text = STR_INIT;

	for (const struct json *p = json_first(json_get(k->prompts,
		"prompts")); p; p = json_next(p)) {
		char *key = xasprintf("prompt_%s", json_str_or(p, "judge", ""));
		struct json *one = json_push(linked, json_new_object());

		mlflow_batch_param(b, key, json_str_or(p, "version", ""));
		json_set_str(one, "name", json_str_or(p, "name", ""));
		json_set_str(one, "version", json_str_or(p, "version", ""));
		free(key);
	}
	json_print(linked, &text);
	if (json_len(linked))
		mlflow_batch_tag(b, "mlflow.linkedPrompts", str_text(&text));
	str_free(&text);
	json_free(linked);
}

static void list_param(const struct configuration *k, struct mlflow_batch *b, const char *key,
	const char *member)
{
	struct strlist values = { 0 };

	patch_values(k->patches, member, &values);
	context_list_param(b, key, &values);
	strlist_free(&values);
}

/* An empty param cannot be searched for: what there is none of is "none". */
static void put_param(struct mlflow_batch *b, const char *key, const char *value)
{
	mlflow_batch_param(b, key, value && *value ? value : "none");
}

static void values(const struct context *c, const struct configuration *k, struct mlflow_batch *b)
{
	const char *domain = job_arg(c->job, "domain"), *uc = job_arg(c->job, "uc");

	put_param(b, "space_id", json_str_or(k->space, "space_id", NULL));
	put_param(b, "domain", domain);
	number_param(b, "iteration", k->iteration);
	put_param(b, "config_id", json_str_or(k->space, "config_id", NULL));
	put_param(b, "config_hash", json_str_or(k->space, "config_hash", NULL));
	put_param(b, "parent_model_id", k->parent);
	put_param(b, "uc_schema", uc);
	number_param(b, "patch_count", (int64_t)json_len(patch_list(k->patches)));
	list_param(k, b, "patch_levers", "lever");
	list_param(k, b, "patch_targets", "target");
	uc_param(k, b, "uc_columns_changed", "columns");
	uc_param(k, b, "uc_tags_changed", "tags");
	uc_param(k, b, "uc_routines_changed", "routines");
	prompt_params(k, b);
	mlflow_batch_tag(b, "genie.snapshot_sha256", k->sha);
	mlflow_batch_tag(b, "genie.model_name", k->name);
}

/* Run, then model, then files: each is looked for first, so that a second time goes on where
 * the first one ended. */
static bool log_model(struct context *c, const struct configuration *k, struct mlflow_run *run,
	struct mlflow_batch *b, struct mlflow_model *model, struct err *err)
{
	struct mlflow_new_model n = { c->experiment.id, k->name, run->id, b, !run->found };
	struct mlflow_place place;
	struct modelfiles_from from = { job_input(c->job, "space"), k->space, k->diff,
		job_input(c->job, "patches"), k->patches };
	struct modelfiles files;
	bool ok;

	modelfiles_make(&files, &from);
	ok = mlflow_run_log(c->mlflow, run->id, b, err) &&
		mlflow_model_open(c->mlflow, &n, model, err);
	if (ok) {
		place = (struct mlflow_place){ MLFLOW_OF_MODEL, model->id, model->experiment,
			model->artifacts };
		ok = mlflow_put(c->mlflow, &place, files.v, files.n, err) &&
			mlflow_run_output(c->mlflow, run->id, model->id, k->iteration, err) &&
			mlflow_model_ready(c->mlflow, model->id, err) &&
			mlflow_model_verify(c->mlflow, model->id, b, err) &&
			mlflow_run_verify(c->mlflow, run->id, b, err) &&
			mlflow_run_end(c->mlflow, run->id, "FINISHED", job_at(c->job), err);
	}
	modelfiles_free(&files);
	return ok;
}

bool verb_model_create(struct context *c, struct err *err)
{
	struct configuration k = { 0 };
	struct mlflow_batch tags = { 0 }, b = { 0 };
	struct mlflow_run run = { 0 };
	struct mlflow_model model = { 0 };
	char *name = NULL;
	bool ok = load(c, &k, err), done;

	if (ok) {
		values(c, &k, &b);
		name = context_run_name(c, "genie_model", k.iteration);
		ok = mlflow_batch_check(&b, err) && context_pairs(c->job, "tag", &tags, false,
			err) &&
			context_open_run(c, name, &tags, &run, err);
	}
	done = ok && run.found && streq(run.status, "FINISHED");
	if (done)
		ok = mlflow_model_of_run(c->mlflow, run.experiment, run.id, &model, err);
	else
		ok = ok && log_model(c, &k, &run, &b, &model, err);
	if (ok) {
		json_set_str(c->out, "model_id", model.id);
		json_set_str(c->out, "model_name", k.name);
		json_set_str(c->out, "config_id", json_str_or(k.space, "config_id", NULL));
		json_set_str(c->out, "parent_model_id", k.parent);
		log_info("model %s: %s", k.name, model.id);
	}
	free(name);
	mlflow_batch_free(&tags);
	mlflow_batch_free(&b);
	mlflow_run_free(&run);
	mlflow_model_free(&model);
	configuration_free(&k);
	return ok;
}

/* ---- link ---- */

static void score_metrics(const struct json *eval, const struct mlflow_metric *like,
	struct mlflow_batch *b)
{
	static const char *const plain[] = { "overall_accuracy", "arbiter_adjusted_accuracy",
		"repeatability_pct" };
	struct mlflow_metric m = *like;

	for (const struct json *s = json_first(json_get(eval, "scores")); s; s = json_next(s))
		if (json_as_num(s, &m.value)) {
			m.key = json_key(s);
			mlflow_batch_metric(b, &m);
		}
	for (size_t i = 0; i < countof(plain); i++)
		if (json_as_num(json_get(eval, plain[i]), &m.value)) {
			m.key = plain[i];
			mlflow_batch_metric(b, &m);
		}
}

/* Metrics of a model are logged to a run: the evaluation's, else the one that made it. */
static char *run_for(struct context *c, const char *model_id, struct err *err)
{
	struct mlflow_model model = { 0 };
	char *run = NULL;

	if (job_arg(c->job, "run"))
		return context_run(c, "run", err);
	if (mlflow_model_get(c->mlflow, model_id, &model, NULL, err)) {
		run = *model.source_run ? xstrdup(model.source_run) : NULL;
		if (!run)
			err_set(err, ERR_USAGE, "model link: model %s names no run that made it; "
				"give --run",
				model_id);
	}
	mlflow_model_free(&model);
	return run;
}

bool verb_model_link(struct context *c, struct err *err)
{
	struct json *eval = job_document(c->job, "eval", "eval", err);
	struct mlflow_metric like = { .at_ms = job_at(c->job), .step = job_int(c->job, "iteration",
		0) };
	struct mlflow_batch b = { 0 };
	char *model = eval ? context_model(c, "model", err) : NULL;
	char *run = model ? run_for(c, model, err) : NULL;
	bool ok = run != NULL;

	if (!eval && !err->code)
		err_set(err, ERR_USAGE, "model link: eval.json is needed on standard input");
	like.model_id = model;
	if (ok)
		score_metrics(eval, &like, &b);
	if (ok && !b.nmetrics)
		ok = err_set(err, ERR_DATA, "eval: no scores to link");
	ok = ok && mlflow_run_log(c->mlflow, run, &b, err) &&
		mlflow_model_verify(c->mlflow, model, &b, err);
	if (ok) {
		json_set_str(c->out, "model_id", model);
		json_set_str(c->out, "run_id", run);
		json_set_int(c->out, "metrics", (int64_t)b.nmetrics);
	}
	mlflow_batch_free(&b);
	json_free(eval);
	free(model);
	free(run);
	return ok;
}

/* ---- promote ---- */

/* The one that was promoted before is not any longer. */
static bool demote_others(struct context *c, const struct mlflow_model *best, struct err *err)
{
	static const struct mlflow_kv off = { "genie.promoted", "false" };
	struct json *models = mlflow_model_search(c->mlflow, best->experiment,
		"tags.`genie.promoted` = 'true'", NULL, 1000, err);
	bool ok = models != NULL;

	for (const struct json *m = json_first(models); ok && m; m = json_next(m)) {
		const char *id = json_text(json_dig(m, "info.model_id"));

		if (id && !streq(id, best->id))
			ok = mlflow_model_tag(c->mlflow, id, &off, 1, err);
	}
	json_free(models);
	return ok;
}

bool verb_model_promote(struct context *c, struct err *err)
{
	char *id = context_model(c, "model", err), at[CLOCK_RFC3339_SIZE];
	struct mlflow_model model = { 0 };
	struct mlflow_kv tags[2] = { { "genie.promoted", "true" },
		{ "genie.promoted_at", clock_rfc3339(job_at(c->job), at) } };
	bool ok = id && mlflow_model_get(c->mlflow, id, &model, NULL, err) &&
		mlflow_model_tag(c->mlflow, id, tags, countof(tags), err) &&
		demote_others(c, &model, err);

	if (ok) {
		json_set_str(c->out, "model_id", id);
		json_set_str(c->out, "model_name", model.name);
	}
	mlflow_model_free(&model);
	free(id);
	return ok;
}
