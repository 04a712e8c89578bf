#include "risk.h"

#include "words.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "space.h"
#include "sqltext.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A patch, with what the questions are held against. */
struct change {
	const struct model *model;
	struct patch patch;
	char *text;           /* of instructions: new and old; of items: the SQL */
	struct strlist words; /* of an example: its content words */
};

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool names_object(const char *text, const struct object *object)
{
	size_t n = strlen(object->name);
	for (const char *p = text; n && (p = stristr(p, object->name)); p++)
		if ((p == text || !name_char(p[-1])) && !name_char(p[n]))
			return true;
	return false;
}

/* Is the name in the list, whatever its leading parts? */
static bool listed(const struct json *list, const char *name)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (json_text(one) && sql_same_name(json_text(one), name))
			return true;
	return false;
}

static bool column_listed(const struct json *list, const char *column)
{
	for (const struct json *one = json_first(list); one; one = json_next(one)) {
		const char *text = json_text(one), *point = text ? strrchr(text, '.') : NULL;
		if (text && strieq(point ? point + 1 : text, column))
			return true;
	}
	return false;
}

static bool needs(const struct fact_case *c, const struct object *o, const char *field)
{
	if (case_needs(c, o->full_name, field))
		return true;
	return listed(json_get(c->row, "required_tables"), o->full_name) &&
		(!field || column_listed(json_get(c->row, "required_columns"), field));
}

static bool needs_named(const struct model *model, const struct fact_case *c, const char *text)
{
	for (size_t i = 0; text && i < model->n; i++)
		if (names_object(text, &model->objects[i]) && needs(c, &model->objects[i], NULL))
			return true;
	return false;
}

/* Does the question hold one of the phrases that the text has in quotes? */
static bool quoted_in(const char *text, const char *question)
{
	const char *end;
	for (const char *p = strchr(text, '"'); p && (end = strchr(p + 1, '"'));
		p = strchr(end + 1, '"')) {
		char *phrase = xstrndup(p + 1, (size_t)(end - p) - 1);
		bool found = *phrase && has_phrase(question, phrase);
		free(phrase);
		if (found)
			return true;
	}
	return false;
}

static bool touches_field(const struct change *ch, const struct fact_case *c)
{
	const struct object *o = model_object(ch->model, ch->patch.target);
	const struct field *f = o ? object_field(o, ch->patch.column) : NULL;
	if (!o)
		return false;
	return needs(c, o, f && f->kind != FIELD_PARAMETER ? f->name : NULL);
}

static bool touches_join(const struct change *ch, const struct fact_case *c)
{
	static const char *const sides[] = { "left", "right" };
	for (size_t i = 0; i < countof(sides); i++) {
		const struct json *side = json_get(ch->patch.value, sides[i]);
		const struct object *o = model_object(ch->model,
			json_str_or(side, "identifier", NULL));
		if (o && needs(c, o, NULL))
			return true;
	}
	return false;
}

static bool says_word(const struct json *value, const char *question)
{
	const char *name = json_str_or(value, "display_name", "");
	if (*name && has_phrase(question, name))
		return true;
	const struct json *list = json_get(value, "synonyms");
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (json_text(one) && *json_text(one) && has_phrase(question, json_text(one)))
			return true;
	return false;
}

/* Is the snippet's condition or value in the expected SQL already? */
static bool has_it(const struct fact_case *c, const char *sql)
{
	for (size_t i = 0; i < c->gold.nfilters; i++)
		if (strieq(c->gold.filter[i].text, sql))
			return true;
	return false;
}

/* A filter with a name is taken by the questions that say it, one for always by all. */
static bool is_named_filter(const struct patch *patch)
{
	struct str said = STR_INIT;
	bool filter = patch->type->kind == PATCH_DEFAULT_FILTER || streq(patch->snippet, "filter");
	space_text(json_get(patch->value, "instruction"), &said);
	bool named = filter && patch->value && !stristr(str_text(&said), "always");
	str_free(&said);
	return named;
}

