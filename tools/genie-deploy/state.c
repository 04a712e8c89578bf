#include "deploy.h"

#include "artifact.h"
#include "clock.h"
#include "dbx.h"
#include "digest.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "mem.h"
#include "str.h"
#include "tool.h"
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the document ---- */
/* A name for this deployment that no other has, not even one within the same second. */
static void set_id(struct deploy *d)
{
	char digest[SHA256_HEX];
	char *seed = xasprintf("%s %s %lld %lld %ld", d->host, d->o->dbx.target,
		(long long)clock_now_ms(), (long long)clock_monotonic_ms(), (long)getpid());
	json_set_str(d->doc, "deployment_id", sha256_hex(seed, strlen(seed), digest));
	free(seed);
}

static void set_time(struct json *object, const char *key)
{
	char text[CLOCK_RFC3339_SIZE];
	json_set_str(object, key, clock_rfc3339(clock_now_ms(), text));
}

static void begin(struct deploy *d)
{
	static const char *const later[] = { "finished_at", "job", "verification", "escalation" };
	json_free(d->doc);
	d->doc = tool_document(d->tool, "deploy");
	json_set_str(d->doc, "status", "IN_PROGRESS");
	json_set_str(d->doc, "next", "validate");
	json_set_str(d->doc, "target", d->o->dbx.target);
	json_set_str(d->doc, "bundle", d->dir);
	json_set_str(d->doc, "host", d->host);
	set_id(d);
	json_set_int(d->doc, "max_attempts", d->o->max_attempts);
	set_time(d->doc, "started_at");
	json_set_bool(d->doc, "native", false);
	json_set(d->doc, "spaces", json_new_array());
	for (size_t i = 0; i < countof(later); i++)
		json_set(d->doc, later[i], json_new_null());
	json_set(d->doc, "attempts", json_new_array());
	deploy_new_attempt(d);
}

struct json *deploy_attempt(const struct deploy *d)
{
	const struct json *list = json_get(d->doc, "attempts");
	return json_at(list, json_len(list) - 1);
}

void deploy_new_attempt(struct deploy *d)
{
	static const char *const unknown[] = { "command", "exit_status", "message",
		"idempotency_token", "run_id", "run_url" };
	struct json *list = json_get(d->doc, "attempts");
	struct json *a = json_push(list, json_new_object());
	json_set_int(a, "attempt", (int64_t)json_len(list));
	json_set_str(a, "phase", "validate");
	for (size_t i = 0; i < countof(unknown); i++)
		json_set(a, unknown[i], json_new_null());
	json_set(a, "states", json_new_array());
	json_set(a, "task_errors", json_new_array());
	json_set(a, "diagnosis", json_new_null());
	json_set(a, "fix", json_new_null());
	json_set(a, "steps", json_new_array());
	set_time(a, "started_at");
	json_set_int(a, "duration_ms", 0);
}

void deploy_note(struct deploy *d, const struct deploy_step *step)
{
	struct json *a = deploy_attempt(d);
	struct json *s = json_push(json_get(a, "steps"), json_new_object());
	int64_t ms = clock_monotonic_ms() - step->started_ms;
	json_set_str(s, "phase", step->phase);
	json_set_str(s, "command", step->command);
	json_set(s, "exit_status", step->exit_status < 0 ? json_new_null() :
		json_new_int(step->exit_status));
	json_set_int(s, "duration_ms", ms);
	json_set_str(s, "message", step->message);
	json_set_str(a, "command", step->command);
	json_set(a, "exit_status", json_dup(json_get(s, "exit_status")));
	json_set_int(a, "duration_ms", json_int_or(a, "duration_ms", 0) + ms);
}

/* ---- keeping it ---- */
bool deploy_save(struct deploy *d, struct err *err)
{
	struct str text = STR_INIT;
	bool ok = steps_next(&d->steps, "state", json_str_or(d->doc, "next", "end"), err);
	json_print_pretty(d->doc, 2, &text);
	str_addc(&text, '\n');
	ok = ok && io_write_file(d->state_path, str_text(&text), text.n, err);
	str_free(&text);
	return ok;
}

bool deploy_go(struct deploy *d, const char *next, struct err *err)
{
	json_set_str(d->doc, "next", next);
	return deploy_save(d, err);
}

bool deploy_in_progress(const struct deploy *d)
{
	return streq(json_str_or(d->doc, "status", ""), "IN_PROGRESS");
}

bool deploy_end(struct deploy *d, const char *status, struct err *err)
{
	json_set_str(d->doc, "status", status);
	json_set_str(d->doc, "next", NULL);
	set_time(d->doc, "finished_at");
	return deploy_save(d, err);
}

/* ---- an earlier call ---- */
/* The embedded workspace has another port each time. */
static bool same_place(const char *then, const char *now)
{
	return streq(then, now) || (url_is_loopback(then) && url_is_loopback(now));
}

