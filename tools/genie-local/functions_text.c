/* functions_text.c - texts, counted in Unicode characters; letter case by ASCII and
 * Latin-1 and Greek and Cyrillic's simple pairs. */
#include "functions.h"

#include "json.h"
#include "str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (16u << 20)

static size_t chars(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* The byte where character n begins, or the end. */
static const char *char_at(const char *s, size_t n)
{
	while (*s && n) {
		s++;
		while (((unsigned char)*s & 0xc0) == 0x80)
			s++;
		n--;
	}
	return s;
}

static void result_str(struct db_call *call, struct str *out)
{
	if (str_over(out))
		function_error(call, "UNSUPPORTED_FEATURE", "0A000", "The feature is not"
			" supported: a text this long.");
	else
		db_result_textn(call, str_text(out), out->n);
	str_free(out);
}

/* Two-byte letters that have a simple pair: Latin-1, Greek, Cyrillic. */
static unsigned change_case(unsigned c, bool up)
{
	if (c < 128)
		return (unsigned)(up ? toupper((int)c) : tolower((int)c));
	if (up) {
		if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3c9 &&
			c != 0x3c2) ||
		    (c >= 0x430 && c <= 0x44f))
			return c - 0x20;
		return c >= 0x450 && c <= 0x45f ? c - 0x50 : c >= 0x100 && c <= 0x137 ? c & ~1u : c;
	}
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 &&
		c <= 0x42f))
		return c + 0x20;
	return c >= 0x400 && c <= 0x40f ? c + 0x50 : c >= 0x100 && c <= 0x137 ? c | 1u : c;
}

static const char *add_case(struct str *out, const char *s, bool up)
{
	unsigned char a = (unsigned char)*s, b = (unsigned char)s[1];
	if (a < 128) {
		str_addc(out, (char)change_case(a, up));
		return s + 1;
	}
	if ((a & 0xe0) == 0xc0 && (b & 0xc0) == 0x80) {
		unsigned c = change_case((a & 0x1fu) << 6 | (b & 0x3fu), up);
		str_addc(out, (char)(0xc0 | c >> 6));
		str_addc(out, (char)(0x80 | (c & 0x3f)));
		return s + 2;
	}
	str_addc(out, *s);
	return s + 1;
}

static void letter_case(struct db_call *call, void *user)
{
	struct str out;
	if (function_null(call))
		return;
	str_init(&out, TEXT_MAX);
	for (const char *s = db_arg_text(call, 0); *s;)
		s = add_case(&out, s, user != NULL);
	result_str(call, &out);
}

static void initcap(struct db_call *call, void *user UNUSED)
{
	struct str out;
	bool first = true;
	if (function_null(call))
		return;
	str_init(&out, TEXT_MAX);
	for (const char *s = db_arg_text(call, 0); *s;) {
		bool blank = *s == ' ';
		s = add_case(&out, s, first);
		first = blank;
	}
	result_str(call, &out);
}

static void concat(struct db_call *call, void *user UNUSED)
{
	struct str out;
	if (function_null(call))
		return;
	str_init(&out, TEXT_MAX);
	for (int i = 0; i < db_argc(call); i++)
		str_add(&out, db_arg_text(call, i));
	result_str(call, &out);
}

/* Skips NULLs; a NULL separator gives NULL. */
static void concat_ws(struct db_call *call, void *user UNUSED)
{
	struct str out;
	bool any = false;
	if (db_arg_type(call, 0) == DB_NULL) {
		db_result_null(call);
		return;
	}
	str_init(&out, TEXT_MAX);
	for (int i = 1; i < db_argc(call); i++) {
		if (db_arg_type(call, i) == DB_NULL)
			continue;
		if (any)
			str_add(&out, db_arg_text(call, 0));
		str_add(&out, db_arg_text(call, i));
		any = true;
	}
	result_str(call, &out);
}

static void slice(struct db_call *call, const char *s, int64_t from, int64_t to)
{
	from = from < 0 ? 0 : from;
	if (to <= from) {
		db_result_text(call, "");
		return;
	}
	const char *a = char_at(s, (size_t)from), *b = char_at(a, (size_t)(to - from));
	db_result_textn(call, a, (size_t)(b - a));
}

/* dbx_substring(s, from[, n]): from 1, or from the end when negative; 0 is 1 */
static void substring(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	const char *s = db_arg_text(call, 0);
	int64_t from = db_arg_int(call, 1), n = (int64_t)chars(s);
	int64_t start = from > 0 ? from - 1 : from < 0 ? n + from : 0, end = n;
	if (db_argc(call) > 2) {
		int64_t length = db_arg_int(call, 2);
		end = length <= 0 ? start : length > n - start ? n : start + length;
	}
	slice(call, s, start, end);
}

static void left_right(struct db_call *call, void *user)
{
	if (function_null(call))
		return;
	const char *s = db_arg_text(call, 0);
	int64_t n = (int64_t)chars(s), take = db_arg_int(call, 1);
	take = take < 0 ? 0 : take > n ? n : take;
	if (user)
		slice(call, s, n - take, n);
	else
		slice(call, s, 0, take);
}

