/* apply.h - carrying a state out, on both sides or on neither.
 *
 * Order: journal, live values (by live_phase), files, proof. A failure undoes
 * in reverse order; a killed run leaves the journal, see recovery.h.
 */
#ifndef GENIE_PATCH_APPLY_H
#define GENIE_PATCH_APPLY_H

#include "state.h"

struct journal;
struct steps;

struct apply {
	struct state *state;
	struct journal *journal;
	struct steps *steps;
	char *etag_after;    /* of the space, when it was changed; owned */
};

/* Writes the journal, makes every value and file what it is to be, and proves it. On
 * failure all is as before (or the error says what is not, and the journal stays).
 * The journal is left: it goes when the record is out. */
bool apply_forward(struct apply *apply, struct err *err) MUST_CHECK;
/* Makes everything what it was, and proves it: the undo, and the rollback. Values and files
 * that are neither as before nor as after are ERR_TEMP, before anything is changed. */
bool apply_backward(struct apply *apply, struct err *err) MUST_CHECK;

/* Is everything as before or as after, so that apply_backward can go? Else ERR_TEMP or
 * ERR_DATA. */
bool apply_can_go_back(const struct apply *apply, struct err *err) MUST_CHECK;

/* Is everything as it is to be (after), or as it was? ERR_NO names the first that is not. */
bool apply_verify(struct apply *apply, bool after, struct err *err) MUST_CHECK;

#endif
