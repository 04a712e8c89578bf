#include "apply.h"

#include "bundle.h"
#include "changed.h"
#include "files.h"
#include "live.h"
#include "log.h"
#include "recovery.h"
#include "steps.h"
#include "str.h"
#include "vet.h"

#include <stdlib.h>
#include <string.h>

/* ---- looking at one thing ---- */
enum stand { AS_BEFORE, AS_AFTER, BETWEEN, OTHER };

static bool is_text(const struct str *now, bool exists, const char *text)
{
	return exists ? text && now->n == strlen(text) && streq(str_text(now), text) : !text;
}

/* *found, when asked for: what is there; yours. */
static bool file_stands_as(const struct state *state, struct file *file, enum stand *stand,
			char **found, struct err *err)
{
	struct str now = STR_INIT;
	bool exists;
	bool ok = files_read(bundle_dir(state->bundle), file->path, &now, &exists, err);
	*stand = is_text(&now, exists, file->before) ? AS_BEFORE :
		is_text(&now, exists, file->after) ? AS_AFTER : OTHER;
	if (ok)
		state_prove(&file->proof, exists ? str_text(&now) : NULL);
	if (found)
		*found = ok && exists ? str_take(&now) : NULL;
	str_free(&now);
	return ok;
}

static bool file_stands(const struct state *state, struct file *file, enum stand *stand,
			struct err *err)
{
	return file_stands_as(state, file, stand, NULL, err);
}

/* *found, when asked for: what is there; yours. */
static bool live_stands_as(struct state *state, struct live *live, enum stand *stand,
			char **etag, char **found, struct err *err)
{
	char *now = NULL;
	*etag = NULL;
	if (!live_read(state, live, &now, etag, err))
		return false;
	*stand = live_same(live->kind, now, live->before) ? AS_BEFORE :
		live_same(live->kind, now, live->after) ? AS_AFTER :
		!now && live_drops_first(live) ? BETWEEN : OTHER;
	state_prove(&live->proof, now);
	if (found)
		*found = now;
	else
		free(now);
	return true;
}

static bool live_stands(struct state *state, struct live *live, enum stand *stand,
			char **etag, struct err *err)
{
	return live_stands_as(state, live, stand, etag, NULL, err);
}

static bool changed_by_other(const char *what, struct err *err)
{
	return err_set(err, ERR_TEMP, "refetch: %s changed since", what);
}

#define THE_RUN "the run that is to be undone"

static bool our_file(const struct state *state, struct file *file, struct err *err)
{
	enum stand stand;
	char *now = NULL;
	bool ok = file_stands_as(state, file, &stand, &now, err) && (stand != OTHER ||
		changed_text(file->path, now, file->after, THE_RUN, err));
	free(now);
	return ok;
}

static bool our_value(struct state *state, struct live *live, struct err *err)
{
	enum stand stand;
	char *etag = NULL, *now = NULL;
	bool ok = live_stands_as(state, live, &stand, &etag, &now, err) && (stand != OTHER ||
		changed_live(live, now, live->after, THE_RUN, err));
	free(now);
	free(etag);
	return ok;
}

/* Everything is as before or as after; nothing was changed by someone else. */
static bool ours(struct state *state, struct err *err)
{
	for (size_t i = 0; i < state->nfiles; i++)
		if (!our_file(state, state->files[i], err))
			return false;
	for (size_t i = 0; i < state->nlive; i++)
		if (!our_value(state, state->live[i], err))
			return false;
	return true;
}

/* ---- proof ---- */
static bool not_as(const char *what, bool after, struct err *err)
{
	return err_set(err, ERR_NO, "%s is not as it %s", what, after ? "is to be" : "was");
}

bool apply_verify(struct apply *apply, bool after, struct err *err)
{
	struct state *state = apply->state;
	enum stand stand, wanted = after ? AS_AFTER : AS_BEFORE;
	for (size_t i = 0; i < state->nlive; i++) {
		struct live *live = state->live[i];
		char *etag, *title;
		if (!live_changed(live) || (!after && live->theirs))
			continue;
		if (!live_stands(state, live, &stand, &etag, err))
			return false;
		if (live->kind == LIVE_SPACE) {
			free(apply->etag_after);
			apply->etag_after = etag;
		} else {
			free(etag);
		}
		if (stand == wanted)
			continue;
		title = live_title(live);
		not_as(title, after, err);
		free(title);
		return false;
	}
	for (size_t i = 0; i < state->nfiles; i++) {
		if (!file_changed(state->files[i]))
			continue;
		if (!file_stands(state, state->files[i], &stand, err))
			return false;
		if (stand != wanted)
			return not_as(state->files[i]->path, after, err);
	}
	return true;
}

/* ---- backward ---- */
static bool write_value(struct apply *apply, const struct live *live, const char *text,
			const char *etag, struct err *err)
{
	char *title = live_title(live);
	bool ok = !live_drops_first(live) || (steps_next(apply->steps, "drop", title, err) &&
		live_write(apply->state, live, NULL, NULL, err));
	ok = ok && steps_next(apply->steps, "write value", title, err) &&
		live_write(apply->state, live, text, etag, err);
	free(title);
	return ok;
}

