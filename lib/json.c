/* How cJSON is used: a scan of our own (scan_*) checks the grammar, UTF-8,
 * depth and NUL, and turns every number into a string that starts with the byte
 * 1, which cJSON takes as it is. After parsing, those strings become cJSON_Raw
 * nodes that hold the number's text. Real strings that start with that byte get
 * it doubled, and undoubled after. Each node's parent is kept in valuedouble,
 * which only cJSON_Number nodes would use, and there are none. */
#include "json.h"

#include "io.h"
#include "jsonskim.h"
#include "jsonw.h"
#include "mem.h"
#include "str.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MARK '\001'

static cJSON *raw(const struct json *json)
{
	return (cJSON *)(uintptr_t)json;
}

static struct json *wrap(const cJSON *node)
{
	return (struct json *)(uintptr_t)node;
}

static void set_parent(cJSON *node, cJSON *parent)
{
	memcpy(&node->valuedouble, &parent, sizeof parent);
}

static cJSON *parent_of(const cJSON *node)
{
	cJSON *parent;
	memcpy(&parent, &node->valuedouble, sizeof parent);
	return parent;
}

/* ---- the scan ---- */
struct scan {
	const char *start, *p, *end;
	struct str out;
	int depth;
	struct err *err;
};

static bool scan_fail(struct scan *s, const char *what)
{
	size_t line = 1, column = 1;
	for (const char *q = s->start; q < s->p; q++) {
		if (*q == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*q & 0xC0) != 0x80) {
			column++;
		}
	}
	return err_set(s->err, ERR_DATA, "line %zu, column %zu: %s", line, column, what);
}

static void scan_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static bool scan_digits(struct scan *s)
{
	const char *from = s->p;
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > from;
}

/* RFC 8259 section 6; the text is kept. */
static bool scan_number(struct scan *s)
{
	const char *from = s->p;
	if (*s->p == '-')
		s->p++;
	bool zero = s->p < s->end && *s->p == '0';
	const char *digits = s->p;
	if (!scan_digits(s) || (zero && s->p - digits > 1))
		return scan_fail(s, "bad number");
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!scan_digits(s))
			return scan_fail(s, "bad number");
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!scan_digits(s))
			return scan_fail(s, "bad number");
	}
	str_addc(&s->out, '"');
	str_addc(&s->out, MARK);
	str_addn(&s->out, from, (size_t)(s->p - from));
	str_addc(&s->out, '"');
	return true;
}

static bool scan_escape(struct scan *s)
{
	const char *why;
	return json_escape(&s->p, s->end, &why) || scan_fail(s, why);
}

static bool scan_string(struct scan *s)
{
	if (s->p >= s->end || *s->p != '"')
		return scan_fail(s, "expected a string");
	const char *from = s->p++;
	for (;;) {
		s->p = json_plain(s->p, s->end);
		if (s->p >= s->end || *s->p == '"')
			break;
		if ((unsigned char)*s->p < 0x20)
			return scan_fail(s, "control character in string");
		if (*s->p != '\\')
			s->p++;
		else if (!scan_escape(s))
			return false;
	}
	if (s->p >= s->end)
		return scan_fail(s, "string without end");
	s->p++;
	str_addc(&s->out, '"');
	if (s->p - from > 7 && memcmp(from + 1, "\\u0001", 6) == 0)
		str_addc(&s->out, MARK);
	str_addn(&s->out, from + 1, (size_t)(s->p - from - 1));
	return true;
}

static bool scan_value(struct scan *s);

static bool scan_char(struct scan *s, char c, const char *otherwise)
{
	scan_space(s);
	if (s->p >= s->end || *s->p != c)
		return scan_fail(s, otherwise);
	s->p++;
	str_addc(&s->out, c);
	return true;
}

