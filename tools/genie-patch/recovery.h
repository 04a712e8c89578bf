/* recovery.h - the journal of a run, and what the next run makes of it.
 *
 * The journal is written before the first change and holds the text before and after of
 * all that the run touches, so that whoever finds it can undo the run. It also names
 * the file that the record goes to: from the moment that file is in place the run counts
 * as done, and only the journal is left to remove. A record that goes to standard output cannot be
 * looked at; such a run is undone as long as its journal is there.
 */
#ifndef GENIE_PATCH_RECOVERY_H
#define GENIE_PATCH_RECOVERY_H

#include "digest.h"
#include "state.h"

struct steps;

struct journal {
	char *path;
	const char *output, *temporary; /* of the record (struct tool); NULL: standard output */
	char id[SHA256_HEX];            /* of the run, also in the record; set by journal_write */
};

bool journal_write(struct journal *journal, const struct state *state, const char *phase,
	struct steps *steps, struct err *err) MUST_CHECK;
bool journal_remove(const struct journal *journal, struct steps *steps,
	struct err *err) MUST_CHECK;

/* A run that was killed is finished when its record is in place, else undone; what it left of
 * temporary files is removed. Without a journal, only the latter. `state` is the running
 * one: its connection is used, its values are not touched. */
bool recover(const struct state *state, struct journal *journal, struct steps *steps,
	struct err *err) MUST_CHECK;

#endif
