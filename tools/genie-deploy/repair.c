#include "repair.h"

#include "sources.h"

#include "bundle.h"
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

static void plan_file(const struct deploy *d, const struct work *work, const char *path,
	struct repair *repair)
{
	struct spacefix_changes changes = { 0 };
	struct str text = STR_INIT;
	struct err why = { 0 };
	char *full = io_join(d->dir, path);
	str_init(&text, BUNDLE_MAX_FILE);
	bool ok = io_read_file(full, &text, &why) && mend(work, &text, path, &changes, &why);
	if (!ok)
		log_warn("%s is left as it is: %s", path, why.text);
	for (size_t i = 0; ok && i < changes.n; i++)
		add_change(repair, path, &changes.v[i]);
	if (ok && changes.n && (work->diagnosis->fix != DIAGNOSIS_LIMIT || work->cut)) {
		GROW(repair->v, repair->cap, repair->n + 1);
		repair->v[repair->n++] = (struct repair_file){ xstrdup(path), str_take(&text) };
	}
	spacefix_changes_free(&changes);
	str_free(&text);
	free(full);
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
		plan_file(d, &work, paths.v[i], repair);
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
