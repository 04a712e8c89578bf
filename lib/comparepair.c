/* Which columns belong together. */
#include "comparebag.h"

#include "mem.h"
#include "str.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TRIALS 3000       /* partial pairings looked at ... */
#define MAX_TRIAL_ROWS 2000000 /* ... and rows of them */

struct pairing pairing_new(const struct facing *f)
{
	size_t n = f->gold->ncolumns < f->pred->ncolumns ? f->gold->ncolumns : f->pred->ncolumns;
	struct pairing out = { .n = n };
	out.g = arena_alloc(f->arena, (n + 1) * sizeof *out.g);
	out.p = arena_alloc(f->arena, (n + 1) * sizeof *out.p);
	for (size_t i = 0; i < n; i++)
		out.g[i] = out.p[i] = i;
	return out;
}

bool pairing_same_types(const struct facing *f, const struct pairing *pairing)
{
	for (size_t i = 0; i < pairing->n; i++)
		if (!family_same(f->gold_family[pairing->g[i]], f->pred_family[pairing->p[i]]))
			return false;
	return true;
}

/* How often a name occurs among the columns; *at is the last place. */
static size_t count_name(const struct table *table, const char *name, size_t *at)
{
	size_t n = 0;
	for (size_t i = 0; i < table->ncolumns; i++)
		if (strieq(table->columns[i].name, name)) {
			*at = i;
			n++;
		}
	return n;
}

bool pair_by_name(const struct facing *f, struct pairing *out)
{
	bool narrow_gold = f->gold->ncolumns <= f->pred->ncolumns;
	const struct table *narrow = narrow_gold ? f->gold : f->pred;
	const struct table *wide = narrow_gold ? f->pred : f->gold;
	*out = pairing_new(f);
	for (size_t i = 0; i < narrow->ncolumns; i++) {
		size_t own, other = 0;
		const char *name = narrow->columns[i].name;
		if (count_name(narrow, name, &own) != 1 || count_name(wide, name, &other) != 1)
			return false;
		out->g[i] = narrow_gold ? i : other;
		out->p[i] = narrow_gold ? other : i;
	}
	return true;
}

/* ---- by value ---- */

struct search {
	const struct facing *f;
	enum grade grade;
	bool narrow_gold;
	size_t nnarrow, nwide;
	const char **narrow_bag, **wide_bag; /* sorted values of each column, joined */
	const char **wide_column;            /* values in row order: equal ones are exchangeable */
	const struct floats **narrow_floats, **wide_floats; /* instead, for a tolerance */
	size_t *order;                       /* narrow columns, fewest candidates first */
	size_t *choice;                      /* wide column of each narrow column */
	bool *used;
	size_t trials;
};

static const char *join(struct arena *arena, const char *const *keys, size_t n)
{
	struct str text = STR_INIT;
	for (size_t i = 0; i < n; i++)
		str_addf(&text, "%zu:%s", strlen(keys[i]), keys[i]);
	const char *out = arena_strdup(arena, str_text(&text));
	str_free(&text);
	return out;
}

/* The values of one column against its own family. */
static void column_values(const struct search *s, bool gold, size_t column, const char **bag,
			  const char **in_order)
{
	struct pairing one = { .n = 1, .g = &column, .p = &column };
	struct facing self = *s->f;
	if (gold) {
		self.pred = self.gold;
		self.pred_family = self.gold_family;
	} else {
		self.gold = self.pred;
		self.gold_family = self.pred_family;
	}
	struct rowkeys keys = row_keys(&self, &one, true, s->grade);
	*bag = join(s->f->arena, keys.sorted, keys.n);
	if (in_order)
		*in_order = join(s->f->arena, keys.row, keys.n);
}

static bool fits(const struct search *s, size_t narrow, size_t wide)
{
	size_t g = s->narrow_gold ? narrow : wide, p = s->narrow_gold ? wide : narrow;
	if (!family_same(s->f->gold_family[g], s->f->pred_family[p]))
		return false;
	return s->narrow_floats ? floats_close(s->f, s->narrow_floats[narrow], s->wide_floats[wide])
		: streq(s->narrow_bag[narrow], s->wide_bag[wide]);
}

/* Do the first n chosen columns agree as rows, not only one by one? */
static bool agree(struct search *s, size_t n)
{
	struct arena scratch = { 0 };
	struct facing f = *s->f;
	f.arena = &scratch;
	struct pairing part = pairing_new(&f);
	part.n = n;
	for (size_t i = 0; i < n; i++) {
		size_t narrow = s->order[i], wide = s->choice[narrow];
		part.g[i] = s->narrow_gold ? narrow : wide;
		part.p[i] = s->narrow_gold ? wide : narrow;
	}
	bool equal;
	if (s->narrow_floats) {
		equal = rows_close_bag(&f, &part);
	} else {
		struct rowkeys a = row_keys(&f, &part, true, s->grade);
		struct rowkeys b = row_keys(&f, &part, false, s->grade);
		equal = keys_equal_bag(&a, &b);
	}
	arena_free(&scratch);
	return equal;
}

static bool same_name(const struct search *s, size_t narrow, size_t wide)
{
	const struct table *n = s->narrow_gold ? s->f->gold : s->f->pred;
	const struct table *w = s->narrow_gold ? s->f->pred : s->f->gold;
	return strieq(n->columns[narrow].name, w->columns[wide].name);
}

