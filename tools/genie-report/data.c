#include "data.h"

#include "cells.h"

#include "io.h"
#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "rows.h"
#include "score.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>

/* *out stays NULL when the file is not there. */
static bool read_document(const struct data *data, const char *name, struct json **out,
			  struct err *err)
{
	char *path = io_join(data->path, name);
	bool ok = !io_exists(path) || (*out = json_load(path, err)) != NULL;
	if (ok && *out && !json_is(*out, JSON_OBJECT))
		ok = err_set(err, ERR_DATA, "%s: expected object, found %s", path,
			     json_type_name(json_typeof(*out)));
	free(path);
	return ok;
}

static void know_question(struct data *data, const struct json *row)
{
	static const char *const kept[] = { "question", "category", "priority", "split" };
	if (data_question(data, row_id(row)))
		return;
	struct json *q = json_push(data->questions, json_new_object());
	json_set_str(q, "question_id", row_id(row));
	for (size_t i = 0; i < countof(kept); i++)
		json_set_str(q, kept[i], json_str_or(row, kept[i], ""));
}

/* Rows are added up and dropped: they can be large. `place` is that of the iteration; -1: none. */
static bool read_rows(struct data *data, const char *name, int place, struct score **out,
		      struct err *err)
{
	char *path = io_join(data->path, name);
	if (!io_exists(path)) {
		free(path);
		return true;
	}
	*out = score_new();
	struct rows *rows = rows_open(path, err);
	bool ok = rows != NULL;
	struct json *row;
	enum rows_result result = ROWS_END;
	while (ok && (result = rows_next(rows, &row, err)) == ROWS_ROW) {
		know_question(data, row);
		if (data->cells && place >= 0)
			cells_add(data->cells, (size_t)place, row);
		ok = score_add(*out, row, err) || err_wrap(err, "%s", rows_place(rows));
		json_free(row);
	}
	rows_close(rows);
	free(path);
	return ok && result != ROWS_FAILED;
}

static void free_iteration(struct iteration *it)
{
	json_free(it->eval);
	json_free(it->decision);
	json_free(it->clusters);
	json_free(it->patches);
	json_free(it->apply);
	json_free(it->rollback);
	json_free(it->track);
	score_free(it->rows);
}

static bool read_iteration(struct data *data, struct iteration *it, struct err *err)
{
	const struct {
		const char *before, *after;
		struct json **to;
	} files[] = { { "iter-", "/eval.json", &it->eval },
		      { "iter-", "/decision.json", &it->decision },
		      { "iter-", "/clusters.json", &it->clusters },
		      { "iter-", "/patches.json", &it->patches },
		      { "iter-", "/apply.json", &it->apply },
		      { "iter-", "/track.json", &it->track },
		      { "applied/", ".json.rollback", &it->rollback } };
	char name[60];
	for (size_t i = 0; i < countof(files); i++) {
		snprintf(name, sizeof name, "%s%02d%s", files[i].before, it->number,
			 files[i].after);
		if (!read_document(data, name, files[i].to, err))
			return false;
	}
	snprintf(name, sizeof name, "iter-%02d/rows.jsonl", it->number);
	return !it->eval || !it->decision || read_rows(data, name, it->number, &it->rows, err);
}

/* An iteration counts when its decision and its scores are there. What was kept and is not live any
 * more, progress tells. */
static bool read_iterations(struct data *data, struct err *err)
{
	const struct json *told = json_get(data->progress, "iterations");
	for (int i = 0; i <= DATA_MAX_ITERATIONS; i++) {
		struct iteration it = { .number = i };
		bool ok = read_iteration(data, &it, err);
		if (!ok || !it.eval || !it.decision) {
			free_iteration(&it);
			return ok;
		}
		it.lever = (int)json_int_or(it.decision, "lever", 0);
		it.retry_of = (int)json_int_or(it.decision, "retry_of", 0);
		it.kept = streq(json_str_or(it.decision, "action", ""), "accept");
		it.live = it.kept && json_bool_or(json_at(told, (size_t)i), "kept", true);
		data->v = xrealloc(data->v, (data->n + 1) * sizeof it);
		data->v[data->n++] = it;
	}
	return true;
}

static void note_warnings(struct data *data, const struct json *question)
{
	for (const struct json *w = json_first(json_get(question, "warnings")); w;
	     w = json_next(w)) {
		struct json *one = json_push(data->warnings, json_new_object());
		json_set_str(one, "question_id", json_str_or(question, "id", ""));
		json_set_str(one, "code", json_str_or(w, "code", ""));
		json_set_str(one, "text", json_str_or(w, "text", ""));
	}
}

static bool read_benchmarks(struct data *data, struct err *err)
{
	char *path = io_join(data->path, "benchmarks.jsonl");
	struct jsonl in;
	bool ok = true;
	if (io_exists(path)) {
		enum jsonl_result result = JSONL_END;
		struct json *question;
		data->warnings = json_new_array();
		ok = jsonl_open(&in, path, err);
		while (ok && (result = jsonl_next(&in, &question, err)) == JSONL_RECORD) {
			note_warnings(data, question);
			json_free(question);
		}
		if (ok)
			jsonl_close(&in);
		ok = ok && result != JSONL_FAILED;
	}
	free(path);
	return ok;
}

/* What the loop wrote for the live configuration, or what the iteration after
 * it began with, which is the same. */
