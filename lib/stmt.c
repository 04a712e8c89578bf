#include "stmt.h"

#include "clock.h"
#include "dbx.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "str.h"
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENTS "/api/2.0/sql/statements"
#define LIMIT_MS 300000
#define WAIT_S 10 /* the service holds the first reply back that long */
#define FIRST_POLL_MS 500
#define LAST_POLL_MS 5000
#define MAX_LINK_HEADERS 32

struct run {
	struct dbx *dbx;
	struct json *body;     /* of the POST; kept for the run with external links */
	char *warehouse_id;
	int64_t started_ms, limit_ms, poll_ms;
	int64_t chunk, chunks; /* last chunk read, and how many there are (0: not told) */
	bool external, renewed; /* renewed: an expired link was asked for again */
	struct stmt_result result;
	stmt_done *done;
	void *ctx;
};

const char *stmt_plan_error(const struct table *plan)
{
	const char *text = plan->nrows && plan->ncolumns ? table_cell(plan, 0, 0) : NULL;
	return text && stristr(text, "error occurred during query planning") ? text : NULL;
}

void stmt_result_free(struct stmt_result *result)
{
	table_free(&result->table);
	free(result->statement_id);
	free(result->error_code);
	free(result->message);
	free(result->sql_state);
	memset(result, 0, sizeof(*result));
}

static void finish(struct run *run)
{
	struct stmt_result *r = &run->result;

	r->elapsed_ms = clock_monotonic_ms() - run->started_ms;
	r->ok = r->ok && !r->err.code;
	log_debug("statement %s: %s, %zu rows in %lld ms",
		r->statement_id ? r->statement_id : "(none)",
		r->err.code ? r->err.text : r->state, r->table.nrows, (long long)r->elapsed_ms);
	run->done(run->ctx, r);
	stmt_result_free(r);
	json_free(run->body);
	free(run->warehouse_id);
	free(run);
}

static void fail(struct run *run, enum err_code code, const char *text)
{
	err_set(&run->result.err, code, "SQL statement on warehouse %s: %s", run->warehouse_id,
		text);
	finish(run);
}

static void reply_failed(struct run *run, const struct dbx_reply *reply)
{
	run->result.err = reply->err;
	finish(run);
}

static char *statement_path(const struct run *run, const char *rest)
{
	struct str path = STR_INIT;

	str_add(&path, STATEMENTS "/");
	url_escape(&path, run->result.statement_id);
	str_add(&path, rest);
	return str_take(&path);
}

/* ---- rows ----------------------------------------------------------------- */

/* The text of a cell; nested values, which some servers send, as JSON. */
static char *cell_text(const struct json *cell)
{
	struct str out = STR_INIT;

	if (json_is(cell, JSON_NULL))
		return NULL;
	if (json_text(cell))
		return xstrdup(json_text(cell));
	json_print(cell, &out);
	return out.n ? str_take(&out) : xstrdup("");
}

static bool add_row(struct table *table, const struct json *row)
{
	char **cells = xcalloc(table->ncolumns + 1, sizeof(*cells));
	size_t n = 0;
	bool ok = json_is(row, JSON_ARRAY) && json_len(row) == table->ncolumns;

	if (ok) {
		for (struct json *c = json_first(row); c; c = json_next(c))
			cells[n++] = cell_text(c);
		table_add_row(table, (const char *const *)cells);
	}
	while (n > 0)
		free(cells[--n]);
	free(cells);
	return ok;
}

static bool add_rows(struct run *run, const struct json *rows)
{
	for (struct json *row = json_first(rows); row; row = json_next(row))
		if (!add_row(&run->result.table, row))
			return false;
	return true;
}

