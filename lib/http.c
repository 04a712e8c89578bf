#include "http.h"

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "retry.h"
#include "url.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_HEADER_BYTES (256u << 10)
#define MAX_POLL_MS 1000

struct call {
	struct call *next;
	struct http *http;
	CURL *easy; /* while an attempt runs */
	struct curl_slist *headers;
	char *method, *url, *label; /* label: what may be shown */
	char *body;
	size_t nbody, nsent, max_body, header_bytes;
	int64_t started_ms, deadline_ms, attempt_ms, idle_ms, due_ms; /* monotonic */
	int connect_fails, last_status; /* last_status: of any attempt; 0: never an answer */
	bool once, secret, loopback, finished;
	struct http_response response;
	struct err err; /* ERR_NONE: the response is the result */
	char errbuf[CURL_ERROR_SIZE];
	http_done *done;
	void *ctx;
};

struct timer {
	struct timer *next;
	int64_t due_ms;
	http_timer *done;
	void *ctx;
};

struct http {
	CURLM *multi;
	struct http_options options;
	char *agent;
	struct call *calls; /* in order of sending */
	struct timer *timers; /* by due time */
	size_t pending;
	uint64_t random;
	int last_status; /* of the call that is called back */
	bool closing;
};

/* ---- life cycle ----------------------------------------------------------- */

static void set_default(int64_t *value, int64_t other)
{
	*value = *value > 0 ? *value : other;
}

static void fill_options(struct http_options *o)
{
	set_default(&o->connect_ms, 10000);
	set_default(&o->idle_ms, 60000);
	set_default(&o->budget_ms, 300000);
	set_default(&o->backoff_ms, 500);
	o->connect_tries = o->connect_tries > 0 ? o->connect_tries : 4;
	o->per_host = o->per_host > 0 ? o->per_host : 16;
	o->max_body = o->max_body ? o->max_body : HTTP_MAX_BODY;
	if (!o->seed)
		o->seed = (uint64_t)clock_monotonic_ms() * 1000003u + (uint64_t)getpid();
}

struct http *http_new(const struct http_options *options)
{
	static bool ready;
	struct http *http = xcalloc(1, sizeof(*http));

	if (!ready && curl_global_init(CURL_GLOBAL_DEFAULT))
		BUG("libcurl cannot start");
	ready = true;
	if (options)
		http->options = *options;
	fill_options(&http->options);
	http->agent = xstrdup(http->options.agent ? http->options.agent : "genie-toolkit");
	http->options.agent = http->agent;
	http->random = http->options.seed;
	http->multi = curl_multi_init();
	if (!http->multi)
		BUG("libcurl cannot start");
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)http->options.per_host);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)http->options.per_host * 2);
	return http;
}

void http_response_free(struct http_response *response)
{
	str_free(&response->body);
	free(response->location);
	free(response->content_type);
	free(response->org_id);
	memset(response, 0, sizeof(*response));
}

static void response_reset(struct call *call)
{
	int attempts = call->response.attempts;

	http_response_free(&call->response);
	str_init(&call->response.body, call->max_body);
	call->response.retry_after_ms = -1;
	call->response.attempts = attempts;
	call->header_bytes = call->nsent = 0;
	call->errbuf[0] = '\0';
}

static void drop_easy(struct call *call)
{
	if (!call->easy)
		return;
	curl_multi_remove_handle(call->http->multi, call->easy);
	curl_easy_cleanup(call->easy);
	call->easy = NULL;
}

static void call_free(struct call *call)
{
	drop_easy(call);
	for (struct curl_slist *h = call->headers; h; h = h->next)
		wipe(h->data);
	curl_slist_free_all(call->headers);
	http_response_free(&call->response);
	free(call->method);
	free(call->url);
	free(call->label);
	free(call->body);
	free(call);
}

static void call_unlink(struct call *call)
{
	struct call **at = &call->http->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	call->http->pending--;
}

static void deliver(struct call *call)
{
	call_unlink(call);
	drop_easy(call);
	call->response.elapsed_ms = clock_monotonic_ms() - call->started_ms;
	call->http->last_status = call->last_status;
	if (call->err.code)
		call->done(call->ctx, NULL, &call->err);
	else
		call->done(call->ctx, &call->response, NULL);
	call_free(call);
}

