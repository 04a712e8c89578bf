#include "dbx.h"

#include "dbxint.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PAGES 10000

/* ---- life cycle ----------------------------------------------------------- */

static struct dbx *begin(struct dbx *dbx, bool resolved, const struct http_options *http,
	struct err *err)
{
	if (!resolved) {
		dbx_mask_err(dbx, err);
		dbx_free(dbx);
		return NULL;
	}
	dbx->http = http_new(http);
	dbx->auth_http = http_new(http);
	return dbx;
}

struct dbx *dbx_server(const struct dbx_server *server, struct err *err)
{
	struct dbx *dbx = xcalloc(1, sizeof(*dbx));

	return begin(dbx, dbx_resolve_server(dbx, server, err), &server->http, err);
}

struct dbx *dbx_open(const struct dbx_options *options, struct err *err)
{
	struct dbx *dbx = xcalloc(1, sizeof(*dbx));

	dbx = begin(dbx, dbx_resolve(dbx, options, err), &options->http, err);
	if (!dbx)
		return NULL;
	log_debug("workspace %s, auth %s%s%s", dbx->attr[DBX_HOST],
		dbx_strategy_name(dbx->strategy), dbx->profile ? ", profile " : "",
		dbx->profile ? dbx->profile : "");
	return dbx;
}

void dbx_free(struct dbx *dbx)
{
	if (!dbx)
		return;
	http_free(dbx->http);
	http_free(dbx->auth_http);
	for (int i = 0; i < DBX_NATTRS; i++)
		free(dbx->attr[i]);
	free(dbx->profile);
	free(dbx->authorization);
	free(dbx->access_token);
	free(dbx->token_endpoint);
	free(dbx);
}

const char *dbx_host(const struct dbx *dbx)
{
	return dbx->attr[DBX_HOST];
}

const char *dbx_attr(const struct dbx *dbx, enum dbx_attr attr)
{
	return dbx->attr[attr];
}

const char *dbx_auth(const struct dbx *dbx)
{
	return dbx_strategy_name(dbx->strategy);
}

const char *dbx_profile(const struct dbx *dbx)
{
	return dbx->profile;
}

struct http *dbx_http(struct dbx *dbx)
{
	return dbx->http;
}

void dbx_reply_free(struct dbx_reply *reply)
{
	json_free(reply->body);
	str_free(&reply->raw);
	memset(reply, 0, sizeof(*reply));
}

/* ---- reading errors ------------------------------------------------------- */

static void put(char *out, size_t size, const char *text, size_t n)
{
	if (n >= size)
		n = utf8_fit(text, size - 1);
	memcpy(out, text, n);
	out[n] = '\0';
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
}

static void put_text(char *out, size_t size, const char *text)
{
	put(out, size, text, strlen(text));
}

/* {"error_code","message"}; 1.2 style {"error"}; SCIM {"detail","scimType"}. */
static void read_json_error(struct dbx_reply *reply, const struct json *body)
{
	const struct json *code = json_get(body, "error_code");
	const char *text = json_str_or(body, "message", NULL);
	const char *detail = json_str_or(body, "detail", NULL);

	if (json_text(code) || json_number_text(code))
		put_text(reply->error_code, sizeof(reply->error_code),
			json_text(code) ? json_text(code) : json_number_text(code));
	text = json_str_or(body, "error", text);
	if (!text && detail) {
		text = streq(detail, "null") ? "SCIM API Internal Error" : detail;
		snprintf(reply->error_code, sizeof(reply->error_code), "SCIM_%d", reply->status);
	}
	if (text)
		put_text(reply->message, sizeof(reply->message), text);
}

/* "CODE: message", a web page's <pre>, or the text as it is. */
static void read_text_error(struct dbx_reply *reply, const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	const char *pre = strstr(text, "<pre>"), *end = pre ? strstr(pre, "</pre>") : NULL;

	if (n && starts_with(text + n, ": ")) {
		put(reply->error_code, sizeof(reply->error_code), text, n);
		put_text(reply->message, sizeof(reply->message), text + n + 2);
	} else if (end) {
		put(reply->message, sizeof(reply->message), pre + 5, (size_t)(end - pre) - 5);
	} else if (!stristr(text, "<html")) {
		put_text(reply->message, sizeof(reply->message), text);
	}
}

static const char *status_word(int status)
{
	switch (status) {
	case 400: return "BAD_REQUEST";
	case 401: return "UNAUTHENTICATED";
	case 403: return "PERMISSION_DENIED";
	case 404: return "NOT_FOUND";
	case 409: return "RESOURCE_CONFLICT";
	case 429: return "TOO_MANY_REQUESTS";
	case 500: return "INTERNAL_ERROR";
	case 503: return "TEMPORARILY_UNAVAILABLE";
	case 504: return "DEADLINE_EXCEEDED";
	default: return "HTTP_ERROR";
	}
}

