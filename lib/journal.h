/* journal.h - everything that Genie was asked: one line per asking, never rewritten.
 *
 * A JSON Lines file, appended and synced; several processes may append to it. An answer
 * belongs to a key: SHA-256 over the configuration's hash, the question's id, the question's
 * text and the replicate, so a changed configuration or text is another question. A later
 * line for the same key replaces the earlier one. Lines that cannot be read (the torn end of a
 * crash) are passed over with a warning.
 *
 * An entry: {"schema":"genie/answer/1", key, space_id, config_id, question_id,
 * question_hash, replicate, outcome (answered|genie_failed|not_measured), status,
 * genie_sql, genie_text, conversation_id, message_id, latency_ms, attempts, asked_at,
 * error}. Layer: domain.
 */
#ifndef GENIE_JOURNAL_H
#define GENIE_JOURNAL_H

#include "base.h"
#include "digest.h"
#include "err.h"

struct journal;
struct json;

struct journal_key {
	const char *config;      /* config_hash, or another text that names the configuration */
	const char *question_id, *question; /* id and text */
	int64_t replicate;       /* from 0 */
};
const char *journal_key(const struct journal_key *key, char out[SHA256_HEX]);
/* SHA-256 of the question's text, white space at the ends aside. */
const char *journal_question_hash(const char *question, char out[SHA256_HEX]);

/* Reads what is there; a missing file is an empty journal. NULL path: kept in memory
 * only. ERR_IO when the file cannot be read. */
struct journal *journal_open(const char *path, struct err *err) MUST_CHECK;
void journal_free(struct journal *journal); /* NULL is fine */

/* The answer to a key that can be used again: answered or genie_failed. NULL: ask.
 * Borrowed until the next journal_add. */
const struct json *journal_find(const struct journal *journal, const struct journal_key *key);
/* Appends an entry; `key` and `question_hash` are filled in. Takes entry. ERR_IO when it
 * could not be made durable. */
bool journal_add(struct journal *journal, const struct journal_key *key, struct json *entry,
	struct err *err) MUST_CHECK;

/* An asking is noted before the question is sent, and once more, with conversation_id and
 * message_id, when the service has taken it: {"schema":"genie/asked/1", key (another than the
 * answer's), answer_key, space_id, question_id, replicate, asked_at, ..}. Who is killed in
 * between pays nothing twice. Takes entry. */
bool journal_note(struct journal *journal, const struct journal_key *key, struct json *entry,
	struct err *err) MUST_CHECK;
/* The last note of a key, as long as an answer may still be had from it; NULL: none. To be
 * asked when journal_find has nothing. */
const struct json *journal_noted(const struct journal *journal, const struct journal_key *key);
/* Does any line name this message? */
bool journal_knows(const struct journal *journal, const char *message_id);
/* Askings in this space that were noted and have no answer. */
size_t journal_open_in(const struct journal *journal, const char *space_id);

/* Lines of other kinds than answers, under a key of the caller's (SHA-256 in hex), which must
 * say all that the entry depends on. find: NULL when there is none. put takes entry. */
const struct json *journal_find_key(const struct journal *journal, const char *key);
bool journal_put_key(struct journal *journal, const char *schema, const char *key,
	struct json *entry, struct err *err) MUST_CHECK;
size_t journal_count(const struct journal *journal);   /* keys with an entry */
size_t journal_damaged(const struct journal *journal); /* lines passed over */

#endif