static bool scan_container(struct scan *s, char close)
{
	if (++s->depth > JSON_MAX_DEPTH)
		return scan_fail(s, "nested too deeply");
	str_addc(&s->out, *s->p++);
	scan_space(s);
	if (s->p < s->end && *s->p == close) {
		s->depth--;
		return scan_char(s, close, "");
	}
	for (;;) {
		scan_space(s);
		if (close == '}' &&
		    (!scan_string(s) || !scan_char(s, ':', "expected ':' after a key")))
			return false;
		if (!scan_value(s))
			return false;
		scan_space(s);
		if (s->p >= s->end || *s->p != ',')
			break;
		scan_char(s, ',', "");
	}
	s->depth--;
	return scan_char(s, close, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
}

static bool scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return scan_fail(s, "expected a value");
	s->p += n;
	str_addn(&s->out, word, n);
	return true;
}

static bool scan_value(struct scan *s)
{
	scan_space(s);
	if (s->p >= s->end)
		return scan_fail(s, "expected a value, found the end");
	switch (*s->p) {
	case '{': return scan_container(s, '}');
	case '[': return scan_container(s, ']');
	case '"': return scan_string(s);
	case 't': return scan_word(s, "true");
	case 'f': return scan_word(s, "false");
	case 'n': return scan_word(s, "null");
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return scan_number(s);
	default: return scan_fail(s, "expected a value");
	}
}

static bool scan_document(struct scan *s)
{
	if (memchr(s->start, '\0', (size_t)(s->end - s->start))) {
		s->p = memchr(s->start, '\0', (size_t)(s->end - s->start));
		return scan_fail(s, "NUL byte");
	}
	if (!utf8_valid(s->start, (size_t)(s->end - s->start)))
		return scan_fail(s, "not valid UTF-8");
	if (!scan_value(s))
		return false;
	scan_space(s);
	if (s->p != s->end)
		return scan_fail(s, "text after the value");
	return true;
}

/* ---- after cJSON ---- */

/* A marked string becomes a number or loses its doubled mark. */
static void unmark(cJSON *node)
{
	char *s = node->valuestring;
	if (!cJSON_IsString(node) || s[0] != MARK)
		return;
	if (s[1] != MARK)
		node->type = cJSON_Raw;
	memmove(s, s + 1, strlen(s));
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp((*(cJSON *const *)a)->string, (*(cJSON *const *)b)->string);
}

static bool refuse_duplicates(const cJSON *object, struct err *err)
{
	size_t n = 0, cap = 0;
	cJSON **keys = NULL;
	if (!object->child || !object->child->next)
		return true;
	for (cJSON *child = object->child; child; child = child->next) {
		GROW(keys, cap, n + 1);
		keys[n++] = child;
	}
	bool ok = true;
	if (n)
		qsort(keys, n, sizeof *keys, compare_keys);
	for (size_t i = 1; ok && i < n; i++) {
		if (compare_keys(&keys[i - 1], &keys[i]) != 0)
			continue;
		struct str path = STR_INIT;
		ok = err_set(err, ERR_DATA, "%s: key appears twice", json_path(wrap(keys[i]), &path));
		str_free(&path);
	}
	free(keys);
	return ok;
}

static bool settle(cJSON *node, cJSON *parent, struct err *err)
{
	set_parent(node, parent);
	unmark(node);
	if (node->string && node->string[0] == MARK)
		memmove(node->string, node->string + 1, strlen(node->string));
	for (cJSON *child = node->child; child; child = child->next)
		if (!settle(child, node, err))
			return false;
	return !cJSON_IsObject(node) || refuse_duplicates(node, err);
}

struct json *json_parse(const char *text, size_t n, struct err *err)
{
	struct scan s = { .start = text, .p = text, .end = text + n, .err = err };
	str_init(&s.out, SIZE_MAX / 4);
	cJSON *root = NULL;
	if (scan_document(&s)) {
		root = cJSON_Parse(str_text(&s.out));
		if (!root)
			err_set(err, ERR_DATA, "not acceptable as JSON");
	}
	str_free(&s.out);
	if (root && !settle(root, NULL, err)) {
		cJSON_Delete(root);
		root = NULL;
	}
	return wrap(root);
}

struct json *json_load(const char *path, struct err *err)
{
	struct str text;
	str_init(&text, IO_MAX_FILE);
	struct json *json = NULL;
	if (io_read_file(path, &text, err)) {
		json = json_parse(str_text(&text), text.n, err);
		if (!json)
			err_wrap(err, "%s", streq(path, "-") ? "standard input" : path);
	}
	str_free(&text);
	return json;
}

