/* evalrun.h - Databricks' own benchmark runs of a Genie Space (eval-runs).
 *
 * A run asks the space its stored benchmark questions, each in a new conversation, and
 * grades the answers GOOD, BAD or NEEDS_REVIEW, with reasons. Layer: domain.
 */
#ifndef GENIE_EVALRUN_H
#define GENIE_EVALRUN_H

#include "base.h"
#include "err.h"

struct arena;
struct dbx;
struct json;

/* A question's text as benchmarks are told apart by: white space at the ends is gone,
 * and within it is one space. In the arena. */
char *benchmark_text(struct arena *arena, const char *question);
/* The stored questions: an object benchmark_text -> id, yours. */
struct json *benchmark_ids(struct dbx *dbx, const char *space_id, struct err *err) MUST_CHECK;

struct evalrun {
	const char *space_id;
	const struct json *ids;  /* array of benchmark question ids */
	int64_t limit_ms;        /* for the whole run */
	int64_t poll_ms;         /* first wait between looks, growing to 10 s; 0: 1,000 */
};
/* Starts a run, waits for its end or the limit, and reads all results: an array, yours, of
 *	{ benchmark_question_id, native: {assessment, reasons, eval_run_id, result_id, status},
 *	  sql, text, fault }
 * `assessment` is null unless the evaluation is DONE; `fault` says, when it is not null, why there
 * is no grade: the question is then not measured, never wrong. ERR_TEMP,
 * ERR_UNAVAILABLE: there is no run at all. */
struct json *evalrun_grade(struct dbx *dbx, const struct evalrun *run, struct err *err) MUST_CHECK;

/* The failure_type (rows.h) of a ScoreReason, also a deprecated one; "other" for those that
 * do not tell and for new ones. */
const char *evalrun_failure_type(const char *reason);

#endif
