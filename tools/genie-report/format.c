#include "format.h"

#include "json.h"
#include "str.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

PRINTF_LIKE(2, 3)
static struct fmt written(bool measured, const char *format, ...)
{
	struct fmt out;
	va_list ap;
	if (!measured)
		format = "not measured";
	va_start(ap, format);
	vsnprintf(out.s, sizeof out.s, format, ap);
	va_end(ap);
	return out;
}

/* As exact as the artifacts are, two decimals, so that a figure can be found in
 * them again; without zeros at the end. */
static int decimals(double percent)
{
	double hundredths = round(percent * 100);
	return fmod(hundredths, 100) == 0 ? 0 : fmod(hundredths, 10) == 0 ? 1 : 2;
}

struct fmt fmt_percent(double percent)
{
	return written(!isnan(percent), "%.*f %%", decimals(percent), percent);
}

struct fmt fmt_points(double points)
{
	if (fabs(points) < 0.05)
		return written(true, "0.0 points");
	return written(!isnan(points), "%+.1f points", points);
}

struct fmt fmt_change(double points)
{
	if (fabs(points) < 0.05)
		return written(true, "0.0");
	return written(!isnan(points), "%+.1f", round(points * 10) / 10);
}

struct fmt fmt_gain(double whole)
{
	if (fabs(whole) < 0.5)
		return written(true, "0");
	return written(!isnan(whole), "%+.0f", whole);
}

struct fmt fmt_number(double number)
{
	return written(!isnan(number), "%.*f", decimals(number), number);
}

struct fmt fmt_interval(double low, double high)
{
	return written(!isnan(low) && !isnan(high), "%.*f to %.*f %%", decimals(low), low,
		       decimals(high), high);
}

struct fmt fmt_p(double p)
{
	if (p < 0.001)
		return written(true, "< 0.001");
	return written(!isnan(p), "%.3f", p);
}

struct fmt fmt_p_is(double p)
{
	if (p < 0.001)
		return written(true, "p < 0.001");
	return written(!isnan(p), "p = %.3f", p);
}

struct fmt fmt_count(size_t n, const char *noun)
{
	return written(true, "%zu %s%s", n, noun, n == 1 ? "" : "s");
}

struct fmt fmt_share(size_t n, size_t of)
{
	return written(true, "%zu of %zu", n, of);
}

struct fmt fmt_seconds(double seconds)
{
	if (!(seconds < 60))
		return written(!isnan(seconds), "%.0f min %.0f s", floor(seconds / 60),
			       floor(fmod(seconds, 60)));
	if (seconds < 0.1)
		return written(true, "%.0f ms", 1000 * seconds);
	return written(true, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
}

double fmt_member(const struct json *object, const char *key)
{
	double value;
	return json_as_num(json_get(object, key), &value) ? value : NAN;
}

struct fmt fmt_right(const struct json *eval)
{
	return fmt_share((size_t)json_int_or(eval, "correct", 0),
			 (size_t)json_int_or(eval, "evaluated", 0));
}

struct fmt fmt_interval_of(const struct json *object, const char *key)
{
	double low = NAN, high = NAN;
	const struct json *pair = json_get(object, key);
	bool ok = json_as_num(json_at(pair, 0), &low) && json_as_num(json_at(pair, 1), &high);
	return ok ? fmt_interval(low, high) : fmt_interval(NAN, NAN);
}
