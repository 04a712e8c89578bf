#include "planner_text.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct label {
	const char *text; /* lower case; blanks stand for blank, _ or - */
	enum part_kind kind;
	bool bare; /* also without a colon, then up to the end of the sentence */
};

/* Longer labels stand before their own beginnings. */
static const struct label labels[] = {
	{ "preferred questions", PART_FOR, false },
	{ "example questions", PART_FOR, false },
	{ "sample questions", PART_FOR, false },
	{ "use this function for", PART_FOR, true },
	{ "use this table for", PART_FOR, true },
	{ "use this for", PART_FOR, true },
	{ "use this when", PART_FOR, true },
	{ "use only for", PART_FOR, true },
	{ "use when", PART_FOR, true },
	{ "use for", PART_FOR, true },
	{ "used for", PART_FOR, true },
	{ "best for", PART_FOR, true },
	{ "ideal for", PART_FOR, true },
	{ "good for", PART_FOR, true },
	{ "do not use when", PART_NOT, true },
	{ "do not use this for", PART_NOT, true },
	{ "do not use it for", PART_NOT, true },
	{ "do not use for", PART_NOT, true },
	{ "do not use if", PART_NOT, true },
	{ "don't use this for", PART_NOT, true },
	{ "don't use for", PART_NOT, true },
	{ "don't use when", PART_NOT, true },
	{ "should not be used for", PART_NOT, true },
	{ "must not be used for", PART_NOT, true },
	{ "never use this for", PART_NOT, true },
	{ "never use for", PART_NOT, true },
	{ "not intended for", PART_NOT, true },
	{ "not suitable for", PART_NOT, true },
	{ "not recommended for", PART_NOT, true },
	{ "not to be used for", PART_NOT, true },
	{ "avoid using for", PART_NOT, true },
	{ "avoid for", PART_NOT, true },
	{ "not for", PART_NOT, true },
	{ "avoid", PART_NOT, false },
	{ "also known as", PART_SYNONYMS, true },
	{ "also called", PART_SYNONYMS, true },
	{ "aka", PART_SYNONYMS, true },
	{ "synonyms", PART_SYNONYMS, false },
	{ "synonym", PART_SYNONYMS, false },
	{ "aliases", PART_SYNONYMS, false },
	{ "alias", PART_SYNONYMS, false },
	{ "allowed values", PART_VALUES, false },
	{ "possible values", PART_VALUES, false },
	{ "valid values", PART_VALUES, false },
	{ "example values", PART_VALUES, false },
	{ "values", PART_VALUES, false },
	{ "one of", PART_VALUES, true },
	{ "parameters", PART_PARAMS, false },
	{ "params", PART_PARAMS, false },
	{ "arguments", PART_PARAMS, false },
	{ "business definition", PART_PLAIN, false },
	{ "definition", PART_PLAIN, false },
	{ "description", PART_PLAIN, false },
	{ "purpose", PART_PLAIN, false },
	{ "business", PART_PLAIN, false },
	{ "note", PART_PLAIN, false },
	{ "returns", PART_OTHER, false },
	{ "syntax", PART_OTHER, false },
	{ "examples", PART_OTHER, false },
	{ "example", PART_OTHER, false },
	{ "join keys", PART_OTHER, false },
	{ "format", PART_OTHER, false },
	{ "grain", PART_OTHER, false },
	{ "technical", PART_OTHER, false },
};

/* Bytes of s that spell the label, 0 when they do not. */
static size_t spells(const char *s, const char *label)
{
	size_t i = 0;

	for (; *label; label++, i++) {
		unsigned char c = (unsigned char)s[i];

		if (*label == ' ' ? !(c == ' ' || c == '_' || c == '-') : tolower(c) != *label)
			return 0;
	}
	return isalnum((unsigned char)s[i]) || s[i] == '_' ? 0 : i;
}

static size_t skip_marks(const char *s)
{
	return strspn(s, " \t*\"'`");
}

/* The label at s. *n: bytes up to its text; *colon: whether it has a colon. */
static const struct label *label_at(const char *s, size_t *n, bool *colon, bool start)
{
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		size_t k = spells(s, labels[i].text);
		size_t m;

		if (!k)
			continue;
		m = k + skip_marks(s + k);
		*colon = s[m] == ':';
		if (*colon && start) {
			*n = m + 1 + skip_marks(s + m + 1);
			return &labels[i];
		}
		if (labels[i].bare) {
			*n = *colon ? m + 1 : k;
			return &labels[i];
		}
	}
	return NULL;
}

