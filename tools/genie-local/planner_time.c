/* Time windows: "last 30 days", "this month", "since 2025-01-01", "in March". */
#include "planner_ask.h"

#include "clock.h"
#include "mem.h"
#include "str.h"

#include <string.h>

/* What "the past few days" and "the past few months" are taken for. */
#define FEW_DAYS 7
#define FEW_UNITS 3

enum unit unit_of(const char *lower)
{
	if (word_in(lower, " day days daily "))
		return UNIT_DAY;
	if (word_in(lower, " week weeks weekly "))
		return UNIT_WEEK;
	if (word_in(lower, " month months monthly "))
		return UNIT_MONTH;
	if (word_in(lower, " quarter quarters quarterly "))
		return UNIT_QUARTER;
	return word_in(lower, " year years yearly annual annually ") ? UNIT_YEAR : UNIT_NONE;
}

const char *unit_name(enum unit unit)
{
	static const char *const names[] = { "", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR" };

	return names[unit];
}

static int month_of(const char *lower)
{
	static const char *const names[] = { "january", "february", "march", "april", "may", "june",
		"july",
		"august", "september", "october", "november", "december" };

	for (int i = 0; i < 12; i++)
		if (streq(lower, names[i]))
			return i + 1;
	return 0;
}

struct reader {
	const struct words *words;
	int64_t today;
	struct window *out;
};

static const struct word *word_at(const struct reader *r, size_t i)
{
	static const struct word none = { .text = "", .lower = "", .stem = "" };

	return i < r->words->n ? &r->words->v[i] : &none;
}

static size_t set(struct reader *r, enum window_kind kind, enum unit unit, long n, size_t used)
{
	r->out->kind = kind;
	r->out->unit = unit;
	r->out->n = n;
	return used;
}

static size_t set_range(struct reader *r, int64_t from, int64_t to, size_t used)
{
	r->out->from = from;
	r->out->to = to;
	return set(r, WINDOW_RANGE, UNIT_NONE, 0, used);
}

/* last 30 days, past week, previous quarter, last 24 hours */
static size_t read_last(struct reader *r, size_t i)
{
	const struct word *lead = word_at(r, i), *next = word_at(r, i + 1);
	enum unit unit;

	if (!word_in(lead->lower, " last past previous prior recent trailing "))
		return 0;
	if (next->kind == WORD_NUMBER) {
		unit = unit_of(word_at(r, i + 2)->lower);
		if (word_in(word_at(r, i + 2)->lower, " hour hours "))
			return set(r, WINDOW_LAST, UNIT_DAY, (long)((next->number + 23) / 24), 3);
		return unit ? set(r, WINDOW_LAST, unit, (long)next->number, 3) : 0;
	}
	if (word_in(next->lower, " few couple several ")) {
		unit = unit_of(word_at(r, i + 2)->lower);
		return unit ? set(r, WINDOW_LAST, unit, unit == UNIT_DAY ? FEW_DAYS : FEW_UNITS, 3)
			: 0;
	}
	unit = unit_of(next->lower);
	if (!unit || word_in(next->lower, " daily weekly monthly yearly annual "))
		return 0;
	if (unit == UNIT_DAY)
		return set(r, WINDOW_LAST, UNIT_DAY, 1, 2);
	if (word_in(lead->lower, " past trailing "))
		return set(r, WINDOW_LAST, unit, 1, 2);
	return set(r, WINDOW_PREVIOUS, unit, 1, 2);
}

/* this month, current year, year to date, ytd, so far this year */
static size_t read_current(struct reader *r, size_t i)
{
	const struct word *w = word_at(r, i), *next = word_at(r, i + 1);
	enum unit unit = unit_of(next->lower);

	if (word_in(w->lower, " this current ") && unit)
		return unit == UNIT_DAY ? set(r, WINDOW_DAY, UNIT_DAY, 0, 2)
					: set(r, WINDOW_CURRENT, unit, 0, 2);
	unit = unit_of(w->lower);
	if (unit && streq(next->lower, "to") && streq(word_at(r, i + 2)->lower, "date"))
		return set(r, WINDOW_CURRENT, unit, 0, 3);
	if (word_in(w->lower, " ytd mtd qtd "))
		return set(r, WINDOW_CURRENT, w->lower[0] == 'y' ? UNIT_YEAR : w->lower[0] == 'm' ?
			   UNIT_MONTH : UNIT_QUARTER, 0, 1);
	if (streq(w->lower, "today"))
		return set(r, WINDOW_DAY, UNIT_DAY, 0, 1);
	if (streq(w->lower, "yesterday"))
		return set(r, WINDOW_DAY, UNIT_DAY, 1, 1);
	return 0;
}

static bool is_year(const struct word *w)
{
	return w->kind == WORD_NUMBER && w->digits && strlen(w->text) == 4 && w->number >= 1900 &&
		w->number < 2100;
}

static int year_of(int64_t day)
{
	int y, m, d;

	date_to_civil(day, &y, &m, &d);
	return y;
}

static size_t range_of_months(struct reader *r, int year, int month, int n, size_t used)
{
	int end = month + n;

	return set_range(r, date_from_civil(year, month, 1),
	date_from_civil(end > 12 ? year + 1 : year, end > 12 ? end - 12 : end, 1), used);
}

/* in 2025, January 2025, in January, Q3 2025 */
static size_t read_calendar(struct reader *r, size_t i)
{
	const struct word *w = word_at(r, i), *next = word_at(r, i + 1), *back = word_at(r, i - 1);
	int month = month_of(w->lower), year = year_of(r->today), now_year, now_month, day;
	bool lead = i > 0 && word_in(back->lower,
		" in during for of year since from until before after ");

	date_to_civil(r->today, &now_year, &now_month, &day);
	if (month && (w->capital || is_year(next)) && (month != 5 || lead || is_year(next))) {
		if (is_year(next))
			return range_of_months(r, (int)next->number, month, 1, 2);
		return range_of_months(r, month > now_month ? year - 1 : year, month, 1, 1);
	}
	if (w->lower[0] == 'q' && w->lower[1] >= '1' && w->lower[1] <= '4' && !w->lower[2]) {
		month = 3 * (w->lower[1] - '1') + 1;
		return range_of_months(r, is_year(next) ? (int)next->number : year, month, 3,
				       is_year(next) ? 2 : 1);
	}
	if (is_year(w) && lead)
		return range_of_months(r, (int)w->number, 1, 12, 1);
	return 0;
}

/* since DATE, after DATE, before DATE, between DATE and DATE, from DATE to DATE, on DATE */
static size_t read_dates(struct reader *r, size_t i)
{
	const struct word *lead = word_at(r, i), *a = word_at(r, i + 1), *b = word_at(r, i + 3);
	int64_t from, to;

	if (a->kind != WORD_DATE || !date_parse(a->text, &from))
		return 0;
	if (word_in(lead->lower, " between from ") && b->kind == WORD_DATE &&
		date_parse(b->text, &to))
		return set_range(r, from, to + 1, 4);
	if (word_in(lead->lower, " since from starting "))
		return set_range(r, from, INT64_MAX, 2);
	if (streq(lead->lower, "after"))
		return set_range(r, from + 1, INT64_MAX, 2);
	if (word_in(lead->lower, " before until till "))
		return set_range(r, INT64_MIN, from, 2);
	return word_in(lead->lower, " on for at ") ? set_range(r, from, from + 1, 2) : 0;
}

/* "since March", "before 2024": an open calendar range */
static void open_range(struct reader *r, size_t i)
{
	const char *lead = word_at(r, i - 1)->lower;

	if (i == 0 || r->out->kind != WINDOW_RANGE)
		return;
	if (word_in(lead, " since ") || streq(lead, "after")) {
		if (streq(lead, "after"))
			r->out->from = r->out->to;
		r->out->to = INT64_MAX;
	} else if (word_in(lead, " before until ")) {
		r->out->to = r->out->from;
		r->out->from = INT64_MIN;
	}
}

void window_find(struct window *window, const struct words *words, int64_t today)
{
	struct reader r = { words, today, window };

	memset(window, 0, sizeof *window);
	for (size_t i = 0; i < words->n; i++) {
		size_t used = read_last(&r, i);

		if (!used)
			used = read_current(&r, i);
		if (!used)
			used = read_dates(&r, i);
		if (!used && (used = read_calendar(&r, i)) > 0)
			open_range(&r, i);
		if (used) {
			window->at = i;
			window->end = i + used;
			return;
		}
	}
}

/* CURRENT_DATE() n units ago */
static const char *ago(enum unit unit, long n, struct arena *arena)
{
	static const int months[] = { 0, 0, 0, 1, 3, 12 };

	if (n == 0)
		return "CURRENT_DATE()";
	if (months[unit])
		return arena_printf(arena, "ADD_MONTHS(CURRENT_DATE(), -%ld)", n * months[unit]);
	return arena_printf(arena, "DATE_SUB(CURRENT_DATE(), %ld)", unit == UNIT_WEEK ? 7 * n : n);
}

static const char *trunc_of(enum unit unit, const char *date, struct arena *arena)
{
	return arena_printf(arena, "DATE_TRUNC('%s', %s)", unit_name(unit), date);
}

static const char *range_condition(const struct window *w, const char *column, struct arena *arena)
{
	char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
	const char *low = "", *high = "";

	if (w->from != INT64_MIN)
		low = arena_printf(arena, "%s >= DATE'%s'", column, date_text(w->from, from));
	if (w->to != INT64_MAX)
		high = arena_printf(arena, "%s < DATE'%s'", column, date_text(w->to, to));
	return arena_printf(arena, "%s%s%s", low, *low && *high ? " AND " : "", high);
}

const char *window_condition(const struct window *w, const char *column, struct arena *arena)
{
	switch (w->kind) {
	case WINDOW_LAST:
		return arena_printf(arena, "%s >= %s", column, ago(w->unit, w->n, arena));
	case WINDOW_CURRENT:
		return arena_printf(arena, "%s >= %s", column,
			trunc_of(w->unit, "CURRENT_DATE()", arena));
	case WINDOW_PREVIOUS:
		/* KGL-3: without guidance a quarter is taken for 90 days */
		if (w->unit == UNIT_QUARTER)
			return arena_printf(arena, "%s >= DATE_SUB(CURRENT_DATE(), 90)", column);
		return arena_printf(arena, "%s >= %s AND %s < %s", column,
				    trunc_of(w->unit, ago(w->unit, 1, arena), arena), column,
				    trunc_of(w->unit, "CURRENT_DATE()", arena));
	case WINDOW_DAY:
		return arena_printf(arena, "CAST(%s AS DATE) = %s", column,
			ago(UNIT_DAY, w->n, arena));
	case WINDOW_RANGE:
		return range_condition(w, column, arena);
	case WINDOW_NONE:
		break;
	}
	return "";
}

static int64_t unit_start(enum unit unit, int64_t day)
{
	int y, m, d;

	date_to_civil(day, &y, &m, &d);
	if (unit == UNIT_WEEK)
		return day - (day + 3) % 7; /* 1970-01-01 was a Thursday */
	if (unit == UNIT_MONTH)
		return day - d + 1;
	if (unit == UNIT_QUARTER)
		return date_from_civil(y, (m - 1) / 3 * 3 + 1, 1);
	return unit == UNIT_YEAR ? date_from_civil(y, 1, 1) : day;
}

static int64_t back_months(int64_t day, long n)
{
	int y, m, d;
	long total;

	date_to_civil(day, &y, &m, &d);
	total = 12L * y + m - 1 - n;
	return date_from_civil((int)(total / 12), (int)(total % 12) + 1, d > 28 ? 28 : d);
}

static int64_t back(enum unit unit, int64_t day, long n)
{
	if (unit == UNIT_DAY || unit == UNIT_WEEK)
		return day - (unit == UNIT_WEEK ? 7 * n : n);
	return back_months(day, n * (unit == UNIT_MONTH ? 1 : unit == UNIT_QUARTER ? 3 : 12));
}

static struct bounds literals(int64_t from, int64_t to, struct arena *arena)
{
	char a[DATE_TEXT_SIZE], b[DATE_TEXT_SIZE];

	return (struct bounds){ arena_printf(arena, "'%s'", date_text(from, a)),
				arena_printf(arena, "'%s'", date_text(to, b)) };
}

static struct bounds literal_bounds(const struct window *w, int64_t today, struct arena *arena)
{
	int64_t start;

	switch (w->kind) {
	case WINDOW_LAST:
		return literals(back(w->unit, today, w->n), today, arena);
	case WINDOW_CURRENT:
		return literals(unit_start(w->unit, today), today, arena);
	case WINDOW_PREVIOUS:
		if (w->unit == UNIT_QUARTER)
			return literals(today - 90, today, arena);
		start = unit_start(w->unit, today);
		return literals(unit_start(w->unit, start - 1), start - 1, arena);
	case WINDOW_DAY:
		return literals(today - w->n, today - w->n, arena);
	case WINDOW_RANGE:
		return literals(w->from == INT64_MIN ? 0 : w->from, w->to == INT64_MAX ? today
			: w->to - 1, arena);
	case WINDOW_NONE:
		break;
	}
	return literals(unit_start(UNIT_YEAR, today), today, arena);
}

struct bounds window_bounds(const struct window *w, bool dynamic, int64_t today,
	struct arena *arena)
{
	struct bounds b = literal_bounds(w, today, arena);

	if (!dynamic || w->kind == WINDOW_RANGE)
		return b;
	b.to = "CURRENT_DATE()";
	if (w->kind == WINDOW_LAST)
		b.from = ago(w->unit, w->n, arena);
	else if (w->kind == WINDOW_CURRENT)
		b.from = trunc_of(w->unit, "CURRENT_DATE()", arena);
	else if (w->kind == WINDOW_DAY)
		b.from = b.to = ago(UNIT_DAY, w->n, arena);
	else if (w->kind == WINDOW_PREVIOUS && w->unit != UNIT_QUARTER) {
		b.from = trunc_of(w->unit, ago(w->unit, 1, arena), arena);
		b.to = arena_printf(arena, "DATE_SUB(%s, 1)", trunc_of(w->unit, b.to, arena));
	} else if (w->kind == WINDOW_PREVIOUS)
		b.from = "DATE_SUB(CURRENT_DATE(), 90)";
	else
		b.from = trunc_of(UNIT_YEAR, b.to, arena);
	return b;
}
