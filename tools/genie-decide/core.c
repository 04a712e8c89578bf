#include "core.h"

#include "json.h"
#include "paired.h"
#include "str.h"

#include <math.h>

static struct json *reasons(struct json *document)
{
	return json_get(document, "reasons");
}

/* passed: 1 yes, 0 no, -1 inconclusive */
static struct json *gate(struct json *gates, const char *name, int passed, const struct paired *p)
{
	struct json *gate = json_set(gates, name, json_new_object());
	json_set(gate, "passed", passed < 0 ? json_new_null() : json_new_bool(passed));
	json_set(gate, "before", json_percent(p ? paired_before(p) : NAN));
	json_set(gate, "after", json_percent(p ? paired_after(p) : NAN));
	json_set_int(gate, "questions", p ? p->n : 0);
	json_set(gate, "failures", p ? json_dup(p->broken_ids) : json_new_array());
	return gate;
}

static bool slice_gate(const struct decision_input *in, struct json *document, struct json *gates)
{
	if (!in->slice) {
		gate(gates, "slice", -1, NULL);
		return true;
	}
	struct paired p = paired_up(in->before, in->slice, false);
	double before = paired_before(&p), after = paired_after(&p);
	bool fell = before - after > SLICE_TOLERANCE, idle = in->alone && p.fixed <= p.broken;
	bool ok = !fell && !(p.n && idle);
	gate(gates, "slice", p.n ? ok : -1, &p);
	if (!p.n)
		json_push_str(reasons(document),
			      "slice gate inconclusive: no question touches the patched objects");
	else if (fell)
		json_push_strf(reasons(document),
			       "slice gate failed: %.1f %% to %.1f %% over %ld questions",
			       before, after, p.n);
	else if (idle)
		json_push_strf(reasons(document),
			       "alone it fixes %ld of the %ld questions it touches and breaks %ld",
			       p.fixed, p.n, p.broken);
	paired_free(&p);
	return ok;
}

static bool p0_gate(const struct decision_input *in, struct json *document, struct json *gates)
{
	const struct score *measured = in->p0 ? in->p0 : in->after;
	if (!measured) {
		gate(gates, "p0", -1, NULL);
		return true;
	}
	struct paired p = paired_up(in->before, measured, true);
	bool ok = p.broken == 0;
	gate(gates, "p0", p.n ? ok : -1, &p);
	if (!p.n)
		json_push_str(reasons(document),
			      "P0 gate inconclusive: no P0 question was measured before and after");
	else if (!ok)
		json_push_strf(reasons(document),
			       "P0 gate failed: %ld P0 question(s) passed before and fail now",
			       p.broken);
	paired_free(&p);
	return ok;
}

/* Points that a metric may fall: the tolerance, but at least one of n verdicts. */
static double allowance(long n)
{
	double one = n > 0 ? 100.0 / (double)n + 1e-9 : 0;
	return one > REGRESSION_TOLERANCE ? one : REGRESSION_TOLERANCE;
}

static bool add_regression(struct json *regressions, const char *metric, double before, double after,
			   double allowed)
{
	if (isnan(before) || isnan(after) || before - after <= allowed)
		return false;
	struct json *one = json_push(regressions, json_new_object());
	json_set_str(one, "metric", metric);
	json_set(one, "before", json_percent(before));
	json_set(one, "after", json_percent(after));
	json_set(one, "delta", json_percent(after - before));
	return true;
}

static long count_regressions(const struct decision_input *in, struct json *document)
{
	struct json *list = json_set(document, "regressions", json_new_array());
	long n = add_regression(list, "overall_accuracy", score_accuracy(in->before),
				score_accuracy(in->after), REGRESSION_TOLERANCE);
	for (const char *const *judge = score_judges(in->before); *judge; judge++)
		n += add_regression(list, *judge, score_judge(in->before, *judge),
				    score_judge(in->after, *judge),
				    allowance(score_verdicts(in->after, *judge)));
	for (const struct json *one = json_first(list); one; one = json_next(one))
		json_push_strf(reasons(document), "regression: %s fell from %.1f to %.1f",
			       json_str_or(one, "metric", ""), json_num_or(one, "before", 0),
			       json_num_or(one, "after", 0));
	return n;
}

/* Questions whose SQL changed; unstable are those that were right before. */
static void cross_iteration(const struct decision_input *in, struct json *document)
{
	long same = 0, changed = 0;
	struct json *out = json_set(document, "cross_iteration", json_new_object());
	struct json *unstable = json_new_array();
	for (size_t i = 0; i < score_count(in->after); i++) {
		const char *id = score_id(in->after, i);
		const char *now = score_sql_hash(in->after, id), *then = score_sql_hash(in->before, id);
		if (!now || !then)
			continue;
		same += streq(now, then);
		changed += !streq(now, then);
		if (!streq(now, then) && score_of(in->before, id) == SCORE_PASS)
			json_push_str(unstable, id);
	}
	json_set(out, "avg_pct", json_percent(percent_of(same, same + changed)));
	json_set_int(out, "changed", changed);
	json_set(out, "unstable", unstable);
}

