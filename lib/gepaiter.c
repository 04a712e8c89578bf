#include "gepa_int.h"

#include "mem.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts that were proposed before ---- */

static uint64_t *seen_slot(uint64_t *seen, size_t size, uint64_t hash)
{
	size_t at = hash & (size - 1);
	while (seen[at] && seen[at] != hash)
		at = (at + 1) & (size - 1);
	return &seen[at];
}

bool gepa_known_text(struct gepa *gepa, char *const *text)
{
	if (gepa->nseen * 2 >= gepa->seen_size) {
		size_t size = gepa->seen_size ? gepa->seen_size * 2 : 256;
		uint64_t *seen = xcalloc(size, sizeof(*seen));
		for (size_t k = 0; k < gepa->seen_size; k++)
			if (gepa->seen[k])
				*seen_slot(seen, size, gepa->seen[k]) = gepa->seen[k];
		free(gepa->seen);
		gepa->seen = seen;
		gepa->seen_size = size;
	}
	uint64_t hash = gepa_text_hash(text, gepa->set->components);
	uint64_t *slot = seen_slot(gepa->seen, gepa->seen_size, hash);
	bool known = *slot == hash;
	*slot = hash;
	gepa->nseen += !known;
	return known;
}

/* ---- what the parent's last proposals met, the newest last ---- */

static char *rejection(const struct gepa *gepa, int parent, int k)
{
	return gepa->rejections + ((size_t)parent * GEPA_REJECTIONS + (size_t)k) * GEPA_REASON;
}

static void reject(struct gepa *gepa, struct gepa_proposal *proposal, enum gepa_fate fate,
		   const char *reason)
{
	proposal->fate = fate;
	snprintf(proposal->reason, sizeof(proposal->reason), "%.*s",
		 (int)utf8_fit(reason, GEPA_REASON - 1), reason);
	memmove(rejection(gepa, proposal->parent, 0), rejection(gepa, proposal->parent, 1),
		(GEPA_REJECTIONS - 1) * GEPA_REASON);
	memcpy(rejection(gepa, proposal->parent, GEPA_REJECTIONS - 1), proposal->reason,
	       GEPA_REASON);
}

/* ---- parents and minibatches ---- */

static struct gepa_proposal *new_tasks(struct gepa *gepa, int *n)
{
	const struct gepa_settings *set = gepa->set;
	int parents = 1, each = 1;
	if (set->sampling == GEPA_PXN)
		parents = set->parents, each = set->proposals;
	else if (set->sampling == GEPA_SAME_PARENT)
		each = set->proposals;
	else if (set->sampling == GEPA_INDEPENDENT)
		parents = set->proposals;
	struct gepa_proposal *list = xcalloc((size_t)parents * (size_t)each, sizeof(*list));
	*n = 0;
	for (int p = 0; p < parents; p++) {
		int parent = gepa_pick_parent(gepa);
		for (int k = 0; k < each; k++) {
			struct gepa_proposal *task = &list[(*n)++];
			task->parent = parent;
			task->admitted = -1;
			task->ids = xcalloc((size_t)set->minibatch, sizeof(*task->ids));
			task->n = gepa_minibatch(gepa, parent, task->ids);
			task->before = xcalloc((size_t)set->minibatch, sizeof(*task->before));
		}
	}
	return list;
}

void gepa_proposals_free(const struct gepa *gepa, struct gepa_proposal *list, int n)
{
	for (int k = 0; k < n; k++) {
		free(list[k].ids);
		free(list[k].before);
		free(list[k].after);
		gepa_text_free(list[k].child, gepa->set->components);
	}
	free(list);
}

static bool perfect(const struct gepa_answer *answers, int n)
{
	for (int k = 0; k < n; k++)
		if (!answers[k].measured || answers[k].score < GEPA_ONE)
			return false;
	return true;
}

static bool any_measured(const struct gepa_answer *answers, int n)
{
	for (int k = 0; k < n; k++)
		if (answers[k].measured)
			return true;
	return false;
}