static void fire(struct http *http, bool cancelled)
{
	struct timer *timer = http->timers;

	http->timers = timer->next;
	http->pending--;
	http->last_status = 0;
	timer->done(timer->ctx, cancelled);
	free(timer);
}

void http_free(struct http *http)
{
	if (!http)
		return;
	http->closing = true;
	while (http->calls || http->timers) {
		if (http->timers) {
			fire(http, true);
			continue;
		}
		/* deliver unlinks before it frees; the analyzer loses the list */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		err_set(&http->calls->err, ERR_TEMP, "%s: cancelled", http->calls->label);
		deliver(http->calls);
	}
	curl_multi_cleanup(http->multi);
	free(http->agent);
	free(http);
}

size_t http_pending(const struct http *http)
{
	return http->pending;
}

int http_last_status(const struct http *http)
{
	return http->last_status;
}

/* ---- one attempt ---------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct call *call = ctx;

	str_addn(&call->response.body, data, size * n);
	return str_over(&call->response.body) ? 0 : size * n;
}

static void keep_header(char **slot, const char *value)
{
	free(*slot);
	*slot = xstrdup(value);
}

static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct call *call = ctx;
	struct http_response *r = &call->response;
	char *line, *value;

	call->header_bytes += size * n;
	if (call->header_bytes > MAX_HEADER_BYTES)
		return 0;
	line = xstrndup(data, size * n);
	value = strchr(line, ':');
	if (value) {
		*value = '\0';
		value = trim(value + 1);
		if (strieq(line, "retry-after"))
			r->retry_after_ms = retry_after_ms(value, clock_now_ms());
		else if (strieq(line, "location"))
			keep_header(&r->location, value);
		else if (strieq(line, "content-type"))
			keep_header(&r->content_type, value);
		else if (strieq(line, "x-databricks-org-id"))
			keep_header(&r->org_id, value);
	}
	free(line);
	return size * n;
}

/* The body, once: see set_method. */
static size_t on_send(char *to, size_t size, size_t n, void *ctx)
{
	struct call *call = ctx;
	size_t part = call->nbody - call->nsent < size * n ? call->nbody - call->nsent : size * n;

	memcpy(to, call->body + call->nsent, part);
	call->nsent += part;
	return part;
}

/* libcurl repeats by itself what broke on a reused connection before an answer, but not when
 * it has sent a body that it cannot read again. That is how it is kept from doing so with
 * what may have had an effect; without a body only a new connection helps. */
static void set_method(struct call *call)
{
	bool twice = retry_idempotent(call->method);
	CURL *easy = call->easy;

	if (streq(call->method, "HEAD")) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (call->body || streq(call->method, "POST")) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->nbody);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
		curl_easy_setopt(easy, CURLOPT_READDATA, call);
		if (twice || !call->nbody)
			curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body ? call->body : "");
	}
	if (!twice && !call->nbody)
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static void set_limits(struct call *call, int64_t now)
{
	const struct http_options *o = &call->http->options;
	int64_t left = call->deadline_ms - now;

	if (call->attempt_ms && call->attempt_ms < left)
		left = call->attempt_ms;
	curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)(left < 1 ? 1 : left));
	curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
	curl_easy_setopt(call->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(call->easy, CURLOPT_LOW_SPEED_TIME, (long)((call->idle_ms + 999) / 1000));
}

