#include "gepafinal.h"

#include "mem.h"

#include <math.h>
#include <stdlib.h>

#define POWER 0.8

const char *gepa_verdict_text(enum gepa_verdict verdict)
{
	static const char *const texts[] = { "not shown", "better", "worse" };
	return texts[verdict];
}

/* So many questions, all on one side, are the least that the sign-flip test takes for more than
 * chance. */
static int fewest_signs(void)
{
	int n = 1;
	while (ldexp(1, -n) > STATS_LEVEL)
		n++;
	return n;
}

double gepa_detectable(long val, long pairs, double changed)
{
	double least = val > 0 ? (double)fewest_signs() / (double)val : 1;
	if (least > 1)
		return 1;
	for (int percent = 1; percent < 100; percent++)
		if (stats_power(pairs, percent / 100.0, changed) >= POWER)
			return fmax(percent / 100.0, least);
	return 1;
}

/* ---- asking ---- */

struct stage {
	const struct gepa_settings *set;
	const struct gepa_task *task;
	const struct gepa_result *result;
	struct gepa_final *final;
	int replicate;
	struct err *err;
};

/* One question of one candidate: 1 passed, 0 failed, -1 not measured. false: evaluate failed. */
static bool ask(struct stage *stage, int candidate, int question, int *passed)
{
	struct gepa_answer answer = { 0 };
	struct gepa_request request = { .text = stage->result->pool[candidate].text,
					.split = GEPA_VAL, .ids = &question, .n = 1,
					.replicate = stage->replicate };
	if (!stage->task->evaluate(stage->task->ctx, &request, &answer, stage->err))
		return false;
	stage->final->calls++;
	*passed = !answer.measured ? -1 : answer.score * 2 >= GEPA_ONE;
	return true;
}

/* ---- finalists ---- */

static void choose_finalists(const struct gepa_result *result, struct gepa_final *final, int most)
{
	const struct gepa_candidate *pool = result->pool;
	while (final->nfinalists < most) {
		int best = -1;
		for (int i = 1; i < result->n; i++) {
			bool taken = pool[i].sum <= pool[0].sum;
			for (int k = 0; k < final->nfinalists; k++)
				taken = taken || final->finalists[k] == i;
			if (!taken && (best < 0 || pool[i].sum > pool[best].sum))
				best = i;
		}
		if (best < 0)
			return;
		final->finalists[final->nfinalists++] = best;
	}
}

/* Every finalist, each question back to back; the one that passes most is chosen. */
static bool first_round(struct stage *stage)
{
	struct gepa_final *final = stage->final;
	for (int v = 0; v < stage->set->val; v++)
		for (int k = 0; k < final->nfinalists; k++) {
			int passed;
			if (!ask(stage, final->finalists[k], v, &passed))
				return false;
			final->first_round[k] += passed == 1;
		}
	int best = 0;
	for (int k = 1; k < final->nfinalists; k++)
		if (final->first_round[k] > final->first_round[best])
			best = k;
	final->chosen = final->finalists[best];
	stage->replicate++;
	return true;
}

/* ---- seed and finalist ---- */

/* Who is asked first alternates. */
static bool ask_pair(struct stage *stage, int question, int *seed, int *chosen)
{
	bool seed_first = (question + stage->replicate) % 2 == 0;
	int first = seed_first ? 0 : stage->final->chosen;
	int second = seed_first ? stage->final->chosen : 0;
	int a, b;
	if (!ask(stage, first, question, &a) || !ask(stage, second, question, &b))
		return false;
	*seed = seed_first ? a : b;
	*chosen = seed_first ? b : a;
	return true;
}

static void count_pair(struct gepa_final *final, int seed, int chosen)
{
	if (seed < 0 || chosen < 0) {
		final->unmeasured++;
		return;
	}
	final->pairs++;
	final->both += seed && chosen;
	final->fixed += !seed && chosen;
	final->broken += seed && !chosen;
	final->neither += !seed && !chosen;
}

static void judge(struct gepa_final *final, long *difference, int n)
{
	double changed = final->pairs ? (double)(final->fixed + final->broken) / final->pairs : 1;
	long sum = 0;
	for (int v = 0; v < n; v++)
		sum += difference[v];
	bool ahead = sum >= 0;
	for (int v = 0; v < n && !ahead; v++)
		difference[v] = -difference[v];
	final->p_value = stats_sign_flip(difference, n);
	final->gain = stats_paired_difference(final->both, final->fixed, final->broken,
					      final->pairs);
	final->detectable = gepa_detectable(n, final->pairs, changed);
	if (final->p_value <= STATS_LEVEL)
		final->verdict = ahead ? GEPA_BETTER : GEPA_WORSE;
}

