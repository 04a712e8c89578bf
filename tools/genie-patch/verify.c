/* The verbs that compare both sides, and that end the difference. */
#include "job.h"

#include "adopt.h"
#include "artifact.h"
#include "bundle.h"
#include "drift.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "live.h"
#include "record.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct json *report(const struct job *job)
{
	struct json *d = tool_document(job->tool, "drift");
	json_set_str(d, "bundle", bundle_name(job->state.bundle));
	json_set_str(d, "target", bundle_target(job->state.bundle));
	json_set_str(d, "space_id", job->state.space_id);
	return d;
}

static bool answer(struct job *job, const struct drift *drift, struct err *err)
{
	struct json *d = report(job);
	drift_write(drift, d);
	bool ok = job_put(job, d, err);
	json_free(d);
	if (!ok || drift->n == 0)
		return ok;
	char *title = drift_title(&drift->v[0]);
	err_set(err, ERR_NO, "%zu of %zu values differ, the first: %s (%s)", drift->n,
		drift->compared,
		title, drift->v[0].file);
	free(title);
	return false;
}

/* ---- the whole bundle ---- */
static bool find(struct job *job, struct drift *drift, struct err *err)
{
	job->state.space_id = job->o->space ? job->o->space : json_str_or(job->snapshot, "space_id",
		bundle_space_count(job->state.bundle) == 1 ?
		bundle_space_at(job->state.bundle, 0)->space_id : NULL);
	return drift_find(drift, &job->state, job->snapshot, err);
}

static bool verify_bundle(struct job *job, struct err *err)
{
	struct drift drift = { .lost = job->o->lost };
	bool ok = job_read_snapshot(job, err) && find(job, &drift, err) && answer(job, &drift, err);
	drift_free(&drift);
	return ok;
}

/* ---- what a record says ---- */
/* The record takes the place of the repository's value and of the snapshot. */
static bool recorded(struct job *job, struct drift *drift, bool after, struct err *err)
{
	for (size_t i = 0; i < job->state.nlive; i++) {
		const struct live *live = job->state.live[i];
		const char *wanted = after ? live->after : live->before;
		char *text = NULL, *etag = NULL;
		if (!live_read(&job->state, live, &text, &etag, err))
			return false;
		free(etag);
		drift->compared++;
		if (live_same(live->kind, text, wanted)) {
			free(text);
			continue;
		}
		struct drift_item item = { .known = true, .then = xstrdup(wanted), .file =
			xstrdup(""),
			.path = xstrdup(""), .what = { .kind = live->kind,
				.name = xstrdup(live->name), .column = xstrdup(live->column),
				.key = xstrdup(live->key), .before = text, .after =
				xstrdup(wanted) } };
		drift->compared--;
		drift_add(drift, &item);
	}
	return true;
}

static bool verify_record(struct job *job, struct err *err)
{
	struct json *record = job_read_record(job, job->o->verify, err);
	struct drift drift = { 0 };
	bool after = !streq(json_str_or(record, "status", ""), "rolled_back");
	bool ok = record && recorded(job, &drift, after, err);
	struct err why = { 0 };
	struct json *d = ok ? report(job) : NULL;
	if (ok) {
		bool holds = apply_verify(&job->apply, after, &why);
		ok = holds || why.code == ERR_NO || err_set(err, why.code, "%s", why.text);
		drift_write(&drift, d);
		json_set_str(d, "status", holds ? "same" : "drift");
		json_set_str(d, "reason", holds ? NULL : why.text);
		ok = ok && job_put(job, d, err) && (holds || err_set(err, ERR_NO, "%s", why.text));
	}
	json_free(d);
	drift_free(&drift);
	json_free(record);
	return ok;
}

static bool same_folder(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
		x.st_ino == y.st_ino;
}

/* What is compared is a bundle, and the one that --bundle names: said before anything is asked. */
static bool check_folder(const struct options *o, struct err *err)
{
	struct bundle *bundle = bundle_open(o->verify, &(struct bundle_options){
		.target = o->dbx.target, .overrides = (const char *const *)o->vars.v,
		.noverrides = o->vars.n }, err);
	bundle_free(bundle);
	if (!bundle)
		return false;
	return !o->dbx.bundle || same_folder(o->verify, o->dbx.bundle) ||
		err_set(err, ERR_USAGE, "--verify %s is another folder than --bundle %s; name the "
			"bundle once", o->verify, o->dbx.bundle);
}

bool run_verify(struct job *job, struct err *err)
{
	bool folder = io_is_dir(job->o->verify);
	if (job->o->lost && (!folder || !job->o->snapshot))
		return err_set(err, ERR_USAGE, "--lost needs --verify FOLDER and --snapshot");
	if (folder && !check_folder(job->o, err))
		return false;
	if (!job_open(job, err))
		return false;
	return folder ? verify_bundle(job, err) : verify_record(job, err);
}

/* ---- adoption ---- */
static bool chosen(const struct options *o, const char **path, enum adopt_side *side,
	struct err *err)
{
	const char *const paths[] = { o->theirs, o->ours, o->accepted };
	if ((o->theirs != NULL) + (o->ours != NULL) + (o->accepted != NULL) > 1)
		return err_set(err, ERR_USAGE,
			"--theirs, --ours and --accepted exclude each other");
	if (o->accepted && !o->snapshot)
		return err_set(err, ERR_USAGE, "--accepted needs --snapshot: what was accepted");
	for (size_t i = 0; i < countof(paths); i++)
		if (paths[i]) {
			*side = (enum adopt_side)i;
			*path = paths[i];
		}
	return true;
}

bool run_adopt(struct job *job, struct err *err)
{
	const char *path = NULL;
	enum adopt_side side = ADOPT_THEIRS;
	if (!chosen(job->o, &path, &side, err))
		return false;
	struct json *listed = artifact_load(path, "drift", err), *d = NULL;
	struct drift drift = { .lost = side == ADOPT_ACCEPTED };
	bool ok = listed && job_open(job, err) && job_recover(job, err) &&
		job_read_snapshot(job, err) && find(job, &drift, err);
	if (ok) {
		d = job_document(job, "applied");
		ok = adopt(&job->state, &drift, listed, side,
			   json_set(d, "adopted", json_new_array()), err) &&
			job_carry_out(job, d, err);
	}
	drift_free(&drift);
	json_free(listed);
	json_free(d);
	return ok;
}
