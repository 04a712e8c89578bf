#include "prefer.h"

#include "artifact.h"

#include "io.h"
#include "json.h"
#include "mem.h"
#include "paired.h"
#include "score.h"
#include "stats.h"
#include "str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct criterion {
	const char *name, *worse; /* worse: the verb for who is dropped */
	bool up;                  /* more is better */
} criteria[] = {
	{ "correctness", "answers less correctly", true },
	{ "repeatability", "repeats its answers less", true },
	{ "regressions", "has more regressions", false },
	{ "patch_cost", "costs more", false },
};

static const struct criterion *criterion_of(const char *name, size_t n)
{
	for (size_t i = 0; i < countof(criteria); i++)
		if (strlen(criteria[i].name) == n && !strncmp(criteria[i].name, name, n))
			return &criteria[i];
	return NULL;
}

/* The next criterion of the list; *rest moves behind it. NULL at the end, or with an error. */
static const struct criterion *next_criterion(const char **rest, struct err *err)
{
	size_t n = strcspn(*rest, ",");
	if (!**rest)
		return NULL;
	const struct criterion *found = criterion_of(*rest, n);
	if (!found)
		err_set(err, ERR_USAGE, "--prefer: \"%.*s\" is no criterion; they are correctness, "
			"repeatability, regressions and patch_cost", (int)n, *rest);
	*rest += n + ((*rest)[n] == ',');
	return found;
}

bool prefer_check(const char *order, struct err *err)
{
	bool seen[countof(criteria)] = { false };
	const char *rest = order;
	if (!*order)
		return err_set(err, ERR_USAGE, "--prefer: no criterion");
	while (*rest) {
		const struct criterion *c = next_criterion(&rest, err);
		if (!c)
			return false;
		if (seen[c - criteria])
			return err_set(err, ERR_USAGE, "--prefer: %s is there twice", c->name);
		seen[c - criteria] = true;
	}
	return true;
}

/* ---- candidates ---- */

struct field {
	const struct preference *preference;
	struct json *candidates; /* one object each; dropped_by is null while it is in */
	struct json *reasons;
	struct json *unmeasured; /* iterations */
	int64_t live;
};

static bool is_in(const struct json *candidate)
{
	return json_is(json_get(candidate, "dropped_by"), JSON_NULL);
}

static double value_of(const struct json *candidate, const struct criterion *c)
{
	double value = json_num_or(candidate, c->name, NAN);
	return c->up ? value : -value;
}

static int64_t iteration_of(const struct json *candidate)
{
	return json_int_or(candidate, "iteration", -1);
}

/* The best of those that are in, the live one on a tie; NULL when none was measured. */
static const struct json *best_in(const struct field *field, const struct criterion *c)
{
	const struct json *best = NULL;
	for (const struct json *k = json_first(field->candidates); k; k = json_next(k)) {
		double value = value_of(k, c);
		if (!is_in(k) || isnan(value))
			continue;
		double most = best ? value_of(best, c) : -INFINITY;
		if (value > most || (value == most && iteration_of(k) == field->live))
			best = k;
	}
	return best;
}

static struct score *load_rows(const struct field *field, const struct json *candidate,
			       struct err *err)
{
	char name[40];
	snprintf(name, sizeof(name), "iter-%02d/rows.jsonl", (int)iteration_of(candidate));
	char *path = io_join(field->preference->folder, json_str_or(candidate, "rows", name));
	struct score *score = score_new();
	bool ok = score_load(score, path, err);
	free(path);
	if (ok)
		return score;
	score_free(score);
	return NULL;
}

/* Whether the rows show that `candidate` answers fewer questions correctly than `best`; *p is the
 * exact two-sided p-value. false: rows cannot be read. */
static bool compare_rows(const struct field *field, const struct json *candidate,
			 const struct json *best, double *p, struct err *err)
{
	struct score *before = load_rows(field, candidate, err);
	struct score *after = before ? load_rows(field, best, err) : NULL;
	if (after) {
		struct paired paired = paired_up(before, after, false);
		*p = stats_mcnemar_exact(paired.fixed, paired.broken);
		paired_free(&paired);
	}
	score_free(before);
	score_free(after);
	return after != NULL;
}

static void drop(struct field *field, struct json *candidate, const struct json *best,
		 const struct criterion *c)
{
	json_set_str(candidate, "dropped_by", c->name);
	json_push_strf(field->reasons, "iteration %lld %s than iteration %lld: %s %g, not %g",
		       (long long)iteration_of(candidate), c->worse, (long long)iteration_of(best),
		       c->name, json_num_or(candidate, c->name, 0), json_num_or(best, c->name, 0));
}

/* A value that is missing may be the best or the worst: it is neither for us, and what was not
 * measured of all that are in parts none of them. */
static bool measured_of_all(struct field *field, const struct criterion *c)
{
	bool all = true;
	for (const struct json *k = json_first(field->candidates); k; k = json_next(k)) {
		if (!is_in(k) || !isnan(value_of(k, c)))
			continue;
		json_push_strf(field->reasons,
			       "%s decides nothing: it was not measured of iteration %lld",
			       c->name, (long long)iteration_of(k));
		json_push(field->unmeasured, json_new_int(iteration_of(k)));
		all = false;
	}
	return all;
}

