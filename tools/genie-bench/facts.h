/* facts.h - what an answer needs, read from the expected SQL. */
#ifndef GENIE_BENCH_FACTS_H
#define GENIE_BENCH_FACTS_H

#include "base.h"
#include "load.h"

enum facts_mode {
	FACTS_FILL,    /* where nothing is given */
	FACTS_REPLACE, /* whatever is given */
	FACTS_KEEP,    /* nothing is filled in */
};

/* Fills required_tables (bare names, functions too), required_columns (bare names) and
 * required_joins (conditions as table.column = table.column; "a CROSS b" without one) from the
 * first expected SQL. A question whose SQL is not understood stays as it is. */
void facts_fill(const struct bench *bench, enum facts_mode mode);

#endif
