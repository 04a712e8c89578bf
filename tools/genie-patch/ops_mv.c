/* Metric views: the same edit on the YAML that is live and on the file's. */
#include "ops.h"

#include "bundle.h"
#include "edityaml.h"
#include "json.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

static bool has(struct side *side, const char *path)
{
	struct err ignored = { 0 };
	bool broken;
	struct json *json = edit_yaml_get(&side->text, side->name, path, &broken, &ignored);
	bool found = json != NULL;
	json_free(json);
	return found;
}

/* The list that holds the member; where a new one belongs when there is none. */
static const char *list_of(struct side *side, const struct patch *patch, const char *column)
{
	static const char *const lists[] = { "measures", "dimensions", "fields" };
	for (size_t i = 0; i < countof(lists); i++) {
		char *path = xasprintf("%s[name=\"%s\"]", lists[i], column);
		bool found = has(side, path);
		free(path);
		if (found)
			return lists[i];
	}
	if (patch->type->kind == PATCH_MV_MEASURE)
		return "measures";
	return has(side, "fields") ? "fields" : "dimensions";
}

/* The text as this side has it: for the file, with variables. */
static bool side_text(struct side *side, const char *value, struct str *out)
{
	if (side->like)
		return ops_to_file(side->state, value, side->like, out, side->err);
	str_add(out, value);
	return true;
}

static bool set(struct side *side, const char *path, const char *value)
{
	struct str text = STR_INIT;
	bool ok = side_text(side, value, &text) &&
		edit_yaml_set(&side->text, side->name, path, str_text(&text), side->err);
	str_free(&text);
	return ok;
}

static bool field(struct side *side, const char *at, const char *name, const struct json *value)
{
	char *path = xasprintf("%s.%s", at, name);
	bool ok = true;
	if (json_text(value)) {
		ok = set(side, path, json_text(value));
	} else if (json_is(value, JSON_ARRAY)) {
		for (const struct json *s = json_first(value); ok && s; s = json_next(s))
			ok = json_text(s) ? edit_yaml_add(&side->text, side->name, path, json_text(s),
				side->err) : json_expected(s, "string", side->err);
	} else {
		ok = json_expected(value, "string or list of strings", side->err);
	}
	free(path);
	return ok;
}

/* With the line of the list that should have it. */
static bool no_member(struct side *side, const char *at)
{
	struct yaml *yaml = yaml_parse(str_text(&side->text), side->text.n, side->name, side->err);
	char *list = xstrndup(at, strcspn(at, "["));
	const struct yaml_node *node = yaml ? yaml_find(yaml_root(yaml), list) : NULL;
	if (yaml)
		err_set(side->err, ERR_DATA, "%s:%zu: %s: no such measure or dimension", side->name,
			node ? node->start.line : 1, at);
	yaml_close(yaml);
	free(list);
	return false;
}

static bool update(struct side *side, const struct patch *patch, const char *at)
{
	bool ok = has(side, at) || no_member(side, at);
	for (const struct json *m = json_first(patch->value); ok && m; m = json_next(m))
		if (!streq(json_key(m), "name"))
			ok = field(side, at, json_key(m), m);
	if (ok && patch->new_text) {
		const char *name = patch->field ? patch->field :
			patch->type->kind == PATCH_ALIAS ? "display_name" : "comment";
		struct json *text = json_new_str(patch->new_text);
		if (streq(name, "synonyms")) {
			json_free(text);
			text = json_new_array();
			json_push_str(text, patch->new_text);
		}
		ok = field(side, at, name, text);
		json_free(text);
	}
	return ok;
}

static bool put_member(struct side *side, struct json *map, const char *key, const struct json *value)
{
	struct str text = STR_INIT;
	bool ok = true;
	if (!json_text(value))
		json_set(map, key, json_dup(value));
	else if ((ok = side_text(side, json_text(value), &text)))
		json_set_str(map, key, str_text(&text));
	str_free(&text);
	return ok;
}

/* The new member: its name, then what the patch says of it. NULL with the error set. */
static struct json *new_member(struct side *side, const struct patch *patch)
{
	struct json *map = json_new_object(), *expr = json_new_str(patch->new_text);
	bool ok = true;
	json_set_str(map, "name", patch->column);
	if (patch->new_text)
		ok = put_member(side, map, "expr", expr);
	for (const struct json *m = json_first(patch->value); ok && m; m = json_next(m))
		if (!streq(json_key(m), "name"))
			ok = put_member(side, map, json_key(m), m);
	if (ok && !json_str_or(map, "expr", NULL))
		ok = err_set(side->err, ERR_DATA, "%s: a new measure or dimension needs an expression",
			     patch->column);
	json_free(expr);
	if (ok)
		return map;
	json_free(map);
	return NULL;
}

static bool add(struct side *side, const struct patch *patch, const char *list, const char *at)
{
	struct json *map = new_member(side, patch);
	bool ok = map != NULL;
	if (ok && has(side, at)) {
		char *path = xasprintf("%s.expr", at);
		bool broken;
		struct json *now = edit_yaml_get(&side->text, side->name, path, &broken, side->err);
		ok = streq(json_text(now), json_str_or(map, "expr", "")) || err_set(side->err, ERR_DATA,
			"%s: %s is there already, with another expression", side->name, patch->column);
		json_free(now);
		free(path);
	} else if (ok) {
		ok = edit_yaml_add_map(&side->text, side->name, list, map, side->err);
	}
	json_free(map);
	return ok;
}

