#include "judge.h"

#include "json.h"
#include "rows.h"
#include "str.h"

#include <stdlib.h>
#include "check.h"

static const char space[] =
	"{\"config\":{\"data_sources\":{\"tables\":[{\"identifier\":\"main.gold.fact_usage\"},"
	"{\"identifier\":\"main.gold.cost_summary\"}],"
	"\"metric_views\":[{\"identifier\":\"main.gold.cost_cube\"}]},"
	"\"instructions\":{\"sql_functions\":[{\"identifier\":\"main.gold.daily\"}]}},"
	"\"uc\":{\"columns\":["
	"{\"table_catalog\":\"main\",\"table_schema\":\"gold\",\"table_name\":\"fact_usage\",\"column_name\":\"eff_amt\",\"comment\":\"Effective amount\"},"
	"{\"table_catalog\":\"main\",\"table_schema\":\"gold\",\"table_name\":\"fact_usage\",\"column_name\":\"list_amt\",\"comment\":null},"
	"{\"table_catalog\":\"main\",\"table_schema\":\"gold\",\"table_name\":\"fact_usage\",\"column_name\":\"region\",\"comment\":\"Region\"},"
	"{\"table_catalog\":\"main\",\"table_schema\":\"gold\",\"table_name\":\"fact_usage\",\"column_name\":\"usage_dt\",\"comment\":\"Day\"}]}}";

static struct judge_catalog *catalog;

/* A judged row; comparison NULL: not compared. */
static struct json *judge(const char *question, const char *gold, const char *sql, const char *comparison)
{
	struct err err = { 0 };
	struct json *row = json_new_object();
	json_set_str(row, "question_id", "q1");
	json_set_str(row, "question", question);
	json_set_str(row, "genie_sql", sql);
	json_set_str(row, "status", sql ? "COMPLETED" : "FAILED");
	if (comparison)
		json_set(row, "comparison", json_parse(comparison, strlen(comparison), &err));
	struct judge_input input = { .row = row, .gold_sql = gold, .catalog = catalog };
	judge_row(&input);
	return row;
}

static const char match[] = "{\"verdict\":\"identical\",\"match\":true,\"profile\":\"seed\",\"outcomes\":{\"seed\":\"GOOD\"}}";
static const char differs[] = "{\"verdict\":\"value_mismatch\",\"match\":false,\"profile\":\"seed\","
	"\"outcomes\":{\"seed\":\"BAD\"},\"diff\":\"value_mismatch: 1 rows, expected 1\"}";

static const char *asi(const struct json *row, const char *name, const char *field)
{
	return json_str_or(row_asi(row, name), field, "");
}

static void an_equal_answer_passes_everywhere(void)
{
	struct json *row = judge("Total spend?", "SELECT SUM(eff_amt) FROM main.gold.fact_usage",
		"SELECT sum(f.eff_amt) AS spend FROM fact_usage f", match);
	for (size_t i = 0; i < 7; i++)
		CHECK_STR(row_value(row, row_judges[i]), "yes");
	CHECK_STR(row_value(row, "arbiter"), "skipped");
	CHECK_STR(json_str_or(row, "outcome", ""), "pass");
	CHECK_STR(json_str_or(row, "asset", ""), "TABLE");
	json_free(row);
}

static void another_column_is_named_with_its_remedy(void)
{
	struct json *row = judge("What is the spend per region?",
		"SELECT region, SUM(eff_amt) FROM main.gold.fact_usage GROUP BY region",
		"SELECT region, SUM(list_amt) FROM main.gold.fact_usage GROUP BY region", differs);
	CHECK_STR(row_value(row, "logical_accuracy"), "no");
	CHECK_STR(row_value(row, "result_correctness"), "no");
	CHECK_STR(row_value(row, "asset_routing"), "yes");
	CHECK_STR(row_value(row, "arbiter"), "ground_truth_correct");
	CHECK_STR(asi(row, "result_correctness", "failure_type"), "wrong_column");
	CHECK_STR(asi(row, "result_correctness", "counterfactual_fix"),
		"column comment of fact_usage.eff_amt should say it is what \"spend\" means;"
		" Genie used fact_usage.list_amt");
	CHECK_STR(asi(row, "result_correctness", "quoted_metadata_text"), "Effective amount");
	CHECK_STR(asi(row, "result_correctness", "affected_question_pattern"), "spend");
	const struct json *blame = json_get(row_asi(row, "result_correctness"), "blame_set");
	CHECK_STR(json_text(json_at(blame, 0)), "fact_usage.eff_amt");
	CHECK_STR(json_text(json_at(blame, 1)), "fact_usage.list_amt");
	json_free(row);
}

