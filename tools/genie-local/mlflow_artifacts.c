/* Artifacts: files below the root of a run, a logged model or a trace, through the proxy of
 * MLflow's server. Bytes are rows of the workspace's file. */
#include "mlflow.h"

#include "json.h"

#include <stdlib.h>
#include <string.h>

#define MAX_UPLOAD (10u << 20) /* of upload-artifact */

const char *mlflow_artifact_root(struct call *call, const char *uri)
{
	const char *path = strchr(uri, ':') ? strchr(uri, ':') + 1 : uri;
	char *out;
	size_t n;
	if (starts_with(path, "//") && path[2] != '/') { /* mlflow-artifacts://host:port/1/... */
		path = strchr(path + 2, '/') ? strchr(path + 2, '/') : "";
		if (starts_with(path, "/api/2.0/mlflow-artifacts/artifacts/"))
			path += strlen("/api/2.0/mlflow-artifacts/artifacts/");
	}
	while (*path == '/')
		path++;
	if (starts_with(path, "databricks/mlflow-tracking/"))
		path += strlen("databricks/mlflow-tracking/");
	out = arena_strdup(&call->arena, path);
	for (n = strlen(out); n && out[n - 1] == '/';)
		out[--n] = '\0';
	return out;
}

/* Relative, without "..", query or fragment. */
bool mlflow_safe_path(const char *path)
{
	if (*path == '/' || strpbrk(path, "#?\\"))
		return false;
	for (const char *part = path; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
		if (strcspn(part, "/") == 2 && strnieq(part, "..", 2))
			return false;
	return true;
}

static bool need_safe(struct call *call, const char *path)
{
	return mlflow_safe_path(path) || call_bad(call, "Invalid path");
}

/* ---- stored files ---------------------------------------------------------------------- */

static bool store(struct call *call, const char *path, const char *bytes, size_t n)
{
	struct err err = { .code = ERR_NONE };
	struct db_stmt *stmt = mlflow_sql(call, "INSERT INTO mlflow_files (path, body) "
		"VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET body = excluded.body", "t", path);
	bool ok;
	if (!stmt)
		return false;
	db_bind_blob(stmt, 2, bytes, n);
	ok = db_run(stmt, &err);
	db_stmt_free(stmt);
	return ok || call_internal(call, &err);
}

bool mlflow_store_body(struct call *call, const char *path)
{
	/* Without a length the measured server stores nothing and says so to nobody. */
	size_t n = serve_header(call->request, "Content-Length") ? call->request->nbody : 0;
	return store(call, path, call->request->body, n);
}

static const char *content_type(const char *path)
{
	static const char *const text[] = { ".json", ".txt", ".md", ".html", ".csv", ".yaml",
		".yml", ".log", ".sql", ".py", ".jsonl", "MLmodel" };
	for (size_t i = 0; i < countof(text); i++)
		if (ends_with(path, text[i]))
			return "text/plain";
	return "application/octet-stream";
}

bool mlflow_send_file(struct call *call, const char *path)
{
	struct db_stmt *stmt = mlflow_sql(call, "SELECT body FROM mlflow_files WHERE path = ?", "t",
		path);
	const char *slash = strrchr(path, '/');
	bool found = stmt && mlflow_row(call, stmt, NULL);
	if (found) {
		str_reset(&call->response->body);
		str_addn(&call->response->body,
			db_column_bytes(stmt, 0) ? db_column_blob(stmt, 0) : "",
			db_column_bytes(stmt, 0));
		call->response->type = content_type(path);
		serve_add_header(call->response, "X-Content-Type-Options", "nosniff");
		serve_add_header(call->response, "Content-Disposition", arena_printf(&call->arena,
			"attachment; filename=\"%s\"", slash ? slash + 1 : path));
	}
	db_stmt_free(stmt);
	return found;
}

/* One entry per file or folder directly below; the rows come sorted by path. */
static void list_entry(struct json *list, const char *prefix, const char *rest, bool is_dir,
	int64_t size)
{
	size_t n = strcspn(rest, "/"), np = strlen(prefix);
	struct json *entry, *last = json_len(list) ? json_at(list, json_len(list) - 1) : NULL;
	char *path = xasprintf("%s%s%.*s", prefix, np ? "/" : "", (int)n, rest);
	if (!last || !streq(json_str_or(last, "path", ""), path)) {
		entry = json_push(list, json_new_object());
		json_set_str(entry, "path", path);
		json_set_bool(entry, "is_dir", is_dir);
		if (!is_dir && size)
			json_set_int(entry, "file_size", size);
	}
	free(path);
}

struct json *mlflow_artifact_list(struct call *call, const char *root, const char *path,
	bool names_only)
{
	const char *dir = *path ? arena_printf(&call->arena, "%s/%s", root, path) : root;
	size_t n = strlen(dir);
	struct json *list = json_new_array();
	struct db_stmt *stmt;
	while (n && dir[n - 1] == '/')
		n--;
	dir = arena_strndup(&call->arena, dir, n);
	path = arena_strndup(&call->arena, path, strlen(path) - (ends_with(path, "/") ? 1 : 0));
	/* '0' follows '/' */
	stmt = mlflow_sql(call, "SELECT path, length(body) FROM mlflow_files WHERE path > ? AND "
		"path < ? ORDER BY path", "tt", arena_printf(&call->arena, "%s/", dir),
		arena_printf(&call->arena, "%s0", dir));
	while (stmt && mlflow_row(call, stmt, NULL)) {
		const char *rest = db_column_text(stmt, 0) + n + 1;
		list_entry(list, names_only ? "" : path, rest, strchr(rest, '/') != NULL,
			db_column_int(stmt, 1));
	}
	db_stmt_free(stmt);
	if (json_len(list))
		return list;
	json_free(list);
	return NULL;
}

void mlflow_reply_artifacts(struct call *call, const char *uri, const char *path)
{
	struct json *body;
	if (!need_safe(call, path))
		return;
	body = json_new_object();
	json_set_str(body, "root_uri", uri);
	mlflow_set(body, "files", mlflow_artifact_list(call, mlflow_artifact_root(call, uri), path,
		false));
	if (mlflow_failed(call))
		json_free(body);
	else
		call_reply(call, body);
}

/* ---- runs ----------------------------------------------------------------------------------- */

const char *mlflow_run_location(struct call *call, const char *run_id)
{
	const char *uri = NULL;
	if (!mlflow_need_run(call, run_id, false))
		return NULL;
	return mlflow_found(call, &uri, "SELECT location FROM mlflow_runs WHERE id = ?", "t",
		run_id) ?
		uri : NULL;
}

void mlflow_artifacts_list(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "run_id", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "path", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "page_token", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *uri = request ?
		mlflow_run_location(call, json_str_or(request, "run_id", "")) : NULL;
	if (uri)
		mlflow_reply_artifacts(call, uri, json_str_or(request, "path", ""));
}

/* Query parameters of the two calls that the pages of MLflow's server use. */
static const char *ui_path(struct call *call, const char *run_name)
{
	const char *run = serve_query(call->request, run_name), *uri;
	const char *path = serve_query(call->request, "path");
	if (!run || !path || !*path) {
		mlflow_missing(call, run ? "path" : run_name);
		return NULL;
	}
	uri = need_safe(call, path) ? mlflow_run_location(call, run) : NULL;
	return uri ? arena_printf(&call->arena, "%s/%s", mlflow_artifact_root(call, uri), path) :
		NULL;
}

static bool no_artifact(struct call *call, const char *path)
{
	return mlflow_failed(call) || call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
		"The following failures occurred while downloading one or more artifacts:\n"
		"##### File %s #####\nNo such artifact: '%s'", path, path);
}

