/* genie-track - what an optimization does, kept in MLflow. */
#include "clock.h"
#include "connect.h"
#include "context.h"
#include "dbxtool.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "spool.h"
#include "str.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

struct options {
	struct dbxtool dbx;
	const char *experiment, *domain, *name, *run, *model, *parent_run, *parent_model, *status;
	const char *eval, *patches, *prompts, *repeatability, *dataset, *uc, *warehouse, *spans;
	const char *filter, *order_by, *alias, *to, *path, *spool, *uuid, *user, *space, *scope;
	struct strlist tags, params, judges;
	long iteration, max, deadline;
	bool restore, best_effort, first, keep, texts_only;
};

typedef bool verb_function(struct context *c, struct err *err);

/* The verbs: what they read, and how they are to be understood. */
static const struct verb {
	const char *name;
	verb_function *run;
	const char *input; /* what the operand or standard input is; NULL: nothing */
	bool timed;        /* twice the same is meant twice */
	bool reads;        /* only looks: nothing to put by */
} verbs[] = {
	{ "experiment", verb_experiment, NULL, false, false },
	{ "run start", verb_run_start, NULL, true, false },
	{ "run end", verb_run_end, NULL, false, false },
	{ "model create", verb_model_create, "space", false, false },
	{ "model link", verb_model_link, "eval", false, false },
	{ "model promote", verb_model_promote, NULL, false, false },
	{ "model fetch", verb_model_fetch, NULL, false, true },
	{ "eval", verb_eval, "rows", false, false },
	{ "prompts", verb_prompts, NULL, false, false },
	{ "dataset", verb_dataset, "benchmarks", false, false },
	{ "asi", verb_asi, "rows", false, false },
	{ "artifact", verb_artifact, "file", false, false },
	{ "search", verb_search, NULL, false, true },
	{ "show", verb_show, NULL, false, true },
	{ "flush", NULL, NULL, false, true },
};

/* ---- which verb ---- */

/* *used: how many operands name it. */
static const struct verb *find_verb(const struct tool *tool, int *used, struct err *err)
{
	const char *first = tool->operands[0], *second = tool->noperands > 1 ? tool->operands[1] :
		"";

	for (size_t i = 0; i < countof(verbs); i++) {
		const char *name = verbs[i].name, *space = strchr(name, ' ');

		*used = space ? 2 : 1;
		if (space ? strnieq(name, first, (size_t)(space - name)) && !first[space - name] &&
			streq(space + 1, second) : streq(name, first))
			return &verbs[i];
	}
	if (streq(first, "model") || streq(first, "run"))
		err_set(err, ERR_USAGE, "%s %s: no such verb; see --help", first, second);
	else
		err_set(err, ERR_USAGE, "%s: no such verb; see --help", first);
	return NULL;
}

static const struct verb *verb_named(const char *name)
{
	for (size_t i = 0; i < countof(verbs); i++)
		if (streq(verbs[i].name, name) && verbs[i].run)
			return &verbs[i];
	return NULL;
}

/* ---- the job ---- */

