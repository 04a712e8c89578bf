/* jsoneditx.h - what the parts of jsonedit share. Private to lib/jsonedit*.c. Layer: data. */
#ifndef GENIE_JSONEDITX_H
#define GENIE_JSONEDITX_H

#include "base.h"
#include "mem.h"

struct json;
struct str;

/* Where a value stands in the text. */
struct span {
	const struct json *json;
	size_t start;         /* of the member: its key; else as `from` */
	size_t from, to;      /* of the value */
	struct span *first, *next;
};
/* Places of all values of the text, of which `json` is the tree. */
struct span *span_read(struct arena *arena, const char *text, const struct json *json);
const struct span *span_member(const struct span *object, const char *key); /* NULL: none */

/* The text of a string literal at [from, to), and for each of its bytes, and its end,
 * the place of the character it belongs to; both of the arena. */
struct decoded {
	char *text;
	size_t n;
	size_t *map;
};
void span_decode(struct arena *arena, const char *text, size_t from, size_t to,
	struct decoded *out);

/* How a document is written, so that new parts look like it. */
struct json_style {
	const char *eol;
	const char *unit;     /* one level of indentation; of the arena */
	const char *colon;    /* between key and value, with its white space */
	const char *comma;    /* between two values of one line */
	bool lines;           /* containers have a line for each member */
	bool flat_lists;      /* but lists of plain values are on one line */
	bool flat_items;      /* and so are objects within lists */
	bool pad;             /* a space within the braces of an object on one line */
	bool ascii;           /* characters above 0x7F are escapes */
	bool html;            /* so are & < > */
	bool upper;           /* hex digits of escapes */
};
void style_read(struct json_style *style, struct arena *arena, const char *text, size_t n,
	const struct span *root);
/* n bytes of s as the inside of a string literal. */
void style_escape(struct str *out, const struct json_style *style, const char *s, size_t n);
void style_quote(struct str *out, const struct json_style *style, const char *s);

/* A value that is new, at a line with this indentation. `model`, a value that it is to look
 * like, may be NULL. */
struct json_place {
	const char *text;     /* the document that model is in */
	const struct json_style *style;
	bool flat;            /* within a line */
	bool sorted;          /* keys are */
};
void style_put(struct str *out, const struct json_place *place, const struct json *value,
	const struct span *model, const char *indent);

bool json_keys_sorted(const struct json *json, size_t *pairs); /* adds the pairs compared */

#endif
