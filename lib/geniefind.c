/* A message that the service may have taken without our knowing: genie.h, genie_find_message. */
#include "genie.h"

#include "dbx.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>

#define SKEW_MS 5000 /* that the service's clock may be behind ours */

/* The members of a list of this space; NULL when the service does not give it. */
static struct json *list(struct dbx *dbx, const char *space_id, const char *conversation_id,
	struct err *err)
{
	struct str path = STR_INIT;
	struct json *found;

	str_add(&path, "/api/2.0/genie/spaces/");
	url_escape(&path, space_id);
	str_add(&path, "/conversations");
	if (conversation_id) {
		str_addc(&path, '/');
		url_escape(&path, conversation_id);
		str_add(&path, "/messages");
	}
	str_add(&path, "?page_size=100");
	found = dbx_list(dbx, str_text(&path), conversation_id ? "messages" : "conversations", err);
	str_free(&path);
	return found;
}

static const char *message_id(const struct json *message)
{
	return json_str_or(message, "message_id", json_str_or(message, "id", ""));
}

struct hunt {
	struct dbx *dbx;
	const struct genie_lost *lost;
	int64_t oldest_ms; /* of what was found */
	char **found;
};

static bool is_it(const struct genie_lost *lost, const struct json *message)
{
	return message && streq(json_str_or(message, "content", NULL), lost->content) &&
		!(lost->keeper && lost->keeper->known(lost->ctx, message_id(message)));
}

static void drop(char *found[2])
{
	free(found[0]);
	free(found[1]);
	found[0] = found[1] = NULL;
}

static void look_into(struct hunt *hunt, const struct json *conversation, struct err *err)
{
	const char *id = json_str_or(conversation, "conversation_id",
		json_str_or(conversation, "id", ""));
	int64_t begun = json_int_or(conversation, "created_timestamp", 0);
	struct json *messages;

	if (begun + SKEW_MS < hunt->lost->asked_ms || (hunt->found[0] && begun >= hunt->oldest_ms))
		return;
	messages = list(hunt->dbx, hunt->lost->space_id, id, err);
	if (is_it(hunt->lost, json_first(messages))) {
		drop(hunt->found);
		hunt->found[0] = xstrdup(id);
		hunt->found[1] = xstrdup(message_id(json_first(messages)));
		hunt->oldest_ms = begun;
	}
	json_free(messages);
}

bool genie_find_message(struct dbx *dbx, const struct genie_lost *lost, char *found[2],
	struct err *err)
{
	struct hunt hunt = { dbx, lost, 0, found };
	struct json *conversations = list(dbx, lost->space_id, NULL, err);

	found[0] = found[1] = NULL;
	for (const struct json *c = json_first(conversations); c && err->code != ERR_TEMP;
		c = json_next(c))
		look_into(&hunt, c, err);
	json_free(conversations);
	if (err->code == ERR_TEMP) {
		drop(found);
		return false;
	}
	if (err->code)
		log_debug("a question that was perhaps asked is not looked for: %s", err->text);
	err_clear(err);
	return true;
}
