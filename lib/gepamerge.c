#include "gepa_int.h"

#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 10
#define SAMPLE 5 /* val questions that a merge is tried on, and the least that two must share */

void gepa_merging_free(struct gepa_merging *merging)
{
	free(merging->done);
	gepa_text_free(merging->used, (int)merging->nused);
	*merging = (struct gepa_merging){ 0 };
}

/* ---- who descends from whom ---- */

static void mark_ancestors(const struct gepa *gepa, int who, bool *is)
{
	const struct gepa_candidate *candidate = &gepa->pool[who];
	for (int p = 0; p < candidate->nparents; p++) {
		int parent = candidate->parents[p];
		if (!is[parent]) {
			is[parent] = true;
			mark_ancestors(gepa, parent, is);
		}
	}
}

static bool was_merged(const struct gepa_merging *merging, const struct gepa_triple *triple)
{
	for (size_t k = 0; k < merging->ndone; k++)
		if (!memcmp(&merging->done[k], triple, sizeof(*triple)))
			return true;
	return false;
}

/* Exactly one of the two still has the ancestor's text of this component, and they differ. */
static bool one_changed(const struct gepa *gepa, const struct gepa_triple *t, int component)
{
	const char *old = gepa->pool[t->ancestor].text[component];
	const char *a = gepa->pool[t->first].text[component];
	const char *b = gepa->pool[t->second].text[component];
	return !streq(a, b) && (streq(a, old) || streq(b, old));
}

static bool desirable(const struct gepa *gepa, const struct gepa_triple *t)
{
	for (int c = 0; c < gepa->set->components; c++)
		if (one_changed(gepa, t, c))
			return true;
	return false;
}

static int common_ancestors(const struct gepa *gepa, int first, int second, int *out)
{
	size_t npool = (size_t)gepa->n;
	bool *of_first = xcalloc(npool, sizeof(*of_first));
	bool *of_second = xcalloc(npool, sizeof(*of_second));
	const struct gepa_candidate *pool = gepa->pool;
	int n = 0;
	mark_ancestors(gepa, first, of_first);
	mark_ancestors(gepa, second, of_second);
	bool related = of_first[second] || of_second[first];
	for (int x = 0; !related && x < gepa->n; x++) {
		struct gepa_triple t = { first, second, x };
		if (of_first[x] && of_second[x] && !was_merged(&gepa->merging, &t) &&
		    pool[x].sum <= pool[first].sum && pool[x].sum <= pool[second].sum &&
		    desirable(gepa, &t))
			out[n++] = x;
	}
	free(of_first);
	free(of_second);
	return n;
}

/* In proportion to the mean scores; when all are 0 the reference dies, and ours draws evenly. */
static int draw_ancestor(struct gepa *gepa, const int *list, int n)
{
	double *mean = xcalloc((size_t)n, sizeof(*mean));
	for (int k = 0; k < n; k++)
		mean[k] = (double)gepa->pool[list[k]].sum / GEPA_ONE / gepa->set->val;
	int at = draws_weighted(gepa->draws, mean, n);
	free(mean);
	if (at < 0 && gepa->set->compat)
		gepa->dead = true;
	if (at < 0)
		at = gepa->dead ? 0 : (int)draws_below(gepa->draws, n);
	return list[at];
}

static bool find_triple(struct gepa *gepa, const int *left, int nleft, struct gepa_triple *out)
{
	int *common = xcalloc((size_t)gepa->n, sizeof(*common)), n = 0;
	for (int attempt = 0; attempt < ATTEMPTS && !n; attempt++) {
		int two[2];
		draws_sample(gepa->draws, left, nleft, two, 2);
		*out = (struct gepa_triple){ two[0], two[1], 0 };
		if (two[0] > two[1])
			*out = (struct gepa_triple){ two[1], two[0], 0 };
		n = common_ancestors(gepa, out->first, out->second, common);
		if (n)
			out->ancestor = draw_ancestor(gepa, common, n);
	}
	free(common);
	return n > 0;
}

/* ---- the child ---- */

/* Which of the two gives a component: the one that changed it; the better one when both did. */
static int source(struct gepa *gepa, const struct gepa_triple *t, int component)
{
	const struct gepa_candidate *a = &gepa->pool[t->first], *b = &gepa->pool[t->second];
	const char *old = gepa->pool[t->ancestor].text[component];
	bool kept_a = streq(a->text[component], old), kept_b = streq(b->text[component], old);
	if (one_changed(gepa, t, component))
		return kept_a ? t->second : t->first;
	if (kept_a || kept_b)
		return t->first;
	if (a->sum != b->sum)
		return a->sum > b->sum ? t->first : t->second;
	return draws_below(gepa->draws, 2) == 0 ? t->first : t->second;
}

/* The child's texts; NULL when the same sources of the same two were
 * taken before, or too few val questions are shared. */
static char **combine(struct gepa *gepa, const struct gepa_triple *t)
{
	int n = gepa->set->components;
	struct gepa_merging *merging = &gepa->merging;
	struct str key = STR_INIT;
	char **child = xcalloc((size_t)n, sizeof(*child));
	str_addf(&key, "%d %d", t->first, t->second);
	for (int c = 0; c < n; c++) {
		int from = source(gepa, t, c);
		child[c] = xstrdup(gepa->pool[from].text[c]);
		str_addf(&key, " %d", from);
	}
	bool taken = gepa->set->val < SAMPLE;
	for (size_t k = 0; k < merging->nused; k++)
		taken = taken || streq(merging->used[k], key.s);
	if (taken) {
		gepa_text_free(child, n);
		str_free(&key);
		return NULL;
	}
	GROW(merging->used, merging->used_cap, merging->nused + 1);
	merging->used[merging->nused++] = str_take(&key);
	return child;
}

