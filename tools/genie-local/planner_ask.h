/* planner_ask.h - what a question asks for, before any metadata is looked at.
 *
 * Only English function words, numbers, time phrases, aggregation and ranking
 * words are understood here. Words that are used up (the time window, the N of
 * a top N, thresholds) are marked taken. Layer: tool.
 */
#ifndef GENIE_PLANNER_ASK_H
#define GENIE_PLANNER_ASK_H

#include "planner_words.h"

struct arena;

enum unit { UNIT_NONE, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR };

enum window_kind {
	WINDOW_NONE,
	WINDOW_LAST,     /* the last n units up to today */
	WINDOW_CURRENT,  /* the unit that today is in, "to date" alike */
	WINDOW_PREVIOUS, /* the whole unit before */
	WINDOW_DAY,      /* one day, n days ago */
	WINDOW_RANGE,    /* from (inclusive) to to (exclusive); either may be open */
};
struct window {
	enum window_kind kind;
	enum unit unit;
	long n;
	int64_t from, to; /* days since 1970; INT64_MIN and INT64_MAX: open */
	size_t at, end;   /* the words that say it */
};

enum agg { AGG_NONE, AGG_SUM, AGG_AVG, AGG_COUNT, AGG_MAX, AGG_MIN };
enum rank { RANK_NONE, RANK_TOP, RANK_BOTTOM };

struct threshold {
	const char *op; /* SQL comparison sign */
	const char *number;
	const char *high; /* BETWEEN: the upper end */
	size_t at;
	bool bound; /* set when a filter took it */
};
#define ASK_MAX_THRESHOLDS 4

struct ask {
	struct words words;
	struct window window;
	enum agg agg;
	size_t agg_at;
	bool distinct;
	bool how_many;  /* "how many", "number of", "count of": agg is AGG_COUNT */
	enum rank rank;
	size_t rank_at;
	long limit;     /* the N of a top N; 0: none given */
	bool sort_only; /* "ordered by": a ranking without limit */
	size_t sort_at; /* the word "order" of it */
	bool recent;    /* "most recent", "latest": by date */
	enum unit grain;
	size_t grain_at;
	bool trend;     /* over time, without saying how fine */
	bool over_year; /* year over year */
	bool which;     /* which, what ... */
	bool list;      /* list, show, details: rows wanted */
	bool compare;
	struct threshold thresholds[ASK_MAX_THRESHOLDS];
	size_t nthresholds;
};

/* today: days since 1970. */
void ask_read(struct ask *ask, const char *question, int64_t today, struct arena *arena);

/* planner_time.c */
/* The first time window in words; WINDOW_NONE when there is none. */
void window_find(struct window *window, const struct words *words, int64_t today);
/* The condition on a date expression; "" for WINDOW_NONE. */
const char *window_condition(const struct window *window, const char *column, struct arena *arena);
/* First and last day of the window as SQL: relative to CURRENT_DATE(), or as literals. A missing
 * window gives the year so far. */
struct bounds {
	const char *from, *to;
};
struct bounds window_bounds(const struct window *window, bool dynamic, int64_t today,
			    struct arena *arena);
const char *unit_name(enum unit unit); /* "MONTH" */
/* The unit of a word ("month", "months", "monthly"); UNIT_NONE. */
enum unit unit_of(const char *lower);

/* True when the word stands where groups are named: "by X and X", "per X", "for each X". */
bool ask_groups_at(const struct ask *ask, size_t at);

#endif
