#include "derive.h"

#include "folder.h"

#include "clock.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Patch cost by risk (loop.md, "Pareto frontier"). */
static long risk_cost(const char *risk)
{
	return streq(risk, "high") ? 3 : streq(risk, "medium") ? 2 : 1;
}

static struct json *copy_or_null(const struct json *json)
{
	return json ? json_dup(json) : json_new_null();
}

static bool accepted(const struct iteration *it)
{
	return streq(json_str_or(it->decision, "action", ""), "accept");
}

/* Only full evaluations can be compared with each other. */
static bool is_full(const struct iteration *it)
{
	return streq(json_str_or(it->eval, "scope", "full"), "full");
}

static double accuracy(const struct iteration *it)
{
	return json_num_or(it->eval, "overall_accuracy", 0);
}

static const struct iteration *best_of(const struct folder *f)
{
	const struct iteration *best = f->n ? &f->v[0] : NULL;
	for (size_t i = 1; i < f->n; i++)
		if (accepted(&f->v[i]) && is_full(&f->v[i]) && accuracy(&f->v[i]) > accuracy(best))
			best = &f->v[i];
	return best;
}

static const struct iteration *last_accepted(const struct folder *f)
{
	for (size_t i = f->n; i-- > 0;)
		if (accepted(&f->v[i]))
			return &f->v[i];
	return NULL;
}

/* ---- status ---- */
struct status {
	const char *word;
	char reason[300];
};

static struct status status_of(const struct folder *f, int max_iterations)
{
	struct status s = { "in_progress", "" };
	const struct iteration *last = f->n ? &f->v[f->n - 1] : NULL;
	if (!last)
		return s;
	int64_t streak = json_int_or(last->decision, "no_improvement_streak", 0);
	if (streq(json_str_or(last->decision, "decision", ""), "converged")) {
		s.word = "converged";
		snprintf(s.reason, sizeof s.reason, "every judge reaches its target");
	} else if (f->stopped) {
		s.word = streak >= 2 ? "stalled" : "max_iterations";
		snprintf(s.reason, sizeof s.reason, "%.250s", json_str_or(f->stopped, "reason", ""));
	} else if (f->n == 1) {
		s.word = "evaluated";
	} else if ((int)f->n - 1 >= max_iterations) {
		s.word = streak >= 2 ? "stalled" : "max_iterations";
		snprintf(s.reason, sizeof s.reason, streak >= 2 ?
			 "%d iterations are used up and the last %d brought no improvement" :
			 "%d iterations are used up", max_iterations, (int)streak);
	}
	return s;
}

/* ---- parts ---- */
static bool is_applied(const struct iteration *it, const char *patch_id)
{
	for (const struct json *p = json_first(json_get(it->apply, "patches")); p; p = json_next(p)) {
		const char *status = json_str_or(p, "status", "");
		if (streq(json_str_or(p, "patch_id", ""), patch_id))
			return streq(status, "applied") || streq(status, "already");
	}
	return false;
}

static size_t count_applied(const struct iteration *it)
{
	size_t n = 0;
	for (const struct json *p = json_first(json_get(it->apply, "patches")); p; p = json_next(p)) {
		const char *status = json_str_or(p, "status", "");
		n += streq(status, "applied") || streq(status, "already");
	}
	return n;
}

static struct json *corrections(const struct json *eval)
{
	struct json *out = json_new_array();
	for (const struct json *a = json_first(json_get(eval, "arbiter_actions")); a; a = json_next(a))
		if (streq(json_str_or(a, "verdict", ""), "genie_correct"))
			json_push(out, json_dup(a));
	return out;
}

