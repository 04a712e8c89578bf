/* lib/serve.c: a real server on a free loopback port, spoken to over a socket. */
#include "serve.h"

#include "check.h"
#include "clock.h"
#include "str.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct seen {
	int calls, inside, most_inside;
};

static void handle(void *ctx, const struct serve_request *request, struct serve_response *response)
{
	struct seen *seen = ctx;
	seen->calls++;
	seen->inside++;
	if (seen->inside > seen->most_inside)
		seen->most_inside = seen->inside;
	if (streq(request->path, "/cut")) {
		response->cut = true;
	} else if (streq(request->path, "/slow")) {
		response->delay_ms = 1500;
	} else if (streq(request->path, "/never")) {
		response->delay_ms = 600000;
	} else if (streq(request->path, "/busy")) {
		clock_sleep_ms(30);
	} else {
		const char *q = serve_query(request, "q"), *header = serve_header(request, "x-TEST");
		response->status = 201;
		serve_add_header(response, "X-Answer", "a\r\nb: c");
		str_addf(&response->body, "%s %s q=%s h=%s n=%zu %.8s", request->method, request->path,
			q ? q : "-", header ? header : "-", request->nbody, request->body);
	}
	seen->inside--;
}

static struct serve *start(struct seen *seen, size_t max_body)
{
	struct err err = { 0 };
	struct serve_options options = { .handler = handle, .ctx = seen, .max_body = max_body };
	struct serve *serve = serve_start(&options, &err);
	if (!serve)
		printf("# %s\n", err.text);
	return serve;
}

/* Sends text, reads until the server closes. */
static void ask(int port, const char *text, struct str *answer)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	char buf[4096];
	ssize_t n;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		str_addn(answer, buf, (size_t)n);
	close(fd);
}

static void request_and_answer(void)
{
	struct seen seen = { 0, 0, 0 };
	struct serve *serve = start(&seen, 0);
	struct str out = STR_INIT;
	CHECK(serve && serve_port(serve) > 0);
	ask(serve_port(serve), "POST /a%20b?q=1%2B2&flag HTTP/1.1\r\nHost: x\r\nX-Test: yes\r\n"
		"Connection: close\r\nContent-Length: 5\r\n\r\nhello", &out);
	CHECK(starts_with(str_text(&out), "HTTP/1.1 201 "));
	CHECK(strstr(str_text(&out), "POST /a b q=1+2 h=yes n=5 hello") != NULL);
	CHECK(stristr(str_text(&out), "Content-Type: application/json\r\n") != NULL);
	CHECK(stristr(str_text(&out), "X-Answer: a  b: c\r\n") != NULL);
	str_free(&out);
	serve_stop(serve);
}

static void cut_and_too_large(void)
{
	struct seen seen = { 0, 0, 0 };
	struct serve *serve = start(&seen, 4);
	struct str out = STR_INIT;
	ask(serve_port(serve), "GET /cut HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &out);
	CHECK_STR(str_text(&out), "");
	CHECK_INT(seen.calls, 1);
	ask(serve_port(serve), "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		"Content-Length: 5\r\n\r\nhello", &out);
	CHECK(starts_with(str_text(&out), "HTTP/1.1 413 "));
	CHECK_INT(seen.calls, 1);
	str_free(&out);
	serve_stop(serve);
}

struct asking {
	int port;
	const char *text;
};

static void *ask_in_thread(void *p)
{
	struct asking *asking = p;
	struct str out = STR_INIT;
	ask(asking->port, asking->text, &out);
	str_free(&out);
	return NULL;
}

static void handlers_take_turns_and_delays_do_not(void)
{
	struct seen seen = { 0, 0, 0 };
	struct serve *serve = start(&seen, 0);
	struct asking busy = { serve_port(serve),
		"GET /busy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" };
	struct asking slow = { serve_port(serve),
		"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" };
	int64_t began = clock_monotonic_ms();
	pthread_t threads[6];
	for (size_t i = 0; i < countof(threads); i++)
		pthread_create(&threads[i], NULL, ask_in_thread, i < 3 ? &busy : &slow);
	for (size_t i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(seen.calls, 6);
	CHECK_INT(seen.most_inside, 1);
	CHECK(clock_monotonic_ms() - began < 3 * 1500); /* three delays side by side */
	serve_stop(serve);
}

static void stop_ends_delays(void)
{
	struct seen seen = { 0, 0, 0 };
	struct serve *serve = start(&seen, 0);
	struct asking never = { serve_port(serve),
		"GET /never HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" };
	pthread_t thread;
	int64_t began = clock_monotonic_ms();
	pthread_create(&thread, NULL, ask_in_thread, &never);
	clock_sleep_ms(50);
	serve_stop(serve);
	CHECK(clock_monotonic_ms() - began < 300000);
	pthread_join(thread, NULL);
}

static void bad_addresses(void)
{
	struct err err = { 0 };
	struct seen seen = { 0, 0, 0 };
	struct serve_options options = { .address = "nowhere", .handler = handle, .ctx = &seen };
	struct serve *first = start(&seen, 0);
	CHECK(!serve_start(&options, &err));
	CHECK_INT(err.code, ERR_USAGE);
	options.address = NULL;
	options.port = serve_port(first);
	CHECK(!serve_start(&options, &err));
	CHECK_INT(err.code, ERR_IO);
	serve_stop(first);
	serve_stop(NULL);
}

int main(void)
{
	RUN(request_and_answer);
	RUN(cut_and_too_large);
	RUN(handlers_take_turns_and_delays_do_not);
	RUN(stop_ends_delays);
	RUN(bad_addresses);
	return check_done();
}