static bool touches_snippet(const struct change *ch, const struct fact_case *c)
{
	if (has_it(c, ch->text))
		return false;
	return says_word(ch->patch.value, c->question) ||
		(!is_named_filter(&ch->patch) && needs_named(ch->model, c, ch->text));
}

static bool touches_instruction(const struct change *ch, const struct fact_case *c)
{
	return quoted_in(ch->text, c->question) || needs_named(ch->model, c, ch->text);
}

static bool touches_example(const struct change *ch, const struct fact_case *c)
{
	size_t both = 0;
	for (size_t i = 0; i < c->words.n; i++)
		both += strlist_has(&ch->words, c->words.v[i]);
	size_t all = c->words.n + ch->words.n - both;
	return both && (2 * both >= all || needs_named(ch->model, c, ch->text));
}

static bool touches(const struct change *ch, const struct fact_case *c)
{
	switch (ch->patch.type->kind) {
	case PATCH_JOIN: return touches_join(ch, c);
	case PATCH_DEFAULT_FILTER:
	case PATCH_SQL_SNIPPET: return touches_snippet(ch, c);
	case PATCH_INSTRUCTION: return touches_instruction(ch, c);
	case PATCH_EXAMPLE_SQL: return touches_example(ch, c);
	case PATCH_SAMPLE_QUESTION: return false;
	default: return touches_field(ch, c);
	}
}

const char *items_of(const struct patch *patch)
{
	switch (patch->type->kind) {
	case PATCH_JOIN: return "instructions.join_specs";
	case PATCH_EXAMPLE_SQL: return "instructions.example_question_sqls";
	case PATCH_SAMPLE_QUESTION: return "config.sample_questions";
	case PATCH_SQL_SNIPPET:
		return streq(patch->snippet, "measure") ? "instructions.sql_snippets.measures" :
			streq(patch->snippet, "expression") ?
				"instructions.sql_snippets.expressions" :
			"instructions.sql_snippets.filters";
	default: return "instructions.sql_snippets.filters";
	}
}

/* A removed item is known by its id: what it said is in the space. */
static const struct json *item_of(const struct change *ch)
{
	if (ch->patch.value)
		return ch->patch.value;
	struct json *config = json_get(ch->model->space, "config");
	return ch->patch.id ? space_member(space_array(config, items_of(&ch->patch), false), "id",
					   ch->patch.id) : NULL;
}

static void open_change(struct change *ch)
{
	struct str text = STR_INIT;
	const struct json *item = item_of(ch);
	if (ch->patch.type->kind == PATCH_INSTRUCTION) {
		/* what stays as it is changes nothing: a whole new text counts by its new lines */
		bool whole = ch->patch.old_text && ch->patch.new_text;
		struct json *lines = space_lines(ch->patch.new_text ? ch->patch.new_text : "");
		for (const struct json *l = json_first(lines); l; l = json_next(l))
			if (!whole || !strstr(ch->patch.old_text, json_text(l)))
				str_add(&text, json_text(l));
		if (ch->patch.type->verb == PATCH_REMOVE)
			str_addf(&text, "\n%s", ch->patch.old_text);
		json_free(lines);
	} else {
		space_text(json_get(item, "sql"), &text);
	}
	ch->text = str_take(&text);
	if (ch->patch.type->kind == PATCH_EXAMPLE_SQL) {
		space_text(json_get(item, "question"), &text);
		content_words(str_text(&text), &ch->words);
		str_free(&text);
	}
}

void risk_find(const struct model *model, const struct cases *cases, const struct json *patch,
	       struct strlist *ids)
{
	struct err ignored = { 0 };
	struct change ch = { .model = model };
	struct strlist own = { 0 };
	if (!patch_read(&ch.patch, patch, &ignored))
		return;
	for (const struct json *q = json_first(json_get(patch, "questions")); q; q = json_next(q))
		strlist_add(&own, json_text(q));
	open_change(&ch);
	for (size_t i = 0; i < cases->n; i++) {
		const struct fact_case *c = &cases->v[i];
		if (c->passes && !strlist_has(&own, c->id) && touches(&ch, c))
			strlist_add(ids, c->id);
	}
	free(ch.text);
	strlist_free(&ch.words);
	strlist_free(&own);
}
