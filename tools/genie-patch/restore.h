/* restore.h - what of a configuration of an earlier time cannot be brought back. */
#ifndef GENIE_PATCH_RESTORE_H
#define GENIE_PATCH_RESTORE_H

#include "job.h"

/* Compares the metadata of the model with those of the job's snapshot. What differs must be a value
 * that the state sets; all else is named, some of it in the text of ERR_DATA: columns that were
 * added or have another type, tables and functions that are gone, values that no file of the bundle
 * keeps. */
bool restore_check(struct job *job, const struct json *model, struct err *err) MUST_CHECK;

#endif