static bool apply_criterion(struct field *field, const struct criterion *c, struct err *err)
{
	if (!measured_of_all(field, c))
		return true;
	const struct json *best = best_in(field, c);
	bool test = field->preference->evidence_required && c == &criteria[0];
	for (struct json *k = json_first(field->candidates); k && best; k = json_next(k)) {
		double p = 0;
		if (!is_in(k) || !(value_of(k, c) < value_of(best, c)))
			continue;
		if (test && !compare_rows(field, k, best, &p, err))
			return false;
		if (p <= STATS_LEVEL) {
			drop(field, k, best, c);
			continue;
		}
		json_push_strf(field->reasons, "iteration %lld stays beside iteration %lld: the "
			       "difference in correctness may be chance (p = %.3g)",
			       (long long)iteration_of(k), (long long)iteration_of(best), p);
	}
	return true;
}

static int count_in(const struct field *field)
{
	int n = 0;
	for (const struct json *k = json_first(field->candidates); k; k = json_next(k))
		n += is_in(k);
	return n;
}

static int64_t chosen(const struct field *field)
{
	int64_t first = -1;
	for (const struct json *k = json_first(field->candidates); k; k = json_next(k)) {
		if (is_in(k) && iteration_of(k) == field->live)
			return field->live;
		if (is_in(k) && first < 0)
			first = iteration_of(k);
	}
	return first;
}

/* ---- the document ---- */

/* What the gates refused, or other questions measured, is no candidate. */
static void sort_out(struct field *field, struct json *candidate)
{
	long long iteration = iteration_of(candidate);
	if (!json_bool_or(candidate, "accepted", true)) {
		json_set_str(candidate, "dropped_by", "rolled_back");
		json_push_strf(field->reasons, "iteration %lld was rolled back", iteration);
	} else if (!json_bool_or(candidate, "comparable", true)) {
		json_set_str(candidate, "dropped_by", "corrections");
		json_push_strf(field->reasons, "iteration %lld was measured by questions that have "
			       "been corrected since", iteration);
	}
}

static void take_candidates(struct field *field, const struct json *progress)
{
	const struct json *frontier = json_get(progress, "pareto_frontier");
	bool live = false;
	for (const struct json *k = json_first(frontier); k; k = json_next(k)) {
		struct json *one = json_push(field->candidates, json_dup(k));
		json_set(one, "dropped_by", json_new_null());
		sort_out(field, one);
		live = live || iteration_of(one) == field->live;
	}
	if (!live && field->live >= 0)
		json_push_strf(field->reasons,
			       "iteration %lld, live until now, is not on the frontier: another "
			       "one is as good in all respects and better in one",
			       (long long)field->live);
}

static void write_order(const char *order, struct json *document)
{
	struct json *list = json_set(document, "prefer", json_new_array());
	struct err err = { 0 };
	const struct criterion *c;
	while ((c = next_criterion(&order, &err)))
		json_push_str(list, c->name);
}

static bool choose(struct field *field, const struct json *progress, const char *path,
		   struct json *document, struct err *err)
{
	const char *rest = field->preference->order;
	const struct criterion *c;
	take_candidates(field, progress);
	if (!count_in(field))
		return err_set(err, ERR_DATA,
			       "%s: pareto_frontier: no iteration that was accepted was "
			       "measured in full", path);
	while (count_in(field) > 1 && (c = next_criterion(&rest, err)))
		if (!apply_criterion(field, c, err))
			return false;
	int left = count_in(field);
	int64_t iteration = chosen(field);
	if (left > 1)
		json_push_strf(field->reasons,
			       "%d iterations are left and nothing parts them: %s is taken", left,
			       iteration == field->live ? "the live one" : "the earliest");
	json_set_int(document, "iteration", iteration);
	return true;
}

bool prefer_choose(const struct preference *preference, struct json *document, struct err *err)
{
	char *path = io_join(preference->folder, "optimization-progress.json");
	struct json *progress = artifact_load(path, "progress", err);
	struct field field = { .preference = preference };
	bool ok = progress != NULL;
	if (ok) {
		field.live = json_int_or(progress, "accepted_iteration", -1);
		json_set(document, "iteration", json_new_null());
		json_set_int(document, "after",
			     json_int_or(progress, "current_iteration", field.live));
		json_set(document, "accepted_iteration",
			 field.live < 0 ? json_new_null() : json_new_int(field.live));
		write_order(preference->order, document);
		json_set_str(document, "evidence",
			     preference->evidence_required ? "required" : "report");
		field.candidates = json_set(document, "candidates", json_new_array());
		field.reasons = json_set(document, "reasons", json_new_array());
		field.unmeasured = json_set(document, "unmeasured", json_new_array());
		ok = choose(&field, progress, path, document, err);
	}
	json_free(progress);
	free(path);
	return ok;
}
