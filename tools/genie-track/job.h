/* job.h - one piece of work as data: what a verb was called with.
 *
 * A verb reads its arguments and inputs from the job and from nowhere else, so that a job that
 * was put by can be done later and come to the same. Its uuid is made of what it says: the
 * same rows logged twice are the same run. Credentials that are known are taken out of all
 * texts when the job is made.
 */
#ifndef GENIE_TRACK_JOB_H
#define GENIE_TRACK_JOB_H

#include "base.h"
#include "err.h"

struct json;
struct str;
struct strlist;

#define JOB_UUID_SIZE 33
#define JOB_MAX_INPUT (256u << 20)

struct job {
	struct json *document; /* {schema, verb, uuid, at, uri, host, args, inputs} */
	char *path;            /* in the spool; NULL: not there */
};
/* host: of the workspace, when the URI does not say it; else NULL. */
void job_init(struct job *job, const char *verb, int64_t at_ms, const char *uri,
	const char *host);
void job_free(struct job *job);

/* NULL and "" are left out. */
void job_set(struct job *job, const char *name, const char *value);
void job_set_int(struct job *job, const char *name, int64_t value);
void job_set_list(struct job *job, const char *name, const struct strlist *list);
/* Keeps a file's text ("-" is standard input), without credentials. */
bool job_read(struct job *job, const char *name, const char *path, struct err *err) MUST_CHECK;
void job_set_input(struct job *job, const char *name, const char *text, size_t n);
/* Fixes the uuid: `given`, or made of the verb, server, arguments and inputs, and of the time
 * too when the same work can be meant twice. */
void job_seal(struct job *job, const char *given, bool timed);

const char *job_verb(const struct job *job);
const char *job_uuid(const struct job *job);
int64_t job_at(const struct job *job);
const char *job_arg(const struct job *job, const char *name);   /* NULL: not given */
int64_t job_int(const struct job *job, const char *name, int64_t other);
const char *job_input(const struct job *job, const char *name); /* NULL: not given */
size_t job_input_size(const struct job *job, const char *name);
/* The input as JSON of one of these kinds (artifact.h); NULL without error when it was not
 * given. Yours. */
struct json *job_document(const struct job *job, const char *name, const char *kinds,
	struct err *err) MUST_CHECK;

/* A text that must not leave: kept for job_read. Borrowed. */
void job_secret(const char *secret);
void job_mask(struct str *text);

#endif
