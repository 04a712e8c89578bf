/* ucdiff.h - what differs between the Unity Catalog metadata of two snapshots. */
#ifndef GENIE_TRACK_UCDIFF_H
#define GENIE_TRACK_UCDIFF_H

struct json;

/* {parent_model_id, columns|tags|routines: {added, removed, modified: [{key, before, after}]}}.
 * Rows are told apart by their names; who changed an object and when does not count. Without
 * a parent (NULL) nothing is added or removed. Yours. */
struct json *ucdiff(const struct json *before, const struct json *after, const char *parent);
/* How many rows of a kind differ. */
long ucdiff_count(const struct json *diff, const char *kind);

#endif
