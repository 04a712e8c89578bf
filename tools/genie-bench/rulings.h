/* rulings.h - what the arbiter said of each question. */
#ifndef GENIE_BENCH_RULINGS_H
#define GENIE_BENCH_RULINGS_H

#include "base.h"
#include "err.h"
#include "mem.h"

struct ruling {
	const char *id;
	const char *sql[2], *why[2]; /* Genie's SQL and the rationale, by verdict; NULL: none */
	size_t count[2], rows;       /* askings with the verdict; measured askings */
};
enum { RULING_GENIE, RULING_NEITHER }; /* genie_correct, neither_correct */

struct rulings {
	struct ruling *v;
	size_t n, cap;
	struct arena arena;
};
/* From rows, or from eval.json (its arbiter_actions). ERR_DATA, ERR_IO. */
bool rulings_load(struct rulings *rulings, const char *path, struct err *err) MUST_CHECK;
void rulings_free(struct rulings *rulings);
/* Most askings of the question have this verdict. */
bool ruling_is(const struct ruling *ruling, int which);

#endif
