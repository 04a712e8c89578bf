#include "gepa_int.h"

#include "digest.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

char **gepa_text_dup(char *const *text, int n)
{
	char **copy = xcalloc((size_t)n, sizeof(*copy));
	for (int c = 0; c < n; c++)
		copy[c] = xstrdup(text[c]);
	return copy;
}

void gepa_text_free(char **text, int n)
{
	for (int c = 0; text && c < n; c++)
		free(text[c]);
	free(text);
}

bool gepa_text_same(char *const *a, char *const *b, int n)
{
	for (int c = 0; c < n; c++)
		if (!streq(a[c], b[c]))
			return false;
	return true;
}

uint64_t gepa_text_hash(char *const *text, int n)
{
	char hex[SHA256_HEX];
	struct sha256 *sha = sha256_new();
	for (int c = 0; c < n; c++)
		sha256_add(sha, text[c], strlen(text[c]) + 1);
	sha256_final(sha, hex);
	hex[16] = '\0';
	uint64_t hash = strtoull(hex, NULL, 16);
	return hash ? hash : 1; /* 0 marks an empty slot */
}

/* ---- fronts ---- */

static void front_update(struct gepa_front *front, long score, int candidate)
{
	if (front->n && score < front->best)
		return;
	if (!front->n || score > front->best)
		front->n = 0;
	front->best = score;
	GROW(front->who, front->cap, (size_t)front->n + 1);
	front->who[front->n++] = candidate;
}

static void fronts_update(struct gepa *gepa, int candidate, const struct gepa_answer *val)
{
	const struct gepa_settings *set = gepa->set;
	const struct gepa_candidate *new = &gepa->pool[candidate];
	for (int v = 0; v < set->val; v++)
		front_update(&gepa->instance[v], val[v].score, candidate);
	for (int o = 0; o < set->objectives; o++)
		front_update(&gepa->objective[o], new->objective[o], candidate);
	if (set->frontier != GEPA_CARTESIAN)
		return;
	for (int v = 0; v < set->val; v++)
		for (int o = 0; o < set->objectives; o++)
			front_update(&gepa->cartesian[v * set->objectives + o],
				     val[v].objective[o], candidate);
}

static void fronts_make(struct gepa *gepa)
{
	size_t val = (size_t)gepa->set->val, objectives = (size_t)gepa->set->objectives;
	gepa->instance = xcalloc(val, sizeof(*gepa->instance));
	gepa->objective = xcalloc(objectives + 1, sizeof(*gepa->objective));
	gepa->cartesian = xcalloc(val * objectives + 1, sizeof(*gepa->cartesian));
}

static int append_fronts(struct gepa_set *out, int n, const struct gepa_front *fronts, int nfronts)
{
	for (int f = 0; f < nfronts; f++)
		out[n++] = (struct gepa_set){ fronts[f].who, fronts[f].n };
	return n;
}

struct gepa_set *gepa_mapping(const struct gepa *gepa, int *n)
{
	const struct gepa_settings *set = gepa->set;
	int most = set->val * (set->objectives + 1) + set->objectives;
	struct gepa_set *out = xcalloc((size_t)most, sizeof(*out));
	*n = 0;
	if (set->frontier == GEPA_INSTANCE || set->frontier == GEPA_HYBRID)
		*n = append_fronts(out, *n, gepa->instance, set->val);
	if (set->frontier == GEPA_OBJECTIVE || set->frontier == GEPA_HYBRID)
		*n = append_fronts(out, *n, gepa->objective, set->objectives);
	if (set->frontier == GEPA_CARTESIAN)
		*n = append_fronts(out, *n, gepa->cartesian, set->val * set->objectives);
	return out;
}

/* ---- the pool ---- */

static void take_scores(struct gepa_candidate *candidate, const struct gepa_settings *set,
			const struct gepa_answer *val)
{
	candidate->val = xcalloc((size_t)set->val, sizeof(*candidate->val));
	for (int v = 0; v < set->val; v++) {
		candidate->val[v] = val[v].score;
		candidate->sum += val[v].score;
		for (int o = 0; o < set->objectives; o++)
			candidate->objective[o] += val[v].objective[o];
	}
	if (!set->compat)
		candidate->train = xcalloc((size_t)set->train + 1, sizeof(*candidate->train));
}

int gepa_add(struct gepa *gepa, char **text, const int *parents, int nparents,
	     const struct gepa_answer *val, long discovered)
{
	int index = gepa->n++;
	if (index == 0)
		fronts_make(gepa);
	GROW(gepa->pool, gepa->cap, (size_t)gepa->n);
	GROW(gepa->rejections, gepa->rejections_cap,
	     (size_t)gepa->n * GEPA_REJECTIONS * GEPA_REASON);
	memset(gepa->rejections + (size_t)index * GEPA_REJECTIONS * GEPA_REASON, 0,
	       GEPA_REJECTIONS * GEPA_REASON);
	struct gepa_candidate *new = &gepa->pool[index];
	*new = (struct gepa_candidate){
		.text = text, .nparents = nparents, .discovered = discovered
	};
	for (int p = 0; p < nparents; p++) {
		new->parents[p] = parents[p];
		if (gepa->pool[parents[p]].next > new->next)
			new->next = gepa->pool[parents[p]].next;
	}
	take_scores(new, gepa->set, val);
	/* what is shared was answered for train too */
	for (int v = 0; new->train && gepa->set->shared && v < gepa->set->val; v++)
		gepa_remember(gepa, index, &v, 1, &val[v]);
	fronts_update(gepa, index, val);
	gepa->full++;
	gepa->picks.fresh = false;
	return index;
}

int gepa_best(const struct gepa *gepa)
{
	int best = gepa->n ? 0 : -1;
	for (int i = 1; i < gepa->n; i++)
		if (gepa->pool[i].sum > gepa->pool[best].sum)
			best = i;
	return best;
}

static void fronts_free(struct gepa_front *fronts, int n)
{
	for (int f = 0; fronts && f < n; f++)
		free(fronts[f].who);
	free(fronts);
}

static void pool_free(struct gepa_candidate *pool, int n, int components)
{
	for (int i = 0; i < n; i++) {
		gepa_text_free(pool[i].text, components);
		free(pool[i].val);
		free(pool[i].train);
	}
	free(pool);
}

void gepa_pool_free(struct gepa *gepa)
{
	const struct gepa_settings *set = gepa->set;
	fronts_free(gepa->instance, set->val);
	fronts_free(gepa->objective, set->objectives);
	fronts_free(gepa->cartesian, set->val * set->objectives);
	free(gepa->rejections);
	free(gepa->seen);
	free(gepa->cache.slot);
}

void gepa_result_free(struct gepa_result *result, int components)
{
	pool_free(result->pool, result->n, components);
	*result = (struct gepa_result){ .best = -1 };
}
