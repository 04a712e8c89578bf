/* words.h - the words of a question that carry meaning. */
#ifndef GENIE_PROPOSE_WORDS_H
#define GENIE_PROPOSE_WORDS_H

#include "base.h"
#include "str.h"

/* Appends the content words of a text: lower case, in order, without numbers,
 * question words, aggregation and time words, and without repetitions. */
void content_words(const char *text, struct strlist *words);

/* Does `text` (lower case) hold the word, or its singular or plural, as a word or as
 * a part between underscores? */
bool text_has_word(const char *text, const char *word);

/* The phrase of a moving time window in a question ("last quarter"), and how to
 * write it; NULL: none. */
struct time_phrase {
	const char *phrase;
	const char *from, *to; /* SQL of the bounds, [from, to); to NULL: open */
	bool weak;             /* column comments seldom help (loop.md, KGL-3) */
	const char *compare;   /* begin of the present period, with which [from, to) is compared;
				* NULL: the phrase names one window */
};
const struct time_phrase *find_time_phrase(const char *question);

/* Appends the runs of one to three content words of a question, as they stand,
 * lower case: what a rule could quote. */
void content_phrases(const char *question, struct strlist *phrases);

/* Does the question hold the phrase as whole words, letter case ignored? */
bool has_phrase(const char *question, const char *phrase);

#endif
