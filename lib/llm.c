#include "llm.h"

#include "clock.h"
#include "dbx.h"
#include "http.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "retry.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

/* A model that was scaled to zero is silent for minutes (databricks-api.md, 7). */
#define PATIENCE_MS 240000

struct question {
	struct question *next; /* in line */
	struct llm *llm;
	struct json *request;
	int tries, status;     /* status: of the last answer in all tries; 0: none yet */
	bool bare;             /* without response_format, after a 400 */
	int64_t deadline_ms;   /* set with the first try */
	enum llm_outcome last;
	struct err err;
	llm_check *check;
	llm_done *done;
	void *ctx;
};

struct llm {
	struct dbx *dbx;
	struct http *http;
	char *path, *name;     /* path: of the endpoint, or the URL */
	char *key, *authorization;
	struct question *first, **end;
	int room;
	size_t sent;
	int64_t budget_ms, backoff_ms;
	uint64_t random;
	bool no_format, stopped;
};

/* ---- life cycle ------------------------------------------------------------ */

static bool set_place(struct llm *llm, const struct llm_options *o, struct err *err)
{
	struct url url;
	struct str path = STR_INIT;
	if (o->dbx) {
		str_add(&path, "/serving-endpoints/");
		url_escape(&path, o->name);
		str_add(&path, "/invocations");
		llm->path = str_take(&path);
		return true;
	}
	if (!url_parse(&url, o->url))
		return err_set(err, ERR_USAGE, "the model's address is no http(s) URL");
	url_free(&url);
	if (o->key && strpbrk(o->key, "\r\n"))
		return err_set(err, ERR_USAGE, "the model's key holds a line end");
	size_t n = strlen(o->url);
	while (n && o->url[n - 1] == '/')
		n--;
	llm->path = xasprintf("%.*s/chat/completions", (int)n, o->url);
	llm->key = xstrdup(o->key);
	llm->authorization = o->key ? xasprintf("Authorization: Bearer %s", o->key) : NULL;
	return true;
}

struct llm *llm_open(const struct llm_options *o, struct err *err)
{
	struct llm *llm = xcalloc(1, sizeof *llm);
	llm->dbx = o->dbx;
	llm->http = o->dbx ? dbx_http(o->dbx) : o->http;
	llm->name = xstrdup(o->name);
	llm->end = &llm->first;
	llm->room = o->concurrency ? o->concurrency : 4;
	llm->budget_ms = o->budget_ms ? o->budget_ms : 300000;
	llm->backoff_ms = o->backoff_ms ? o->backoff_ms : 500;
	llm->random = (uint64_t)clock_monotonic_ms();
	if (set_place(llm, o, err))
		return llm;
	llm_free(llm);
	return NULL;
}

static void question_free(struct question *q)
{
	json_free(q->request);
	free(q);
}

void llm_stop(struct llm *llm)
{
	struct err err = { 0 };
	if (!llm)
		return;
	llm->stopped = true;
	err_set(&err, ERR_TEMP, "%s: cancelled", llm->name);
	while (llm->first) {
		struct question *q = llm->first;
		llm->first = q->next;
		q->done(q->ctx, LLM_FAULT, &err);
		question_free(q);
	}
	llm->end = &llm->first;
}

void llm_free(struct llm *llm)
{
	if (!llm)
		return;
	free(llm->path);
	free(llm->name);
	free(llm->key);
	free(llm->authorization);
	free(llm);
}

size_t llm_sent(const struct llm *llm)
{
	return llm->sent;
}

/* ---- reading ----------------------------------------------------------------- */

static void add_parts(struct str *out, const struct json *content)
{
	if (json_text(content)) {
		str_add(out, json_text(content));
	} else if (json_is(content, JSON_OBJECT)) {
		json_print(content, out);
	} else if (json_is(content, JSON_ARRAY)) {
		for (const struct json *part = json_first(content); part; part = json_next(part)) {
			const char *type = json_str_or(part, "type", "text");
			if (json_text(part))
				str_add(out, json_text(part));
			else if (streq(type, "text") || streq(type, "output_text"))
				str_add(out, json_str_or(part, "text", ""));
		}
	}
}

