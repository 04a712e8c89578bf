/* mlflow.h - MLflow tracking, as a Databricks workspace and an MLflow server serve it.
 *
 * What the modules share: requests read the way protocol buffers read JSON, rows of the
 * workspace's SQLite file (tables mlflow_*), and searches. Each request is one transaction,
 * which is kept also when the answer is an error: what was done before it stays done, as in
 * a real server.
 */
#ifndef GENIE_LOCAL_MLFLOW_H
#define GENIE_LOCAL_MLFLOW_H

#include "db.h"
#include "mlflowfilter.h"
#include "server.h"
#include "str.h"

/* ---- requests: mlflow_message.c ----------------------------------------------- */

enum mlflow_type {
	MLFLOW_STR, MLFLOW_INT, MLFLOW_NUM, MLFLOW_BOOL, MLFLOW_ENUM, MLFLOW_MESSAGE,
	MLFLOW_MAP,      /* texts by name */
	MLFLOW_TIME,     /* RFC 3339; milliseconds once read */
	MLFLOW_DURATION, /* "1.500s"; milliseconds once read */
	MLFLOW_VALUE,    /* any JSON; its numbers are doubles */
};
enum {
	MLFLOW_NEED = 1,  /* absent or "" is refused */
	MLFLOW_TYPED = 2, /* another type is refused, not lost */
	MLFLOW_LIST = 4,
};
/* A list of fields ends with a NULL name. */
struct mlflow_field {
	const char *name;
	enum mlflow_type type;
	unsigned flags;
	const struct mlflow_field *fields; /* of a message */
	const char *const *words;          /* of an enum, ends with NULL */
};
extern const struct mlflow_field mlflow_pair_fields[]; /* {key, value} */

/* The body (of GET: the query) by these fields, typed; freed with the call. As with the real
 * server a wrong type is an error only where a field says so: elsewhere reading stops
 * there, and what follows is lost. NULL after 400. */
const struct json *mlflow_message(struct call *call, const struct mlflow_field *fields);
/* 400 INVALID_PARAMETER_VALUE "Missing value for required parameter". Returns false. */
bool mlflow_missing(struct call *call, const char *name);
/* A double as the server writes it: 1.0, and "NaN" for what is none. Yours. */
struct json *mlflow_double(double value);
/* A length in characters, not bytes. */
size_t mlflow_length(const char *text);
/* Cut after `max` characters; in the call's arena. */
const char *mlflow_cut(struct call *call, const char *text, size_t max);

/* ---- rows: mlflow_store.c ------------------------------------------------------- */

/* Makes the tables. */
bool mlflow_open(struct server *server, struct err *err) MUST_CHECK;
/* A compiled statement with its values: a letter each of t(ext), i(nt64_t), r(eal: double),
 * n(ull, without argument). NULL after 500. */
struct db_stmt *mlflow_sql(struct call *call, const char *sql, const char *types, ...) MUST_CHECK;
/* Runs it to its end. False after 500. */
bool mlflow_run(struct call *call, const char *sql, const char *types, ...) MUST_CHECK;
/* The next row; false at the end, and after 500 (*failed, when not NULL, tells). */
bool mlflow_row(struct call *call, struct db_stmt *stmt, bool *failed) MUST_CHECK;
/* One row as JSON; NULL leaves it out of a list. Yours. */
typedef struct json *mlflow_row_fn(struct call *call, struct db_stmt *stmt);
/* Every row, as a list; NULL when there are none. Frees the statement, which may be NULL. Yours. */
struct json *mlflow_rows(struct call *call, struct db_stmt *stmt, mlflow_row_fn *row);
/* Replies with {member: the first row}; false without one. Frees the statement, as above. */
bool mlflow_reply_row(struct call *call, struct db_stmt *stmt, const char *member,
	mlflow_row_fn *row);
/* Is there a row? The first column is kept as a text in the call's arena. */
bool mlflow_found(struct call *call, const char **text, const char *sql, const char *types, ...)
	MUST_CHECK;
/* Has call_error been called? */
bool mlflow_failed(const struct call *call);

/* Tags, params and metadata: a value by kind, owner and key. */
bool mlflow_pair_set(struct call *call, const char *kind, const char *owner, const char *key,
	const char *value) MUST_CHECK;
const char *mlflow_pair_get(struct call *call, const char *kind, const char *owner,
	const char *key); /* NULL: none */
bool mlflow_pair_delete(struct call *call, const char *kind, const char *owner, const char *key);
/* All of [{key, value}] of a request. */
bool mlflow_pairs_set(struct call *call, const char *kind, const char *owner,
	const struct json *pairs) MUST_CHECK;
