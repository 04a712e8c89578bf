/* The life of a run: see jobs.h. The document's "__step" says where it is. */
#include "jobs.h"

#include "clock.h"
#include "json.h"
#include "server.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define TASK_FAILED "Workload failed, see run output for details"

/* ---- states ------------------------------------------------------------------------- */

struct end {
	const char *life, *result, *code, *type;
};
static const struct end success = { "TERMINATED", "SUCCESS", "SUCCESS", "SUCCESS" };
static const struct end failed = { "TERMINATED", "FAILED", "RUN_EXECUTION_ERROR",
	"CLIENT_ERROR" };
/* A run of which a task failed: the tasks are TERMINATED, the run itself is not. */
static const struct end task_failed = { "INTERNAL_ERROR", "FAILED", "RUN_EXECUTION_ERROR",
	"CLIENT_ERROR" };
static const struct end upstream_failed = { "TERMINATED", "UPSTREAM_FAILED",
	"RUN_EXECUTION_ERROR", "CLIENT_ERROR" };
static const struct end cancelled = { "TERMINATED", "CANCELED", "USER_CANCELED", "SUCCESS" };
static const struct end skipped = { "SKIPPED", "MAXIMUM_CONCURRENT_RUNS_REACHED",
	"MAX_CONCURRENT_RUNS_EXCEEDED", "CLIENT_ERROR" };

/* Both forms of a state that is not the last: `state` is the older one. */
static void set_state(struct json *node, const char *life)
{
	struct json *state = json_set(node, "state", json_new_object());
	struct json *status = json_set(node, "status", json_new_object());
	json_set_str(state, "life_cycle_state", life);
	json_set_str(state, "state_message", "");
	json_set_bool(state, "user_cancelled_or_timedout", false);
	json_set_str(status, "state", life);
}

static void set_end(struct json *node, const struct end *end, const char *message)
{
	struct json *state, *details;
	set_state(node, end->life);
	state = json_get(node, "state");
	json_set_str(state, "result_state", end->result);
	json_set_str(state, "state_message", message);
	json_set_bool(state, "user_cancelled_or_timedout", end == &cancelled);
	json_set_str(json_get(node, "status"), "state", "TERMINATED");
	details = json_set(json_get(node, "status"), "termination_details", json_new_object());
	json_set_str(details, "code", end->code);
	json_set_str(details, "type", end->type);
	json_set_str(details, "message", message);
	json_set_int(node, "end_time", clock_now_ms());
	json_set_int(node, "execution_duration",
		clock_now_ms() - json_int_or(node, "start_time", clock_now_ms()));
}

static const char *step_of(const struct json *run)
{
	return json_str_or(run, "__step", "DONE");
}

bool run_active(const struct json *run)
{
	return !streq(step_of(run), "DONE");
}

static bool succeeded(const struct json *task)
{
	return streq(json_str_or(json_get(task, "state"), "result_state", ""), "SUCCESS");
}

static bool ended(const struct json *task)
{
	return json_dig(task, "state.result_state") != NULL;
}

static void set_step(struct json *run, const char *step)
{
	bool last = streq(step, "DONE");
	json_set_str(run, "__step", step);
	if (last)
		return;
	set_state(run, step);
	for (struct json *task = json_first(json_get(run, "tasks")); task; task = json_next(task))
		if (!ended(task))
			set_state(task, !streq(step, "RUNNING") || !json_len(json_get(task,
				"depends_on")) ? step : "BLOCKED");
}

struct json *run_shown(const struct json *run)
{
	struct json *shown = json_dup(run), *next;
	for (struct json *child = json_first(shown); child; child = next) {
		next = json_next(child);
		if (starts_with(json_key(child), "__"))
			json_remove(shown, json_key(child));
	}
	for (struct json *task = json_first(json_get(shown, "tasks")); task; task = json_next(task))
		json_remove(task, "__output");
	return shown;
}

/* ---- starting ------------------------------------------------------------------------ */

static void set_page(struct server *server, struct json *node, int64_t job, int64_t run)
{
	char *url = xasprintf("%s/?o=" SERVER_ORG_ID "#job/%lld/run/%lld", server->base_url ?
		server->base_url : "", (long long)job, (long long)run);
	json_set_str(node, "run_page_url", url);
	free(url);
}

