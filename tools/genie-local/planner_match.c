/* Which fields the question's words name. Candidates are the fields of the asset and of
 * the tables it can be joined to. A name or synonym that stands there in full counts by its
 * rare words; one that stands there in part by the share; comment words add a third. The
 * best mention takes its words, then the next. */
#include "planner_plan.h"

#include "mem.h"
#include "str.h"

#include <math.h>
#include <string.h>

#define W_PART 0.9
#define W_COMMENT 0.35
#define COMMENT_MOST 0.8
#define W_NOT 0.5
#define W_JOINED 0.9
#define W_JOINED_KEY 0.3 /* the key stands here too */
#define MENTION_LEAST 0.05

struct candidates {
	struct field **v;
	size_t n;
	double idf[PLAN_MAX_WORDS];
};

size_t plan_path(const struct plan *plan, const struct asset *target, const struct link **path)
{
	const struct asset *queue[MODEL_MAX_ASSETS];
	const struct link *via[MODEL_MAX_ASSETS];
	size_t back[MODEL_MAX_ASSETS], depth[MODEL_MAX_ASSETS], n = 1;

	queue[0] = plan->asset;
	via[0] = NULL;
	back[0] = depth[0] = 0;
	for (size_t i = 0; i < n; i++) {
		if (queue[i] == target && i > 0) {
			for (size_t k = depth[i], j = i; k > 0; j = back[j])
				path[--k] = via[j];
			return depth[i];
		}
		for (const struct link *l = plan->model.links; l && depth[i] < PLAN_MAX_HOPS;
			l = l->next) {
			const struct asset *other = l->a == queue[i] ? l->b : l->b == queue[i]
				? l->a : NULL;
			bool seen = other == NULL;

			for (size_t j = 0; j < n && !seen; j++)
				seen = queue[j] == other;
			if (seen)
				continue;
			queue[n] = other;
			via[n] = l;
			back[n] = i;
			depth[n++] = depth[i] + 1;
		}
	}
	return 0;
}

void plan_need(struct plan *plan, const struct field *field)
{
	const struct link *path[PLAN_MAX_HOPS];
	size_t n = field ? plan_path(plan, field->asset, path) : 0;

	for (size_t i = 0; i < n; i++) {
		bool there = false;

		for (size_t j = 0; j < plan->njoins; j++)
			there |= plan->joins[j] == path[i];
		if (!there && plan->njoins < PLAN_MAX_JOINS)
			plan->joins[plan->njoins++] = path[i];
	}
}

bool plan_find(const struct plan *plan, const struct words *phrase, size_t *from, size_t *to)
{
	struct words copy = { NULL, plan->ask.words.n };

	copy.v = arena_alloc(plan->arena, (copy.n + 1) * sizeof *copy.v);
	if (copy.n)
		memcpy(copy.v, plan->ask.words.v, copy.n * sizeof *copy.v);
	for (size_t i = 0; i < copy.n; i++)
		copy.v[i].taken = false;
	return words_find(&copy, phrase, from, to);
}

static size_t question_words(const struct plan *plan)
{
	return plan->ask.words.n < PLAN_MAX_WORDS ? plan->ask.words.n : PLAN_MAX_WORDS;
}

static bool open_word(const struct word *w)
{
	return w->kind == WORD_TEXT && !w->taken && !word_is_function(w->lower);
}

static bool in_phrases(const struct field *field, const char *stem)
{
	for (const struct phrase *p = field->phrases; p; p = p->next)
		for (size_t i = 0; i < p->words.n; i++)
			if (streq(p->words.v[i].stem, stem))
				return true;
	return false;
}

static void collect(struct plan *plan, struct candidates *c)
{
	const struct link *path[PLAN_MAX_HOPS];
	size_t total = plan->asset->nfields;

	for (size_t i = 0; i < plan->model.nassets; i++)
		total += plan->model.assets[i].nfields;
	c->v = arena_alloc(plan->arena, (total + 1) * sizeof *c->v);
	for (size_t f = 0; f < plan->asset->nfields; f++)
		c->v[c->n++] = &plan->asset->fields[f];
	for (size_t i = 0; plan->asset->kind == PLANNER_TABLE && i < plan->model.nassets; i++) {
		struct asset *a = &plan->model.assets[i];

		if (a == plan->asset || plan_path(plan, a, path) == 0)
			continue;
		for (size_t f = 0; f < a->nfields; f++)
			c->v[c->n++] = &a->fields[f];
	}
	for (size_t w = 0; w < question_words(plan); w++) {
		const char *stem = plan->ask.words.v[w].stem;
		double df = 0;

		for (size_t f = 0; f < c->n; f++)
			df += in_phrases(c->v[f], stem) || bag_weight(&c->v[f]->words, stem) > 0;
		c->idf[w] = log(1 + (double)c->n / (df > 0 ? df
			: 1)) / log(1 + (double)c->n + 0.001);
	}
}

