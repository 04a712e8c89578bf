#include "artifact.h"
#include "byrules.h"
#include "cases.h"
#include "choose.h"
#include "drafts.h"
#include "explain.h"
#include "history.h"
#include "llmdrafts.h"
#include "model.h"
#include "prospects.h"
#include "search.h"

#include "dbxtool.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "leak.h"
#include "log.h"
#include "str.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

struct options {
	const char *snapshot, *rows, *benchmarks;
	struct strlist history;
	const char *explain_file;
	long lever, max;
	bool explain;
	struct dbxtool dbx;
	const char *llm, *llm_url, *prompts, *journal;
	bool llm_only;
	long llm_calls;
	const char *engine, *ship, *record, *warehouse;
	bool plan, noise;
	long calls, seed;
	double gain;
	double qpm;
	struct strlist vars;
};

#define LLM_CALLS 4 /* of the rules engine, unless said otherwise */

struct inputs {
	struct model model;
	struct cases cases;
	struct leak_guard *guard;
	struct history *history;
	struct json *clusters;
};

/* ---- reading ---- */
static bool load_benchmarks(struct inputs *in, const char *path, struct err *err)
{
	in->guard = path ? leak_load(path, err) : leak_new();
	return in->guard != NULL;
}

static bool load_history(struct inputs *in, const struct strlist *paths, struct err *err)
{
	in->history = history_new();
	for (size_t i = 0; i < paths->n; i++)
		if (!history_load(in->history, paths->v[i], err))
			return false;
	return true;
}

static bool load_model(struct inputs *in, const char *path, struct err *err)
{
	struct json *space = artifact_load(path, "space", err);
	if (!space)
		return false;
	return model_read(&in->model, space, err) || err_wrap(err, "%s", path);
}

static bool load(const struct options *o, const char *clusters, struct inputs *in, struct err *err)
{
	return (in->clusters = artifact_load(clusters, "clusters", err)) != NULL &&
	       json_need(in->clusters, "clusters", JSON_ARRAY, err) && load_model(in, o->snapshot, err) &&
	       cases_load(&in->cases, o->rows, &in->model, err) &&
	       load_benchmarks(in, o->benchmarks, err) && load_history(in, &o->history, err);
}

static void release(struct inputs *in)
{
	model_free(&in->model);
	cases_free(&in->cases);
	leak_free(in->guard);
	json_free(in->clusters);
	history_free(in->history);
}

/* ---- proposing ---- */

static bool draft_by_model(const struct options *o, const struct proposal *p,
	const struct inputs *in, struct json *all, struct err *err)
{
	struct llmdrafts how = { .model = o->llm, .url = o->llm_url, .key = tool_env("GENIE_LLM_KEY"),
		.prompts = o->prompts, .journal = o->journal, .dbx = &o->dbx, 
		.calls = o->llm_calls ? (size_t)o->llm_calls : LLM_CALLS,
		.max_patches = (size_t)o->max, .space = p, .guard = in->guard, .clusters = in->clusters };
	struct err why = { 0 };
	enum llmdrafts_result result = llmdrafts(&how, all, &why);
	if (result == LLMDRAFTS_DONE)
		return true;
	if (result == LLMDRAFTS_BROKEN || o->llm_only) {
		*err = why;
		return false;
	}
	log_warn("%s drafts nothing, only the rules do: %s", o->llm, why.text);
	return true;
}

/* ---- the document ---- */

/* "id: reason" */
static void write_dropped(const struct proposal *p, struct json *document)
{
	struct json *list = json_set(document, "dropped", json_new_array());
	for (size_t i = 0; i < p->dropped.n; i++) {
		const char *text = p->dropped.v[i], *colon = strstr(text, ": ");
		struct json *one = json_push(list, json_new_object());
		json_set(one, "question_id", json_new_strn(text, (size_t)(colon - text)));
		json_set_str(one, "reason", colon + 2);
	}
}

