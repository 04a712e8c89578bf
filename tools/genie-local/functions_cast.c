/* functions_cast.c - dbx_to_*: texts and numbers into other types, in ANSI mode.
 *
 * The last argument of each is 1 for TRY_CAST: NULL instead of an error.
 */
#include "functions.h"

#include "clock.h"
#include "str.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool tries(struct db_call *call)
{
	return db_arg_int(call, db_argc(call) - 1) != 0;
}

static void malformed(struct db_call *call, const char *type)
{
	if (tries(call))
		db_result_null(call);
	else
		function_error(call, "CAST_INVALID_INPUT", "22018",
			"The value '%.60s' of the type \"STRING\" cannot be cast to \"%s\" because "
			"it is malformed. Correct the value as per the syntax, or change its "
			"target type. Use `try_cast` to tolerate malformed input and return NULL "
			"instead.", db_arg_text(call, 0), type);
}

static void overflow(struct db_call *call, const char *type)
{
	if (tries(call))
		db_result_null(call);
	else
		function_error(call, "CAST_OVERFLOW", "22003", "The value %.60s cannot be cast to"
			" \"%s\" due to an"
			" overflow. Use `try_cast` to tolerate overflow and return NULL instead.",
			db_arg_text(call, 0), type);
}

/* The text of argument 0 without blanks around, in buf; NULL when it is too long. */
static const char *trimmed(struct db_call *call, char *buf, size_t size)
{
	const char *s = db_arg_text(call, 0);
	while (isspace((unsigned char)*s))
		s++;
	size_t n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	if (n >= size)
		return NULL;
	memcpy(buf, s, n);
	buf[n] = '\0';
	return buf;
}

/* Only what SQL calls a number: no hexadecimal, no "inf" (those are read apart). */
static bool number_text(const char *s, double *out)
{
	const char *p = s + (*s == '-' || *s == '+');
	if (!*p || strspn(p, "0123456789.eE+-") != strlen(p) || !strpbrk(p, "0123456789"))
		return false;
	char *end;
	*out = strtod(s, &end);
	return *end == '\0';
}

static void to_whole(struct db_call *call, const char *type, int64_t least, int64_t most)
{
	char buf[64], *end = buf;
	if (function_null(call))
		return;
	if (db_arg_type(call, 0) == DB_INT) {
		int64_t value = db_arg_int(call, 0);
		if (value < least || value > most)
			overflow(call, type);
		else
			db_result_int(call, value);
		return;
	}
	if (db_arg_type(call, 0) == DB_REAL) {
		double x = trunc(db_arg_real(call, 0));
		if (x < (double)least || x > (double)most || x >= 9223372036854775808.0)
			overflow(call, type);
		else
			db_result_int(call, (int64_t)x);
		return;
	}
	const char *s = trimmed(call, buf, sizeof(buf));
	errno = 0;
	long long value = s && (isdigit((unsigned char)*s) || *s == '-' || *s == '+') ? strtoll(s,
		&end, 10) : 0;
	bool fits = s && *s && isdigit((unsigned char)s[strlen(s) - 1]) &&
		(isdigit((unsigned char)*s) || *s == '-' || *s == '+') && *end == '\0' &&
		errno == 0;
	if (!fits || value < least || value > most)
		malformed(call, type);
	else
		db_result_int(call, value);
}

static void to_int(struct db_call *call, void *user UNUSED)
{
	to_whole(call, "INT", INT32_MIN, INT32_MAX);
}

static void to_bigint(struct db_call *call, void *user UNUSED)
{
	to_whole(call, "BIGINT", INT64_MIN, INT64_MAX);
}

static void to_double(struct db_call *call, void *user UNUSED)
{
	char buf[400];
	double x;
	if (function_null(call))
		return;
	if (db_arg_type(call, 0) != DB_TEXT) {
		db_result_real(call, db_arg_real(call, 0));
		return;
	}
	const char *s = trimmed(call, buf, sizeof(buf));
	if (s && (strieq(s, "infinity") || strieq(s, "inf")))
		db_result_real(call, HUGE_VAL);
	else if (s && (strieq(s, "-infinity") || strieq(s, "-inf")))
		db_result_real(call, -HUGE_VAL);
	else if (s && number_text(s, &x))
		db_result_real(call, x);
	else
		malformed(call, "DOUBLE");
}

