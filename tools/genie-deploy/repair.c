#include "repair.h"

#include "sources.h"

#include "bundle.h"
#include "edityaml.h"
#include "io.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "spacefix.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

void repair_free(struct repair *repair)
{
	for (size_t i = 0; i < repair->n; i++) {
		free(repair->v[i].path);
		free(repair->v[i].text);
	}
	free(repair->v);
	json_free(repair->json);
	*repair = (struct repair){ 0 };
}

/* The first change stands for all where there is room for one only. */
static void add_change(struct repair *repair, const char *file,
	const struct spacefix_change *change)
{
	const struct { const char *key, *value; } parts[] = { { "file", file },
		{ "path", change->path }, { "change", change->text } };
	if (!repair->json) {
		repair->json = json_new_object();
		for (size_t i = 0; i < countof(parts); i++)
			json_set_str(repair->json, parts[i].key, parts[i].value);
		json_set(repair->json, "changes", json_new_array());
	}
	struct json *one = json_push(json_get(repair->json, "changes"), json_new_object());
	for (size_t i = 0; i < countof(parts); i++)
		json_set_str(one, parts[i].key, parts[i].value);
}

struct work {
	const struct diagnosis *diagnosis;
	const struct bundle *bundle; /* NULL: it could not be opened */
	const char *message;
	bool cut;
};

static bool mend(const struct work *work, struct str *text, const char *path,
	struct spacefix_changes *changes, struct err *err)
{
	struct spacefix_limit limit = { work->diagnosis->limit, work->message, work->cut };
	switch (work->diagnosis->fix) {
	case DIAGNOSIS_SORT:
		return spacefix_sort(text, path, work->bundle, changes, err);
	case DIAGNOSIS_IDS:
		return spacefix_ids(text, path, work->bundle, changes, err);
	case DIAGNOSIS_LIMIT:
		return spacefix_limit(text, path, &limit, changes, err);
	case DIAGNOSIS_NO_FIX:
		break;
	}
	return true;
}

/* A new text of the file; where an earlier step has one already, it takes its place. */
static void keep(struct repair *repair, const char *path, struct str *text)
{
	for (size_t i = 0; i < repair->n; i++)
		if (streq(repair->v[i].path, path)) {
			free(repair->v[i].text);
			repair->v[i].text = str_take(text);
			return;
		}
	GROW(repair->v, repair->cap, repair->n + 1);
	repair->v[repair->n++] = (struct repair_file){ xstrdup(path), str_take(text) };
}

/* The file as it is, or as an earlier step is going to leave it. */
static bool read_now(const struct deploy *d, const struct repair *repair, const char *path,
	struct str *text, struct err *err)
{
	for (size_t i = 0; i < repair->n; i++)
		if (streq(repair->v[i].path, path)) {
			str_add(text, repair->v[i].text);
			return true;
		}
	char *full = io_join(d->dir, path);
	bool ok = io_read_file(full, text, err);
	free(full);
	return ok;
}

/* Where the configuration is: the export itself, or a text in the file of the resource. */
struct spot {
	const char *file, *path; /* path NULL: the whole file */
};

static bool mend_inline(const struct work *work, struct str *file, const struct spot *at,
	struct spacefix_changes *changes, struct err *err)
{
	bool broken = false;
	struct json *value = edit_yaml_get(file, at->file, at->path, &broken, err);
	struct str text = STR_INIT;
	str_init(&text, BUNDLE_MAX_FILE);
	bool ok = json_text(value) != NULL || (!broken && err_set(err, ERR_DATA,
		"%s is no text there: mend it by hand, or put it into a file (file_path)",
		at->path));
	if (ok)
		str_add(&text, json_text(value));
	ok = ok && mend(work, &text, at->file, changes, err) && (changes->n == 0 ||
		edit_yaml_set(file, at->file, at->path, str_text(&text), err));
	str_free(&text);
	json_free(value);
	return ok;
}

static void plan_spot(const struct deploy *d, const struct work *work, const struct spot *at,
	struct repair *repair)
{
	struct spacefix_changes changes = { 0 };
	struct str text = STR_INIT;
	struct err why = { 0 };
	str_init(&text, BUNDLE_MAX_FILE);
	bool ok = read_now(d, repair, at->file, &text, &why) &&
		(at->path ? mend_inline(work, &text, at, &changes, &why) :
		mend(work, &text, at->file, &changes, &why));
	if (!ok)
		log_warn("%s is left as it is: %s", at->file, why.text);
	for (size_t i = 0; ok && i < changes.n; i++)
		add_change(repair, at->file, &changes.v[i]);
	if (ok && changes.n && (work->diagnosis->fix != DIAGNOSIS_LIMIT || work->cut))
		keep(repair, at->file, &text);
	spacefix_changes_free(&changes);
	str_free(&text);
}

/* Configurations that stand in the resource itself. */
static void plan_inline(const struct deploy *d, const struct work *work, struct repair *repair)
{
	const struct json *spaces = work->bundle && work->diagnosis->fix != DIAGNOSIS_NO_FIX ?
		json_get(bundle_resources(work->bundle), "genie_spaces") : NULL;
	for (const struct json *s = json_first(spaces); s; s = json_next(s)) {
		const char *file = json_str_or(s, "__file", NULL);
		if (!file || !json_get(s, "serialized_space"))
			continue;
		char *path = xasprintf("resources.genie_spaces.\"%s\".serialized_space",
			json_key(s));
		plan_spot(d, work, &(struct spot){ file, path }, repair);
		free(path);
	}
}

void repair_plan(const struct deploy *d, const struct diagnosis *diagnosis, const char *message,
	bool cut, struct repair *repair)
{
	struct bundle_options o = { .target = d->o->dbx.target };
	struct strlist paths = { 0 };
	struct err why = { 0 };
	struct bundle *bundle = bundle_open(d->dir, &o, &why);
	struct work work = { diagnosis, bundle, message, cut };
	*repair = (struct repair){ 0 };
	sources_exports(d->dir, bundle, &paths);
	for (size_t i = 0; i < paths.n; i++)
		plan_spot(d, &work, &(struct spot){ paths.v[i], NULL }, repair);
	plan_inline(d, &work, repair);
	strlist_free(&paths);
	bundle_free(bundle);
}

bool repair_write(struct deploy *d, const struct repair *repair, struct err *err)
{
	bool ok = true;
	for (size_t i = 0; ok && i < repair->n; i++) {
		const struct repair_file *file = &repair->v[i];
		char *full = io_join(d->dir, file->path);
		ok = steps_next(&d->steps, "file", file->path, err) &&
			io_write_file(full, file->text, strlen(file->text), err);
		free(full);
	}
	return ok;
}
