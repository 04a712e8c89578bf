#include "planner_ask.h"

#include "mem.h"
#include "str.h"

#include <stdio.h>
#include <string.h>

static const char top_words[] =
	" top highest most largest biggest best greatest longest priciest costliest maximum ";
static const char bottom_words[] =
	" bottom lowest least smallest fewest cheapest worst shortest minimum ";

static const char *lower_at(const struct ask *ask, size_t i)
{
	return i < ask->words.n ? ask->words.v[i].lower : "";
}

static void take(struct ask *ask, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < ask->words.n; i++)
		ask->words.v[i].taken = true;
}

static void read_window(struct ask *ask, int64_t today)
{
	window_find(&ask->window, &ask->words, today);
	take(ask, ask->window.at, ask->window.end);
}

/* ---- thresholds ---- */

struct comparison {
	const char *words; /* up to three words */
	const char *op;
};
static const struct comparison comparisons[] = {
	{ "no more than", "<=" }, { "not more than", "<=" }, { "no less than", ">=" },
	{ "more than", ">" },	  { "greater than", ">" },   { "larger than", ">" },
	{ "higher than", ">" },	  { "bigger than", ">" },    { "longer than", ">" },
	{ "less than", "<" },	  { "fewer than", "<" },     { "lower than", "<" },
	{ "smaller than", "<" },  { "shorter than", "<" },   { "cheaper than", "<" },
	{ "at least", ">=" },	  { "at most", "<=" },	     { "up to", "<=" },
	{ "exceeds", ">" },	  { "exceed", ">" },	     { "exceeding", ">" },
	{ "exceeded", ">" },	  { "over", ">" },	     { "above", ">" },
	{ "under", "<" },	  { "below", "<" },	     { ">=", ">=" },
	{ "<=", "<=" },		  { ">", ">" },		     { "<", "<" },
};

/* Words of the comparison at i, 0 when another text stands there. */
static size_t spells(const struct ask *ask, size_t i, const char *text)
{
	size_t n = 0;

	while (*text) {
		size_t k = strcspn(text, " ");
		const char *lower = lower_at(ask, i + n);

		if (strlen(lower) != k || memcmp(lower, text, k) != 0 || ask->words.v[i + n].taken)
			return 0;
		text += k + (text[k] == ' ');
		n++;
	}
	return n;
}

static const char *number_text(const struct word *w, struct arena *arena)
{
	return arena_printf(arena, "%.12g", w->number);
}

/* The next number within two words after i, or words.n. */
static size_t number_after(const struct ask *ask, size_t i)
{
	for (size_t j = i; j < i + 3 && j < ask->words.n; j++)
		if (ask->words.v[j].kind == WORD_NUMBER && !ask->words.v[j].taken)
			return j;
	return ask->words.n;
}

static void add_threshold(struct ask *ask, const char *op, size_t at, size_t number,
	struct arena *arena)
{
	const char *next = lower_at(ask, number + 2);

	if (ask->nthresholds == ASK_MAX_THRESHOLDS)
		return;
	if (streq(lower_at(ask, number + 1), "or") &&
		word_in(next, " more higher greater above over "))
		op = ">=";
	if (streq(lower_at(ask, number + 1), "or") &&
		word_in(next, " less fewer lower below under "))
		op = "<=";
	ask->thresholds[ask->nthresholds++] = (struct threshold){ .op = op, .at = at,
		.number = number_text(&ask->words.v[number], arena) };
	take(ask, at, number + 1);
}

static void read_between(struct ask *ask, size_t i, struct arena *arena)
{
	size_t low = number_after(ask, i + 1), high = number_after(ask, low + 1);

	if (low != i + 1 || high != low + 2)
		return;
	add_threshold(ask, "BETWEEN", i, low, arena);
	if (ask->nthresholds)
		ask->thresholds[ask->nthresholds - 1].high =
			number_text(&ask->words.v[high], arena);
	take(ask, i, high + 1);
}

