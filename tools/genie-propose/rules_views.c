/* Lever 2: metric views. What golds compute by hand over a view's source becomes a measure
 * or dimension; measures that are taken for each other say which one is which; moving time
 * windows climb the ladder (ladder.h). */
#include "phrases.h"
#include "rules_calls.h"

#include "ladder.h"
#include "viewedit.h"
#include "viewsource.h"
#include "words.h"

#include "json.h"
#include "mem.h"
#include "sqltext.h"

#include <stdlib.h>
#include <string.h>

static const char *cluster_id(const struct json *cluster)
{
	return json_str_or(cluster, "cluster_id", "");
}

static bool is_cause(const struct json *cluster, const char *const *causes, size_t n)
{
	const char *cause = json_str_or(cluster, "root_cause", "");
	for (size_t i = 0; i < n; i++)
		if (streq(causes[i], cause))
			return true;
	return false;
}

/* ---- one field taken for another ---- */

/* The only field of this kind that one side has and the other has not; NULL: none, or
 * several. */
static const struct field *only_in(const struct object *view, enum field_kind kind,
				   const struct fact_case *c, bool gold)
{
	const struct field *found = NULL;
	for (size_t i = 0; i < view->nfields; i++) {
		const struct field *f = &view->fields[i];
		bool needs = case_needs(c, view->full_name, f->name);
		bool used = case_used(c, view->full_name, f->name);
		if (f->kind != kind || needs == used || needs != gold)
			continue;
		if (found)
			return NULL;
		found = f;
	}
	return found;
}

static size_t say_field(struct proposal *p, const struct fact_case *c, const struct object *view,
			const struct field *f, const char *text, const struct json *cluster)
{
	if (stristr(f->comment, text))
		return NO_DRAFT;
	struct draft *d = draft_at(p, f->kind == FIELD_MEASURE ? "update_mv_measure" :
				   "update_mv_dimension", view, f, NULL);
	strlist_add_new(&d->lines, text);
	d->confidence = 0.55;
	d->regression = 0.05;
	draft_for(d, c, cluster_id(cluster));
	return draft_index(p, d);
}

/* The patch that makes the phrase a synonym of the field says enough of it. */
static size_t new_synonym(const struct proposal *p, const struct object *view,
			  const struct field *f, const char *phrase)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].object == view && p->v[i].field == f &&
		    strlist_has(&p->v[i].words, phrase))
			return i;
	return NO_DRAFT;
}

static void tell_apart(struct proposal *p, const struct fact_case *c, const struct object *view,
		       enum field_kind kind, const struct json *cluster)
{
	const struct field *right = only_in(view, kind, c, true);
	const struct field *wrong = only_in(view, kind, c, false);
	char *phrase = right && wrong ? telling_field_phrase(&(struct telling){ p->cases, p->model,
		view, right->name, 1 }, c) : NULL;
	if (!phrase)
		return;
	char *pair = xasprintf("%s.%s > %s", view->full_name, right->name, wrong->name);
	char *yes = xasprintf("Use for \"%s\".", phrase);
	char *no = xasprintf("Not for \"%s\": use %s.", phrase, right->name);
	size_t a = stristr(right->words, phrase) ? NO_DRAFT : new_synonym(p, view, right, phrase);
	if (a == NO_DRAFT && !stristr(right->words, phrase))
		a = say_field(p, c, view, right, yes, cluster);
	pair_drafts(p, a, say_field(p, c, view, wrong, no, cluster), pair);
	free(no);
	free(yes);
	free(pair);
	free(phrase);
}

/* ---- a field that only misleads ---- */
struct named {
	const struct object *view;
	const char *field;
};

static bool gold_needs(const void *context, const struct fact_case *c)
{
	const struct named *n = context;
	return case_needs(c, n->view->full_name, n->field);
}

static bool strays(const void *context, const struct fact_case *c)
{
	const struct named *n = context;
	return !c->passes && case_used(c, n->view->full_name, n->field) && !gold_needs(n, c);
}

