#include "adopt.h"

#include "bundle.h"
#include "editpy.h"
#include "editsql.h"
#include "edityaml.h"
#include "json.h"
#include "log.h"
#include "ops.h"
#include "space.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* ---- agreement ---- */
static bool agrees(const struct drift_item *item, const struct json *listed)
{
	return streq(json_str_or(listed, "live", NULL), item->what.before) &&
		streq(json_str_or(listed, "repository", NULL), item->what.after);
}

static const struct drift_item *find(const struct drift *now, const struct json *listed,
	struct err *err)
{
	const char *object = json_need_str(listed, "object", err);
	for (size_t i = 0; object && i < now->n; i++) {
		char *title = drift_title(&now->v[i]);
		bool is = streq(title, object) &&
			streq(json_str_or(listed, "path", ""), now->v[i].path) &&
			streq(json_str_or(listed, "file", ""), now->v[i].file);
		free(title);
		if (is && agrees(&now->v[i], listed))
			return &now->v[i];
		if (is) {
			err_set(err, ERR_TEMP,
				"refetch: %s is not as the drift report has it: it is \"%.100s\" "
				"in the workspace and \"%.100s\" in %s", object,
				now->v[i].what.before ?
				now->v[i].what.before : "", now->v[i].what.after ?
				now->v[i].what.after : "",
				now->v[i].file);
			return NULL;
		}
	}
	if (object)
		err_set(err, ERR_TEMP, "refetch: %s does not differ any more", object);
	return NULL;
}

/* ---- into the workspace ---- */
static bool put(struct json *config, const struct spot *spot, const char *text, struct err *err)
{
	return spot_put(config, spot, text) ||
		err_set(err, ERR_DATA, "this part of a space is changed by hand only");
}

static bool to_space(struct live *live, const struct drift_item *item, struct err *err)
{
	struct json *config = json_parse(live->after, strlen(live->after), err);
	struct str text = STR_INIT;
	bool ok = config && put(config, &item->spot, item->what.after, err);
	if (ok) {
		json_print(config, &text);
		ops_set(&live->after, xstrdup(str_text(&text)));
	}
	str_free(&text);
	json_free(config);
	return ok;
}

static bool to_live(struct state *state, const struct drift_item *item, struct err *err)
{
	const struct live *what = &item->what;
	struct live *live = state_live(state, what->kind, what->name, what->column, what->key, err);
	if (!live)
		return false;
	if (what->kind == LIVE_SPACE)
		return to_space(live, item, err);
	ops_set(&live->after, xstrdup(what->after));
	return true;
}

/* ---- into the file ---- */
static bool to_export(struct state *state, struct file *file, const struct drift_item *item,
		      struct err *err)
{
	struct space space = { 0 };
	struct str id = STR_INIT, value = STR_INIT;
	struct spot spot = item->spot; /* names of the file are written with variables */
	bool ok = space_parse(&space, file->after, strlen(file->after), file->path, err) &&
		ops_to_file(state, spot.id, file->after, &id, err);
	if (ok && item->what.before)
		ok = ops_to_file(state, item->what.before, file->after, &value, err);
	spot.id = (char *)(uintptr_t)str_text(&id);
	ok = ok && put(space.config, &spot, item->what.before ? str_text(&value) : NULL, err) &&
		ops_rewrite(file, &space, err);
	space_free(&space);
	str_free(&value);
	str_free(&id);
	return ok;
}

static bool to_yaml(struct state *state, struct str *text, const struct drift_item *item,
		    struct err *err)
{
	struct str value = STR_INIT;
	bool ok;
	if (item->what.before)
		ok = ops_to_file(state, item->what.before, str_text(text), &value, err) &&
			edit_yaml_set(text, item->file, item->path, str_text(&value), err);
	else
		ok = edit_yaml_remove(text, item->file, item->path, err);
	str_free(&value);
	return ok;
}

