/* retry.h - which patches of a set that was rolled back deserve a try of their own.
 *
 * A set is rolled back as a whole, though one patch of it may have done the harm and
 * another the good. Patches that belong together stay together: those of one object (patch.h,
 * patch_object), and those that name each other or the same word in `pair`. When a set had
 * several such units and did harm (a gate failed, a metric fell, an answer broke), each
 * unit is tried alone, best net impact first, at most `limit` of them: a real
 * workspace answers a few questions a minute. A set that only failed to help has nothing in it
 * that a retry could find, and what was a retry itself is not tried again.
 */
#ifndef GENIE_DECIDE_RETRY_H
#define GENIE_DECIDE_RETRY_H

#include "base.h"

struct json;

/* Adds to `document`, which is decided: patch_ids, levers, retry_of and retry. `patches` is
 * patches.json (its retry_of: the iteration whose set a unit is taken from), `apply`
 * apply.json; NULL: all count as applied. */
void retry_note(struct json *document, const struct json *patches, const struct json *apply,
		long limit);

#endif
