/* again.h - the repeatability of answers: the same questions, asked several times. */
#ifndef GENIE_SCORE_AGAIN_H
#define GENIE_SCORE_AGAIN_H

#include "base.h"
#include "err.h"

struct json;

/* Fills genie/repeatability/1 into `document` from rows with replicates (n files, "-" is
 * standard input). ERR_DATA: rows of several configurations; they say nothing
 * about repeating. Otherwise as rows_next. */
bool again(char **paths, int n, struct json *document, struct err *err) MUST_CHECK;

#endif
