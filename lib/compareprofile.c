/* What a verdict is worth under each profile. */
#include "comparein.h"

#include "str.h"
#include "table.h"

static const char *const verdicts[COMPARE_NVERDICTS] = {
	"identical", "equal_reordered", "equal_within_tolerance", "type_only",
	"equal_column_permuted", "superset_columns", "subset_columns", "tie_ambiguous",
	"missing_rows", "extra_rows", "value_mismatch", "both_empty", "gold_empty", "pred_empty",
	"truncated_unknown", "error_gold", "error_pred",
};
static const char *const profiles[COMPARE_NPROFILES] = { "seed", "genie-native", "strict", "spider2" };

const char *compare_verdict_name(enum compare_verdict verdict)
{
	return verdicts[verdict];
}

const char *compare_profile_name(enum compare_profile profile)
{
	return profiles[profile];
}

bool compare_profile_find(const char *name, enum compare_profile *out)
{
	for (size_t i = 0; i < countof(profiles); i++)
		if (streq(name, profiles[i])) {
			*out = (enum compare_profile)i;
			return true;
		}
	return false;
}

const char *compare_outcome_name(enum compare_outcome outcome)
{
	static const char *const names[] = { "GOOD", "BAD", "NEEDS_REVIEW" };
	return names[outcome];
}

/* Error classes of the platform, as its error table names them. */
bool compare_infrastructure(const char *error)
{
	static const char *const signs[] = {
		"RESOURCE_EXHAUSTED", "TEMPORARILY_UNAVAILABLE", "DEADLINE_EXCEEDED",
		"REQUEST_LIMIT_EXCEEDED", "SERVICE_UNDER_MAINTENANCE", "TOO_MANY_REQUESTS",
		"WAREHOUSE_NOT_RUNNING", "INTERNAL_ERROR",
	};
	for (size_t i = 0; error && i < countof(signs); i++)
		if (stristr(error, signs[i]))
			return true;
	return false;
}

static size_t family_count(const enum family *families, size_t n, enum family family)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += family_same(families[i], family);
	return count;
}

/* Is each moved column's place shown by its name, or by being alone of its type? */
static bool moves_supported(const struct comparing *c)
{
	const struct facing *f = &c->f;
	const struct pairing *pairs = &c->best.pairing;
	for (size_t i = 0; i < pairs->n; i++) {
		size_t g = pairs->g[i], p = pairs->p[i];
		if (g == p || strieq(f->gold->columns[g].name, f->pred->columns[p].name))
			continue;
		if (family_count(f->gold_family, f->gold->ncolumns, f->gold_family[g]) != 1
		    || family_count(f->pred_family, f->pred->ncolumns, f->gold_family[g]) != 1)
			return false;
	}
	return true;
}

static bool exact(const struct comparing *c)
{
	return c->best.bag[GRADE_EXACT];
}

/* Databricks' grader: order ignored, 4 significant digits, extra columns bad. */
static enum compare_outcome native(const struct comparing *c)
{
	switch (c->result->verdict) {
	case COMPARE_IDENTICAL:
	case COMPARE_REORDERED:
		return COMPARE_GOOD;
	case COMPARE_TOLERANCE:
		return c->best.bag[GRADE_SIG4] ? COMPARE_GOOD : COMPARE_BAD;
	case COMPARE_PERMUTED:
		return c->best.bag[GRADE_SIG4] && c->best.same_types ? COMPARE_GOOD : COMPARE_BAD;
	case COMPARE_TRUNCATED:
		return c->shown_equal && c->best.bag[GRADE_SIG4] && c->best.same_types
			? COMPARE_GOOD : COMPARE_REVIEW;
	case COMPARE_ERROR_GOLD:
		return COMPARE_REVIEW;
	case COMPARE_ERROR_PRED:
		return compare_infrastructure(c->pred_error) ? COMPARE_REVIEW : COMPARE_BAD;
	default:
		return COMPARE_BAD;
	}
}

/* Equal rows, the order question apart. */
static enum compare_outcome strict_equal(const struct comparing *c)
{
	if (!c->best.close)
		return COMPARE_BAD;
	if (!c->best.same_types || c->result->gold_all_null)
		return COMPARE_REVIEW;
	if (c->result->verdict == COMPARE_PERMUTED)
		return moves_supported(c) ? COMPARE_GOOD : COMPARE_REVIEW;
	return c->names_moved ? COMPARE_REVIEW : COMPARE_GOOD;
}

