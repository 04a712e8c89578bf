/* spacecheck.h - the rules a workspace has for a space configuration.
 *
 * They come from "Validation rules for serialized_space" of the Genie API
 * documentation: 32-hex ids, uniqueness, sorted arrays, limits, three-level
 * names, known fields. All problems are reported, not only the first; nothing
 * is changed. Layer: domain.
 */
#ifndef GENIE_SPACECHECK_H
#define GENIE_SPACECHECK_H

#include "base.h"

struct json;

#define SPACE_MAX_TEXT_INSTRUCTIONS 1
#define SPACE_MAX_SLOTS 100      /* text instruction + examples + functions */
#define SPACE_MAX_FUNCTIONS 50
#define SPACE_MAX_SNIPPETS 200   /* filters + expressions + measures */
#define SPACE_MAX_STRING 25000   /* characters of one string */
#define SPACE_MAX_ARRAY 10000    /* members of one array */
#define SPACE_MAX_BENCHMARKS 500
#define SPACE_MAX_PROBLEMS 200   /* reporting stops here */

/* One violated rule. Codes: wrong_type, unknown_field, missing, bad_version, bad_id,
 * duplicate_id, duplicate_name, unsorted, bad_identifier, bad_answer, too_long,
 * too_many. */
struct space_problem {
	char *path; /* JSON path: "$.data_sources.tables[2].identifier" */
	const char *code;
	char *text; /* one sentence, as the service words it where that is known */
};
struct space_problems {
	struct space_problem *v;
	size_t n, cap;
};

/* Appends what is wrong with config. True when nothing was. */
bool space_check(const struct json *config, struct space_problems *problems);
/* The first problem with this code; NULL: none. */
const struct space_problem *space_problems_find(const struct space_problems *problems,
	const char *code);
void space_problems_free(struct space_problems *problems);

/* True when a table, metric view or function name has three levels: two dots outside
 * backticks, no empty part. Template variables count as part of a name. */
bool space_identifier_ok(const char *identifier);

#endif
