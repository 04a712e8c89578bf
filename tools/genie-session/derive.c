#include "derive.h"

#include "folder.h"
#include "frontier.h"

#include "clock.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json *copy_or_null(const struct json *json)
{
	return json ? json_dup(json) : json_new_null();
}

static double accuracy(const struct iteration *it)
{
	return json_num_or(it->eval, "overall_accuracy", 0);
}

static const struct iteration *best_of(const struct folder *f)
{
	const struct iteration *best = f->n ? &f->v[0] : NULL;
	for (size_t i = 1; i < f->n; i++)
		if (folder_accepted(&f->v[i]) && folder_full(&f->v[i]) && accuracy(&f->v[i]) > accuracy(best))
			best = &f->v[i];
	return best;
}

/* A part of a set that was rolled back, tried alone: no pull of a lever of its own. */
static bool is_retry(const struct iteration *it)
{
	return json_is(json_get(it->decision, "retry_of"), JSON_NUMBER);
}

/* Parts of the last set that are still to be tried alone. */
static size_t retries_left(const struct folder *f)
{
	size_t last = f->n - 1, done = 0;
	while (last > 0 && is_retry(&f->v[last])) {
		last--;
		done++;
	}
	size_t units = json_len(json_get(json_get(f->v[last].decision, "retry"), "units"));
	return units > done ? units - done : 0;
}

static int levers_pulled(const struct folder *f)
{
	int n = 0;
	for (size_t i = 1; i < f->n; i++)
		n += !is_retry(&f->v[i]);
	return n;
}

/* ---- status ---- */
#define GOOD_ENOUGH 90.0 /* accuracy at which used-up iterations are accepted (loop.md) */

struct status {
	const char *word;
	char reason[400];
};

static void add_text(struct status *s, const char *format, ...) PRINTF_LIKE(2, 3);
static void add_text(struct status *s, const char *format, ...)
{
	size_t at = strlen(s->reason);
	va_list ap;
	va_start(ap, format);
	vsnprintf(s->reason + at, sizeof s->reason - at, format, ap);
	va_end(ap);
}

/* Whether what was reached is accepted, and what remains. */
static void add_verdict(const struct folder *f, struct status *s)
{
	const struct iteration *live = folder_live(f);
	const struct json *failures = live ? json_get(live->eval, "failures") : NULL;
	size_t n = 0;
	if (!live)
		return;
	bool good = accuracy(live) >= GOOD_ENOUGH;
	add_text(s, "; %.2f %% is %s", accuracy(live),
		 good ? "accepted" : "below the 90 % at which it would be accepted");
	if (!good || !json_len(failures))
		return;
	add_text(s, " with the remaining issues: ");
	for (const struct json *id = json_first(failures); id && n < 10; id = json_next(id), n++)
		add_text(s, "%s%.40s", n ? ", " : "", json_text(id));
	if (json_len(failures) > n)
		add_text(s, " and %zu more", json_len(failures) - n);
}

static void used_up(const struct folder *f, int max_iterations, struct status *s)
{
	int64_t streak = json_int_or(f->v[f->n - 1].decision, "no_improvement_streak", 0);
	s->word = streak >= 2 ? "stalled" : "max_iterations";
	if (f->stopped)
		add_text(s, "%.200s", json_str_or(f->stopped, "reason", ""));
	else
		add_text(s, "%d iterations are used up", max_iterations);
	if (streak >= 2)
		add_text(s, " and the last %d brought no improvement", (int)streak);
	else
		add_verdict(f, s);
}

/* A deployment that failed is for a person, however far the loop came. */
static void add_deployment(const struct folder *f, struct status *s)
{
	const char *status = json_str_or(f->deploy, "status", "SUCCESS");
	if (streq(status, "SUCCESS") || streq(s->word, "in_progress"))
		return;
	s->word = "escalated";
	add_text(s, "%sthe deployment to %.80s ended with %.40s", *s->reason ? "; " : "",
		 json_str_or(f->deploy, "target", ""), status);
}

