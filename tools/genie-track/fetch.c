#include "fetch.h"

#include "digest.h"
#include "io.h"
#include "json.h"
#include "log.h"
#include "modelfiles.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

/* ---- one file ---- */

static struct mlflow_place of_model(const struct mlflow_model *model)
{
	return (struct mlflow_place){ MLFLOW_OF_MODEL, model->id, model->experiment,
		model->artifacts };
}

/* The run that made the model, as a place of files; false: it is gone, or not known. */
static bool of_run(struct context *c, const struct mlflow_model *model, struct mlflow_run *run,
	struct mlflow_place *place)
{
	struct err ignored = { ERR_NONE, "" };
	bool ok = *model->source_run &&
		mlflow_run_get(c->mlflow, model->source_run, run, NULL, &ignored);

	*place = (struct mlflow_place){ MLFLOW_OF_RUN, run->id, run->experiment, run->artifacts };
	return ok;
}

/* Of the model; what is not there may be kept with the run that made it. */
static bool take_file(struct context *c, const struct mlflow_model *model, const char *path,
	struct str *out, struct err *err)
{
	struct mlflow_place place = of_model(model);
	struct mlflow_run run = { 0 };
	struct err second = { ERR_NONE, "" };
	bool ok = mlflow_take(c->mlflow, &place, path, out, err);

	if (!ok && err->code == ERR_UNAVAILABLE && of_run(c, model, &run, &place) &&
		mlflow_take(c->mlflow, &place, path, out, &second)) {
		err_clear(err);
		ok = true;
	}
	mlflow_run_free(&run);
	return ok;
}

/* ---- the snapshot ---- */

static const char *tag_of(const struct json *all, const char *key)
{
	for (const struct json *t = json_first(json_dig(all,
		"model.info.tags")); t; t = json_next(t))
		if (streq(json_str_or(t, "key", ""), key))
			return json_str_or(t, "value", NULL);
	return NULL;
}

static bool whole(const char *model_id, const struct json *all, const struct str *text,
	struct err *err)
{
	const char *want = tag_of(all, "genie.snapshot_sha256");
	char hex[SHA256_HEX];

	sha256_hex(str_text(text), text->n, hex);
	return !want || streq(want, hex) || err_set(err, ERR_UNAVAILABLE,
		"model %s: %s is not the file that was logged (SHA-256 %.12s..., logged %.12s...)",
		model_id, MODELFILES_SNAPSHOT, hex, want);
}

struct json *fetch_snapshot(struct context *c, const char *model_id, struct str *text,
	struct err *err)
{
	struct mlflow_model model = { 0 };
	struct json *space = NULL, *all = NULL;

	if (mlflow_model_get(c->mlflow, model_id, &model, &all, err) &&
		take_file(c, &model, MODELFILES_SNAPSHOT, text, err) &&
		whole(model_id, all, text, err) &&
		!(space = json_parse(str_text(text), text->n, err)))
		err_wrap(err, "model %s: %s", model_id, MODELFILES_SNAPSHOT);
	mlflow_model_free(&model);
	json_free(all);
	return space;
}

/* ---- all files into a folder ---- */

static bool save(struct context *c, const struct mlflow_model *model, const char *dir,
	const char *path, struct err *err)
{
	struct str text = STR_INIT;
	char *to = io_join(dir, path), *folder = io_dirname(to);
	bool ok = take_file(c, model, path, &text, err) && io_mkdirs(folder, err) &&
		io_write_file(to, str_text(&text), text.n, err);

	str_free(&text);
	free(folder);
	free(to);
	return ok;
}

static bool safe_path(const char *path)
{
	return path[0] && path[0] != '/' && !strstr(path, "..");
}

static bool save_folder(struct context *c, const struct mlflow_model *model, const char *dir,
	const char *folder, struct err *err)
{
	struct mlflow_place place = of_model(model);
	struct mlflow_run run = { 0 };
	struct json *files = mlflow_list(c->mlflow, &place, folder, err);
	bool ok;

	if (files && !json_len(files) && of_run(c, model, &run, &place)) {
		json_free(files);
		files = mlflow_list(c->mlflow, &place, folder, err);
	}
	ok = files != NULL;
	for (const struct json *f = json_first(files); ok && f; f = json_next(f))
		if (!json_bool_or(f, "is_dir", false) && safe_path(json_str_or(f, "path", "")))
			ok = save(c, model, dir, json_str_or(f, "path", ""), err);
	json_free(files);
	mlflow_run_free(&run);
	return ok;
}

static bool save_all(struct context *c, const char *id, const char *dir, struct err *err)
{
	struct mlflow_model model = { 0 };
	bool ok = mlflow_model_get(c->mlflow, id, &model, NULL, err) &&
		save_folder(c, &model, dir, "model_state", err) &&
		save_folder(c, &model, dir, "patches", err);

	mlflow_model_free(&model);
	return ok;
}

bool verb_model_fetch(struct context *c, struct err *err)
{
	const char *dir = job_arg(c->job, "to");
	struct str text;
	char *id = context_model(c, "model", err);
	struct json *space;
	bool ok;

	str_init(&text, JOB_MAX_INPUT);
	space = id ? fetch_snapshot(c, id, &text, err) : NULL;
	ok = space != NULL;
	if (ok && dir) {
		ok = save_all(c, id, dir, err);
		json_set_str(c->out, "folder", dir);
	} else if (ok) { /* the snapshot itself is the answer, to the byte */
		fwrite(str_text(&text), 1, text.n, c->tool->out);
		json_free(c->out);
		c->out = NULL;
	}
	if (ok && c->out) {
		json_set_str(c->out, "model_id", id);
		json_set_str(c->out, "config_id", json_str_or(space, "config_id", NULL));
	}
	json_free(space);
	str_free(&text);
	free(id);
	return ok;
}
