/* repeat.h - does Genie give the same answer when it is asked again?
 *
 * Of the askings of one question with the same configuration, the share of the commonest
 * SQL (normalised text, by its hash) and of the commonest result decide. No SQL is
 * an answer of its own kind. Classes (loop.md): IDENTICAL 100 %, MINOR 70-99, SIGNIFICANT
 * 50-69, CRITICAL below 50. Layer: domain.
 */
#ifndef GENIE_REPEAT_H
#define GENIE_REPEAT_H

#include "base.h"

struct json;

#define REPEAT_TARGET 90.0 /* per cent; below it the judge says no */

struct repeat_share {
	size_t n, distinct;
	double percent; /* of the commonest; NAN when n is 0 */
	size_t first;   /* index of the first of the commonest */
};
/* n texts; NULL is a value like any other. */
struct repeat_share repeat_share(const char *const *values, size_t n);
enum repeat_class { REPEAT_IDENTICAL, REPEAT_MINOR, REPEAT_SIGNIFICANT, REPEAT_CRITICAL,
	REPEAT_NCLASSES };
const char *repeat_class_name(enum repeat_class class); /* "IDENTICAL" */
enum repeat_class repeat_class_of(double percent);

/* The same answer, as one text of a row: the hash of its SQL, that of its result. "none"
 * without SQL, "error" for a statement that failed; the result is NULL when it was not run. */
const char *repeat_sql_of(const struct json *row);
const char *repeat_result_of(const struct json *row);

/* Writes judges.repeatability into the rows of one question (its askings). Excluded rows
 * do not count and get none; nothing is written for fewer than two measured ones. */
void repeat_judge(struct json *const *rows, size_t n);

#endif
