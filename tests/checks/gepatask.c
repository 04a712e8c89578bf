#include "gepatask.h"

#include "digest.h"
#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VAL_BASE 1000 /* validation examples are 1000, 1001, … */

/* ---- settings ---- */

struct word {
	const char *text;
	int value;
};

static bool pick_word(const struct word *words, const char *text, int *out)
{
	for (; words->text; words++)
		if (streq(words->text, text)) {
			*out = words->value;
			return true;
		}
	return false;
}

static const struct word selectors[] = { { "pareto", GEPA_PARETO },
					 { "current_best", GEPA_CURRENT_BEST },
					 { "epsilon_greedy", GEPA_EPSILON_GREEDY },
					 { "top_k_pareto", GEPA_TOP_K_PARETO }, { NULL, 0 } };
static const struct word frontiers[] = { { "instance", GEPA_INSTANCE },
					 { "objective", GEPA_OBJECTIVE },
					 { "hybrid", GEPA_HYBRID },
					 { "cartesian", GEPA_CARTESIAN }, { NULL, 0 } };
static const struct word samplings[] = { { "single", GEPA_SINGLE }, { "same", GEPA_SAME_PARENT },
					 { "independent", GEPA_INDEPENDENT },
					 { "pxn", GEPA_PXN }, { NULL, 0 } };
static const struct word selections[] = { { "all", GEPA_ALL }, { "best", GEPA_BEST },
					  { "topk", GEPA_TOP_K }, { NULL, 0 } };
static const struct word modules[] = { { "round_robin", false }, { "all", true }, { NULL, 0 } };
static const struct word accepts[] = { { "strict_improvement", false },
				       { "improvement_or_equal", true }, { NULL, 0 } };

static bool set_word(struct gepa_settings *set, const char *key, const char *value)
{
	int v = 0;
	if (streq(key, "selector") && pick_word(selectors, value, &v))
		set->selector = (enum gepa_selector)v;
	else if (streq(key, "frontier") && pick_word(frontiers, value, &v))
		set->frontier = (enum gepa_frontier)v;
	else if (streq(key, "sampling") && pick_word(samplings, value, &v))
		set->sampling = (enum gepa_sampling)v;
	else if (streq(key, "selection") && pick_word(selections, value, &v))
		set->selection = (enum gepa_selection)v;
	else if (streq(key, "module") && pick_word(modules, value, &v))
		set->all_components = v;
	else if (streq(key, "accept") && pick_word(accepts, value, &v))
		set->or_equal = v;
	else
		return false;
	return true;
}

static bool set_number(struct gepatask *task, const char *key, long v)
{
	struct gepa_settings *set = &task->set;
	const struct {
		const char *key;
		int *to;
	} ints[] = { { "ncomp", &set->components }, { "ntrain", &set->train },
		     { "nval", &set->val },         { "mb", &set->minibatch },
		     { "maxmerge", &set->max_merges }, { "p", &set->parents },
		     { "n", &set->proposals },      { "k", &set->keep } };
	const struct {
		const char *key;
		bool *to;
	} bools[] = { { "share", &set->shared }, { "merge", &set->merge },
		      { "cache", &set->cache }, { "skip", &set->skip_perfect } };
	const struct {
		const char *key;
		long *to;
	} longs[] = { { "world", &task->world }, { "budget", &set->max_calls },
		      { "cap", &task->cap }, { "ntok", &task->tokens } };
	for (size_t i = 0; i < countof(ints); i++)
		if (streq(ints[i].key, key))
			return *ints[i].to = (int)v, true;
	for (size_t i = 0; i < countof(bools); i++)
		if (streq(bools[i].key, key))
			return *bools[i].to = v != 0, true;
	for (size_t i = 0; i < countof(longs); i++)
		if (streq(longs[i].key, key))
			return *longs[i].to = v, true;
	if (!streq(key, "seed"))
		return false;
	task->seed = (uint64_t)v;
	return true;
}

bool gepatask_read(struct gepatask *task, const char *args, char why[200])
{
	char *copy = xstrdup(args), *rest = copy, *word;
	*task = (struct gepatask){ .set = gepa_defaults(), .world = 1, .cap = 4, .tokens = 16,
				   .stop_after = -1 };
	str_init(&task->trace, STR_MAX_TEXT);
	task->set.compat = true;
	task->set.components = 3;
	task->set.train = task->set.val = 10;
	task->set.objectives = 2;
	task->set.max_calls = 200;
	bool ok = true;
	while (ok && (word = strtok_r(rest, " \n\t", &rest))) {
		char *value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		char *end = value;
		long v = value ? strtol(value, &end, 10) : 0;
		bool number = value && !*end;
		ok = number ? set_number(task, word, v)
			    : value && set_word(&task->set, word, value);
		if (!ok)
			snprintf(why, 200, "%s=%s is not known", word, value ? value : "");
	}
	if (task->set.shared)
		task->set.val = task->set.train;
	free(copy);
	return ok;
}

