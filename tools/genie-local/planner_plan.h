/* planner_plan.h - one question on its way to SQL: shared by the planner's steps.
 * Layer: tool. */
#ifndef GENIE_PLANNER_PLAN_H
#define GENIE_PLANNER_PLAN_H

#include "planner_ask.h"
#include "planner_model.h"

/* Questions longer than this many words are not read to the end. */
#define PLAN_MAX_WORDS 64
#define PLAN_MAX_MENTIONS 16
#define PLAN_MAX_DIMENSIONS 8
#define PLAN_MAX_CONDITIONS 24
#define PLAN_MAX_JOINS 8
#define PLAN_MAX_HOPS 3

/* A field that some words of the question name. */
struct mention {
	struct field *field;
	uint64_t mask; /* bit i: word i */
	size_t at;     /* the first of them */
	double score;
	bool whole;    /* a name or synonym of it stands there in full */
	size_t order;  /* of the candidate: decides between equal scores */
};

enum condition_kind { CONDITION_RAW, CONDITION_FIELD, CONDITION_WINDOW };
struct condition {
	enum condition_kind kind;
	struct field *field;
	const char *text; /* RAW: SQL; FIELD: what follows the column */
	bool measured;    /* on the measure: HAVING */
};

struct dimension {
	struct field *field;
	enum unit unit; /* DATE_TRUNC to it; UNIT_NONE: as it is */
};

/* A value in the question and the column it belongs to. */
struct value {
	struct field *field;
	const char *text;
	size_t at;
};

struct plan {
	struct arena *arena;
	struct model model;
	struct ask ask;
	int64_t today;
	uint64_t seed;
	struct asset *asset;
	bool drawn;

	struct mention mentions[PLAN_MAX_MENTIONS];
	size_t nmentions;
	struct value values[PLAN_MAX_MENTIONS];
	size_t nvalues;

	/* the query */
	struct field *measure; /* NULL with agg AGG_COUNT: COUNT(*) */
	enum agg agg;
	bool distinct;         /* COUNT(DISTINCT measure) */
	bool aggregate;        /* false: rows */
	struct dimension dims[PLAN_MAX_DIMENSIONS];
	size_t ndims;
	struct condition conditions[PLAN_MAX_CONDITIONS];
	size_t nconditions;
	const struct link *joins[PLAN_MAX_JOINS];
	size_t njoins;
	struct field *date;    /* the column of the window and the grain */
};

/* planner_route.c: picks plan->asset; false: nothing fits. */
bool plan_route(struct plan *plan);

/* planner_match.c: which fields of the asset and of joined ones the question names. */
void plan_match(struct plan *plan);
/* Values in the question (dictionary hits, quoted, capitalised); before plan_match. */
void plan_values(struct plan *plan, const char *question);
/* Links from the asset to target, at most PLAN_MAX_HOPS; 0 when there is no way
 * (or target is the asset). */
size_t plan_path(const struct plan *plan, const struct asset *target, const struct link **path);
/* Adds the joins that the field needs. */
void plan_need(struct plan *plan, const struct field *field);
/* Where a phrase stands, taken words or not. */
bool plan_find(const struct plan *plan, const struct words *phrase, size_t *from, size_t *to);

/* planner_fill.c: measure, dimensions, filters, window. */
void plan_fill(struct plan *plan);
bool plan_is_number(const struct field *f);    /* may be added up, or is a measure */
bool plan_has_condition(const struct plan *plan, const struct field *field);

/* planner_measure.c: sets measure, agg, distinct. */
void plan_table_measure(struct plan *plan);
void plan_view_measure(struct plan *plan);
const struct mention *plan_best_number(const struct plan *plan); /* the first that is named */
struct field *plan_first_number(struct plan *plan); /* of the asset, when none is named */

/* True for the column that names the rows of its table: "name", "river_name" of river. */
bool plan_is_label(struct plan *plan, const struct field *field);
void plan_add_condition(struct plan *plan, struct condition condition);
/* Conditions of the rules whose phrase stands in the question. */
void plan_rules(struct plan *plan);

/* planner_values.c */
const char *plan_quote(struct plan *plan, const char *text); /* 'text' as an SQL string */
/* An item of a list of values: "PRD = production", "PRD (production)"; without a meaning
 * that is "". */
void plan_value_parts(struct plan *plan, const struct field *field, const char *item,
	const char **value, const char **meaning);

/* planner_sql.c: the query as SQL; in the arena. */
const char *plan_sql(struct plan *plan);
const char *sql_name(struct arena *arena, const char *name);      /* backticks where needed */
const char *sql_full_name(struct arena *arena, const char *full); /* each part */

/* planner_call.c: the query on a function. */
const char *plan_call(struct plan *plan);

/* planner_example.c: SQL of an example that is close enough, else NULL. */
const char *plan_example(struct plan *plan);
/* How alike the question and an example are, 0 to 1. */
double example_likeness(const struct plan *plan, const struct example *example);

#endif
