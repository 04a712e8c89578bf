/* mlflowrun.h - MLflow experiments and runs.
 *
 * Written from typed values: params and tags are texts, times are milliseconds. Nothing is
 * cut: a param over 500 bytes, a tag over 5000 or a key that the API forbids is ERR_DATA, and
 * belongs into an artifact. Layer: domain.
 */
#ifndef GENIE_MLFLOWRUN_H
#define GENIE_MLFLOWRUN_H

#include "mlflow.h"
#include "mem.h"

/* Limits of the API that hold on every kind of server. */
#define MLFLOW_MAX_KEY 250
#define MLFLOW_MAX_PARAM 500     /* bytes of a param's value */
#define MLFLOW_MAX_TAG 5000
#define MLFLOW_MAX_DIGEST 36     /* of a dataset */
#define MLFLOW_BATCH_METRICS 1000
#define MLFLOW_BATCH_PARAMS 100
#define MLFLOW_BATCH_TAGS 100
#define MLFLOW_BATCH_ALL 1000
#define MLFLOW_BATCH_BYTES 1000000

/* The tag by which a run of ours is found again. */
#define MLFLOW_UUID_TAG "genie.uuid"

struct mlflow_kv { const char *key, *value; };
struct mlflow_metric {
	const char *key;
	double value;
	int64_t at_ms, step;
	const char *model_id, *dataset_name, *dataset_digest; /* NULL: none */
};

/* What is logged to a run: filled, then sent with as few calls as the limits allow. Copies
 * what it is given. Zero-initialise; mlflow_batch_free releases. */
struct mlflow_batch {
	struct mlflow_kv *params, *tags;
	struct mlflow_metric *metrics;
	size_t nparams, ntags, nmetrics, params_cap, tags_cap, metrics_cap;
	struct arena arena;
};
void mlflow_batch_param(struct mlflow_batch *batch, const char *key, const char *value);
void mlflow_batch_tag(struct mlflow_batch *batch, const char *key, const char *value);
void mlflow_batch_metric(struct mlflow_batch *batch, const struct mlflow_metric *metric);
void mlflow_batch_free(struct mlflow_batch *batch);
/* ERR_DATA names the key that breaks a limit, or that is there twice with two values. */
bool mlflow_batch_check(const struct mlflow_batch *batch, struct err *err) MUST_CHECK;
/* The nth request for the run (from 0), yours; NULL: no more. */
struct json *mlflow_batch_body(const struct mlflow_batch *batch, const char *run_id, size_t n);
/* [{"key","value"}], all values texts. Yours. */
struct json *mlflow_kv_json(const struct mlflow_kv *kv, size_t n);
/* A metric's value: a number, or "NaN", "Infinity", "-Infinity". Yours. */
struct json *mlflow_number(double value);
/* Is what a server returned for a metric the value that was sent? */
bool mlflow_number_is(const struct json *got, double sent);
bool mlflow_key_ok(const char *key);

/* ---- experiments ---- */

struct mlflow_experiment {
	char *id, *name;
	bool created, restored;
};
void mlflow_experiment_free(struct mlflow_experiment *experiment);
/* The name as the server keeps it. On Databricks: an absolute path under a folder that people
 * may write to; "/Workspace" is dropped and a plain name moved to /Users/<me> (*moved says
 * so). New string; NULL with ERR_USAGE for other absolute paths. */
char *mlflow_experiment_name(struct mlflow *mlflow, const char *name, bool *moved,
	struct err *err) MUST_CHECK;
/* Gets, or creates with tag mlflow.experimentKind (and, on Databricks, its folder). A deleted
 * one is refused unless `restore`. */
bool mlflow_experiment_open(struct mlflow *mlflow, const char *name, bool restore,
	struct mlflow_experiment *experiment, struct err *err) MUST_CHECK;
/* Gets by id or, when it holds anything but digits, by name; never creates. */
bool mlflow_experiment_find(struct mlflow *mlflow, const char *what,
	struct mlflow_experiment *experiment, struct err *err) MUST_CHECK;
/* The address for a browser. New strings. */
char *mlflow_experiment_url(const struct mlflow *mlflow, const char *experiment);
char *mlflow_run_url(const struct mlflow *mlflow, const char *experiment, const char *run);
/* Who we are on Databricks (userName). New string. */
char *mlflow_me(struct mlflow *mlflow, struct err *err) MUST_CHECK;

/* ---- runs ---- */

struct mlflow_run {
	char *id, *experiment, *name, *artifacts, *status; /* artifacts: the artifact_uri */
	bool found; /* it was there already */
};
void mlflow_run_free(struct mlflow_run *run);
struct mlflow_new_run {
	const char *experiment, *name, *uuid; /* uuid: our id, kept in a tag */
	int64_t start_ms;
	const struct mlflow_kv *tags;
	size_t ntags;
	bool fresh; /* nothing can be there under this uuid: it is not looked for at first */
};
/* Looks for a run with this uuid and makes one when there is none; a create whose answer is
 * lost is looked for before it is sent again. */
bool mlflow_run_open(struct mlflow *mlflow, const struct mlflow_new_run *new_run,
	struct mlflow_run *run, struct err *err) MUST_CHECK;
/* By id. The whole answer goes to *all (yours) when it is not NULL. */
bool mlflow_run_get(struct mlflow *mlflow, const char *id, struct mlflow_run *run,
	struct json **all, struct err *err) MUST_CHECK;
/* run->id stays NULL when there is none. */
bool mlflow_run_find(struct mlflow *mlflow, const char *experiment, const char *uuid,
	struct mlflow_run *run, struct err *err) MUST_CHECK;
bool mlflow_run_log(struct mlflow *mlflow, const char *id, const struct mlflow_batch *batch,
	struct err *err) MUST_CHECK;
/* Reads the run and compares each value that was logged: ERR_UNAVAILABLE names what differs. */
bool mlflow_run_verify(struct mlflow *mlflow, const char *id, const struct mlflow_batch *batch,
	struct err *err) MUST_CHECK;
/* status: FINISHED, FAILED or KILLED. Read back. */
bool mlflow_run_end(struct mlflow *mlflow, const char *id, const char *status, int64_t end_ms,
	struct err *err) MUST_CHECK;

struct mlflow_dataset {
	const char *name, *digest; /* digest: at most MLFLOW_MAX_DIGEST bytes */
	const char *source_type, *source; /* source: a JSON text */
	int64_t rows;
};
bool mlflow_run_inputs(struct mlflow *mlflow, const char *id, const struct mlflow_dataset *dataset,
	const char *model_id, struct err *err) MUST_CHECK;
/* This run made the model. Twice is once. */
bool mlflow_run_output(struct mlflow *mlflow, const char *id, const char *model_id, int64_t step,
	struct err *err) MUST_CHECK;

#endif
