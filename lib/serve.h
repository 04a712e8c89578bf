/* serve.h - a small HTTP server behind a facade (libmicrohttpd).
 *
 * One handler function answers all requests. Connections are served by threads of
 * their own, but the handler never runs twice at once: it needs no locks. Delays
 * that it asks for are slept outside of that, so slow answers do not hold up others.
 * Request bodies are read whole before the handler runs and have a cap (413
 * beyond it). Threads inherit the signal mask of the caller of serve_start: block
 * there what the main thread wants to wait for.
 *
 * Layer: services.
 */
#ifndef GENIE_SERVE_H
#define GENIE_SERVE_H

#include "base.h"
#include "err.h"
#include "str.h"

struct serve;

#define SERVE_MAX_BODY (32u << 20) /* default cap of a request body: 32 MiB */

struct serve_pair {
	const char *name, *value; /* value is "" for "?flag" */
};

/* Lives until the handler returns. */
struct serve_request {
	const char *method; /* "GET" */
	const char *path;   /* percent-decoded, without the query: "/api/2.0/genie/spaces" */
	const struct serve_pair *query; /* decoded */
	size_t nquery;
	const struct serve_pair *headers;
	size_t nheaders;
	const char *body;   /* NUL-terminated; "" when there was none */
	size_t nbody;
};
/* Values by name; NULL: absent. Header names ignore case. */
const char *serve_query(const struct serve_request *request, const char *name);
const char *serve_header(const struct serve_request *request, const char *name);

#define SERVE_MAX_HEADERS 16
/* Starts as 200 with an empty body of type application/json. */
struct serve_response {
	int status;
	const char *type;  /* content type; a literal */
	struct str body;
	int64_t delay_ms;  /* slept before the answer goes out */
	bool cut;          /* close the connection without any answer */
	struct { char name[48], value[256]; } headers[SERVE_MAX_HEADERS];
	size_t nheaders;
};
/* Adds a header; a value that is too long is cut, CR and LF become spaces. More than
 * SERVE_MAX_HEADERS is a BUG. */
void serve_add_header(struct serve_response *response, const char *name, const char *value);

typedef void serve_handler(void *ctx, const struct serve_request *request,
	struct serve_response *response);

struct serve_options {
	const char *address; /* IPv4 address to bind; NULL: 127.0.0.1 */
	int port;            /* 0: a free one */
	size_t max_body;     /* bytes; 0: SERVE_MAX_BODY */
	serve_handler *handler;
	void *ctx;           /* given to the handler; borrowed */
};
/* Serves from now on, in threads. NULL with ERR_IO when the port is taken, ERR_USAGE when
 * the address is none. */
struct serve *serve_start(const struct serve_options *options, struct err *err) MUST_CHECK;
int serve_port(const struct serve *serve);
/* Stops listening, cuts delays short, waits for running requests, releases. No handler
 * runs after it returns. NULL is fine. */
void serve_stop(struct serve *serve);

#endif
