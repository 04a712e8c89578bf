#include "stats.h"

#include "check.h"

#define CHECK_NEAR(got, want, tolerance)                                              \
	do {                                                                          \
		double got_ = (got), want_ = (want);                                  \
		if (!(fabs(got_ - want_) <= (tolerance))) {                           \
			printf("# %s:%d: %s is %.6f, not %.6f\n", __FILE__, __LINE__, #got, got_, want_); \
			check_failed++;                                               \
		}                                                                     \
	} while (0)

/* R: prop.test(45, 60, correct = FALSE)$conf.int; and (0, 10), (10, 10) */
static void wilson_agrees_with_r(void)
{
	CHECK_NEAR(stats_wilson(45, 60).low, 0.62764, 1e-4);
	CHECK_NEAR(stats_wilson(45, 60).high, 0.84220, 1e-4);
	CHECK_NEAR(stats_wilson(0, 10).low, 0, 0);
	CHECK_NEAR(stats_wilson(0, 10).high, 0.27753, 1e-4);
	CHECK_NEAR(stats_wilson(10, 10).high, 1, 0);
	CHECK_NEAR(stats_wilson(0, 0).high, 1, 0);
}

/* binom.test(min, n)$p.value: 1/64*2, ... */
static void mcnemar_is_exact(void)
{
	CHECK_NEAR(stats_mcnemar_exact(0, 0), 1, 0);
	CHECK_NEAR(stats_mcnemar_exact(6, 0), 0.03125, 1e-9);
	CHECK_NEAR(stats_mcnemar_exact(5, 0), 0.0625, 1e-9);
	CHECK_NEAR(stats_mcnemar_exact(2, 8), 0.109375, 1e-9);
	CHECK_NEAR(stats_mcnemar_exact(4, 4), 1, 1e-9);
}

/* By hand: of the 8 patterns of +-1 +-1 +-2 one sums to 4, three to 2 or more; and what McNemar says. */
static void sign_flips_are_all_counted(void)
{
	const long all[] = { 1, 1, 2 }, most[] = { 1, -1, 2 }, against[] = { -1, -1, -2 };
	const long units[] = { 1, 1, -1, 1, 0, 1, 1, 1, -1, 1, 1 };
	CHECK_NEAR(stats_sign_flip(all, 3), 1.0 / 8, 1e-12);
	CHECK_NEAR(stats_sign_flip(most, 3), 3.0 / 8, 1e-12);
	CHECK_NEAR(stats_sign_flip(against, 3), 1, 1e-12);
	CHECK_NEAR(stats_sign_flip(units, 11), stats_mcnemar_exact(8, 2) / 2, 1e-12);
	CHECK_NEAR(stats_sign_flip(NULL, 0), 1, 0);
	long many[200];
	for (int i = 0; i < 200; i++)
		many[i] = 3;
	CHECK(stats_sign_flip(many, 200) < 1e-50);
}

/* Newcombe 1998, table III, examples (a) and (b) for method 10 */
static void paired_interval_agrees_with_newcombe(void)
{
	struct interval a = stats_paired_difference(36, 12, 2, 50);
	CHECK_NEAR(a.low, 0.0569, 2e-4);
	CHECK_NEAR(a.high, 0.3404, 2e-4);
	struct interval none = stats_paired_difference(0, 0, 0, 0);
	CHECK_NEAR(none.low, -1, 0);
}

static void power_grows_with_n_and_effect(void)
{
	double small = stats_power(20, 0.1, 0.15), large = stats_power(200, 0.1, 0.15);
	CHECK(small < 0.3 && large > 0.8 && stats_power(20, 0.5, 0.5) > 0.9);
	CHECK_NEAR(stats_power(0, 0.1, 0.1), 0, 0);
	CHECK_NEAR(stats_power(5, 1, 1), 0, 1e-9); /* five fixed of five: p = 0.0625 */
	CHECK_NEAR(stats_power(6, 1, 1), 1, 1e-9);
}

int main(void)
{
	RUN(wilson_agrees_with_r);
	RUN(mcnemar_is_exact);
	RUN(sign_flips_are_all_counted);
	RUN(paired_interval_agrees_with_newcombe);
	RUN(power_grows_with_n_and_effect);
	return check_done();
}
