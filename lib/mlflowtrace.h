/* mlflowtrace.h - one MLflow trace per question, with an assessment per judge.
 *
 * A trace's id is derived from what it is about, so the same question of the same run is the
 * same trace however often it is sent. Sending a trace twice doubles its assessments (MLflow
 * 3.17) or is refused (3.11), so what a server has is read before anything is sent again, and
 * only what is missing is sent: an assessment is there when name, source and run agree. For what
 * a killed process has sent that arrives later still, MLflow servers get ids of assessments that
 * are derived as well, and doubles are taken away.
 *
 * Calls: one for each trace, its assessments inside; spans go in one call for all where the
 * server takes them (OTLP with JSON: MLflow 3.12), else one file for each trace when asked
 * for; and one search reads everything back.
 *
 * Layer: domain.
 */
#ifndef GENIE_MLFLOWTRACE_H
#define GENIE_MLFLOWTRACE_H

#include "mlflowrun.h"

#define MLFLOW_TRACE_ID_SIZE 36    /* "tr-", 32 hex digits, NUL */
#define MLFLOW_SPAN_ID_SIZE 17
#define MLFLOW_MAX_PREVIEW 1000    /* bytes; longer ones are cut, the spans hold the whole */
#define MLFLOW_MAX_TRACE_META 250  /* bytes of a value of a trace's metadata; cut as well */

struct mlflow_assessment {
	const char *name, *source_type, *source_id; /* CODE, LLM_JUDGE or HUMAN */
	bool expectation;      /* else feedback */
	const char *value;     /* NULL: the judge failed, see error */
	const char *error, *rationale; /* NULL: none */
	const struct mlflow_kv *metadata;
	size_t nmetadata;
};

struct mlflow_span {
	const char *name, *type; /* CHAIN, AGENT, TOOL, EVALUATOR ... */
	int parent;              /* index in the trace's spans; -1: the root */
	int64_t start_ms, end_ms;
	const struct json *inputs, *outputs; /* borrowed */
	const char *error;       /* NULL: it went well */
};

struct mlflow_trace {
	char id[MLFLOW_TRACE_ID_SIZE];
	const char *request_id;  /* of the client; cut to 50 bytes */
	const char *request, *response; /* previews: JSON texts */
	int64_t start_ms, duration_ms;
	bool ok;
	const struct mlflow_kv *metadata, *tags;
	size_t nmetadata, ntags;
	const struct mlflow_assessment *assessments;
	size_t nassessments;
	const struct mlflow_span *spans;
	size_t nspans;
};
/* "tr-" and 32 digits out of the texts. */
void mlflow_trace_id(const char *run_uuid, const char *what, char out[MLFLOW_TRACE_ID_SIZE]);
/* "a-" and 32 digits: the same for the same name and source of a trace. */
void mlflow_assessment_id(const char *trace_id, const struct mlflow_assessment *a,
	char out[MLFLOW_TRACE_ID_SIZE]);
/* The id of the nth span of a trace. */
void mlflow_span_id(const char *trace_id, size_t n, char out[MLFLOW_SPAN_ID_SIZE]);

struct mlflow_traces {
	const char *experiment, *run; /* ids */
	const struct mlflow_trace *v;
	size_t n;
	bool fresh;          /* the run was just made: there cannot be any traces */
	bool ids;            /* assessments have ids of ours: an MLflow server keeps each once */
};
/* Sends what is missing and reads it back; ERR_UNAVAILABLE names a trace and field that differ. */
bool mlflow_traces_log(struct mlflow *mlflow, const struct mlflow_traces *traces, struct err *err)
	MUST_CHECK;

/* Looks once more, later, and takes away what is there twice: requests of a process that was
 * killed can be answered long after it. */
bool mlflow_traces_once(struct mlflow *mlflow, const struct mlflow_traces *traces,
	struct err *err) MUST_CHECK;

enum mlflow_spans { MLFLOW_SPANS_NONE, MLFLOW_SPANS_BATCH, MLFLOW_SPANS_EACH };
/* How this server takes spans: BATCH, or NONE when it would take a call for each trace. */
enum mlflow_spans mlflow_spans_way(struct mlflow *mlflow);
bool mlflow_spans_log(struct mlflow *mlflow, const struct mlflow_traces *traces,
	enum mlflow_spans way, struct err *err) MUST_CHECK;

/* What is sent, for tests and for the module itself; yours. */
struct json *mlflow_trace_json(const struct mlflow_traces *traces,
	const struct mlflow_trace *trace);
struct json *mlflow_otlp_json(const struct mlflow_traces *traces, size_t from, size_t to);
struct json *mlflow_spans_file(const struct mlflow_trace *trace); /* traces.json */
struct json *mlflow_assessment_json(const struct mlflow_traces *traces,
	const struct mlflow_trace *trace, const struct mlflow_assessment *assessment);

#endif
