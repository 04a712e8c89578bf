/* Asking: genie.h's second half. One struct ask lives from genie_ask to the call
 * back and is driven by replies and timers of the workspace's loop. */
#include "genie.h"

#include "clock.h"
#include "dbx.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "rate.h"
#include "str.h"
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MS 120000
/* Polls do not count against the question limit; the first come soon because a
 * trusted answer may need no model. */
#define FIRST_POLL_MS 200
#define LAST_POLL_MS 10000
#define MIN_POLL_BUDGET_MS 2000

struct ask {
	struct dbx *dbx;
	struct rate *rate;
	const struct genie_keeper *keeper;
	char *space_id, *content;
	char *earlier;       /* space of an earlier asking; NULL: there is none, or none any more */
	int64_t earlier_ms;
	bool resumed;        /* the message is that of the earlier asking */
	int64_t limit_ms, started_ms, poll_ms;
	struct genie_answer answer;
	genie_done *done;
	void *ctx;
};

/* Of an earlier asking the service alone knows how long it took. */
static int64_t latency_of(const struct ask *ask)
{
	int64_t from = json_int_or(ask->answer.message, "created_timestamp", 0);
	int64_t to = json_int_or(ask->answer.message, "last_updated_timestamp", 0);

	if (ask->resumed && from && to >= from)
		return to - from;
	return clock_monotonic_ms() - ask->started_ms;
}

static void finish(struct ask *ask, enum genie_outcome outcome)
{
	ask->answer.outcome = outcome;
	if (ask->started_ms)
		ask->answer.latency_ms = latency_of(ask);
	log_debug("Genie message %s: %s%s%s",
		ask->answer.message_id ? ask->answer.message_id : "(none)",
		genie_outcome_text(outcome), ask->answer.error ? ": " : "",
		ask->answer.error ? ask->answer.error : "");
	ask->done(ask->ctx, &ask->answer);
	genie_answer_free(&ask->answer);
	free(ask->space_id);
	free(ask->content);
	free(ask->earlier);
	free(ask);
}

static void not_measured(struct ask *ask, const char *type, const char *text, enum err_code code)
{
	free(ask->answer.error_type);
	free(ask->answer.error);
	ask->answer.error_type = xstrdup(type);
	ask->answer.error = xstrdup(text);
	ask->answer.code = code;
	finish(ask, GENIE_NOT_MEASURED);
}

static void start(void *ctx, bool cancelled);

/* The message has no usable end. One of an earlier run is given up for a new asking. */
static void no_use(struct ask *ask, const char *type, const char *text)
{
	if (!ask->resumed) {
		not_measured(ask, type, text, ERR_TEMP);
		return;
	}
	log_info("Genie message %s is of no use (%s): the question is asked anew",
		ask->answer.message_id, text);
	genie_answer_free(&ask->answer);
	free(ask->earlier);
	ask->earlier = NULL;
	ask->resumed = false;
	ask->poll_ms = FIRST_POLL_MS;
	http_after(dbx_http(ask->dbx), 0, start, ask);
}

static void reply_failed(struct ask *ask, const struct dbx_reply *reply)
{
	not_measured(ask, reply->error_code[0] ? reply->error_code : "NO_CONNECTION",
		reply->err.text, reply->err.code);
}

static int64_t left_ms(const struct ask *ask)
{
	return ask->started_ms + ask->limit_ms - clock_monotonic_ms();
}

static void poll_now(void *ctx, bool cancelled);

static void poll_later(struct ask *ask)
{
	int64_t left = left_ms(ask), wait = ask->poll_ms;
	char text[128];

	if (left <= 0) {
		snprintf(text, sizeof(text), "no answer within %lld s (last status %s)",
			(long long)ask->limit_ms / 1000, ask->answer.status);
		no_use(ask, "TIMEOUT", text);
		return;
	}
	ask->poll_ms = ask->poll_ms * 3 / 2 > LAST_POLL_MS ? LAST_POLL_MS : ask->poll_ms * 3 / 2;
	http_after(dbx_http(ask->dbx), wait < left ? wait : left, poll_now, ask);
}

