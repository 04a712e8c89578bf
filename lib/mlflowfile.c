#include "mlflowfile.h"

#include "json.h"
#include "mem.h"
#include "mlflowsigned.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

/* ---- where ---- */

/* Escapes each segment of a path. */
static void add_path(struct str *out, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");
		char *segment = xstrndup(path, n);

		url_escape(out, segment);
		free(segment);
		path += n;
		if (*path)
			str_addc(out, *path++);
	}
}

static const char *after_host(const char *text)
{
	const char *slash = strchr(text, '/');

	return slash ? slash + 1 : "";
}

static void proxy_path(struct str *out, const char *rest)
{
	str_add(out, "/api/2.0/mlflow-artifacts/artifacts/");
	add_path(out, rest);
}

char *mlflow_file_path(const struct mlflow_place *place, const char *path)
{
	static const char route[] = "/api/2.0/mlflow-artifacts/artifacts/";
	const char *root = place->root, *at;
	struct str out = STR_INIT;

	if (starts_with(root, "mlflow-artifacts://"))
		proxy_path(&out, after_host(root + strlen("mlflow-artifacts://")));
	else if (starts_with(root, "mlflow-artifacts:/"))
		proxy_path(&out, root + strlen("mlflow-artifacts:/"));
	else if (starts_with(root, "http") && (at = strstr(root, route)))
		proxy_path(&out, at + strlen(route));
	else if (starts_with(root, "dbfs:/Volumes/")) {
		str_add(&out, "/api/2.0/fs/files");
		add_path(&out, root + strlen("dbfs:"));
	} else if (starts_with(root, "dbfs:/databricks/mlflow")) {
		str_addf(&out, "/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/%s/%s/",
			place->experiment, place->owner == MLFLOW_OF_RUN ? "Runs" : "LoggedModels");
		add_path(&out, place->id);
		str_add(&out, "/artifacts");
	} else {
		str_free(&out);
		return NULL;
	}
	str_addc(&out, '/');
	add_path(&out, path);
	return str_take(&out);
}

/* The server's own upload call, whatever its store is; runs only. */
static char *upload_path(const struct mlflow_place *place, const char *path)
{
	return place->owner == MLFLOW_OF_RUN ? mlflow_query("/ajax-api/2.0/mlflow/upload-artifact",
		"run_uuid", place->id, "path", path, NULL) : NULL;
}

static bool on_databricks(const struct mlflow_place *place)
{
	return starts_with(place->root, "dbfs:");
}

static bool has_signed(const struct mlflow_place *place)
{
	return starts_with(place->root, "dbfs:/databricks/mlflow");
}

/* ---- uploading ---- */

struct upload {
	struct dbx_reply reply;
	bool sent;
};

static void uploaded(void *ctx, struct dbx_reply *reply)
{
	struct upload *u = ctx;

	u->reply = *reply;
	memset(reply, 0, sizeof(*reply));
}

static bool send_one(struct mlflow *mlflow, const struct mlflow_place *place,
	const struct mlflow_file *file, struct upload *u, struct err *err)
{
	struct mlflow_request request = { .method = "PUT", .raw = file->data, .nraw = file->n,
		.bytes = true };
	char *path = mlflow_file_path(place, file->path), *whole;

	if (place->owner == MLFLOW_OF_TRACE && on_databricks(place)) /* signed URLs only */
		return mlflow_signed_put(mlflow, place, file, err);
	if (!path) {
		path = upload_path(place, file->path);
		request.method = "POST";
	}
	if (!path)
		return err_set(err, ERR_UNAVAILABLE, "the artifacts of %s are kept in %.80s, "
			"which needs credentials of its own; start the server with "
			"--serve-artifacts",
			place->id, place->root);
	whole = on_databricks(place) ? xasprintf("%s?overwrite=true", path) : xstrdup(path);
	request.path = whole;
	u->sent = true;
	mlflow_send(mlflow, &request, uploaded, u);
	free(path);
	free(whole);
	return true;
}

static bool settle(struct mlflow *mlflow, const struct mlflow_place *place,
	const struct mlflow_file *file, struct upload *u, struct err *err)
{
	bool ok = !u->reply.err.code;

	/* A workspace without the Files API for artifacts refuses; the other way is to ask. */
	if (u->sent && !ok && u->reply.err.code == ERR_UNAVAILABLE && has_signed(place))
		ok = mlflow_signed_put(mlflow, place, file, err);
	else if (u->sent && !ok)
		*err = u->reply.err;
	if (u->sent && !ok)
		err_wrap(err, "artifact %s", file->path);
	dbx_reply_free(&u->reply);
	return ok;
}

static const struct json *listed(const struct json *files, const char *path)
{
	for (const struct json *f = json_first(files); f; f = json_next(f))
		if (streq(json_str_or(f, "path", ""), path))
			return f;
	return NULL;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return xstrndup(path, slash ? (size_t)(slash - path) : 0);
}