static enum err_code status_code(const struct dbx_reply *reply)
{
	static const char *const passing[] = {
		"REQUEST_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "TEMPORARILY_UNAVAILABLE",
		"WORKSPACE_TEMPORARILY_UNAVAILABLE", "DEADLINE_EXCEEDED",
	};

	if (reply->status == 429 || reply->status == 408 || reply->status == 500 ||
		(reply->status >= 502 && reply->status <= 504))
		return ERR_TEMP;
	for (size_t i = 0; i < countof(passing); i++)
		if (streq(reply->error_code, passing[i]))
			return ERR_TEMP;
	return ERR_UNAVAILABLE;
}

/* ---- one call ------------------------------------------------------------- */

struct exchange {
	struct dbx *dbx;
	char *what; /* "GET /api/2.0/..." without the query */
	bool want_raw;
	struct err err; /* could not even start */
	dbx_done *done;
	void *ctx;
};

static void exchange_end(struct exchange *exchange, struct dbx_reply *reply)
{
	if (reply->err.code)
		dbx_mask_err(exchange->dbx, &reply->err);
	exchange->done(exchange->ctx, reply);
	dbx_reply_free(reply);
	free(exchange->what);
	free(exchange);
}

static void refused(const struct exchange *exchange, struct dbx_reply *reply,
	const struct http_response *response)
{
	const struct dbx *dbx = exchange->dbx;
	struct err ignored = { ERR_NONE, "" };
	struct str message = STR_INIT;
	const char *text = str_text(&response->body);
	struct json *body = response->body.n ?
		json_parse(text, response->body.n, &ignored) : NULL;

	if (json_is(body, JSON_OBJECT))
		read_json_error(reply, body);
	else
		read_text_error(reply, text);
	json_free(body);
	if (!reply->error_code[0])
		put_text(reply->error_code, sizeof(reply->error_code), status_word(reply->status));
	str_add(&message, reply->message);
	dbx_mask(dbx, &message);
	put_text(reply->message, sizeof(reply->message), str_text(&message));
	str_free(&message);
	err_set(&reply->err, status_code(reply), "%s: %s%s%s (status %d%s)", exchange->what,
		reply->error_code, reply->message[0] ? ": " : "", reply->message, reply->status,
		reply->attempts > 1 ? ", after several tries" : "");
	if (reply->status == 401 || reply->status == 403)
		err_wrap(&reply->err, "%s, auth %s%s%s", dbx->attr[DBX_HOST],
			dbx_strategy_name(dbx->strategy), dbx->profile ? ", profile " : "",
			dbx->profile ? dbx->profile : "");
}

static void read_body(const struct exchange *exchange, struct dbx_reply *reply,
	struct http_response *response)
{
	struct err problem = { ERR_NONE, "" };
	const char *text = str_text(&response->body);

	if (exchange->want_raw) {
		reply->raw = response->body;
		memset(&response->body, 0, sizeof(response->body));
		return;
	}
	if (!text[strspn(text, " \t\r\n")])
		return;
	reply->body = json_parse(text, response->body.n, &problem);
	if (reply->body)
		return;
	if (text[strspn(text, " \t\r\n")] == '<')
		err_set(&reply->err, ERR_UNAVAILABLE, "%s: a web page came instead of JSON; "
			"is %s a workspace's address?", exchange->what,
			exchange->dbx->attr[DBX_HOST]);
	else /* what begins as JSON was cut on its way; the next answer may be whole */
		err_set(&reply->err, text[strspn(text, " \t\r\n")] == '{' ? ERR_TEMP : ERR_UNAVAILABLE,
			"%s: the answer is not JSON: %s", exchange->what, problem.text);
}

static void on_response(void *ctx, struct http_response *response, const struct err *err)
{
	struct exchange *exchange = ctx;
	struct dbx_reply reply = { .retry_after_ms = -1 };

	if (!response) {
		reply.err = *err;
		exchange_end(exchange, &reply);
		return;
	}
	reply.status = response->status;
	reply.attempts = response->attempts;
	reply.elapsed_ms = response->elapsed_ms;
	reply.retry_after_ms = response->retry_after_ms;
	if (response->status >= 200 && response->status < 300)
		read_body(exchange, &reply, response);
	else
		refused(exchange, &reply, response);
	exchange_end(exchange, &reply);
}

static void on_failed_start(void *ctx, bool cancelled UNUSED)
{
	struct exchange *exchange = ctx;
	struct dbx_reply reply = { .retry_after_ms = -1, .err = exchange->err };

	exchange_end(exchange, &reply);
}

