#include "comparekey.h"

#include "clock.h"
#include "json.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum family family_of(const char *type)
{
	static const struct { const char *prefix; enum family family; } table[] = {
		{ "TIMESTAMP_NTZ", FAMILY_NTZ }, { "TIMESTAMP", FAMILY_TIMESTAMP },
		{ "DATE", FAMILY_DATE }, { "TINYINT", FAMILY_INT }, { "SMALLINT", FAMILY_INT },
		{ "INTERVAL", FAMILY_OTHER }, { "INT", FAMILY_INT }, { "BIGINT", FAMILY_INT },
		{ "LONG", FAMILY_INT }, { "SHORT", FAMILY_INT }, { "BYTE", FAMILY_INT },
		{ "DECIMAL", FAMILY_DECIMAL }, { "NUMERIC", FAMILY_DECIMAL }, { "DEC(", FAMILY_DECIMAL },
		{ "DOUBLE", FAMILY_DOUBLE }, { "FLOAT", FAMILY_FLOAT }, { "REAL", FAMILY_FLOAT },
		{ "BOOLEAN", FAMILY_BOOL }, { "STRING", FAMILY_STRING }, { "VARCHAR", FAMILY_STRING },
		{ "CHAR", FAMILY_STRING }, { "ARRAY", FAMILY_NESTED }, { "MAP", FAMILY_NESTED },
		{ "STRUCT", FAMILY_NESTED }, { "VARIANT", FAMILY_NESTED }, { "OBJECT", FAMILY_NESTED },
		{ "VOID", FAMILY_ANY }, { "NULL", FAMILY_ANY },
	};
	for (size_t i = 0; i < countof(table); i++)
		if (starts_withi(type, table[i].prefix))
			return table[i].family;
	return FAMILY_OTHER;
}

bool family_numeric(enum family family)
{
	return family >= FAMILY_INT && family <= FAMILY_FLOAT;
}

bool family_same(enum family a, enum family b)
{
	return a == b || a == FAMILY_ANY || b == FAMILY_ANY
		|| (family_numeric(a) && family_numeric(b));
}

/* ---- numbers: 0.DIGITS x 10^exponent, without leading and trailing zeros ---- */

#define MAX_DIGITS 512
struct decimal {
	bool negative;
	size_t n; /* 0: the number is zero */
	long exponent;
	char digits[MAX_DIGITS + 1];
};

/* Reads the digits before the exponent; *point is where the decimal point stood. */
static const char *read_digits(struct decimal *d, const char *s, bool *any)
{
	bool fraction = false;
	for (;; s++) {
		if (*s == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			return s;
		*any = true;
		if (d->n == 0 && *s == '0') {
			d->exponent -= fraction;
			continue;
		}
		if (d->n == MAX_DIGITS)
			return NULL;
		d->digits[d->n++] = *s;
		d->exponent += !fraction;
	}
}

static void strip_zeros(struct decimal *d)
{
	while (d->n && d->digits[d->n - 1] == '0')
		d->n--;
	d->digits[d->n] = '\0';
	if (!d->n)
		d->negative = false, d->exponent = 0;
}

static bool decimal_parse(struct decimal *d, const char *s)
{
	bool any = false;
	d->n = 0;
	d->exponent = 0;
	d->negative = *s == '-';
	s += *s == '-' || *s == '+';
	s = read_digits(d, s, &any);
	if (!s || !any)
		return false;
	if (*s == 'e' || *s == 'E') {
		char *end;
		const char *digits = s + 1 + (s[1] == '-' || s[1] == '+');
		if (*digits < '0' || *digits > '9' || strlen(digits) > 6)
			return false;
		d->exponent += strtol(s + 1, &end, 10);
		s = end;
	}
	strip_zeros(d);
	return *s == '\0';
}

/* Keeps `keep` digits, rounding half away from zero. */
static void decimal_round(struct decimal *d, long keep)
{
	if (keep >= (long)d->n)
		return;
	bool up = keep >= 0 && d->digits[keep] >= '5';
	size_t n = keep < 0 ? 0 : (size_t)keep;
	while (up && n && d->digits[n - 1] == '9')
		n--;
	d->n = n;
	if (up && n) {
		d->digits[n - 1]++;
	} else if (up) {
		d->digits[0] = '1';
		d->n = 1;
		d->exponent++;
	}
	strip_zeros(d);
}

static const char *special_number(const char *text)
{
	static const char *const specials[] = { "NaN", "Infinity", "-Infinity" };
	for (size_t i = 0; i < countof(specials); i++)
		if (strieq(text, specials[i]))
			return specials[i];
	return NULL;
}

static void number_key(struct str *out, const char *text, enum grade grade)
{
	struct decimal d;
	if (special_number(text)) {
		str_addf(out, "n%s", special_number(text));
	} else if (!decimal_parse(&d, text)) {
		str_addf(out, "?%s", text);
	} else {
		if (grade == GRADE_SIG4)
			decimal_round(&d, 4);
		else if (grade == GRADE_DEC6)
			decimal_round(&d, d.exponent + 6);
		str_addf(out, "n%s%se%ld", d.negative ? "-" : "", d.digits, d.exponent);
	}
}

bool cell_number(const char *text, double *out)
{
	struct decimal d;
	if (!text || !decimal_parse(&d, text))
		return false;
	*out = strtod(text, NULL);
	return isfinite(*out);
}

bool cell_close(const char *a, const char *b, bool single)
{
	double x, y;
	if (!cell_number(a, &x) || !cell_number(b, &y))
		return false;
	double larger = fmax(fabs(x), fabs(y));
	return fabs(x - y) <= fmax(larger * (single ? 1e-6 : 1e-9), 1e-12);
}

bool number_within(double a, double b, double tolerance)
{
	return fabs(a - b) <= fmax(tolerance, 1e-9 * fmax(fabs(a), fabs(b)));
}

/* ---- times ---- */

static bool two(const char *s, int *out)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return false;
	*out = (s[0] - '0') * 10 + s[1] - '0';
	return true;
}

