/* correct.h - the arbiter's verdicts, written into the benchmark's own YAML.
 *
 * genie_correct: expected_sql becomes Genie's (catalog and schema as variables where the old text
 * has them), the old one stays as previous_sql, source becomes arbiter_corrected. Every other
 * byte of the file stays. neither_correct, and what cannot be edited by rule (several
 * accepted texts), goes to a queue for people. Doing it again changes nothing. */
#ifndef GENIE_BENCH_CORRECT_H
#define GENIE_BENCH_CORRECT_H

#include "base.h"
#include "err.h"
#include "load.h"
#include <stdio.h>

struct vars;

struct correction {
	const char *verdicts;     /* rows or eval.json */
	const char *queue;        /* NULL: gt_remediation_queue.yaml beside the first source */
	long least;               /* questions with genie_correct below which nothing is corrected */
	bool write;               /* else only the diff */
	struct vars *vars;
};
/* Prints the unified diff of all files to `out`. ERR_USAGE: a source that is no YAML or JSON
 * file; ERR_DATA an edit that cannot be made; ERR_IO. Nothing is written then. */
bool correct(const struct bench *bench, const struct correction *how, FILE *out,
	struct err *err) MUST_CHECK;

#endif
