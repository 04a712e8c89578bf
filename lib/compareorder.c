/* Order keys: the order asked for, and ties that a LIMIT cuts through. */
#include "comparein.h"

#include "mem.h"
#include "str.h"
#include "table.h"

#include <string.h>

/* Gold and prediction column of order key k; false when the output lacks it. */
static bool key_columns(const struct comparing *c, size_t k, size_t *g, size_t *p)
{
	const char *name = c->context->keys[k].column;
	int column = name ? table_find(c->f.gold, name) : -1;
	for (size_t i = 0; column >= 0 && i < c->best.pairing.n; i++)
		if (c->best.pairing.g[i] == (size_t)column) {
			*g = (size_t)column;
			*p = c->best.pairing.p[i];
			return true;
		}
	return false;
}

static size_t visible_keys(const struct comparing *c)
{
	size_t n = 0, g, p;
	while (n < c->context->nkeys && key_columns(c, n, &g, &p))
		n++;
	return n;
}

/* Do the first n order keys of the two rows agree? */
static bool keys_agree(const struct comparing *c, size_t n, size_t grow, size_t prow)
{
	for (size_t k = 0; k < n; k++) {
		size_t g, p;
		if (key_columns(c, k, &g, &p) && !cells_close(&c->f, grow, g, prow, p))
			return false;
	}
	return true;
}

enum order_state compare_order(const struct comparing *c)
{
	const struct compare_context *x = c->context;
	if (!x->gold_ordered || !x->asks_order || !c->best.pairing.g)
		return ORDER_FREE;
	if (c->best.in_order)
		return ORDER_KEPT;
	size_t gold = c->f.gold->nrows, pred = c->f.pred->nrows, n = visible_keys(c);
	/* More rows than the gold's: those beyond must continue its last key. */
	for (size_t row = 0; row < pred; row++)
		if (!keys_agree(c, n, row < gold ? row : gold - 1, row))
			return ORDER_WRONG;
	return n < x->nkeys || n == 0 ? ORDER_HIDDEN : ORDER_KEPT;
}

/* ---- ties ---- */

/* The rows of one side whose key is, or is not, the boundary key (that of the gold's
 * last row), as bags of exact or rounded keys. */
static struct rowkeys rows_by_boundary(const struct comparing *c, bool gold, bool boundary,
				       enum grade grade)
{
	struct rowkeys all = row_keys(&c->f, &c->best.pairing, gold, grade), out = { 0 };
	size_t last = c->f.gold->nrows - 1, g, p;
	out.row = arena_alloc(c->f.arena, (all.n + 1) * sizeof *out.row);
	struct facing self = c->f;
	self.pred = c->f.gold;
	self.pred_family = c->f.gold_family;
	for (size_t i = 0; i < all.n; i++) {
		bool same = true;
		for (size_t k = 0; k < c->context->nkeys && same; k++) {
			if (!key_columns(c, k, &g, &p))
				continue;
			same = gold ? cells_close(&self, last, g, i, g)
				    : cells_close(&c->f, last, g, i, p);
		}
		if (same == boundary)
			out.row[out.n++] = all.row[i];
	}
	out.sorted = out.row;
	return out;
}

static bool bags_equal(struct rowkeys *a, struct rowkeys *b)
{
	rowkeys_sort(a);
	rowkeys_sort(b);
	return keys_equal_bag(a, b);
}

static bool before_boundary_equal(const struct comparing *c, enum grade grade)
{
	struct rowkeys g = rows_by_boundary(c, true, false, grade);
	struct rowkeys p = rows_by_boundary(c, false, false, grade);
	return bags_equal(&g, &p);
}

/* Are all rows of the prediction among the gold's rows without LIMIT? */
static enum tie_state prove(const struct comparing *c)
{
	const struct table *whole = c->context->gold_unlimited;
	struct facing f = c->f;
	whole = whole ? compare_columns(f.arena, whole, c->context) : NULL;
	if (!whole || whole->ncolumns != f.gold->ncolumns)
		return TIE_POSSIBLE;
	f.gold = whole;
	struct rowkeys g = row_keys(&f, &c->best.pairing, true, GRADE_EXACT);
	struct rowkeys p = row_keys(&f, &c->best.pairing, false, GRADE_EXACT);
	if (!keys_within(&p, &g))
		return whole->truncated ? TIE_POSSIBLE : TIE_REFUTED;
	return f.pred->nrows == c->f.gold->nrows ? TIE_PROVED : TIE_POSSIBLE;
}

enum tie_state compare_tie(struct comparing *c)
{
	const struct compare_context *x = c->context;
	size_t ngold = c->f.gold->nrows, npred = c->f.pred->nrows;
	if (!x->limited || (int64_t)ngold != x->limit || npred < ngold
	    || !pairing_same_types(&c->f, &c->best.pairing))
		return TIE_NONE;
	if (!x->gold_ordered)
		return npred == ngold ? prove(c) : TIE_NONE;
	if (!x->nkeys || visible_keys(c) < x->nkeys)
		return TIE_NONE;
	if (before_boundary_equal(c, GRADE_EXACT) || before_boundary_equal(c, GRADE_SIG4)
	    || before_boundary_equal(c, GRADE_DEC6))
		return prove(c);
	return TIE_NONE;
}

/* ---- cut results that both are sorted ---- */

/* -1, 0 or 1 for two rows of the prediction by their first n order keys. NULL is
 * taken as equal to anything, since where it sorts is not known. */
static int pred_order(const struct comparing *c, size_t n, size_t a, size_t b)
{
	for (size_t k = 0; k < n; k++) {
		size_t g, p;
		double x, y;
		key_columns(c, k, &g, &p);
		const char *s = table_cell(c->f.pred, a, p), *t = table_cell(c->f.pred, b, p);
		if (!s || !t)
			return 0;
		int order = strcmp(s, t);
		if (family_numeric(c->f.pred_family[p]) && cell_number(s, &x) && cell_number(t, &y))
			order = (x > y) - (x < y);
		if (order)
			return c->context->keys[k].desc ? -order : order;
	}
	return 0;
}

/* Two prefixes of one sorted result have equal keys; a prediction that is not
 * sorted refutes nothing. */
bool compare_prefix_refutes(const struct comparing *c)
{
	const struct compare_context *x = c->context;
	size_t n = c->best.pairing.g ? visible_keys(c) : 0, npred = c->f.pred->nrows;
	size_t rows = c->f.gold->nrows < npred ? c->f.gold->nrows : npred;
	if (!x->gold_ordered || !x->asks_order || !x->nkeys || n < x->nkeys)
		return false;
	for (size_t row = 1; row < npred; row++)
		if (pred_order(c, n, row - 1, row) > 0)
			return false;
	for (size_t row = 0; row < rows; row++)
		if (!keys_agree(c, n, row, row))
			return true;
	return false;
}
