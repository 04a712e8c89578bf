/* spool.h - a folder of jobs that could not be done, in the order in which they came.
 *
 * NNNNNN-VERB-UUID.json, one job each, written whole or not at all; a job is put there before
 * it is begun and leaves when it is done, so one that was killed is there too. What the server
 * refused for good is renamed to *.refused and holds up nothing.
 */
#ifndef GENIE_TRACK_SPOOL_H
#define GENIE_TRACK_SPOOL_H

#include "job.h"

struct strlist;

/* One process works on a spool at a time: waits for the others. -1: failed. */
int spool_lock(const char *dir, struct err *err) MUST_CHECK;
void spool_unlock(int lock);
/* Puts a job at the end, or finds the one with this uuid there; sets job->path. */
bool spool_put(const char *dir, struct job *job, struct err *err) MUST_CHECK;
/* Paths of the jobs, first come first. A folder that is not there is empty. */
bool spool_paths(const char *dir, struct strlist *paths, struct err *err) MUST_CHECK;
bool spool_load(const char *path, struct job *job, struct err *err) MUST_CHECK;
bool spool_done(const struct job *job, struct err *err) MUST_CHECK;    /* removes it */
bool spool_refused(const struct job *job, struct err *err) MUST_CHECK; /* puts it aside */

#endif
