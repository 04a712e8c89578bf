#include "genie.h"

#include "dbx.h"
#include "json.h"
#include "mem.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

#define SPACES "/api/2.0/genie/spaces"

static char *space_path(const char *space_id, const char *rest)
{
	struct str path = STR_INIT;

	str_add(&path, SPACES "/");
	url_escape(&path, space_id);
	str_add(&path, rest);
	return str_take(&path);
}

struct json *genie_list(struct dbx *dbx, struct err *err)
{
	return dbx_list(dbx, SPACES "?page_size=100", "spaces", err);
}

struct json *genie_get(struct dbx *dbx, const char *space_id, bool config, struct err *err)
{
	char *path = space_path(space_id, config ? "?include_serialized_space=true" : "");
	struct json *space = NULL;

	if (dbx_call(dbx, "GET", path, NULL, &space, err) && !json_is(space, JSON_OBJECT)) {
		err_set(err, ERR_UNAVAILABLE, "GET %s: the answer is no space", path);
		json_free(space);
		space = NULL;
	}
	free(path);
	return space;
}

/* The only space with this title. NULL with err set otherwise. */
static char *find_title(struct dbx *dbx, const char *title, struct err *err)
{
	struct json *spaces = genie_list(dbx, err);
	const char *found = NULL;
	size_t hits = 0;
	char *id = NULL;

	if (!spaces)
		return NULL;
	for (struct json *s = json_first(spaces); s; s = json_next(s))
		if (streq(json_str_or(s, "title", NULL), title)) {
			found = json_str_or(s, "space_id", NULL);
			hits++;
		}
	if (hits == 1 && found)
		id = xstrdup(found);
	else if (hits > 1)
		err_set(err, ERR_UNAVAILABLE, "%zu Genie spaces have the title \"%s\"; give the id",
			hits, title);
	else
		err_set(err, ERR_UNAVAILABLE, "no Genie space has the id or title \"%s\" on %s",
			title, dbx_host(dbx));
	json_free(spaces);
	return id;
}

char *genie_find(struct dbx *dbx, const char *name, struct err *err)
{
	char *path = space_path(name, "");
	struct dbx_request request = { .path = path };
	struct dbx_reply reply;
	char *id = NULL;
	/* Ids are one word; a title with spaces cannot be one. */
	bool maybe_id = *name && name[strcspn(name, " \t\n/")] == '\0';
	bool ok = maybe_id && dbx_fetch(dbx, &request, &reply, err);

	if (ok)
		id = xstrdup(json_str_or(reply.body, "space_id", name));
	else if (!maybe_id || reply.status == 404 || reply.status == 400)
		id = find_title(dbx, name, err);
	if (maybe_id)
		dbx_reply_free(&reply);
	free(path);
	return id;
}

struct json *genie_create(struct dbx *dbx, const struct json *fields, struct err *err)
{
	struct json *space = NULL;

	if (!dbx_call(dbx, "POST", SPACES, fields, &space, err))
		return NULL;
	if (json_str_or(space, "space_id", NULL))
		return space;
	json_free(space);
	err_set(err, ERR_UNAVAILABLE, "POST " SPACES ": the answer has no space_id");
	return NULL;
}

struct json *genie_update(struct dbx *dbx, const char *space_id, const struct json *fields,
	int *status, struct err *err)
{
	char *path = space_path(space_id, "");
	struct dbx_request request = { .method = "PATCH", .path = path, .body = fields };
	struct dbx_reply reply;
	struct json *space = NULL;

	if (dbx_fetch(dbx, &request, &reply, err)) {
		space = reply.body ? reply.body : json_new_object();
		reply.body = NULL;
	}
	if (status)
		*status = reply.status;
	dbx_reply_free(&reply);
	free(path);
	return space;
}

bool genie_trash(struct dbx *dbx, const char *space_id, struct err *err)
{
	char *path = space_path(space_id, "");
	bool ok = dbx_call(dbx, "DELETE", path, NULL, NULL, err);

	free(path);
	return ok;
}