static void set_args(struct job *job, const struct options *o)
{
	const char *domain_experiment = o->experiment ? o->experiment : o->domain ? NULL :
		tool_env("MLFLOW_EXPERIMENT_ID") ? tool_env("MLFLOW_EXPERIMENT_ID") :
		tool_env("MLFLOW_EXPERIMENT_NAME");
	const char *user = o->user ? o->user : tool_env("USER") ? tool_env("USER") :
		tool_env("LOGNAME");
	const struct { const char *name, *value; } args[] = {
		{ "experiment", domain_experiment }, { "domain", o->domain }, { "name", o->name },
		{ "run", o->run }, { "model", o->model }, { "parent-run", o->parent_run },
		{ "parent-model", o->parent_model }, { "status", o->status }, { "dataset",
		o->dataset },
		{ "uc", o->uc }, { "warehouse", o->warehouse }, { "spans", o->spans },
		{ "filter", o->filter }, { "order-by", o->order_by }, { "alias", o->alias },
		{ "to", o->to }, { "path", o->path }, { "user", user }, { "space", o->space },
		{ "scope", o->scope }, { "restore", o->restore ? "yes" : NULL },
		{ "keep", o->keep ? "yes" : NULL },
		{ "texts-only", o->texts_only ? "yes" : NULL },
	};

	for (size_t i = 0; i < countof(args); i++)
		job_set(job, args[i].name, args[i].value);
	if (o->iteration >= 0)
		job_set_int(job, "iteration", o->iteration);
	job_set_int(job, "max", o->max);
	job_set_list(job, "tag", &o->tags);
	job_set_list(job, "param", &o->params);
	job_set_list(job, "judge", &o->judges);
}

/* The judge that a prompt file is for: its name without ".md". */
static bool read_prompt(struct job *job, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(base) - (ends_with(base, ".md") ? 3 : 0);
	char *judge = xstrndup(base, n);
	bool ok = job_read(job, judge, path, err);

	free(judge);
	return ok;
}

static bool read_inputs(struct job *job, const struct verb *verb, const struct tool *tool, int used,
	struct err *err)
{
	const struct options *o = tool->opts;
	const struct { const char *name, *path; } files[] = { { "eval", o->eval },
		{ "patches", o->patches }, { "prompts", o->prompts },
		{ "repeatability", o->repeatability } };
	int rest = tool->noperands - used;
	bool prompts = streq(verb->name, "prompts"), search = streq(verb->name, "search");
	bool ok = true;

	if (rest > (verb->input || search ? 1 : prompts ? 1000 : 0))
		return err_set(err, ERR_USAGE, "%s: too many operands", verb->name);
	if (verb->input)
		ok = job_read(job, verb->input, rest ? tool->operands[used] : "-", err);
	if (search)
		job_set(job, "what", rest ? tool->operands[used] : NULL);
	for (int i = used; ok && prompts && i < tool->noperands; i++)
		ok = read_prompt(job, tool->operands[i], err);
	for (size_t i = 0; ok && i < countof(files); i++)
		if (files[i].path && !job_input(job, files[i].name))
			ok = job_read(job, files[i].name, files[i].path, err);
	return ok;
}

/* ---- doing one ---- */

static bool execute(struct tool *tool, struct mlflow *mlflow, const struct job *job, bool fresh,
	struct json **out, struct err *err)
{
	const struct options *o = tool->opts;
	const struct verb *verb = verb_named(job_verb(job));
	struct context c = { .tool = tool, .mlflow = mlflow, .workspace = &o->dbx, .job = job,
		.out = tool_document(tool, "track"), .fresh = fresh };
	bool ok;

	json_set_str(c.out, "verb", job_verb(job));
	json_set_str(c.out, "status", "logged");
	json_set_str(c.out, "uuid", job_uuid(job));
	ok = verb ? verb->run(&c, err) : err_set(err, ERR_DATA, "%s: no such verb", job_verb(job));
	if (mlflow)
		log_debug("%s: %zu calls", job_verb(job), mlflow_calls(mlflow));
	mlflow_experiment_free(&c.experiment);
	*out = ok ? c.out : NULL;
	if (!ok)
		json_free(c.out);
	return ok;
}

/* ---- the spool ---- */

struct draining {
	struct tool *tool;
	struct mlflow *mlflow;
	const struct job *last; /* ours, whose answer is wanted; NULL: none */
	struct json *answer;
	int64_t done;
	int64_t foreign; /* left: for another server ... */
	char *first;     /* ... and the first of them, in words */
};

/* Ids and runs of one server mean nothing on another. "databricks" is as many servers as
 * there are workspaces: then the host decides, however it was named. */
