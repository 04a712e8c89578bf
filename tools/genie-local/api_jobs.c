/* Routes of jobs: create, reset, update, get, list, delete. */
#include "server.h"

#include "jobs.h"
#include "json.h"
#include "str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 20

bool call_id(struct call *call, const char *name, int64_t *out)
{
	const char *text = streq(call->request->method, "GET") ?
		serve_query(call->request, name) : json_number_text(json_get(call->body, name));
	char *end;
	if (!text)
		text = json_str_or(call->body, name, "");
	if (!*text)
		return call_bad(call, "Missing required field: %s", name);
	errno = 0;
	*out = strtoll(text, &end, 10);
	return (!*end && !errno) || call_bad(call, "Invalid value for %s: %s", name, text);
}

struct json *call_job(struct call *call, int64_t id)
{
	struct err err = { .code = ERR_NONE };
	struct json *job = job_load(call->server, id, &err);
	if (!job && err.code)
		call_internal(call, &err);
	else if (!job)
		call_bad(call, "Job %lld does not exist.", (long long)id);
	return job;
}

/* ---- settings --------------------------------------------------------------------- */

static bool has_task_before(const struct json *tasks, const struct json *task)
{
	const struct json *c = json_first(tasks);
	for (; c && c != task; c = json_next(c))
		if (streq(json_str_or(c, "task_key", ""), json_str_or(task, "task_key", "")))
			return true;
	return false;
}

/* The settings that every part of this workspace relies on. */
static bool check_settings(struct call *call, const struct json *settings)
{
	const struct json *tasks = json_get(settings, "tasks");
	if (!json_is(settings, JSON_OBJECT))
		return call_error(call, 400, "MALFORMED_REQUEST",
			"The job settings must be an object.");
	if (tasks && !json_is(tasks, JSON_ARRAY))
		return call_error(call, 400, "MALFORMED_REQUEST", "tasks must be an array.");
	if (json_len(tasks) > JOBS_MAX_TASKS)
		return call_bad(call, "A job may have %d tasks here, not %zu.", JOBS_MAX_TASKS,
			json_len(tasks));
	for (const struct json *task = json_first(tasks); task; task = json_next(task)) {
		if (!*json_str_or(task, "task_key", ""))
			return call_bad(call, "Every task needs a task_key.");
		if (has_task_before(tasks, task))
			return call_bad(call, "Invalid job: the task key '%s' is there twice.",
				json_str_or(task, "task_key", ""));
	}
	return true;
}

static void set_default(struct json *settings, const char *key, struct json *value)
{
	if (json_get(settings, key))
		json_free(value);
	else
		json_set(settings, key, value);
}

/* Checks, fills in defaults, stores; *id 0: a new job. False after an error. */
static bool store(struct call *call, int64_t *id, const struct json *given)
{
	struct err err = { .code = ERR_NONE };
	struct json *settings;
	bool ok;
	if (!check_settings(call, given))
		return false;
	settings = json_dup(given);
	set_default(settings, "name", json_new_str("Untitled"));
	set_default(settings, "max_concurrent_runs", json_new_int(1));
	set_default(settings, "timeout_seconds", json_new_int(0));
	json_set_str(settings, "format", "MULTI_TASK");
	ok = job_save(call->server, id, settings, &err) || call_internal(call, &err);
	json_free(settings);
	return ok;
}

/* ---- routes ------------------------------------------------------------------------ */

void api_jobs_create(struct call *call)
{
	int64_t id = 0;
	struct json *reply;
	if (!call_body(call) || !store(call, &id, call->body))
		return;
	reply = json_new_object();
	json_set_int(reply, "job_id", id);
	call_reply(call, reply);
}

void api_jobs_reset(struct call *call)
{
	struct json *job;
	int64_t id = 0;
	if (!call_body(call) || !call_id(call, "job_id", &id))
		return;
	job = call_job(call, id);
	if (job && !json_get(call->body, "new_settings"))
		call_bad(call, "Missing required field: new_settings");
	else if (job && store(call, &id, json_get(call->body, "new_settings")))
		call_reply(call, json_new_object());
	json_free(job);
}

/* Top-level members of new_settings replace those that are there. */
void api_jobs_update(struct call *call)
{
	struct json *job, *settings;
	int64_t id = 0;
	if (!call_body(call) || !call_id(call, "job_id", &id))
		return;
	job = call_job(call, id);
	if (!job)
		return;
	settings = json_get(job, "settings");
	for (const struct json *c = json_first(json_get(call->body, "new_settings")); c;
		c = json_next(c))
		json_set(settings, json_key(c), json_dup(c));
	for (const struct json *c = json_first(json_get(call->body, "fields_to_remove")); c;
		c = json_next(c))
		if (json_text(c))
			json_remove(settings, json_text(c));
	if (store(call, &id, settings))
		call_reply(call, json_new_object());
	json_free(job);
}

void api_jobs_get(struct call *call)
{
	struct json *job;
	int64_t id = 0;
	if (!call_id(call, "job_id", &id))
		return;
	job = call_job(call, id);
	if (job)
		call_reply(call, job);
}

void api_jobs_list(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	const char *name = serve_query(call->request, "name");
	const char *expand = serve_query(call->request, "expand_tasks");
	struct json *jobs = jobs_all(call->server, name && *name ? name : NULL, &err);
	if (!jobs) {
		call_internal(call, &err);
		return;
	}
	for (struct json *job = json_first(jobs); job && !streq(expand, "true");
		job = json_next(job))
		json_remove(json_get(job, "settings"), "tasks");
	call_page(call, "jobs", jobs, "limit", PAGE_SIZE);
}

void api_jobs_delete(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	bool found = false;
	int64_t id = 0;
	if (!call_body(call) || !call_id(call, "job_id", &id))
		return;
	if (!job_delete(call->server, id, &found, &err))
		call_internal(call, &err);
	else if (!found)
		call_bad(call, "Job %lld does not exist.", (long long)id);
	else
		call_reply(call, json_new_object());
}
