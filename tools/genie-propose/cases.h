/* cases.h - evaluated questions with the facts of both SQLs, ready for the rules. */
#ifndef GENIE_PROPOSE_CASES_H
#define GENIE_PROPOSE_CASES_H

#include "base.h"
#include "err.h"
#include "mem.h"
#include "sqlfacts.h"
#include "str.h"

struct json;
struct model;
struct object;

struct fact_case {
	struct json *row; /* owned */
	const char *id, *question, *split;
	const char *gold_sql, *genie_sql; /* NULL: none */
	const char *gold_plain; /* gold_sql with the ${variables} before names taken off */
	struct sqlfacts gold, genie;
	struct object *gold_asset, *genie_asset; /* of the outermost FROM; NULL: not in the space */
	bool passes;
	struct strlist words; /* content words of the question */
};

struct cases {
	struct fact_case *v;
	size_t n, cap;
	struct arena arena;
};

/* Reads all rows that are not held_out. ERR_DATA names file and line. */
bool cases_load(struct cases *cases, const char *path, const struct model *model,
		struct err *err) MUST_CHECK;
void cases_free(struct cases *cases);
struct fact_case *cases_find(const struct cases *cases, const char *id);

/* Does the gold use this object; and, when a field is named, the field? */
bool case_needs(const struct fact_case *c, const char *object, const char *field);
/* The same for what Genie wrote. */
bool case_used(const struct fact_case *c, const char *object, const char *field);

#endif
