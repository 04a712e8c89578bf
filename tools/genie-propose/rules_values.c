/* Levers 1, 4, 5: what Genie sees of a column's values. The expected SQL filters 'PRD', Genie
 * wrote 'production': then the values have to be shown to it, and the words for them said.
 * A dictionary that draws values to the wrong column goes. */
#include "rules.h"

#include "words.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static bool is_text(const struct field *f)
{
	return f->kind == FIELD_DIMENSION || starts_withi(f->type, "string") ||
		starts_withi(f->type, "varchar") ||
		starts_withi(f->type, "char");
}

static bool has_flag(const struct asked *a, struct place at, const char *now, const char *before)
{
	const struct json *config = column_config(a->p->model, at);
	return json_bool_or(config, now, json_bool_or(config, before, false));
}

static bool has_dictionary(const struct asked *a, struct place at)
{
	return has_flag(a, at, "enable_entity_matching", "build_value_dictionary");
}

static bool has_examples(const struct asked *a, struct place at)
{
	return has_flag(a, at, "enable_format_assistance", "get_example_values") ||
		has_dictionary(a, at);
}

static struct draft *flag(const struct asked *a, const char *type, struct place at)
{
	struct draft *d = draft_asked(a, type, at, NULL, 0.6, 0.05);
	draft_member(d, "column", at.f->name);
	return d;
}

/* Text columns get the dictionary (which brings example values along), others examples. */
static void show_values(const struct asked *a, struct place at)
{
	if (ends_with(at.f->name, "_id") || strieq(at.f->name, "id"))
		return; /* nobody looks identifiers up by words */
	if (is_text(at.f) && !has_dictionary(a, at))
		flag(a, "enable_value_dictionary", at);
	else if (!is_text(at.f) && !has_examples(a, at))
		flag(a, "enable_example_values", at);
}

static bool is_value_filter(const struct sqlfact_filter *f)
{
	return f->column && !f->temporal && (streq(f->op, "=") || streq(f->op, "IN") ||
		streq(f->op, "LIKE"));
}

/* What the other SQL compares the same column with; NULL: it does not filter it. */
static const struct sqlfact_filter *filter_on(const struct asked *a, const struct sqlfacts *facts,
					      struct place at)
{
	for (size_t i = 0; i < facts->nfilters; i++) {
		const struct sqlfact_filter *f = &facts->filter[i];
		if (is_value_filter(f) && place_of(a->p->model, facts, f->table,
			f->column).f == at.f)
			return f;
	}
	return NULL;
}

/* 'PRD' is what "production" means: Genie took the word from the question. A metric view's
 * comments are for lever 2. */
static void say_code(const struct asked *a, struct place at, const char *gold, const char *genie)
{
	char *code = strchr(gold, '%') ? NULL : literal_text(gold); /* a pattern is no code */
	char *word = literal_text(genie);
	char *plain = word ? trim(word + strspn(word, "%")) : NULL;
	if (plain)
		plain[strcspn(plain, "%")] = '\0';
	if (code && plain && *plain && !strieq(code, plain) && has_phrase(a->c->question, plain) &&
	    at.f->kind == FIELD_COLUMN && streq(a->c->split, "train")) {
		lower_ascii(plain);
		char *line = xasprintf("%s = %s", code, plain);
		if (!stristr(at.f->comment, line))
			strlist_add_new(&draft_asked(a, text_type(&at), at, NULL, 0.6, 0.05)
						->parts[LAYOUT_VALUES], line);
		free(line);
	}
	free(code);
	free(word);
}

/* Only the format differs: letter case, blanks, padding. Examples of values show that. */
static bool only_format(const char *a, const char *b)
{
	while (*a || *b) {
		while (*a && strchr(" _-0%'", *a))
			a++;
		while (*b && strchr(" _-0%'", *b))
			b++;
		if ((*a | 32) != (*b | 32))
			return false;
		a += *a != '\0';
		b += *b != '\0';
	}
	return true;
}

static bool is_said(const char *question, const char *value)
{
	char *text = literal_text(value);
	bool said = text && has_phrase(question, text);
	free(text);
	return said;
}

/* Genie looked for the value of the right column in another one, whose values lead there. */
static void unshow_values(const struct asked *a, struct place right, const char *value)
{
	const struct fact_case *c = a->c;
	for (size_t i = 0; i < c->genie.nfilters; i++) {
		const struct sqlfact_filter *g = &c->genie.filter[i];
		if (!is_value_filter(g) || !strieq(g->value, value))
			continue;
		struct place wrong = place_of(a->p->model, &c->genie, g->table, g->column);
		if (!wrong.f || wrong.f == right.f || !is_in_space(a, wrong.o) ||
			anyone_needs(a, wrong))
			continue;
		if (has_dictionary(a, wrong))
			flag(a, "disable_value_dictionary", wrong);
		else if (has_examples(a, wrong))
			flag(a, "disable_example_values", wrong);
	}
}

