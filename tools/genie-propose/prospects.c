#include "prospects.h"

#include "cases.h"

#include "json.h"
#include "judgediff.h"
#include "mem.h"
#include "patch.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What is wrong with one answer. */
struct troubles {
	struct fault_list faults;
	bool hidden; /* another asset, or no SQL at all */
};

struct prospects {
	const struct cases *cases;
	struct troubles *of; /* one a case */
	struct arena arena;
};

/* ---- faults ---- */

/* The same thing blamed again: two bounds of one window are one mistake. */
static bool is_repeated(const struct fault_list *list, const struct fault *f)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct fault *g = &list->v[i];
		if (f->kind == FAULT_TABLE && g->kind == FAULT_TABLE && !*f->expected)
			return true; /* came along with the wrong table */
		if (f->column && strieq(f->column, g->column) &&
		    strieq(bare_name(f->table), bare_name(g->table)))
			return true;
	}
	return false;
}

static bool is_wrong_table(const struct fault *f)
{
	return f->kind == FAULT_TABLE && *f->expected && *f->actual;
}

/* Keeps what makes the answer wrong. The order follows from the rest, the limit of another
 * asset's answer too. */
static void keep_causes(struct troubles *t, const struct fault_list *all)
{
	for (size_t i = 0; i < all->n; i++)
		t->hidden |= is_wrong_table(&all->v[i]);
	for (size_t i = 0; i < all->n; i++) {
		const struct fault *f = &all->v[i];
		if (f->soft || f->kind == FAULT_ORDER || (t->hidden && f->kind == FAULT_LIMIT) ||
		    is_repeated(&t->faults, f))
			continue;
		GROW(t->faults.v, t->faults.cap, t->faults.n + 1);
		t->faults.v[t->faults.n++] = *f;
	}
}

static void look_at(struct prospects *p, size_t i)
{
	const struct fact_case *c = &p->cases->v[i];
	struct fault_list all = { 0 };
	if (c->passes || !c->gold_sql)
		return;
	p->of[i].hidden = !c->genie_sql;
	if (!c->genie_sql)
		return;
	struct judge_sql sql = { c->gold_plain, c->genie_sql, &c->gold, &c->genie };
	if (judge_diff(&p->arena, &sql, NULL, c->question, false, &all))
		keep_causes(&p->of[i], &all);
	free(all.v);
}

struct prospects *prospects_new(const struct cases *cases)
{
	struct prospects *p = xcalloc(1, sizeof *p);
	p->cases = cases;
	p->of = xcalloc(cases->n + 1, sizeof *p->of);
	for (size_t i = 0; i < cases->n; i++)
		look_at(p, i);
	return p;
}

void prospects_free(struct prospects *p)
{
	for (size_t i = 0; p && i < p->cases->n; i++)
		free(p->of[i].faults.v);
	if (p) {
		arena_free(&p->arena);
		free(p->of);
	}
	free(p);
}

/* ---- what a patch is about ---- */

static bool has_name(const char *text, const char *name)
{
	size_t n = name ? strlen(name) : 0;
	for (const char *at = text; n && (at = stristr(at, name)); at++) {
		bool left = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
		if (left && !isalnum((unsigned char)at[n]) && at[n] != '_')
			return true;
	}
	return false;
}

/* All that the patch names, as one text. */
static char *names_of(const struct json *patch)
{
	static const char *const members[] = { "target", "column", "new_text", "value" };
	struct str text = STR_INIT;
	for (size_t i = 0; i < countof(members); i++) {
		const struct json *m = json_get(patch, members[i]);
		if (json_text(m))
			str_add(&text, json_text(m));
		else if (m)
			json_canonical(m, &text);
		str_addc(&text, '\n');
	}
	return str_take(&text);
}

