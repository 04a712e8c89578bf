/* server.h - the state of the embedded workspace, and what its routes share.
 *
 * One server answers requests one after the other (serve.h), so nothing here locks.
 * What must outlive a restart is in the SQLite file (catalog, data, spaces, folders);
 * conversations and statements live in memory, as their life is short in a workspace
 * too.
 *
 * Flow: serve.h -> server_handle (router.c: log, faults, token, route) -> api_*.c.
 */
#ifndef GENIE_LOCAL_SERVER_H
#define GENIE_LOCAL_SERVER_H

#include "base.h"
#include "err.h"
#include "mem.h"
#include "serve.h"

struct catalog;
struct chats;
struct db;
struct engine;
struct eval_run;
struct faults;
struct json;
struct serving;
struct statements;
struct strlist;

#define SERVER_WAREHOUSE "0a1b2c3d4e5f6071"
#define SERVER_USER_ID INT64_C(8312345678901234567) /* beyond 2^53, as real ones are */
#define SERVER_USER "local.user@genie-local.invalid"
#define SERVER_ORG_ID "7312345678901234"

#define SERVER_ID_SIZE 33   /* 32 hex digits */
#define SERVER_UUID_SIZE 37 /* with hyphens */

/* Texts are borrowed for the life of the server. */
struct server_config {
	const char *bundle, *target, *db_path; /* db_path NULL: in memory */
	const char *address;
	int port;
	const char *token;     /* NULL: a random one */
	const char *client_id, *client_secret; /* for OAuth M2M; NULL: none */
	int64_t token_ttl_s;   /* of OAuth tokens */
	const char *today;     /* YYYY-MM-DD; NULL: the clock's */
	bool seeded;           /* seed was given: ids and draws repeat */
	bool draws_by_config;  /* draws are counted for each configuration, see chats.c */
	uint64_t seed;
	int64_t latency_ms;    /* of a message or statement */
	int qpm;               /* questions a minute; 0: no limit */
	long chunk_rows;       /* rows of a result chunk */
	const struct strlist *faults, *space_files; /* may be NULL */
	const char *log_path;  /* a JSON line per request; NULL: none */
	const char *llm_script, *llm_proxy, *llm_key; /* serving.h; NULL: none */
	const char *artifact_root; /* of MLflow experiments; NULL: mlflow-artifacts: */
	bool offline;          /* no HTTP: `genie-local sql` */
};

#define SERVER_MAX_STATS 256
#define SERVER_MAX_TOKENS 16

struct server {
	struct server_config config;
	struct db *db;
	struct catalog *catalog;
	struct engine *engine;
	struct serve *serve;   /* NULL when offline */
	struct faults *faults;
	struct statements *statements;
	struct chats *chats;
	struct serving *serving;
	struct eval_run *eval_runs; /* newest first */
	char *base_url;        /* http://127.0.0.1:PORT */
	char token[129];       /* the bearer token */
	char link_key[SERVER_ID_SIZE]; /* signs external links */
	char nonce[SERVER_ID_SIZE];    /* makes ids differ between processes */
	uint64_t ids;          /* given out */
	struct { char text[65]; int64_t expires_ms; } issued[SERVER_MAX_TOKENS];
	size_t nissued;        /* ever; the ring holds the last */
	struct { const char *name; uint64_t n; } stats[SERVER_MAX_STATS];
	size_t nstats;
	uint64_t requests;
	int log_fd;            /* -1: none */
};

/* Opens the file, loads the bundle and the space files, then serves. */
struct server *server_open(const struct server_config *config, struct err *err) MUST_CHECK;
void server_close(struct server *server); /* NULL is fine */
const char *server_today(const struct server *server); /* YYYY-MM-DD */

const char *server_new_id(struct server *server, char out[SERVER_ID_SIZE]);
const char *server_new_uuid(struct server *server, char out[SERVER_UUID_SIZE]);
/* n random bytes as 2n hex digits and NUL. */
bool server_random_hex(char *out, size_t n, struct err *err) MUST_CHECK;
/* Takes the same time wherever the texts differ. */
bool server_same_secret(const char *a, const char *b);

/* One request on its way. */
struct call {
	struct server *server;
	const struct serve_request *request;
	struct serve_response *response;
	const char *args[6];   /* the variable parts of the path */
	size_t nargs;
	struct arena arena;    /* freed after the call */
	struct json *body;     /* parsed by call_body; freed after the call */
	struct json *message;  /* of mlflow_message; freed after the call */
};