/* A minibatch that passes whole by stored answers costs nothing and would do so for ever: the
 * answer that was asked for least often is asked for again. */
static void look_again(struct gepa *gepa, struct gepa_proposal *task)
{
	const struct gepa_known *train = gepa->pool[task->parent].train;
	int least = 0;
	for (int k = 1; k < task->n; k++)
		if (train[task->ids[k]].n < train[task->ids[least]].n)
			least = k;
	gepa_ask_again(gepa, task->parent, task->ids[least], &task->before[least]);
}

/* An earlier task of this iteration with the same parent's texts and questions. */
static const struct gepa_proposal *asked_already(const struct gepa *gepa,
						 const struct gepa_proposal *list, int at)
{
	for (int k = 0; k < at; k++)
		if (list[k].n == list[at].n &&
		    !memcmp(list[k].ids, list[at].ids, (size_t)list[at].n * sizeof(*list->ids)) &&
		    gepa_text_same(gepa->pool[list[k].parent].text,
				   gepa->pool[list[at].parent].text, gepa->set->components))
			return &list[k];
	return NULL;
}

static bool ask_parents(struct gepa *gepa, struct gepa_proposal *list, int n, bool **reused)
{
	for (int k = 0; k < n; k++) {
		struct gepa_proposal *task = &list[k];
		const struct gepa_proposal *same =
			gepa->set->compat ? asked_already(gepa, list, k) : NULL;
		reused[k] = xcalloc((size_t)task->n + 1, sizeof(**reused));
		if (same)
			memcpy(task->before, same->before, (size_t)task->n * sizeof(*task->before));
		else if (!gepa_ask_parent(gepa, task->parent, task->ids, task->n, task->before,
					  reused[k]))
			return false;
		if (!gepa->set->compat && perfect(task->before, task->n))
			look_again(gepa, task);
	}
	return !gepa->failed && !gepa->spent;
}

/* ---- proposals ---- */

static enum gepa_reply ask_proposer(struct gepa *gepa, struct gepa_proposal *task,
				    const struct gepa_brief *brief, char **child)
{
	const struct gepa_task *caller = gepa->task;
	struct err err = { 0 };
	enum gepa_reply reply = caller->propose(caller->ctx, brief, child, &err);
	if (reply == GEPA_FAILED && gepa->set->compat)
		reply = caller->propose(caller->ctx, brief, child, &err);
	gepa->failures = reply == GEPA_FAILED ? gepa->failures + 1 : 0;
	gepa->enough = gepa->enough || reply == GEPA_ENOUGH;
	if (reply == GEPA_FAILED || reply == GEPA_ENOUGH)
		gepa->failure = err;
	if (reply != GEPA_PROPOSED)
		task->fate = GEPA_NO_PROPOSAL;
	return reply;
}

static void write_child(struct gepa *gepa, struct gepa_proposal *task, const int *components, int n)
{
	const struct gepa_candidate *parent = &gepa->pool[task->parent];
	const char *rejections[GEPA_REJECTIONS];
	struct gepa_brief brief = { .parent = task->parent, .text = parent->text,
				    .components = components, .ncomponents = n, .ids = task->ids,
				    .answers = task->before, .n = task->n,
				    .rejections = rejections };
	for (int k = 0; k < GEPA_REJECTIONS; k++)
		if (*rejection(gepa, task->parent, k))
			rejections[brief.nrejections++] = rejection(gepa, task->parent, k);
	int all = gepa->set->components;
	char **child = xcalloc((size_t)all, sizeof(*child));
	bool changed = false;
	if (ask_proposer(gepa, task, &brief, child) == GEPA_PROPOSED)
		for (int c = 0; c < all; c++)
			changed = changed || child[c];
	if (changed) {
		for (int c = 0; c < all; c++)
			if (!child[c])
				child[c] = xstrdup(parent->text[c]);
		task->child = child;
	} else {
		task->fate = GEPA_NO_PROPOSAL;
		gepa_text_free(child, all);
	}
}

