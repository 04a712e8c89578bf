/* stats.h - the statistics behind a claim that a change helped.
 *
 * All proportions are 0..1. Nothing here approximates where the exact
 * value is cheap. Layer: data (needs libm only).
 */
#ifndef GENIE_STATS_H
#define GENIE_STATS_H

#include "base.h"

/* The p-value at or below which a change is more than noise. */
#define STATS_LEVEL 0.05

struct interval {
	double low, high;
};

/* Wilson's score interval for k of n at 95 % (E. B. Wilson, JASA 22 (1927)
 * 209-212). n = 0 gives [0,1]. */
struct interval stats_wilson(long k, long n);

/* P(X <= k) for X ~ Binomial(n, p), summed in logarithms. */
double stats_binomial_cdf(long k, long n, double p);

/* Exact two-sided p-value of the paired test of McNemar (Psychometrika 12
 * (1947) 153-157) in its binomial form: of fixed + broken questions that
 * changed, how surprising is this split if both were equally likely? 1 when
 * nothing changed. */
double stats_mcnemar_exact(long fixed, long broken);

/* Exact one-sided p-value of the paired sign-flip test (R. A. Fisher, The Design of Experiments,
 * 1935, section 21): of n differences, one a question, how often would their sum be as high with
 * random signs? Summed over all sign patterns; 1 without a difference. For the other side give
 * the differences with their signs turned. Time in proportion to n times the sum of the sizes. */
double stats_sign_flip(const long *difference, int n);

/* 95 % interval for the difference of two paired proportions (after - before)
 * over n questions: the square-and-add of Wilson intervals with the
 * correlation term, method 10 of R. G. Newcombe, Stat. Med. 17 (1998) 2635-2650.
 * both: right before and after; n >= both + fixed + broken. */
struct interval stats_paired_difference(long both, long fixed, long broken, long n);

/* Probability that the exact test above says p <= 0.05 when n questions truly
 * gain `effect` (net share) while a share `changed` of them changes at all;
 * changed is raised to effect when smaller. Exact sum over the outcomes. */
double stats_power(long n, double effect, double changed);

#endif
