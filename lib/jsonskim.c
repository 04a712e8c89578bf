#include "jsonskim.h"

#include "json.h"
#include "str.h"

#include <string.h>

/* All functions take the next byte and the end, and give the byte behind what they are named for;
 * NULL: it is not there. */
struct skim {
	const char *end;
	json_choose *choose;
	json_see *see; /* NULL: what is chosen goes to out */
	void *context;
	struct str out;
};

static const char *space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* ---- strings ---- */

int json_hex4(const char *p, const char *end)
{
	int value = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

bool json_escape(const char **p, const char *end, const char **why)
{
	const char *s = *p;
	*why = "bad escape in string";
	if (end - s < 2 || !s[1] || !strchr("\"\\/bfnrtu", s[1]))
		return false;
	if (s[1] != 'u') {
		*p += 2;
		return true;
	}
	int code = json_hex4(s + 2, end), low;
	*why = code < 0 ? "bad \\u escape in string" : code == 0 ?
		"the NUL character is not accepted in a string" : "lone surrogate in string";
	if (code <= 0 || (code >= 0xDC00 && code <= 0xDFFF))
		return false;
	*p = s += 6;
	if (code < 0xD800 || code > 0xDBFF)
		return true;
	low = end - s >= 6 && s[0] == '\\' && s[1] == 'u' ? json_hex4(s + 2, end) : -1;
	if (low < 0xDC00 || low > 0xDFFF)
		return false;
	*p += 6;
	return true;
}

static const char *escape(const char *p, const char *end)
{
	const char *why;
	return json_escape(&p, end, &why) ? p : NULL;
}

static const char *character(const char *p, const char *end)
{
	unsigned char c = (unsigned char)*p;
	size_t n = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
	return (size_t)(end - p) >= n && utf8_valid(p, n) ? p + n : NULL;
}

#define EACH(byte) ((uint64_t)(byte) * 0x0101010101010101u)
#define ZEROS(w) (((w) - EACH(0x01)) & ~(w) & EACH(0x80)) /* has a byte of zero (Mycroft 1987) */

/* The high bits of those of eight bytes that end a string, escape or need a look; those above the
 * lowest one may be wrong. */
static uint64_t special(const char *p)
{
	uint64_t w;
	memcpy(&w, p, sizeof w);
	uint64_t control = (w - EACH(0x20)) & ~w;
	return (control | w | ZEROS(w ^ EACH('"')) | ZEROS(w ^ EACH('\\'))) & EACH(0x80);
}

static bool ordinary(char c)
{
	return (unsigned char)(c - 0x20) < 0x60 && c != '"' && c != '\\';
}

const char *json_plain(const char *p, const char *end)
{
	for (uint64_t found; end - p >= 8; p += 8)
		if ((found = special(p))) {
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			return p + __builtin_ctzll(found) / 8;
#else
			break;
#endif
		}
	while (p < end && ordinary(*p))
		p++;
	return p;
}

static const char *string(const char *p, const char *end)
{
	if (p >= end || *p++ != '"')
		return NULL;
	for (;;) {
		p = json_plain(p, end);
		if (p >= end || (unsigned char)*p < 0x20)
			return NULL;
		if (*p == '"')
			return p + 1;
		if (!(p = *p == '\\' ? escape(p, end) : character(p, end)))
			return NULL;
	}
}

/* ---- values ---- */

static const char *digits(const char *p, const char *end)
{
	const char *from = p;
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > from ? p : NULL;
}

static const char *number(const char *p, const char *end)
{
	p += *p == '-';
	const char *from = p;
	if (!(p = digits(p, end)) || (*from == '0' && p - from > 1))
		return NULL;
	if (p < end && *p == '.' && !(p = digits(p + 1, end)))
		return NULL;
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p = digits(p + (p < end && (*p == '+' || *p == '-')), end);
	}
	return p;
}

static const char *word(const char *p, const char *end, const char *text)
{
	size_t n = strlen(text);
	return (size_t)(end - p) >= n && memcmp(p, text, n) == 0 ? p + n : NULL;
}

static const char *value(const char *p, const char *end, int depth);

/* "key" : up to the value. */
static const char *member(const char *p, const char *end)
{
	p = string(space(p, end), end);
	p = p ? space(p, end) : NULL;
	return p && p < end && *p == ':' ? p + 1 : NULL;
}