static bool add_task(struct server *server, struct json *run, const struct json *settings,
	struct err *err)
{
	struct json *task;
	int64_t id;
	if (!run_new_id(server, json_int_or(run, "run_id", 0), &id, err))
		return false;
	task = json_push(json_get(run, "tasks"), json_dup(settings));
	json_set_int(task, "run_id", id);
	json_set_int(task, "attempt_number", 0);
	json_set_int(task, "start_time", json_int_or(run, "start_time", 0));
	set_page(server, task, json_int_or(run, "job_id", 0), id);
	return true;
}

/* Each parameter with its default and the value of this run. */
static void set_parameters(struct json *run, const struct json *settings,
	const struct json *values)
{
	const struct json *parameter = json_first(json_get(settings, "parameters"));
	struct json *list;
	if (!parameter)
		return;
	list = json_set(run, "job_parameters", json_new_array());
	for (; parameter; parameter = json_next(parameter)) {
		struct json *item = json_push(list, json_new_object());
		const char *name = json_str_or(parameter, "name", "");
		const char *value = json_str_or(values, name, NULL);
		json_set_str(item, "name", name);
		json_set_str(item, "default", json_str_or(parameter, "default", ""));
		if (value)
			json_set_str(item, "value", value);
	}
}

static struct json *new_run(struct server *server, const struct json *job, int64_t number,
	struct err *err)
{
	const struct json *settings = json_get(job, "settings");
	struct json *run = json_new_object();
	int64_t id = 0;
	bool ok = run_new_id(server, 0, &id, err);
	json_set_int(run, "job_id", json_int_or(job, "job_id", 0));
	json_set_int(run, "run_id", id);
	json_set_int(run, "original_attempt_run_id", id);
	json_set_int(run, "number_in_job", number);
	json_set_str(run, "run_name", json_str_or(settings, "name", "Untitled"));
	json_set_str(run, "run_type", "JOB_RUN");
	json_set_str(run, "trigger", "ONE_TIME");
	json_set_str(run, "format", "MULTI_TASK");
	json_set_str(run, "creator_user_name", SERVER_USER);
	json_set_int(run, "start_time", clock_now_ms());
	set_page(server, run, json_int_or(job, "job_id", 0), id);
	json_set(run, "tasks", json_new_array());
	for (const struct json *task = json_first(json_get(settings, "tasks")); ok && task;
		task = json_next(task))
		ok = add_task(server, run, task, err);
	if (ok)
		return run;
	json_free(run);
	return NULL;
}

static void end_run(struct json *run, const struct end *end, const char *message)
{
	for (struct json *task = json_first(json_get(run, "tasks")); task; task = json_next(task))
		if (!ended(task))
			set_end(task, end, message);
	set_end(run, end, message);
	set_step(run, "DONE");
}

struct json *run_start(struct server *server, const struct run_start *start, struct err *err)
{
	const struct json *settings = json_get(start->job, "settings");
	int64_t ever, active;
	struct json *run;
	if (!runs_count(server, json_int_or(start->job, "job_id", 0), &ever, &active, err))
		return NULL;
	run = new_run(server, start->job, ever + 1, err);
	if (!run)
		return NULL;
	set_parameters(run, settings, start->values);
	if (active < json_int_or(settings, "max_concurrent_runs", 1))
		set_step(run, "PENDING");
	else if (start->queue)
		set_step(run, "QUEUED");
	else
		end_run(run, &skipped, "The maximum number of concurrent runs of this job is "
			"reached.");
	json_set_int(run, "__max", json_int_or(settings, "max_concurrent_runs", 1));
	if (run_save(server, run, start->token, err))
		return run;
	json_free(run);
	return NULL;
}

/* ---- running ------------------------------------------------------------------------- */

/* The task with this key; NULL: none. */
static struct json *find_task(const struct json *run, const char *key)
{
	struct json *task = json_first(json_get(run, "tasks"));
	while (task && !streq(json_str_or(task, "task_key", ""), key))
		task = json_next(task);
	return task;
}

enum turn { TURN_NOW, TURN_LATER, TURN_NEVER };

/* Did what it depends on end, and well? What is not in the run counts as done. */
static enum turn turn_of(const struct json *run, const struct json *task)
{
	const struct json *item = json_first(json_get(task, "depends_on"));
	enum turn turn = TURN_NOW;
	for (; item; item = json_next(item)) {
		const struct json *other = find_task(run, json_str_or(item, "task_key", ""));
		if (other && !ended(other))
			turn = TURN_LATER;
		else if (other && !succeeded(other))
			return TURN_NEVER;
	}
	return turn;
}

