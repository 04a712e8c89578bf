/* paired.h - two evaluations against each other, question by question. */
#ifndef GENIE_REPORT_PAIRED_H
#define GENIE_REPORT_PAIRED_H

#include "base.h"
#include "stats.h"

struct doc;
struct json;
struct score;

struct paired {
	long n;             /* questions that both measured */
	long both, fixed, broken;
	double p_value;     /* exact McNemar test */
	struct interval ci; /* of the difference, 0..1 */
};
/* Either may be NULL: n is 0. */
struct paired paired_of(const struct score *before, const struct score *after);
/* "improved", "worse" or "undecidable" at the level that genie-decide uses. */
const char *paired_verdict(const struct paired *p);
/* Adds the test and what follows from it to the paragraph. */
void paired_tell(struct doc *doc, const struct paired *p);

/* The verdict of a decision's evidence; "" without evidence. */
const char *evidence_verdict(const struct json *decision);
/* Adds " (undecidable: ...)" when the evidence cannot tell the change from noise:
 * wherever an improvement is named. */
void evidence_caution(struct doc *doc, const struct json *decision);

#endif
