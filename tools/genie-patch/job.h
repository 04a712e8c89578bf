/* job.h - one call of genie-patch: what it was asked, and what its verbs share. */
#ifndef GENIE_PATCH_JOB_H
#define GENIE_PATCH_JOB_H

#include "apply.h"
#include "dbxtool.h"
#include "patch.h"
#include "recovery.h"
#include "report.h"
#include "steps.h"

struct tool;

struct options {
	struct dbxtool dbx;
	const char *space, *snapshot, *rollback, *verify, *warehouse, *journal, *benchmarks;
	const char *queue, *theirs, *ours, *accepted, *restore;
	struct strlist vars;
	bool dry_run, plan, allow_high, allow_dirty, lost;
};

struct job {
	struct tool *tool;
	const struct options *o;
	struct state state;
	struct apply apply;
	struct patch_set set;
	struct result *results;
	struct json *snapshot; /* NULL: none given */
	struct journal journal;
	struct steps steps;
	int lock;
};

/* Opens the bundle, takes its lock and connects. */
bool job_open(struct job *job, struct err *err) MUST_CHECK;
void job_close(struct job *job);
bool job_read_snapshot(struct job *job, struct err *err) MUST_CHECK;
/* --dry-run, --plan: nothing is changed, on either side. */
bool job_dry(const struct job *job);
/* A run that was killed first, see recovery.h. A dry run only says that there was one. */
bool job_recover(struct job *job, struct err *err) MUST_CHECK;

/* Would anything be different afterwards? */
bool job_changes(const struct job *job);
/* Files with uncommitted changes are somebody's work in progress: ERR_NO. */
bool job_clean(const struct job *job, struct err *err) MUST_CHECK;

/* apply.json as far as all verbs have it. Yours. */
struct json *job_document(const struct job *job, const char *status);
bool job_put(struct job *job, const struct json *document, struct err *err) MUST_CHECK;
/* What would be done, in the form that the user asked for. `back`: as a rollback goes (the state is
 * turned). */
bool job_put_plan(struct job *job, struct json *document, bool back, struct err *err) MUST_CHECK;
/* Carries out what the state holds, and writes the record: the proofs of `results` and the texts
 * are added to `document`. All or nothing. A dry run writes the plan instead. */
bool job_carry_out(struct job *job, struct json *document, struct err *err) MUST_CHECK;
/* The record takes its place before the journal goes, see recovery.h. *out: it has. */
bool job_commit(struct job *job, bool *out, struct err *err) MUST_CHECK;
/* The state of an apply.json. NULL: ERR_DATA; the document is yours. */
struct json *job_read_record(struct job *job, const char *path, struct err *err) MUST_CHECK;

/* ---- the other verbs (verify.c, restore.c) ---- */
bool run_verify(struct job *job, struct err *err) MUST_CHECK;
bool run_adopt(struct job *job, struct err *err) MUST_CHECK;
bool run_restore(struct job *job, struct err *err) MUST_CHECK;

#endif
