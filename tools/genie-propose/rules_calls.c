/* Lever 3: table functions and filters. A function's comment follows the bullet
 * layout PURPOSE, BEST FOR, NOT FOR, RETURNS, PARAMS, SYNTAX, NOTE; its parameters say
 * how to pass "all" and dates; a filter that questions mean without saying so
 * becomes a named filter of the space. */
#include "drafts.h"

#include "words.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static bool is_date_parameter(const struct field *f)
{
	return text_has_word(f->name, "date") || ends_with(f->name, "_dt") || strieq(f->type, "DATE");
}

static void say_parameter(struct proposal *p, const struct fact_case *c, const struct object *o,
			  const struct field *f, const char *text, const struct json *cluster)
{
	struct draft *d = draft_at(p, "update_tvf_parameter_comment", o, f, NULL);
	strlist_add_new(&d->lines, text);
	d->confidence = 0.6;
	d->regression = 0.05;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

/* KGL-1: an optional parameter that does not say how to be left out gets the
 * string 'NULL'; a date that does not say its form gets a fixed one. */
static void say_parameters(struct proposal *p, const struct fact_case *c, const struct object *o,
			   const struct json *cluster)
{
	for (size_t i = 0; i < o->nfields; i++) {
		const struct field *f = &o->fields[i];
		if (f->kind != FIELD_PARAMETER)
			continue;
		if (f->value && strieq(f->value, "NULL") && !stristr(f->comment, "null") && !stristr(f->comment, "optional"))
			say_parameter(p, c, o, f, "Optional: leave it out, or pass NULL (the keyword, not the "
				      "string 'NULL'), for all.", cluster);
		if (is_date_parameter(f) && !stristr(f->comment, "CURRENT_DATE"))
			say_parameter(p, c, o, f, "A date as 'YYYY-MM-DD'. For a time that moves pass an "
				      "expression, e.g. CAST(DATE_SUB(CURRENT_DATE(), 30) AS STRING) for the "
				      "start of the last 30 days and CAST(CURRENT_DATE() AS STRING) for today.",
				      cluster);
	}
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

static void say_purpose(struct proposal *p, const struct fact_case *c, const struct object *o,
			const char *label, const char *rest, const struct json *cluster)
{
	char *phrase = telling_phrase(p->cases, c, c->gold_asset);
	/* what the function's own words say already decides nothing */
	if (!phrase || says_it(o, phrase)) {
		free(phrase);
		return;
	}
	char *text = xasprintf("%s: \"%s\"%s.", label, phrase, rest);
	free(phrase);
	if (!stristr(o->comment, text)) {
		struct draft *d = draft_at(p, "update_tvf_comment", o, NULL, NULL);
		strlist_add_new(&d->lines, text);
		d->confidence = 0.55;
		d->regression = 0.1;
		draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	}
	free(text);
}

/* Both sides of a competition: the function that should answer says so; one
 * that should not says which asset does. */
static void say_routing(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct object *right = c->gold_asset, *wrong = c->genie_asset;
	if (!right || !wrong || right == wrong)
		return;
	if (right->kind == OBJECT_FUNCTION)
		say_purpose(p, c, right, "BEST FOR", "", cluster);
	if (wrong->kind == OBJECT_FUNCTION) {
		char *rest = xasprintf(" (use %s)", right->name);
		say_purpose(p, c, wrong, "NOT FOR", rest, cluster);
		free(rest);
	}
}

static bool genie_filters(const struct fact_case *c, const struct sqlfact_filter *f)
{
	for (size_t i = 0; i < c->genie.nfilters; i++)
		if (c->genie.filter[i].column && strieq(c->genie.filter[i].column, f->column))
			return true;
	return false;
}

/* The words that stand for a filter: content words that no field of the object has. */
static struct json *filter_words(const struct fact_case *c, const struct object *o)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < c->words.n; i++) {
		bool known = text_has_word(o->words, c->words.v[i]);
		for (size_t k = 0; !known && k < o->nfields; k++)
			known = o->fields[k].kind != FIELD_PARAMETER &&
				!strieq(o->fields[k].name, c->words.v[i]) &&
				text_has_word(o->fields[k].words, c->words.v[i]);
		if (!known)
			json_push_str(list, c->words.v[i]);
	}
	return list;
}

static void add_filter(struct proposal *p, const struct fact_case *c, const struct sqlfact_filter *f,
		       const struct json *cluster)
{
	const struct object *o = model_object(p->model, f->table && *f->table ? f->table :
					      c->gold_asset ? c->gold_asset->full_name : NULL);
	if (!o || o->kind == OBJECT_FUNCTION)
		return;
	struct json *words = filter_words(c, o);
	if (!json_first(words)) {
		json_free(words);
		return;
	}
	struct draft *d = draft_at(p, "add_default_filter", NULL, NULL, f->text);
	if (!d->value) {
		d->value = json_new_object();
		json_set_str(d->value, "display_name", json_text(json_first(words)));
		json_push_str(json_set(d->value, "sql", json_new_array()), f->text);
		json_set(d->value, "synonyms", words);
	} else {
		json_free(words);
	}
	d->confidence = 0.5;
	d->regression = 0.1;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

static void add_filters(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		if (f->column && !f->temporal && f->clause == SQLFC_WHERE && f->outermost && !genie_filters(c, f))
			add_filter(p, c, f, cluster);
	}
}

void rules_calls(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct object *right = c->gold_asset;
	if (right && right->kind == OBJECT_FUNCTION && c->genie_asset == right)
		say_parameters(p, c, right, cluster);
	say_routing(p, c, cluster);
	add_filters(p, c, cluster);
}
