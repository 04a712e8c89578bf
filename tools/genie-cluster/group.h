/* group.h - rows with the same cause and the same blamed object, together.
 *
 * Memory grows with clusters and question ids, not with rows. What is written
 * does not depend on the order of the rows.
 */
#ifndef GENIE_CLUSTER_GROUP_H
#define GENIE_CLUSTER_GROUP_H

#include "base.h"

struct groups;
struct json;

struct groups *groups_new(void);
void groups_free(struct groups *groups);
/* Adds a failing row (borrowed). */
void groups_add(struct groups *groups, const struct json *row);
/* Adds a question whose SQL changed although it was right: a repeatability issue. */
void groups_add_unstable(struct groups *groups, const struct json *row);
/* Adds clusters, long_tail and judge_quality_feedback to `document`. */
void groups_write(const struct groups *groups, struct json *document);

#endif