static void send_it(struct exchange *exchange, const struct dbx_request *request,
	const char *method, const void *body, size_t nbody, const char *type)
{
	struct dbx *dbx = exchange->dbx;
	char *url = xasprintf("%s%s", dbx->attr[DBX_HOST], request->path);
	char *content = xasprintf("Content-Type: %s", type ? type : "application/json");
	char *workspace = dbx->attr[DBX_WORKSPACE_ID] && !streq(dbx->attr[DBX_WORKSPACE_ID], "none") ?
		xasprintf("X-Databricks-Workspace-Id: %s", dbx->attr[DBX_WORKSPACE_ID]) : NULL;
	const char *headers[6] = { dbx->authorization, "Accept: application/json" };
	struct http_request out = { .method = method, .url = url, .headers = headers,
		.body = body, .nbody = nbody, .budget_ms = request->budget_ms,
		.idle_ms = request->idle_ms, .once = request->once };
	size_t n = 2;

	if (body)
		headers[n++] = content;
	if (workspace)
		headers[n++] = workspace;
	if (request->header)
		headers[n++] = request->header;
	http_send(dbx->http, &out, on_response, exchange);
	free(url);
	free(content);
	free(workspace);
}

void dbx_send(struct dbx *dbx, const struct dbx_request *request, dbx_done *done, void *ctx)
{
	struct exchange *exchange = xcalloc(1, sizeof(*exchange));
	const char *method = request->method ? request->method : "GET";
	struct str body = STR_INIT;

	exchange->dbx = dbx;
	exchange->what = xasprintf("%s %.*s", method, (int)strcspn(request->path, "?"),
		request->path);
	exchange->want_raw = request->want_raw;
	exchange->done = done;
	exchange->ctx = ctx;
	if (request->path[0] != '/') /* "HOST" + ".evil.com" would leave the host */
		err_set(&exchange->err, ERR_BUG, "%s: the path must begin with /", exchange->what);
	if (exchange->err.code || !dbx_authorize(dbx, &exchange->err)) {
		http_after(dbx->http, 0, on_failed_start, exchange);
		return;
	}
	if (request->body)
		json_print(request->body, &body);
	else if (!request->raw && (streq(method, "POST") || streq(method, "PATCH")))
		str_add(&body, "{}");
	if (request->raw)
		send_it(exchange, request, method, request->raw, request->nraw,
			request->content_type ? request->content_type : "application/octet-stream");
	else
		send_it(exchange, request, method, body.n ? body.s : NULL, body.n, NULL);
	str_free(&body);
}

/* ---- waiting for it ------------------------------------------------------- */

void dbx_keep(void *ctx, struct dbx_reply *reply)
{
	struct dbx_wait *wait = ctx;

	*wait->reply = *reply;
	memset(reply, 0, sizeof(*reply));
	wait->done = true;
}

bool dbx_fetch(struct dbx *dbx, const struct dbx_request *request,
	struct dbx_reply *reply, struct err *err)
{
	struct dbx_wait wait = { reply, false };

	memset(reply, 0, sizeof(*reply));
	dbx_send(dbx, request, dbx_keep, &wait);
	http_run(dbx->http, &wait.done);
	if (!reply->err.code)
		return true;
	*err = reply->err;
	return false;
}

bool dbx_call(struct dbx *dbx, const char *method, const char *path,
	const struct json *body, struct json **out, struct err *err)
{
	struct dbx_request request = { .method = method, .path = path, .body = body };
	struct dbx_reply reply;
	bool ok = dbx_fetch(dbx, &request, &reply, err);

	if (out) {
		*out = ok ? reply.body : NULL;
		if (ok)
			reply.body = NULL;
	}
	dbx_reply_free(&reply);
	return ok;
}

/* Moves the members of one page; the token of the next, or NULL at the end. */
static char *take_page(struct json *page, const char *member, struct json *all)
{
	struct json *list = json_get(page, member), *child;
	const char *token = json_str_or(page, "next_page_token", "");

	while (json_is(list, JSON_ARRAY) && (child = json_first(list)))
		json_push(all, json_detach(child));
	return *token ? xstrdup(token) : NULL;
}

struct json *dbx_list(struct dbx *dbx, const char *path, const char *member, struct err *err)
{
	struct json *all = json_new_array(), *page;
	char *token = NULL, *next;
	bool ok = true;
	int pages = 0;

	do {
		struct str url = STR_INIT;

		str_add(&url, path);
		if (token) {
			str_add(&url, strchr(path, '?') ? "&page_token=" : "?page_token=");
			url_escape(&url, token);
		}
		ok = dbx_call(dbx, "GET", str_text(&url), NULL, &page, err);
		str_free(&url);
		next = ok ? take_page(page, member, all) : NULL;
		json_free(ok ? page : NULL);
		if (next && (streq(next, token) || ++pages >= MAX_PAGES))
			ok = err_set(err, ERR_UNAVAILABLE, "GET %s: the list of pages has no end",
				path);
		free(token);
		token = next;
	} while (ok && token);
	free(token);
	if (ok)
		return all;
	json_free(all);
	return NULL;
}

bool dbx_external(struct dbx *dbx, const char *url, const char *const *headers,
	struct http_response *response, struct err *err)
{
	struct http_request request = { .url = url, .headers = headers, .secret_url = true };

	return http_call(dbx->http, &request, response, err);
}
