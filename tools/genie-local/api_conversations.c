/* Routes of Genie conversations: asking, polling, results. */
#include "server.h"

#include "chats.h"
#include "clock.h"
#include "faults.h"
#include "json.h"
#include "planner.h"
#include "statements.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 50

/* ---- as JSON ------------------------------------------------------------------ */

static bool is_final(const char *status)
{
	return streq(status, "COMPLETED") || streq(status, "FAILED");
}

static void add_query(struct json *attachments, const struct chat_message *message)
{
	struct json *attachment = json_push(attachments, json_new_object());
	struct json *query, *meta;
	json_set_str(attachment, "attachment_id", message->query_id);
	query = json_set(attachment, "query", json_new_object());
	json_set_str(query, "id", message->query_id);
	json_set_str(query, "query", message->sql);
	json_set_str(query, "description", message->description);
	if (message->statement_id[0])
		json_set_str(query, "statement_id", message->statement_id);
	json_set_int(query, "last_updated_timestamp", message->asked_ms);
	if (message->error)
		return;
	meta = json_set(query, "query_result_metadata", json_new_object());
	json_set_int(meta, "row_count", (int64_t)message->rows);
	json_set_bool(meta, "is_truncated", message->truncated);
}

static void add_text(struct json *attachments, const struct chat_message *message)
{
	struct json *attachment = json_push(attachments, json_new_object());
	struct json *text;
	json_set_str(attachment, "attachment_id", message->text_id);
	text = json_set(attachment, "text", json_new_object());
	json_set_str(text, "id", message->text_id);
	json_set_str(text, "content", message->text);
	json_set_str(text, "purpose", message->sql ? "TEXT_ATTACHMENT_PURPOSE_ANSWER" :
		"TEXT_ATTACHMENT_PURPOSE_FOLLOW_UP_QUESTION");
}

static void add_answer(struct json *node, const struct chat_message *message)
{
	struct json *attachments = json_set(node, "attachments", json_new_array());
	if (message->sql)
		add_query(attachments, message);
	if (message->text && *message->text)
		add_text(attachments, message);
	if (message->statement_id[0] && !message->error) {
		struct json *result = json_set(node, "query_result", json_new_object());
		json_set_str(result, "statement_id", message->statement_id);
		json_set_int(result, "row_count", (int64_t)message->rows);
		json_set_bool(result, "is_truncated", message->truncated);
	}
	if (message->error) {
		struct json *error = json_set(node, "error", json_new_object());
		json_set_str(error, "error", message->error);
		json_set_str(error, "type", message->error_type);
	}
}

/* `submitted`: as the call that made the message shows it. */
static struct json *message_json(const struct chat *chat, const struct chat_message *message,
	bool submitted)
{
	struct json *node = json_new_object();
	const char *status = submitted ? "SUBMITTED" : chat_status(message);
	int64_t updated = message->asked_ms;
	if (is_final(status))
		updated += message->done_ms - message->began_ms;
	json_set_str(node, "id", message->id);
	json_set_str(node, "message_id", message->id);
	json_set_str(node, "space_id", chat->space_id);
	json_set_str(node, "conversation_id", chat->id);
	json_set_str(node, "content", message->content);
	json_set_str(node, "status", status);
	json_set_int(node, "user_id", SERVER_USER_ID);
	json_set_int(node, "created_timestamp", message->asked_ms);
	json_set_int(node, "last_updated_timestamp", updated);
	if (is_final(status))
		add_answer(node, message);
	return node;
}

static struct json *conversation_json(const struct chat *chat)
{
	struct json *node = json_new_object();
	json_set_str(node, "id", chat->id);
	json_set_str(node, "conversation_id", chat->id);
	json_set_str(node, "space_id", chat->space_id);
	json_set_str(node, "title", chat->title);
	json_set_int(node, "user_id", SERVER_USER_ID);
	json_set_int(node, "created_timestamp", chat->made_ms);
	json_set_int(node, "last_updated_timestamp", chat->made_ms);
	return node;
}

/* ---- asking --------------------------------------------------------------------- */

static bool check_rate(struct call *call)
{
	char seconds[16];
	int wait_s = 0;
	if (chats_rate_ok(call->server, &wait_s))
		return true;
	snprintf(seconds, sizeof(seconds), "%d", wait_s);
	serve_add_header(call->response, "Retry-After", seconds);
	return call_error(call, 429, "REQUEST_LIMIT_EXCEEDED",
		"Too many questions: this workspace answers %d a minute.", call->server->config.qpm);
}

/* The question and the space's configuration; false after a reply. */
static bool read_question(struct call *call, const char **question, struct json **config)
{
	if (!call_body(call) || !call_text(call, "content", true, question))
		return false;
	if (!**question || strlen(*question) > PLANNER_MAX_QUESTION)
		return call_bad(call, "content must have 1 to %d bytes", PLANNER_MAX_QUESTION);
	*config = spaces_config(call, call->args[0]);
	if (*config && check_rate(call))
		return true;
	json_free(*config);
	return false;
}

