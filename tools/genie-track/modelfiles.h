/* modelfiles.h - the files that hold a configuration, in its run and in its model. */
#ifndef GENIE_TRACK_MODELFILES_H
#define GENIE_TRACK_MODELFILES_H

#include "mlflowfile.h"
#include "str.h"

struct json;

#define MODELFILES_MAX 12
/* The whole snapshot, to the byte as it was given: what a rollback is made from. */
#define MODELFILES_SNAPSHOT "model_state/genie_config.json"

struct modelfiles {
	struct mlflow_file v[MODELFILES_MAX];
	struct str text[MODELFILES_MAX];
	size_t n;
};
struct modelfiles_from {
	const char *snapshot;       /* the text of space.json ... */
	const struct json *space;   /* ... and what it says */
	const struct json *diff;    /* ucdiff.h */
	const char *patch_set;      /* the text of the patches or apply document; NULL: none */
	const struct json *patches;
};
void modelfiles_make(struct modelfiles *files, const struct modelfiles_from *from);
void modelfiles_free(struct modelfiles *files);

/* The list of a patches or apply document. */
const struct json *patch_list(const struct json *patches);
/* The distinct values of a member of the patches, sorted. */
void patch_values(const struct json *patches, const char *member, struct strlist *out);

#endif
