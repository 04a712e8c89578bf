#include "model.h"

#include "json.h"
#include "space.h"
#include "sqltext.h"
#include "str.h"
#include "yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *lower(struct model *m, const char *text)
{
	char *copy = arena_strdup(&m->arena, text);
	lower_ascii(copy);
	return copy;
}

static const char *last_part(const char *name)
{
	const char *point = strrchr(name, '.');
	return point ? point + 1 : name;
}

/* What marks a table as monitoring output or as ML output, by the names that
 * Lakehouse Monitoring and feature pipelines give. */
static enum object_role role_of(const char *name)
{
	if (ends_with(name, "_profile_metrics") || ends_with(name, "_drift_metrics"))
		return ROLE_MONITORING;
	if (ends_with(name, "_predictions") || ends_with(name, "_features") ||
	    starts_with(name, "feature_") || strstr(name, "_forecast"))
		return ROLE_ML;
	return ROLE_DATA;
}

static struct object *add_object(struct model *m, enum object_kind kind, const char *identifier)
{
	struct str plain = STR_INIT;
	for (const char *p = identifier; *p; p++)
		if (*p != '`')
			str_addc(&plain, *p);
	GROW(m->objects, m->cap, m->n + 1);
	struct object *o = &m->objects[m->n++];
	*o = (struct object){ .kind = kind, .full_name = lower(m, str_text(&plain)), .comment = "",
		.description = "" };
	o->name = last_part(o->full_name);
	o->role = kind == OBJECT_TABLE ? role_of(o->name) : ROLE_DATA;
	str_free(&plain);
	return o;
}

static struct field *add_field(struct object *o, enum field_kind kind)
{
	GROW(o->fields, o->cap, o->nfields + 1);
	struct field *f = &o->fields[o->nfields++];
	*f = (struct field){ .kind = kind, .name = "", .type = "", .comment = "", .expr = "", .words = "" };
	return f;
}

struct object *model_object(const struct model *model, const char *name)
{
	for (size_t i = 0; name && i < model->n; i++)
		if (sql_same_name(model->objects[i].full_name, name))
			return &model->objects[i];
	return NULL;
}

struct field *object_field(const struct object *object, const char *name)
{
	for (size_t i = 0; name && i < object->nfields; i++)
		if (strieq(object->fields[i].name, name))
			return &object->fields[i];
	return NULL;
}

int object_lever(const struct object *object)
{
	if (object->kind == OBJECT_METRIC_VIEW)
		return 2;
	if (object->kind == OBJECT_FUNCTION)
		return 3;
	return object->role == ROLE_MONITORING ? 4 : object->role == ROLE_ML ? 5 : 1;
}

/* ---- reading ---- */
static struct object *object_of_row(struct model *m, const struct json *row, const char *prefix)
{
	char key[64], name[512];
	snprintf(key, sizeof key, "%s_schema", prefix);
	const char *schema = json_str_or(row, key, "");
	snprintf(key, sizeof key, "%s_name", prefix);
	snprintf(name, sizeof name, "%s.%s", schema, json_str_or(row, key, ""));
	return model_object(m, name);
}

static void read_sources(struct model *m, const struct json *list, enum object_kind kind)
{
	struct str text = STR_INIT;
	for (const struct json *one = json_first(list); one; one = json_next(one)) {
		if (!json_str_or(one, "identifier", NULL))
			continue;
		struct object *o = add_object(m, kind, json_str_or(one, "identifier", NULL));
		str_reset(&text);
		space_text(json_get(one, "description"), &text);
		o->description = arena_strdup(&m->arena, str_text(&text));
	}
	str_free(&text);
}

static void read_tables(struct model *m, const struct json *uc)
{
	for (const struct json *t = json_first(json_get(uc, "tables")); t; t = json_next(t)) {
		struct object *o = object_of_row(m, t, "table");
		if (!o)
			continue;
		o->comment = json_str_or(t, "comment", "");
		if (streq(json_str_or(t, "table_type", ""), "METRIC_VIEW"))
			o->kind = OBJECT_METRIC_VIEW; /* a space may list one under tables */
	}
	for (const struct json *c = json_first(json_get(uc, "columns")); c; c = json_next(c)) {
		struct object *o = object_of_row(m, c, "table");
		if (!o || o->kind != OBJECT_TABLE)
			continue;
		struct field *f = add_field(o, FIELD_COLUMN);
		f->name = json_str_or(c, "column_name", "");
		f->type = json_str_or(c, "full_data_type", json_str_or(c, "data_type", ""));
		f->comment = json_str_or(c, "comment", "");
	}
}

/* Copies what the YAML says into the arena, since its tree goes. */
static void read_parts(struct model *m, struct object *o, const struct json *list, enum field_kind kind)
{
	for (const struct json *p = json_first(list); p; p = json_next(p)) {
		struct field *f = add_field(o, kind);
		f->name = arena_strdup(&m->arena, json_str_or(p, "name", ""));
		f->comment = arena_strdup(&m->arena, json_str_or(p, "comment", ""));
		f->expr = arena_strdup(&m->arena, json_str_or(p, "expr", ""));
		f->synonyms = json_get(p, "synonyms");
	}
}

