/* What a person has to know when a deployment gets no further: the six parts of an escalation. */
#include "deploy.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>

static struct json *copy_or_null(const struct json *json)
{
	return json ? json_dup(json) : json_new_null();
}

static void copy_members(struct json *to, const struct json *from, const char *const *keys)
{
	for (; *keys; keys++)
		json_set(to, *keys, copy_or_null(json_get(from, *keys)));
}

/* ---- errors, with the ids of their runs ---- */
static void add_errors(const struct json *attempt, struct json *errors)
{
	static const char *const whole[] = { "attempt", "phase", "run_id", "run_url", NULL };
	static const char *const task[] = { "task_key", "run_id", "run_url", "message", NULL };
	const struct json *tasks = json_get(attempt, "task_errors");
	const struct json *code = json_dig(attempt, "diagnosis.code");
	for (const struct json *t = json_first(tasks); t; t = json_next(t)) {
		struct json *one = json_push(errors, json_new_object());
		copy_members(one, attempt, whole);
		copy_members(one, t, task);
		json_set(one, "code", copy_or_null(code));
	}
	if (!json_len(tasks) && json_is(json_get(attempt, "diagnosis"), JSON_OBJECT)) {
		struct json *one = json_push(errors, json_new_object());
		copy_members(one, attempt, whole);
		json_set_str(one, "task_key", NULL);
		json_set(one, "message", copy_or_null(json_get(attempt, "message")));
		json_set(one, "code", copy_or_null(code));
	}
}

/* ---- fixes ---- */
static void add_fixes(const struct json *attempt, struct json *fixes)
{
	static const char *const keys[] = { "file", "path", "change", NULL };
	const struct json *changes = json_dig(attempt, "fix.changes");
	for (const struct json *c = json_first(changes); c; c = json_next(c)) {
		struct json *one = json_push(fixes, json_new_object());
		json_set(one, "attempt", copy_or_null(json_get(attempt, "attempt")));
		copy_members(one, c, keys);
	}
}

/* ---- hypothesis: what was found out, and how often ---- */
static struct json *known(struct json *list, const char *code)
{
	for (struct json *h = json_first(list); h; h = json_next(h))
		if (streq(json_str_or(h, "code", ""), code))
			return h;
	struct json *h = json_push(list, json_new_object());
	json_set_str(h, "code", code);
	json_set_int(h, "attempts", 0);
	return h;
}

static void add_hypothesis(const struct json *attempt, struct json *list)
{
	const struct json *diagnosis = json_get(attempt, "diagnosis");
	static const char *const keys[] = { "text", "places", NULL };
	if (!json_is(diagnosis, JSON_OBJECT))
		return;
	struct json *h = known(list, json_str_or(diagnosis, "code", "unknown"));
	json_set_int(h, "attempts", json_int_or(h, "attempts", 0) + 1);
	copy_members(h, diagnosis, keys);
}

static int more_attempts(const struct json *a, const struct json *b)
{
	int64_t x = json_int_or(a, "attempts", 0), y = json_int_or(b, "attempts", 0);
	return x > y ? -1 : x < y;
}

/* ---- scores ---- */
static struct json *scores_of(const struct json *eval)
{
	static const char *const keys[] = { "overall_accuracy", "repeatability_pct",
		"total_questions", "correct", NULL };
	struct json *scores = json_new_object();
	if (!eval) {
		json_free(scores);
		return json_new_null();
	}
	copy_members(scores, eval, keys);
	return scores;
}

/* ---- how far the deployment got ---- */
static const char *step_outcome(const struct json *attempt, const char *phase)
{
	const char *outcome = "not reached";
	for (const struct json *s = json_first(json_get(attempt, "steps")); s; s = json_next(s))
		if (streq(json_str_or(s, "phase", ""), phase))
			outcome = json_int_or(s, "exit_status", 0) ? "failed" : "done";
	return outcome;
}

static struct json *deploy_status(const struct json *doc, const struct json *last)
{
	static const char *const keys[] = { "phase", "run_id", "run_url", "states", NULL };
	struct json *status = json_new_object();
	json_set(status, "status", copy_or_null(json_get(doc, "status")));
	json_set(status, "target", copy_or_null(json_get(doc, "target")));
	json_set_int(status, "attempts", (int64_t)json_len(json_get(doc, "attempts")));
	json_set_str(status, "bundle_validate", step_outcome(last, "validate"));
	json_set_str(status, "bundle_deploy", step_outcome(last, "deploy"));
	copy_members(status, last, keys);
	return status;
}

/* ---- what to do ---- */
static void push(struct json *texts, char *text)
{
	json_push_str(texts, text);
	free(text);
}

static void recommend(const struct json *doc, const struct json *last, struct json *texts)
{
	const struct json *diagnosis = json_get(last, "diagnosis");
	const struct json *verification = json_get(doc, "verification");
	const char *code = json_str_or(diagnosis, "code", "unknown");
	const char *url = json_str_or(last, "run_url", NULL);
	if (json_is(verification, JSON_OBJECT)) {
		for (const struct json *m = json_first(json_get(verification, "missing")); m;
		     m = json_next(m))
			push(texts, xasprintf("Compare %s at %s with the space in the workspace, "
				"and write what is to stay into the file.",
				json_str_or(m, "file", "the "
				"export"),
				json_str_or(m, "path", "its place")));
		push(texts, xstrdup("Ask the questions that pass before and fail after by hand in "
			"the deployed space: the change that is missing shows there."));
		return;
	}
	if (streq(code, "unknown"))
		push(texts, xasprintf("Read the message of the %s phase%s%s: it is not among those "
			"that are known.", json_str_or(last, "phase", ""), url ? " at " : "", url ?
			url : ""));
	else
		push(texts, xasprintf("%s: %s.", json_str_or(diagnosis, "text", ""),
			json_str_or(diagnosis, "advice", "")));
	if (json_is(json_get(last, "run_id"), JSON_STRING) && url && !streq(code, "unknown"))
		push(texts, xasprintf("Open the failed run: %s", url));
	push(texts, xasprintf("Then deploy again: genie-deploy --bundle %s --target %s",
		json_str_or(doc, "bundle", "."), json_str_or(doc, "target", "")));
}

struct json *escalation(const struct json *doc, const struct json *before,
	const struct json *after)
{
	static const char *const parts[] = { "errors", "fixes_tried", "hypothesis" };
	const struct json *attempts = json_get(doc, "attempts");
	const struct json *last = json_at(attempts, json_len(attempts) - 1);
	struct json *e = json_new_object();
	for (size_t i = 0; i < countof(parts); i++)
		json_set(e, parts[i], json_new_array());
	for (const struct json *a = json_first(attempts); a; a = json_next(a)) {
		add_errors(a, json_get(e, "errors"));
		add_fixes(a, json_get(e, "fixes_tried"));
		add_hypothesis(a, json_get(e, "hypothesis"));
	}
	json_sort(json_get(e, "hypothesis"), more_attempts);
	struct json *scores = json_set(e, "scores", json_new_object());
	json_set(scores, "before", scores_of(before));
	json_set(scores, "after", scores_of(after));
	json_set(e, "deploy_status", deploy_status(doc, last));
	recommend(doc, last, json_set(e, "recommendation", json_new_array()));
	return e;
}