static void values(const struct asked *a)
{
	const struct fact_case *c = a->c;
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		struct place at = is_value_filter(f) ?
			place_of(a->p->model, &c->gold, f->table, f->column) :
			(struct place){ NULL, NULL };
		if (!at.f || !is_in_space(a, at.o) || !strchr(f->value, '\''))
			continue;
		const struct sqlfact_filter *g = filter_on(a, &c->genie, at);
		if (g && !streq(g->value, f->value)) {
			bool shown = has_examples(a, at);
			if (only_format(g->value, f->value) && !shown)
				flag(a, "enable_example_values", at);
			else
				show_values(a, at);
			say_code(a, at, f->value, g->value);
		} else if (!g && is_said(c->question, f->value)) {
			show_values(a, at);
			unshow_values(a, at, f->value);
		}
	}
}

/* ---- hidden columns ---- */
static bool is_hidden(const struct asked *a, struct place at)
{
	return json_bool_or(column_config(a->p->model, at), "exclude", false);
}

/* Failing questions for which Genie took it. */
static size_t misled(const struct asked *a, struct place at)
{
	size_t n = 0;
	for (size_t i = 0; i < a->p->cases->n; i++) {
		const struct fact_case *c = &a->p->cases->v[i];
		n += !c->passes && c->genie_sql && !c->genie.star &&
			facts_have(a->p->model, &c->genie, at);
	}
	return n;
}

/* Nobody has said what it is for. */
static bool is_undescribed(const struct asked *a, struct place at)
{
	return !*at.f->comment && !json_first(json_get(column_config(a->p->model, at), "synonyms"));
}

/* Another column of its table is what the question needed: hiding leaves that one. */
static bool has_better(const struct asked *a, struct place at)
{
	for (size_t i = 0; i < at.o->nfields; i++) {
		struct place other = { at.o, &at.o->fields[i] };
		if (facts_have(a->p->model, &a->c->gold, other) &&
		    !facts_have(a->p->model, &a->c->genie, other))
			return true;
	}
	return false;
}

static void hidden(const struct asked *a)
{
	for (size_t i = 0; i < a->p->model->n; i++) {
		const struct object *o = &a->p->model->objects[i];
		for (size_t k = 0; is_ours(a, o) && k < o->nfields; k++) {
			struct place at = { o, &o->fields[k] };
			bool needed = facts_have(a->p->model, &a->c->gold, at);
			bool used = facts_have(a->p->model, &a->c->genie, at);
			if (needed && !used && is_hidden(a, at))
				flag(a, "unhide_column", at);
			else if (!needed && used && !is_hidden(a, at) && !a->c->genie.star &&
				 is_undescribed(a, at) && misled(a, at) > 1 &&
				 	!anyone_needs(a, at) &&
				 has_better(a, at))
				flag(a, "hide_column", at);
		}
	}
}

/* ---- synonyms of the space ---- */

/* Failing questions that the word led to the column; 0 when it is right for any question. */
static size_t drawn_by(const struct asked *a, struct place at, const char *word)
{
	size_t n = 0;
	for (size_t i = 0; i < a->p->cases->n; i++) {
		const struct fact_case *c = &a->p->cases->v[i];
		if (!has_phrase(c->question, word))
			continue;
		if (facts_have(a->p->model, &c->gold, at))
			return 0;
		n += !c->passes && facts_have(a->p->model, &c->genie, at);
	}
	return has_phrase(a->c->question, word) ? n : 0;
}

/* A synonym of a column that is not meant draws the question's word there. */
static void wrong_synonyms(const struct asked *a)
{
	for (size_t i = 0; i < a->p->model->n; i++) {
		const struct object *o = &a->p->model->objects[i];
		for (size_t k = 0; is_ours(a, o) && k < o->nfields; k++) {
			struct place at = { o, &o->fields[k] };
			if (!facts_have(a->p->model, &a->c->genie, at) ||
			    facts_have(a->p->model, &a->c->gold, at))
				continue;
			const struct json *list = json_get(column_config(a->p->model, at),
				"synonyms");
			for (const struct json *s = json_first(list); s; s = json_next(s)) {
				if (!json_text(s) || drawn_by(a, at, json_text(s)) < 2)
					continue;
				struct draft *d = draft_asked(a, "remove_synonym", at, json_text(s),
					0.5, 0.2);
				draft_member(d, "column", at.f->name);
				draft_member(d, "old_text", json_text(s));
			}
		}
	}
}

void rules_values(const struct asked *a)
{
	if (!a->c->genie_sql)
		return;
	values(a);
	hidden(a);
	wrong_synonyms(a);
}
