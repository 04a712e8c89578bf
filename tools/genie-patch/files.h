/* files.h - the bundle's files, reached without following links.
 *
 * A path is walked from the bundle's folder one name at a time, each folder opened
 * without following symbolic links and held open: what somebody swaps in meanwhile
 * is not entered. Paths with "..", ".", empty names or a leading slash are refused
 * (ERR_DATA), so are files that are not regular.
 */
#ifndef GENIE_PATCH_FILES_H
#define GENIE_PATCH_FILES_H

#include "base.h"
#include "err.h"

struct steps;
struct str;

/* Appends the file's bytes; *exists false: there is none (its folder may be missing too). */
bool files_read(const char *root, const char *path, struct str *out, bool *exists,
	struct err *err) MUST_CHECK;
/* Makes the file hold this text, at once (temporary beside it, renamed, both synced), with
 * the mode that it has. NULL removes it. */
bool files_write(const char *root, const char *path, const char *text, struct steps *steps,
	struct err *err) MUST_CHECK;
/* Removes PATH.tmp-PID of processes that are gone. What cannot be looked at stays. */
void files_sweep(const char *root, const char *path);

#endif
