#include "core.h"

#include "json.h"
#include "mem.h"
#include "stats.h"
#include "str.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

struct paired {
	long both, fixed, broken, neither, n;
	struct json *fixed_ids, *broken_ids;
};

static struct json *rounded(double value)
{
	return json_new_num(isnan(value) ? value : round(value * 100) / 100);
}

PRINTF_LIKE(2, 3)
static void add_reason(struct json *document, const char *format, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	json_push_str(json_get(document, "reasons"), text);
}

/* Questions that both evaluations measured; ids are collected when wanted. */
static struct paired pair_up(const struct score *before, const struct score *after, bool only_p0)
{
	struct paired p = { .fixed_ids = json_new_array(), .broken_ids = json_new_array() };
	for (size_t i = 0; i < score_count(after); i++) {
		enum score_outcome now = score_at(after, i);
		enum score_outcome then = score_of(before, score_id(after, i));
		if ((only_p0 && !score_is_p0(after, i)) || now == SCORE_EXCLUDED ||
		    (then != SCORE_PASS && then != SCORE_FAIL))
			continue;
		p.n++;
		p.both += then == SCORE_PASS && now == SCORE_PASS;
		p.neither += then == SCORE_FAIL && now == SCORE_FAIL;
		if (then == SCORE_FAIL && now == SCORE_PASS) {
			p.fixed++;
			json_push_str(p.fixed_ids, score_id(after, i));
		}
		if (then == SCORE_PASS && now == SCORE_FAIL) {
			p.broken++;
			json_push_str(p.broken_ids, score_id(after, i));
		}
	}
	return p;
}

static void release(struct paired *p)
{
	json_free(p->fixed_ids);
	json_free(p->broken_ids);
}

static double share(long k, long n)
{
	return n ? 100.0 * (double)k / (double)n : NAN;
}

/* passed: 1 yes, 0 no, -1 inconclusive */
static struct json *gate(struct json *gates, const char *name, int passed, const struct paired *p)
{
	struct json *gate = json_set(gates, name, json_new_object());
	json_set(gate, "passed", passed < 0 ? json_new_null() : json_new_bool(passed));
	json_set(gate, "before", rounded(p ? share(p->both + p->broken, p->n) : NAN));
	json_set(gate, "after", rounded(p ? share(p->both + p->fixed, p->n) : NAN));
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
	struct paired p = pair_up(in->before, in->slice, false);
	double before = share(p.both + p.broken, p.n), after = share(p.both + p.fixed, p.n);
	bool ok = !(before - after > SLICE_TOLERANCE);
	gate(gates, "slice", p.n ? ok : -1, &p);
	if (!p.n)
		add_reason(document, "slice gate inconclusive: no question touches the patched objects");
	else if (!ok)
		add_reason(document, "slice gate failed: %.1f %% to %.1f %% over %ld questions", before,
			   after, p.n);
	release(&p);
	return ok;
}

static bool p0_gate(const struct decision_input *in, struct json *document, struct json *gates)
{
	const struct score *measured = in->p0 ? in->p0 : in->after;
	if (!measured) {
		gate(gates, "p0", -1, NULL);
		return true;
	}
	struct paired p = pair_up(in->before, measured, true);
	bool ok = p.broken == 0;
	gate(gates, "p0", p.n ? ok : -1, &p);
	if (!p.n)
		add_reason(document, "P0 gate inconclusive: no P0 question was measured before and after");
	else if (!ok)
		add_reason(document, "P0 gate failed: %ld P0 question(s) passed before and fail now", p.broken);
	release(&p);
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
	json_set(one, "before", rounded(before));
	json_set(one, "after", rounded(after));
	json_set(one, "delta", rounded(after - before));
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
		add_reason(document, "regression: %s fell from %.1f to %.1f", json_str_or(one, "metric", ""),
			   json_num_or(one, "before", 0), json_num_or(one, "after", 0));
	return n;
}

static const char *evidence(const struct paired *p, struct json *document)
{
	double p_value = stats_mcnemar_exact(p->fixed, p->broken);
	struct interval ci = stats_paired_difference(p->both, p->fixed, p->broken, p->n);
	double changed = p->n ? (double)(p->fixed + p->broken) / (double)p->n : 0;
	const char *verdict = p_value > STATS_LEVEL ? "undecidable" :
		p->fixed > p->broken ? "improved" : "worse";
	struct json *out = json_set(document, "evidence", json_new_object());
	json_set_int(out, "questions", p->n);
	json_set(out, "fixed", json_dup(p->fixed_ids));
	json_set(out, "broken", json_dup(p->broken_ids));
	json_set(out, "p_value", json_new_num(round(p_value * 1e6) / 1e6));
	struct json *interval = json_set(out, "ci95", json_new_array());
	json_push(interval, rounded(100 * ci.low));
	json_push(interval, rounded(100 * ci.high));
	json_set(out, "power", rounded(stats_power(p->n, POWER_EFFECT, changed)));
	json_set_num(out, "power_effect_points", 100 * POWER_EFFECT);
	json_set_str(out, "verdict", verdict);
	return verdict;
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
	json_set(out, "avg_pct", rounded(share(same, same + changed)));
	json_set_int(out, "changed", changed);
	json_set(out, "unstable", unstable);
}

static bool judge_rose(const struct decision_input *in)
{
	for (const char *const *judge = score_judges(in->before); *judge; judge++)
		if (score_judge(in->after, *judge) - score_judge(in->before, *judge) > REGRESSION_TOLERANCE)
			return true;
	return false;
}

static bool improves(const struct decision_input *in, const struct paired *p, struct json *document)
{
	if (p->fixed > p->broken) {
		add_reason(document, "%ld question(s) fixed, %ld broken", p->fixed, p->broken);
		return true;
	}
	if (p->fixed == p->broken && p->broken == 0 && judge_rose(in)) {
		add_reason(document, "no answer changed sides, and a judge rose by more than %.0f points",
			   REGRESSION_TOLERANCE);
		return true;
	}
	add_reason(document, "no improvement: %ld question(s) fixed, %ld broken", p->fixed, p->broken);
	return false;
}

/* The full gate; true keeps the change. */
static bool full_gate(const struct decision_input *in, struct json *document, struct json *gates)
{
	struct paired p = pair_up(in->before, in->after, false);
	const char *verdict = evidence(&p, document);
	bool keep = count_regressions(in, document) == 0;
	cross_iteration(in, document);
	if (streq(verdict, "worse")) {
		add_reason(document, "the paired test says worse");
		keep = false;
	}
	gate(gates, "full", keep, &p);
	keep = improves(in, &p, document) && keep;
	if (keep && streq(verdict, "undecidable")) {
		add_reason(document, "the evidence is undecidable: %ld questions cannot tell this change from noise",
			   p.n);
		keep = !in->evidence_required;
	}
	release(&p);
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
		add_reason(document, "every judge reaches its target");
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
		add_reason(document, "baseline: nothing to compare with");
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