static enum compare_outcome strict_unordered(const struct comparing *c)
{
	switch (c->result->verdict) {
	case COMPARE_IDENTICAL:
	case COMPARE_REORDERED:
	case COMPARE_TOLERANCE:
	case COMPARE_PERMUTED:
		return strict_equal(c);
	case COMPARE_TYPE_ONLY:
	case COMPARE_SUPERSET:
		return c->best.close || exact(c) ? COMPARE_REVIEW : COMPARE_BAD;
	case COMPARE_TIE:
		return c->result->tie_proved ? COMPARE_GOOD : COMPARE_REVIEW;
	case COMPARE_MISMATCH:
		return c->best.pairing.g && c->best.bag[GRADE_ARRAYS] ? COMPARE_REVIEW : COMPARE_BAD;
	case COMPARE_BOTH_EMPTY:
	case COMPARE_GOLD_EMPTY:
	case COMPARE_TRUNCATED:
	case COMPARE_ERROR_GOLD:
		return COMPARE_REVIEW;
	case COMPARE_ERROR_PRED:
		return compare_infrastructure(c->pred_error) ? COMPARE_REVIEW : COMPARE_BAD;
	default:
		return COMPARE_BAD;
	}
}

static enum compare_outcome strict(const struct comparing *c)
{
	enum compare_outcome outcome = strict_unordered(c);
	bool equal = c->result->verdict <= COMPARE_SUPERSET || c->result->verdict == COMPARE_TIE;
	if (!equal || outcome == COMPARE_BAD)
		return outcome;
	if (c->order == ORDER_WRONG)
		return COMPARE_BAD;
	return c->order == ORDER_HIDDEN ? COMPARE_REVIEW : outcome;
}

/* Columns by name and rows as a bag, plus: floating point noise is no error, and a pairing that
 * only values support is no match. Equal CSVs are a match, whatever the types. */
static enum compare_outcome seed(const struct comparing *c)
{
	const struct compare_result *r = c->result;
	bool equal_rows = c->best.pairing.g && (c->best.close || c->best.bag[GRADE_DEC6]);
	if (r->gold_all_null && r->verdict <= COMPARE_PERMUTED)
		return COMPARE_REVIEW;
	switch (r->verdict) {
	case COMPARE_IDENTICAL:
	case COMPARE_REORDERED:
	case COMPARE_TOLERANCE:
	case COMPARE_PERMUTED:
		if (r->verdict != COMPARE_PERMUTED && c->names_moved)
			return COMPARE_REVIEW;
		if (!equal_rows)
			return COMPARE_BAD;
		return moves_supported(c) && c->best.same_types ? COMPARE_GOOD : COMPARE_REVIEW;
	case COMPARE_TYPE_ONLY:
		return c->same_csv ? COMPARE_GOOD : COMPARE_REVIEW;
	case COMPARE_MISMATCH:
		return c->same_csv ? COMPARE_GOOD : strict_unordered(c);
	case COMPARE_SUPERSET:
		return COMPARE_REVIEW;
	default:
		return strict_unordered(c);
	}
}

static enum compare_outcome spider2(const struct comparing *c)
{
	switch (c->result->verdict) {
	case COMPARE_ERROR_GOLD:
		return COMPARE_REVIEW;
	case COMPARE_ERROR_PRED:
		return compare_infrastructure(c->pred_error) ? COMPARE_REVIEW : COMPARE_BAD;
	case COMPARE_TRUNCATED:
		return COMPARE_REVIEW;
	default:
		return c->within ? COMPARE_GOOD : COMPARE_BAD;
	}
}

void compare_judge(struct comparing *c)
{
	c->result->wrong_order = c->order == ORDER_WRONG;
	c->result->outcome[COMPARE_SEED] = seed(c);
	c->result->outcome[COMPARE_NATIVE] = native(c);
	c->result->outcome[COMPARE_STRICT] = strict(c);
	c->result->outcome[COMPARE_SPIDER2] = spider2(c);
}

bool compare_match(const struct compare_result *result, enum compare_profile profile)
{
	return result->outcome[profile] == COMPARE_GOOD;
}

bool compare_better(const struct compare_result *a, const struct compare_result *b,
		    enum compare_profile profile)
{
	static const int worth[] = { 2, 0, 1 };
	int x = worth[a->outcome[profile]], y = worth[b->outcome[profile]];
	bool gold_a = a->verdict != COMPARE_ERROR_GOLD, gold_b = b->verdict != COMPARE_ERROR_GOLD;
	if (gold_a != gold_b)
		return gold_a;
	return x != y ? x > y : a->verdict < b->verdict;
}
