/* The deployment job: found by the bundle's summary, run and followed through the Jobs API. */
#include "cli.h"
#include "deploy.h"

#include "clock.h"
#include "dbx.h"
#include "digest.h"
#include "jobs.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define USUAL_JOB "genie_spaces_deployment_job"
#define MOST_TRACE 4000

/* ---- which job ---- */
static char *id_of(const struct json *resource)
{
	const struct json *id = json_get(resource, "id");
	const char *text = json_text(id) ? json_text(id) : json_number_text(id);
	return text ? xstrdup(text) : NULL;
}

static const struct json *job_in(const struct json *jobs, const char *name)
{
	const struct json *job = json_get(jobs, name);
	for (const struct json *j = json_first(jobs); j && !job; j = json_next(j))
		if (streq(json_str_or(j, "name", ""), name))
			job = j;
	return job;
}

static void keep_spaces(struct deploy *d, const struct json *spaces)
{
	struct json *list = json_set(d->doc, "spaces", json_new_array());
	for (const struct json *s = json_first(spaces); s; s = json_next(s)) {
		struct json *one = json_push(list, json_new_object());
		char *id = id_of(s);
		json_set_str(one, "key", json_key(s));
		json_set_str(one, "id", id);
		json_set_str(one, "url", json_str_or(s, "url", NULL));
		free(id);
	}
}

static bool take_job(struct deploy *d, const struct json *job, struct err *err)
{
	char *id = id_of(job);
	if (!id)
		return err_set(err, ERR_UNAVAILABLE, "bundle summary: job %s has no id: it is not "
			"deployed to target %s", json_key(job), d->o->dbx.target);
	struct json *kept = json_set(d->doc, "job", json_new_object());
	json_set_str(kept, "key", json_key(job));
	json_set_str(kept, "name", json_str_or(job, "name", NULL));
	json_set_str(kept, "id", id);
	json_set_str(kept, "url", json_str_or(job, "url", NULL));
	free(id);
	return deploy_go(d, "run", err);
}

static bool choose(struct deploy *d, const struct json *summary, struct err *err)
{
	const struct json *jobs = json_dig(summary, "resources.jobs");
	const struct json *spaces = json_dig(summary, "resources.genie_spaces");
	const char *name = d->o->job ? d->o->job : USUAL_JOB;
	const struct json *job = job_in(jobs, name);
	keep_spaces(d, spaces);
	if (job)
		return take_job(d, job, err);
	if (d->o->job || !json_len(spaces))
		return err_set(err, ERR_DATA, "the bundle has no job %s%s", name, d->o->job ? "" :
			" and no genie_spaces: name the job that deploys the spaces with --job");
	json_set_bool(d->doc, "native", true);
	log_info("the bundle deploys its %zu Genie Space(s) itself: no job is run",
		json_len(spaces));
	return deploy_end(d, "SUCCESS", err);
}

bool phase_find_job(struct deploy *d, struct err *err)
{
	static const char *const words[] = { "summary", "-o", "json", NULL };
	struct cli_result result = { 0 };
	struct err why = { 0 };
	bool ok = cli_bundle(d, "find_job", words, &result, err);
	if (ok && result.status) {
		json_set_str(deploy_attempt(d), "message", result.message);
		ok = deploy_go(d, "diagnose", err);
	} else if (ok) {
		struct json *summary = json_parse(str_text(&result.out), result.out.n, &why);
		ok = summary ? choose(d, summary, err) : err_set(err, ERR_UNAVAILABLE,
			"%s: %s", result.command, why.text);
		json_free(summary);
	}
	cli_result_free(&result);
	return ok;
}

/* ---- start ---- */
/* Named by deployment and attempt, and kept before it is sent: whoever sends it again gets the
 * run that it started. */
static bool keep_token(struct deploy *d, struct err *err)
{
	struct json *a = deploy_attempt(d);
	char digest[SHA256_HEX];
	if (json_text(json_get(a, "idempotency_token")))
		return true;
	char *seed = xasprintf("%s %lld", json_str_or(d->doc, "deployment_id", ""),
		(long long)json_int_or(a, "attempt", 0));
	json_set_str(a, "idempotency_token", sha256_hex(seed, strlen(seed), digest));
	free(seed);
	return deploy_save(d, err);
}

