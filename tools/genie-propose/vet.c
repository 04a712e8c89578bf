#include "vet.h"

#include "attempts.h"
#include "drafts.h"
#include "risk.h"
#include "vet_sql.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "space.h"
#include "sqltext.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 255

/* A patch on its way. */
struct vetted {
	const struct vetting *how;
	struct json *json;
	struct patch patch;
	struct arena arena;
	struct object *object; /* NULL: it has no target, or one that it makes */
	struct field *field;
};

/* ---- names ------------------------------------------------------------------------------ */

static bool is_name(const char *s, size_t n, const char *more)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' && !strchr(more, s[i]))
			return false;
	return n > 0 && n <= MAX_NAME && !isdigit((unsigned char)*s);
}

static bool is_plain_target(const char *target)
{
	int parts = 1;
	for (; strchr(target, '.'); target = strchr(target, '.') + 1, parts++)
		if (!is_name(target, strcspn(target, "."), ""))
			return false;
	return parts == 3 && is_name(target, strlen(target), "");
}

static bool makes_object(const struct patch_type *type)
{
	return type->verb == PATCH_ADD && (type->kind == PATCH_TABLE || type->kind == PATCH_TVF);
}

static bool makes_field(const struct patch_type *type)
{
	return type->verb == PATCH_ADD && (type->kind == PATCH_MV_MEASURE ||
		type->kind == PATCH_MV_DIMENSION || type->kind == PATCH_TVF_PARAM);
}

/* ---- the place -------------------------------------------------------------------------- */

/* Is this an object that the type changes? Metric views count as lever 1 for what the
 * space says of them. */
static bool suits(const struct vetted *v)
{
	const struct object *o = v->object;
	switch (v->patch.type->kind) {
	case PATCH_ALIAS:
	case PATCH_MV_MEASURE:
	case PATCH_MV_DIMENSION:
	case PATCH_MV_YAML: return o->kind == OBJECT_METRIC_VIEW;
	case PATCH_TVF_COMMENT:
	case PATCH_TVF_PARAM_COMMENT:
	case PATCH_TVF_SQL:
	case PATCH_TVF:
	case PATCH_TVF_PARAM: return o->kind == OBJECT_FUNCTION;
	case PATCH_DESCRIPTION:
	case PATCH_SYNONYM:
	case PATCH_HIDDEN:
	case PATCH_EXAMPLE_VALUES:
	case PATCH_VALUE_DICTIONARY:
	case PATCH_TABLE:
		return o->kind != OBJECT_FUNCTION && (object_lever(o) == v->how->lever ||
			(o->kind == OBJECT_METRIC_VIEW && v->how->lever == 1));
	default: return o->kind == OBJECT_TABLE && object_lever(o) == v->how->lever;
	}
}

static const char *target_flaw(struct vetted *v)
{
	const char *target = v->patch.target;
	if (!target)
		return NULL;
	v->object = model_object(v->how->model, target);
	if (makes_object(v->patch.type)) {
		if (v->object)
			return "its target is in the space already";
		return is_plain_target(target) ? NULL : "its target is no plain name";
	}
	if (!v->object)
		return arena_printf(&v->arena, "%.200s is not in the space", target);
	if (!suits(v))
		return arena_printf(&v->arena, "%s is nothing that %s of lever %d changes",
			v->object->full_name, v->patch.type->name, v->how->lever);
	json_set_str(v->json, "target", v->object->full_name);
	return NULL;
}

static bool field_suits(const struct vetted *v)
{
	switch (v->patch.type->kind) {
	case PATCH_MV_MEASURE: return v->field->kind == FIELD_MEASURE;
	case PATCH_MV_DIMENSION: return v->field->kind == FIELD_DIMENSION;
	default: return true;
	}
}

static const char *column_flaw(struct vetted *v)
{
	const char *column = v->patch.column;
	if (!column || !v->object)
		return NULL;
	v->field = object_field(v->object, column);
	if (makes_field(v->patch.type)) {
		if (v->field)
			return arena_printf(&v->arena, "%s has it already", v->object->full_name);
		return is_name(column, strlen(column), "") ? NULL : "its column is no plain name";
	}
	if (!v->field || !field_suits(v))
		return arena_printf(&v->arena, "%s has no such column: %.200s",
			v->object->full_name, column);
	json_set_str(v->json, "column", v->field->name);
	return NULL;
}

