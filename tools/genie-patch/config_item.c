/* Items of a configuration that have an id: examples, snippets, joins, sample questions. */
#include "config.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "space.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

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

static bool side_json(const struct config_side *side, struct json *json, struct err *err)
{
	for (struct json *child = json_first(json), *next; child; child = next) {
		next = json_next(child);
		struct str text = STR_INIT;
		bool ok = json_text(child) ? config_words(side, json_text(child), &text, err) :
			side_json(side, child, err);
		if (ok && json_text(child) && !streq(json_text(child), str_text(&text)))
			json_replace(child, json_new_str(str_text(&text)));
		str_free(&text);
		if (!ok)
			return false;
	}
	return true;
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

/* Lists of strings are texts: how they are divided into lines does not matter. */
static bool is_text(const struct json *value)
{
	bool text = json_text(value) || (json_is(value, JSON_ARRAY) && json_len(value));
	for (const struct json *c = json_is(value, JSON_ARRAY) ? json_first(value) : NULL; c;
	     c = json_next(c))
		text = text && json_text(c);
	return text;
}

static int by_name(const struct json *a, const struct json *b)
{
	return strcmp(json_str_or(a, "name", ""), json_str_or(b, "name", ""));
}

/* A workspace sorts the parameters of an example, an export need not. */
static bool same_parameters(const struct json *a, const struct json *b)
{
	struct json *x = json_dup(a), *y = json_dup(b);
	json_sort(x, by_name);
	json_sort(y, by_name);
	bool same = json_equal(x, y);
	json_free(x);
	json_free(y);
	return same;
}

static bool same_member(const struct json *a, const struct json *b)
{
	if (streq(json_key(a), "parameters") && json_is(a, JSON_ARRAY) && json_is(b, JSON_ARRAY))
		return same_parameters(a, b);
	if (!is_text(a) || !is_text(b) || streq(json_key(a), "synonyms"))
		return json_equal(a, b);
	struct str x = STR_INIT, y = STR_INIT;
	space_text(a, &x);
	space_text(b, &y);
	bool same = streq(str_text(&x), str_text(&y));
	str_free(&x);
	str_free(&y);
	return same;
}

/* Does `item` have all members of `value`, the id aside, as they are there? */
static bool holds(const struct json *item, const struct json *value)
{
	for (const struct json *m = json_first(value); m; m = json_next(m)) {
		const struct json *own = json_get(item, json_key(m));
		if (!streq(json_key(m), "id") && (!own || !same_member(own, m)))
			return false;
	}
	return true;
}

/* An item that says the same, whatever its id. */
static struct json *find_equal(struct json *list, const struct json *value)
{
	for (struct json *item = json_first(list); item; item = json_next(item))
		if (holds(item, value) && holds(value, item))
			return item;
	return NULL;
}

void config_tell_id(const struct config_side *side, const struct json *item)
{
	if (side->like || !json_str_or(item, "id", NULL))
		return;
	free(side->link->id);
	side->link->id = xstrdup(json_str_or(item, "id", NULL));
}

static bool add_item(const struct config_side *side, struct json *list, struct json *value,
		     bool *changed, struct err *err)
{
	struct json *there = find_equal(list, value);
	if (there) {
		config_tell_id(side, there);
		json_free(value);
		return true;
	}
	const char *id = json_str_or(value, "id", side->link->id);
	if (space_member(list, "id", id)) {
		err_set(err, ERR_DATA, "id %s is taken in %s", id, config_where(side));
		json_free(value);
		return false;
	}
	/* the id first, as exports have it */
	struct json *item = json_new_object();
	json_set_str(item, "id", id);
	for (struct json *m = json_first(value); m; m = json_next(m))
		if (!streq(json_key(m), "id"))
			json_set(item, json_key(m), json_dup(m));
	json_free(value);
	config_tell_id(side, config_insert(list, "id", item));
	*changed = true;
	return true;
}

static void update_item(struct json *item, struct json *value, bool *changed)
{
	for (struct json *m = json_first(value); m; m = json_next(m)) {
		const struct json *own = json_get(item, json_key(m));
		if (streq(json_key(m), "id") || (own && same_member(own, m)))
			continue;
		json_set(item, json_key(m), json_dup(m));
		*changed = true;
	}
	json_free(value);
}

static struct json *by_question(struct json *list, const char *question)
{
	for (struct json *item = json_first(list); item; item = json_next(item)) {
		struct str text = STR_INIT;
		space_text(json_get(item, "question"), &text);
		bool same = streq(str_text(&text), question);
		str_free(&text);
		if (same)
			return item;
	}
	return NULL;
}

/* The item that the live side knows by an id which the file does not have. */
static struct json *twin(const struct config_side *side, struct json *list)
{
	struct err ignored = { 0 };
	struct json *was = NULL, *found = NULL;
	if (side->like && side->link->was)
		was = json_dup(side->link->was);
	if (was && side_json(side, was, &ignored))
		found = find_equal(list, was);
	json_free(was);
	return found;
}

/* By id, or a sample question by its text. */
static bool named_item(const struct config_side *side, const struct patch *patch,
		       struct json *list, struct json **item, struct err *err)
{
	struct str words = STR_INIT;
	bool ok = patch->id || config_words(side, patch->old_text, &words, err);
	*item = patch->id ? space_member(list, "id", patch->id) :
		ok ? by_question(list, str_text(&words)) : NULL;
	str_free(&words);
	if (!*item && ok)
		*item = twin(side, list);
	if (*item && !side->like && !side->link->was)
		side->link->was = json_dup(*item);
	return ok;
}

static bool update(const struct config_side *side, const struct patch *patch, struct json *list,
		   bool *changed, struct err *err)
{
	struct json *item, *value;
	if (!named_item(side, patch, list, &item, err))
		return false;
	if (!item) {
		char *what = xasprintf("no item with id %s", patch->id ? patch->id : "");
		config_fail(side, item_list(patch), what, err);
		free(what);
		return false;
	}
	value = side_value(side, patch, err);
	if (value)
		update_item(item, value, changed);
	return value != NULL;
}

bool config_item(const struct config_side *side, const struct patch *patch, bool *changed,
	struct err *err)
{
	bool add = patch->type->verb == PATCH_ADD;
	struct json *list = space_array(side->config, item_list(patch), add), *item;
	if (patch->type->verb == PATCH_UPDATE)
		return update(side, patch, list, changed, err);
	if (patch->type->verb == PATCH_REMOVE) {
		if (!named_item(side, patch, list, &item, err))
			return false;
		*changed = item != NULL;
		if (item)
			json_free(json_detach(item));
		return true;
	}
	if (!list)
		return config_fail(side, item_list(patch), "not a list", err);
	struct json *value = side_value(side, patch, err);
	return value && add_item(side, list, value, changed, err);
}
