/* deploy.h - what the parts of genie-deploy share: options, the document, where it is kept.
 *
 * The document is deploy.json as far as it goes. Its member `next` names what is to be done next
 * (null: nothing, it has ended); it is saved before and after whatever leaves a trace, so that
 * a later call goes on from there.
 */
#ifndef GENIE_DEPLOY_H
#define GENIE_DEPLOY_H

#include "base.h"
#include "dbxtool.h"
#include "err.h"
#include "steps.h"

struct dbx;
struct json;
struct tool;

struct options {
	struct dbxtool dbx;
	const char *job, *state, *before, *after, *drift, *junit;
	long max_attempts, fixes;
	double min_accuracy;
	bool plan, truncate, yes, check, strict, verify;
};

struct deploy {
	struct tool *tool;
	const struct options *o;
	struct dbx *dbx;
	char *dir;           /* of the bundle, no slash at its end */
	const char *host;
	char *state_path;
	bool own_state;      /* no --state: the file goes away when the answer is in its place */
	struct json *doc;
	struct steps steps;
	int lock;            /* -1: none */
	int64_t began_ms;    /* monotonic, of this process */
};

/* ---- state.c ---- */
/* The bundle's folder and the workspace; nothing is asked of it yet. */
bool deploy_connect(struct deploy *d, struct err *err) MUST_CHECK;
/* The same; then takes the lock, reads what an earlier call left or begins anew. */
bool deploy_open(struct deploy *d, struct err *err) MUST_CHECK;
void deploy_close(struct deploy *d);
/* Makes the document durable. */
bool deploy_save(struct deploy *d, struct err *err) MUST_CHECK;
/* What is to be done next; saves. */
bool deploy_go(struct deploy *d, const char *next, struct err *err) MUST_CHECK;
/* The deployment has ended this way; saves. */
bool deploy_end(struct deploy *d, const char *status, struct err *err) MUST_CHECK;
bool deploy_in_progress(const struct deploy *d);
/* Writes the document as the answer and drops the state. ERR_NO when it is no SUCCESS. */
bool deploy_hand_over(struct deploy *d, struct err *err) MUST_CHECK;
/* The attempt that is worked at; a new one. */
struct json *deploy_attempt(const struct deploy *d);
void deploy_new_attempt(struct deploy *d);
/* A command or call of this attempt has ended: says so in its list of steps. */
struct deploy_step {
	const char *phase, *command;
	const char *message; /* NULL: none */
	int64_t started_ms;  /* monotonic */
	int exit_status;     /* -1: no command */
};
void deploy_note(struct deploy *d, const struct deploy_step *step);

/* ---- phases.c ---- */
/* Does what is next until the deployment has ended. */
bool deploy_work(struct deploy *d, struct err *err) MUST_CHECK;

/* ---- run.c: the deployment job ---- */
bool phase_find_job(struct deploy *d, struct err *err) MUST_CHECK;
bool phase_run(struct deploy *d, struct err *err) MUST_CHECK;
bool phase_poll(struct deploy *d, struct err *err) MUST_CHECK;
bool phase_output(struct deploy *d, struct err *err) MUST_CHECK;

/* ---- the other things the tool does ---- */
bool run_plan(struct deploy *d, struct err *err) MUST_CHECK;             /* plan.c */
bool run_gate(struct tool *tool, const struct options *o, struct err *err) MUST_CHECK; /* gate.c */
bool run_verify(struct tool *tool, const struct options *o, struct err *err) MUST_CHECK;
	/* verify.c */

/* escalate.c: what a person has to know, from the document. Before and after are eval.json, or
 * NULL. */
struct json *escalation(const struct json *doc, const struct json *before,
	const struct json *after);

#endif
