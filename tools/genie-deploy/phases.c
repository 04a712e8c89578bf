/* What is done one after the other: validate, deploy, run the job, and, where that fails, find
 * out why, mend the source and begin again. */
#include "cli.h"
#include "deploy.h"
#include "problem.h"
#include "repair.h"

#include "diagnose.h"
#include "json.h"
#include "log.h"
#include "str.h"

#include <stdlib.h>

/* ---- the CLI's phases ---- */
static bool command(struct deploy *d, const char *phase, const char *const *words,
	const char *next, struct err *err)
{
	struct cli_result result = { 0 };
	struct json *a = deploy_attempt(d);
	json_set_str(a, "phase", phase);
	log_info("attempt %lld: databricks bundle %s -t %s", (long long)json_int_or(a, "attempt",
		0),
		words[0], d->o->dbx.target);
	bool ok = steps_next(&d->steps, "command", words[0], err) &&
		cli_bundle(d, phase, words, &result, err);
	if (ok && result.status)
		log_info("%s: %s", result.command, result.message);
	if (ok)
		json_set_str(a, "message", result.message);
	ok = ok && deploy_go(d, result.status ? "diagnose" : next, err);
	cli_result_free(&result);
	return ok;
}

static bool phase_validate(struct deploy *d, struct err *err)
{
	static const char *const words[] = { "validate", NULL };
	return command(d, "validate", words, "deploy", err);
}

static bool phase_deploy(struct deploy *d, struct err *err)
{
	static const char *const words[] = { "deploy", NULL };
	static const char *const yes[] = { "deploy", "--auto-approve", NULL };
	return command(d, "deploy", d->o->yes ? yes : words, "find_job", err);
}

/* ---- why it failed ---- */
static bool of_job(const struct json *attempt)
{
	return streq(json_str_or(attempt, "phase", ""), "run");
}

/* The first of the texts that a rule knows; *text is that one, or the first there is. */
static void diagnose_first(const char *const *texts, size_t n, const char **text,
	struct diagnosis *out)
{
	diagnose("", out);
	for (size_t i = 0; i < n; i++) {
		if (!*texts[i])
			continue;
		if (!**text)
			*text = texts[i];
		diagnosis_free(out);
		diagnose(texts[i], out);
		if (out->action != DIAGNOSIS_UNKNOWN) {
			*text = texts[i];
			return;
		}
	}
}

/* What tasks say counts before what the run says: it only says that tasks failed. */
static const char *diagnose_attempt(const struct json *a, struct diagnosis *out)
{
	const char *texts[40], *text = "";
	const struct json *states = json_get(a, "states");
	size_t n = 0;
	for (const struct json *t = json_first(json_get(a, "task_errors")); t && n < 30;
	     t = json_next(t)) {
		texts[n++] = json_str_or(t, "message", "");
		texts[n++] = json_str_or(t, "trace", "");
		texts[n++] = json_str_or(t, "state", "");
	}
	texts[n++] = json_str_or(a, "message", "");
	if (json_len(states))
		texts[n++] = json_text(json_at(states, json_len(states) - 1));
	diagnose_first(texts, n, &text, out);
	return text;
}

static bool give_up(struct deploy *d, bool escalate, struct err *err)
{
	const struct json *a = deploy_attempt(d);
	const char *phase = json_str_or(a, "phase", "");
	const char *status = escalate ? "ESCALATED" : of_job(a) ? "JOB_FAILED" :
		streq(phase, "validate") ? "VALIDATE_FAILED" : "DEPLOY_FAILED";
	struct err why = { 0 };
	struct json *before = d->o->before ? json_load(d->o->before, &why) : NULL;
	json_set_str(d->doc, "status", status);
	json_set(d->doc, "escalation", escalation(d->doc, before, NULL));
	json_free(before);
	return deploy_end(d, status, err);
}

static bool last_attempt(const struct deploy *d)
{
	return (long)json_len(json_get(d->doc, "attempts")) >= d->o->max_attempts;
}

static bool again(struct deploy *d, struct err *err)
{
	if (last_attempt(d))
		return give_up(d, true, err);
	deploy_new_attempt(d);
	return deploy_go(d, "validate", err);
}

/* The workspace does not let us in, or is away: nothing is decided. The same phase is next. */
static bool stop_here(struct deploy *d, const struct json *diagnosis, enum err_code code,
	struct err *err)
{
	const char *phase = json_str_or(deploy_attempt(d), "phase", "validate");
	return deploy_go(d, phase, err) &&
		err_set(err, code, "%s: %s: %s (then run this again: it goes on from here)", phase,
			json_str_or(diagnosis, "text", ""), json_str_or(diagnosis, "advice", ""));
}

