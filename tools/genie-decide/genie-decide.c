#include "artifact.h"
#include "core.h"
#include "prefer.h"
#include "retry.h"

#include "json.h"
#include "jsonw.h"
#include "score.h"
#include "str.h"
#include "tool.h"

struct options {
	const char *before, *after, *slice, *p0, *previous, *evidence, *patches, *apply;
	const char *prefer, *work, *choice;
	long iteration, lever, singles;
	bool exit_status;
};

/* Loads FILE unless it is NULL. */
static bool load(struct score **score, const char *path, const struct score *only, struct err *err)
{
	*score = NULL;
	if (!path)
		return true;
	*score = score_new();
	score_limit_to(*score, only);
	return score_load(*score, path, err);
}

struct inputs {
	struct score *before, *after, *slice, *p0;
};

/* Before and after are read over the questions that both measured. */
static bool load_all(struct inputs *in, const struct options *o, struct err *err)
{
	struct score *whole = NULL;
	bool ok = load(&whole, o->before, NULL, err) && load(&in->after, o->after, whole, err) &&
		  load(&in->before, o->before, in->after, err) && load(&in->slice, o->slice, NULL, err) &&
		  load(&in->p0, o->p0, NULL, err);
	score_free(whole);
	return ok;
}

static void free_all(struct inputs *in)
{
	score_free(in->before);
	score_free(in->after);
	score_free(in->slice);
	score_free(in->p0);
}

/* The iteration whose configuration is live once the action is done, and how
 * many decisions in a row brought nothing: a set and its parts, tried alone, are one. */
static void chain(const struct options *o, const struct json *previous, const struct json *choice,
		  struct json *document)
{
	bool kept = streq(json_str_or(document, "action", ""), "accept");
	int64_t accepted = choice ? json_int_or(choice, "iteration", 0) :
				    json_int_or(previous, "accepted_iteration", 0);
	int64_t streak = json_int_or(previous, "no_improvement_streak", 0);
	json_set_int(document, "accepted_iteration", kept ? o->iteration : accepted);
	bool again = json_is(json_get(document, "retry_of"), JSON_NUMBER);
	json_set_int(document, "no_improvement_streak", kept ? 0 : again ? streak : streak + 1);
}

/* Loads a document of this kind unless the path is NULL. */
static bool load_document(struct json **out, const char *path, const char *kind, struct err *err)
{
	return !path || (*out = artifact_load(path, kind, err)) != NULL;
}

