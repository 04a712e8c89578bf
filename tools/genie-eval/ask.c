/* Asking Genie, or the journal. */
#include "work.h"

#include "clock.h"
#include "genie.h"
#include "journal.h"
#include "json.h"
#include "mem.h"
#include "rows.h"
#include "sqltext.h"

#include <stdlib.h>

static struct journal_key key_of(const struct item *item)
{
	return (struct journal_key){ .config = item->work->config_key,
		.question_id = row_id(item->row), .question = row_question(item->row),
		.replicate = item->replicate };
}

/* What of an answer becomes a field of the row, and is kept in the journal. */
static const char *const answer_fields[] = {
	"asked_at", "latency_ms", "attempts", "conversation_id", "message_id", "status",
	"genie_text", "genie_sql_raw", "error_type", "error",
};

/* A message that failed is no answer, even when a query came with it: its user got
 * nothing. The raw text stays for people. */
void item_set_sql(struct json *row, bool failed)
{
	struct arena arena = { 0 };
	const char *raw = failed ? NULL : json_str_or(row, "genie_sql_raw", NULL);
	char hash[SQL_HASH_SIZE];
	char *sql = raw ? sql_first_statement(&arena, raw, NULL) : NULL;
	bool some = sql && *sql;
	json_set_str(row, "genie_sql", some ? sql : NULL);
	json_set_str(row, "sql_hash", some ? sql_hash(sql, hash) : NULL);
	arena_free(&arena);
}

static void fill_row(struct item *item, const struct json *entry)
{
	struct work *work = item->work;
	json_set_str(item->row, "space_id", work->space_id);
	if (work->config_id)
		json_set_str(item->row, "config_id", work->config_id);
	for (size_t i = 0; i < countof(answer_fields); i++) {
		const struct json *value = json_get(entry, answer_fields[i]);
		if (value)
			json_set(item->row, answer_fields[i], json_dup(value));
	}
	item_set_sql(item->row, streq(json_str_or(entry, "outcome", NULL), "genie_failed"));
}

static struct json *entry_of(const struct item *item, const struct genie_answer *answer)
{
	struct json *entry = json_new_object();
	char at[CLOCK_RFC3339_SIZE];
	json_set_str(entry, "space_id", item->work->space_id);
	json_set_str(entry, "config_id", item->work->config_id);
	json_set_str(entry, "outcome", genie_outcome_text(answer->outcome));
	json_set_str(entry, "asked_at", clock_rfc3339(answer->asked_ms, at));
	json_set_int(entry, "latency_ms", answer->latency_ms);
	json_set_int(entry, "attempts", item->tries);
	json_set_str(entry, "conversation_id", answer->conversation_id);
	json_set_str(entry, "message_id", answer->message_id);
	json_set_str(entry, "status", answer->status[0] ? answer->status : "UNKNOWN");
	json_set_str(entry, "genie_text", answer->text);
	json_set_str(entry, "genie_sql_raw", answer->sql);
	if (answer->error_type)
		json_set_str(entry, "error_type", answer->error_type);
	if (answer->error)
		json_set_str(entry, "error", answer->error);
	return entry;
}

static void go_on(struct item *item)
{
	if (item->work->stage == STAGE_ASK)
		item_settle(item);
	else
		item_run(item);
}

/* ---- what was asked is noted, before and after it is sent ---- */

static bool note(struct item *item, const char *space_id, const char *conversation_id,
	const char *message_id)
{
	struct journal_key key = key_of(item);
	struct json *entry = json_new_object();
	struct err err = { 0 };
	char at[CLOCK_RFC3339_SIZE];
	json_set_str(entry, "space_id", space_id);
	json_set_str(entry, "asked_at", clock_rfc3339(item->asked_ms, at));
	if (message_id) {
		json_set_str(entry, "conversation_id", conversation_id);
		json_set_str(entry, "message_id", message_id);
	}
	if (journal_note(item->work->journal, &key, entry, &err))
		return true;
	work_stop(item->work, &err);
	return false;
}

static bool starting(void *ctx)
{
	struct item *item = ctx;
	item->asked_ms = clock_now_ms();
	return !item->work->stop && note(item, item->work->space_id, NULL, NULL);
}

static bool started(void *ctx, const char *space_id, const char *conversation_id,
	const char *message_id)
{
	return note(ctx, space_id, conversation_id, message_id);
}

static bool known(void *ctx, const char *message_id)
{
	const struct item *item = ctx;
	return journal_knows(item->work->journal, message_id);
}

static const struct genie_keeper keeper = { starting, started, known };

static void find_earlier(struct item *item, struct genie_earlier *earlier)
{
	struct journal_key key = key_of(item);
	const struct json *noted = journal_noted(item->work->journal, &key);
	if (!noted || !clock_parse(json_str_or(noted, "asked_at", ""), &earlier->asked_ms))
		return;
	earlier->space_id = json_str_or(noted, "space_id", NULL);
	earlier->conversation_id = json_str_or(noted, "conversation_id", NULL);
	earlier->message_id = json_str_or(noted, "message_id", NULL);
	item->asked_ms = earlier->asked_ms;
}

static void not_measured(struct item *item, const struct genie_answer *answer)
{
	if (item->tries < item->work->ask_tries) {
		log_info("%s: asked again: %s", row_id(item->row),
			 answer->error ? answer->error : "not answered");
		item_ask(item);
		return;
	}
	item_exclude(item, xasprintf("not measured: %s", answer->error ? answer->error
				     : "Genie did not answer in time"));
	item_settle(item);
}

static void answered(void *ctx, struct genie_answer *answer)
{
	struct item *item = ctx;
	struct work *work = item->work;
	struct err err = { 0 };
	if (work->stop)
		return;
	if (answer->code == ERR_UNAVAILABLE) {
		err_set(&err, ERR_UNAVAILABLE, "asking %s: %s", row_id(item->row),
			answer->error ? answer->error : "refused");
		work_stop(work, &err);
		return;
	}
	struct journal_key key = key_of(item);
	struct json *entry = entry_of(item, answer);
	if (answer->outcome != GENIE_NOT_MEASURED)
		fill_row(item, entry);
	if (!journal_add(work->journal, &key, entry, &err)) {
		work_stop(work, &err);
		return;
	}
	if (answer->outcome == GENIE_NOT_MEASURED)
		not_measured(item, answer);
	else
		go_on(item);
}

void item_ask(struct item *item)
{
	struct work *work = item->work;
	struct journal_key key = key_of(item);
	const struct json *entry = journal_find(work->journal, &key);
	if (entry) {
		fill_row(item, entry);
		go_on(item);
		return;
	}
	struct genie_question question = { .space_id = work->space_id,
		.content = row_question(item->row), .limit_ms = work->ask_limit_ms,
		.rate = work->rate, .keeper = &keeper };
	find_earlier(item, &question.earlier);
	work->asked += item->tries == 0;
	item->tries++;
	genie_ask(work->dbx, &question, answered, item);
}