static void read_metric_views(struct model *m, struct json *uc)
{
	struct err ignored = { 0 };
	for (struct json *v = json_first(json_get(uc, "metric_views")); v; v = json_next(v)) {
		struct object *o = model_object(m, json_str_or(v, "full_name", NULL));
		const char *text = json_str_or(v, "yaml", "");
		struct yaml *yaml = o ? yaml_parse(text, strlen(text), o->name, &ignored) : NULL;
		if (!yaml)
			continue;
		/* kept in the snapshot, so that synonyms can be borrowed */
		struct json *definition = json_set(v, "definition_parsed", yaml_to_json(yaml_root(yaml)));
		yaml_close(yaml);
		o->kind = OBJECT_METRIC_VIEW;
		if (!*o->comment)
			o->comment = json_str_or(definition, "comment", "");
		read_parts(m, o, json_get(definition, "dimensions"), FIELD_DIMENSION);
		read_parts(m, o, json_get(definition, "fields"), FIELD_DIMENSION);
		read_parts(m, o, json_get(definition, "measures"), FIELD_MEASURE);
	}
}

static void read_functions(struct model *m, const struct json *uc)
{
	for (const struct json *r = json_first(json_get(uc, "routines")); r; r = json_next(r)) {
		struct object *o = object_of_row(m, r, "routine");
		if (o)
			o->comment = json_str_or(r, "comment", "");
	}
	for (const struct json *p = json_first(json_get(uc, "parameters")); p; p = json_next(p)) {
		struct object *o = object_of_row(m, p, "specific");
		if (!o || o->kind != OBJECT_FUNCTION)
			continue;
		struct field *f = add_field(o, FIELD_PARAMETER);
		f->name = json_str_or(p, "parameter_name", "");
		f->type = json_str_or(p, "full_data_type", json_str_or(p, "data_type", ""));
		f->comment = json_str_or(p, "comment", "");
		f->value = json_str_or(p, "parameter_default", NULL);
	}
}

static void read_synonyms(struct model *m, const struct json *list)
{
	for (const struct json *t = json_first(list); t; t = json_next(t)) {
		struct object *o = model_object(m, json_str_or(t, "identifier", NULL));
		for (const struct json *c = json_first(json_get(t, "column_configs")); o && c; c = json_next(c)) {
			struct field *f = object_field(o, json_str_or(c, "column_name", NULL));
			if (f && json_get(c, "synonyms"))
				f->synonyms = json_get(c, "synonyms");
		}
	}
}

static void add_texts(struct str *out, const struct json *value)
{
	if (json_text(value))
		str_addf(out, " %s", json_text(value));
	for (const struct json *child = json_first(value); child; child = json_next(child))
		add_texts(out, child);
}

static void gather_words(struct model *m)
{
	struct str text = STR_INIT;
	for (size_t i = 0; i < m->n; i++) {
		struct object *o = &m->objects[i];
		str_reset(&text);
		str_addf(&text, "%s %s %s", o->name, o->comment, o->description);
		o->words = lower(m, str_text(&text));
		for (size_t k = 0; k < o->nfields; k++) {
			struct field *f = &o->fields[k];
			str_reset(&text);
			str_addf(&text, "%s %s", f->name, f->comment);
			add_texts(&text, f->synonyms);
			f->words = lower(m, str_text(&text));
		}
	}
	str_reset(&text);
	const struct json *list = json_dig(m->space, "config.instructions.text_instructions");
	for (const struct json *one = json_first(list); one; one = json_next(one))
		for (const struct json *line = json_first(json_get(one, "content")); line; line = json_next(line))
			str_add(&text, json_text(line) ? json_text(line) : "");
	m->instructions = arena_strdup(&m->arena, str_text(&text));
	str_free(&text);
}

bool model_read(struct model *model, struct json *space, struct err *err)
{
	*model = (struct model){ .space = space };
	const struct json *config = json_need(space, "config", JSON_OBJECT, err);
	struct json *uc = config ? json_need(space, "uc", JSON_OBJECT, err) : NULL;
	if (!uc)
		return false;
	const struct json *sources = json_get(config, "data_sources");
	read_sources(model, json_get(sources, "tables"), OBJECT_TABLE);
	read_sources(model, json_get(sources, "metric_views"), OBJECT_METRIC_VIEW);
	read_sources(model, json_dig(config, "instructions.sql_functions"), OBJECT_FUNCTION);
	read_tables(model, uc);
	read_metric_views(model, uc);
	read_functions(model, uc);
	read_synonyms(model, json_get(sources, "tables"));
	gather_words(model);
	return true;
}

void model_free(struct model *model)
{
	for (size_t i = 0; i < model->n; i++)
		free(model->objects[i].fields);
	free(model->objects);
	arena_free(&model->arena);
	json_free(model->space);
	*model = (struct model){ 0 };
}