static void message_failed(struct ask *ask, const struct json *message)
{
	const struct json *error = json_get(message, "error");
	const char *type = json_str_or(error, "type", "");

	if (ask->resumed && genie_classify(type) == GENIE_NOT_MEASURED) {
		no_use(ask, type, json_str_or(error, "error", type));
		return;
	}
	if (*type)
		ask->answer.error_type = xstrdup(type);
	ask->answer.error = xstrdup(json_str_or(error, "error", "Genie gave no reason"));
	finish(ask, genie_classify(type));
}

/* Acts on a message as it is now. An unknown status is one in progress. */
static void look(struct ask *ask, const struct json *message)
{
	const char *status = json_str_or(message, "status", "");

	snprintf(ask->answer.status, sizeof(ask->answer.status), "%s", status);
	if (!streq(status, "COMPLETED") && !streq(status, "FAILED") &&
		!streq(status, "CANCELLED") && !streq(status, "QUERY_RESULT_EXPIRED")) {
		poll_later(ask);
		return;
	}
	ask->answer.message = json_dup(message);
	genie_read_message(message, &ask->answer);
	if (streq(status, "FAILED"))
		message_failed(ask, message);
	else if (streq(status, "CANCELLED"))
		no_use(ask, "CANCELLED", "the message was cancelled");
	else
		finish(ask, GENIE_ANSWERED);
}

/* Of an earlier asking only what belongs to this question. */
static bool is_other(const struct ask *ask, const struct json *message)
{
	const char *content = json_str_or(message, "content", ask->content);

	return ask->resumed && !streq(content, ask->content);
}

static void on_poll(void *ctx, struct dbx_reply *reply)
{
	struct ask *ask = ctx;

	if (ask->resumed && (reply->status == 404 || is_other(ask, reply->body)))
		no_use(ask, "GONE", "it is not there any more");
	else if (!reply->err.code)
		look(ask, reply->body);
	else if (reply->err.code == ERR_TEMP && reply->status)
		poll_later(ask); /* the service is there and busy: the limit decides */
	else
		reply_failed(ask, reply);
}

static char *message_path(const struct ask *ask)
{
	struct str path = STR_INIT;

	str_add(&path, "/api/2.0/genie/spaces/");
	url_escape(&path, ask->resumed ? ask->earlier : ask->space_id);
	str_add(&path, "/conversations/");
	url_escape(&path, ask->answer.conversation_id);
	str_add(&path, "/messages/");
	url_escape(&path, ask->answer.message_id);
	return str_take(&path);
}

static void poll_now(void *ctx, bool cancelled)
{
	struct ask *ask = ctx;
	char *path;
	int64_t left = left_ms(ask);
	struct dbx_request request = {
		.budget_ms = left < MIN_POLL_BUDGET_MS ? MIN_POLL_BUDGET_MS : left,
	};

	if (cancelled) {
		not_measured(ask, "CANCELLED", "cancelled", ERR_TEMP);
		return;
	}
	ask->answer.polls++;
	path = message_path(ask);
	request.path = path;
	dbx_send(ask->dbx, &request, on_poll, ask);
	free(path);
}

/* The ids are kept before anything else happens, or the asking ends. */
static bool written(struct ask *ask)
{
	if (!ask->keeper || ask->keeper->started(ask->ctx,
			ask->resumed ? ask->earlier : ask->space_id,
			ask->answer.conversation_id, ask->answer.message_id))
		return true;
	not_measured(ask, "CANCELLED", "that it was asked could not be written down", ERR_TEMP);
	return false;
}

static void on_start(void *ctx, struct dbx_reply *reply)
{
	struct ask *ask = ctx;
	const struct json *message = json_get(reply->body, "message");
	const char *conversation = json_str_or(reply->body, "conversation_id",
		json_str_or(message, "conversation_id", NULL));
	const char *id = json_str_or(reply->body, "message_id",
		json_str_or(message, "message_id", json_str_or(message, "id", NULL)));

	ask->answer.attempts = reply->attempts;
	if (reply->err.code) {
		reply_failed(ask, reply);
		return;
	}
	if (!conversation || !id) {
		not_measured(ask, "BAD_REPLY",
			"start-conversation: no conversation_id or message_id", ERR_UNAVAILABLE);
		return;
	}
	/* A search for a lost asking with the same text came upon this one: that one has it. */
	if (ask->keeper && ask->keeper->known(ask->ctx, id)) {
		http_after(dbx_http(ask->dbx), 0, start, ask);
		return;
	}
	ask->answer.conversation_id = xstrdup(conversation);
	ask->answer.message_id = xstrdup(id);
	/* The limit is for the answer; waiting out a 429 before was not Genie's time. */
	ask->started_ms = clock_monotonic_ms();
	if (written(ask))
		look(ask, message);
}

