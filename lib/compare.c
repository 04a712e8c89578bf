#include "compare.h"

#include "comparebag.h"
#include "comparein.h"
#include "mem.h"
#include "str.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

#define SPIDER2_TOLERANCE 0.01 /* of its evaluator, for every item */

static enum family *families(struct arena *arena, const struct table *table)
{
	enum family *out = arena_alloc(arena, (table->ncolumns + 1) * sizeof *out);
	for (size_t i = 0; i < table->ncolumns; i++)
		out[i] = family_of(table->columns[i].type);
	return out;
}

/* How far the rows agree under a pairing. */
static void measure(struct comparing *c, const struct pairing *pairing, struct agreement *out)
{
	*out = (struct agreement){ .pairing = *pairing };
	out->same_types = pairing_same_types(&c->f, pairing);
	for (enum grade grade = 0; grade < GRADE_COUNT; grade++) {
		struct rowkeys g = row_keys(&c->f, pairing, true, grade);
		struct rowkeys p = row_keys(&c->f, pairing, false, grade);
		out->bag[grade] = keys_equal_bag(&g, &p);
		if (grade == GRADE_EXACT) {
			out->in_order = keys_equal_order(&g, &p);
			out->gold = g;
			out->pred = p;
		}
		if (out->bag[GRADE_EXACT]) {
			out->bag[GRADE_SIG4] = out->bag[GRADE_DEC6] = out->bag[GRADE_ARRAYS] = true;
			break;
		}
	}
	out->close = out->bag[GRADE_EXACT] || rows_close_bag(&c->f, pairing);
}

bool agreement_equal(const struct agreement *a)
{
	return a->close || a->bag[GRADE_EXACT] || a->bag[GRADE_SIG4] || a->bag[GRADE_DEC6];
}

static bool is_identity(const struct pairing *pairing)
{
	for (size_t i = 0; i < pairing->n; i++)
		if (pairing->g[i] != pairing->p[i])
			return false;
	return true;
}

/* The verdict for equal rows under a pairing. */
static enum compare_verdict equal_verdict(const struct comparing *c)
{
	size_t ng = c->f.gold->ncolumns, np = c->f.pred->ncolumns;
	const struct agreement *a = &c->best;
	if (ng != np)
		return ng < np ? COMPARE_SUPERSET : COMPARE_SUBSET;
	if (!is_identity(&a->pairing))
		return COMPARE_PERMUTED;
	if (!a->same_types)
		return COMPARE_TYPE_ONLY;
	if (!a->bag[GRADE_EXACT])
		return COMPARE_TOLERANCE;
	return a->in_order ? COMPARE_IDENTICAL : COMPARE_REORDERED;
}

/* Tries a pairing; keeps it when the rows agree, or when nothing was kept so far. */
static bool try_pairing(struct comparing *c, const struct pairing *pairing)
{
	struct agreement agreement;
	measure(c, pairing, &agreement);
	bool equal = agreement_equal(&agreement);
	if (equal || !c->best.pairing.g)
		c->best = agreement;
	return equal;
}

/* Position, then name, then value. Leaves the best pairing in c->best. */
static bool find_pairing(struct comparing *c)
{
	struct pairing identity = pairing_new(&c->f), named, valued;
	bool same_width = c->f.gold->ncolumns == c->f.pred->ncolumns;
	c->all_named = pair_by_name(&c->f, &named);
	c->names_moved = c->all_named && !is_identity(&named);
	if (same_width && try_pairing(c, &identity))
		return true;
	if (c->all_named) {
		c->best = (struct agreement){ 0 };
		c->result->by_name = c->names_moved;
		return try_pairing(c, &named);
	}
	if (pair_by_value(&c->f, GRADE_EXACT, &valued) || pair_by_value(&c->f, GRADE_SIG4, &valued)) {
		c->result->by_value = !is_identity(&valued);
		return try_pairing(c, &valued);
	}
	return false;
}

/* One side's rows inside the other's, exactly or within a rounding. */
static bool contained(struct comparing *c, bool gold_in_pred)
{
	static const enum grade grades[] = { GRADE_EXACT, GRADE_SIG4, GRADE_DEC6 };
	for (size_t i = 0; i < countof(grades); i++) {
		struct rowkeys g = row_keys(&c->f, &c->best.pairing, true, grades[i]);
		struct rowkeys p = row_keys(&c->f, &c->best.pairing, false, grades[i]);
		if (gold_in_pred ? keys_within(&g, &p) : keys_within(&p, &g))
			return true;
	}
	return false;
}

static enum compare_verdict unequal_verdict(struct comparing *c)
{
	if (c->f.gold->ncolumns != c->f.pred->ncolumns || !c->best.pairing.g)
		return COMPARE_MISMATCH;
	switch (compare_tie(c)) {
	case TIE_PROVED:
		c->result->tie_proved = true;
		return COMPARE_TIE;
	case TIE_POSSIBLE:
		return COMPARE_TIE;
	case TIE_REFUTED:
		return COMPARE_MISMATCH;
	case TIE_NONE:
		break;
	}
	if (c->f.gold->nrows > c->f.pred->nrows && contained(c, false))
		return COMPARE_MISSING_ROWS;
	if (c->f.gold->nrows < c->f.pred->nrows && contained(c, true))
		return COMPARE_EXTRA_ROWS;
	return COMPARE_MISMATCH;
}

