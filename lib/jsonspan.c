/* Places in a JSON text that is known to be well-formed. */
#include "jsonedit.h"
#include "jsoneditx.h"

#include "json.h"
#include "jsonskim.h"
#include "str.h"

#include <string.h>

struct scan {
	struct arena *arena;
	const char *text;
	size_t at;
};

static void skip_space(struct scan *s)
{
	s->at += strspn(s->text + s->at, " \t\r\n");
}

static void skip_string(struct scan *s)
{
	for (s->at++; s->text[s->at] && s->text[s->at] != '"'; s->at++)
		if (s->text[s->at] == '\\' && s->text[s->at + 1])
			s->at++;
	if (s->text[s->at])
		s->at++;
}

static struct span *read_value(struct scan *s, const struct json *json);

static void read_children(struct scan *s, struct span *span)
{
	struct span **link = &span->first;
	s->at++;
	for (const struct json *c = json_first(span->json); c; c = json_next(c)) {
		skip_space(s);
		size_t start = s->at;
		if (json_is(span->json, JSON_OBJECT)) {
			skip_string(s);
			skip_space(s);
			s->at++; /* the colon */
			skip_space(s);
		}
		*link = read_value(s, c);
		(*link)->start = start;
		link = &(*link)->next;
		skip_space(s);
		if (json_next(c))
			s->at++; /* the comma */
	}
	skip_space(s);
	s->at++;
}

static struct span *read_value(struct scan *s, const struct json *json)
{
	struct span *span = arena_alloc(s->arena, sizeof *span);
	*span = (struct span){ .json = json, .start = s->at, .from = s->at };
	if (json_is(json, JSON_OBJECT) || json_is(json, JSON_ARRAY))
		read_children(s, span);
	else if (json_is(json, JSON_STRING))
		skip_string(s);
	else
		s->at += strcspn(s->text + s->at, ",]} \t\r\n");
	span->to = s->at;
	return span;
}

struct span *span_read(struct arena *arena, const char *text, const struct json *json)
{
	struct scan s = { arena, text, 0 };
	skip_space(&s);
	return read_value(&s, json);
}

static const struct span *span_of(const struct span *span, const struct json *part)
{
	if (span->json == part)
		return span;
	for (const struct span *c = span->first; c; c = c->next) {
		const struct span *found = span_of(c, part);
		if (found)
			return found;
	}
	return NULL;
}

size_t json_edit_line(const char *text, const struct json *document, const struct json *part)
{
	struct arena arena = { 0 };
	const struct span *span = span_of(span_read(&arena, text, document), part);
	size_t line = span ? 1 : 0;
	for (size_t i = 0; span && i < span->start; i++)
		line += text[i] == '\n';
	arena_free(&arena);
	return line;
}

size_t json_edit_path_line(const char *text, const char *path)
{
	struct arena arena = { 0 };
	struct err ignored = { 0 };
	struct json *json = json_parse(text, strlen(text), &ignored), *part = json, *next;
	while (*path) {
		size_t n = strcspn(path, ".");
		if (!(next = json_get(part, arena_strndup(&arena, path, n))))
			break;
		part = next;
		path += n + (path[n] == '.');
	}
	size_t line = json ? json_edit_line(text, json, part) : 1;
	arena_free(&arena);
	json_free(json);
	return line;
}

const struct span *span_member(const struct span *object, const char *key)
{
	if (!object || !json_is(object->json, JSON_OBJECT))
		return NULL;
	for (const struct span *c = object->first; c; c = c->next)
		if (streq(json_key(c->json), key))
			return c;
	return NULL;
}

/* ---- string literals ---- */
/* One character at s to out; *used bytes of s. */
static size_t decode_one(const char *s, char *out, size_t *used)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *name;
	*used = 1;
	if (*s != '\\') {
		*out = *s;
		return 1;
	}
	*used = 2;
	if (s[1] != 'u') {
		name = strchr(names, s[1]);
		*out = name ? values[name - names] : s[1];
		return 1;
	}
	*used = 6;
	uint32_t c = (uint32_t)json_hex4(s + 2, s + 6);
	if (c >= 0xd800 && c < 0xdc00 && s[6] == '\\' && s[7] == 'u') {
		c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)json_hex4(s + 8, s + 12) - 0xdc00);
		*used = 12;
	}
	return utf8_put(out, c);
}

void span_decode(struct arena *arena, const char *text, size_t from, size_t to,
	struct decoded *out)
{
	size_t at = from + 1, end = to - 1, n = 0, used;
	/* no escape is shorter than what it stands for */
	out->text = arena_alloc(arena, to - from + 1);
	out->map = arena_alloc(arena, (to - from + 1) * sizeof *out->map);
	while (at < end) {
		size_t k = decode_one(text + at, out->text + n, &used);
		for (size_t i = 0; i < k; i++)
			out->map[n + i] = at;
		n += k;
		at += used;
	}
	out->map[n] = end;
	out->text[n] = '\0';
	out->n = n;
}
