#include "evalrun.h"

#include "clock.h"
#include "dbx.h"
#include "genie.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "space.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WAIT_MS 10000

char *benchmark_text(struct arena *arena, const char *question)
{
	char *out = arena_strdup(arena, question), *to = out;
	for (const char *p = question + strspn(question, " \t\r\n"); *p;) {
		size_t gap = strspn(p, " \t\r\n");
		p += gap;
		if (gap && *p)
			*to++ = ' ';
		if (*p)
			*to++ = *p++;
	}
	*to = '\0';
	return out;
}

struct json *benchmark_ids(struct dbx *dbx, const char *space_id, struct err *err)
{
	struct space space = { .version = 0 };
	struct json *live = genie_get(dbx, space_id, true, err);
	if (!live || !space_from_json(&space, live, space_id, err)) {
		json_free(live);
		return NULL;
	}
	struct json *out = json_new_object();
	struct arena arena = { 0 };
	const struct json *questions = json_dig(space.config, "benchmarks.questions");
	for (const struct json *q = json_first(questions); q; q = json_next(q)) {
		struct str text = STR_INIT;
		space_text(json_get(q, "question"), &text);
		const char *key = benchmark_text(&arena, str_text(&text));
		if (!json_get(out, key))
			json_set_str(out, key, json_str_or(q, "id", ""));
		str_free(&text);
	}
	arena_free(&arena);
	json_free(live);
	space_free(&space);
	return out;
}

/* ---- reasons ---- */

/* text2sql-eval.md, 1.3 and 2.4. */
const char *evalrun_failure_type(const char *reason)
{
	static const struct {
		const char *reason, *type;
	} types[] = {
		{ "EMPTY_RESULT", "wrong_filter" },
		{ "RESULT_MISSING_ROWS", "wrong_filter" },
		{ "RESULT_EXTRA_ROWS", "missing_filter" },
		{ "RESULT_MISSING_COLUMNS", "wrong_column" },
		{ "RESULT_EXTRA_COLUMNS", "wrong_column" },
		{ "SINGLE_CELL_DIFFERENCE", "wrong_aggregation" },
		{ "MISSING_OR_INCORRECT_FILTER", "wrong_filter" },
		{ "INCOMPLETE_OR_PARTIAL_OUTPUT", "wrong_column" },
		{ "MISINTERPRETATION_OF_USER_REQUEST", "ambiguous_question" },
		{ "INSTRUCTION_COMPLIANCE_OR_MISSING_BUSINESS_LOGIC", "missing_instruction" },
		{ "INCORRECT_METRIC_CALCULATION", "wrong_measure" },
		{ "INCORRECT_TABLE_OR_FIELD_USAGE", "wrong_table" },
		{ "INCORRECT_FUNCTION_USAGE", "tvf_parameter_error" },
		{ "MISSING_OR_INCORRECT_JOIN", "wrong_join" },
		{ "MISSING_OR_INCORRECT_AGGREGATION", "wrong_aggregation" },
		{ "MISSING_JOIN", "wrong_join" },
		{ "WRONG_FILTER", "wrong_filter" },
		{ "WRONG_AGGREGATION", "wrong_aggregation" },
		{ "WRONG_COLUMNS", "wrong_column" },
	};
	if (starts_with(reason, "LLM_JUDGE_"))
		reason += strlen("LLM_JUDGE_");
	for (size_t i = 0; i < countof(types); i++)
		if (streq(types[i].reason, reason))
			return types[i].type;
	return "other";
}

/* ---- a run ---- */

struct running {
	struct dbx *dbx;
	const struct evalrun *run;
	char *path; /* /api/2.0/genie/spaces/S/eval-runs/E */
	char *id;
};

static char *runs_path(const char *space_id)
{
	struct str path = STR_INIT;
	str_add(&path, "/api/2.0/genie/spaces/");
	url_escape(&path, space_id);
	str_add(&path, "/eval-runs");
	return str_take(&path);
}

static bool start(struct running *r, struct err *err)
{
	char *path = runs_path(r->run->space_id);
	struct json *body = json_new_object(), *reply = NULL;
	json_set(body, "benchmark_question_ids", json_dup(r->run->ids));
	bool ok = dbx_call(r->dbx, "POST", path, body, &reply, err);
	const char *id = json_str_or(reply, "eval_run_id", NULL);
	if (ok && !id)
		ok = err_set(err, ERR_UNAVAILABLE, "POST %s: the answer has no eval_run_id", path);
	if (ok) {
		struct str whole = STR_INIT;
		r->id = xstrdup(id);
		str_addf(&whole, "%s/", path);
		url_escape(&whole, id);
		r->path = str_take(&whole);
	}
	json_free(body);
	json_free(reply);
	free(path);
	return ok;
}

static bool ended(const char *status)
{
	return streq(status, "DONE") || starts_with(status, "EVALUATION_");
}