static const char *key_flaw(struct vetted *v)
{
	const char *key = v->patch.key;
	return !key || is_name(key, strlen(key), ".-:") ? NULL : "its key is no plain name";
}

/* ---- what is there ---------------------------------------------------------------------- */

static const struct json *item_with(const struct vetted *v, const char *id)
{
	struct json *config = json_get(v->how->model->space, "config");
	return space_member(space_array(config, items_of(&v->patch), false), "id", id);
}

static const char *id_flaw(struct vetted *v)
{
	const struct json *item = v->patch.id ? item_with(v, v->patch.id) : NULL;
	if (!v->patch.id)
		return NULL;
	if (!item)
		return "there is no item with its id";
	/* what the answer does not speak of stays as it is */
	if (v->patch.value) {
		struct json *value = json_dup(item);
		for (const struct json *m = json_first(v->patch.value); m; m = json_next(m))
			json_set(value, json_key(m), json_dup(m));
		json_set(v->json, "value", value);
	}
	return NULL;
}

/* A join names its sides as the space does. */
static const char *side_flaw(struct vetted *v, const char *key)
{
	struct json *side = json_get(json_get(v->json, "value"), key);
	const struct object *o = model_object(v->how->model,
		json_str_or(side, "identifier", NULL));
	if (v->patch.type->kind != PATCH_JOIN || v->patch.type->verb == PATCH_REMOVE)
		return NULL;
	if (!o)
		return arena_printf(&v->arena, "the %s side of its join is not in the space", key);
	json_set_str(side, "identifier", o->full_name);
	return is_name(json_str_or(side, "alias", ""), strlen(json_str_or(side, "alias", "")), "") ?
		NULL : "an alias of its join is no plain name";
}

/* What stands where the patch writes; NULL: it adds, or changes an item. */
static const char *text_there(const struct vetted *v)
{
	switch (v->patch.type->kind) {
	case PATCH_TABLE_COMMENT:
	case PATCH_TVF_COMMENT: return v->object->comment;
	case PATCH_COLUMN_COMMENT:
	case PATCH_TVF_PARAM_COMMENT: return v->field->comment;
	case PATCH_DESCRIPTION: return v->object->description;
	default: return NULL;
	}
}

/* A comment is added where there is none, and replaced where there is one. */
static void right_verb(struct vetted *v, const char *old)
{
	enum patch_kind kind = v->patch.type->kind;
	if (kind == PATCH_COLUMN_COMMENT)
		json_set_str(v->json, "type",
			*old ? "update_column_comment" : "add_column_comment");
	if (kind == PATCH_DESCRIPTION)
		json_set_str(v->json, "type", *old ? "update_description" : "add_description");
}

static bool has_text(const struct json *list, const char *text)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (streq(json_text(one), text))
			return true;
	return false;
}

static bool is_sample(const struct vetted *v, const char *text)
{
	const struct json *list = json_dig(v->how->model->space, "config.config.sample_questions");
	bool found = false;
	for (const struct json *one = json_first(list); one && !found; one = json_next(one)) {
		struct str said = STR_INIT;
		space_text(json_get(one, "question"), &said);
		found = streq(str_text(&said), text);
		str_free(&said);
	}
	return found;
}

static bool is_there(const struct vetted *v, const char *text)
{
	switch (v->patch.type->kind) {
	case PATCH_SYNONYM: return has_text(v->field->synonyms, text);
	case PATCH_INSTRUCTION: return strstr(v->how->model->instructions, text) != NULL;
	case PATCH_SAMPLE_QUESTION: return is_sample(v, text);
	default: return true;
	}
}

static const char *old_flaw(struct vetted *v)
{
	const char *there = text_there(v);
	if (v->patch.type->kind == PATCH_INSTRUCTION && v->patch.type->verb == PATCH_UPDATE &&
		!v->patch.old_text)
		return "it does not say which part of the instructions it replaces";
	if (v->patch.old_text && !is_there(v, v->patch.old_text))
		return "its old text is not there";
	if (!there)
		return NULL;
	if (streq(there, v->patch.new_text))
		return "that is what is there already";
	right_verb(v, there);
	if (*there)
		json_set_str(v->json, "old_text", there);
	return NULL;
}

/* ---- what it is for --------------------------------------------------------------------- */

static const struct json *cluster_of(const struct vetting *how, const char *id)
{
	for (size_t i = 0; i < how->n; i++)
		if (has_text(json_get(how->clusters[i], "question_ids"), id))
			return how->clusters[i];
	return NULL;
}

