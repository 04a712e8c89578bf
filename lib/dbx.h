/* dbx.h - a Databricks workspace: who we are, and JSON calls to it.
 *
 * Attributes (host, token, ...) are resolved as the SDKs do: explicit values, then
 * the environment (given by the caller, the library does not read it), then
 * ~/.databrickscfg, which is read only when a profile is named or nothing else
 * says where to go. A set profile always loads the file, and values set before
 * win. A bundle's databricks.yml may name the profile or the host (top-level
 * workspace, or that of a target).
 *
 * Ways to authenticate, the first that has what it needs: pat (token), basic
 * (username, password), oauth-m2m (client_id, client_secret), databricks-cli
 * (`databricks auth token`); auth_type forces one. Tokens are renewed 40 s before
 * they expire. Credentials go to `host` only. Errors never hold secrets.
 *
 * Replies map to errors: 401, 403, 404, 400 and other refusals ERR_UNAVAILABLE;
 * 429, 503 and the like after the retries of http.h, and dead hosts, ERR_TEMP; a
 * reply that is not JSON ERR_UNAVAILABLE, but ERR_TEMP when it begins as an object and
 * was cut. The status and the service's error_code stay visible, so that a caller can
 * treat 409 or 404 itself.
 *
 * Layer: domain.
 */
#ifndef GENIE_DBX_H
#define GENIE_DBX_H

#include "base.h"
#include "err.h"
#include "http.h"

struct dbx;
struct json;

enum dbx_attr {
	DBX_HOST, DBX_TOKEN, DBX_USERNAME, DBX_PASSWORD, DBX_CLIENT_ID, DBX_CLIENT_SECRET,
	DBX_PROFILE, DBX_CONFIG_FILE, DBX_AUTH_TYPE, DBX_WAREHOUSE_ID, DBX_WORKSPACE_ID,
	DBX_ACCOUNT_ID, DBX_DISCOVERY_URL, DBX_CLI_PATH,
	DBX_NATTRS
};
const char *dbx_attr_name(enum dbx_attr attr); /* "client_id": also the INI key */
const char *dbx_attr_env(enum dbx_attr attr);  /* "DATABRICKS_CLIENT_ID" */

struct dbx_options {
	const char *given[DBX_NATTRS]; /* from the command line; NULL or "": unset */
	const char *env[DBX_NATTRS];   /* from the environment */
	const char *home;              /* for ~/.databrickscfg; may be NULL */
	const char *bundle;            /* folder or file of a bundle; may be NULL */
	const char *target;            /* its target; NULL: the default one */
	struct http_options http;
};
/* Resolves and validates; no network. ERR_USAGE nothing configured or two ways at
 * once, ERR_DATA a broken file or a missing profile. */
struct dbx *dbx_open(const struct dbx_options *options, struct err *err) MUST_CHECK;
/* Another server with the same kind of answers (an MLflow server). The path of `url` goes before
 * every path. With username Basic, with token Bearer, else no credential. ERR_USAGE: a bad URL. */
struct dbx_server {
	const char *url;
	const char *token, *username, *password; /* NULL: none */
	struct http_options http;
};
struct dbx *dbx_server(const struct dbx_server *server, struct err *err) MUST_CHECK;
void dbx_free(struct dbx *dbx); /* NULL is fine; outstanding calls are cancelled */

const char *dbx_host(const struct dbx *dbx);      /* "https://x.cloud.databricks.com" */
const char *dbx_attr(const struct dbx *dbx, enum dbx_attr attr); /* resolved; NULL: unset */
const char *dbx_auth(const struct dbx *dbx);      /* "pat", "oauth-m2m", ... */
struct http *dbx_http(struct dbx *dbx);           /* its loop: run it, set timers on it */
/* Profile actually used, or NULL. */
const char *dbx_profile(const struct dbx *dbx);

struct dbx_request {
	const char *method;      /* NULL: GET */
	const char *path;        /* "/api/2.0/..." with query; absolute path, joined to host */
	const struct json *body; /* borrowed until the call returns; NULL: none ({} for POST) */
	const void *raw;         /* instead of body: bytes as they are */
	size_t nraw;
	const char *content_type; /* of raw; NULL: application/octet-stream */
	const char *header;      /* one more "Name: value"; NULL: none */
	int64_t budget_ms;       /* 0: the default */
	int64_t idle_ms;         /* time without a byte; 0: the default */
	bool want_raw;           /* give the reply's bytes in `raw` instead of parsing them */
	bool once;               /* no retries */
};

/* err.code is ERR_NONE exactly when the status is 2xx and the body was read. */
struct dbx_reply {
	int status;          /* 0: no answer came */
	char error_code[80]; /* the service's word ("RESOURCE_DOES_NOT_EXIST"), or "" */
	char message[512];   /* the service's text, or "" */
	struct json *body;   /* NULL when empty; take it by setting it to NULL */
	struct str raw;      /* with want_raw */
	int attempts;
	int64_t elapsed_ms, retry_after_ms; /* retry_after -1: none */
	struct err err;
};
void dbx_reply_free(struct dbx_reply *reply); /* what is inside */

/* Calls back exactly once, from http_run; the reply is released after the call. */
typedef void dbx_done(void *ctx, struct dbx_reply *reply);
void dbx_send(struct dbx *dbx, const struct dbx_request *request, dbx_done *done, void *ctx);

/* For those who run the loop themselves until the reply is there: it is moved to *reply. */
struct dbx_wait {
	struct dbx_reply *reply;
	bool done;
};
dbx_done dbx_keep; /* ctx is a struct dbx_wait */

/* One call with everything known about it. Returns reply->err.code == ERR_NONE and
 * copies the error. Release the reply either way. */
bool dbx_fetch(struct dbx *dbx, const struct dbx_request *request,
	struct dbx_reply *reply, struct err *err) MUST_CHECK;
/* The short form. out may be NULL; *out is yours (NULL for an empty reply). */
bool dbx_call(struct dbx *dbx, const char *method, const char *path,
	const struct json *body, struct json **out, struct err *err) MUST_CHECK;

/* Reads all pages of a list: follows next_page_token (also over empty pages) and
 * returns the members named `member` as one array, yours. `path` may have a query. */
struct json *dbx_list(struct dbx *dbx, const char *path, const char *member,
	struct err *err) MUST_CHECK;

/* Fetches a presigned URL without any credential of ours; `headers` ("Name:
 * value", NULL-terminated) are what the service asked to send. */
bool dbx_external(struct dbx *dbx, const char *url, const char *const *headers,
	struct http_response *response, struct err *err) MUST_CHECK;

/* "dapi1234" becomes "***" wherever a secret of ours occurs in text. */
void dbx_mask(const struct dbx *dbx, struct str *text);

#endif
