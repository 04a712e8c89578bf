#include "folder.h"

#include "artifact.h"
#include "digest.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "rows.h"
#include "score.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const folder_splits[FOLDER_SPLITS] = { "train", "val" };

static int64_t modified_ms(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000;
}

/* The audit trail: which tool and version wrote the artifact, and its digest. */
static void add_stage(struct folder *folder, const char *name, const struct str *text,
		      const struct json *json)
{
	char hex[SHA256_HEX];
	struct json *stage = json_push(folder->stages, json_new_object());
	json_set_str(stage, "artifact", name);
	json_set_str(stage, "sha256", sha256_hex(str_text(text), text->n, hex));
	if (json_get(json, "tool"))
		json_set(stage, "tool", json_dup(json_get(json, "tool")));
}

/* `kind` is what the document must say it is; NULL: anything. *out stays NULL when the
 * file is not there. */
static bool read_artifact(struct folder *folder, const char *name, const char *kind,
			  struct json **out, struct err *err)
{
	char *path = io_join(folder->path, name);
	struct str text;
	str_init(&text, STR_MAX_TEXT);
	bool ok = true;
	if (io_exists(path)) {
		ok = io_read_file(path, &text, err);
		if (ok && !(*out = json_parse(str_text(&text), text.n, err)))
			ok = err_wrap(err, "%s", path);
		else if (ok && kind)
			ok = artifact_is(*out, path, kind, err);
		if (ok)
			add_stage(folder, name, &text, *out);
	}
	str_free(&text);
	free(path);
	return ok;
}

static bool read_iteration(struct folder *folder, struct iteration *it, struct err *err)
{
	const struct {
		const char *name;
		struct json **to;
	} files[] = { { "space", &it->space }, { "patches", &it->patches }, { "apply", &it->apply },
		      { "skipped", &it->skipped }, { "eval", &it->eval }, { "decision", &it->decision },
		      { "model", &it->model }, { "triage", &it->triage },
		      { "track", &it->track }, { "repeatability", &it->repeatability },
		      { "choice", &it->choice } };
	char name[40];
	for (size_t i = 0; i < countof(files); i++) {
		snprintf(name, sizeof name, "iter-%02d/%s.json", it->number, files[i].name);
		bool decides = streq(files[i].name, "eval") || streq(files[i].name, "decision") ||
			       streq(files[i].name, "choice");
		if (!read_artifact(folder, name, decides ? files[i].name : NULL, files[i].to, err))
			return false;
	}
	snprintf(name, sizeof name, "iter-%02d/decision.json", it->number);
	char *path = io_join(folder->path, name);
	it->finished_ms = modified_ms(path);
	free(path);
	return true;
}

static void free_iteration(struct iteration *it)
{
	json_free(it->space);
	json_free(it->patches);
	json_free(it->apply);
	json_free(it->skipped);
	json_free(it->eval);
	json_free(it->decision);
	json_free(it->model);
	json_free(it->triage);
	json_free(it->track);
	json_free(it->repeatability);
	json_free(it->choice);
}

/* An iteration counts when its decision and its scores are there. */
static bool read_iterations(struct folder *folder, struct err *err)
{
	for (int i = 0; i <= FOLDER_MAX_ITERATIONS; i++) {
		struct iteration it = { .number = i };
		if (!read_iteration(folder, &it, err)) {
			free_iteration(&it);
			return false;
		}
		if (!it.decision || !it.eval) {
			free_iteration(&it);
			break;
		}
		folder->v = xrealloc(folder->v, (folder->n + 1) * sizeof it);
		folder->v[folder->n++] = it;
	}
	return true;
}

/* ---- train and val apart ---- */

static bool add_row(struct score *scores[], const struct json *row, struct err *err)
{
	const char *split = json_str_or(row, "split", "");
	for (size_t i = 0; i < FOLDER_SPLITS; i++)
		if (streq(split, folder_splits[i]))
			return score_add(scores[i], row, err);
	return true;
}

static bool add_rows(struct score *scores[], const char *path, struct err *err)
{
	struct rows *rows = rows_open(path, err);
	struct json *row;
	enum rows_result result = ROWS_FAILED;
	bool ok = rows != NULL;
	while (ok && (result = rows_next(rows, &row, err)) == ROWS_ROW) {
		ok = add_row(scores, row, err) || err_wrap(err, "%s", rows_place(rows));
		json_free(row);
	}
	rows_close(rows);
	return ok && result == ROWS_END;
}

/* An eval document for each split of which the iteration has rows. */
static bool read_splits(const struct folder *folder, const struct iteration *it, struct json *out[],
			struct err *err)
{
	struct score *scores[FOLDER_SPLITS];
	char name[40];
	snprintf(name, sizeof name, "iter-%02d/rows.jsonl", it->number);
	char *path = io_join(folder->path, name);
	for (size_t i = 0; i < FOLDER_SPLITS; i++)
		scores[i] = score_new();
	bool ok = !io_exists(path) || add_rows(scores, path, err);
	for (size_t i = 0; i < FOLDER_SPLITS; i++) {
		if (ok && score_count(scores[i])) {
			out[i] = json_new_object();
			score_write(scores[i], out[i]);
		}
		score_free(scores[i]);
	}
	free(path);
	return ok;
}

