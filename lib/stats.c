#include "stats.h"

#include "mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define Z95 1.959963984540054 /* 97.5 % point of the normal distribution */

static double clamp(double x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

struct interval stats_wilson(long k, long n)
{
	if (n <= 0)
		return (struct interval){ 0, 1 };
	double p = (double)k / (double)n, z2 = Z95 * Z95, m = (double)n;
	double centre = p + z2 / (2 * m);
	double half = Z95 * sqrt(p * (1 - p) / m + z2 / (4 * m * m));
	double scale = 1 + z2 / m;
	return (struct interval){ k == 0 ? 0 : clamp((centre - half) / scale),
				  k == n ? 1 : clamp((centre + half) / scale) };
}

static double log_choose(long n, long k)
{
	return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
}

static double binomial_pmf(long k, long n, double p)
{
	if (p <= 0)
		return k == 0;
	if (p >= 1)
		return k == n;
	return exp(log_choose(n, k) + (double)k * log(p) + (double)(n - k) * log1p(-p));
}

double stats_binomial_cdf(long k, long n, double p)
{
	double sum = 0;
	if (k < 0)
		return 0;
	if (k >= n)
		return 1;
	for (long i = 0; i <= k; i++)
		sum += binomial_pmf(i, n, p);
	return clamp(sum);
}

double stats_mcnemar_exact(long fixed, long broken)
{
	long n = fixed + broken;
	return n == 0 ? 1 : fmin(1, 2 * stats_binomial_cdf(fixed < broken ? fixed : broken, n, 0.5));
}

/* Newcombe's phi: the correlation of the two outcomes, with his continuity
 * correction when positive. */
static double correlation(double a, double b, double c, double d)
{
	double product = (a + b) * (c + d) * (a + c) * (b + d);
	double cross = a * d - b * c, n = a + b + c + d;
	if (product <= 0)
		return 0;
	if (cross > 0)
		cross = fmax(cross - n / 2, 0);
	return cross / sqrt(product);
}

/* The share of sign patterns for each sum, by adding one question after the other. */
double stats_sign_flip(const long *difference, int n)
{
	long reach = 0, sum = 0;
	for (int i = 0; i < n; i++) {
		reach += labs(difference[i]);
		sum += difference[i];
	}
	size_t size = 2 * (size_t)reach + 1;
	double *share = xcalloc(size, sizeof(*share)), *next = xcalloc(size, sizeof(*next)), p = 0;
	share[reach] = 1;
	for (int i = 0; i < n; i++) {
		size_t step = (size_t)labs(difference[i]);
		if (!step)
			continue;
		memset(next, 0, size * sizeof(*next));
		for (size_t k = step; k < size - step; k++) {
			next[k + step] += share[k] / 2;
			next[k - step] += share[k] / 2;
		}
		double *kept = share;
		share = next;
		next = kept;
	}
	for (size_t k = (size_t)(reach + sum); k < size; k++)
		p += share[k];
	free(share);
	free(next);
	return p < 1 ? p : 1;
}

struct interval stats_paired_difference(long both, long fixed, long broken, long n)
{
	if (n <= 0)
		return (struct interval){ -1, 1 };
	double after = (double)(both + fixed) / (double)n;
	double before = (double)(both + broken) / (double)n;
	struct interval x = stats_wilson(both + fixed, n), y = stats_wilson(both + broken, n);
	double phi = correlation((double)both, (double)fixed, (double)broken,
				 (double)(n - both - fixed - broken));
	double dl = after - x.low, du = x.high - after;
	double el = before - y.low, eu = y.high - before;
	double difference = after - before;
	double down = sqrt(fmax(0, dl * dl - 2 * phi * dl * eu + eu * eu));
	double up = sqrt(fmax(0, du * du - 2 * phi * du * el + el * el));
	return (struct interval){ fmax(-1, difference - down), fmin(1, difference + up) };
}

/* Chance that m changed questions, each fixed with probability p, reject. */
static double rejects(long m, double p)
{
	double sum = 0;
	for (long fixed = 0; fixed <= m; fixed++)
		if (stats_mcnemar_exact(fixed, m - fixed) <= STATS_LEVEL)
			sum += binomial_pmf(fixed, m, p);
	return sum;
}

double stats_power(long n, double effect, double changed)
{
	if (n <= 0 || effect <= 0)
		return 0;
	changed = clamp(fmax(changed, effect));
	double p = clamp((changed + effect) / (2 * changed)), sum = 0;
	for (long m = 0; m <= n; m++) {
		double weight = binomial_pmf(m, n, changed);
		if (weight > 1e-9)
			sum += weight * rejects(m, p);
	}
	return clamp(sum);
}
