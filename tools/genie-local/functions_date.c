/* functions_date.c - dates and timestamps: parts, truncation, shifts, formats. */
#include "functions_date.h"

#include "clock.h"
#include "str.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const date_month_names[12] = { "January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December" };
const char *const date_day_names[7] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
	"Saturday", "Sunday" };

bool date_digits(const char **s, int least, int most, int *out)
{
	int n = 0, value = 0;
	while (n < most && isdigit((unsigned char)(*s)[n]))
		value = value * 10 + ((*s)[n++] - '0');
	*s += n;
	*out = value;
	return n >= least;
}

int date_month_days(int year, int month)
{
	int y = month == 12 ? year + 1 : year, m = month == 12 ? 1 : month + 1;
	return (int)(date_from_civil(y, m, 1) - date_from_civil(year, month, 1));
}

static bool parse_time(const char *s, int64_t *micros)
{
	int h = 0, m = 0, sec = 0;
	*micros = 0;
	if (!date_digits(&s, 1, 2, &h) || h > 23)
		return false;
	if (*s == ':' && (s++, !date_digits(&s, 1, 2, &m) || m > 59))
		return false;
	if (*s == ':' && (s++, !date_digits(&s, 1, 2, &sec) || sec > 59))
		return false;
	*micros = h * HOUR_MICROS + m * MINUTE_MICROS + sec * SECOND_MICROS;
	if (*s == '.') {
		int64_t unit = 100000;
		for (s++; isdigit((unsigned char)*s); s++, unit /= 10)
			*micros += (*s - '0') * unit;
	}
	/* The session's time zone is UTC; other zones are not read. */
	return *s == '\0' || streq(s, "Z") || streq(s, "+00:00") || streq(s, " UTC");
}

bool moment_parse(const char *text, struct moment *out)
{
	int year, month = 1, day = 1;
	char buf[64];
	while (isspace((unsigned char)*text))
		text++;
	snprintf(buf, sizeof(buf), "%s", text);
	size_t n = strlen(buf);
	while (n && isspace((unsigned char)buf[n - 1]))
		buf[--n] = '\0';
	const char *s = buf;
	out->micros = 0;
	if (!date_digits(&s, 4, 5, &year))
		return false;
	if (*s == '-' && (s++, !date_digits(&s, 1, 2, &month)))
		return false;
	if (*s == '-' && (s++, !date_digits(&s, 1, 2, &day)))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > date_month_days(year, month))
		return false;
	out->day = date_from_civil(year, month, day);
	return *s == '\0' || ((*s == ' ' || *s == 'T') && parse_time(s + 1, &out->micros));
}

const char *moment_text(struct moment m, char buf[MOMENT_SIZE])
{
	char date[DATE_TEXT_SIZE];
	int64_t s = m.micros / SECOND_MICROS, fraction = m.micros % SECOND_MICROS;
	int n = snprintf(buf, MOMENT_SIZE, "%s %02d:%02d:%02d", date_text(m.day, date),
		(int)(s / 3600),
		(int)(s / 60 % 60), (int)(s % 60));
	if (fraction) {
		n += snprintf(buf + n, MOMENT_SIZE - (size_t)n, ".%06d", (int)fraction);
		while (buf[n - 1] == '0')
			buf[--n] = '\0';
	}
	return buf;
}

/* The argument as a moment. Values are well formed by type, or come from data that is
 * not: then the result is an error and this is false. *dated: it had no time. */
bool date_arg(struct db_call *call, int i, struct moment *out, bool *dated)
{
	const char *text = db_arg_text(call, i);
	if (dated)
		*dated = text && strlen(text) <= 10;
	if (text && moment_parse(text, out))
		return true;
	function_error(call, "CAST_INVALID_INPUT", "22018", "The value '%.60s' of the type"
		" \"STRING\" cannot be"
		" cast to \"TIMESTAMP\" because it is malformed. Correct the value as per the"
		" syntax, or change its"
		" target type. Use `try_cast` to tolerate malformed input and return NULL instead.",
		text ? text : "NULL");
	return false;
}

