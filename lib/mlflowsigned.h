/* mlflowsigned.h - Databricks artifacts through signed URLs of the cloud's store.
 *
 * The workspace names a URL and headers; the bytes go there without any credential of ours.
 * Behind mlflowfile.h; internal to it. Layer: domain.
 */
#ifndef GENIE_MLFLOWSIGNED_H
#define GENIE_MLFLOWSIGNED_H

#include "mlflowfile.h"

bool mlflow_signed_put(struct mlflow *mlflow, const struct mlflow_place *place,
	const struct mlflow_file *file, struct err *err) MUST_CHECK;
bool mlflow_signed_take(struct mlflow *mlflow, const struct mlflow_place *place, const char *path,
	struct str *out, struct err *err) MUST_CHECK;

#endif
