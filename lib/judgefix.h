/* judgefix.h - from a fault to what can be acted on (ASI). Layer: domain. */
#ifndef GENIE_JUDGEFIX_H
#define GENIE_JUDGEFIX_H

#include "judgediff.h"

/* What the texts are made from. */
struct fix_context {
	const struct judge_catalog *catalog;
	const char *question;
	struct arena *arena;
};

/* The `asi` object of a fault; confidence 0..1. Yours. */
struct json *asi_of_fault(const struct fix_context *c, const struct fault *fault,
	double confidence);
/* An `asi` without a fault between two queries. Lists may be NULL. Yours. */
struct json *asi_plain(const struct fix_context *c, const char *type, const char *severity,
	double confidence, const char *blame, const char *expected, const char *actual, const char *fix);
/* The words of the question that no metadata covers, joined by ", "; else those that are not
 * said of the blamed object; "" when there are none. */
const char *uncovered_words(const struct fix_context *c, const char *table, const char *column);
/* True for a fix that says nothing to act on ("Review the joins."), as models write them. */
bool fix_is_generic(const char *fix);

#endif
