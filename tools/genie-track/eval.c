/* An evaluation as a run: params, metrics, artifacts, a dataset and a trace per question. */
#include "context.h"

#include "digest.h"
#include "evalrow.h"
#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "mlflowtrace.h"
#include "rows.h"
#include "score.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct evaluation {
	struct json *rows;    /* array */
	struct json *scores;  /* eval.json, given or made of the rows */
	struct json *repeat;  /* repeatability.json or NULL */
	char *model, *dataset, digest[13];
	int64_t iteration;
};

static void evaluation_free(struct evaluation *e)
{
	json_free(e->rows);
	json_free(e->scores);
	json_free(e->repeat);
	free(e->model);
	free(e->dataset);
}

/* ---- reading ---- */

static bool read_rows(const char *text, struct evaluation *e, struct score *score,
	struct err *err)
{
	FILE *file = *text ? fmemopen((void *)(uintptr_t)text, strlen(text), "r") : NULL;
	struct rows *in;
	struct json *row;
	enum rows_result result = ROWS_END;

	e->rows = json_new_array();
	if (!*text)
		return err_set(err, ERR_DATA, "no rows: nothing was evaluated");
	if (!file)
		return err_errno(err, "rows");
	in = rows_from(file, "rows");
	while ((result = rows_next(in, &row, err)) == ROWS_ROW) {
		json_push(e->rows, row);
		if (!score_add(score, row, err)) {
			result = ROWS_FAILED;
			break;
		}
	}
	rows_close(in);
	fclose(file);
	if (result == ROWS_END && !json_len(e->rows))
		return err_set(err, ERR_DATA, "no rows: nothing was evaluated");
	return result == ROWS_END;
}

/* Names what was asked: the questions and their expected SQL, in any order. */
static void dataset_digest(const struct json *rows, char out[13])
{
	struct strlist lines = { 0 };
	struct str text = STR_INIT;
	char hex[SHA256_HEX];

	for (const struct json *r = json_first(rows); r; r = json_next(r)) {
		char *line = xasprintf("%s\t%s\t%s\n", row_id(r), row_question(r),
			json_str_or(r, "expected_sql", ""));

		strlist_add_new(&lines, line);
		free(line);
	}
	strlist_sort(&lines);
	for (size_t i = 0; i < lines.n; i++)
		str_add(&text, lines.v[i]);
	sha256_hex(str_text(&text), text.n, hex);
	snprintf(out, 13, "%.12s", hex);
	strlist_free(&lines);
	str_free(&text);
}

static bool load(struct context *c, struct evaluation *e, struct err *err)
{
	struct score *score = score_new();
	const char *dataset = job_arg(c->job, "dataset"), *uc = job_arg(c->job, "uc");
	const char *domain = job_arg(c->job, "domain");
	bool ok = read_rows(job_input(c->job, "rows"), e, score, err);

	if (ok && job_input(c->job, "eval")) {
		e->scores = job_document(c->job, "eval", "eval", err);
		ok = e->scores != NULL;
	} else if (ok) {
		e->scores = json_new_object();
		score_write(score, e->scores);
	}
	if (ok && job_input(c->job, "repeatability")) {
		e->repeat = job_document(c->job, "repeatability", "repeatability", err);
		ok = e->repeat != NULL;
	}
	score_free(score);
	if (!ok)
		return false;
	e->iteration = job_int(c->job, "iteration",
		json_int_or(json_first(e->rows), "iteration", json_int_or(e->scores, "iteration",
		0)));
	e->dataset = dataset ? xstrdup(dataset) : xasprintf("%s%sgenie_benchmarks%s%s", uc ? uc :
		"",
		uc ? "." : "", domain ? "_" : "", domain ? domain : "");
	dataset_digest(e->rows, e->digest);
	return true;
}

/* ---- params and metrics ---- */

static void param_int(struct mlflow_batch *b, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	mlflow_batch_param(b, key, text);
}

static const char *scope_of(const struct context *c, const struct evaluation *e)
{
	const char *given = job_arg(c->job, "scope");

	return json_str_or(e->scores, "scope", given ? given : "full");
}

/* The scores of a model are those over all questions: a search for the best one must not find
 * what a few of them, or others, came to. */
static bool scores_model(const struct context *c, const struct evaluation *e)
{
	return e->model && streq(scope_of(c, e), "full");
}

