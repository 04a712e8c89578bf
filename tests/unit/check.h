/* check.h - a very small unit test frame that speaks TAP.
 *
 * A suite is a file with static test functions and a main that calls
 * RUN(name) for each and returns check_done(). A failed CHECK reports the file, the
 * line and both values, and the suite goes on.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int check_failed, check_run, check_failed_suites;

#define CHECK(condition)                                                          \
	do {                                                                      \
		if (!(condition)) {                                               \
			printf("# %s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			check_failed++;                                           \
		}                                                                 \
	} while (0)

#define CHECK_INT(got, want)                                                      \
	do {                                                                      \
		long long got_ = (long long)(got), want_ = (long long)(want);     \
		if (got_ != want_) {                                              \
			printf("# %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, want_); \
			check_failed++;                                           \
		}                                                                 \
	} while (0)

#define CHECK_STR(got, want)                                                      \
	do {                                                                      \
		const char *got_ = (got), *want_ = (want);                        \
		if (!got_ || !want_ ? got_ != want_ : strcmp(got_, want_) != 0) { \
			printf("# %s:%d: %s is\n#   %s\n# not\n#   %s\n", __FILE__, __LINE__, #got, \
			       got_ ? got_ : "(null)", want_ ? want_ : "(null)"); \
			check_failed++;                                           \
		}                                                                 \
	} while (0)

#define RUN(test)                                                                 \
	do {                                                                      \
		int before_ = check_failed;                                       \
		test();                                                           \
		check_run++;                                                      \
		check_failed_suites += check_failed != before_;                   \
		printf("%sok %d - %s\n", check_failed == before_ ? "" : "not ", check_run, #test); \
	} while (0)

static inline int check_done(void)
{
	printf("1..%d\n", check_run);
	return check_failed ? 1 : 0;
}

#endif
