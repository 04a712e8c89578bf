/* functions_pattern.c - LIKE, and Java regular expressions on POSIX extended ones.
 *
 * \d \w \s \b and their opposites, \. and (?i) are translated; look-around, lazy
 * quantifiers and other Java inventions are refused, never approximated.
 */
#include "functions.h"

#include "str.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

#define TEXT_MAX (16u << 20)

static char fold(char c, bool ignore_case)
{
	return ignore_case ? (char)tolower((unsigned char)c) : c;
}

static const char *next_char(const char *s)
{
	s++;
	while (((unsigned char)*s & 0xc0) == 0x80)
		s++;
	return s;
}

/* Iterative, so that no pattern is worse than length times length. */
static bool like(const char *s, const char *p, char escape, bool ignore_case)
{
	const char *star = NULL, *resume = NULL;
	while (*s) {
		if (*p == '%') {
			star = ++p;
			resume = s;
			continue;
		}
		bool literal = *p == escape && escape && p[1];
		const char *q = literal ? p + 1 : p;
		if (!literal && *p == '_') {
			s = next_char(s);
			p++;
		} else if (*q && fold(*s, ignore_case) == fold(*q, ignore_case)) {
			s++;
			p = q + 1;
		} else if (star) {
			s = resume = next_char(resume);
			p = star;
		} else {
			return false;
		}
	}
	while (*p == '%')
		p++;
	return *p == '\0';
}

/* dbx_like(s, pattern, escape, ignore case) */
static void like_call(struct db_call *call, void *user UNUSED)
{
	if (!function_null(call))
		db_result_int(call, like(db_arg_text(call, 0), db_arg_text(call, 1),
			*db_arg_text(call, 2),
			db_arg_int(call, 3) != 0));
}

/* ---- regular expressions ------------------------------------------------------ */

static const char *class_of(char letter, bool inside)
{
	switch (letter) {
	case 'd': return inside ? "0-9" : "[0-9]";
	case 'w': return inside ? "A-Za-z0-9_" : "[A-Za-z0-9_]";
	case 's': return inside ? "[:space:]" : "[[:space:]]";
	case 'D': return inside ? NULL : "[^0-9]";
	case 'W': return inside ? NULL : "[^A-Za-z0-9_]";
	case 'S': return inside ? NULL : "[^[:space:]]";
	case 'b': return inside ? NULL : "\\b"; /* glibc knows it */
	case 't': return "\t";
	case 'n': return "\n";
	default: return NULL;
	}
}

/* Java's syntax as POSIX extended syntax; false for what has no counterpart. */
static bool translate(const char *p, struct str *out, int *flags)
{
	bool inside = false;
	*flags = REG_EXTENDED;
	if (starts_with(p, "(?i)")) {
		*flags |= REG_ICASE;
		p += 4;
	}
	for (; *p; p++) {
		if (*p == '\\') {
			const char *class = class_of(*++p, inside);
			if (class)
				str_add(out, class);
			else if (!*p || isalnum((unsigned char)*p))
				return false;
			else if (inside)
				str_addc(out, *p);
			else
				str_addf(out, "\\%c", *p);
			continue;
		}
		/* Even (?:..): it would shift the numbers of the groups after it. */
		if (!inside && *p == '(' && p[1] == '?')
			return false;
		if (!inside && strchr("*+?}", *p) && (p[1] == '?' || p[1] == '+'))
			return false;
		if (!inside && *p == '[') {
			inside = true;
			str_addc(out, *p);
			if (p[1] == '^')
				str_addc(out, *++p);
			if (p[1] == ']')
				str_addc(out, *++p);
			continue;
		}
		if (inside && *p == ']')
			inside = false;
		str_addc(out, *p);
	}
	return true;
}

static bool compile(struct db_call *call, const char *text, regex_t *regex)
{
	struct str out;
	int flags;
	bool ok = false;
	str_init(&out, 10000);
	if (!translate(text, &out, &flags) || str_over(&out))
		function_error(call, "UNSUPPORTED_FEATURE", "0A000",
			"The feature is not supported: the regular expression '%.100s'.", text);
	else if (regcomp(regex, str_text(&out), flags) != 0)
		function_error(call, "INVALID_PARAMETER_VALUE.PATTERN", "22023",
			"The value of parameter(s) `regexp` is invalid: '%.100s'.", text);
	else
		ok = true;
	str_free(&out);
	return ok;
}

