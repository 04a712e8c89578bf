/* Levers 1, 4, 5: what is on a table beside its comments - tags, display names - and whether
 * it is in the space at all. Taking away is for a person to decide (high risk). */
#include "rules.h"

#include "noise.h"
#include "words.h"

#include "json.h"
#include "mem.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>

/* ---- tags ---- */
static void tag(const struct asked *a, const char *type, struct place at, const char *key,
	const char *value,
		double regression)
{
	struct draft *d = draft_asked(a, type, at, key, 0.5, regression);
	draft_member(d, "key", key);
	if (at.f)
		draft_member(d, "column", at.f->name);
	if (value)
		draft_member(d, "new_text", value);
}

/* The answers go to and fro: a tag says in a structured way what the table is for. */
static void prefer(const struct asked *a)
{
	struct place right = { a->c->gold_asset, NULL }, none = { NULL, NULL };
	if (!streq(a->cause, "repeatability_issue") || !is_ours(a, right.o))
		return;
	char *phrase = telling_words(a, right, none, 1);
	if (phrase)
		tag(a, "set_tag", right, "preferred_for", phrase, 0.02);
	free(phrase);
}

static bool warns_off(const char *text)
{
	static const char *const words[] = { "deprecated", "obsolete", "do_not_use", "legacy" };
	for (size_t i = 0; i < countof(words); i++)
		if (strieq(text, words[i]))
			return true;
	return false;
}

/* What several tables are tagged with draws to none of them. */
static bool is_only_one(const struct json *list, const char *key, const char *value)
{
	size_t n = 0;
	for (const struct json *t = json_first(list); t; t = json_next(t))
		n += streq(json_str_or(t, "tag_name", ""), key) &&
			streq(json_str_or(t, "tag_value", ""), value);
	return n == 1;
}

/* A tag that draws questions to a table that is not meant, or keeps them off the one that is. */
static void wrong_tags(const struct asked *a)
{
	const struct json *list = json_dig(a->p->model->space, "uc.tags");
	for (const struct json *t = json_first(list); t; t = json_next(t)) {
		const char *key = json_str_or(t, "tag_name", "");
		const char *value = json_str_or(t, "tag_value", "");
		char *name = xasprintf("%s.%s", json_str_or(t, "schema_name", ""),
				       json_str_or(t, "table_name", ""));
		const struct object *o = model_object(a->p->model, name);
		free(name);
		if (!is_ours(a, o) || json_str_or(t, "column_name", NULL))
			continue;
		bool needed = case_needs(a->c, o->full_name, NULL);
		bool used = case_used(a->c, o->full_name, NULL);
		bool off = warns_off(key) || warns_off(value);
		bool draws = !off && strlen(value) > 2 && has_phrase(a->c->question, value) &&
			a->c->gold_asset && is_only_one(list, key, value);
		if ((needed && !used && off) || (!needed && used && draws))
			tag(a, "unset_tag", (struct place){ o, NULL }, key, NULL, 0.2);
	}
}

/* ---- what may not be shown ---- */

/* The tag that the space's owner marks such columns with; pii when there is none yet. */
static void house_tag(const struct asked *a, const char **key, const char **value)
{
	static const char *const keys[] = { "pii", "classification", "sensitivity",
		"confidentiality", "gdpr" };
	const struct json *list = json_dig(a->p->model->space, "uc.tags");
	*key = "pii";
	*value = "true";
	for (const struct json *t = json_first(list); t; t = json_next(t)) {
		for (size_t i = 0; json_str_or(t, "column_name", NULL) && i < countof(keys); i++) {
			if (strieq(json_str_or(t, "tag_name", ""), keys[i])) {
				*key = json_str_or(t, "tag_name", "");
				*value = json_str_or(t, "tag_value", "true");
				return;
			}
		}
	}
}

static bool is_blamed(const struct asked *a, struct place at)
{
	char *name = xasprintf("%s.%s", at.o->name, at.f->name);
	const struct json *blame = json_get(a->cluster, "asi_blame_set");
	bool blamed = json_len(blame) == 0;
	for (const struct json *b = json_first(blame); b && !blamed; b = json_next(b))
		blamed = json_text(b) && (strieq(json_text(b), at.f->name) ||
					  strieq(json_text(b), name) ||
					  ends_with(json_text(b), name));
	free(name);
	return blamed;
}

