#include "evalrun.h"

#include "dbx.h"
#include "json.h"
#include "mem.h"
#include "rows.h"

#include "check.h"
#include "peer.h"

static struct dbx *dbx_to(const struct peer *peer)
{
	struct dbx_options o = { .env = { [DBX_HOST] = peer->url, [DBX_TOKEN] = "dapi-hush" },
		.http = { .backoff_ms = 2, .budget_ms = 3000, .connect_tries = 1 } };
	struct err err = { 0 };
	return dbx_open(&o, &err);
}

#define RESULT(n, status) \
	"{\"result_id\":\"r" n "\",\"benchmark_question_id\":\"b" n "\",\"status\":\"" status "\"}"

/* A run with every way to end, over two pages; the first look fails. */
static const char *grading(int n, const char *request)
{
	(void)n;
	if (strstr(request, "POST /api/2.0/genie/spaces/s%201/eval-runs "))
		return PEER_JSON "{\"eval_run_id\":\"e1\",\"eval_run_status\":\"NOT_STARTED\"}";
	if (strstr(request, "/eval-runs/e1/results?page_size=100&page_token=p2"))
		return PEER_JSON "{\"eval_results\":[" RESULT("4", "EVALUATION_TIMEOUT") ","
			RESULT("5", "RUNNING") "," RESULT("6", "DONE") "]}";
	if (strstr(request, "/eval-runs/e1/results?page_size=100"))
		return PEER_JSON "{\"eval_results\":[" RESULT("1", "DONE") ","
			RESULT("2", "DONE") "," RESULT("3", "EVALUATION_FAILED") "],"
			"\"next_page_token\":\"p2\"}";
	if (strstr(request, "/results/r1 "))
		return PEER_JSON "{\"assessment\":\"BAD\","
			"\"assessment_reasons\":[\"LLM_JUDGE_OTHER\",\"A_NEW_ONE\"],"
			"\"actual_response\":[{\"response_type\":\"TEXT\",\"response\":\"so\"},"
			"{\"response_type\":\"SQL\",\"response\":\"SELECT 1\"}]}";
	if (strstr(request, "/results/r2 "))
		return PEER_JSON "{\"assessment\":\"BAD\","
			"\"assessment_reasons\":[\"TRANSIENT_ERROR\"]}";
	if (strstr(request, "/results/r6 "))
		return PEER_STATUS("404", "", "{}");
	if (n == 1)
		return PEER_STATUS("503", "Retry-After: 0\r\n", "{}");
	return PEER_JSON "{\"eval_run_status\":\"DONE\",\"num_done\":6}";
}

static void only_what_was_graded_is_a_grade(void)
{
	struct json *ids = json_new_array();
	struct evalrun run = { .space_id = "s 1", .ids = ids, .limit_ms = 5000, .poll_ms = 1 };
	struct err err = { 0 };
	struct peer peer;
	json_push_str(ids, "b1");
	peer_start(&peer, grading);
	struct dbx *dbx = dbx_to(&peer);
	struct json *grades = evalrun_grade(dbx, &run, &err);
	CHECK_INT(json_len(grades), 6);
	const struct json *first = json_at(grades, 0);
	CHECK_STR(json_str_or(json_get(first, "native"), "assessment", ""), "BAD");
	CHECK_INT(json_len(json_dig(first, "native.reasons")), 2);
	CHECK_STR(json_str_or(first, "sql", ""), "SELECT 1");
	CHECK_STR(json_str_or(first, "text", ""), "so");
	CHECK(json_is(json_get(first, "fault"), JSON_NULL));
	for (size_t i = 1; i < 6; i++)
		CHECK(json_text(json_get(json_at(grades, i), "fault")) != NULL);
	CHECK(strstr(peer_seen(&peer), "{\"benchmark_question_ids\":[\"b1\"]}") != NULL);
	json_free(grades);
	json_free(ids);
	dbx_free(dbx);
	peer_stop(&peer);
}

static const char *endless(int n, const char *request)
{
	(void)n;
	if (strstr(request, "/results"))
		return PEER_JSON "{\"eval_results\":[" RESULT("1", "NOT_STARTED") "]}";
	return PEER_JSON "{\"eval_run_id\":\"e1\",\"eval_run_status\":\"A_NEW_STATUS\"}";
}

static void waiting_has_an_end(void)
{
	struct json *ids = json_new_array();
	struct evalrun run = { .space_id = "s", .ids = ids, .limit_ms = 50, .poll_ms = 1 };
	struct err err = { 0 };
	struct peer peer;
	peer_start(&peer, endless);
	struct dbx *dbx = dbx_to(&peer);
	struct json *grades = evalrun_grade(dbx, &run, &err);
	CHECK(strstr(json_str_or(json_at(grades, 0), "fault", ""), "in time") != NULL);
	json_free(grades);
	json_free(ids);
	dbx_free(dbx);
	peer_stop(&peer);
}

/* All reasons of the SDK, current and deprecated, and one of tomorrow. */
static void every_reason_has_a_failure_type(void)
{
	static const char *const reasons[] = {
		"EMPTY_RESULT", "RESULT_MISSING_ROWS", "RESULT_EXTRA_ROWS",
		"RESULT_MISSING_COLUMNS", "RESULT_EXTRA_COLUMNS", "SINGLE_CELL_DIFFERENCE",
		"EMPTY_GOOD_SQL", "COLUMN_TYPE_DIFFERENCE", "TRANSIENT_ERROR",
		"LLM_JUDGE_MISSING_OR_INCORRECT_FILTER", "LLM_JUDGE_FORMATTING_ERROR",
		"LLM_JUDGE_OTHER", "SYNTAX_ERROR", "SEMANTIC_ERROR", "", "TOMORROW",
	};
	for (size_t i = 0; i < countof(reasons); i++)
		CHECK(failure_type_find(evalrun_failure_type(reasons[i])) != NULL);
	CHECK_STR(evalrun_failure_type("LLM_JUDGE_MISSING_OR_INCORRECT_JOIN"), "wrong_join");
	CHECK_STR(evalrun_failure_type("MISSING_JOIN"), "wrong_join");
	CHECK_STR(evalrun_failure_type("LLM_JUDGE_INCORRECT_METRIC_CALCULATION"), "wrong_measure");
	CHECK_STR(evalrun_failure_type("RESULT_EXTRA_ROWS"), "missing_filter");
}

static void texts_differ_in_more_than_white_space(void)
{
	struct arena arena = { 0 };
	CHECK_STR(benchmark_text(&arena, "  How\n many \t x? \n"), "How many x?");
	CHECK_STR(benchmark_text(&arena, ""), "");
	arena_free(&arena);
}

int main(void)
{
	RUN(only_what_was_graded_is_a_grade);
	RUN(waiting_has_an_end);
	RUN(every_reason_has_a_failure_type);
	RUN(texts_differ_in_more_than_white_space);
	return check_done();
}
