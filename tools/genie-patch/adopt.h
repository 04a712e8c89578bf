/* adopt.h - ending drift: one side takes what the other has. */
#ifndef GENIE_PATCH_ADOPT_H
#define GENIE_PATCH_ADOPT_H

#include "drift.h"

/* What a drift document lists must be what there is now: ERR_TEMP "refetch: ..." naming the
 * object, when a value changed since. Works the listed items into the state: `theirs`, the
 * live value goes into the file; else the file's goes into the workspace. Each is added to
 * `adopted`. */
bool adopt(struct state *state, const struct drift *now, const struct json *report, bool theirs,
	struct json *adopted, struct err *err) MUST_CHECK;

#endif