/* As [{key, value}]; NULL when there are none. Yours. */
struct json *mlflow_pairs(struct call *call, const char *kind, const char *owner);
/* As {key: value}; NULL when there are none. Yours. */
struct json *mlflow_pairs_map(struct call *call, const char *kind, const char *owner);
/* Links two rows of a kind that says of what, unless they are. */
bool mlflow_link(struct call *call, const char *kind, const char *source, const char *target,
	int64_t step) MUST_CHECK;
/* Sets a member unless the value is NULL. */
void mlflow_set(struct json *object, const char *key, struct json *value);
/* Sets a text unless it is NULL or empty, as protocol buffers leave these out. */
void mlflow_set_text(struct json *object, const char *key, const char *value);

/* ---- searches: mlflow_search.c ---------------------------------------------------- */

struct mlflow_domain {
	struct mlflow_grammar grammar;
	const char *owner; /* SQL of the id: "r.id" */
	const char *tag, *param, *metadata; /* kinds of pairs */
	const char *metrics; /* table and condition: "mlflow_latest m WHERE m.run_id = r.id" */
};
struct mlflow_search {
	struct str where; /* " AND (...)", appended to */
	struct str order; /* "a DESC, ", before the order by default */
	int64_t limit, offset;
};
void mlflow_search_free(struct mlflow_search *search);
/* Reads filter, order_by (texts), max_results and page_token. False after 400. */
bool mlflow_search_read(struct call *call, struct mlflow_search *search,
	const struct mlflow_domain *domain, const struct json *request) MUST_CHECK;
bool mlflow_search_filter(struct call *call, struct mlflow_search *search,
	const struct mlflow_domain *domain, const char *filter) MUST_CHECK;
bool mlflow_search_page(struct call *call, struct mlflow_search *search,
	const struct json *request, int64_t usual, int64_t most) MUST_CHECK;
/* Reads the request and hands it to `search`, with a search that is freed afterwards. */
typedef void mlflow_search_fn(struct call *call, const struct json *request,
	struct mlflow_search *search);
void mlflow_search_call(struct call *call, const struct mlflow_field *fields,
	mlflow_search_fn *search);
/* Of a request's view_type: a condition on a column of lifecycle stages, unless all are asked
 * for. */
void mlflow_search_stage(struct mlflow_search *search, const char *column, const char *view);
/* "column IN ('1', '2')", appended. */
void mlflow_in_sql(struct str *out, const char *column, const struct json *ids);
/* "SELECT ... WHERE ...", the conditions of the search, its order and then this one. Like every
 * statement of a page it asks for one row more than the limit. NULL after 500. */
struct db_stmt *mlflow_search_sql(struct call *call, const struct mlflow_search *search,
	const char *select, const char *order) MUST_CHECK;
/* {member: rows, next_page_token}, where each is there when it says something. Frees the
 * statement. NULL after 500. Yours. */
struct json *mlflow_search_body(struct call *call, const struct mlflow_search *search,
	struct db_stmt *stmt, const char *member, mlflow_row_fn *row) MUST_CHECK;
void mlflow_search_reply(struct call *call, const struct mlflow_search *search,
	struct db_stmt *stmt, const char *member, mlflow_row_fn *row);
/* The SQL of one comparison of a column, appended. */
void mlflow_compare_sql(struct str *out, const char *column, const struct mlflow_clause *clause);

/* ---- shared by routes --------------------------------------------------------------- */

/* "1" of an experiment in the wanted stage; false after 404 or 400. */
bool mlflow_need_experiment(struct call *call, const char *id, bool active) MUST_CHECK;
bool mlflow_need_run(struct call *call, const char *id, bool active) MUST_CHECK;
bool mlflow_need_model(struct call *call, const char *id) MUST_CHECK;
bool mlflow_need_trace(struct call *call, const char *id) MUST_CHECK;
/* A metric of columns key, value, nan, timestamp, step. */
mlflow_row_fn mlflow_metric_json;
/* Inputs and outputs of a run; an empty object when there are none. Yours. */
struct json *mlflow_run_inputs(struct call *call, const char *id);
struct json *mlflow_run_outputs(struct call *call, const char *id);
/* Is there an experiment of this name? For the workspace's tree. */
bool mlflow_has_experiment(struct server *server, const char *name);
/* The place of stored files for an artifact URI: "1/RUN/artifacts". In the call's arena. */
const char *mlflow_artifact_root(struct call *call, const char *uri);
/* The files below root/path as the list of artifacts/list; NULL when there are none. */
struct json *mlflow_artifact_list(struct call *call, const char *root, const char *path,
	bool names_only);
