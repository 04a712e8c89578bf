#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))

static bool is_fixed;
static int64_t fixed_ms;

static int64_t read_clock(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
	return is_fixed ? fixed_ms : read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_fix(int64_t ms)
{
	is_fixed = true;
	fixed_ms = ms;
}

void clock_sleep_ms(int64_t ms)
{
	if (ms <= 0)
		return;
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013):
 * days from civil, with years that begin in March. */
int64_t date_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

void date_to_civil(int64_t days, int *year, int *month, int *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

const char *date_text(int64_t days, char buf[DATE_TEXT_SIZE])
{
	int y, m, d;
	date_to_civil(days, &y, &m, &d);
	snprintf(buf, DATE_TEXT_SIZE, "%04d-%02d-%02d", y, m, d);
	return buf;
}

/* Reads exactly `width` digits. */
static bool digits(const char **p, int width, int *out)
{
	int value = 0;
	for (int i = 0; i < width; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	*out = value;
	return true;
}

static bool take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool read_date(const char **p, int64_t *days)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int y, m, d;
	if (!digits(p, 4, &y) || !take(p, '-') || !digits(p, 2, &m) || !take(p, '-') ||
	    !digits(p, 2, &d) || m < 1 || m > 12 || d < 1)
		return false;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d > length[m - 1] + (m == 2 && leap))
		return false;
	*days = date_from_civil(y, m, d);
	return true;
}

bool date_parse(const char *text, int64_t *days)
{
	int64_t result;
	if (!read_date(&text, &result) || *text)
		return false;
	*days = result;
	return true;
}

/* ".123456" rounds down to milliseconds. */
static int read_fraction(const char **p)
{
	int ms = 0, scale = 100;
	if (!take(p, '.'))
		return 0;
	for (; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
		ms += (**p - '0') * scale;
	return ms;
}

static bool read_zone(const char **p, int64_t *offset_ms)
{
	int h, m, sign = **p == '-' ? -1 : 1;
	*offset_ms = 0;
	if (take(p, 'Z') || take(p, 'z') || **p == '\0')
		return true;
	if (!take(p, '+') && !take(p, '-'))
		return false;
	if (!digits(p, 2, &h) || !take(p, ':') || !digits(p, 2, &m))
		return false;
	*offset_ms = sign * (h * 60 + m) * INT64_C(60000);
	return true;
}

bool clock_parse(const char *text, int64_t *ms)
{
	int64_t days, offset;
	int h, m, s;
	const char *p = text;
	if (!read_date(&p, &days))
		return false;
	if (*p == '\0') {
		*ms = days * DAY_MS;
		return true;
	}
	if ((!take(&p, 'T') && !take(&p, ' ')) || !digits(&p, 2, &h) || !take(&p, ':') ||
	    !digits(&p, 2, &m) || !take(&p, ':') || !digits(&p, 2, &s) ||
	    h > 23 || m > 59 || s > 60)
		return false;
	int fraction = read_fraction(&p);
	if (!read_zone(&p, &offset) || *p)
		return false;
	*ms = days * DAY_MS + ((h * 60 + m) * 60 + s) * INT64_C(1000) + fraction - offset;
	return true;
}

const char *clock_rfc3339(int64_t ms, char buf[CLOCK_RFC3339_SIZE])
{
	int64_t days = ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS);
	int in_day = (int)(ms - days * DAY_MS);
	int seconds = in_day / 1000, fraction = in_day % 1000;
	char date[DATE_TEXT_SIZE], part[8] = "";
	if (fraction)
		snprintf(part, sizeof part, ".%03d", fraction);
	snprintf(buf, CLOCK_RFC3339_SIZE, "%.10sT%02d:%02d:%02d%.4sZ", date_text(days, date),
		 seconds / 3600, seconds / 60 % 60, seconds % 60, part);
	return buf;
}
