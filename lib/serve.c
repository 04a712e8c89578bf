#include "serve.h"

#include "clock.h"
#include "mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DELAY_STEP_MS 20      /* how soon a stop ends a delay */
#define IDLE_SECONDS 120u     /* connections without a byte are closed */
#define MAX_CONNECTIONS 256u

struct serve {
	struct MHD_Daemon *daemon;
	struct serve_options options;
	pthread_mutex_t lock; /* held while the handler runs */
	atomic_bool stopping;
	int port;
};

/* One request while its body comes in. */
struct exchange {
	struct str body;
	struct arena arena;
	struct serve_pair *pairs;
	size_t n, cap;
};

const char *serve_query(const struct serve_request *request, const char *name)
{
	for (size_t i = 0; i < request->nquery; i++)
		if (streq(request->query[i].name, name))
			return request->query[i].value;
	return NULL;
}

const char *serve_header(const struct serve_request *request, const char *name)
{
	for (size_t i = 0; i < request->nheaders; i++)
		if (strieq(request->headers[i].name, name))
			return request->headers[i].value;
	return NULL;
}

static void copy_text(char *out, size_t size, const char *text)
{
	size_t n = strlen(text);
	if (n >= size)
		n = utf8_fit(text, size - 1);
	memcpy(out, text, n);
	out[n] = '\0';
	for (char *c = out; *c; c++)
		if (*c == '\r' || *c == '\n')
			*c = ' ';
}

void serve_add_header(struct serve_response *response, const char *name, const char *value)
{
	if (response->nheaders == SERVE_MAX_HEADERS)
		BUG("more than %d response headers", SERVE_MAX_HEADERS);
	copy_text(response->headers[response->nheaders].name,
		sizeof(response->headers[0].name), name);
	copy_text(response->headers[response->nheaders].value,
		sizeof(response->headers[0].value), value);
	response->nheaders++;
}

static enum MHD_Result keep_pair(void *context, enum MHD_ValueKind kind, const char *name,
	const char *value)
{
	struct exchange *ex = context;
	(void)kind;
	GROW(ex->pairs, ex->cap, ex->n + 1);
	ex->pairs[ex->n].name = arena_strdup(&ex->arena, name);
	ex->pairs[ex->n++].value = arena_strdup(&ex->arena, value ? value : "");
	return MHD_YES;
}

static void wait_out(struct serve *serve, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;
	while (!atomic_load(&serve->stopping)) {
		int64_t left = until - clock_monotonic_ms();
		if (left <= 0)
			return;
		clock_sleep_ms(left < DELAY_STEP_MS ? left : DELAY_STEP_MS);
	}
}

static enum MHD_Result send_answer(struct MHD_Connection *connection,
	struct serve_response *response)
{
	size_t n = response->body.n;
	char *bytes = str_take(&response->body);
	struct MHD_Response *answer = MHD_create_response_from_buffer(n, bytes,
		MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;
	if (!answer) {
		free(bytes);
		return MHD_NO;
	}
	MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, response->type);
	for (size_t i = 0; i < response->nheaders; i++)
		MHD_add_response_header(answer, response->headers[i].name,
			response->headers[i].value);
	result = MHD_queue_response(connection, (unsigned)response->status, answer);
	MHD_destroy_response(answer);
	return result;
}

static void call_handler(struct serve *serve, const struct serve_request *request,
	struct serve_response *response)
{
	pthread_mutex_lock(&serve->lock);
	if (atomic_load(&serve->stopping))
		response->cut = true;
	else
		serve->options.handler(serve->options.ctx, request, response);
	pthread_mutex_unlock(&serve->lock);
}

static enum MHD_Result answer_request(struct serve *serve, struct MHD_Connection *connection,
	const char *url, const char *method, struct exchange *ex)
{
	struct serve_response response = { .status = 200, .type = "application/json",
		.body = STR_INIT };
	size_t nquery;
	enum MHD_Result result;
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, keep_pair, ex);
	nquery = ex->n;
	MHD_get_connection_values(connection, MHD_HEADER_KIND, keep_pair, ex);
	if (str_over(&ex->body)) {
		response.status = MHD_HTTP_CONTENT_TOO_LARGE;
		str_add(&response.body, "{\"error_code\":\"MAX_REQUEST_SIZE_EXCEEDED\","
			"\"message\":\"The request body is too large.\"}");
	} else {
		struct serve_request request = { .method = method, .path = url,
			.query = ex->pairs, .nquery = nquery,
			.headers = ex->pairs ? ex->pairs + nquery : NULL, .nheaders = ex->n - nquery,
			.body = str_text(&ex->body), .nbody = ex->body.n };
		call_handler(serve, &request, &response);
	}
	if (response.delay_ms > 0)
		wait_out(serve, response.delay_ms);
	result = response.cut ? MHD_NO : send_answer(connection, &response);
	str_free(&response.body);
	return result;
}

/* libmicrohttpd calls this once when the headers are there, then for every piece of
 * the body, and once more (with no bytes) at its end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version, const char *upload,
	size_t *nupload, void **state)
{
	struct serve *serve = context;
	struct exchange *ex = *state;
	(void)version;
	if (!ex) {
		ex = xcalloc(1, sizeof(*ex));
		str_init(&ex->body, serve->options.max_body);
		*state = ex;
		return MHD_YES;
	}
	if (*nupload) {
		str_addn(&ex->body, upload, *nupload);
		*nupload = 0;
		return MHD_YES;
	}
	return answer_request(serve, connection, url, method, ex);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode why)
{
	struct exchange *ex = *state;
	(void)context;
	(void)connection;
	(void)why;
	if (!ex)
		return;
	str_free(&ex->body);
	arena_free(&ex->arena);
	free(ex->pairs);
	free(ex);
	*state = NULL;
}

static bool start_daemon(struct serve *serve, struct err *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const union MHD_DaemonInfo *info;
	const char *text = serve->options.address ? serve->options.address : "127.0.0.1";
	address.sin_port = htons((uint16_t)serve->options.port);
	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		return err_set(err, ERR_USAGE, "\"%s\" is not an IPv4 address", text);
	errno = 0;
	serve->daemon = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION,
		(uint16_t)serve->options.port, NULL, NULL, on_request, serve,
		MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_END);
	if (!serve->daemon)
		return err_errno(err, "serving on %s port %d", text, serve->options.port);
	info = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_BIND_PORT);
	serve->port = info ? info->port : serve->options.port;
	return true;
}

struct serve *serve_start(const struct serve_options *options, struct err *err)
{
	struct serve *serve = xcalloc(1, sizeof(*serve));
	serve->options = *options;
	if (!serve->options.max_body)
		serve->options.max_body = SERVE_MAX_BODY;
	pthread_mutex_init(&serve->lock, NULL);
	atomic_init(&serve->stopping, false);
	if (start_daemon(serve, err))
		return serve;
	pthread_mutex_destroy(&serve->lock);
	free(serve);
	return NULL;
}

int serve_port(const struct serve *serve)
{
	return serve->port;
}

void serve_stop(struct serve *serve)
{
	if (!serve)
		return;
	atomic_store(&serve->stopping, true);
	MHD_stop_daemon(serve->daemon);
	pthread_mutex_destroy(&serve->lock);
	free(serve);
}