static bool is_foreign(struct draining *d, const struct job *job)
{
	const char *uri = json_str_or(job->document, "uri", ""), *here = connect_uri();
	const char *host = json_str_or(job->document, "host", NULL);
	char *our_host = d->mlflow ? connect_host(d->mlflow) : NULL;
	bool same = !*uri || (host && our_host ? streq(host, our_host) : streq(uri, here));

	if (!same && !d->foreign++)
		d->first = host && our_host ?
			xasprintf("%s is for the workspace %s, and MLFLOW_TRACKING_URI (%s) is %s",
				job->path, host, here, our_host) :
			xasprintf("%s is for %s, and MLFLOW_TRACKING_URI is %s", job->path, uri,
				here ? here : "not set");
	free(our_host);
	return !same;
}

/* What was refused for good does not hold up what is behind it. Ours is not kept: the
 * refusal is the answer. */
static bool refused(const struct job *job, bool ours, struct err *err)
{
	struct err second = { ERR_NONE, "" };
	bool ok;

	if (ours) {
		if (!spool_done(job, &second))
			log_warn("%s", second.text);
		return false;
	}
	log_warn("%s is put aside as %s.refused: %s", job_verb(job), job->path, err->text);
	ok = spool_refused(job, &second);
	*err = second;
	return ok;
}

static bool drain_one(struct draining *d, const char *path, struct err *err)
{
	const struct options *o = d->tool->opts;
	bool ours = d->last && streq(path, d->last->path), ok;
	struct json *answer = NULL;
	struct job job;

	if (!spool_load(path, &job, err))
		return false;
	if (is_foreign(d, &job)) {
		job_free(&job);
		return true;
	}
	ok = execute(d->tool, d->mlflow, &job, ours && o->first, &answer, err);
	if (ok) {
		d->done++;
		ok = spool_done(&job, err);
	} else if (err->code != ERR_TEMP) {
		ok = refused(&job, ours, err);
	}
	if (ours)
		d->answer = answer;
	else
		json_free(answer);
	job_free(&job);
	return ok;
}

/* Does the jobs of the spool in their order. False: one cannot be done now, and stays with
 * all that is behind it. */
static bool drain(struct draining *d, const char *dir, struct err *err)
{
	struct strlist paths = { 0 };
	bool ok = spool_paths(dir, &paths, err);

	for (size_t i = 0; ok && i < paths.n; i++)
		ok = drain_one(d, paths.v[i], err);
	strlist_free(&paths);
	return ok;
}

/* Of a job that is in the spool, or that is lost without one. */
static struct json *not_logged(struct tool *tool, const struct job *job)
{
	struct json *out = tool_document(tool, "track");
	char *reference = xasprintf("spool:%s", job_uuid(job));

	json_set_str(out, "verb", job_verb(job));
	json_set_str(out, "status", job->path ? "spooled" : "lost");
	json_set_str(out, "uuid", job_uuid(job));
	json_set_str(out, "run_id", job->path ? reference : NULL);
	json_set_str(out, "model_id", job_arg(job, "model") ? job_arg(job, "model") :
		job->path ? reference : NULL);
	free(reference);
	return out;
}

static bool with_spool(struct tool *tool, struct mlflow *mlflow, struct job *job, struct json **out,
	struct err *err)
{
	const struct options *o = tool->opts;
	struct draining d = { .tool = tool, .mlflow = mlflow, .last = job };
	int lock = spool_lock(o->spool, err);
	bool ok = lock >= 0 && spool_put(o->spool, job, err) && drain(&d, o->spool, err);

	if (!ok && err->code == ERR_TEMP && job->path)
		log_warn("%s is not logged; it is kept in %s and genie-track flush completes it",
			job_verb(job), o->spool);
	if (d.foreign)
		log_warn("%s; it stays", d.first);
	free(d.first);
	*out = d.answer;
	spool_unlock(lock);
	return ok;
}

