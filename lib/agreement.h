/* agreement.h - how far two judges agree over the same rows.
 *
 * Counted are rows in which both decided (not unknown, not skipped). agree is the share p_o of
 * equal verdicts; kappa is Cohen's (1960): (p_o - p_e) / (1 - p_e), where p_e is the sum over
 * the verdicts of the product of both judges' shares, what two judges would reach who only
 * know how often each verdict is given. It is undefined when p_e is 1. Layer: domain.
 */
#ifndef GENIE_AGREEMENT_H
#define GENIE_AGREEMENT_H

#include "base.h"

struct json;

#define AGREEMENT_VERDICTS 8 /* more kinds than any judge has; others are not counted */

struct agreement {
	char *name[AGREEMENT_VERDICTS];
	long first[AGREEMENT_VERDICTS], second[AGREEMENT_VERDICTS]; /* how often each gave it */
	long n, equal;
};
/* Zero-initialise. Verdicts may be NULL (nothing is counted). */
void agreement_add(struct agreement *agreement, const char *first, const char *second);
double agreement_kappa(const struct agreement *agreement); /* NAN: undefined */
/* {n, agree, kappa}, rounded to four decimals, yours; without rows agree is null. */
struct json *agreement_json(const struct agreement *agreement);
void agreement_free(struct agreement *agreement); /* what is inside */

#endif