static bool covers(const struct json *patch, const char *names, const struct fault *f)
{
	if (streq(json_str_or(patch, "type", ""), "add_example_sql"))
		return true; /* shows the whole answer */
	if (f->column || f->other_column)
		return has_name(names, f->column) || has_name(names, f->other_column);
	return has_name(names, bare_name(f->table)) || has_name(names, bare_name(f->other_table));
}

static bool names_question(const struct json *patch, const char *id)
{
	const struct json *list = json_get(patch, "questions");
	for (const struct json *q = json_first(list); q; q = json_next(q))
		if (streq(json_text(q), id))
			return true;
	return false;
}

/* ---- together ---- */

/* The certainty of the best one that names the question and covers the fault (NULL: any). */
static double best_of(const struct prospect *patch, char *const *names, size_t n, const char *id,
	const struct fault *f)
{
	double best = 0;
	for (size_t i = 0; i < n; i++)
		if (patch[i].certainty > best && names_question(patch[i].patch, id) &&
		    (!f || covers(patch[i].patch, names[i], f)))
			best = patch[i].certainty;
	return best;
}

/* Texts of one set work or not for the same reasons: the least certain counts, not all at once. */
static double chance_of(const struct troubles *t, const struct prospect *patch,
	char *const *names, size_t n, const char *id)
{
	double chance = t->hidden ? PROSPECT_HIDDEN : 1, least = 1;
	for (size_t i = 0; i < t->faults.n; i++) {
		double best = best_of(patch, names, n, id, &t->faults.v[i]);
		if (best <= 0)
			chance *= PROSPECT_MISSED;
		else if (best < least)
			least = best;
	}
	/* what cannot be compared is taken for one fault */
	return chance * (t->faults.n ? least : best_of(patch, names, n, id, NULL));
}

static bool same_place(const struct json *a, const struct json *b)
{
	static const char *const members[] = { "type", "target", "column" };
	for (size_t i = 0; i < countof(members); i++)
		if (!streq(json_str_or(a, members[i], ""), json_str_or(b, members[i], "")))
			return false;
	return json_get(a, "target") != NULL;
}

/* Places that are changed for the question: of two texts for one place only one can stay. */
static size_t places(const struct prospect *patch, size_t n, const char *id)
{
	size_t found = 0;
	for (size_t k = 0; k < n; k++) {
		bool first = names_question(patch[k].patch, id);
		for (size_t i = 0; first && i < k; i++)
			first = !names_question(patch[i].patch, id) ||
				!same_place(patch[i].patch, patch[k].patch);
		found += first;
	}
	return found;
}

/* Instructions and examples each show the whole way to an answer. */
static bool stands_alone(const struct json *patch)
{
	return json_int_or(patch, "lever", 0) == 6;
}

static void share(const struct prospects *p, size_t i, struct prospect *patch, char *const *names,
	size_t n)
{
	const char *id = p->cases->v[i].id;
	size_t sharing = places(patch, n, id);
	double chance = sharing ? chance_of(&p->of[i], patch, names, n, id) : 0;
	for (size_t k = 0; k < n; k++) {
		const struct json *questions = json_get(patch[k].patch, "questions");
		if (!names_question(patch[k].patch, id))
			continue;
		patch[k].confidence += (stands_alone(patch[k].patch) ?
			chance_of(&p->of[i], &patch[k], &names[k], 1, id) :
			chance / (double)sharing) / (double)json_len(questions);
	}
}

void prospects_set(const struct prospects *p, struct prospect *patch, size_t n)
{
	char **names = xcalloc(n + 1, sizeof *names);
	for (size_t k = 0; k < n; k++) {
		names[k] = names_of(patch[k].patch);
		patch[k].confidence = 0;
	}
	for (size_t i = 0; i < p->cases->n; i++)
		if (!p->cases->v[i].passes)
			share(p, i, patch, names, n);
	for (size_t k = 0; k < n; k++) {
		patch[k].confidence = (double)(long)(patch[k].confidence * 10000 + 0.5) / 10000;
		free(names[k]);
	}
	free(names);
}
