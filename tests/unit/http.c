/* http, retry */
#include "http.h"

#include "clock.h"
#include "retry.h"
#include "url.h"

#include "check.h"
#include "peer.h"

static struct http *quick(void)
{
	struct http_options options = { .backoff_ms = 5, .budget_ms = 5000, .connect_tries = 2,
		.seed = 7 };

	return http_new(&options);
}

static const char *busy_twice(int n, const char *request)
{
	(void)request;
	return n < 2 ? PEER_STATUS("429", "Retry-After: 0\r\n", "slow down") : PEER_JSON "{}";
}

static void a_busy_service_is_asked_again(void)
{
	struct http *http = quick();
	struct peer peer;
	struct http_response r;
	struct err err = { 0 };

	peer_start(&peer, busy_twice);
	struct http_request request = { .method = "POST", .url = peer.url, .body = "x=1", .nbody = 3 };
	CHECK(http_call(http, &request, &r, &err));
	CHECK_INT(r.status, 200);
	CHECK_INT(r.attempts, 3);
	CHECK_STR(str_text(&r.body), "{}");
	CHECK_STR(r.content_type, "application/json");
	CHECK_INT(peer_count(&peer), 3);
	CHECK(strstr(peer_seen(&peer), "User-Agent: genie-toolkit") != NULL);
	http_response_free(&r);
	http_free(http);
	peer_stop(&peer);
}

static const char *broken_once(int n, const char *request)
{
	(void)request;
	return n == 0 ? PEER_STATUS("500", "", "oops") : PEER_JSON "ok";
}

static void a_post_that_may_have_worked_is_not_repeated(void)
{
	struct http *http = quick();
	struct peer peer;
	struct http_response r;
	struct err err = { 0 };

	peer_start(&peer, broken_once);
	struct http_request request = { .method = "POST", .url = peer.url };
	CHECK(http_call(http, &request, &r, &err));
	CHECK_INT(r.status, 500);
	CHECK_INT(peer_count(&peer), 1);
	http_response_free(&r);
	http_free(http);
	peer_stop(&peer);
}

static const char *cut_once(int n, const char *request)
{
	(void)request;
	return n == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort" :
		n == 1 ? NULL : n == 2 ? PEER_STATUS("500", "", "") : PEER_JSON "whole";
}

static void a_get_survives_cuts_and_500(void)
{
	struct http *http = quick();
	struct peer peer;
	struct http_response r;
	struct err err = { 0 };

	peer_start(&peer, cut_once);
	struct http_request request = { .url = peer.url };
	CHECK(http_call(http, &request, &r, &err));
	CHECK_STR(str_text(&r.body), "whole");
	CHECK_INT(r.attempts, 4);
	http_response_free(&r);
	http_free(http);
	peer_stop(&peer);
}

static const char *late(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_STATUS("503", "Retry-After: 3600\r\n", "later");
}

static void a_wait_beyond_the_budget_is_not_waited(void)
{
	struct http *http = quick();
	struct peer peer;
	struct http_response r;
	struct err err = { 0 };
	int64_t start = clock_monotonic_ms();

	peer_start(&peer, late);
	struct http_request request = { .url = peer.url };
	CHECK(http_call(http, &request, &r, &err));
	CHECK_INT(r.status, 503);
	CHECK_INT(r.attempts, 1);
	CHECK_INT(r.retry_after_ms, 3600000);
	CHECK(clock_monotonic_ms() - start < 300000);
	http_response_free(&r);
	http_free(http);
	peer_stop(&peer);
}

static const char *away(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_STATUS("302", "Location: https://login.example/sign-in?next=1\r\n", "");
}

