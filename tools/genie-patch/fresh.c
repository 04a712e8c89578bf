#include "fresh.h"

#include "changed.h"
#include "drift.h"
#include "json.h"
#include "live.h"
#include "snapshot.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* ---- the space ---- */
/* An etag also moves when a change is made and taken back, and some answers have none: what
 * counts is what is there. */
static bool fresh_space(const struct job *job, const struct live *live, struct err *err)
{
	const struct json *then = json_get(job->snapshot, "config");
	const char *etag = json_str_or(job->snapshot, "etag", job->set.etag);
	if (then)
		return live_space_unchanged(live, then, "the snapshot", err);
	return !etag || !live->etag || streq(etag, live->etag) ||
		err_set(err, ERR_TEMP, "refetch: space %s changed (etag %s, the patches have %s)",
			live->name, live->etag, etag);
}

/* ---- the rest ---- */
static bool fresh(const struct job *job, const struct live *live, struct err *err)
{
	bool known;
	if (live->kind == LIVE_SPACE)
		return fresh_space(job, live, err);
	char *text = snapshot_text(job->snapshot, live, &known);
	bool same = !known || live_same(live->kind, live->before, text);
	if (!same)
		changed_live(live, live->before, text, "the snapshot", err);
	free(text);
	return same;
}

static const struct live *touched(const struct job *job, const struct drift_item *item)
{
	for (size_t i = 0; i < job->state.nlive; i++) {
		const struct live *live = job->state.live[i];
		if (live->kind == item->what.kind && strieq(live->name, item->what.name) &&
		    strieq(live->column, item->what.column) && streq(live->key, item->what.key) &&
		    live->kind != LIVE_SPACE && live_changed(live))
			return live;
	}
	return NULL;
}

/* A file that says something else than the workspace and the snapshot was edited: its words would
 * be lost. A file that says nothing loses nothing. */
static bool files_fresh(const struct job *job, struct err *err)
{
	struct drift drift = { 0 };
	struct state state = { .dbx = job->state.dbx, .bundle = job->state.bundle,
		.warehouse_given = job->state.warehouse_given,
		.warehouse_fallback = job->state.warehouse_fallback };
	bool ok = drift_uc(&drift, &state, job->snapshot, err);
	for (size_t i = 0; ok && i < drift.n; i++) {
		const struct drift_item *item = &drift.v[i];
		const struct live *live = touched(job, item);
		if (!live || !item->what.after || !streq(drift_change(item), "repository") ||
		    live_same(live->kind, item->what.after, live->after))
			continue;
		char *title = drift_title(item);
		char *place = xasprintf("%s:%zu: %s", item->file, item->line, title);
		ok = changed_text(place, item->what.after, item->then, "the snapshot", err);
		free(place);
		free(title);
	}
	drift_free(&drift);
	state_free(&state);
	return ok;
}

static bool touches_uc(const struct job *job)
{
	for (size_t i = 0; i < job->state.nlive; i++)
		if (job->state.live[i]->kind != LIVE_SPACE && live_changed(job->state.live[i]))
			return true;
	return false;
}

bool fresh_all(const struct job *job, struct err *err)
{
	for (size_t i = 0; i < job->state.nlive; i++)
		if (live_changed(job->state.live[i]) && !fresh(job, job->state.live[i], err))
			return false;
	return !job->snapshot || !touches_uc(job) || files_fresh(job, err);
}
