/* The table of MLflow's routes and what goes before each of them. */
#include "mlflow.h"

#include "json.h"

#define E "/api/2.0/mlflow/experiments/"
#define R "/api/2.0/mlflow/runs/"
#define A "/api/2.0/mlflow-artifacts"
#define D "/api/2.0/mlflow/artifacts/"
#define F "/api/2.0/fs"
#define T "/api/3.0/mlflow/traces"
#define T2 "/api/2.0/mlflow/traces"
#define G "/api/2.0/mlflow/registered-models/"
#define V "/api/2.0/mlflow/model-versions/"
#define U "/api/2.0/mlflow/unity-catalog/prompts"
#define L "/api/2.0/mlflow/unity-catalog/prompt-versions/links-to-"
#define X "/api/3.0/mlflow/datasets"
#define M "/api/2.0/mlflow/logged-models"

const struct route mlflow_routes[] = {
	{ "POST", E "create", "mlflow_experiment_create", mlflow_experiment_create, WITH_TOKEN },
	{ "GET", E "get", "mlflow_experiment_get", mlflow_experiment_get, WITH_TOKEN },
	{ "GET", E "get-by-name", "mlflow_experiment_by_name", mlflow_experiment_by_name,
	  WITH_TOKEN },
	{ "POST", E "search", "mlflow_experiment_search", mlflow_experiment_search, WITH_TOKEN },
	{ "GET", E "search", "mlflow_experiment_search", mlflow_experiment_search, WITH_TOKEN },
	{ "POST", E "update", "mlflow_experiment_update", mlflow_experiment_update, WITH_TOKEN },
	{ "POST", E "delete", "mlflow_experiment_delete", mlflow_experiment_delete, WITH_TOKEN },
	{ "POST", E "restore", "mlflow_experiment_restore", mlflow_experiment_restore, WITH_TOKEN },
	{ "POST", E "set-experiment-tag", "mlflow_experiment_set_tag", mlflow_experiment_set_tag,
	  WITH_TOKEN },
	{ "POST", E "delete-experiment-tag", "mlflow_experiment_delete_tag",
	  mlflow_experiment_delete_tag, WITH_TOKEN },
	{ "POST", R "create", "mlflow_run_create", mlflow_run_create, WITH_TOKEN },
	{ "GET", R "get", "mlflow_run_get", mlflow_run_get, WITH_TOKEN },
	{ "POST", R "update", "mlflow_run_update", mlflow_run_update, WITH_TOKEN },
	{ "POST", R "delete", "mlflow_run_delete", mlflow_run_delete, WITH_TOKEN },
	{ "POST", R "restore", "mlflow_run_restore", mlflow_run_restore, WITH_TOKEN },
	{ "POST", R "search", "mlflow_run_search", mlflow_run_search, WITH_TOKEN },
	{ "POST", R "set-tag", "mlflow_run_set_tag", mlflow_run_set_tag, WITH_TOKEN },
	{ "POST", R "delete-tag", "mlflow_run_delete_tag", mlflow_run_delete_tag, WITH_TOKEN },
	{ "POST", R "log-batch", "mlflow_log_batch", mlflow_run_log_batch, WITH_TOKEN },
	{ "POST", R "log-metric", "mlflow_log_metric", mlflow_run_log_metric, WITH_TOKEN },
	{ "POST", R "log-parameter", "mlflow_log_param", mlflow_run_log_param, WITH_TOKEN },
	{ "POST", R "log-inputs", "mlflow_log_inputs", mlflow_run_log_inputs, WITH_TOKEN },
	{ "POST", R "outputs", "mlflow_log_outputs", mlflow_run_log_outputs, WITH_TOKEN },
	{ "GET", "/api/2.0/mlflow/metrics/get-history", "mlflow_metric_history",
	  mlflow_metric_history, WITH_TOKEN },
	{ "POST", M, "mlflow_model_create", mlflow_model_create, WITH_TOKEN },
	{ "POST", M "/search", "mlflow_model_search", mlflow_model_search, WITH_TOKEN },
	{ "GET", M ":batchGet", "mlflow_model_batch", mlflow_model_batch, WITH_TOKEN },
	{ "GET", M "/*", "mlflow_model_get", mlflow_model_get, WITH_TOKEN },
	{ "PATCH", M "/*", "mlflow_model_finalize", mlflow_model_finalize, WITH_TOKEN },
	{ "DELETE", M "/*", "mlflow_model_delete", mlflow_model_delete, WITH_TOKEN },
	{ "POST", M "/*/params", "mlflow_model_params", mlflow_model_params, WITH_TOKEN },
	{ "PATCH", M "/*/tags", "mlflow_model_tags", mlflow_model_tags, WITH_TOKEN },
	{ "DELETE", M "/*/tags/*", "mlflow_model_delete_tag", mlflow_model_delete_tag, WITH_TOKEN },
	{ "GET", M "/*/artifacts/directories", "mlflow_model_artifacts", mlflow_model_artifacts,
	  WITH_TOKEN },
	{ "POST", M "/*/artifacts/credentials-for-upload", "mlflow_credentials",
	  mlflow_model_credentials, WITH_TOKEN },
	{ "POST", M "/*/artifacts/credentials-for-download", "mlflow_credentials",
	  mlflow_model_credentials, WITH_TOKEN },
	{ "POST", T, "mlflow_trace_start", mlflow_trace_start, WITH_TOKEN },
	{ "POST", T "/search", "mlflow_trace_search", mlflow_trace_search, WITH_TOKEN },
	{ "GET", T "/get", "mlflow_trace_spans", mlflow_trace_spans, WITH_TOKEN },
	{ "POST", T "/delete-traces", "mlflow_trace_delete", mlflow_trace_delete, WITH_TOKEN },
	{ "POST", T2 "/delete-traces", "mlflow_trace_delete", mlflow_trace_delete, WITH_TOKEN },
	{ "POST", T2 "/link-to-run", "mlflow_trace_link_run", mlflow_trace_link_run, WITH_TOKEN },
	{ "POST", T2 "/link-prompts", "mlflow_trace_link_prompts", mlflow_trace_link_prompts,
	  WITH_TOKEN },
	{ "GET", "/api/3.0/mlflow/get-trace-artifact", "mlflow_trace_artifact",
	  mlflow_trace_artifact, WITH_TOKEN },
	{ "GET", "/api/2.0/mlflow/get-trace-artifact", "mlflow_trace_artifact",
	  mlflow_trace_artifact, WITH_TOKEN },
	{ "GET", T "/*", "mlflow_trace_get", mlflow_trace_get, WITH_TOKEN },
	{ "PATCH", T "/*/tags", "mlflow_trace_set_tag", mlflow_trace_set_tag, WITH_TOKEN },
	{ "PATCH", T2 "/*/tags", "mlflow_trace_set_tag", mlflow_trace_set_tag, WITH_TOKEN },
	{ "DELETE", T "/*/tags", "mlflow_trace_delete_tag", mlflow_trace_delete_tag, WITH_TOKEN },
	{ "DELETE", T2 "/*/tags", "mlflow_trace_delete_tag", mlflow_trace_delete_tag, WITH_TOKEN },
	{ "POST", T "/*/assessments", "mlflow_assessment_create", mlflow_assessment_create,
	  WITH_TOKEN },
	{ "GET", T "/*/assessments/*", "mlflow_assessment_get", mlflow_assessment_get, WITH_TOKEN },
	{ "PATCH", T "/*/assessments/*", "mlflow_assessment_update", mlflow_assessment_update,
	  WITH_TOKEN },
	{ "DELETE", T "/*/assessments/*", "mlflow_assessment_delete", mlflow_assessment_delete,
	  WITH_TOKEN },
	{ "GET", T2 "/*/credentials-for-data-upload", "mlflow_credentials",
	  mlflow_trace_credentials, WITH_TOKEN },
	{ "GET", T2 "/*/credentials-for-data-download", "mlflow_credentials",
	  mlflow_trace_credentials, WITH_TOKEN },
	{ "POST", G "create", "mlflow_registered_create", mlflow_registered_create, WITH_TOKEN },
	{ "GET", G "get", "mlflow_registered_get", mlflow_registered_get, WITH_TOKEN },
	{ "PATCH", G "update", "mlflow_registered_update", mlflow_registered_update, WITH_TOKEN },
	{ "DELETE", G "delete", "mlflow_registered_delete", mlflow_registered_delete, WITH_TOKEN },
	{ "GET", G "search", "mlflow_registered_search", mlflow_registered_search, WITH_TOKEN },
	{ "POST", G "set-tag", "mlflow_registered_set_tag", mlflow_registered_set_tag, WITH_TOKEN },
	{ "DELETE", G "delete-tag", "mlflow_registered_delete_tag", mlflow_registered_delete_tag,
	  WITH_TOKEN },
	{ "POST", G "alias", "mlflow_alias_set", mlflow_alias_set, WITH_TOKEN },
	{ "GET", G "alias", "mlflow_alias_get", mlflow_alias_get, WITH_TOKEN },
	{ "DELETE", G "alias", "mlflow_alias_delete", mlflow_alias_delete, WITH_TOKEN },
	{ "POST", V "create", "mlflow_version_create", mlflow_version_create, WITH_TOKEN },
	{ "GET", V "get", "mlflow_version_get", mlflow_version_get, WITH_TOKEN },
	{ "PATCH", V "update", "mlflow_version_update", mlflow_version_update, WITH_TOKEN },
	{ "DELETE", V "delete", "mlflow_version_delete", mlflow_version_delete, WITH_TOKEN },
	{ "GET", V "search", "mlflow_version_search", mlflow_version_search, WITH_TOKEN },
	{ "POST", V "set-tag", "mlflow_version_set_tag", mlflow_version_set_tag, WITH_TOKEN },
	{ "DELETE", V "delete-tag", "mlflow_version_delete_tag", mlflow_version_delete_tag,
	  WITH_TOKEN },
	{ "POST", U, "uc_prompt_create", mlflow_uc_prompt_create, WITH_TOKEN },
	{ "POST", U "/search", "uc_prompt_search", mlflow_uc_prompt_search, WITH_TOKEN },
	{ "GET", U "/*", "uc_prompt_get", mlflow_uc_prompt_get, WITH_TOKEN },
	{ "DELETE", U "/*", "uc_prompt_delete", mlflow_uc_prompt_delete, WITH_TOKEN },
	{ "POST", U "/*/versions", "uc_prompt_version", mlflow_uc_version_create, WITH_TOKEN },
	{ "POST", U "/*/versions/search", "uc_version_search", mlflow_uc_version_search,
	  WITH_TOKEN },
	{ "GET", U "/*/versions/by-alias/*", "uc_alias_get", mlflow_uc_alias_get, WITH_TOKEN },
	{ "GET", U "/*/versions/*", "uc_version_get", mlflow_uc_version_get, WITH_TOKEN },
	{ "POST", U "/*/aliases/*", "uc_alias_set", mlflow_uc_alias_set, WITH_TOKEN },
	{ "DELETE", U "/*/aliases/*", "uc_alias_delete", mlflow_uc_alias_delete, WITH_TOKEN },
	{ "POST", U "/*/tags", "uc_prompt_tag", mlflow_uc_prompt_tag, WITH_TOKEN },
	{ "POST", U "/*/versions/*/tags", "uc_version_tag", mlflow_uc_version_tag, WITH_TOKEN },
	{ "POST", L "runs", "uc_prompt_links", mlflow_uc_links, WITH_TOKEN },
	{ "POST", L "models", "uc_prompt_links", mlflow_uc_links, WITH_TOKEN },
	{ "POST", L "traces", "uc_prompt_links", mlflow_uc_links, WITH_TOKEN },
	{ "POST", X "/create", "mlflow_dataset_create", mlflow_dataset_create, WITH_TOKEN },
	{ "POST", X "/search", "mlflow_dataset_search", mlflow_dataset_search, WITH_TOKEN },
	{ "GET", X "/*", "mlflow_dataset_get", mlflow_dataset_get, WITH_TOKEN },
	{ "DELETE", X "/*", "mlflow_dataset_delete", mlflow_dataset_delete, WITH_TOKEN },
	{ "PATCH", X "/*/tags", "mlflow_dataset_tags", mlflow_dataset_tags, WITH_TOKEN },
	{ "POST", X "/*/add-experiments", "mlflow_dataset_link", mlflow_dataset_add_experiments,
	  WITH_TOKEN },
	{ "POST", X "/*/records", "mlflow_dataset_upsert", mlflow_dataset_upsert, WITH_TOKEN },
	{ "GET", X "/*/records", "mlflow_dataset_records", mlflow_dataset_records, WITH_TOKEN },
	{ "DELETE", X "/*/records", "mlflow_records_delete", mlflow_dataset_delete_records,
	  WITH_TOKEN },
	{ "GET", D "list", "mlflow_artifacts_list", mlflow_artifacts_list, WITH_TOKEN },
	{ "POST", D "credentials-for-write", "mlflow_credentials", mlflow_credentials_write,
	  WITH_TOKEN },
	{ "POST", D "credentials-for-read", "mlflow_credentials", mlflow_credentials_read,
	  WITH_TOKEN },
	{ "GET", A "/artifacts", "mlflow_proxy_list", mlflow_proxy_list, WITH_TOKEN },
	{ "PUT", A "/artifacts/**", "mlflow_proxy_put", mlflow_proxy_put, WITH_TOKEN },
	{ "GET", A "/artifacts/**", "mlflow_proxy_get", mlflow_proxy_get, WITH_TOKEN },
	{ "DELETE", A "/artifacts/**", "mlflow_proxy_delete", mlflow_proxy_delete, WITH_TOKEN },
	{ "POST", A "/mpu/**", "mlflow_multipart", mlflow_proxy_multipart, WITH_TOKEN },
	{ "GET", A "/presigned/**", "mlflow_presigned", mlflow_proxy_presigned, WITH_TOKEN },
	{ "GET", "/get-artifact", "mlflow_get_artifact", mlflow_get_artifact, WITH_TOKEN },
	{ "POST", "/api/2.0/mlflow/upload-artifact", "mlflow_upload_artifact",
	  mlflow_upload_artifact, WITH_TOKEN },
	{ "PUT", F "/files/**", "files_put", mlflow_files_put, WITH_TOKEN },
	{ "GET", F "/files/**", "files_get", mlflow_files_get, WITH_TOKEN },
	{ "DELETE", F "/files/**", "files_delete", mlflow_files_delete, WITH_TOKEN },
	{ "PUT", F "/directories/**", "directories_make", mlflow_directories_make, WITH_TOKEN },
	{ "GET", F "/directories/**", "directories_list", mlflow_directories_list, WITH_TOKEN },
	{ "PUT", "/genie-local/artifacts/**", "signed_put", mlflow_signed_put, OPEN },
	{ "GET", "/genie-local/artifacts/**", "signed_get", mlflow_signed_get, OPEN },
	{ "GET", "/health", "mlflow_health", mlflow_health, OPEN },
	{ "GET", "/version", "mlflow_version", mlflow_version, OPEN },
	{ "GET", "/api/3.0/mlflow/server-info", "mlflow_server_info", mlflow_server_info,
	  WITH_TOKEN },
	{ .method = NULL },
};

