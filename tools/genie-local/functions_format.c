/* functions_format.c - Java's date patterns, written and read. */
#include "functions_date.h"

#include "clock.h"
#include "str.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool format_letter(struct str *out, struct moment m, char letter, int n)
{
	int year, month, day, week, week_year;
	date_to_civil(m.day, &year, &month, &day);
	date_iso_week(m.day, &week, &week_year);
	int s = (int)(m.micros / SECOND_MICROS), h = s / 3600;
	const char *month_name = date_month_names[month - 1],
		*day_name = date_day_names[date_weekday(m.day)];
	switch (letter) {
	case 'y': case 'u':
		str_addf(out, "%0*d", n == 2 ? 2 : n, n == 2 ? year % 100 : year);
		return true;
	case 'M': case 'L':
		if (n >= 3)
			str_addf(out, "%.*s", n == 3 ? 3 : 20, month_name);
		else
			str_addf(out, "%0*d", n, month);
		return true;
	case 'E':
		str_addf(out, "%.*s", n <= 3 ? 3 : 20, day_name);
		return true;
	case 'a':
		str_add(out, h < 12 ? "AM" : "PM");
		return true;
	case 'S':
		str_addf(out, "%.*s", n, (const char[7]){ (char)('0' + m.micros / 100000 % 10),
			(char)('0' + m.micros / 10000 % 10), (char)('0' + m.micros / 1000 % 10),
			(char)('0' + m.micros / 100 % 10), (char)('0' + m.micros / 10 % 10),
			(char)('0' + m.micros % 10), '\0' });
		return n <= 6;
	case 'd': str_addf(out, "%0*d", n, day); return n <= 2;
	case 'D': str_addf(out, "%0*d", n, (int)(m.day - date_from_civil(year, 1,
		1)) + 1); return n <= 3;
	case 'H': str_addf(out, "%0*d", n, h); return n <= 2;
	case 'h': str_addf(out, "%0*d", n, h % 12 ? h % 12 : 12); return n <= 2;
	case 'm': str_addf(out, "%0*d", n, s / 60 % 60); return n <= 2;
	case 's': str_addf(out, "%0*d", n, s % 60); return n <= 2;
	case 'q': case 'Q':
		str_addf(out, n >= 3 ? "Q%d" : n == 2 ? "0%d" : "%d", (month + 2) / 3);
		return n <= 3;
	default: return false;
	}
}

static bool format_moment(struct str *out, struct moment m, const char *pattern)
{
	for (const char *p = pattern; *p;) {
		if (*p == '\'') {
			p++;
			if (*p == '\'')
				str_addc(out, *p++);
			else
				for (; *p && *p++ != '\'';)
					if (p[-1] != '\'')
						str_addc(out, p[-1]);
		} else if (isalpha((unsigned char)*p)) {
			int n = 1;
			while (p[n] == *p)
				n++;
			if (!format_letter(out, m, *p, n))
				return false;
			p += n;
		} else {
			str_addc(out, *p++);
		}
	}
	return true;
}

static void bad_pattern(struct db_call *call, const char *pattern)
{
	function_error(call, "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER", "22007",
		"Unrecognized datetime pattern: '%.60s'.", pattern);
}

static void format_result(struct db_call *call, struct moment m, const char *pattern)
{
	struct str out;
	str_init(&out, 1000);
	if (format_moment(&out, m, pattern) && !str_over(&out))
		db_result_text(call, str_text(&out));
	else
		bad_pattern(call, pattern);
	str_free(&out);
}

/* dbx_format_date(moment, pattern) */
static void format_date(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	if (!function_null(call) && date_arg(call, 0, &m, NULL))
		format_result(call, m, db_arg_text(call, 1));
}

static void from_unixtime(struct db_call *call, void *user UNUSED)
{
	if (!function_null(call))
		format_result(call, date_from_epoch(db_arg_int(call, 0)),
			db_argc(call) > 1 ? db_arg_text(call, 1) : "yyyy-MM-dd HH:mm:ss");
}

struct fields {
	int year, month, day, hour, minute, second;
	int64_t micros;
	bool pm, half;
};

static bool scan_name(const char **s, const char *const *names, int n, int width, int *out)
{
	for (int i = 0; i < n; i++) {
		size_t len = width == 3 ? 3 : strlen(names[i]);
		if (strnieq(*s, names[i], len)) {
			*s += len;
			*out = i + 1;
			return true;
		}
	}
	return false;
}

