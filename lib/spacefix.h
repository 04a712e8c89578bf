/* spacefix.h - mends the export of a Genie Space so that a workspace takes it.
 *
 * Works on the text of the file, in whichever wrapper (space.h); only the bytes that must change
 * do (jsonedit.h). What it does is told entry by entry. A file that is in order stays as it is,
 * and has no changes. Layer: domain.
 */
#ifndef GENIE_SPACEFIX_H
#define GENIE_SPACEFIX_H

#include "base.h"
#include "err.h"

struct bundle;
struct str;

/* What was changed (or, of spacefix_limit without `cut`, what would be). */
struct spacefix_change {
	char *path; /* JSON path of the array or entry: "$.data_sources.tables" */
	char *text; /* "sorted by identifier" */
};
struct spacefix_changes {
	struct spacefix_change *v;
	size_t n, cap;
};
void spacefix_changes_free(struct spacefix_changes *changes);

/* Sorts each array that a workspace wants sorted. The order is that of the names with the
 * variables of `bundle` filled in, as the workspace will see them (NULL, or a variable without a
 * value: as they are written). All of these: ERR_DATA when the text is no export. */
bool spacefix_sort(struct str *text, const char *name, const struct bundle *bundle,
	struct spacefix_changes *changes, struct err *err) MUST_CHECK;

/* Gives a new id to each entry that has none, one that is not 32 lowercase hexadecimal digits,
 * or one that an entry before it has; the ids follow from the entry, so that the same file
 * gets the same ids. Sorts what is out of order then, as above. */
bool spacefix_ids(struct str *text, const char *name, const struct bundle *bundle,
	struct spacefix_changes *changes, struct err *err) MUST_CHECK;

/* Finds the arrays with more entries than `limit`, and with `cut` takes the last ones out. A
 * change says how many there are and which fall. */
struct spacefix_limit {
	long limit;        /* 0: the documented ones */
	const char *about; /* the message, which may say which arrays it is about; NULL: none */
	bool cut;
};
bool spacefix_limit(struct str *text, const char *name, const struct spacefix_limit *limit,
	struct spacefix_changes *changes, struct err *err) MUST_CHECK;

#endif
