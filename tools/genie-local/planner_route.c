/* Which asset answers: the score table of planner.h. */
#include "planner_plan.h"

#include "mem.h"
#include "str.h"

#include <math.h>
#include <string.h>

#define W_KNOWN 0.5 /* of the weight, for words like "total" in a name */
#define W_JOINED 0.5
#define W_NOT_FOR 2.0
#define W_RULE_QUOTED 6.0
#define W_RULE_WORD 1.5
#define RULE_COVERAGE 0.34
#define W_MEASURE 1.0
#define W_MEASURE_VIEW 0.2
#define W_SUBJECT 0.8
#define W_PARAM_FITS 0.4
#define W_EXAMPLE 2.0
#define EXAMPLE_LIKE 0.35
#define MARGIN 0.06
#define THRESHOLD 0.2

static double reach_weight(const struct plan *plan, const struct asset *asset, const char *stem)
{
	double best = 0;

	for (const struct link *l = plan->model.links; l; l = l->next) {
		const struct asset *other = l->a == asset ? l->b : l->b == asset ? l->a : NULL;
		double w = other ? bag_weight(&other->words, stem) : 0;

		if (w > best)
			best = w;
	}
	return best * W_JOINED;
}

static double weight_in(const struct plan *plan, const struct asset *asset, const struct word *w)
{
	double weight = bag_weight(&asset->words, w->stem);

	if (weight == 0)
		weight = reach_weight(plan, asset, w->stem);
	return w->known ? weight * W_KNOWN : weight;
}

static bool counts(const struct word *w)
{
	return w->kind == WORD_TEXT && !w->taken && !word_is_function(w->lower);
}

static double idf(const struct plan *plan, const char *stem)
{
	double n = (double)plan->model.nassets, df = 0;

	for (size_t i = 0; i < plan->model.nassets; i++)
		df += bag_weight(&plan->model.assets[i].words, stem) > 0;
	return log(1 + n / (df > 0 ? df : 1));
}

/* Words that repeat count once. */
static bool seen_before(const struct words *words, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (counts(&words->v[j]) && streq(words->v[j].stem, words->v[i].stem))
			return true;
	return false;
}

static double score_words(const struct plan *plan, const struct asset *asset)
{
	const struct words *words = &plan->ask.words;
	double score = 0;

	for (size_t i = 0; i < words->n; i++)
		if (counts(&words->v[i]) && !seen_before(words, i))
			score += weight_in(plan, asset, &words->v[i]) * idf(plan, words->v[i].stem);
	return score;
}

/* What all content words would give if an asset knew them by name. */
static double score_possible(const struct plan *plan)
{
	const struct words *words = &plan->ask.words;
	double score = 0;

	for (size_t i = 0; i < words->n; i++)
		if (counts(&words->v[i]) && !words->v[i].known && !seen_before(words, i))
			score += idf(plan, words->v[i].stem);
	return score;
}

static bool has_stem(const struct words *words, const char *stem)
{
	for (size_t i = 0; i < words->n; i++)
		if (streq(words->v[i].stem, stem))
			return true;
	return false;
}

/* How many of the phrase's words that mean something the question has, and its share. */
static double covered(const struct plan *plan, const struct words *phrase, double *share)
{
	double has = 0, all = 0;

	for (size_t i = 0; i < phrase->n; i++) {
		const struct word *w = &phrase->v[i];

		if (w->kind != WORD_TEXT || word_is_function(w->lower) ||
		word_in(w->lower,
		" question questions ask asked asks asking user users query queries n "))
			continue;
		all++;
		has += has_stem(&plan->ask.words, w->stem);
	}
	*share = all > 0 ? has / all : 0;
	return has;
}

static double score_not_for(const struct plan *plan, const struct asset *asset)
{
	double score = 0, share;

	for (const struct phrase *p = asset->not_for; p; p = p->next) {
		double has = covered(plan, &p->words, &share);

		if (share >= 0.5)
			score -= W_NOT_FOR * share * (has > 2 ? 2 : has);
	}
	return score;
}

static double score_rule(const struct plan *plan, const struct rule *rule)
{
	size_t from, to;
	double share, has;

	if (rule->quoted)
		return plan_find(plan, &rule->phrase, &from, &to) ? W_RULE_QUOTED : 0;
	has = covered(plan, &rule->phrase, &share);
	return share >= RULE_COVERAGE ? W_RULE_WORD * has * share : 0;
}

