/* chats.h - conversations with the local Genie and the life of their messages.
 *
 * The answer is worked out once, when the question comes in; the status that a client
 * sees then follows the clock, from SUBMITTED to COMPLETED or FAILED within the
 * workspace's latency. A limited number of conversations is kept; the oldest go first.
 */
#ifndef GENIE_LOCAL_CHATS_H
#define GENIE_LOCAL_CHATS_H

#include "server.h"

#define CHATS_MAX 4096
#define CHATS_MAX_MESSAGES 200 /* of one conversation */
#define CHATS_ROW_LIMIT 5000   /* rows of a query result, as Genie has it */

struct chat_message {
	char id[SERVER_ID_SIZE], query_id[SERVER_ID_SIZE], text_id[SERVER_ID_SIZE];
	char *content;
	char *sql, *description, *text; /* of the answer; each may be NULL */
	char *error, *error_type;       /* the message ends FAILED */
	char statement_id[SERVER_UUID_SIZE]; /* "" when nothing ran */
	size_t rows;
	bool truncated;
	int64_t asked_ms;               /* wall clock */
	int64_t began_ms, done_ms;      /* monotonic */
};

struct chat {
	char id[SERVER_ID_SIZE];
	char *space_id, *title;
	int64_t made_ms;
	struct chat_message *messages;
	size_t n, cap;
	struct chat *next; /* newer */
};

/* A conversation outside of the store; free with chat_free. */
struct chat *chat_new(struct server *server, const char *space_id, const char *title);
void chat_free(struct chat *chat);

struct chats *chats_new(void);
void chats_free(struct chats *chats); /* NULL is fine */
/* Owned by the store. */
struct chat *chats_add(struct server *server, const char *space_id, const char *title);
struct chat *chats_find(struct server *server, const char *space_id, const char *id);
void chats_remove(struct server *server, struct chat *chat);
/* From the oldest on. */
struct chat *chats_first(struct server *server);

/* May one more question be asked in this minute? If not, *wait_s is when. */
bool chats_rate_ok(struct server *server, int *wait_s);

/* Asks the planner and runs its SQL; the message is appended. NULL: the chat is full. */
struct chat_message *chats_ask(struct server *server, struct chat *chat,
	const struct json *config, const char *question);
struct chat_message *chat_find_message(struct chat *chat, const char *id);
const char *chat_status(const struct chat_message *message);
/* Runs the SQL of a message (again); its statement changes. */
void chat_run(struct server *server, struct chat_message *message);

#endif