static void set_list(struct json *patch, const char *key, const struct strlist *list)
{
	struct json *array = json_set(patch, key, json_new_array());
	for (size_t i = 0; i < list->n; i++)
		json_push_str(array, list->v[i]);
}

/* Of what it says it repairs, the failing questions of the clusters asked about. */
static const char *purpose_flaw(struct vetted *v, const struct json *said)
{
	struct draft d = { 0 };
	const struct json *first = NULL;
	const char *flaw = NULL;
	for (const struct json *q = json_first(said); q; q = json_next(q)) {
		const struct fact_case *c = cases_find(v->how->cases, json_text(q));
		const struct json *cluster = c && !c->passes ? cluster_of(v->how, c->id) : NULL;
		if (!cluster)
			continue;
		first = first ? first : cluster;
		draft_for(&d, c, json_str_or(cluster, "cluster_id", ""));
	}
	set_list(v->json, "questions", &d.questions);
	set_list(v->json, "grounded_in", &d.grounds);
	json_set_str(v->json, "cluster_id", d.cluster_id);
	json_set_num(v->json, "confidence", attempts_confidence(json_num_or(v->json, "confidence",
		0), json_int_or(first, "attempts", 0)));
	if (!first) {
		flaw = "it names no failing question of the clusters that were asked about";
	} else if (attempts_failed(first, v->how->history, v->patch.type->name)) {
		char *reason = attempts_reason(first);
		flaw = arena_strdup(&v->arena, reason);
		free(reason);
	}
	strlist_free(&d.questions);
	strlist_free(&d.grounds);
	return flaw;
}

/* ---- the patch -------------------------------------------------------------------------- */

static void set_risk(struct vetted *v)
{
	static const double broken[] = { 0.1, 0.15, 0.2 };
	enum patch_risk risk = v->patch.type->risk;
	if (patch_runs_sql(&v->patch))
		risk = PATCH_HIGH;
	else if (patch_shows_sql(&v->patch) && risk < PATCH_MEDIUM)
		risk = PATCH_MEDIUM;
	json_set_str(v->json, "risk", patch_risk_text(risk));
	json_set_num(v->json, "regression_probability", broken[risk]);
}

static const char *flaw_of(struct vetted *v, const struct json *said)
{
	struct err err = { 0 };
	const char *flaw = NULL;
	if (!patch_read(&v->patch, v->json, &err))
		return arena_strdup(&v->arena, err.text);
	if (!patch_type_serves(v->patch.type, v->how->lever))
		return arena_printf(&v->arena, "it is of lever %d, not %d", v->patch.type->lever,
			v->how->lever);
	if ((flaw = target_flaw(v)) || (flaw = column_flaw(v)) || (flaw = key_flaw(v)) ||
	    (flaw = old_flaw(v)) || (flaw = id_flaw(v)))
		return flaw;
	/* both wrote into the tree that the texts are borrowed from */
	if (!patch_read(&v->patch, v->json, &err))
		return arena_strdup(&v->arena, err.text);
	if ((flaw = side_flaw(v, "left")) || (flaw = side_flaw(v, "right")) ||
	    (flaw = sql_flaw(&v->arena, v->how->model, &v->patch)))
		return flaw;
	set_risk(v);
	return purpose_flaw(v, said);
}

static struct json *begin(const struct vetting *how, const struct json *said)
{
	const struct patch_type *type = patch_type_find(json_str_or(said, "type", ""));
	double confidence = json_num_or(said, "confidence", 0);
	struct json *patch = type ? patch_new("", type->name, json_str_or(said, "target", NULL),
		patch_type_serves(type, how->lever) ? how->lever : 0) : json_new_object();
	for (const struct json *m = json_first(said); m; m = json_next(m))
		json_set(patch, json_key(m), json_dup(m));
	json_set_num(patch, "confidence",
		confidence < VET_CONFIDENCE ? confidence : VET_CONFIDENCE);
	json_set_str(patch, "drafted_by", how->drafted_by);
	return patch;
}

struct json *vet(const struct vetting *how, const struct json *said)
{
	struct vetted v = { .how = how, .json = begin(how, said) };
	const char *flaw = flaw_of(&v, json_get(said, "questions"));
	if (flaw)
		json_set_str(v.json, "flaw", flaw);
	arena_free(&v.arena);
	return v.json;
}