static void a_missing_time_filter_quotes_the_span(void)
{
	struct json *row = judge("Effective amount in the last 30 days?",
		"SELECT SUM(eff_amt) FROM main.gold.fact_usage WHERE usage_dt >= DATE_SUB(CURRENT_DATE(), 30)",
		"SELECT SUM(eff_amt) FROM main.gold.fact_usage", differs);
	CHECK_STR(asi(row, "logical_accuracy", "failure_type"), "missing_temporal_filter");
	CHECK(strstr(asi(row, "logical_accuracy", "counterfactual_fix"), "\"last 30 days\"") != NULL);
	CHECK_STR(row_value(row, "schema_accuracy"), "yes");
	json_free(row);
}

static void the_catalogue_decides_the_kind_of_asset(void)
{
	struct json *row = judge("Cost?", "SELECT MEASURE(cost) FROM main.gold.cost_cube",
		"SELECT SUM(cost) FROM main.gold.cost_summary", differs);
	CHECK_STR(row_value(row, "asset_routing"), "no");
	CHECK_STR(asi(row, "asset_routing", "failure_type"), "asset_routing_error");
	CHECK_STR(asi(row, "schema_accuracy", "failure_type"), "wrong_table");
	CHECK_STR(json_str_or(row, "asset", ""), "TABLE");
	json_free(row);
	row = judge("Cost?", "SELECT * FROM daily('2026-01-01')", "SELECT * FROM main.gold.daily('2026-01-01')", match);
	CHECK_STR(json_str_or(row, "asset", ""), "TVF");
	CHECK_STR(row_value(row, "asset_routing"), "yes");
	json_free(row);
}

static const char *why_no_sql(const char *status, const char *text, const char *error)
{
	static char said[400];
	struct json *row = json_new_object();
	json_set_str(row, "question_id", "q1");
	json_set_str(row, "question", "Spend?");
	json_set_str(row, "status", status);
	json_set_str(row, "genie_text", text);
	json_set_str(row, "error", error);
	struct judge_input input = { .row = row, .catalog = catalog,
		.gold_sql = "SELECT SUM(eff_amt) FROM main.gold.fact_usage" };
	judge_row(&input);
	snprintf(said, sizeof said, "%s",
		 json_str_or(row_judge(row, "result_correctness"), "rationale", ""));
	json_free(row);
	return said;
}

static void an_answer_without_sql_tells_what_happened(void)
{
	CHECK_STR(why_no_sql("COMPLETED", "Which region?", NULL),
		"Genie answered in words, without SQL: \"Which region?\"");
	CHECK_STR(why_no_sql("COMPLETED", NULL, NULL), "Genie finished without SQL and without text");
	CHECK_STR(why_no_sql("FAILED", NULL, "no table fits"),
		"Genie gave no SQL: its message ended as FAILED: no table fits");
	CHECK_STR(why_no_sql(NULL, NULL, NULL), "Genie gave no SQL");
}

static void no_answer_fails_everywhere(void)
{
	struct json *row = judge("Spend?", "SELECT SUM(eff_amt) FROM main.gold.fact_usage", NULL, NULL);
	for (size_t i = 0; i < 8; i++) {
		CHECK(row_fails(row, row_judges[i]));
		CHECK(row_asi(row, row_judges[i]) != NULL);
	}
	CHECK_STR(json_str_or(row, "outcome", ""), "fail");
	json_free(row);
}

static void the_arbiter_believes_the_question(void)
{
	struct json *row = judge("Top 5 regions by effective amount",
		"SELECT region, SUM(eff_amt) s FROM main.gold.fact_usage GROUP BY region ORDER BY s DESC LIMIT 10",
		"SELECT region, SUM(eff_amt) s FROM main.gold.fact_usage GROUP BY region ORDER BY s DESC LIMIT 5", differs);
	CHECK_STR(row_value(row, "arbiter"), "genie_correct");
	CHECK_STR(json_str_or(row, "outcome", ""), "pass");
	json_free(row);
}