/* An equal column was tried at this step before. */
static bool tried(const struct search *s, const bool *failed, size_t wide)
{
	for (size_t i = 0; i < s->nwide; i++)
		if (failed[i] && streq(s->wide_column[i], s->wide_column[wide]))
			return true;
	return false;
}

/* First the column of the same name, then that at the same place, then the others. */
static size_t candidate(const struct search *s, size_t narrow, const bool *failed)
{
	size_t best = SIZE_MAX;
	int best_rank = 0;
	for (size_t w = 0; w < s->nwide; w++) {
		if (s->used[w] || failed[w] || !fits(s, narrow, w) || tried(s, failed, w))
			continue;
		int rank = same_name(s, narrow, w) ? 3 : w == narrow ? 2 : 1;
		if (rank > best_rank) {
			best_rank = rank;
			best = w;
		}
	}
	return best;
}

static bool place(struct search *s, size_t step)
{
	if (step == s->nnarrow)
		return true;
	size_t narrow = s->order[step], wide;
	bool *failed = arena_alloc(s->f->arena, s->nwide + 1);
	while ((wide = candidate(s, narrow, failed)) != SIZE_MAX) {
		if (++s->trials > MAX_TRIALS || s->trials * s->f->gold->nrows > MAX_TRIAL_ROWS)
			return false;
		s->used[wide] = true;
		s->choice[narrow] = wide;
		if (agree(s, step + 1) && place(s, step + 1))
			return true;
		s->used[wide] = false;
		failed[wide] = true;
	}
	return false;
}

static size_t candidates(const struct search *s, size_t narrow)
{
	size_t n = 0;
	for (size_t w = 0; w < s->nwide; w++)
		n += fits(s, narrow, w);
	return n;
}

/* Orders the narrow columns; false when one has no candidate. */
static bool plan(struct search *s)
{
	size_t *count = arena_alloc(s->f->arena, (s->nnarrow + 1) * sizeof *count);
	for (size_t i = 0; i < s->nnarrow; i++) {
		if (!(count[i] = candidates(s, i)))
			return false;
		size_t at = i;
		for (; at > 0 && count[s->order[at - 1]] > count[i]; at--)
			s->order[at] = s->order[at - 1];
		s->order[at] = i;
	}
	return true;
}

static void prepare_floats(struct search *s)
{
	struct arena *arena = s->f->arena;
	s->narrow_floats = arena_alloc(arena, (s->nnarrow + 1) * sizeof *s->narrow_floats);
	s->wide_floats = arena_alloc(arena, (s->nwide + 1) * sizeof *s->wide_floats);
	for (size_t i = 0; i < s->nnarrow; i++)
		s->narrow_floats[i] = column_floats(s->f, s->narrow_gold, i);
	for (size_t i = 0; i < s->nwide; i++)
		s->wide_floats[i] = column_floats(s->f, !s->narrow_gold, i);
}

static void prepare(struct search *s)
{
	struct arena *arena = s->f->arena;
	s->narrow_bag = arena_alloc(arena, (s->nnarrow + 1) * sizeof *s->narrow_bag);
	s->wide_bag = arena_alloc(arena, (s->nwide + 1) * sizeof *s->wide_bag);
	s->wide_column = arena_alloc(arena, (s->nwide + 1) * sizeof *s->wide_column);
	s->order = arena_alloc(arena, (s->nnarrow + 1) * sizeof *s->order);
	s->choice = arena_alloc(arena, (s->nnarrow + 1) * sizeof *s->choice);
	s->used = arena_alloc(arena, s->nwide + 1);
	for (size_t i = 0; i < s->nnarrow; i++)
		column_values(s, s->narrow_gold, i, &s->narrow_bag[i], NULL);
	for (size_t i = 0; i < s->nwide; i++)
		column_values(s, !s->narrow_gold, i, &s->wide_bag[i], &s->wide_column[i]);
}

static bool pair_columns(const struct facing *f, enum grade grade, bool within,
			 struct pairing *out)
{
	struct search s = { .f = f, .grade = grade };
	s.narrow_gold = f->gold->ncolumns <= f->pred->ncolumns;
	s.nnarrow = s.narrow_gold ? f->gold->ncolumns : f->pred->ncolumns;
	s.nwide = s.narrow_gold ? f->pred->ncolumns : f->gold->ncolumns;
	if (f->gold->nrows != f->pred->nrows || !s.nnarrow || s.nwide > COMPARE_MAX_COLUMNS)
		return false;
	prepare(&s);
	if (within)
		prepare_floats(&s);
	if (!plan(&s) || !place(&s, 0))
		return false;
	*out = pairing_new(f);
	for (size_t i = 0; i < s.nnarrow; i++) {
		out->g[i] = s.narrow_gold ? i : s.choice[i];
		out->p[i] = s.narrow_gold ? s.choice[i] : i;
	}
	return true;
}

bool pair_by_value(const struct facing *f, enum grade grade, struct pairing *out)
{
	return pair_columns(f, grade, false, out);
}

bool pair_within(const struct facing *f, struct pairing *out)
{
	return f->gold->ncolumns <= f->pred->ncolumns && pair_columns(f, GRADE_EXACT, true, out);
}
