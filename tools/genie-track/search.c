/* Looking: search and show. */
#include "context.h"

#include "json.h"
#include "str.h"

#include <stdlib.h>

static struct json *search_runs(struct context *c, const char *filter, const char *order,
	int64_t most, struct err *err)
{
	struct json *body = json_new_object(), *out;

	json_push_str(json_set(body, "experiment_ids", json_new_array()), c->experiment.id);
	if (filter)
		json_set_str(body, "filter", filter);
	if (order)
		json_push_str(json_set(body, "order_by", json_new_array()), order);
	json_set_int(body, "max_results", most < 1000 ? most : 1000);
	json_set_str(body, "run_view_type", "ACTIVE_ONLY");
	out = mlflow_pages(c->mlflow, "/api/2.0/mlflow/runs/search", body, "runs", (size_t)most,
		err);
	json_free(body);
	return out;
}

bool verb_search(struct context *c, struct err *err)
{
	const char *what = job_arg(c->job, "what"), *filter = job_arg(c->job, "filter");
	const char *order = job_arg(c->job, "order-by");
	int64_t most = job_int(c->job, "max", 100);
	bool models = streq(what, "models");
	struct json *found;

	if (!models && !streq(what, "runs"))
		return err_set(err, ERR_USAGE, "search what? runs or models");
	if (!context_experiment(c, err))
		return false;
	found = models ? mlflow_model_search(c->mlflow, c->experiment.id, filter, order,
		(size_t)most, err) : search_runs(c, filter, order, most, err);
	if (!found)
		return false;
	context_put_experiment(c);
	json_set(c->out, what, found);
	return true;
}

static bool show_model(struct context *c, struct err *err)
{
	struct mlflow_model model = { 0 };
	struct json *all = NULL, *one;
	char *id = context_model(c, "model", err);
	bool ok = id && mlflow_model_get(c->mlflow, id, &model, &all, err);

	one = ok ? json_get(all, "model") : NULL;
	if (one)
		json_set(c->out, "model", json_detach(one));
	json_free(all);
	mlflow_model_free(&model);
	free(id);
	return ok;
}

static bool show_run(struct context *c, struct err *err)
{
	struct mlflow_run run = { 0 };
	struct json *all = NULL, *one;
	char *id = context_run(c, "run", err);
	bool ok = id && mlflow_run_get(c->mlflow, id, &run, &all, err);

	one = ok ? json_get(all, "run") : NULL;
	if (one)
		json_set(c->out, "run", json_detach(one));
	json_free(all);
	mlflow_run_free(&run);
	free(id);
	return ok;
}

bool verb_show(struct context *c, struct err *err)
{
	json_set_str(c->out, "server", mlflow_base(c->mlflow));
	json_set_str(c->out, "kind", mlflow_is_databricks(c->mlflow) ? "databricks" : "mlflow");
	if (job_arg(c->job, "model"))
		return show_model(c, err);
	if (job_arg(c->job, "run"))
		return show_run(c, err);
	if (!context_experiment(c, err))
		return false;
	context_put_experiment(c);
	return true;
}
