/* Levers 1, 2, 4, 5: names. A question uses words that no metadata of the right
 * column, dimension or measure has; Genie took another one. The words belong to
 * the field whose role in the expected SQL fits where they stand. */
#include "rules.h"

#include "noise.h"
#include "phrases.h"
#include "words.h"

#include "json.h"
#include "mem.h"
#include "patch.h"

#include <stdlib.h>
#include <string.h>

/* What a gold field does in the query. */
enum role { ROLE_NONE, ROLE_VALUE, ROLE_GROUP, ROLE_FILTER };

static bool is_number(const struct field *f)
{
	static const char *const types[] = { "decimal", "double", "float", "int", "bigint", "long", "smallint" };
	for (size_t i = 0; i < countof(types); i++)
		if (starts_withi(f->type, types[i]))
			return true;
	return false;
}

static enum role role_in(const struct sqlfacts *facts, const struct field *field)
{
	enum role role = ROLE_NONE;
	for (size_t i = 0; i < facts->naggregates; i++)
		if (facts->aggregate[i].column && strieq(facts->aggregate[i].column, field->name))
			return ROLE_VALUE;
	for (size_t i = 0; i < facts->ncolumns; i++) {
		if (!strieq(facts->column[i].column, field->name))
			continue;
		if (facts->column[i].clause == SQLFC_GROUP)
			return ROLE_GROUP;
		if (facts->column[i].clause == SQLFC_WHERE && role == ROLE_NONE)
			role = ROLE_FILTER;
		if (facts->column[i].clause == SQLFC_SELECT && role != ROLE_VALUE)
			role = is_number(field) ? ROLE_VALUE : ROLE_GROUP;
	}
	return role;
}

static bool shares_word(const char *text, const char *phrase)
{
	struct strlist words = { 0 };
	content_words(phrase, &words);
	bool found = false;
	for (size_t i = 0; i < words.n; i++)
		found |= text_has_word(text, words.v[i]);
	strlist_free(&words);
	return found;
}

/* Is it in the name that begins here, as "centers" in "cost centers went over"? */
static bool is_among(const char *text, const char *word)
{
	bool found = false, content = true;
	while (!found && content && *text && !strchr(",.?!;", *text)) {
		struct strlist one = { 0 };
		size_t n = strcspn(text, " ,.?!;");
		char *next = xstrndup(text, n), *lower = xstrlower(next);
		content_words(next, &one);
		content = one.n > 0;
		found = content && shares_word(lower, word);
		strlist_free(&one);
		free(next);
		free(lower);
		text += n + (text[n] == ' ');
	}
	return found;
}