static void write_iteration(const struct iteration *it, const char *next, struct json *array)
{
	char when[CLOCK_RFC3339_SIZE];
	struct json *out = json_push(array, json_new_object());
	json_set_int(out, "iteration", it->number);
	json_set_str(out, "timestamp", clock_rfc3339(it->finished_ms, when));
	json_set(out, "model_id", copy_or_null(json_get(it->model, "model_id")));
	json_set(out, "mlflow_run_id", copy_or_null(json_get(it->model, "mlflow_run_id")));
	json_set(out, "config_id", copy_or_null(json_get(it->space, "config_id")));
	json_set(out, "lever", copy_or_null(json_get(it->decision, "lever")));
	json_set(out, "decision", copy_or_null(json_get(it->decision, "decision")));
	json_set(out, "action", copy_or_null(json_get(it->decision, "action")));
	json_set(out, "scope", copy_or_null(json_get(it->eval, "scope")));
	json_set(out, "overall_accuracy", copy_or_null(json_get(it->eval, "overall_accuracy")));
	json_set(out, "accuracy_ci95", copy_or_null(json_get(it->eval, "accuracy_ci95")));
	json_set(out, "total_questions", copy_or_null(json_get(it->eval, "total_questions")));
	json_set(out, "correct_count", copy_or_null(json_get(it->eval, "correct")));
	json_set(out, "failures", copy_or_null(json_get(it->eval, "failures")));
	json_set(out, "scores", copy_or_null(json_get(it->eval, "scores")));
	json_set_int(out, "proposals_generated", (int64_t)json_len(json_get(it->patches, "patches")));
	json_set_int(out, "proposals_applied", (int64_t)count_applied(it));
	json_set(out, "arbiter_corrections", corrections(it->eval));
	json_set_str(out, "next_action", next);
}

static const char *next_action(const struct folder *f, size_t i, const char *status)
{
	if (i + 1 < f->n)
		return "next lever";
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
		json_set_bool(point, "accepted", accepted(&f->v[i]));
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

static void note_attempt(const struct iteration *it, struct json *impacts,
			 struct json *audit)
{
	int64_t lever = json_int_or(it->decision, "lever", 0);
	if (lever < 1 || lever > 6)
		return;
	struct json *slot = lever_slot(audit, lever), *impact = lever_slot(impacts, lever);
	json_set_bool(slot, "attempted", true);
	json_set(slot, "skip_reason", json_new_null());
	add_count(slot, "proposals_generated", json_len(json_get(it->patches, "patches")));
	add_count(slot, "proposals_applied", count_applied(it));
	const struct json *full = json_dig(it->decision, "gates.full");
	const struct json *before = json_get(full, "before"), *after = json_get(full, "after");
	double from = 0, to = 0;
	bool both = json_as_num(before, &from) && json_as_num(after, &to);
	json_set(impact, "before", copy_or_null(before));
	json_set(impact, "after", copy_or_null(after));
	json_set_int(impact, "proposals", (int64_t)json_len(json_get(it->patches, "patches")));
	json_set(impact, "delta", both ? json_new_num(round((to - from) * 100) / 100) : json_new_null());
	json_set_bool(impact, "kept", accepted(it));
}

static void write_levers(const struct folder *f, struct json *document)
{
	struct json *impacts = json_set(document, "lever_impacts", json_new_object());
	struct json *audit = json_set(document, "lever_audit", json_new_object());
	init_levers(impacts, audit);
	for (size_t i = 0; i < f->n; i++) {
		note_skipped(json_get(f->v[i].skipped, "skipped") ? json_get(f->v[i].skipped, "skipped") :
			     f->v[i].skipped, audit);
		note_attempt(&f->v[i], impacts, audit);
	}
	note_skipped(json_get(f->stopped, "skipped"), audit);
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
		if (accepted(it) && it->patches)
			current = json_get(it->patches, "patches");
		for (const struct json *p = json_first(json_get(it->patches, "patches")); p; p = json_next(p)) {
			struct json *one = json_push(history, json_new_object());
			json_set_int(one, "iteration", it->number);
			json_set(one, "patch_id", copy_or_null(json_get(p, "patch_id")));
			json_set(one, "type", copy_or_null(json_get(p, "type")));
			json_set(one, "target", copy_or_null(json_get(p, "target")));
			json_set(one, "risk", copy_or_null(json_get(p, "risk")));
			json_set_bool(one, "kept", accepted(it));
			if (accepted(it) && json_str_or(p, "target", NULL))
				strlist_add_new(&names, json_str_or(p, "target", NULL));
		}
	}
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		json_push_str(objects, names.v[i]);
	strlist_free(&names);
	json_set(document, "current_patch_set", current ? json_dup(current) : json_new_array());
}

