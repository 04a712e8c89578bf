#include "context.h"

#include "clock.h"
#include "json.h"
#include "log.h"
#include "str.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- experiments ---- */

char *context_experiment_name(struct context *c, struct err *err)
{
	const char *given = job_arg(c->job, "experiment"), *domain = job_arg(c->job, "domain");
	const char *user = job_arg(c->job, "user");
	char *me, *full, *name;
	bool moved;

	if (!given && !domain) {
		err_set(err, ERR_USAGE, "which experiment? give --experiment NAME or --domain "
			"DOMAIN");
		return NULL;
	}
	if (given) {
		name = mlflow_experiment_name(c->mlflow, given, &moved, err);
		if (name && moved)
			log_warn("experiment %s is kept as %s", given, name);
		return name;
	}
	me = mlflow_is_databricks(c->mlflow) ? mlflow_me(c->mlflow, err) :
		xstrdup(user ? user : "genie");
	full = me ? xasprintf("/Users/%s/genie-optimization/%s", me, domain) : NULL;
	name = full ? mlflow_experiment_name(c->mlflow, full, &moved, err) : NULL;
	free(me);
	free(full);
	return name;
}

bool context_experiment(struct context *c, struct err *err)
{
	const char *given = job_arg(c->job, "experiment");
	char *name;
	bool ok;

	if (c->experiment.id)
		return true;
	if (given && !given[strspn(given, "0123456789")])
		return mlflow_experiment_find(c->mlflow, given, &c->experiment, err);
	name = context_experiment_name(c, err);
	ok = name && mlflow_experiment_find(c->mlflow, name, &c->experiment, err);
	free(name);
	return ok;
}

void context_put_experiment(struct context *c)
{
	char *url = mlflow_experiment_url(c->mlflow, c->experiment.id);

	json_set_str(c->out, "experiment_id", c->experiment.id);
	if (c->experiment.name)
		json_set_str(c->out, "experiment_name", c->experiment.name);
	json_set_str(c->out, "experiment_url", url);
	free(url);
}

void context_put_run(struct context *c, const char *run_id)
{
	char *url = mlflow_run_url(c->mlflow, c->experiment.id ? c->experiment.id : "0", run_id);

	json_set_str(c->out, "run_id", run_id);
	if (c->experiment.id)
		json_set_str(c->out, "run_url", url);
	free(url);
}

/* ---- references ---- */

static const char *spooled(const char *arg)
{
	return arg && starts_with(arg, "spool:") ? arg + strlen("spool:") : NULL;
}

static char *run_of_job(struct context *c, const char *uuid, struct err *err)
{
	struct mlflow_run run = { 0 };
	bool ok = (c->mlflow || err_set(err, ERR_USAGE, "spool:%s: MLFLOW_TRACKING_URI is not set",
		uuid)) && context_experiment(c, err) &&
		mlflow_run_find(c->mlflow, c->experiment.id, uuid, &run, err);
	char *id = ok ? xstrdup(run.id) : NULL;

	mlflow_run_free(&run);
	if (ok && !id)
		err_set(err, ERR_UNAVAILABLE, "spool:%s has not been logged to experiment %s; run "
			"genie-track flush", uuid, c->experiment.name);
	return id;
}

char *context_run(struct context *c, const char *arg, struct err *err)
{
	const char *given = job_arg(c->job, arg);

	if (!given) {
		err_set(err, ERR_USAGE, "%s: --%s ID is needed", job_verb(c->job), arg);
		return NULL;
	}
	return spooled(given) ? run_of_job(c, spooled(given), err) : xstrdup(given);
}