static bool same_inputs(const struct deploy *d, const struct json *old, struct err *err)
{
	const struct { const char *key, *now; } inputs[] = { { "target", d->o->dbx.target },
		{ "bundle", d->dir }, { "host", d->host } };
	for (size_t i = 0; i < countof(inputs); i++) {
		const char *then = json_str_or(old, inputs[i].key, "");
		if (!same_place(then, inputs[i].now))
			return err_set(err, ERR_DATA, "%s: an unfinished deployment has %s %s, not "
				"%s: finish it with that, or delete the file", d->state_path,
				inputs[i].key, then, inputs[i].now);
	}
	return true;
}

/* Is the answer of the earlier call where it was to go? */
static bool handed_over(const struct deploy *d, const struct json *old)
{
	struct err why = { 0 };
	const char *output = d->tool->output;
	struct json *answer = output && io_exists(output) ? json_load(output, &why) : NULL;
	bool same = answer && json_equal(answer, old);
	json_free(answer);
	return same;
}

static bool go_on(struct deploy *d, struct err *err)
{
	if (!io_exists(d->state_path))
		return true;
	struct json *old = artifact_load(d->state_path, "deploy", err);
	if (!old)
		return err_wrap(err, "what an earlier call left");
	bool open = streq(json_str_or(old, "status", ""), "IN_PROGRESS");
	if (!open && (!d->own_state || handed_over(d, old))) {
		json_free(old);
		return true;
	}
	d->doc = old;
	if (!same_inputs(d, old, err))
		return false;
	json_set_str(old, "host", d->host);
	if (!open)
		log_info("the deployment of %s had ended; this is its answer",
			json_str_or(old, "started_at", ""));
	else if (!json_len(json_get(old, "attempts")) || !json_text(json_get(old, "next")))
		return err_set(err, ERR_DATA, "%s: not what this tool left: delete it",
			d->state_path);
	else
		log_info("going on with the deployment of %s, attempt %zu, at: %s (to begin anew, "
			"delete %s)", json_str_or(old, "started_at", ""),
			 json_len(json_get(old, "attempts")), json_str_or(old, "next", ""),
			 d->state_path);
	return true;
}

static char *state_path(const struct deploy *d)
{
	if (d->o->state)
		return xstrdup(d->o->state);
	if (d->tool->output)
		return xasprintf("%s.progress", d->tool->output);
	return xasprintf("%s/.databricks/bundle/%s/genie-deploy.json", d->dir, d->o->dbx.target);
}

bool deploy_connect(struct deploy *d, struct err *err)
{
	d->dir = xstrdup(d->o->dbx.bundle ? d->o->dbx.bundle : ".");
	for (size_t n = strlen(d->dir); n > 1 && d->dir[n - 1] == '/'; n--)
		d->dir[n - 1] = '\0';
	char *yml = io_join(d->dir, "databricks.yml");
	bool ok = io_exists(yml) || err_set(err, ERR_DATA, "%s: there is no such file: --bundle "
		"names the folder with databricks.yml", yml);
	d->dbx = ok ? dbxtool_open(&d->o->dbx, err) : NULL;
	d->host = d->dbx ? dbx_host(d->dbx) : NULL;
	free(yml);
	return d->dbx != NULL;
}

bool deploy_open(struct deploy *d, struct err *err)
{
	if (!deploy_connect(d, err))
		return false;
	char *yml = io_join(d->dir, "databricks.yml"), *folder;
	d->lock = io_lock(yml, err); /* as genie-patch: not while files change */
	free(yml);
	if (d->lock < 0)
		return false;
	d->state_path = state_path(d);
	d->own_state = !d->o->state;
	folder = io_dirname(d->state_path);
	bool ok = io_mkdirs(folder, err) && go_on(d, err);
	free(folder);
	if (ok && !d->doc) {
		begin(d);
		ok = deploy_save(d, err);
	}
	return ok;
}

void deploy_close(struct deploy *d)
{
	json_free(d->doc);
	dbx_free(d->dbx);
	free(d->state_path);
	free(d->dir);
	if (d->lock >= 0)
		io_unlock(d->lock);
}

bool deploy_hand_over(struct deploy *d, struct err *err)
{
	const char *status = json_str_or(d->doc, "status", "");
	jsonw_document(d->tool->out, d->doc);
	if (!steps_point(&d->steps, "answer", err) || !tool_commit(d->tool, err) ||
	    !steps_point(&d->steps, "answered", err))
		return false;
	if (d->own_state && unlink(d->state_path) != 0)
		return err_errno(err, "%s", d->state_path);
	const struct json *diagnosis = json_get(deploy_attempt(d), "diagnosis");
	return streq(status, "SUCCESS") ||
		err_set(err, ERR_NO, "%s: %s: %s", status,
			json_str_or(diagnosis, "text", "the deployment failed"),
			json_str_or(diagnosis, "advice", "see escalation in the answer"));
}
