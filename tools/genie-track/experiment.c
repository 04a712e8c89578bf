#include "context.h"

#include "json.h"
#include "log.h"
#include "str.h"

#include <stdlib.h>

bool verb_experiment(struct context *c, struct err *err)
{
	char *name = context_experiment_name(c, err), *url;

	if (!name || !mlflow_experiment_open(c->mlflow, name, job_arg(c->job, "restore") != NULL,
		&c->experiment, err)) {
		free(name);
		return false;
	}
	context_put_experiment(c);
	json_set_bool(c->out, "created", c->experiment.created);
	if (c->experiment.restored)
		log_warn("experiment %s was deleted and is restored", name);
	url = mlflow_experiment_url(c->mlflow, c->experiment.id);
	log_info("experiment %s: %s", name, url);
	free(url);
	free(name);
	return true;
}
