/* The patch that would take what is live into the repository. */
#include "drift.h"

#include "editsql.h"
#include "json.h"
#include "patch.h"
#include "space.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

static struct json *make(const char *type, const struct drift_item *item)
{
	return patch_new("P001", type, item->what.name, 0);
}

static struct json *with_text(struct json *patch, const struct drift_item *item)
{
	json_set_str(patch, "new_text", item->what.before);
	return patch;
}

/* ---- Unity Catalog ---- */
static struct json *comment(const struct drift_item *item)
{
	bool column = item->what.kind == LIVE_COLUMN_COMMENT;
	struct json *patch = make(column ? "update_column_comment" : "update_table_comment", item);
	if (column)
		json_set_str(patch, "column", item->what.column);
	json_set_str(patch, "new_text", item->what.before ? item->what.before : "");
	return patch;
}

static struct json *pair(const struct drift_item *item)
{
	if (item->what.kind == LIVE_PROPERTY && !item->what.before)
		return NULL;
	struct json *patch = make(item->what.kind == LIVE_PROPERTY ? "set_table_property" :
		item->what.before ? "set_tag" : "unset_tag", item);
	if (*item->what.column)
		json_set_str(patch, "column", item->what.column);
	json_set_str(patch, "key", item->what.key);
	if (item->what.before)
		with_text(patch, item);
	return patch;
}

/* Do the two differ in nothing but the comment? *comment: the live one, yours. */
static bool only_comment(const struct drift_item *item, char **text)
{
	struct str live = STR_INIT, repo = STR_INIT;
	struct sql_function a, b;
	struct err ignored = { 0 };
	bool only = false;
	str_add(&live, item->what.before);
	str_add(&repo, item->what.after);
	*text = NULL;
	if (edit_sql_get(&live, "", "", &a, &ignored)) {
		*text = xstrdup(a.comment);
		only = a.comment && edit_sql_comment(&repo, "", "", a.comment, &ignored) &&
			edit_sql_get(&repo, "", "", &b, &ignored);
		if (only) {
			only = live_same(LIVE_FUNCTION, str_text(&repo), item->what.before);
			sql_function_free(&b);
		}
		sql_function_free(&a);
	}
	str_free(&live);
	str_free(&repo);
	return only;
}

static struct json *function(const struct drift_item *item)
{
	char *text;
	struct json *patch;
	if (!item->what.before)
		return make("remove_tvf", item);
	if (!item->what.after)
		return with_text(make("add_tvf", item), item);
	if (only_comment(item, &text)) {
		patch = make("update_tvf_comment", item);
		json_set_str(patch, "new_text", text);
	} else {
		patch = with_text(make("update_tvf_sql", item), item);
	}
	free(text);
	return patch;
}

/* ---- the space ---- */
static struct json *space_patch(const char *type)
{
	return patch_new("P001", type, NULL, 0);
}

/* add, update or remove of an item with an id. */
static struct json *verb(const struct drift_item *item, const char *what, const char *snippet)
{
	const char *live = item->what.before;
	struct err ignored = { 0 };
	char *type = xasprintf("%s_%s", !live ? "remove" : item->what.after ? "update" : "add",
		what);
	struct json *patch = space_patch(type);
	free(type);
	if (snippet)
		json_set_str(patch, "snippet", snippet);
	if (!live || item->what.after)
		json_set_str(patch, "id", item->spot.id);
	if (live)
		json_set(patch, "value", json_parse(live, strlen(live), &ignored));
	return patch;
}

static char *joined(const struct json *lines)
{
	struct str text = STR_INIT;
	space_text(lines, &text);
	return str_take(&text);
}

static struct json *text_patch(const struct drift_item *item, const char *type, const char *member)
{
	struct err ignored = { 0 };
	struct json *value = json_parse(item->what.before, strlen(item->what.before), &ignored);
	char *text = joined(member ? json_get(value, member) : value);
	struct json *patch = space_patch(type);
	json_set_str(patch, "new_text", text);
	json_free(value);
	free(text);
	return patch;
}

static struct json *question(const struct drift_item *item)
{
	if (!item->what.after)
		return text_patch(item, "add_sample_question", "question");
	if (item->what.before)
		return NULL;
	struct json *patch = space_patch("remove_sample_question");
	json_set_str(patch, "id", item->spot.id);
	return patch;
}

