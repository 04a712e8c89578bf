/* mlflowfile.h - artifacts of runs, models and traces.
 *
 * Where they go is told by the artifact_uri that the server gave: the proxy of an MLflow
 * server (mlflow-artifacts:, http:), a Databricks workspace (dbfs:/databricks/...: the Files
 * API, and where a workspace does not have it, signed URLs, which get no credential of ours),
 * or a UC volume (dbfs:/Volumes/...). Other stores (s3:, file:) need credentials of their own;
 * then the server's upload call for runs is used, and what it refuses is ERR_UNAVAILABLE.
 *
 * Layer: domain.
 */
#ifndef GENIE_MLFLOWFILE_H
#define GENIE_MLFLOWFILE_H

#include "mlflow.h"

enum mlflow_owner { MLFLOW_OF_RUN, MLFLOW_OF_MODEL, MLFLOW_OF_TRACE };

struct mlflow_place {
	enum mlflow_owner owner;
	const char *id, *experiment; /* of the run or model */
	const char *root;            /* its artifact_uri */
};

struct mlflow_file {
	const char *path;  /* "evaluation/failures.json"; relative, no ".." */
	const void *data;
	size_t n;
};
/* Uploads all, side by side; then lists the folders and compares sizes: ERR_UNAVAILABLE names
 * the file that did not arrive whole (a trace's file cannot be listed: its upload is all). */
bool mlflow_put(struct mlflow *mlflow, const struct mlflow_place *place,
	const struct mlflow_file *files, size_t n, struct err *err) MUST_CHECK;
/* Downloads one; its bytes are appended to out. ERR_UNAVAILABLE when it is not there. */
bool mlflow_take(struct mlflow *mlflow, const struct mlflow_place *place, const char *path,
	struct str *out, struct err *err) MUST_CHECK;
/* The files in a folder: [{path, file_size, is_dir}], yours; missing folder: []. */
struct json *mlflow_list(struct mlflow *mlflow, const struct mlflow_place *place,
	const char *folder, struct err *err) MUST_CHECK;
/* The path below the server that PUT and GET use; NULL with an empty err when there is
 * none. New string. */
char *mlflow_file_path(const struct mlflow_place *place, const char *path);

#endif
