/* textdiff.h - unified diffs of texts, for people and for artifacts. Layer: data. */
#ifndef GENIE_TEXTDIFF_H
#define GENIE_TEXTDIFF_H

#include "base.h"

struct str;

/* Appends the unified diff of two texts (three lines of context, git's a/ and b/
 * names); nothing when they are equal. */
void unified_diff(const char *path, const char *before, size_t nbefore,
	const char *after, size_t nafter, struct str *out);

#endif
