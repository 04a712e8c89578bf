/* fresh.h - has somebody else changed what is about to be changed? */
#ifndef GENIE_PATCH_FRESH_H
#define GENIE_PATCH_FRESH_H

#include "job.h"

/* Every value that the run would change is as the snapshot has it, in the workspace and in the
 * repository's file; else ERR_TEMP "refetch: ..." that names the object, or FILE:LINE, what is
 * there and what was expected. */
bool fresh_all(const struct job *job, struct err *err) MUST_CHECK;

#endif