/* An earlier asking: its message, or the search for it. False: there is none, ask anew. */
static bool resume(struct ask *ask)
{
	struct genie_lost lost = { ask->earlier, ask->content, ask->earlier_ms, ask->keeper,
		ask->ctx };
	struct err err = { ERR_NONE, "" };
	char *found[2] = { NULL, NULL };

	ask->started_ms = clock_monotonic_ms();
	ask->answer.asked_ms = ask->earlier_ms;
	if (ask->resumed) {
		poll_now(ask, false);
		return true;
	}
	if (!genie_find_message(ask->dbx, &lost, found, &err)) {
		not_measured(ask, "NO_CONNECTION", err.text, ERR_TEMP);
		return true;
	}
	if (!found[0]) {
		free(ask->earlier);
		ask->earlier = NULL;
		return false;
	}
	ask->answer.conversation_id = found[0];
	ask->answer.message_id = found[1];
	ask->resumed = true;
	if (written(ask))
		poll_now(ask, false);
	return true;
}

static void send_question(struct ask *ask)
{
	struct dbx_request request = { .method = "POST" };
	struct str path = STR_INIT;
	struct json *body;

	ask->answer.asked_ms = clock_now_ms();
	ask->started_ms = clock_monotonic_ms();
	str_add(&path, "/api/2.0/genie/spaces/");
	url_escape(&path, ask->space_id);
	str_add(&path, "/start-conversation");
	body = json_new_object();
	json_set_str(body, "content", ask->content);
	request.path = str_text(&path);
	request.body = body;
	dbx_send(ask->dbx, &request, on_start, ask);
	json_free(body);
	str_free(&path);
}

static void start(void *ctx, bool cancelled)
{
	struct ask *ask = ctx;
	struct err err = { ERR_NONE, "" };
	int64_t wait = 0;

	if (cancelled) {
		not_measured(ask, "CANCELLED", "cancelled", ERR_TEMP);
		return;
	}
	if (ask->earlier && resume(ask))
		return;
	if (ask->rate && !rate_take(ask->rate, clock_monotonic_ms(), &wait, &err)) {
		not_measured(ask, "RATE_FILE", err.text, err.code);
		return;
	}
	if (wait) {
		http_after(dbx_http(ask->dbx), wait, start, ask);
		return;
	}
	if (ask->keeper && !ask->keeper->starting(ask->ctx))
		not_measured(ask, "CANCELLED", "cancelled", ERR_TEMP);
	else
		send_question(ask);
}

void genie_ask(struct dbx *dbx, const struct genie_question *question, genie_done *done, void *ctx)
{
	struct ask *ask = xcalloc(1, sizeof(*ask));

	ask->dbx = dbx;
	ask->rate = question->rate;
	ask->space_id = xstrdup(question->space_id);
	ask->content = xstrdup(question->content);
	ask->limit_ms = question->limit_ms > 0 ? question->limit_ms : LIMIT_MS;
	ask->poll_ms = FIRST_POLL_MS;
	ask->keeper = question->keeper;
	if (question->earlier.space_id) {
		ask->earlier = xstrdup(question->earlier.space_id);
		ask->earlier_ms = question->earlier.asked_ms;
		ask->resumed = question->earlier.message_id != NULL;
		ask->answer.conversation_id = xstrdup(question->earlier.conversation_id);
		ask->answer.message_id = xstrdup(question->earlier.message_id);
	}
	ask->done = done;
	ask->ctx = ctx;
	http_after(dbx_http(dbx), 0, start, ask);
}

struct wait {
	struct genie_answer *answer;
	bool done;
};

static void on_answer(void *ctx, struct genie_answer *answer)
{
	struct wait *wait = ctx;

	*wait->answer = *answer;
	memset(answer, 0, sizeof(*answer));
	wait->done = true;
}

void genie_ask_wait(struct dbx *dbx, const struct genie_question *question,
	struct genie_answer *answer)
{
	struct wait wait = { answer, false };

	memset(answer, 0, sizeof(*answer));
	genie_ask(dbx, question, on_answer, &wait);
	http_run(dbx_http(dbx), &wait.done);
}
