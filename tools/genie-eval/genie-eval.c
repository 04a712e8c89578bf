/* genie-eval - asks Genie, runs and compares the SQL, judges: whatever a row lacks. */
#include "artifact.h"
#include "dbx.h"
#include "dbxtool.h"
#include "digest.h"
#include "genie.h"
#include "http.h"
#include "input.h"
#include "journal.h"
#include "json.h"
#include "judgecat.h"
#include "mem.h"
#include "native.h"
#include "rate.h"
#include "space.h"
#include "stmt.h"
#include "tool.h"
#include "vars.h"
#include "work.h"

#include <stdlib.h>
#include <string.h>

struct options {
	struct dbxtool dbx;
	const char *space, *snapshot, *engine, *stage, *scope, *patched, *journal, *checkpoint, *shard;
	const char *profile, *warehouse, *judges, *llm, *llm_url, *prompts;
	bool rejudge;
	long iteration, repeat, concurrency, ask_timeout, ask_tries, llm_concurrency;
	double qpm;
	struct strlist vars;
};

/* All that the run holds besides the work itself. */
struct setting {
	const struct options *o;
	struct json *snapshot;
	struct vars vars;
	char *space_id, *warehouse, *config_key;
	struct http *http; /* when there is no workspace */
};

static bool load_snapshot(struct setting *s, struct work *work, struct err *err)
{
	const char *path = s->o->snapshot;
	if (!path)
		return true;
	s->snapshot = artifact_load(path, "space", err);
	if (!s->snapshot)
		return false;
	if (!json_is(json_get(s->snapshot, "config"), JSON_OBJECT))
		return err_set(err, ERR_DATA, "%s: not a snapshot of a space (no \"config\")", path);
	work->config_id = json_str_or(s->snapshot, "config_id", NULL);
	const char *hash = json_str_or(s->snapshot, "config_hash", work->config_id);
	s->config_key = xstrdup(hash);
	return true;
}

static bool setup_files(struct setting *s, struct work *work, struct err *err)
{
	if (!vars_open(&s->vars, &s->o->vars, s->o->dbx.bundle, s->o->dbx.target, err)
	    || !load_snapshot(s, work, err))
		return false;
	work->catalog = judge_catalog_new(s->snapshot);
	work->journal = journal_open(s->o->journal, err);
	return work->journal != NULL;
}

/* Answers are kept under the snapshot's configuration, so the space must still be as
 * the snapshot has it. Without the right to read the configuration there is nothing to
 * compare with. */
static bool still_as_taken(const struct setting *s, const struct json *live, struct err *err)
{
	const char *text = json_str_or(live, "serialized_space", NULL);
	struct err ignored = { 0 };
	struct str then = STR_INIT, now = STR_INIT;
	struct json *config = s->snapshot && text ? json_parse(text, strlen(text), &ignored) : NULL;
	if (config) {
		space_canonical(json_get(s->snapshot, "config"), &then);
		space_canonical(config, &now);
	}
	bool same = streq(str_text(&then), str_text(&now));
	json_free(config);
	str_free(&then);
	str_free(&now);
	return same || err_set(err, ERR_TEMP,
		"refetch: the space is not as %s has it; take a new snapshot with genie-fetch", s->o->snapshot);
}

/* Which space: asked for by id or title, else that of the snapshot. The configuration that
 * answers are kept under is the snapshot's, else that of the live space. */
