#include "frontier.h"

#include "folder.h"

#include "json.h"
#include "str.h"

#include <math.h>
#include <stdio.h>

struct point {
	double correctness, repeatability, regressions, cost; /* repeatability NAN: not measured */
	bool full, accepted, comparable; /* comparable: by the questions as they are now */
	int scored_at; /* iteration whose corrections its answers were scored by again; -1: none */
};

static long risk_cost(const char *risk)
{
	return streq(risk, "high") ? 3 : streq(risk, "medium") ? 2 : 1;
}

/* What the iteration changed, and all that it began from. */
static double cost_of(const struct iteration *it, double before)
{
	const struct json *p = json_first(json_get(it->patches, "patches"));
	for (; p; p = json_next(p))
		if (folder_applied(it, json_str_or(p, "patch_id", "")))
			before += (double)risk_cost(json_str_or(p, "risk", "low"));
	return before;
}

/* Of two more askings. The live configuration's lie in final/. */
static double repeatability_of(const struct folder *f, const struct iteration *it)
{
	const char *config = json_str_or(it->space, "config_id", NULL);
	const struct json *measured = it->repeatability;
	if (!measured && config && streq(json_str_or(f->repeatability, "config_id", ""), config))
		measured = f->repeatability;
	return json_num_or(measured, "repeatability_pct", NAN);
}

/* Corrected questions make what was measured before incomparable, but for the configuration that
 * was live: its answers were scored again. */
static void note_correction(const struct folder *f, size_t at, struct point *points)
{
	const struct json *triage = f->v[at].triage;
	size_t live = !at || folder_accepted(&f->v[at]) ? at : (size_t)f->v[at - 1].left;
	if (!streq(json_str_or(triage, "status", ""), "corrected"))
		return;
	for (size_t i = 0; i <= at; i++)
		points[i].comparable = points[i].comparable && i == live;
	points[live].scored_at = f->v[at].number;
	points[live].correctness =
		json_num_or(json_get(triage, "rescored"), "after", points[live].correctness);
}

static void measure(const struct folder *f, struct point *points)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct iteration *it = &f->v[i], *parent = folder_parent(f, it);
		points[i] = (struct point){
			.correctness = json_num_or(it->eval, "overall_accuracy", 0),
			.repeatability = repeatability_of(f, it),
			.regressions = (double)json_len(json_get(it->decision, "regressions")),
			.cost = cost_of(it, parent ? points[parent->number].cost : 0),
			.full = folder_full(it), .accepted = folder_accepted(it),
			.comparable = true, .scored_at = -1 };
		note_correction(f, i, points);
	}
}

static bool beats(const struct point *a, const struct point *b)
{
	bool steadier = a->repeatability > b->repeatability; /* no, when one of them is NAN */
	bool as_steady = isnan(b->repeatability) || a->repeatability >= b->repeatability;
	bool as_good = a->correctness >= b->correctness && a->regressions <= b->regressions &&
		       a->cost <= b->cost && as_steady;
	return as_good && (a->correctness > b->correctness || a->regressions < b->regressions ||
			   a->cost < b->cost || steadier);
}

static bool can_be_chosen(const struct point *p)
{
	return p->full && p->accepted && p->comparable;
}

static bool on_frontier(const struct point *points, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (points[k].full && (can_be_chosen(&points[k]) || !can_be_chosen(&points[i])) &&
		    beats(&points[k], &points[i]))
			return false;
	return points[i].full;
}

static void write_point(const struct point *p, int number, struct json *out)
{
	bool again = p->scored_at >= 0;
	char rows[60];
	snprintf(rows, sizeof rows, "iter-%02d/%srows.jsonl", again ? p->scored_at : number,
		 again ? "corrected/" : "");
	json_set_int(out, "iteration", number);
	json_set_num(out, "correctness", p->correctness);
	json_set(out, "repeatability",
		 isnan(p->repeatability) ? json_new_null() : json_new_num(p->repeatability));
	json_set_num(out, "regressions", p->regressions);
	json_set_num(out, "patch_cost", p->cost);
	json_set_bool(out, "accepted", p->accepted);
	json_set_bool(out, "comparable", p->comparable);
	json_set_str(out, "rows", rows);
}

void frontier_write(const struct folder *f, struct json *document)
{
	struct json *frontier = json_set(document, "pareto_frontier", json_new_array());
	struct point points[FOLDER_MAX_ITERATIONS + 1];
	measure(f, points);
	for (size_t i = 0; i < f->n; i++)
		if (on_frontier(points, f->n, i))
			write_point(&points[i], f->v[i].number,
				    json_push(frontier, json_new_object()));
}
