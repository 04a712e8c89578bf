/* validate.h - runs the expected SQL and keeps what it gives. */
#ifndef GENIE_BENCH_VALIDATE_H
#define GENIE_BENCH_VALIDATE_H

#include "base.h"
#include "err.h"
#include "load.h"
#include "str.h"

struct dbx;
struct vars;

struct validation {
	size_t golds;           /* texts that were run */
	size_t valid;           /* questions with a gold that gave rows */
	struct strlist invalid, empty, unsettled; /* ids */
};
void validation_free(struct validation *v); /* what is inside */

/* For every wanted question, from its first gold that runs: expected_result_hash, _sample (5
 * rows), expected_row_count, expected_columns. Warnings: invalid_gold (with what the
 * warehouse says), empty_gold, non_deterministic (rows tie at the LIMIT). What an earlier
 * validation left is replaced. A call that does not get through ends it: ERR_TEMP,
 * ERR_UNAVAILABLE; ERR_DATA for a variable without a value. */
bool validate(const struct bench *bench, struct dbx *dbx, const char *warehouse, struct vars *vars,
	struct validation *out, struct err *err) MUST_CHECK;

#endif
