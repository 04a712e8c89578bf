/* record.h - a state as JSON: in apply.json, and in the journal of a run.
 */
#ifndef GENIE_PATCH_RECORD_H
#define GENIE_PATCH_RECORD_H

#include "state.h"

struct str;

/* Adds "objects" and "files": what changed, with both texts. */
void record_write(const struct state *state, struct json *document);
/* The reverse; fills an empty state. ERR_DATA names the path. */
bool record_read(struct state *state, const struct json *document, struct err *err) MUST_CHECK;

#endif