/* Before any call is spent. */
static bool refused(struct gepa *gepa, struct gepa_proposal *task)
{
	char reason[GEPA_REASON] = "";
	if (gepa->set->compat)
		return false;
	bool no = gepa_known_text(gepa, task->child);
	if (no)
		snprintf(reason, sizeof(reason), "the same texts were tried before");
	else if (gepa->task->refuse)
		no = gepa->task->refuse(gepa->task->ctx, task->child, task->parent, reason);
	if (no)
		reject(gepa, task, GEPA_REFUSED, reason);
	return no;
}

static void write_children(struct gepa *gepa, struct gepa_proposal *list, int n)
{
	int all = gepa->set->components, *components = xcalloc((size_t)all, sizeof(*components));
	int *turn = xcalloc((size_t)n + 1, sizeof(*turn));
	for (int c = 0; c < all; c++)
		components[c] = c;
	for (int k = 0; k < n; k++) {
		struct gepa_proposal *task = &list[k];
		bool skip = gepa->set->skip_perfect && perfect(task->before, task->n);
		turn[k] = skip || !any_measured(task->before, task->n) ? -1 : 0;
		if (turn[k] < 0 || gepa->set->all_components)
			continue;
		turn[k] = gepa->pool[task->parent].next;
		gepa->pool[task->parent].next = (turn[k] + 1) % all;
	}
	for (int k = 0; k < n; k++) {
		bool whole = gepa->set->all_components;
		if (turn[k] < 0)
			continue; /* its fate is GEPA_SKIPPED, the first of them */
		write_child(gepa, &list[k], whole ? components : &turn[k], whole ? all : 1);
	}
	free(components);
	free(turn);
}

static bool ask_children(struct gepa *gepa, struct gepa_proposal *list, int n)
{
	for (int k = 0; k < n; k++) {
		struct gepa_proposal *task = &list[k];
		if (!task->child || refused(gepa, task))
			continue;
		struct gepa_request request = { .text = task->child, .split = GEPA_TRAIN,
						.ids = task->ids, .n = task->n, .traces = true };
		task->after = xcalloc((size_t)task->n, sizeof(*task->after));
		task->fate = GEPA_REJECTED;
		if (!gepa_ask(gepa, &request, task->after)) {
			free(task->after);
			task->after = NULL;
			task->fate = GEPA_SKIPPED;
			return false;
		}
	}
	return true;
}

/* ---- the gate ---- */

/* Gain of the child over its parent, on what both have measured; *both: how many these are. */
static long gain(const struct gepa *gepa, const struct gepa_proposal *task, int *both)
{
	long sum = 0;
	*both = 0;
	for (int k = 0; k < task->n; k++)
		if (gepa->set->compat || (task->before[k].measured && task->after[k].measured)) {
			sum += task->after[k].score - task->before[k].score;
			(*both)++;
		}
	return sum;
}

static bool passes(const struct gepa *gepa, const struct gepa_proposal *task)
{
	int both;
	long better = gain(gepa, task, &both);
	return both > 0 && (gepa->set->or_equal ? better >= 0 : better > 0);
}

/* A gate passed by one question or less may rest on one answer that the parent had bad luck with.
 * Those that are stored and were asked for once are asked for again. */
static void confirm(struct gepa *gepa, struct gepa_proposal *task, const bool *reused)
{
	const struct gepa_known *train = gepa->pool[task->parent].train;
	int both;
	if (gepa->set->compat || !passes(gepa, task) || gain(gepa, task, &both) > GEPA_ONE)
		return;
	for (int k = 0; k < task->n; k++)
		if (reused[k] && train[task->ids[k]].n == 1 && task->after[k].measured &&
		    task->after[k].score > task->before[k].score)
			gepa_ask_again(gepa, task->parent, task->ids[k], &task->before[k]);
}

struct gained {
	int at;
	long gain;
};