static struct status status_of(const struct folder *f, int max_iterations)
{
	struct status s = { "in_progress", "" };
	const struct iteration *last = f->n ? &f->v[f->n - 1] : NULL;
	if (!last)
		return s;
	if (streq(json_str_or(last->decision, "decision", ""), "converged")) {
		s.word = "converged";
		add_text(&s, "every judge reaches its target");
	} else if (f->stopped) {
		used_up(f, max_iterations, &s);
	} else if (f->n == 1) {
		s.word = "evaluated";
	} else if (levers_pulled(f) >= max_iterations && !retries_left(f)) {
		used_up(f, max_iterations, &s);
	}
	add_deployment(f, &s);
	return s;
}

/* ---- parts ---- */
static size_t count_applied(const struct iteration *it)
{
	size_t n = 0;
	for (const struct json *p = json_first(json_get(it->apply, "patches")); p; p = json_next(p)) {
		const char *status = json_str_or(p, "status", "");
		n += streq(status, "applied") || streq(status, "already");
	}
	return n;
}

/* What became of a verdict for Genie: "corrected" in the copy, or the status of the triage. */
static void note_correction(const struct json *triage, struct json *action)
{
	const char *id = json_str_or(action, "question_id", "");
	const char *status = json_str_or(triage, "status", "noted");
	for (const struct json *c = json_first(json_get(triage, "corrections")); c; c = json_next(c)) {
		if (!streq(json_str_or(c, "question_id", ""), id))
			continue;
		json_set(action, "previous_sql", copy_or_null(json_get(c, "previous_sql")));
		json_set(action, "expected_sql", copy_or_null(json_get(c, "expected_sql")));
		json_set_str(action, "status", status);
		return;
	}
	json_set_str(action, "status", streq(status, "proposed") ? status : "noted");
}

/* Corrections that earlier verdicts brought, about questions of which this one said nothing. */
static void add_earlier(const struct json *triage, struct json *out)
{
	for (const struct json *c = json_first(json_get(triage, "corrections")); c; c = json_next(c)) {
		bool there = false;
		for (const struct json *o = json_first(out); o && !there; o = json_next(o))
			there = streq(json_str_or(o, "question_id", ""),
				      json_str_or(c, "question_id", ""));
		if (!there)
			note_correction(triage, json_push(out, json_dup(c)));
	}
}

static struct json *corrections(const struct iteration *it)
{
	const struct json *eval = it->eval;
	struct json *out = json_new_array();
	for (const struct json *a = json_first(json_get(eval, "arbiter_actions")); a; a = json_next(a))
		if (streq(json_str_or(a, "verdict", ""), "genie_correct"))
			note_correction(it->triage, json_push(out, json_dup(a)));
	add_earlier(it->triage, out);
	return out;
}

/* An id of a note of what was logged; null while it waits in the spool ("spool:UUID"). */
static struct json *logged(const struct json *note, const char *field)
{
	const char *id = json_str_or(note, field, "");
	return *id && !starts_with(id, "spool:") ? json_new_str(id) : json_new_null();
}

