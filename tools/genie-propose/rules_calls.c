/* Lever 3: what table functions say. A function's comment is laid out in bullets
 * (tvfcomment.h); parameters say how to pass "all" and dates; where two assets compete,
 * the right one says that it answers and the wrong one that it does not. */
#include "drafts.h"

#include "callable.h"
#include "phrases.h"
#include "rules_calls.h"
#include "tvfcomment.h"
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

/* ---- parameters ---- */
static const struct sqlfact_call *call_of(const struct sqlfacts *facts, const struct object *o)
{
	for (size_t i = 0; i < facts->ncalls; i++)
		if (sql_same_name(o->full_name, facts->call[i].name))
			return &facts->call[i];
	return NULL;
}

const char *call_argument(const struct sqlfacts *facts, const struct object *o, size_t index,
			  const char *name)
{
	const struct sqlfact_call *call = call_of(facts, o);
	for (size_t i = 0; call && i < call->n; i++)
		if (call->arg[i].name ? strieq(call->arg[i].name, name) : i == index)
			return call->arg[i].text;
	return NULL;
}

/* A sentence that the comment has in other words already is not said again. */
static void say_parameter(struct proposal *p, const struct fact_case *c, const struct object *o,
			  const struct field *f, const struct json *cluster)
{
	struct call_part part = { .name = f->name, .type = f->type, .comment = f->comment,
		.value = f->value };
	bool all = stristr(f->comment, "null") || stristr(f->comment, "optional");
	bool dates = stristr(f->comment, "CURRENT_DATE") != NULL;
	if (all || !param_is_optional(&part))
		part.value = NULL;
	if (dates)
		part.name = part.type = "";
	char *usage = param_usage(&part);
	if (*usage) {
		struct draft *d = draft_at(p, "update_tvf_parameter_comment", o, f, NULL);
		strlist_add_new(&d->lines, usage);
		d->confidence = 0.6;
		d->regression = 0.05;
		draft_for(d, c, cluster_id(cluster));
	}
	free(usage);
}

/* KGL-1: an optional parameter that does not say how to be left out gets the
 * string 'NULL'; a date that does not say its form gets a fixed one. */
static bool say_parameters(struct proposal *p, const struct fact_case *c, const struct object *o,
			   const struct json *cluster)
{
	bool any = false;
	for (size_t i = 0; i < o->nfields; i++) {
		const char *gold = call_argument(&c->gold, o, i, o->fields[i].name);
		const char *genie = call_argument(&c->genie, o, i, o->fields[i].name);
		if (o->fields[i].kind != FIELD_PARAMETER || streq(gold, genie) || (!gold && !genie))
			continue;
		any = true;
		say_parameter(p, c, o, &o->fields[i], cluster);
	}
	return any;
}

/* ---- comments ---- */

/* The function's comment with what this draft has gathered so far. */
static void lay_out(struct proposal *p, struct draft *d)
{
	struct arena arena = { 0 };
	struct callable f;
	callable_read(&f, &arena, p->model, d->object);
	char *text = tvf_comment(&f, &d->words, &d->lines);
	draft_member(d, "old_text", f.comment);
	draft_member(d, "new_text", text);
	free(text);
	arena_free(&arena);
}

struct draft *say_function(struct proposal *p, const struct fact_case *c, const struct object *o,
			   const char *best, const char *not, const struct json *cluster)
{
	struct draft *d = draft_at(p, "update_tvf_comment", o, NULL, NULL);
	d->lever = 3;
	if (best)
		strlist_add_new(&d->words, best);
	if (not)
		strlist_add_new(&d->lines, not);
	d->confidence = 0.55;
	d->regression = 0.1;
	draft_for(d, c, cluster_id(cluster));
	lay_out(p, d);
	return d;
}

/* A call with wrong arguments: the comment shows what the function takes. */
static void say_usage(struct proposal *p, const struct fact_case *c, const struct object *o,
		      const struct json *cluster)
{
	struct arena arena = { 0 };
	struct callable f;
	callable_read(&f, &arena, p->model, o);
	char *text = tvf_comment(&f, NULL, NULL);
	if (!streq(text, f.comment))
		say_function(p, c, o, NULL, NULL, cluster);
	free(text);
	arena_free(&arena);
}

static bool says_it(const struct object *o, const char *phrase)
{
	struct strlist words = { 0 };
	content_words(phrase, &words);
	bool all = true;
	for (size_t i = 0; all && i < words.n; i++) {
		all = text_has_word(o->words, words.v[i]);
		for (size_t k = 0; !all && k < o->nfields; k++)
			all = text_has_word(o->fields[k].words, words.v[i]);
	}
	strlist_free(&words);
	return all;
}

/* ---- competing assets ---- */

