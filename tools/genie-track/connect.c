#include "connect.h"

#include "dbx.h"
#include "dbxtool.h"
#include "ini.h"
#include "io.h"
#include "job.h"
#include "log.h"
#include "mem.h"
#include "mlflow.h"
#include "str.h"
#include "tool.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

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

/* Read as MLflow reads it: "true" or "1", in any case. */
static bool is_true(const char *text)
{
	return text && (streq(text, "1") || strieq(text, "true"));
}

/* How a server of one's own is reached over TLS. */
static bool read_tls(struct mlflow_options *o, struct err *err)
{
	o->insecure = is_true(tool_env("MLFLOW_TRACKING_INSECURE_TLS"));
	o->ca = tool_env("MLFLOW_TRACKING_SERVER_CERT_PATH");
	o->client_cert = tool_env("MLFLOW_TRACKING_CLIENT_CERT_PATH");
	if (o->insecure && o->ca)
		return err_set(err, ERR_USAGE, "MLFLOW_TRACKING_INSECURE_TLS and "
			"MLFLOW_TRACKING_SERVER_CERT_PATH are both set: unset one of them");
	if (o->ca && !io_exists(o->ca))
		return err_set(err, ERR_USAGE, "MLFLOW_TRACKING_SERVER_CERT_PATH: %s: no such file",
			o->ca);
	if (o->client_cert && !io_exists(o->client_cert))
		return err_set(err, ERR_USAGE, "MLFLOW_TRACKING_CLIENT_CERT_PATH: %s: no such file",
			o->client_cert);
	if (o->insecure && starts_withi(o->uri, "https://"))
		log_warn("MLFLOW_TRACKING_INSECURE_TLS: the server's certificate is not verified");
	return true;
}

/* The workspace that a Databricks URI names. A profile in it wins over all that the environment
 * says: its host and credentials are the profile's. */
static struct dbx *open_workspace(const struct dbxtool *workspace, const char *profile,
	struct err *err)
{
	struct dbxtool at = *workspace;

	if (profile) {
		at.profile = profile;
		at.only_profile = true;
	}
	return dbxtool_open(&at, err);
}

char *connect_host(struct mlflow *mlflow)
{
	const char *host = mlflow_base(mlflow), *port;

	if (!mlflow_is_databricks(mlflow))
		return NULL;
	port = url_is_loopback(host) ? strrchr(host, ':') : NULL;
	return xasprintf("%.*s", port ? (int)(port - host) : (int)strlen(host), host);
}

/* MLflow's own file, as its client reads it: a section and two keys; each only where the
 * environment has none. *ini, yours, keeps the texts. Errors name the line, not what it says. */
static bool read_credentials(struct mlflow_options *o, struct ini **ini, struct err *err)
{
	const char *home = tool_env("HOME");
	char *path = home ? io_join(home, ".mlflow/credentials") : NULL;
	struct str text;
	bool ok = true;

	str_init(&text, INI_MAX_BYTES);
	if (path && io_exists(path)) {
		ok = io_read_file(path, &text, err);
		*ini = ok ? ini_parse(str_text(&text), text.n, path, err) : NULL;
		ok = *ini != NULL;
	}
	if (*ini && !o->username)
		o->username = ini_get(*ini, "mlflow", "mlflow_tracking_username");
	if (*ini && !o->password) {
		o->password = ini_get(*ini, "mlflow", "mlflow_tracking_password");
		job_secret(o->password);
	}
	if (!o->username || !o->password) /* one alone is none, and the token counts */
		o->username = o->password = NULL;
	str_free(&text);
	free(path);
	return ok;
}

struct mlflow *connect_open(const struct dbxtool *workspace, int64_t deadline_ms, struct err *err)
{
	char *agent = xasprintf("genie-toolkit/%s", tool_version());
	struct mlflow_options options = { .uri = connect_uri(), .deadline_ms = deadline_ms,
		.token = tool_env("MLFLOW_TRACKING_TOKEN"), .agent = agent,
		.username = tool_env("MLFLOW_TRACKING_USERNAME"),
		.password = tool_env("MLFLOW_TRACKING_PASSWORD") };
	static struct ini *kept; /* for the process: what has to be masked is borrowed from it */
	struct mlflow_uri uri;
	struct mlflow *mlflow = NULL;
	bool ok = mlflow_read_uri(options.uri, &uri, err);

	if (ok && uri.databricks)
		ok = (options.workspace = open_workspace(workspace, uri.profile, err)) != NULL;
	else if (ok)
		ok = read_tls(&options, err) && read_credentials(&options, &kept, err);
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