/* No question needs it, several are drawn to it, and texts have not helped. */
static void remove_field(struct proposal *p, const struct fact_case *c, const struct object *view,
			 const struct field *f, const struct json *cluster)
{
	struct named n = { view, f->name };
	if (tried(cluster) < 2 || !strays(&n, c) || count_cases(p->cases, strays, &n) < 2 ||
	    count_cases(p->cases, gold_needs, &n))
		return;
	struct draft *d = draft_at(p, f->kind == FIELD_MEASURE ? "remove_mv_measure" :
				   "remove_mv_dimension", view, f, NULL);
	draft_member(d, "reason", "no expected SQL needs it, and failing answers use it");
	d->confidence = 0.3;
	d->regression = 0.1;
	draft_for(d, c, cluster_id(cluster));
}

/* ---- a display name ---- */

/* Does the question say a word of the full name that the field's own words lack? */
static bool full_name_helps(const struct fact_case *c, const struct field *f, const char *full)
{
	char *question = xstrlower(c->question), *name = xstrlower(full);
	bool helps = false;
	for (char *s = name; *s && !helps;) {
		size_t n = strcspn(s, " ");
		char *word = xstrndup(s, n);
		helps = text_has_word(question, word) && !text_has_word(f->words, word);
		free(word);
		s += n + strspn(s + n, " ");
	}
	free(name);
	free(question);
	return helps;
}

/* A name whose abbreviations hide a word of the question is told in full. */
static void name_in_full(struct proposal *p, const struct fact_case *c, const struct object *view,
			 const struct field *f, const struct json *cluster)
{
	char *name = view_display_name(f->name);
	const struct json *there = view_field(p->model, view, f->name);
	if (name && !*json_str_or(there, "display_name", "") && full_name_helps(c, f, name)) {
		struct draft *d = draft_at(p, f->kind == FIELD_MEASURE ? "update_mv_measure" :
					   "update_mv_dimension", view, f, NULL);
		if (!d->value)
			d->value = json_new_object();
		json_set_str(d->value, "display_name", name);
		d->confidence = d->confidence > 0.4 ? d->confidence : 0.4;
		d->regression = 0.05;
		draft_for(d, c, cluster_id(cluster));
	}
	free(name);
}

/* ---- by hand ---- */
struct by_hand {
	const struct proposal *p;
	const struct object *view;
	const char *norm, *alias; /* alias: as well, unless NULL */
};

static bool computes(const void *context, const struct fact_case *c)
{
	const struct by_hand *h = context;
	struct arena arena = { 0 };
	struct view_use use;
	bool found = false;
	if (view_use_of(&use, &arena, h->p->model, h->view, c))
		for (size_t i = 0; i < use.n; i++)
			found = found || (streq(use.item[i].norm, h->norm) &&
					  (!h->alias || strieq(use.item[i].alias, h->alias)));
	arena_free(&arena);
	return found;
}

/* A field of the view with this expression. */
static const struct field *field_that_is(struct arena *arena, const struct object *view,
	const char *norm)
{
	for (size_t i = 0; i < view->nfields; i++)
		if (streq(view_norm(arena, view->fields[i].expr), norm))
			return &view->fields[i];
	return NULL;
}

static void add_field(struct proposal *p, const struct fact_case *c, struct arena *arena,
		      const struct object *view, const struct view_item *item,
		      const struct json *cluster)
{
	char *name = view_free_name(view, item);
	struct draft *d = draft_at(p, item->measure ? "add_mv_measure" :
		"add_mv_dimension", view, NULL,
				   item->norm);
	if (!d->value) {
		char *shown = view_display_name(name);
		const char *flaw = view_expr_flaw(arena, item->expr);
		d->value = json_new_object();
		json_set_str(d->value, "expr", view_style(arena, p->model, view, item->expr));
		if (shown)
			json_set_str(d->value, "display_name", shown);
		free(shown);
		draft_member(d, "column", name);
		d->flaw = xstrdup(flaw);
	}
	free(name);
	d->confidence = 0.45;
	d->regression = 0.02;
	draft_for(d, c, cluster_id(cluster));
}

