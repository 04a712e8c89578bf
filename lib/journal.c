#include "journal.h"

#include "io.h"
#include "json.h"
#include "jsonl.h"
#include "log.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	char key[SHA256_HEX];
	struct json *json;
};

struct journal {
	char *path;
	struct entry *slot; /* open addressing; json NULL: free */
	size_t nslots, n, damaged;
};

static struct entry *slot_of(struct entry *slots, size_t nslots, const char *key)
{
	size_t at = (size_t)fnv1a(key, strlen(key)) & (nslots - 1);
	while (slots[at].json && !streq(slots[at].key, key))
		at = (at + 1) & (nslots - 1);
	return &slots[at];
}

static void widen(struct journal *journal)
{
	size_t nslots = journal->nslots ? journal->nslots * 2 : 64;
	struct entry *slots = xcalloc(nslots, sizeof *slots);
	for (size_t i = 0; i < journal->nslots; i++)
		if (journal->slot[i].json)
			*slot_of(slots, nslots, journal->slot[i].key) = journal->slot[i];
	free(journal->slot);
	journal->slot = slots;
	journal->nslots = nslots;
}

/* Takes entry. */
static void remember(struct journal *journal, const char *key, struct json *entry)
{
	if (journal->n * 2 >= journal->nslots)
		widen(journal);
	struct entry *slot = slot_of(journal->slot, journal->nslots, key);
	if (slot->json)
		json_free(slot->json);
	else
		journal->n++;
	memcpy(slot->key, key, strlen(key) + 1);
	slot->json = entry;
}

static bool usable(const struct json *entry)
{
	const char *outcome = json_str_or(entry, "outcome", NULL);
	return streq(outcome, "answered") || streq(outcome, "genie_failed");
}

static void take_line(struct journal *journal, const struct jsonl *in, struct json *entry)
{
	const char *key = json_str_or(entry, "key", NULL);
	if (key && strlen(key) == SHA256_HEX - 1) {
		remember(journal, key, entry);
		return;
	}
	log_warn("%s:%zu: not an entry of the journal; passed over", in->name, in->line);
	journal->damaged++;
	json_free(entry);
}

static bool load(struct journal *journal, struct err *err)
{
	struct jsonl in;
	struct json *entry = NULL;
	struct err line_err = { 0 };
	enum jsonl_result result;
	if (!jsonl_open(&in, journal->path, err))
		return false;
	while ((result = jsonl_next(&in, &entry, &line_err)) != JSONL_END) {
		if (result == JSONL_RECORD) {
			take_line(journal, &in, entry);
		} else if (line_err.code == ERR_DATA) {
			log_warn("%s; the line is passed over", line_err.text);
			journal->damaged++;
			err_clear(&line_err);
		} else {
			jsonl_close(&in);
			*err = line_err;
			return false;
		}
	}
	jsonl_close(&in);
	return true;
}

struct journal *journal_open(const char *path, struct err *err)
{
	struct journal *journal = xcalloc(1, sizeof *journal);
	journal->path = xstrdup(path);
	widen(journal);
	if (path && io_exists(path) && !load(journal, err)) {
		journal_free(journal);
		return NULL;
	}
	return journal;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	for (size_t i = 0; i < journal->nslots; i++)
		json_free(journal->slot[i].json);
	free(journal->slot);
	free(journal->path);
	free(journal);
}

const char *journal_question_hash(const char *question, char out[SHA256_HEX])
{
	char *copy = xstrdup(question ? question : "");
	const char *text = trim(copy);
	sha256_hex(text, strlen(text), out);
	free(copy);
	return out;
}

const char *journal_key(const struct journal_key *key, char out[SHA256_HEX])
{
	char hash[SHA256_HEX];
	struct str text = STR_INIT;
	str_addf(&text, "%s\n%s\n%s\n%lld", key->config, key->question_id,
		 journal_question_hash(key->question, hash), (long long)key->replicate);
	sha256_hex(str_text(&text), text.n, out);
	str_free(&text);
	return out;
}

