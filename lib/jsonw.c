#include "jsonw.h"

#include "json.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put(struct jsonw *w, const char *s, size_t n)
{
	if (w->file)
		fwrite(s, 1, n, w->file);
	else
		str_addn(w->str, s, n);
}

static void newline(struct jsonw *w)
{
	if (!w->indent)
		return;
	put(w, "\n", 1);
	for (int i = 0; i < w->depth * w->indent; i++)
		put(w, " ", 1);
}

/* Comma and line break that belong before a value or key. */
static void before(struct jsonw *w, bool is_key)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->depth == 0)
		return;
	if (w->level[w->depth - 1].object != is_key)
		BUG("a JSON %s where a %s belongs", is_key ? "key" : "value",
		    is_key ? "value" : "key");
	if (w->level[w->depth - 1].any)
		put(w, ",", 1);
	w->level[w->depth - 1].any = true;
	newline(w);
}

/* After a whole top-level value, a file gets its newline. */
static void after(struct jsonw *w)
{
	if (w->depth == 0 && w->file)
		put(w, "\n", 1);
}

static void literal(struct jsonw *w, const char *text)
{
	before(w, false);
	put(w, text, strlen(text));
	after(w);
}

void jsonw_to_file(struct jsonw *w, FILE *file, int indent)
{
	*w = (struct jsonw){ .file = file, .indent = indent };
}

void jsonw_to_str(struct jsonw *w, struct str *str, int indent)
{
	*w = (struct jsonw){ .str = str, .indent = indent };
}

static void open_level(struct jsonw *w, bool object)
{
	before(w, false);
	if (w->depth == JSONW_MAX_DEPTH)
		BUG("JSON output nested deeper than %d", JSONW_MAX_DEPTH);
	put(w, object ? "{" : "[", 1);
	w->level[w->depth].object = object;
	w->level[w->depth].any = false;
	w->depth++;
}

void jsonw_object(struct jsonw *w)
{
	open_level(w, true);
}

void jsonw_array(struct jsonw *w)
{
	open_level(w, false);
}

void jsonw_end(struct jsonw *w)
{
	if (w->depth == 0 || w->after_key)
		BUG("jsonw_end without a start");
	w->depth--;
	if (w->level[w->depth].any)
		newline(w);
	put(w, w->level[w->depth].object ? "}" : "]", 1);
	after(w);
}

/* Length of the valid UTF-8 sequence at s, 0 when there is none. */
static size_t sequence(const char *s, size_t n)
{
	for (size_t len = 1; len <= 4 && len <= n; len++)
		if (utf8_valid(s, len))
			return len;
	return 0;
}

static const char *escape(unsigned char c, char buf[8])
{
	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\b': return "\\b";
	case '\f': return "\\f";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	}
	snprintf(buf, 8, "\\u%04x", c);
	return buf;
}

static void put_string(struct jsonw *w, const char *s, size_t n)
{
	char buf[8];
	size_t from = 0, i = 0;
	put(w, "\"", 1);
	while (i < n) {
		unsigned char c = (unsigned char)s[i];
		bool special = c < 0x20 || c == '"' || c == '\\' || c == 0x7F;
		size_t len = c < 0x80 ? 1 : sequence(s + i, n - i);
		if (!special && len) {
			i += len;
			continue;
		}
		put(w, s + from, i - from);
		const char *text = len ? escape(c, buf) : "\xEF\xBF\xBD";
		put(w, text, strlen(text));
		from = ++i;
	}
	put(w, s + from, n - from);
	put(w, "\"", 1);
}

void jsonw_key(struct jsonw *w, const char *key)
{
	before(w, true);
	put_string(w, key, strlen(key));
	put(w, ": ", w->indent ? 2 : 1);
	w->after_key = true;
}

void jsonw_strn(struct jsonw *w, const char *s, size_t n)
{
	before(w, false);
	put_string(w, s, n);
	after(w);
}

void jsonw_str(struct jsonw *w, const char *s)
{
	if (s)
		jsonw_strn(w, s, strlen(s));
	else
		jsonw_null(w);
}

void jsonw_int(struct jsonw *w, int64_t value)
{
	char text[JSON_NUM_SIZE];
	snprintf(text, sizeof text, "%lld", (long long)value);
	literal(w, text);
}

const char *json_num_text(double value, char buf[JSON_NUM_SIZE])
{
	if (value == floor(value) && fabs(value) < 1e15) {
		snprintf(buf, JSON_NUM_SIZE, "%.0f", value == 0 ? 0.0 : value);
		return buf;
	}
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(buf, JSON_NUM_SIZE, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	return buf;
}

void jsonw_num(struct jsonw *w, double value)
{
	char text[JSON_NUM_SIZE];
	literal(w, isfinite(value) ? json_num_text(value, text) : "null");
}

void jsonw_bool(struct jsonw *w, bool value)
{
	literal(w, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w)
{
	literal(w, "null");
}

/* Trees may be deeper than the level stack: written by their own recursion,
 * which JSON_MAX_DEPTH bounds. */
static void put_tree(struct jsonw *w, const struct json *json, int depth)
{
	enum json_type type = json_typeof(json);
	bool object = type == JSON_OBJECT;
	int saved = w->depth;
	if (type != JSON_OBJECT && type != JSON_ARRAY) {
		if (type == JSON_STRING)
			put_string(w, json_text(json), strlen(json_text(json)));
		else if (type == JSON_NUMBER)
			put(w, json_number_text(json), strlen(json_number_text(json)));
		else if (type == JSON_NULL)
			put(w, "null", 4);
		else
			put(w, json_true(json) ? "true" : "false", json_true(json) ? 4 : 5);
		return;
	}
	put(w, object ? "{" : "[", 1);
	for (const struct json *child = json_first(json); child; child = json_next(child)) {
		if (child != json_first(json))
			put(w, ",", 1);
		w->depth = depth + 1;
		newline(w);
		if (object) {
			put_string(w, json_key(child), strlen(json_key(child)));
			put(w, ": ", w->indent ? 2 : 1);
		}
		put_tree(w, child, depth + 1);
	}
	w->depth = depth;
	if (json_first(json))
		newline(w);
	put(w, object ? "}" : "]", 1);
	w->depth = saved;
}

void jsonw_value(struct jsonw *w, const struct json *json)
{
	before(w, false);
	put_tree(w, json, w->depth);
	after(w);
}

void jsonw_kstr(struct jsonw *w, const char *key, const char *s)
{
	jsonw_key(w, key);
	jsonw_str(w, s);
}

void jsonw_kint(struct jsonw *w, const char *key, int64_t value)
{
	jsonw_key(w, key);
	jsonw_int(w, value);
}

void jsonw_knum(struct jsonw *w, const char *key, double value)
{
	jsonw_key(w, key);
	jsonw_num(w, value);
}

void jsonw_kbool(struct jsonw *w, const char *key, bool value)
{
	jsonw_key(w, key);
	jsonw_bool(w, value);
}

void jsonw_kvalue(struct jsonw *w, const char *key, const struct json *json)
{
	jsonw_key(w, key);
	jsonw_value(w, json);
}

void jsonw_line(FILE *file, const struct json *json)
{
	struct jsonw w;
	jsonw_to_file(&w, file, 0);
	jsonw_value(&w, json);
}

void jsonw_document(FILE *file, const struct json *json)
{
	struct jsonw w;
	jsonw_to_file(&w, file, 2);
	jsonw_value(&w, json);
}

void json_quote(struct str *out, const char *s, size_t n)
{
	struct jsonw w;
	jsonw_to_str(&w, out, 0);
	put_string(&w, s, n);
}
