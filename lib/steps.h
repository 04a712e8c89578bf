/* steps.h - the side effects of a run, numbered, so that a test can end it before each.
 *
 * Whatever leaves a trace (a statement, a call, a file, the journal, the record) is announced
 * here first. A variable of the tool's own (GENIE_PATCH_FAULT, GENIE_DEPLOY_FAULT), which only
 * tests set, says what then happens; the tool hands its value over:
 *
 *   list         each step is said on standard error: "step 3: write value: comment of ..."
 *   N            SIGKILL before side effect N (from 1)
 *   fail-N       side effect N fails instead
 *   stop-N       SIGSTOP before side effect N: somebody else can do something, then continue it
 *   NAME         SIGKILL at a named point; fail-NAME: the point fails; stop-NAME: it stops there
 *
 * Without the variable nothing happens, and nothing else reads it: a run cannot be made to
 * do other than it would, only to stop or wait.
 *
 * Layer: process.
 */
#ifndef GENIE_STEPS_H
#define GENIE_STEPS_H

#include "base.h"
#include "err.h"

struct steps {
	const char *fault; /* NULL: none */
	long n;            /* side effects announced so far */
};

/* The next side effect, said as "verb: object". False: it is to fail. */
bool steps_next(struct steps *steps, const char *verb, const char *object,
	struct err *err) MUST_CHECK;
/* A point between side effects that has a name. */
bool steps_point(const struct steps *steps, const char *name, struct err *err) MUST_CHECK;

#endif