/* ---- what is live ---- */

bool folder_accepted(const struct iteration *it)
{
	return streq(json_str_or(it->decision, "action", ""), "accept");
}

bool folder_full(const struct iteration *it)
{
	return streq(json_str_or(it->eval, "scope", "full"), "full");
}

bool folder_applied(const struct iteration *it, const char *patch_id)
{
	for (const struct json *p = json_first(json_get(it->apply, "patches")); p; p = json_next(p)) {
		const char *status = json_str_or(p, "status", "");
		if (streq(json_str_or(p, "patch_id", ""), patch_id))
			return streq(status, "applied") || streq(status, "already");
	}
	return false;
}

const struct iteration *folder_parent(const struct folder *folder, const struct iteration *it)
{
	return it->number ? &folder->v[folder->v[it->number - 1].left] : NULL;
}

const struct iteration *folder_live(const struct folder *folder)
{
	return folder->n ? &folder->v[folder->v[folder->n - 1].left] : NULL;
}

/* Which configuration each iteration left, and what the last of them is made of. */
static bool link_iterations(struct folder *folder, struct err *err)
{
	for (size_t i = 0; i < folder->n; i++) {
		struct iteration *it = &folder->v[i];
		int64_t left = i && !folder_accepted(it) ? folder->v[i - 1].left : (int64_t)i;
		if (it->choice)
			left = json_int_or(it->choice, "iteration", -1);
		if (left < 0 || left > it->number)
			return err_set(err, ERR_DATA, "%s/iter-%02d/choice.json: iteration: not one "
				       "that was measured by then", folder->path, it->number);
		it->left = (int)left;
	}
	const struct iteration *live = folder_live(folder);
	for (; live; live = folder_parent(folder, live))
		folder->v[live->number].kept = true;
	return true;
}

static bool read_ends(struct folder *folder, struct err *err)
{
	const struct iteration *live = folder_live(folder);
	return (!folder->n || read_splits(folder, &folder->v[0], folder->split_before, err)) &&
	       (!live || read_splits(folder, live, folder->split_after, err));
}

static bool read_conf(struct folder *folder, struct err *err)
{
	char *path = io_join(folder->path, "run.conf");
	struct str text = STR_INIT;
	bool ok = true;
	if (io_exists(path)) {
		ok = io_read_file(path, &text, err);
		folder->conf = json_new_object();
		folder->started_ms = modified_ms(path);
		char *save = NULL;
		for (char *line = ok && text.s ? strtok_r(text.s, "\n", &save) : NULL; line;
		     line = strtok_r(NULL, "\n", &save)) {
			char *equals = strchr(line, '=');
			if (!equals)
				continue;
			*equals = '\0';
			json_set_str(folder->conf, line, equals + 1);
		}
	}
	str_free(&text);
	free(path);
	return ok;
}

bool folder_read(struct folder *folder, const char *path, struct err *err)
{
	*folder = (struct folder){ .path = xstrdup(path), .stages = json_new_array() };
	if (!io_is_dir(path))
		return err_set(err, ERR_IO, "%s: no such folder", path);
	char *searched = io_join(path, "searched");
	folder->searched = io_is_dir(searched);
	free(searched);
	return read_conf(folder, err) && read_iterations(folder, err) &&
	       link_iterations(folder, err) && read_ends(folder, err) &&
	       read_artifact(folder, "stopped.json", NULL, &folder->stopped, err) &&
	       read_artifact(folder, "iter-00/held_out.json", "eval", &folder->held_out_before, err) &&
	       read_artifact(folder, "final/held_out.json", "eval", &folder->held_out_after, err) &&
	       read_artifact(folder, "final/clusters.json", NULL, &folder->clusters, err) &&
	       read_artifact(folder, "track.json", NULL, &folder->track, err) &&
	       read_artifact(folder, "final/track.json", NULL, &folder->track_end, err) &&
	       read_artifact(folder, "final/deploy.json", "deploy", &folder->deploy, err) &&
	       read_artifact(folder, "final/post_deploy.json", "eval", &folder->post_deploy, err) &&
	       read_artifact(folder, "final/repeatability.json", NULL, &folder->repeatability, err);
}

void folder_free(struct folder *folder)
{
	for (size_t i = 0; i < folder->n; i++)
		free_iteration(&folder->v[i]);
	free(folder->v);
	free(folder->path);
	json_free(folder->conf);
	json_free(folder->stopped);
	json_free(folder->held_out_before);
	json_free(folder->held_out_after);
	json_free(folder->repeatability);
	for (size_t i = 0; i < FOLDER_SPLITS; i++) {
		json_free(folder->split_before[i]);
		json_free(folder->split_after[i]);
	}
	json_free(folder->clusters);
	json_free(folder->deploy);
	json_free(folder->post_deploy);
	json_free(folder->track);
	json_free(folder->track_end);
	json_free(folder->stages);
	*folder = (struct folder){ 0 };
}
