/* A clone of the space: made with what it is asked for first, written with its etag, read back,
 * deleted. What was made is written down before it is made, so that a run that was killed in
 * between leaves nothing that the next one does not find, and goes on with: the questions that
 * were under way are answered there. The space itself is only read. */
#include "search.h"

#include "artifact.h"
#include "clock.h"
#include "genie.h"
#include "io.h"
#include "journal.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *state_file(const struct search *s)
{
	return search_file(s, "clone.json");
}

static bool write_state(const struct search *s, struct err *err)
{
	struct json *state = json_new_object();
	struct str text = STR_INIT;
	char *path = state_file(s);
	json_set_str(state, "schema", "genie/clone/1");
	json_set_str(state, "title", s->clone.title);
	json_set_str(state, "space_id", s->clone.id);
	json_set_str(state, "live_space_id", s->live_id);
	json_print(state, &text);
	str_addc(&text, '\n');
	bool ok = io_write_file(path, str_text(&text), text.n, err);
	str_free(&text);
	json_free(state);
	free(path);
	return ok;
}

static bool drop_state(const struct search *s, struct err *err)
{
	char *path = state_file(s);
	bool ok = unlink(path) == 0 || err_errno(err, "%s", path);
	free(path);
	return ok;
}

/* Whatever is asked of a clone: never of the space that people use. */
static bool is_no_live(const struct search *s, const char *id, struct err *err)
{
	return !streq(id, s->live_id) || err_set(err, ERR_BUG,
		"the clone has the id of the space itself, %s: nothing is written to it", id);
}

/* ---- a clone of an earlier run ---- */

/* Questions may still be under way on it, so it is not made anew. */
static void adopt(struct search *s, const char *id, const char *title)
{
	log_info("going on with the clone %s of an earlier run", id);
	s->clone.id = xstrdup(id);
	s->clone.title = xstrdup(title);
}

/* The clones with this title: the first one is ours to go on with, if `keep`; the others go. */
static bool look_for(struct search *s, const char *title, bool keep, struct err *err)
{
	struct dbx *dbx = search_dbx(s, err);
	struct json *spaces = dbx ? genie_list(dbx, err) : NULL;
	bool ok = spaces != NULL;
	for (const struct json *one = json_first(spaces); ok && one; one = json_next(one)) {
		const char *id = json_str_or(one, "space_id", "");
		if (!streq(json_str_or(one, "title", NULL), title))
			continue;
		ok = is_no_live(s, id, err);
		if (ok && keep && !s->clone.id)
			adopt(s, id, title);
		else if (ok)
			ok = genie_trash(dbx, id, err);
	}
	json_free(spaces);
	return ok;
}

static bool take_state(struct search *s, bool keep, struct err *err)
{
	char *path = state_file(s);
	struct json *state = NULL;
	bool ok = true;
	if (io_exists(path)) {
		state = artifact_load(path, "clone", err);
		const char *title = state ? json_need_str(state, "title", err) : NULL;
		keep = keep && streq(json_str_or(state, "live_space_id", NULL), s->live_id);
		ok = title && look_for(s, title, keep, err) && (s->clone.id || drop_state(s, err));
	}
	json_free(state);
	free(path);
	return ok;
}

bool clone_find(struct search *s, struct err *err)
{
	return take_state(s, true, err);
}

/* ---- this run's ---- */

/* Does the clone have the configuration now? */
static bool has(struct search *s, const struct json *config, bool *same, struct err *err)
{
	struct json *space = genie_get(s->dbx, s->clone.id, true, err), *now = NULL;
	struct str want = STR_INIT, have = STR_INIT;
	if (!space)
		return false;
	const char *text = json_str_or(space, "serialized_space", "");
	now = json_parse(text, strlen(text), err);
	if (now) {
		space_canonical(config, &want);
		space_canonical(now, &have);
		free(s->clone.etag);
		s->clone.etag = xstrdup(json_str_or(space, "etag", NULL));
	}
	*same = now && streq(str_text(&want), str_text(&have));
	bool ok = now != NULL;
	str_free(&want);
	str_free(&have);
	json_free(now);
	json_free(space);
	return ok;
}

