#include "mlflowfilter.h"

#include "check.h"

static const struct mlflow_attribute attributes[] = {
	{ .name = "run_name" }, { .name = "start_time", .numeric = true }, { .name = NULL } };
static const struct mlflow_grammar grammar = {
	.entities =
		1u << MLFLOW_METRIC | 1u << MLFLOW_PARAM | 1u << MLFLOW_TAG | 1u << MLFLOW_DATASET,
	.attributes = attributes };

static struct arena arena;
static struct mlflow_filter filter;

static const char *problem(const char *text)
{
	static struct err err;
	err = (struct err){ .code = ERR_NONE };
	return mlflow_filter_parse(&filter, text, &grammar, &arena, &err) ? "" : err.text;
}

static void comparisons_are_read(void)
{
	CHECK_STR(problem("metrics.`score/mean` >= 80 and params.\"a b\" != 'it''s' AND "
		"run_name NOT IN ('a', 'b') AND tags.a.b IS NOT NULL AND start_time<-1.5e3"), "");
	CHECK_INT(filter.n, 5);
	CHECK_INT(filter.clauses[0].entity, MLFLOW_METRIC);
	CHECK_STR(filter.clauses[0].key, "score/mean");
	CHECK_INT(filter.clauses[0].op, MLFLOW_GE);
	CHECK(filter.clauses[0].numeric);
	CHECK_STR(filter.clauses[1].key, "a b");
	CHECK_STR(filter.clauses[1].values[0], "it's");
	CHECK_INT(filter.clauses[2].op, MLFLOW_NOT_IN);
	CHECK_INT(filter.clauses[2].nvalues, 2);
	CHECK_STR(filter.clauses[3].key, "a.b");
	CHECK_INT(filter.clauses[3].op, MLFLOW_NOT_NULL);
	CHECK_STR(filter.clauses[4].values[0], "-1.5e3");
	CHECK_STR(problem(NULL), "");
	CHECK_STR(problem("  "), "");
	CHECK_INT(filter.n, 0);
}

static void what_is_wrong_is_said(void)
{
	CHECK_STR(problem("params.x = 'a' OR params.x = 'b'"),
		  "Invalid clause(s) in filter string: 'OR'");
	CHECK_STR(problem("params.x ="), "Invalid comparison clause. Expected 3 tokens found 2");
	CHECK_STR(problem("params.x = 5"),
		  "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 5");
	CHECK_STR(problem("metrics.x = 'a'"), "Expected numeric value type for metric. Found 'a'");
	CHECK_STR(problem("start_time = 'a'"),
		  "Expected numeric value type for numeric attribute: start_time. Found 'a'");
	CHECK_STR(problem("dataset.x = 'a'"), "Invalid dataset key 'x' specified. Valid keys are "
		"'{'name', 'digest', 'context'}'");
	CHECK_STR(problem("feedback.x = 'a'"), "Invalid entity type 'feedback'. Valid values are "
		"['attribute', 'metric', 'parameter', 'tag', 'dataset']");
	CHECK_STR(problem("metrics.x LIKE 'a'"),
		  "Invalid comparator 'LIKE' not one of '{'>', '>=', '!=', '=', '<', '<='}'");
	CHECK(*problem("metrics.`x = 1"));
	CHECK(*problem("params.x = 'open"));
	CHECK(*problem("params.x IN 'a'"));
	CHECK(*problem("params.x = 'a' AND"));
}

static void orders_are_read(void)
{
	struct mlflow_order order;
	struct err err = { .code = ERR_NONE };
	CHECK(mlflow_order_parse(&order, "metrics.`a/b` DESC", &grammar, &arena, &err));
	CHECK(order.descending && order.entity == MLFLOW_METRIC);
	CHECK_STR(order.key, "a/b");
	CHECK(mlflow_order_parse(&order, "start_time", &grammar, &arena, &err));
	CHECK(!order.descending && order.attribute == &attributes[1]);
	CHECK(!mlflow_order_parse(&order, "start_time UP", &grammar, &arena, &err));
}

int main(void)
{
	RUN(comparisons_are_read);
	RUN(what_is_wrong_is_said);
	RUN(orders_are_read);
	arena_free(&arena);
	return check_done();
}