struct cutter {
	struct arena *arena;
	struct part *first, **tail;
	const char *from;    /* where the open part began */
	enum part_kind kind; /* of the open part */
	bool sentence;       /* the open part ends with the sentence */
	enum part_kind outer; /* what the sentence stood in */
};

static void close_part(struct cutter *c, const char *end)
{
	size_t n = (size_t)(end - c->from);

	if (n > 0) {
		struct part *part = arena_alloc(c->arena, sizeof *part);

		part->kind = c->kind;
		part->text = arena_strndup(c->arena, c->from, n);
		*c->tail = part;
		c->tail = &part->next;
	}
	c->from = end;
}

static bool ends_sentence(const char *p)
{
	return *p == '\n' || *p == ';' || (*p == '.' && (p[1] == ' ' || p[1] == '\n' || !p[1]));
}

/* True where a label with a colon may begin. */
static bool is_start(const char *text, const char *p)
{
	while (p > text && strchr(" \t*\"'`", p[-1]))
		p--;
	return p == text || strchr("\n.;|-)", p[-1]) || (unsigned char)p[-1] >= 0x80 ||
	       (p[-1] == ',' || p[-1] == '{');
}

static void open_part(struct cutter *c, const char *p, const struct label *label, size_t n,
	bool colon)
{
	enum part_kind outer = c->sentence ? c->outer : c->kind;

	close_part(c, p);
	c->from = p + n;
	c->kind = label->kind;
	c->sentence = label->bare && !colon;
	c->outer = outer;
}

static struct part *cut(const char *text, struct arena *arena)
{
	struct cutter c = { arena, NULL, NULL, text, PART_PLAIN, false, PART_PLAIN };
	const char *p = text;

	c.tail = &c.first;
	while (*p) {
		const struct label *label = NULL;
		size_t n = 0;
		bool colon = false;

		if (isalpha((unsigned char)*p) &&
			(p == text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_')))
			label = label_at(p, &n, &colon, is_start(text, p));
		if (label) {
			open_part(&c, p, label, n, colon);
			p += n;
			continue;
		}
		if (c.sentence && ends_sentence(p)) {
			close_part(&c, p + 1);
			c.kind = c.outer;
			c.sentence = false;
		}
		p++;
	}
	close_part(&c, p);
	return c.first;
}

static void flatten(const struct json *json, struct str *out)
{
	for (const struct json *m = json_first(json); m; m = json_next(m)) {
		if (json_key(m))
			str_addf(out, "\n%s: ", json_key(m));
		if (json_typeof(m) == JSON_ARRAY || json_typeof(m) == JSON_OBJECT)
			flatten(m, out);
		else if (json_text(m))
			str_add(out, json_text(m));
		else if (json_number_text(m))
			str_add(out, json_number_text(m));
		if (!json_key(m))
			str_add(out, ", ");
	}
}

struct part *text_parts(const char *comment, struct arena *arena)
{
	struct str flat = STR_INIT;
	struct err err = { ERR_NONE, "" };
	struct json *json = NULL;
	struct part *parts;

	if (!comment || !*comment)
		return NULL;
	if (comment[0] == '{')
		json = json_parse(comment, strlen(comment), &err);
	if (json)
		flatten(json, &flat);
	else
		str_addn(&flat, comment, utf8_fit(comment, TEXT_MAX));
	parts = cut(arena_strdup(arena, str_text(&flat)), arena);
	json_free(json);
	str_free(&flat);
	return parts;
}

const char *text_of(const struct json *json, struct arena *arena)
{
	struct str text = STR_INIT;
	const char *out;

	if (json_text(json))
		return json_text(json);
	for (const struct json *m = json_first(json); m; m = json_next(m))
		if (json_text(m))
			str_add(&text, json_text(m));
	out = arena_strdup(arena, str_text(&text));
	str_free(&text);
	return out;
}

static void add_item(const char *from, size_t n, struct strlist *list)
{
	char *copy = xstrndup(from, n), *s = copy;
	size_t len;

	s += strspn(s, " \t\"'`*()[]{}-");
	len = strlen(s);
	while (len && strchr(" \t\"'`*.()[]{}", s[len - 1]))
		s[--len] = '\0';
	if (len)
		strlist_add_new(list, s);
	free(copy);
}

void text_items(const char *text, struct strlist *list)
{
	const char *from = text, *p;

	for (p = text; *p; p++) {
		bool bullet = (unsigned char)p[0] == 0xe2 && (unsigned char)p[1] == 0x80;

		if (!strchr(",;\n|", *p) && !bullet)
			continue;
		add_item(from, (size_t)(p - from), list);
		if (bullet && p[2])
			p += 2;
		from = p + 1;
	}
	add_item(from, (size_t)(p - from), list);
}
