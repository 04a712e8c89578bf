/* evalrow.h - a row of an evaluation as an MLflow trace. */
#ifndef GENIE_TRACK_EVALROW_H
#define GENIE_TRACK_EVALROW_H

#include "mem.h"
#include "mlflowtrace.h"

struct json;

/* Fills the trace from a normalised row. What it points to lives in the arena and, for inputs
 * and outputs of spans, in `kept` (an array of the caller's). at_ms: for rows that do not say
 * when they were asked. model_id may be NULL. */
struct evalrow {
	const char *uuid, *model_id;
	int64_t at_ms;
	struct arena *arena;
	struct json *kept;
};
void evalrow_trace(const struct evalrow *with, const struct json *row, struct mlflow_trace *trace);

#endif