/* Says what would have to go; without --truncate nothing does. */
static bool list_excess(struct deploy *d, const struct repair *repair, struct err *err)
{
	struct json *diagnosis = json_get(deploy_attempt(d), "diagnosis");
	struct str text = STR_INIT;
	str_add(&text, json_str_or(diagnosis, "text", ""));
	for (const struct json *c = json_first(json_get(repair->json, "changes")); c;
	     c = json_next(c)) {
		str_addf(&text, "; %s: %s %s", json_str_or(c, "file", ""), json_str_or(c, "path",
			""),
			json_str_or(c, "change", ""));
		json_push_str(json_get(diagnosis, "places"), json_str_or(c, "file", ""));
	}
	json_set_str(diagnosis, "text", str_text(&text));
	str_free(&text);
	return give_up(d, false, err);
}

static bool plan_fix(struct deploy *d, const struct diagnosis *g, const char *message,
	struct err *err)
{
	struct repair repair;
	bool ok, limit = g->fix == DIAGNOSIS_LIMIT;
	repair_plan(d, g, message, d->o->truncate, &repair);
	if (repair.json && limit && !d->o->truncate) {
		ok = list_excess(d, &repair, err);
	} else if (!repair.json || last_attempt(d)) {
		ok = give_up(d, true, err);
	} else {
		json_set(deploy_attempt(d), "fix", json_dup(repair.json));
		ok = deploy_go(d, "fix", err);
	}
	repair_free(&repair);
	return ok;
}

static bool phase_diagnose(struct deploy *d, struct err *err)
{
	struct json *a = deploy_attempt(d);
	struct diagnosis g;
	const char *message = diagnose_attempt(a, &g);
	const struct json *said = json_set(a, "diagnosis", problem_json(d, &g));
	bool ok = false;
	log_info("diagnosis: %s: %s", g.code, json_str_or(said, "text", ""));
	if (g.action == DIAGNOSIS_AWAY && of_job(a))
		g.action = DIAGNOSIS_RETRY; /* the job could not reach something: not we */
	switch (g.action) {
	case DIAGNOSIS_UNKNOWN:
		ok = give_up(d, true, err);
		break;
	case DIAGNOSIS_FIX:
		ok = plan_fix(d, &g, message, err);
		break;
	case DIAGNOSIS_RETRY:
		ok = again(d, err);
		break;
	case DIAGNOSIS_AWAY:
		ok = stop_here(d, said, ERR_TEMP, err);
		break;
	case DIAGNOSIS_LOGIN:
		ok = of_job(a) ? give_up(d, false, err) : stop_here(d, said, ERR_UNAVAILABLE, err);
		break;
	case DIAGNOSIS_STOP:
		ok = give_up(d, false, err);
		break;
	}
	diagnosis_free(&g);
	return ok;
}

/* The state says what is going to be changed; here it is. A call that was killed here finds
 * the rest. */
static bool phase_fix(struct deploy *d, struct err *err)
{
	struct json *a = deploy_attempt(d);
	struct diagnosis g;
	struct repair repair;
	const char *message = diagnose_attempt(a, &g);
	repair_plan(d, &g, message, d->o->truncate, &repair);
	bool ok = repair_write(d, &repair, err);
	for (const struct json *c = json_first(json_dig(a, "fix.changes")); ok && c;
		c = json_next(c))
		log_info("fixed: %s: %s %s", json_str_or(c, "file", ""), json_str_or(c, "path", ""),
			json_str_or(c, "change", ""));
	repair_free(&repair);
	diagnosis_free(&g);
	return ok && again(d, err);
}

bool deploy_work(struct deploy *d, struct err *err)
{
	static const struct {
		const char *name;
		bool (*work)(struct deploy *, struct err *);
	} all[] = {
		{ "validate", phase_validate }, { "deploy", phase_deploy },
		{ "find_job", phase_find_job }, { "run", phase_run }, { "poll", phase_poll },
		{ "output", phase_output }, { "diagnose", phase_diagnose }, { "fix", phase_fix },
	};
	while (deploy_in_progress(d)) {
		const char *next = json_str_or(d->doc, "next", "");
		size_t i = 0;
		while (i < countof(all) && !streq(all[i].name, next))
			i++;
		if (i == countof(all))
			return err_set(err, ERR_DATA, "%s: $.next: '%s' is no phase: delete the "
				"file",
				d->state_path, next);
		if (!all[i].work(d, err))
			return false;
	}
	return true;
}
