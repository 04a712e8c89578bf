/* load.h - benchmark questions from YAML, JSON or JSON Lines.
 *
 * Accepted forms: a map `domain: [question, ...]`, a map with `benchmarks:
 * [...]`, a plain list, or one question a line. Fields as contracts.md has them;
 * unknown ones are kept. Every question remembers where it stood.
 */
#ifndef GENIE_BENCH_LOAD_H
#define GENIE_BENCH_LOAD_H

#include "base.h"
#include "err.h"
#include "mem.h"

struct json;

struct question {
	struct json *json;  /* owned by the bench */
	const char *id;     /* borrowed from json */
	const char *place;  /* "benchmarks.yaml:12" */
	const char *file;   /* as given */
	const char *path;   /* in a YAML or JSON file, for edityaml.h; NULL in JSON Lines */
	bool wanted;        /* by scope and id: what is written and worked on */
};

struct bench {
	struct question *questions;
	size_t n, cap;
	struct arena arena;
};
void bench_free(struct bench *bench);

/* Appends the questions of a file ("-" is standard input). Missing ids become
 * DOMAIN_NNN by position. ERR_DATA names file, line and field: no question
 * text, a wrong type or value, an id used twice. */
bool bench_load(struct bench *bench, const char *path, struct err *err) MUST_CHECK;

/* train, val or held_out: 60, 20 and 20 of a hundred, by a hash of the id alone,
 * so that a question keeps its split whatever else is in the file. */
const char *bench_split(const char *id);

#endif
