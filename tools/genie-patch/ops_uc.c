/* Comments, tags and properties of tables: a SQL statement here, gold YAML and the
 * files of monitors and models there. */
#include "ops.h"

#include "bundle.h"
#include "edityaml.h"
#include "editpy.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	enum patch_kind patch;
	enum live_kind table, column;
} kinds[] = {
	{ PATCH_TABLE_COMMENT, LIVE_TABLE_COMMENT, LIVE_TABLE_COMMENT },
	{ PATCH_COLUMN_COMMENT, LIVE_COLUMN_COMMENT, LIVE_COLUMN_COMMENT },
	{ PATCH_TAG, LIVE_TABLE_TAG, LIVE_COLUMN_TAG },
	{ PATCH_COMPLIANCE_TAG, LIVE_TABLE_TAG, LIVE_COLUMN_TAG },
	{ PATCH_PROPERTY, LIVE_PROPERTY, LIVE_PROPERTY },
};

static struct live *the_value(struct state *state, const struct patch *patch, struct err *err)
{
	for (size_t i = 0; i < countof(kinds); i++)
		if (kinds[i].patch == patch->type->kind)
			return state_live(state, patch->column ? kinds[i].column : kinds[i].table,
				patch->target, patch->column, patch->key, err);
	err_set(err, ERR_DATA, "%s is not supported on tables", patch->type->name);
	return NULL;
}

/* "columns[name="eff_amt"].comment", `tags."k"` and so on. */
static void gold_path(const struct patch *patch, struct str *path)
{
	if (patch->column && patch->type->kind != PATCH_PROPERTY)
		str_addf(path, "columns[name=\"%s\"].", patch->column);
	switch (patch->type->kind) {
	case PATCH_TABLE_COMMENT:
	case PATCH_COLUMN_COMMENT: str_add(path, "comment"); break;
	case PATCH_PROPERTY: str_addf(path, "table_properties.\"%s\"", patch->key); break;
	default: str_addf(path, "tags.\"%s\"", patch->key); break;
	}
}

static void kept_in(struct outcome *outcome, const char *path)
{
	strlist_add_new(&outcome->files, path);
}

/* One scalar of one YAML file. */
static bool yaml_value(struct state *state, const char *file_path, const char *path,
		       const struct patch *patch, struct outcome *outcome, struct err *err)
{
	struct file *file = state_file(state, file_path, err);
	if (!file)
		return false;
	struct str text = STR_INIT, value = STR_INIT;
	bool broken = false, ok = true;
	str_add(&text, file->after);
	if (patch->type->verb == PATCH_REMOVE) {
		struct json *now = edit_yaml_get(&text, file_path, path, &broken, err);
		ok = !broken && (!now || edit_yaml_remove(&text, file_path, path, err));
		json_free(now);
	} else {
		ok = ops_to_file(state, patch->new_text, file->after, &value, err) &&
			edit_yaml_set(&text, file_path, path, str_text(&value), err);
	}
	if (ok && !streq(str_text(&text), file->after)) {
		outcome->changed = true;
		ops_set(&file->after, xstrdup(str_text(&text)));
	}
	if (ok)
		kept_in(outcome, file_path);
	str_free(&text);
	str_free(&value);
	return ok;
}

static bool gold(struct state *state, const struct patch *patch, struct outcome *outcome,
		 struct err *err)
{
	const struct bundle_object *table = bundle_find(state->bundle, BUNDLE_TABLE, patch->target);
	if (!table)
		return true;
	struct str path = STR_INIT;
	gold_path(patch, &path);
	bool ok = yaml_value(state, table->path, str_text(&path), patch, outcome, err);
	str_free(&path);
	return ok;
}

/* ---- monitors and models ---- */
static const char *last_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot ? dot + 1 : name;
}

/* A dict that already describes the column; descriptions of new ones go into the
 * monitor's or the predictions' dict when `add` is set. */
static bool python(struct state *state, const char *path, bool add, const struct patch *patch,
		   struct outcome *outcome, struct err *err)
{
	static const char *const dicts[] = { "METRIC_DESCRIPTIONS", "PREDICTION_DESCRIPTIONS",
		"FEATURE_DESCRIPTIONS", "COLUMN_DESCRIPTIONS" };
	struct file *file = state_file(state, path, err);
	if (!file)
		return false;
	struct str text = STR_INIT;
	bool ok = true;
	const char *found = NULL;
	str_add(&text, file->after);
	for (size_t i = 0; i < countof(dicts) && !found; i++) {
		char *now = edit_py_get(&text, dicts[i], patch->column);
		if (now || (add && edit_py_has(&text, dicts[i])))
			found = dicts[i];
		free(now);
	}
	if (found) {
		ok = edit_py_set(&text, path, found, patch->column, patch->new_text, err);
		if (ok)
			kept_in(outcome, path);
		if (ok && !streq(str_text(&text), file->after)) {
			outcome->changed = true;
			ops_set(&file->after, xstrdup(str_text(&text)));
		}
	}
	str_free(&text);
	return ok;
}