static void replace(struct db_call *call, void *user UNUSED)
{
	struct str out;
	if (function_null(call))
		return;
	const char *s = db_arg_text(call, 0), *what = db_arg_text(call, 1);
	const char *by = db_argc(call) > 2 ? db_arg_text(call, 2) : "";
	size_t n = strlen(what);
	str_init(&out, TEXT_MAX);
	for (const char *at; n && (at = strstr(s, what)); s = at + n) {
		str_addn(&out, s, (size_t)(at - s));
		str_add(&out, by);
	}
	str_add(&out, s);
	result_str(call, &out);
}

/* dbx_lpad, dbx_rpad(s, n[, with]) */
static void pad(struct db_call *call, void *user)
{
	struct str out, fill;
	if (function_null(call))
		return;
	const char *s = db_arg_text(call, 0), *with = db_argc(call) > 2 ? db_arg_text(call, 2) : ""
		" ";
	int64_t want = db_arg_int(call, 1), have = (int64_t)chars(s);
	if (want <= have || !*with) {
		slice(call, s, 0, want < have ? want : have);
		return;
	}
	str_init(&out, TEXT_MAX);
	str_init(&fill, TEXT_MAX);
	const char *at = with;
	for (int64_t i = have; i < want && !str_over(&fill); i++) {
		const char *next = char_at(at, 1);
		str_addn(&fill, at, (size_t)(next - at));
		at = *next ? next : with;
	}
	str_add(&out, user ? s : str_text(&fill));
	str_add(&out, user ? str_text(&fill) : s);
	out.over = out.over || fill.over;
	str_free(&fill);
	result_str(call, &out);
}

static void repeat(struct db_call *call, void *user UNUSED)
{
	struct str out;
	if (function_null(call))
		return;
	str_init(&out, TEXT_MAX);
	for (int64_t i = db_arg_int(call, 1); i > 0 && !str_over(&out) && *db_arg_text(call,
		0); i--)
		str_add(&out, db_arg_text(call, 0));
	result_str(call, &out);
}

static void reverse(struct db_call *call, void *user UNUSED)
{
	struct str out;
	if (function_null(call))
		return;
	str_init(&out, TEXT_MAX);
	const char *s = db_arg_text(call, 0), *end = s + strlen(s);
	while (end > s) {
		const char *start = end - 1;
		while (start > s && ((unsigned char)*start & 0xc0) == 0x80)
			start--;
		str_addn(&out, start, (size_t)(end - start));
		end = start;
	}
	result_str(call, &out);
}

static size_t count_parts(const char *s, const char *by, size_t n)
{
	size_t parts = 1;
	for (const char *at = s; (at = strstr(at, by)); at += n)
		parts++;
	return parts;
}

/* dbx_split_part(s, delimiter, n): from 1, or from the end; 0 is an error */
static void split_part(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	const char *s = db_arg_text(call, 0), *by = db_arg_text(call, 1);
	int64_t want = db_arg_int(call, 2);
	size_t n = strlen(by), parts = n ? count_parts(s, by, n) : 1;
	if (want == 0) {
		function_error(call, "INVALID_INDEX_OF_ZERO", "22003", "The index 0 is invalid. "
			"An index shall be either < 0 or > 0 (the first element has index 1).");
		return;
	}
	want = want < 0 ? (int64_t)parts + want + 1 : want;
	if (want < 1 || want > (int64_t)parts) {
		db_result_text(call, "");
		return;
	}
	for (; want > 1; want--)
		s = strstr(s, by) + n;
	const char *end = n ? strstr(s, by) : NULL;
	db_result_textn(call, s, end ? (size_t)(end - s) : strlen(s));
}

/* dbx_substring_index(s, delimiter, n): what is before the n-th, or after the n-th from the end */
static void substring_index(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	const char *s = db_arg_text(call, 0), *by = db_arg_text(call, 1), *at = s;
	int64_t want = db_arg_int(call, 2);
	size_t n = strlen(by), parts = n ? count_parts(s, by, n) : 1;
	if (!n || !want) {
		db_result_text(call, "");
	} else if ((want > 0 && want >= (int64_t)parts) || (want < 0 && -want >= (int64_t)parts)) {
		db_result_arg(call, 0);
	} else {
		int64_t skip = want > 0 ? want : (int64_t)parts + want;
		for (; skip > 0; skip--)
			at = strstr(at, by) + n;
		if (want > 0)
			db_result_textn(call, s, (size_t)(at - n - s));
		else
			db_result_text(call, at);
	}
}

/* dbx_position(what, s[, from]) */
static void position(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	const char *what = db_arg_text(call, 0), *s = db_arg_text(call, 1);
	int64_t from = db_argc(call) > 2 ? db_arg_int(call, 2) : 1;
	if (from < 1) {
		db_result_int(call, 0);
		return;
	}
	const char *start = char_at(s, (size_t)from - 1), *at = strstr(start, what);
	if (!at || (size_t)from > chars(s) + 1) {
		db_result_int(call, 0);
		return;
	}
	int64_t n = 1;
	for (const char *c = s; c < at; c++)
		n += ((unsigned char)*c & 0xc0) != 0x80;
	db_result_int(call, n);
}