static bool restore_live(struct apply *apply, enum live_phase phase, struct err *err)
{
	struct state *state = apply->state;
	enum stand stand;
	for (size_t i = state->nlive; i-- > 0;) {
		struct live *live = state->live[i];
		char *etag;
		if (!live_changed(live) || live_phase(live) != phase)
			continue;
		if (!live_stands(state, live, &stand, &etag, err))
			return false;
		/* what another wrote where this run did not is not ours to undo */
		live->theirs = stand == OTHER && !live->sent;
		bool ok = stand == AS_BEFORE || live->theirs ||
			write_value(apply, live, live->before, etag, err);
		free(etag);
		if (!ok || !steps_point(apply->steps, "back-live", err))
			return false;
	}
	return true;
}

static bool restore(struct apply *apply, struct err *err)
{
	struct state *state = apply->state;
	enum stand stand;
	for (size_t i = state->nfiles; i-- > 0;) {
		struct file *file = state->files[i];
		if (!file_changed(file))
			continue;
		if (!file_stands(state, file, &stand, err))
			return false;
		if (stand != AS_BEFORE && !files_write(bundle_dir(state->bundle), file->path, file->before,
						       apply->steps, err))
			return false;
		if (!steps_point(apply->steps, "back-file", err))
			return false;
	}
	for (int phase = LIVE_NPHASES; phase-- > 0;)
		if (!restore_live(apply, (enum live_phase)phase, err))
			return false;
	return apply_verify(apply, false, err);
}

bool apply_can_go_back(const struct apply *apply, struct err *err)
{
	return ours(apply->state, err);
}

/* A rollback that had to leave something is none. */
static bool nothing_left(const struct state *state, struct err *err)
{
	for (size_t i = 0; i < state->nlive; i++)
		if (state->live[i]->theirs)
			return changed_by_other(state->live[i]->name, err);
	return true;
}

bool apply_backward(struct apply *apply, struct err *err)
{
	return ours(apply->state, err) && restore(apply, err) && nothing_left(apply->state, err);
}

/* ---- forward ---- */
/* The space comes behind what is made: its etag tells of others' changes up to the end. */
static bool live_steps(struct apply *apply, enum live_phase phase, struct err *err)
{
	struct state *state = apply->state;
	for (size_t i = 0; i < state->nlive; i++) {
		struct live *live = state->live[i];
		if (!live_changed(live) || live_phase(live) != phase)
			continue;
		bool ok = write_value(apply, live, live->after, live->etag, err);
		live->sent = ok || !starts_with(err->text, "refetch");
		if (!ok || !steps_point(apply->steps, "live", err))
			return false;
	}
	return true;
}

static bool steps(struct apply *apply, struct err *err)
{
	struct state *state = apply->state;
	if (!steps_point(apply->steps, "journal", err) || !live_steps(apply, LIVE_MADE, err) ||
	    !live_steps(apply, LIVE_OFFERED, err) || !live_steps(apply, LIVE_REMOVED, err) ||
	    !steps_point(apply->steps, "live-done", err))
		return false;
	for (size_t i = 0; i < state->nfiles; i++) {
		struct file *file = state->files[i];
		if (!file_changed(file))
			continue;
		if (!files_write(bundle_dir(state->bundle), file->path, file->after, apply->steps, err) ||
		    !steps_point(apply->steps, "file", err))
			return false;
	}
	return steps_point(apply->steps, "file-done", err) && apply_verify(apply, true, err) &&
		steps_point(apply->steps, "verified", err);
}

/* Files are read again just before: an editor may have saved since. */
static bool files_untouched(const struct state *state, struct err *err)
{
	enum stand stand;
	for (size_t i = 0; i < state->nfiles; i++) {
		struct file *file = state->files[i];
		char *now = NULL;
		bool ok = file_stands_as(state, file, &stand, &now, err) && (stand == AS_BEFORE ||
			!file_changed(file) || changed_text(file->path, now, file->before,
							     "it was read", err));
		free(now);
		if (!ok)
			return false;
	}
	return true;
}

bool apply_forward(struct apply *apply, struct err *err)
{
	struct err why = { 0 };
	if (!vet_state(apply->state, err) || !files_untouched(apply->state, err) ||
	    !journal_write(apply->journal, apply->state, "apply", apply->steps, err))
		return false;
	if (steps(apply, err))
		return true;
	if (err->code == ERR_NO) /* a proof that fails is not an answer */
		err->code = ERR_UNAVAILABLE;
	if (restore(apply, &why) && journal_remove(apply->journal, apply->steps, &why))
		return err_wrap(err, "nothing was changed");
	log_error("undoing failed: %s", why.text);
	return err_wrap(err, "half done, run again to undo (journal %s)", apply->journal->path);
}