static void params(const struct context *c, const struct evaluation *e, struct mlflow_batch *b)
{
	const struct json *first = json_first(e->rows);
	const char *space = job_arg(c->job, "space"), *config;

	mlflow_batch_param(b, "space_id", space ? space : json_str_or(first, "space_id", "none"));
	param_int(b, "iteration", e->iteration);
	mlflow_batch_param(b, "dataset", e->dataset);
	mlflow_batch_param(b, "dataset_digest", e->digest);
	param_int(b, "num_questions", json_int_or(e->scores, "total_questions", 0));
	param_int(b, "num_scorers", (int64_t)json_len(json_get(e->scores, "scores")));
	mlflow_batch_param(b, "eval_scope", scope_of(c, e));
	config = json_str_or(e->scores, "config_id", json_str_or(first, "config_id", NULL));
	mlflow_batch_param(b, "config_id", config ? config : "none");
	if (e->model)
		mlflow_batch_param(b, "model_id", e->model);
}

static void metric(const struct context *c, const struct evaluation *e, struct mlflow_batch *b,
	const char *key, double value)
{
	struct mlflow_metric m = { .key = key, .value = value, .at_ms = job_at(c->job),
		.step = e->iteration, .dataset_name = e->dataset, .dataset_digest = e->digest,
		.model_id = scores_model(c, e) ? e->model : NULL };

	mlflow_batch_metric(b, &m);
}

static void metrics(const struct context *c, const struct evaluation *e, struct mlflow_batch *b)
{
	static const char *const plain[] = { "overall_accuracy", "arbiter_adjusted_accuracy",
		"evaluated", "correct", "total_questions" };
	double value;

	for (const struct json *s = json_first(json_get(e->scores,
		"scores")); s; s = json_next(s)) {
		char *mean, *pct;

		if (!json_as_num(s, &value))
			continue;
		mean = xasprintf("%s/mean", json_key(s));
		pct = xasprintf("eval_%s_pct", json_key(s));
		metric(c, e, b, mean, value / 100);
		metric(c, e, b, pct, value);
		if (scores_model(c, e)) /* as model link has it */
			metric(c, e, b, json_key(s), value);
		free(mean);
		free(pct);
	}
	for (size_t i = 0; i < countof(plain); i++)
		if (json_as_num(json_get(e->scores, plain[i]), &value))
			metric(c, e, b, plain[i], value);
	metric(c, e, b, "thresholds_passed",
		json_true(json_get(e->scores, "thresholds_passed")) ? 1 : 0);
	if (e->repeat && json_as_num(json_get(e->repeat, "repeatability_pct"), &value)) {
		if (!json_get(json_get(e->scores, "scores"), "repeatability"))
			metric(c, e, b, "repeatability/mean", value / 100);
		metric(c, e, b, "repeatability_pct", value);
	}
}

/* ---- artifacts ---- */

static void add_file(struct mlflow_file *files, size_t *n, struct str *texts, const char *path,
	const struct json *document)
{
	struct str *text = &texts[*n];

	str_init(text, JOB_MAX_INPUT);
	json_print_pretty(document, 2, text);
	str_addc(text, '\n');
	files[(*n)++] = (struct mlflow_file){ path, text->s, text->n };
}

static struct json *failures(const struct json *rows)
{
	struct json *out = json_new_array();

	for (const struct json *r = json_first(rows); r; r = json_next(r))
		if (streq(row_outcome(r), "fail"))
			json_push(out, json_dup(r));
	return out;
}

static bool artifacts(struct context *c, const struct evaluation *e, const struct mlflow_run *run,
	struct err *err)
{
	struct mlflow_place place = { MLFLOW_OF_RUN, run->id, run->experiment, run->artifacts };
	struct mlflow_file files[5];
	struct str texts[5];
	struct json *failed = failures(e->rows), *none = json_new_array();
	const struct json *actions = json_get(e->scores, "arbiter_actions");
	size_t n = 0;
	bool ok;

	add_file(files, &n, texts, "evaluation/eval_results.json", e->rows);
	add_file(files, &n, texts, "evaluation/failures.json", failed);
	add_file(files, &n, texts, "evaluation/arbiter_actions.json", actions ? actions : none);
	add_file(files, &n, texts, "evaluation/eval.json", e->scores);
	if (e->repeat)
		add_file(files, &n, texts, "evaluation/repeatability.json", e->repeat);
	ok = mlflow_put(c->mlflow, &place, files, n, err);
	for (size_t i = 0; i < n; i++)
		str_free(&texts[i]);
	json_free(failed);
	json_free(none);
	return ok;
}

/* ---- traces ---- */

static enum mlflow_spans spans_way(struct context *c)
{
	const char *way = job_arg(c->job, "spans");