static int by_gain(const void *left, const void *right)
{
	const struct gained *a = left, *b = right;
	if (a->gain != b->gain)
		return a->gain > b->gain ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static bool text_among(const struct gepa *gepa, const struct gepa_proposal *list,
		       const struct gained *chosen, int n, int at)
{
	for (int k = 0; k < n; k++)
		if (gepa_text_same(list[chosen[k].at].child, list[at].child,
				   gepa->set->components))
			return true;
	return false;
}

/* Those that are kept, in the order in which they are to be added; the texts of each once. */
static int select_children(struct gepa *gepa, struct gepa_proposal *list, int n,
			   struct gained *chosen)
{
	const struct gepa_settings *set = gepa->set;
	struct gained *passed = xcalloc((size_t)n + 1, sizeof(*passed));
	int npassed = 0, nchosen = 0, both;
	for (int k = 0; k < n; k++) {
		if (!list[k].after)
			continue;
		if (passes(gepa, &list[k]))
			passed[npassed++] = (struct gained){ k, gain(gepa, &list[k], &both) };
		else
			reject(gepa, &list[k], GEPA_REJECTED, "no better on the same questions");
	}
	int most = set->selection == GEPA_BEST ? 1 : set->keep;
	if (set->selection == GEPA_ALL)
		most = npassed;
	else
		qsort(passed, (size_t)npassed, sizeof(*passed), by_gain);
	for (int k = 0; k < npassed; k++) {
		bool kept = k < most && !text_among(gepa, list, chosen, nchosen, passed[k].at);
		list[passed[k].at].fate = kept ? GEPA_ADMITTED : GEPA_NOT_KEPT;
		if (kept)
			chosen[nchosen++] = passed[k];
	}
	free(passed);
	return nchosen;
}

/* ---- validation and admission ---- */

static void admit(struct gepa *gepa, struct gepa_proposal *task, const struct gepa_answer *val,
		  long discovered)
{
	task->admitted = gepa_add(gepa, gepa_text_dup(task->child, gepa->set->components),
				  &task->parent, 1, val, discovered);
	if (!gepa->set->compat)
		gepa_remember(gepa, task->admitted, task->ids, task->n, task->after);
	if (gepa->set->merge) {
		gepa->merging.fresh = true;
		gepa->merging.due += gepa->merging.accepted < gepa->set->max_merges;
	}
}

/* All are asked before any is added. */
static void validate_children(struct gepa *gepa, struct gepa_proposal *list,
			      const struct gained *chosen, int n)
{
	struct gepa_answer **val = xcalloc((size_t)n + 1, sizeof(*val));
	long *cost = xcalloc((size_t)n + 1, sizeof(*cost)), discovered = gepa->calls;
	for (int k = 0; k < n; k++) {
		struct gepa_proposal *task = &list[chosen[k].at];
		long before = gepa->calls;
		val[k] = xcalloc((size_t)gepa->set->val, sizeof(**val));
		task->fate = gepa_validate(gepa, task->child, task->parent, val[k]);
		cost[k] = gepa->calls - before;
		if (task->fate == GEPA_CURTAILED)
			reject(gepa, task, GEPA_CURTAILED,
			       "better on a few questions, worse on all");
	}
	for (int k = 0; k < n; k++) {
		struct gepa_proposal *task = &list[chosen[k].at];
		if (task->fate == GEPA_ADMITTED && !gepa->failed)
			admit(gepa, task, val[k], discovered);
		discovered += cost[k];
		free(val[k]);
	}
	free(val);
	free(cost);
}

struct gepa_proposal *gepa_propose(struct gepa *gepa, int *n)
{
	struct gepa_proposal *list = new_tasks(gepa, n);
	struct gained *chosen = xcalloc((size_t)*n + 1, sizeof(*chosen));
	bool **reused = xcalloc((size_t)*n + 1, sizeof(*reused));
	if (ask_parents(gepa, list, *n, reused)) {
		write_children(gepa, list, *n);
		ask_children(gepa, list, *n);
		for (int k = 0; k < *n; k++)
			if (list[k].after)
				confirm(gepa, &list[k], reused[k]);
		validate_children(gepa, list, chosen, select_children(gepa, list, *n, chosen));
	}
	for (int k = 0; k < *n; k++)
		free(reused[k]);
	free(reused);
	free(chosen);
	return list;
}