/* What was tried twice in vain and is known to be Genie's own limit. */
static void write_limitations(const struct json *list, struct json *out)
{
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const struct json *limit = json_get(c, "known_limitation");
		if (!json_is(limit, JSON_OBJECT))
			continue;
		struct json *one = json_push(out, json_new_object());
		json_set_str(one, "id", json_str_or(limit, "id", "?"));
		json_set_str(one, "cluster_id", json_str_or(c, "cluster_id", "?"));
		json_set(one, "questions", json_dup(json_get(c, "question_ids")));
		json_set_str(one, "workaround", json_str_or(limit, "workaround", ""));
		if (json_get(limit, "attempts"))
			json_set(one, "attempts", json_dup(json_get(limit, "attempts")));
	}
}

static struct json *begin_document(struct tool *tool, const struct inputs *in, long lever)
{
	const struct json *space = in->model.space;
	struct json *document = tool_document(tool, "patches");
	json_set_int(document, "lever", lever);
	json_set_str(document, "space_id", json_str_or(space, "space_id", NULL));
	json_set_str(document, "config_id", json_str_or(space, "config_id", NULL));
	json_set_str(document, "etag", json_str_or(space, "etag", NULL));
	return document;
}

static bool write_explanation(const struct options *o, const struct inputs *in,
			      const struct json *document, struct err *err)
{
	struct str text = STR_INIT;
	bool ok = true;
	if (!o->explain && !o->explain_file)
		return true;
	explain(document, in->clusters, &in->cases, &in->model, &text);
	if (o->explain_file)
		ok = io_write_file(o->explain_file, str_text(&text), text.n, err);
	else
		fputs(str_text(&text), stderr);
	str_free(&text);
	return ok;
}

static bool propose(struct tool *tool, const struct options *o, struct inputs *in, struct err *err)
{
	struct proposal p = { .model = &in->model, .cases = &in->cases, .guard = in->guard,
		.history = history_patches(in->history), .lever = (int)o->lever };
	struct prospects *prospects = prospects_new(&in->cases);
	struct choosing how = { .model = &in->model, .cases = &in->cases, .guard = in->guard,
		.history = in->history, .prospects = prospects, .max = (size_t)o->max };
	struct json *document = begin_document(tool, in, o->lever), *all = json_new_array();
	p.warnings = json_set(document, "warnings", json_new_array());
	if (!o->llm_only)
		draft_by_rules(&p, in->clusters, all);
	if (o->llm && !draft_by_model(o, &p, in, all, err)) {
		json_free(all);
		json_free(document);
		prospects_free(prospects);
		proposal_free(&p);
		return false;
	}
	choose(&how, all, document);
	prospects_free(prospects);
	write_dropped(&p, document);
	struct json *limits = json_set(document, "limitations", json_new_array());
	write_limitations(json_get(in->clusters, "clusters"), limits);
	write_limitations(json_get(in->clusters, "long_tail"), limits);
	bool ok = write_explanation(o, in, document, err);
	if (ok)
		jsonw_document(tool->out, document);
	json_free(document);
	proposal_free(&p);
	return ok;
}

/* ---- searching ---- */

static bool search_for(struct tool *tool, const struct options *o, struct err *err)
{
	struct inputs in = { 0 };
	if (!o->snapshot || !o->benchmarks || (!o->journal && !o->plan))
		return err_set(err, ERR_USAGE, "--engine gepa needs --snapshot, --benchmarks and --journal, "
			"the file that keeps what was measured");
	if ((o->lever && o->lever != 6) || o->rows)
		return err_set(err, ERR_USAGE, "--engine gepa works on lever 6 and measures by itself: "
			"leave %s out", o->rows ? "--rows" : "--lever");
	if (o->llm_url && !o->llm)
		return err_set(err, ERR_USAGE, "--llm-url needs --llm, the endpoint or model to ask");
	if (o->llm_calls && !o->llm)
		return err_set(err, ERR_USAGE, "--llm-calls needs --llm: no model is asked");
	if (o->gain < 1 || o->gain > 100)
		return err_set(err, ERR_USAGE, "--gain: %g is not between 1 and 100", o->gain);
	struct search_options how = { .snapshot = o->snapshot, .benchmarks = o->benchmarks,
		.journal = o->journal, .warehouse = o->warehouse, .record = o->record,
		.ship_any = streq(o->ship, "any"), .plan = o->plan, .noise = o->noise,
		.llm_calls = o->llm_calls, .gain = o->gain / 100,
		.calls = o->calls, .seed = o->seed, .qpm = o->qpm, .vars = &o->vars, .dbx = &o->dbx,
		.llm = o->llm, .llm_url = o->llm_url, .llm_key = tool_env("GENIE_LLM_KEY"),
		.prompts = o->prompts };
	bool ok = load_history(&in, &o->history, err);
	how.history = in.history;
	ok = ok && search_run(tool, &how, err);
	history_free(in.history);
	return ok;
}

