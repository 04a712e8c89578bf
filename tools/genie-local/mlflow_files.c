/* Artifacts the way of Databricks: the Files API, and signed URLs that this server serves
 * itself, where the signature is the credential and ours must not come along. */
#include "mlflow.h"

#include "json.h"
#include "url.h"

#include <string.h>

#define MAX_PATHS 2000
#define SIGNED "/genie-local/artifacts/"

/* ---- Files API ---------------------------------------------------------------------- */

/* WorkspaceInternal/Mlflow/Artifacts/EXP/Runs/RUN/artifacts/... and .../LoggedModels/ID/...
 * are the files of a run or model; anything else keeps its path. */
static const char *stored_path(struct call *call, const char *path)
{
	static const char internal[] = "WorkspaceInternal/Mlflow/Artifacts/";
	const char *kind, *exp = path + strlen(internal);
	if (!starts_with(path, internal) || !(kind = strchr(exp, '/')))
		return path;
	if (starts_with(kind, "/Runs/"))
		return arena_printf(&call->arena, "%.*s/%s", (int)(kind - exp), exp,
			kind + strlen("/Runs/"));
	if (starts_with(kind, "/LoggedModels/"))
		return arena_printf(&call->arena, "%.*s/models/%s", (int)(kind - exp), exp,
			kind + strlen("/LoggedModels/"));
	return path;
}

static const char *file_path(struct call *call)
{
	if (mlflow_safe_path(call->args[0]))
		return stored_path(call, call->args[0]);
	call_error(call, 400, "INVALID_PARAMETER_VALUE", "Invalid path");
	return NULL;
}

void mlflow_files_put(struct call *call)
{
	const char *path = file_path(call), *overwrite = serve_query(call->request, "overwrite");
	if (!path)
		return;
	if (!streq(overwrite, "true") && mlflow_found(call, NULL,
		"SELECT 1 FROM mlflow_files WHERE path = ?", "t", path))
		call_error(call, 409, "ALREADY_EXISTS", "The file being created already exists.");
	else if (mlflow_store_body(call, path))
		call->response->status = 204;
}

void mlflow_files_get(struct call *call)
{
	const char *path = file_path(call);
	if (path && !mlflow_send_file(call, path) && !mlflow_failed(call))
		call_error(call, 404, "NOT_FOUND", "The file being accessed is not found.");
}

void mlflow_files_delete(struct call *call)
{
	const char *path = file_path(call);
	if (path && mlflow_run(call, "DELETE FROM mlflow_files WHERE path = ?", "t", path))
		call->response->status = 204;
}

void mlflow_directories_make(struct call *call)
{
	if (file_path(call))
		call->response->status = 204;
}

void mlflow_directories_list(struct call *call)
{
	const char *path = file_path(call);
	struct json *files = path ? mlflow_artifact_list(call, path, "", true) : NULL;
	struct json *body, *list, *entry;
	if (!path || mlflow_failed(call))
		return;
	body = json_new_object();
	list = json_set(body, "contents", json_new_array());
	for (const struct json *c = json_first(files); c; c = json_next(c)) {
		const char *name = json_str_or(c, "path", "");
		entry = json_push(list, json_new_object());
		json_set_str(entry, "path", arena_printf(&call->arena, "/%s/%s", call->args[0],
			name));
		json_set_bool(entry, "is_directory", json_bool_or(c, "is_dir", false));
		if (!json_bool_or(c, "is_dir", false))
			json_set_int(entry, "file_size", json_int_or(c, "file_size", 0));
		json_set_str(entry, "name", name);
	}
	json_free(files);
	call_reply(call, body);
}

/* ---- signed URLs ----------------------------------------------------------------------- */

