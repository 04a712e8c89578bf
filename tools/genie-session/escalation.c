#include "escalation.h"

#include "folder.h"

#include "json.h"
#include "str.h"

#include <stdio.h>

static struct json *copy_or_null(const struct json *json)
{
	return json ? json_dup(json) : json_new_null();
}

/* ---- errors: a question, and why it fails ---- */
static const char *rationale_of(const struct json *cluster, const char *id)
{
	for (const struct json *e = json_first(json_get(cluster, "evidence")); e; e = json_next(e))
		if (streq(json_str_or(e, "question_id", ""), id))
			return json_str_or(e, "rationale", NULL);
	return NULL;
}

static void add_errors(const struct json *list, struct json *errors)
{
	static const char *const same[] = { "cluster_id", "root_cause", "lever" };
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		for (const struct json *q = json_first(json_get(c, "question_ids")); q;
		     q = json_next(q)) {
			struct json *one = json_push(errors, json_new_object());
			json_set_str(one, "question_id", json_text(q));
			for (size_t i = 0; i < countof(same); i++)
				json_set(one, same[i], copy_or_null(json_get(c, same[i])));
			json_set_str(one, "rationale", rationale_of(c, json_text(q)));
		}
	}
}

/* ---- fixes: every change that was tried, and what became of it ---- */
static struct json *changes_of(const struct iteration *it)
{
	static const char *const same[] = { "patch_id", "type", "target", "column" };
	struct json *changes = json_new_array();
	for (const struct json *p = json_first(json_get(it->patches, "patches")); p;
	     p = json_next(p)) {
		struct json *one = json_push(changes, json_new_object());
		for (size_t i = 0; i < countof(same); i++)
			json_set(one, same[i], copy_or_null(json_get(p, same[i])));
	}
	return changes;
}

static void add_fixes(const struct folder *f, struct json *fixes)
{
	static const char *const same[] = { "iteration", "lever", "action", "retry_of", "reasons" };
	for (size_t i = 1; i < f->n; i++) {
		struct json *one = json_push(fixes, json_new_object());
		for (size_t k = 0; k < countof(same); k++)
			json_set(one, same[k], copy_or_null(json_get(f->v[i].decision, same[k])));
		json_set(one, "changes", changes_of(&f->v[i]));
	}
}

/* ---- hypothesis: what explains most of the failures ---- */
static void add_hypothesis(const struct json *list, struct json *hypotheses)
{
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const struct json *limit = json_get(c, "known_limitation");
		const char *blamed = json_text(json_first(json_get(c, "asi_blame_set")));
		struct json *one = json_push(hypotheses, json_new_object());
		json_set(one, "cluster_id", copy_or_null(json_get(c, "cluster_id")));
		json_set(one, "root_cause", copy_or_null(json_get(c, "root_cause")));
		json_set_int(one, "questions", (int64_t)json_len(json_get(c, "question_ids")));
		json_set_str(one, "object", blamed);
		json_set_int(one, "attempts", json_int_or(c, "attempts", 0));
		json_set(one, "known_limitation", copy_or_null(limit));
		json_set_str(one, "fix_asked_for",
			     json_text(json_first(json_get(c, "asi_counterfactual_fixes"))));
	}
}

static int more_questions(const struct json *a, const struct json *b)
{
	int64_t x = json_int_or(a, "questions", 0), y = json_int_or(b, "questions", 0);
	return x > y ? -1 : x < y;
}

/* ---- scores ---- */
static void add_scores(const struct folder *f, const struct json *progress, struct json *scores)
{
	static const char *const same[] = { "baseline_accuracy", "final_accuracy",
					    "best_overall_accuracy", "accepted_iteration",
					    "held_out", "repeatability_pct" };
	int64_t live = json_int_or(progress, "accepted_iteration", 0);
	const struct json *before = f->n ? json_get(f->v[0].eval, "scores") : NULL;
	const struct json *after = f->n ? json_get(f->v[live].eval, "scores") : NULL;
	for (size_t i = 0; i < countof(same); i++)
		json_set(scores, same[i], copy_or_null(json_get(progress, same[i])));
	json_set(scores, "judges_before", copy_or_null(before));
	json_set(scores, "judges_after", copy_or_null(after));
}

