/* From a request to its route: log, faults, token, path. */
#include "server.h"

#include "faults.h"
#include "json.h"
#include "statements.h"
#include "str.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define G "/api/2.0/genie/spaces"
#define C G "/*/conversations"
#define M C "/*/messages"
#define A M "/*/attachments/*"
#define E G "/*/eval-runs"
#define S "/api/2.0/sql/statements"
#define W "/api/2.0/sql/warehouses"
#define U "/api/2.1/unity-catalog"
#define F "/api/2.0/workspace"
#define J "/api/2.2/jobs"
#define L "/api/2.0/serving-endpoints"

static const struct route routes[] = {
	{ "GET", G, "list_spaces", api_spaces_list, WITH_TOKEN },
	{ "POST", G, "create_space", api_spaces_create, WITH_TOKEN },
	{ "GET", G "/*", "get_space", api_spaces_get, WITH_TOKEN },
	{ "PATCH", G "/*", "update_space", api_spaces_update, WITH_TOKEN },
	{ "DELETE", G "/*", "trash_space", api_spaces_trash, WITH_TOKEN },
	{ "POST", G "/*/start-conversation", "start_conversation", api_chat_start, WITH_TOKEN },
	{ "GET", C, "list_conversations", api_chat_conversations, WITH_TOKEN },
	{ "DELETE", C "/*", "delete_conversation", api_chat_delete, WITH_TOKEN },
	{ "GET", M, "list_messages", api_chat_messages, WITH_TOKEN },
	{ "POST", M, "create_message", api_chat_follow, WITH_TOKEN },
	{ "GET", M "/*", "get_message", api_chat_message, WITH_TOKEN },
	{ "GET", A "/query-result", "query_result", api_chat_result, WITH_TOKEN },
	{ "POST", A "/execute-query", "execute_query", api_chat_execute, WITH_TOKEN },
	{ "GET", M "/*/query-result", "query_result", api_chat_result, WITH_TOKEN },
	{ "GET", M "/*/query-result/*", "query_result", api_chat_result, WITH_TOKEN },
	{ "POST", M "/*/execute-query", "execute_query", api_chat_execute, WITH_TOKEN },
	{ "POST", E, "create_eval_run", api_evals_create, WITH_TOKEN },
	{ "GET", E, "list_eval_runs", api_evals_list, WITH_TOKEN },
	{ "GET", E "/*", "get_eval_run", api_evals_get, WITH_TOKEN },
	{ "GET", E "/*/results", "list_eval_results", api_evals_results, WITH_TOKEN },
	{ "GET", E "/*/results/*", "get_eval_result", api_evals_details, WITH_TOKEN },
	{ "POST", S, "statements", api_statements_execute, WITH_TOKEN },
	{ "GET", S "/*", "get_statement", api_statements_get, WITH_TOKEN },
	{ "GET", S "/*/result/chunks/*", "get_chunk", api_statements_chunk, WITH_TOKEN },
	{ "POST", S "/*/cancel", "cancel_statement", api_statements_cancel, WITH_TOKEN },
	{ "GET", "/genie-local/results/*/*", "external_link", api_statements_link, OPEN },
	{ "GET", W, "list_warehouses", api_warehouses_list, WITH_TOKEN },
	{ "GET", W "/*", "get_warehouse", api_warehouses_get, WITH_TOKEN },
	{ "POST", W "/*/start", "start_warehouse", api_warehouses_start, WITH_TOKEN },
	{ "GET", U "/tables", "uc_tables", api_uc_tables, WITH_TOKEN },
	{ "GET", U "/tables/*", "uc_table", api_uc_table, WITH_TOKEN },
	{ "GET", U "/tables/*/exists", "uc_table_exists", api_uc_table_exists, WITH_TOKEN },
	{ "GET", U "/functions", "uc_functions", api_uc_functions, WITH_TOKEN },
	{ "GET", U "/functions/*", "uc_function", api_uc_function, WITH_TOKEN },
	{ "GET", U "/schemas", "uc_schemas", api_uc_schemas, WITH_TOKEN },
	{ "GET", U "/catalogs", "uc_catalogs", api_uc_catalogs, WITH_TOKEN },
	{ "GET", "/api/2.0/preview/scim/v2/Me", "me", api_me, WITH_TOKEN },
	{ "POST", F "/mkdirs", "mkdirs", api_files_mkdirs, WITH_TOKEN },
	{ "GET", F "/get-status", "get_status", api_files_status, WITH_TOKEN },
	{ "GET", F "/list", "list_files", api_files_list, WITH_TOKEN },
	{ "POST", F "/import", "import_file", api_files_import, WITH_TOKEN },
	{ "GET", F "/export", "export_file", api_files_export, WITH_TOKEN },
	{ "POST", F "/delete", "delete_file", api_files_delete, WITH_TOKEN },
	{ "POST", J "/create", "create_job", api_jobs_create, WITH_TOKEN },
	{ "POST", J "/reset", "reset_job", api_jobs_reset, WITH_TOKEN },
	{ "POST", J "/update", "update_job", api_jobs_update, WITH_TOKEN },
	{ "GET", J "/get", "get_job", api_jobs_get, WITH_TOKEN },
	{ "GET", J "/list", "list_jobs", api_jobs_list, WITH_TOKEN },
	{ "POST", J "/delete", "delete_job", api_jobs_delete, WITH_TOKEN },
	{ "POST", J "/run-now", "run_now", api_runs_now, WITH_TOKEN },
	{ "GET", J "/runs/get", "get_run", api_runs_get, WITH_TOKEN },
	{ "GET", J "/runs/list", "list_runs", api_runs_list, WITH_TOKEN },
	{ "GET", J "/runs/get-output", "get_run_output", api_runs_output, WITH_TOKEN },
	{ "POST", J "/runs/cancel", "cancel_run", api_runs_cancel, WITH_TOKEN },
	{ "POST", J "/runs/repair", "repair_run", api_runs_repair, WITH_TOKEN },
	{ "GET", "/.well-known/databricks-config", "databricks_config", api_oauth_config, OPEN },
	{ "GET", "/oidc/.well-known/oauth-authorization-server", "oauth_endpoints",
	  api_oauth_endpoints, OPEN },
	{ "POST", "/oidc/v1/token", "oauth_token", api_oauth_token, OPEN },
	{ "GET", L, "list_serving_endpoints", api_serving_list, WITH_TOKEN },
	{ "GET", L "/*", "get_serving_endpoint", api_serving_get, WITH_TOKEN },
	{ "POST", "/serving-endpoints/chat/completions", "chat_completions", api_serving_chat, WITH_TOKEN },
	{ "POST", "/serving-endpoints/*/invocations", "invocations", api_serving_invoke, WITH_TOKEN },
	{ "GET", "/genie-local/stats", "stats", api_stats, WITH_TOKEN },
};

