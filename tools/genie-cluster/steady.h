/* steady.h - questions that are answered now so, now so.
 *
 * A question is unsteady when its repeatability verdict fails, when it is on the list of a
 * decision (right answers whose SQL changed) and does not fail anyway, or when its replicates have
 * different SQL. What its askings change between is told from their assets and SQL. Only
 * questions that may be unsteady take memory.
 */
#ifndef GENIE_CLUSTER_STEADY_H
#define GENIE_CLUSTER_STEADY_H

#include "base.h"

struct groups;
struct json;
struct steady;
struct verdicts;

/* `unstable` is an array of ids, borrowed; NULL: none. */
struct steady *steady_new(const struct json *unstable);
void steady_free(struct steady *steady);
/* A row of this evaluation; `earlier`: of one before, which only shows how it was answered. */
void steady_note(struct steady *steady, struct verdicts *row, bool earlier);
/* Puts the unsteady questions into groups, by what they change between. */
void steady_group(const struct steady *steady, struct groups *groups);
/* The assets of a group's `assets` bits as an array of names. */
struct json *steady_assets(unsigned assets);

#endif
