/* jsonedit.h - surgical edits of JSON text: only the bytes that must change do.
 *
 * The caller says what the document is to mean; what already means that stays as it is
 * written: key order, indentation, separators, escapes, number texts, line ends, the final
 * newline or none. What is new is written as its neighbours are:
 *
 *  - a member of an object goes behind the others, or to its place where keys are sorted;
 *  - an item of an array has the lines, indentation and key order of the item beside it;
 *  - characters above 0x7F are escapes where the document mostly writes them so; &, < and >
 *    likewise;
 *  - of a changed string only the part that differs is written anew.
 *
 * Items of arrays are recognised by their id, identifier, column_name or name, else by
 * being equal. After each edit the text is parsed again and compared with what was meant. On
 * failure the text is as it was.
 *
 * Layer: data.
 */
#ifndef GENIE_JSONEDIT_H
#define GENIE_JSONEDIT_H

#include "base.h"
#include "err.h"

struct json;
struct str;

/* Makes the document mean `want`. ERR_DATA "NAME: line L, column C: ..." when it is no JSON. */
bool json_edit(struct str *text, const char *name, const struct json *want,
	struct err *err) MUST_CHECK;
/* The document is an object whose member `key` is a string that holds a JSON document: makes
 * that one mean `want`. It stays a string, and is edited as surgically. */
bool json_edit_embedded(struct str *text, const char *name, const char *key,
	const struct json *want, struct err *err) MUST_CHECK;

/* The line, from 1, where `part`, somewhere in the document that was parsed from text, begins (with
 * its key); 0 when it is no part of it. */
size_t json_edit_line(const char *text, const struct json *document, const struct json *part);
/* The line, from 1, of the value at a dotted path of keys ("instructions.sql_functions"), or of the
 * last value on the way there is. 1 for a text that is no JSON. */
size_t json_edit_path_line(const char *text, const char *path);

#endif