static void write_iteration(const struct iteration *it, const char *next, struct json *array)
{
	char when[CLOCK_RFC3339_SIZE];
	struct json *out = json_push(array, json_new_object());
	json_set_int(out, "iteration", it->number);
	json_set_str(out, "timestamp", clock_rfc3339(it->finished_ms, when));
	json_set(out, "model_id", logged(it->track, "model_id"));
	json_set(out, "mlflow_run_id", logged(it->track, "mlflow_run_id"));
	json_set(out, "config_id", copy_or_null(json_get(it->space, "config_id")));
	json_set(out, "lever", copy_or_null(json_get(it->decision, "lever")));
	json_set(out, "decision", copy_or_null(json_get(it->decision, "decision")));
	json_set(out, "action", copy_or_null(json_get(it->decision, "action")));
	json_set_bool(out, "kept", it->kept);
	json_set(out, "scope", copy_or_null(json_get(it->eval, "scope")));
	json_set(out, "overall_accuracy", copy_or_null(json_get(it->eval, "overall_accuracy")));
	json_set(out, "accuracy_ci95", copy_or_null(json_get(it->eval, "accuracy_ci95")));
	json_set(out, "total_questions", copy_or_null(json_get(it->eval, "total_questions")));
	json_set(out, "correct_count", copy_or_null(json_get(it->eval, "correct")));
	json_set(out, "failures", copy_or_null(json_get(it->eval, "failures")));
	json_set(out, "scores", copy_or_null(json_get(it->eval, "scores")));
	json_set_int(out, "proposals_generated", (int64_t)json_len(json_get(it->patches, "patches")));
	json_set_int(out, "proposals_applied", (int64_t)count_applied(it));
	json_set(out, "arbiter_corrections", corrections(it));
	json_set(out, "rescored", copy_or_null(json_get(it->triage, "rescored")));
	json_set(out, "retry_of", copy_or_null(json_get(it->decision, "retry_of")));
	json_set_str(out, "next_action", next);
}

static const char *next_action(const struct folder *f, size_t i, const char *status)
{
	if (i + 1 < f->n)
		return is_retry(&f->v[i + 1]) ? "a part of the set, alone" : "next lever";
	if (retries_left(f))
		return "a part of the set, alone";
	return streq(status, "in_progress") || streq(status, "evaluated") ? "next lever" : "finish";
}

static void write_iterations(const struct folder *f, const char *status, struct json *document)
{
	struct json *iterations = json_set(document, "iterations", json_new_array());
	struct json *history = json_set(document, "score_history", json_new_array());
	for (size_t i = 0; i < f->n; i++) {
		write_iteration(&f->v[i], next_action(f, i, status), iterations);
		struct json *point = json_push(history, json_new_object());
		json_set_int(point, "iteration", f->v[i].number);
		json_set(point, "overall_accuracy", copy_or_null(json_get(f->v[i].eval, "overall_accuracy")));
		json_set_bool(point, "accepted", folder_accepted(&f->v[i]));
	}
}

static struct json *lever_slot(struct json *object, int64_t lever)
{
	char key[24];
	snprintf(key, sizeof key, "%lld", (long long)lever);
	struct json *slot = json_get(object, key);
	return slot ? slot : json_set(object, key, json_new_object());
}

static void init_levers(struct json *impacts, struct json *audit)
{
	for (int lever = 1; lever <= 6; lever++) {
		struct json *a = lever_slot(audit, lever);
		lever_slot(impacts, lever);
		json_set_bool(a, "attempted", false);
		json_set_int(a, "proposals_generated", 0);
		json_set_int(a, "proposals_applied", 0);
		json_set(a, "skip_reason", json_new_null());
	}
}

static void note_skipped(const struct json *list, struct json *audit)
{
	for (const struct json *s = json_first(list); s; s = json_next(s)) {
		struct json *slot = lever_slot(audit, json_int_or(s, "lever", 0));
		if (!json_bool_or(slot, "attempted", false))
			json_set_str(slot, "skip_reason", json_str_or(s, "skip_reason", ""));
	}
}

static void add_count(struct json *object, const char *key, size_t n)
{
	json_set_int(object, key, json_int_or(object, key, 0) + (int64_t)n);
}

