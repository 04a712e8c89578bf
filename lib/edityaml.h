/* edityaml.h - surgical edits of YAML text: only the bytes that must change do.
 *
 * The place is found with the parser's marks and the text is spliced there, so
 * comments, key order, quoting, indentation, line ends and anchors elsewhere
 * survive. After each edit the text is parsed again and compared with what was meant; an edit
 * that changed anything else (an anchored value that others use, say) fails.
 * On failure the text is as it was.
 *
 * Paths: keys divided by points, `[name=value]` picks the first item of a list
 * whose `name` is `value`, `[3]` the item with that index: "columns[name=eff_amt].comment".
 * A key that holds . [ or " is written in double quotes: table_properties."delta.x".
 * What a path goes through must be there; it is an error naming file, line and
 * path otherwise, never a guess. Only the last key may be missing where a function
 * says so. A path through an alias is refused, as it would edit the anchor.
 *
 * Errors are ERR_DATA: "FILE:LINE: PATH: ...". Layer: domain.
 */
#ifndef GENIE_EDITYAML_H
#define GENIE_EDITYAML_H

#include "base.h"
#include "err.h"

struct json;
struct str;

/* Sets the scalar at path to `value` (a string). In the style of the old value when that
 * can hold the new one, else in double quotes. A missing last key is inserted after its
 * leading scalar siblings, in the style that the same key has elsewhere in the
 * file; when the map above is missing too, it is made ("tags: {k: v}").
 * The same value again changes nothing. */
bool edit_yaml_set(struct str *text, const char *name, const char *path, const char *value,
	struct err *err) MUST_CHECK;
/* Appends a string to the list at path, which is made when missing or empty. A string that is
 * there already changes nothing. */
bool edit_yaml_add(struct str *text, const char *name, const char *path, const char *value,
	struct err *err) MUST_CHECK;
/* Appends a map (its members in order) to the list at path; the list is made at the end of
 * its map when missing. */
bool edit_yaml_add_map(struct str *text, const char *name, const char *path,
	const struct json *map, struct err *err) MUST_CHECK;
/* Removes the key or item at path. What becomes empty stays as {} or []. */
bool edit_yaml_remove(struct str *text, const char *name, const char *path,
	struct err *err) MUST_CHECK;

/* The value at path as JSON, yours: NULL without an error when the last key is
 * missing (err untouched), NULL with ERR_DATA when the way there is. */
struct json *edit_yaml_get(const struct str *text, const char *name, const char *path,
	bool *broken, struct err *err) MUST_CHECK;

/* ---- scalars as text (used by the above) ---- */
enum yaml_style;
struct yaml_scalar_place {
	size_t indent;    /* of block scalar lines, spaces */
	bool flow;        /* inside [] or {} */
	const char *eol;  /* "\n" or "\r\n" */
	const char *header; /* of an old block scalar, up to its line end ("|-  # note"); or "" */
};
/* Appends value as a scalar of this style, or in double quotes when the style cannot
 * hold it. No final newline. */
void yaml_scalar_text(struct str *out, const char *value, enum yaml_style style,
	const struct yaml_scalar_place *place);

#endif
