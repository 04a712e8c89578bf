/* Patches on the configuration of a space, live or in its export. */
#include "ops.h"

#include "bundle.h"
#include "json.h"
#include "space.h"
#include "sqltext.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts of the two sides ---- */
/* Variables resolved; then, for the file, put back where it has them. */
static bool side_text(const struct config_side *side, const char *text, struct str *out,
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

static bool side_json(const struct config_side *side, struct json *json, struct err *err)
{
	for (struct json *child = json_first(json), *next; child; child = next) {
		next = json_next(child);
		struct str text = STR_INIT;
		bool ok = json_text(child) ? side_text(side, json_text(child), &text, err) :
			side_json(side, child, err);
		if (ok && json_text(child) && !streq(json_text(child), str_text(&text)))
			json_replace(child, json_new_str(str_text(&text)));
		str_free(&text);
		if (!ok)
			return false;
	}
	return true;
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

static const char *where(const struct config_side *side)
{
	return side->like ? "the export" : "the space";
}

/* ---- tables and columns ---- */
static struct json *find_table(const struct config_side *side, const char *target)
{
	static const char *const lists[] = { "data_sources.tables", "data_sources.metric_views" };
	for (size_t i = 0; i < countof(lists); i++)
		for (struct json *t = json_first(json_dig(side->config, lists[i])); t; t = json_next(t))
			if (same_name(side, json_str_or(t, "identifier", ""), target))
				return t;
	return NULL;
}

static struct json *the_table(const struct config_side *side, const char *target, struct err *err)
{
	struct json *table = find_table(side, target);
	if (!table)
		err_set(err, ERR_DATA, "%s is no table of %s", target, where(side));
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
	column = json_push(list, json_new_object());
	json_set_str(column, "column_name", patch->column);
	return column;
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

static bool flags(const struct config_side *side, const struct patch *patch, bool *changed,
		  struct err *err)
{
	bool on = patch->type->verb == PATCH_ADD;
	struct err why = { 0 };
	struct json *column = the_column(side, patch, on, &why);
	if (!column)
		return why.code ? err_set(err, why.code, "%s", why.text) : true;
	bool old = json_int_or(side->config, "version", 2) == 1;
	const char *values = old ? "get_example_values" : "enable_format_assistance";
	const char *dictionary = old ? "build_value_dictionary" : "enable_entity_matching";
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
	bool ok = side_text(side, patch->new_text, &wanted, err) &&
		(side->like || ops_expect(patch, str_text(&now), patch->target, str_text(&wanted), err));
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
	bool ok = side_text(side, patch->target, &name, err);
	struct json *list = ok ? space_array(side->config, mv ? "data_sources.metric_views" :
		"data_sources.tables", true) : NULL;
	if (list) {
		json_set_str(json_push(list, json_new_object()), "identifier", str_text(&name));
		*changed = true;
	}
	str_free(&name);
	return ok && (list || err_set(err, ERR_DATA, "%s has no list of tables", where(side)));
}

/* ---- items with an id ---- */
static const char *item_list(const struct patch *patch)
{
	switch (patch->type->kind) {
	case PATCH_JOIN: return "instructions.join_specs";
	case PATCH_DEFAULT_FILTER: return "instructions.sql_snippets.filters";
	case PATCH_EXAMPLE_SQL: return "instructions.example_question_sqls";
	case PATCH_SAMPLE_QUESTION: return "config.sample_questions";
	default: break;
	}
	return streq(patch->snippet, "filter") ? "instructions.sql_snippets.filters" :
		streq(patch->snippet, "measure") ? "instructions.sql_snippets.measures" :
		"instructions.sql_snippets.expressions";
}

/* Texts are lists of lines in a configuration. */
static void as_lists(struct json *item)
{
	static const char *const keys[] = { "question", "sql", "comment", "instruction", "content",
		"description", "usage_guidance", "synonyms" };
	for (size_t i = 0; i < countof(keys); i++) {
		struct json *value = json_get(item, keys[i]);
		if (json_text(value))
			json_set(item, keys[i], space_lines(json_text(value)));
	}
}

/* The patch's value, in the form and the words of this side. */
static struct json *side_value(const struct config_side *side, const struct patch *patch,
			       struct err *err)
{
	struct json *value;
	if (patch->type->kind == PATCH_SAMPLE_QUESTION) {
		value = json_new_object();
		json_set(value, "question", space_lines(patch->new_text));
	} else {
		value = json_dup(patch->value);
	}
	as_lists(value);
	if (side_json(side, value, err))
		return value;
	json_free(value);
	return NULL;
}

/* An item that says the same, whatever its id. */
static struct json *find_equal(struct json *list, const struct json *value)
{
	for (struct json *item = json_first(list); item; item = json_next(item)) {
		struct json *a = json_dup(item), *b = json_dup(value);
		json_remove(a, "id");
		json_remove(b, "id");
		bool same = json_equal(a, b);
		json_free(a);
		json_free(b);
		if (same)
			return item;
	}
	return NULL;
}

static bool add_item(const struct config_side *side, struct json *list, struct json *value,
		     bool *changed, struct err *err)
{
	if (find_equal(list, value)) {
		json_free(value);
		return true;
	}
	const char *id = json_str_or(value, "id", side->new_id);
	if (space_member(list, "id", id)) {
		err_set(err, ERR_DATA, "id %s is taken in %s", id, where(side));
		json_free(value);
		return false;
	}
	/* the id first, as exports have it */
	struct json *item = json_push(list, json_new_object());
	json_set_str(item, "id", id);
	for (struct json *m = json_first(value); m; m = json_next(m))
		if (!streq(json_key(m), "id"))
			json_set(item, json_key(m), json_dup(m));
	json_free(value);
	*changed = true;
	return true;
}

static void update_item(struct json *item, struct json *value, bool *changed)
{
	for (struct json *m = json_first(value); m; m = json_next(m)) {
		if (streq(json_key(m), "id") || (json_get(item, json_key(m)) &&
						 json_equal(json_get(item, json_key(m)), m)))
			continue;
		json_set(item, json_key(m), json_dup(m));
		*changed = true;
	}
	json_free(value);
}

/* By id, or a sample question by its text. */
static struct json *named_item(const struct patch *patch, struct json *list)
{
	if (patch->id)
		return space_member(list, "id", patch->id);
	for (struct json *item = json_first(list); item; item = json_next(item)) {
		struct str text = STR_INIT;
		space_text(json_get(item, "question"), &text);
		bool same = streq(str_text(&text), patch->old_text);
		str_free(&text);
		if (same)
			return item;
	}
	return NULL;
}

static bool items(const struct config_side *side, const struct patch *patch, bool *changed,
		  struct err *err)
{
	bool add = patch->type->verb == PATCH_ADD;
	struct json *list = space_array(side->config, item_list(patch), add);
	if (patch->type->verb == PATCH_REMOVE) {
		struct json *item = named_item(patch, list);
		*changed = item != NULL;
		if (item)
			json_free(json_detach(item));
		return true;
	}
	struct json *value = side_value(side, patch, err);
	if (!value)
		return false;
	if (add && list)
		return add_item(side, list, value, changed, err);
	struct json *item = add ? NULL : named_item(patch, list);
	if (item)
		update_item(item, value, changed);
	else
		json_free(value);
	return item || err_set(err, ERR_DATA, "%s has no %s with id %s", where(side), item_list(patch),
			       patch->id ? patch->id : "");
}

/* ---- the text instruction ---- */
/* `part` as whole lines of text. */
static const char *find_lines(const char *text, const char *part)
{
	size_t n = strlen(part);
	for (const char *s = text; (s = strstr(s, part)); s++)
		if ((s == text || s[-1] == '\n') && (s[n] == '\0' || s[n] == '\n' || part[n - 1] == '\n'))
			return s;
	return NULL;
}

static struct json *the_instruction(const struct config_side *side, bool make)
{
	struct json *list = space_array(side->config, "instructions.text_instructions", make);
	struct json *item = json_first(list);
	if (item || !make || !list)
		return item;
	item = json_push(list, json_new_object());
	json_set_str(item, "id", side->new_id);
	json_set(item, "content", json_new_array());
	return item;
}

/* Lines are appended; what stands there keeps its division into strings. */
static void append_lines(struct json *content, const char *text)
{
	struct json *last = json_len(content) ? json_at(content, json_len(content) - 1) : NULL;
	if (last && json_text(last) && !ends_with(json_text(last), "\n")) {
		char *longer = xasprintf("%s\n", json_text(last));
		json_replace(last, json_new_str(longer));
		free(longer);
	}
	struct json *lines = space_lines(text);
	for (struct json *line = json_first(lines); line; line = json_next(line))
		json_push(content, json_dup(line));
	json_free(lines);
}

/* [at, at + del) of the whole text becomes `text`. */
static void replace_part(struct json *item, const char *now, size_t at, size_t del, const char *text)
{
	struct str next = STR_INIT;
	str_addn(&next, now, at);
	str_add(&next, text);
	str_add(&next, now + at + del);
	json_set(item, "content", space_lines(str_text(&next)));
	str_free(&next);
}

static bool gone(const struct config_side *side, struct err *err)
{
	return err_set(err, side->like ? ERR_DATA : ERR_TEMP,
		       "refetch: the instruction of %s changed: old_text is not in it", where(side));
}

static bool change_instruction(const struct config_side *side, const struct patch *patch,
			       struct json *item, const char *now, const char *text, bool *changed,
			       struct err *err)
{
	const char *old = patch->old_text;
	const char *at = old && *old ? strstr(now, old) : NULL;
	*changed = true;
	if (patch->type->verb == PATCH_REMOVE) {
		if (!at)
			*changed = false; /* gone already */
		else
			replace_part(item, now, (size_t)(at - now), strlen(old) +
				(at[strlen(old)] == '\n' && !ends_with(old, "\n")), "");
		return true;
	}
	if (old && *old && !at) {
		*changed = false;
		return strstr(now, text) || gone(side, err);
	}
	if (streq(now, text))
		*changed = false;
	else
		replace_part(item, now, at ? (size_t)(at - now) : 0, at ? strlen(old) : strlen(now), text);
	return true;
}

static bool instruction(const struct config_side *side, const struct patch *patch, bool *changed,
			struct err *err)
{
	bool add = patch->type->verb == PATCH_ADD;
	struct json *item = the_instruction(side, patch->type->verb != PATCH_REMOVE);
	struct str now = STR_INIT, text = STR_INIT;
	bool ok = true;
	if (!item)
		return true;
	space_text(json_get(item, "content"), &now);
	if (patch->new_text)
		ok = side_text(side, patch->new_text, &text, err);
	if (ok && add && !find_lines(str_text(&now), str_text(&text))) {
		append_lines(json_get(item, "content"), str_text(&text));
		*changed = true;
	} else if (ok && !add) {
		ok = change_instruction(side, patch, item, str_text(&now), str_text(&text), changed, err);
	}
	str_free(&now);
	str_free(&text);
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
	case PATCH_INSTRUCTION: return instruction(side, patch, changed, err);
	default: return items(side, patch, changed, err);
	}
}
