/* record.h - a state as JSON: in apply.json, and in the journal of a run.
 *
 * The journal is written before the first change and holds the text before and after of
 * all that the run touches, so that whoever finds it can undo the run or finish undoing.
 */
#ifndef GENIE_PATCH_RECORD_H
#define GENIE_PATCH_RECORD_H

#include "state.h"

struct str;

/* Adds "objects" and "files": what changed, with both texts. */
void record_write(const struct state *state, struct json *document);
/* The reverse; fills an empty state. ERR_DATA names the path. */
bool record_read(struct state *state, const struct json *document, struct err *err) MUST_CHECK;

bool journal_write(const struct state *state, const char *path, const char *phase,
	struct err *err) MUST_CHECK;
/* *found false: there is none. The space's id stays in *document (yours). */
bool journal_read(struct state *state, const char *path, bool *found, struct json **document,
	struct err *err) MUST_CHECK;
bool journal_remove(const char *path, struct err *err) MUST_CHECK;

#endif
