/* tablelog.h - which tables statements read and write, and how often each was written.
 *
 * What a query gave holds as long as the version of the tables that it read stays the same.
 * Names are compared byte by byte. All zero is an empty log, and a statement that uses nothing.
 *
 * Layer: base.
 */
#ifndef GENIE_TABLELOG_H
#define GENIE_TABLELOG_H

#include "base.h"
#include "str.h"

/* What one statement uses. */
struct tableuse {
	struct strlist read, written;
};

struct tablelog {
	struct strlist names;
	int64_t *writes; /* of each name */
	int64_t undone;
};

void tableuse_free(struct tableuse *use);
/* The statement runs, or takes one more step: what it writes may differ now. */
void tablelog_ran(struct tablelog *log, const struct tableuse *use);
/* Writes were taken back: every table may differ. */
void tablelog_undone(struct tablelog *log);
/* Another number than before: a table that the statement reads may have been written. */
int64_t tablelog_version(const struct tablelog *log, const struct tableuse *use);
void tablelog_free(struct tablelog *log);

#endif