static bool arrived(const struct json *files, const struct mlflow_file *file, struct err *err)
{
	const struct json *one = listed(files, file->path);
	int64_t size = json_int_or(one, "file_size", 0);

	if (one && size == (int64_t)file->n)
		return true;
	if (!one)
		return err_set(err, ERR_UNAVAILABLE, "artifact %s was sent and is not there",
			file->path);
	return err_set(err, ERR_UNAVAILABLE, "artifact %s was sent with %zu bytes and reads back "
		"with %lld", file->path, file->n, (long long)size);
}

/* Lists each folder once. */
static bool verify(struct mlflow *mlflow, const struct mlflow_place *place,
	const struct mlflow_file *files, size_t n, struct err *err)
{
	struct strlist folders = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		char *folder = folder_of(files[i].path);
		struct json *list = strlist_add_new(&folders, folder) ?
			mlflow_list(mlflow, place, folder, err) : NULL;

		ok = list || strlist_has(&folders, folder);
		for (size_t k = i; list && ok && k < n; k++) {
			char *other = folder_of(files[k].path);

			ok = !streq(other, folder) || arrived(list, &files[k], err);
			free(other);
		}
		json_free(list);
		free(folder);
	}
	strlist_free(&folders);
	return ok;
}

bool mlflow_put(struct mlflow *mlflow, const struct mlflow_place *place,
	const struct mlflow_file *files, size_t n, struct err *err)
{
	struct upload *uploads = xcalloc(n + 1, sizeof(*uploads));
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++)
		ok = send_one(mlflow, place, &files[i], &uploads[i], err);
	mlflow_wait(mlflow);
	for (size_t i = 0; i < n; i++) {
		struct err first = *err;
		bool fine = settle(mlflow, place, &files[i], &uploads[i], err);

		if (!fine && !ok)
			*err = first;
		ok = ok && fine;
	}
	free(uploads);
	return ok && (place->owner == MLFLOW_OF_TRACE || verify(mlflow, place, files, n, err));
}

/* ---- looking and downloading ---- */

static struct json *list_volume(struct mlflow *mlflow, const struct mlflow_place *place,
	const char *folder, struct err *err)
{
	struct json *all = json_new_array(), *answer, *one;
	struct str path = STR_INIT;

	str_add(&path, "/api/2.0/fs/directories");
	add_path(&path, place->root + strlen("dbfs:"));
	str_addc(&path, '/');
	add_path(&path, folder);
	answer = mlflow_get(mlflow, str_text(&path), err);
	for (const struct json *f = json_first(json_get(answer, "contents")); f; f = json_next(f)) {
		char *name = xasprintf("%s%s%s", folder, *folder ? "/" : "", json_str_or(f, "name",
			""));

		one = json_push(all, json_new_object());
		json_set_str(one, "path", name);
		json_set_int(one, "file_size", json_int_or(f, "file_size", 0));
		free(name);
	}
	str_free(&path);
	if (!answer) {
		json_free(all);
		return NULL;
	}
	json_free(answer);
	return all;
}

static char *list_path(const struct mlflow_place *place, const char *folder, const char *token)
{
	char *model = xasprintf("/api/2.0/mlflow/logged-models/%s/artifacts/directories",
		place->id);
	char *path;

	if (place->owner == MLFLOW_OF_MODEL)
		path = mlflow_query(model, "artifact_directory_path", folder, *token ?
			"page_token" : NULL,
			token, NULL);
	else
		path = mlflow_query("/api/2.0/mlflow/artifacts/list", "run_id", place->id, "path",
		folder, *token ? "page_token" : NULL, token, NULL);
	free(model);
	return path;
}

struct json *mlflow_list(struct mlflow *mlflow, const struct mlflow_place *place,
	const char *folder, struct err *err)
{
	struct json *all, *page = NULL, *child;
	char *token = xstrdup("");
	bool ok = true;

	if (starts_with(place->root, "dbfs:/Volumes/")) {
		free(token);
		return list_volume(mlflow, place, folder, err);
	}
	all = json_new_array();
	do {
		char *path = list_path(place, folder, token);

		page = mlflow_get(mlflow, path, err);
		ok = page != NULL;
		while (ok && (child = json_first(json_get(page, "files"))))
			json_push(all, json_detach(child));
		free(token);
		token = xstrdup(json_str_or(page, "next_page_token", ""));
		json_free(page);
		free(path);
	} while (ok && *token);
	free(token);
	if (ok)
		return all;
	json_free(all);
	return NULL;
}

bool mlflow_take(struct mlflow *mlflow, const struct mlflow_place *place, const char *path,
	struct str *out, struct err *err)
{
	char *at = mlflow_file_path(place, path);
	struct mlflow_request request = { .path = at, .bytes = true };
	struct dbx_reply reply = { 0 };
	bool ok;

	if (!at)
		return err_set(err, ERR_UNAVAILABLE, "artifact %s of %s: kept in %.80s, which "
			"needs credentials of its own", path, place->id, place->root);
	ok = mlflow_fetch(mlflow, &request, &reply, err);
	if (ok)
		str_addn(out, str_text(&reply.raw), reply.raw.n);
	else if (err->code == ERR_UNAVAILABLE && has_signed(place))
		ok = mlflow_signed_take(mlflow, place, path, out, err);
	if (!ok)
		err_wrap(err, "artifact %s of %s", path, place->id);
	dbx_reply_free(&reply);
	free(at);
	return ok;
}
