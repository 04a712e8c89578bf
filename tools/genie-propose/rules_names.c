/* Levers 1, 2, 4, 5: names. A question uses words that no metadata of the right
 * column, dimension or measure has; Genie took another one. The words belong to
 * the field whose role in the expected SQL fits where they stand. */
#include "drafts.h"

#include "words.h"

#include "json.h"
#include "mem.h"
#include "patch.h"

#include <stdlib.h>
#include <string.h>

/* What a gold field does in the query. */
enum role { ROLE_NONE, ROLE_VALUE, ROLE_GROUP, ROLE_FILTER };

static enum role role_in(const struct sqlfacts *facts, const char *field)
{
	enum role role = ROLE_NONE;
	for (size_t i = 0; i < facts->naggregates; i++)
		if (facts->aggregate[i].column && strieq(facts->aggregate[i].column, field))
			return ROLE_VALUE;
	for (size_t i = 0; i < facts->ncolumns; i++) {
		if (!strieq(facts->column[i].column, field))
			continue;
		if (facts->column[i].clause == SQLFC_GROUP)
			return ROLE_GROUP;
		if (facts->column[i].clause == SQLFC_WHERE && role == ROLE_NONE)
			role = ROLE_FILTER;
		if (facts->column[i].clause == SQLFC_SELECT)
			role = ROLE_GROUP;
	}
	return role;
}

/* Does the question name the word as what it divides by: "by team", "which teams"? */
static bool stands_after_by(const char *question, const char *word)
{
	static const char *const before[] = { "by ", "per ", "each ", "every ", "which ", "what ", "across " };
	for (size_t i = 0; i < countof(before); i++) {
		const char *p = question;
		while ((p = stristr(p, before[i]))) {
			p += strlen(before[i]);
			char *rest = xstrlower(p);
			rest[strcspn(rest, " ,.?!")] = '\0';
			bool found = text_has_word(rest, word);
			free(rest);
			if (found)
				return true;
		}
	}
	return false;
}

static bool known_to_object(const struct object *o, const char *word)
{
	if (text_has_word(o->words, word))
		return true;
	for (size_t i = 0; i < o->nfields; i++)
		if (text_has_word(o->fields[i].words, word))
			return true;
	return false;
}

/* A word that another object of the space knows is its own: taking it would draw
 * that object's questions away. */
static bool owned_elsewhere(const struct model *model, const struct object *o, const char *word)
{
	for (size_t i = 0; i < model->n; i++)
		if (&model->objects[i] != o && known_to_object(&model->objects[i], word))
			return true;
	return false;
}

/* A word in quotes, with a capital inside the sentence or with a hyphen is a value
 * or a name of its own. */
static bool is_value(const char *question, const char *word)
{
	size_t n = strlen(word);
	if (strchr(word, '-'))
		return true;
	for (const char *p = question; (p = stristr(p, word)); p += n) {
		bool quoted = p > question && strchr("'\"", p[-1]);
		bool capital = p > question && *p >= 'A' && *p <= 'Z';
		if (quoted || capital)
			return true;
	}
	return false;
}

/* Words of the question that the object knows nothing of and that fit the role. */
static void missing_words(const struct model *model, const struct fact_case *c,
			  const struct object *o, enum role role, struct strlist *out)
{
	for (size_t i = 0; i < c->words.n; i++) {
		const char *word = c->words.v[i];
		bool group = stands_after_by(c->question, word);
		if (known_to_object(o, word) || is_value(c->question, word) || owned_elsewhere(model, o, word))
			continue;
		if (role == ROLE_GROUP ? group : role == ROLE_VALUE ? !group : false)
			strlist_add_new(out, word);
	}
}

static const char *type_for(const struct field *f)
{
	return f->kind == FIELD_MEASURE ? "update_mv_measure" :
		f->kind == FIELD_DIMENSION ? "update_mv_dimension" : "update_column_comment";
}

/* Where Genie missed a value or a group, the words belong to what it missed. */
static bool is_candidate(const struct fact_case *c, const struct object *o, const struct field *f)
{
	enum role role = role_in(&c->gold, f->name);
	if (!case_used(c, o->full_name, f->name))
		return true;
	for (size_t i = 0; i < o->nfields; i++)
		if (case_needs(c, o->full_name, o->fields[i].name) &&
		    !case_used(c, o->full_name, o->fields[i].name) &&
		    role_in(&c->gold, o->fields[i].name) == role)
			return false;
	return true;
}

