/* Back to a configuration of an earlier time: the differences between that and what there is,
 * as one change of both sides. */
#include "restore.h"

#include "adopt.h"
#include "artifact.h"
#include "bundle.h"
#include "drift.h"
#include "fresh.h"
#include "json.h"
#include "log.h"
#include "ops.h"
#include "space.h"
#include "str.h"
#include "vet.h"

#include <stdlib.h>
#include <string.h>

/* ---- one value ---- */
static void tell(struct json *restored, const struct drift_item *item, const char *title)
{
	struct json *o = json_push(restored, json_new_object());
	json_set_str(o, "object", title);
	json_set_str(o, "kind", item->what.kind == LIVE_SPACE ? "space" :
		live_kind_text(item->what.kind));
	json_set_str(o, "taken_from", "snapshot");
	json_set_str(o, "file", item->file);
	json_set_str(o, "path", item->path);
}

/* The space as a whole is set from the model's text, see restore_space. */
static bool to_live(struct state *state, const struct drift_item *item, struct err *err)
{
	const struct live *what = &item->what;
	if (what->kind == LIVE_SPACE)
		return true;
	struct live *live = state_live(state, what->kind, what->name, what->column, what->key,
		err);
	if (live)
		ops_set(&live->after, xstrdup(item->then));
	return live != NULL;
}

static bool to_both(struct state *state, const struct drift_item *item, struct err *err)
{
	struct drift_item back = *item;
	bool comment = item->what.kind == LIVE_TABLE_COMMENT ||
		item->what.kind == LIVE_COLUMN_COMMENT;
	char none[] = "";
	/* a file says of what has no comment that it is empty */
	back.what.before = !item->then && comment ? none : item->then;
	return to_live(state, item, err) && (drift_same(item, item->what.after, item->then) ||
		adopt_file(state, &back, err));
}

/* What the file alone says otherwise is no matter of going back. What all three say otherwise
 * was edited, and the words would be lost. */
static bool restore_item(struct job *job, const struct drift_item *item, struct json *restored,
	struct err *err)
{
	char *title = drift_title(item);
	bool ok = true;
	if (!item->known) {
		free(title);
		return true;
	}
	if (item->missing) {
		ok = err_set(err, ERR_DATA, "%s: the workspace has no such object; deploy it",
			title);
	} else if (drift_same(item, item->what.before, item->then)) {
		log_warn("%s:%zu: %s is not as it was then, nor as it is in the workspace, and "
			"is left", item->file, item->line, title);
	} else if (!drift_same(item, item->what.before, item->what.after) &&
		   !drift_same(item, item->what.after, item->then)) {
		ok = err_set(err, ERR_TEMP, "refetch: %s:%zu: %s is neither as in the workspace "
			"nor as it was then; end that difference first (--verify, then --theirs or "
			"--ours)", item->file, item->line, title);
	} else {
		ok = to_both(&job->state, item, err) || err_wrap(err, "%s", title);
		if (ok)
			tell(restored, item, title);
	}
	free(title);
	return ok;
}

/* ---- the space ---- */
static bool restore_space(struct job *job, const struct json *model, struct err *err)
{
	const struct json *config = json_get(model, "config");
	struct live *live = state_live(&job->state, LIVE_SPACE, job->state.space_id, NULL, NULL,
		err);
	struct json *now = live ? json_parse(live->before, strlen(live->before), err) : NULL;
	struct str text = STR_INIT;
	char is[SHA256_HEX], was[SHA256_HEX];
	bool ok = now != NULL;
	if (ok && !streq(space_hash(now, NULL, is), space_hash(config, NULL, was))) {
		json_print(config, &text);
		ops_set(&live->after, xstrdup(json_str_or(model, "config_raw", str_text(&text))));
	}
	str_free(&text);
	json_free(now);
	return ok;
}

/* ---- all of it ---- */
/* Its objects are those of one space of one workspace. */
static bool same_space(const struct job *job, const struct json *model, struct err *err)
{
	const char *id = json_str_or(model, "space_id", ""), *now = json_str_or(job->snapshot,
		"space_id", "");
	if (!json_is(json_get(model, "config"), JSON_OBJECT) ||
	    !json_is(json_get(model, "uc"), JSON_OBJECT))
		return err_set(err, ERR_DATA, "%s: it holds no metadata of Unity Catalog, or no "
			"configuration", job->o->restore);
	return streq(id, now) || err_set(err, ERR_DATA,
		"%s: it is of space %s, and this is space %s", job->o->restore, id, now);
}

static bool read_both(struct job *job, struct json **model, struct err *err)
{
	if (!job->o->snapshot)
		return err_set(err, ERR_USAGE,
			"--restore needs --snapshot, what genie-fetch says of the space now");
	*model = artifact_load(job->o->restore, "space", err);
	if (!*model || !job_open(job, err) || !job_read_snapshot(job, err) ||
	    !same_space(job, *model, err) || !job_recover(job, err))
		return false;
	job->state.space_id = json_str_or(job->snapshot, "space_id", NULL);
	return true;
}

static bool work_in(struct job *job, const struct json *model, struct json *restored,
	struct err *err)
{
	struct drift drift = { .all = true };
	bool ok = drift_find(&drift, &job->state, model, err) && restore_space(job, model, err);
	for (size_t i = 0; ok && i < drift.n; i++)
		ok = restore_item(job, &drift.v[i], restored, err);
	drift_free(&drift);
	return ok && restore_check(job, model, err) && vet_state(&job->state, err) &&
		fresh_all(job, err);
}

bool run_restore(struct job *job, struct err *err)
{
	struct json *model = NULL, *d = NULL;
	bool ok = read_both(job, &model, err);
	if (ok) {
		d = job_document(job, "applied");
		json_set_str(d, "config_id", json_str_or(model, "config_id", NULL));
		ok = work_in(job, model, json_set(d, "adopted", json_new_array()), err) &&
			job_carry_out(job, d, err);
	}
	json_free(d);
	json_free(model);
	return ok;
}
