/* folder.h - the artifacts of an optimization, as they lie in its work folder. */
#ifndef GENIE_SESSION_FOLDER_H
#define GENIE_SESSION_FOLDER_H

#include "base.h"
#include "err.h"

struct json;

#define FOLDER_MAX_ITERATIONS 99
#define FOLDER_SPLITS 2
extern const char *const folder_splits[FOLDER_SPLITS]; /* those that steer: train, val */

/* One iter-NN folder. NULL: the artifact is not there. */
struct iteration {
	int number;
	struct json *space, *eval, *decision, *patches, *apply, *skipped, *model,
		*triage, *track, *repeatability, *choice;
	int left;  /* the iteration whose configuration is live after this one */
	bool kept; /* what it changed is a part of what is live now; of 0: always */
	int64_t finished_ms; /* when decision.json was written */
};

struct folder {
	char *path;
	struct iteration *v; /* those with a decision, in order, without gaps */
	size_t n;
	struct json *conf;     /* run.conf as an object of strings; NULL: not there */
	struct json *stopped;  /* stopped.json */
	struct json *held_out_before, *held_out_after, *repeatability;
	/* Scores of the questions of train and of val, from rows.jsonl: of the baseline, and of the
	 * last accepted iteration. NULL: no such rows. */
	struct json *split_before[FOLDER_SPLITS], *split_after[FOLDER_SPLITS];
	struct json *clusters; /* final/clusters.json */
	struct json *deploy, *post_deploy; /* final/deploy.json, and what was measured after it */
	struct json *track, *track_end; /* what MLflow has: track.json, final/track.json */
	bool searched;         /* MATURITY=L2 has searched: there is searched/ */
	int64_t started_ms;    /* when run.conf was written */
	struct json *stages;   /* array: artifact, tool, digest */
};

/* Reads what is there. ERR_IO: no such folder; ERR_DATA: an artifact is broken, or a choice is
 * of an iteration that was not there (the message names it). A folder without a finished
 * iteration has n = 0. */
bool folder_read(struct folder *folder, const char *path, struct err *err) MUST_CHECK;
void folder_free(struct folder *folder);
/* The iteration whose configuration is live: the last that was accepted, or that was chosen
 * instead (choice.json); NULL: none. */
const struct iteration *folder_live(const struct folder *folder);
/* Whether the iteration was kept when it was decided, whatever was chosen later. */
bool folder_accepted(const struct iteration *it);
/* Whether it was measured in full: only such evaluations can be compared with each other. */
bool folder_full(const struct iteration *it);
/* Whether a patch of the iteration was applied, or was there already. */
bool folder_applied(const struct iteration *it, const char *patch_id);
/* The iteration it began from; NULL: it is the baseline. */
const struct iteration *folder_parent(const struct folder *folder, const struct iteration *it);

#endif
