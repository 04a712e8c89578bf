#include "chats.h"

#include "catalog.h"
#include "clock.h"
#include "digest.h"
#include "json.h"
#include "planner.h"
#include "statements.h"
#include "str.h"
#include "uc_input.h"

#include <stdlib.h>
#include <string.h>

#define ASKED_MAX 8192 /* different questions whose repeats are counted */
#define RATE_MAX 1024

struct chats {
	struct chat *oldest, *newest;
	size_t n;
	struct { uint64_t hash; uint32_t times; } asked[ASKED_MAX];
	size_t nasked;
	int64_t starts[RATE_MAX]; /* a ring of the last questions' times */
	size_t nstarts;
	/* What uc_input gave last, and for what. */
	struct json *uc;
	uint64_t uc_hash;
	int64_t uc_version;
};

struct chats *chats_new(void)
{
	return xcalloc(1, sizeof(struct chats));
}

static void message_free(struct chat_message *message)
{
	free(message->content);
	free(message->sql);
	free(message->description);
	free(message->text);
	free(message->error);
	free(message->error_type);
}

void chat_free(struct chat *chat)
{
	for (size_t i = 0; i < chat->n; i++)
		message_free(&chat->messages[i]);
	free(chat->messages);
	free(chat->space_id);
	free(chat->title);
	free(chat);
}

void chats_free(struct chats *chats)
{
	if (!chats)
		return;
	for (struct chat *c = chats->oldest, *next; c; c = next) {
		next = c->next;
		chat_free(c);
	}
	json_free(chats->uc);
	free(chats);
}

struct chat *chats_first(struct server *server)
{
	return server->chats->oldest;
}

void chats_remove(struct server *server, struct chat *chat)
{
	struct chats *chats = server->chats;
	struct chat *before = NULL;
	for (struct chat *c = chats->oldest; c && c != chat; c = c->next)
		before = c;
	if (before)
		before->next = chat->next;
	else
		chats->oldest = chat->next;
	if (chats->newest == chat)
		chats->newest = before;
	chats->n--;
	chat_free(chat);
}

struct chat *chat_new(struct server *server, const char *space_id, const char *title)
{
	struct chat *chat = xcalloc(1, sizeof(*chat));
	server_new_id(server, chat->id);
	chat->space_id = xstrdup(space_id);
	chat->title = xstrndup(title, utf8_fit(title, 120));
	chat->made_ms = clock_now_ms();
	return chat;
}

struct chat *chats_add(struct server *server, const char *space_id, const char *title)
{
	struct chats *chats = server->chats;
	struct chat *chat = chat_new(server, space_id, title);
	if (chats->n >= CHATS_MAX)
		chats_remove(server, chats->oldest);
	if (chats->newest)
		chats->newest->next = chat;
	else
		chats->oldest = chat;
	chats->newest = chat;
	chats->n++;
	return chat;
}

struct chat *chats_find(struct server *server, const char *space_id, const char *id)
{
	for (struct chat *c = server->chats->oldest; c; c = c->next)
		if (streq(c->id, id) && streq(c->space_id, space_id))
			return c;
	return NULL;
}

struct chat_message *chat_find_message(struct chat *chat, const char *id)
{
	for (size_t i = 0; i < chat->n; i++)
		if (streq(chat->messages[i].id, id))
			return &chat->messages[i];
	return NULL;
}

bool chats_rate_ok(struct server *server, int *wait_s)
{
	struct chats *chats = server->chats;
	size_t qpm = (size_t)server->config.qpm;
	int64_t now = clock_monotonic_ms();
	if (!qpm)
		return true;
	if (chats->nstarts >= qpm) {
		int64_t first = chats->starts[(chats->nstarts - qpm) % RATE_MAX];
		if (now - first < 60000) {
			*wait_s = (int)((60000 - (now - first) + 999) / 1000);
			return false;
		}
	}
	chats->starts[chats->nstarts++ % RATE_MAX] = now;
	return true;
}

/* ---- asking ------------------------------------------------------------------- */

/* How often this question was asked before. The same question gets another draw each
 * time, whatever else is asked in between: that makes routing probabilistic, and a run
 * repeatable. */
static uint32_t times_asked(struct chats *chats, uint64_t hash)
{
	for (size_t i = 0; i < chats->nasked; i++)
		if (chats->asked[i].hash == hash)
			return ++chats->asked[i].times;
	if (chats->nasked < ASKED_MAX) {
		chats->asked[chats->nasked].hash = hash;
		chats->asked[chats->nasked++].times = 0;
	}
	return 0;
}

/* All that Genie answers by. */
static uint64_t hash_of(const struct planner_input *input)
{
	struct str text = STR_INIT;
	json_print(input->config, &text);
	json_print(input->uc, &text);
	uint64_t hash = fnv1a(str_text(&text), text.n);
	str_free(&text);
	return hash;
}

