/* jsonw.h - a streaming JSON writer with stable bytes.
 *
 * Writes to a FILE or a str while a stack checks the nesting; misuse is a BUG.
 * It does not look for duplicate keys. Key order is the call order. Write errors of
 * the FILE stay in its error flag: close it through tool.c or io.h, which look.
 * Layer: data.
 */
#ifndef GENIE_JSONW_H
#define GENIE_JSONW_H

#include "base.h"
#include <stdio.h>

struct json;
struct str;

#define JSONW_MAX_DEPTH 64
struct jsonw {
	FILE *file;
	struct str *str;
	int indent; /* 0: one line */
	int depth;
	bool after_key;
	struct { bool object, any; } level[JSONW_MAX_DEPTH];
};
void jsonw_to_file(struct jsonw *w, FILE *file, int indent);
void jsonw_to_str(struct jsonw *w, struct str *str, int indent);

void jsonw_object(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_end(struct jsonw *w); /* closes the innermost; at depth 0 adds a newline to a FILE */
void jsonw_key(struct jsonw *w, const char *key);
void jsonw_str(struct jsonw *w, const char *s); /* NULL writes null; invalid UTF-8 becomes U+FFFD */
void jsonw_strn(struct jsonw *w, const char *s, size_t n);
void jsonw_int(struct jsonw *w, int64_t value);
void jsonw_num(struct jsonw *w, double value); /* shortest that reads back; non-finite: null */
void jsonw_bool(struct jsonw *w, bool value);
void jsonw_null(struct jsonw *w);
void jsonw_value(struct jsonw *w, const struct json *json); /* a tree; NULL: null */

/* key and value in one call */
void jsonw_kstr(struct jsonw *w, const char *key, const char *s);
void jsonw_kint(struct jsonw *w, const char *key, int64_t value);
void jsonw_knum(struct jsonw *w, const char *key, double value);
void jsonw_kbool(struct jsonw *w, const char *key, bool value);
void jsonw_kvalue(struct jsonw *w, const char *key, const struct json *json);

/* A whole tree as one line with a newline (a JSON Lines record), or as an
 * indented document. */
void jsonw_line(FILE *file, const struct json *json);
void jsonw_document(FILE *file, const struct json *json);

/* The text of a string as JSON, quotes included. */
void json_quote(struct str *out, const char *s, size_t n);
/* The shortest decimal text that reads back as value. */
#define JSON_NUM_SIZE 32
const char *json_num_text(double value, char buf[JSON_NUM_SIZE]);

#endif