static bool check_options(const struct options *o, struct err *err)
{
	if (!o->snapshot || !o->rows || !o->lever)
		return err_set(err, ERR_USAGE, "--lever, --snapshot and --rows are needed");
	if (!o->llm && (o->llm_url || o->llm_only))
		return err_set(err, ERR_USAGE, "--%s needs --llm, the endpoint or model to ask",
			o->llm_url ? "llm-url" : "llm-only");
	if (o->llm && !o->benchmarks)
		return err_set(err, ERR_USAGE, "--llm needs --benchmarks: what a model writes, and what it "
			"is shown, is checked for leaks");
	return true;
}

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	struct inputs in = { 0 };
	if (streq(o->engine, "gepa"))
		return search_for(tool, o, err);
	if (!check_options(o, err))
		return false;
	bool ok = load(o, tool->noperands ? tool->operands[0] : "-", &in, err) &&
		propose(tool, o, &in, err);
	release(&in);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "lever", .letter = 'l', .type = OPT_INT, .offset = offsetof(struct options, lever),
	  .arg = "N", .help = "the kind of metadata to change: 1 tables and columns, 2 metric views, 3 table "
	  "functions and filters, 4 monitoring, 5 ML tables, 6 instructions and examples", .min = 1, .max = 6 },
	{ .name = "snapshot", .type = OPT_STRING, .offset = offsetof(struct options, snapshot),
	  .arg = "SPACE.JSON", .help = "snapshot of the space that was evaluated (genie-fetch)" },
	{ .name = "rows", .type = OPT_STRING, .offset = offsetof(struct options, rows), .arg = "ROWS",
	  .help = "all rows of the evaluation, passing ones too" },
	{ .name = "benchmarks", .type = OPT_STRING, .offset = offsetof(struct options, benchmarks),
	  .arg = "FILE", .help = "benchmark questions (JSON Lines): no text may give away those of val and held_out" },
	{ .name = "history", .type = OPT_LIST, .offset = offsetof(struct options, history), .arg = "PATCHES",
	  .help = "patches.json of an earlier iteration, with its decision.json beside it; what was rejected "
	  "is not proposed again; may be given more than once" },
	{ .name = "max-patches", .type = OPT_INT, .offset = offsetof(struct options, max), .arg = "N",
	  .help = "patches at the most", .value = "20", .min = 1, .max = 1000 },
	{ .name = "explain", .type = OPT_FLAG, .offset = offsetof(struct options, explain),
	  .help = "say on standard error why each patch is proposed or refused, and what was dropped" },
	{ .name = "explain-file", .type = OPT_STRING, .offset = offsetof(struct options, explain_file),
	  .arg = "FILE", .help = "say it in this file instead" },
	{ .name = "llm", .type = OPT_STRING, .offset = offsetof(struct options, llm), .arg = "ENDPOINT",
	  .help = "serving endpoint that drafts beside the rules; with --llm-url the name of the model" },
	{ .name = "llm-url", .type = OPT_STRING, .offset = offsetof(struct options, llm_url), .arg = "URL",
	  .help = "ask a server of OpenAI's chat completions instead (https://host/v1)" },
	{ .name = "llm-only", .type = OPT_FLAG, .offset = offsetof(struct options, llm_only),
	  .help = "only the model drafts; without a usable answer the tool fails" },
	{ .name = "llm-calls", .type = OPT_INT, .offset = offsetof(struct options, llm_calls), .arg = "N",
	  .help = "questions to the model at the most, each about a few clusters; 4 by default. gepa: "
	  "proposals by the model at the most; no limit by default", .min = 1, .max = 100000 },
	{ .name = "journal", .type = OPT_STRING, .offset = offsetof(struct options, journal), .arg = "FILE",
	  .help = "answers of the model found there are not asked for again; new ones are appended" },
	{ .name = "prompts", .type = OPT_STRING, .offset = offsetof(struct options, prompts), .arg = "DIR",
	  .help = "folder of the prompts; GENIE_PROMPTS or the toolkit's own by default" },
	{ .name = "engine", .type = OPT_STRING, .offset = offsetof(struct options, engine), .arg = "ENGINE",
	  .value = "rules", .choices = "rules|gepa", .help = "rules: patches from clusters of failures; gepa: a "
	  "search that measures instructions and examples on a clone of the space" },
	{ .name = "calls", .type = OPT_INT, .offset = offsetof(struct options, calls), .arg = "N",
	  .value = "300", .max = 1000000, .help = "gepa: questions to Genie at the most, with those of the "
	  "comparison at the end" },
	{ .name = "seed", .type = OPT_INT, .offset = offsetof(struct options, seed), .arg = "N",
	  .value = "0", .max = 2000000000, .help = "gepa: number behind its draws" },
	{ .name = "plan", .type = OPT_FLAG, .offset = offsetof(struct options, plan),
	  .help = "gepa: only say what --calls would buy; nothing is asked" },
	{ .name = "noise", .type = OPT_FLAG, .offset = offsetof(struct options, noise),
	  .help = "gepa: only ask the space as it is, each question three times: which answers "
	  "change, and what gain a budget can show" },
	{ .name = "gain", .type = OPT_NUMBER, .offset = offsetof(struct options, gain), .arg = "POINTS",
	  .value = "10", .help = "gepa: the gain that is wanted, in percentage points of the val questions: --noise "
	  "recommends a budget for it, and says when --calls cannot show it" },
	{ .name = "ship", .type = OPT_STRING, .offset = offsetof(struct options, ship), .arg = "WHEN",
	  .value = "better", .choices = "better|any", .help = "gepa: write patches only when they are shown to be "
	  "better, or whatever the comparison says" },
	{ .name = "search", .type = OPT_STRING, .offset = offsetof(struct options, record), .arg = "FILE",
	  .help = "gepa: write the record of the search (genie/search/1) into this file, too" },
	{ .name = "qpm", .type = OPT_NUMBER, .offset = offsetof(struct options, qpm), .arg = "N",
	  .value = "5", .help = "gepa: question starts a minute, shared by all processes on this machine; 0: "
	  "no limit" },
	{ .name = "warehouse", .type = OPT_STRING, .offset = offsetof(struct options, warehouse), .arg = "ID",
	  .help = "gepa: SQL warehouse; by default the configured one, then that of the space" },
	{ .name = "var", .type = OPT_LIST, .offset = offsetof(struct options, vars), .arg = "NAME=VALUE",
	  .help = "gepa: value of ${NAME} in expected SQL; before those of --bundle" },
	DBXTOOL_OPTS(struct options, dbx),
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "What lever 1 would change", "genie-propose --lever 1 --snapshot space.json --rows rows.jsonl clusters.json | jq '.patches[] | {target, column, new_text}'" },
	{ "From rows to a dry run", "genie-cluster rows.jsonl | genie-propose --lever 6 --snapshot space.json --rows rows.jsonl | genie-patch --dry-run --bundle ." },
	{ "A model drafts, too; a second run asks nothing", "genie-propose --llm my-endpoint --journal answers.jsonl --lever 1 --snapshot space.json --rows rows.jsonl --benchmarks benchmarks.jsonl clusters.json" },
	{ "What a search could show on this space, then the search", "genie-propose --engine gepa --noise --snapshot space.json --benchmarks benchmarks.jsonl --journal answers.jsonl | jq '{flaky_share, budgets}'; "
	  "genie-propose --engine gepa --calls 600 --snapshot space.json --benchmarks benchmarks.jsonl --journal answers.jsonl > patches.json" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "an input is not what it must be; the message names file, line and path" },
	{ 69, "with --llm-only or --engine gepa: the workspace refuses, or there is no such endpoint" },
	{ 75, "with --llm-only: no usable answer came; with --engine gepa: the workspace does not answer; the same call may work later" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-propose",
	.purpose = "propose metadata changes for one lever, weighed and checked for leaks",
	.operands = "[CLUSTERS]",
	.input = "clusters.json of genie-cluster (standard input without an operand), and the files named by options.",
	.output = "one document, patches.json (schema genie/patches/1): patches best first, and what was refused and why.",
	.details = "Rules compare the expected SQL of each failing question with what Genie wrote and with the "
		   "metadata of the space: words of the question that no metadata has become synonyms of the field "
		   "they stand for; time phrases, parameters and competing assets get a sentence that says how. "
		   "Lever 6 writes routing rules with the positive case and the exclusion, examples from train "
		   "questions, and snippets that several golds share; a line or an item that led Genie astray is "
		   "replaced or, by a person, removed. Near 4,000 characters the instruction is said anew instead of "
		   "being made longer.\n\n"
		   "net_impact = questions fixed x confidence - questions at risk x regression probability; "
		   "score = net_impact - 0.1 x objects touched / objects of the space. At risk are passing "
		   "questions whose required tables and columns (or expected SQL) meet what is changed; of "
		   "instructions and examples also those that hold their words. Each earlier attempt takes a "
		   "fifth off the confidence of rules.\n\n"
		   "Refused, with the reason, is what has no net impact, gives away a val or held_out question or "
		   "its SQL (the match is shown), was rejected before, or conflicts with a better patch; at most "
		   "five objects a set; both sides of a pair, or none. A patch counts as rejected when it was "
		   "rolled back alone, or was retried singly (decision.json beside the file of --history). One "
		   "that was rolled back in a set comes again alone, when nothing new is left; one marked "
		   "\"escalated\" comes again.\n\n"
		   "With --llm a language model drafts patches beside the rules. It is shown train questions "
		   "of the lever's clusters with both SQLs, the metadata of what they use, what was rejected, "
		   "and the lever's types of patches; never val or held_out. Its answer is data: only members that "
		   "a patch of its type has are taken, target, column and item must be in the snapshot, SQL must be "
		   "understood; then it is weighed and checked like any other (`drafted_by`). Of two patches "
		   "for one place the one with the better net impact stays, at a tie the rules'. When the "
		   "model does not answer the rules go on alone, with one warning. The key of --llm-url is taken "
		   "from the environment variable GENIE_LLM_KEY.\n\n"
		   "With --engine gepa nothing but the snapshot, the benchmarks and a journal is read. A temporary "
		   "clone of the space is made and asked through genie-eval; the space itself is never written. Train "
		   "questions that fail lead to proposals, by the rules or, with --llm, by the model, which then writes "
		   "the instruction anew or edits one example; val questions decide; held_out is never read. What "
		   "leaks, is too long, breaks a rule of spaces, is not understood by the warehouse or would be more "
		   "than five objects is refused before any question. The last part of the budget compares the best "
		   "candidate with the space as it is, anew: better, not shown or worse. The patches hang together "
		   "(`pair`), since they were measured together; with one of high risk all of them are, and wait for a "
		   "person. What --ship any ships without proof says so (`anyway`), and genie-patch then applies it "
		   "without a net impact. All that was measured stands in the journal: the same "
		   "call, started again, goes on with the clone that a killed run has left, reads the answers to what "
		   "was under way there, asks only what is missing, and ends the same. No question is paid twice; one "
		   "to the model that was under way is put again.",
	.opts = opts,
	.examples = examples,
	.exits = exits,
	.max_operands = 1,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return tool_main(argc, argv, &spec);
}