static double score_rules(const struct plan *plan, const struct asset *asset)
{
	double score = 0;

	for (const struct rule *r = plan->model.rules; r; r = r->next)
		if (r->asset == asset && (r->kind == RULE_ROUTE || r->kind == RULE_AVOID))
			score += (r->kind == RULE_ROUTE ? 1 : -1) * score_rule(plan, r);
	return score;
}

static double score_examples(const struct plan *plan, const struct asset *asset)
{
	double best = 0;

	for (const struct example *e = plan->model.examples; e; e = e->next) {
		double like = example_likeness(plan, e);

		if (like > best && like >= EXAMPLE_LIKE &&
			model_asset_in(&plan->model, e->sql, NULL) == asset)
			best = like;
	}
	return best * W_EXAMPLE;
}

static bool names_measure(const struct plan *plan, const struct asset *asset)
{
	size_t from, to;

	for (size_t i = 0; i < asset->nfields; i++) {
		const struct field *f = &asset->fields[i];

		if (f->kind != FIELD_MEASURE && (f->type != TYPE_NUMBER || f->key))
			continue;
		for (const struct phrase *p = f->phrases; p; p = p->next)
			if (words_find(&plan->ask.words, &p->words, &from, &to))
				return true;
		for (size_t w = 0; w < plan->ask.words.n; w++)
			if (counts(&plan->ask.words.v[w]) && !plan->ask.words.v[w].known &&
			    bag_weight(&f->words, plan->ask.words.v[w].stem) > 0)
				return true;
	}
	return false;
}

static double score_measure(const struct plan *plan, const struct asset *asset)
{
	const struct ask *ask = &plan->ask;
	bool wanted = ask->agg != AGG_NONE || ask->rank || ask->grain || ask->trend;

	if (!wanted || !names_measure(plan, asset))
		return 0;
	return W_MEASURE + (asset->kind == PLANNER_METRIC_VIEW ? W_MEASURE_VIEW : 0);
}

/* "how many X", "list X": X is the asset. */
static double score_subject(const struct plan *plan, const struct asset *asset)
{
	const struct ask *ask = &plan->ask;
	size_t from, to, start = ask->how_many ? ask->agg_at : 0;

	if (asset->kind != PLANNER_TABLE || !(ask->how_many ||
		(ask->agg == AGG_NONE && !ask->rank)))
		return 0;
	for (const struct phrase *p = asset->phrases; p; p = p->next)
		if (words_find(&ask->words, &p->words, &from, &to) && from >= start &&
			from <= start + 4)
			return W_SUBJECT;
	return 0;
}

static bool takes_count(const struct field *param)
{
	struct words words = { NULL, 0 };

	return param->type == TYPE_NUMBER && param->phrases &&
	       (words = param->phrases->words, true) && words.n &&
	       (has_stem(&words, "top") || has_stem(&words, "limit") || has_stem(&words, "n"));
}

static double score_params(const struct plan *plan, const struct asset *asset)
{
	if (plan->ask.limit == 0)
		return 0;
	for (size_t i = 0; i < asset->nparams; i++)
		if (takes_count(&asset->params[i]))
			return W_PARAM_FITS;
	return 0;
}

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* One of the assets within the margin of the best. */
static struct asset *draw(struct plan *plan, double best)
{
	struct asset *close[MODEL_MAX_ASSETS] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < plan->model.nassets; i++)
		if (plan->model.assets[i].score >= best * (1 - MARGIN))
			close[n++] = &plan->model.assets[i];
	plan->drawn = n > 1;
	return close[n > 1 ? mix(plan->seed) % n : 0];
}

bool plan_route(struct plan *plan)
{
	double best = 0;

	for (size_t i = 0; i < plan->model.nassets; i++) {
		struct asset *a = &plan->model.assets[i];
		double words = score_words(plan, a), rules = score_rules(plan, a);

		a->score = words + rules + score_not_for(plan, a) + score_examples(plan, a);
		if (words > 0 || rules > 0)
			a->score += score_measure(plan, a) + score_subject(plan,
				a) + score_params(plan, a) + a->bias;
		if (a->score > best)
			best = a->score;
	}
	if (best <= 0 || best < THRESHOLD * score_possible(plan))
		return false;
	plan->asset = draw(plan, best);
	return true;
}