static uint64_t draw_seed(struct server *server, const char *space_id,
	const struct planner_input *input)
{
	char *key = server->config.draws_by_config
		? xasprintf("%s\n%s\n%llu", space_id, input->question,
			(unsigned long long)hash_of(input))
		: xasprintf("%s\n%s", space_id, input->question);
	uint64_t hash = fnv1a(key, strlen(key));
	char *all = xasprintf("%s\n%llu\n%u", key, (unsigned long long)server->config.seed,
		times_asked(server->chats, hash));
	uint64_t seed = fnv1a(all, strlen(all));
	free(all);
	free(key);
	return seed;
}

/* The metadata behind a configuration, from memory as long as neither changed. */
static const struct json *metadata(struct server *server, const struct json *config)
{
	struct chats *chats = server->chats;
	int64_t version = catalog_version(server->catalog);
	struct str text = STR_INIT;
	uint64_t hash;
	json_print(config, &text);
	hash = fnv1a(str_text(&text), text.n);
	str_free(&text);
	if (chats->uc && chats->uc_hash == hash && chats->uc_version == version)
		return chats->uc;
	json_free(chats->uc);
	chats->uc = uc_input(server, config);
	chats->uc_hash = hash;
	chats->uc_version = version;
	return chats->uc;
}

static const char *error_type(const struct sql_error *error)
{
	if (starts_with(error->cls, "TABLE_OR_VIEW_NOT_FOUND"))
		return "INVALID_SQL_UNKNOWN_TABLE_EXCEPTION";
	return "SQL_EXECUTION_EXCEPTION";
}

void chat_run(struct server *server, struct chat_message *message)
{
	struct statement_request request = { .engine = { .sql = message->sql,
		.row_limit = CHATS_ROW_LIMIT, .read_only = true } };
	struct statement *statement = statements_add(server, &request);
	memcpy(message->statement_id, statement->id, sizeof(message->statement_id));
	free(message->error);
	free(message->error_type);
	message->error = message->error_type = NULL;
	message->rows = statement->outcome.table.nrows;
	message->truncated = statement->outcome.table.truncated;
	if (statement->state == STATEMENT_SUCCEEDED)
		return;
	message->error = xstrdup(statement->outcome.error.message);
	message->error_type = xstrdup(error_type(&statement->outcome.error));
}

static void fail(struct chat_message *message, const char *type, const char *text)
{
	message->error = xstrdup(text);
	message->error_type = xstrdup(type);
}

static void plan(struct server *server, struct chat_message *message, const struct json *config,
	const char *space_id)
{
	struct planner_input input = { .config = config, .uc = metadata(server, config),
		.question = message->content, .today = server_today(server) };
	struct planner_answer answer = { .sql = NULL };
	struct err err = { .code = ERR_NONE };
	input.seed = draw_seed(server, space_id, &input);
	if (!planner_answer(&input, &answer, &err)) {
		fail(message, "EXCEEDED_MAX_TOKEN_LENGTH_EXCEPTION", err.text);
		return;
	}
	message->sql = xstrdup(answer.sql);
	message->description = xstrdup(answer.description);
	message->text = xstrdup(answer.text);
	planner_answer_free(&answer);
	if (message->sql)
		chat_run(server, message);
}

static bool names_tables(const struct json *config)
{
	return json_len(json_dig(config, "data_sources.tables")) +
		json_len(json_dig(config, "data_sources.metric_views")) > 0;
}

struct chat_message *chats_ask(struct server *server, struct chat *chat,
	const struct json *config, const char *question)
{
	struct chat_message *message;
	if (chat->n >= CHATS_MAX_MESSAGES)
		return NULL;
	GROW(chat->messages, chat->cap, chat->n + 1);
	message = &chat->messages[chat->n++];
	*message = (struct chat_message){ .content = xstrdup(question),
		.asked_ms = clock_now_ms() };
	server_new_id(server, message->id);
	server_new_id(server, message->query_id);
	server_new_id(server, message->text_id);
	if (names_tables(config))
		plan(server, message, config, chat->space_id);
	else
		fail(message, "NO_TABLES_TO_QUERY_EXCEPTION", "The space has no tables to query.");
	message->began_ms = clock_monotonic_ms(); /* what a client sees begins with the reply */
	message->done_ms = message->began_ms + server->config.latency_ms;
	return message;
}

const char *chat_status(const struct chat_message *message)
{
	static const struct { int percent; const char *status; } steps[] = {
		{ 5, "SUBMITTED" }, { 20, "FETCHING_METADATA" }, { 30, "FILTERING_CONTEXT" },
		{ 75, "ASKING_AI" }, { 85, "PENDING_WAREHOUSE" }, { 100, "EXECUTING_QUERY" },
	};
	int64_t gone = clock_monotonic_ms() - message->began_ms;
	int64_t whole = message->done_ms - message->began_ms;
	for (size_t i = 0; i < countof(steps); i++)
		if (gone * 100 < whole * steps[i].percent)
			return steps[i].status;
	return message->error ? "FAILED" : "COMPLETED";
}