static void name_field(struct proposal *p, const struct fact_case *c, const struct object *o,
		       const struct field *f, const struct json *cluster)
{
	struct strlist words = { 0 };
	missing_words(p->model, c, o, role_in(&c->gold, f->name), &words);
	if (words.n) {
		struct draft *d = draft_at(p, type_for(f), o, f, NULL);
		for (size_t i = 0; i < words.n; i++)
			strlist_add_new(&d->words, words.v[i]);
		d->confidence = 0.6;
		d->regression = 0.05;
		draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	}
	strlist_free(&words);
}

/* A column that says nothing at all: describe it by what the expected SQL does
 * with it and calls it. */
static void describe_field(struct proposal *p, const struct fact_case *c, const struct object *o,
			   const struct field *f, const struct json *cluster)
{
	if (f->kind != FIELD_COLUMN || strlen(f->comment) > 12)
		return;
	for (size_t i = 0; i < c->gold.naggregates; i++) {
		const struct sqlfact_aggregate *a = &c->gold.aggregate[i];
		if (!a->column || !strieq(a->column, f->name) || streq(a->function, "MEASURE") || a->window)
			continue;
		struct strlist words = { 0 };
		for (size_t k = 0; k < c->words.n; k++)
			if (!is_value(c->question, c->words.v[k]) && !stands_after_by(c->question, c->words.v[k]) &&
			    !owned_elsewhere(p->model, o, c->words.v[k]))
				strlist_add_new(&words, c->words.v[k]);
		if (words.n) {
			struct draft *d = draft_at(p, "update_column_comment", o, f, NULL);
			for (size_t k = 0; k < words.n; k++)
				strlist_add_new(&d->words, words.v[k]);
			d->confidence = 0.5;
			d->regression = 0.05;
			draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
		}
		strlist_free(&words);
	}
}

/* The join that the expected SQL makes and the space does not know. */
static void name_join(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	for (size_t i = 0; i < c->gold.njoins; i++) {
		const struct sqlfact_join *j = &c->gold.join[i];
		const struct object *left = model_object(p->model, j->left);
		const struct object *right = model_object(p->model, j->right);
		if (!left || !right || !*j->condition || left->kind != OBJECT_TABLE ||
		    right->kind != OBJECT_TABLE || case_used(c, right->full_name, NULL))
			continue;
		struct draft *d = draft_at(p, "add_join", NULL, NULL, j->condition);
		if (!d->value) {
			d->value = json_new_object();
			struct json *l = json_set(d->value, "left", json_new_object());
			json_set_str(l, "identifier", left->full_name);
			json_set_str(l, "alias", left->name);
			struct json *r = json_set(d->value, "right", json_new_object());
			json_set_str(r, "identifier", right->full_name);
			json_set_str(r, "alias", right->name);
			json_push_str(json_set(d->value, "sql", json_new_array()), j->condition);
		}
		d->confidence = 0.6;
		d->regression = 0.1;
		draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	}
}

/* A date column that should say how a time phrase is written. */
static void name_time(struct proposal *p, const struct fact_case *c, const struct object *o,
		      const struct field *f, const struct json *cluster)
{
	const struct time_phrase *t = find_time_phrase(c->question);
	if (!t || t->weak || f->kind == FIELD_MEASURE || stristr(f->comment, t->phrase))
		return;
	bool temporal = false;
	for (size_t i = 0; i < c->gold.nfilters; i++)
		temporal |= c->gold.filter[i].temporal && c->gold.filter[i].column &&
			strieq(c->gold.filter[i].column, f->name);
	if (!temporal)
		return;
	char *text = t->to ? xasprintf("For \"%s\" filter %s >= %s AND %s < %s.", t->phrase, f->name,
				       t->from, f->name, t->to) :
			     xasprintf("For \"%s\" filter %s >= %s.", t->phrase, f->name, t->from);
	struct draft *d = draft_at(p, type_for(f), o, f, NULL);
	strlist_add_new(&d->lines, text);
	free(text);
	d->confidence = 0.5;
	d->regression = 0.05;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

void rules_names(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const char *cause = json_str_or(cluster, "root_cause", "");
	for (size_t i = 0; i < p->model->n; i++) {
		struct object *o = &p->model->objects[i];
		if (o->kind == OBJECT_FUNCTION || object_lever(o) != p->lever ||
		    !case_needs(c, o->full_name, NULL))
			continue;
		for (size_t k = 0; k < o->nfields; k++) {
			const struct field *f = &o->fields[k];
			if (!case_needs(c, o->full_name, f->name))
				continue;
			if (is_candidate(c, o, f))
				name_field(p, c, o, f, cluster);
			if (!case_used(c, o->full_name, f->name))
				describe_field(p, c, o, f, cluster);
			name_time(p, c, o, f, cluster);
		}
	}
	if (p->lever == 1 && (streq(cause, "wrong_join") || streq(cause, "wrong_table") ||
			      streq(cause, "wrong_column")))
		name_join(p, c, cluster);
}
