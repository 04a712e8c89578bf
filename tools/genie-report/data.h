/* data.h - what the report is about: the artifacts of a work folder, read once.
 *
 * Nothing is measured here; what can be counted from the artifacts is counted by the
 * sections. A member that is NULL was not there.
 */
#ifndef GENIE_REPORT_DATA_H
#define GENIE_REPORT_DATA_H

#include "base.h"
#include "err.h"

struct cells;
struct json;
struct score;

#define DATA_MAX_ITERATIONS 99

struct iteration {
	int number;
	int lever; /* 0: none */
	bool kept; /* the decision's action is accept */
	bool live; /* kept, and not taken back by a choice: what it changed is live */
	int retry_of; /* the iteration whose set it is a part of, tried alone; 0: none */
	struct json *eval, *decision; /* always there */
	struct json *clusters, *patches, *apply, *rollback, *track;
	struct score *rows;
};

struct data {
	char *path;
	struct json *progress, *stopped, *space;
	struct json *clusters;  /* of what the live configuration fails */
	struct json *held_before, *held_after; /* eval documents of the held-out questions */
	struct score *held_rows_before, *held_rows_after;
	struct json *escalation; /* final/escalation.json */
	struct json *deploy;     /* final/deploy.json */
	struct json *post;       /* final/post_deploy.json: what the deployed space answers */
	struct score *post_rows;
	struct json *drift;      /* final/drift.json */
	struct json *repeatability; /* final/repeatability.json */
	struct json *track, *final_track; /* what MLflow has */
	struct json *queued;    /* array: patch sets that wait for a person, queued/lever-N.json */
	struct json *searches;  /* array: records of searches, searched/ */
	bool remediation;       /* there is a gt_remediation_queue.yaml */
	struct json *questions; /* array: question_id, question, category, priority, split */
	struct json *warnings;  /* array: question_id, code, text; NULL: no benchmarks.jsonl */
	struct cells *cells;    /* what the page's matrix shows; NULL: not wanted */
	struct iteration *v;    /* finished iterations, from 0 on without gaps */
	size_t n;
};

/* ERR_IO: no such folder. ERR_DATA: a broken artifact, named. A folder in which nothing
 * has been measured has n = 0. `cells`: keep what the matrix of the page shows. Release with
 * data_free, also after failure. */
bool data_read(struct data *data, const char *path, bool cells, struct err *err) MUST_CHECK;
void data_free(struct data *data);

/* The evaluations whose outcomes stand side by side: the iterations, and at last what the deployed
 * space answers when it was asked. */
size_t data_evaluations(const struct data *data);
const struct score *data_rows(const struct data *data, size_t place); /* NULL: none */
/* The iteration whose configuration is live: the last one kept, or the one that was
 * chosen. NULL when n is 0. */
const struct iteration *data_live(const struct data *data);
const struct json *data_question(const struct data *data, const char *id); /* NULL: unknown */
/* The patch of apply.json with this id; NULL: not applied. */
const struct json *data_applied(const struct iteration *it, const char *patch_id);
/* Status of a patch: applied, already, queued, refused; "proposed" without apply.json. */
const char *data_patch_status(const struct iteration *it, const struct json *patch);

const char *lever_name(int lever); /* "tables and columns" */

#endif