/* One lever of an iteration, which may combine several. */
static void note_attempt(const struct iteration *it, int64_t lever, struct json *impacts,
			 struct json *audit)
{
	size_t proposed = 0, applied = 0;
	for (const struct json *p = json_first(json_get(it->patches, "patches")); p; p = json_next(p)) {
		bool its = json_int_or(p, "lever", lever) == lever;
		proposed += its;
		applied += its && folder_applied(it, json_str_or(p, "patch_id", ""));
	}
	struct json *slot = lever_slot(audit, lever), *impact = lever_slot(impacts, lever);
	json_set_bool(slot, "attempted", true);
	json_set(slot, "skip_reason", json_new_null());
	/* the parts of a set are counted with the set, and tell of the lever when they stay */
	if (!is_retry(it)) {
		add_count(slot, "proposals_generated", proposed);
		add_count(slot, "proposals_applied", applied);
	} else if (!folder_accepted(it)) {
		return;
	}
	const struct json *full = json_dig(it->decision, "gates.full");
	const struct json *before = json_get(full, "before"), *after = json_get(full, "after");
	double from = 0, to = 0;
	bool both = json_as_num(before, &from) && json_as_num(after, &to);
	json_set(impact, "before", copy_or_null(before));
	json_set(impact, "after", copy_or_null(after));
	json_set_int(impact, "proposals", (int64_t)proposed);
	json_set(impact, "delta", both ? json_new_num(round((to - from) * 100) / 100) : json_new_null());
	json_set_bool(impact, "kept", it->kept);
}

static void note_attempts(const struct iteration *it, struct json *impacts, struct json *audit)
{
	const struct json *levers = json_get(it->decision, "levers");
	int64_t only = json_int_or(it->decision, "lever", 0);
	for (int64_t lever = 1; lever <= 6; lever++) {
		bool pulled = lever == only && !json_len(levers);
		for (const struct json *l = json_first(levers); l; l = json_next(l)) {
			int64_t one = 0;
			pulled = pulled || (json_as_int(l, &one) && one == lever);
		}
		if (pulled)
			note_attempt(it, lever, impacts, audit);
	}
}

/* At the end, why a lever whose turn never came was not pulled. */
static void note_unreached(const struct json *document, struct json *audit)
{
	const char *status = json_str_or(document, "status", "");
	const char *why = streq(status, "converged") ? "every target is met" :
			  streq(status, "max_iterations") || streq(status, "stalled") ?
			  "the iterations are used up" : NULL;
	for (struct json *slot = json_first(audit); why && slot; slot = json_next(slot))
		if (!json_bool_or(slot, "attempted", false) && !json_str_or(slot, "skip_reason", NULL))
			json_set_str(slot, "skip_reason", why);
}

static void write_levers(const struct folder *f, struct json *document)
{
	struct json *impacts = json_set(document, "lever_impacts", json_new_object());
	struct json *audit = json_set(document, "lever_audit", json_new_object());
	init_levers(impacts, audit);
	for (size_t i = 0; i < f->n; i++) {
		note_skipped(json_get(f->v[i].skipped, "skipped") ? json_get(f->v[i].skipped, "skipped") :
			     f->v[i].skipped, audit);
		note_attempts(&f->v[i], impacts, audit);
	}
	note_skipped(json_get(f->stopped, "skipped"), audit);
	note_unreached(document, audit);
	for (int lever = 1; lever <= 6; lever++) {
		char key[16];
		snprintf(key, sizeof key, "%d", lever);
		if (!json_first(json_get(impacts, key)))
			json_remove(impacts, key);
	}
}

static void write_patches(const struct folder *f, struct json *document)
{
	struct json *history = json_set(document, "patch_history", json_new_array());
	struct json *objects = json_set(document, "patched_objects", json_new_array());
	struct strlist names = { 0 };
	const struct json *current = NULL;
	for (size_t i = 0; i < f->n; i++) {
		const struct iteration *it = &f->v[i];
		if (it->kept && it->patches)
			current = json_get(it->patches, "patches");
		for (const struct json *p = json_first(json_get(it->patches, "patches")); p; p = json_next(p)) {
			struct json *one = json_push(history, json_new_object());
			json_set_int(one, "iteration", it->number);
			json_set(one, "patch_id", copy_or_null(json_get(p, "patch_id")));
			json_set(one, "type", copy_or_null(json_get(p, "type")));
			json_set(one, "target", copy_or_null(json_get(p, "target")));
			json_set(one, "risk", copy_or_null(json_get(p, "risk")));
			json_set_bool(one, "kept", it->kept);
			if (it->kept && json_str_or(p, "target", NULL))
				strlist_add_new(&names, json_str_or(p, "target", NULL));
		}
	}
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		json_push_str(objects, names.v[i]);
	strlist_free(&names);
	json_set(document, "current_patch_set", current ? json_dup(current) : json_new_array());
}