static char **find_merge(struct gepa *gepa, struct gepa_triple *t)
{
	int n, nleft, *left = xcalloc((size_t)gepa->n, sizeof(*left));
	bool *removed = xcalloc((size_t)gepa->n, sizeof(*removed));
	struct gepa_set *fronts = gepa_mapping(gepa, &n);
	char **child = NULL;
	gepa_prune(gepa, fronts, n, removed, left);
	nleft = 0;
	bool *in = xcalloc((size_t)gepa->n, sizeof(*in));
	for (int f = 0; f < n; f++)
		for (int k = 0; k < fronts[f].n; k++)
			in[fronts[f].who[k]] = !removed[fronts[f].who[k]];
	for (int i = 0; i < gepa->n; i++)
		if (in[i])
			left[nleft++] = i;
	if (nleft >= 2 && gepa->n >= 3)
		for (int attempt = 0; attempt < ATTEMPTS && !child && !gepa->dead; attempt++)
			if (find_triple(gepa, left, nleft, t) && !gepa->dead)
				child = combine(gepa, t);
	free(in);
	free(left);
	free(removed);
	free(fronts);
	return child;
}

/* ---- tried on a few questions ---- */

/* 0: the first, 1: the second, 2: neither. */
static int who_is_better(long first, long second)
{
	return first > second ? 0 : first < second ? 1 : 2;
}

/* Up to two where the first is better, up to two where the second is, up to two where they tie, and
 * what is missing from the rest. */
static void choose_questions(struct gepa *gepa, struct gepa_merge *merge)
{
	const long *a = gepa->pool[merge->first].val, *b = gepa->pool[merge->second].val;
	int val = gepa->set->val, *some = xcalloc((size_t)val, sizeof(*some));
	bool *chosen = xcalloc((size_t)val, sizeof(*chosen));
	for (int bucket = 0; bucket < 4 && merge->n < SAMPLE; bucket++) {
		int n = 0, k = SAMPLE - merge->n;
		for (int v = 0; v < val; v++)
			if (bucket == 3 ? !chosen[v] : who_is_better(a[v], b[v]) == bucket)
				some[n++] = v;
		if (bucket < 3 && k > 2)
			k = 2;
		if (k > n)
			k = n;
		draws_sample(gepa->draws, some, n, merge->ids + merge->n, k);
		for (int i = 0; i < k; i++)
			chosen[merge->ids[merge->n + i]] = true;
		merge->n += k;
	}
	free(some);
	free(chosen);
}

/* The reference takes an equal child; ours has to be better than both. */
static bool good_enough(const struct gepa *gepa, const struct gepa_merge *merge)
{
	long child = 0, first = 0, second = 0;
	for (int k = 0; k < merge->n; k++) {
		if (!gepa->set->compat && !merge->answers[k].measured)
			return false;
		child += merge->answers[k].score;
		first += gepa->pool[merge->first].val[merge->ids[k]];
		second += gepa->pool[merge->second].val[merge->ids[k]];
	}
	long best = first > second ? first : second;
	return gepa->set->compat ? child >= best : child > best;
}

/* Validates the child and takes it in; the texts are its own after that. */
static bool admit(struct gepa *gepa, struct gepa_merge *merge, char **child)
{
	const struct gepa_candidate *pool = gepa->pool;
	int parents[2] = { merge->first, merge->second };
	bool first = pool[merge->first].sum >= pool[merge->second].sum;
	int rival = first ? merge->first : merge->second;
	struct gepa_answer *val = xcalloc((size_t)gepa->set->val, sizeof(*val));
	long before = gepa->calls;
	for (int k = 0; k < merge->n && !gepa->set->compat; k++)
		val[merge->ids[k]] = merge->answers[k];
	bool ok = gepa_validate(gepa, child, rival, val) == GEPA_ADMITTED;
	if (ok) {
		merge->admitted = gepa_add(gepa, child, parents, 2, val, before);
		gepa->merging.due--;
		gepa->merging.accepted++;
	}
	free(val);
	return ok;
}

bool gepa_merge(struct gepa *gepa, struct gepa_merge *merge)
{
	struct gepa_merging *merging = &gepa->merging;
	struct gepa_triple t;
	bool due = merging->due > 0 && merging->fresh;
	merging->fresh = false;
	char **child = due ? find_merge(gepa, &t) : NULL;
	if (!child)
		return false;
	if (!gepa->set->compat && gepa_known_text(gepa, child)) {
		gepa_text_free(child, gepa->set->components);
		return false;
	}
	GROW(merging->done, merging->done_cap, merging->ndone + 1);
	merging->done[merging->ndone++] = t;
	*merge = (struct gepa_merge){ .first = t.first, .second = t.second, .ancestor = t.ancestor,
				      .admitted = -1 };
	choose_questions(gepa, merge);
	bool asked = gepa_ask_val(gepa, child, merge->ids, merge->n, merge->answers);
	if (!asked || !good_enough(gepa, merge) || !admit(gepa, merge, child))
		gepa_text_free(child, gepa->set->components);
	return asked;
}
