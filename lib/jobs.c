#include "jobs.h"

#include "clock.h"
#include "dbx.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

#define API "/api/2.2/jobs"
#define FIRST_MS 500
#define LAST_MS 10000
#define LIMIT_MS (INT64_C(24) * 3600 * 1000)
#define START_TRIES 3
#define MAX_PAGES 100

/* ---- reading ---- */
/* An id comes as a number; its text is taken, no double in between. */
static char *id_text(const struct json *object, const char *key)
{
	const struct json *node = json_get(object, key);
	const char *text = json_number_text(node);
	if (!text)
		text = json_text(node);
	return xstrdup(text ? text : "");
}

static char *text_of(const struct json *object, const char *key)
{
	return xstrdup(json_str_or(object, key, ""));
}

static bool one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (streq(text, *words))
			return true;
	return false;
}

static void state_free(struct jobs_state *state)
{
	free(state->life_cycle);
	free(state->result);
	free(state->message);
	memset(state, 0, sizeof *state);
}

/* `status` is the newer form; `state` is there as well, and alone on older services. */
static void read_state(struct jobs_state *out, const struct json *holder)
{
	static const char *const ends[] = { "TERMINATED", "SKIPPED", "INTERNAL_ERROR", NULL };
	static const char *const good[] = { "SUCCESS", "SUCCESS_WITH_FAILURES", NULL };
	const struct json *state = json_get(holder, "state"), *status = json_get(holder, "status");
	const struct json *end = json_get(status, "termination_details");
	const char *life = json_str_or(status, "state", json_str_or(state, "life_cycle_state", ""));
	const char *result = json_str_or(end, "code", json_str_or(state, "result_state", ""));
	const char *message = json_str_or(end, "message", "");
	state_free(out);
	out->life_cycle = xstrdup(life);
	out->result = xstrdup(result);
	out->message = xstrdup(*message ? message : json_str_or(state, "state_message", ""));
	out->ended = one_of(life, ends);
	out->ok = out->ended && one_of(result, good);
}

void jobs_run_free(struct jobs_run *run)
{
	for (size_t i = 0; i < run->ntasks; i++) {
		free(run->tasks[i].key);
		free(run->tasks[i].run_id);
		free(run->tasks[i].url);
		state_free(&run->tasks[i].state);
	}
	free(run->tasks);
	free(run->run_id);
	free(run->job_id);
	free(run->url);
	state_free(&run->state);
	memset(run, 0, sizeof *run);
}

bool jobs_run_read(struct jobs_run *run, const struct json *reply, struct err *err)
{
	char *run_id = id_text(reply, "run_id");
	if (!*run_id || (!json_get(reply, "state") && !json_get(reply, "status"))) {
		free(run_id);
		return err_set(err, ERR_UNAVAILABLE, "the answer is no run: it has no run_id or no "
			"state");
	}
	free(run->run_id);
	free(run->job_id);
	free(run->url);
	run->run_id = run_id;
	run->job_id = id_text(reply, "job_id");
	run->url = text_of(reply, "run_page_url");
	read_state(&run->state, reply);
	for (const struct json *t = json_first(json_get(reply, "tasks")); t; t = json_next(t)) {
		GROW(run->tasks, run->cap, run->ntasks + 1);
		struct jobs_task *task = &run->tasks[run->ntasks++];
		*task = (struct jobs_task){ text_of(t, "task_key"), id_text(t, "run_id"),
			text_of(t, "run_page_url"), { 0 } };
		read_state(&task->state, t);
	}
	return true;
}

char *jobs_state_text(const struct jobs_state *state)
{
	const char *life = state->life_cycle ? state->life_cycle : "";
	const char *result = state->result ? state->result : "";
	return *result ? xasprintf("%s %s", life, result) : xstrdup(life);
}

bool jobs_task_failed(const struct jobs_task *task)
{
	static const char *const left_out[] = { "UPSTREAM_FAILED", "UPSTREAM_CANCELED", "EXCLUDED",
		"DISABLED", "SKIPPED", NULL };
	return task->state.ended && !task->state.ok && !one_of(task->state.result, left_out) &&
		!streq(task->state.life_cycle, "SKIPPED");
}

/* ---- calls ---- */
static bool start(struct dbx *dbx, const struct json *body, char **run_id, struct err *err)
{
	struct json *reply = NULL;
	if (!dbx_call(dbx, "POST", API "/run-now", body, &reply, err))
		return false;
	*run_id = id_text(reply, "run_id");
	json_free(reply);
	if (**run_id)
		return true;
	free(*run_id);
	*run_id = NULL;
	return err_set(err, ERR_UNAVAILABLE, "the answer to run-now has no run_id");
}