void date_result(struct db_call *call, struct moment m, bool dated)
{
	char buf[MOMENT_SIZE];
	if (m.day > 2932896 || m.day < -719528) /* year 9999 to year 0 */
		function_error(call, "DATETIME_OVERFLOW", "22008", "Datetime operation overflow.");
	else if (dated)
		db_result_text(call, date_text(m.day, buf));
	else
		db_result_text(call, moment_text(m, buf));
}

static void today(struct db_call *call, void *user)
{
	db_result_text(call, user);
}

static void now(struct db_call *call, void *user)
{
	char buf[MOMENT_SIZE];
	snprintf(buf, sizeof(buf), "%s 12:00:00", (const char *)user);
	db_result_text(call, buf);
}

static struct moment plus_months(struct moment m, int64_t months)
{
	int year, month, day;
	date_to_civil(m.day, &year, &month, &day);
	int64_t total = (int64_t)year * 12 + month - 1 + months;
	if (total < 0 || total > 200000)
		return (struct moment){ INT64_MAX / 2, 0 };
	year = (int)(total / 12);
	month = (int)(total % 12) + 1;
	int last = date_month_days(year, month);
	m.day = date_from_civil(year, month, day < last ? day : last);
	return m;
}

static int64_t unit_months(const char *unit)
{
	return streq(unit, "YEAR") ? 12 : streq(unit, "QUARTER") ? 3 : streq(unit, "MONTH") ? 1 : 0;
}

static int64_t unit_micros(const char *unit)
{
	static const struct {
		const char *name;
		int64_t micros;
	} all[] = { { "WEEK", 7 * DAY_MICROS }, { "DAY", DAY_MICROS }, { "HOUR", HOUR_MICROS },
		{ "MINUTE", MINUTE_MICROS }, { "SECOND", SECOND_MICROS }, { "MILLISECOND", 1000 },
		{ "MICROSECOND", 1 } };
	for (size_t i = 0; i < countof(all); i++)
		if (streq(unit, all[i].name))
			return all[i].micros;
	return 0;
}

/* dbx_shift(moment, n, unit) */
static void shift(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	bool dated;
	if (function_null(call) || !date_arg(call, 0, &m, &dated))
		return;
	int64_t n = db_arg_int(call, 1);
	const char *unit = db_arg_text(call, 2);
	int64_t months = unit_months(unit), micros = unit_micros(unit);
	if (n > 100000000000 || n < -100000000000) {
		function_error(call, "DATETIME_OVERFLOW", "22008", "Datetime operation overflow.");
		return;
	}
	if (months) {
		m = n > 200000 || n < -200000 ? (struct moment){ INT64_MAX / 2, 0 }
			: plus_months(m, n * months);
	} else if (micros >= DAY_MICROS) {
		m.day += n * (micros / DAY_MICROS);
	} else {
		int64_t per_day = DAY_MICROS / micros;
		m.day += n / per_day;
		m.micros += n % per_day * micros;
		m.day += m.micros / DAY_MICROS;
		m.micros %= DAY_MICROS;
		if (m.micros < 0) {
			m.micros += DAY_MICROS;
			m.day--;
		}
	}
	date_result(call, m, dated);
}

int date_weekday(int64_t day) /* Monday is 0 */
{
	int64_t w = (day + 3) % 7;
	return (int)(w < 0 ? w + 7 : w);
}

/* The start of the unit; false for words that are none. */
static bool truncate_moment(struct moment *m, const char *unit)
{
	int year, month, day;
	static const char *const words[][6] = { { "YEAR", "YYYY", "YY" }, { "QUARTER" },
		{ "MONTH", "MM", "MON" }, { "WEEK" }, { "DAY", "DD" }, { "HOUR" }, { "MINUTE" },
		{ "SECOND" } };
	size_t i, k = 0;
	for (i = 0; i < countof(words); i++) {
		for (k = 0; k < countof(words[0]) && words[i][k]; k++)
			if (strieq(words[i][k], unit))
				break;
		if (k < countof(words[0]) && words[i][k])
			break;
	}
	if (i == countof(words))
		return false;
	date_to_civil(m->day, &year, &month, &day);
	if (i <= 2)
		m->day = date_from_civil(year, i == 0 ? 1 : i == 1 ? (month - 1) / 3 * 3 + 1
			: month, 1);
	else if (i == 3)
		m->day -= date_weekday(m->day);
	if (i <= 4)
		m->micros = 0;
	else
		m->micros -= m->micros % unit_micros(words[i][0]);
	return true;
}