/* The field of a metric view that speaks for it: its first measure in a query. */
static const struct field *voice_of(const struct object *o, const struct fact_case *c,
				    bool (*in)(const struct fact_case *, const char *,
				    const char *))
{
	for (size_t i = 0; i < o->nfields; i++)
		if (o->fields[i].kind == FIELD_MEASURE && in(c, o->full_name, o->fields[i].name))
			return &o->fields[i];
	return NULL;
}

/* A side that is a table or a metric view: a sentence of its comment. */
static struct draft *say_sentence(struct proposal *p, const struct fact_case *c,
				  const struct object *o, const struct field *voice,
				  const char *text,
				  const struct json *cluster)
{
	const char *old = voice ? voice->comment : o->comment;
	if ((o->kind == OBJECT_METRIC_VIEW) != (voice != NULL) || stristr(old, text))
		return NULL;
	struct draft *d = draft_at(p, voice ? "update_mv_measure" :
		"update_table_comment", o, voice, NULL);
	d->lever = voice ? 2 : object_lever(o);
	strlist_add_new(&d->lines, text);
	d->confidence = 0.5;
	d->regression = 0.1;
	draft_for(d, c, cluster_id(cluster));
	return d;
}

static struct draft *say_for(struct proposal *p, const struct fact_case *c, const char *phrase,
			     const struct json *cluster)
{
	const struct object *right = c->gold_asset;
	if (right->kind == OBJECT_FUNCTION) {
		char *quoted = xasprintf("\"%s\"", phrase);
		struct draft *d = says_it(right, phrase) || stristr(right->comment, quoted) ? NULL :
			say_function(p, c, right, quoted, NULL, cluster);
		free(quoted);
		return d;
	}
	char *text = xasprintf("Use for \"%s\".", phrase);
	struct draft *d = says_it(right, phrase) ? NULL :
		say_sentence(p, c, right, voice_of(right, c, case_needs), text, cluster);
	free(text);
	return d;
}

static struct draft *say_not(struct proposal *p, const struct fact_case *c, const char *phrase,
			     const struct json *cluster)
{
	const struct object *right = c->gold_asset, *wrong = c->genie_asset;
	struct draft *d = NULL;
	char *text = xasprintf(wrong->kind == OBJECT_FUNCTION ? "\"%s\" (use %s)" :
		"Not for \"%s\": use %s.",
			       phrase, right->name);
	if (says_it(wrong, phrase)) /* its own words would say the contrary */
		d = NULL;
	else if (wrong->kind != OBJECT_FUNCTION)
		d = say_sentence(p, c, wrong, voice_of(wrong, c, case_used), text, cluster);
	else if (!stristr(wrong->comment, text))
		d = say_function(p, c, wrong, NULL, text, cluster);
	free(text);
	return d;
}

size_t draft_index(const struct proposal *p, const struct draft *d)
{
	return d ? (size_t)(d - p->v) : NO_DRAFT;
}

void pair_drafts(struct proposal *p, size_t a, size_t b, const char *name)
{
	if (a == NO_DRAFT || b == NO_DRAFT || p->v[a].pairs.n || p->v[b].pairs.n)
		return;
	strlist_add(&p->v[a].pairs, name);
	strlist_add(&p->v[b].pairs, name);
}

void say_both_sides(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct object *right = c->gold_asset, *wrong = c->genie_asset;
	/* One question's words may be a value, or mean another thing elsewhere: too little for
	 * what a table says, unless routing is known to waver; enough for a function's list of
	 * phrases, where routing is the trouble. */
	bool wavers = is_limitation(cluster, "KGL-2");
	bool routing = wavers || streq(json_str_or(cluster, "root_cause", ""),
		"asset_routing_error");
	char *phrase = telling_field_phrase(&(struct telling){ p->cases, p->model, right, NULL,
		wavers ? 1 : 2 }, c);
	bool both = phrase != NULL;
	size_t yes = NO_DRAFT, no = NO_DRAFT;
	if (!phrase && routing)
		phrase = telling_phrase(p->cases, p->model, c, right);
	if (!phrase)
		return;
	if (both || right->kind == OBJECT_FUNCTION)
		yes = draft_index(p, say_for(p, c, phrase, cluster));
	if (both || wrong->kind == OBJECT_FUNCTION)
		no = draft_index(p, say_not(p, c, phrase, cluster));
	char *pair = xasprintf("%s > %s", right->full_name, wrong->full_name);
	pair_drafts(p, yes, no, pair);
	free(pair);
	free(phrase);
}

void rules_calls(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct object *right = c->gold_asset, *wrong = c->genie_asset;
	if (right && right->kind == OBJECT_FUNCTION && wrong == right) {
		if (say_parameters(p, c, right, cluster))
			say_usage(p, c, right, cluster);
	} else if (right && wrong && right != wrong &&
		   (right->kind == OBJECT_FUNCTION || wrong->kind == OBJECT_FUNCTION)) {
		say_both_sides(p, c, cluster);
	}
	rules_filters(p, c, cluster);
	rules_functions(p, c, cluster);
}
