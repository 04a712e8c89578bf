/* How a JSON document is written, and writing new parts like it. */
#include "jsoneditx.h"

#include "json.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading the style ---- */
static bool container(const struct json *json)
{
	return json_is(json, JSON_OBJECT) || json_is(json, JSON_ARRAY);
}

static bool has_newline(const char *text, size_t from, size_t to)
{
	return memchr(text + from, '\n', to - from) != NULL;
}

/* Is this container, which has members, written within a line? */
static bool is_flat(const char *text, const struct span *span)
{
	return !has_newline(text, span->from, span->to);
}

struct look {
	const char *text;
	const struct span *list, *item, *flat, *flat_object, *member;
};

static void look_at(struct look *look, const struct span *span, bool in_list)
{
	bool object = json_is(span->json, JSON_OBJECT);
	if (!span->first)
		return;
	if (object && !look->member)
		look->member = span->first;
	if (!object && !look->list && !container(span->first->json))
		look->list = span;
	if (object && in_list && !look->item)
		look->item = span;
	if (is_flat(look->text, span)) {
		if (object && !look->flat_object)
			look->flat_object = span;
		if (span->first->next && !look->flat)
			look->flat = span;
	}
	for (const struct span *c = span->first; c; c = c->next)
		look_at(look, c, !object);
}

static const char *cut(struct arena *arena, const char *text, size_t from, size_t to)
{
	char *copy = arena_alloc(arena, to - from + 1);
	memcpy(copy, text + from, to - from);
	copy[to - from] = '\0';
	return copy;
}

/* The white space after the first line break in front of the first indented line. */
static const char *find_unit(struct arena *arena, const char *text)
{
	for (const char *s = strchr(text, '\n'); s; s = strchr(s + 1, '\n')) {
		size_t n = strspn(s + 1, " \t");
		if (n && n <= 16)
			return cut(arena, s + 1, 0, n);
	}
	return "  ";
}

static void read_escapes(struct json_style *style, const char *text)
{
	size_t escaped = 0, raw = 0;
	for (const char *s = text; *s; s++) {
		raw += ((unsigned char)*s & 0xc0) == 0xc0;
		if (*s != '\\')
			continue;
		s++;
		if (*s != 'u')
			continue;
		bool high = strncmp(s + 1, "00", 2) != 0 || (s[3] >= '8');
		escaped += high;
		if (!high && (starts_with(s + 3, "26") || starts_withi(s + 3, "3c") ||
			      starts_withi(s + 3, "3e")))
			style->html = true;
		if (strcspn(s + 1, "ABCDEF") < 4)
			style->upper = true;
	}
	style->ascii = escaped > raw;
}

static void read_colon(struct json_style *style, struct arena *arena, const char *text,
		       const struct span *member)
{
	size_t key = member->start + 1;
	while (text[key] != '"')
		key += text[key] == '\\' ? 2 : 1;
	if (!has_newline(text, key, member->from))
		style->colon = cut(arena, text, key + 1, member->from);
}

void style_read(struct json_style *style, struct arena *arena, const char *text, size_t n,
	const struct span *root)
{
	struct look look = { .text = text };
	const char *newline = memchr(text, '\n', n);
	look_at(&look, root, false);
	*style = (struct json_style){ .eol = "\n", .unit = "  ", .colon = ": ", .comma = ", " };
	style->lines = root->first ? !is_flat(text, root) : newline && newline[1];
	if (newline && newline > text && newline[-1] == '\r')
		style->eol = "\r\n";
	if (style->lines)
		style->unit = find_unit(arena, text);
	style->flat_lists = look.list ? is_flat(text, look.list) : !style->lines;
	style->flat_items = look.item ? is_flat(text, look.item) : !style->lines;
	if (look.member)
		read_colon(style, arena, text, look.member);
	if (look.flat) {
		const struct span *second = look.flat->first->next;
		size_t space = second->start;
		while (text[space - 1] != ',')
			space--;
		style->comma = cut(arena, text, space - 1, second->start);
	} else if (!style->lines && look.member && streq(style->colon, ":")) {
		style->comma = ",";
	}
	if (look.flat_object)
		style->pad = look.flat_object->first->start > look.flat_object->from + 1;
	read_escapes(style, text);
}

/* ---- writing ---- */
static size_t read_utf8(const char *s, size_t n, unsigned *c)
{
	unsigned char lead = (unsigned char)*s;
	size_t k = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	*c = k == 1 ? lead : lead & (0xffu >> (k + 1));
	for (size_t i = 1; i < k && i < n; i++)
		*c = *c << 6 | ((unsigned char)s[i] & 0x3f);
	return k < n ? k : n;
}

