#include "gepa_int.h"

#include "mem.h"

#include <stdlib.h>

/* ---- the reference's: every question once an epoch ---- */

static int rarest(const struct gepa_sampler *sampler, const int *count, int train)
{
	int id = sampler->list[train - 1];
	for (int k = train - 2; k >= 0; k--)
		if (count[sampler->list[k]] < count[id])
			id = sampler->list[k];
	return id;
}

/* Fills up to a whole number of minibatches: the question that is there least often comes once
 * more, on equal counts the one that the shuffle put last. */
static void pad(struct gepa_sampler *sampler, int train, int missing)
{
	int *count = xcalloc((size_t)train, sizeof(*count));
	for (int k = 0; k < missing; k++) {
		int id = rarest(sampler, count, train);
		count[id]++;
		sampler->list[sampler->n++] = id;
	}
	free(count);
}

static void new_epoch(struct gepa *gepa, long epoch)
{
	struct gepa_sampler *sampler = &gepa->sampler;
	int train = gepa->set->train, size = gepa->set->minibatch;
	sampler->epoch = epoch;
	GROW(sampler->list, sampler->cap, (size_t)train + (size_t)size);
	for (int k = 0; k < train; k++)
		sampler->list[k] = k;
	sampler->n = train;
	draws_shuffle(gepa->draws, sampler->list, train);
	if (train % size)
		pad(sampler, train, size - train % size);
}

static int epoch_minibatch(struct gepa *gepa, int *ids)
{
	struct gepa_sampler *sampler = &gepa->sampler;
	long size = gepa->set->minibatch, base = gepa->iteration * size;
	bool first = sampler->n == 0;
	sampler->calls = !first && sampler->iteration == gepa->iteration ? sampler->calls + 1 : 0;
	sampler->iteration = gepa->iteration;
	long epoch = first ? 0 : base / sampler->n;
	if (first || epoch > sampler->epoch)
		new_epoch(gepa, epoch);
	long at = (base + sampler->calls * size) % sampler->n;
	for (long k = 0; k < size; k++)
		ids[k] = sampler->list[at + k];
	return (int)size;
}

/* ---- ours: what the parent is likely to fail ---- */

#define FLOOR 0.1 /* of the weight: a question that always passed is still looked at now and then */

/* The expected share of failures, from the answers so far under Jeffreys' prior Beta(1/2, 1/2). */
static double failing(const struct gepa_known *known)
{
	double passed = (double)known->sum / GEPA_ONE;
	double p = (known->n - passed + 0.5) / (known->n + 1);
	return p > FLOOR ? p : FLOOR;
}

static int failing_minibatch(struct gepa *gepa, int parent, int *ids)
{
	int train = gepa->set->train, n = 0;
	double *weight = xcalloc((size_t)train, sizeof(*weight));
	for (int k = 0; k < train; k++)
		weight[k] = failing(&gepa->pool[parent].train[k]);
	while (n < gepa->set->minibatch && n < train) {
		int id = draws_weighted(gepa->draws, weight, train);
		if (id < 0)
			break;
		weight[id] = 0;
		ids[n++] = id;
	}
	free(weight);
	return n;
}

int gepa_minibatch(struct gepa *gepa, int parent, int *ids)
{
	if (gepa->set->compat)
		return epoch_minibatch(gepa, ids);
	return failing_minibatch(gepa, parent, ids);
}

void gepa_sampler_free(struct gepa_sampler *sampler)
{
	free(sampler->list);
	*sampler = (struct gepa_sampler){ 0 };
}
