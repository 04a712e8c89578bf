/* snapshot.h - single values out of space.json of genie-fetch. */
#ifndef GENIE_PATCH_SNAPSHOT_H
#define GENIE_PATCH_SNAPSHOT_H

#include "state.h"

struct json;

/* The text that the value had. *known false: the snapshot does not cover the object. Yours. */
char *snapshot_text(const struct json *snapshot, const struct live *live, bool *known);

#endif
