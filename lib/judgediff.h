/* judgediff.h - how Genie's SQL differs from the expected one, as faults to be judged:
 * the differences of sqldiff.h that are no consequences of others, with the blamed objects of
 * both sides and what the question says about them. Layer: domain. */
#ifndef GENIE_JUDGEDIFF_H
#define GENIE_JUDGEDIFF_H

#include "judge.h"
#include "mem.h"
#include "sqlfacts.h"

enum fault_kind {
	FAULT_TABLE, FAULT_JOIN, FAULT_COLUMN, FAULT_OUTPUT, /* schema, completeness */
	FAULT_MEASURE, FAULT_AGGREGATE, FAULT_GROUP, FAULT_FILTER, FAULT_TEMPORAL,
	FAULT_EXTRA_FILTER, FAULT_CALL, FAULT_LIMIT, FAULT_ORDER,
	FAULT_FORM, /* a column more, another format or type */
	FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	const char *type;     /* failure_type */
	const char *clause;
	const char *expected, *actual; /* texts; "" when there is none */
	const char *table, *column;    /* blamed, of the gold; NULL: none */
	const char *other_table, *other_column; /* of Genie's; NULL: none */
	bool soft;            /* does not make an answer wrong by itself */
	bool gold_in_question, genie_in_question; /* whose value the question names */
};

struct fault_list {
	struct fault *v;
	size_t n, cap; /* v is malloc'ed: free it */
};

struct judge_sql {
	const char *gold, *genie;
	const struct sqlfacts *gold_facts, *genie_facts;
};
/* Appends the faults, the primary one first. False: one of the texts is not understood as a
 * query; nothing can be said. catalog may be NULL. */
bool judge_diff(struct arena *arena, const struct judge_sql *sql,
	const struct judge_catalog *catalog, const char *question, bool asks_order,
	struct fault_list *out) MUST_CHECK;
/* Bare last part of a name, lower case as facts have it. */
const char *bare_name(const char *name);
bool same_table(const char *a, const char *b);

#endif