char *llm_content(const struct json *reply)
{
	const struct json *choice = json_first(json_get(reply, "choices"));
	struct str out;
	str_init(&out, LLM_MAX_CONTENT);
	if (choice) {
		const struct json *message = json_get(choice, "message");
		add_parts(&out, message ? json_get(message, "content") : json_get(choice, "text"));
	}
	for (const struct json *item = choice ? NULL : json_first(json_get(reply, "output")); item;
	     item = json_next(item))
		if (streq(json_str_or(item, "type", "message"), "message"))
			add_parts(&out, json_get(item, "content"));
	bool some = str_text(&out)[strspn(str_text(&out), " \t\r\n")] != '\0';
	if (some)
		return str_take(&out);
	str_free(&out);
	return NULL;
}

/* Takes our secrets out of a text that came back. */
static void mask(const struct llm *llm, struct str *text)
{
	size_t n = llm->key ? strlen(llm->key) : 0;
	char *at;
	if (llm->dbx)
		dbx_mask(llm->dbx, text);
	while (n && text->n && (at = strstr(text->s, llm->key)) != NULL)
		str_splice(text, (size_t)(at - text->s), n, "***", 3);
}

static void mask_err(const struct llm *llm, struct err *err)
{
	struct str text = STR_INIT;
	str_add(&text, err->text);
	mask(llm, &text);
	err_set(err, err->code, "%s", str_text(&text));
	str_free(&text);
}

/* ---- asking ------------------------------------------------------------------ */

static void next_try(struct question *q);

static void start_waiting(struct llm *llm)
{
	while (llm->first && llm->room > 0 && !llm->stopped) {
		struct question *q = llm->first;
		llm->first = q->next;
		if (!llm->first)
			llm->end = &llm->first;
		llm->room--;
		q->deadline_ms = clock_monotonic_ms() + llm->budget_ms;
		next_try(q);
	}
}

static void finish(struct question *q, enum llm_outcome outcome)
{
	struct llm *llm = q->llm;
	llm->room++;
	mask_err(llm, &q->err);
	q->done(q->ctx, outcome, outcome == LLM_ANSWERED ? NULL : &q->err);
	question_free(q);
	start_waiting(llm);
}

static void waited(void *ctx, bool cancelled)
{
	struct question *q = ctx;
	if (cancelled || q->llm->stopped)
		finish(q, q->last);
	else
		next_try(q);
}

/* Another try, when there is one left and time for it. q->err says why. */
static void again(struct question *q, enum llm_outcome outcome)
{
	struct llm *llm = q->llm;
	int64_t wait = retry_wait_ms(llm->backoff_ms, q->tries, &llm->random);
	q->last = outcome;
	bool late = clock_monotonic_ms() + wait >= q->deadline_ms;
	if (q->tries >= LLM_TRIES || llm->stopped || late) {
		finish(q, outcome);
		return;
	}
	mask_err(llm, &q->err);
	log_info("%s: asked again: %s", llm->name, q->err.text);
	http_after(llm->http, wait, waited, q);
}

static void got_text(struct question *q, const char *text, size_t n)
{
	struct llm *llm = q->llm;
	struct err problem = { 0 };
	struct json *reply = json_parse(text, n, &problem);
	char *content = reply ? llm_content(reply) : NULL;
	if (!reply) {
		err_set(&q->err, ERR_TEMP, "%s: the answer is broken: %s", llm->name, problem.text);
		again(q, LLM_FAULT);
	} else if (!content) {
		err_set(&q->err, ERR_DATA, "the answer is empty");
		again(q, LLM_UNUSABLE);
	} else {
		struct str clean = STR_INIT;
		str_add(&clean, content);
		mask(llm, &clean);
		bool ok = q->check(q->ctx, str_text(&clean), &q->err);
		str_free(&clean);
		if (ok && q->bare && !llm->no_format) {
			log_info("%s: response_format is refused and left out from now on",
				 llm->name);
			llm->no_format = true;
		}
		if (ok)
			finish(q, LLM_ANSWERED);
		else
			again(q, LLM_UNUSABLE);
	}
	free(content);
	json_free(reply);
}

/* A try that got no answer says nothing of the tries before it, which had some. */
static void note_status(struct question *q)
{
	int status = http_last_status(q->llm->http);
	struct err silent = q->err;
	if (status)
		q->status = status;
	else if (q->status && q->err.code)
		err_set(&q->err, silent.code, "%s; the last answer was status %d", silent.text,
			q->status);
}

