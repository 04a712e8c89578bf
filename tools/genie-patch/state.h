/* state.h - what a patch set touches: values in the workspace and files in the bundle.
 *
 * Each has the text found (`before`) and the text wanted (`after`). Patches
 * work on the `after` texts in memory; only apply.c carries them out. So that one
 * list serves to apply, to undo, to prove and to roll back.
 */
#ifndef GENIE_PATCH_STATE_H
#define GENIE_PATCH_STATE_H

#include "base.h"
#include "err.h"
#include "mem.h"

struct bundle;
struct bundle_space;
struct dbx;
struct json;

enum live_kind {
	LIVE_TABLE_COMMENT,  /* name */
	LIVE_COLUMN_COMMENT, /* name column */
	LIVE_TABLE_TAG,      /* name key */
	LIVE_COLUMN_TAG,     /* name column key */
	LIVE_PROPERTY,       /* name key */
	LIVE_METRIC_VIEW,    /* name; the text is its YAML */
	LIVE_FUNCTION,       /* name; the text is its CREATE OR REPLACE statement */
	LIVE_SPACE,          /* name: the space's id; the text is serialized_space */
	LIVE_NKINDS
};
const char *live_kind_text(enum live_kind kind); /* "table_comment", ... */

struct live {
	enum live_kind kind;
	char *name, *column, *key; /* column and key "" where they do not apply */
	char *before, *after;      /* NULL: nothing there */
	char *etag;                /* of a space, as read; else NULL */
	char *proof;               /* digest of what was read back; NULL: not read back yet */
	bool sent;                 /* this run tried to set it, and met no conflict */
	bool theirs;               /* somebody else changed it: undoing left it alone */
};
struct file {
	char *path;            /* inside the bundle */
	char *before, *after;  /* NULL before: a new file; NULL after: removed */
	char *proof;           /* digest of what was read back; NULL: not read back yet */
};

struct state {
	struct dbx *dbx;
	struct bundle *bundle;
	const char *warehouse_given, *warehouse_fallback; /* each may be NULL */
	char *warehouse;       /* chosen at the first statement */
	const char *space_id;  /* NULL: none given */
	struct live **live;    /* pointers stay valid */
	size_t nlive, live_cap;
	struct file **files;
	size_t nfiles, file_cap;
};
void state_free(struct state *state);

/* The value, read from the workspace at its first use. NULL: ERR_DATA nothing by this name;
 * or what the call says. */
struct live *state_live(struct state *state, enum live_kind kind, const char *name,
	const char *column, const char *key, struct err *err) MUST_CHECK;
/* The file, read at its first use. It must lie in the bundle, be a regular file
 * and hold UTF-8 without NUL. */
struct file *state_file(struct state *state, const char *path, struct err *err) MUST_CHECK;
/* The same; where no file is, one with NULL texts, so that `after` can make it. */
struct file *state_any_file(struct state *state, const char *path, struct err *err) MUST_CHECK;
/* Adds one as recorded, without reading. Takes the texts. */
struct live *state_add_live(struct state *state, const struct live *live);
struct file *state_add_file(struct state *state, const struct file *file);

/* Keeps the digest of a text that was read back; NULL: nothing was there. */
void state_prove(char **proof, const char *text);

bool live_changed(const struct live *live);
bool file_changed(const struct file *file);
/* Do two texts of this kind mean the same? */
bool live_same(enum live_kind kind, const char *a, const char *b);
/* A function whose number or types of parameters change: OR REPLACE keeps them, so that it is
 * dropped and made anew. In between there is none. */
bool live_drops_first(const struct live *live);
/* A space offers what is there: values are made before it is set and removed behind it; going
 * back, the other way round. */
enum live_phase { LIVE_MADE, LIVE_OFFERED, LIVE_REMOVED, LIVE_NPHASES };
enum live_phase live_phase(const struct live *live);
/* "column comment of main.gold.fact_usage.eff_amt" */
char *live_title(const struct live *live);

/* What was done becomes what is to be undone: before and after change places, the last is first. */
void state_turn(struct state *state);

/* A copy of all `after` texts, to go back to when a patch fails half way. */
struct state_mark;
struct state_mark *state_mark(const struct state *state);
void state_back(struct state *state, struct state_mark *mark); /* releases mark */
void state_keep(struct state_mark *mark);                      /* releases mark */

#endif