static bool find_space(struct setting *s, struct work *work, struct err *err)
{
	const char *given = s->o->space ? s->o->space : json_str_or(s->snapshot, "space_id", NULL);
	char hash[SHA256_HEX];
	if (!given)
		return err_set(err, ERR_USAGE, "questions have to be asked: give --space or --snapshot");
	s->space_id = genie_find(work->dbx, given, err);
	if (!s->space_id)
		return false;
	struct json *live = genie_get(work->dbx, s->space_id, true, err);
	if (!live && s->config_key && err->code == ERR_UNAVAILABLE)
		live = genie_get(work->dbx, s->space_id, false, err); /* may ask, may not edit */
	if (!live)
		return false;
	if (!still_as_taken(s, live, err)) {
		json_free(live);
		return false;
	}
	if (!s->config_key) {
		const char *config = json_str_or(live, "serialized_space", "");
		sha256_hex(config, strlen(config), hash);
		s->config_key = xasprintf("live:%s:%s", s->space_id, hash);
	}
	if (!s->warehouse && json_str_or(live, "warehouse_id", NULL))
		s->warehouse = xstrdup(json_str_or(live, "warehouse_id", NULL));
	json_free(live);
	work->space_id = s->space_id;
	work->config_key = s->config_key;
	return true;
}

static bool find_warehouse(struct setting *s, struct work *work, struct err *err)
{
	const char *known = json_str_or(s->snapshot, "warehouse_id", NULL);
	const char *fallback = s->warehouse ? s->warehouse : known;
	char *id = stmt_warehouse(work->dbx, s->o->warehouse, fallback, err);
	if (!id)
		return false;
	free(s->warehouse);
	s->warehouse = id;
	work->warehouse = id;
	return true;
}

/* A server that is not the workspace needs a loop of its own when nothing else is to do. */
static bool open_panel(struct setting *s, struct work *work, struct err *err)
{
	const struct options *o = s->o;
	struct panel_options options = { .mode = work->judges, .rejudge = o->rejudge, .model = o->llm,
		.url = o->llm_url, .key = tool_env("GENIE_LLM_KEY"), .prompts = o->prompts,
		.concurrency = (int)o->llm_concurrency, .budget_ms = dbxtool_budget_ms() };
	if (!work->http) {
		char *agent = xasprintf("genie-toolkit/%s", tool_version());
		struct http_options http = { .agent = agent, .budget_ms = options.budget_ms };
		work->http = s->http = http_new(&http);
		free(agent);
	}
	work->panel = panel_open(&options, work->dbx, work->http, err);
	return work->panel != NULL;
}

/* Reaches the workspace only as far as something has to be asked or run. A space that is gone
 * and a refused token end here, before any output. */
static bool connect(struct setting *s, struct work *work, struct err *err)
{
	bool ask = false, run = false, model = false;
	for (size_t i = 0; i < work->n; i++) {
		const struct item *item = &work->item[i];
		if (item->finished || item->excluded)
			continue;
		ask |= work->native ? item_needs_grade(item) : item_needs_answer(item);
		run |= work->stage != STAGE_ASK && item_needs_run(item);
		model |= work->stage == STAGE_JUDGE && work->judges != JUDGES_CODE;
	}
	bool serving = model && !s->o->llm_url;
	if (ask || run || serving)
		work->dbx = dbxtool_open(&s->o->dbx, err);
	work->http = work->dbx ? dbx_http(work->dbx) : NULL;
	if (((ask || run || serving) && !work->dbx) || (ask && !find_space(s, work, err)))
		return false;
	if (ask && work->native && !native_grade(work, err))
		return false;
	if (ask && !(work->rate = dbxtool_rate(work->dbx, s->o->qpm, err)))
		return false;
	if (run && !find_warehouse(s, work, err))
		return false;
	return !model || open_panel(s, work, err);
}

/* Which judges: the model's when one is named, unless said otherwise. */
static bool read_judges(const struct options *o, struct work *work, struct err *err)
{
	const char *mode = o->judges ? o->judges : o->llm ? "llm" : "code";
	work->rejudge = o->rejudge;
	work->judges = streq(mode, "llm") ? JUDGES_LLM : streq(mode, "both") ? JUDGES_BOTH : JUDGES_CODE;
	if (work->judges != JUDGES_CODE && !o->llm)
		return err_set(err, ERR_USAGE, "--judges %s needs --llm, the endpoint or model to ask", mode);
	return !o->llm_url || o->llm
		|| err_set(err, ERR_USAGE, "--llm-url needs --llm, the name of the model to ask");
}

