/* Routes of runs: run-now, get, list, get-output, cancel, repair. */
#include "server.h"

#include "jobs.h"
#include "json.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 20

static struct json *need_run(struct call *call, int64_t id)
{
	struct err err = { .code = ERR_NONE };
	struct json *run = run_load(call->server, id, &err);
	if (!run && err.code)
		call_internal(call, &err);
	else if (!run)
		call_bad(call, "Run %lld does not exist.", (long long)id);
	return run;
}

/* Time passes for runs when somebody has looked. */
static void let_pass(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	if (!runs_advance(call->server, &err))
		call_internal(call, &err);
}

/* ---- run-now ----------------------------------------------------------------------- */

static void reply_started(struct call *call, const struct json *run)
{
	struct json *reply = json_new_object();
	json_set_int(reply, "run_id", json_int_or(run, "run_id", 0));
	json_set_int(reply, "number_in_job", json_int_or(run, "number_in_job", 0));
	call_reply(call, reply);
}

/* A run that was started with this token is answered again. True when there was one, or after
 * an error. */
static bool started_before(struct call *call, int64_t job, const char *token)
{
	struct err err = { .code = ERR_NONE };
	struct json *run;
	int64_t id = 0;
	if (!token)
		return false;
	if (strlen(token) > JOBS_MAX_TOKEN)
		return !call_bad(call, "idempotency_token must not be longer than %d characters.",
			JOBS_MAX_TOKEN);
	if (!run_by_token(call->server, job, token, &id, &err))
		return !call_internal(call, &err);
	if (!id)
		return false;
	run = need_run(call, id);
	if (run)
		reply_started(call, run);
	json_free(run);
	return true;
}

/* Only parameters that the job has, and texts. */
static bool check_parameters(struct call *call, const struct json *job)
{
	static const char *const older[] = { "notebook_params", "python_params", "jar_params",
		"python_named_params", "sql_params", "dbt_commands", "pipeline_params", "only" };
	const struct json *c = json_first(json_get(call->body, "job_parameters"));
	for (size_t i = 0; i < countof(older); i++)
		if (json_get(call->body, older[i]))
			return call_bad(call,
				"The embedded workspace takes job_parameters, not %s.", older[i]);
	for (; c; c = json_next(c)) {
		const struct json *list = json_dig(job, "settings.parameters"), *known;
		known = json_first(list);
		while (known && !streq(json_str_or(known, "name", ""), json_key(c)))
			known = json_next(known);
		if (!known)
			return call_bad(call,
				"Invalid job parameters: the job has no parameter '%s'.",
				json_key(c));
		if (!json_text(c))
			return call_bad(call, "Invalid job parameters: '%s' must be a string.",
				json_key(c));
	}
	return true;
}

void api_runs_now(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	struct run_start start = { .job = NULL };
	struct json *job, *run;
	int64_t id = 0;
	if (!call_body(call) || !call_id(call, "job_id", &id) ||
		!call_text(call, "idempotency_token", false, &start.token))
		return;
	job = call_job(call, id);
	if (job && !started_before(call, id, start.token) && check_parameters(call, job)) {
		start.job = job;
		start.values = json_get(call->body, "job_parameters");
		start.queue = json_true(json_dig(call->body, "queue.enabled")) ||
			json_true(json_dig(job, "settings.queue.enabled"));
		run = run_start(call->server, &start, &err);
		if (run)
			reply_started(call, run);
		else
			call_internal(call, &err);
		json_free(run);
	}
	json_free(job);
}

/* ---- looking ------------------------------------------------------------------------ */

/* The task with this run id. */
static struct json *task_of(const struct json *run, int64_t id)
{
	struct json *task = json_first(json_get(run, "tasks"));
	while (task && json_int_or(task, "run_id", 0) != id)
		task = json_next(task);
	return task;
}

/* The run and, when the id is that of a task's run, the task. NULL after an error. */
static struct json *find_run(struct call *call, int64_t id, struct json **task)
{
	struct err err = { .code = ERR_NONE };
	struct json *run;
	int64_t parent = 0;
	*task = NULL;
	if (!run_parent(call->server, id, &parent, &err)) {
		call_internal(call, &err);
		return NULL;
	}
	run = need_run(call, parent ? parent : id);
	if (run && parent) {
		*task = task_of(run, id);
		if (!*task) {
			json_free(run);
			run = NULL;
			call_bad(call, "Run %lld does not exist.", (long long)id);
		}
	}
	return run;
}

