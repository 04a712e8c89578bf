#include "mlflowsigned.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define MAX_HEADERS 24

/* ---- asking for the URL ---- */

static char *credentials_path(const struct mlflow_place *place, bool write)
{
	if (place->owner == MLFLOW_OF_TRACE)
		return xasprintf("/api/2.0/mlflow/traces/%s/credentials-for-data-%s", place->id,
			write ? "upload" : "download");
	if (place->owner == MLFLOW_OF_RUN)
		return xasprintf("/api/2.0/mlflow/artifacts/credentials-for-%s", write ? "write" :
			"read");
	return xasprintf("/api/2.0/mlflow/logged-models/%s/artifacts/credentials-for-%s", place->id,
		write ? "upload" : "download");
}

/* {signed_uri, type, headers}, yours. */
static struct json *credential(struct mlflow *mlflow, const struct mlflow_place *place,
	const char *path, bool write, struct err *err)
{
	bool run = place->owner == MLFLOW_OF_RUN, trace = place->owner == MLFLOW_OF_TRACE;
	struct json *body = json_new_object(), *answer, *one;
	char *at = credentials_path(place, write);

	if (run)
		json_set_str(body, "run_id", place->id);
	json_push_str(json_set(body, run ? "path" : "paths", json_new_array()), path);
	answer = trace ? mlflow_get(mlflow, at, err) : mlflow_post(mlflow, at, body, err);
	one = trace ? json_get(answer, "credential_info") : run ? json_at(json_get(answer,
		"credential_infos"), 0) :
		json_get(json_at(json_get(answer, "credentials"), 0), "credential_info");
	if (answer && !json_need_str(one, "signed_uri", err))
		one = NULL;
	one = one ? json_dup(one) : NULL;
	json_free(answer);
	json_free(body);
	free(at);
	return one;
}

/* ---- going there ---- */

static size_t headers_of(const struct json *info, const char *headers[MAX_HEADERS],
	struct arena *arena)
{
	size_t n = 0;

	for (const struct json *h = json_first(json_get(info, "headers")); h && n < MAX_HEADERS - 2;
		h = json_next(h))
		headers[n++] = arena_printf(arena, "%s: %s", json_str_or(h, "name", ""),
			json_str_or(h, "value", ""));
	return n;
}

static bool external(struct mlflow *mlflow, struct http_request *request, struct str *out,
	struct err *err)
{
	struct http_response response;
	bool ok;

	request->secret_url = true;
	ok = http_call(dbx_http(mlflow_dbx(mlflow)), request, &response, err);
	if (ok && response.status >= 300)
		ok = err_set(err, response.status >= 500 || response.status == 429 ? ERR_TEMP :
			ERR_UNAVAILABLE, "the cloud's store answers %d to a signed URL",
				response.status);
	if (ok && out)
		str_addn(out, str_text(&response.body), response.body.n);
	http_response_free(&response);
	return ok;
}

/* Data Lake Gen2: make the file, append to it, flush it. */
static bool put_adls(struct mlflow *mlflow, const char *uri, const char *const *headers,
	const struct mlflow_file *file, struct err *err)
{
	char *make = xasprintf("%s&resource=file", uri);
	char *append = xasprintf("%s&action=append&position=0", uri);
	char *flush = xasprintf("%s&action=flush&position=%zu", uri, file->n);
	struct http_request steps[3] = {
		{ .method = "PUT", .url = make, .headers = headers, .body = "", .nbody = 0 },
		{ .method = "PATCH", .url = append, .headers = headers, .body = file->data,
		  .nbody = file->n },
		{ .method = "PATCH", .url = flush, .headers = headers, .body = "", .nbody = 0 },
	};
	bool ok = true;

	for (size_t i = 0; ok && i < countof(steps); i++)
		ok = external(mlflow, &steps[i], NULL, err);
	free(make);
	free(append);
	free(flush);
	return ok;
}

bool mlflow_signed_put(struct mlflow *mlflow, const struct mlflow_place *place,
	const struct mlflow_file *file, struct err *err)
{
	struct json *info = credential(mlflow, place, file->path, true, err);
	const char *type = json_str_or(info, "type", ""), *uri = json_str_or(info, "signed_uri",
		"");
	const char *headers[MAX_HEADERS] = { NULL };
	struct arena arena = { 0 };
	size_t n = headers_of(info, headers, &arena);
	struct http_request request = { .method = "PUT", .url = uri, .headers = headers,
		.body = file->data, .nbody = file->n };
	bool ok = info != NULL;

	if (streq(type, "AZURE_SAS_URI"))
		headers[n] = "x-ms-blob-type: BlockBlob";
	if (ok && streq(type, "AZURE_ADLS_GEN2_SAS_URI"))
		ok = put_adls(mlflow, uri, headers, file, err);
	else if (ok)
		ok = external(mlflow, &request, NULL, err);
	json_free(info);
	arena_free(&arena);
	return ok;
}

bool mlflow_signed_take(struct mlflow *mlflow, const struct mlflow_place *place, const char *path,
	struct str *out, struct err *err)
{
	struct json *info = credential(mlflow, place, path, false, err);
	const char *headers[MAX_HEADERS] = { NULL };
	struct arena arena = { 0 };
	struct http_request request = { .url = json_str_or(info, "signed_uri", ""),
		.headers = headers };
	bool ok;

	headers_of(info, headers, &arena);
	ok = info && external(mlflow, &request, out, err);
	json_free(info);
	arena_free(&arena);
	return ok;
}
