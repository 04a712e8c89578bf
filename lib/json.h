/* json.h - JSON documents: cJSON behind helpers that keep every byte of meaning.
 *
 * Differences from plain cJSON, all on purpose:
 *  - Numbers keep their text. 6774555288826001 and 8799999999999999999 and 1.10
 *    come out as they went in; nothing passes through a double unless asked.
 *  - Refused: duplicate keys, the NUL character (raw or escaped), nesting
 *    deeper than JSON_MAX_DEPTH, invalid UTF-8, trailing text, comments.
 *  - Every node knows its place: json_path() gives "$.items[3].id", and typed
 *    getters name it in their errors: "$.items[3].id: expected string, found
 *    number".
 *  - Keys are compared with case.
 *
 * Ownership: a tree is owned by its root; `const struct json *` and `const char
 * *` results are borrowed from it. json_set and json_push take what they are
 * given. Layer: data.
 */
#ifndef GENIE_JSON_H
#define GENIE_JSON_H

#include "base.h"
#include "err.h"

struct json;
struct str;

#define JSON_MAX_DEPTH 200

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Parses exactly one value. On failure NULL and ERR_DATA with "line L, column
 * C: ...". n bytes, not NUL-terminated. */
struct json *json_parse(const char *text, size_t n, struct err *err) MUST_CHECK;
/* Reads and parses a file ("-" is standard input); errors name it. */
struct json *json_load(const char *path, struct err *err) MUST_CHECK;
void json_free(struct json *json); /* NULL is fine */

/* Looking. All accept NULL and then answer NULL, 0, false or JSON_NULL. */
enum json_type json_typeof(const struct json *json);
const char *json_type_name(enum json_type type);
bool json_is(const struct json *json, enum json_type type); /* false for NULL pointer */
struct json *json_get(const struct json *object, const char *key); /* NULL: absent */
struct json *json_at(const struct json *array, size_t index);
size_t json_len(const struct json *json); /* members of an array or object */
struct json *json_first(const struct json *json); /* child iteration ... */
struct json *json_next(const struct json *child); /* ... until NULL */
const char *json_key(const struct json *child);   /* NULL outside objects */
/* Walks dotted keys: json_dig(row, "comparison.verdict"). */
struct json *json_dig(const struct json *json, const char *dotted);
/* Place of the node from its root; written to out (reset first); returns its text. */
const char *json_path(const struct json *json, struct str *out);

/* Values. json_text: the string of a string node, else NULL. */
const char *json_text(const struct json *json);
const char *json_number_text(const struct json *json); /* NULL when no number */
bool json_as_int(const struct json *json, int64_t *out); /* exact integers only */
bool json_as_num(const struct json *json, double *out);
bool json_true(const struct json *json); /* exactly true */

/* Lenient getters: the default when absent, null or of another type. */
const char *json_str_or(const struct json *object, const char *key, const char *other);
int64_t json_int_or(const struct json *object, const char *key, int64_t other);
double json_num_or(const struct json *object, const char *key, double other);
bool json_bool_or(const struct json *object, const char *key, bool other);

/* Required members: NULL or false with ERR_DATA naming the path. */
const char *json_need_str(const struct json *object, const char *key, struct err *err) MUST_CHECK;
bool json_need_int(const struct json *object, const char *key, int64_t *out, struct err *err) MUST_CHECK;
bool json_need_num(const struct json *object, const char *key, double *out, struct err *err) MUST_CHECK;
struct json *json_need(const struct json *object, const char *key, enum json_type type, struct err *err) MUST_CHECK;
/* Optional members: absent or null leaves *out as it is; another type fails. */
bool json_opt_str(const struct json *object, const char *key, const char **out, struct err *err) MUST_CHECK;
bool json_opt_int(const struct json *object, const char *key, int64_t *out, struct err *err) MUST_CHECK;
bool json_opt_bool(const struct json *object, const char *key, bool *out, struct err *err) MUST_CHECK;
/* Sets err to "PATH: expected WHAT, found TYPE" and returns false. */
bool json_expected(const struct json *json, const char *what, struct err *err);

/* Building. Constructors return owned roots. */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_str(const char *s); /* NULL gives null; invalid UTF-8 is replaced by U+FFFD */
struct json *json_new_strn(const char *s, size_t n);
struct json *json_new_int(int64_t value);
struct json *json_new_num(double value); /* shortest text that reads back; non-finite gives null */
struct json *json_new_number_text(const char *text); /* a JSON number literal, kept as it is */
struct json *json_new_bool(bool value);
struct json *json_new_null(void);
struct json *json_dup(const struct json *json); /* deep; a new root */

/* Sets a member: replaced in place when there, appended when new. Takes value.
 * Returns value, for chaining. */
struct json *json_set(struct json *object, const char *key, struct json *value);
/* Appends a member that is known not to be there: no search among those that are. */
struct json *json_append(struct json *object, const char *key, struct json *value);
void json_set_str(struct json *object, const char *key, const char *s); /* NULL gives null */
void json_set_int(struct json *object, const char *key, int64_t value);
void json_set_num(struct json *object, const char *key, double value);
void json_set_bool(struct json *object, const char *key, bool value);
struct json *json_push(struct json *array, struct json *value); /* takes value, returns it */
void json_push_str(struct json *array, const char *s);
void json_push_strf(struct json *array, const char *format, ...) PRINTF_LIKE(2, 3);
void json_insert(struct json *array, size_t index, struct json *value); /* takes value */
void json_remove(struct json *object, const char *key); /* absent is fine */
struct json *json_detach(struct json *child); /* out of its parent; a new root, yours */
void json_replace(struct json *child, struct json *value); /* takes value, frees child */
/* Sorts an array stably. */
void json_sort(struct json *array, int (*compare)(const struct json *a, const struct json *b));

/* Comparing and printing. */
bool json_equal(const struct json *a, const struct json *b); /* key order ignored; numbers by value */
void json_print(const struct json *json, struct str *out);   /* one line, order kept */
void json_print_pretty(const struct json *json, int indent, struct str *out); /* no final newline */
/* Canonical: keys sorted by bytes, no spaces, strings escaped minimally. */
void json_canonical(const struct json *json, struct str *out);

#endif
