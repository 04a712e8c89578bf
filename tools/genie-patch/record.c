#include "record.h"

#include "digest.h"
#include "json.h"
#include "str.h"
#include "textdiff.h"
#include "vet.h"

#include <stdlib.h>
#include <string.h>

static void put_sha(struct json *object, const char *key, const char *text)
{
	char hex[SHA256_HEX];
	json_set_str(object, key, text ? sha256_hex(text, strlen(text), hex) : NULL);
}

static void put_live(struct json *list, const struct live *live)
{
	struct json *o = json_push(list, json_new_object());
	json_set_str(o, "kind", live_kind_text(live->kind));
	json_set_str(o, "name", live->name);
	if (*live->column)
		json_set_str(o, "column", live->column);
	if (*live->key)
		json_set_str(o, "key", live->key);
	json_set_str(o, "before", live->before);
	json_set_str(o, "after", live->after);
}

static void put_file(struct json *list, const struct file *file)
{
	struct json *o = json_push(list, json_new_object());
	struct str diff = STR_INIT;
	const char *before = file->before ? file->before : "", *after = file->after ? file->after : "";
	unified_diff(file->path, before, strlen(before), after, strlen(after), &diff);
	json_set_str(o, "path", file->path);
	put_sha(o, "before_sha256", file->before);
	put_sha(o, "after_sha256", file->after);
	json_set_str(o, "diff", str_text(&diff));
	json_set_str(o, "before", file->before);
	json_set_str(o, "after", file->after);
	str_free(&diff);
}

void record_write(const struct state *state, struct json *document)
{
	struct json *objects = json_set(document, "objects", json_new_array());
	struct json *files = json_set(document, "files", json_new_array());
	for (size_t i = 0; i < state->nlive; i++)
		if (live_changed(state->live[i]))
			put_live(objects, state->live[i]);
	for (size_t i = 0; i < state->nfiles; i++)
		if (file_changed(state->files[i]))
			put_file(files, state->files[i]);
}

static bool read_live(struct state *state, const struct json *o, struct err *err)
{
	const char *kind = json_need_str(o, "kind", err);
	const char *name = kind ? json_need_str(o, "name", err) : NULL;
	const char *column = "", *key = "", *before = NULL, *after = NULL;
	int found = -1;
	if (!name || !json_opt_str(o, "column", &column, err) || !json_opt_str(o, "key", &key, err) ||
	    !json_opt_str(o, "before", &before, err) || !json_opt_str(o, "after", &after, err))
		return false;
	for (int k = 0; k < LIVE_NKINDS; k++)
		if (streq(live_kind_text((enum live_kind)k), kind))
			found = k;
	if (found < 0)
		return json_expected(json_get(o, "kind"), "a kind of object", err);
	struct live live = { .kind = (enum live_kind)found, .name = xstrdup(name),
		.column = xstrdup(column), .key = xstrdup(key), .before = xstrdup(before),
		.after = xstrdup(after) };
	return vet_live(state_add_live(state, &live), err);
}

static bool read_file(struct state *state, const struct json *o, struct err *err)
{
	const char *path = json_need_str(o, "path", err), *before = NULL, *after = NULL;
	if (!path || !json_opt_str(o, "before", &before, err) ||
	    !json_opt_str(o, "after", &after, err) || !vet_file(path, err))
		return false;
	struct file file = { .path = xstrdup(path), .before = xstrdup(before),
		.after = xstrdup(after) };
	state_add_file(state, &file);
	return true;
}

/* Errors of json.h name their place themselves. */
static bool at(const char *list, size_t i, struct err *err)
{
	return starts_with(err->text, "$") ? false : err_wrap(err, "$.%s[%zu]", list, i);
}

bool record_read(struct state *state, const struct json *document, struct err *err)
{
	const struct json *objects = json_need(document, "objects", JSON_ARRAY, err);
	const struct json *files = objects ? json_need(document, "files", JSON_ARRAY, err) : NULL;
	if (!files)
		return false;
	size_t i = 0;
	for (const struct json *o = json_first(objects); o; o = json_next(o), i++)
		if (!read_live(state, o, err))
			return at("objects", i, err);
	i = 0;
	for (const struct json *o = json_first(files); o; o = json_next(o), i++)
		if (!read_file(state, o, err))
			return at("files", i, err);
	return true;
}