void json_free(struct json *json)
{
	cJSON_Delete(raw(json));
}

/* ---- looking ---- */
enum json_type json_typeof(const struct json *json)
{
	if (!json)
		return JSON_NULL;
	switch (raw(json)->type & 0xFF) {
	case cJSON_True:
	case cJSON_False: return JSON_BOOL;
	case cJSON_Raw: return JSON_NUMBER;
	case cJSON_String: return JSON_STRING;
	case cJSON_Array: return JSON_ARRAY;
	case cJSON_Object: return JSON_OBJECT;
	default: return JSON_NULL;
	}
}

const char *json_type_name(enum json_type type)
{
	static const char *const name[] = { "null", "boolean", "number", "string", "array", "object" };
	return name[type];
}

bool json_is(const struct json *json, enum json_type type)
{
	return json && json_typeof(json) == type;
}

struct json *json_get(const struct json *object, const char *key)
{
	return wrap(json_is(object, JSON_OBJECT) ?
		    cJSON_GetObjectItemCaseSensitive(raw(object), key) : NULL);
}

struct json *json_at(const struct json *array, size_t index)
{
	struct json *child = json_is(array, JSON_ARRAY) ? json_first(array) : NULL;
	while (child && index--)
		child = json_next(child);
	return child;
}

struct json *json_first(const struct json *json)
{
	return json ? wrap(raw(json)->child) : NULL;
}

struct json *json_next(const struct json *child)
{
	return child ? wrap(raw(child)->next) : NULL;
}

const char *json_key(const struct json *child)
{
	return child ? raw(child)->string : NULL;
}

size_t json_len(const struct json *json)
{
	size_t n = 0;
	for (const struct json *child = json_first(json); child; child = json_next(child))
		n++;
	return n;
}

struct json *json_dig(const struct json *json, const char *dotted)
{
	char key[256];
	const struct json *at = json;
	while (at && *dotted) {
		size_t n = strcspn(dotted, ".");
		if (n >= sizeof key)
			return NULL;
		memcpy(key, dotted, n);
		key[n] = '\0';
		at = json_get(at, key);
		dotted += n + (dotted[n] == '.');
	}
	return wrap(raw(at));
}

