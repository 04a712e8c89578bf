/* adopt.h - ending drift: one side takes what the other has. */
#ifndef GENIE_PATCH_ADOPT_H
#define GENIE_PATCH_ADOPT_H

#include "drift.h"

/* Whose value it is going to be: the workspace's, the repository's, or on both sides that of the
 * snapshot, which was accepted last. */
enum adopt_side { ADOPT_THEIRS, ADOPT_OURS, ADOPT_ACCEPTED };

/* What a drift document lists must be what there is now: ERR_TEMP "refetch: ..." naming the
 * object, when a value changed since. Works the listed items into the state. Each is added to
 * `adopted`. */
bool adopt(struct state *state, const struct drift *now, const struct json *report,
	enum adopt_side side, struct json *adopted, struct err *err) MUST_CHECK;

/* Puts the item's `before` into the file that keeps it; NULL takes it out. ERR_DATA: it
 * cannot be. */
bool adopt_file(struct state *state, const struct drift_item *item, struct err *err) MUST_CHECK;

/* Makes the YAML mean what `wanted` does: text by text, so that comments and layout stay, when both
 * have the same named items in the same order; else it becomes `wanted`, and false. */
bool adopt_yaml(struct str *text, const char *name, const char *wanted);

#endif