/* dbx_date_trunc(unit, timestamp); an unknown unit gives NULL, as in Spark */
static void date_trunc(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	if (function_null(call) || !date_arg(call, 1, &m, NULL))
		return;
	if (truncate_moment(&m, db_arg_text(call, 0)))
		date_result(call, m, false);
	else
		db_result_null(call);
}

/* dbx_trunc(date, unit) */
static void trunc_date(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	if (function_null(call) || !date_arg(call, 0, &m, NULL))
		return;
	const char *unit = db_arg_text(call, 1);
	if (!strieq(unit, "DAY") && !strieq(unit, "DD") && truncate_moment(&m, unit) &&
		m.micros == 0)
		date_result(call, m, true);
	else
		db_result_null(call);
}

/* ISO 8601 week and the year it belongs to. */
void date_iso_week(int64_t day, int *week, int *week_year)
{
	int64_t thursday = day - date_weekday(day) + 3;
	int month, d;
	date_to_civil(thursday, week_year, &month, &d);
	*week = (int)((thursday - date_from_civil(*week_year, 1, 1)) / 7) + 1;
}

/* dbx_part(field, moment) */
static void part(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	if (function_null(call) || !date_arg(call, 1, &m, NULL))
		return;
	const char *field = db_arg_text(call, 0);
	int year, month, day, week, week_year;
	date_to_civil(m.day, &year, &month, &day);
	date_iso_week(m.day, &week, &week_year);
	int sunday_first = (date_weekday(m.day) + 1) % 7 + 1;
	const struct {
		const char *name;
		int64_t value;
	} all[] = { { "YEAR", year }, { "QUARTER", (month + 2) / 3 }, { "MONTH", month }, { "DAY",
		day },
		{ "WEEK", week }, { "YEAROFWEEK", week_year }, { "DAYOFWEEK", sunday_first },
		{ "DOW", sunday_first }, { "DAYOFWEEK_ISO", date_weekday(m.day) + 1 }, { "WEEKDAY",
		date_weekday(m.day) },
		{ "DOY", m.day - date_from_civil(year, 1, 1) + 1 }, { "HOUR",
		m.micros / HOUR_MICROS },
		{ "MINUTE", m.micros / MINUTE_MICROS % 60 }, { "SECOND",
		m.micros / SECOND_MICROS % 60 } };
	for (size_t i = 0; i < countof(all); i++) {
		if (streq(all[i].name, field)) {
			db_result_int(call, all[i].value);
			return;
		}
	}
	db_result_real(call, (double)(m.micros % MINUTE_MICROS) / 1e6); /* SECOND6 */
}

static void days_between(struct db_call *call, void *user UNUSED)
{
	struct moment a, b;
	if (!function_null(call) && date_arg(call, 0, &a, NULL) && date_arg(call, 1, &b, NULL))
		db_result_int(call, a.day - b.day);
}

static int64_t whole_months(struct moment a, struct moment b)
{
	int ya, ma, da, yb, mb, db;
	date_to_civil(a.day, &ya, &ma, &da);
	date_to_civil(b.day, &yb, &mb, &db);
	int64_t n = (int64_t)(yb - ya) * 12 + mb - ma;
	bool later = db > da || (db == da && b.micros >= a.micros);
	bool earlier = db < da || (db == da && b.micros <= a.micros);
	return n > 0 && !later ? n - 1 : n < 0 && !earlier ? n + 1 : n;
}

/* dbx_units_between(unit, start, end): whole units, towards zero (Spark's timestampdiff) */
static void units_between(struct db_call *call, void *user UNUSED)
{
	struct moment a, b;
	if (function_null(call) || !date_arg(call, 1, &a, NULL) || !date_arg(call, 2, &b, NULL))
		return;
	const char *unit = db_arg_text(call, 0);
	int64_t months = unit_months(unit);
	if (months)
		db_result_int(call, whole_months(a, b) / months);
	else
		db_result_int(call,
			((b.day - a.day) * DAY_MICROS + b.micros - a.micros) / unit_micros(unit));
}

static bool last_of_month(int64_t day)
{
	int year, month, d;
	date_to_civil(day, &year, &month, &d);
	return d == date_month_days(year, month);
}