static void note_output(struct json *task, const struct task_result *result)
{
	struct json *output = json_set(task, "__output", json_new_object());
	if (result->error)
		json_set_str(output, "error", result->error);
	if (result->trace)
		json_set_str(output, "error_trace", result->trace);
	json_set_str(output, "logs", result->logs ? result->logs : "");
	json_set_bool(output, "logs_truncated", false);
}

static void run_task(struct server *server, const struct json *run, struct json *task)
{
	struct task_result result = { NULL, NULL, NULL };
	bool ok = task_run(server, run, task, &result);
	note_output(task, &result);
	set_end(task, ok ? &success : &failed, ok ? "" : TASK_FAILED);
	task_result_free(&result);
}

/* Every task whose turn it is; false when nothing was left to do. */
static bool run_ready(struct server *server, struct json *run)
{
	bool any = false;
	for (struct json *task = json_first(json_get(run, "tasks")); task; task = json_next(task)) {
		enum turn turn = ended(task) ? TURN_LATER : turn_of(run, task);
		if (turn == TURN_NOW)
			run_task(server, run, task);
		else if (turn == TURN_NEVER)
			set_end(task, &upstream_failed, "An upstream task failed.");
		any = any || turn != TURN_LATER;
	}
	return any;
}

static void carry_out(struct server *server, struct json *run)
{
	const struct json *bad = json_first(json_get(run, "tasks"));
	while (run_ready(server, run))
		;
	while (bad && succeeded(bad))
		bad = json_next(bad);
	if (bad) {
		char *message = xasprintf("Task %s failed with message: " TASK_FAILED ".",
			json_str_or(bad, "task_key", ""));
		end_run(run, &task_failed, message);
		free(message);
	} else {
		end_run(run, &success, "");
	}
}

static bool advance(struct server *server, struct json *run, struct err *err)
{
	const char *step = step_of(run);
	int64_t ever, active;
	if (streq(step, "QUEUED")) {
		if (!runs_count(server, json_int_or(run, "job_id", 0), &ever, &active, err))
			return false;
		if (active < json_int_or(run, "__max", 1))
			set_step(run, "PENDING");
	} else if (streq(step, "PENDING")) {
		set_step(run, "RUNNING");
	} else if (streq(step, "RUNNING")) {
		carry_out(server, run);
	} else {
		end_run(run, &cancelled, "Run cancelled.");
	}
	return run_save(server, run, NULL, err);
}

/* Oldest first, so that queued runs keep their order. */
bool runs_advance(struct server *server, struct err *err)
{
	struct json *runs = runs_active(server, err);
	bool ok = runs != NULL;
	for (struct json *run = json_first(runs); ok && run; run = json_next(run))
		ok = advance(server, run, err);
	json_free(runs);
	return ok;
}

void run_cancel(struct json *run)
{
	if (run_active(run))
		set_step(run, "TERMINATING");
}

/* ---- repairing ------------------------------------------------------------------------ */

static bool reset_task(struct server *server, const struct json *run, struct json *task,
	struct json *ids, struct err *err)
{
	int64_t id;
	if (!run_new_id(server, json_int_or(run, "run_id", 0), &id, err))
		return false;
	json_set_int(task, "run_id", id);
	json_set_int(task, "attempt_number", json_int_or(task, "attempt_number", 0) + 1);
	set_page(server, task, json_int_or(run, "job_id", 0), id);
	json_remove(task, "state");
	json_remove(task, "__output");
	json_remove(task, "end_time");
	json_push(ids, json_new_int(id));
	return true;
}

bool run_repair(struct server *server, struct json *run,
	bool again(const struct json *task, const struct json *body), const struct json *body,
	struct err *err)
{
	struct json *history = json_get(run, "repair_history"), *item = json_new_object();
	struct json *ids = json_set(item, "task_run_ids", json_new_array());
	int64_t id;
	bool ok = run_new_id(server, json_int_or(run, "run_id", 0), &id, err);
	for (struct json *task = json_first(json_get(run, "tasks")); ok && task;
		task = json_next(task))
		if (again(task, body))
			ok = reset_task(server, run, task, ids, err);
	if (!ok) {
		json_free(item);
		return false;
	}
	json_set_int(item, "id", id);
	json_set_str(item, "type", "REPAIR");
	json_set_int(item, "start_time", clock_now_ms());
	if (!history)
		history = json_set(run, "repair_history", json_new_array());
	json_push(history, item);
	json_remove(run, "end_time");
	set_step(run, "PENDING");
	return run_save(server, run, NULL, err);
}