static bool run_flush(struct tool *tool, struct mlflow *mlflow, struct json **out, struct err *err)
{
	const struct options *o = tool->opts;
	struct draining d = { .tool = tool, .mlflow = mlflow };
	int lock;
	bool ok;

	if (!o->spool)
		return err_set(err, ERR_USAGE, "flush: --spool DIR is needed");
	if (!io_is_dir(o->spool))
		return err_set(err, ERR_IO, "%s: no such folder", o->spool);
	lock = spool_lock(o->spool, err);
	ok = lock >= 0 && drain(&d, o->spool, err);
	spool_unlock(lock);
	if (ok && d.foreign)
		ok = err_set(err, ERR_USAGE, "flush: %s; it stays, as %lld in all do", d.first,
			(long long)d.foreign);
	free(d.first);
	if (!ok)
		return false;
	*out = tool_document(tool, "track");
	json_set_str(*out, "verb", "flush");
	json_set_str(*out, "status", "logged");
	json_set_int(*out, "flushed", d.done);
	return true;
}

/* ---- main ---- */

static bool off(struct tool *tool, const struct verb *verb, struct json **out, struct err *err)
{
	const struct options *o = tool->opts;

	if (!o->best_effort)
		return err_set(err, ERR_USAGE, "MLFLOW_TRACKING_URI is not set: tracking is off");
	*out = tool_document(tool, "track");
	json_set_str(*out, "verb", verb->name);
	json_set_str(*out, "status", "off");
	return true;
}

static bool serve_verb(struct tool *tool, const struct verb *verb, int used, struct json **out,
	struct err *err)
{
	const struct options *o = tool->opts;
	const char *uri = connect_uri();
	bool only_sql = verb->run == verb_asi;
	struct mlflow *mlflow = NULL;
	struct job job = { 0 };
	char *host = NULL;
	bool ok;

	if (!uri && !only_sql)
		return off(tool, verb, out, err);
	connect_secrets();
	mlflow = uri ? connect_open(&o->dbx, o->deadline * 1000, err) : NULL;
	if (uri && !mlflow)
		return false;
	host = mlflow ? connect_host(mlflow) : NULL;
	job_init(&job, verb->name, clock_now_ms(), uri ? uri : "", host);
	set_args(&job, o);
	ok = !verb->run || read_inputs(&job, verb, tool, used, err);
	job_seal(&job, o->uuid, verb->timed);
	if (ok && !verb->run)
		ok = run_flush(tool, mlflow, out, err);
	else if (ok && o->spool && !verb->reads)
		ok = with_spool(tool, mlflow, &job, out, err);
	else if (ok)
		ok = execute(tool, mlflow, &job, o->first, out, err);
	if (!ok && err->code == ERR_TEMP && o->best_effort && !verb->reads) {
		if (!job.path)
			log_warn("%s is not logged: %s", verb->name, err->text);
		*out = not_logged(tool, &job);
		err_clear(err);
		ok = true;
	}
	job_free(&job);
	free(host);
	mlflow_free(mlflow);
	return ok;
}

static bool run(struct tool *tool, struct err *err)
{
	int used = 0;
	const struct verb *verb = find_verb(tool, &used, err);
	struct json *out = NULL;
	bool ok = verb && serve_verb(tool, verb, used, &out, err);

	if (ok && out)
		jsonw_document(tool->out, out);
	json_free(out);
	return ok;
}

#define STRING(name_, field_, arg_, help_)                                                \
	{ .name = name_, .type = OPT_STRING, .offset = offsetof(struct options, field_),  \
	  .arg = arg_, .help = help_ }
#define LIST(name_, field_, arg_, help_)                                                \
	{ .name = name_, .type = OPT_LIST, .offset = offsetof(struct options, field_),  \
	  .arg = arg_, .help = help_ }