/* ---- deployment: how far it got, and what went wrong on the way ---- */
static struct json *deploy_status(const struct folder *f)
{
	static const char *const parts[] = { "errors", "fixes_tried", "hypothesis" };
	static const char *const whole[] = { "status", "target", "job", "verification" };
	const struct json *told = json_get(f->deploy, "escalation");
	const struct json *status = json_get(told, "deploy_status");
	if (!f->deploy)
		return json_new_null();
	struct json *o = json_is(status, JSON_OBJECT) ? json_dup(status) : json_new_object();
	for (size_t i = 0; i < countof(whole); i++)
		json_set(o, whole[i], copy_or_null(json_get(f->deploy, whole[i])));
	for (size_t i = 0; i < countof(parts); i++) {
		const struct json *part = json_get(told, parts[i]);
		json_set(o, parts[i], part ? json_dup(part) : json_new_array());
	}
	return o;
}

/* ---- recommendation ---- */
static void add_limitations(const struct json *hypotheses, struct json *texts)
{
	for (const struct json *h = json_first(hypotheses); h; h = json_next(h)) {
		const struct json *limit = json_get(h, "known_limitation");
		if (json_is(limit, JSON_OBJECT))
			json_push_strf(texts, "%s: a known limitation of Genie (%s): %s",
				       json_str_or(h, "cluster_id", ""),
				       json_str_or(limit, "id", ""),
				       json_str_or(limit, "workaround", ""));
	}
}

static size_t count_action(const struct folder *f, const char *action)
{
	size_t n = 0;
	for (size_t i = 1; i < f->n; i++)
		n += streq(json_str_or(f->v[i].decision, "action", ""), action);
	return n;
}

static bool undecidable(const struct folder *f)
{
	for (size_t i = 1; i < f->n; i++)
		if (streq(json_str_or(json_get(f->v[i].decision, "evidence"), "verdict", ""),
			  "undecidable"))
			return true;
	return false;
}

static void add_recommendation(const struct folder *f, const struct json *document,
			       const struct json *progress, struct json *texts)
{
	const struct json *hypotheses = json_get(document, "hypothesis");
	const struct json *first = json_first(hypotheses);
	const struct json *deploy = json_dig(f->deploy, "escalation.recommendation");
	for (const struct json *r = json_first(deploy); r; r = json_next(r))
		json_push(texts, json_dup(r));
	add_limitations(hypotheses, texts);
	if (first)
		json_push_strf(texts, "Look at %s first: %lld failing question(s), %s%s%s. "
			       "Open two of them in the space and change what Genie reads by hand.",
			       json_str_or(first, "cluster_id", ""),
			       (long long)json_int_or(first, "questions", 0),
			       json_str_or(first, "root_cause", "other"),
			       json_str_or(first, "object", NULL) ? " at " : "",
			       json_str_or(first, "object", ""));
	for (int lever = 1; lever <= 6; lever++) {
		char key[8];
		snprintf(key, sizeof key, "%d", lever);
		const struct json *audit = json_get(json_get(progress, "lever_audit"), key);
		const char *skipped = json_str_or(audit, "skip_reason", "");
		if (json_bool_or(audit, "attempted", false) ||
		    streq(skipped, "no_proposals_generated"))
			continue;
		if (starts_with(skipped, "only changes of high risk"))
			json_push_strf(texts, "Decide about lever %d. It has %s.", lever, skipped);
		else
			json_push_strf(texts, "Lever %d was never tried: "
				       "run again with it and more iterations.", lever);
	}
	if (count_action(f, "rollback") && undecidable(f))
		json_push_strf(texts, "The benchmark is too small to tell a change from noise: "
			       "add questions, or ask each several times (REPEAT=3).");
	if (json_len(json_get(progress, "benchmark_corrections")))
		json_push_strf(texts, "The arbiter doubts expected SQL: "
			       "look at benchmark_corrections before more metadata is changed.");
	if (!json_len(texts))
		json_push_str(texts, "Ask the failing questions by hand in the space.");
}

void escalate(const struct folder *folder, const struct json *progress, struct json *document)
{
	static const char *const same[] = { "status", "space_id", "domain", "current_iteration",
					    "convergence_reason" };
	static const char *const lists[] = { "clusters", "long_tail" };
	for (size_t i = 0; i < countof(same); i++)
		json_set(document, same[i], copy_or_null(json_get(progress, same[i])));
	struct json *errors = json_set(document, "errors", json_new_array());
	add_fixes(folder, json_set(document, "fixes_tried", json_new_array()));
	struct json *hypotheses = json_set(document, "hypothesis", json_new_array());
	for (size_t i = 0; i < countof(lists); i++) {
		const struct json *list = json_get(folder->clusters, lists[i]);
		add_errors(list, errors);
		add_hypothesis(list, hypotheses);
	}
	json_sort(hypotheses, more_questions);
	add_scores(folder, progress, json_set(document, "scores", json_new_object()));
	json_set(document, "deploy_status", deploy_status(folder));
	add_recommendation(folder, document, progress,
			   json_set(document, "recommendation", json_new_array()));
}
