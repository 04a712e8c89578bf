/* Genie Spaces into the table `spaces`. */
#include "load_int.h"
#include "bundle.h"
#include "clock.h"
#include "json.h"
#include "log.h"
#include "space.h"
#include "str.h"
#include <stdlib.h>
#include <string.h>

bool load_create_spaces(struct db *db, struct err *err)
{
	return db_exec(db, "CREATE TABLE IF NOT EXISTS spaces(space_id TEXT PRIMARY KEY,"
		" title TEXT, description TEXT, warehouse_id TEXT, parent_path TEXT,"
		" serialized_space TEXT, etag TEXT, create_time INTEGER, update_time INTEGER,"
		" trashed INTEGER NOT NULL DEFAULT 0)", err);
}

void load_space_free(struct load_space *space)
{
	free(space->space_id);
	free(space->title);
	free(space->description);
	free(space->warehouse_id);
	free(space->parent_path);
	free(space->serialized_space);
	*space = (struct load_space){0};
}

static char *dup_or(const char *s, const char *other)
{
	return xstrdup(s && *s ? s : other);
}

/* A workspace holds version 2 with its arrays sorted, whatever the file has. */
static void take_space(struct load_space *out, struct space *space, const char *name)
{
	struct str text = STR_INIT;

	space_migrate(space->config);
	space_sort(space->config);
	json_print(space->config, &text);
	*out = (struct load_space){
		.space_id = dup_or(space->space_id, name),
		.title = dup_or(space->title, name),
		.description = dup_or(space->description, ""),
		.warehouse_id = dup_or(space->warehouse_id, ""),
		.parent_path = dup_or(space->parent_path, "/Workspace/Shared"),
		.serialized_space = str_take(&text),
	};
}

bool load_space_file(const char *path, const char *name, struct load_space *out, struct err *err)
{
	struct space space = {0};

	memset(out, 0, sizeof(*out));
	if (!space_load(&space, path, err))
		return false;
	take_space(out, &space, name);
	space_free(&space);
	return true;
}

bool load_add_space(struct loading *l, const struct load_space *space, struct err *err)
{
	int64_t now = clock_now_ms();

	l->report->spaces++;
	if (l->options->reset && !cat_run(l->catalog, err, "DELETE FROM spaces WHERE space_id = ?",
			"t", space->space_id))
		return false;
	if (!cat_run(l->catalog, err,
			"INSERT OR IGNORE INTO spaces(space_id, title, description, warehouse_id,"
			" parent_path, serialized_space, etag, create_time, update_time, trashed)"
			" VALUES (?, ?, ?, ?, ?, ?, '1', ?, ?, 0)", "ttttttii", space->space_id,
			space->title, space->description, space->warehouse_id, space->parent_path,
			space->serialized_space, now, now))
		return false;
	l->report->added += db_changes(l->catalog->db) > 0;
	return true;
}

static void replace_text(char **text, const char *by)
{
	if (by) {
		free(*text);
		*text = xstrdup(by);
	}
}

static bool read_space(const struct bundle *bundle, const struct bundle_space *item,
	struct space *space, struct err *err)
{
	struct str text = STR_INIT;
	char *path = bundle_path(bundle, item->path ? item->path : item->key);
	bool ok;

	if (item->path) {
		ok = bundle_read(bundle, item->path, &text, err) &&
		     space_parse(space, str_text(&text), text.n, path, err);
	} else if (json_text(item->inline_space)) {
		ok = space_parse(space, json_text(item->inline_space),
			strlen(json_text(item->inline_space)), path, err);
	} else {
		ok = space_from_json(space, item->inline_space, path, err);
	}
	str_free(&text);
	free(path);
	return ok;
}

/* The space of an entry of the bundle as it is to be loaded. */
static bool read_entry(const struct bundle *bundle, const struct bundle_space *item,
	struct load_space *out, struct err *err)
{
	struct space space = {0};

	if (!read_space(bundle, item, &space, err))
		return false;
	take_space(out, &space, item->key);
	/* databricks.yml wins over what the export's wrapper says; an export that no
	 * resource names keeps its own id. */
	if (!streq(item->space_id, item->key) || item->title)
		replace_text(&out->space_id, item->space_id);
	replace_text(&out->title, item->title);
	replace_text(&out->description, item->description);
	replace_text(&out->warehouse_id, item->warehouse_id);
	replace_text(&out->parent_path, item->parent_path);
	space_free(&space);
	return true;
}

/* A file that broke since an earlier load changes nothing of the workspace, as elsewhere: it is
 * the deployment that says what is wrong with it. Without an earlier load there is no space. */
static bool pass_over(struct loading *l, const char *key, struct err *err)
{
	char *before = NULL;
	struct err was = *err, why = {0};

	if (err->code != ERR_DATA || l->options->reset)
		return false;
	if (cat_meta_get(l->catalog, key, &before, &why) && before) {
		log_warn("%s; the space stays as it is in the workspace", err->text);
		free(before);
		return true;
	}
	return err_set(err, ERR_DATA, "%s; without this file the workspace has no such space:"
		" mend it there; git diff shows what changed", was.text);
}

static bool load_entry(struct loading *l, const struct bundle *bundle,
	const struct bundle_space *item, struct err *err)
{
	struct load_space out = {0};
	const char *key = arena_printf(&l->arena, "loaded space %s", item->key);
	bool ok;

	if (!read_entry(bundle, item, &out, err))
		return pass_over(l, key, err);
	ok = load_add_space(l, &out, err) && cat_meta_set(l->catalog, key, "1", err);
	load_space_free(&out);
	return ok;
}

bool load_bundle_spaces(struct loading *l, const struct bundle *bundle, struct err *err)
{
	for (size_t i = 0; i < bundle_space_count(bundle); i++)
		if (!load_entry(l, bundle, bundle_space_at(bundle, i), err))
			return false;
	return true;
}