bool phase_run(struct deploy *d, struct err *err)
{
	struct json *a = deploy_attempt(d);
	const struct json *job = json_get(d->doc, "job");
	const char *id = json_str_or(job, "id", "");
	char *command = xasprintf("jobs run-now %s", id);
	struct deploy_step step = { "run", command, NULL, clock_monotonic_ms(), -1 };
	json_set_str(a, "phase", "run");
	bool ok = keep_token(d, err) && steps_next(&d->steps, "call", "jobs/run-now", err);
	char *run_id = ok ? jobs_run_now(d->dbx, id, json_str_or(a, "idempotency_token", ""),
		err) : NULL;
	ok = run_id && steps_point(&d->steps, "started", err);
	if (ok) {
		deploy_note(d, &step);
		json_set_str(a, "run_id", run_id);
		log_info("attempt %lld: run %s of job %s", (long long)json_int_or(a, "attempt", 0),
			run_id, json_str_or(job, "key", id));
		ok = deploy_go(d, "poll", err);
	}
	free(run_id);
	free(command);
	return ok;
}

/* ---- follow ---- */
static bool on_state(void *ctx, const struct jobs_run *run, struct err *err)
{
	struct deploy *d = ctx;
	struct json *a = deploy_attempt(d), *states = json_get(a, "states");
	char *text = jobs_state_text(&run->state);
	const char *last = json_text(json_at(states, json_len(states) - 1));
	if (!json_text(json_get(a, "run_url")) && *run->url)
		log_info("run URL: %s", run->url);
	log_info("run %s: %s", run->run_id, text);
	json_set_str(a, "run_url", *run->url ? run->url : NULL);
	if (!json_len(states) || !streq(last, text))
		json_push_str(states, text);
	free(text);
	return deploy_save(d, err);
}

bool phase_poll(struct deploy *d, struct err *err)
{
	struct json *a = deploy_attempt(d);
	struct jobs_wait wait = { .watch = on_state, .ctx = d };
	struct jobs_run run = { 0 };
	char *command = xasprintf("jobs get-run %s", json_str_or(a, "run_id", ""));
	struct deploy_step step = { "poll", command, NULL, clock_monotonic_ms(), -1 };
	bool ok = jobs_wait_for(d->dbx, json_str_or(a, "run_id", ""), &wait, &run, err);
	if (ok) {
		deploy_note(d, &step);
		json_set_str(a, "message", run.state.ok ? NULL : run.state.message);
		ok = run.state.ok ? deploy_end(d, "SUCCESS", err) : deploy_go(d, "output", err);
	}
	jobs_run_free(&run);
	free(command);
	return ok;
}

/* ---- what the failed tasks say ---- */
static void set_text(struct deploy *d, struct json *object, const char *key, const char *text,
	size_t max)
{
	struct str masked = STR_INIT;
	size_t n = strlen(text), skip = n > max ? n - max : 0; /* a trace ends with its cause */
	while (skip && ((unsigned char)text[skip] & 0xc0) == 0x80)
		skip++;
	str_add(&masked, text + skip);
	dbx_mask(d->dbx, &masked);
	json_set_str(object, key, masked.n ? str_text(&masked) : NULL);
	str_free(&masked);
}

static bool add_task(struct deploy *d, const struct jobs_task *task, struct err *err)
{
	struct json *list = json_get(deploy_attempt(d), "task_errors");
	struct jobs_output output = { 0 };
	struct err why = { 0 };
	if (!jobs_get_output(d->dbx, task->run_id, &output, &why)) {
		if (why.code != ERR_UNAVAILABLE)
			return err_set(err, why.code, "%s", why.text);
		log_warn("task %s: %s", task->key, why.text);
		jobs_output_read(&output, NULL);
	}
	struct json *one = json_push(list, json_new_object());
	char *state = jobs_state_text(&task->state);
	json_set_str(one, "task_key", task->key);
	json_set_str(one, "run_id", task->run_id);
	json_set_str(one, "run_url", *task->url ? task->url : NULL);
	json_set_str(one, "state", state);
	set_text(d, one, "message", *output.error ? output.error : *output.result ?
		output.result : task->state.message, MOST_TRACE);
	/* what was printed on the way is no cause, unless nothing else is said */
	set_text(d, one, "trace", *output.trace ? output.trace : *output.error ? "" :
		output.logs, MOST_TRACE);
	log_info("task %s: %s: %s", task->key, state, json_str_or(one, "message", ""));
	free(state);
	jobs_output_free(&output);
	return true;
}

bool phase_output(struct deploy *d, struct err *err)
{
	struct json *a = deploy_attempt(d);
	struct jobs_run run = { 0 };
	bool ok = jobs_get_run(d->dbx, json_str_or(a, "run_id", ""), &run, err);
	json_set(a, "task_errors", json_new_array());
	for (size_t i = 0; ok && i < run.ntasks; i++)
		if (jobs_task_failed(&run.tasks[i]))
			ok = add_task(d, &run.tasks[i], err);
	jobs_run_free(&run);
	return ok && deploy_go(d, "diagnose", err);
}
