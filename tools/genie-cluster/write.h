/* write.h - groups as clusters.json. */
#ifndef GENIE_CLUSTER_WRITE_H
#define GENIE_CLUSTER_WRITE_H

struct groups;
struct history;
struct json;

/* Adds clusters, long_tail and judge_quality_feedback to `document`. The groups are sorted. */
void write_groups(struct groups *groups, const struct history *history, struct json *document);

#endif