/* How much a word of a name says: "name" and "id" little. */
static double importance(const struct word *w)
{
	if (word_in(w->lower, " name nm title label "))
		return 0.15;
	if (word_in(w->lower, " id key sk pk fk code cd number num nbr "))
		return 0.4;
	return word_is_known(w->lower) ? 0.3 : 1;
}

static void whole_match(const struct plan *plan, const struct candidates *c, const struct phrase *p,
			struct mention *m)
{
	size_t from, to;
	uint64_t mask = 0;
	double score = 0;

	if (!words_find(&plan->ask.words, &p->words, &from, &to) || to > PLAN_MAX_WORDS)
		return;
	for (size_t i = from; i < to; i++) {
		mask |= (uint64_t)1 << i;
		if (open_word(&plan->ask.words.v[i]))
			score += c->idf[i] * (plan->ask.words.v[i].known ? 0.5 : 1);
	}
	score = p->weight * (score + 0.3 * (double)(p->words.n - 1));
	if (score <= m->score)
		return;
	m->score = score;
	m->mask = mask;
	m->whole = true;
}

static void part_match(const struct plan *plan, const struct candidates *c, const struct phrase *p,
		       struct mention *m)
{
	double has = 0, all = 0, score = 0;
	uint64_t mask = 0;

	for (size_t k = 0; k < p->words.n; k++) {
		double weight = importance(&p->words.v[k]);

		all += weight;
		for (size_t i = 0; i < question_words(plan); i++) {
			const struct word *w = &plan->ask.words.v[i];

			if (!open_word(w) || w->known || !streq(w->stem, p->words.v[k].stem))
				continue;
			mask |= (uint64_t)1 << i;
			has += weight;
			score += c->idf[i];
			break;
		}
	}
	if (!mask || has < 0.3)
		return;
	score *= p->weight * W_PART * pow(has / all, 1.2);
	if (score <= m->score)
		return;
	m->score = score;
	m->mask = mask;
	m->whole = false;
}

static void comment_match(const struct plan *plan, const struct candidates *c, struct mention *m)
{
	double plus = 0, minus = 0;
	uint64_t mask = 0;

	for (size_t i = 0; i < question_words(plan); i++) {
		const struct word *w = &plan->ask.words.v[i];

		if (!open_word(w) || w->known)
			continue;
		minus += c->idf[i] * bag_weight(&m->field->not_words, w->stem);
		if (m->mask >> i & 1 || bag_weight(&m->field->words, w->stem) == 0)
			continue;
		plus += c->idf[i];
		mask |= (uint64_t)1 << i;
	}
	plus *= W_COMMENT;
	m->score += (plus > COMMENT_MOST ? COMMENT_MOST : plus) - W_NOT * minus;
	if (!m->mask)
		m->mask = mask;
}

static struct mention match_field(const struct plan *plan, const struct candidates *c, size_t k)
{
	struct mention m = { .field = c->v[k], .order = k };

	for (const struct phrase *p = m.field->phrases; p; p = p->next) {
		whole_match(plan, c, p, &m);
		part_match(plan, c, p, &m);
	}
	comment_match(plan, c, &m);
	if (m.field->asset != plan->asset)
		m.score *= m.field->key && !m.whole ? W_JOINED_KEY : W_JOINED;
	for (m.at = 0; m.mask && !(m.mask >> m.at & 1); m.at++)
		;
	return m;
}

static bool better(const struct mention *a, const struct mention *b)
{
	return a->score > b->score + 1e-9 || (a->score > b->score - 1e-9 && a->order < b->order);
}

void plan_match(struct plan *plan)
{
	struct candidates c = { NULL, 0, { 0 } };
	struct mention *all;
	uint64_t taken = 0;

	collect(plan, &c);
	all = arena_alloc(plan->arena, (c.n + 1) * sizeof *all);
	for (size_t i = 0; i < c.n; i++)
		all[i] = match_field(plan, &c, i);
	while (plan->nmentions < PLAN_MAX_MENTIONS) {
		struct mention *best = NULL;

		for (size_t i = 0; i < c.n; i++)
			if (all[i].mask && !(all[i].mask & taken) && all[i].score > MENTION_LEAST &&
			    (!best || better(&all[i], best)))
				best = &all[i];
		if (!best)
			return;
		plan->mentions[plan->nmentions++] = *best;
		taken |= best->mask;
		best->mask = 0;
	}
}
