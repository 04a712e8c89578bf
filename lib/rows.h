/* rows.h - evaluation rows: reading them in any form, and asking them things.
 *
 * A row is one question's evaluation (contracts.md, "Row"). Rows come as JSON
 * Lines (streamed), as one JSON array, or as an object that holds them in
 * `rows`, `eval_results`, `table` or `failures`, or as a table with `columns`
 * and `data` (what MLflow's log_table writes). Flat MLflow columns
 * ("inputs/question_id", "feedback/<judge>", "<judge>/metadata", ...) are turned into the
 * nested form, and so are the assessments of an MLflow trace (valid ones; the latest of a judge);
 * a judge's `asi_from` then says "columns" or "assessments". Fields that mean nothing here stay
 * where they are. Layer: domain.
 */
#ifndef GENIE_ROWS_H
#define GENIE_ROWS_H

#include "base.h"
#include "err.h"
#include "str.h"
#include <stdio.h>

struct json;
struct rows;

#define ROWS_MAX_DOCUMENT (256u << 20) /* bytes of an array or object of rows */

enum rows_result { ROWS_END, ROWS_ROW, ROWS_FAILED };

/* "-" is standard input. ERR_IO when it cannot be opened. */
struct rows *rows_open(const char *path, struct err *err) MUST_CHECK;
/* The file is borrowed and not closed; `name` (copied) is used in errors. */
struct rows *rows_from(FILE *file, const char *name);
void rows_close(struct rows *rows); /* NULL is fine */
/* From now on rows hold their verdicts and what tells them apart, and no texts, samples or
 * ASI: all that scoring needs, many times as fast. Rows of a document come whole, as do flat
 * ones. */
void rows_verdicts_only(struct rows *rows);
/* From now on each line of JSON Lines is first shown to `peek` (n bytes, valid until the next call
 * of rows_next). When it takes the line, rows_next gives ROWS_ROW with *out NULL; else the row
 * is made as ever. The first line and the rows of a document are not shown. */
typedef bool rows_peek(void *context, const char *line, size_t n);
void rows_show(struct rows *rows, rows_peek *peek, void *context);
/* On ROWS_ROW *out is a normalised row, yours: an object with a `question_id`
 * (a text). Errors name file, line and JSON path: ERR_DATA broken JSON, no object, no
 * question; ERR_IO. */
enum rows_result rows_next(struct rows *rows, struct json **out, struct err *err) MUST_CHECK;
/* "FILE:LINE" of the last row ("FILE: $.rows[3]" in a document), for messages. */
const char *rows_place(struct rows *rows);
/* Normalises one row in place. False with ERR_DATA when it is no row. */
bool row_normalise(struct json *row, struct err *err) MUST_CHECK;

/* The judges, in the order in which they are reported; NULL-terminated. */
extern const char *const row_judges[];
bool row_is_judge(const char *name);

/* What a failing verdict can be called. */
struct failure_type {
	const char *name;
	int lever;            /* that usually repairs it, 1-6 */
	const char *severity; /* when nothing better is known */
};
extern const struct failure_type failure_types[]; /* ends with a NULL name */
const struct failure_type *failure_type_find(const char *name); /* NULL: not in the taxonomy */
/* "critical" 3, "major" 2, "minor" 1, "info" 0; -1 for anything else. */
int severity_rank(const char *severity);
const char *severity_name(int rank);

/* Asking. Results are borrowed from the row. */
const char *row_id(const struct json *row);
const char *row_question(const struct json *row);           /* "" when absent */
const struct json *row_judge(const struct json *row, const char *judge); /* NULL: not judged */
const char *row_value(const struct json *row, const char *judge); /* NULL: not judged */
const char *row_rationale(const struct json *row, const char *judge);    /* "" when absent */
const struct json *row_asi(const struct json *row, const char *judge);   /* NULL: none */
/* A verdict that says that something is wrong: "no", and for the arbiter
 * ground_truth_correct and neither_correct. */
bool row_fails(const struct json *row, const char *judge);
/* The results are right, whatever the arbiter says: what accuracy counts. A row that was not
 * judged for its results counts by its outcome. */
bool row_is_right(const struct json *row);
/* result_correctness yes, or the arbiter says genie_correct or both_correct. */
bool row_passes(const struct json *row);
/* "pass", "fail" or "excluded": as written, else derived from the verdicts. A row
 * without any verdict is a fail, never a hole. */
const char *row_outcome(const struct json *row);
/* Names of all judges of the row, known ones first, then others sorted. */
void row_judge_names(const struct json *row, struct strlist *names);

#endif
