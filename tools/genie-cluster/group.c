#include "group.h"

#include "cause.h"

#include "json.h"
#include "mem.h"
#include "rows.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EVIDENCE 5
#define MAX_TEXTS 10 /* fixes, clauses, patterns kept of one cluster */

/* What one row said; the smallest ids are kept, so that order does not matter. */
struct evidence {
	char *question_id, *judge, *rationale;
};

struct group {
	char *key; /* failure type and blame */
	const char *failure_type;
	char *blame;
	int lever, severity;
	double confidence_sum;
	long rows;
	struct strlist questions, judges, blame_set, fixes, clauses, patterns;
	struct evidence evidence[MAX_EVIDENCE];
	size_t nevidence;
};

struct quality {
	char *judge, *example;
	long generic, total;
};

struct groups {
	struct group **v;
	size_t n, cap;
	struct quality *judges;
	size_t njudges, judge_cap;
};

struct groups *groups_new(void)
{
	return xcalloc(1, sizeof(struct groups));
}

static void group_free(struct group *g)
{
	free(g->key);
	free(g->blame);
	strlist_free(&g->questions);
	strlist_free(&g->judges);
	strlist_free(&g->blame_set);
	strlist_free(&g->fixes);
	strlist_free(&g->clauses);
	strlist_free(&g->patterns);
	for (size_t i = 0; i < g->nevidence; i++) {
		free(g->evidence[i].question_id);
		free(g->evidence[i].judge);
		free(g->evidence[i].rationale);
	}
	free(g);
}

void groups_free(struct groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		group_free(groups->v[i]);
	for (size_t i = 0; i < groups->njudges; i++) {
		free(groups->judges[i].judge);
		free(groups->judges[i].example);
	}
	free(groups->v);
	free(groups->judges);
	free(groups);
}

static struct group *group_of(struct groups *groups, const char *type, const char *blame, int lever)
{
	char *key = xasprintf("%s|%s|%d", type, blame, lever);
	for (size_t i = 0; i < groups->n; i++) {
		if (!streq(groups->v[i]->key, key))
			continue;
		free(key);
		return groups->v[i];
	}
	GROW(groups->v, groups->cap, groups->n + 1);
	struct group *g = xcalloc(1, sizeof *g);
	*g = (struct group){ .key = key, .failure_type = type, .blame = xstrdup(blame), .lever = lever,
		.severity = -1 };
	return groups->v[groups->n++] = g;
}

/* Keeps the smallest MAX_TEXTS texts, sorted, so that any order gives the same. */
static void keep_text(struct strlist *list, const char *text)
{
	if (!text || !*text || !strlist_add_new(list, text))
		return;
	strlist_sort(list);
	if (list->n > MAX_TEXTS)
		free(list->v[--list->n]);
}

static void keep_blame(struct group *g, const struct json *asi)
{
	for (const struct json *b = json_first(json_get(asi, "blame_set")); b; b = json_next(b))
		keep_text(&g->blame_set, json_text(b));
}

static void keep_evidence(struct group *g, const struct json *row, const char *judge)
{
	struct evidence one = { xstrdup(row_id(row)), xstrdup(judge), xstrdup(row_rationale(row, judge)) };
	size_t at = 0;
	while (at < g->nevidence && strcmp(g->evidence[at].question_id, one.question_id) <= 0)
		at++;
	if (g->nevidence == MAX_EVIDENCE) {
		struct evidence *last = &g->evidence[MAX_EVIDENCE - 1];
		struct evidence *drop = at == MAX_EVIDENCE ? &one : last;
		free(drop->question_id);
		free(drop->judge);
		free(drop->rationale);
		if (at == MAX_EVIDENCE)
			return;
		g->nevidence--;
	}
	memmove(&g->evidence[at + 1], &g->evidence[at], (g->nevidence - at) * sizeof one);
	g->evidence[at] = one;
	g->nevidence++;
}

static void rate_fix(struct groups *groups, const char *judge, const char *fix)
{
	size_t i = 0;
	while (i < groups->njudges && !streq(groups->judges[i].judge, judge))
		i++;
	if (i == groups->njudges) {
		GROW(groups->judges, groups->judge_cap, i + 1);
		groups->judges[groups->njudges++] = (struct quality){ .judge = xstrdup(judge) };
	}
	struct quality *q = &groups->judges[i];
	q->total++;
	if (!fix_is_generic(fix))
		return;
	q->generic++;
	if (!q->example || strcmp(fix, q->example) < 0) {
		free(q->example);
		q->example = xstrdup(fix);
	}
}

static void rate_judges(struct groups *groups, const struct json *row, const struct cause *cause)
{
	for (size_t i = 0; i < cause->judges.n; i++) {
		const struct json *asi = row_asi(row, cause->judges.v[i]);
		if (asi)
			rate_fix(groups, cause->judges.v[i], json_str_or(asi, "counterfactual_fix", ""));
	}
}

