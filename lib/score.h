/* score.h - what a set of evaluated rows adds up to.
 *
 * Rows are added one at a time, so a stream of any length needs memory only for
 * ids. Definitions (contracts.md, evaluation.md):
 *  - evaluated = rows that are not excluded; a row that Genie did not answer is
 *    evaluated, and wrong.
 *  - correct = rows whose results are right (result_correctness "yes");
 *    overall_accuracy = 100 * correct / evaluated.
 *  - arbiter_adjusted_accuracy counts rows that pass: right results, or an arbiter
 *    that says genie_correct or both_correct.
 *  - a judge's score = 100 * yes / (yes + no); `unknown` and `skipped` are
 *    counted apart and shown beside it. No verdict at all: null.
 *  - agreement: of the judges that have verdicts of code and of a model (agreement.h).
 *  - failures = ids of the rows that do not pass.
 * With repeats, the rows of one question are one vote: the question passes when
 * most of its rows do (a tie is a fail).
 *
 * Layer: domain.
 */
#ifndef GENIE_SCORE_H
#define GENIE_SCORE_H

#include "base.h"
#include "err.h"

struct json;
struct score;

struct score *score_new(void);
void score_free(struct score *score);
/* From now on only questions that `other` (borrowed) evaluated are added: two
 * evaluations are compared over the same questions. */
void score_limit_to(struct score *score, const struct score *other);
/* Adds a normalised row (rows.h). Borrowed. ERR_DATA: the same question was
 * measured twice without a `replicate`. */
bool score_add(struct score *score, const struct json *row, struct err *err) MUST_CHECK;
/* Reads and adds all rows of a file ("-": standard input). */
bool score_load(struct score *score, const char *path, struct err *err) MUST_CHECK;

/* What one question came to. */
enum score_outcome { SCORE_ABSENT, SCORE_PASS, SCORE_FAIL, SCORE_EXCLUDED };
size_t score_count(const struct score *score); /* questions, in the order first seen */
const char *score_id(const struct score *score, size_t index);
enum score_outcome score_at(const struct score *score, size_t index);
enum score_outcome score_of(const struct score *score, const char *id);
bool score_is_p0(const struct score *score, size_t index);
const char *score_sql_hash(const struct score *score, const char *id); /* NULL: no SQL */

/* 0..100; NAN when there is nothing to divide by. */
double score_accuracy(const struct score *score); /* raw */
double score_adjusted(const struct score *score);
double score_judge(const struct score *score, const char *judge);
/* The verdicts that count in it: yes + no. */
long score_verdicts(const struct score *score, const char *judge);
/* The judges seen, NULL-terminated; borrowed. */
const char *const *score_judges(const struct score *score);

/* A judge and the score it should reach (0-100). */
struct score_target {
	const char *judge;
	double target;
};
extern const struct score_target score_targets[]; /* ends with a NULL judge */
/* All targets met by the judges that gave verdicts; false without any. */
bool score_thresholds_passed(const struct score *score);

/* Adds the fields of eval.json to `document` (which has schema and tool). */
void score_write(const struct score *score, struct json *document);

/* A percentage with two decimals: no benchmark supports more. NAN gives null. Yours. */
struct json *json_percent(double value);
/* 100 * k / n; NAN when n is 0. */
double percent_of(long k, long n);

#endif