void mlflow_get_artifact(struct call *call)
{
	const char *path = ui_path(call, "run_id");
	if (path && !mlflow_send_file(call, path))
		no_artifact(call, path);
}

void mlflow_upload_artifact(struct call *call)
{
	const char *path = ui_path(call, "run_uuid");
	if (!path)
		return;
	if (!call->request->nbody)
		call_bad(call, "Request must have data.");
	else if (call->request->nbody > MAX_UPLOAD)
		call_bad(call, "Artifact size is too large. Max size is 10MB.");
	else
		(void)!mlflow_store_body(call, path);
}

/* ---- proxy ---------------------------------------------------------------------------- */

void mlflow_proxy_put(struct call *call)
{
	if (need_safe(call, call->args[0]) && mlflow_store_body(call, call->args[0]))
		call_reply(call, json_new_object());
}

void mlflow_proxy_get(struct call *call)
{
	if (need_safe(call, call->args[0]) && !mlflow_send_file(call, call->args[0]))
		no_artifact(call, call->args[0]);
}

void mlflow_proxy_delete(struct call *call)
{
	const char *path = call->args[0];
	if (need_safe(call, path) && mlflow_run(call, "DELETE FROM mlflow_files WHERE path = ? OR "
		"(path > ? AND path < ?)", "ttt", path, arena_printf(&call->arena, "%s/", path),
		arena_printf(&call->arena, "%s0", path)))
		call_reply(call, json_new_object());
}

void mlflow_proxy_list(struct call *call)
{
	const char *path = serve_query(call->request, "path");
	struct json *body;
	if (!need_safe(call, path ? path : ""))
		return;
	body = json_new_object();
	mlflow_set(body, "files", mlflow_artifact_list(call, path ? path : "", "", true));
	if (mlflow_failed(call))
		json_free(body);
	else
		call_reply(call, body);
}

void mlflow_proxy_multipart(struct call *call)
{
	call_error(call, 501, "NOT_IMPLEMENTED",
		"Multipart upload is not supported for the current artifact repository");
}

void mlflow_proxy_presigned(struct call *call)
{
	call_error(call, 501, "NOT_IMPLEMENTED",
		"Multipart download is not supported for the current artifact repository");
}
