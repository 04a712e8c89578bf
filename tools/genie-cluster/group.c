#include "group.h"

#include "cause.h"
#include "names.h"
#include "words.h"

#include "judgefix.h"
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct groups *groups_new(void)
{
	return xcalloc(1, sizeof(struct groups));
}

static void evidence_free(struct evidence *one)
{
	free(one->question_id);
	free(one->judge);
	free(one->rationale);
}

static void group_free(struct group *g)
{
	free(g->blame);
	free(g->kind);
	numset_free(&g->questions);
	numset_free(&g->primary);
	strlist_free(&g->judges);
	strlist_free(&g->blame_set);
	strlist_free(&g->fixes);
	strlist_free(&g->clauses);
	strlist_free(&g->patterns);
	for (size_t i = 0; i < g->nevidence; i++)
		evidence_free(&g->evidence[i]);
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
	intern_free(&groups->keys);
	intern_free(&groups->questions);
	free(groups->v);
	free(groups->judges);
	free(groups);
}

struct group *group_of(struct groups *groups, const char *type, const char *blame,
	const char *extra)
{
	char room[512], *key = room;
	int n = snprintf(room, sizeof room, "%s|%s|%s", type, blame, extra);
	if (n >= (int)sizeof room)
		key = xasprintf("%s|%s|%s", type, blame, extra);
	uint32_t i = intern_add(&groups->keys, key);
	if (key != room)
		free(key);
	if (i < groups->n)
		return groups->v[i];
	GROW(groups->v, groups->cap, groups->n + 1);
	struct group *g = xcalloc(1, sizeof *g);
	*g = (struct group){ .type = type, .blame = xstrdup(blame), .severity = -1 };
	return groups->v[groups->n++] = g;
}

void keep_text(struct strlist *list, const char *text)
{
	size_t at = 0;
	int order = 1;
	if (!text || !*text)
		return;
	while (at < list->n && (order = strcmp(list->v[at], text)) < 0)
		at++;
	if ((at < list->n && order == 0) || at == MAX_TEXTS)
		return;
	if (list->n == MAX_TEXTS)
		free(list->v[--list->n]);
	strlist_add(list, text);
	char *added = list->v[list->n - 1];
	memmove(&list->v[at + 1], &list->v[at], (list->n - 1 - at) * sizeof *list->v);
	list->v[at] = added;
}

/* ---- evidence ---- */

static int compare_evidence(const struct evidence *a, const struct evidence *b)
{
	int order = strcmp(a->question_id, b->question_id);
	order = order ? order : (int)b->primary - (int)a->primary;
	order = order ? order : strcmp(a->judge, b->judge);
	order = order ? order : strcmp(a->rationale, b->rationale);
	return order ? order : (int)a->source - (int)b->source;
}

/* Where the evidence of a question is or belongs. */
static size_t place_of(const struct group *g, const char *id, bool *there)
{
	size_t at = 0;
	int order = 1;
	while (at < g->nevidence && (order = strcmp(g->evidence[at].question_id, id)) < 0)
		at++;
	*there = at < g->nevidence && order == 0;
	return at;
}

void group_evidence(struct group *g, struct evidence one)
{
	bool there;
	size_t at = place_of(g, one.question_id, &there);
	struct evidence drop = one;
	if (there && compare_evidence(&one, &g->evidence[at]) < 0) {
		drop = g->evidence[at];
		g->evidence[at] = one;
	} else if (!there && at < MAX_EVIDENCE) {
		drop = (struct evidence){ 0 };
		if (g->nevidence == MAX_EVIDENCE)
			drop = g->evidence[--g->nevidence];
		memmove(&g->evidence[at + 1], &g->evidence[at], (g->nevidence - at) * sizeof one);
		g->evidence[at] = one;
		g->nevidence++;
	}
	evidence_free(&drop);
}

/* Spares copies that would be thrown away at once. */
static bool wants_evidence(const struct group *g, const char *id)
{
	return g->nevidence < MAX_EVIDENCE
		|| strcmp(id, g->evidence[MAX_EVIDENCE - 1].question_id) <= 0;
}

/* ---- adding ---- */

static struct quality *quality_of(struct groups *groups, const char *judge)
{
	size_t i = 0;
	while (i < groups->njudges && !streq(groups->judges[i].judge, judge))
		i++;
	if (i == groups->njudges) {
		GROW(groups->judges, groups->judge_cap, i + 1);
		groups->judges[groups->njudges++] = (struct quality){ .judge = xstrdup(judge) };
	}
	return &groups->judges[i];
}

static void rate_fix(struct groups *groups, const struct verdict *v)
{
	struct quality *q = quality_of(groups, v->judge);
	q->total++;
	if (!fix_is_generic(v->fix))
		return;
	q->generic++;
	if (!q->example || strcmp(v->fix, q->example) < 0) {
		free(q->example);
		q->example = xstrdup(v->fix);
	}
}

void group_count(struct group *g, uint32_t question, double confidence, int severity, int lever)
{
	numset_add(&g->questions, question);
	g->confidence += (int64_t)lround(confidence * 1000);
	g->rows++;
	g->levers[lever]++;
	if (severity > g->severity)
		g->severity = severity;
}