void gepatask_free(struct gepatask *task)
{
	str_free(&task->trace);
}

void gepajournal_free(struct gepajournal *journal)
{
	free(journal->key);
	*journal = (struct gepajournal){ 0 };
}

/* ---- the task ---- */

static bool holds(const char *list, long token)
{
	while (*list) {
		char *end;
		if (strtol(list, &end, 10) == token)
			return true;
		list = *end ? end + 1 : end;
	}
	return false;
}

static long wanted_component(const struct gepatask *task, long e, int r)
{
	return (7 * e + 3 * r + task->world) % task->set.components;
}

static long wanted_token(const struct gepatask *task, long e, int r)
{
	return (5 * e + 11 * r + 13 * task->world) % task->tokens;
}

static long example(const struct gepatask *task, enum gepa_split split, int id)
{
	return split == GEPA_VAL && !task->set.shared ? VAL_BASE + id : id;
}

static struct gepa_answer answer(const struct gepatask *task, char *const *text, long e)
{
	int met = 0, minded = 0;
	long world = task->world;
	for (int r = 0; r < 4; r++)
		met += holds(text[wanted_component(task, e, r)], wanted_token(task, e, r));
	for (int r = 0; r < 2; r++)
		minded += holds(text[(3 * e + 1 + r + world) % task->set.components],
				(13 * e + 5 + 7 * r + 3 * world) % task->tokens);
	long score = (met - minded) * (GEPA_ONE / 4);
	return (struct gepa_answer){ .measured = true, .score = score > 0 ? score : 0,
				     .objective = { met * (GEPA_ONE / 4),
						    GEPA_ONE - minded * (GEPA_ONE / 2) } };
}

static uint64_t *journal_slot(uint64_t *key, size_t size, uint64_t hash)
{
	size_t at = hash & (size - 1);
	while (key[at] && key[at] != hash)
		at = (at + 1) & (size - 1);
	return &key[at];
}

/* Whether this answer was paid for before; it is from now on. */
static bool journaled(struct gepajournal *journal, const struct gepa_request *request, int id,
		      int components)
{
	struct str key = STR_INIT;
	for (int c = 0; c < components; c++)
		str_addf(&key, "%s|", request->text[c]);
	str_addf(&key, "%d %d %d", (int)request->split, id, request->replicate);
	uint64_t hash = fnv1a(key.s, key.n) | 1;
	str_free(&key);
	if (journal->n * 2 >= journal->size) {
		size_t size = journal->size ? journal->size * 2 : 256;
		uint64_t *bigger = xcalloc(size, sizeof(*bigger));
		for (size_t k = 0; k < journal->size; k++)
			if (journal->key[k])
				*journal_slot(bigger, size, journal->key[k]) = journal->key[k];
		free(journal->key);
		journal->key = bigger;
		journal->size = size;
	}
	uint64_t *slot = journal_slot(journal->key, journal->size, hash);
	bool known = *slot != 0;
	*slot = hash;
	journal->n += !known;
	return known;
}

static bool evaluate(void *ctx, const struct gepa_request *request, struct gepa_answer *answers,
		     struct err *err)
{
	struct gepatask *task = ctx;
	for (int k = 0; k < request->n; k++) {
		if (task->stop_after == 0)
			return err_set(err, ERR_TEMP, "stopped");
		bool paid = task->journal && journaled(task->journal, request, request->ids[k],
						       task->set.components);
		answers[k] = answer(task, request->text,
				    example(task, request->split, request->ids[k]));
		task->stop_after -= !paid && task->stop_after > 0;
		task->asked += !paid;
		if (task->unmeasured && task->asked % task->unmeasured == 0)
			answers[k].measured = false;
	}
	return true;
}

/* The first token that a question of the minibatch wants in this component and the parent lacks;
 * every fifth proposal, and when there is none, a token that nobody asked for. */
static long token_to_add(const struct gepatask *task, const struct gepa_brief *brief, int component)
{
	for (int k = 0; k < brief->n && task->proposals % 5 != 4; k++) {
		long e = example(task, GEPA_TRAIN, brief->ids[k]);
		for (int r = 0; r < 4; r++)
			if (wanted_component(task, e, r) == component &&
			    !holds(brief->text[component], wanted_token(task, e, r)))
				return wanted_token(task, e, r);
	}
	return (17 * task->proposals + 3) % task->tokens;
}

/* The list without `token`, then with it at the end, and without its first when too long. */
static char *appended(const char *list, long token, long cap)
{
	long kept[64];
	int n = 0, first;
	while (*list && n < (int)countof(kept) - 1) {
		char *end;
		long v = strtol(list, &end, 10);
		if (v != token)
			kept[n++] = v;
		list = *end ? end + 1 : end;
	}
	kept[n++] = token;
	first = n > cap ? 1 : 0;
	struct str out = STR_INIT;
	for (int k = first; k < n; k++)
		str_addf(&out, "%s%ld", k > first ? "," : "", kept[k]);
	return str_take(&out);
}

