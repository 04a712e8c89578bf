/* jobs.h - runs of jobs: start one, wait for its end, read what its tasks say (Jobs API 2.2).
 *
 * Ids are texts: a run's id does not fit into a double. A run is judged by
 * status.termination_details, which newer services send; by result_state where that is
 * missing. A run that failed is a value, not an error: the error is for calls that did not get
 * through. Layer: domain.
 */
#ifndef GENIE_JOBS_H
#define GENIE_JOBS_H

#include "base.h"
#include "err.h"

struct dbx;
struct json;

#define JOBS_TOKEN_MAX 64 /* characters of an idempotency token */

/* Where a run or a task is. Texts are the service's own words, "" when it says nothing. */
struct jobs_state {
	char *life_cycle; /* PENDING, RUNNING, TERMINATED, ... */
	char *result;     /* SUCCESS, FAILED, RUN_EXECUTION_ERROR, ...; "" until the end */
	char *message;
	bool ended, ok;   /* ok: it has ended, and well */
};

struct jobs_task {
	char *key, *run_id, *url; /* url may be "" */
	struct jobs_state state;
};

struct jobs_run {
	char *run_id, *job_id, *url;
	struct jobs_state state;
	struct jobs_task *tasks;
	size_t ntasks, cap;
};
void jobs_run_free(struct jobs_run *run); /* what is inside */

/* Adds what a reply of runs/get says; later pages add their tasks. ERR_UNAVAILABLE when it is
 * no run. */
bool jobs_run_read(struct jobs_run *run, const struct json *reply, struct err *err) MUST_CHECK;
/* "RUNNING", "TERMINATED SUCCESS"; yours. */
char *jobs_state_text(const struct jobs_state *state);
/* A task that failed by itself; one that was left out because another failed has not. */
bool jobs_task_failed(const struct jobs_task *task);

/* Starts a run, or finds the one that this token has started before: the same call again is
 * safe, and is made three times when the answer gets lost. Returns the run's id, yours. */
char *jobs_run_now(struct dbx *dbx, const char *job_id, const char *token,
	struct err *err) MUST_CHECK;
/* The run as it is now, with the tasks of all pages. */
bool jobs_get_run(struct dbx *dbx, const char *run_id, struct jobs_run *run,
	struct err *err) MUST_CHECK;

/* Told at each new state, the last one included. False ends the waiting with its error. */
typedef bool jobs_watch(void *ctx, const struct jobs_run *run, struct err *err);
struct jobs_wait {
	int64_t first_ms, last_ms; /* between two looks: from, to; 0: 500 and 10,000 */
	int64_t limit_ms;          /* whole time, then ERR_TEMP; 0: a day */
	jobs_watch *watch;         /* may be NULL */
	void *ctx;
};
/* Looks until the run has ended. Release the run either way. */
bool jobs_wait_for(struct dbx *dbx, const char *run_id, const struct jobs_wait *wait,
	struct jobs_run *run, struct err *err) MUST_CHECK;

/* What a task left behind: texts, "" when there is none. */
struct jobs_output {
	char *error, *trace, *result, *logs;
};
void jobs_output_read(struct jobs_output *output, const struct json *reply);
void jobs_output_free(struct jobs_output *output);
/* Of a task's run id (not that of the whole run). */
bool jobs_get_output(struct dbx *dbx, const char *task_run_id, struct jobs_output *output,
	struct err *err) MUST_CHECK;

#endif
