#include "evidence_space.h"

#include "cases.h"
#include "model.h"

#include "json.h"
#include "leak.h"
#include "mem.h"
#include "space.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define MAX_OBJECTS 10
#define MAX_OTHERS 40
#define MAX_FIELDS 80
#define MAX_ITEMS 40
#define MAX_COMMENT 800
#define MAX_LINE 200
#define MAX_INSTRUCTIONS 12000

/* ---- objects ---------------------------------------------------------------------------- */

static bool is_relevant(const struct evidence *e, const struct object *o)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct json *ids = json_get(e->clusters[i], "question_ids");
		for (const struct json *id = json_first(ids); id; id = json_next(id)) {
			const struct fact_case *c = cases_find(e->cases, json_text(id));
			if (evidence_shows(c) && (case_needs(c, o->full_name, NULL) ||
				case_used(c, o->full_name, NULL)))
				return true;
		}
	}
	return false;
}

static void add_synonyms(const struct evidence *e, const struct json *synonyms, struct json *one)
{
	struct leak_match match;
	if (json_first(synonyms) && !leak_check_json(e->guard, synonyms, &match))
		json_set(one, "synonyms", json_dup(synonyms));
}

static void add_field(const struct evidence *e, const struct field *f, struct json *list)
{
	static const char *const kinds[] = { "column", "dimension", "measure", "parameter" };
	struct json *one = json_push(list, json_new_object());
	json_set_str(one, "name", f->name);
	json_set_str(one, "kind", kinds[f->kind]);
	evidence_text(e, one, "type", f->type, MAX_LINE);
	evidence_text(e, one, "expr", f->expr, MAX_COMMENT);
	evidence_text(e, one, "comment", f->comment, MAX_COMMENT);
	add_synonyms(e, f->synonyms, one);
}

static void add_object(const struct evidence *e, const struct object *o, bool whole,
	struct json *list)
{
	static const char *const kinds[] = { "table", "metric view", "table function" };
	struct json *one = json_push(list, json_new_object()), *fields;
	json_set_str(one, "name", o->full_name);
	json_set_str(one, "kind", kinds[o->kind]);
	evidence_text(e, one, "comment", o->comment, whole ? MAX_COMMENT * 2 : MAX_LINE);
	if (!whole)
		return;
	evidence_text(e, one, "description", o->description, MAX_COMMENT);
	fields = json_set(one, "fields", json_new_array());
	for (size_t i = 0; i < o->nfields && i < MAX_FIELDS; i++)
		add_field(e, &o->fields[i], fields);
}

static void add_objects(const struct evidence *e, struct json *out)
{
	struct json *shown = json_set(out, "objects", json_new_array());
	struct json *others = json_set(out, "other_objects", json_new_array());
	for (size_t i = 0; i < e->model->n; i++) {
		const struct object *o = &e->model->objects[i];
		if (json_len(shown) < MAX_OBJECTS && is_relevant(e, o))
			add_object(e, o, true, shown);
		else if (json_len(others) < MAX_OTHERS)
			add_object(e, o, false, others);
	}
}

/* ---- the configuration ------------------------------------------------------------------ */

static void add_text_of(const struct evidence *e, const struct json *item, const char *key,
	struct json *one)
{
	struct str text = STR_INIT;
	space_text(json_get(item, key), &text);
	evidence_text(e, one, key, str_text(&text), MAX_COMMENT);
	str_free(&text);
}

/* Items as a model may name and change them. */
static void add_items(const struct evidence *e, const char *place, struct json *out)
{
	static const char *const texts[] = { "question", "sql", "display_name", "comment",
		"instruction", "usage_guidance" };
	struct json *config = json_get(e->model->space, "config");
	const struct json *items = space_array(config, place, false);
	const char *point = strrchr(place, '.');
	struct json *list = json_set(out, point ? point + 1 : place, json_new_array());
	for (const struct json *i = json_first(items); i && json_len(list) < MAX_ITEMS;
		i = json_next(i)) {
		struct json *one = json_push(list, json_new_object());
		json_set_str(one, "id", json_str_or(i, "id", ""));
		for (size_t k = 0; k < countof(texts); k++)
			add_text_of(e, i, texts[k], one);
		add_synonyms(e, json_get(i, "synonyms"), one);
	}
}

/* Line by line: one that gives something away takes no others with it. */
static void add_instructions(const struct evidence *e, struct json *out)
{
	struct json *lines = space_lines(e->model->instructions);
	struct json *list = json_set(out, "instructions", json_new_array());
	size_t n = 0;
	for (const struct json *l = json_first(lines); l && n < MAX_INSTRUCTIONS;
		l = json_next(l)) {
		struct json *one = json_new_object();
		evidence_text(e, one, "line", json_text(l), MAX_INSTRUCTIONS);
		n += strlen(json_text(l));
		if (json_get(one, "line"))
			json_push_str(list, json_str_or(one, "line", ""));
		json_free(one);
	}
	json_free(lines);
}

void evidence_space(const struct evidence *e, struct json *out)
{
	add_objects(e, out);
	if (e->lever == 1)
		add_items(e, "instructions.join_specs", out);
	if (e->lever == 3 || e->lever == 6)
		add_items(e, "instructions.sql_snippets.filters", out);
	if (e->lever != 6)
		return;
	add_instructions(e, out);
	add_items(e, "instructions.example_question_sqls", out);
	add_items(e, "instructions.sql_snippets.measures", out);
	add_items(e, "instructions.sql_snippets.expressions", out);
	add_items(e, "config.sample_questions", out);
}
