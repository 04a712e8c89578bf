/* compare.h - are two results the same answer?
 *
 * The verdict is graded and says what link was needed to see the two as equal, the
 * weakest one: identical < equal_reordered < equal_within_tolerance < type_only <
 * equal_column_permuted < superset_columns. Errors come first (gold before prediction), then
 * empty results, then truncation, then columns, then rows. Rows are bags: duplicates
 * count. Columns are paired by position, else by name (letter case ignored), else by
 * value; when all names agree no other pairing is tried. What is only a matter of taste is
 * left to a profile, which maps the facts to GOOD, BAD or NEEDS_REVIEW.
 *
 *	seed          names lower-cased, columns by name, rows as a bag, floats to 6 decimals,
 *	              texts trimmed, timestamps in UTC; floating point noise forgiven
 *	genie-native  what Databricks' own benchmark would say: order ignored, 4 significant
 *	              digits, extra columns bad
 *	strict        types count, and the order where the gold's outermost query orders and
 *	              the question asks for it
 *	spider2       the gold's columns are among the prediction's, whole rows, numbers within
 *	              an absolute tolerance; order, names and further columns do not matter
 *
 * Equal "signatures" (names, types, row count) never make a match. Layer: domain.
 */
#ifndef GENIE_COMPARE_H
#define GENIE_COMPARE_H

#include "base.h"

struct json;
struct table;

enum compare_verdict {
	COMPARE_IDENTICAL, COMPARE_REORDERED, COMPARE_TOLERANCE, COMPARE_TYPE_ONLY,
	COMPARE_PERMUTED, COMPARE_SUPERSET, COMPARE_SUBSET, COMPARE_TIE,
	COMPARE_MISSING_ROWS, COMPARE_EXTRA_ROWS, COMPARE_MISMATCH,
	COMPARE_BOTH_EMPTY, COMPARE_GOLD_EMPTY, COMPARE_PRED_EMPTY, COMPARE_TRUNCATED,
	COMPARE_ERROR_GOLD, COMPARE_ERROR_PRED,
	COMPARE_NVERDICTS
};
const char *compare_verdict_name(enum compare_verdict verdict); /* "equal_reordered" */

enum compare_profile { COMPARE_SEED, COMPARE_NATIVE, COMPARE_STRICT, COMPARE_SPIDER2,
	COMPARE_NPROFILES };
const char *compare_profile_name(enum compare_profile profile);
/* False: no such profile. */
bool compare_profile_find(const char *name, enum compare_profile *out);

enum compare_outcome { COMPARE_GOOD, COMPARE_BAD, COMPARE_REVIEW };
const char *compare_outcome_name(enum compare_outcome outcome);

struct compare_key {
	const char *column; /* of the gold result; NULL: the key is not in the output */
	bool desc;
};

/* What the results alone do not tell. Zero-initialised: no order, no limit. */
struct compare_context {
	bool gold_ordered;    /* the gold's outermost query has ORDER BY */
	bool asks_order;      /* the question asks for an order */
	bool limited;         /* the gold's outermost query has LIMIT ... */
	int64_t limit;        /* ... of this many rows */
	const struct compare_key *keys; /* of the outermost ORDER BY */
	size_t nkeys;
	const struct table *gold_unlimited; /* the gold without its LIMIT; NULL: not known */
	/* Columns of the gold that are compared, from 0 (those out of range are passed over),
	 * ncolumns of them; none: all. */
	const size_t *columns;
	size_t ncolumns;
	double tolerance; /* of the spider2 profile; 0 stands for Spider 2.0's own 0.01 */
};

/* A result, or the text of the error that came instead. */
struct compare_side {
	const struct table *table;
	const char *error;
};

struct compare_result {
	enum compare_verdict verdict;
	enum compare_outcome outcome[COMPARE_NPROFILES];
	char *diff;            /* for people, one line; "" when equal */
	char gold_hash[9], pred_hash[9]; /* of the normalised CSV; "" without a table */
	char *gold_signature, *pred_signature; /* "region:STRING,sales:BIGINT;3"; "" without */
	size_t gold_rows, pred_rows;
	bool by_name;          /* columns were paired by name, not position */
	bool by_value;         /* ... or by nothing but their values */
	bool wrong_order;      /* the order asked for is not the gold's */
	bool gold_all_null;    /* every cell of the gold is NULL: it proves little */
	bool tie_proved;       /* the gold without LIMIT holds the other rows */
};
/* Never fails. Release with compare_free. */
void compare_tables(const struct compare_side *gold, const struct compare_side *pred,
	const struct compare_context *context, struct compare_result *result);
void compare_free(struct compare_result *result); /* what is inside */
/* GOOD under the profile. */
bool compare_match(const struct compare_result *result, enum compare_profile profile);
/* Is a better than b, for a question with several accepted golds? */
bool compare_better(const struct compare_result *a, const struct compare_result *b,
	enum compare_profile profile);

/* A message that says that the service, not the SQL, is at fault. */
bool compare_infrastructure(const char *error);

/* The `comparison` object of a row (contracts.md), with samples of at most
 * `sample` rows. Yours. */
struct json *compare_to_json(const struct compare_result *result, enum compare_profile profile,
	const struct compare_side *gold, const struct compare_side *pred, size_t sample);

#endif
