/* A file, as an artifact of a run. */
#include "context.h"

#include "json.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

bool verb_artifact(struct context *c, struct err *err)
{
	const char *path = job_arg(c->job, "path"), *text = job_input(c->job, "file");
	char *id = context_run(c, "run", err);
	struct mlflow_run run = { 0 };
	struct mlflow_file file = { path, text, job_input_size(c->job, "file") };
	bool ok = id != NULL;

	if (ok && (!path || path[0] == '/' || strstr(path, "..")))
		ok = err_set(err, ERR_USAGE, "artifact: --path PATH is needed, relative and "
			"without ..");
	ok = ok && mlflow_run_get(c->mlflow, id, &run, NULL, err);
	if (ok) {
		struct mlflow_place place = { MLFLOW_OF_RUN, run.id, run.experiment,
			run.artifacts };

		ok = mlflow_put(c->mlflow, &place, &file, 1, err);
		json_set_str(c->out, "run_id", id);
		json_set_str(c->out, "path", path);
		json_set_int(c->out, "bytes", (int64_t)file.n);
	}
	mlflow_run_free(&run);
	free(id);
	return ok;
}
