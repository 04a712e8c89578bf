/* mlflowfilter.h - MLflow's search filters and orders as data.
 *
 * A filter is a list of comparisons joined by AND:
 *
 *   metrics.`score/mean` >= 80 AND params.model = 'x' AND tags.team IN ('a', 'b')
 *
 * Left of the comparator stands an entity and a key, in back-ticks or double quotes when the
 * key has odd characters; without an entity it is an attribute. Strings are quoted ('' is a
 * quote inside), numbers are not. There is no OR and there are no parentheses but those of a
 * list. What entities and attributes exist is said by the caller; errors are ERR_DATA with
 * the texts of MLflow's server.
 *
 * Layer: data.
 */
#ifndef GENIE_MLFLOWFILTER_H
#define GENIE_MLFLOWFILTER_H

#include "base.h"
#include "err.h"
#include "mem.h"

enum mlflow_entity {
	MLFLOW_ATTRIBUTE, MLFLOW_METRIC, MLFLOW_PARAM, MLFLOW_TAG, MLFLOW_DATASET,
	MLFLOW_METADATA, MLFLOW_FEEDBACK, MLFLOW_EXPECTATION,
};
#define MLFLOW_ENTITIES 8
#define MLFLOW_MAX_CLAUSES 100
#define MLFLOW_MAX_VALUES 1000 /* of one list */

enum mlflow_op {
	MLFLOW_EQ, MLFLOW_NE, MLFLOW_LT, MLFLOW_LE, MLFLOW_GT, MLFLOW_GE, MLFLOW_LIKE,
	MLFLOW_ILIKE, MLFLOW_RLIKE, MLFLOW_IN, MLFLOW_NOT_IN, MLFLOW_NULL, MLFLOW_NOT_NULL,
};

/* What can be searched for. */
struct mlflow_attribute {
	const char *name;
	bool numeric;
	const char *sql; /* for the caller */
};
struct mlflow_grammar {
	unsigned entities; /* bits: 1u << MLFLOW_TAG, ...; attributes are always there */
	const struct mlflow_attribute *attributes; /* ends with a NULL name */
};

struct mlflow_clause {
	enum mlflow_entity entity;
	const char *key;
	const struct mlflow_attribute *attribute; /* NULL unless it is one */
	enum mlflow_op op;
	bool numeric;        /* the values are numbers */
	const char **values; /* one, those of a list, none for IS [NOT] NULL */
	size_t nvalues;
};

struct mlflow_filter {
	struct mlflow_clause clauses[MLFLOW_MAX_CLAUSES];
	size_t n;
};
/* Texts lie in the arena. A NULL or blank filter has no clauses. */
bool mlflow_filter_parse(struct mlflow_filter *filter, const char *text,
	const struct mlflow_grammar *grammar, struct arena *arena, struct err *err) MUST_CHECK;

/* One element of order_by: KEY [ASC|DESC]. */
struct mlflow_order {
	enum mlflow_entity entity;
	const char *key;
	const struct mlflow_attribute *attribute;
	bool descending;
};
bool mlflow_order_parse(struct mlflow_order *order, const char *text,
	const struct mlflow_grammar *grammar, struct arena *arena, struct err *err) MUST_CHECK;

/* The comparator as SQL and MLflow write it: "NOT IN". */
const char *mlflow_op_text(enum mlflow_op op);

#endif