/* Does the question name the word as what it divides by: "by team", "which teams"? */
static bool stands_after_by(const char *question, const char *word)
{
	static const char *const before[] = { "by ", "per ", "each ", "every ", "which ", "what ", "across " };
	for (size_t i = 0; i < countof(before); i++) {
		const char *p = question;
		while ((p = stristr(p, before[i]))) {
			p += strlen(before[i]);
			if (is_among(p, word))
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

/* "cities" is the plural of "city". */
static bool knows_singular(const struct object *o, const char *word)
{
	size_t n = strlen(word);
	if (n < 5 || !ends_with(word, "ies"))
		return false;
	char *one = xasprintf("%.*sy", (int)(n - 3), word);
	bool known = known_to_object(o, one);
	free(one);
	return known;
}

/* What is only counted or joined on stands for things, not for a word of the question. */
static bool is_identifier(const struct sqlfacts *facts, const struct field *f)
{
	if (f->kind != FIELD_COLUMN)
		return false;
	for (size_t i = 0; i < facts->naggregates; i++)
		if (facts->aggregate[i].column && strieq(facts->aggregate[i].column, f->name))
			return streq(facts->aggregate[i].function, "COUNT");
	return ends_with(f->name, "id");
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

/* "cost center" rather than "center": the word before belongs to what is divided by. */
static void add_name(const struct fact_case *c, const char *word, enum role role, struct strlist *out)
{
	const char *name = word;
	struct strlist phrases = { 0 };
	content_phrases(c->question, &phrases);
	for (size_t i = 0; role == ROLE_GROUP && i < phrases.n; i++) {
		const char *blank = strchr(phrases.v[i], ' ');
		if (blank && streq(blank + 1, word) && stands_after_by(c->question, phrases.v[i]))
			name = phrases.v[i];
	}
	strlist_add_new(out, name);
	strlist_free(&phrases);
}

/* "participants" says no more than participation. */
static bool is_form_of(const char *text, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = text; *p; p += *p != '\0') {
		size_t m = strcspn(p, " _,.;:()'\""), same = 0;
		while (same < m && same < n && p[same] == word[same])
			same++;
		if (same >= 5 && 3 * same >= 2 * (m < n ? m : n))
			return true;
		p += m;
	}
	return false;
}

/* The field's name is in the question, but for one part of three or more, or a synonym that it
 * has: it needs no other. */
static bool is_named(const struct fact_case *c, const struct field *f)
{
	for (const struct json *s = json_first(f->synonyms); s; s = json_next(s))
		if (json_text(s) && has_phrase(c->question, json_text(s)))
			return true;
	char *question = xstrlower(c->question);
	size_t all = 0, said = 0;
	for (const char *part = f->name; *part;) {
		size_t n = strcspn(part, "_");
		char *one = xstrndup(part, n), *word = xstrlower(one);
		all += n > 2;
		said += n > 2 && text_has_word(question, word);
		free(one);
		free(word);
		part += n + (part[n] == '_');
	}
	free(question);
	return all && (said == all || (said > 1 && said + 1 == all));
}

/* Questions that have the word and need the field. */
static size_t asking(const struct proposal *p, const struct object *o, const struct field *f,
		     const char *word)
{
	size_t n = 0;
	for (size_t i = 0; i < p->cases->n; i++)
		n += has_phrase(p->cases->v[i].question, word) &&
			case_needs(&p->cases->v[i], o->full_name, f->name);
	return n;
}

/* Other fields that Genie missed in the same role: a word of one question may mean any. */
static bool has_twin(const struct fact_case *c, const struct object *o, const struct field *f)
{
	for (size_t i = 0; i < o->nfields; i++) {
		const struct field *g = &o->fields[i];
		if (g != f && case_needs(c, o->full_name, g->name) && !is_named(c, g) &&
		    !case_used(c, o->full_name, g->name) &&
		    role_in(&c->gold, g) == role_in(&c->gold, f))
			return true;
	}
	return false;
}

/* What a single question says in two unknown words, or of two fields, is not sure of any. */
static bool is_sure(const struct proposal *p, const struct fact_case *c, struct place at,
		    const struct strlist *found, size_t i)
{
	return (found->n == 1 && !has_twin(c, at.o, at.f)) ||
		asking(p, at.o, at.f, found->v[i]) > 1;
}

/* "list price" of list_cost: the word stands behind a part of the field's name, in place of another
 * one. The two as new string; NULL: it does not. */
static char *renamed(const struct fact_case *c, const struct field *f, const char *word)
{
	for (const char *part = f->name; strchr(f->name, '_') && *part;) {
		size_t n = strcspn(part, "_");
		char *both = n > 2 ? xasprintf("%.*s %s", (int)n, part, word) : NULL;
		if (both && has_phrase(c->question, both))
			return both;
		free(both);
		part += n + (part[n] == '_');
	}
	return NULL;
}

/* Another object's word, that the field's own definition has and more of the questions with it
 * need here than there: both may have it. */
static bool is_defined_by(const struct proposal *p, const struct object *o, const struct field *f,
	const char *word)
{
	size_t here = asking(p, o, f, word), all = 0;
	char *expr = xstrlower(f->expr);
	bool defined = f->kind == FIELD_MEASURE && text_has_word(expr, word);
	free(expr);
	for (size_t i = 0; i < p->cases->n; i++)
		all += p->cases->v[i].gold_sql && has_phrase(p->cases->v[i].question, word);
	return defined && here > 1 && 2 * here > all;
}

/* Words of the question that the object knows nothing of and that fit the role. */
static void missing_words(const struct proposal *p, const struct fact_case *c,
			  const struct object *o, const struct field *f, struct strlist *out)
{
	enum role role = is_identifier(&c->gold, f) ? ROLE_NONE : role_in(&c->gold, f);
	struct strlist found = { 0 };
	bool named = is_named(c, f);
	for (size_t i = 0; i < c->words.n; i++) {
		const char *word = c->words.v[i];
		bool group = stands_after_by(c->question, word);
		bool defined = is_defined_by(p, o, f, word);
		if (is_form_of(f->words, word) || known_to_object(o, word) ||
		    knows_singular(o, word) || (!defined && (is_value(c->question, word) ||
		    known_elsewhere(p->model, o, word) || !is_name_of(p->cases, c, word, o, f))))
			continue;
		char *both = renamed(c, f, word);
		if ((!named || both) &&
		    (role == ROLE_GROUP ? group : role == ROLE_VALUE ? !group : false))
			strlist_add(&found, both ? both : word);
		free(both);
	}
	for (size_t i = 0; i < found.n; i++)
		if (is_sure(p, c, (struct place){ o, f }, &found, i))
			add_name(c, found.v[i], role, out);
	strlist_free(&found);
}

static const char *type_for(const struct field *f)
{
	return text_type(&(struct place){ NULL, f });
}

/* One of singular and plural is enough. */
static void add_word(struct strlist *list, const char *word)
{
	for (size_t i = 0; i < list->n; i++)
		if (shares_word(list->v[i], word) && strlen(list->v[i]) + 2 > strlen(word))
			return;
	strlist_add(list, word);
}

/* Synonyms stand where the column has some already; a missing synonym is a matter of the space. */
static bool in_space(const struct proposal *p, const struct object *o, const struct field *f,
		     const struct json *cluster)
{
	struct place at = { o, f };
	return f->kind == FIELD_COLUMN &&
		(streq(json_str_or(cluster, "root_cause", ""), "missing_synonym") ||
		 json_len(json_get(column_config(p->model, at), "synonyms")) > 0);
}

static void space_synonym(struct proposal *p, const struct fact_case *c, const struct object *o,
			  const struct field *f, const char *word, const struct json *cluster)
{
	for (size_t i = 0; i < p->n; i++)
		if (streq(p->v[i].type, "add_synonym") && p->v[i].field == f && text_has_word(p->v[i].key, word))
			word = p->v[i].key;
	struct asked a = { p, c, cluster, "" };
	struct draft *d = draft_asked(&a, "add_synonym", (struct place){ o, f }, word, 0.6, 0.05);
	draft_member(d, "column", f->name);
	draft_member(d, "new_text", word);
}

/* Where Genie missed a value or a group, the words belong to what it missed. */
static bool is_candidate(const struct fact_case *c, const struct object *o, const struct field *f)
{
	enum role role = role_in(&c->gold, f);
	if (!case_used(c, o->full_name, f->name))
		return true;
	for (size_t i = 0; i < o->nfields; i++)
		if (case_needs(c, o->full_name, o->fields[i].name) &&
		    !case_used(c, o->full_name, o->fields[i].name) &&
		    role_in(&c->gold, &o->fields[i]) == role)
			return false;
	return true;
}

/* An abbreviation is written as people write it: "KPIs", not "kpis". New string. */
static char *as_written(const char *question, const char *word)
{
	const char *at = stristr(question, word);
	size_t n = strlen(word), capitals = 0;
	for (size_t i = 0; at && i < n; i++)
		capitals += at[i] >= 'A' && at[i] <= 'Z';
	return capitals > 1 ? xstrndup(at, n) : xstrdup(word);
}

/* The word helps every failing question that has it and misses the field, whatever cluster
 * that is in. */
static void name_for_all(struct proposal *p, struct draft *d, const char *word,
	const struct json *cluster)
{
	for (size_t i = 0; i < p->cases->n; i++) {
		const struct fact_case *c = &p->cases->v[i];
		if (!c->passes && c->gold_sql && has_phrase(c->question, word) &&
		    case_needs(c, d->object->full_name, d->field->name) &&
		    !case_used(c, d->object->full_name, d->field->name))
			draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	}
}

static void name_field(struct proposal *p, const struct fact_case *c, const struct object *o,
		       const struct field *f, const struct json *cluster)
{
	struct strlist words = { 0 };
	missing_words(p, c, o, f, &words);
	if (words.n && in_space(p, o, f, cluster)) {
		for (size_t i = 0; i < words.n; i++)
			space_synonym(p, c, o, f, words.v[i], cluster);
	} else if (words.n) {
		struct draft *d = draft_at(p, type_for(f), o, f, NULL);
		for (size_t i = 0; i < words.n; i++) {
			char *written = as_written(c->question, words.v[i]);
			add_word(&d->words, written);
			free(written);
			name_for_all(p, d, words.v[i], cluster);
		}
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
	if (f->kind != FIELD_COLUMN || strlen(f->comment) > 12 || is_identifier(&c->gold, f))
		return;
	for (size_t i = 0; i < c->gold.naggregates; i++) {
		const struct sqlfact_aggregate *a = &c->gold.aggregate[i];
		if (!a->column || !strieq(a->column, f->name) || streq(a->function, "MEASURE") || a->window ||
		    a->clause != SQLFC_SELECT || !is_number(f))
			continue;
		struct asked asked = { p, c, cluster, "" };
		char *phrase = telling_words(&asked, (struct place){ o, f }, (struct place){ NULL, NULL }, 1);
		if (phrase && !stands_after_by(c->question, phrase) &&
		    !phrase_is_name(f->words, phrase)) {
			char *item = xasprintf("\"%s\" is %s(%s)", phrase, a->function, f->name);
			struct draft *d = draft_asked(&asked, type_for(f), (struct place){ o, f }, NULL, 0.5, 0.05);
			if (!d->parts[LAYOUT_DEFINITION].n && !d->words.n)
				strlist_add(&d->parts[LAYOUT_DEFINITION], item);
			free(item);
		}
		free(phrase);
		return;
	}
}

/* "this month" ends with the month: a table may hold rows of times to come. NULL: open. New
 * string. */
static char *end_of(const struct time_phrase *t)
{
	if (t->to)
		return xstrdup(t->to);
	return streq(t->phrase, "this week") ? xasprintf("DATE_ADD(%s, 7)", t->from) :
		streq(t->phrase, "this month") ? xasprintf("ADD_MONTHS(%s, 1)", t->from) :
		streq(t->phrase, "this year") ? xasprintf("ADD_MONTHS(%s, 12)", t->from) : NULL;
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
	char *to = end_of(t);
	char *text = to ? xasprintf("For \"%s\" filter `%s >= %s AND %s < %s`.", t->phrase, f->name,
				    t->from, f->name, to) :
			     xasprintf("For \"%s\" filter `%s >= %s`.", t->phrase, f->name, t->from);
	struct draft *d = draft_at(p, type_for(f), o, f, NULL);
	strlist_add_new(&d->lines, text);
	free(text);
	free(to);
	d->confidence = 0.5;
	d->regression = 0.05;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

/* The rules of levers 1, 4 and 5 beside names. */
static void other_rules(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	struct asked a = { p, c, cluster, json_str_or(cluster, "root_cause", "") };
	rules_rivals(&a);
	rules_values(&a);
	rules_joins(&a);
	rules_scope(&a);
	rules_labels(&a);
}

void rules_names(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
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
	if (p->lever != 2)
		other_rules(p, c, cluster);
	rules_fixes(&(struct asked){ p, c, cluster, json_str_or(cluster, "root_cause", "") });
}
