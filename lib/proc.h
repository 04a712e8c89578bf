/* proc.h - run a command and read what it says. No shell in between.
 *
 * Layer: process.
 */
#ifndef GENIE_PROC_H
#define GENIE_PROC_H

#include "base.h"
#include "err.h"

struct str;

/* Runs argv (NULL-terminated, looked up in PATH) in folder `cwd` (NULL: here)
 * with standard input empty, and appends its standard output and error to out
 * and errors (either may be NULL: dropped), each capped by its max. Waits at most
 * timeout_ms (0: for ever), then kills it: ERR_TEMP. On true *status is the exit
 * status, 128+N for signal N. A command that is not there: ERR_UNAVAILABLE. */
bool proc_run(const char *const *argv, const char *cwd, int64_t timeout_ms,
	      struct str *out, struct str *errors, int *status, struct err *err) MUST_CHECK;

/* The folder of the running program, new string; NULL when the system does not tell. */
char *proc_program_dir(void);

#endif