const struct json *journal_find(const struct journal *journal, const struct journal_key *key)
{
	char text[SHA256_HEX];
	const struct entry *slot = slot_of(journal->slot, journal->nslots, journal_key(key, text));
	return slot->json && usable(slot->json) ? slot->json : NULL;
}

/* Makes the entry durable, then known. Takes entry. */
static bool append(struct journal *journal, const char *key, struct json *entry, struct err *err)
{
	struct str line = STR_INIT;
	bool ok = true;
	json_print(entry, &line);
	str_addc(&line, '\n');
	if (journal->path)
		ok = io_append_synced(journal->path, str_text(&line), line.n, err);
	str_free(&line);
	remember(journal, key, entry);
	return ok;
}

const struct json *journal_find_key(const struct journal *journal, const char *key)
{
	return slot_of(journal->slot, journal->nslots, key)->json;
}

bool journal_put_key(struct journal *journal, const char *schema, const char *key,
		     struct json *entry, struct err *err)
{
	json_set_str(entry, "schema", schema);
	json_set_str(entry, "key", key);
	return append(journal, key, entry, err);
}

bool journal_add(struct journal *journal, const struct journal_key *key, struct json *entry,
		 struct err *err)
{
	char text[SHA256_HEX], hash[SHA256_HEX];
	json_set_str(entry, "schema", "genie/answer/1");
	json_set_str(entry, "key", journal_key(key, text));
	json_set_str(entry, "question_id", key->question_id);
	json_set_str(entry, "question_hash", journal_question_hash(key->question, hash));
	json_set_int(entry, "replicate", key->replicate);
	return append(journal, text, entry, err);
}

/* ---- askings under way ---- */

static const char *note_key(const char *answer_key, char out[SHA256_HEX])
{
	char *text = xasprintf("asked\n%s", answer_key);
	sha256_hex(text, strlen(text), out);
	free(text);
	return out;
}

bool journal_note(struct journal *journal, const struct journal_key *key, struct json *entry,
		  struct err *err)
{
	char answer[SHA256_HEX], note[SHA256_HEX];
	json_set_str(entry, "answer_key", journal_key(key, answer));
	json_set_str(entry, "question_id", key->question_id);
	json_set_int(entry, "replicate", key->replicate);
	return journal_put_key(journal, "genie/asked/1", note_key(answer, note), entry, err);
}

/* Did this answer end what was noted? A connection that broke did not. */
static bool ends(const struct json *answer, const struct json *note)
{
	static const char *const last[] = { "FAILED", "CANCELLED", "COMPLETED" };
	const char *status = json_str_or(answer, "status", "");
	const char *message = json_str_or(note, "message_id", NULL);
	if (!answer || usable(answer))
		return answer != NULL;
	if (!message || !streq(json_str_or(answer, "message_id", NULL), message))
		return false;
	for (size_t i = 0; i < countof(last); i++)
		if (streq(status, last[i]))
			return true;
	return streq(json_str_or(answer, "error_type", NULL), "TIMEOUT");
}

static const struct json *open_note(const struct journal *journal, const struct json *note)
{
	const char *answer = json_str_or(note, "answer_key", NULL);
	return answer && !ends(journal_find_key(journal, answer), note) ? note : NULL;
}

const struct json *journal_noted(const struct journal *journal, const struct journal_key *key)
{
	char answer[SHA256_HEX], note[SHA256_HEX];
	note_key(journal_key(key, answer), note);
	return open_note(journal, journal_find_key(journal, note));
}

bool journal_knows(const struct journal *journal, const char *message_id)
{
	for (size_t i = 0; i < journal->nslots; i++)
		if (streq(json_str_or(journal->slot[i].json, "message_id", NULL), message_id))
			return true;
	return false;
}

size_t journal_open_in(const struct journal *journal, const char *space_id)
{
	size_t n = 0;
	for (size_t i = 0; i < journal->nslots; i++)
		n += streq(json_str_or(journal->slot[i].json, "space_id", NULL), space_id) &&
			open_note(journal, journal->slot[i].json);
	return n;
}

size_t journal_count(const struct journal *journal)
{
	return journal->n;
}

size_t journal_damaged(const struct journal *journal)
{
	return journal->damaged;
}
