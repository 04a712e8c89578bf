/* editpy.h - edits of a dict of strings in a Python file: NAME = {"key": "text", ...}.
 *
 * Monitors and ML configurations keep descriptions that way. The file is read
 * token by token (strings, comments, brackets); only the value is replaced, in the
 * quotes it had, or one entry inserted behind the last one with its indentation.
 * A value that is no plain string literal (a name, a call, an f-string) is refused. On
 * failure the text is as it was; ERR_DATA "NAME:LINE: ...". Layer: domain.
 */
#ifndef GENIE_EDITPY_H
#define GENIE_EDITPY_H

#include "base.h"
#include "err.h"

struct str;

/* Does the file assign a dict display to this name? */
bool edit_py_has(const struct str *text, const char *dict);
/* Has it this key, with whatever value? */
bool edit_py_has_key(const struct str *text, const char *dict, const char *key);
/* The present value, yours; NULL when the dict lacks the key or the value is no string. */
char *edit_py_get(const struct str *text, const char *dict, const char *key);
/* The line of its value, from 1; 0 when the dict lacks the key. */
size_t edit_py_line(const struct str *text, const char *dict, const char *key);
bool edit_py_set(struct str *text, const char *name, const char *dict, const char *key,
	const char *value, struct err *err) MUST_CHECK;

#endif
