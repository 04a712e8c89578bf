#include "job.h"

#include "artifact.h"
#include "bundle.h"
#include "dbx.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "plan.h"
#include "proc.h"
#include "record.h"
#include "str.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */
static bool open_bundle(struct job *job, struct err *err)
{
	const struct options *o = job->o;
	if (!o->dbx.bundle)
		return err_set(err, ERR_USAGE,
			       "--bundle is required: patches are kept in the repository too");
	struct bundle_options options = { .target = o->dbx.target,
		.overrides = (const char *const *)o->vars.v, .noverrides = o->vars.n };
	job->state.bundle = bundle_open(o->dbx.bundle, &options, err);
	if (!job->state.bundle)
		return false;
	job->journal.path = o->journal ? xstrdup(o->journal) :
		bundle_path(job->state.bundle, "apply.json.journal");
	char *lock = bundle_path(job->state.bundle, "databricks.yml");
	job->lock = io_lock(lock, err);
	free(lock);
	job->apply.state = &job->state;
	job->journal.output = job->tool->output;
	job->journal.temporary = job->tool->temporary;
	job->apply.journal = &job->journal;
	job->apply.steps = &job->steps;
	job->steps.fault = tool_env("GENIE_PATCH_FAULT");
	job->state.warehouse_given = o->warehouse;
	if (bundle_space_count(job->state.bundle))
		job->state.warehouse_fallback = bundle_space_at(job->state.bundle, 0)->warehouse_id;
	return job->lock >= 0;
}

bool job_open(struct job *job, struct err *err)
{
	if (!open_bundle(job, err))
		return false;
	job->state.dbx = dbxtool_open(&job->o->dbx, err);
	return job->state.dbx != NULL;
}

void job_close(struct job *job)
{
	for (size_t i = 0; job->results && i < job->set.n; i++)
		result_free(&job->results[i]);
	free(job->results);
	patch_set_free(&job->set);
	json_free(job->snapshot);
	state_free(&job->state);
	free(job->apply.etag_after);
	if (job->lock >= 0)
		io_unlock(job->lock);
	bundle_free(job->state.bundle);
	dbx_free(job->state.dbx);
	free(job->journal.path);
}

bool job_dry(const struct job *job)
{
	return job->o->dry_run || job->o->plan;
}

bool job_recover(struct job *job, struct err *err)
{
	if (job_dry(job)) {
		if (io_exists(job->journal.path))
			log_warn("an earlier run was interrupted (%s); the plan shows what is "
				"there now", job->journal.path);
		return true;
	}
	return recover(&job->state, &job->journal, &job->steps, err);
}

bool job_read_snapshot(struct job *job, struct err *err)
{
	if (job->o->snapshot)
		job->snapshot = artifact_load(job->o->snapshot, "space", err);
	return job->snapshot || !job->o->snapshot;
}

/* ---- before anything happens ---- */
bool job_changes(const struct job *job)
{
	const struct state *state = &job->state;
	for (size_t i = 0; i < state->nlive; i++)
		if (live_changed(state->live[i]))
			return true;
	for (size_t i = 0; i < state->nfiles; i++)
		if (file_changed(state->files[i]))
			return true;
	return false;
}

bool job_clean(const struct job *job, struct err *err)
{
	struct str out = STR_INIT;
	int status = 0;
	bool ok = true;
	struct err ignored = { 0 };
	for (size_t i = 0; ok && !job->o->allow_dirty && i < job->state.nfiles; i++) {
		const char *path = job->state.files[i]->path;
		const char *argv[] = { "git", "status", "--porcelain", "--", path, NULL };
		if (!file_changed(job->state.files[i]))
			continue;
		str_reset(&out);
		if (proc_run(argv, bundle_dir(job->state.bundle), 30000, &out, NULL, &status,
			&ignored) &&
		    status == 0 && out.n)
			ok = err_set(err, ERR_NO,
				"%s has uncommitted changes (--allow-dirty goes on)", path);
	}
	str_free(&out);
	return ok;
}

/* ---- documents ---- */
static const char *space_etag(const struct state *state)
{
	for (size_t i = 0; i < state->nlive; i++)
		if (state->live[i]->kind == LIVE_SPACE)
			return state->live[i]->etag;
	return NULL;
}

