#include "gepa_int.h"

#include "mem.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- answers kept by text, for compat mode ---- */

/* Train and val are the same questions when they are shared. */
static int cache_split(const struct gepa *gepa, enum gepa_split split)
{
	return gepa->set->shared ? GEPA_VAL : split;
}

static struct gepa_cached *cache_find(const struct gepa_cache *cache, uint64_t text, int split,
				      int id)
{
	uint64_t at = (text ^ ((uint64_t)id * 2654435761u + (uint64_t)split)) & (cache->size - 1);
	for (;; at = (at + 1) & (cache->size - 1)) {
		struct gepa_cached *slot = &cache->slot[at];
		if (slot->id < 0 || (slot->text == text && slot->split == split && slot->id == id))
			return slot;
	}
}

static void cache_grow(struct gepa_cache *cache)
{
	struct gepa_cache old = *cache;
	cache->size = old.size ? old.size * 2 : 1024;
	cache->slot = xcalloc(cache->size, sizeof(*cache->slot));
	for (size_t k = 0; k < cache->size; k++)
		cache->slot[k].id = -1;
	for (size_t k = 0; k < old.size; k++)
		if (old.slot[k].id >= 0)
			*cache_find(cache, old.slot[k].text, old.slot[k].split, old.slot[k].id) =
				old.slot[k];
	free(old.slot);
}

static void cache_put(struct gepa *gepa, const struct gepa_request *request,
		      const struct gepa_answer *answers)
{
	struct gepa_cache *cache = &gepa->cache;
	uint64_t text = gepa_text_hash(request->text, gepa->set->components);
	int split = cache_split(gepa, request->split);
	for (int k = 0; k < request->n; k++) {
		if (cache->n * 2 >= cache->size)
			cache_grow(cache);
		struct gepa_cached *slot = cache_find(cache, text, split, request->ids[k]);
		cache->n += slot->id < 0;
		*slot = (struct gepa_cached){ text, split, request->ids[k], answers[k] };
	}
}

/* ---- asking ---- */

long gepa_left(const struct gepa *gepa)
{
	return gepa->set->compat ? LONG_MAX : gepa->set->max_calls - gepa->calls;
}

bool gepa_ask(struct gepa *gepa, const struct gepa_request *request, struct gepa_answer *answers)
{
	memset(answers, 0, (size_t)request->n * sizeof(*answers));
	if (gepa->failed || request->n == 0)
		return !gepa->failed;
	if (request->n > gepa_left(gepa)) {
		gepa->spent = true;
		return false;
	}
	if (!gepa->task->evaluate(gepa->task->ctx, request, answers, gepa->err)) {
		gepa->failed = true;
		return false;
	}
	gepa->calls += request->n;
	if (gepa->set->compat && gepa->set->cache)
		cache_put(gepa, request, answers);
	return true;
}

bool gepa_ask_val(struct gepa *gepa, char *const *text, const int *ids, int n,
		  struct gepa_answer *answers)
{
	int *missing = xcalloc((size_t)n + 1, sizeof(*missing)), nmissing = 0;
	int *place = xcalloc((size_t)n + 1, sizeof(*place));
	bool cached = gepa->set->compat && gepa->set->cache && gepa->cache.size;
	uint64_t hash = cached ? gepa_text_hash(text, gepa->set->components) : 0;
	for (int k = 0; k < n; k++) {
		const struct gepa_cached *slot =
			cached ? cache_find(&gepa->cache, hash, GEPA_VAL, ids[k]) : NULL;
		if (slot && slot->id >= 0)
			answers[k] = slot->answer;
		else
			place[nmissing] = k, missing[nmissing++] = ids[k];
	}
	struct gepa_answer *fresh = xcalloc((size_t)nmissing + 1, sizeof(*fresh));
	bool ok = gepa_ask(gepa, &(struct gepa_request){ .text = text, .split = GEPA_VAL,
							 .ids = missing, .n = nmissing }, fresh);
	for (int k = 0; ok && k < nmissing; k++)
		answers[place[k]] = fresh[k];
	free(missing);
	free(place);
	free(fresh);
	return ok;
}

/* ---- what a candidate has answered to train questions ---- */

static void add_known(struct gepa_known *known, const struct gepa_answer *answer)
{
	if (!answer->measured)
		return;
	known->n++;
	known->sum += answer->score;
	known->last = *answer;
}

static struct gepa_answer mean_known(const struct gepa_known *known)
{
	struct gepa_answer answer = known->last;
	if (known->n)
		answer.score = known->sum / known->n;
	return answer;
}

void gepa_remember(struct gepa *gepa, int candidate, const int *ids, int n,
		   const struct gepa_answer *answers)
{
	for (int k = 0; k < n; k++)
		add_known(&gepa->pool[candidate].train[ids[k]], &answers[k]);
}

