/* mlflowdataset.h - evaluation datasets of an MLflow server (3.4 and newer, with a database).
 *
 * Databricks keeps such datasets in managed tables that only a cluster can refresh; there the
 * dataset is what the evaluation's run names (mlflow_run_inputs). Layer: domain.
 */
#ifndef GENIE_MLFLOWDATASET_H
#define GENIE_MLFLOWDATASET_H

#include "mlflow.h"

struct mlflow_set {
	char *id, *digest;
	int64_t inserted, updated;
	bool found;
};
void mlflow_set_free(struct mlflow_set *set);
/* The dataset with this name in the experiment, made when there is none. Names are not unique
 * on the server, so it is looked for first. */
bool mlflow_set_open(struct mlflow *mlflow, const char *experiment, const char *name,
	struct mlflow_set *set, struct err *err) MUST_CHECK;
/* Adds or updates records ([{inputs, expectations, tags, source}]) and counts what is there:
 * ERR_UNAVAILABLE when records are missing. The same inputs are the same record. */
bool mlflow_set_records(struct mlflow *mlflow, struct mlflow_set *set, const struct json *records,
	struct err *err) MUST_CHECK;

#endif