/* DICT["key"]: the key is the column. */
static bool to_python(struct state *state, struct str *text, const struct drift_item *item,
		      struct err *err)
{
	struct str value = STR_INIT;
	char *dict = xstrndup(item->path, strcspn(item->path, "["));
	const char *live = item->what.before ? item->what.before : "";
	bool ok = ops_to_file(state, live, str_text(text), &value, err) &&
		edit_py_set(text, item->file, dict, item->what.column, str_text(&value), err);
	free(dict);
	str_free(&value);
	return ok;
}

/* A definition as a whole: of a function only its comment when nothing else differs. */
static bool to_code(struct state *state, struct str *text, const struct drift_item *item,
		    struct err *err)
{
	struct json *patch = drift_patch(item);
	struct str value = STR_INIT;
	bool ok = ops_to_file(state, json_str_or(patch, "new_text", ""), str_text(text), &value,
		err);
	if (ok && item->what.kind == LIVE_METRIC_VIEW) {
		if (!adopt_yaml(text, item->file, str_text(&value)))
			log_warn("%s: rewritten whole, as its items differ: comments of the "
				"file are lost", item->file);
	} else if (ok && streq(json_str_or(patch, "type", ""), "update_tvf_comment")) {
		ok = edit_sql_comment(text, item->file, item->what.name, str_text(&value), err);
	} else if (ok) {
		ok = edit_sql_statement(text, item->file, item->what.name, str_text(&value), err);
	}
	str_free(&value);
	json_free(patch);
	return ok;
}

bool adopt_file(struct state *state, const struct drift_item *item, struct err *err)
{
	struct file *file = state_file(state, item->file, err);
	if (!file)
		return false;
	if (item->what.kind == LIVE_SPACE)
		return to_export(state, file, item, err);
	struct str text = STR_INIT;
	str_add(&text, file->after);
	bool code = item->what.kind == LIVE_METRIC_VIEW || item->what.kind == LIVE_FUNCTION;
	bool ok = code ? to_code(state, &text, item, err) :
		ends_with(item->file, ".py") ? to_python(state, &text, item, err) :
		to_yaml(state, &text, item, err);
	if (ok)
		ops_set(&file->after, xstrdup(str_text(&text)));
	str_free(&text);
	return ok;
}

/* What was accepted, where it is not. */
static bool to_both(struct state *state, const struct drift_item *item, struct err *err)
{
	struct drift_item file = *item, live = *item;
	if (!item->known)
		return err_set(err, ERR_DATA, "the snapshot does not say what was accepted");
	file.what.before = live.what.after = item->then;
	return (drift_same(item, item->what.after, item->then) || adopt_file(state, &file, err)) &&
		(drift_same(item, item->what.before, item->then) || to_live(state, &live, err));
}

static bool to_side(struct state *state, const struct drift_item *item, enum adopt_side side,
	struct err *err)
{
	return side == ADOPT_THEIRS ? adopt_file(state, item, err) :
		side == ADOPT_OURS ? to_live(state, item, err) : to_both(state, item, err);
}

bool adopt(struct state *state, const struct drift *now, const struct json *report,
	enum adopt_side side, struct json *adopted, struct err *err)
{
	static const char *const from[] = { "workspace", "repository", "snapshot" };
	const struct json *list = json_need(report, "drift", JSON_ARRAY, err);
	if (!list)
		return false;
	for (const struct json *listed = json_first(list); listed; listed = json_next(listed)) {
		const struct drift_item *item = find(now, listed, err);
		if (!item)
			return false;
		if (item->missing)
			return err_set(err, ERR_DATA,
				"%s: the workspace has no such object; deploy it",
				       json_str_or(listed, "object", ""));
		if (!to_side(state, item, side, err))
			return err_wrap(err, "%s", json_str_or(listed, "object", ""));
		struct json *o = json_push(adopted, json_new_object());
		json_set_str(o, "object", json_str_or(listed, "object", ""));
		json_set_str(o, "kind", json_str_or(listed, "kind", ""));
		json_set_str(o, "taken_from", from[side]);
		json_set_str(o, "file", item->file);
		json_set_str(o, "path", item->path);
	}
	return true;
}
