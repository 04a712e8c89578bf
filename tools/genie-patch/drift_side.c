/* What the files of monitors and models say of tables and columns, beside the workspace. */
#include "drift_look.h"

#include "bundle.h"
#include "editpy.h"
#include "forms.h"
#include "snapshot.h"
#include "sqltext.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

/* One table of one list. */
struct entry {
	const struct form *form;
	struct bundle_object at; /* with the names of this table */
	const struct yaml_node *map;
};

/* Is there a comment, or was there? These texts reach the workspace when the monitor or the model
 * runs: what it does not have yet is no difference. */
static bool arrived(const struct look *look, const char *column, const char *live)
{
	struct live what = { .kind = *column ? LIVE_COLUMN_COMMENT : LIVE_TABLE_COMMENT,
		.name = (char *)(uintptr_t)look->object->full_name,
		.column = (char *)(uintptr_t)column, .key = (char *)(uintptr_t)"" };
	bool known;
	char *then = snapshot_text(look->snapshot, &what, &known);
	bool is = (live && *live) || (then && *then);
	free(then);
	return is;
}

/* A text that is there says something; one that is not leaves it to other files. */
static void compare(struct look *look, const char *column, const char *path, size_t line,
	const char *text)
{
	const char *names[] = { look->table, column };
	const struct stmt_result *rows = &look->schema.v[*column ? COLUMNS : TABLES];
	bool found;
	const char *live = look_cell(rows, names, *column ? 2 : 1, &found);
	if (!found || !text || !*text || !arrived(look, column, live))
		return;
	look_value(look, &(struct drift_item){ .line = line,
		.path = (char *)(uintptr_t)path, .what = {
		.kind = *column ? LIVE_COLUMN_COMMENT : LIVE_TABLE_COMMENT,
		.column = (char *)(uintptr_t)column, .before = (char *)(uintptr_t)live,
		.after = (char *)(uintptr_t)text } });
}

/* The entries of the dict in one Python file, for the columns that the YAML names. */
static void python(struct look *look, const struct entry *entry, const struct str *text)
{
	const struct yaml_node *columns = yaml_get(entry->map, entry->form->columns);
	for (size_t i = 0; columns && columns->kind == YAML_SEQ && i < columns->n; i++) {
		const char *name = look_scalar(columns->items[i], "name");
		char *own = name ? edit_py_get(text, entry->form->dict, name) : NULL;
		char *path = xasprintf("%s[\"%s\"]", entry->form->dict, name ? name : "");
		if (own)
			compare(look, name, path, edit_py_line(text, entry->form->dict, name), own);
		free(path);
		free(own);
	}
}

static bool pythons(struct look *look, struct entry *entry, struct err *err)
{
	const struct bundle *bundle = look->state->bundle;
	struct strlist done = { 0 };
	bool ok = true;
	for (size_t i = 0; ok && i < bundle_count(bundle); i++) {
		const struct bundle_object *o = bundle_at(bundle, i);
		bool monitor = o->kind == BUNDLE_MONITOR;
		struct str text = STR_INIT;
		if (o->kind != entry->form->kind || !ends_with(o->path, ".py") ||
		    (monitor && !strieq(o->name, look->table)) || !strlist_add_new(&done, o->path))
			continue;
		entry->at.path = o->path;
		ok = bundle_read(bundle, o->path, &text, err);
		if (ok)
			python(look, entry, &text);
		str_free(&text);
	}
	strlist_free(&done);
	return ok;
}

static void described(struct look *look, const struct form *form, const char *column,
	const struct yaml_node *map)
{
	const char *member = form_text(form, column);
	char *at = form_path(form, look->table, column), *path = xasprintf("%s.%s", at, member);
	compare(look, column, path, look_line(map, member), look_scalar(map, member));
	free(path);
	free(at);
}

static void columns(struct look *look, const struct entry *entry)
{
	const struct form *form = entry->form;
	const struct yaml_node *list = yaml_get(entry->map, form->columns);
	for (size_t i = 0; list && list->kind == YAML_SEQ && i < list->n; i++) {
		const char *name = look_scalar(list->items[i], "name");
		if (name && *name)
			described(look, form, name, list->items[i]);
	}
}

static bool entry_of(struct look *look, const struct form *form, const struct bundle_object *file,
	const struct yaml_node *map, struct err *err)
{
	struct entry entry = { .form = form, .at = *file, .map = map };
	struct arena arena = { 0 };
	const char *p[SQL_NAME_PARTS], *name = look_scalar(map, form->name);
	bool ok = true;
	entry.at.name = name;
	entry.at.full_name = name ? arena_printf(&arena, "%s.%s.%s",
		bundle_catalog(look->state->bundle), bundle_schema(look->state->bundle), name) : "";
	if (name && sql_split_name(&arena, entry.at.full_name, p) == 3) {
		look->object = &entry.at;
		look->table = p[2];
		ok = look_schema(look, p[0], p[1], err);
		if (ok) {
			described(look, form, "", map);
			columns(look, &entry);
			ok = pythons(look, &entry, err);
		}
		look->object = NULL; /* it was ours */
	}
	arena_free(&arena);
	return ok;
}

static bool yaml_file(struct look *look, const struct bundle_object *file, struct err *err)
{
	struct str text = STR_INIT;
	bool ok = bundle_read(look->state->bundle, file->path, &text, err);
	struct yaml *yaml = ok ? yaml_parse(str_text(&text), text.n, file->path, err) : NULL;
	const struct yaml_node *root = yaml ? yaml_root(yaml) : NULL;
	ok = yaml != NULL;
	for (size_t f = 0; ok && root && root->kind == YAML_MAP && f < NFORMS; f++) {
		const struct yaml_node *list = yaml_get(root, forms[f].list);
		for (size_t i = 0; ok && list && list->kind == YAML_SEQ && i < list->n; i++)
			if (list->items[i]->kind == YAML_MAP)
				ok = entry_of(look, &forms[f], file, list->items[i], err);
	}
	yaml_close(yaml);
	str_free(&text);
	return ok;
}

bool drift_side(struct look *look, struct err *err)
{
	const struct bundle *bundle = look->state->bundle;
	struct strlist done = { 0 };
	bool ok = true;
	for (size_t i = 0; ok && i < bundle_count(bundle); i++) {
		const struct bundle_object *o = bundle_at(bundle, i);
		if ((o->kind == BUNDLE_MONITOR || o->kind == BUNDLE_ML) &&
		    !ends_with(o->path, ".py") && strlist_add_new(&done, o->path))
			ok = yaml_file(look, o, err);
	}
	strlist_free(&done);
	return ok;
}
