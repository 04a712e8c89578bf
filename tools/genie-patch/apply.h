/* apply.h - carrying a state out, on both sides or on neither.
 *
 * Order: journal, live values (the space last), files, proof. A failure undoes
 * in reverse order; a killed run leaves the journal, and apply_recover undoes it.
 */
#ifndef GENIE_PATCH_APPLY_H
#define GENIE_PATCH_APPLY_H

#include "state.h"

struct apply {
	struct state *state;
	const char *journal; /* path */
	const char *fault;   /* a step at which to die or to fail, for tests; NULL: none */
	char *etag_after;    /* of the space, when it was changed; owned */
};

/* Dies (SIGKILL) at this step, or fails with "fail-STEP". */
bool apply_fault(const struct apply *apply, const char *step, struct err *err) MUST_CHECK;

/* Writes the journal, makes every value and file what it is to be, and proves it. On
 * failure all is as before (or the error says what is not, and the journal stays).
 * The journal is left for apply_done. */
bool apply_forward(struct apply *apply, struct err *err) MUST_CHECK;
/* Makes everything what it was, and proves it: the undo, and the rollback. Values and files
 * that are neither as before nor as after are ERR_TEMP, before anything is changed. */
bool apply_backward(struct apply *apply, struct err *err) MUST_CHECK;
/* The record is out: the journal may go. */
bool apply_done(struct apply *apply, struct err *err) MUST_CHECK;

/* Is everything as it is to be (after), or as it was? ERR_NO names the first that is not. */
bool apply_verify(struct apply *apply, bool after, struct err *err) MUST_CHECK;

#endif
