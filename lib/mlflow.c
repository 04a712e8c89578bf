#include "mlflow.h"

#include "clock.h"
#include "io.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "str.h"
#include "url.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 3          /* of a safe POST whose answer did not come */
#define RETRY_WAIT_MS 300
#define MAX_PAGES 1000

struct mlflow {
	struct dbx *dbx;
	bool databricks;
	int64_t deadline; /* monotonic; 0: none */
	size_t calls;
};

/* ---- where it is ---- */

bool mlflow_read_uri(const char *text, struct mlflow_uri *uri, struct err *err)
{
	*uri = (struct mlflow_uri){ 0 };
	if (streq(text, "databricks") || starts_with(text, "databricks://")) {
		uri->databricks = true;
		text += strlen("databricks");
		uri->profile = text[0] && text[3] ? text + 3 : NULL;
		if (uri->profile && strchr(uri->profile, ':'))
			return err_set(err, ERR_USAGE,
				"MLFLOW_TRACKING_URI: databricks://SCOPE:PREFIX "
				"works in notebooks only; name a profile");
		return true;
	}
	if (starts_withi(text, "http://") || starts_withi(text, "https://"))
		return true;
	return err_set(err, ERR_USAGE, "MLFLOW_TRACKING_URI: %.*s is no tracking server; use "
		"\"databricks\", \"databricks://PROFILE\" or the http(s) address of an MLflow "
		"server (for files and databases: mlflow server --backend-store-uri ...)",
		(int)strcspn(text, ":/"), text);
}

struct mlflow *mlflow_open(const struct mlflow_options *o, struct err *err)
{
	struct dbx_server server = { .url = o->uri, .token = o->username ? NULL : o->token,
		.username = o->username, .password = o->password,
		.http = { .agent = o->agent, .per_host = MLFLOW_PARALLEL,
			.budget_ms = MLFLOW_CALL_MS, .connect_tries = 3,
			.allow_plain = !o->token && !o->username, .insecure = o->insecure,
			.client_cert = o->client_cert } };
	struct mlflow_uri uri;
	struct dbx *dbx = o->workspace;
	struct mlflow *mlflow;

	if (o->ca && io_is_dir(o->ca))
		server.http.ca_dir = o->ca;
	else
		server.http.ca_file = o->ca;
	if (!mlflow_read_uri(o->uri, &uri, err)) {
		dbx_free(dbx);
		return NULL;
	}
	if (!uri.databricks && !(dbx = dbx_server(&server, err)))
		err_wrap(err, "MLFLOW_TRACKING_URI");
	if (!dbx)
		return NULL;
	mlflow = xcalloc(1, sizeof(*mlflow));
	mlflow->dbx = dbx;
	mlflow->databricks = uri.databricks;
	mlflow->deadline = o->deadline_ms ? clock_monotonic_ms() + o->deadline_ms : 0;
	return mlflow;
}

void mlflow_free(struct mlflow *mlflow)
{
	if (!mlflow)
		return;
	dbx_free(mlflow->dbx);
	free(mlflow);
}

bool mlflow_is_databricks(const struct mlflow *mlflow)
{
	return mlflow->databricks;
}

const char *mlflow_base(const struct mlflow *mlflow)
{
	return dbx_host(mlflow->dbx);
}

struct dbx *mlflow_dbx(struct mlflow *mlflow)
{
	return mlflow->dbx;
}

size_t mlflow_calls(const struct mlflow *mlflow)
{
	return mlflow->calls;
}

void mlflow_mask(const struct mlflow *mlflow, struct str *text)
{
	dbx_mask(mlflow->dbx, text);
}

/* ---- one call ---- */

struct exchange {
	char *what;
	bool bytes;
	dbx_done *done;
	void *ctx;
};

/* An empty body and "OK" mean nothing to say; a page of HTML means another server. */
static void read_answer(const struct exchange *x, struct dbx_reply *reply)
{
	struct err problem = { ERR_NONE, "" };
	const char *text = str_text(&reply->raw);

	text += strspn(text, " \t\r\n");
	if (!*text || streq(text, "OK") || streq(text, "200 OK")) {
		reply->body = json_new_object();
		return;
	}
	reply->body = json_parse(str_text(&reply->raw), reply->raw.n, &problem);
	if (json_is(reply->body, JSON_OBJECT))
		return;
	json_free(reply->body);
	reply->body = NULL;
	if (*text == '<')
		err_set(&reply->err, ERR_UNAVAILABLE, "%s: a web page came instead of JSON; is "
			"MLFLOW_TRACKING_URI the address of an MLflow server?", x->what);
	else
		err_set(&reply->err, *text == '{' ? ERR_TEMP : ERR_UNAVAILABLE,
			"%s: the answer is no JSON object: %s", x->what, problem.text);
}

static void on_reply(void *ctx, struct dbx_reply *reply)
{
	struct exchange *x = ctx;

	if (!reply->err.code && !x->bytes)
		read_answer(x, reply);
	if (reply->status == 404 && !reply->message[0])
		err_wrap(&reply->err, "the server does not know this call; it may be too old");
	x->done(x->ctx, reply);
	free(x->what);
	free(x);
}

/* What is left of the deadline for one call; at least a moment, so that the error is the
 * call's own. */
