/* report.h - what a check found, and the data it reads.
 *
 * A check is a program that measures a part of the toolkit against the shared data. It says
 * what fails, line by line, then the measures, and ends with `N passed, N failed, N skipped`
 * (tests/run-check adds these to the counts).
 */
#ifndef CHECKS_REPORT_H
#define CHECKS_REPORT_H

#include "base.h"

struct json;
struct table;

struct report {
	long passed, failed, skipped;
	bool loud; /* say every failure of a class that may fail now and then */
};
/* Counts; a failure is printed. Returns `ok`. */
bool report_case(struct report *report, bool ok, const char *format, ...) PRINTF_LIKE(3, 4);
void report_skip(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);
/* "WHAT: 58 of 61 (95.08 %), at least 95 %": one case, passed when it holds. */
void report_least(struct report *report, const char *what, long got, long of, double least);
void report_most(struct report *report, const char *what, long got, long of, double most);
/* A measure that decides nothing. */
void report_rate(const char *what, long got, long of);
/* The last line. Returns the exit status. */
int report_done(const struct report *report);

/* Path of a file of the shared data; borrowed until the next call but three. */
const char *data_path(const char *name);
/* All records of a JSON Lines file as one array, yours; NULL (and a skip) without it. */
struct json *data_lines(struct report *report, const char *name);
/* A CSV file as a table whose types are read off its values (BIGINT, DOUBLE, VOID, STRING);
 * false with the reason in why[200] when it is not well-formed. */
bool data_csv(const char *path, struct table *table, char why[200]);

#endif
