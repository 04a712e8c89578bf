/* publish.h - puts the questions into the space's own benchmarks. */
#ifndef GENIE_BENCH_PUBLISH_H
#define GENIE_BENCH_PUBLISH_H

#include "base.h"
#include "err.h"
#include "load.h"
#include "str.h"

struct dbx;
struct vars;

struct publication {
	char *space_id;
	struct strlist added, updated, skipped; /* ids */
	size_t unchanged, total; /* total: benchmark questions of the space after */
};
void publication_free(struct publication *p); /* what is inside */

/* Merges the wanted questions by their text (white space aside): new ones are added with an id
 * made from the text, known ones get the expected SQL (the first accepted one, variables
 * resolved); nothing is ever removed. Questions without SQL, or whose SQL is known to be
 * invalid, are skipped. Each published question gets `benchmark_id`. The change is
 * made only if nobody changed the space meanwhile, and read back. ERR_DATA: a variable without
 * value, more than 500 questions, or a rule of the workspace broken; ERR_TEMP:
 * changed meanwhile; ERR_UNAVAILABLE. */
bool publish(const struct bench *bench, struct dbx *dbx, const char *space, struct vars *vars,
	struct publication *out, struct err *err) MUST_CHECK;

#endif