static void read_thresholds(struct ask *ask, struct arena *arena)
{
	for (size_t i = 0; i < ask->words.n; i++) {
		if (streq(lower_at(ask, i), "between"))
			read_between(ask, i, arena);
		for (size_t k = 0; k < sizeof comparisons / sizeof *comparisons; k++) {
			size_t n = spells(ask, i, comparisons[k].words);
			size_t number = n ? number_after(ask, i + n) : ask->words.n;

			if (number == ask->words.n)
				continue;
			add_threshold(ask, comparisons[k].op, i, number, arena);
			break;
		}
		if (ask->words.v[i].kind == WORD_NUMBER && !ask->words.v[i].taken &&
		streq(lower_at(ask, i + 1), "or") &&
		word_in(lower_at(ask, i + 2), " more less fewer "))
			add_threshold(ask, ">=", i, i, arena);
	}
}

/* ---- ranking ---- */

static void set_rank(struct ask *ask, enum rank rank, size_t at)
{
	const struct words *w = &ask->words;

	ask->rank = rank;
	ask->rank_at = at;
	for (size_t j = at ? at - 1 : 0; j <= at + 2 && j < w->n; j++)
		if (w->v[j].kind == WORD_NUMBER && !w->v[j].taken && w->v[j].number >= 1 &&
		    w->v[j].number <= 100000 && (w->v[j].digits || j + 1 == at || j == at + 1)) {
			ask->limit = (long)w->v[j].number;
			take(ask, j, j + 1);
			return;
		}
}

/* "ordered by", "sort the results by", "order from highest to lowest" */
static bool is_sort(const struct ask *ask, size_t i)
{
	if (!word_in(lower_at(ask, i), " order ordered sort sorted ranked "))
		return false;
	if (lower_at(ask, i)[strlen(lower_at(ask, i)) - 1] == 'd')
		return true;
	for (size_t j = i + 1; j < i + 4; j++)
		if (word_in(lower_at(ask, j), " by from "))
			return true;
	return false;
}

/* "highest to lowest", "best ratings to the worst" */
static bool to_the_other_end(const struct ask *ask, size_t i)
{
	for (size_t j = i + 1; j < i + 4; j++)
		if (streq(lower_at(ask, j), "to"))
			for (size_t k = j + 1; k < j + 3; k++)
				if (word_in(lower_at(ask, k), top_words) ||
					word_in(lower_at(ask, k), bottom_words))
					return true;
	return false;
}

static void read_rank(struct ask *ask)
{
	for (size_t i = 0; i < ask->words.n; i++) {
		const struct word *w = &ask->words.v[i];
		const char *back = i ? lower_at(ask, i - 1) : "";

		if (w->taken || streq(back, "at"))
			continue;
		if (streq(w->lower, "latest") || streq(w->lower, "newest") ||
		    (streq(w->lower, "most") && streq(lower_at(ask, i + 1), "recent"))) {
			ask->recent = true;
			take(ask, i, i + 1 + (w->lower[0] == 'm'));
			continue;
		}
		if (is_sort(ask, i) && !ask->rank) {
			ask->sort_only = true;
			ask->sort_at = i;
		}
		if (ask->rank || word_in(w->lower, " maximum minimum "))
			continue;
		if (word_in(w->lower, top_words))
			set_rank(ask, RANK_TOP, i);
		else if (word_in(w->lower, bottom_words))
			set_rank(ask, RANK_BOTTOM, i);
		else if (word_in(w->lower, " descending "))
			set_rank(ask, RANK_TOP, i);
		else if (word_in(w->lower, " ascending "))
			set_rank(ask, RANK_BOTTOM, i);
		ask->sort_only |= ask->rank &&
			(word_in(w->lower, " descending ascending ") || to_the_other_end(ask, i));
	}
}

/* ---- aggregation, grouping over time ---- */

static enum agg agg_of(const char *lower)
{
	if (word_in(lower, " total totals sum overall "))
		return AGG_SUM;
	if (word_in(lower, " average avg mean "))
		return AGG_AVG;
	if (word_in(lower, " maximum max "))
		return AGG_MAX;
	return word_in(lower, " minimum min ") ? AGG_MIN : AGG_NONE;
}

