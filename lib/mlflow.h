/* mlflow.h - an MLflow tracking server: where it is, and JSON calls to it.
 *
 * Of MLFLOW_TRACKING_URI: "databricks" and "databricks://PROFILE" are a workspace (dbx.h: the
 * same host and credentials as everything else), "http(s)://HOST[/PREFIX]" is an MLflow
 * server. "file:", "sqlite:" and plain paths are not REST and are refused. A credential is
 * sent to that server only; redirects are refused; beyond this machine http:// is used
 * without credentials only.
 *
 * What is special about this API, and where it is dealt with:
 *  - A body with a value of the wrong type is answered with 200 and its data are dropped. So
 *    bodies are written from typed values only (mlflowrun.h, ...), and what was written is
 *    read back.
 *  - POSTs may have taken effect when no answer came. `safe` calls (doing it twice is doing it
 *    once) are repeated here; for what creates something the callers look first
 *    whether it is there (a tag with an id of our own).
 *  - Lists that are absent are empty.
 *
 * Layer: domain.
 */
#ifndef GENIE_MLFLOW_H
#define GENIE_MLFLOW_H

#include "base.h"
#include "dbx.h"
#include "err.h"

struct json;
struct mlflow;

#define MLFLOW_PARALLEL 8       /* calls at once: more only queue up in the server's database */
#define MLFLOW_CALL_MS 30000    /* one call with its repetitions */

struct mlflow_uri {
	bool databricks;
	const char *profile; /* of databricks://PROFILE, in the text; NULL: none */
};
/* ERR_USAGE for what is not spoken to by REST. */
bool mlflow_read_uri(const char *text, struct mlflow_uri *uri, struct err *err) MUST_CHECK;

struct mlflow_options {
	const char *uri;
	struct dbx *workspace;      /* for a Databricks URI: taken; else NULL */
	const char *token, *username, *password; /* of a server; username wins */
	bool insecure;              /* of a server: its certificate is not verified */
	const char *ca, *client_cert; /* of a server: file or folder of authorities; PEM file */
	int64_t deadline_ms;        /* for all calls together, from now; 0: none */
	const char *agent;
};
struct mlflow *mlflow_open(const struct mlflow_options *options, struct err *err) MUST_CHECK;
void mlflow_free(struct mlflow *mlflow); /* NULL is fine */

bool mlflow_is_databricks(const struct mlflow *mlflow);
const char *mlflow_base(const struct mlflow *mlflow); /* "https://host/prefix", no final slash */
struct dbx *mlflow_dbx(struct mlflow *mlflow);        /* borrowed */
size_t mlflow_calls(const struct mlflow *mlflow);     /* requests so far */
/* Removes our credentials from a text. */
void mlflow_mask(const struct mlflow *mlflow, struct str *text);

struct mlflow_request {
	const char *method;      /* NULL: GET */
	const char *path;        /* "/api/2.0/mlflow/..." with its query */
	const struct json *body; /* borrowed until the call returns */
	const void *raw;         /* instead: bytes */
	size_t nraw;
	const char *header_experiment; /* OTLP: the experiment's id */
	bool bytes;              /* the answer's bytes are wanted, in reply->raw */
	bool safe;               /* may be sent twice; GET, PUT and DELETE always are */
};
/* Calls back once, from mlflow_wait. As dbx.h has it, but an empty answer and "OK" are an
 * empty object, and a body is always there when the call succeeded without `bytes`. */
void mlflow_send(struct mlflow *mlflow, const struct mlflow_request *request, dbx_done *done,
	void *ctx);
void mlflow_wait(struct mlflow *mlflow); /* until nothing is outstanding */

/* One call with all that is known; release the reply either way. */
bool mlflow_fetch(struct mlflow *mlflow, const struct mlflow_request *request,
	struct dbx_reply *reply, struct err *err) MUST_CHECK;
/* The answer, yours; NULL on failure. */
struct json *mlflow_get(struct mlflow *mlflow, const char *path, struct err *err) MUST_CHECK;
struct json *mlflow_post(struct mlflow *mlflow, const char *path, const struct json *body,
	struct err *err) MUST_CHECK; /* for safe calls */
/* All pages of a search: POSTs body with page_token until there is none, at most `most`
 * entries of the list `member`. One array, yours. */
struct json *mlflow_pages(struct mlflow *mlflow, const char *path, struct json *body,
	const char *member, size_t most, struct err *err) MUST_CHECK;

/* Does a reply say that what was asked for is not there (by error_code: a bare 404 says that
 * the server does not know the call), or that it is there already? */
bool mlflow_missing(const struct dbx_reply *reply);
bool mlflow_exists(const struct dbx_reply *reply);

/* PATH?KEY=VALUE&..., values escaped; pairs end with NULL. New string. */
char *mlflow_query(const char *path, ...) __attribute__((sentinel));
/* A text in a filter: 'it''s'. */
void mlflow_quote(struct str *out, const char *text);

#endif
