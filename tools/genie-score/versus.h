/* versus.h - two evaluations of the same questions against each other: what one
 * fixed and broke, how much that proves, and whether two graders agree. */
#ifndef GENIE_SCORE_VERSUS_H
#define GENIE_SCORE_VERSUS_H

#include "base.h"
#include "err.h"

struct json;

/* Fills genie/compare/1 into `document` from the rows of two files. ERR_DATA and ERR_IO as
 * score_load; nothing in common is no error. */
bool versus(const char *before, const char *after, struct json *document,
	struct err *err) MUST_CHECK;

#endif