static void count_row(struct group *g, const struct json *row, double confidence, int severity)
{
	strlist_add_new(&g->questions, row_id(row));
	g->confidence_sum += confidence;
	g->rows++;
	if (severity > g->severity)
		g->severity = severity;
}

void groups_add(struct groups *groups, const struct json *row)
{
	struct cause cause;
	if (!cause_find(&cause, row)) {
		/* failed without a failing verdict: Genie gave no answer to judge */
		struct group *g = group_of(groups, failure_type_find("other")->name, "", 6);
		count_row(g, row, 0.3, severity_rank("major"));
		cause_free(&cause);
		return;
	}
	struct group *g = group_of(groups, cause.failure_type, cause.blame, cause.lever);
	count_row(g, row, cause.confidence, cause.severity);
	for (size_t i = 0; i < cause.judges.n; i++)
		strlist_add_new(&g->judges, cause.judges.v[i]);
	keep_blame(g, cause.asi);
	const char *fix = json_str_or(cause.asi, "counterfactual_fix", "");
	if (!fix_is_generic(fix))
		keep_text(&g->fixes, fix);
	keep_text(&g->clauses, json_str_or(cause.asi, "wrong_clause", NULL));
	keep_text(&g->patterns, json_str_or(cause.asi, "affected_question_pattern", NULL));
	keep_evidence(g, row, cause.judge);
	rate_judges(groups, row, &cause);
	cause_free(&cause);
}

void groups_add_unstable(struct groups *groups, const struct json *row)
{
	const char *asset = json_str_or(row, "asset", "NONE");
	const char *type = failure_type_find("repeatability_issue")->name;
	struct group *g = group_of(groups, type, asset, cause_lever(type, NULL, asset));
	count_row(g, row, 0.5, severity_rank("minor"));
	keep_text(&g->patterns, row_question(row));
}

/* ---- writing ---- */
static int compare_groups(const void *a, const void *b)
{
	const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
	if (x->questions.n != y->questions.n)
		return x->questions.n > y->questions.n ? -1 : 1;
	if (x->severity != y->severity)
		return y->severity - x->severity;
	return strcmp(x->key, y->key);
}

static struct json *texts(const struct strlist *list)
{
	struct strlist sorted = { 0 };
	struct json *out = json_new_array();
	for (size_t i = 0; i < list->n; i++)
		strlist_add(&sorted, list->v[i]);
	strlist_sort(&sorted);
	for (size_t i = 0; i < sorted.n; i++)
		json_push_str(out, sorted.v[i]);
	strlist_free(&sorted);
	return out;
}

static void write_group(const struct group *g, size_t number, struct json *array)
{
	char id[24];
	struct json *out = json_push(array, json_new_object());
	snprintf(id, sizeof id, "C%03zu", number);
	json_set_str(out, "cluster_id", id);
	json_set_str(out, "root_cause", g->failure_type);
	json_set_int(out, "lever", g->lever);
	json_set(out, "question_ids", texts(&g->questions));
	json_set(out, "affected_judges", texts(&g->judges));
	json_set_num(out, "confidence", round(g->confidence_sum / (double)g->rows * 100) / 100);
	json_set_str(out, "severity", severity_name(g->severity));
	json_set_str(out, "asi_failure_type", g->failure_type);
	json_set(out, "asi_blame_set", texts(&g->blame_set));
	json_set_str(out, "asi_wrong_clause", g->clauses.n ? g->clauses.v[0] : NULL);
	json_set(out, "asi_counterfactual_fixes", texts(&g->fixes));
	json_set(out, "patterns", texts(&g->patterns));
	struct json *evidence = json_set(out, "evidence", json_new_array());
	for (size_t i = 0; i < g->nevidence; i++) {
		struct json *one = json_push(evidence, json_new_object());
		json_set_str(one, "question_id", g->evidence[i].question_id);
		json_set_str(one, "judge", g->evidence[i].judge);
		json_set_str(one, "rationale", g->evidence[i].rationale);
	}
}

static int compare_quality(const void *a, const void *b)
{
	return strcmp(((const struct quality *)a)->judge, ((const struct quality *)b)->judge);
}

static void write_quality(const struct groups *groups, struct json *document)
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

void groups_write(const struct groups *groups, struct json *document)
{
	struct json *clusters = json_set(document, "clusters", json_new_array());
	struct json *tail = json_set(document, "long_tail", json_new_array());
	if (groups->n)
		qsort(groups->v, groups->n, sizeof *groups->v, compare_groups);
	for (size_t i = 0; i < groups->n; i++)
		write_group(groups->v[i], i + 1, groups->v[i]->questions.n > 1 ? clusters : tail);
	write_quality(groups, document);
}