/* What is agreed on with the server; a presigned URL leads to another one. */
static void set_tls(struct call *call)
{
	const struct http_options *o = &call->http->options;
	bool ours = !call->secret, verify = !(ours && o->insecure);

	curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	curl_easy_setopt(call->easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	if (ours && o->ca_file)
		curl_easy_setopt(call->easy, CURLOPT_CAINFO, o->ca_file);
	if (ours && o->ca_dir)
		curl_easy_setopt(call->easy, CURLOPT_CAPATH, o->ca_dir);
	if (ours && o->client_cert)
		curl_easy_setopt(call->easy, CURLOPT_SSLCERT, o->client_cert);
}

static void set_safety(struct call *call)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Plain http carries a credential to loopback; a proxy would see it. */
	if (call->loopback)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static void start_attempt(struct call *call, int64_t now)
{
	response_reset(call);
	call->response.attempts++;
	call->easy = curl_easy_init();
	if (!call->easy)
		BUG("libcurl cannot make a handle");
	set_safety(call);
	set_tls(call);
	set_limits(call, now);
	set_method(call);
	curl_easy_setopt(call->easy, CURLOPT_URL, call->url);
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(call->easy, CURLOPT_USERAGENT, call->http->agent);
	curl_easy_setopt(call->easy, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->errbuf);
	curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
	curl_multi_add_handle(call->http->multi, call->easy);
}

/* Plans another attempt. False: it would end after the budget. */
static bool plan_retry(struct call *call, const char *why)
{
	struct http *http = call->http;
	int64_t now = clock_monotonic_ms(), wait = call->response.retry_after_ms;

	if (wait >= 0)
		wait += (int64_t)(retry_random(&http->random) % 100);
	else
		wait = retry_wait_ms(http->options.backoff_ms, call->response.attempts, &http->random);
	if (call->once || now + wait >= call->deadline_ms)
		return false;
	call->due_ms = now + wait;
	log_info("%s: %s, next try in %.1f s", call->label, why, (double)wait / 1000);
	return true;
}

static void redirect_error(struct call *call)
{
	char *to = url_authority(call->response.location);

	err_set(&call->err, ERR_UNAVAILABLE,
		"%s: status %d redirects to %s and is not followed; "
		"is this the workspace's address, or did a login page answer?",
		call->label, call->response.status, to ? to : "another page of the same host");
	free(to);
}

static void got_response(struct call *call)
{
	struct http_response *r = &call->response;
	char why[32];
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	r->status = call->last_status = (int)status;
	log_debug("%s: %d in %lld ms", call->label, r->status,
		(long long)(clock_monotonic_ms() - call->started_ms));
	snprintf(why, sizeof(why), "status %d", r->status);
	if (r->status >= 300 && r->status < 400)
		redirect_error(call);
	else if (retry_reply(call->method, r->status, str_text(&r->body)) && plan_retry(call, why))
		return;
	call->finished = true;
}

static bool tls_failure(CURLcode rc)
{
	return rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CONNECT_ERROR ||
		rc == CURLE_SSL_CACERT_BADFILE || rc == CURLE_SSL_CERTPROBLEM ||
		rc == CURLE_SSL_ISSUER_ERROR || rc == CURLE_SSL_CIPHER;
}

/* No connection came about, so the request cannot have had an effect. */
static bool never_connected(struct call *call, CURLcode rc)
{
	curl_off_t connected = 0;

	if (rc == CURLE_COULDNT_CONNECT || rc == CURLE_COULDNT_RESOLVE_HOST ||
		rc == CURLE_COULDNT_RESOLVE_PROXY)
		return true;
	curl_easy_getinfo(call->easy, CURLINFO_CONNECT_TIME_T, &connected);
	return rc == CURLE_OPERATION_TIMEDOUT && connected == 0;
}

static void got_failure(struct call *call, CURLcode rc)
{
	const char *why = call->errbuf[0] && !call->secret ? call->errbuf : curl_easy_strerror(rc);
	char before[64];
	bool again;

	if (rc == CURLE_SEND_FAIL_REWIND)
		why = "the connection broke before an answer";
	log_debug("%s: %s", call->label, why);
	call->finished = true;
	if (tls_failure(rc)) {
		err_set(&call->err, ERR_UNAVAILABLE, "%s: secure connection failed: %s",
			call->label, why);
		return;
	}
	if (rc == CURLE_WRITE_ERROR) {
		err_set(&call->err, ERR_DATA, "%s: answer too large (%s)", call->label,
			str_over(&call->response.body) ? "body" : "headers");
		return;
	}
	call->response.retry_after_ms = -1;
	if (never_connected(call, rc))
		again = ++call->connect_fails < call->http->options.connect_tries;
	else
		again = retry_idempotent(call->method);
	if (again && plan_retry(call, why)) {
		call->finished = false;
		return;
	}
	/* Where the budget ends is chance: in a wait, or in the attempt after it. */
	snprintf(before, sizeof(before), "; the last answer was status %d", call->last_status);
	err_set(&call->err, ERR_TEMP, "%s: %s%s", call->label, why, call->last_status ? before : "");
}

/* ---- the loop ------------------------------------------------------------- */

static void take_messages(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		struct call *call = NULL;
		CURLcode rc = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		if (rc == CURLE_OK)
			got_response(call);
		else
			got_failure(call, rc);
		drop_easy(call);
	}
}