/* Of what the whole optimization has measured, the configuration that is preferred. */
static bool run_prefer(struct tool *tool, const struct options *o, struct err *err)
{
	struct preference preference = { o->prefer, o->work, streq(o->evidence, "required") };
	if (!o->work)
		return err_set(err, ERR_USAGE, "--prefer needs --work FOLDER, the optimization's folder");
	if (o->before || o->after || o->slice || o->p0)
		return err_set(err, ERR_USAGE, "--prefer chooses among iterations: it takes no rows "
			       "(--before, --after, --slice, --p0)");
	if (!prefer_check(o->prefer, err))
		return false;
	struct json *document = tool_document(tool, "choice");
	bool ok = prefer_choose(&preference, document, err);
	if (ok)
		jsonw_document(tool->out, document);
	json_free(document);
	return ok;
}

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	struct inputs in = { 0 };
	struct json *previous = NULL, *choice = NULL, *patches = NULL, *apply = NULL;
	if (o->prefer)
		return run_prefer(tool, o, err);
	if (!o->before && !o->after)
		return err_set(err, ERR_USAGE, "--after is needed (and --before, but for a baseline)");
	bool ok = load_all(&in, o, err) && load_document(&previous, o->previous, "decision", err) &&
		  load_document(&choice, o->choice, "choice", err) &&
		  load_document(&patches, o->patches, "patches", err) &&
		  load_document(&apply, o->apply, "apply", err);
	if (ok) {
		struct json *document = tool_document(tool, "decision");
		json_set_int(document, "iteration", o->iteration);
		json_set(document, "lever", o->lever ? json_new_int(o->lever) : json_new_null());
		struct decision_input input = { in.before, in.slice, in.p0, in.after,
			streq(o->evidence, "required"),
			json_is(json_get(patches, "retry_of"), JSON_NUMBER) };
		bool keep = decide(&input, document);
		if (patches)
			retry_note(document, patches, apply, o->singles);
		chain(o, previous, choice, document);
		jsonw_document(tool->out, document);
		if (!keep && o->exit_status)
			ok = err_set(err, ERR_NO, "roll back: %s",
				     json_text(json_at(json_get(document, "reasons"), 0)));
		json_free(document);
	}
	json_free(previous);
	json_free(choice);
	json_free(patches);
	json_free(apply);
	free_all(&in);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "before", .type = OPT_STRING, .offset = offsetof(struct options, before), .arg = "ROWS",
	  .help = "rows of the last accepted evaluation; without it this is a baseline" },
	{ .name = "after", .type = OPT_STRING, .offset = offsetof(struct options, after), .arg = "ROWS",
	  .help = "rows of the full evaluation after the change; without it only the gates are looked at" },
	{ .name = "slice", .type = OPT_STRING, .offset = offsetof(struct options, slice), .arg = "ROWS",
	  .help = "rows of the questions that touch the patched objects, after the change" },
	{ .name = "p0", .type = OPT_STRING, .offset = offsetof(struct options, p0), .arg = "ROWS",
	  .help = "rows of the P0 questions after the change" },
	{ .name = "previous", .type = OPT_STRING, .offset = offsetof(struct options, previous),
	  .arg = "DECISION", .help = "decision.json of the iteration before" },
	{ .name = "choice", .type = OPT_STRING, .offset = offsetof(struct options, choice),
	  .arg = "CHOICE", .help = "choice.json that was made after it: another configuration was live then" },
	{ .name = "iteration", .type = OPT_INT, .offset = offsetof(struct options, iteration), .arg = "N",
	  .help = "number of this iteration", .value = "0" },
	{ .name = "lever", .type = OPT_INT, .offset = offsetof(struct options, lever), .arg = "L",
	  .help = "lever that was pulled (1-6; 0: none)", .value = "0", .min = 0, .max = 6 },
	{ .name = "evidence", .type = OPT_STRING, .offset = offsetof(struct options, evidence),
	  .arg = "HOW", .help = "required: roll back what the paired test cannot tell from noise",
	  .value = "report", .choices = "report|required" },
	{ .name = "patches", .type = OPT_STRING, .offset = offsetof(struct options, patches),
	  .arg = "PATCHES", .help = "patches.json of the change: says which parts to try alone" },
	{ .name = "apply", .type = OPT_STRING, .offset = offsetof(struct options, apply), .arg = "APPLY",
	  .help = "apply.json of the change: only what was applied counts" },
	{ .name = "singles", .type = OPT_INT, .offset = offsetof(struct options, singles), .arg = "N",
	  .help = "parts of a set that did harm to try alone, at the most (0: none)", .value = "3",
	  .min = 0, .max = 20 },
	{ .name = "prefer", .type = OPT_STRING, .offset = offsetof(struct options, prefer), .arg = "ORDER",
	  .help = "choose one iteration of the Pareto frontier by these criteria, separated by commas, the "
		  "most important first: correctness, repeatability, regressions, patch_cost" },
	{ .name = "work", .type = OPT_STRING, .offset = offsetof(struct options, work), .arg = "FOLDER",
	  .help = "with --prefer: the folder of the optimization (WORK/DOMAIN)" },
	{ .name = "exit-status", .type = OPT_FLAG, .offset = offsetof(struct options, exit_status),
	  .help = "end with status 1 when the decision is to roll back" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "Was the change worth keeping?",
	  "genie-decide --before iter-00/rows.jsonl --after iter-01/rows.jsonl | jq '.decision, .reasons'" },
	{ "As a gate", "genie-decide --exit-status --before old.jsonl --after new.jsonl >/dev/null && echo keep" },
	{ "The cheapest configuration that is not shown to be worse",
	  "genie-decide --prefer correctness,patch_cost --evidence required --work work/cost" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 1, "with --exit-status: roll back (the document is written)" },
	{ 65, "a row is not what it must be; the message names file, line and path" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-decide",
	.purpose = "accept a change or roll it back: gates, regressions, paired evidence",
	.operands = "",
	.input = "evaluated rows before and after a change; with --prefer the folder of an optimization.",
	.output = "one document, decision.json (schema genie/decision/1); with --prefer choice.json "
		  "(schema genie/choice/1).",
	.details = "Three gates in order: the slice (questions that touch what was patched; a fall of more than 5 "
		   "points fails), P0 (a P0 question that passed and now fails), and the full set (accuracy or a "
		   "judge down by more than 2 points, or the paired test says worse). What passes must also "
		   "improve: fix more questions than it breaks, or, when no answer changes sides, raise a judge by "
		   "more than 2 points and more than one verdict. Of a set that did harm, --patches tells which parts to try alone; such a part has "
		   "to fix more than it breaks in its slice. Both evaluations are compared over the questions that both measured.\n\n"
		   "The evidence is the exact McNemar test over questions, with Newcombe's interval for the "
		   "difference in points and the power to see a gain of ten points; when the benchmark is too small "
		   "to tell a change from noise, the verdict is undecidable and the reasons say so.\n\n"
		   "--prefer looks at its criteria in order; each drops the iterations that are worse in it than the "
		   "best of those still there. Only what was accepted is a candidate; a criterion that was not "
		   "measured of all of them decides nothing, and unmeasured says of which. With --evidence required, correctness drops only what the paired "
		   "test shows to be worse, so that a cheaper configuration wins where the benchmark cannot tell.",
	.opts = opts,
	.examples = examples,
	.exits = exits,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return tool_main(argc, argv, &spec);
}
