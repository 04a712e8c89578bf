#include "leak.h"

#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "sqltext.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define MIN_SECRET 12 /* characters: shorter texts say nothing */

struct secret {
	char *id, *plain;
	const char *what;
	uint32_t *grams; /* sorted, distinct */
	size_t ngrams;
};

struct leak_guard {
	struct secret *v;
	size_t n, cap;
};

struct leak_guard *leak_new(void)
{
	return xcalloc(1, sizeof(struct leak_guard));
}

void leak_free(struct leak_guard *guard)
{
	if (!guard)
		return;
	for (size_t i = 0; i < guard->n; i++) {
		free(guard->v[i].id);
		free(guard->v[i].plain);
		free(guard->v[i].grams);
	}
	free(guard->v);
	free(guard);
}

/* Lower-case letters and digits, anything else as one space. */
static char *plain_text(const char *text)
{
	char *out = xstrlower(text), *to = out;
	for (const char *p = out; *p; p++) {
		bool word = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || (unsigned char)*p >= 0x80;
		if (word)
			*to++ = *p;
		else if (to > out && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > out && to[-1] == ' ')
		to--;
	*to = '\0';
	return out;
}

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		(unsigned char)c >= 0x80;
}

/* The length of a name's part at p: word, `word`, ${word}; 0: none. */
static size_t name_part(const char *p)
{
	const char *end = *p == '`' ? strchr(p + 1, '`') : starts_with(p, "${") ? strchr(p, '}') : NULL;
	size_t n = 0;
	if (end)
		return (size_t)(end - p) + 1;
	while (name_byte(p[n]))
		n++;
	return n;
}

/* a.b.c becomes c: catalog and schema may be variables on one side. */
static char *bare_names(const char *sql)
{
	struct str out = STR_INIT;
	for (const char *p = sql; *p;) {
		size_t first = name_part(p), second, third;
		if (!first) {
			str_addc(&out, *p++);
			continue;
		}
		second = p[first] == '.' ? name_part(p + first + 1) : 0;
		third = second && p[first + 1 + second] == '.' ? name_part(p + first + 2 + second) : 0;
		if (third) {
			p += first + second + 2;
			first = third;
		}
		str_addn(&out, p, first);
		p += first;
	}
	return str_take(&out);
}

/* A SQL as secrets and texts are compared. */
static char *plain_sql(const char *sql)
{
	struct arena arena = { 0 };
	char *bare = bare_names(sql), *plain = plain_text(sql_normalize(&arena, bare));
	free(bare);
	arena_free(&arena);
	return plain;
}