/* Calls back one finished call or due timer. */
static bool deliver_one(struct http *http, int64_t now)
{
	if (http->timers && http->timers->due_ms <= now) {
		fire(http, false);
		return true;
	}
	for (struct call *call = http->calls; call; call = call->next)
		if (call->finished) {
			deliver(call);
			return true;
		}
	return false;
}

/* Starts what is due and returns how long there is nothing else to start. */
static int64_t start_due(struct http *http, int64_t now)
{
	int64_t wait = MAX_POLL_MS;

	if (http->timers && http->timers->due_ms - now < wait)
		wait = http->timers->due_ms - now;
	for (struct call *call = http->calls; call; call = call->next) {
		if (call->easy || call->finished)
			continue;
		if (call->due_ms <= now)
			start_attempt(call, now);
		else if (call->due_ms - now < wait)
			wait = call->due_ms - now;
	}
	return wait < 0 ? 0 : wait;
}

void http_run(struct http *http, const bool *stop)
{
	while (!(stop && *stop) && http->pending) {
		int64_t wait = start_due(http, clock_monotonic_ms());
		int running = 0;
		bool any = false;

		curl_multi_perform(http->multi, &running);
		take_messages(http);
		while (!(stop && *stop) && deliver_one(http, clock_monotonic_ms()))
			any = true;
		if (!any && !(stop && *stop))
			curl_multi_poll(http->multi, NULL, 0, (int)wait, NULL);
	}
}

/* ---- sending -------------------------------------------------------------- */

/* False with call->err set when the request must not leave. */
static bool may_send(struct call *call, const struct url *url, bool parsed)
{
	if (!parsed)
		return err_set(&call->err, ERR_USAGE, "%s: not an absolute http(s) URL", call->label);
	call->loopback = url->loopback;
	if (!url->https && !url->loopback && !call->http->options.allow_plain)
		return err_set(&call->err, ERR_UNAVAILABLE,
			"%s: plain http is refused beyond this machine; use https", call->label);
	return true;
}

static void copy_headers(struct call *call, const char *const *headers)
{
	/* Without this curl waits for "100 Continue" before larger bodies. */
	call->headers = curl_slist_append(NULL, "Expect:");
	for (; headers && *headers; headers++) {
		if (strpbrk(*headers, "\r\n")) {
			err_set(&call->err, ERR_USAGE, "%s: a header value holds a line end",
				call->label);
			return;
		}
		call->headers = curl_slist_append(call->headers, *headers);
	}
}

void http_send(struct http *http, const struct http_request *request, http_done *done, void *ctx)
{
	struct call *call = xcalloc(1, sizeof(*call)), **at = &http->calls;
	struct url url;
	bool parsed = url_parse(&url, request->url);
	int64_t budget = request->budget_ms ? request->budget_ms : http->options.budget_ms;

	call->http = http;
	call->done = done;
	call->ctx = ctx;
	call->method = xstrdup(request->method ? request->method : "GET");
	call->url = xstrdup(request->url ? request->url : "");
	call->once = request->once;
	call->secret = request->secret_url;
	call->attempt_ms = request->attempt_ms;
	call->idle_ms = request->idle_ms ? request->idle_ms : http->options.idle_ms;
	call->max_body = request->max_body ? request->max_body : http->options.max_body;
	call->started_ms = call->due_ms = clock_monotonic_ms();
	call->deadline_ms = call->started_ms + budget;
	if (request->body) {
		call->body = xmalloc(request->nbody + 1);
		memcpy(call->body, request->body, request->nbody);
		call->nbody = request->nbody;
	}
	call->label = xasprintf("%s %s", call->method, !parsed ? "(bad URL)" :
		request->secret_url ? "(presigned URL)" : url.shown);
	call->finished = !may_send(call, &url, parsed);
	url_free(&url);
	copy_headers(call, request->headers);
	if (call->err.code)
		call->finished = true;
	response_reset(call);
	while (*at)
		at = &(*at)->next;
	*at = call;
	http->pending++;
}

void http_after(struct http *http, int64_t ms, http_timer *done, void *ctx)
{
	struct timer *timer = xcalloc(1, sizeof(*timer)), **at = &http->timers;

	timer->due_ms = http->closing ? 0 : clock_monotonic_ms() + (ms < 0 ? 0 : ms);
	timer->done = done;
	timer->ctx = ctx;
	while (*at && (*at)->due_ms <= timer->due_ms)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
	http->pending++;
}
