#include "gepa_int.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

struct gepa_settings gepa_defaults(void)
{
	return (struct gepa_settings){ .components = 1, .minibatch = 3, .max_failures = 5,
				       .block = 5, .parents = 1, .proposals = 1, .keep = 1,
				       .skip_perfect = true, .max_merges = 5 };
}

const char *gepa_end_text(enum gepa_end end)
{
	switch (end) {
	case GEPA_END_BUDGET: return "the calls are spent";
	case GEPA_END_ITERATIONS: return "the iterations are used up";
	case GEPA_END_PERFECT: return "a candidate passes every validation question";
	case GEPA_END_PROPOSER: return "the proposer failed too often in a row";
	case GEPA_END_ENOUGH: return "no more proposals may be asked for";
	case GEPA_END_UNMEASURED: return "the seed could not be measured";
	case GEPA_END_WEIGHTS: return "Total of weights must be greater than zero";
	}
	return "";
}

static bool check_settings(const struct gepa_settings *set, struct err *err)
{
	if (set->components < 1 || set->train < 1 || set->val < 1 || set->minibatch < 1)
		return err_set(err, ERR_USAGE, "a search needs components, train questions, "
			       "validation questions and a minibatch of one or more");
	if (set->objectives < 0 || set->objectives > GEPA_OBJECTIVES)
		return err_set(err, ERR_USAGE, "%d objectives: 0 to %d can be told apart",
			       set->objectives, GEPA_OBJECTIVES);
	if (set->frontier != GEPA_INSTANCE && set->objectives == 0)
		return err_set(err, ERR_USAGE, "this kind of frontier needs objective scores");
	if (set->parents < 1 || set->proposals < 1 || set->keep < 1 || set->block < 1)
		return err_set(err, ERR_USAGE, "parents, proposals, those kept and the block of "
			       "validation questions must be one or more");
	if (!set->compat && set->max_iterations < 1)
		return err_set(err, ERR_USAGE, "a search needs a limit of iterations: answers that "
			       "are reused cost no call");
	return true;
}

static void iterate(struct gepa *gepa)
{
	struct gepa_merge merge;
	struct gepa_iteration record = { .number = ++gepa->iteration };
	struct gepa_proposal *list = NULL;
	if (gepa->set->merge && gepa_merge(gepa, &merge))
		record.merge = &merge;
	else if (!gepa->failed && !gepa->dead)
		record.proposals = list = gepa_propose(gepa, &record.n);
	record.calls = gepa->calls;
	if (gepa->task->watch && !gepa->failed && !gepa->dead)
		gepa->task->watch(gepa->task->ctx, &record);
	gepa_proposals_free(gepa, list, record.n);
}

/* Whether the search is over, and why. */
static bool over(const struct gepa *gepa, enum gepa_end *end)
{
	const struct gepa_settings *set = gepa->set;
	bool spent = gepa->calls >= set->max_calls || gepa->spent;
	bool used = set->max_iterations && gepa->iteration + 1 >= set->max_iterations;
	bool whole = !set->compat && gepa->pool[gepa_best(gepa)].sum == set->val * GEPA_ONE;
	bool proposer = !set->compat && gepa->failures >= set->max_failures;
	if (gepa->dead)
		*end = GEPA_END_WEIGHTS;
	else if (whole)
		*end = GEPA_END_PERFECT;
	else if (gepa->enough)
		*end = GEPA_END_ENOUGH;
	else if (proposer)
		*end = GEPA_END_PROPOSER;
	else if (spent)
		*end = GEPA_END_BUDGET;
	else
		*end = GEPA_END_ITERATIONS;
	return gepa->dead || whole || gepa->enough || proposer || spent || used;
}

/* Asks the seed all of val. false: it could not be had whole; *end says why. */
static bool plant(struct gepa *gepa, char *const *seed, enum gepa_end *end)
{
	struct gepa_answer *val = xcalloc((size_t)gepa->set->val, sizeof(*val));
	enum gepa_fate fate = gepa_validate(gepa, seed, -1, val);
	if (fate == GEPA_ADMITTED) {
		gepa_add(gepa, gepa_text_dup(seed, gepa->set->components), NULL, 0, val, 0);
		if (!gepa->set->compat)
			gepa_known_text(gepa, seed);
	}
	*end = gepa->spent ? GEPA_END_BUDGET : GEPA_END_UNMEASURED;
	free(val);
	return fate == GEPA_ADMITTED;
}

bool gepa_run(const struct gepa_settings *settings, const struct gepa_task *task,
	      char *const *seed, struct draws *draws, struct gepa_result *result, struct err *err)
{
	struct gepa gepa = { .set = settings, .task = task, .draws = draws, .err = err,
			     .iteration = -1, .sampler.epoch = -1 };
	*result = (struct gepa_result){ .best = -1 };
	if (!check_settings(settings, err))
		return false;
	if (plant(&gepa, seed, &result->end))
		while (!gepa.failed && !over(&gepa, &result->end))
			iterate(&gepa);
	result->pool = gepa.pool;
	result->n = gepa.n;
	result->best = gepa_best(&gepa);
	result->calls = gepa.calls;
	result->full = gepa.full;
	result->iterations = gepa.iteration + 1;
	result->failure = gepa.failure;
	gepa_pool_free(&gepa);
	gepa_picks_free(&gepa.picks);
	gepa_sampler_free(&gepa.sampler);
	gepa_merging_free(&gepa.merging);
	if (gepa.failed)
		gepa_result_free(result, settings->components);
	return !gepa.failed;
}