static int compare_grams(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static uint32_t *trigrams(const char *s, size_t n, size_t *count)
{
	size_t m = n < 3 ? 0 : n - 2, to = 0;
	uint32_t *grams = xcalloc(m + 1, sizeof *grams);
	for (size_t i = 0; i < m; i++)
		grams[i] = (uint32_t)(unsigned char)s[i] << 16 | (uint32_t)(unsigned char)s[i + 1] << 8 |
			   (unsigned char)s[i + 2];
	if (m)
		qsort(grams, m, sizeof *grams, compare_grams);
	for (size_t i = 0; i < m; i++)
		if (i == 0 || grams[i] != grams[i - 1])
			grams[to++] = grams[i];
	*count = to;
	return grams;
}

static double jaccard(const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
	size_t i = 0, k = 0, both = 0;
	while (i < na && k < nb) {
		if (a[i] == b[k]) {
			both++;
			i++;
			k++;
		} else if (a[i] < b[k]) {
			i++;
		} else {
			k++;
		}
	}
	return na + nb ? (double)both / (double)(na + nb - both) : 0;
}

static void add_secret(struct leak_guard *guard, const char *id, const char *what, char *plain)
{
	if (strlen(plain) < MIN_SECRET) {
		free(plain);
		return;
	}
	GROW(guard->v, guard->cap, guard->n + 1);
	struct secret *s = &guard->v[guard->n++];
	*s = (struct secret){ .id = xstrdup(id), .plain = plain, .what = what };
	s->grams = trigrams(plain, strlen(plain), &s->ngrams);
}

static void add_sql(struct leak_guard *guard, const char *id, const char *sql)
{
	add_secret(guard, id, "SQL", plain_sql(sql));
}

void leak_add(struct leak_guard *guard, const struct json *question)
{
	if (streq(json_str_or(question, "split", "val"), "train"))
		return;
	const char *id = json_str_or(question, "id", json_str_or(question, "question_id", "?"));
	const struct json *sql = json_get(question, "expected_sql");
	add_secret(guard, id, "question", plain_text(json_str_or(question, "question", "")));
	if (json_text(sql))
		add_sql(guard, id, json_text(sql));
	for (const struct json *one = json_first(sql); one; one = json_next(one))
		if (json_text(one))
			add_sql(guard, id, json_text(one));
}

struct leak_guard *leak_load(const char *path, struct err *err)
{
	struct jsonl lines;
	struct json *question;
	enum jsonl_result result;
	if (!jsonl_open(&lines, path, err))
		return NULL;
	struct leak_guard *guard = leak_new();
	while ((result = jsonl_next(&lines, &question, err)) == JSONL_RECORD) {
		bool ok = json_need_str(question, "question", err) != NULL;
		if (ok)
			leak_add(guard, question);
		json_free(question);
		if (!ok && !jsonl_wrap(&lines, err)) {
			result = JSONL_FAILED;
			break;
		}
	}
	jsonl_close(&lines);
	if (result == JSONL_END)
		return guard;
	leak_free(guard);
	return NULL;
}

/* The best likeness of a window of the text that is as long as the secret, and where it begins; the
 * window moves by an eighth of its length, which costs at most a few hundredths. */
static double likeness(const struct secret *s, const char *plain, size_t n, size_t *where)
{
	size_t width = strlen(s->plain), step = width / 8 + 1;
	const char *whole = strstr(plain, s->plain);
	double best = 0;
	*where = whole ? (size_t)(whole - plain) : 0;
	if (whole)
		return 1;
	for (size_t at = 0; at == 0 || at + width / 2 < n; at += step) {
		size_t count, length = n - at < width ? n - at : width;
		uint32_t *grams = trigrams(plain + at, length, &count);
		double like = jaccard(s->grams, s->ngrams, grams, count);
		free(grams);
		if (like > best) {
			best = like;
			*where = at;
		}
		if (at + length >= n)
			break;
	}
	return best;
}

static void set_excerpt(struct leak_match *match, const char *plain, size_t at, size_t width)
{
	size_t n;
	while (at && plain[at - 1] != ' ' && plain[at] != ' ') { /* from the start of a word */
		at--;
		width++;
	}
	at += plain[at] == ' ';
	if (width >= sizeof match->excerpt)
		width = sizeof match->excerpt - 1;
	n = utf8_fit(plain + at, width);
	memcpy(match->excerpt, plain + at, n);
	match->excerpt[n] = '\0';
}

static bool check_plain(const struct leak_guard *guard, const char *plain, struct leak_match *match)
{
	bool found = false;
	size_t n = strlen(plain), where;
	if (n < MIN_SECRET)
		return false;
	for (size_t i = 0; i < guard->n; i++) {
		double like = likeness(&guard->v[i], plain, n, &where);
		if (like < LEAK_JACCARD || (found && like <= match->likeness))
			continue;
		*match = (struct leak_match){ guard->v[i].id, guard->v[i].what, like, "" };
		set_excerpt(match, plain, where, strlen(guard->v[i].plain));
		found = true;
	}
	return found;
}

/* Puts the closer of two into *match. */
static bool closer(bool found, struct leak_match *match, bool again, const struct leak_match *other)
{
	if (again && (!found || other->likeness > match->likeness))
		*match = *other;
	return found || again;
}

bool leak_check(const struct leak_guard *guard, const char *text, struct leak_match *match)
{
	struct leak_match as_sql;
	char *plain = plain_text(text), *normal = plain_sql(text);
	bool found = check_plain(guard, plain, match);
	if (!streq(plain, normal))
		found = closer(found, match, check_plain(guard, normal, &as_sql), &as_sql);
	free(plain);
	free(normal);
	return found;
}

/* The strings of an array as one text; NULL: not several strings. */
static char *joined(const struct json *array)
{
	struct str out = STR_INIT;
	size_t n = 0;
	for (const struct json *one = json_first(array); one; one = json_next(one)) {
		if (!json_text(one))
			continue;
		str_addf(&out, "%s%s", n++ ? " " : "", json_text(one));
	}
	if (n > 1)
		return str_take(&out);
	str_free(&out);
	return NULL;
}

bool leak_check_json(const struct leak_guard *guard, const struct json *value,
		     struct leak_match *match)
{
	struct leak_match other;
	bool found = false;
	if (json_text(value))
		return leak_check(guard, json_text(value), match);
	for (const struct json *child = json_first(value); child; child = json_next(child))
		found = closer(found, match, leak_check_json(guard, child, &other), &other);
	char *all = json_is(value, JSON_ARRAY) ? joined(value) : NULL;
	if (all)
		found = closer(found, match, leak_check(guard, all, &other), &other);
	free(all);
	return found;
}