static void read_settings(const struct options *o, struct work *work)
{
	work->stage = streq(o->stage, "ask") ? STAGE_ASK
		: streq(o->stage, "run") ? STAGE_RUN : STAGE_JUDGE;
	compare_profile_find(o->profile, &work->profile);
	work->native = streq(o->engine, "native");
	work->iteration = o->iteration;
	work->ask_limit_ms = o->ask_timeout * 1000;
	work->concurrency = (int)o->concurrency;
	work->ask_tries = (int)o->ask_tries;
	work->checkpoint = o->checkpoint;
}

/* A question that could not be measured is excluded, for itself. When the workspace is gone
 * altogether, that is no evaluation: the journal keeps the answers for another run. */
static bool still_there(struct setting *s, struct work *work, struct err *err)
{
	size_t lost = 0;
	for (size_t i = 0; i < work->n; i++)
		lost += work->item[i].excluded && starts_with(work->item[i].excluded, "not measured:");
	if (!lost || !s->space_id)
		return true;
	struct json *live = genie_get(work->dbx, s->space_id, false, err);
	json_free(live);
	return live || err_wrap(err, "%zu of %zu questions were not measured", lost, work->n);
}

static bool evaluate(struct tool *tool, struct setting *s, struct work *work, struct err *err)
{
	const struct options *o = s->o;
	struct choice choice = { .scope = o->scope, .patched = o->patched, .repeat = o->repeat };
	work->out = tool->out;
	read_settings(o, work);
	if (!read_judges(o, work, err))
		return false;
	if (!choice_shard(&choice, o->shard, err) || !setup_files(s, work, err)
	    || !input_read(work, tool->operands, tool->noperands, &choice, err))
		return false;
	if (o->checkpoint && !input_checkpoint(work, o->checkpoint, err))
		return false;
	if (!input_resolve(work, &s->vars, err) || !connect(s, work, err))
		return false;
	if (!work->n)
		log_warn("no question is in scope %s", o->scope);
	return work_run(work, err) && still_there(s, work, err);
}

static bool run(struct tool *tool, struct err *err)
{
	struct setting s = { .o = tool->opts };
	struct work work = { .iteration = -1 };
	bool ok = evaluate(tool, &s, &work, err);
	work.stop = true; /* what is cancelled below is nobody's answer */
	panel_stop(work.panel);
	dbx_free(work.dbx);
	http_free(s.http);
	panel_free(work.panel);
	rate_free(work.rate);
	work_free(&work);
	journal_free(work.journal);
	judge_catalog_free(work.catalog);
	vars_free(&s.vars);
	json_free(s.snapshot);
	free(s.space_id);
	free(s.warehouse);
	free(s.config_key);
	return ok;
}