struct json *mlflow_credential(struct call *call, const char *root, const char *path)
{
	struct json *info = json_new_object(), *headers, *header;
	const char *whole = *path ? arena_printf(&call->arena, "%s/%s", root, path) : root;
	struct str uri = STR_INIT;
	str_addf(&uri, "%s" SIGNED, call->server->base_url);
	for (const char *part = whole; *part;) {
		size_t n = strcspn(part, "/");
		url_escape(&uri, arena_strndup(&call->arena, part, n));
		part += n;
		if (*part)
			str_addc(&uri, *part++);
	}
	str_addf(&uri, "?signature=%s", call->server->link_key);
	if (*path)
		json_set_str(info, "path", path);
	json_set_str(info, "signed_uri", str_text(&uri));
	json_set_str(info, "type", "AWS_PRESIGNED_URL");
	headers = json_set(info, "headers", json_new_array());
	header = json_push(headers, json_new_object());
	json_set_str(header, "name", "x-genie-local-artifact");
	json_set_str(header, "value", "1");
	str_free(&uri);
	return info;
}

static bool signature_ok(struct call *call)
{
	const char *signature = serve_query(call->request, "signature");
	if (serve_header(call->request, "Authorization") || serve_header(call->request, "Cookie"))
		return call_error(call, 400, "INVALID_ARGUMENT",
			"Only one auth mechanism allowed: a presigned link takes no Authorization "
			"header.");
	if (!signature || !server_same_secret(signature, call->server->link_key) ||
		!serve_header(call->request, "x-genie-local-artifact"))
		return call_error(call, 403, "PERMISSION_DENIED",
			"The signature or a header that the link asks for is missing or wrong.");
	return mlflow_safe_path(call->args[0]) || call_bad(call, "Invalid path");
}

void mlflow_signed_put(struct call *call)
{
	if (!signature_ok(call))
		return;
	if (!serve_header(call->request, "Content-Length"))
		call_error(call, 411, "BAD_REQUEST", "A presigned upload needs a Content-Length.");
	else
		(void)!mlflow_store_body(call, call->args[0]);
}

void mlflow_signed_get(struct call *call)
{
	if (signature_ok(call) && !mlflow_send_file(call, call->args[0]) && !mlflow_failed(call))
		call_error(call, 404, "NOT_FOUND", "No such key: %s", call->args[0]);
}

static const char *path_list_problem(const struct json *paths)
{
	if (!json_len(paths))
		return "At least one path is needed.";
	if (json_len(paths) > MAX_PATHS)
		return "A request can contain at most 2000 paths.";
	for (const struct json *c = json_first(paths); c; c = json_next(c))
		if (!mlflow_safe_path(json_text(c)) || !*json_text(c))
			return "Invalid path";
	return NULL;
}

static void run_credentials(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "path", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "page_token", MLFLOW_STR, 0, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *run = json_str_or(request, "run_id", ""), *problem, *root;
	struct json *body, *list, *info;
	const char *uri = request ? mlflow_run_location(call, run) : NULL;
	if (!uri)
		return;
	problem = path_list_problem(json_get(request, "path"));
	if (problem) {
		call_bad(call, "%s", problem);
		return;
	}
	root = mlflow_artifact_root(call, uri);
	body = json_new_object();
	list = json_set(body, "credential_infos", json_new_array());
	for (const struct json *c = json_first(json_get(request, "path")); c; c = json_next(c)) {
		info = json_push(list, mlflow_credential(call, root, json_text(c)));
		json_set_str(info, "run_id", run);
	}
	call_reply(call, body);
}

void mlflow_credentials_write(struct call *call)
{
	run_credentials(call);
}

void mlflow_credentials_read(struct call *call)
{
	run_credentials(call);
}

void mlflow_model_credentials(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "paths", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *uri = NULL, *problem = path_list_problem(json_get(request, "paths"));
	struct json *body, *list, *one;
	if (!request || !mlflow_need_model(call, call->args[0]) || !mlflow_found(call, &uri,
		"SELECT location FROM mlflow_models WHERE id = ?", "t", call->args[0]))
		return;
	if (problem) {
		call_bad(call, "%s", problem);
		return;
	}
	body = json_new_object();
	list = json_set(body, "credentials", json_new_array());
	for (const struct json *c = json_first(json_get(request, "paths")); c; c = json_next(c)) {
		one = json_push(list, json_new_object());
		json_set_str(one, "model_id", call->args[0]);
		json_set(one, "credential_info",
			mlflow_credential(call, mlflow_artifact_root(call, uri), json_text(c)));
	}
	call_reply(call, body);
}