/* Where a monitors' or models' YAML says something about the column; "" nowhere. */
static void described_at(const struct file *file, const struct patch *patch, struct str *path)
{
	static const struct {
		const char *list, *name, *columns, *text;
	} forms[] = {
		{ "monitors", "profile_table", "custom_metrics", "description" },
		{ "prediction_tables", "table_name", "columns", "comment" },
		{ "feature_tables", "table_name", "features", "comment" },
	};
	struct str text = STR_INIT;
	str_add(&text, file->after);
	for (size_t i = 0; i < countof(forms) && !path->n; i++) {
		struct err ignored = { 0 };
		bool broken;
		str_addf(path, "%s[%s=\"%s\"]", forms[i].list, forms[i].name, last_name(patch->target));
		if (patch->column)
			str_addf(path, ".%s[name=\"%s\"]", forms[i].columns, patch->column);
		struct json *item = edit_yaml_get(&text, file->path, str_text(path), &broken, &ignored);
		if (item)
			str_addf(path, ".%s", patch->column ? forms[i].text : "description");
		else
			str_reset(path);
		json_free(item);
	}
	str_free(&text);
}

static bool side_files(struct state *state, const struct patch *patch, struct outcome *outcome,
		       struct err *err)
{
	struct strlist pythons = { 0 };
	bool ok = true, described = false;
	for (size_t i = 0; ok && i < bundle_count(state->bundle); i++) {
		const struct bundle_object *o = bundle_at(state->bundle, i);
		if (o->kind != BUNDLE_MONITOR && o->kind != BUNDLE_ML)
			continue;
		if (ends_with(o->path, ".py")) {
			strlist_add_new(&pythons, o->path);
			continue;
		}
		struct file *file = state_file(state, o->path, err);
		struct str path = STR_INIT;
		ok = file != NULL;
		if (ok)
			described_at(file, patch, &path);
		if (path.n && !strlist_has(&outcome->files, o->path)) {
			described = true;
			ok = yaml_value(state, o->path, str_text(&path), patch, outcome, err);
		}
		str_free(&path);
	}
	/* a dict stands for one table; only its own columns belong there */
	for (size_t i = 0; ok && patch->column && i < pythons.n; i++) {
		size_t at = bundle_in_file(state->bundle, pythons.v[i], 0);
		bool own = false;
		while (at < bundle_count(state->bundle)) {
			const struct bundle_object *o = bundle_at(state->bundle, at);
			own = own || strieq(o->name, last_name(patch->target)) || o->kind == BUNDLE_ML;
			at = bundle_in_file(state->bundle, pythons.v[i], at + 1);
		}
		if (own)
			ok = python(state, pythons.v[i], described, patch, outcome, err);
	}
	strlist_free(&pythons);
	return ok;
}

bool ops_uc(struct state *state, const struct patch *patch, struct outcome *outcome, struct err *err)
{
	struct live *live = the_value(state, patch, err);
	if (!live)
		return false;
	const char *wanted = patch->type->verb == PATCH_REMOVE ? NULL : patch->new_text;
	char *title = live_title(live);
	bool ok = ops_expect(patch, live->after, title, wanted, err);
	free(title);
	if (!ok)
		return false;
	outcome->live = live;
	outcome->before = xstrdup(live->after);
	if (!live_same(live->kind, live->after, wanted)) {
		outcome->changed = true;
		ops_set(&live->after, xstrdup(wanted));
	}
	outcome->after = xstrdup(live->after);
	ok = gold(state, patch, outcome, err);
	bool comment = patch->type->kind == PATCH_TABLE_COMMENT ||
		patch->type->kind == PATCH_COLUMN_COMMENT;
	if (ok && comment)
		ok = side_files(state, patch, outcome, err);
	if (ok && outcome->files.n == 0)
		ok = err_set(err, ERR_DATA, "no file of the bundle describes %s", patch->target);
	return ok;
}