static void put_hex(struct str *out, const struct json_style *style, unsigned c)
{
	if (c >= 0x10000) {
		put_hex(out, style, 0xd800 + ((c - 0x10000) >> 10));
		put_hex(out, style, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		str_addf(out, style->upper ? "\\u%04X" : "\\u%04x", c);
	}
}

void style_escape(struct str *out, const struct json_style *style, const char *s, size_t n)
{
	static const char chars[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	unsigned c;
	for (size_t i = 0, k; i < n; i += k) {
		k = read_utf8(s + i, n - i, &c);
		const char *special = c && c < 0x80 ? strchr(chars, (int)c) : NULL;
		if (special)
			str_addf(out, "\\%c", names[special - chars]);
		else if (c < 0x20 || (c >= 0x80 && style->ascii) ||
			 (style->html && (c == '&' || c == '<' || c == '>')))
			put_hex(out, style, c);
		else
			str_addn(out, s + i, k);
	}
}

void style_quote(struct str *out, const struct json_style *style, const char *s)
{
	str_addc(out, '"');
	style_escape(out, style, s, strlen(s));
	str_addc(out, '"');
}

/* Where a key stands in an object like this one. */
static size_t rank(const struct json_place *place, const struct span *model, const char *key)
{
	size_t at = 0;
	if (place->sorted || !model)
		return 0;
	for (const struct span *c = model->first; c && !streq(json_key(c->json), key); c = c->next)
		at++;
	return at;
}

/* The member that comes next, after `done` ones; `taken` tells which those were. */
static const struct json *pick(const struct json_place *place, const struct json *object,
			       const struct span *model, bool *taken)
{
	const struct json *best = NULL;
	size_t best_rank = 0, best_at = 0, at = 0;
	for (const struct json *c = json_first(object); c; c = json_next(c), at++) {
		size_t r = rank(place, model, json_key(c));
		if (taken[at] || (best && (place->sorted ?
				strcmp(json_key(c), json_key(best)) >= 0 : r >= best_rank)))
			continue;
		best = c;
		best_rank = r;
		best_at = at;
	}
	taken[best_at] = true;
	return best;
}

static bool choose_flat(const struct json_place *place, const struct json *value,
			const struct span *model, bool in_list)
{
	if (place->flat)
		return true;
	if (model)
		return is_flat(place->text, model);
	if (json_is(value, JSON_ARRAY) && !container(json_first(value)))
		return place->style->flat_lists;
	if (json_is(value, JSON_OBJECT) && in_list)
		return place->style->flat_items;
	return !place->style->lines;
}

static void put_children(struct str *out, const struct json_place *place, const struct json *value,
			 const struct span *model, const char *indent)
{
	const struct json_style *style = place->style;
	bool object = json_is(value, JSON_OBJECT);
	size_t n = json_len(value), i = 0;
	bool *taken = xcalloc(n + 1, sizeof *taken);
	struct str deeper = STR_INIT;
	str_addf(&deeper, "%s%s", indent, place->flat ? "" : style->unit);
	for (const struct json *c = json_first(value); i < n; i++, c = json_next(c)) {
		const struct json *child = object ? pick(place, value, model, taken) : c;
		if (i)
			str_add(out, place->flat ? style->comma : ",");
		if (!place->flat)
			str_addf(out, "%s%s", style->eol, str_text(&deeper));
		if (object) {
			style_quote(out, style, json_key(child));
			str_add(out, style->colon);
		}
		style_put(out, place, child, object ? span_member(model, json_key(child)) :
			  model ? model->first : NULL, str_text(&deeper));
	}
	str_free(&deeper);
	free(taken);
}

static void put_container(struct str *out, const struct json_place *at, const struct json *value,
			  const struct span *model, const char *indent)
{
	bool object = json_is(value, JSON_OBJECT);
	if (model && (!model->first || json_is(model->json, JSON_OBJECT) != object))
		model = NULL;
	struct json_place place = *at;
	place.flat = choose_flat(at, value, model, object && !json_key(value));
	bool pad = place.flat && object && (model && is_flat(at->text, model) ?
		model->first->start > model->from + 1 : at->style->pad);
	str_addc(out, object ? '{' : '[');
	if (pad)
		str_addc(out, ' ');
	put_children(out, &place, value, model, indent);
	if (pad)
		str_addc(out, ' ');
	if (!place.flat)
		str_addf(out, "%s%s", at->style->eol, indent);
	str_addc(out, object ? '}' : ']');
}

void style_put(struct str *out, const struct json_place *place, const struct json *value,
	const struct span *model, const char *indent)
{
	if (json_text(value)) {
		style_quote(out, place->style, json_text(value));
	} else if (container(value) && json_len(value)) {
		put_container(out, place, value, model, indent);
	} else if (container(value)) {
		str_add(out, json_is(value, JSON_OBJECT) ? "{}" : "[]");
	} else {
		json_print(value, out);
	}
}

bool json_keys_sorted(const struct json *json, size_t *pairs)
{
	const char *last = NULL;
	for (const struct json *child = json_first(json); child; child = json_next(child)) {
		const char *key = json_key(child);
		*pairs += key && last;
		if ((key && last && strcmp(last, key) > 0) || !json_keys_sorted(child, pairs))
			return false;
		last = key;
	}
	return true;
}