/* Spark: whole when the days of the month are equal or both last; else 31 days a month. */
static void months_between(struct db_call *call, void *user UNUSED)
{
	struct moment a, b;
	if (function_null(call) || !date_arg(call, 0, &a, NULL) || !date_arg(call, 1, &b, NULL))
		return;
	int ya, ma, da, yb, mb, db;
	date_to_civil(a.day, &ya, &ma, &da);
	date_to_civil(b.day, &yb, &mb, &db);
	double months = (ya - yb) * 12 + ma - mb;
	if (da != db && !(last_of_month(a.day) && last_of_month(b.day))) {
		double seconds = (da - db) * 86400.0 + (double)(a.micros - b.micros) / 1e6;
		months += seconds / (31 * 86400.0);
	} else if (da == db && a.micros != b.micros) {
		months += 0; /* same day of the month: the time is left out */
	}
	db_result_real(call, round(months * 1e8) / 1e8);
}

static void last_day(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	int year, month, day;
	if (function_null(call) || !date_arg(call, 0, &m, NULL))
		return;
	date_to_civil(m.day, &year, &month, &day);
	m.day = date_from_civil(year, month, date_month_days(year, month));
	date_result(call, m, true);
}

static void next_day(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	if (function_null(call) || !date_arg(call, 0, &m, NULL))
		return;
	const char *name = db_arg_text(call, 1);
	for (int i = 0; i < 7; i++) {
		size_t n = strlen(name);
		if (n >= 2 && n <= strlen(date_day_names[i]) && strnieq(name, date_day_names[i],
			n)) {
			m.day += (i - date_weekday(m.day) + 6) % 7 + 1;
			date_result(call, m, true);
			return;
		}
	}
	function_error(call, "ILLEGAL_DAY_OF_WEEK", "22009", "Illegal input for day of week:"
		" %.40s.", name);
}

static void make_date(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	int64_t y = db_arg_int(call, 0), m = db_arg_int(call, 1), d = db_arg_int(call, 2);
	if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1 || d > date_month_days((int)y, (int)m))
		function_error(call, "DATETIME_FIELD_OUT_OF_BOUNDS.WITH_SUGGESTION", "22023",
			"The date field is out of range. If necessary set \"ansi_mode\" to false"
			" to bypass this error.");
	else
		date_result(call, (struct moment){ date_from_civil((int)y, (int)m, (int)d), 0 },
			true);
}

static void epoch(struct db_call *call, void *user UNUSED)
{
	struct moment m;
	if (!function_null(call) && date_arg(call, 0, &m, NULL))
		db_result_int(call, m.day * 86400 + m.micros / SECOND_MICROS);
}

struct moment date_from_epoch(int64_t seconds)
{
	int64_t day = seconds / 86400, rest = seconds % 86400;
	return rest < 0 ? (struct moment){ day - 1, (rest + 86400) * SECOND_MICROS }
		: (struct moment){ day, rest * SECOND_MICROS };
}

static void timestamp_seconds(struct db_call *call, void *user UNUSED)
{
	if (!function_null(call))
		date_result(call, date_from_epoch(db_arg_int(call, 0)), false);
}

bool functions_add_dates(struct db *db, const char *date, struct err *err)
{
	static const struct function_entry entries[] = {
		{ "dbx_today", 0, today, true },
		{ "today", 0, today, true }, /* for data scripts of a bundle (load.h) */
		{ "dbx_now", 0, now, true },
		{ "dbx_shift", 3, shift, true }, { "dbx_date_trunc", 2, date_trunc, true },
		{ "dbx_trunc", 2, trunc_date, true }, { "dbx_part", 2, part, true },
		{ "dbx_days_between", 2, days_between, true }, { "dbx_units_between", 3,
		units_between, true },
		{ "dbx_months_between", 2, months_between, true }, { "dbx_last_day", 1, last_day,
		true },
		{ "dbx_next_day", 2, next_day, true }, { "dbx_make_date", 3, make_date, true },
		{ "dbx_epoch", 1, epoch, true }, { "dbx_timestamp_seconds", 1, timestamp_seconds,
		true },
	};
	return functions_add(db, entries, countof(entries), (void *)(uintptr_t)date, err);
}