static const struct tool_opt opts[] = {
	DBXTOOL_OPTS(struct options, dbx),
	STRING("experiment", experiment, "NAME", "experiment, by path or id"),
	STRING("domain", domain, "NAME", "domain; names the experiment "
		"/Users/<me>/genie-optimization/NAME and the model"),
	{ .name = "restore", .type = OPT_FLAG, .offset = offsetof(struct options, restore),
	  .help = "experiment: take back a deleted one" },
	STRING("name", name, "NAME", "run start: name of the run"),
	STRING("run", run, "ID", "run that the verb is about"),
	STRING("model", model, "ID", "logged model that the verb is about"),
	STRING("parent-run", parent_run, "ID", "run under which a new one is shown"),
	STRING("parent-model", parent_model, "ID", "model create: the configuration that was "
	"changed"),
	{ .name = "iteration", .letter = 'i', .type = OPT_INT, .offset = offsetof(struct options,
	iteration),
	  .arg = "N", .help = "number of the iteration (eval: that of the rows)", .value = "-1",
	  .min = -1, .max = 100000 },
	{ .name = "status", .type = OPT_STRING, .offset = offsetof(struct options, status),
	.arg = "STATUS",
	  .help = "run end: how it ended", .value = "FINISHED",
	.choices = "FINISHED|FAILED|KILLED" },
	STRING("eval", eval, "FILE", "eval: scores of the rows (else they are added up here)"),
	STRING("repeatability", repeatability, "FILE", "eval: repeatability.json"),
	STRING("patches", patches, "FILE", "model create: patches.json or apply.json"),
	STRING("prompts", prompts, "FILE", "model create: what the verb prompts has printed"),
	STRING("dataset", dataset, "NAME",
	"name of the dataset, else [UC.]genie_benchmarks_DOMAIN"),
	STRING("space", space, "ID", "eval: the space, else that of the rows"),
	STRING("scope", scope, "SCOPE", "eval: what the rows cover, without eval.json"),
	STRING("uc", uc, "SCHEMA", "catalog.schema of prompts, dataset and the asi table"),
	STRING("warehouse", warehouse, "ID", "asi: SQL warehouse"),
	{ .name = "spans", .type = OPT_STRING, .offset = offsetof(struct options, spans),
	.arg = "WAY",
	  .help = "eval: spans of the traces: in one call where the server takes that, a file "
		"each, or none", .value = "auto", .choices = "auto|each|none" },
	LIST("tag", tags, "KEY=VALUE", "tag of a new run"),
	LIST("param", params, "KEY=VALUE", "run start: param of the run"),
	LIST("judge", judges, "NAME", "prompts --to: a prompt to load"),
	STRING("alias", alias, "ALIAS", "prompts: alias instead of production"),
	{ .name = "texts-only", .type = OPT_FLAG, .offset = offsetof(struct options, texts_only),
	  .help = "prompts --run: only keep the texts with the run, register nothing" },
	{ .name = "keep", .type = OPT_FLAG, .offset = offsetof(struct options, keep),
	  .help = "prompts: what the alias points to stays, whatever its text; only what is not "
		"there is registered" },
	STRING("to", to, "DIR", "model fetch, prompts: write the files into DIR"),
	STRING("path", path, "PATH", "artifact: where it goes below the run"),
	STRING("filter", filter, "FILTER", "search: filter in MLflow's words"),
	STRING("order-by", order_by, "FIELD", "search: \"metrics.overall_accuracy DESC\""),
	{ .name = "max", .type = OPT_INT, .offset = offsetof(struct options, max), .arg = "N",
	  .help = "search: at most N", .value = "100", .min = 1, .max = 50000 },
	STRING("user", user, "NAME", "who logs, else $USER"),
	STRING("uuid", uuid, "UUID", "our id of the work, else made of what it says"),
	{ .name = "first", .type = OPT_FLAG, .offset = offsetof(struct options, first),
	  .help = "the work with this --uuid was never begun: do not look for it" },
	STRING("spool", spool, "DIR", "keep in DIR what cannot be logged now"),
	{ .name = "best-effort", .type = OPT_FLAG, .offset = offsetof(struct options, best_effort),
	  .help = "end with 0 when nothing can be logged now" },
	{ .name = "deadline", .type = OPT_INT, .offset = offsetof(struct options, deadline),
	  .arg = "SECONDS", .help = "give up after SECONDS", .value = "120", .min = 1,
	.max = 86400 },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "The experiment of a domain, made when it is not there",
	  "genie-track experiment --domain cost" },
	{ "A configuration as a model",
	  "genie-track model create --domain cost -i 1 --patches apply.json space.json -o "
	"model.json" },
	{ "Its evaluation, with a trace for each question",
	  "genie-track eval --domain cost --model \"$(jq -r .model_id model.json)\" --eval "
	"eval.json rows.jsonl" },
	{ "Back to the best configuration",
	  "genie-track model fetch --model m-1234 -o space.json" },
	{ "Log while the server is away, complete it later",
	  "genie-track eval --domain cost --spool spool --best-effort rows.jsonl; genie-track "
	"flush --spool spool" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "an input is not what it must be, or a value breaks a limit of MLflow" },
	{ 69, "the server refused, or a value that was sent reads back differently; the message "
	"names it" },
	{ 75, "the server cannot be reached or is too slow; with --spool the work is kept" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-track",
	.purpose = "keep experiments, runs, models, evaluations and prompts in MLflow",
	.operands = "VERB [FILE...]",
	.input = "the artifact that the verb is about, from FILE or standard input.",
	.output = "the ids as one document (genie/track/1); model fetch prints the snapshot "
	"itself.",
	.details = "The verbs: experiment (makes it); run start, run end; model create "
	"(space.json: the configuration as a logged model, made by a run of its own), model link "
		"(eval.json: scores as metrics of the model), model promote, model fetch (the "
		"configuration back, to the byte); eval (rows: a run with params, metrics, "
		"artifacts, its dataset, and a trace for each question with an assessment of each "
		"judge); prompts (registered once for each text; with --run also kept as its "
		"artifacts); dataset (benchmarks); asi "
		"(rows: verdicts into the table genie_eval_asi_results); artifact; search "
		"runs|models; show; flush.\n\nMLFLOW_TRACKING_URI says where: \"databricks\", "
		"\"databricks://PROFILE\" (host and credentials as for every tool), or the "
		"http(s) address of an MLflow server, with MLFLOW_TRACKING_TOKEN, or "
		"MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD (or [mlflow] in "
		"~/.mlflow/credentials, where these are not set), and for TLS "
		"MLFLOW_TRACKING_SERVER_CERT_PATH, MLFLOW_TRACKING_CLIENT_CERT_PATH or "
		"MLFLOW_TRACKING_INSECURE_TLS; they go to that server only. The profile of a URI "
		"wins over DATABRICKS_HOST and its like. Credentials that are known are "
		"replaced by *** in all that is logged.\n\nThe same work is the same "
		"run: it is found by an id made of the verb, its options and "
		"inputs, so that nothing is there twice after a failure or a second call. What is "
		"written is read back, and a difference is an error. Nothing is cut: a param over "
		"500 bytes is refused. Traces have previews of 1000 bytes; spans hold the whole "
		"texts.\n\nWith --spool the work is put into DIR before it begins and leaves it "
		"when it is done. Until then its ids are \"spool:UUID\", which --run, --model and "
		"--parent-model take. The next call with the same spool, or flush, completes what "
		"is there in its order. "
	"What is for another MLFLOW_TRACKING_URI, or another workspace, stays there and is named; "
	"flush ends with 2 then.",
	.opts = opts,
	.examples = examples,
	.exits = exits,
	.min_operands = 1,
	.max_operands = -1,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return tool_main(argc, argv, &spec);
}
