/* fetch.h - the configuration that a logged model holds. */
#ifndef GENIE_TRACK_FETCH_H
#define GENIE_TRACK_FETCH_H

#include "context.h"

/* Reads a file of the model: from the run that made it, else from the model itself. */
bool fetch_file(struct context *c, const char *model_id, const char *path, struct str *out,
	struct err *err) MUST_CHECK;
/* The snapshot, checked against the digest that the model carries. Yours. */
struct json *fetch_snapshot(struct context *c, const char *model_id, struct str *text,
	struct err *err) MUST_CHECK;

#endif