/* The service's word against it; err is set. */
static void got_refusal(struct question *q, int status)
{
	bool formatted = json_get(q->request, "response_format") && !q->bare && !q->llm->no_format;
	if (q->err.code == ERR_TEMP || q->err.code == ERR_DATA) {
		again(q, LLM_FAULT);
	} else if (status == 400 && formatted) {
		q->bare = true;
		q->tries--;
		next_try(q);
	} else if (status == 400 || status == 413 || status == 422) {
		finish(q, LLM_REFUSED);
	} else {
		finish(q, LLM_DENIED);
	}
}

static void got_dbx(void *ctx, struct dbx_reply *reply)
{
	struct question *q = ctx;
	q->err = reply->err;
	note_status(q);
	if (!reply->err.code)
		got_text(q, str_text(&reply->raw), reply->raw.n);
	else
		got_refusal(q, reply->status);
}

/* {"error":{"message"}}, {"error":"..."} or {"message"}. */
static void set_refusal(struct question *q, const struct http_response *r)
{
	struct err ignored = { 0 };
	struct json *body = json_parse(str_text(&r->body), r->body.n, &ignored);
	const struct json *error = json_get(body, "error");
	const char *said = json_text(error) ? json_text(error)
		: json_str_or(error, "message", json_str_or(body, "message", ""));
	bool passing = r->status == 408 || r->status == 429 || r->status == 500
		|| (r->status >= 502 && r->status <= 504);
	err_set(&q->err, passing ? ERR_TEMP : ERR_UNAVAILABLE, "%s: %.*s%sstatus %d", q->llm->name,
		(int)utf8_fit(said, 500), said, *said ? ", " : "", r->status);
	json_free(body);
}

static void got_http(void *ctx, struct http_response *response, const struct err *err)
{
	struct question *q = ctx;
	if (!response)
		q->err = *err;
	note_status(q);
	if (!response) {
		got_refusal(q, 0);
	} else if (response->status >= 200 && response->status < 300) {
		got_text(q, str_text(&response->body), response->body.n);
	} else {
		set_refusal(q, response);
		got_refusal(q, response->status);
	}
}

static void next_try(struct question *q)
{
	struct llm *llm = q->llm;
	const char *headers[] = { "Content-Type: application/json", llm->authorization, NULL };
	int64_t left = q->deadline_ms - clock_monotonic_ms();
	/* One answer that never comes must leave time for another try. */
	int64_t share = q->tries + 1 < LLM_TRIES ? left * 2 / 3 : left;
	struct json *body = json_dup(q->request);
	struct str text = STR_INIT;
	q->tries++;
	llm->sent++;
	if (q->bare || llm->no_format)
		json_remove(body, "response_format");
	if (!llm->dbx)
		json_set_str(body, "model", llm->name);
	json_print(body, &text);
	struct dbx_request call = { .method = "POST", .path = llm->path, .raw = str_text(&text),
		.nraw = text.n, .content_type = "application/json", .want_raw = true,
		.budget_ms = share < 1 ? 1 : share, .idle_ms = PATIENCE_MS };
	struct http_request plain = { .method = "POST", .url = llm->path, .headers = headers,
		.body = str_text(&text), .nbody = text.n, .budget_ms = call.budget_ms,
		.idle_ms = PATIENCE_MS };
	if (llm->dbx)
		dbx_send(llm->dbx, &call, got_dbx, q);
	else
		http_send(llm->http, &plain, got_http, q);
	json_free(body);
	str_free(&text);
}

void llm_ask(struct llm *llm, const struct json *request, llm_check *check, llm_done *done,
	void *ctx)
{
	struct question *q = xcalloc(1, sizeof *q);
	*q = (struct question){ .llm = llm, .request = json_dup(request), .check = check,
		.done = done, .ctx = ctx };
	*llm->end = q;
	llm->end = &q->next;
	start_waiting(llm);
}

const char *llm_key(const char *who, const struct json *request, char out[SHA256_HEX])
{
	struct str text = STR_INIT;
	str_addf(&text, "%s\n", who);
	json_canonical(request, &text);
	sha256_hex(str_text(&text), text.n, out);
	str_free(&text);
	return out;
}
