/* planner_text.h - comments as people write them, cut into labelled parts.
 *
 * A label stands at the start of a text, a line, a sentence or a bullet and ends
 * with a colon ("BEST FOR: ...", "**Synonyms:** ..."); sentences like "Do not use
 * for ..." count without one. A comment that is a JSON object is read as its keys
 * and values. Everything lives in the arena of one plan. Layer: tool.
 */
#ifndef GENIE_PLANNER_TEXT_H
#define GENIE_PLANNER_TEXT_H

#include "base.h"

struct arena;
struct json;
struct strlist;

enum part_kind {
	PART_PLAIN,    /* says what the thing is */
	PART_FOR,      /* what it is for: BEST FOR, use when, preferred_questions */
	PART_NOT,      /* what it is not for */
	PART_SYNONYMS, /* other words for it */
	PART_VALUES,   /* what values it takes */
	PART_PARAMS,   /* a function's parameters */
	PART_OTHER,    /* returns, syntax, grain: not for matching */
};

struct part {
	enum part_kind kind;
	const char *text;
	struct part *next;
};

/* Most bytes of a comment that are looked at. */
#define TEXT_MAX 20000

/* Cuts a comment; NULL for an empty one. */
struct part *text_parts(const char *comment, struct arena *arena);

/* The text of a string, or of an array of strings joined without separator
 * (as serialized_space means it); "" for anything else. */
const char *text_of(const struct json *json, struct arena *arena);

/* Items of an enumeration: between commas, semicolons, lines, bullets and bars; quotes and
 * final stops trimmed. Adds to list (owned by the caller). */
void text_items(const char *text, struct strlist *list);

#endif
