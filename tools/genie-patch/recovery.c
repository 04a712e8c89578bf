#include "recovery.h"

#include "apply.h"
#include "bundle.h"
#include "files.h"
#include "io.h"
#include "json.h"
#include "log.h"
#include "record.h"
#include "steps.h"
#include "str.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA "genie/apply-journal/1"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The next run may start in another folder. */
static void put_path(struct json *document, const char *key, const char *path)
{
	char here[PATH_MAX], *full = NULL;
	if (path && getcwd(here, sizeof here))
		full = io_join(here, path);
	json_set_str(document, key, full ? full : path);
	free(full);
}

bool journal_write(struct journal *journal, const struct state *state, const char *phase,
	struct steps *steps, struct err *err)
{
	struct json *document = json_new_object();
	struct str text = STR_INIT;
	json_set_str(document, "schema", SCHEMA);
	json_set_str(document, "phase", phase);
	json_set_str(document, "space_id", state->space_id);
	put_path(document, "output", journal->output);
	put_path(document, "temporary", journal->temporary);
	record_write(state, document);
	json_canonical(document, &text);
	json_set_str(document, "id", sha256_hex(str_text(&text), text.n, journal->id));
	str_reset(&text);
	json_print_pretty(document, 2, &text);
	str_addc(&text, '\n');
	char *dir = io_dirname(journal->path);
	bool ok = files_write(dir, base_name(journal->path), str_text(&text), steps, err);
	free(dir);
	str_free(&text);
	json_free(document);
	return ok;
}

bool journal_remove(const struct journal *journal, struct steps *steps, struct err *err)
{
	char *dir = io_dirname(journal->path);
	bool ok = files_write(dir, base_name(journal->path), NULL, steps, err);
	free(dir);
	return ok;
}

/* ---- what is found ---- */
static struct json *journal_read(const struct journal *journal, bool *found, struct err *err)
{
	struct str text = STR_INIT;
	char *dir = io_dirname(journal->path);
	bool ok = files_read(dir, base_name(journal->path), &text, found, err);
	struct json *document = ok && *found ? json_parse(str_text(&text), text.n, err) : NULL;
	free(dir);
	str_free(&text);
	if (!ok || !*found)
		return NULL;
	if (document && streq(json_str_or(document, "schema", ""), SCHEMA))
		return document;
	if (document)
		err_set(err, ERR_DATA, "not a journal of genie-patch");
	err_wrap(err, "%s", journal->path);
	json_free(document);
	return NULL;
}

/* Did the record take its place? Then its temporary file is gone, too: that tells it from the
 * record of an earlier run that changed the very same. */
static bool record_is_out(const struct json *document)
{
	const char *output = json_str_or(document, "output", NULL);
	const char *temporary = json_str_or(document, "temporary", NULL);
	struct err ignored = { 0 };
	if (!output || !temporary || io_exists(temporary) || !io_exists(output))
		return false;
	struct json *record = json_load(output, &ignored);
	bool same = record && streq(json_str_or(json_get(record, "journal"), "id", ""),
				    json_str_or(document, "id", "-"));
	json_free(record);
	return same;
}

static void sweep_path(const char *path)
{
	char *dir = path ? io_dirname(path) : NULL;
	if (dir)
		files_sweep(dir, base_name(path));
	free(dir);
}

static bool put_right(struct state *state, struct journal *journal, const struct json *document,
		      struct steps *steps, struct err *err)
{
	struct apply apply = { .state = state, .journal = journal, .steps = steps };
	bool ok = record_read(state, document, err);
	if (!ok)
		return err_wrap(err, "%s", journal->path);
	if (record_is_out(document)) {
		log_warn("an earlier run was interrupted when all was done; finishing it (%s)",
			 journal->path);
	} else {
		log_warn("an earlier run was interrupted; undoing it (%s)", journal->path);
		ok = apply_backward(&apply, err) || err_wrap(err, "undoing an interrupted run (%s)",
			journal->path);
	}
	for (size_t i = 0; ok && i < state->nfiles; i++)
		files_sweep(bundle_dir(state->bundle), state->files[i]->path);
	if (ok)
		sweep_path(json_str_or(document, "output", NULL));
	free(apply.etag_after);
	return ok && journal_remove(journal, steps, err);
}

bool recover(const struct state *state, struct journal *journal, struct steps *steps,
	struct err *err)
{
	struct state own = { .dbx = state->dbx, .bundle = state->bundle,
		.warehouse_given = state->warehouse_given,
		.warehouse_fallback = state->warehouse_fallback };
	bool found;
	struct err why = { 0 };
	sweep_path(journal->path);
	struct json *document = journal_read(journal, &found, &why);
	bool ok = document ? put_right(&own, journal, document, steps, err) :
		!found || err_set(err, why.code, "%s", why.text);
	if (ok)
		sweep_path(journal->output);
	json_free(document);
	state_free(&own);
	return ok;
}
