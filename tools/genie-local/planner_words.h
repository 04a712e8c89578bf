/* planner_words.h - questions, names and comments as words.
 *
 * A word keeps its text, its lower-case form and a light stem (plural, -ing,
 * -ed and a final e go; nothing clever, so that what matches stays explainable).
 * `known` words have a meaning of their own (function words, aggregation, ranking,
 * time); every other word means only what metadata says about it.
 *
 * Everything lives in the arena of one plan. Layer: tool.
 */
#ifndef GENIE_PLANNER_WORDS_H
#define GENIE_PLANNER_WORDS_H

#include "base.h"

struct arena;

enum word_kind {
	WORD_TEXT,
	WORD_NUMBER, /* digits, or a number word; see number */
	WORD_VALUE,  /* was in quotes; text is without them */
	WORD_DATE,   /* YYYY-MM-DD */
	WORD_SIGN,   /* a comparison sign */
};

struct word {
	enum word_kind kind;
	const char *text, *lower, *stem;
	double number;
	size_t at, end; /* byte offsets in the text it came from */
	bool known;     /* function, aggregation, ranking or time word */
	bool capital;   /* begins with an upper-case letter */
	bool first;     /* begins a sentence */
	bool digits;    /* a number written in digits */
	bool taken;     /* its meaning is used up (time window, top N, value) */
};

struct words {
	struct word *v;
	size_t n;
};

/* Most words of one text; the rest is ignored. */
#define WORDS_MAX 600

/* Splits running text. Quotes make one WORD_VALUE. */
void words_split(struct words *words, const char *text, struct arena *arena);
/* Splits text without seeing quotes: for comments, synonyms, phrases. */
void words_plain(struct words *words, const char *text, struct arena *arena);
/* Splits an identifier at _, . and camel case; drops warehouse prefixes (dim,
 * fact, mv, get...) when something else remains. */
void words_of_name(struct words *words, const char *name, struct arena *arena);

/* The stem of a lower-case word; in the arena, or the word itself. */
const char *word_stem(struct arena *arena, const char *lower);
/* True for words with a meaning of their own. */
bool word_is_known(const char *lower);
/* True for the function words among them: articles, pronouns, prepositions. */
bool word_is_function(const char *lower);
/* True when lower is one of the blank-separated words of list. */
bool word_in(const char *lower, const char *list);

/* Where the phrase stands in words, whole and in order, function words between
 * allowed; taken words do not match. Sets [*from, *to). */
bool words_find(const struct words *words, const struct words *phrase, size_t *from, size_t *to);

#endif
