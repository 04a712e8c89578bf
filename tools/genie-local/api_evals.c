/* Routes of eval-runs: the benchmark questions of a space, asked of the local Genie and
 * judged by what Databricks' own benchmark looks at (compare.h, profile genie-native).
 *
 * One question is worked off per latency of the workspace, when somebody looks; the run
 * goes on with the configuration it began with. The planner gets the question alone.
 */
#include "server.h"

#include "chats.h"
#include "clock.h"
#include "compare.h"
#include "json.h"
#include "space.h"
#include "statements.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 100
#define MAX_RUNS 50

struct eval_result {
	char id[SERVER_ID_SIZE];
	char *benchmark_id, *question, *gold;
	struct chat *chat;                      /* NULL: not asked yet */
	char gold_statement[SERVER_UUID_SIZE];
	const char *assessment, *reason;        /* reason NULL: none */
};

struct eval_run {
	char id[SERVER_ID_SIZE];
	char *space_id;
	struct json *config;
	struct eval_result *results;
	size_t n, cap, done;
	int64_t made_ms, updated_ms; /* wall clock */
	int64_t began_ms;            /* monotonic */
	struct eval_run *next;
};

static void run_free(struct eval_run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		free(run->results[i].benchmark_id);
		free(run->results[i].question);
		free(run->results[i].gold);
		if (run->results[i].chat)
			chat_free(run->results[i].chat);
	}
	free(run->results);
	free(run->space_id);
	json_free(run->config);
	free(run);
}

void evals_free(struct server *server)
{
	while (server->eval_runs) {
		struct eval_run *run = server->eval_runs;
		server->eval_runs = run->next;
		run_free(run);
	}
}

/* ---- working off ---------------------------------------------------------------- */

static const char *reason_of(const struct compare_result *result, const struct compare_side *gold)
{
	switch (result->verdict) {
	case COMPARE_GOLD_EMPTY: return "EMPTY_GOOD_SQL";
	case COMPARE_PRED_EMPTY: return "EMPTY_RESULT";
	case COMPARE_MISSING_ROWS: return "RESULT_MISSING_ROWS";
	case COMPARE_EXTRA_ROWS: return "RESULT_EXTRA_ROWS";
	case COMPARE_SUBSET: return "RESULT_MISSING_COLUMNS";
	case COMPARE_SUPERSET: return "RESULT_EXTRA_COLUMNS";
	case COMPARE_TYPE_ONLY: return "COLUMN_TYPE_DIFFERENCE";
	case COMPARE_MISMATCH:
		return gold->table && result->gold_rows == 1 && result->pred_rows == 1 &&
			gold->table->ncolumns == 1 ? "SINGLE_CELL_DIFFERENCE" : "LLM_JUDGE_OTHER";
	default: return "LLM_JUDGE_OTHER";
	}
}

static struct compare_side side_of(const struct statement *statement)
{
	struct compare_side side = { NULL, NULL };
	if (statement && statement->state == STATEMENT_SUCCEEDED)
		side.table = &statement->outcome.table;
	else
		side.error = statement && *statement->outcome.error.message ?
			statement->outcome.error.message : "no query was made";
	return side;
}

static void judge(struct server *server, struct eval_result *result)
{
	const struct compare_context context = { .gold_ordered = false };
	struct statement *gold = statements_find(server, result->gold_statement);
	struct statement *pred = statements_find(server, result->chat->messages[0].statement_id);
	struct compare_side gold_side = side_of(gold), pred_side = side_of(pred);
	struct compare_result compared;
	compare_tables(&gold_side, &pred_side, &context, &compared);
	switch (compared.outcome[COMPARE_NATIVE]) {
	case COMPARE_GOOD: result->assessment = "GOOD"; break;
	case COMPARE_BAD: result->assessment = "BAD"; break;
	default: result->assessment = "NEEDS_REVIEW"; break;
	}
	if (!streq(result->assessment, "GOOD"))
		result->reason = reason_of(&compared, &gold_side);
	compare_free(&compared);
}

