/* leak.h - keeps benchmark answers out of metadata.
 *
 * A text that goes into a space must not hold a question or a gold SQL of the splits
 * that measure (val, held_out), verbatim or nearly so: a SQL with the same normal
 * form, or any window of the text whose character trigrams overlap with the
 * secret's by a Jaccard index of at least LEAK_JACCARD (the rule of the public
 * peer's firewall; ../reference/peers.md tells why). SQLs are compared by bare table names, so that
 * ${catalog}.${gold_schema}.t and main.gold.t are one. Layer: domain.
 */
#ifndef GENIE_LEAK_H
#define GENIE_LEAK_H

#include "base.h"
#include "err.h"

struct json;
struct leak_guard;

#define LEAK_JACCARD 0.6
#define LEAK_EXCERPT 121 /* bytes, with NUL */

struct leak_guard *leak_new(void);
void leak_free(struct leak_guard *guard);
/* Remembers the question and golds of a benchmark question (contracts.md) unless its
 * split is train. Borrowed. */
void leak_add(struct leak_guard *guard, const struct json *question);

/* A guard over the questions of a file of JSON Lines. NULL: it cannot be read, or a line is no
 * question; a guard that silently guards nothing would let everything through. */
struct leak_guard *leak_load(const char *path, struct err *err) MUST_CHECK;

struct leak_match {
	const char *question_id; /* borrowed from the guard */
	const char *what;        /* "question" or "SQL" */
	double likeness;         /* 0..1; 1 for the same normal form */
	/* what of the text gives it away, in lower case, without punctuation, cut: words of the
	 * text that was checked, never of the secret */
	char excerpt[LEAK_EXCERPT];
};
/* True when `text` gives something away; *match says what (the closest one). */
bool leak_check(const struct leak_guard *guard, const char *text, struct leak_match *match);
/* The same for every string inside a value, and for the strings of an array put together: texts of
 * a space are divided into lines. The closest match counts. */
bool leak_check_json(const struct leak_guard *guard, const struct json *value,
	struct leak_match *match);

#endif
