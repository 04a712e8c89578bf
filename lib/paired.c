#include "paired.h"

#include "json.h"
#include "stats.h"

#include <math.h>

static void count(struct paired *p, const char *id, bool then, bool now)
{
	p->n++;
	p->both += then && now;
	p->neither += !then && !now;
	p->fixed += !then && now;
	p->broken += then && !now;
	if (then != now)
		json_push_str(now ? p->fixed_ids : p->broken_ids, id);
}

struct paired paired_up(const struct score *before, const struct score *after, bool only_p0)
{
	struct paired p = { .fixed_ids = json_new_array(), .broken_ids = json_new_array() };
	for (size_t i = 0; i < score_count(after); i++) {
		const char *id = score_id(after, i);
		enum score_outcome now = score_at(after, i), then = score_of(before, id);
		bool measured = (now == SCORE_PASS || now == SCORE_FAIL)
			&& (then == SCORE_PASS || then == SCORE_FAIL);
		if (measured && (!only_p0 || score_is_p0(after, i)))
			count(&p, id, then == SCORE_PASS, now == SCORE_PASS);
	}
	return p;
}

void paired_free(struct paired *p)
{
	json_free(p->fixed_ids);
	json_free(p->broken_ids);
	*p = (struct paired){ 0 };
}

double paired_before(const struct paired *p)
{
	return percent_of(p->both + p->broken, p->n);
}

double paired_after(const struct paired *p)
{
	return percent_of(p->both + p->fixed, p->n);
}

const char *paired_evidence(const struct paired *p, struct json *out)
{
	double p_value = stats_mcnemar_exact(p->fixed, p->broken);
	struct interval ci = stats_paired_difference(p->both, p->fixed, p->broken, p->n);
	double changed = p->n ? (double)(p->fixed + p->broken) / (double)p->n : 0;
	const char *verdict = p_value > STATS_LEVEL ? "undecidable" :
		p->fixed > p->broken ? "improved" : "worse";
	json_set_int(out, "questions", p->n);
	json_set(out, "fixed", json_dup(p->fixed_ids));
	json_set(out, "broken", json_dup(p->broken_ids));
	json_set_num(out, "p_value", round(p_value * 1e6) / 1e6);
	struct json *interval = json_set(out, "ci95", json_new_array());
	json_push(interval, json_percent(100 * ci.low));
	json_push(interval, json_percent(100 * ci.high));
	json_set(out, "power", json_percent(stats_power(p->n, POWER_EFFECT, changed)));
	json_set_num(out, "power_effect_points", 100 * POWER_EFFECT);
	json_set_str(out, "verdict", verdict);
	return verdict;
}
