/* drift.h - where the workspace, the repository and the last accepted snapshot differ.
 *
 * One item is one value that both sides keep: a comment, a tag, a property, a metric view, a
 * function, or one part of a space's configuration. Texts are as the workspace has them
 * (variables resolved); of a space's parts they are canonical JSON.
 */
#ifndef GENIE_PATCH_DRIFT_H
#define GENIE_PATCH_DRIFT_H

#include "state.h"
#include "str.h"

struct bundle_space;

/* Where a part of a configuration stands: the array, the item's key and its value there, and
 * for tables the column and the member, or NULL. */
struct spot {
	const char *place, *key;
	char *id, *column, *member;
};

struct drift_item {
	struct live what;  /* kind, name, column, key; before: live text, after: of the file */
	bool missing;      /* the workspace lacks the object itself */
	char *then;        /* in the snapshot */
	bool known;        /* does the snapshot say anything about it? */
	char *file, *path; /* where the repository keeps it */
	size_t line;       /* 0: not known */
	struct spot spot;  /* of LIVE_SPACE */
};
struct drift {
	struct drift_item *v; /* those that differ */
	size_t n, cap;
	size_t compared;      /* with those that do not */
	struct strlist unlisted; /* tables and columns that no file of the bundle lists */
	bool all;  /* keep, too, what both sides agree in and the snapshot has otherwise, or not */
	bool lost; /* keep, too, what both sides agree in and the snapshot has otherwise */
};
void drift_free(struct drift *drift);

/* Compares all objects of the bundle, and the space when state->space_id is set. NULL snapshot:
 * none. */
bool drift_find(struct drift *drift, struct state *state, const struct json *snapshot,
	struct err *err) MUST_CHECK;
/* Adds "drift", "counts", "compared", "unlisted" and "status". */
void drift_write(const struct drift *drift, struct json *document);
/* Do two texts of the item mean the same? */
bool drift_same(const struct drift_item *item, const char *a, const char *b);
/* "comment of main.gold.t.c", "space cost: instructions.join_specs[id=..]". Yours. */
char *drift_title(const struct drift_item *item);
/* Who changed it: "live", "repository", "both", "lost" (both sides alike: neither has what the
 * snapshot has); without a snapshot "unknown". */
const char *drift_change(const struct drift_item *item);

/* The patch that takes the live text, or of what is lost the snapshot's, into the repository; NULL
 * where no type fits. Yours. */
struct json *drift_patch(const struct drift_item *item);

/* ---- shared by the parts ---- */
/* Counts the item and keeps it when its texts differ; else frees it. Takes its texts. */
void drift_add(struct drift *drift, struct drift_item *item);
bool drift_uc(struct drift *drift, struct state *state, const struct json *snapshot,
	struct err *err) MUST_CHECK;
bool drift_space(struct drift *drift, struct state *state, const struct json *snapshot,
	struct err *err) MUST_CHECK;
/* Makes the part what `text` says; NULL removes it. False: such a part cannot be set. */
bool spot_put(struct json *config, const struct spot *spot, const char *text);

#endif