static void compliance(const struct asked *a)
{
	const char *key, *value;
	if (!streq(a->cause, "compliance_violation"))
		return;
	house_tag(a, &key, &value);
	for (size_t i = 0; i < a->c->genie.ncolumns; i++) {
		const struct sqlfact_column *col = &a->c->genie.column[i];
		struct place at = place_of(a->p->model, &a->c->genie, col->table, col->column);
		if (!at.f || !is_ours(a, at.o) || facts_have(a->p->model, &a->c->gold, at) ||
			!is_blamed(a, at))
			continue;
		tag(a, "add_compliance_tag", at, key, value, 0.02);
		if (!anyone_needs(a, at) && !json_bool_or(column_config(a->p->model, at), "exclude",
			false))
			draft_member(draft_asked(a, "hide_column", at, NULL, 0.6, 0.05), "column",
				at.f->name);
	}
}

/* ---- display names of metric views ---- */

/* No part of the name stands in any question that needs the field. */
static bool is_cryptic(const struct asked *a, struct place at)
{
	struct strlist words = { 0 };
	content_words(at.f->name, &words);
	bool cryptic = words.n > 0;
	for (size_t i = 0; i < a->p->cases->n; i++)
		for (size_t k = 0; cryptic && k < words.n; k++)
			cryptic = !case_needs(&a->p->cases->v[i], at.o->full_name, at.f->name) ||
				!strlist_has(&a->p->cases->v[i].words, words.v[k]);
	strlist_free(&words);
	return cryptic;
}

static bool has_display_name(const struct asked *a, struct place at)
{
	const struct json *views = json_dig(a->p->model->space, "uc.metric_views");
	for (const struct json *v = json_first(views); v; v = json_next(v)) {
		if (model_object(a->p->model, json_str_or(v, "full_name", NULL)) != at.o)
			continue;
		static const char *const lists[] = { "dimensions", "fields", "measures" };
		for (size_t i = 0; i < countof(lists); i++) {
			const struct json *list = json_get(json_get(v, "definition_parsed"),
				lists[i]);
			for (const struct json *one = json_first(list); one; one = json_next(one))
				if (streq(json_str_or(one, "name", ""), at.f->name))
					return json_str_or(one, "display_name", NULL) != NULL;
		}
	}
	return false;
}

/* Two questions or more call the field by one phrase, its own name says nothing. */
static void display_names(const struct asked *a)
{
	const struct object *o = a->c->gold_asset;
	for (size_t k = 0; o && o->kind == OBJECT_METRIC_VIEW && a->p->lever == 1 &&
		k < o->nfields; k++) {
		struct place at = { o, &o->fields[k] }, none = { NULL, NULL };
		if (!facts_have(a->p->model, &a->c->gold, at) ||
			facts_have(a->p->model, &a->c->genie, at) ||
		    has_display_name(a, at) || !is_cryptic(a, at))
			continue;
		char *phrase = telling_words(a, at, none, 2);
		size_t n = 0;
		for (size_t i = 0; phrase && i < a->p->cases->n; i++)
			n += has_phrase(a->p->cases->v[i].question, phrase);
		if (n > 1 && is_name_of(a->p->cases, a->c, phrase, o, at.f)) {
			phrase[0] = (char)(phrase[0] >= 'a' && phrase[0] <= 'z' ? phrase[0] - 32 :
				phrase[0]);
			struct draft *d = draft_asked(a, "rename_column_alias", at, NULL, 0.5,
				0.05);
			draft_member(d, "column", at.f->name);
			draft_member(d, "new_text", phrase);
		}
		free(phrase);
	}
}

/* ---- what the space is made of ---- */

/* A table that the expected SQL needs, by its full name; variables stand for the catalog
 * and schema of the space's own tables. */