static void a_redirect_is_an_error_that_names_the_host(void)
{
	struct http *http = quick();
	struct peer peer;
	struct http_response r;
	struct err err = { 0 };

	peer_start(&peer, away);
	struct http_request request = { .url = peer.url };
	CHECK(!http_call(http, &request, &r, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	CHECK(strstr(err.text, "login.example") != NULL);
	CHECK_INT(peer_count(&peer), 1);
	http_free(http);
	peer_stop(&peer);
}

static const char *big(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "0123456789abcdef0123456789abcdef";
}

static void a_body_over_its_cap_is_refused(void)
{
	struct http *http = quick();
	struct peer peer;
	struct http_response r;
	struct err err = { 0 };

	peer_start(&peer, big);
	struct http_request request = { .url = peer.url, .max_body = 31 };
	CHECK(!http_call(http, &request, &r, &err));
	CHECK_INT(err.code, ERR_DATA);
	http_free(http);
	peer_stop(&peer);
}

static const char *hang(int n, const char *request)
{
	(void)n, (void)request;
	return "hang";
}

static void a_silent_host_is_temporary(void)
{
	struct http *http = quick();
	struct peer peer;
	struct http_response r;
	struct err err = { 0 };
	char url[128];

	peer_start(&peer, hang);
	snprintf(url, sizeof(url), "%s/path?token=hush", peer.url);
	struct http_request request = { .url = url, .budget_ms = 300 };
	CHECK(!http_call(http, &request, &r, &err));
	CHECK_INT(err.code, ERR_TEMP);
	CHECK(strstr(err.text, "/path") != NULL);
	CHECK(strstr(err.text, "hush") == NULL);
	http_free(http);
	peer_stop(&peer);
}

static const char *busy_then_silent(int n, const char *request)
{
	(void)request;
	return n == 0 ? PEER_STATUS("503", "Retry-After: 0\r\n", "busy") : "hang";
}

static int status_in_callback;

static void on_silence(void *ctx, struct http_response *response, const struct err *err)
{
	status_in_callback = http_last_status(ctx);
	CHECK(!response);
	CHECK_INT(err->code, ERR_TEMP);
	CHECK(strstr(err->text, "the last answer was status 503") != NULL);
}

static void on_nobody(void *ctx, struct http_response *response, const struct err *err)
{
	status_in_callback = http_last_status(ctx);
	CHECK(!response);
	CHECK(strstr(err->text, "the last answer") == NULL);
}

static void an_error_names_the_last_answer(void)
{
	struct http *http = quick();
	struct peer peer;

	peer_start(&peer, busy_then_silent);
	struct http_request request = { .method = "POST", .url = peer.url, .attempt_ms = 1000,
		.budget_ms = 60000 };
	http_send(http, &request, on_silence, http);
	http_run(http, NULL);
	CHECK_INT(status_in_callback, 503);
	CHECK_INT(peer_count(&peer), 2);
	request.url = "http://127.0.0.1:1/";
	http_send(http, &request, on_nobody, http);
	http_run(http, NULL);
	CHECK_INT(status_in_callback, 0);
	http_free(http);
	peer_stop(&peer);
}

static void a_dead_host_is_temporary_and_soon_known(void)
{
	struct http *http = quick();
	struct http_response r;
	struct err err = { 0 };
	struct http_request request = { .method = "POST", .url = "http://127.0.0.1:1/x?secret=s",
		.secret_url = true };

	CHECK(!http_call(http, &request, &r, &err));
	CHECK_INT(err.code, ERR_TEMP);
	CHECK(strstr(err.text, "127.0.0.1") == NULL);
	http_free(http);
}

static void check_refused(const char *url, enum err_code code)
{
	struct http *http = quick();
	struct http_response r;
	struct err err = { 0 };
	struct http_request request = { .url = url };

	CHECK(!http_call(http, &request, &r, &err));
	CHECK_INT(err.code, code);
	http_free(http);
}

static void some_urls_are_never_called(void)
{
	check_refused("http://workspace.example/api", ERR_UNAVAILABLE);
	check_refused("http://127.0.0.1.example/api", ERR_UNAVAILABLE);
	check_refused("http://127.0.0.1:80@example.com/", ERR_USAGE);
	check_refused("http://localhost\\@example.com/", ERR_USAGE);
	check_refused("http://localhost:80 80/", ERR_USAGE);
	check_refused("http://localhost:99999/", ERR_USAGE);
	check_refused("http://[::1/", ERR_USAGE);
	check_refused("file:///etc/hostname", ERR_USAGE);
	check_refused("/api/2.0", ERR_USAGE);
	check_refused("", ERR_USAGE);
	CHECK(url_is_loopback("http://localhost:8080/x"));
	CHECK(url_is_loopback("http://[::1]:8080/"));
	CHECK(!url_is_loopback("http://localhost.example/"));
}

static char order[16], a[] = "a", b[] = "b", c[] = "c", d[] = "d";

static void tick(void *ctx, bool cancelled)
{
	order[strlen(order)] = cancelled ? 'x' : *(const char *)ctx;
}

static void timers_come_in_order_and_are_cancelled(void)
{
	struct http *http = quick();

	http_after(http, 30, tick, c);
	http_after(http, 0, tick, a);
	http_after(http, 10, tick, b);
	CHECK_STR(order, "");
	http_run(http, NULL);
	CHECK_STR(order, "abc");
	http_after(http, 100000, tick, d);
	CHECK_INT(http_pending(http), 1);
	http_free(http);
	CHECK_STR(order, "abcx");
}

static int answers;

struct box {
	struct http *http;
	const char *url;
};

static void on_answer(void *ctx, struct http_response *response, const struct err *err)
{
	struct box *box = ctx;
	struct http_request request = { .url = box->url };

	(void)err;
	answers += response && response->status == 200;
	if (answers == 1) { /* a call from within a call back */
		struct http_response r;
		struct err inner = { 0 };

		CHECK(http_call(box->http, &request, &r, &inner));
		http_response_free(&r);
	}
}

static void many_calls_overlap(void)
{
	struct peer peer;
	struct box box = { quick(), peer.url };

	peer_start(&peer, big);
	struct http_request request = { .url = box.url };
	for (int i = 0; i < 20; i++)
		http_send(box.http, &request, on_answer, &box);
	http_run(box.http, NULL);
	CHECK_INT(answers, 20);
	http_send(box.http, &request, on_answer, &box);
	http_free(box.http); /* an outstanding call is called back as cancelled */
	CHECK_INT(answers, 20);
	peer_stop(&peer);
}

static void retry_after_is_read(void)
{
	const int64_t now = 1445412470000; /* 2015-10-21T07:27:50Z */

	CHECK_INT(retry_after_ms("3", now), 3000);
	CHECK_INT(retry_after_ms("1.58", now), 1580);
	CHECK_INT(retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", now), 10000);
	CHECK_INT(retry_after_ms("Wed, 21 Oct 2015 07:27:00 GMT", now), 0);
	CHECK_INT(retry_after_ms("soon", now), -1);
	CHECK_INT(retry_after_ms("", now), -1);
	CHECK_INT(retry_after_ms("-5", now), -1);
	CHECK_INT(retry_after_ms("1.2.3", now), -1);
	CHECK_INT(retry_after_ms("99999999999999999999", now), 86400000);
}

static void waits_grow_to_their_cap(void)
{
	uint64_t state = 1;

	for (int i = 0; i < 100; i++) {
		int64_t first = retry_wait_ms(500, 1, &state), late_one = retry_wait_ms(500, 99, &state);

		CHECK(first >= 250 && first <= 500);
		CHECK(late_one >= 5000 && late_one <= 10000);
	}
}

static void the_retry_table(void)
{
	CHECK(retry_reply("POST", 429, NULL));
	CHECK(retry_reply("PATCH", 503, NULL));
	CHECK(!retry_reply("POST", 504, NULL));
	CHECK(!retry_reply("PATCH", 409, NULL));
	CHECK(retry_reply("GET", 504, NULL));
	CHECK(!retry_reply("GET", 501, NULL));
	CHECK(!retry_reply("GET", 404, "no such space"));
	CHECK(retry_reply("GET", 400, "... Unknown worker environment ..."));
	CHECK(!retry_reply("POST", 400, "... Unknown worker environment ..."));
	CHECK(!retry_reply("GET", 200, "Unexpected error"));
}

static void texts_are_encoded(void)
{
	struct str out = STR_INIT;

	url_escape(&out, "a b/c?d=\xc3\xa9~");
	CHECK_STR(str_text(&out), "a%20b%2Fc%3Fd%3D%C3%A9~");
	str_reset(&out);
	base64_add(&out, "user:pass", 9);
	base64_add(&out, "ab", 2);
	base64_add(&out, "a", 1);
	CHECK_STR(str_text(&out), "dXNlcjpwYXNzYWI=YQ==");
	str_free(&out);
}

static void base64_comes_back(void)
{
	static const char *const bad[] = { "YQ=", "YQ", "Y", "YQ==YQ==", "YQ===", "Y Q=", "YWI*", "=" };
	static const char bytes[] = "\0\xff\x80 text\n";
	struct str text = STR_INIT, out = STR_INIT;

	for (size_t n = 0; n < sizeof(bytes); n++) {
		str_reset(&text);
		str_reset(&out);
		base64_add(&text, bytes, n);
		CHECK(base64_read(&out, str_text(&text), text.n));
		CHECK(out.n == n && memcmp(str_text(&out), bytes, n) == 0);
	}
	str_reset(&out);
	CHECK(base64_read(&out, "dXNl\r\ncjo=\n", 11));
	CHECK_STR(str_text(&out), "user:");
	for (size_t i = 0; i < countof(bad); i++)
		CHECK(!base64_read(&out, bad[i], strlen(bad[i])));
	str_free(&text);
	str_free(&out);
}

int main(void)
{
	RUN(a_busy_service_is_asked_again);
	RUN(a_post_that_may_have_worked_is_not_repeated);
	RUN(a_get_survives_cuts_and_500);
	RUN(a_wait_beyond_the_budget_is_not_waited);
	RUN(a_redirect_is_an_error_that_names_the_host);
	RUN(a_body_over_its_cap_is_refused);
	RUN(a_silent_host_is_temporary);
	RUN(an_error_names_the_last_answer);
	RUN(a_dead_host_is_temporary_and_soon_known);
	RUN(some_urls_are_never_called);
	RUN(timers_come_in_order_and_are_cancelled);
	RUN(many_calls_overlap);
	RUN(retry_after_is_read);
	RUN(waits_grow_to_their_cap);
	RUN(the_retry_table);
	RUN(texts_are_encoded);
	RUN(base64_comes_back);
	return check_done();
}