static void read_manifest(struct run *run, const struct json *manifest)
{
	struct stmt_result *r = &run->result;

	const struct json *columns = json_dig(manifest, "schema.columns");

	for (struct json *c = json_first(columns); c; c = json_next(c)) {
		char *type = xstrdup(json_str_or(c, "type_text",
			json_str_or(c, "type_name", "STRING")));

		for (char *p = type; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		table_add_column(&r->table, json_str_or(c, "name", ""), type);
		free(type);
	}
	r->truncated = json_bool_or(manifest, "truncated", false);
	r->total_rows = json_int_or(manifest, "total_row_count", 0);
	run->chunks = json_int_or(manifest, "total_chunk_count", 0);
}

static void all_read(struct run *run)
{
	struct stmt_result *r = &run->result;

	r->ok = true;
	if (r->total_rows < (int64_t)r->table.nrows)
		r->total_rows = (int64_t)r->table.nrows;
	r->table.truncated = r->truncated;
	r->table.total_rows = r->total_rows;
	finish(run);
}

static void read_chunk(struct run *run, const struct json *result);

static void on_chunk(void *ctx, struct dbx_reply *reply)
{
	struct run *run = ctx;

	if (reply->err.code)
		reply_failed(run, reply);
	else
		read_chunk(run, reply->body);
}

static void request_chunk(struct run *run, int64_t index, const char *link)
{
	struct dbx_request request = { .method = "GET" };
	char rest[64], *path;

	run->chunk = index;
	snprintf(rest, sizeof(rest), "/result/chunks/%lld", (long long)index);
	path = *link == '/' ? xstrdup(link) : statement_path(run, rest);
	request.path = path;
	dbx_send(run->dbx, &request, on_chunk, run);
	free(path);
}

/* `from` is the chunk, or the external link, that says what comes next. */
static void next_chunk(struct run *run, const struct json *from)
{
	const char *link = json_str_or(from, "next_chunk_internal_link", "");
	int64_t next = json_int_or(from, "next_chunk_index", -1);

	if (!*link && next < 0 && run->chunk + 1 < run->chunks)
		next = run->chunk + 1;
	if (!*link && next < 0) {
		all_read(run);
		return;
	}
	if (next < 0)
		next = run->chunk + 1;
	if (next <= run->chunk || (run->chunks && next >= run->chunks)) {
		fail(run, ERR_UNAVAILABLE, "the chunks of the result do not follow one another");
		return;
	}
	run->renewed = false;
	request_chunk(run, next, link);
}

/* ---- external links ------------------------------------------------------- */

struct link {
	struct run *run;
	struct json *link;
};

static void on_external(void *ctx, struct http_response *response, const struct err *err)
{
	struct link *link = ctx;
	struct run *run = link->run;
	struct json *rows = NULL, *self = link->link;
	struct err problem = { ERR_NONE, "" };

	free(link);
	/* A link lives 15 minutes at most; an expired one is asked for again, once. */
	if (response && response->status >= 400 && response->status < 500 && !run->renewed) {
		run->renewed = true;
		json_free(self);
		request_chunk(run, run->chunk, "");
		return;
	}
	if (!response)
		run->result.err = *err;
	else if (response->status != 200)
		err_set(&run->result.err, response->status >= 500 ? ERR_TEMP : ERR_UNAVAILABLE,
			"presigned result link: status %d", response->status);
	else
		rows = json_parse(str_text(&response->body), response->body.n, &problem);
	if (run->result.err.code)
		finish(run);
	else if (!rows || !add_rows(run, rows))
		fail(run, ERR_UNAVAILABLE, "the linked part of the result is not rows");
	else
		next_chunk(run, self);
	json_free(rows);
	json_free(self);
}

/* The presigned URL is the whole permission: nothing of ours goes with it. */
static void fetch_external(struct run *run, const struct json *item)
{
	const char *headers[MAX_LINK_HEADERS + 1] = { NULL };
	struct http_request request = { .url = json_str_or(item, "external_link", ""),
		.headers = headers, .secret_url = true };
	struct link *link = xcalloc(1, sizeof(*link));
	size_t n = 0;

	for (struct json *h = json_first(json_get(item, "http_headers")); h; h = json_next(h))
		if (n < MAX_LINK_HEADERS && json_text(h))
			headers[n++] = xasprintf("%s: %s", json_key(h), json_text(h));
	link->run = run;
	link->link = json_dup(item);
	http_send(dbx_http(run->dbx), &request, on_external, link);
	while (n > 0)
		free((char *)headers[--n]);
}

static void read_chunk(struct run *run, const struct json *result)
{
	const struct json *links = json_get(result, "external_links");

	run->chunk = json_int_or(result, "chunk_index", run->chunk);
	if (json_len(links))
		fetch_external(run, json_at(links, 0));
	else if (!add_rows(run, json_get(result, "data_array")))
		fail(run, ERR_UNAVAILABLE, "a row of the result has not as many values as columns");
	else
		next_chunk(run, result);
}

/* ---- states --------------------------------------------------------------- */

static void execute(struct run *run);
static void poll_now(void *ctx, bool cancelled);

static void copy(char **slot, const char *value)
{
	free(*slot);
	*slot = value && *value ? xstrdup(value) : NULL;
}

static void refused(struct run *run, const struct json *status)
{
	struct stmt_result *r = &run->result;
	const struct json *error = json_get(status, "error");

	copy(&r->error_code, json_str_or(error, "error_code", r->state));
	copy(&r->message, json_str_or(error, "message", ""));
	if (!r->message)
		copy(&r->message, "the statement did not succeed");
	copy(&r->sql_state, json_str_or(status, "sql_state", NULL));
	/* "Inline byte limit exceeded ... disposition=EXTERNAL_LINKS" */
	if (!run->external && r->message && strstr(r->message, "EXTERNAL_LINKS")) {
		copy(&r->error_code, NULL);
		copy(&r->message, NULL);
		copy(&r->sql_state, NULL);
		run->external = true;
		execute(run);
		return;
	}
	finish(run);
}

static void on_cancelled(void *ctx UNUSED, struct dbx_reply *reply)
{
	if (reply->err.code)
		log_info("cancelling a statement: %s", reply->err.text);
}

static void give_up(struct run *run)
{
	struct dbx_request request = { .method = "POST", .once = true, .budget_ms = 10000 };
	char text[96], *path = statement_path(run, "/cancel");

	request.path = path;
	dbx_send(run->dbx, &request, on_cancelled, NULL);
	free(path);
	snprintf(text, sizeof(text), "no result within %.1f s; cancelled",
		(double)run->limit_ms / 1000);
	fail(run, ERR_TEMP, text);
}

static void poll_later(struct run *run)
{
	int64_t left = run->started_ms + run->limit_ms - clock_monotonic_ms(), wait = run->poll_ms;

	if (left <= 0) {
		give_up(run);
		return;
	}
	run->poll_ms = wait * 2 > LAST_POLL_MS ? LAST_POLL_MS : wait * 2;
	http_after(dbx_http(run->dbx), wait < left ? wait : left, poll_now, run);
}

static bool passing(const char *code)
{
	return streq(code, "TEMPORARILY_UNAVAILABLE") || streq(code, "RESOURCE_EXHAUSTED") ||
		streq(code, "SERVICE_UNDER_MAINTENANCE") ||
		streq(code, "WORKSPACE_TEMPORARILY_UNAVAILABLE");
}

static void on_state(void *ctx, struct dbx_reply *reply)
{
	struct run *run = ctx;
	struct stmt_result *r = &run->result;
	const struct json *status = json_get(reply->body, "status");
	const char *code = json_str_or(json_get(status, "error"), "error_code", "");

	if (reply->err.code) {
		reply_failed(run, reply);
		return;
	}
	snprintf(r->state, sizeof(r->state), "%s", json_str_or(status, "state", ""));
	if (!r->statement_id)
		copy(&r->statement_id, json_str_or(reply->body, "statement_id", NULL));
	if (streq(r->state, "SUCCEEDED")) {
		read_manifest(run, json_get(reply->body, "manifest"));
		read_chunk(run, json_get(reply->body, "result"));
	} else if (streq(r->state, "CLOSED")) {
		fail(run, ERR_TEMP, "the result is gone already");
	} else if (streq(r->state, "FAILED") && passing(code)) {
		fail(run, ERR_TEMP, code);
	} else if (streq(r->state, "FAILED") || streq(r->state, "CANCELED")) {
		refused(run, status);
	} else if (!r->statement_id) {
		fail(run, ERR_UNAVAILABLE, "the answer has no statement_id");
	} else {
		poll_later(run);
	}
}

static void poll_now(void *ctx, bool cancelled)
{
	struct run *run = ctx;
	struct dbx_request request = { .method = "GET" };
	char *path;

	if (cancelled) {
		fail(run, ERR_TEMP, "cancelled");
		return;
	}
	path = statement_path(run, "");
	request.path = path;
	dbx_send(run->dbx, &request, on_state, run);
	free(path);
}

/* ---- start ---------------------------------------------------------------- */

static struct json *request_body(const struct stmt_request *request, int64_t limit_ms)
{
	struct json *body = json_new_object();
	char wait[16];

	/* 0 or 5 to 50 s is what the service accepts. */
	snprintf(wait, sizeof(wait), "%ds", limit_ms < INT64_C(1000) * WAIT_S ? 0 : WAIT_S);
	json_set_str(body, "warehouse_id", request->warehouse_id);
	json_set_str(body, "statement", request->sql);
	if (request->catalog)
		json_set_str(body, "catalog", request->catalog);
	if (request->schema)
		json_set_str(body, "schema", request->schema);
	if (json_len(request->params))
		json_set(body, "parameters", json_dup(request->params));
	if (request->row_limit > 0)
		json_set_int(body, "row_limit", request->row_limit);
	json_set_str(body, "wait_timeout", wait);
	json_set_str(body, "on_wait_timeout", "CONTINUE");
	json_set_str(body, "format", "JSON_ARRAY");
	return body;
}

static void execute(struct run *run)
{
	struct dbx_request request = { .method = "POST", .path = STATEMENTS, .body = run->body };

	copy(&run->result.statement_id, NULL);
	json_set_str(run->body, "disposition", run->external ? "EXTERNAL_LINKS" : "INLINE");
	dbx_send(run->dbx, &request, on_state, run);
}

void stmt_send(struct dbx *dbx, const struct stmt_request *request, stmt_done *done, void *ctx)
{
	struct run *run = xcalloc(1, sizeof(*run));

	run->dbx = dbx;
	run->limit_ms = request->limit_ms > 0 ? request->limit_ms : LIMIT_MS;
	run->body = request_body(request, run->limit_ms);
	run->warehouse_id = xstrdup(request->warehouse_id ? request->warehouse_id : "(none)");
	run->external = request->external;
	run->started_ms = clock_monotonic_ms();
	run->poll_ms = FIRST_POLL_MS;
	run->done = done;
	run->ctx = ctx;
	execute(run);
}

struct wait {
	struct stmt_result *result;
	bool done;
};

static void on_result(void *ctx, struct stmt_result *result)
{
	struct wait *wait = ctx;

	*wait->result = *result;
	memset(result, 0, sizeof(*result));
	wait->done = true;
}

bool stmt_run(struct dbx *dbx, const struct stmt_request *request,
	struct stmt_result *result, struct err *err)
{
	struct wait wait = { result, false };

	memset(result, 0, sizeof(*result));
	stmt_send(dbx, request, on_result, &wait);
	http_run(dbx_http(dbx), &wait.done);
	if (!result->err.code)
		return true;
	*err = result->err;
	return false;
}

bool stmt_must(struct dbx *dbx, const struct stmt_request *request,
	struct stmt_result *result, struct err *err)
{
	if (!stmt_run(dbx, request, result, err))
		return false;
	return result->ok || err_set(err, ERR_UNAVAILABLE, "SQL statement refused: %s: %s",
		result->error_code, result->message);
}

char *stmt_warehouse(struct dbx *dbx, const char *given, const char *fallback, struct err *err)
{
	const char *id = given && *given ? given : dbx_attr(dbx, DBX_WAREHOUSE_ID);
	struct json *list;
	char *out = NULL;

	if (!id || !*id)
		id = fallback;
	if (id && *id)
		return xstrdup(id);
	list = dbx_list(dbx, "/api/2.0/sql/warehouses", "warehouses", err);
	if (!list)
		return NULL;
	for (struct json *w = json_first(list); w; w = json_next(w))
		if (!out || streq(json_str_or(w, "state", NULL), "RUNNING")) {
			free(out);
			out = xstrdup(json_str_or(w, "id", NULL));
			if (streq(json_str_or(w, "state", NULL), "RUNNING"))
				break;
		}
	json_free(list);
	if (!out)
		err_set(err, ERR_UNAVAILABLE, "%s has no SQL warehouse that we may see",
			dbx_host(dbx));
	return out;
}