char *context_model(struct context *c, const char *arg, struct err *err)
{
	const char *given = job_arg(c->job, arg);
	struct mlflow_model model = { 0 };
	char *run, *id = NULL;

	if (!given) {
		err_set(err, ERR_USAGE, "%s: --%s ID is needed", job_verb(c->job), arg);
		return NULL;
	}
	if (!spooled(given))
		return xstrdup(given);
	run = run_of_job(c, spooled(given), err);
	if (run && mlflow_model_of_run(c->mlflow, c->experiment.id, run, &model, err)) {
		id = xstrdup(model.id);
		if (!id)
			err_set(err, ERR_UNAVAILABLE, "%s: run %s has made no model", given, run);
	}
	mlflow_model_free(&model);
	free(run);
	return id;
}

/* ---- runs ---- */

char *context_run_name(const struct context *c, const char *stem, int64_t iteration)
{
	int64_t at = job_at(c->job) / 1000, seconds = at % 86400;
	int year, month, day;

	date_to_civil(at / 86400, &year, &month, &day);
	return xasprintf("%s_iter%lld_%04d%02d%02d_%02d%02d%02d", stem, (long long)iteration, year,
		month, day, (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
}

/* An id is taken as it is: the server refuses a run in an experiment that is deleted or not
 * there. */
static bool experiment_to_log_to(struct context *c, struct err *err)
{
	const char *given = job_arg(c->job, "experiment");

	if (!c->experiment.id && given && !given[strspn(given, "0123456789")])
		c->experiment.id = xstrdup(given);
	return context_experiment(c, err);
}

bool context_open_run(struct context *c, const char *name, struct mlflow_batch *tags,
	struct mlflow_run *run, struct err *err)
{
	struct mlflow_new_run n = { .name = name, .uuid = job_uuid(c->job),
		.start_ms = job_at(c->job), .fresh = c->fresh };
	const char *user = job_arg(c->job, "user");
	char *parent = NULL;

	if (!experiment_to_log_to(c, err))
		return false;
	if (job_arg(c->job, "parent-run") && !(parent = context_run(c, "parent-run", err)))
		return false;
	mlflow_batch_tag(tags, "mlflow.user", user ? user : "genie");
	mlflow_batch_tag(tags, "mlflow.source.name", "genie-track");
	mlflow_batch_tag(tags, "mlflow.source.type", "LOCAL");
	mlflow_batch_tag(tags, "genie.version", tool_version());
	if (parent)
		mlflow_batch_tag(tags, "mlflow.parentRunId", parent);
	free(parent);
	n.experiment = c->experiment.id;
	n.tags = tags->tags;
	n.ntags = tags->ntags;
	if (!mlflow_batch_check(tags, err) || !mlflow_run_open(c->mlflow, &n, run, err))
		return false;
	context_put_experiment(c);
	context_put_run(c, run->id);
	return true;
}

void context_list_param(struct mlflow_batch *batch, const char *key, const struct strlist *list)
{
	struct str text = STR_INIT;

	for (size_t i = 0; i < list->n; i++) {
		if (text.n + strlen(list->v[i]) + 32 > MLFLOW_MAX_PARAM) {
			str_addf(&text, "%s... (%zu in all)", i ? "," : "", list->n);
			break;
		}
		str_addf(&text, "%s%s", i ? "," : "", list->v[i]);
	}
	mlflow_batch_param(batch, key, text.n ? str_text(&text) : "none");
	str_free(&text);
}

bool context_pairs(const struct job *job, const char *arg, struct mlflow_batch *batch, bool params,
	struct err *err)
{
	const struct json *list = json_get(json_get(job->document, "args"), arg);

	for (const struct json *one = json_first(list); one; one = json_next(one)) {
		const char *text = json_text(one), *eq = text ? strchr(text, '=') : NULL;
		char *key;

		if (!eq)
			return err_set(err, ERR_USAGE, "--%s %s: not KEY=VALUE", arg, text ? text :
				"");
		key = xstrndup(text, (size_t)(eq - text));
		if (params)
			mlflow_batch_param(batch, key, eq + 1);
		else
			mlflow_batch_tag(batch, key, eq + 1);
		free(key);
	}
	return true;
}