static void work_off(struct server *server, struct eval_run *run, struct eval_result *result)
{
	struct statement_request request = { .engine = { .sql = result->gold,
		.row_limit = CHATS_ROW_LIMIT, .read_only = true } };
	struct statement *gold = statements_add(server, &request);
	memcpy(result->gold_statement, gold->id, sizeof(result->gold_statement));
	result->chat = chat_new(server, run->space_id, result->question);
	chats_ask(server, result->chat, run->config, result->question);
	judge(server, result);
	run->updated_ms = clock_now_ms();
}

static void advance(struct server *server, struct eval_run *run)
{
	int64_t latency = server->config.latency_ms;
	while (run->done < run->n) {
		int64_t due = run->began_ms + (int64_t)(run->done + 1) * latency;
		if (clock_monotonic_ms() < due)
			return;
		work_off(server, run, &run->results[run->done++]);
	}
}

/* ---- as JSON ----------------------------------------------------------------------- */

static size_t count(const struct eval_run *run, const char *assessment)
{
	size_t n = 0;
	for (size_t i = 0; i < run->done; i++)
		n += streq(run->results[i].assessment, assessment);
	return n;
}

static struct json *run_json(const struct eval_run *run)
{
	struct json *node = json_new_object();
	json_set_str(node, "eval_run_id", run->id);
	json_set_str(node, "eval_run_status", run->done == run->n ? "DONE" :
		run->done ? "RUNNING" : "NOT_STARTED");
	json_set_int(node, "num_questions", (int64_t)run->n);
	json_set_int(node, "num_done", (int64_t)run->done);
	json_set_int(node, "num_correct", (int64_t)count(run, "GOOD"));
	json_set_int(node, "num_needs_review", (int64_t)count(run, "NEEDS_REVIEW"));
	json_set_int(node, "run_by_user", SERVER_USER_ID);
	json_set_int(node, "created_timestamp", run->made_ms);
	json_set_int(node, "last_updated_timestamp", run->updated_ms);
	return node;
}

static const char *result_status(const struct eval_result *result)
{
	return result->chat ? "DONE" : "NOT_STARTED";
}

static struct json *result_json(const struct eval_run *run, const struct eval_result *result)
{
	struct json *node = json_new_object();
	json_set_str(node, "result_id", result->id);
	json_set_str(node, "space_id", run->space_id);
	json_set_str(node, "benchmark_question_id", result->benchmark_id);
	json_set_str(node, "question", result->question);
	json_set_str(node, "benchmark_answer", result->gold);
	json_set_str(node, "status", result_status(result));
	json_set_int(node, "created_by_user", SERVER_USER_ID);
	return node;
}

static void add_response(struct server *server, struct json *array, const char *sql,
	const char *text, const char *statement_id)
{
	struct statement *statement = statements_find(server, statement_id);
	struct json *response = json_push(array, json_new_object());
	json_set_str(response, "response_type", sql ? "SQL" : "TEXT");
	json_set_str(response, "response", sql ? sql : text ? text : "");
	if (sql && statement)
		json_set(response, "sql_execution_result", statement_json(server, statement));
}

static struct json *details_json(struct server *server, const struct eval_run *run,
	const struct eval_result *result)
{
	struct json *node = json_new_object(), *actual, *reasons;
	json_set_str(node, "result_id", result->id);
	json_set_str(node, "space_id", run->space_id);
	json_set_str(node, "benchmark_question_id", result->benchmark_id);
	json_set_str(node, "eval_run_status", result_status(result));
	if (!result->chat)
		return node;
	json_set_str(node, "assessment", result->assessment);
	reasons = json_set(node, "assessment_reasons", json_new_array());
	if (result->reason)
		json_push_str(reasons, result->reason);
	json_set_bool(node, "manual_assessment", false);
	actual = json_set(node, "actual_response", json_new_array());
	add_response(server, actual, result->chat->messages[0].sql, result->chat->messages[0].text,
		result->chat->messages[0].statement_id);
	add_response(server, json_set(node, "expected_response", json_new_array()), result->gold, NULL,
		result->gold_statement);
	return node;
}

