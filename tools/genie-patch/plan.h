/* plan.h - what a run would do, in its order. */
#ifndef GENIE_PATCH_PLAN_H
#define GENIE_PATCH_PLAN_H

#include "state.h"

struct str;

/* The steps that apply_forward would take; with `back` those of apply_backward, of a state that
 * was turned (state_turn): [{"method", "path", "bytes", "statement" or
 * "sections", "object"}] for requests, [{"file", "bytes", "action"}] for files. "bytes" counts the
 * statement or the serialized_space. Yours. */
struct json *plan_steps(const struct state *state, bool back);
void plan_print(const struct json *steps, struct str *out);

/* The unified diff of a value in the workspace; a space's configuration is laid out first. */
void plan_diff(const struct live *live, const char *before, const char *after, struct str *out);

#endif
