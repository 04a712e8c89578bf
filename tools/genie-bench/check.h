/* check.h - what can be wrong with benchmark questions, seen from the text alone.
 *
 * A finding that leaves the question usable is a warning in the question's own
 * `warnings` array ({code, text}); one that does not is an error.
 */
#ifndef GENIE_BENCH_CHECK_H
#define GENIE_BENCH_CHECK_H

#include "base.h"
#include "err.h"
#include "load.h"

struct vars;

/* ERR_DATA when a gold SQL is not one read-only statement, or, where
 * variables are known, when it holds a ${name} without a value. */
bool check_golds(const struct bench *bench, struct vars *vars, struct err *err) MUST_CHECK;

/* Adds warnings: duplicate (question or SQL), stale_date (the question speaks of a
 * relative time, the SQL of a fixed date), non_deterministic (LIMIT without ORDER BY,
 * a random function), no_gold, unknown_category. Returns how many. */
size_t check_warn(const struct bench *bench);
/* Once: the same warning again changes nothing. */
void add_warning(struct json *question, const char *code, const char *text);
bool has_warning(const struct json *question, const char *code);
void remove_warnings(struct json *question, const char *code);

/* What loop.md asks of a domain of so many tables: 1-3: 10 questions in 4
 * categories; 4-8: 15 in 6; more: 20 in 8. */
struct coverage {
	const char *size; /* small, medium, large */
	size_t need_questions, need_categories;
	size_t questions, categories;
	bool met;
};
extern const char *const bench_categories[]; /* the eight known ones; ends with NULL */
struct coverage check_coverage(const struct bench *bench, long tables);

#endif
