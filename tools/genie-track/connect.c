#include "connect.h"

#include "dbx.h"
#include "dbxtool.h"
#include "job.h"
#include "mem.h"
#include "mlflow.h"
#include "tool.h"

#include <stdlib.h>

const char *connect_uri(void)
{
	return tool_env("MLFLOW_TRACKING_URI");
}

void connect_secrets(void)
{
	static const char *const names[] = { "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD",
		"DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD" };

	for (size_t i = 0; i < countof(names); i++)
		job_secret(tool_env(names[i]));
}

struct mlflow *connect_open(const struct dbxtool *workspace, int64_t deadline_ms, struct err *err)
{
	char *agent = xasprintf("genie-toolkit/%s", tool_version());
	struct mlflow_options options = { .uri = connect_uri(), .deadline_ms = deadline_ms,
		.token = tool_env("MLFLOW_TRACKING_TOKEN"), .agent = agent,
		.username = tool_env("MLFLOW_TRACKING_USERNAME"),
		.password = tool_env("MLFLOW_TRACKING_PASSWORD") };
	struct dbxtool at = *workspace;
	struct mlflow_uri uri;
	struct mlflow *mlflow = NULL;
	bool ok = mlflow_read_uri(options.uri, &uri, err);

	if (ok && uri.databricks) {
		if (uri.profile)
			at.profile = uri.profile;
		options.workspace = dbxtool_open(&at, err);
		ok = options.workspace != NULL;
	}
	if (ok)
		mlflow = mlflow_open(&options, err);
	if (mlflow && uri.databricks) {
		job_secret(dbx_attr(mlflow_dbx(mlflow), DBX_TOKEN));
		job_secret(dbx_attr(mlflow_dbx(mlflow), DBX_CLIENT_SECRET));
		job_secret(dbx_attr(mlflow_dbx(mlflow), DBX_PASSWORD));
	}
	free(agent);
	return mlflow;
}