/* 1 read, 0 the text does not fit, -1 a letter we do not have */
static int scan_letter(const char **s, char letter, int n, struct fields *f)
{
	int ignored, least = n == 1 ? 1 : n, most = n == 1 ? 9 : n;
	switch (letter) {
	case 'y': case 'u':
		if (!date_digits(s, n == 2 ? 2 : n == 1 ? 1 : 4, n == 2 ? 2 : 4, &f->year))
			return 0;
		f->year += n == 2 ? 2000 : 0;
		return 1;
	case 'M': case 'L':
		return n >= 3 ? scan_name(s, date_month_names, 12, n, &f->month)
			: date_digits(s, least, n == 1 ? 2 : n, &f->month);
	case 'E': return scan_name(s, date_day_names, 7, n <= 3 ? 3 : n, &ignored);
	case 'd': return date_digits(s, least, n == 1 ? 2 : n, &f->day);
	case 'H': case 'h':
		f->half = f->half || letter == 'h';
		return date_digits(s, least, n == 1 ? 2 : n, &f->hour);
	case 'm': return date_digits(s, least, n == 1 ? 2 : n, &f->minute);
	case 's': return date_digits(s, least, n == 1 ? 2 : n, &f->second);
	case 'S':
		for (int64_t unit = 100000; most-- > 0 && isdigit((unsigned char)**s); ++*s,
			unit /= 10)
			f->micros += (**s - '0') * unit;
		return 1;
	case 'a':
		f->pm = strnieq(*s, "PM", 2);
		if (!f->pm && !strnieq(*s, "AM", 2))
			return 0;
		*s += 2;
		return 1;
	default: return -1;
	}
}

static int scan_moment(const char *s, const char *p, struct moment *out)
{
	struct fields f = { 1970, 1, 1, 0, 0, 0, 0, false, false };
	bool quoted = false;
	while (*p) {
		if (*p == '\'') {
			quoted = !quoted;
			p++;
		} else if (!quoted && isalpha((unsigned char)*p)) {
			int n = 1;
			while (p[n] == *p)
				n++;
			int rc = scan_letter(&s, *p, n, &f);
			if (rc <= 0)
				return rc;
			p += n;
		} else if (*p++ != *s++) {
			return 0;
		}
	}
	if (f.half)
		f.hour = f.hour % 12 + (f.pm ? 12 : 0);
	if (*s || f.month < 1 || f.month > 12 || f.day < 1 || f.day > date_month_days(f.year,
		f.month) ||
	    f.hour > 23 || f.minute > 59 || f.second > 59)
		return 0;
	out->day = date_from_civil(f.year, f.month, f.day);
	out->micros = f.hour * HOUR_MICROS + f.minute * MINUTE_MICROS + f.second * SECOND_MICROS +
		f.micros;
	return 1;
}

struct parse_kind {
	bool date, try;
};

/* dbx_[try_]parse_date(text[, pattern]) and the same for timestamps */
static void parse_moment(struct db_call *call, void *user)
{
	const struct parse_kind *kind = user;
	struct moment m = { 0, 0 };
	if (function_null(call))
		return;
	const char *text = db_arg_text(call, 0), *pattern = db_argc(call) > 1 ? db_arg_text(call,
		1) : NULL;
	int rc = pattern ? scan_moment(text, pattern, &m) : moment_parse(text, &m);
	if (rc > 0)
		date_result(call, m, kind->date);
	else if (rc < 0)
		bad_pattern(call, pattern);
	else if (kind->try)
		db_result_null(call);
	else
		function_error(call, "CANNOT_PARSE_TIMESTAMP", "22007", "Text '%.60s' could not be "
			"parsed. Use `try_to_timestamp` to tolerate invalid input string and "
			"return NULL instead.", text);
}

bool functions_add_formats(struct db *db, struct err *err)
{
	static struct parse_kind kinds[] = { { true, false }, { true, true }, { false, false },
		{ false, true } };
	static const char *const parsers[] = { "dbx_parse_date", "dbx_try_parse_date",
		"dbx_parse_timestamp", "dbx_try_parse_timestamp" };
	static const struct function_entry entries[] = {
		{ "dbx_format_date", 2, format_date, true },
		{ "dbx_from_unixtime", -1, from_unixtime, true },
	};
	for (size_t i = 0; i < countof(kinds); i++)
		if (!db_add_function(db, parsers[i], -1, 0, parse_moment, &kinds[i], err))
			return false;
	return functions_add(db, entries, countof(entries), NULL, err);
}
