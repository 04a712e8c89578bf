/* context.h - what a verb works with, and what several verbs do in the same way. */
#ifndef GENIE_TRACK_CONTEXT_H
#define GENIE_TRACK_CONTEXT_H

#include "job.h"
#include "mlflowfile.h"
#include "mlflowmodel.h"
#include "mlflowrun.h"

struct dbxtool;
struct tool;

struct context {
	struct tool *tool;
	struct mlflow *mlflow;               /* NULL: the verb needs none */
	const struct dbxtool *workspace;
	const struct job *job;
	struct json *out;  /* the answer: fields are added */
	struct mlflow_experiment experiment; /* once context_experiment has found it */
	bool fresh; /* the job is done for the first time: nothing of it is there */
};

/* The experiment that --experiment, the environment or --domain names, which must be there. */
bool context_experiment(struct context *c, struct err *err) MUST_CHECK;
/* Its name by --experiment or --domain. New string. */
char *context_experiment_name(struct context *c, struct err *err) MUST_CHECK;
void context_put_experiment(struct context *c);
void context_put_run(struct context *c, const char *run_id);

/* A run or model as given: an id, or "spool:UUID" for what a job that was put by has made by
 * now. New string; ERR_USAGE when it was not given, ERR_UNAVAILABLE when there is none. */
char *context_run(struct context *c, const char *arg, struct err *err) MUST_CHECK;
char *context_model(struct context *c, const char *arg, struct err *err) MUST_CHECK;

/* Starts the run of a job, or finds it. tags: of the verb, beside those that every run has. */
bool context_open_run(struct context *c, const char *name, struct mlflow_batch *tags,
	struct mlflow_run *run, struct err *err) MUST_CHECK;
/* "genie_eval_iter2_20261120_165000". New string. */
char *context_run_name(const struct context *c, const char *stem, int64_t iteration);
/* A list that may be long, as a param: what fits, and how many there are in all. */
void context_list_param(struct mlflow_batch *batch, const char *key, const struct strlist *list);
/* KEY=VALUE arguments (a JSON array) as tags or params. */
bool context_pairs(const struct job *job, const char *arg, struct mlflow_batch *batch, bool params,
	struct err *err) MUST_CHECK;

/* The verbs. Each adds its ids to c->out, and can be done again. */
bool verb_experiment(struct context *c, struct err *err) MUST_CHECK;
bool verb_run_start(struct context *c, struct err *err) MUST_CHECK;
bool verb_run_end(struct context *c, struct err *err) MUST_CHECK;
bool verb_model_create(struct context *c, struct err *err) MUST_CHECK;
bool verb_model_link(struct context *c, struct err *err) MUST_CHECK;
bool verb_model_promote(struct context *c, struct err *err) MUST_CHECK;
bool verb_model_fetch(struct context *c, struct err *err) MUST_CHECK;
bool verb_eval(struct context *c, struct err *err) MUST_CHECK;
bool verb_prompts(struct context *c, struct err *err) MUST_CHECK;
bool verb_dataset(struct context *c, struct err *err) MUST_CHECK;
bool verb_asi(struct context *c, struct err *err) MUST_CHECK;
bool verb_artifact(struct context *c, struct err *err) MUST_CHECK;
bool verb_search(struct context *c, struct err *err) MUST_CHECK;
bool verb_show(struct context *c, struct err *err) MUST_CHECK;

#endif
