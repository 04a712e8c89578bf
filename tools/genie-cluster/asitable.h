/* asitable.h - ASI from the table that tracking fills, <uc_schema>.genie_eval_asi_results.
 *
 * One row of it is one verdict: run_id, iteration, question_id, judge, value and the fields of
 * the ASI (tracking-and-deploy.md). It fills in what rows lack, or stands for them.
 */
#ifndef GENIE_CLUSTER_ASITABLE_H
#define GENIE_CLUSTER_ASITABLE_H

#include "base.h"
#include "err.h"
#include "mem.h"

struct asitable;
struct dbxtool;
struct json;

struct asitable_source {
	const char *schema;    /* catalog.schema, or schema alone */
	const char *run_id;    /* NULL: any */
	int64_t iteration;     /* negative: any */
	const char *warehouse; /* NULL: the configured one, or a running one */
};
/* Reads the verdicts of one run and iteration. ERR_DATA: the selection has several runs or
 * iterations, or none; ERR_USAGE: no name of a schema; and what stmt.h says. */
struct asitable *asitable_load(const struct asitable_source *source,
	const struct dbxtool *connection,
	struct err *err) MUST_CHECK;
void asitable_free(struct asitable *table); /* NULL is fine */
/* Gives a row (normalised or not yet) the verdicts and the ASI that it lacks. True: something was
 * added; normalise it (again). */
bool asitable_fill(const struct asitable *table, struct json *row);
/* All that the table knows as rows, in the order of their ids. Yours. */
struct json *asitable_rows(const struct asitable *table);

#endif