/* The whole definition. It must be the YAML of a metric view: nothing else checks the file. */
static bool rewrite(struct side *side, const struct patch *patch)
{
	struct str text = STR_INIT;
	bool ok = ops_resolved(side, patch->new_text, &text), broken;
	if (ok && !ends_with(str_text(&text), "\n"))
		str_add(&text, ops_crlf(side) ? "\r\n" : "\n");
	struct json *source = ok ? edit_yaml_get(&text, "new_text", "source", &broken, side->err) : NULL;
	if (ok && !json_text(source))
		ok = broken ? false : err_set(side->err, ERR_DATA, "new_text: a metric view needs a source");
	if (ok) {
		str_reset(&side->text);
		str_add(&side->text, str_text(&text));
	}
	json_free(source);
	str_free(&text);
	return ok;
}

static bool edit(struct side *side, const struct patch *patch)
{
	if (patch->type->kind == PATCH_MV_YAML)
		return rewrite(side, patch);
	if (patch->type->kind == PATCH_TABLE_COMMENT)
		return set(side, "comment", patch->new_text);
	const char *list = list_of(side, patch, patch->column);
	char *at = xasprintf("%s[name=\"%s\"]", list, patch->column);
	bool ok = true;
	if (patch->type->kind == PATCH_COLUMN_COMMENT || patch->type->verb == PATCH_UPDATE)
		ok = update(side, patch, at);
	else if (patch->type->verb == PATCH_ADD)
		ok = add(side, patch, list, at);
	else if (has(side, at))
		ok = edit_yaml_remove(&side->text, side->name, at, side->err);
	free(at);
	return ok;
}

/* What the patch is about, as it is now, for old_text. */
static bool expected(struct side *side, const struct patch *patch)
{
	char *path = NULL;
	bool broken;
	struct err ignored = { 0 };
	if (!patch->old_text || patch->type->kind == PATCH_MV_YAML)
		return true;
	if (patch->type->kind == PATCH_TABLE_COMMENT)
		path = xstrdup("comment");
	else
		path = xasprintf("%s[name=\"%s\"].%s", list_of(side, patch, patch->column), patch->column,
			patch->field ? patch->field : patch->type->kind == PATCH_ALIAS ? "display_name" :
			"comment");
	struct json *now = edit_yaml_get(&side->text, side->name, path, &broken, &ignored);
	bool ok = json_is(now, JSON_ARRAY) || ops_expect(patch, json_text(now), side->name,
		patch->new_text, side->err);
	json_free(now);
	free(path);
	return ok;
}

/* Limits of metric views (databricks-api: display names and synonyms). */
#define MAX_SYNONYMS 10
#define MAX_NAME 255

static size_t characters(const char *s)
{
	size_t n = 0;
	for (; s && *s; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

static bool member_ok(const struct json *member, struct err *err)
{
	const char *name = json_str_or(member, "name", "");
	const struct json *synonyms = json_get(member, "synonyms");
	if (json_len(synonyms) > MAX_SYNONYMS)
		return err_set(err, ERR_DATA, "%s would have %zu synonyms, at most %d are accepted", name,
			       json_len(synonyms), MAX_SYNONYMS);
	bool ok = characters(json_str_or(member, "display_name", "")) <= MAX_NAME;
	for (const struct json *s = json_first(synonyms); ok && s; s = json_next(s))
		ok = characters(json_text(s)) <= MAX_NAME;
	return ok || err_set(err, ERR_DATA, "%s: a display name or synonym is longer than %d characters",
			     name, MAX_NAME);
}

/* The member that the patch is about keeps to the limits. */
static bool within_limits(struct side *side, const struct patch *patch)
{
	if (!patch->column)
		return true;
	struct err ignored = { 0 };
	bool broken;
	char *at = xasprintf("%s[name=\"%s\"]", list_of(side, patch, patch->column), patch->column);
	struct json *member = edit_yaml_get(&side->text, side->name, at, &broken, &ignored);
	bool ok = !member || member_ok(member, side->err);
	json_free(member);
	free(at);
	return ok;
}

static bool edit_view(struct side *side, const struct patch *patch)
{
	if (!side->there && patch->type->kind != PATCH_MV_YAML)
		return err_set(side->err, ERR_DATA, "%s: no such metric view", side->name);
	side->there = true;
	return (side->like || expected(side, patch)) && edit(side, patch) && within_limits(side, patch);
}

bool ops_mv(struct state *state, const struct patch *patch, struct outcome *outcome, struct err *err)
{
	const struct bundle_object *view = bundle_find(state->bundle, BUNDLE_METRIC_VIEW, patch->target);
	if (!view && patch->type->kind != PATCH_MV_YAML)
		return err_set(err, ERR_DATA, "no file of the bundle defines the metric view %s",
			       patch->target);
	char *path = view ? xstrdup(view->path) :
		ops_new_path(patch, "src/semantic/metric_views", "yaml", err);
	struct definition definition = { LIVE_METRIC_VIEW, path,
		view ? NULL : ops_like(state, BUNDLE_METRIC_VIEW), edit_view };
	bool ok = path && ops_definition(state, patch, &definition, outcome, err);
	free(path);
	return ok;
}