#define FIELD(name) offsetof(struct options, name)
static const struct tool_opt opts[] = {
	{ .name = "space", .letter = 's', .type = OPT_STRING, .offset = FIELD(space), .arg = "ID",
	  .help = "the Genie Space to ask, by id or exact title" },
	{ .name = "snapshot", .type = OPT_STRING, .offset = FIELD(snapshot), .arg = "FILE",
	  .help = "space.json of genie-fetch: gives the space, its configuration id and the catalogue" },
	{ .name = "engine", .type = OPT_STRING, .offset = FIELD(engine), .arg = "ENGINE", .value = "own",
	  .choices = "own|native", .help = "who asks and grades: we, or Databricks' own benchmark run of "
		  "the questions stored in the space" },
	{ .name = "stage", .type = OPT_STRING, .offset = FIELD(stage), .arg = "STAGE", .value = "judge",
	  .choices = "ask|run|judge", .help = "last stage: ask only, run and compare too, or all" },
	{ .name = "scope", .type = OPT_STRING, .offset = FIELD(scope), .arg = "SCOPE", .value = "full",
	  .choices = "full|train_val|slice|p0|held_out|all",
	  .help = "which questions; full and train_val are all but held_out" },
	{ .name = "patched", .type = OPT_STRING, .offset = FIELD(patched), .arg = "FILE",
	  .help = "patches.json or apply.json: what --scope slice selects by" },
	{ .name = "iteration", .type = OPT_INT, .offset = FIELD(iteration), .arg = "N", .value = "-1",
	  .min = -1, .max = 100000, .help = "number written into each row" },
	{ .name = "journal", .type = OPT_STRING, .offset = FIELD(journal), .arg = "FILE",
	  .help = "answers.jsonl: answers found there are not asked for again; new ones are appended" },
	{ .name = "checkpoint", .type = OPT_STRING, .offset = FIELD(checkpoint), .arg = "FILE",
	  .help = "append finished rows here; a restart passes over them" },
	{ .name = "shard", .type = OPT_STRING, .offset = FIELD(shard), .arg = "I/N",
	  .help = "only the I-th of N parts, by a hash of the id; the parts together are the whole" },
	{ .name = "repeat", .type = OPT_INT, .offset = FIELD(repeat), .arg = "K", .value = "1",
	  .min = 1, .max = 100, .help = "ask each question K times, as replicates" },
	{ .name = "compare", .type = OPT_STRING, .offset = FIELD(profile),
	  .arg = "PROFILE", .value = "seed", .choices = "seed|genie-native|strict|spider2",
	  .help = "how results are compared" },
	{ .name = "judges", .letter = 'j', .type = OPT_STRING, .offset = FIELD(judges), .arg = "WHO",
	  .choices = "code|llm|both", .help = "who judges; llm when --llm is given, else code" },
	{ .name = "llm", .type = OPT_STRING, .offset = FIELD(llm), .arg = "ENDPOINT",
	  .help = "serving endpoint that judges; with --llm-url the name of the model" },
	{ .name = "llm-url", .type = OPT_STRING, .offset = FIELD(llm_url), .arg = "URL",
	  .help = "ask this OpenAI-compatible server (https://host/v1) instead of the workspace" },
	{ .name = "llm-concurrency", .type = OPT_INT, .offset = FIELD(llm_concurrency), .arg = "N",
	  .value = "4", .min = 1, .max = 64, .help = "requests to the model under way at once" },
	{ .name = "prompts", .type = OPT_STRING, .offset = FIELD(prompts), .arg = "DIR",
	  .help = "folder of the judges' prompts; GENIE_PROMPTS or the toolkit's own by default" },
	{ .name = "rejudge", .type = OPT_FLAG, .offset = FIELD(rejudge),
	  .help = "let new verdicts take the place of those that a row has" },
	{ .name = "qpm", .type = OPT_NUMBER, .offset = FIELD(qpm), .arg = "N", .value = "5",
	  .help = "question starts a minute, shared by all processes on this machine; 0: no limit" },
	{ .name = "concurrency", .letter = 'c', .type = OPT_INT, .offset = FIELD(concurrency), .arg = "N",
	  .value = "16", .min = 1, .max = 256, .help = "questions under way at once" },
	{ .name = "ask-timeout", .type = OPT_INT, .offset = FIELD(ask_timeout), .arg = "SECONDS",
	  .value = "120", .min = 1, .max = 3600, .help = "limit of one answer" },
	{ .name = "ask-tries", .type = OPT_INT, .offset = FIELD(ask_tries), .arg = "N", .value = "3",
	  .min = 1, .max = 10, .help = "askings of one question before it counts as not measured" },
	{ .name = "warehouse", .letter = 'w', .type = OPT_STRING, .offset = FIELD(warehouse), .arg = "ID",
	  .help = "SQL warehouse; by default the configured one, then that of the space" },
	{ .name = "var", .type = OPT_LIST, .offset = FIELD(vars), .arg = "NAME=VALUE",
	  .help = "value of ${NAME} in expected SQL; before those of --bundle" },
	DBXTOOL_OPTS(struct options, dbx),
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "Evaluate a benchmark and score it",
	  "genie-eval --snapshot space.json --journal answers.jsonl benchmarks.jsonl | genie-score" },
	{ "Judge saved rows again, without asking or running anything",
	  "genie-eval rows.jsonl > judged.jsonl" },
	{ "Judge them by a serving endpoint, and see how far it agrees with the code",
	  "genie-eval --judges both --llm my-endpoint --journal answers.jsonl rows.jsonl | genie-score" },
	{ "The questions that a patch set may touch",
	  "genie-eval --snapshot space.json --scope slice --patched patches.json benchmarks.jsonl" },
	{ "Do Databricks' grader and ours agree?",
	  "genie-eval --space cost --engine native bench.jsonl > native.jsonl; genie-eval native.jsonl > own.jsonl; "
	  "genie-score --compare own.jsonl native.jsonl | jq .agreement.across" },
	{ "A quarter of the work", "genie-eval --space cost --shard 1/4 benchmarks.jsonl > rows.1.jsonl" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "a line is no row, a question has no text, or ${NAME} has no value; nothing was asked" },
	{ 69, "the workspace or the model refuses for good: authentication, permission, no such space" },
	{ 75, "the workspace cannot be reached now, or the space is not as the snapshot has it (\"refetch: ...\")" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-eval",
	.purpose = "ask Genie benchmark questions, run and compare the SQL, judge the answers",
	.operands = "[FILE...]",
	.input = "benchmark questions or rows (JSON Lines, or what genie-score reads); standard input "
		 "without operands.",
	.output = "rows (JSON Lines), in input order, each written as soon as those before it are.",
	.details =
		"A row is completed, never redone: one with genie_sql is not asked, one with comparison is "
		"not executed, so judging saved rows again is free. All input is read before the first question.\n\n"
		"Scope full means every question but those of the split held_out, which are kept for the check "
		"against overfitting at the end; all means every question.\n\n"
		"Expected SQL may be a list of accepted texts; the best match counts. Only single read-only "
		"statements are executed, whoever wrote them. A question whose expected SQL is refused or "
		"fails is excluded with a reason that starts with \"gold:\"; a fault of the infrastructure "
		"that outlives its retries excludes with \"not measured:\" and is never counted as wrong. A "
		"question that Genie does not answer is a fail.\n\n"
		"Answers are kept in the journal under the configuration, the question's id and text, and "
		"the replicate. A killed run that is started again with the same journal asks only what is missing. "
		"A question is noted there before it is sent, and with its message as soon as the service has taken "
		"it: what was under way is waited for, or found among your conversations, and not asked again, unless "
		"its message is gone, or the service had taken it and does not list it.\n\n"
		"With --llm a language model judges schema, logic, meaning and completeness and arbitrates "
		"disagreements; --judges both keeps its verdicts beside those of code (judges.X.llm, "
		"judges.X.agree). Rows without SQL and queries that are the same in canonical form cost no "
		"call. Verdicts are kept in the journal under the hash of the whole prompt. No usable "
		"answer in three tries is the verdict unknown; an endpoint that cannot be reached excludes the row. "
		"The key of --llm-url is taken from the environment variable GENIE_LLM_KEY.\n\n"
		"With --engine native the questions, found by their text among the benchmarks stored in the "
		"space, are asked and graded by an eval run; the rows hold its verdict and reasons in `native` and "
		"in the judge result_correctness (source native), and our own comparison beside it. An "
		"evaluation that fails or times out is excluded, never wrong.",
	.opts = opts,
	.examples = examples,
	.exits = exits,
	.max_operands = -1,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return tool_main(argc, argv, &spec);
}