static void job_put_journal(const struct job *job, struct json *d)
{
	if (!*job->journal.id)
		return;
	struct json *journal = json_set(d, "journal", json_new_object());
	json_set_str(journal, "path", job->journal.path);
	json_set_str(journal, "id", job->journal.id);
}

struct json *job_document(const struct job *job, const char *status)
{
	struct json *d = tool_document(job->tool, "apply");
	json_set_str(d, "status", status);
	json_set_str(d, "space_id", job->state.space_id);
	json_set_int(d, "lever", job->set.lever);
	if (job->set.config_id)
		json_set_str(d, "config_id", job->set.config_id);
	json_set_str(d, "bundle", bundle_name(job->state.bundle));
	json_set_str(d, "target", bundle_target(job->state.bundle));
	json_set_str(d, "etag_before", space_etag(&job->state));
	job_put_journal(job, d);
	return d;
}

bool job_put(struct job *job, const struct json *d, struct err *err)
{
	jsonw_document(job->tool->out, d);
	return (fflush(job->tool->out) == 0 && !ferror(job->tool->out)) ||
		err_errno(err, "writing apply.json");
}

/* ---- carrying out ---- */
bool job_commit(struct job *job, bool *out, struct err *err)
{
	*out = steps_next(&job->steps, "put out the record",
			  job->tool->output ? job->tool->output : "standard output", err) &&
		tool_commit(job->tool, err);
	return *out && steps_point(&job->steps, "written", err) &&
		journal_remove(&job->journal, &job->steps, err);
}

/* What was read of the space, and what it is now. */
static void put_hashes(const struct job *job, struct json *d)
{
	const struct state *state = &job->state;
	for (size_t i = 0; i < state->nlive; i++) {
		const struct live *live = state->live[i];
		if (live->kind != LIVE_SPACE)
			continue;
		report_config_hash(d, "config_hash_before", live->before);
		report_config_hash(d, "config_hash_after", live->after);
	}
	json_set_str(d, "etag_after", job->apply.etag_after ? job->apply.etag_after :
		space_etag(state));
}

bool job_put_plan(struct job *job, struct json *d, bool back, struct err *err)
{
	if (job->o->plan) {
		struct str text = STR_INIT;
		report_plan(&text, &job->state, job->results, job->set.n, back);
		fputs(str_text(&text), job->tool->out);
		str_free(&text);
		return true;
	}
	json_set_str(d, "status", "planned");
	json_set_bool(d, "dry_run", true);
	report_results(d, &job->state, job->results, job->set.n, false);
	json_set(d, "steps", plan_steps(&job->state, back));
	record_write(&job->state, d);
	return job_put(job, d, err);
}

/* If the record cannot be put out, all is undone. */
bool job_carry_out(struct job *job, struct json *d, struct err *err)
{
	if (job_dry(job))
		return job_put_plan(job, d, false, err);
	bool changed = job_changes(job), out = false;
	if (changed && (!job_clean(job, err) || !apply_forward(&job->apply, err)))
		return false;
	json_set_str(d, "status", changed ? "applied" : "nothing");
	job_put_journal(job, d);
	put_hashes(job, d);
	report_results(d, &job->state, job->results, job->set.n, true);
	record_write(&job->state, d);
	bool ok = job_put(job, d, err);
	if (!changed)
		return ok;
	if (ok && job_commit(job, &out, err))
		return true;
	struct err why = { 0 };
	if (!out && (!apply_backward(&job->apply, &why) ||
		     !journal_remove(&job->journal, &job->steps, &why)))
		log_error("undoing failed: %s", why.text);
	return false;
}

struct json *job_read_record(struct job *job, const char *path, struct err *err)
{
	struct json *record = json_load(path, err);
	if (!record)
		return NULL;
	bool ok = streq(json_str_or(record, "schema", ""), "genie/apply/1") ||
		err_set(err, ERR_DATA, "%s: not an apply.json", path);
	ok = ok && !json_bool_or(record, "dry_run", false) ? true :
		ok && err_set(err, ERR_DATA, "%s: a dry run has nothing to roll back", path);
	if (ok && (record_read(&job->state, record, err) || err_wrap(err, "%s", path)))
		return record;
	json_free(record);
	return NULL;
}
