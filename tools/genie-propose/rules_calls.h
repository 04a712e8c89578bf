/* rules_calls.h - what the rules of levers 2 and 3 share. */
#ifndef GENIE_PROPOSE_RULES_CALLS_H
#define GENIE_PROPOSE_RULES_CALLS_H

#include "drafts.h"

/* Named filters of the space. */
void rules_filters(struct proposal *p, const struct fact_case *c, const struct json *cluster);
/* Definitions of table functions: only proposed, a person decides. */
void rules_functions(struct proposal *p, const struct fact_case *c, const struct json *cluster);

/* The right and the wrong asset of a question each say which one it is, as two patches that
 * name each other. Both assets must be there. */
void say_both_sides(struct proposal *p, const struct fact_case *c, const struct json *cluster);

/* The function's comment, laid out, says that it answers the phrase `best`, and not the one of
 * `not` ('"x" (use y)'); either may be NULL. */
struct draft *say_function(struct proposal *p, const struct fact_case *c, const struct object *o,
			   const char *best, const char *not, const struct json *cluster);

/* Makes two drafts (by index; NO_DRAFT: there is none) the sides of one competition, unless
 * one is a side of another already: patches in long chains could not be chosen one by one. */
#define NO_DRAFT SIZE_MAX
void pair_drafts(struct proposal *p, size_t a, size_t b, const char *name);
size_t draft_index(const struct proposal *p, const struct draft *d); /* NULL: NO_DRAFT */

/* The argument that a call of the function has for its parameter; NULL: left out. */
const char *call_argument(const struct sqlfacts *facts, const struct object *o, size_t index,
			  const char *name);

/* How often the cluster's questions were worked on in vain (genie-cluster). */
size_t tried(const struct json *cluster);
/* Is the known limitation with this id the cluster's? */
bool is_limitation(const struct json *cluster, const char *id);

/* Questions that are not held out for which `holds` is true. */
typedef bool case_test(const void *context, const struct fact_case *c);
size_t count_cases(const struct cases *cases, case_test *holds, const void *context);

#endif
