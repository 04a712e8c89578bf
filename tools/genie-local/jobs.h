/* jobs.h - jobs and their runs, in the SQLite file.
 *
 * A run goes PENDING -> RUNNING -> TERMINATED; it moves on one step each time somebody looks
 * at runs, after the answer. So what a client sees does not depend on how fast it
 * is, and a run that its starter forgot does not stand in the way of others for ever. Its tasks
 * are carried out in one go when it leaves RUNNING, what comes first by depends_on first.
 *
 * Documents are JSON, as the API has them. Members that begin with "__" are ours.
 * Flow: api_jobs.c, api_runs.c -> job_run.c (life cycle) -> job_task.c -> job_genie.c.
 */
#ifndef GENIE_LOCAL_JOBS_H
#define GENIE_LOCAL_JOBS_H

#include "base.h"
#include "err.h"

struct json;
struct server;
struct str;

#define JOBS_MAX_TASKS 100  /* of one job; more would need pages of tasks */
#define JOBS_MAX_TOKEN 64   /* characters of an idempotency token */

/* ---- jobs_store.c -------------------------------------------------------------- */

bool jobs_open(struct server *server, struct err *err) MUST_CHECK; /* makes the tables */

/* Stores new settings; *id 0: a new job, whose id is set. */
bool job_save(struct server *server, int64_t *id, const struct json *settings,
	struct err *err) MUST_CHECK;
/* {job_id, creator_user_name, created_time, settings}; yours; NULL with err.code ERR_NONE: no
 * such job. */
struct json *job_load(struct server *server, int64_t id, struct err *err) MUST_CHECK;
/* All jobs, newest first; `name` (ASCII case ignored) NULL: any. NULL: failed. */
struct json *jobs_all(struct server *server, const char *name, struct err *err) MUST_CHECK;
bool job_delete(struct server *server, int64_t id, bool *found, struct err *err) MUST_CHECK;

/* A new id of a run; `parent` is the run that a task's run belongs to, else 0. */
bool run_new_id(struct server *server, int64_t parent, int64_t *id, struct err *err) MUST_CHECK;
/* The run that a task's run belongs to; 0: it is none. */
bool run_parent(struct server *server, int64_t id, int64_t *parent, struct err *err) MUST_CHECK;
/* Adds or replaces; id, job and activity are taken from the document. */
bool run_save(struct server *server, const struct json *run, const char *token,
	struct err *err) MUST_CHECK;
/* The document, yours; NULL with err.code ERR_NONE: no such run. */
struct json *run_load(struct server *server, int64_t id, struct err *err) MUST_CHECK;
/* The id of the run that was started with this token; 0: none. */
bool run_by_token(struct server *server, int64_t job, const char *token, int64_t *id,
	struct err *err) MUST_CHECK;
/* Documents of runs, newest first; job 0: of all. NULL: failed. */
struct json *runs_all(struct server *server, int64_t job, struct err *err) MUST_CHECK;
/* Those that are on their way, of all jobs, oldest first. */
struct json *runs_active(struct server *server, struct err *err) MUST_CHECK;
/* Runs of a job so far, and those that are on their way (queued ones not counted). */
bool runs_count(struct server *server, int64_t job, int64_t *ever, int64_t *active,
	struct err *err) MUST_CHECK;

/* ---- job_run.c ------------------------------------------------------------------ */

/* Is it still on its way? */
bool run_active(const struct json *run);
/* The document as it is shown: without our own members; yours. */
struct json *run_shown(const struct json *run);
/* Makes a run of a job, as job_load gives it, and saves it; NULL: failed. `values` are the
 * job parameters by name. */
struct run_start {
	const struct json *job;
	const struct json *values; /* may be NULL */
	const char *token;         /* may be NULL */
	bool queue;
};
struct json *run_start(struct server *server, const struct run_start *start,
	struct err *err) MUST_CHECK;
/* Moves every run on one step. */
bool runs_advance(struct server *server, struct err *err) MUST_CHECK;
/* Asks a run to end. */
void run_cancel(struct json *run);
/* Puts the tasks for which `again` is true back to the start, with new run ids. */
bool run_repair(struct server *server, struct json *run,
	bool again(const struct json *task, const struct json *body), const struct json *body,
	struct err *err) MUST_CHECK;

/* ---- job_task.c, job_genie.c --------------------------------------------------------- */

/* What came of a task. Zero-initialise; release what is inside. */
struct task_result {
	char *error, *trace; /* of a failure */
	char *logs;
};
void task_result_free(struct task_result *result);
/* Sets error and trace; returns false. */
bool task_fails(struct task_result *result, const char *format, ...) PRINTF_LIKE(2, 3);

/* Carries out a task of a run. Only a script that deploys Genie spaces is known; all else fails
 * and says so. False: it failed. */
bool task_run(struct server *server, const struct json *run, const struct json *task,
	struct task_result *result) MUST_CHECK;

/* What deploy_genie_spaces.py does: the exports beside the script, with ${NAME} replaced by the
 * arguments of the task, become the configurations of their spaces. `script` is a kept
 * path (files.h); `arguments` are texts by name, with _ for -. */
bool task_deploy_genie(struct server *server, const char *script, const struct json *arguments,
	struct task_result *result) MUST_CHECK;

#endif