/* One point an iteration: correctness up, regressions and cost down. A point is on the
 * frontier when no other is at least as good in all and better in one. */
struct point {
	double correctness, regressions, cost;
};

static struct point point_of(const struct iteration *it, double cost_before)
{
	double cost = cost_before;
	for (const struct json *p = json_first(json_get(it->patches, "patches")); p; p = json_next(p))
		if (is_applied(it, json_str_or(p, "patch_id", "")))
			cost += (double)risk_cost(json_str_or(p, "risk", "low"));
	return (struct point){ accuracy(it), (double)json_len(json_get(it->decision, "regressions")), cost };
}

static bool dominates(struct point a, struct point b)
{
	bool as_good = a.correctness >= b.correctness && a.regressions <= b.regressions && a.cost <= b.cost;
	return as_good && (a.correctness > b.correctness || a.regressions < b.regressions || a.cost < b.cost);
}

static void write_frontier(const struct folder *f, struct json *document)
{
	struct json *frontier = json_set(document, "pareto_frontier", json_new_array());
	struct point points[FOLDER_MAX_ITERATIONS + 1];
	double cost = 0;
	for (size_t i = 0; i < f->n; i++) {
		points[i] = point_of(&f->v[i], cost);
		if (accepted(&f->v[i]))
			cost = points[i].cost;
	}
	for (size_t i = 0; i < f->n; i++) {
		bool best = is_full(&f->v[i]);
		for (size_t k = 0; best && k < f->n; k++)
			best = k == i || !is_full(&f->v[k]) || !dominates(points[k], points[i]);
		if (!best)
			continue;
		struct json *one = json_push(frontier, json_new_object());
		json_set_int(one, "iteration", f->v[i].number);
		json_set_num(one, "correctness", points[i].correctness);
		json_set(one, "repeatability", copy_or_null(json_get(f->v[i].eval, "repeatability_pct")));
		json_set_num(one, "regressions", points[i].regressions);
		json_set_num(one, "patch_cost", points[i].cost);
	}
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
	json_set(document, "experiment_name", json_new_null());
	json_set(document, "experiment_id", json_new_null());
	json_set(document, "model_id", json_new_null());
	set_conf(document, "uc_schema", f->conf, "UC_SCHEMA");
	json_set(document, "started_at", f->started_ms ?
		 json_new_str(clock_rfc3339(f->started_ms, when)) : json_new_null());
}

static void write_best(const struct folder *f, struct json *document)
{
	const struct iteration *best = best_of(f), *live = last_accepted(f);
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

static struct json *held_out(const struct json *eval)
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

static void write_rest(const struct folder *f, struct json *document)
{
	struct json *both = json_set(document, "held_out", json_new_object());
	json_set(both, "before", held_out(f->held_out_before));
	json_set(both, "after", held_out(f->held_out_after));
	json_set_str(document, "maturity_level", "L1");
	struct json *all = json_set(document, "benchmark_corrections", json_new_array());
	for (size_t i = 0; i < f->n; i++) {
		struct json *some = corrections(f->v[i].eval);
		for (struct json *c = json_first(some); c; c = json_next(c))
			json_push(all, json_dup(c));
		json_free(some);
	}
	const char *schema = json_str_or(f->conf, "UC_SCHEMA", "");
	char *name = *schema ? xasprintf("%s.genie_benchmarks_%s", schema,
					 json_str_or(f->conf, "DOMAIN", "")) : NULL;
	json_set_str(document, "eval_dataset_name", name);
	free(name);
	json_set_bool(document, "use_patch_dsl", true);
	json_set(document, "repeatability_pct", copy_or_null(json_get(f->repeatability, "repeatability_pct")));
	json_set(document, "best_repeatability", copy_or_null(json_get(f->repeatability, "repeatability_pct")));
	json_set_int(document, "repeatability_target", 90);
	json_set(document, "promoted_model_id", json_new_null());
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
	write_frontier(folder, document);
	write_rest(folder, document);
}