/* ---- probes that MLflow's own server has and Databricks has not ------------------------ */

#define MLFLOW_VERSION "3.11.2" /* the one whose answers were measured */

static void reply_text(struct call *call, const char *text)
{
	call->response->type = "text/html; charset=utf-8";
	str_reset(&call->response->body);
	str_add(&call->response->body, text);
}

void mlflow_health(struct call *call)
{
	reply_text(call, "OK");
}

void mlflow_version(struct call *call)
{
	reply_text(call, MLFLOW_VERSION);
}

void mlflow_server_info(struct call *call)
{
	struct json *info = json_new_object();
	json_set_str(info, "store_type", "SqlStore");
	json_set_bool(info, "workspaces_enabled", false);
	call_reply(call, info);
}

/* ---- running ------------------------------------------------------------------------------ */

/* Bodies of JSON must say that they are; files are anything. */
static bool content_type_ok(struct call *call)
{
	const char *type = serve_header(call->request, "Content-Type");
	if (!streq(call->request->method, "POST") ||
		ends_with(call->request->path, "/upload-artifact"))
		return true;
	return (type && starts_withi(type, "application/json")) || call_bad(call,
		"Bad Request. Content-Type must be one of ['application/json'].");
}

void mlflow_route(struct call *call, const struct route *route)
{
	struct err err = { .code = ERR_NONE };
	if (!content_type_ok(call))
		return;
	if (!db_begin(call->server->db, &err)) {
		call_internal(call, &err);
		return;
	}
	route->run(call);
	if (!db_commit(call->server->db, &err)) {
		db_rollback(call->server->db);
		call_internal(call, &err);
	}
}
