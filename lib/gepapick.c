#include "gepa_int.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- whom the fronts can do without ---- */

struct ranked {
	int who, seen; /* index, place of first appearance */
	long sum;
};

static int by_sum(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	if (a->sum != b->sum)
		return a->sum < b->sum ? -1 : 1;
	return (a->seen > b->seen) - (a->seen < b->seen);
}

/* Whoever is in a front, in order of first appearance. */
static int first_seen(const struct gepa *gepa, const struct gepa_set *fronts, int nfronts,
		      struct ranked *out)
{
	bool *seen = xcalloc((size_t)gepa->n, sizeof(*seen));
	int n = 0;
	for (int f = 0; f < nfronts; f++)
		for (int k = 0; k < fronts[f].n; k++) {
			int who = fronts[f].who[k];
			if (!seen[who])
				out[n] = (struct ranked){ who, n, gepa->pool[who].sum }, n++;
			seen[who] = true;
		}
	free(seen);
	return n;
}

/* For each candidate the fronts it is in: in[at[who]] .. in[at[who + 1] - 1]. */
static int *memberships(int npool, const struct gepa_set *fronts, int nfronts, int *at)
{
	for (int f = 0; f < nfronts; f++)
		for (int k = 0; k < fronts[f].n; k++)
			at[fronts[f].who[k] + 1]++;
	for (int i = 0; i < npool; i++)
		at[i + 1] += at[i];
	int *in = xcalloc((size_t)at[npool] + 1, sizeof(*in));
	int *next = xcalloc((size_t)npool + 1, sizeof(*next));
	memcpy(next, at, (size_t)npool * sizeof(*next));
	for (int f = 0; f < nfronts; f++)
		for (int k = 0; k < fronts[f].n; k++)
			in[next[fronts[f].who[k]]++] = f;
	free(next);
	return in;
}

/* The weakest first: removed when each of its fronts keeps another one. The reference starts over
 * after every removal; one pass finds the same, since a removal only makes fronts smaller, and
 * who could not go before cannot go after it. */
int gepa_prune(const struct gepa *gepa, const struct gepa_set *fronts, int nfronts, bool *removed,
	       int *left)
{
	size_t npool = (size_t)gepa->n;
	struct ranked *order = xcalloc(npool, sizeof(*order));
	int *at = xcalloc(npool + 1, sizeof(*at));
	int *alive = xcalloc((size_t)nfronts + 1, sizeof(*alive));
	int *in = memberships(gepa->n, fronts, nfronts, at), nleft = 0;
	int n = first_seen(gepa, fronts, nfronts, order);
	memset(removed, 0, npool * sizeof(*removed));
	for (int f = 0; f < nfronts; f++)
		alive[f] = fronts[f].n;
	for (int i = 0; i < n; i++)
		left[i] = order[i].who;
	qsort(order, (size_t)n, sizeof(*order), by_sum);
	for (int i = 0; i < n; i++) {
		int who = order[i].who;
		bool needed = false;
		for (int k = at[who]; k < at[who + 1] && !needed; k++)
			needed = alive[in[k]] < 2;
		for (int k = at[who]; k < at[who + 1] && !needed; k++)
			alive[in[k]]--;
		removed[who] = !needed;
	}
	for (int i = 0; i < n; i++)
		if (!removed[left[i]])
			left[nleft++] = left[i];
	free(order);
	free(at);
	free(alive);
	free(in);
	return nleft;
}

/* ---- parents ---- */

void gepa_picks_free(struct gepa_picks *picks)
{
	free(picks->who);
	free(picks->weight);
	*picks = (struct gepa_picks){ 0 };
}

/* A candidate's weight is the number of fronts that it holds after pruning; they stand in the
 * order in which the pruned fronts name them first. */
static void weigh(struct gepa *gepa, const struct gepa_set *fronts, int nfronts)
{
	struct gepa_picks *picks = &gepa->picks;
	size_t npool = (size_t)gepa->n;
	bool *removed = xcalloc(npool, sizeof(*removed));
	int *place = xcalloc(npool, sizeof(*place));
	gepa_picks_free(picks);
	picks->who = xcalloc(npool, sizeof(*picks->who));
	picks->weight = xcalloc(npool, sizeof(*picks->weight));
	gepa_prune(gepa, fronts, nfronts, removed, picks->who);
	for (int f = 0; f < nfronts; f++)
		for (int k = 0; k < fronts[f].n; k++) {
			int who = fronts[f].who[k];
			if (removed[who])
				continue;
			if (!place[who]) {
				picks->who[picks->n] = who;
				place[who] = ++picks->n;
			}
			picks->weight[place[who] - 1]++;
			picks->total++;
		}
	free(removed);
	free(place);
}

/* The k candidates of the highest sums; the lower index goes first on a tie. */
static bool *top_k(const struct gepa *gepa, int k)
{
	struct ranked *order = xcalloc((size_t)gepa->n, sizeof(*order));
	bool *in = xcalloc((size_t)gepa->n, sizeof(*in));
	for (int i = 0; i < gepa->n; i++)
		order[i] = (struct ranked){ i, i, -gepa->pool[i].sum };
	qsort(order, (size_t)gepa->n, sizeof(*order), by_sum);
	for (int i = 0; i < k && i < gepa->n; i++)
		in[order[i].who] = true;
	free(order);
	return in;
}

/* Narrows each front to `in`; drops those left empty. The members go to `room`. */
static int narrow(struct gepa_set *fronts, int nfronts, const bool *in, int *room)
{
	int kept = 0;
	for (int f = 0; f < nfronts; f++) {
		int n = 0;
		for (int k = 0; k < fronts[f].n; k++)
			if (in[fronts[f].who[k]])
				room[n++] = fronts[f].who[k];
		if (n)
			fronts[kept++] = (struct gepa_set){ room, n };
		room += n;
	}
	return kept;
}

#define TOP_K 5

static void refresh_picks(struct gepa *gepa)
{
	int n, members = 0;
	struct gepa_set *fronts = gepa_mapping(gepa, &n);
	for (int f = 0; f < n; f++)
		members += fronts[f].n;
	int *room = xcalloc((size_t)members + 1, sizeof(*room));
	if (gepa->set->selector == GEPA_TOP_K_PARETO) {
		bool *in = top_k(gepa, TOP_K);
		n = narrow(fronts, n, in, room);
		free(in);
	}
	weigh(gepa, fronts, n);
	gepa->picks.fresh = true;
	free(room);
	free(fronts);
}

static int pick(struct gepa *gepa)
{
	struct gepa_picks *picks = &gepa->picks;
	if (!picks->fresh)
		refresh_picks(gepa);
	if (!picks->n)
		return gepa_best(gepa);
	long r = draws_below(gepa->draws, picks->total);
	int i = 0;
	while (i < picks->n - 1 && r >= picks->weight[i])
		r -= picks->weight[i++];
	return picks->who[i];
}

#define EPSILON 0.1

int gepa_pick_parent(struct gepa *gepa)
{
	switch (gepa->set->selector) {
	case GEPA_CURRENT_BEST:
		return gepa_best(gepa);
	case GEPA_EPSILON_GREEDY:
		if (draws_unit(gepa->draws) < EPSILON)
			return (int)draws_below(gepa->draws, gepa->n);
		return gepa_best(gepa);
	case GEPA_PARETO:
	case GEPA_TOP_K_PARETO:
		break;
	}
	return pick(gepa);
}