static bool read_back(struct search *s, const struct json *config, struct err *err)
{
	bool same;
	if (!has(s, config, &same, err))
		return false;
	return same || err_set(err, ERR_TEMP, "the clone %s does not have the configuration that "
		"was written to it: somebody else changes it, or the service does", s->clone.id);
}

static void set_config(struct json *fields, const struct json *config)
{
	struct str text = STR_INIT;
	json_print(config, &text);
	json_set_str(fields, "serialized_space", str_text(&text));
	str_free(&text);
}

static char *new_title(const struct search *s)
{
	char *seed = xasprintf("%s %lld %ld", s->folder, (long long)clock_now_ms(), (long)getpid());
	char hex[SHA256_HEX];
	sha256_hex(seed, strlen(seed), hex);
	free(seed);
	return xasprintf("Temporary clone of %.120s (genie-propose %.12s)",
		json_str_or(s->snapshot, "title", s->live_id), hex);
}

/* In the folder of who makes it: not beside the space, where others would find it. */
static bool make(struct search *s, const struct json *config, struct err *err)
{
	struct json *fields = json_new_object(), *space;
	const char *warehouse = json_str_or(s->snapshot, "warehouse_id", NULL);
	s->clone.title = new_title(s);
	json_set_str(fields, "title", s->clone.title);
	json_set_str(fields, "description", "Made by a search of genie-propose --engine gepa for "
		"its measurements, and deleted at its end. When no search is running, delete it.");
	if (warehouse)
		json_set_str(fields, "warehouse_id", warehouse);
	set_config(fields, config);
	space = write_state(s, err) ? genie_create(s->dbx, fields, err) : NULL;
	json_free(fields);
	if (!space)
		return false;
	s->clone.id = xstrdup(json_str_or(space, "space_id", NULL));
	json_free(space);
	log_info("made the clone %s", s->clone.id);
	return is_no_live(s, s->clone.id, err) && write_state(s, err);
}

static bool change(struct search *s, const struct json *config, struct err *err)
{
	struct json *fields = json_new_object(), *space;
	int status = 0;
	set_config(fields, config);
	if (s->clone.etag)
		json_set_str(fields, "etag", s->clone.etag);
	space = is_no_live(s, s->clone.id, err) ?
		genie_update(s->dbx, s->clone.id, fields, &status, err) : NULL;
	bool done = space != NULL;
	json_free(fields);
	json_free(space);
	return done || (status == 409 ? err_set(err, ERR_TEMP, "somebody else changed the clone "
		"%s; the same call goes on where this one ends", s->clone.id) : false);
}

bool clone_put(struct search *s, const struct json *config, const char *hash, struct err *err)
{
	if (streq(s->clone.hash, hash))
		return true;
	*s->clone.hash = '\0';
	if (!search_dbx(s, err))
		return false;
	bool there = false, adopted = s->clone.id && !s->clone.etag;
	if (adopted && !has(s, config, &there, err))
		return false;
	if (!there && (!(s->clone.id ? change(s, config, err) : make(s, config, err)) ||
	    !read_back(s, config, err)))
		return false;
	memcpy(s->clone.hash, hash, SHA256_HEX);
	return true;
}

static void drop_names(struct search *s)
{
	free(s->clone.id);
	free(s->clone.etag);
	free(s->clone.title);
	s->clone = (struct search_clone){ 0 };
}

bool clone_end(struct search *s, struct err *err)
{
	bool ok = true;
	if (s->clone.id)
		ok = is_no_live(s, s->clone.id, err) && genie_trash(s->dbx, s->clone.id, err) &&
			drop_state(s, err);
	else if (s->clone.title) /* whether it was made is not known */
		ok = take_state(s, false, err);
	drop_names(s);
	return ok || err_wrap(err, "the clone is left; the same call, started again, deletes it");
}

/* What was asked and is not answered yet is waited for by the next run, there. */
void clone_abandon(struct search *s)
{
	struct err err = { 0 };
	struct journal *journal = s->clone.id ? journal_open(s->o->journal, &err) : NULL;
	size_t waiting = journal ? journal_open_in(journal, s->clone.id) : 0;
	journal_free(journal);
	if (waiting)
		log_warn("%zu questions to the clone %s are under way: it is left, and the same "
			"call, started again, reads their answers and deletes it", waiting,
			s->clone.id);
	else if (!clone_end(s, &err))
		log_warn("%s", err.text);
	drop_names(s);
}