char *jobs_run_now(struct dbx *dbx, const char *job_id, const char *token, struct err *err)
{
	struct err why = { 0 };
	char *run_id = NULL;
	if (!*job_id || job_id[strspn(job_id, "0123456789")])
		return err_set(err, ERR_DATA, "'%s' is no id of a job", job_id), NULL;
	struct json *body = json_new_object();
	json_set(body, "job_id", json_new_number_text(job_id));
	json_set_str(body, "idempotency_token", token);
	for (int i = 0; i < START_TRIES && !run_id; i++) {
		why = (struct err){ 0 };
		if (!start(dbx, body, &run_id, &why) && why.code != ERR_TEMP)
			break;
		if (!run_id)
			log_info("starting job %s: %s", job_id, why.text);
	}
	json_free(body);
	if (!run_id)
		err_set(err, why.code, "starting job %s: %s", job_id, why.text);
	return run_id;
}

static char *with_id(const char *path, const char *run_id, const char *page)
{
	struct str out = STR_INIT;
	str_addf(&out, API "%s?run_id=", path);
	url_escape(&out, run_id);
	if (*page) {
		str_add(&out, "&page_token=");
		url_escape(&out, page);
	}
	return str_take(&out);
}

bool jobs_get_run(struct dbx *dbx, const char *run_id, struct jobs_run *run, struct err *err)
{
	char *page = xstrdup("");
	bool ok = true;
	jobs_run_free(run);
	for (int pages = 0; ok && page && pages < MAX_PAGES; pages++) {
		char *path = with_id("/runs/get", run_id, page);
		struct json *reply = NULL;
		free(page);
		page = NULL;
		ok = dbx_call(dbx, "GET", path, NULL, &reply, err) &&
			jobs_run_read(run, reply, err);
		if (ok && *json_str_or(reply, "next_page_token", ""))
			page = text_of(reply, "next_page_token");
		json_free(reply);
		free(path);
	}
	free(page);
	return ok || err_wrap(err, "run %s", run_id);
}

bool jobs_wait_for(struct dbx *dbx, const char *run_id, const struct jobs_wait *wait,
	struct jobs_run *run, struct err *err)
{
	int64_t pause = wait->first_ms ? wait->first_ms : FIRST_MS;
	int64_t last = wait->last_ms ? wait->last_ms : LAST_MS;
	int64_t limit = wait->limit_ms ? wait->limit_ms : LIMIT_MS;
	int64_t deadline = clock_monotonic_ms() + limit;
	char *before = xstrdup("");
	bool ok;
	while ((ok = jobs_get_run(dbx, run_id, run, err))) {
		char *now = jobs_state_text(&run->state);
		bool news = !streq(now, before);
		free(before);
		before = now;
		if (news && wait->watch && !(ok = wait->watch(wait->ctx, run, err)))
			break;
		if (run->state.ended)
			break;
		if (clock_monotonic_ms() + pause > deadline) {
			ok = err_set(err, ERR_TEMP, "run %s is still %s after %lld s", run_id, now,
				(long long)(limit / 1000));
			break;
		}
		clock_sleep_ms(pause);
		pause = pause * 3 / 2 + 1 > last ? last : pause * 3 / 2 + 1;
	}
	free(before);
	return ok;
}

/* ---- output ---- */
void jobs_output_read(struct jobs_output *output, const struct json *reply)
{
	output->error = text_of(reply, "error");
	output->trace = text_of(reply, "error_trace");
	output->result = text_of(json_get(reply, "notebook_output"), "result");
	output->logs = text_of(reply, "logs");
}

void jobs_output_free(struct jobs_output *output)
{
	free(output->error);
	free(output->trace);
	free(output->result);
	free(output->logs);
	*output = (struct jobs_output){ 0 };
}

bool jobs_get_output(struct dbx *dbx, const char *task_run_id, struct jobs_output *output,
	struct err *err)
{
	char *path = with_id("/runs/get-output", task_run_id, "");
	struct json *reply = NULL;
	bool ok = dbx_call(dbx, "GET", path, NULL, &reply, err);
	if (ok)
		jobs_output_read(output, reply);
	json_free(reply);
	free(path);
	return ok || err_wrap(err, "output of run %s", task_run_id);
}