/* ---- truncation ---- */

/* Rows of the whole result; -1 when not known. */
static int64_t total(const struct table *table)
{
	if (!table->truncated)
		return (int64_t)table->nrows;
	return table->total_rows > (int64_t)table->nrows ? table->total_rows : -1;
}

/* The complete side must hold every shown row of the cut one. */
static enum compare_verdict one_cut(struct comparing *c)
{
	if (!c->best.pairing.g || contained(c, c->f.gold->truncated))
		return COMPARE_TRUNCATED;
	return COMPARE_MISMATCH;
}

static enum compare_verdict truncated_verdict(struct comparing *c)
{
	const struct table *gold = c->f.gold, *pred = c->f.pred;
	int64_t ng = total(gold), np = total(pred);
	struct pairing named;
	if (gold->ncolumns > pred->ncolumns)
		return COMPARE_SUBSET;
	if (gold->ncolumns < pred->ncolumns)
		return pair_by_name(&c->f, &named) ? COMPARE_SUPERSET : COMPARE_TRUNCATED;
	if (ng >= 0 && np >= 0 && ng != np)
		return ng < np ? COMPARE_EXTRA_ROWS : COMPARE_MISSING_ROWS;
	c->shown_equal = find_pairing(c) && gold->nrows == pred->nrows;
	if (gold->truncated != pred->truncated)
		return one_cut(c);
	return compare_prefix_refutes(c) ? COMPARE_MISMATCH : COMPARE_TRUNCATED;
}

/* ---- the whole ---- */

static bool all_null(const struct table *table)
{
	for (size_t i = 0; i < table->nrows * table->ncolumns; i++)
		if (table->cells[i])
			return false;
	return true;
}

static enum compare_verdict table_verdict(struct comparing *c)
{
	const struct table *gold = c->f.gold, *pred = c->f.pred;
	if (gold->nrows == 0 || pred->nrows == 0)
		return gold->nrows ? COMPARE_PRED_EMPTY
			: pred->nrows ? COMPARE_GOLD_EMPTY : COMPARE_BOTH_EMPTY;
	c->result->gold_all_null = all_null(gold);
	if (gold->truncated || pred->truncated)
		return truncated_verdict(c);
	return find_pairing(c) ? equal_verdict(c) : unequal_verdict(c);
}

/* Spider 2.0's question: are the gold's columns there? Rows that are equal under the
 * pairing found answer it. */
static bool holds_within(const struct comparing *c, const struct agreement *best)
{
	struct facing f = c->f;
	struct pairing pairing;
	f.tolerance = c->context->tolerance > 0 ? c->context->tolerance : SPIDER2_TOLERANCE;
	if (f.gold->truncated || f.pred->truncated || f.gold->ncolumns > f.pred->ncolumns)
		return false;
	if (f.gold->nrows == 0 || f.pred->nrows == 0)
		return f.gold->nrows == f.pred->nrows;
	return (best->pairing.g && best->close && best->same_types) || pair_within(&f, &pairing);
}

static void describe_side(const struct compare_side *side, char hash[9], char **signature,
			  struct str *csv)
{
	hash[0] = '\0';
	*signature = NULL;
	if (side->error || !side->table)
		return;
	compare_csv(side->table, csv);
	compare_hash(csv, hash);
	*signature = compare_signature(side->table);
}

void compare_tables(const struct compare_side *gold, const struct compare_side *pred,
		    const struct compare_context *context, struct compare_result *result)
{
	struct arena arena = { 0 };
	struct str gold_csv = STR_INIT, pred_csv = STR_INIT;
	struct comparing c = { .result = result, .context = context, .gold_error = gold->error,
			       .pred_error = pred->error };
	*result = (struct compare_result){ .diff = NULL };
	describe_side(gold, result->gold_hash, &result->gold_signature, &gold_csv);
	describe_side(pred, result->pred_hash, &result->pred_signature, &pred_csv);
	result->gold_rows = gold->error || !gold->table ? 0 : gold->table->nrows;
	result->pred_rows = pred->error || !pred->table ? 0 : pred->table->nrows;
	if (gold->error || !gold->table) {
		result->verdict = COMPARE_ERROR_GOLD;
	} else if (pred->error || !pred->table) {
		result->verdict = COMPARE_ERROR_PRED;
	} else {
		c.f = (struct facing){ .pred = pred->table, .arena = &arena };
		c.f.gold = compare_columns(&arena, gold->table, context);
		c.f.gold_family = families(&arena, c.f.gold);
		c.f.pred_family = families(&arena, pred->table);
		c.same_csv = !str_over(&gold_csv) && streq(str_text(&gold_csv), str_text(&pred_csv));
		result->verdict = table_verdict(&c);
		c.within = holds_within(&c, &c.best);
		c.order = compare_order(&c);
	}
	compare_judge(&c);
	result->diff = compare_describe(&c);
	str_free(&gold_csv);
	str_free(&pred_csv);
	arena_free(&arena);
}

void compare_free(struct compare_result *result)
{
	free(result->diff);
	free(result->gold_signature);
	free(result->pred_signature);
	*result = (struct compare_result){ .diff = NULL };
}
