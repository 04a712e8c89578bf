/* byrules.h - what the rules draft for the clusters of one lever. */
#ifndef GENIE_PROPOSE_BYRULES_H
#define GENIE_PROPOSE_BYRULES_H

struct json;
struct proposal;

/* clusters: a document of genie-cluster. Appends to `all` (an array) as drafts_write does. */
void draft_by_rules(struct proposal *p, const struct json *clusters, struct json *all);

#endif
