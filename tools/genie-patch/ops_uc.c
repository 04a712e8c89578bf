/* Comments, tags and properties of tables: a SQL statement here, gold YAML and the
 * files of monitors and models there. */
#include "ops.h"

#include "bundle.h"
#include "edityaml.h"
#include "editpy.h"
#include "forms.h"
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

/* What these files have of the patch's table and column. */
struct sides {
	bool table[NFORMS], column[NFORMS]; /* in some YAML, by form */
	struct strlist pythons[2];                           /* paths: monitors', models' */
};

/* The dict of one Python file. */
struct dict {
	const char *path, *name;
	bool add; /* a new entry goes in */
};

static bool python(struct state *state, const struct dict *dict, const struct patch *patch,
		   struct outcome *outcome, struct err *err)
{
	struct file *file = state_file(state, dict->path, err);
	if (!file)
		return false;
	struct str text = STR_INIT;
	str_add(&text, file->after);
	bool wanted = edit_py_has_key(&text, dict->name, patch->column) ||
		(dict->add && edit_py_has(&text, dict->name));
	bool ok = !wanted || edit_py_set(&text, dict->path, dict->name, patch->column,
		patch->new_text, err);
	if (ok && wanted)
		kept_in(outcome, dict->path);
	if (ok && !streq(str_text(&text), file->after)) {
		outcome->changed = true;
		ops_set(&file->after, xstrdup(str_text(&text)));
	}
	str_free(&text);
	return ok;
}

/* Does this Python file name the table itself? */
static bool own_python(struct state *state, const char *path, const char *table)
{
	size_t n = bundle_count(state->bundle);
	for (size_t at = bundle_in_file(state->bundle, path, 0); at < n;
	     at = bundle_in_file(state->bundle, path, at + 1))
		if (strieq(bundle_at(state->bundle, at)->name, table))
			return true;
	return false;
}

/* A monitor's file names its table; the files of models do not, so that their dicts are taken
 * for those of the tables in the YAML, and get new entries only when there is one file. */
static bool pythons(struct state *state, const struct sides *sides, const struct patch *patch,
		    struct outcome *outcome, struct err *err)
{
	for (size_t f = 0; f < NFORMS; f++) {
		bool monitor = forms[f].kind == BUNDLE_MONITOR;
		const struct strlist *paths = &sides->pythons[!monitor];
		for (size_t i = 0; i < paths->n; i++) {
			struct dict dict = { paths->v[i], forms[f].dict,
				sides->column[f] && (monitor || paths->n == 1) };
			if (monitor ? !own_python(state, paths->v[i], last_name(patch->target)) :
			    !sides->table[f])
				continue;
			if (!python(state, &dict, patch, outcome, err))
				return false;
		}
	}
	return true;
}

static bool is_there(const struct file *file, const struct str *path)
{
	struct err ignored = { 0 };
	struct str text = STR_INIT;
	bool broken;
	str_add(&text, file->after);
	struct json *item = edit_yaml_get(&text, file->path, str_text(path), &broken, &ignored);
	bool found = item != NULL;
	json_free(item);
	str_free(&text);
	return found;
}

/* One YAML file: what it says of the table, or of the column. */
static bool described(struct state *state, const char *file_path, struct sides *sides,
		      const struct patch *patch, struct outcome *outcome, struct err *err)
{
	struct file *file = state_file(state, file_path, err);
	bool ok = file != NULL;
	for (size_t f = 0; ok && f < NFORMS; f++) {
		struct str path = STR_INIT;
		str_addf(&path, "%s[%s=\"%s\"]", forms[f].list, forms[f].name,
			 last_name(patch->target));
		bool table = is_there(file, &path), found = table;
		if (table && patch->column) {
			str_addf(&path, ".%s[name=\"%s\"]", forms[f].columns, patch->column);
			found = is_there(file, &path);
		}
		sides->table[f] = sides->table[f] || table;
		sides->column[f] = sides->column[f] || (found && patch->column);
		if (found) {
			str_addf(&path, ".%s", form_text(&forms[f],
				patch->column ? patch->column : ""));
			ok = yaml_value(state, file_path, str_text(&path), patch, outcome, err);
		}
		str_free(&path);
	}
	return ok;
}

static bool side_files(struct state *state, const struct patch *patch, struct outcome *outcome,
		       struct err *err)
{
	struct sides sides = { 0 };
	struct strlist yamls = { 0 };
	bool ok = true;
	for (size_t i = 0; i < bundle_count(state->bundle); i++) {
		const struct bundle_object *o = bundle_at(state->bundle, i);
		if (o->kind == BUNDLE_MONITOR || o->kind == BUNDLE_ML)
			strlist_add_new(ends_with(o->path, ".py") ?
				&sides.pythons[o->kind == BUNDLE_ML] : &yamls, o->path);
	}
	for (size_t i = 0; ok && i < yamls.n; i++)
		ok = described(state, yamls.v[i], &sides, patch, outcome, err);
	if (ok && patch->column)
		ok = pythons(state, &sides, patch, outcome, err);
	strlist_free(&yamls);
	strlist_free(&sides.pythons[0]);
	strlist_free(&sides.pythons[1]);
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
