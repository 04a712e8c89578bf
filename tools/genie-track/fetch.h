/* fetch.h - the configuration that a logged model holds. */
#ifndef GENIE_TRACK_FETCH_H
#define GENIE_TRACK_FETCH_H

#include "context.h"

/* The snapshot, checked against the digest that the model carries. Yours. */
struct json *fetch_snapshot(struct context *c, const char *model_id, struct str *text,
	struct err *err) MUST_CHECK;

#endif
