/* llmdrafts.h - patches that a language model drafts.
 *
 * The clusters of the lever are divided into batches, one question to the model each, up to
 * `calls` of them, in the order of genie-cluster. Answers are kept in the journal under the hash
 * of the whole prompt: what it has is not asked for, and when it has all no connection is made.
 * What comes back is vetted (vet.h). */
#ifndef GENIE_PROPOSE_LLMDRAFTS_H
#define GENIE_PROPOSE_LLMDRAFTS_H

#include "base.h"
#include "err.h"

struct dbxtool;
struct json;
struct leak_guard;
struct proposal;

#define LLMDRAFTS_BATCH 4 /* clusters in one question to the model */

struct llmdrafts {
	const char *model;       /* endpoint or model */
	const char *url, *key;   /* url NULL: an endpoint of the workspace */
	const char *prompts, *journal; /* may be NULL */
	const struct dbxtool *dbx;
	size_t calls, max_patches;
	const struct proposal *space; /* model, cases, history and lever */
	const struct leak_guard *guard;
	const struct json *clusters; /* clusters.json */
};

enum llmdrafts_result {
	LLMDRAFTS_DONE,   /* answers came, or there was nothing to ask */
	LLMDRAFTS_SILENT, /* none came: ERR_TEMP, or ERR_UNAVAILABLE when it is refused for good */
	LLMDRAFTS_BROKEN, /* prompt, journal or address are not what they must be */
};
/* Appends what was drafted to `all`. */
enum llmdrafts_result llmdrafts(const struct llmdrafts *how, struct json *all, struct err *err);

#endif