static void set_conf(struct json *document, const char *key, const struct json *conf, const char *name)
{
	const char *value = json_str_or(conf, name, "");
	json_set_str(document, key, *value ? value : NULL);
}

static void write_head(const struct folder *f, struct json *document)
{
	char when[CLOCK_RFC3339_SIZE];
	const char *domain = json_str_or(f->conf, "DOMAIN", NULL);
	const struct json *space = f->n ? f->v[0].space : NULL;
	set_conf(document, "space_id", f->conf, "SPACE");
	if (json_str_or(space, "space_id", NULL))
		json_set_str(document, "space_id", json_str_or(space, "space_id", NULL));
	json_set_str(document, "domain", domain);
	json_set(document, "cli_profile", json_new_null());
	const struct iteration *live = folder_live(f);
	json_set(document, "experiment_name", logged(f->track, "experiment_name"));
	json_set(document, "experiment_id", logged(f->track, "experiment_id"));
	json_set(document, "model_id", logged(live ? live->track : NULL, "model_id"));
	set_conf(document, "uc_schema", f->conf, "UC_SCHEMA");
	json_set(document, "started_at", f->started_ms ?
		 json_new_str(clock_rfc3339(f->started_ms, when)) : json_new_null());
}

static void write_best(const struct folder *f, struct json *document)
{
	const struct iteration *best = best_of(f), *live = folder_live(f);
	json_set(document, "best_overall_accuracy", best ? copy_or_null(json_get(best->eval, "overall_accuracy")) :
		 json_new_null());
	json_set(document, "best_iteration", best ? json_new_int(best->number) : json_new_null());
	json_set(document, "baseline_accuracy", f->n ? copy_or_null(json_get(f->v[0].eval, "overall_accuracy")) :
		 json_new_null());
	json_set(document, "final_accuracy", live ? copy_or_null(json_get(live->eval, "overall_accuracy")) :
		 json_new_null());
	json_set(document, "accepted_iteration", live ? json_new_int(live->number) : json_new_null());
	json_set(document, "remaining_failures", live && json_get(live->eval, "failures") ?
		 json_dup(json_get(live->eval, "failures")) : json_new_array());
}

static struct json *apart(const struct json *eval)
{
	struct json *out = json_new_object();
	static const char *const fields[] = { "evaluated", "correct", "overall_accuracy", "accuracy_ci95" };
	if (!eval) {
		json_free(out);
		return json_new_null();
	}
	for (size_t i = 0; i < countof(fields); i++)
		json_set(out, fields[i], copy_or_null(json_get(eval, fields[i])));
	return out;
}

/* What steered the optimization and what did not, each alone: train that rises without the
 * others is learnt by heart. */
static void write_splits(const struct folder *f, struct json *document)
{
	for (size_t i = 0; i < FOLDER_SPLITS; i++) {
		struct json *both = json_set(document, folder_splits[i], json_new_object());
		json_set(both, "before", apart(f->split_before[i]));
		json_set(both, "after", apart(f->split_after[i]));
	}
	struct json *both = json_set(document, "held_out", json_new_object());
	json_set(both, "before", apart(f->held_out_before));
	json_set(both, "after", apart(f->held_out_after));
}

