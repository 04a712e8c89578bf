#include "drift.h"

#include "json.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_item(struct drift_item *item)
{
	char *texts[] = { item->what.name, item->what.column, item->what.key, item->what.before,
		item->what.after, item->then, item->file, item->path, item->spot.id,
		item->spot.column,
		item->spot.member };
	for (size_t i = 0; i < countof(texts); i++)
		free(texts[i]);
}

void drift_free(struct drift *drift)
{
	for (size_t i = 0; i < drift->n; i++)
		free_item(&drift->v[i]);
	free(drift->v);
	strlist_free(&drift->unlisted);
	*drift = (struct drift){ 0 };
}

bool drift_same(const struct drift_item *item, const char *a, const char *b)
{
	return item->what.kind == LIVE_SPACE ? streq(a, b) : live_same(item->what.kind, a, b);
}

void drift_add(struct drift *drift, struct drift_item *item)
{
	bool alike = drift_same(item, item->what.before, item->what.after);
	bool lost = drift->lost && item->known && item->then &&
		!drift_same(item, item->then, item->what.after);
	bool moved = drift->all && item->known && !drift_same(item, item->what.before, item->then);
	drift->compared++;
	if (!item->missing && alike && !lost && !moved) {
		free_item(item);
		return;
	}
	GROW(drift->v, drift->cap, drift->n + 1);
	drift->v[drift->n++] = *item;
}

bool drift_find(struct drift *drift, struct state *state, const struct json *snapshot,
	struct err *err)
{
	return drift_uc(drift, state, snapshot, err) &&
		(!state->space_id || drift_space(drift, state, snapshot, err));
}

char *drift_title(const struct drift_item *item)
{
	char *title = live_title(&item->what);
	if (item->what.kind != LIVE_SPACE)
		return title;
	char *full = xasprintf("%s: %s", title, item->path);
	free(title);
	return full;
}

const char *drift_change(const struct drift_item *item)
{
	if (!item->known)
		return "unknown";
	if (drift_same(item, item->then, item->what.after))
		return "live";
	if (drift_same(item, item->then, item->what.before))
		return "repository";
	return !item->missing && drift_same(item, item->what.before, item->what.after) ? "lost" :
		"both";
}

/* ---- the document ---- */
/* Why nobody can say who changed it. */
static const char *why_unknown(const struct drift_item *item)
{
	if (item->what.kind == LIVE_PROPERTY)
		return "the snapshot holds no such table property";
	return "no snapshot holds this value";
}

static void put_item(struct json *list, const struct drift_item *item, size_t number)
{
	struct json *o = json_push(list, json_new_object());
	char *title = drift_title(item), id[32];
	json_set_str(o, "object", title);
	json_set_str(o, "kind", item->what.kind == LIVE_SPACE ? "space" :
		live_kind_text(item->what.kind));
	json_set_str(o, "name", item->what.name);
	if (*item->what.column)
		json_set_str(o, "column", item->what.column);
	if (*item->what.key)
		json_set_str(o, "key", item->what.key);
	json_set_str(o, "change", drift_change(item));
	if (!item->known)
		json_set_str(o, "unknown_because", why_unknown(item));
	json_set_bool(o, "missing", item->missing);
	json_set_str(o, "live", item->what.before);
	json_set_str(o, "repository", item->what.after);
	if (item->known)
		json_set_str(o, "snapshot", item->then);
	json_set_str(o, "file", item->file);
	if (item->line)
		json_set_int(o, "line", (int64_t)item->line);
	json_set_str(o, "path", item->path);
	struct json *patch = drift_patch(item);
	if (patch) {
		snprintf(id, sizeof id, "P%03zu", number);
		json_set_str(patch, "patch_id", id);
		json_set(o, "patch", patch);
	}
	free(title);
}

void drift_write(const struct drift *drift, struct json *document)
{
	static const char *const changes[] = { "live", "repository", "both", "unknown", "lost" };
	json_set_str(document, "status", drift->n ? "drift" : "same");
	json_set_int(document, "compared", (int64_t)drift->compared);
	struct json *counts = json_set(document, "counts", json_new_object());
	struct json *list = json_set(document, "drift", json_new_array());
	struct json *unlisted = json_set(document, "unlisted", json_new_array());
	for (size_t i = 0; i < drift->unlisted.n; i++)
		json_push_str(unlisted, drift->unlisted.v[i]);
	for (size_t k = 0; k < countof(changes) - !drift->lost; k++) {
		int64_t n = 0;
		for (size_t i = 0; i < drift->n; i++)
			n += streq(drift_change(&drift->v[i]), changes[k]);
		json_set_int(counts, changes[k], n);
	}
	for (size_t i = 0; i < drift->n; i++)
		put_item(list, &drift->v[i], i + 1);
}