static void with_pattern(struct db_call *call, int i, void (*run)(struct db_call *, regex_t *))
{
	regex_t regex;
	if (function_null(call) || !compile(call, db_arg_text(call, i), &regex))
		return;
	run(call, &regex);
	regfree(&regex);
}

static void run_rlike(struct db_call *call, regex_t *regex)
{
	db_result_int(call, regexec(regex, db_arg_text(call, 0), 0, NULL, 0) == 0);
}

static void rlike(struct db_call *call, void *user UNUSED)
{
	with_pattern(call, 1, run_rlike);
}

static void run_extract(struct db_call *call, regex_t *regex)
{
	regmatch_t match[10];
	int64_t group = db_argc(call) > 2 ? db_arg_int(call, 2) : 1;
	const char *s = db_arg_text(call, 0);
	if (group < 0 || group > (int64_t)regex->re_nsub || group >= (int64_t)countof(match)) {
		function_error(call, "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "22023",
			"The value of parameter(s) `idx` in `regexp_extract` is invalid: "
			"Expects group index between 0 and %zu, but got %lld.",
			regex->re_nsub, (long long)group);
		return;
	}
	if (regexec(regex, s, countof(match), match, 0) != 0 || match[group].rm_so < 0)
		db_result_text(call, "");
	else
		db_result_textn(call, s + match[group].rm_so,
			(size_t)(match[group].rm_eo - match[group].rm_so));
}

static void extract(struct db_call *call, void *user UNUSED)
{
	with_pattern(call, 1, run_extract);
}

/* $1 in the replacement is a group, \$ a dollar. */
static void add_replacement(struct str *out, const char *by, const char *s, const regmatch_t *match)
{
	for (; *by; by++) {
		if (*by == '\\' && by[1]) {
			str_addc(out, *++by);
		} else if (*by == '$' && isdigit((unsigned char)by[1])) {
			const regmatch_t *m = &match[*++by - '0'];
			if (m->rm_so >= 0)
				str_addn(out, s + m->rm_so, (size_t)(m->rm_eo - m->rm_so));
		} else {
			str_addc(out, *by);
		}
	}
}

/* Counts the matches; with `by`, writes the text with each replaced. */
static int64_t each_match(regex_t *regex, const char *s, const char *by, struct str *out)
{
	regmatch_t match[10];
	int64_t n = 0;
	int flags = 0;
	while (regexec(regex, s, countof(match), match, flags) == 0) {
		n++;
		str_addn(out, s, (size_t)match[0].rm_so);
		if (by)
			add_replacement(out, by, s, match);
		if (match[0].rm_eo == match[0].rm_so) { /* an empty match: one byte on */
			if (!s[match[0].rm_eo])
				return n;
			str_addc(out, s[match[0].rm_eo]);
			s += match[0].rm_eo + 1;
		} else {
			s += match[0].rm_eo;
		}
		flags = REG_NOTBOL;
		if (!*s)
			return n;
	}
	str_add(out, s);
	return n;
}

static void run_replace(struct db_call *call, regex_t *regex)
{
	struct str out;
	str_init(&out, TEXT_MAX);
	each_match(regex, db_arg_text(call, 0), db_arg_text(call, 2), &out);
	if (str_over(&out))
		function_error(call, "UNSUPPORTED_FEATURE", "0A000", "The feature is not"
			" supported: a text this long.");
	else
		db_result_text(call, str_text(&out));
	str_free(&out);
}

static void replace(struct db_call *call, void *user UNUSED)
{
	with_pattern(call, 1, run_replace);
}

static void run_count(struct db_call *call, regex_t *regex)
{
	struct str out;
	str_init(&out, TEXT_MAX);
	db_result_int(call, each_match(regex, db_arg_text(call, 0), NULL, &out));
	str_free(&out);
}

static void count(struct db_call *call, void *user UNUSED)
{
	with_pattern(call, 1, run_count);
}

bool functions_add_patterns(struct db *db, struct err *err)
{
	static const struct function_entry entries[] = {
		{ "dbx_like", 4, like_call, false }, { "dbx_rlike", 2, rlike, true },
		{ "dbx_regexp_extract", -1, extract, true }, { "dbx_regexp_replace", 3, replace,
		true },
		{ "dbx_regexp_count", 2, count, true },
	};
	return functions_add(db, entries, countof(entries), NULL, err);
}