/* Golds agree that a measure of this name is another expression. */
static bool correct_field(struct proposal *p, const struct fact_case *c, struct arena *arena,
			  const struct object *view, const struct view_item *item,
			  const struct json *cluster)
{
	const struct field *f = item->alias ? object_field(view, item->alias) : NULL;
	struct by_hand h = { p, view, item->norm, item->alias };
	struct named n = { view, f ? f->name : NULL };
	if (!f || (f->kind == FIELD_MEASURE) != item->measure ||
		!case_used(c, view->full_name, f->name))
		return false;
	if (count_cases(p->cases, computes, &h) < 2 || count_cases(p->cases, gold_needs, &n))
		return true;
	struct draft *d = draft_at(p, item->measure ? "update_mv_measure" :
		"update_mv_dimension", view, f,
				   "expr");
	draft_member(d, "field", "expr");
	draft_member(d, "risk", "high");
	draft_member(d, "old_text", f->expr);
	draft_member(d, "new_text", view_style(arena, p->model, view, item->expr));
	d->confidence = 0.4;
	d->regression = 0.1;
	draft_for(d, c, cluster_id(cluster));
	return true;
}

static void by_hand(struct proposal *p, const struct fact_case *c, const struct object *view,
		    const struct json *cluster)
{
	struct arena arena = { 0 };
	struct view_use use;
	if (!view_use_of(&use, &arena, p->model, view, c)) {
		arena_free(&arena);
		return;
	}
	for (size_t i = 0; i < use.n; i++) {
		const struct view_item *item = &use.item[i];
		struct by_hand h = { p, view, item->norm, NULL };
		if (!*item->norm || field_that_is(&arena, view, item->norm) ||
			(use.direct && item->plain) ||
		    correct_field(p, c, &arena, view, item, cluster))
			continue;
		/* one question is enough only where Genie looked for it in the view */
		if (count_cases(p->cases, computes, &h) > 1 ||
			(c->genie_asset == view && !use.direct))
			add_field(p, c, &arena, view, item, cluster);
	}
	arena_free(&arena);
}

/* ---- a join that is missing ---- */
static bool joins_too(const void *context, const struct fact_case *c)
{
	const struct by_hand *h = context;
	struct arena arena = { 0 };
	struct view_use use;
	bool same = view_use_of(&use, &arena, h->p->model, h->view, c) && use.join.table &&
		streq(use.join.on, h->norm);
	arena_free(&arena);
	return same;
}

/* Several golds join the view's source with the same table: only a new definition can. */
static void add_view_join(struct proposal *p, const struct fact_case *c, const struct object *view,
			  const struct json *cluster)
{
	struct arena arena = { 0 };
	struct view_use use;
	if (view_use_of(&use, &arena, p->model, view, c) && use.join.table) {
		struct by_hand h = { p, view, use.join.on, NULL };
		struct err err = { 0 };
		char *yaml = count_cases(p->cases, joins_too, &h) > 1 ?
			view_with_join(p->model, view, &use.join, &err) : NULL;
		if (yaml || *err.text) {
			struct draft *d = draft_at(p, "update_mv_yaml", view, NULL, use.join.on);
			if (yaml && !d->members) {
				draft_member(d, "old_text", view_yaml(p->model, view));
				draft_member(d, "new_text", yaml);
			}
			if (!yaml && !d->flaw)
				d->flaw = xstrdup(err.text);
			d->confidence = 0.3;
			d->regression = 0.1;
			draft_for(d, c, cluster_id(cluster));
		}
		free(yaml);
	}
	arena_free(&arena);
}

/* ---- time ---- */
static const struct sqlfact_filter *time_filter(const struct fact_case *c,
	const struct object *view,
						const struct field **f)
{
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		*f = c->gold.filter[i].temporal ? object_field(view, c->gold.filter[i].column) :
			NULL;
		if (*f && (*f)->kind == FIELD_DIMENSION)
			return &c->gold.filter[i];
	}
	return NULL;
}

/* "last 30 days" on the date's comment; rules_names says the named windows. */
static void say_days(struct proposal *p, const struct fact_case *c, const struct object *view,
		     const struct field *f, const struct json *cluster)
{
	static const char mark[] = "For \"last N days\"";
	if (!last_days(c->question) || stristr(f->comment, mark))
		return;
	char *text = xasprintf("%s filter `%s >= DATE_SUB(CURRENT_DATE(), N)`.", mark, f->name);
	struct draft *d = draft_at(p, "update_mv_dimension", view, f, NULL);
	strlist_add_new(&d->lines, text);
	free(text);
	d->confidence = 0.6;
	d->regression = 0.05;
	draft_for(d, c, cluster_id(cluster));
}