static const char *container(const char *p, const char *end, char close, int depth)
{
	const char *first = space(p + 1, end);
	if (depth > JSON_MAX_DEPTH)
		return NULL;
	if (first < end && *first == close)
		return first + 1;
	do {
		p++;
		if (close == '}' && !(p = member(p, end)))
			return NULL;
		if (!(p = value(p, end, depth)))
			return NULL;
		p = space(p, end);
	} while (p < end && *p == ',');
	return p < end && *p == close ? p + 1 : NULL;
}

static const char *value(const char *p, const char *end, int depth)
{
	p = space(p, end);
	if (p >= end)
		return NULL;
	switch (*p) {
	case '{': return container(p, end, '}', depth + 1);
	case '[': return container(p, end, ']', depth + 1);
	case '"': return string(p, end);
	case 't': return word(p, end, "true");
	case 'f': return word(p, end, "false");
	case 'n': return word(p, end, "null");
	default: return *p == '-' || (*p >= '0' && *p <= '9') ? number(p, end) : NULL;
	}
}

/* ---- choosing ---- */

static const char *object(struct skim *s, const char *p, const struct json_at *up, int depth);

static const char *taken(struct skim *s, const char *p, const struct json_at *at, int depth)
{
	const char *from = p, *end;
	if (at && p < s->end && *p == '{' && s->choose(at) == JSON_ENTER)
		return object(s, p, at, depth + 1);
	if (!(end = value(p, s->end, depth)))
		return NULL;
	if (s->see)
		return s->see(s->context, at, from, (size_t)(end - from)) ? end : NULL;
	str_addn(&s->out, from, (size_t)(end - from));
	return end;
}

static void write_key(struct skim *s, const char *key, size_t n)
{
	if (s->out.n && s->out.s[s->out.n - 1] != '{')
		str_addc(&s->out, ',');
	str_addn(&s->out, key, n);
}

/* One member, with a comma before it unless it is the first to be kept. */
static const char *chosen(struct skim *s, const char *p, const struct json_at *up, int depth)
{
	const char *key = space(p, s->end), *from = member(key, s->end);
	if (!from)
		return NULL;
	const char *close = memchr(key + 1, '"', (size_t)(from - key - 1));
	struct json_at at = { up, key + 1, (size_t)(close - key - 1) };
	bool escaped = memchr(key, '\\', (size_t)(from - key));
	if (!escaped && s->choose(&at) == JSON_PASS)
		return value(from, s->end, depth);
	if (s->see && escaped)
		return NULL;
	if (!s->see)
		write_key(s, key, (size_t)(from - key));
	return taken(s, space(from, s->end), escaped ? NULL : &at, depth);
}

static const char *members(struct skim *s, const char *p, const struct json_at *up, int depth)
{
	const char *first = space(p + 1, s->end);
	if (depth > JSON_MAX_DEPTH)
		return NULL;
	if (first < s->end && *first == '}')
		return first + 1;
	do {
		if (!(p = chosen(s, p + 1, up, depth)))
			return NULL;
		p = space(p, s->end);
	} while (p < s->end && *p == ',');
	return p < s->end && *p == '}' ? p + 1 : NULL;
}

static const char *object(struct skim *s, const char *p, const struct json_at *up, int depth)
{
	if (!s->see)
		str_addc(&s->out, '{');
	p = members(s, p, up, depth);
	if (p && !s->see)
		str_addc(&s->out, '}');
	return p;
}

bool json_skim(const char *text, size_t n, json_choose *choose, json_see *see, void *context)
{
	struct skim s = { .end = text + n, .choose = choose, .see = see, .context = context,
		.out = STR_INIT };
	const char *p = space(text, s.end);
	p = p < s.end && *p == '{' ? object(&s, p, NULL, 1) : NULL;
	return p && space(p, s.end) == s.end;
}

struct json *json_parse_part(const char *text, size_t n, json_choose *choose, struct err *err)
{
	struct skim s = { .end = text + n, .choose = choose };
	const char *p = space(text, s.end);
	struct json *json = NULL;
	str_init(&s.out, n + 1);
	if (p < s.end && *p == '{') {
		p = object(&s, p, NULL, 1);
		if (p && space(p, s.end) == s.end && !str_over(&s.out))
			json = json_parse(str_text(&s.out), s.out.n, err);
	}
	str_free(&s.out);
	/* Whatever is wrong, the message names its place in the whole text. */
	return json ? json : json_parse(text, n, err);
}
