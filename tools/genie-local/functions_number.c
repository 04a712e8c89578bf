/* functions_number.c - arithmetic where SQLite's differs, and mathematics. */
#include "functions.h"

#include "str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double round_half_up(double x, int n)
{
	char text[64];
	if (!isfinite(x) || n > 20)
		return x;
	double scale = pow(10, n), scaled = fabs(x) * scale;
	if (scaled >= 9007199254740992.0) /* no fraction is left to round */
		return x;
	double whole = floor(scaled), rest = scaled - whole;
	/* Near a half the product's own error decides, which the decimal text does not have. Where
	 * that error is no longer small beside a unit there is no telling. */
	double slack = 4 * scaled * 2.220446049250313e-16;
	slack = slack < 0.01 ? slack : 0;
	if (rest >= 0.5 || 0.5 - rest <= slack)
		whole += 1;
	/* Back through text: whole / 10^n is then the double nearest to that decimal. */
	if (n > 0) {
		snprintf(text, sizeof(text), "%.0fe-%d", whole, n);
		whole = strtod(text, NULL);
	} else {
		whole /= scale;
	}
	return x < 0 ? -whole : whole;
}

const char *double_text(double x, char buf[DOUBLE_TEXT_SIZE])
{
	char text[40];
	if (isnan(x))
		return "NaN";
	if (isinf(x))
		return x < 0 ? "-Infinity" : "Infinity";
	int precision = 1;
	do
		snprintf(text, sizeof(text), "%.*e", precision - 1, x);
	while (precision++ < 17 && strtod(text, NULL) != x);
	char *e = strchr(text, 'e');
	int exponent = (int)strtol(e + 1, NULL, 10);
	*e = '\0';
	if (x != 0 && (exponent < -3 || exponent >= 7)) { /* Java's scientific notation */
		snprintf(buf, DOUBLE_TEXT_SIZE, "%s%sE%d", text, strchr(text, '.') ? "" : ".0",
			exponent);
		return buf;
	}
	int mantissa = (int)strlen(text) - (strchr(text, '.') != NULL) - (*text == '-');
	int after = mantissa - 1 - exponent;
	snprintf(buf, DOUBLE_TEXT_SIZE, "%.*f", after > 1 ? after : 1, x);
	return buf;
}

static void divide_by_zero(struct db_call *call)
{
	function_error(call, "DIVIDE_BY_ZERO", "22012", "Division by zero. "
		"Use `try_divide` to tolerate divisor being 0 and return NULL instead. "
		"If necessary set \"ansi_mode\" to \"false\" to bypass this error.");
}

static bool both_whole(struct db_call *call)
{
	return db_arg_type(call, 0) == DB_INT && db_arg_type(call, 1) == DB_INT;
}

static void divide(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	double b = db_arg_real(call, 1);
	if (b == 0)
		divide_by_zero(call);
	else
		db_result_real(call, db_arg_real(call, 0) / b);
}

static void whole_divide(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	double a = db_arg_real(call, 0), b = db_arg_real(call, 1);
	if (b == 0)
		divide_by_zero(call);
	else if (both_whole(call) && !(db_arg_int(call, 1) == -1))
		db_result_int(call, db_arg_int(call, 0) / db_arg_int(call, 1));
	else if (fabs(a / b) < 9.2e18)
		db_result_int(call, (int64_t)trunc(a / b));
	else
		function_error(call, "ARITHMETIC_OVERFLOW", "22003",
			"Overflow in integral divide.");
}

/* The sign is that of the dividend, or never negative for pmod. */
static void modulo(struct db_call *call, void *user)
{
	bool positive = user != NULL;
	if (function_null(call))
		return;
	if (db_arg_real(call, 1) == 0) {
		function_error(call, "REMAINDER_BY_ZERO", "22012", "Remainder by zero. Use"
			" `try_mod` to tolerate"
			" divisor being 0 and return NULL instead. If necessary set \"ansi_mode\""
			" to \"false\" to bypass"
			" this error.");
	} else if (both_whole(call)) {
		int64_t b = db_arg_int(call, 1), r = b == -1 ? 0 : db_arg_int(call, 0) % b;
		db_result_int(call, positive && r < 0 ? (r + b) % b : r);
	} else {
		double b = db_arg_real(call, 1), r = fmod(db_arg_real(call, 0), b);
		db_result_real(call, positive && r < 0 ? fmod(r + b, b) : r);
	}
}

static void round_number(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	int n = (int)db_arg_int(call, 1);
	if (db_arg_type(call, 0) == DB_INT && n >= 0)
		db_result_int(call, db_arg_int(call, 0));
	else if (db_arg_type(call, 0) == DB_INT)
		db_result_int(call, (int64_t)round_half_up(db_arg_real(call, 0), n));
	else
		db_result_real(call, round_half_up(db_arg_real(call, 0), n));
}