static void keep_judge(struct group *g, const struct verdict *v)
{
	if (!strlist_has(&g->judges, v->judge))
		strlist_add(&g->judges, v->judge);
	g->sources |= 1u << (v->has_asi ? v->source : VERDICT_RATIONALE);
}

/* What a verdict says of the mistake itself; what it says of its consequences is left out. */
static void keep_words(struct group *g, const struct verdict *v, const char *const *blame,
		       size_t nblame)
{
	for (size_t i = 0; i < nblame; i++)
		keep_text(&g->blame_set, blame[i]);
	if (!fix_is_generic(v->fix))
		keep_text(&g->fixes, v->fix);
	keep_text(&g->clauses, v->wrong_clause);
	keep_text(&g->patterns, v->pattern);
}

static void add_mistake(struct groups *groups, const struct verdicts *row, uint32_t question,
			const struct mistakes *all, size_t at)
{
	const struct mistake *m = &all->v[at];
	struct group *g = group_of(groups, m->type, m->blame, "");
	group_count(g, question, m->confidence, m->severity, m->lever);
	if (at == 0)
		numset_add(&g->primary, question);
	g->sources |= m->lead ? 0 : 1u << m->source;
	for (size_t i = 0; i < row->n; i++) {
		if (!(m->judges & 1u << i))
			continue;
		keep_judge(g, &row->v[i]);
		if (streq(all->type[i], m->type))
			keep_words(g, &row->v[i], all->blame[i], all->nblame[i]);
	}
	if (wants_evidence(g, row->question_id))
		group_evidence(g, (struct evidence){ .question_id = xstrdup(row->question_id),
			.judge = xstrdup(m->lead ? m->lead->judge : ""),
			.rationale = xstrdup(m->lead ? m->lead->rationale : ""),
				.matched = m->matched,
			.source = m->source, .primary = at == 0 });
}

void groups_add(struct groups *groups, const struct verdicts *row, const struct mistakes *mistakes,
		unsigned hints)
{
	uint32_t question = intern_add(&groups->questions, row->question_id);
	for (size_t i = 0; i < mistakes->n; i++) {
		add_mistake(groups, row, question, mistakes, i);
		if (hints)
			group_of(groups, mistakes->v[i].type, mistakes->v[i].blame,
				"")->hints |= hints;
	}
	for (size_t i = 0; i < row->n; i++)
		if (row->v[i].has_asi)
			rate_fix(groups, &row->v[i]);
}

int group_lever(const struct group *g)
{
	int best = 1;
	for (int i = 2; i <= 6; i++)
		if (g->levers[i] > g->levers[best])
			best = i;
	return best;
}

/* ---- settling ---- */

static void keep_all(struct strlist *to, const struct strlist *from)
{
	for (size_t i = 0; i < from->n; i++)
		keep_text(to, from->v[i]);
}

/* Takes what `from` knows; it is empty after, but for its texts. */
static void join(struct group *to, struct group *from)
{
	for (int i = 0; i <= 6; i++)
		to->levers[i] += from->levers[i];
	to->severity = from->severity > to->severity ? from->severity : to->severity;
	to->confidence += from->confidence;
	to->rows += from->rows;
	to->sources |= from->sources;
	to->hints |= from->hints;
	to->assets |= from->assets;
	if (from->kind && !to->kind)
		to->kind = xstrdup(from->kind);
	numset_add_all(&to->questions, &from->questions);
	numset_add_all(&to->primary, &from->primary);
	for (size_t i = 0; i < from->judges.n; i++)
		strlist_add_new(&to->judges, from->judges.v[i]);
	keep_all(&to->blame_set, &from->blame_set);
	keep_all(&to->fixes, &from->fixes);
	keep_all(&to->clauses, &from->clauses);
	keep_all(&to->patterns, &from->patterns);
	for (size_t i = 0; i < from->nevidence; i++)
		group_evidence(to, from->evidence[i]);
	from->nevidence = 0;
}

static void rename_blame_set(struct group *g, const struct names *seen)
{
	struct strlist old = g->blame_set;
	g->blame_set = (struct strlist){ 0 };
	for (size_t i = 0; i < old.n; i++) {
		char *lower = xstrlower(old.v[i]);
		const char *full = names_find(seen, lower);
		keep_text(&g->blame_set, full ? full : old.v[i]);
		free(lower);
	}
	strlist_free(&old);
}

void groups_settle(struct groups *groups)
{
	struct names *seen = names_new();
	struct group **old = groups->v;
	size_t n = groups->n;
	for (size_t i = 0; i < n; i++) {
		if (*old[i]->blame && !old[i]->kind)
			names_add(seen, old[i]->blame, true);
		for (size_t k = 0; k < old[i]->blame_set.n; k++)
			names_add(seen, old[i]->blame_set.v[k], true);
	}
	intern_free(&groups->keys);
	groups->v = NULL;
	groups->n = groups->cap = 0;
	for (size_t i = 0; i < n; i++) {
		struct group *g = old[i];
		char *lower = xstrlower(g->blame);
		const char *full = g->kind ? NULL : names_find(seen, lower);
		rename_blame_set(g, seen);
		join(group_of(groups, g->type, full ? full : g->blame, g->kind ? g->kind : ""), g);
		free(lower);
		group_free(g);
	}
	free(old);
	names_free(seen);
}