/* How far it got, and what is right of what is deployed. */
static void write_deployment(const struct folder *f, struct json *document)
{
	static const char *const same[] = { "status", "target", "host", "finished_at" };
	const struct json *attempts = json_get(f->deploy, "attempts");
	const struct json *last = json_at(attempts, json_len(attempts) - 1);
	if (!f->deploy)
		return;
	struct json *o = json_set(document, "deployment", json_new_object());
	for (size_t i = 0; i < countof(same); i++)
		json_set(o, same[i], copy_or_null(json_get(f->deploy, same[i])));
	json_set_int(o, "attempts", (int64_t)json_len(attempts));
	json_set(o, "run_id", copy_or_null(json_get(last, "run_id")));
	json_set(o, "run_url", copy_or_null(json_get(last, "run_url")));
	json_set(o, "accuracy", copy_or_null(json_get(f->post_deploy, "overall_accuracy")));
	json_set(o, "fixes", copy_or_null(json_dig(f->deploy, "verification.fixes")));
}

/* What is as it would have been without searching and choosing is of a lower level. */
static const char *level_of(const struct folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].choice)
			return "L3";
	return f->searched ? "L2" : "L1";
}

/* What was preferred at the end to what had been accepted last. */
static void write_choice(const struct folder *f, struct json *document)
{
	const struct json *choice = f->n ? f->v[f->n - 1].choice : NULL;
	struct json *o = json_set(document, "choice", choice ? json_new_object() : json_new_null());
	if (!choice)
		return;
	json_set(o, "iteration", copy_or_null(json_get(choice, "iteration")));
	json_set(o, "instead_of", copy_or_null(json_get(f->v[f->n - 1].decision, "accepted_iteration")));
	json_set(o, "prefer", copy_or_null(json_get(choice, "prefer")));
	json_set(o, "evidence", copy_or_null(json_get(choice, "evidence")));
	json_set(o, "reasons", copy_or_null(json_get(choice, "reasons")));
	struct json *undone = json_set(o, "taken_back", json_new_array());
	for (size_t i = 0; i < f->n; i++)
		if (folder_accepted(&f->v[i]) && !f->v[i].kept)
			json_push(undone, json_new_int(f->v[i].number));
}

static void write_rest(const struct folder *f, struct json *document)
{
	write_splits(f, document);
	write_deployment(f, document);
	write_choice(f, document);
	json_set_str(document, "maturity_level", level_of(f));
	struct json *all = json_set(document, "benchmark_corrections", json_new_array());
	for (size_t i = 0; i < f->n; i++) {
		struct json *some = corrections(&f->v[i]);
		for (struct json *c = json_first(some); c; c = json_next(c))
			json_set_int(json_push(all, json_dup(c)), "iteration", f->v[i].number);
		json_free(some);
	}
	const char *schema = json_str_or(f->conf, "UC_SCHEMA", "");
	char *name = *schema ? xasprintf("%s.genie_benchmarks_%s", schema,
					 json_str_or(f->conf, "DOMAIN", "")) : NULL;
	json_set_str(document, "eval_dataset_name", json_str_or(f->track, "dataset", name));
	free(name);
	json_set_bool(document, "use_patch_dsl", true);
	json_set(document, "repeatability_pct", copy_or_null(json_get(f->repeatability, "repeatability_pct")));
	json_set(document, "best_repeatability", copy_or_null(json_get(f->repeatability, "repeatability_pct")));
	json_set_int(document, "repeatability_target", 90);
	json_set(document, "promoted_model_id", logged(f->track_end, "promoted_model_id"));
	json_set(document, "stages", json_dup(f->stages));
}

void derive(const struct folder *folder, int max_iterations, struct json *document)
{
	struct status status = status_of(folder, max_iterations);
	write_head(folder, document);
	json_set_int(document, "current_iteration", folder->n ? folder->v[folder->n - 1].number : 0);
	json_set_int(document, "max_iterations", max_iterations);
	json_set_str(document, "status", status.word);
	json_set_str(document, "convergence_reason", *status.reason ? status.reason : NULL);
	write_best(folder, document);
	write_iterations(folder, status.word, document);
	write_levers(folder, document);
	write_patches(folder, document);
	frontier_write(folder, document);
	write_rest(folder, document);
}
