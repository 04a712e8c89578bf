/* history.h - patches of earlier iterations, and what became of them.
 *
 * Each file is a patches.json. What was decided is in decision.json of the same folder, or
 * in the document's own member `decision`: "accept", "rollback" and so on. A patch is
 *
 *   rejected   its document was rolled back and it stood there alone (with its pair at most), or
 *              was a single retry (`retry_of`), or stood in a set of which decision.json says
 *              that nothing in it is worth a retry (`retry`: []); or nothing is known of it
 *   in a set   its document was rolled back and it stood beside others
 *   accepted   its document was kept, here or in any other file
 *
 * The last file that says something definite wins. A patch that is marked `escalated`, or one
 * whose document's decision is "escalate", is open again.
 */
#ifndef GENIE_PROPOSE_HISTORY_H
#define GENIE_PROPOSE_HISTORY_H

#include "base.h"
#include "err.h"

struct history;
struct json;
struct patch;

enum past { PAST_NONE, PAST_REJECTED, PAST_IN_SET, PAST_ACCEPTED };

struct history *history_new(void);
void history_free(struct history *history); /* NULL is fine */
/* ERR_DATA or ERR_IO: no patches.json, or a decision.json beside it that is none. */
bool history_load(struct history *history, const char *path, struct err *err) MUST_CHECK;
/* What became of exactly this change; *where gets the file. */
enum past history_of(const struct history *history, const struct patch *patch, const char **where);
/* All patches as one array, each with `past`: "rejected", "in_set" or "accepted"; borrowed. */
const struct json *history_patches(const struct history *history);

#endif
