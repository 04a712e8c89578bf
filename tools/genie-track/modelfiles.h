/* modelfiles.h - the files that hold a configuration, in its run and in its model. */
#ifndef GENIE_TRACK_MODELFILES_H
#define GENIE_TRACK_MODELFILES_H

#include "mlflowfile.h"
#include "str.h"

struct json;

#define MODELFILES_MAX 12
/* The whole snapshot, as it was given: what a rollback is made from. */
#define MODELFILES_SNAPSHOT "model_state/space.json"

struct modelfiles {
	struct mlflow_file v[MODELFILES_MAX];
	struct str text[MODELFILES_MAX];
	size_t n;
};
/* snapshot: the text of space.json, parsed in `space`; diff as of ucdiff.h; patches: the
 * document, or NULL. */
void modelfiles_make(struct modelfiles *files, const char *snapshot, const struct json *space,
	const struct json *diff, const struct json *patches);
void modelfiles_free(struct modelfiles *files);

/* The list of a patches or apply document. */
const struct json *patch_list(const struct json *patches);
/* The distinct values of a member of the patches, sorted. */
void patch_values(const struct json *patches, const char *member, struct strlist *out);

#endif