/* "+02:00", "-0530", "Z" or nothing: seconds east of UTC. */
static bool read_zone(const char *s, int *seconds)
{
	int hours, minutes = 0;
	*seconds = 0;
	if (!*s || streq(s, "Z") || streq(s, "z") || streq(s, " UTC"))
		return true;
	if ((*s != '+' && *s != '-') || !two(s + 1, &hours))
		return false;
	const char *rest = s + 3 + (s[3] == ':');
	if (*rest && (!two(rest, &minutes) || rest[2]))
		return false;
	*seconds = (hours * 60 + minutes) * 60 * (*s == '-' ? -1 : 1);
	return true;
}

/* Seconds since 1970 in UTC and nanoseconds. Reads a date, or a date and a time with
 * 'T' or a space between, with or without zone. */
static bool read_instant(const char *text, int64_t *seconds, int *nanos)
{
	char date[11] = "";
	int64_t days;
	int h = 0, m = 0, s = 0, zone = 0, scale = 100000000;
	*nanos = 0;
	if (strlen(text) < 10)
		return false;
	memcpy(date, text, 10);
	if (!date_parse(date, &days))
		return false;
	*seconds = days * 86400;
	text += 10;
	if (!*text)
		return true;
	if ((*text != 'T' && *text != ' ') || !two(text + 1, &h) || text[3] != ':'
	    || !two(text + 4, &m))
		return false;
	text += 6;
	if (*text == ':') {
		if (!two(text + 1, &s))
			return false;
		text += 3;
	}
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
			*nanos += (*text - '0') * scale;
	*seconds += h * 3600 + m * 60 + s;
	if (!read_zone(text, &zone))
		return false;
	*seconds -= zone;
	return true;
}

static bool family_temporal(enum family family)
{
	return family >= FAMILY_DATE && family <= FAMILY_NTZ;
}

static void instant_key(struct str *out, const char *text)
{
	int64_t seconds;
	int nanos;
	if (read_instant(text, &seconds, &nanos))
		str_addf(out, "t%lld.%09d", (long long)seconds, nanos);
	else
		str_addf(out, "s%s", text);
}

/* A text beside a DATE or TIMESTAMP: "2024-01" stands for its first day. */
static void date_text_key(struct str *out, const char *text)
{
	char full[11];
	int month;
	if (strlen(text) == 7 && text[4] == '-' && two(text + 5, &month)) {
		memcpy(full, text, 7);
		memcpy(full + 7, "-01", 4);
		instant_key(out, full);
	} else {
		instant_key(out, text);
	}
}

/* ---- nested values ---- */

static int by_canonical(const struct json *a, const struct json *b)
{
	struct str x = STR_INIT, y = STR_INIT;
	json_canonical(a, &x);
	json_canonical(b, &y);
	int order = strcmp(str_text(&x), str_text(&y));
	str_free(&x);
	str_free(&y);
	return order;
}