static struct chat_message *ask(struct call *call, struct chat *chat, const struct json *config,
	const char *question)
{
	struct chat_message *message = chats_ask(call->server, chat, config, question);
	struct fault fault = faults_next(call->server->faults, call->request->method,
		call->request->path, true);
	if (!message) {
		call_bad(call, "The conversation has %d messages; start another one.",
			CHATS_MAX_MESSAGES);
		return NULL;
	}
	if (fault.action == FAULT_MESSAGE_FAILED) {
		free(message->error);
		free(message->error_type);
		message->error = xstrdup("The message failed, as a --fault rule wants it.");
		message->error_type = xstrdup(fault.text ? fault.text :
			"INTERNAL_CATALOG_ASSET_CREATION_FAILED_EXCEPTION");
	}
	return message;
}

void api_chat_start(struct call *call)
{
	const char *question = NULL;
	struct json *config = NULL, *body;
	struct chat *chat;
	struct chat_message *message;
	if (!read_question(call, &question, &config))
		return;
	chat = chats_add(call->server, call->args[0], question);
	message = ask(call, chat, config, question);
	json_free(config);
	if (!message)
		return;
	body = json_new_object();
	json_set_str(body, "conversation_id", chat->id);
	json_set_str(body, "message_id", message->id);
	json_set(body, "conversation", conversation_json(chat));
	json_set(body, "message", message_json(chat, message, true));
	call_reply(call, body);
}

static struct chat *need_chat(struct call *call)
{
	struct chat *chat = chats_find(call->server, call->args[0], call->args[1]);
	if (!chat)
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Conversation %s does not exist.",
			call->args[1]);
	return chat;
}

void api_chat_follow(struct call *call)
{
	const char *question = NULL;
	struct json *config = NULL;
	struct chat *chat = need_chat(call);
	struct chat_message *message;
	if (!chat || !read_question(call, &question, &config))
		return;
	message = ask(call, chat, config, question);
	json_free(config);
	if (message)
		call_reply(call, message_json(chat, message, true));
}

/* ---- looking ----------------------------------------------------------------------- */

static struct chat_message *need_message(struct call *call, struct chat **chat)
{
	struct chat_message *message = NULL;
	*chat = need_chat(call);
	if (!*chat)
		return NULL;
	message = chat_find_message(*chat, call->args[2]);
	if (!message)
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Message %s does not exist.",
			call->args[2]);
	return message;
}

void api_chat_message(struct call *call)
{
	struct chat *chat;
	struct chat_message *message = need_message(call, &chat);
	if (message)
		call_reply(call, message_json(chat, message, false));
}

void api_chat_messages(struct call *call)
{
	struct chat *chat = need_chat(call);
	struct json *messages;
	if (!chat)
		return;
	messages = json_new_array();
	for (size_t i = 0; i < chat->n; i++)
		json_push(messages, message_json(chat, &chat->messages[i], false));
	call_page(call, "messages", messages, "page_size", PAGE_SIZE);
}

void api_chat_conversations(struct call *call)
{
	struct json *all, *config = spaces_config(call, call->args[0]);
	if (!config)
		return;
	json_free(config);
	all = json_new_array();
	for (struct chat *c = chats_first(call->server); c; c = c->next)
		if (streq(c->space_id, call->args[0]))
			json_push(all, conversation_json(c));
	call_page(call, "conversations", all, "page_size", PAGE_SIZE);
}

void api_chat_delete(struct call *call)
{
	struct chat *chat = need_chat(call);
	if (!chat)
		return;
	chats_remove(call->server, chat);
	call_reply(call, json_new_object());
}

/* ---- results --------------------------------------------------------------------------- */

/* A finished message with a query; false after a reply. */
static struct chat_message *need_query(struct call *call)
{
	struct chat *chat;
	struct chat_message *message = need_message(call, &chat);
	const char *status = message ? chat_status(message) : "";
	if (!message)
		return NULL;
	if (message->sql && (call->nargs < 4 || streq(call->args[3], message->query_id)) &&
		(streq(status, "EXECUTING_QUERY") || is_final(status)))
		return message;
	if (message->sql && !is_final(status))
		call_error(call, 400, "INVALID_STATE",
			"The query result is not there yet: the message is %s.", status);
	else
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"The message has no query attachment of this id.");
	return NULL;
}

static void reply_result(struct call *call, const struct chat_message *message)
{
	struct statement *statement = statements_find(call->server, message->statement_id);
	struct json *body;
	if (!statement) {
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"The query result has expired; execute the query again.");
		return;
	}
	body = json_new_object();
	json_set(body, "statement_response", statement_json(call->server, statement));
	call_reply(call, body);
}

void api_chat_result(struct call *call)
{
	struct chat_message *message = need_query(call);
	if (message)
		reply_result(call, message);
}

void api_chat_execute(struct call *call)
{
	struct chat_message *message = need_query(call);
	if (!message)
		return;
	chat_run(call->server, message);
	reply_result(call, message);
}
