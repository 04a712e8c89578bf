/* opinion.h - what graders said of the same answers, and how well they agree. */
#ifndef GENIE_SCORE_OPINION_H
#define GENIE_SCORE_OPINION_H

#include "base.h"
#include "err.h"
#include "mem.h"

struct json;

/* One asking, as far as grading goes. Verdicts: 1 right, 0 wrong, -1 none. */
struct opinion {
	const char *id, *answer, *source; /* answer: hash of the SQL; source of the verdict */
	int64_t replicate;
	int verdict;     /* result_correctness */
	int own, native; /* comparison.match; native.assessment (NEEDS_REVIEW is -1) */
};
struct opinions {
	struct opinion *v; /* sorted by id and replicate */
	size_t n, cap;
	struct arena arena;
	const char *config_id; /* of the first row that has one */
};
bool opinions_load(struct opinions *opinions, const char *path, struct err *err) MUST_CHECK;
void opinions_free(struct opinions *opinions);

/* The graders' verdicts on answers that are in both files with the same SQL; null when there
 * is none. Yours. */
struct json *agreement_across(const struct opinions *a, const struct opinions *b);
/* Databricks' own verdict against ours, on the same rows; null without both. Yours. */
struct json *agreement_within(const struct opinions *opinions);

#endif