static bool read_clusters(struct data *data, struct err *err)
{
	const struct iteration *live = data_live(data);
	if (!read_document(data, "final/clusters.json", &data->clusters, err))
		return false;
	for (size_t i = 0; live && i < data->n && !data->clusters; i++)
		if (data->v[i].number == live->number + 1 && data->v[i].clusters)
			data->clusters = json_dup(data->v[i].clusters);
	return true;
}

/* Adds the documents of a folder to an array, but those that end in `not` (or NULL). */
static bool read_folder(struct data *data, const char *folder, const char *not,
			struct json *array, struct err *err)
{
	char *path = io_join(data->path, folder);
	struct strlist names = { 0 };
	bool ok = !io_is_dir(path) || io_list(path, ".json", &names, err);
	for (size_t i = 0; ok && i < names.n; i++) {
		struct json *document = NULL;
		char *name = io_join(folder, names.v[i]);
		ok = (not && ends_with(name, not)) || read_document(data, name, &document, err);
		if (document)
			json_push(array, document);
		free(name);
	}
	strlist_free(&names);
	free(path);
	return ok;
}

/* Sets that consist of changes of high risk alone, which the loop lays aside, and golds. */
static bool read_queued(struct data *data, struct err *err)
{
	char *remediation = io_join(data->path, "gt_remediation_queue.yaml");
	data->remediation = io_exists(remediation);
	free(remediation);
	return read_folder(data, "queued", NULL, data->queued, err);
}

static bool read_final(struct data *data, struct err *err)
{
	return read_document(data, "final/escalation.json", &data->escalation, err) &&
	       read_document(data, "final/deploy.json", &data->deploy, err) &&
	       read_document(data, "final/post_deploy.json", &data->post, err) &&
	       read_rows(data, "final/post_deploy.jsonl", (int)data->n, &data->post_rows, err) &&
	       read_document(data, "final/drift.json", &data->drift, err) &&
	       read_document(data, "final/repeatability.json", &data->repeatability, err) &&
	       read_document(data, "final/track.json", &data->final_track, err) &&
	       read_document(data, "final/held_out.json", &data->held_after, err) &&
	       read_rows(data, "final/held_out.jsonl", -1, &data->held_rows_after, err);
}

bool data_read(struct data *data, const char *path, bool cells, struct err *err)
{
	*data = (struct data){ .path = xstrdup(path),
			       .questions = json_new_array(),
			       .queued = json_new_array(),
			       .searches = json_new_array(),
			       .cells = cells ? cells_new() : NULL };
	if (!io_is_dir(path))
		return err_set(err, ERR_IO, "%s: no such folder", path);
	return read_document(data, "optimization-progress.json", &data->progress, err) &&
	       read_iterations(data, err) && read_benchmarks(data, err) &&
	       read_clusters(data, err) && read_queued(data, err) && read_final(data, err) &&
	       read_folder(data, "searched", ".patches.json", data->searches, err) &&
	       read_document(data, "stopped.json", &data->stopped, err) &&
	       read_document(data, "track.json", &data->track, err) &&
	       read_document(data, "iter-00/space.json", &data->space, err) &&
	       read_document(data, "iter-00/held_out.json", &data->held_before, err) &&
	       read_rows(data, "iter-00/held_out.jsonl", -1, &data->held_rows_before, err);
}

void data_free(struct data *data)
{
	for (size_t i = 0; i < data->n; i++)
		free_iteration(&data->v[i]);
	free(data->v);
	free(data->path);
	struct json *const documents[] = {
		data->progress,	   data->stopped,   data->space,       data->escalation,
		data->clusters,	   data->deploy,    data->post,	       data->drift,
		data->held_before, data->questions, data->repeatability, data->track,
		data->held_after,  data->warnings,  data->final_track, data->queued,
		data->searches,
	};
	for (size_t i = 0; i < countof(documents); i++)
		json_free(documents[i]);
	cells_free(data->cells);
	score_free(data->held_rows_before);
	score_free(data->held_rows_after);
	score_free(data->post_rows);
	*data = (struct data){ 0 };
}

size_t data_evaluations(const struct data *data)
{
	return data->n + (data->post_rows != NULL);
}

const struct score *data_rows(const struct data *data, size_t place)
{
	return place < data->n ? data->v[place].rows : data->post_rows;
}

const struct iteration *data_live(const struct data *data)
{
	for (size_t i = data->n; i-- > 0;)
		if (data->v[i].live)
			return &data->v[i];
	return data->n ? &data->v[0] : NULL;
}

const struct json *data_question(const struct data *data, const char *id)
{
	for (const struct json *q = json_first(data->questions); q; q = json_next(q))
		if (streq(json_str_or(q, "question_id", NULL), id))
			return q;
	return NULL;
}

const struct json *data_applied(const struct iteration *it, const char *patch_id)
{
	for (const struct json *p = json_first(json_get(it->apply, "patches")); p; p = json_next(p))
		if (streq(json_str_or(p, "patch_id", NULL), patch_id))
			return p;
	return NULL;
}

const char *data_patch_status(const struct iteration *it, const struct json *patch)
{
	const struct json *applied = data_applied(it, json_str_or(patch, "patch_id", NULL));
	return applied ? json_str_or(applied, "status", "proposed") : "proposed";
}

const char *lever_name(int lever)
{
	static const char *const names[] = { "none",
					     "tables and columns",
					     "metric views",
					     "functions and filters",
					     "monitoring tables",
					     "ML tables",
					     "instructions and examples" };
	return lever >= 0 && lever < (int)countof(names) ? names[lever] : "unknown";
}
