/* changed.h - saying what somebody else changed: what was found, and what was expected. */
#ifndef GENIE_PATCH_CHANGED_H
#define GENIE_PATCH_CHANGED_H

#include "state.h"

/* ERR_TEMP "refetch: TITLE changed since WHEN: it is "..", it was ".."". Of texts with
 * several lines the first line that differs, with its number. NULL: nothing there. Always false. */
bool changed_text(const char *title, const char *now, const char *then, const char *when,
	struct err *err);
/* The same for a value; of a space the places that differ. */
bool changed_live(const struct live *live, const char *now, const char *then, const char *when,
	struct err *err);

#endif