static struct json *instruction(const struct drift_item *item)
{
	if (!item->what.before)
		return NULL;
	return text_patch(item, item->what.after ? "update_instruction" : "add_instruction",
		"content");
}

/* The one synonym that is more. */
static struct json *synonym(const struct drift_item *item, struct json *patch)
{
	struct err ignored = { 0 };
	const char *repo = item->what.after ? item->what.after : "[]";
	struct json *live = json_parse(item->what.before, strlen(item->what.before), &ignored);
	struct json *own = json_parse(repo, strlen(repo), &ignored);
	const struct json *more = NULL;
	size_t n = 0;
	for (const struct json *s = json_first(live); s; s = json_next(s)) {
		bool there = false;
		for (const struct json *o = json_first(own); o; o = json_next(o))
			there = there || json_equal(s, o);
		n += !there;
		more = there ? more : s;
	}
	bool fits = n == 1 && json_len(live) == json_len(own) + 1;
	if (fits)
		json_set_str(patch, "new_text", json_text(more));
	else
		json_free(patch);
	json_free(live);
	json_free(own);
	return fits ? patch : NULL;
}

static struct json *on_column(const struct drift_item *item, const char *type)
{
	struct json *patch = patch_new("P001", type, item->spot.id, 0);
	json_set_str(patch, "column", item->spot.column);
	return patch;
}

static struct json *column(const struct drift_item *item)
{
	const char *member = item->spot.member;
	bool on = streq(item->what.before, "true");
	if (streq(member, "synonyms") && item->what.before)
		return synonym(item, on_column(item, "add_synonym"));
	if (streq(member, "exclude"))
		return on_column(item, on ? "hide_column" : "unhide_column");
	if (streq(member, "enable_format_assistance"))
		return on_column(item, on ? "enable_example_values" : "disable_example_values");
	if (streq(member, "enable_entity_matching"))
		return on_column(item, on ? "enable_value_dictionary" : "disable_value_dictionary");
	return NULL;
}

static struct json *table(const struct drift_item *item)
{
	if (item->spot.column)
		return column(item);
	if (!item->spot.member && streq(item->spot.place, "data_sources.tables"))
		return patch_new("P001", item->what.before ? "add_table" : "remove_table",
			item->spot.id, 0);
	if (!streq(item->spot.member, "description") || !item->what.before)
		return NULL;
	struct json *patch = text_patch(item, "update_description", NULL);
	json_set_str(patch, "target", item->spot.id);
	return patch;
}

static struct json *part(const struct drift_item *item)
{
	static const struct {
		const char *place, *what, *snippet;
	} verbs[] = {
		{ "instructions.example_question_sqls", "example_sql", NULL },
		{ "instructions.join_specs", "join", NULL },
		{ "instructions.sql_snippets.filters", "sql_snippet", "filter" },
		{ "instructions.sql_snippets.expressions", "sql_snippet", "expression" },
		{ "instructions.sql_snippets.measures", "sql_snippet", "measure" },
	};
	for (size_t i = 0; i < countof(verbs); i++)
		if (streq(item->spot.place, verbs[i].place))
			return verb(item, verbs[i].what, verbs[i].snippet);
	if (streq(item->spot.place, "config.sample_questions"))
		return question(item);
	if (streq(item->spot.place, "instructions.text_instructions"))
		return instruction(item);
	return streq(item->spot.key, "identifier") ? table(item) : NULL;
}

struct json *drift_patch(const struct drift_item *given)
{
	struct drift_item copy = *given;
	const struct drift_item *item = &copy;
	if (item->missing)
		return NULL;
	if (streq(drift_change(given), "lost"))
		copy.what.before = copy.then;
	switch (item->what.kind) {
	case LIVE_TABLE_COMMENT:
	case LIVE_COLUMN_COMMENT: return comment(item);
	case LIVE_TABLE_TAG:
	case LIVE_COLUMN_TAG:
	case LIVE_PROPERTY: return pair(item);
	case LIVE_METRIC_VIEW:
		return item->what.before ? with_text(make("update_mv_yaml", item), item) : NULL;
	case LIVE_FUNCTION: return function(item);
	default: return part(item);
	}
}