static void sort_arrays(struct json *json)
{
	for (struct json *child = json_first(json); child; child = json_next(child))
		sort_arrays(child);
	if (json_is(json, JSON_ARRAY))
		json_sort(json, by_canonical);
}

static void nested_key(struct str *out, const char *text, enum grade grade)
{
	struct err ignored = { 0 };
	struct json *json = json_parse(text, strlen(text), &ignored);
	if (!json) {
		str_addf(out, "s%s", text);
		return;
	}
	if (grade == GRADE_ARRAYS)
		sort_arrays(json);
	struct str canonical = STR_INIT;
	json_canonical(json, &canonical);
	str_addf(out, "j%s", str_text(&canonical));
	str_free(&canonical);
	json_free(json);
}

/* ---- all together ---- */

static void bool_key(struct str *out, const char *text)
{
	struct decimal d;
	bool yes = strieq(text, "true"), no = strieq(text, "false");
	if (!yes && !no && decimal_parse(&d, text)) {
		no = d.n == 0;
		yes = !d.negative && d.exponent == 1 && streq(d.digits, "1");
	}
	if (yes || no)
		str_add(out, yes ? "b1" : "b0");
	else
		str_addf(out, "s%s", text);
}

static void mixed_key(struct str *out, const char *text, enum family own, enum family other)
{
	if (family_temporal(own) && (family_temporal(other) || other == FAMILY_STRING))
		instant_key(out, text);
	else if (own == FAMILY_STRING && family_temporal(other))
		date_text_key(out, text);
	else if (own == FAMILY_BOOL || other == FAMILY_BOOL)
		bool_key(out, text);
	else
		str_addf(out, "s%s", text);
}

void cell_key(struct str *out, const char *text, enum family own, enum family other,
	      enum grade grade)
{
	if (!text)
		str_add(out, "0");
	else if (!family_same(own, other))
		mixed_key(out, text, own, other);
	else if (family_numeric(own))
		number_key(out, text, grade);
	else if (family_temporal(own))
		instant_key(out, text);
	else if (own == FAMILY_BOOL)
		bool_key(out, text);
	else if (own == FAMILY_NESTED)
		nested_key(out, text, grade);
	else
		str_addf(out, "s%s", text);
}

/* ---- the normalised CSV ---- */

static void csv_text(struct str *out, const char *text)
{
	const char *end = text + strlen(text);
	while (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r')
		text++;
	while (end > text && strchr(" \t\n\r", end[-1]))
		end--;
	size_t n = (size_t)(end - text);
	if (n && strcspn(text, ",\"\n\r") >= n) {
		str_addn(out, text, n);
		return;
	}
	str_addc(out, '"');
	for (; text < end; text++) {
		if (*text == '"')
			str_addc(out, '"');
		str_addc(out, *text);
	}
	str_addc(out, '"');
}

static void csv_number(struct str *out, const char *text)
{
	struct decimal d;
	if (special_number(text) || !decimal_parse(&d, text) || labs(d.exponent) > MAX_DIGITS) {
		csv_text(out, text);
		return;
	}
	decimal_round(&d, d.exponent + 6);
	if (d.negative)
		str_addc(out, '-');
	if (d.exponent <= 0)
		str_addc(out, '0');
	if (d.exponent <= 0 && d.n)
		str_addc(out, '.');
	for (long zero = d.exponent; zero < 0; zero++)
		str_addc(out, '0');
	for (long i = 0; i < (long)d.n || i < d.exponent; i++) {
		if (i == d.exponent && i > 0)
			str_addc(out, '.');
		str_addc(out, i < (long)d.n ? d.digits[i] : '0');
	}
}

static void csv_instant(struct str *out, const char *text)
{
	int64_t seconds;
	int nanos;
	char buf[CLOCK_RFC3339_SIZE];
	if (!read_instant(text, &seconds, &nanos)) {
		csv_text(out, text);
		return;
	}
	const char *time = clock_rfc3339(seconds * 1000, buf);
	str_addn(out, time, strlen(time) - 1);
	if (nanos)
		str_addf(out, ".%09d", nanos);
	str_addc(out, 'Z');
}

void cell_csv(struct str *out, const char *text, enum family own)
{
	if (!text)
		return;
	if (family_numeric(own))
		csv_number(out, text);
	else if (own == FAMILY_TIMESTAMP || own == FAMILY_NTZ)
		csv_instant(out, text);
	else
		csv_text(out, text);
}