static bool plain_key(const char *key)
{
	for (const char *p = key; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/-", *p))
			return false;
	return *key != '\0';
}

static void add_path(const cJSON *node, struct str *out)
{
	cJSON *parent = parent_of(node);
	if (!parent) {
		str_addc(out, '$');
		return;
	}
	add_path(parent, out);
	if (node->string && plain_key(node->string)) {
		str_addf(out, ".%s", node->string);
	} else if (node->string) {
		str_addc(out, '[');
		json_quote(out, node->string, strlen(node->string));
		str_addc(out, ']');
	} else {
		size_t index = 0;
		for (cJSON *child = parent->child; child != node; child = child->next)
			index++;
		str_addf(out, "[%zu]", index);
	}
}

const char *json_path(const struct json *json, struct str *out)
{
	str_reset(out);
	if (json)
		add_path(raw(json), out);
	return str_text(out);
}

/* ---- values ---- */
const char *json_text(const struct json *json)
{
	return json_is(json, JSON_STRING) ? raw(json)->valuestring : NULL;
}

const char *json_number_text(const struct json *json)
{
	return json_is(json, JSON_NUMBER) ? raw(json)->valuestring : NULL;
}

bool json_as_num(const struct json *json, double *out)
{
	const char *text = json_number_text(json);
	if (!text)
		return false;
	*out = strtod(text, NULL);
	return true;
}

bool json_as_int(const struct json *json, int64_t *out)
{
	const char *text = json_number_text(json);
	char *end;
	if (!text)
		return false;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (*end == '\0' && errno == 0) {
		*out = value;
		return true;
	}
	double number = strtod(text, NULL); /* 1e3 and 5.0 are whole, too */
	if (errno || fabs(number) > 9007199254740992.0 || number != floor(number))
		return false;
	*out = (int64_t)number;
	return true;
}

bool json_true(const struct json *json)
{
	return json && (raw(json)->type & 0xFF) == cJSON_True;
}

const char *json_str_or(const struct json *object, const char *key, const char *other)
{
	const char *text = json_text(json_get(object, key));
	return text ? text : other;
}

int64_t json_int_or(const struct json *object, const char *key, int64_t other)
{
	json_as_int(json_get(object, key), &other);
	return other;
}

double json_num_or(const struct json *object, const char *key, double other)
{
	json_as_num(json_get(object, key), &other);
	return other;
}

bool json_bool_or(const struct json *object, const char *key, bool other)
{
	const struct json *value = json_get(object, key);
	return json_is(value, JSON_BOOL) ? json_true(value) : other;
}

bool json_expected(const struct json *json, const char *what, struct err *err)
{
	struct str path = STR_INIT;
	err_set(err, ERR_DATA, "%s: expected %s, found %s", json_path(json, &path), what,
		json_type_name(json_typeof(json)));
	str_free(&path);
	return false;
}

static bool missing(const struct json *object, const char *key, const char *what, struct err *err)
{
	struct str path = STR_INIT;
	if (!json_is(object, JSON_OBJECT))
		json_expected(object, "an object", err);
	else
		err_set(err, ERR_DATA, "%s: no member \"%s\" (%s)", json_path(object, &path), key, what);
	str_free(&path);
	return false;
}

static const char *const article[] = { "null", "a boolean", "a number", "a string", "an array",
	"an object" };

struct json *json_need(const struct json *object, const char *key, enum json_type type,
		       struct err *err)
{
	struct json *value = json_get(object, key);
	if (!value)
		missing(object, key, article[type], err);
	else if (json_typeof(value) != type)
		json_expected(value, article[type], err);
	else
		return value;
	return NULL;
}

const char *json_need_str(const struct json *object, const char *key, struct err *err)
{
	return json_text(json_need(object, key, JSON_STRING, err));
}

bool json_need_int(const struct json *object, const char *key, int64_t *out, struct err *err)
{
	struct json *value = json_need(object, key, JSON_NUMBER, err);
	if (!value)
		return false;
	return json_as_int(value, out) || json_expected(value, "a 64-bit integer", err);
}

bool json_need_num(const struct json *object, const char *key, double *out, struct err *err)
{
	return json_as_num(json_need(object, key, JSON_NUMBER, err), out);
}

/* NULL when there is nothing to read; *ok false when the type is wrong. */
static struct json *optional(const struct json *object, const char *key, enum json_type type,
			     bool *ok, struct err *err)
{
	struct json *value = json_get(object, key);
	*ok = true;
	if (!value || json_typeof(value) == JSON_NULL)
		return NULL;
	if (json_typeof(value) != type)
		*ok = json_expected(value, article[type], err);
	return *ok ? value : NULL;
}

bool json_opt_str(const struct json *object, const char *key, const char **out, struct err *err)
{
	bool ok;
	struct json *value = optional(object, key, JSON_STRING, &ok, err);
	if (value)
		*out = json_text(value);
	return ok;
}

bool json_opt_int(const struct json *object, const char *key, int64_t *out, struct err *err)
{
	bool ok;
	struct json *value = optional(object, key, JSON_NUMBER, &ok, err);
	if (value && !json_as_int(value, out))
		return json_expected(value, "a 64-bit integer", err);
	return ok;
}

bool json_opt_bool(const struct json *object, const char *key, bool *out, struct err *err)
{
	bool ok;
	struct json *value = optional(object, key, JSON_BOOL, &ok, err);
	if (value)
		*out = json_true(value);
	return ok;
}

/* ---- building ---- */
static struct json *fresh(cJSON *node)
{
	if (!node)
		BUG("cJSON has no memory");
	set_parent(node, NULL);
	return wrap(node);
}

struct json *json_new_object(void)
{
	return fresh(cJSON_CreateObject());
}

struct json *json_new_array(void)
{
	return fresh(cJSON_CreateArray());
}

struct json *json_new_null(void)
{
	return fresh(cJSON_CreateNull());
}

struct json *json_new_bool(bool value)
{
	return fresh(cJSON_CreateBool(value));
}

struct json *json_new_strn(const char *s, size_t n)
{
	struct str clean = STR_INIT;
	str_init(&clean, SIZE_MAX / 4);
	for (size_t i = 0; i < n;) {
		size_t len = 1;
		while (len <= 4 && i + len <= n && !utf8_valid(s + i, len))
			len++;
		if (len > 4 || i + len > n || s[i] == '\0') {
			str_add(&clean, "\xEF\xBF\xBD");
			i++;
		} else {
			str_addn(&clean, s + i, len);
			i += len;
		}
	}
	struct json *json = fresh(cJSON_CreateString(str_text(&clean)));
	str_free(&clean);
	return json;
}

struct json *json_new_str(const char *s)
{
	if (!s)
		return json_new_null();
	size_t n = strlen(s);
	return utf8_valid(s, n) ? fresh(cJSON_CreateString(s)) : json_new_strn(s, n);
}

struct json *json_new_number_text(const char *text)
{
	return fresh(cJSON_CreateRaw(text));
}

struct json *json_new_int(int64_t value)
{
	char text[JSON_NUM_SIZE];
	snprintf(text, sizeof text, "%lld", (long long)value);
	return json_new_number_text(text);
}

struct json *json_new_num(double value)
{
	char text[JSON_NUM_SIZE];
	if (!isfinite(value))
		return json_new_null();
	return json_new_number_text(json_num_text(value, text));
}

static void adopt(cJSON *node)
{
	for (cJSON *child = node->child; child; child = child->next) {
		set_parent(child, node);
		adopt(child);
	}
}

struct json *json_dup(const struct json *json)
{
	if (!json)
		return NULL;
	cJSON *copy = cJSON_Duplicate(raw(json), true);
	fresh(copy);
	if (copy->string) { /* a root has no key */
		cJSON_free(copy->string);
		copy->string = NULL;
	}
	adopt(copy);
	return wrap(copy);
}

struct json *json_set(struct json *object, const char *key, struct json *value)
{
	if (!json_is(object, JSON_OBJECT) || !value)
		BUG("json_set \"%s\" on %s", key, json_type_name(json_typeof(object)));
	cJSON *old = cJSON_GetObjectItemCaseSensitive(raw(object), key);
	if (old)
		cJSON_ReplaceItemInObjectCaseSensitive(raw(object), key, raw(value));
	else
		cJSON_AddItemToObject(raw(object), key, raw(value));
	set_parent(raw(value), raw(object));
	return value;
}

struct json *json_append(struct json *object, const char *key, struct json *value)
{
	if (!json_is(object, JSON_OBJECT) || !value)
		BUG("json_append \"%s\" on %s", key, json_type_name(json_typeof(object)));
	cJSON_AddItemToObject(raw(object), key, raw(value));
	set_parent(raw(value), raw(object));
	return value;
}

void json_set_str(struct json *object, const char *key, const char *s)
{
	json_set(object, key, json_new_str(s));
}

void json_set_int(struct json *object, const char *key, int64_t value)
{
	json_set(object, key, json_new_int(value));
}

void json_set_num(struct json *object, const char *key, double value)
{
	json_set(object, key, json_new_num(value));
}

void json_set_bool(struct json *object, const char *key, bool value)
{
	json_set(object, key, json_new_bool(value));
}

struct json *json_push(struct json *array, struct json *value)
{
	if (!json_is(array, JSON_ARRAY) || !value)
		BUG("json_push on %s", json_type_name(json_typeof(array)));
	cJSON_AddItemToArray(raw(array), raw(value));
	set_parent(raw(value), raw(array));
	return value;
}

void json_push_str(struct json *array, const char *s)
{
	json_push(array, json_new_str(s));
}

void json_push_strf(struct json *array, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list ap;
	va_start(ap, format);
	str_vaddf(&text, format, ap);
	va_end(ap);
	json_push_str(array, str_text(&text));
	str_free(&text);
}

void json_insert(struct json *array, size_t index, struct json *value)
{
	cJSON *at = raw(json_at(array, index)), *node = raw(value);
	if (!at) {
		json_push(array, value);
		return;
	}
	/* linked by hand: cJSON_InsertItemInArray of some versions takes the first place only */
	node->next = at;
	node->prev = at->prev;
	at->prev = node;
	if (raw(array)->child == at)
		raw(array)->child = node;
	else
		node->prev->next = node;
	set_parent(node, raw(array));
}

void json_remove(struct json *object, const char *key)
{
	struct json *child = json_get(object, key);
	if (child)
		json_free(json_detach(child));
}

struct json *json_detach(struct json *child)
{
	cJSON *node = raw(child), *parent = parent_of(node);
	if (parent)
		cJSON_DetachItemViaPointer(parent, node);
	if (node->string) {
		cJSON_free(node->string);
		node->string = NULL;
	}
	return fresh(node);
}

void json_replace(struct json *child, struct json *value)
{
	cJSON *parent = parent_of(raw(child));
	if (!parent)
		BUG("json_replace of a root");
	if (raw(child)->string) {
		char *key = xstrdup(raw(child)->string);
		json_set(wrap(parent), key, value);
		free(key);
		return;
	}
	cJSON_ReplaceItemViaPointer(parent, raw(child), raw(value));
	set_parent(raw(value), parent);
}

struct sort_item {
	cJSON *node;
	size_t index;
	int (*compare)(const struct json *, const struct json *);
};

static int compare_items(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;
	int order = x->compare(wrap(x->node), wrap(y->node));
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

void json_sort(struct json *array, int (*compare)(const struct json *, const struct json *))
{
	size_t n = json_len(array), i = 0;
	if (n < 2)
		return;
	struct sort_item *items = xcalloc(n, sizeof *items);
	for (struct json *child = json_first(array); child; child = json_next(child), i++)
		items[i] = (struct sort_item){ raw(child), i, compare };
	qsort(items, n, sizeof *items, compare_items);
	for (i = 0; i < n; i++) {
		items[i].node->prev = items[i ? i - 1 : n - 1].node;
		items[i].node->next = i + 1 < n ? items[i + 1].node : NULL;
	}
	raw(array)->child = items[0].node;
	free(items);
}

/* ---- comparing ---- */
static bool equal_numbers(const struct json *a, const struct json *b)
{
	int64_t x, y;
	double p, q;
	if (streq(json_number_text(a), json_number_text(b)))
		return true;
	if (json_as_int(a, &x) && json_as_int(b, &y))
		return x == y;
	return json_as_num(a, &p) && json_as_num(b, &q) && p == q;
}

static bool equal_members(const struct json *a, const struct json *b)
{
	if (json_len(a) != json_len(b))
		return false;
	for (const struct json *x = json_first(a), *y = json_first(b); x;
	     x = json_next(x), y = json_next(y)) {
		const struct json *other = json_key(x) ? json_get(b, json_key(x)) : y;
		if (!other || !json_equal(x, other))
			return false;
	}
	return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
	if (!a || !b || json_typeof(a) != json_typeof(b))
		return a == b;
	switch (json_typeof(a)) {
	case JSON_NULL: return true;
	case JSON_BOOL: return json_true(a) == json_true(b);
	case JSON_NUMBER: return equal_numbers(a, b);
	case JSON_STRING: return streq(json_text(a), json_text(b));
	default: return equal_members(a, b);
	}
}

void json_print(const struct json *json, struct str *out)
{
	json_print_pretty(json, 0, out);
}

void json_print_pretty(const struct json *json, int indent, struct str *out)
{
	struct jsonw w;
	jsonw_to_str(&w, out, indent);
	jsonw_value(&w, json);
}

static int by_key(const struct json *a, const struct json *b)
{
	return strcmp(json_key(a), json_key(b));
}

static void sort_keys(struct json *json)
{
	for (struct json *child = json_first(json); child; child = json_next(child))
		sort_keys(child);
	if (json_is(json, JSON_OBJECT))
		json_sort(json, by_key);
}

void json_canonical(const struct json *json, struct str *out)
{
	struct json *copy = json ? json_dup(json) : json_new_null();
	sort_keys(copy);
	json_print(copy, out);
	json_free(copy);
}
