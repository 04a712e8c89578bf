/* vet.h - may a text be sent to the workspace, or written to the bundle?
 *
 * A record or journal is a file like any other: whoever can write it could have it run any SQL, or
 * write any file. Only what this tool could have recorded itself passes.
 */
#ifndef GENIE_PATCH_VET_H
#define GENIE_PATCH_VET_H

#include "state.h"

/* The name is catalog.schema.object, column and key are there where the kind has them and
 * nowhere else; both texts are what the kind holds: of a function one CREATE FUNCTION of that name
 * and nothing else, of a metric view YAML without $$, of a space a JSON object. All other texts are
 * sent as literals, whatever they say. ERR_DATA "before: ..." or "after: ...". */
bool vet_live(const struct live *live, struct err *err) MUST_CHECK;
/* The path may be one that patches edit: YAML, SQL, Python or JSON, nothing hidden (.git). */
bool vet_file(const char *path, struct err *err) MUST_CHECK;
/* Everything that would change. ERR_DATA names the object. */
bool vet_state(const struct state *state, struct err *err) MUST_CHECK;

#endif
