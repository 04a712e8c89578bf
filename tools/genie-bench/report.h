/* report.h - the state of a benchmark as one document, genie/bench/1. */
#ifndef GENIE_BENCH_REPORT_H
#define GENIE_BENCH_REPORT_H

#include "base.h"
#include "check.h"
#include "load.h"

struct json;
struct publication;
struct validation;

struct report {
	const char *scope;
	long tables;                           /* of the domain; 0: not known */
	const struct validation *validation;   /* NULL: not run */
	const struct publication *publication; /* NULL: not published */
};
void report_write(const struct bench *bench, const struct report *report, struct json *document);

#endif