static int64_t budget(const struct mlflow *mlflow)
{
	int64_t left = mlflow->deadline ? mlflow->deadline - clock_monotonic_ms() : MLFLOW_CALL_MS;

	return left < 1 ? 1 : left < MLFLOW_CALL_MS ? left : MLFLOW_CALL_MS;
}

void mlflow_send(struct mlflow *mlflow, const struct mlflow_request *r, dbx_done *done, void *ctx)
{
	struct exchange *x = xcalloc(1, sizeof(*x));
	char *extra = r->header_experiment ?
		xasprintf("x-mlflow-experiment-id: %s", r->header_experiment) : NULL;
	struct dbx_request request = { .method = r->method, .path = r->path, .body = r->body,
		.raw = r->raw, .nraw = r->nraw, .want_raw = true, .header = extra,
		.content_type = r->header_experiment ? "application/json" : NULL,
		.budget_ms = budget(mlflow) };

	x->what = xasprintf("%s %.*s", r->method ? r->method : "GET",
		(int)strcspn(r->path, "?"), r->path);
	x->bytes = r->bytes;
	x->done = done;
	x->ctx = ctx;
	mlflow->calls++;
	dbx_send(mlflow->dbx, &request, on_reply, x);
	free(extra);
}

void mlflow_wait(struct mlflow *mlflow)
{
	http_run(dbx_http(mlflow->dbx), NULL);
}

static bool again(const struct mlflow *mlflow, const struct mlflow_request *r,
	const struct dbx_reply *reply, int n)
{
	bool late = mlflow->deadline && clock_monotonic_ms() + RETRY_WAIT_MS >= mlflow->deadline;

	/* The loop below has had its tries at what is idempotent, and at 429 and 503. */
	return r->safe && n + 1 < TRIES && !late && reply->err.code == ERR_TEMP &&
		reply->status != 429 && reply->status != 503;
}

bool mlflow_fetch(struct mlflow *mlflow, const struct mlflow_request *request,
	struct dbx_reply *reply, struct err *err)
{
	for (int n = 0;; n++) {
		struct dbx_wait wait = { reply, false };

		memset(reply, 0, sizeof(*reply));
		mlflow_send(mlflow, request, dbx_keep, &wait);
		http_run(dbx_http(mlflow->dbx), &wait.done);
		if (!reply->err.code)
			return true;
		if (!again(mlflow, request, reply, n))
			break;
		dbx_reply_free(reply);
		clock_sleep_ms(RETRY_WAIT_MS);
	}
	*err = reply->err;
	return false;
}

static struct json *fetch_body(struct mlflow *mlflow, const struct mlflow_request *request,
	struct err *err)
{
	struct dbx_reply reply;
	struct json *body = mlflow_fetch(mlflow, request, &reply, err) ? reply.body : NULL;

	if (body)
		reply.body = NULL;
	dbx_reply_free(&reply);
	return body;
}

struct json *mlflow_get(struct mlflow *mlflow, const char *path, struct err *err)
{
	struct mlflow_request request = { .path = path };

	return fetch_body(mlflow, &request, err);
}

struct json *mlflow_post(struct mlflow *mlflow, const char *path, const struct json *body,
	struct err *err)
{
	struct mlflow_request request = { .method = "POST", .path = path, .body = body,
		.safe = true };

	return fetch_body(mlflow, &request, err);
}

struct json *mlflow_pages(struct mlflow *mlflow, const char *path, struct json *body,
	const char *member, size_t most, struct err *err)
{
	struct json *all = json_new_array(), *page = NULL, *child;
	const char *token = "";
	int pages = 0;

	do {
		struct json *next = mlflow_post(mlflow, path, body, err);

		json_free(page);
		page = next;
		if (!page) {
			json_free(all);
			return NULL;
		}
		while (json_len(all) < most && (child = json_first(json_get(page, member))))
			json_push(all, json_detach(child));
		token = json_str_or(page, "next_page_token", "");
		if (*token)
			json_set_str(body, "page_token", token);
	} while (*token && json_len(all) < most && ++pages < MAX_PAGES);
	json_free(page);
	return all;
}

/* ---- helpers ---- */

bool mlflow_missing(const struct dbx_reply *reply)
{
	return streq(reply->error_code, "RESOURCE_DOES_NOT_EXIST") ||
		(streq(reply->error_code, "NOT_FOUND") && reply->message[0]);
}

bool mlflow_exists(const struct dbx_reply *reply)
{
	return streq(reply->error_code, "RESOURCE_ALREADY_EXISTS") ||
		streq(reply->error_code, "ALREADY_EXISTS");
}

char *mlflow_query(const char *path, ...)
{
	struct str out = STR_INIT;
	const char *key;
	va_list ap;
	char join = '?';

	str_add(&out, path);
	va_start(ap, path);
	while ((key = va_arg(ap, const char *))) {
		str_addf(&out, "%c%s=", join, key);
		url_escape(&out, va_arg(ap, const char *));
		join = '&';
	}
	va_end(ap);
	return str_take(&out);
}

void mlflow_quote(struct str *out, const char *text)
{
	str_addc(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			str_addc(out, '\'');
		str_addc(out, *text);
	}
	str_addc(out, '\'');
}