/* The last rung: a dimension that has the window computed. */
static void compute_window(struct proposal *p, const struct fact_case *c, const struct object *view,
			   const struct field *f, const struct json *cluster)
{
	const struct time_phrase *t = find_time_phrase(c->question);
	bool yearly = is_year_over_year(c->question);
	if (!yearly && !t)
		return;
	char *words = xstrdup(yearly ? "year" : t->phrase);
	char *name = xasprintf("%s_%s%s", f->name, yearly ? "" : "in_", words);
	for (char *s = name; *s; s++)
		*s = *s == ' ' ? '_' : *s;
	char *expr = yearly ? xasprintf("YEAR(%s)", f->expr) :
		t->to ? xasprintf("%s >= %s AND %s < %s", f->expr, t->from, f->expr, t->to) :
		xasprintf("%s >= %s", f->expr, t->from);
	if (!object_field(view, name)) {
		struct arena arena = { 0 };
		struct draft *d = draft_at(p, "add_mv_dimension", view, NULL, name);
		char *comment = yearly ? xasprintf("Year of %s, for year over year (YoY).",
			f->name) :
			xasprintf("TRUE for \"%s\": filter by it.", t->phrase);
		if (!d->value) {
			const char *flaw = view_expr_flaw(&arena, expr);
			d->value = json_new_object();
			json_set_str(d->value, "expr", expr);
			json_set_str(d->value, "comment", comment);
			json_push_str(json_set(d->value, "synonyms", json_new_array()),
				      yearly ? "year over year" : t->phrase);
			draft_member(d, "column", name);
			d->flaw = xstrdup(flaw);
		}
		d->confidence = 0.5;
		d->regression = 0.02;
		draft_for(d, c, cluster_id(cluster));
		free(comment);
		arena_free(&arena);
	}
	free(expr);
	free(name);
	free(words);
}

static void climb(struct proposal *p, const struct fact_case *c, const struct object *view,
		  const struct json *cluster)
{
	const struct field *f;
	enum rung rung = ladder_rung(c, cluster);
	const struct sqlfact_filter *gold = time_filter(c, view, &f);
	if (!gold)
		return;
	if (rung == RUNG_COMMENT)
		say_days(p, c, view, f, cluster);
	else if (rung == RUNG_COLUMN)
		compute_window(p, c, view, f, cluster);
}

/* ---- together ---- */
static void rules_of_view(struct proposal *p, const struct fact_case *c, const struct object *view,
			  const struct json *cluster)
{
	static const char *const values[] = { "wrong_aggregation", "wrong_measure", "wrong_column",
		"other" };
	static const char *const times[] = { "missing_temporal_filter", "missing_filter" };
	bool needs = case_needs(c, view->full_name, NULL);
	if (is_cause(cluster, values, countof(values))) {
		if (needs && case_used(c, view->full_name, NULL)) {
			tell_apart(p, c, view, FIELD_MEASURE, cluster);
			tell_apart(p, c, view, FIELD_DIMENSION, cluster);
		}
		by_hand(p, c, view, cluster);
		add_view_join(p, c, view, cluster);
	}
	if (needs && (is_cause(cluster, times, countof(times)) || is_limitation(cluster, "KGL-3")))
		climb(p, c, view, cluster);
	for (size_t i = 0; i < view->nfields; i++) {
		const struct field *f = &view->fields[i];
		if (case_needs(c, view->full_name, f->name) &&
			!case_used(c, view->full_name, f->name))
			name_in_full(p, c, view, f, cluster);
		remove_field(p, c, view, f, cluster);
	}
}

void rules_views(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	static const char *const routing[] = { "asset_routing_error", "wrong_table", "other" };
	const struct object *right = c->gold_asset, *wrong = c->genie_asset;
	for (size_t i = 0; i < p->model->n; i++)
		if (p->model->objects[i].kind == OBJECT_METRIC_VIEW)
			rules_of_view(p, c, &p->model->objects[i], cluster);
	/* a function's side is told by lever 3 */
	if (right && wrong && right != wrong && right->kind != OBJECT_FUNCTION &&
	    wrong->kind != OBJECT_FUNCTION &&
	    (right->kind == OBJECT_METRIC_VIEW || wrong->kind == OBJECT_METRIC_VIEW) &&
	    (is_cause(cluster, routing, countof(routing)) || is_limitation(cluster, "KGL-2")))
		say_both_sides(p, c, cluster);
}
