/* faults.h - faults that are asked for, so that clients can be tested.
 *
 * A rule is "METHOD PATH-PART ACTION[:ARG] [xCOUNT|every:N]": METHOD may be *, PATH-PART
 * is looked for in the path, xCOUNT fires for the first COUNT matching requests,
 * every:N for each Nth; else for all. Actions:
 *	429[:SECONDS]  with Retry-After      503[:SECONDS], 500
 *	401            as with a token that has expired, 403
 *	slow:MS        answer, but late      cut        close, nothing done
 *	cut-after      do it, then close     badjson    do it, send half of the answer
 *	message-failed[:TYPE]                the message made by this request ends FAILED
 * "job TASK fails MESSAGE... [xCOUNT|every:N]" makes tasks of jobs fail with this error; TASK is
 * a task key or *.
 */
#ifndef GENIE_LOCAL_FAULTS_H
#define GENIE_LOCAL_FAULTS_H

#include "base.h"
#include "err.h"

struct faults;
struct strlist;

enum fault_action {
	FAULT_NONE, FAULT_401, FAULT_403, FAULT_429, FAULT_503, FAULT_500, FAULT_SLOW, FAULT_CUT,
	FAULT_CUT_AFTER, FAULT_BADJSON, FAULT_MESSAGE_FAILED, FAULT_TASK,
};

struct fault {
	enum fault_action action;
	long number;      /* seconds or milliseconds; -1: none given */
	const char *text; /* type of the message's error; borrowed */
};

/* ERR_USAGE for a rule that is none. `rules` may be NULL. */
struct faults *faults_new(const struct strlist *rules, struct err *err) MUST_CHECK;
void faults_free(struct faults *faults); /* NULL is fine */
/* What happens to this request; counts the matching rules. Rules for messages are
 * passed over, or, with `message`, they alone are looked at. */
struct fault faults_next(struct faults *faults, const char *method, const char *path,
	bool message);
/* The error with which a task of this key is to fail, NULL: it is left alone; borrowed. Counts. */
const char *faults_task(struct faults *faults, const char *key);

#endif