static void a_value_that_no_row_has_is_not_believed(void)
{
	struct json *row = judge("Cost in region \"California\"?",
		"SELECT SUM(eff_amt) FROM main.gold.fact_usage WHERE region = 'CA'",
		"SELECT SUM(eff_amt) FROM main.gold.fact_usage WHERE region = 'California'",
		"{\"verdict\":\"pred_empty\",\"match\":false,\"profile\":\"seed\",\"outcomes\":{\"seed\":\"BAD\"}}");
	CHECK_STR(row_value(row, "arbiter"), "unknown");
	CHECK_STR(json_str_or(row, "outcome", ""), "fail");
	json_free(row);
}

static void empty_results_are_no_proof(void)
{
	struct json *row = judge("Spend in region X?", "SELECT 1 FROM main.gold.fact_usage",
		"SELECT 2 FROM main.gold.fact_usage WHERE region = 'Y'",
		"{\"verdict\":\"both_empty\",\"match\":false,\"profile\":\"seed\",\"outcomes\":{\"seed\":\"NEEDS_REVIEW\"}}");
	CHECK_STR(row_value(row, "result_correctness"), "unknown");
	CHECK(row_asi(row, "result_correctness") != NULL);
	CHECK_STR(json_str_or(row, "outcome", ""), "fail");
	json_free(row);
}

static void errors_are_blamed_on_names(void)
{
	struct json *row = judge("Spend?", "SELECT SUM(eff_amt) FROM main.gold.fact_usage",
		"SELECT SUM(amount) FROM main.gold.fact_usage",
		"{\"verdict\":\"error_pred\",\"match\":false,\"profile\":\"seed\",\"outcomes\":{\"seed\":\"BAD\"},"
		"\"error\":\"[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column with name `fact_usage`.`amount` cannot be resolved\"}");
	CHECK_STR(row_value(row, "syntax_validity"), "no");
	CHECK_STR(asi(row, "syntax_validity", "failure_type"), "wrong_column");
	CHECK_STR(json_text(json_at(json_get(row_asi(row, "syntax_validity"), "blame_set"), 0)), "amount");
	CHECK_STR(row_value(row, "arbiter"), "ground_truth_correct");
	json_free(row);
}

static void every_no_carries_a_known_failure_type(void)
{
	static const char *const sqls[] = { "", "SELECT", "SELECT * FROM x JOIN y", "WITH a AS (SELECT 1) SELECT 2",
		"SELECT region, COUNT(DISTINCT eff_amt) FROM fact_usage GROUP BY region HAVING COUNT(*) > 3 LIMIT 7" };
	for (size_t i = 0; i < countof(sqls); i++) {
		struct json *row = judge("How much?", "SELECT AVG(eff_amt) FROM fact_usage", sqls[i], differs);
		for (size_t k = 0; k < 8; k++) {
			const char *value = row_value(row, row_judges[k]);
			if (!row_fails(row, row_judges[k]) && !streq(value, "unknown"))
				continue;
			CHECK(failure_type_find(asi(row, row_judges[k], "failure_type")) != NULL);
			CHECK(severity_rank(asi(row, row_judges[k], "severity")) >= 0);
		}
		json_free(row);
	}
}

int main(void)
{
	struct err err = { 0 };
	struct json *snapshot = json_parse(space, strlen(space), &err);
	catalog = judge_catalog_new(snapshot);
	json_free(snapshot);
	RUN(an_equal_answer_passes_everywhere);
	RUN(another_column_is_named_with_its_remedy);
	RUN(a_missing_time_filter_quotes_the_span);
	RUN(the_catalogue_decides_the_kind_of_asset);
	RUN(no_answer_fails_everywhere);
	RUN(an_answer_without_sql_tells_what_happened);
	RUN(the_arbiter_believes_the_question);
	RUN(a_value_that_no_row_has_is_not_believed);
	RUN(empty_results_are_no_proof);
	RUN(errors_are_blamed_on_names);
	RUN(every_no_carries_a_known_failure_type);
	judge_catalog_free(catalog);
	return check_done();
}
