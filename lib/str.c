#include "str.h"

#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void str_init(struct str *str, size_t max)
{
	*str = (struct str){ .max = max };
}

void str_free(struct str *str)
{
	free(str->s);
	*str = (struct str){ .max = str->max };
}

void str_reset(struct str *str)
{
	str->n = 0;
	str->over = false;
	if (str->s)
		str->s[0] = '\0';
}

/* Room for n more bytes and the NUL; false when the cap forbids it. */
static bool reserve(struct str *str, size_t n)
{
	size_t max = str->max ? str->max : STR_MAX_TEXT;
	if (str->over || n > max - str->n || str->n > max) {
		str->over = true;
		return false;
	}
	if (str->cap <= str->n + n)
		GROW(str->s, str->cap, str->n + n + 1);
	return true;
}

void str_addn(struct str *str, const char *s, size_t n)
{
	if (!reserve(str, n))
		return;
	if (n)
		memcpy(str->s + str->n, s, n);
	str->n += n;
	str->s[str->n] = '\0';
}

void str_add(struct str *str, const char *s)
{
	str_addn(str, s, strlen(s));
}

void str_addc(struct str *str, char c)
{
	if (!reserve(str, 1))
		return;
	str->s[str->n++] = c;
	str->s[str->n] = '\0';
}

void str_vaddf(struct str *str, const char *format, va_list ap)
{
	size_t n = format_size(format, ap);
	if (!reserve(str, n))
		return;
	vsnprintf(str->s + str->n, n + 1, format, ap);
	str->n += n;
}

void str_addf(struct str *str, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	str_vaddf(str, format, ap);
	va_end(ap);
}

void str_cut(struct str *str, size_t n)
{
	if (n >= str->n)
		return;
	str->n = n;
	str->s[n] = '\0';
}

void str_splice(struct str *str, size_t at, size_t del, const char *ins, size_t nins)
{
	if (at > str->n || del > str->n - at)
		BUG("splice at %zu of %zu bytes outside %zu", at, del, str->n);
	if (!reserve(str, nins))
		return;
	memmove(str->s + at + nins, str->s + at + del, str->n - at - del);
	if (nins)
		memcpy(str->s + at, ins, nins);
	str->n = str->n - del + nins;
	str->s[str->n] = '\0';
}

bool text_has_crlf(const char *text)
{
	const char *newline = strchr(text, '\n');
	return newline && newline > text && newline[-1] == '\r';
}

void str_add_lines(struct str *str, const char *text, bool crlf)
{
	while (*text) {
		size_t n = strcspn(text, "\r\n"), cr = strspn(text + n, "\r");
		bool ends = text[n + cr] == '\n';
		str_addn(str, text, ends ? n : n + cr);
		if (ends)
			str_add(str, crlf ? "\r\n" : "\n");
		text += n + cr + ends;
	}
}

const char *str_text(const struct str *str)
{
	return str->s ? str->s : "";
}

char *str_take(struct str *str)
{
	char *s = str->s ? str->s : xstrdup("");
	*str = (struct str){ .max = str->max };
	return s;
}

bool str_over(const struct str *str)
{
	return str->over;
}

static int lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool streq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool strnieq(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (lower((unsigned char)a[i]) != lower((unsigned char)b[i]))
			return false;
		if (!a[i])
			return true;
	}
	return true;
}

bool strieq(const char *a, const char *b)
{
	return a == b || (a && b && strnieq(a, b, SIZE_MAX));
}

bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool starts_withi(const char *s, const char *prefix)
{
	return strnieq(s, prefix, strlen(prefix));
}

bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);
	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

const char *stristr(const char *haystack, const char *needle)
{
	size_t n = strlen(needle);
	for (; *haystack; haystack++)
		if (strnieq(haystack, needle, n))
			return haystack;
	return n ? NULL : haystack;
}

void lower_ascii(char *s)
{
	for (; *s; s++)
		*s = (char)lower((unsigned char)*s);
}

char *xstrlower(const char *s)
{
	char *copy = xstrdup(s);
	if (copy)
		lower_ascii(copy);
	return copy;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *trim(char *s)
{
	while (is_space(*s))
		s++;
	size_t n = strlen(s);
	while (n && is_space(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

/* Length of the well-formed sequence at s (RFC 3629 table 3-7), 0 when bad. */
static size_t utf8_sequence(const unsigned char *s, size_t n)
{
	if (s[0] < 0x80)
		return 1;
	size_t len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
	if (s[0] < 0xC2 || s[0] > 0xF4 || len > n)
		return 0;
	unsigned char low = 0x80, high = 0xBF;
	if (s[0] == 0xE0) low = 0xA0;
	if (s[0] == 0xED) high = 0x9F;
	if (s[0] == 0xF0) low = 0x90;
	if (s[0] == 0xF4) high = 0x8F;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	for (size_t len; n > 0; p += len, n -= len) {
		/* ASCII, eight bytes at once: none has its high bit set */
		for (uint64_t w; n >= sizeof w; p += sizeof w, n -= sizeof w) {
			memcpy(&w, p, sizeof w);
			if (w & 0x8080808080808080u)
				break;
		}
		if (n == 0)
			break;
		if ((len = utf8_sequence(p, n)) == 0)
			return false;
	}
	return true;
}

size_t utf8_put(char out[4], uint32_t c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
		c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t utf8_fit(const char *s, size_t n)
{
	size_t len = strlen(s);
	if (len <= n)
		return len;
	while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80)
		n--;
	return n;
}

void strlist_take(struct strlist *list, char *s)
{
	GROW(list->v, list->cap, list->n + 1);
	list->v[list->n++] = s;
}

void strlist_add(struct strlist *list, const char *s)
{
	strlist_take(list, xstrdup(s));
}

bool strlist_has(const struct strlist *list, const char *s)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->v[i], s))
			return true;
	return false;
}

bool strlist_add_new(struct strlist *list, const char *s)
{
	if (strlist_has(list, s))
		return false;
	strlist_add(list, s);
	return true;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_sort(struct strlist *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof *list->v, compare_strings);
}

void strlist_free(struct strlist *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	*list = (struct strlist){ 0 };
}
