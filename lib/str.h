/* str.h - a growable string with a limit, and helpers on C strings.
 *
 * Invariants: `s` is never NULL after STR_INIT or the first append (use
 * str_text() when it may be empty) and always NUL-terminated; `n` excludes the
 * NUL. An append that would exceed `max` bytes is dropped whole and `over` is
 * set; later appends are dropped too. Check str_over() once, at the end.
 *
 * Layer: base.
 */
#ifndef GENIE_STR_H
#define GENIE_STR_H

#include "base.h"
#include <stdarg.h>

#define STR_MAX_TEXT (64u << 20) /* default cap of a text: 64 MiB */

struct str {
	char *s;
	size_t n, cap, max;
	bool over;
};

#define STR_INIT { NULL, 0, 0, STR_MAX_TEXT, false }
void str_init(struct str *str, size_t max); /* max in bytes */
void str_free(struct str *str);             /* releases; usable again, same max */
void str_reset(struct str *str);            /* empties, keeps the memory, clears over */

void str_add(struct str *str, const char *s);
void str_addn(struct str *str, const char *s, size_t n);
void str_addc(struct str *str, char c);
void str_addf(struct str *str, const char *format, ...) PRINTF_LIKE(2, 3);
void str_vaddf(struct str *str, const char *format, va_list ap) PRINTF_LIKE(2, 0);
void str_cut(struct str *str, size_t n); /* shortens to n bytes */
/* Replaces `del` bytes at `at` by `ins`. */
void str_splice(struct str *str, size_t at, size_t del, const char *ins, size_t nins);
/* Does the first line end in CR LF? */
bool text_has_crlf(const char *text);
/* Appends the text with all its line ends as CR LF, or as LF (any CR right before a LF goes). */
void str_add_lines(struct str *str, const char *text, bool crlf);

const char *str_text(const struct str *str); /* borrowed; "" when empty */
char *str_take(struct str *str);             /* yours to free; str is empty after */
bool str_over(const struct str *str);

/* C strings. NULL is unequal to everything but NULL. ASCII case only. */
bool streq(const char *a, const char *b);
bool strieq(const char *a, const char *b);
bool strnieq(const char *a, const char *b, size_t n);
bool starts_with(const char *s, const char *prefix);
bool starts_withi(const char *s, const char *prefix);
bool ends_with(const char *s, const char *suffix);
const char *stristr(const char *haystack, const char *needle);
void lower_ascii(char *s);
char *xstrlower(const char *s); /* new string, yours */
/* Trims ASCII white space in place; returns the first kept character. */
char *trim(char *s);
/* True when the n bytes are well-formed UTF-8 (RFC 3629). */
bool utf8_valid(const char *s, size_t n);
/* Writes a code point as UTF-8; returns how many bytes. */
size_t utf8_put(char out[4], uint32_t c);
int hex_digit(char c); /* its value; -1 for another character */
/* Bytes of s that fit into n bytes without cutting a UTF-8 sequence. */
size_t utf8_fit(const char *s, size_t n);

/* A list of owned strings. Zero-initialise. */
struct strlist {
	char **v;
	size_t n, cap;
};
void strlist_add(struct strlist *list, const char *s); /* copies */
void strlist_take(struct strlist *list, char *s);      /* takes ownership */
bool strlist_has(const struct strlist *list, const char *s);
bool strlist_add_new(struct strlist *list, const char *s); /* false: was there */
void strlist_sort(struct strlist *list); /* byte order */
void strlist_free(struct strlist *list);

#endif
