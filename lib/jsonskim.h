/* jsonskim.h - JSON of which only a part is wanted.
 *
 * The whole text is checked by the grammar, as json_parse does, but only the wanted members become
 * nodes; what is passed over costs little more than reading it. The one thing that is not seen is
 * a key that appears twice in a part that is passed over. Layer: data.
 */
#ifndef GENIE_JSONSKIM_H
#define GENIE_JSONSKIM_H

#include "base.h"
#include "err.h"
#include <string.h>

struct json;

/* The first byte from p on that is no ordinary character of a JSON string: a quote, a backslash, a
 * control character or a byte above 0x7F; `end` when there is none. */
const char *json_plain(const char *p, const char *end);

/* Four hex digits as a number; -1: they are not there. */
int json_hex4(const char *p, const char *end);
/* *p goes from the backslash of an escape in a string to what follows it. False: it goes to what
 * is wrong, and *why says what (static). NUL and half a surrogate pair are refused. */
bool json_escape(const char **p, const char *end, const char **why) MUST_CHECK;

/* A member of an object that is being looked at: its key as written (n bytes without quotes, no
 * NUL), and the member that the object belongs to; NULL: it is the outermost one. */
struct json_at {
	const struct json_at *up;
	const char *key;
	size_t n;
};
static inline bool json_at_is(const struct json_at *at, const char *key)
{
	return *key == *at->key && strlen(key) == at->n && memcmp(at->key, key, at->n) == 0;
}

enum json_part {
	JSON_PASS,  /* leave it out */
	JSON_KEEP,  /* take it whole */
	JSON_ENTER, /* an object: ask for each of its members; anything else: take it whole */
};
typedef enum json_part json_choose(const struct json_at *at);

/* As json_parse, with the members that `choose` wants. A value that is no object is taken whole;
 * so is a member whose key is written with escapes, without asking. */
struct json *json_parse_part(const char *text, size_t n, json_choose *choose,
	struct err *err) MUST_CHECK;

/* Looks at the members that `choose` wants kept (those to enter that are no objects, too) without
 * making nodes: `see` gets each as it is written, n bytes of checked JSON with its escapes. False:
 * the text is no JSON object, a wanted key has escapes, or `see` said false; parse it
 * then. */
typedef bool json_see(void *context, const struct json_at *at, const char *value, size_t n);
bool json_skim(const char *text, size_t n, json_choose *choose, json_see *see,
	void *context) MUST_CHECK;

#endif