void api_runs_get(struct call *call)
{
	struct json *run, *task, *shown;
	int64_t id = 0;
	if (!call_id(call, "run_id", &id))
		return;
	run = find_run(call, id, &task);
	if (!run)
		return;
	shown = task ? json_dup(task) : run_shown(run);
	json_remove(shown, "__output");
	call_reply(call, shown);
	json_free(run);
	let_pass(call);
}

static bool wanted(const struct call *call, const struct json *run)
{
	bool active = run_active(run);
	return !(streq(serve_query(call->request, "active_only"), "true") && !active) &&
		!(streq(serve_query(call->request, "completed_only"), "true") && active);
}

void api_runs_list(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	struct json *runs, *shown;
	int64_t job = 0;
	if (serve_query(call->request, "job_id") && !call_id(call, "job_id", &job))
		return;
	runs = runs_all(call->server, job, &err);
	if (!runs) {
		call_internal(call, &err);
		return;
	}
	shown = json_new_array();
	for (const struct json *run = json_first(runs); run; run = json_next(run)) {
		struct json *one;
		if (!wanted(call, run))
			continue;
		one = json_push(shown, run_shown(run));
		if (!streq(serve_query(call->request, "expand_tasks"), "true"))
			json_remove(one, "tasks");
	}
	json_free(runs);
	call_page(call, "runs", shown, "limit", PAGE_SIZE);
	let_pass(call);
}

void api_runs_output(struct call *call)
{
	struct json *run, *task, *output;
	int64_t id = 0;
	if (!call_id(call, "run_id", &id))
		return;
	run = find_run(call, id, &task);
	if (!run)
		return;
	if (!task && json_len(json_get(run, "tasks")) == 1)
		task = json_first(json_get(run, "tasks"));
	if (!task) {
		call_bad(call, "Retrieving the output of runs with multiple tasks is not "
			"supported. Please retrieve the output of each individual task run "
			"instead.");
	} else {
		output = json_get(task, "__output") ? json_dup(json_get(task, "__output")) :
			json_new_object();
		json_set(output, "metadata", json_dup(task));
		json_remove(json_get(output, "metadata"), "__output");
		call_reply(call, output);
	}
	json_free(run);
}

/* ---- cancel, repair --------------------------------------------------------------------- */

/* The run that the body names; yours; NULL after an error. */
static struct json *body_run(struct call *call)
{
	int64_t id = 0;
	return call_body(call) && call_id(call, "run_id", &id) ? need_run(call, id) : NULL;
}

void api_runs_cancel(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	struct json *run = body_run(call);
	if (!run)
		return;
	run_cancel(run);
	if (run_save(call->server, run, NULL, &err))
		call_reply(call, json_new_object());
	else
		call_internal(call, &err);
	json_free(run);
}

static bool in_list(const struct json *list, const char *text)
{
	const struct json *c = json_first(list);
	while (c && !streq(json_text(c), text))
		c = json_next(c);
	return c != NULL;
}

/* Is this task to run again? */
static bool again(const struct json *task, const struct json *body)
{
	bool good = streq(json_str_or(json_get(task, "state"), "result_state", ""), "SUCCESS");
	return (json_bool_or(body, "rerun_all_failed_tasks", false) && !good) ||
		in_list(json_get(body, "rerun_tasks"), json_str_or(task, "task_key", ""));
}

/* The number of the last repair; 0: none. */
static int64_t last_repair(const struct json *run)
{
	const struct json *history = json_get(run, "repair_history");
	return json_int_or(json_at(history, json_len(history) - 1), "id", 0);
}

static bool may_repair(struct call *call, const struct json *run)
{
	const struct json *task = json_first(json_get(run, "tasks"));
	if (run_active(run))
		return call_bad(call, "The run is active; only a run that has ended can be "
			"repaired.");
	if (last_repair(run) &&
		json_int_or(call->body, "latest_repair_id", 0) != last_repair(run))
		return call_bad(call, "latest_repair_id must be the id of the latest repair.");
	while (task && !again(task, call->body))
		task = json_next(task);
	return task || call_bad(call, "No task is to be run again: name it in rerun_tasks, or use "
		"rerun_all_failed_tasks.");
}

void api_runs_repair(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	struct json *run = body_run(call), *reply;
	if (!run)
		return;
	if (may_repair(call, run)) {
		if (run_repair(call->server, run, again, call->body, &err)) {
			reply = json_new_object();
			json_set_int(reply, "repair_id", last_repair(run));
			call_reply(call, reply);
		} else {
			call_internal(call, &err);
		}
	}
	json_free(run);
}