	if (streq(way, "none"))
		return MLFLOW_SPANS_NONE;
	return streq(way, "each") ? MLFLOW_SPANS_EACH : mlflow_spans_way(c->mlflow);
}

static bool traces(struct context *c, const struct evaluation *e, const struct mlflow_run *run,
	struct err *err)
{
	struct arena arena = { 0 };
	struct evalrow with = { .uuid = job_uuid(c->job), .model_id = e->model,
		.at_ms = job_at(c->job), .arena = &arena, .kept = json_new_array() };
	struct mlflow_trace *list = xcalloc(json_len(e->rows) + 1, sizeof(*list));
	struct mlflow_traces all = { .experiment = run->experiment, .run = run->id, .v = list,
		.fresh = !run->found, .ids = !mlflow_is_databricks(c->mlflow) };
	bool ok;

	for (const struct json *r = json_first(e->rows); r; r = json_next(r))
		evalrow_trace(&with, r, &list[all.n++]);
	ok = mlflow_traces_log(c->mlflow, &all, err) &&
		mlflow_spans_log(c->mlflow, &all, spans_way(c), err) &&
		(all.fresh || mlflow_traces_once(c->mlflow, &all, err));
	if (ok)
		json_set_int(c->out, "traces", (int64_t)all.n);
	free(list);
	json_free(with.kept);
	arena_free(&arena);
	return ok;
}

/* ---- the run ---- */

static bool inputs(struct context *c, const struct evaluation *e, const struct mlflow_run *run,
	struct err *err)
{
	struct mlflow_dataset dataset = { .name = e->dataset, .digest = e->digest,
		.source_type = "code", .rows = json_int_or(e->scores, "total_questions", 0),
		.source = "{\"tags\":{\"mlflow.source.name\":\"genie-track\","
			"\"mlflow.source.type\":\"LOCAL\"}}" };

	return mlflow_run_inputs(c->mlflow, run->id, &dataset, e->model, err);
}

static bool verify_model(struct context *c, const struct evaluation *e,
	const struct mlflow_batch *batch, struct err *err)
{
	struct mlflow_batch scores = { .metrics = batch->metrics, .nmetrics = batch->nmetrics };

	return !scores_model(c, e) || mlflow_model_verify(c->mlflow, e->model, &scores, err);
}

static bool fill(struct context *c, const struct evaluation *e, const struct mlflow_run *run,
	struct mlflow_batch *tags, struct err *err)
{
	struct mlflow_batch batch = { 0 };
	bool ok;

	params(c, e, &batch);
	metrics(c, e, &batch);
	ok = inputs(c, e, run, err) && artifacts(c, e, run, err) && traces(c, e, run, err) &&
		mlflow_run_log(c->mlflow, run->id, &batch, err);
	for (size_t i = 0; i < tags->ntags; i++)
		mlflow_batch_tag(&batch, tags->tags[i].key, tags->tags[i].value);
	ok = ok && mlflow_run_verify(c->mlflow, run->id, &batch, err) &&
		verify_model(c, e, &batch, err) &&
		mlflow_run_end(c->mlflow, run->id, "FINISHED", job_at(c->job), err);
	mlflow_batch_free(&batch);
	return ok;
}

bool verb_eval(struct context *c, struct err *err)
{
	struct evaluation e = { 0 };
	struct mlflow_batch tags = { 0 };
	struct mlflow_run run = { 0 };
	char *name = NULL;
	bool ok = load(c, &e, err) &&
		(!job_arg(c->job, "model") || (e.model = context_model(c, "model", err)));

	if (ok) {
		name = context_run_name(c, "genie_eval", e.iteration);
		mlflow_batch_tag(&tags, "mlflow.runType", "genai_evaluate");
		ok = context_pairs(c->job, "tag", &tags, false, err) &&
			context_open_run(c, name, &tags, &run, err);
	}
	/* A run that is finished was read back before it was ended. */
	if (ok && !(run.found && streq(run.status, "FINISHED")))
		ok = fill(c, &e, &run, &tags, err);
	if (ok) {
		json_set_str(c->out, "run_name", run.name);
		json_set_str(c->out, "model_id", e.model);
		json_set_str(c->out, "dataset", e.dataset);
		json_set_str(c->out, "dataset_digest", e.digest);
		log_info("run %s: %s", run.name, json_str_or(c->out, "run_url", ""));
	}
	free(name);
	mlflow_batch_free(&tags);
	mlflow_run_free(&run);
	evaluation_free(&e);
	return ok;
}