static enum gepa_reply propose(void *ctx, const struct gepa_brief *brief, char **child,
			       struct err *err)
{
	struct gepatask *task = ctx;
	if (task->dead) {
		err_set(err, ERR_TEMP, "nobody there");
		return GEPA_FAILED;
	}
	for (int k = 0; k < brief->ncomponents; k++) {
		int c = brief->components[k];
		child[c] = appended(brief->text[c], token_to_add(task, brief, c), task->cap);
	}
	task->proposals++;
	return GEPA_PROPOSED;
}

/* ---- the trace ---- */

static void add_ids(struct str *out, const int *ids, int n)
{
	for (int k = 0; k < n; k++)
		str_addf(out, "%s%d", k ? "," : " ", ids[k]);
}

static void add_score(struct str *out, int k, long score)
{
	str_addf(out, "%s%.10g", k ? "," : " ", (double)score / GEPA_ONE);
}

static void add_answers(struct str *out, const struct gepa_answer *answers, int n)
{
	for (int k = 0; k < n; k++)
		add_score(out, k, answers[k].score);
}

static void add_val_ids(const struct gepatask *task, struct str *out, const int *ids, int n)
{
	for (int k = 0; k < n; k++)
		str_addf(out, "%s%ld", k ? "," : " ", example(task, GEPA_VAL, ids[k]) % VAL_BASE);
}

/* The new candidates in ascending order, whichever proposal gained more. */
static void add_admitted(struct str *out, const struct gepa_iteration *iteration)
{
	int first = -1, n = 0;
	for (int k = 0; k < iteration->n; k++) {
		int index = iteration->proposals[k].admitted;
		n += index >= 0;
		if (index >= 0 && (first < 0 || index < first))
			first = index;
	}
	for (int k = 0; k < n; k++)
		str_addf(out, "%s%d", k ? "," : " NEW ", first + k);
}

static void watch(void *ctx, const struct gepa_iteration *iteration)
{
	struct gepatask *task = ctx;
	struct str *out = &task->trace;
	if (task->quiet)
		return;
	str_addf(out, "I %ld", iteration->number);
	if (iteration->merge) {
		const struct gepa_merge *merge = iteration->merge;
		str_addf(out, " M %d,%d,%d S", merge->first, merge->second, merge->ancestor);
		add_val_ids(task, out, merge->ids, merge->n);
		str_add(out, " R");
		add_answers(out, merge->answers, merge->n);
		if (merge->admitted >= 0)
			str_addf(out, " NEW %d", merge->admitted);
	}
	for (int k = 0; k < iteration->n; k++) {
		const struct gepa_proposal *p = &iteration->proposals[k];
		str_addf(out, " P %d mb", p->parent);
		add_ids(out, p->ids, p->n);
		if (!p->after)
			continue;
		str_add(out, " b");
		add_answers(out, p->before, p->n);
		str_add(out, " a");
		add_answers(out, p->after, p->n);
	}
	add_admitted(out, iteration);
	str_addc(out, '\n');
}

static void add_candidate(struct gepatask *task, int index, const struct gepa_candidate *c)
{
	struct str *out = &task->trace;
	str_addf(out, "C %d ", index);
	for (int k = 0; k < task->set.components; k++)
		str_addf(out, "%s%s", k ? "|" : "", c->text[k]);
	str_add(out, " par");
	add_ids(out, c->parents, c->nparents);
	str_addf(out, "%s disc %ld val", c->nparents ? "" : " -", c->discovered);
	for (int v = 0; v < task->set.val; v++)
		add_score(out, v, c->val[v]);
	str_addc(out, '\n');
}

void gepatask_close(struct gepatask *task, const struct gepa_result *result,
		    const struct draws *draws)
{
	struct str *out = &task->trace;
	if (result->end == GEPA_END_WEIGHTS) {
		str_reset(out); /* of a run that dies the reference prints its exception alone */
		str_addf(out, "EXC %s\n", gepa_end_text(result->end));
		return;
	}
	for (int i = 0; i < result->n; i++)
		add_candidate(task, i, &result->pool[i]);
	str_addf(out, "END best %d total %ld full %ld draws %ld last ", result->best, result->calls,
		 result->full, draws->count);
	str_addf(out, draws->last.n ? "%.0f\n" : "%.17g\n", draws->last.value);
}

bool gepatask_run(struct gepatask *task, struct draws *draws, struct gepa_result *result)
{
	struct err err = { 0 };
	struct gepa_task caller = { .ctx = task, .evaluate = evaluate, .propose = propose,
				    .watch = watch };
	char **seed = xcalloc((size_t)task->set.components, sizeof(*seed));
	for (int c = 0; c < task->set.components; c++)
		seed[c] = xstrdup("");
	bool ok = gepa_run(&task->set, &caller, seed, draws, result, &err);
	for (int c = 0; c < task->set.components; c++)
		free(seed[c]);
	free(seed);
	return ok;
}