/* By more than a single verdict can make of it: the one draw of a judge is noise. */
static const char *judge_risen(const struct decision_input *in)
{
	for (const char *const *judge = score_judges(in->before); *judge; judge++) {
		long then = score_verdicts(in->before, *judge), now = score_verdicts(in->after, *judge);
		double rise = score_judge(in->after, *judge) - score_judge(in->before, *judge);
		if (rise > allowance(then < now ? then : now))
			return *judge;
	}
	return NULL;
}

static bool improves(const struct decision_input *in, const struct paired *p, struct json *document)
{
	if (p->fixed > p->broken) {
		json_push_strf(reasons(document), "%ld question(s) fixed, %ld broken", p->fixed,
			       p->broken);
		return true;
	}
	bool still = p->fixed == 0 && p->broken == 0;
	const char *risen = still ? judge_risen(in) : NULL;
	if (risen) {
		json_push_strf(reasons(document),
			       "no answer changed sides, and %s rose from %.1f to %.1f", risen,
			       score_judge(in->before, risen), score_judge(in->after, risen));
		return true;
	}
	if (still)
		json_push_strf(reasons(document),
			       "no measurable improvement: no answer changed sides, and no judge "
			       "rose by more than one verdict and %.0f points",
			       REGRESSION_TOLERANCE);
	else
		json_push_strf(reasons(document),
			       "no improvement: %ld question(s) fixed, %ld broken",
			       p->fixed, p->broken);
	return false;
}

/* The same questions as in the P0 gate, as the full evaluation has them: a judge that is a
 * model may rule in another way the second time. */
static bool p0_held(const struct decision_input *in, struct json *document)
{
	struct paired p = paired_up(in->before, in->after, true);
	if (p.broken)
		json_push_strf(reasons(document),
			       "%ld P0 question(s) passed before and fail in the full evaluation",
			       p.broken);
	bool held = p.broken == 0;
	paired_free(&p);
	return held;
}

/* The full gate; true keeps the change. */
static bool full_gate(const struct decision_input *in, struct json *document, struct json *gates)
{
	struct paired p = paired_up(in->before, in->after, false);
	const char *verdict = paired_evidence(&p,
		json_set(document, "evidence", json_new_object()));
	bool keep = count_regressions(in, document) == 0;
	keep = p0_held(in, document) && keep;
	cross_iteration(in, document);
	if (streq(verdict, "worse")) {
		json_push_str(reasons(document), "the paired test says worse");
		keep = false;
	}
	gate(gates, "full", keep, &p);
	keep = improves(in, &p, document) && keep;
	if (keep && streq(verdict, "undecidable")) {
		json_push_strf(reasons(document), "the evidence is undecidable: "
			       "%ld questions cannot tell this change from noise", p.n);
		keep = !in->evidence_required;
	}
	paired_free(&p);
	return keep;
}

static void no_comparison(struct json *document, struct json *gates)
{
	gate(gates, "full", -1, NULL);
	json_set(document, "regressions", json_new_array());
	json_set(document, "evidence", json_new_null());
	json_set(document, "cross_iteration", json_new_null());
}

static bool conclude(struct json *document, const char *action, bool converged)
{
	json_set_str(document, "action", action);
	json_set_str(document, "decision", converged ? "converged" : action);
	if (converged)
		json_push_str(reasons(document), "every judge reaches its target");
	return !streq(action, "rollback");
}

bool decide(const struct decision_input *in, struct json *document)
{
	json_set_str(document, "decision", "pending");
	json_set_str(document, "action", "pending");
	json_set(document, "reasons", json_new_array());
	struct json *gates = json_set(document, "gates", json_new_object());
	if (!in->before) {
		gate(gates, "slice", -1, NULL);
		gate(gates, "p0", -1, NULL);
		no_comparison(document, gates);
		json_push_str(reasons(document), "baseline: nothing to compare with");
		return conclude(document, "accept", in->after && score_thresholds_passed(in->after));
	}
	bool slice = slice_gate(in, document, gates), p0 = p0_gate(in, document, gates);
	if (!slice || !p0 || !in->after) {
		no_comparison(document, gates);
		return conclude(document, slice && p0 ? "pending" : "rollback", false);
	}
	bool keep = full_gate(in, document, gates);
	return conclude(document, keep ? "accept" : "rollback",
			keep && score_thresholds_passed(in->after));
}
