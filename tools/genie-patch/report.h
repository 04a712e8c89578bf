/* report.h - apply.json, and the plan as text for people. */
#ifndef GENIE_PATCH_REPORT_H
#define GENIE_PATCH_REPORT_H

#include "ops.h"
#include "patch.h"
#include "state.h"

/* What became of a patch of the set. */
struct result {
	const struct patch_entry *entry;
	struct outcome outcome;
	const char *status; /* applied, planned, already, queued, refused, rolled_back */
	char *reason;       /* NULL: none */
	char *diff;         /* of the files, by this patch alone; NULL: none */
};
void result_free(struct result *result);

/* Adds "patches" and "patched_objects". `verified`: the proof was made. */
void report_results(struct json *document, const struct state *state, const struct result *results,
	size_t n, bool verified);
/* The hash of a serialized_space alone (space_hash without Unity Catalog). */
void report_config_hash(struct json *document, const char *key, const char *config);
/* The plan: one paragraph a patch (without patches: all that the state holds) with the diffs of
 * both sides; then the steps in order, see plan_steps. */
void report_plan(struct str *out, const struct state *state, const struct result *results, size_t n,
	bool back);

#endif