static void step_to(struct db_call *call, void *user)
{
	bool up = user != NULL;
	if (function_null(call))
		return;
	int n = (int)db_arg_int(call, 1);
	double scale = pow(10, n), x = db_arg_real(call, 0) * scale, near = round(x);
	/* 0.29 * 100 is 28.999999999999996 */
	double y = fabs(x - near) <= fabs(x) * 4e-16 ? near : up ? ceil(x) : floor(x);
	if (db_arg_type(call, 0) == DB_INT && n >= 0)
		db_result_int(call, db_arg_int(call, 0));
	else
		db_result_real(call, round_half_up(y / scale, n > 0 ? n : 0));
}

static double log_or_nan(double x)
{
	return x > 0 ? log(x) : NAN; /* NULL in Spark */
}

static double log10_or_nan(double x)
{
	return x > 0 ? log10(x) : NAN;
}

static double log2_or_nan(double x)
{
	return x > 0 ? log2(x) : NAN;
}

struct real {
	const char *name;
	double (*run)(double);
};

static void real_call(struct db_call *call, void *user)
{
	const struct real *real = user;
	if (!function_null(call))
		db_result_real(call, real->run(db_arg_real(call, 0)));
}

static void power(struct db_call *call, void *user UNUSED)
{
	if (!function_null(call))
		db_result_real(call, pow(db_arg_real(call, 0), db_arg_real(call, 1)));
}

/* LOG(x) is natural, LOG(base, x) is not. */
static void logarithm(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	double x = log_or_nan(db_arg_real(call, 0));
	db_result_real(call, db_argc(call) == 1 ? x : log_or_nan(db_arg_real(call, 1)) / x);
}

static void width_bucket(struct db_call *call, void *user UNUSED)
{
	if (function_null(call))
		return;
	double x = db_arg_real(call, 0), low = db_arg_real(call, 1), high = db_arg_real(call, 2);
	int64_t n = db_arg_int(call, 3);
	if (n <= 0 || low == high)
		db_result_null(call);
	else if (low < high)
		db_result_int(call, x < low ? 0 : x >= high ? n + 1
			: (int64_t)((double)n * (x - low) / (high - low)) + 1);
	else
		db_result_int(call, x > low ? 0 : x <= high ? n + 1
			: (int64_t)((double)n * (low - x) / (low - high)) + 1);
}

static int compare_args(struct db_call *call, int a, int b)
{
	if (db_arg_type(call, a) == DB_TEXT)
		return strcmp(db_arg_text(call, a), db_arg_text(call, b));
	double x = db_arg_real(call, a), y = db_arg_real(call, b);
	return (x > y) - (x < y);
}

/* GREATEST and LEAST skip NULLs. */
static void extreme(struct db_call *call, void *user)
{
	int sign = user ? 1 : -1, best = -1;
	for (int i = 0; i < db_argc(call); i++)
		if (db_arg_type(call, i) != DB_NULL &&
		    (best < 0 || sign * compare_args(call, i, best) > 0))
			best = i;
	if (best < 0)
		db_result_null(call);
	else
		db_result_arg(call, best);
}

/* dbx_limit(n, clause) */
static void limit(struct db_call *call, void *user UNUSED)
{
	if (db_arg_type(call, 0) != DB_INT || db_arg_int(call, 0) < 0)
		function_error(call, "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE", "42K0E",
			"The limit like expression \"%s\" is invalid. The %s expression must be"
			" equal to or greater than"
			" 0.", db_arg_text(call, 0) ? db_arg_text(call, 0) : "NULL",
			db_arg_text(call, 1));
	else
		db_result_arg(call, 0);
}

bool functions_add_numbers(struct db *db, struct err *err)
{
	static struct real reals[] = { { "dbx_sqrt", sqrt }, { "dbx_cbrt", cbrt }, { "dbx_exp",
		exp },
		{ "dbx_ln", log_or_nan }, { "dbx_log10", log10_or_nan }, { "dbx_log2",
		log2_or_nan } };
	static const struct function_entry entries[] = {
		{ "dbx_div", 2, divide, true }, { "dbx_whole_div", 2, whole_divide, true },
		{ "dbx_mod", 2, modulo, true }, { "dbx_round", 2, round_number, false },
		{ "dbx_floor", 2, step_to, false }, { "dbx_power", 2, power, false },
		{ "dbx_log", -1, logarithm, false }, { "dbx_width_bucket", 4, width_bucket, false },
		{ "dbx_least", -1, extreme, false }, { "dbx_limit", 2, limit, true },
	};
	static const struct function_entry other[] = {
		{ "dbx_pmod", 2, modulo, true }, { "dbx_ceil", 2, step_to, false },
		{ "dbx_greatest", -1, extreme, false },
	};
	static char flag;
	for (size_t i = 0; i < countof(reals); i++)
		if (!db_add_function(db, reals[i].name, 1, DB_PURE, real_call, &reals[i], err))
			return false;
	return functions_add(db, entries, countof(entries), NULL, err) &&
		functions_add(db, other, countof(other), &flag, err);
}