bool gepa_ask_parent(struct gepa *gepa, int parent, const int *ids, int n,
		     struct gepa_answer *out, bool *reused)
{
	struct gepa_candidate *candidate = &gepa->pool[parent];
	struct gepa_request request = { .text = candidate->text, .split = GEPA_TRAIN,
					.traces = true };
	memset(reused, 0, (size_t)n * sizeof(*reused));
	if (gepa->set->compat) {
		request.ids = ids;
		request.n = n;
		return gepa_ask(gepa, &request, out);
	}
	int *missing = xcalloc((size_t)n + 1, sizeof(*missing));
	struct gepa_answer *fresh = xcalloc((size_t)n + 1, sizeof(*fresh));
	for (int k = 0; k < n; k++) {
		reused[k] = candidate->train[ids[k]].n > 0;
		if (!reused[k])
			missing[request.n++] = ids[k];
	}
	request.ids = missing;
	bool ok = gepa_ask(gepa, &request, fresh);
	if (ok)
		gepa_remember(gepa, parent, missing, request.n, fresh);
	for (int k = 0; k < n; k++)
		out[k] = mean_known(&candidate->train[ids[k]]);
	free(missing);
	free(fresh);
	return ok;
}

bool gepa_ask_again(struct gepa *gepa, int parent, int id, struct gepa_answer *out)
{
	struct gepa_candidate *candidate = &gepa->pool[parent];
	struct gepa_request request = { .text = candidate->text, .split = GEPA_TRAIN, .ids = &id,
					.n = 1, .traces = true,
					.replicate = candidate->train[id].n };
	struct gepa_answer fresh;
	if (!gepa_ask(gepa, &request, &fresh))
		return false;
	gepa_remember(gepa, parent, &id, 1, &fresh);
	*out = mean_known(&candidate->train[id]);
	return true;
}

/* ---- validation ---- */

/* What a rival failed goes first: there a weak child runs out of chances soonest. */
static int validation_order(const struct gepa *gepa, int rival, const struct gepa_answer *answers,
			    int *ids)
{
	const long *passed = rival < 0 ? NULL : gepa->pool[rival].val;
	int n = 0;
	for (int pass = 0; pass < 2; pass++)
		for (int v = 0; v < gepa->set->val; v++)
			if (!answers[v].measured && (passed && passed[v] == GEPA_ONE) == pass)
				ids[n++] = v;
	return n;
}

/* Exact: even with every question that is left the sum would stay below the rival's. */
static bool out_of_reach(const struct gepa *gepa, int rival, const struct gepa_answer *answers,
			 long unasked)
{
	long reach = unasked * GEPA_ONE;
	for (int v = 0; v < gepa->set->val; v++) {
		if (answers[v].measured && answers[v].score > gepa->instance[v].best)
			return false; /* passes what nobody passes: a specialist */
		reach += answers[v].measured ? answers[v].score : 0;
	}
	return reach < gepa->pool[rival].sum;
}

static enum gepa_fate validate_in_blocks(struct gepa *gepa, char *const *text, int rival,
					 struct gepa_answer *answers, int *ids)
{
	int n = validation_order(gepa, rival, answers, ids), size = gepa->set->block;
	struct gepa_answer *block = xcalloc((size_t)size, sizeof(*block));
	enum gepa_fate fate = GEPA_ADMITTED;
	for (int at = 0; at < n && fate == GEPA_ADMITTED; at += size) {
		int some = n - at < size ? n - at : size;
		if (!gepa_ask_val(gepa, text, ids + at, some, block))
			fate = GEPA_SKIPPED;
		for (int k = 0; fate == GEPA_ADMITTED && k < some; k++)
			answers[ids[at + k]] = block[k];
		for (int k = 0; fate == GEPA_ADMITTED && k < some; k++)
			if (!block[k].measured)
				fate = GEPA_UNMEASURED;
		if (fate == GEPA_ADMITTED && rival >= 0 &&
		    out_of_reach(gepa, rival, answers, n - at - some))
			fate = GEPA_CURTAILED;
	}
	free(block);
	return fate;
}

enum gepa_fate gepa_validate(struct gepa *gepa, char *const *text, int rival,
			     struct gepa_answer *answers)
{
	int val = gepa->set->val, *ids = xcalloc((size_t)val, sizeof(*ids));
	enum gepa_fate fate = GEPA_ADMITTED;
	for (int v = 0; v < val; v++)
		ids[v] = v;
	if (!gepa->set->compat)
		fate = validate_in_blocks(gepa, text, rival, answers, ids);
	else if (!gepa_ask_val(gepa, text, ids, val, answers))
		fate = GEPA_SKIPPED;
	free(ids);
	return fate;
}