/* dbx_to_decimal(x, precision, scale, try) */
static void to_decimal(struct db_call *call, void *user UNUSED)
{
	char buf[400], type[40];
	double x = 0;
	if (function_null(call))
		return;
	int precision = (int)db_arg_int(call, 1), scale = (int)db_arg_int(call, 2);
	snprintf(type, sizeof(type), "DECIMAL(%d,%d)", precision, scale);
	if (db_arg_type(call, 0) == DB_TEXT) {
		const char *s = trimmed(call, buf, sizeof(buf));
		if (!s || !number_text(s, &x)) {
			malformed(call, type);
			return;
		}
	} else {
		x = db_arg_real(call, 0);
	}
	double rounded = round_half_up(x, scale);
	if (fabs(rounded) >= pow(10, precision - scale)) {
		if (tries(call))
			db_result_null(call);
		else
			function_error(call, "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION", "22003",
				"%.60s cannot be represented as Decimal(%d, %d). "
				"If necessary set \"ansi_mode\" to \"false\" to bypass this "
				"error, and return NULL instead.", db_arg_text(call, 0),
				precision, scale);
	} else if (db_arg_type(call, 0) == DB_INT) {
		db_result_int(call, db_arg_int(call, 0));
	} else {
		db_result_real(call, rounded);
	}
}

static void to_boolean(struct db_call *call, void *user UNUSED)
{
	static const char *const yes[] = { "t", "true", "y", "yes", "1" };
	static const char *const no[] = { "f", "false", "n", "no", "0" };
	char buf[16];
	if (function_null(call))
		return;
	const char *s = trimmed(call, buf, sizeof(buf));
	for (size_t i = 0; s && i < countof(yes); i++) {
		if (strieq(s, yes[i]) || strieq(s, no[i])) {
			db_result_int(call, strieq(s, yes[i]));
			return;
		}
	}
	malformed(call, "BOOLEAN");
}

static void to_date(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	char buf[DATE_TEXT_SIZE];
	if (function_null(call))
		return;
	if (moment_parse(db_arg_text(call, 0), &m))
		db_result_text(call, date_text(m.day, buf));
	else
		malformed(call, "DATE");
}

static void to_timestamp(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	char buf[MOMENT_SIZE];
	if (function_null(call))
		return;
	if (moment_parse(db_arg_text(call, 0), &m))
		db_result_text(call, moment_text(m, buf));
	else
		malformed(call, "TIMESTAMP");
}

static void double_as_text(struct db_call *call, void *user UNUSED)
{
	char buf[DOUBLE_TEXT_SIZE];
	if (!function_null(call))
		db_result_text(call, double_text(db_arg_real(call, 0), buf));
}

/* dbx_decimal_text(x, scale) */
static void decimal_as_text(struct db_call *call, void *user UNUSED)
{
	char buf[400];
	if (function_null(call))
		return;
	int scale = (int)db_arg_int(call, 1);
	snprintf(buf, sizeof(buf), "%.*f", scale, round_half_up(db_arg_real(call, 0), scale));
	db_result_text(call, buf);
}

bool functions_add_casts(struct db *db, struct err *err)
{
	static const struct function_entry entries[] = {
		{ "dbx_to_int", 2, to_int, true }, { "dbx_to_bigint", 2, to_bigint, true },
		{ "dbx_to_double", 2, to_double, true }, { "dbx_to_decimal", 4, to_decimal, true },
		{ "dbx_to_boolean", 2, to_boolean, true }, { "dbx_to_date", 2, to_date, true },
		{ "dbx_to_timestamp", 2, to_timestamp, true }, { "dbx_double_text", 1,
		double_as_text, false },
		{ "dbx_decimal_text", 2, decimal_as_text, false },
	};
	return functions_add(db, entries, countof(entries), NULL, err);
}