/* Replies with {"root_uri", "files"?}. */
void mlflow_reply_artifacts(struct call *call, const char *uri, const char *path);
/* Sends a stored file; false when there is none. */
bool mlflow_send_file(struct call *call, const char *path);
/* {path?, signed_uri, type, headers} for PUT or GET of a stored file. Yours. */
struct json *mlflow_credential(struct call *call, const char *root, const char *path);
bool mlflow_safe_path(const char *path);
/* Stores the body of the request as a file. False after 500. */
bool mlflow_store_body(struct call *call, const char *path) MUST_CHECK;
/* The artifact URI of a run, in the call's arena; NULL after an error. */
const char *mlflow_run_location(struct call *call, const char *run_id);
bool mlflow_pair_limits(struct call *call, const struct json *pairs, const char *what,
	size_t most_value);
bool mlflow_name_ok(const char *name);
/* 400 INVALID_PARAMETER_VALUE that says what names may contain. Returns false. */
bool mlflow_bad_name(struct call *call, const char *name, const char *parameter);
/* The assessments of a trace, as a list; NULL when there are none. Yours. */
struct json *mlflow_assessments(struct call *call, const char *trace_id);
/* Stores one assessment of a request; its id in out. False after an error. */
bool mlflow_assessment_add(struct call *call, const char *trace_id,
	const struct json *assessment, char id[40]) MUST_CHECK;
extern const struct mlflow_field mlflow_assessment_fields[];

route_fn mlflow_experiment_create, mlflow_experiment_get, mlflow_experiment_by_name,
	mlflow_experiment_search, mlflow_experiment_update, mlflow_experiment_delete,
	mlflow_experiment_restore, mlflow_experiment_set_tag, mlflow_experiment_delete_tag;
route_fn mlflow_run_create, mlflow_run_get, mlflow_run_update, mlflow_run_delete,
	mlflow_run_restore, mlflow_run_set_tag, mlflow_run_delete_tag, mlflow_run_search;
route_fn mlflow_run_log_batch, mlflow_run_log_metric, mlflow_run_log_param,
	mlflow_metric_history, mlflow_run_log_inputs, mlflow_run_log_outputs;
route_fn mlflow_model_create, mlflow_model_get, mlflow_model_finalize, mlflow_model_delete,
	mlflow_model_params, mlflow_model_tags, mlflow_model_delete_tag, mlflow_model_search,
	mlflow_model_artifacts, mlflow_model_batch;
route_fn mlflow_artifacts_list, mlflow_proxy_put, mlflow_proxy_get, mlflow_proxy_delete,
	mlflow_proxy_list, mlflow_proxy_multipart, mlflow_proxy_presigned, mlflow_get_artifact,
	mlflow_upload_artifact;
route_fn mlflow_files_put, mlflow_files_get, mlflow_files_delete, mlflow_directories_list,
	mlflow_directories_make, mlflow_signed_put, mlflow_signed_get, mlflow_credentials_write,
	mlflow_credentials_read, mlflow_model_credentials, mlflow_trace_credentials;
route_fn mlflow_trace_start, mlflow_trace_get, mlflow_trace_spans, mlflow_trace_search,
	mlflow_trace_delete, mlflow_trace_set_tag, mlflow_trace_delete_tag, mlflow_trace_link_run,
	mlflow_trace_link_prompts, mlflow_trace_artifact;
route_fn mlflow_assessment_create, mlflow_assessment_get, mlflow_assessment_update,
	mlflow_assessment_delete;
route_fn mlflow_registered_create, mlflow_registered_get, mlflow_registered_update,
	mlflow_registered_delete, mlflow_registered_search, mlflow_registered_set_tag,
	mlflow_registered_delete_tag, mlflow_alias_set, mlflow_alias_get, mlflow_alias_delete,
	mlflow_version_create, mlflow_version_get, mlflow_version_update, mlflow_version_delete,
	mlflow_version_search, mlflow_version_set_tag, mlflow_version_delete_tag;
route_fn mlflow_uc_prompt_create, mlflow_uc_prompt_get, mlflow_uc_prompt_search,
	mlflow_uc_prompt_delete, mlflow_uc_version_create, mlflow_uc_version_get,
	mlflow_uc_version_search, mlflow_uc_alias_set, mlflow_uc_alias_get, mlflow_uc_alias_delete,
	mlflow_uc_prompt_tag, mlflow_uc_version_tag, mlflow_uc_links;
route_fn mlflow_dataset_create, mlflow_dataset_get, mlflow_dataset_search,
	mlflow_dataset_delete, mlflow_dataset_tags, mlflow_dataset_upsert, mlflow_dataset_records,
	mlflow_dataset_delete_records, mlflow_dataset_add_experiments;
route_fn mlflow_health, mlflow_version, mlflow_server_info;

#endif