static void set_agg(struct ask *ask, enum agg agg, size_t at)
{
	/* "total number of" counts; "average number of" stays an average */
	if (ask->agg == AGG_NONE || (ask->agg == AGG_SUM && agg == AGG_COUNT)) {
		ask->agg = agg;
		ask->agg_at = at;
	}
}

static void read_agg(struct ask *ask)
{
	for (size_t i = 0; i < ask->words.n; i++) {
		const char *w = lower_at(ask, i), *next = lower_at(ask, i + 1);

		if (ask->words.v[i].taken)
			continue;
		if (streq(w, "how") && streq(next, "many"))
			set_agg(ask, AGG_COUNT, i + 1);
		else if (streq(w, "how") && streq(next, "much"))
			set_agg(ask, AGG_SUM, i + 1);
		else if ((word_in(w, " number count counts ") && streq(next, "of")) ||
			 (streq(w, "count") && i == 0))
			set_agg(ask, AGG_COUNT, i + (i > 0 || streq(next, "of")));
		else if (agg_of(w))
			set_agg(ask, agg_of(w), i);
		if (word_in(w, " distinct unique different "))
			ask->distinct = true;
	}
	ask->how_many = ask->agg == AGG_COUNT;
}

static void read_grain(struct ask *ask)
{
	for (size_t i = 0; i < ask->words.n; i++) {
		const char *w = lower_at(ask, i), *back = i ? lower_at(ask, i - 1) : "";
		enum unit unit = unit_of(w);

		if (ask->words.v[i].taken)
			continue;
		if (unit && (w[strlen(w) - 1] == 'y' ||
			word_in(back, " by per each every which what ")) &&
		    !streq(w, "day") && !ask->grain) {
			ask->grain = unit;
			ask->grain_at = i;
		}
		if (streq(w, "day") && word_in(back, " by per each every which what ") &&
			!ask->grain) {
			ask->grain = UNIT_DAY;
			ask->grain_at = i;
		}
		if (word_in(w, " trend trends trending ") ||
			(streq(w, "time") && streq(back, "over")))
			ask->trend = true;
		if (streq(w, "yoy") || (streq(w, "year") && streq(lower_at(ask, i + 1), "over"))) {
			ask->over_year = true;
			take(ask, i, i + (w[1] == 'o' ? 1 : 3));
		}
	}
}

static void read_manner(struct ask *ask)
{
	for (size_t i = 0; i < ask->words.n; i++) {
		const char *w = lower_at(ask, i);

		ask->which |= word_in(w, " which what who whose ");
		ask->list |= word_in(w, " list show display details detail ");
		ask->compare |= word_in(w, " compare comparison compared vs versus ");
	}
}

void ask_read(struct ask *ask, const char *question, int64_t today, struct arena *arena)
{
	memset(ask, 0, sizeof *ask);
	words_split(&ask->words, question, arena);
	read_window(ask, today);
	read_grain(ask);
	read_thresholds(ask, arena);
	read_rank(ask);
	read_agg(ask);
	read_manner(ask);
}

/* "order by X" sorts, and "received by X in each Y" has X as the one who does it. */
static bool is_other_by(const struct ask *ask, size_t by)
{
	const char *back = by ? lower_at(ask, by - 1) : "";

	if (!streq(lower_at(ask, by), "by"))
		return false;
	for (size_t i = by, steps = 0; i-- > 0 && steps < 3; steps++)
		if (word_in(lower_at(ask, i), " order ordered sort sorted ranked "))
			return true;
	if (!ends_with(back, "ed") || word_in(back, " grouped "))
		return false;
	for (size_t i = by + 1; i < ask->words.n; i++)
		if (word_in(lower_at(ask, i), " each per every "))
			return true;
	return false;
}

static const char ends_group[] =
	" in from for over during where with that which on has have had last past than ";

bool ask_groups_at(const struct ask *ask, size_t at)
{
	for (size_t i = at, steps = 0; i-- > 0 && steps < 9; steps++) {
		const char *w = lower_at(ask, i);

		if (word_in(w, " by per each every across "))
			return !is_other_by(ask, i);
		if (word_in(w, ends_group))
			return false;
	}
	return false;
}
