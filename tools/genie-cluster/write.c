#include "write.h"

#include "group.h"
#include "history.h"
#include "json.h"
#include "rows.h"
#include "steady.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The largest first, then the worst. */
static int compare_groups(const void *a, const void *b)
{
	const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
	if (x->questions.n != y->questions.n)
		return x->questions.n > y->questions.n ? -1 : 1;
	if (x->severity != y->severity)
		return y->severity - x->severity;
	int order = strcmp(x->type, y->type);
	order = order ? order : strcmp(x->blame, y->blame);
	return order ? order : strcmp(x->kind ? x->kind : "", y->kind ? y->kind : "");
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct json *ids(const struct groups *groups, const struct numset *set)
{
	const char **texts = xmalloc((set->n + 1) * sizeof *texts);
	struct json *out = json_new_array();
	size_t n = 0;
	for (size_t i = 0; i < set->nslots; i++)
		if (set->slots[i])
			texts[n++] = groups->questions.texts[set->slots[i] - 1];
	qsort(texts, n, sizeof *texts, compare_texts);
	for (size_t i = 0; i < n; i++)
		json_push_str(out, texts[i]);
	free(texts);
	return out;
}

/* Sorted, but `first`, when it is there or not empty, before all. */
static struct json *texts(const struct strlist *list, const char *first)
{
	const char **sorted = xmalloc((list->n + 1) * sizeof *sorted);
	struct json *out = json_new_array();
	for (size_t i = 0; i < list->n; i++)
		sorted[i] = list->v[i];
	qsort(sorted, list->n, sizeof *sorted, compare_texts);
	if (*first)
		json_push_str(out, first);
	for (size_t i = 0; i < list->n; i++)
		if (!streq(sorted[i], first))
			json_push_str(out, sorted[i]);
	free(sorted);
	return out;
}

static struct json *sources(unsigned bits)
{
	struct json *out = json_new_array();
	for (int i = 0; i < VERDICT_NSOURCES; i++)
		if (bits & 1u << i)
			json_push_str(out, verdict_source_name((enum verdict_source)i));
	return out;
}

static struct json *evidence(const struct group *g)
{
	struct json *out = json_new_array();
	for (size_t i = 0; i < g->nevidence; i++) {
		const struct evidence *e = &g->evidence[i];
		struct json *one = json_push(out, json_new_object());
		json_set_str(one, "question_id", e->question_id);
		json_set_str(one, "judge", e->judge);
		json_set_str(one, "rationale", e->rationale);
		json_set_str(one, "source", verdict_source_name(e->source));
		json_set_str(one, "matched", e->matched);
		json_set_bool(one, "primary", e->primary);
	}
	return out;
}

static struct json *oscillation(const struct group *g)
{
	if (!g->kind)
		return json_new_null();
	struct json *out = json_new_object();
	json_set_str(out, "kind", g->kind);
	json_set(out, "assets", steady_assets(g->assets));
	json_set(out, "objects", texts(&g->blame_set, ""));
	return out;
}

static struct json *cluster(const struct groups *groups, const struct group *g, size_t number)
{
	char id[24];
	struct json *out = json_new_object();
	snprintf(id, sizeof id, "C%03zu", number);
	json_set_str(out, "cluster_id", id);
	json_set_str(out, "root_cause", g->type);
	json_set_int(out, "lever", group_lever(g));
	json_set(out, "question_ids", ids(groups, &g->questions));
	json_set(out, "primary_question_ids", ids(groups, &g->primary));
	json_set(out, "affected_judges", texts(&g->judges, ""));
	json_set_num(out, "confidence", round((double)g->confidence / (double)g->rows / 10) / 100);
	json_set_str(out, "severity", severity_name(g->severity));
	json_set_str(out, "asi_failure_type", g->type);
	json_set(out, "asi_blame_set", texts(&g->blame_set, g->kind ? "" : g->blame));
	json_set_str(out, "asi_wrong_clause", g->clauses.n ? g->clauses.v[0] : NULL);
	json_set(out, "asi_counterfactual_fixes", texts(&g->fixes, ""));
	json_set(out, "patterns", texts(&g->patterns, ""));
	json_set(out, "sources", sources(g->sources));
	json_set(out, "oscillation", oscillation(g));
	json_set(out, "evidence", evidence(g));
	return out;
}

static int compare_quality(const void *a, const void *b)
{
	return strcmp(((const struct quality *)a)->judge, ((const struct quality *)b)->judge);
}

static void write_quality(struct groups *groups, struct json *document)
{
	struct json *out = json_set(document, "judge_quality_feedback", json_new_array());
	if (groups->njudges)
		qsort(groups->judges, groups->njudges, sizeof *groups->judges, compare_quality);
	for (size_t i = 0; i < groups->njudges; i++) {
		const struct quality *q = &groups->judges[i];
		if (!q->generic)
			continue;
		struct json *one = json_push(out, json_new_object());
		json_set_str(one, "judge", q->judge);
		json_set_int(one, "generic_fixes", q->generic);
		json_set_int(one, "total", q->total);
		json_set_str(one, "example", q->example);
	}
}

void write_groups(struct groups *groups, const struct history *history, struct json *document)
{
	struct json *clusters = json_set(document, "clusters", json_new_array());
	struct json *tail = json_set(document, "long_tail", json_new_array());
	if (groups->n)
		qsort(groups->v, groups->n, sizeof *groups->v, compare_groups);
	for (size_t i = 0; i < groups->n; i++) {
		const struct group *g = groups->v[i];
		struct json *one = cluster(groups, g, i + 1);
		history_write(history, groups, g, one);
		json_push(g->questions.n > 1 ? clusters : tail, one);
	}
	write_quality(groups, document);
}