/* A line each time that more is done. */
static void tell(const struct running *r, const struct json *now, int64_t *told)
{
	int64_t done = json_int_or(now, "num_done", 0);
	if (done != *told)
		log_info("eval run %s: %s, %ld of %ld done", r->id,
			 json_str_or(now, "eval_run_status", "?"), (long)done,
			 (long)json_int_or(now, "num_questions", 0));
	*told = done;
}

/* Until the run has ended or its time is up; a look that fails is not the end of the run. */
static bool wait(struct running *r, struct err *err)
{
	int64_t end = clock_monotonic_ms() + r->run->limit_ms;
	int64_t pause = r->run->poll_ms ? r->run->poll_ms : 1000, told = -1;
	for (;;) {
		struct json *now = NULL;
		struct err look = { 0 };
		bool seen = dbx_call(r->dbx, "GET", r->path, NULL, &now, &look);
		bool over = seen && ended(json_str_or(now, "eval_run_status", ""));
		if (seen)
			tell(r, now, &told);
		json_free(now);
		if (!seen && look.code == ERR_UNAVAILABLE) {
			*err = look;
			return false;
		}
		int64_t left = end - clock_monotonic_ms();
		if (over || left <= 0)
			return true;
		clock_sleep_ms(pause < left ? pause : left);
		pause = pause * 3 / 2 < MAX_WAIT_MS ? pause * 3 / 2 : MAX_WAIT_MS;
	}
}

/* ---- results ---- */

static void read_answer(struct json *out, const struct json *details)
{
	const char *sql = NULL, *text = NULL;
	const struct json *responses = json_get(details, "actual_response");
	for (const struct json *one = json_first(responses); one; one = json_next(one)) {
		const char *said = json_str_or(one, "response", NULL);
		if (streq(json_str_or(one, "response_type", NULL), "SQL"))
			sql = said;
		else
			text = said;
	}
	json_set_str(out, "sql", sql);
	json_set_str(out, "text", text);
}

static bool has_reason(const struct json *reasons, const char *reason)
{
	for (const struct json *one = json_first(reasons); one; one = json_next(one))
		if (streq(json_text(one), reason))
			return true;
	return false;
}

/* Why a result is no grade; NULL when it is one. */
static const char *no_grade(const char *status, const char *assessment, const struct json *reasons)
{
	if (!streq(status, "DONE"))
		return ended(status) ? "the evaluation did not succeed" :
			"the evaluation was not done in time";
	if (has_reason(reasons, "EMPTY_GOOD_SQL"))
		return "the stored expected SQL gives nothing to grade by";
	if (has_reason(reasons, "TRANSIENT_ERROR"))
		return "a passing error";
	return assessment ? NULL : "no assessment";
}

static struct json *details_of(struct running *r, const char *result_id, struct err *err)
{
	struct str path = STR_INIT;
	struct json *details = NULL;
	str_addf(&path, "%s/results/", r->path);
	url_escape(&path, result_id);
	bool ok = dbx_call(r->dbx, "GET", str_text(&path), NULL, &details, err);
	str_free(&path);
	return ok ? details : NULL;
}

static struct json *grade_of(struct running *r, const struct json *result)
{
	struct err err = { 0 };
	const char *id = json_str_or(result, "result_id", "");
	const char *status = json_str_or(result, "status", "");
	struct json *details = streq(status, "DONE") ? details_of(r, id, &err) : NULL;
	const struct json *reasons = json_get(details, "assessment_reasons");
	const char *assessment = json_str_or(details, "assessment", NULL);
	struct json *out = json_new_object();
	json_set_str(out, "benchmark_question_id",
		     json_str_or(result, "benchmark_question_id", ""));
	struct json *native = json_set(out, "native", json_new_object());
	json_set_str(native, "assessment", assessment);
	json_set(native, "reasons", reasons ? json_dup(reasons) : json_new_array());
	json_set_str(native, "eval_run_id", r->id);
	json_set_str(native, "result_id", id);
	json_set_str(native, "status", status);
	read_answer(out, details);
	json_set_str(out, "fault", err.code ? err.text : no_grade(status, assessment, reasons));
	json_free(details);
	return out;
}

struct json *evalrun_grade(struct dbx *dbx, const struct evalrun *run, struct err *err)
{
	struct running r = { .dbx = dbx, .run = run };
	struct json *results = NULL, *out = NULL;
	if (start(&r, err) && wait(&r, err)) {
		char *path = xasprintf("%s/results?page_size=100", r.path);
		results = dbx_list(dbx, path, "eval_results", err);
		free(path);
	}
	if (results)
		out = json_new_array();
	for (const struct json *one = json_first(results); one; one = json_next(one))
		json_push(out, grade_of(&r, one));
	json_free(results);
	free(r.path);
	free(r.id);
	return out;
}