/* ---- messages ------------------------------------------------------------- */

const char *genie_outcome_text(enum genie_outcome outcome)
{
	static const char *const names[] = { "answered", "genie_failed", "not_measured" };

	return names[outcome];
}

void genie_answer_free(struct genie_answer *answer)
{
	free(answer->conversation_id);
	free(answer->message_id);
	free(answer->sql);
	free(answer->statement_id);
	free(answer->text);
	free(answer->error_type);
	free(answer->error);
	json_free(answer->message);
	memset(answer, 0, sizeof(*answer));
}

/* Errors that say nothing about the answer: rate limits, outages, cancelled
 * messages, and settings outside the space. The rest, also a space too large for
 * the model, is what a user of the space would get. */
enum genie_outcome genie_classify(const char *type)
{
	static const char *const elsewhere[] = {
		"RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION",
		"RATE_LIMIT_EXCEEDED_SPECIFIED_WAIT_EXCEPTION",
		"RETRYABLE_PROCESSING_EXCEPTION",
		"CHAT_COMPLETION_NETWORK_EXCEPTION",
		"CHAT_COMPLETION_CLIENT_TIMEOUT_EXCEPTION",
		"REPLY_PROCESS_TIMEOUT_EXCEPTION",
		"DESCRIBE_QUERY_TIMEOUT",
		"INTERNAL_CATALOG_ASSET_CREATION_ONGOING_EXCEPTION",
		"MESSAGE_CANCELLED_WHILE_EXECUTING_EXCEPTION",
		"MESSAGE_DELETED_WHILE_EXECUTING_EXCEPTION",
		"MESSAGE_UPDATED_WHILE_EXECUTING_EXCEPTION",
		"STOP_PROCESS_DUE_TO_AUTO_REGENERATE",
		"BLOCK_MULTIPLE_EXECUTIONS_EXCEPTION",
		"WAREHOUSE_NOT_FOUND_EXCEPTION",
		"WAREHOUSE_ACCESS_MISSING_EXCEPTION",
		"BUDGET_EXCEEDED_EXCEPTION",
		"PAY_PER_TOKEN_DISABLED_EXCEPTION",
		"COULD_NOT_GET_UC_SCHEMA_EXCEPTION",
	};

	for (size_t i = 0; i < countof(elsewhere); i++)
		if (streq(type, elsewhere[i]))
			return GENIE_NOT_MEASURED;
	return GENIE_FAILED;
}

static void set(char **slot, const char *value)
{
	if (!value || !*value)
		return;
	free(*slot);
	*slot = xstrdup(value);
}

/* How good a text attachment is as the answer; 0: none. */
static int text_rank(const struct json *text)
{
	const char *purpose = json_str_or(text, "purpose", "");

	if (!*json_str_or(text, "content", "") ||
		streq(json_str_or(text, "phase", NULL), "RESPONSE_PHASE_THINKING"))
		return 0;
	if (streq(purpose, "TEXT_ATTACHMENT_PURPOSE_ANSWER"))
		return 3;
	return streq(purpose, "TEXT_ATTACHMENT_PURPOSE_FOLLOW_UP_QUESTION") ? 1 : 2;
}

void genie_read_message(const struct json *message, struct genie_answer *answer)
{
	int best = 0;

	for (struct json *a = json_first(json_get(message, "attachments")); a; a = json_next(a)) {
		const struct json *query = json_get(a, "query"), *text = json_get(a, "text");
		int rank = text_rank(text);

		/* Of several queries the last is the one that Genie settled on. */
		if (*json_str_or(query, "query", "")) {
			set(&answer->sql, json_str_or(query, "query", NULL));
			set(&answer->statement_id, json_str_or(query, "statement_id", NULL));
		}
		if (rank > best) {
			best = rank;
			set(&answer->text, json_str_or(text, "content", NULL));
		}
	}
}