/* Puts the tree into the response and frees it. */
void call_reply(struct call *call, struct json *json);
/* {"error_code":CODE,"message":...} with this status. Returns false. */
bool call_error(struct call *call, int status, const char *code, const char *format, ...)
	PRINTF_LIKE(4, 5);
bool call_bad(struct call *call, const char *format, ...) PRINTF_LIKE(2, 3); /* 400 INVALID_PARAMETER_VALUE */
bool call_internal(struct call *call, const struct err *err); /* 500 INTERNAL_ERROR */
/* The static analyzer sees one source at a time: tell it that these never return true. */
#ifdef __clang_analyzer__
#define call_error(...) (call_error(__VA_ARGS__), false)
#define call_internal(...) (call_internal(__VA_ARGS__), false)
#endif
/* The body as an object (empty body: an empty object); NULL after 400 MALFORMED_REQUEST. */
struct json *call_body(struct call *call);
/* A text member of the body: *out stays NULL when absent or null. False after 400 when it
 * has another type, or is absent and needed. */
bool call_text(struct call *call, const char *key, bool needed, const char **out) MUST_CHECK;
/* Replies with one page of the array as {MEMBER: [...], "next_page_token"?}; `size_name` is
 * the query parameter for the page size, which is `size` by default. Takes the array. */
void call_page(struct call *call, const char *member, struct json *array, const char *size_name,
	size_t size);

/* router.c; a serve_handler with a struct server as context. */
void server_handle(void *ctx, const struct serve_request *request,
	struct serve_response *response);
void server_count(struct server *server, const char *name);

/* Routes, by file. In a path "*" stands for one segment and "**" for the rest. */
typedef void route_fn(struct call *call);
enum access { WITH_TOKEN, OPEN };
struct route {
	const char *method, *path, *name;
	route_fn *run;
	enum access access;
};
/* mlflow_routes.c: its routes, which end with a NULL method, and what runs one. */
extern const struct route mlflow_routes[];
void mlflow_route(struct call *call, const struct route *route);
route_fn api_spaces_list, api_spaces_get, api_spaces_create, api_spaces_update, api_spaces_trash;
route_fn api_chat_start, api_chat_follow, api_chat_message, api_chat_messages,
	api_chat_conversations, api_chat_delete, api_chat_result, api_chat_execute;
route_fn api_statements_execute, api_statements_get, api_statements_chunk,
	api_statements_cancel, api_statements_link;
route_fn api_warehouses_list, api_warehouses_get, api_warehouses_start;
route_fn api_uc_tables, api_uc_table, api_uc_table_exists, api_uc_functions, api_uc_function,
	api_uc_schemas, api_uc_catalogs;
route_fn api_me;
route_fn api_files_mkdirs, api_files_status, api_files_list, api_files_import, api_files_export,
	api_files_delete;
route_fn api_jobs_create, api_jobs_reset, api_jobs_update, api_jobs_get, api_jobs_list,
	api_jobs_delete, api_runs_now, api_runs_get, api_runs_list, api_runs_output,
	api_runs_cancel, api_runs_repair;
route_fn api_oauth_config, api_oauth_endpoints, api_oauth_token;
route_fn api_evals_create, api_evals_get, api_evals_list, api_evals_results, api_evals_details;
route_fn api_serving_list, api_serving_get, api_serving_invoke, api_serving_chat;
route_fn api_stats;

/* files.c: is there a folder? The /Workspace prefix does not matter. */
bool workspace_has_folder(struct server *server, const char *path);
/* api_workspace.c: a warehouse of the workspace: its own, or one that a space names. */
bool workspace_has_warehouse(struct server *server, const char *id);

/* api_jobs.c: an id of the query (GET) or the body; false after 400. */
bool call_id(struct call *call, const char *name, int64_t *out) MUST_CHECK;
/* The job (see job_load); yours; NULL after 400. */
struct json *call_job(struct call *call, int64_t id) MUST_CHECK;

/* api_oauth.c: was this token issued here and is it still good? */
bool oauth_token_ok(const struct server *server, const char *token);

/* api_evals.c */
void evals_free(struct server *server);

/* api_spaces.c. Brings stored version 1 configurations to version 2. */
bool spaces_open(struct server *server, struct err *err) MUST_CHECK;
/* The configuration of a space that is there and not in the trash; yours. NULL: after 404
 * (or 500). */
struct json *spaces_config(struct call *call, const char *space_id);

#endif