/* Matches a path with a pattern; notes the variable segments. */
static bool match(const char *pattern, const char *path, struct call *call)
{
	call->nargs = 0;
	while (*pattern) {
		if (*pattern == '*') {
			bool rest = pattern[1] == '*';
			size_t n = rest ? strlen(path) : strcspn(path, "/");
			if (!n || call->nargs == countof(call->args))
				return false;
			call->args[call->nargs++] = arena_strndup(&call->arena, path, n);
			path += n;
			pattern += rest ? 2 : 1;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

static const struct route *find_route(struct call *call)
{
	const char *path = call->request->path;
	if (starts_with(path, "/api/2.1/jobs/")) /* an older form of the same calls */
		path = arena_printf(&call->arena, "/api/2.2%s", path + strlen("/api/2.1"));
	for (size_t i = 0; i < countof(routes); i++)
		if (streq(routes[i].method, call->request->method) &&
			match(routes[i].path, path, call))
			return &routes[i];
	return NULL;
}

/* The pages of MLflow's own server use other paths for the same calls. */
static const struct route *find_mlflow_route(struct call *call)
{
	const char *path = call->request->path;
	if (starts_with(path, "/ajax-api/"))
		path = arena_printf(&call->arena, "/%s", path + strlen("/ajax-"));
	for (const struct route *r = mlflow_routes; r->method; r++)
		if (streq(r->method, call->request->method) && match(r->path, path, call))
			return r;
	return NULL;
}

static bool open_path(const char *path)
{
	return starts_with(path, "/.well-known/") || starts_with(path, "/oidc/") ||
		starts_with(path, "/genie-local/results/") ||
		starts_with(path, "/genie-local/artifacts/");
}

static bool check_token(struct call *call)
{
	const char *header = serve_header(call->request, "Authorization");
	if (!header || !starts_withi(header, "Bearer "))
		return call_error(call, 401, "UNAUTHENTICATED",
			"Credential was not sent or was of an unsupported type for this API.");
	header += strlen("Bearer ");
	if (server_same_secret(header, call->server->token) || oauth_token_ok(call->server, header))
		return true;
	return call_error(call, 401, "UNAUTHENTICATED", "Invalid access token.");
}

void server_count(struct server *server, const char *name)
{
	for (size_t i = 0; i < server->nstats; i++)
		if (server->stats[i].name == name || streq(server->stats[i].name, name)) {
			server->stats[i].n++;
			return;
		}
	if (server->nstats == SERVER_MAX_STATS)
		BUG("more than %d kinds of requests", SERVER_MAX_STATS);
	server->stats[server->nstats].name = name;
	server->stats[server->nstats++].n = 1;
}

static void dispatch(struct call *call)
{
	const struct route *route = find_route(call);
	const struct route *mlflow = route ? NULL : find_mlflow_route(call);
	if (mlflow)
		route = mlflow;
	server_count(call->server, route ? route->name : "unknown");
	if ((!route || route->access == WITH_TOKEN) && !open_path(call->request->path) &&
		!check_token(call))
		return;
	if (mlflow)
		mlflow_route(call, mlflow);
	else if (route)
		route->run(call);
	else
		call_error(call, 404, "ENDPOINT_NOT_FOUND", "No API found for '%s %s'",
			call->request->method, call->request->path);
}

static void refuse_for_now(struct call *call, const struct fault *fault)
{
	char seconds[24];
	snprintf(seconds, sizeof(seconds), "%ld", fault->number);
	if (fault->number >= 0)
		serve_add_header(call->response, "Retry-After", seconds);
	if (fault->action == FAULT_401)
		call_error(call, 401, "UNAUTHENTICATED", "Access token has expired.");
	else if (fault->action == FAULT_403)
		call_error(call, 403, "PERMISSION_DENIED",
			"You do not have permission to do this.");
	else if (fault->action == FAULT_429)
		call_error(call, 429, "REQUEST_LIMIT_EXCEEDED",
			"Too many requests. Please wait a moment and try again.");
	else if (fault->action == FAULT_503)
		call_error(call, 503, "TEMPORARILY_UNAVAILABLE",
			"The service is temporarily unavailable. Please try again later.");
	else
		call_error(call, 500, "INTERNAL_ERROR", "An internal error occurred.");
}

/* A fault takes the place of the answer, or changes it. */
static void dispatch_with_fault(struct call *call, const struct fault *fault)
{
	switch (fault->action) {
	case FAULT_401:
	case FAULT_403:
	case FAULT_429:
	case FAULT_503:
	case FAULT_500:
		refuse_for_now(call, fault);
		return;
	case FAULT_CUT:
		call->response->cut = true;
		return;
	default:
		break;
	}
	dispatch(call);
	if (fault->action == FAULT_SLOW)
		call->response->delay_ms += fault->number;
	else if (fault->action == FAULT_CUT_AFTER)
		call->response->cut = true;
	else if (fault->action == FAULT_BADJSON)
		str_cut(&call->response->body, call->response->body.n / 2);
}

/* One line a request: no query (it may hold signatures), no headers, no bodies. */
static void log_request(const struct call *call)
{
	struct json *line;
	struct str text = STR_INIT;
	ssize_t written;
	if (call->server->log_fd < 0)
		return;
	line = json_new_object();
	json_set_str(line, "method", call->request->method);
	json_set_str(line, "path", call->request->path);
	json_set_int(line, "status", call->response->cut ? 0 : call->response->status);
	/* what leaves the workspace for a model is worth looking at */
	if (call->body && starts_with(call->request->path, "/serving-endpoints/"))
		json_set(line, "body", json_dup(call->body));
	json_print(line, &text);
	str_addc(&text, '\n');
	written = write(call->server->log_fd, str_text(&text), text.n);
	(void)written; /* a full disk must not stop the workspace */
	str_free(&text);
	json_free(line);
}

void server_handle(void *ctx, const struct serve_request *request,
	struct serve_response *response)
{
	struct call call = { .server = ctx, .request = request, .response = response };
	struct fault fault = faults_next(call.server->faults, request->method, request->path, false);
	call.server->requests++;
	serve_add_header(response, "X-Genie-Local", "1");
	statements_run_due(call.server);
	dispatch_with_fault(&call, &fault);
	log_request(&call);
	json_free(call.body);
	json_free(call.message);
	arena_free(&call.arena);
}
