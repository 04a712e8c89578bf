#include "config.h"

#include "bundle.h"
#include "json.h"
#include "jsonedit.h"
#include "ops.h"
#include "space.h"
#include "sqltext.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts of the two sides ---- */
bool config_words(const struct config_side *side, const char *text, struct str *out,
	struct err *err)
{
	const struct bundle *bundle = side->state->bundle;
	struct str plain = STR_INIT;
	bool ok = bundle_resolve(bundle, text, strlen(text), "new_text", &plain, err);
	if (ok && side->like)
		bundle_template(bundle, str_text(&plain), side->like, out);
	else if (ok)
		str_add(out, str_text(&plain));
	str_free(&plain);
	return ok;
}

static bool same_name(const struct config_side *side, const char *identifier, const char *target)
{
	struct str text = STR_INIT;
	struct err ignored = { 0 };
	bool same = bundle_resolve(side->state->bundle, identifier, strlen(identifier), "", &text,
				   &ignored) && sql_same_name(str_text(&text), target);
	str_free(&text);
	return same;
}

const char *config_where(const struct config_side *side)
{
	return side->like ? side->file : "the space";
}

bool config_fail(const struct config_side *side, const char *path, const char *what,
	struct err *err)
{
	if (!side->like)
		return err_set(err, ERR_DATA, "space %s: %s: %s", side->state->space_id, path,
			       what);
	/* with the wrapper's key before it, when it has one */
	struct str full = STR_INIT;
	json_path(side->config, &full);
	str_addf(&full, ".%s", path);
	size_t line = json_edit_path_line(side->like, str_text(&full) + strlen("$."));
	err_set(err, ERR_DATA, "%s:%zu: %s: %s", side->file, line, str_text(&full), what);
	str_free(&full);
	return false;
}

struct json *config_insert(struct json *list, const char *key, struct json *item)
{
	const char *own = json_str_or(item, key, "");
	size_t at = 0;
	const struct json *c = json_first(list);
	while (c && strcmp(json_str_or(c, key, ""), own) <= 0) {
		c = json_next(c);
		at++;
	}
	json_insert(list, at, item);
	return item;
}

/* ---- tables and columns ---- */
static struct json *find_table(const struct config_side *side, const char *target)
{
	static const char *const lists[] = { "data_sources.tables", "data_sources.metric_views" };
	for (size_t i = 0; i < countof(lists); i++)
		for (struct json *t = json_first(json_dig(side->config, lists[i])); t;
		     t = json_next(t))
			if (same_name(side, json_str_or(t, "identifier", ""), target))
				return t;
	return NULL;
}

static struct json *the_table(const struct config_side *side, const char *target, struct err *err)
{
	struct json *table = find_table(side, target);
	if (!table) {
		char *what = xasprintf("no table or metric view %s", target);
		config_fail(side, "data_sources", what, err);
		free(what);
	}
	return table;
}

/* The column's entry, made when `make` is set. */
static struct json *the_column(const struct config_side *side, const struct patch *patch, bool make,
			       struct err *err)
{
	struct json *table = the_table(side, patch->target, err);
	if (!table)
		return NULL;
	struct json *column = space_column(table, patch->column);
	if (column || !make)
		return column;
	struct json *list = json_get(table, "column_configs");
	if (!list)
		list = json_set(table, "column_configs", json_new_array());
	column = json_new_object();
	json_set_str(column, "column_name", patch->column);
	return config_insert(list, "column_name", column);
}

static bool set_flag(struct json *object, const char *key, bool on, bool *changed)
{
	if (json_bool_or(object, key, false) == on)
		return true;
	if (on || json_get(object, key))
		json_set_bool(object, key, on);
	*changed = true;
	return true;
}

/* The name that the column has it under; else the one of the configuration's version. */
static const char *flag_name(const struct config_side *side, const struct json *column,
			     const char *v1, const char *v2)
{
	if (json_get(column, v1) || json_get(column, v2))
		return json_get(column, v2) ? v2 : v1;
	return json_int_or(side->config, "version", 2) == 1 ? v1 : v2;
}

static bool flags(const struct config_side *side, const struct patch *patch, bool *changed,
		  struct err *err)
{
	bool on = patch->type->verb == PATCH_ADD;
	struct err why = { 0 };
	struct json *column = the_column(side, patch, on, &why);
	if (!column)
		return why.code ? err_set(err, why.code, "%s", why.text) : true;
	const char *values = flag_name(side, column, "get_example_values",
				       "enable_format_assistance");
	const char *dictionary = flag_name(side, column, "build_value_dictionary",
					   "enable_entity_matching");
	switch (patch->type->kind) {
	case PATCH_HIDDEN: return set_flag(column, "exclude", on, changed);
	case PATCH_EXAMPLE_VALUES:
		/* a dictionary needs the example values */
		if (!on)
			set_flag(column, dictionary, false, changed);
		return set_flag(column, values, on, changed);
	default:
		if (on)
			set_flag(column, values, true, changed);
		return set_flag(column, dictionary, on, changed);
	}
}

