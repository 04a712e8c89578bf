#include "journal.h"

#include "io.h"
#include "json.h"
#include "log.h"
#include "str.h"

#include <stdlib.h>
#include <unistd.h>
#include "check.h"

static char path[] = "/tmp/journal-test-XXXXXX";
static const struct journal_key first = { "cfg", "q1", "How much?", 0 };

static void add(struct journal *journal, const struct journal_key *key, const char *outcome,
		const char *sql)
{
	struct err err = { 0 };
	struct json *entry = json_new_object();
	json_set_str(entry, "outcome", outcome);
	json_set_str(entry, "genie_sql", sql);
	CHECK(journal_add(journal, key, entry, &err));
}

static struct journal *reopen(void)
{
	struct err err = { 0 };
	struct journal *journal = journal_open(path, &err);
	CHECK(journal != NULL);
	return journal;
}

static void answers_survive_a_restart(void)
{
	struct journal *journal = reopen();
	CHECK(journal_find(journal, &first) == NULL);
	add(journal, &first, "answered", "SELECT 1");
	journal_free(journal);
	journal = reopen();
	CHECK_STR(json_str_or(journal_find(journal, &first), "genie_sql", NULL), "SELECT 1");
	CHECK_INT(journal_count(journal), 1);
	journal_free(journal);
}

static void other_questions_are_other_keys(void)
{
	struct journal *journal = reopen();
	struct journal_key key = first;
	key.question = "How many?";
	CHECK(!journal_find(journal, &key));
	key.question = " How much?\n";
	CHECK(journal_find(journal, &key) != NULL);
	key.replicate = 1;
	CHECK(!journal_find(journal, &key));
	key = first;
	key.config = "other";
	CHECK(!journal_find(journal, &key));
	journal_free(journal);
}

static void what_was_not_measured_is_asked_again(void)
{
	struct journal *journal = reopen();
	struct journal_key key = { "cfg", "q2", "x", 0 };
	add(journal, &key, "not_measured", NULL);
	CHECK(!journal_find(journal, &key));
	add(journal, &key, "genie_failed", NULL);
	CHECK(journal_find(journal, &key) != NULL);
	journal_free(journal);
}

static void a_torn_line_costs_only_itself(void)
{
	struct err err = { 0 };
	struct journal_key key = { "cfg", "q3", "x", 0 };
	FILE *file = fopen(path, "a");
	fputs("{\"key\":\"abc\",\"outc", file);
	fclose(file);
	struct journal *journal = reopen();
	CHECK_INT(journal_damaged(journal), 1);
	CHECK(journal_find(journal, &first) != NULL);
	add(journal, &key, "answered", "SELECT 3");
	journal_free(journal);
	journal = reopen();
	CHECK(journal_find(journal, &key) != NULL);
	CHECK(journal_find(journal, &first) != NULL);
	CHECK_INT(journal_damaged(journal), 1);
	journal_free(journal);
	journal = journal_open("/nonexistent-dir/x", &err);
	CHECK(journal != NULL); /* nothing there yet is an empty journal */
	struct json *entry = json_new_object();
	CHECK(!journal_add(journal, &first, entry, &err));
	CHECK_INT(err.code, ERR_IO);
	journal_free(journal);
}

static void many_entries_are_found(void)
{
	struct err err = { 0 };
	struct journal *journal = journal_open(NULL, &err);
	char id[20];
	for (int i = 0; i < 500; i++) {
		snprintf(id, sizeof id, "q%d", i);
		struct journal_key key = { "c", id, "t", 0 };
		add(journal, &key, "answered", id);
	}
	for (int i = 0; i < 500; i++) {
		snprintf(id, sizeof id, "q%d", i);
		struct journal_key key = { "c", id, "t", 0 };
		CHECK_STR(json_str_or(journal_find(journal, &key), "genie_sql", NULL), id);
	}
	journal_free(journal);
}

static void note(struct journal *journal, const struct journal_key *key, const char *message)
{
	struct err err = { 0 };
	struct json *entry = json_new_object();
	json_set_str(entry, "space_id", "s");
	if (message)
		json_set_str(entry, "message_id", message);
	CHECK(journal_note(journal, key, entry, &err));
}

static void end(struct journal *journal, const struct journal_key *key, const char *status,
		const char *type)
{
	struct err err = { 0 };
	struct json *entry = json_new_object();
	json_set_str(entry, "outcome", "not_measured");
	json_set_str(entry, "message_id", "m1");
	json_set_str(entry, "status", status);
	json_set_str(entry, "error_type", type);
	CHECK(journal_add(journal, key, entry, &err));
}

static void an_asking_is_known_until_it_is_answered(void)
{
	struct journal_key key = { "cfg", "q4", "x", 0 };
	struct journal *journal = reopen();
	CHECK(!journal_noted(journal, &key));
	note(journal, &key, NULL);
	CHECK(journal_noted(journal, &key) != NULL);
	note(journal, &key, "m1");
	journal_free(journal);
	journal = reopen();
	CHECK_STR(json_str_or(journal_noted(journal, &key), "message_id", NULL), "m1");
	CHECK(journal_knows(journal, "m1") && !journal_knows(journal, "m2"));
	CHECK_INT(journal_open_in(journal, "s"), 1);
	CHECK_INT(journal_open_in(journal, "other"), 0);
	CHECK(!journal_find(journal, &key));
	end(journal, &key, "ASKING_AI", "NO_CONNECTION"); /* it may be answered yet */
	CHECK(journal_noted(journal, &key) != NULL);
	end(journal, &key, "ASKING_AI", "TIMEOUT");
	CHECK(!journal_noted(journal, &key));
	end(journal, &key, "CANCELLED", "");
	CHECK(!journal_noted(journal, &key));
	note(journal, &key, NULL); /* asked anew */
	CHECK(journal_noted(journal, &key) != NULL);
	add(journal, &key, "answered", "SELECT 1");
	CHECK(!journal_noted(journal, &key));
	CHECK_INT(journal_open_in(journal, "s"), 0);
	journal_free(journal);
}

int main(void)
{
	log_setup("journal", LOG_ERROR);
	close(mkstemp(path));
	RUN(answers_survive_a_restart);
	RUN(other_questions_are_other_keys);
	RUN(what_was_not_measured_is_asked_again);
	RUN(a_torn_line_costs_only_itself);
	RUN(many_entries_are_found);
	RUN(an_asking_is_known_until_it_is_answered);
	unlink(path);
	return check_done();
}
