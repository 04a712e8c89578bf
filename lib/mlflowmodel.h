/* mlflowmodel.h - MLflow logged models: a configuration as something that has versions.
 *
 * A configuration is an external model, made by a run. Names are not unique on the server, so
 * a model of ours is found by the run that made it. Layer: domain.
 */
#ifndef GENIE_MLFLOWMODEL_H
#define GENIE_MLFLOWMODEL_H

#include "mlflowrun.h"

struct mlflow_model {
	char *id, *experiment, *name, *artifacts, *source_run, *status;
	bool found; /* it was there already */
};
void mlflow_model_free(struct mlflow_model *model);

struct mlflow_new_model {
	const char *experiment, *name, *source_run;
	const struct mlflow_batch *values; /* its params and tags */
	bool fresh; /* the run is new: it cannot have made a model yet */
};
/* "/", ":", ".", "%" and quotes are not allowed in a name: each becomes "-". New string. */
char *mlflow_model_name(const char *text);
/* The model that source_run made, or a new one (PENDING). Params are checked as those of runs. */
bool mlflow_model_open(struct mlflow *mlflow, const struct mlflow_new_model *new_model,
	struct mlflow_model *model, struct err *err) MUST_CHECK;
/* The whole answer goes to *all (yours) when it is not NULL. */
bool mlflow_model_get(struct mlflow *mlflow, const char *id, struct mlflow_model *model,
	struct json **all, struct err *err) MUST_CHECK;
/* The model that a run made; model->id stays NULL when there is none. */
bool mlflow_model_of_run(struct mlflow *mlflow, const char *experiment, const char *run,
	struct mlflow_model *model, struct err *err) MUST_CHECK;
bool mlflow_model_ready(struct mlflow *mlflow, const char *id, struct err *err) MUST_CHECK;
/* Sets tags and reads them back. */
bool mlflow_model_tag(struct mlflow *mlflow, const char *id, const struct mlflow_kv *tags,
	size_t n, struct err *err) MUST_CHECK;
/* Compares what the model has with what was sent: params, tags, and metrics with its id. */
bool mlflow_model_verify(struct mlflow *mlflow, const char *id, const struct mlflow_batch *values,
	struct err *err) MUST_CHECK;
/* Searches; an array of models, yours. filter and order_by may be NULL. */
struct json *mlflow_model_search(struct mlflow *mlflow, const char *experiment,
	const char *filter, const char *order_by, size_t most, struct err *err) MUST_CHECK;

#endif
