/* http.h - HTTP calls over one libcurl multi loop, without threads.
 *
 * Everything is asynchronous inside: http_send and http_after queue work,
 * http_run drives it and calls back. Callbacks never run inside http_send or
 * http_after. They may send, set timers and even run the loop again; they must not
 * free the loop. http_call is send and run in one.
 *
 * Connections are kept and reused, at most `per_host` for one host.
 *
 * Safety: certificates are verified, unless `insecure`; redirects are refused, not followed (a
 * redirect on an API path means a login page); .netrc is ignored; http:// goes
 * to loopback only, and never through a proxy, unless `allow_plain`. Log lines
 * (debug level) hold method, URL without its query, status and time; with
 * `secret_url` not even the path. Headers and bodies are never logged.
 *
 * Retries, within the budget of a request: GET, HEAD, PUT and DELETE after 429,
 * 500, 502, 503, 504, time-outs, broken connections and the messages that the
 * service marks as passing; POST and PATCH only after 429 and 503. A connection that
 * could not be made is tried `connect_tries` times, whatever the method. Waits
 * double from `backoff_ms` to 10 s, with jitter; Retry-After (seconds or a date)
 * replaces them, and one that does not fit into the budget ends the tries.
 *
 * Layer: services. Must not call domain modules.
 */
#ifndef GENIE_HTTP_H
#define GENIE_HTTP_H

#include "base.h"
#include "err.h"
#include "str.h"

struct http;

#define HTTP_MAX_BODY (64u << 20) /* default cap of a response body: 64 MiB */

/* Zero-initialised fields take the default. */
struct http_options {
	int64_t connect_ms;    /* time to connect; 10,000 */
	int64_t idle_ms;       /* time without a byte; 60,000, whole seconds */
	int64_t budget_ms;     /* all attempts of a request with their waits; 300,000 */
	int64_t backoff_ms;    /* first wait; 500 */
	int connect_tries;     /* 4 */
	int per_host;          /* connections to one host; 16 */
	size_t max_body;       /* HTTP_MAX_BODY */
	bool allow_plain;      /* http:// to any host */
	/* TLS, not for presigned URLs; texts are borrowed as long as the loop lives: */
	bool insecure;         /* certificates are not verified */
	const char *ca_file, *ca_dir; /* authorities to trust instead; NULL: the system's */
	const char *client_cert; /* PEM file with certificate and key; NULL: none */
	const char *agent;     /* User-Agent; copied; "genie-toolkit" */
	uint64_t seed;         /* of the jitter; 0: from clock and process id */
};
struct http *http_new(const struct http_options *options); /* NULL: all defaults */
/* Calls back everything outstanding with ERR_TEMP "cancelled" (timers with
 * cancelled = true), then releases. NULL is fine. */
void http_free(struct http *http);

struct http_request {
	const char *method; /* NULL: GET */
	const char *url;    /* absolute */
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	const void *body;   /* NULL: none (POST then sends an empty one) */
	size_t nbody;
	int64_t budget_ms;  /* 0: the loop's */
	int64_t attempt_ms; /* limit of one attempt; 0: the remaining budget */
	int64_t idle_ms;    /* time without a byte; 0: the loop's */
	size_t max_body;    /* 0: the loop's */
	bool secret_url;    /* a presigned URL: nothing of it is logged or put in errors */
	bool once;          /* no retries */
};

struct http_response {
	int status;
	struct str body;
	char *location, *content_type, *org_id; /* header values or NULL */
	int64_t retry_after_ms; /* -1: no such header */
	int attempts;
	int64_t elapsed_ms; /* since http_send, waits included */
};
void http_response_free(struct http_response *response); /* what is inside */

/* Exactly one of response and err is given. The response is released after the
 * call; take its body with str_take. A status of 400 and more is a response,
 * also 429 or 503 after the last try; when a try after it gets no answer, there is an
 * error. Errors: ERR_TEMP dead host, time-out, broken connection; ERR_UNAVAILABLE
 * certificate, redirect, plain http refused; ERR_DATA a body over the cap; ERR_USAGE a
 * bad URL. */
typedef void http_done(void *ctx, struct http_response *response, const struct err *err);

/* Copies what it needs of the request. Always calls back exactly once. */
void http_send(struct http *http, const struct http_request *request, http_done *done, void *ctx);

/* Calls back once, after ms milliseconds of http_run. */
typedef void http_timer(void *ctx, bool cancelled);
void http_after(struct http *http, int64_t ms, http_timer *done, void *ctx);

/* Runs until *stop is true, or until nothing is outstanding (stop may be NULL). */
void http_run(struct http *http, const bool *stop);
/* Inside of a callback: the status of the last answer to that request, also when a later
 * attempt got none and there is an error (its text names the status); 0: never an answer. */
int http_last_status(const struct http *http);
/* Requests and timers outstanding. */
size_t http_pending(const struct http *http);

/* One call. *response is to be released with http_response_free; on failure it
 * is empty. */
bool http_call(struct http *http, const struct http_request *request,
	struct http_response *response, struct err *err) MUST_CHECK;

#endif