static struct json *find_string(struct json *list, const char *text)
{
	for (struct json *s = json_first(list); s; s = json_next(s))
		if (strieq(json_text(s), text))
			return s;
	return NULL;
}

static bool synonym(const struct config_side *side, const struct patch *patch, bool *changed,
		    struct err *err)
{
	bool add = patch->type->verb == PATCH_ADD;
	const char *text = add ? patch->new_text : patch->old_text;
	struct err why = { 0 };
	struct json *column = the_column(side, patch, add, &why);
	if (!column)
		return why.code ? err_set(err, why.code, "%s", why.text) : true;
	struct json *list = json_get(column, "synonyms");
	struct json *found = find_string(list, text);
	if (add && !found) {
		if (!list)
			list = json_set(column, "synonyms", json_new_array());
		json_push_str(list, text);
		*changed = true;
	} else if (!add && found) {
		json_free(json_detach(found));
		if (json_len(list) == 0)
			json_remove(column, "synonyms");
		*changed = true;
	}
	return true;
}

static bool description(const struct config_side *side, const struct patch *patch, bool *changed,
			struct err *err)
{
	struct json *table = the_table(side, patch->target, err);
	if (!table)
		return false;
	struct str now = STR_INIT, wanted = STR_INIT;
	space_text(json_get(table, "description"), &now);
	bool ok = config_words(side, patch->new_text, &wanted, err) &&
		(side->like || ops_expect(patch, str_text(&now), patch->target,
					  str_text(&wanted), err));
	if (ok && !streq(str_text(&now), str_text(&wanted))) {
		json_set(table, "description", space_lines(str_text(&wanted)));
		*changed = true;
	}
	str_free(&now);
	str_free(&wanted);
	return ok;
}

static bool table(const struct config_side *side, const struct patch *patch, bool *changed,
		  struct err *err)
{
	struct json *found = find_table(side, patch->target);
	if (patch->type->verb == PATCH_REMOVE && found) {
		json_free(json_detach(found));
		*changed = true;
	}
	if (patch->type->verb == PATCH_REMOVE || found)
		return true;
	bool mv = bundle_find(side->state->bundle, BUNDLE_METRIC_VIEW, patch->target) != NULL;
	struct str name = STR_INIT;
	bool ok = config_words(side, patch->target, &name, err);
	struct json *list = ok ? space_array(side->config, mv ? "data_sources.metric_views" :
		"data_sources.tables", true) : NULL;
	if (list) {
		struct json *item = json_new_object();
		json_set_str(item, "identifier", str_text(&name));
		config_insert(list, "identifier", item);
		*changed = true;
	}
	str_free(&name);
	return ok && (list || config_fail(side, "data_sources", "no list of tables", err));
}

/* A table function, which the space offers as it does its tables. */
static bool function(const struct config_side *side, const struct patch *patch, bool *changed,
		     struct err *err)
{
	struct json *list = space_array(side->config, "instructions.sql_functions",
					patch->type->verb == PATCH_ADD);
	struct json *found = json_first(list);
	while (found && !same_name(side, json_str_or(found, "identifier", ""), patch->target))
		found = json_next(found);
	if (patch->type->verb == PATCH_REMOVE && found) {
		json_free(json_detach(found));
		*changed = true;
	}
	if (found && patch->type->verb == PATCH_ADD)
		config_tell_id(side, found);
	if (patch->type->verb == PATCH_REMOVE || found)
		return true;
	struct str name = STR_INIT;
	bool ok = list ? config_words(side, patch->target, &name, err) :
		config_fail(side, "instructions.sql_functions", "not a list", err);
	if (ok) {
		struct json *item = json_new_object();
		json_set_str(item, "id", side->link->id);
		json_set_str(item, "identifier", str_text(&name));
		config_insert(list, "id", item);
		*changed = true;
	}
	str_free(&name);
	return ok;
}

bool config_apply(const struct config_side *side, const struct patch *patch, bool *changed,
	struct err *err)
{
	*changed = false;
	switch (patch->type->kind) {
	case PATCH_DESCRIPTION: return description(side, patch, changed, err);
	case PATCH_SYNONYM: return synonym(side, patch, changed, err);
	case PATCH_HIDDEN:
	case PATCH_EXAMPLE_VALUES:
	case PATCH_VALUE_DICTIONARY: return flags(side, patch, changed, err);
	case PATCH_TABLE: return table(side, patch, changed, err);
	case PATCH_TVF: return function(side, patch, changed, err);
	case PATCH_INSTRUCTION: return config_instruction(side, patch, changed, err);
	default: return config_item(side, patch, changed, err);
	}
}

void config_link_free(struct config_link *link)
{
	free(link->id);
	json_free(link->was);
	*link = (struct config_link){ 0 };
}