/* What the rounds found out about one question. */
struct looks {
	long *sum;    /* of the differences, by question */
	bool *differ; /* in some round */
	int *ids, n;  /* questions that are asked next */
};

static bool ask_round(struct stage *stage, struct looks *looks, long reserve)
{
	struct gepa_final *final = stage->final;
	bool ok = true;
	for (int k = 0; ok && k < looks->n && reserve - final->calls >= 2; k++) {
		int seed, chosen, v = looks->ids[k];
		ok = ask_pair(stage, v, &seed, &chosen);
		if (!ok)
			break;
		if (final->again == 0)
			count_pair(final, seed, chosen);
		else
			final->further++;
		if (seed >= 0 && chosen >= 0 && seed != chosen) {
			looks->sum[v] += chosen - seed;
			looks->differ[v] = true;
		}
	}
	stage->replicate++;
	return ok;
}

static void keep_those_that_differ(struct looks *looks)
{
	int kept = 0;
	for (int k = 0; k < looks->n; k++)
		if (looks->differ[looks->ids[k]])
			looks->ids[kept++] = looks->ids[k];
	looks->n = kept;
}

/* Half of the calls, or at least one round, go to all questions, the rest to those alone whose
 * answers have differed: what always agrees says nothing about who is better. The choice is the
 * same with the sides exchanged, so that under no difference any sign stays as likely as the other
 * and the test stays exact. Where even all of them on one side would show nothing, it is over. */
static bool ask_rounds(struct stage *stage, struct looks *looks, long reserve)
{
	struct gepa_final *final = stage->final;
	long round = 2L * stage->set->val, rounds = (reserve - final->calls) / 2 / round;
	final->rounds = rounds > 1 ? (int)rounds : 1;
	for (int k = 0; k < final->rounds; k++)
		if (!ask_round(stage, looks, reserve))
			return false;
	keep_those_that_differ(looks);
	final->again = looks->n;
	while (looks->n >= fewest_signs() && reserve - final->calls >= 2)
		if (!ask_round(stage, looks, reserve))
			return false;
	return true;
}

static bool compare(struct stage *stage, long reserve)
{
	int val = stage->set->val;
	struct looks looks = { .sum = xcalloc((size_t)val, sizeof(*looks.sum)), .n = val,
			       .differ = xcalloc((size_t)val, sizeof(*looks.differ)),
			       .ids = xcalloc((size_t)val, sizeof(*looks.ids)) };
	for (int v = 0; v < val; v++)
		looks.ids[v] = v;
	bool ok = ask_rounds(stage, &looks, reserve);
	if (ok)
		judge(stage->final, looks.sum, val);
	free(looks.sum);
	free(looks.differ);
	free(looks.ids);
	return ok;
}

long gepa_reserve(const struct gepa_settings *settings, long calls)
{
	long round = 2L * settings->val;
	if (calls / 4 >= round)
		return calls / 4;
	return calls >= settings->val + round + 2L * settings->minibatch ? round : 0;
}

#define ROUNDS 2 /* that a choice among finalists must leave */

bool gepa_final(const struct gepa_settings *settings, const struct gepa_task *task,
		const struct gepa_result *result, long reserve, struct gepa_final *final,
		struct err *err)
{
	struct stage stage = { settings, task, result, final, GEPA_FRESH, err };
	long val = settings->val, spare = reserve / val - ROUNDS * 2L;
	int most = spare < 2 ? 1 : spare > GEPA_FINALISTS ? GEPA_FINALISTS : (int)spare;
	*final = (struct gepa_final){ .chosen = -1, .p_value = 1, .detectable = 1,
				      .gain = { -1, 1 } };
	if (result->n == 0)
		return true;
	choose_finalists(result, final, most);
	if (final->nfinalists == 0)
		return true;
	final->chosen = final->finalists[0];
	if (final->nfinalists > 1 && !first_round(&stage))
		return false;
	return reserve - final->calls < 2 * val || compare(&stage, reserve);
}