/* ---- routes --------------------------------------------------------------------------- */

static bool wanted(const struct json *ids, const char *id)
{
	if (!json_is(ids, JSON_ARRAY))
		return true;
	for (const struct json *c = json_first(ids); c; c = json_next(c))
		if (streq(json_text(c), id))
			return true;
	return false;
}

static char *text_of(const struct json *lines)
{
	struct str text = STR_INIT;
	space_text(lines, &text);
	str_add(&text, "");
	return str_take(&text);
}

static void add_questions(struct server *server, struct eval_run *run, const struct json *ids)
{
	const struct json *questions = json_dig(run->config, "benchmarks.questions");
	for (const struct json *c = json_first(questions); c; c = json_next(c)) {
		const struct json *answer = json_first(json_get(c, "answer"));
		struct eval_result *result;
		if (!answer || !wanted(ids, json_str_or(c, "id", NULL)))
			continue;
		GROW(run->results, run->cap, run->n + 1);
		result = &run->results[run->n++];
		*result = (struct eval_result){ .reason = NULL };
		server_new_id(server, result->id);
		result->benchmark_id = xstrdup(json_str_or(c, "id", ""));
		result->question = text_of(json_get(c, "question"));
		result->gold = text_of(json_get(answer, "content"));
	}
}

static void forget_old_runs(struct server *server)
{
	size_t n = 0;
	for (struct eval_run **at = &server->eval_runs; *at; n++) {
		struct eval_run *run = *at;
		if (n < MAX_RUNS) {
			at = &run->next;
			continue;
		}
		*at = run->next;
		run_free(run);
	}
}

void api_evals_create(struct call *call)
{
	struct server *server = call->server;
	struct eval_run *run;
	struct json *config;
	if (!call_body(call))
		return;
	config = spaces_config(call, call->args[0]);
	if (!config)
		return;
	run = xcalloc(1, sizeof(*run));
	server_new_id(server, run->id);
	run->space_id = xstrdup(call->args[0]);
	run->config = config;
	run->made_ms = run->updated_ms = clock_now_ms();
	run->began_ms = clock_monotonic_ms();
	add_questions(server, run, json_get(call->body, "benchmark_question_ids"));
	if (!run->n) {
		run_free(run);
		call_bad(call, "The space has no benchmark questions of these ids.");
		return;
	}
	run->next = server->eval_runs;
	server->eval_runs = run;
	forget_old_runs(server);
	call_reply(call, run_json(run));
}

static struct eval_run *need_run(struct call *call)
{
	for (struct eval_run *r = call->server->eval_runs; r; r = r->next)
		if (streq(r->id, call->args[1]) && streq(r->space_id, call->args[0])) {
			advance(call->server, r);
			return r;
		}
	call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Eval run %s does not exist.",
		call->args[1]);
	return NULL;
}

void api_evals_get(struct call *call)
{
	struct eval_run *run = need_run(call);
	if (run)
		call_reply(call, run_json(run));
}

void api_evals_list(struct call *call)
{
	struct json *all = json_new_array();
	for (struct eval_run *r = call->server->eval_runs; r; r = r->next)
		if (streq(r->space_id, call->args[0]))
			json_push(all, run_json(r));
	call_page(call, "eval_runs", all, "page_size", PAGE_SIZE);
}

void api_evals_results(struct call *call)
{
	struct eval_run *run = need_run(call);
	struct json *all;
	if (!run)
		return;
	all = json_new_array();
	for (size_t i = 0; i < run->n; i++)
		json_push(all, result_json(run, &run->results[i]));
	call_page(call, "eval_results", all, "page_size", PAGE_SIZE);
}

void api_evals_details(struct call *call)
{
	struct eval_run *run = need_run(call);
	for (size_t i = 0; run && i < run->n; i++)
		if (streq(run->results[i].id, call->args[2])) {
			call_reply(call, details_json(call->server, run, &run->results[i]));
			return;
		}
	if (run)
		call_error(call, 404, "RESOURCE_DOES_NOT_EXIST", "Eval result %s does not exist.",
			call->args[2]);
}