static char *full_name(const struct asked *a, const char *name)
{
	size_t points = 0;
	for (const char *s = name; *s; s++)
		points += *s == '.';
	const char *own = a->p->model->n ? a->p->model->objects[0].full_name : "";
	const char *first = strchr(own, '.'), *last = strrchr(own, '.');
	if (points == 2 || !first || first == last)
		return points == 2 ? xstrdup(name) : NULL;
	size_t n = points == 1 ? (size_t)(first - own) : (size_t)(last - own);
	return xasprintf("%.*s.%s", (int)n, own, name);
}

static void missing_tables(const struct asked *a)
{
	for (size_t i = 0; a->p->lever == 1 && i < a->c->gold.ntables; i++) {
		const struct sqlfact_table *t = &a->c->gold.table[i];
		char *name = t->function || model_object(a->p->model, t->name) ? NULL :
			full_name(a, t->name);
		if (name) {
			struct draft *d = draft_asked(a, "add_table", (struct place){ NULL, NULL },
				name, 0.7, 0.1);
			draft_member(d, "target", name);
		}
		free(name);
	}
}

static bool mentions(const struct json *list, const char *key, const char *name)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (stristr(json_str_or(one, key, ""), name))
			return true;
	return false;
}

/* Views, functions and joins of the space are made of it. */
static bool is_built_on(const struct asked *a, const struct object *o)
{
	const struct json *uc = json_get(a->p->model->space, "uc");
	struct str joins = STR_INIT;
	const struct json *specs = json_dig(a->p->model->space, "config.instructions.join_specs");
	if (specs)
		json_canonical(specs, &joins);
	bool used = mentions(json_get(uc, "metric_views"), "yaml", o->name) ||
		stristr(str_text(&joins), o->name) ||
		mentions(json_get(uc, "routines"), "routine_definition", o->name);
	str_free(&joins);
	return used;
}

/* A table that misled twice, and that no question needs. */
static void needless_tables(const struct asked *a)
{
	struct place wrong = { a->c->genie_asset, NULL };
	if (!is_ours(a, wrong.o) || !a->c->gold_asset || anyone_needs(a, wrong) ||
		is_built_on(a, wrong.o))
		return;
	size_t n = 0;
	for (size_t i = 0; i < a->p->cases->n; i++)
		n += !a->p->cases->v[i].passes && a->p->cases->v[i].genie_asset == wrong.o;
	if (n > 1)
		draft_member(draft_asked(a, "remove_table", wrong, NULL, 0.4, 0.2), "target",
			wrong.o->full_name);
}

/* ---- metric views ---- */

/* A metric view is no table: its comments live in its YAML, which lever 2 writes. */
static void reroute(const struct asked *a)
{
	static const char *const causes[] = { "wrong_column", "description_mismatch",
		"missing_synonym" };
	const struct object *o = a->c->gold_asset;
	bool comment = false;
	for (size_t i = 0; i < countof(causes); i++)
		comment |= streq(a->cause, causes[i]);
	if (!comment || !o || o->kind != OBJECT_METRIC_VIEW || a->p->lever != 1 || !a->p->warnings)
		return;
	struct json *w = json_first(a->p->warnings);
	while (w && !streq(json_str_or(w, "target", ""), o->full_name))
		w = json_next(w);
	if (!w) {
		char *text = xasprintf("%s is a metric view: what lever 1 would say of it is left "
				       "to lever 2", o->full_name);
		w = json_push(a->p->warnings, json_new_object());
		json_set_str(w, "code", "metric_view");
		json_set_str(w, "target", o->full_name);
		json_set_int(w, "lever", 2);
		json_set(w, "questions", json_new_array());
		json_set_str(w, "text", text);
		free(text);
	}
	for (const struct json *q = json_first(json_get(w, "questions")); q; q = json_next(q))
		if (streq(json_text(q), a->c->id))
			return;
	json_push_str(json_get(w, "questions"), a->c->id);
}

void rules_labels(const struct asked *a)
{
	reroute(a);
	missing_tables(a);
	if (!a->c->genie_sql)
		return;
	prefer(a);
	wrong_tags(a);
	compliance(a);
	display_names(a);
	needless_tables(a);
}