static void starts_ends(struct db_call *call, void *user)
{
	if (!function_null(call))
		db_result_int(call, user ? ends_with(db_arg_text(call, 0), db_arg_text(call, 1))
					 : starts_with(db_arg_text(call, 0), db_arg_text(call, 1)));
}

static void translate(struct db_call *call, void *user UNUSED)
{
	struct str out;
	if (function_null(call))
		return;
	const char *from = db_arg_text(call, 1), *to = db_arg_text(call, 2);
	str_init(&out, TEXT_MAX);
	for (const char *s = db_arg_text(call, 0); *s;) {
		const char *next = char_at(s, 1), *f = from, *t = to;
		size_t n = (size_t)(next - s);
		while (*f && strncmp(f, s, n) != 0) {
			f = char_at(f, 1);
			t = char_at(t, 1);
		}
		if (!*f)
			str_addn(&out, s, n);
		else
			str_addn(&out, t, (size_t)(char_at(t, 1) - t));
		s = next;
	}
	result_str(call, &out);
}

/* dbx_format_number(x, digits): 1,234,567.89 */
static void format_number(struct db_call *call, void *user UNUSED)
{
	char text[400];
	struct str out;
	if (function_null(call))
		return;
	int digits = (int)db_arg_int(call, 1);
	if (digits < 0 || digits > 30) {
		db_result_null(call);
		return;
	}
	snprintf(text, sizeof(text), "%.*f", digits, round_half_up(db_arg_real(call, 0), digits));
	str_init(&out, 1000);
	size_t sign = *text == '-', whole = strcspn(text + sign, ".");
	str_addn(&out, text, sign);
	for (size_t i = 0; i < whole; i++) {
		if (i && (whole - i) % 3 == 0)
			str_addc(&out, ',');
		str_addc(&out, text[sign + i]);
	}
	str_add(&out, text + sign + whole);
	result_str(call, &out);
}

static int by_value(const struct json *a, const struct json *b)
{
	double x, y;
	if (json_as_num(a, &x) && json_as_num(b, &y))
		return (x > y) - (x < y);
	const char *s = json_text(a), *t = json_text(b);
	return s && t ? strcmp(s, t) : (s != NULL) - (t != NULL);
}

static struct json *arg_array(struct db_call *call)
{
	struct err err = { 0 };
	struct json *json = json_parse(db_arg_text(call, 0), db_arg_bytes(call, 0), &err);
	if (!json || !json_is(json, JSON_ARRAY)) {
		json_free(json);
		function_error(call, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09", "An array"
			" is needed.");
		return NULL;
	}
	return json;
}

static void sort_array(struct db_call *call, void *user UNUSED)
{
	struct json *json = function_null(call) ? NULL : arg_array(call);
	struct str out;
	if (!json)
		return;
	json_sort(json, by_value);
	str_init(&out, TEXT_MAX);
	json_print(json, &out);
	json_free(json);
	result_str(call, &out);
}

static void array_join(struct db_call *call, void *user UNUSED)
{
	struct json *json = function_null(call) ? NULL : arg_array(call);
	struct str out;
	if (!json)
		return;
	str_init(&out, TEXT_MAX);
	for (struct json *item = json_first(json); item; item = json_next(item)) {
		if (item != json_first(json))
			str_add(&out, db_arg_text(call, 1));
		if (json_text(item))
			str_add(&out, json_text(item));
		else
			json_print(item, &out);
	}
	json_free(json);
	result_str(call, &out);
}

bool functions_add_texts(struct db *db, struct err *err)
{
	static const struct function_entry plain[] = {
		{ "dbx_lower", 1, letter_case, false }, { "dbx_initcap", 1, initcap, false },
		{ "dbx_concat", -1, concat, false }, { "dbx_concat_ws", -1, concat_ws, false },
		{ "dbx_substring", -1, substring, false }, { "dbx_left", 2, left_right, false },
		{ "dbx_replace", -1, replace, false }, { "dbx_lpad", -1, pad, false },
		{ "dbx_repeat", 2, repeat, false }, { "dbx_reverse", 1, reverse, false },
		{ "dbx_split_part", 3, split_part, true }, { "dbx_substring_index", 3,
		substring_index, false },
		{ "dbx_position", -1, position, false }, { "dbx_startswith", 2, starts_ends,
		false },
		{ "dbx_translate", 3, translate, false }, { "dbx_format_number", 2, format_number,
		false },
		{ "dbx_sort_array", 1, sort_array, true }, { "dbx_array_join", 2, array_join,
		true },
	};
	static const struct function_entry other[] = {
		{ "dbx_upper", 1, letter_case, false }, { "dbx_right", 2, left_right, false },
		{ "dbx_rpad", -1, pad, false }, { "dbx_endswith", 2, starts_ends, false },
	};
	static char flag;
	return functions_add(db, plain, countof(plain), NULL, err) &&
		functions_add(db, other, countof(other), &flag, err);
}
