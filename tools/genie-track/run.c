#include "context.h"

#include "json.h"
#include "log.h"
#include "str.h"

#include <stdlib.h>

bool verb_run_start(struct context *c, struct err *err)
{
	const char *name = job_arg(c->job, "name");
	struct mlflow_batch tags = { 0 }, params = { 0 };
	struct mlflow_run run = { 0 };
	bool ok = context_pairs(c->job, "tag", &tags, false, err) &&
		context_pairs(c->job, "param", &params, true, err) &&
		mlflow_batch_check(&params, err) &&
		context_open_run(c, name ? name : "genie_optimization", &tags, &run, err) &&
		mlflow_run_log(c->mlflow, run.id, &params, err);

	for (size_t i = 0; ok && i < params.nparams; i++)
		mlflow_batch_param(&tags, params.params[i].key, params.params[i].value);
	ok = ok && mlflow_run_verify(c->mlflow, run.id, &tags, err);
	if (ok)
		log_info("run %s: %s", run.name, json_str_or(c->out, "run_url", ""));
	mlflow_batch_free(&tags);
	mlflow_batch_free(&params);
	mlflow_run_free(&run);
	return ok;
}

bool verb_run_end(struct context *c, struct err *err)
{
	const char *status = job_arg(c->job, "status");
	char *id = context_run(c, "run", err);
	bool ok = id && mlflow_run_end(c->mlflow, id, status ? status : "FINISHED", job_at(c->job),
		err);

	if (ok) {
		context_put_run(c, id);
		json_set_str(c->out, "run_status", status ? status : "FINISHED");
	}
	free(id);
	return ok;
}
