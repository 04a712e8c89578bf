#include "deploy.h"

#include "artifact.h"
#include "json.h"
#include "log.h"
#include "tool.h"

#include <stddef.h>

/* The scores for an escalation: looked at before anything is deployed. */
static bool before_is_eval(const struct options *o, struct err *err)
{
	struct json *before = o->before ? artifact_load(o->before, "eval", err) : NULL;
	bool ok = !o->before || before;
	json_free(before);
	return ok;
}

static bool run_deploy(struct deploy *d, struct err *err)
{
	return before_is_eval(d->o, err) && deploy_open(d, err) && deploy_work(d, err) &&
		deploy_hand_over(d, err);
}

static bool check_options(const struct options *o, struct err *err)
{
	if (o->plan + o->check + o->verify > 1)
		return err_set(err, ERR_USAGE, "--plan, --check and --verify exclude each other");
	if (!o->check && !o->verify && !o->dbx.target)
		return err_set(err, ERR_USAGE, "--target is needed: where to deploy to is never "
			"guessed");
	if ((o->junit || o->strict) && !o->check)
		return err_set(err, ERR_USAGE, "--junit and --strict go with --check");
	return true;
}

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	struct deploy d = { .tool = tool, .o = o, .lock = -1,
		.steps = { .fault = tool_env("GENIE_DEPLOY_FAULT") } };
	if (!check_options(o, err))
		return false;
	if (o->check)
		return run_gate(tool, o, err);
	if (o->verify)
		return run_verify(tool, o, err);
	if (tool->noperands)
		return err_set(err, ERR_USAGE, "FILE goes with --check or --verify");
	bool ok = o->plan ? run_plan(&d, err) : run_deploy(&d, err);
	deploy_close(&d);
	return ok;
}

#define FIELD(name) .offset = offsetof(struct options, name)
static const struct tool_opt opts[] = {
	DBXTOOL_OPTS(struct options, dbx),
	{ .name = "job", .type = OPT_STRING, FIELD(job), .arg = "NAME",
	  .help = "key or name of the job that deploys the spaces (default: "
		"genie_spaces_deployment_job; none is needed where the bundle has them as "
		"resources)" },
	{ .name = "max-attempts", .type = OPT_INT, FIELD(max_attempts), .arg = "N", .value = "3",
	  .min = 1, .max = 10, .help = "attempts in all" },
	{ .name = "state", .type = OPT_STRING, FIELD(state), .arg = "FILE",
	  .help = "where the progress is kept, and at last the answer (default: the file of "
		"--output with .progress behind its name, gone at the end)" },
	{ .name = "plan", .type = OPT_FLAG, FIELD(plan),
	  .help = "change nothing; say what would be done, and what a workspace would refuse" },
	{ .name = "truncate", .type = OPT_FLAG, FIELD(truncate),
	  .help = "cut the last entries of a space that has more than a workspace takes, and say "
		"which" },
	{ .name = "yes", .letter = 'y', .type = OPT_FLAG, FIELD(yes),
	  .help = "allow the deployment to delete and recreate resources" },
	{ .name = "check", .type = OPT_FLAG, FIELD(check),
	  .help = "deploy nothing: does the evaluation FILE reach its thresholds? A gate for CI" },
	{ .name = "min-accuracy", .type = OPT_NUMBER, FIELD(min_accuracy), .arg = "PERCENT",
	  .value = "90", .help = "--check: the overall accuracy to reach" },
	{ .name = "strict", .type = OPT_FLAG, FIELD(strict),
	  .help = "--check: the targets of the judges are part of the gate, too" },
	{ .name = "junit", .type = OPT_STRING, FIELD(junit), .arg = "FILE",
	  .help = "--check: write the thresholds as JUnit XML, too" },
	{ .name = "verify", .type = OPT_FLAG, FIELD(verify),
	  .help = "deploy nothing: add to the deploy.json FILE whether the deployed space answers "
		"as well" },
	{ .name = "before", .type = OPT_STRING, FIELD(before), .arg = "EVAL",
	  .help = "eval.json from before the deployment; for --verify, and for an escalation" },
	{ .name = "after", .type = OPT_STRING, FIELD(after), .arg = "EVAL",
	  .help = "--verify: eval.json from after it" },
	{ .name = "drift", .type = OPT_STRING, FIELD(drift), .arg = "FILE",
	  .help = "--verify: what genie-patch --verify printed; names what the repository lacks" },
	{ .name = "fixes", .type = OPT_INT, FIELD(fixes), .arg = "N", .value = "0", .min = 0,
		.max = 100,
	  .help = "--verify: discrepancies that were fixed already; after two a person is asked" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "Deploy to dev, mend what can be mended",
	  "genie-deploy --bundle demo/cost --target dev -o deploy.json" },
	{ "See what it would do", "genie-deploy --bundle demo/cost --target dev --plan" },
	{ "Fail a merge request whose accuracy is below 90",
	  "genie-deploy --check --min-accuracy 90 --junit report.xml < eval.json" },
	{ "Compare the evaluation after the deployment with that before",
	  "genie-deploy --verify --before eval.json --after post_deploy.json --drift drift.json -o "
	  "deploy.json deploy.json" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 1, "the deployment failed or needs a person (deploy.json says why), a threshold is not "
		"reached, or the deployed space answers worse" },
	{ 65, "the bundle or a document is not what it must be" },
	{ 69, "the workspace refuses the credentials, or the Databricks CLI is missing; run it "
		"again afterwards: it goes on where it was" },
	{ 75, "the workspace cannot be reached; run it again: it goes on where it was" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-deploy",
	.purpose = "deploy a bundle and its Genie Spaces, mend what can be mended",
	.operands = "[FILE]",
	.input = "the bundle; with --check an eval.json, with --verify a deploy.json, from FILE or "
		"standard input.",
	.output = "deploy.json (schema genie/deploy/1): each attempt with commands, run, errors, "
		"diagnosis and fix; with --check one line a threshold; with --plan text.",
	.details = "An attempt is: bundle validate, bundle deploy, the deployment job through the "
		"Jobs API, followed to its end. When it fails, the message is looked up. Unsorted "
		"arrays and bad ids are mended in the export, and the next attempt begins; too "
		"many entries are listed, and cut only with --truncate; malformed JSON, variables "
		"without a value, missing files, names that are there twice and failing statements "
		"are named with their place. What is not known, and the last failed attempt, is "
		"for a person: escalation in deploy.json has the errors, the fixes, a hypothesis, "
		"the scores, how far it got, and what to do.\n\nThe progress is kept after each "
		"step, and the token of a run before the run is started: a call that was ended at "
		"any moment is gone on with by the same call, and a run is never started "
		"twice.\n\nThe CLI is $DATABRICKS_CLI_PATH, else databricks in "
		"PATH.\n\nGENIE_DEPLOY_FAULT is for tests. With \"list\" the call says its side "
		"effects, numbered; with N it is killed before number N, with fail-N that one "
		"fails, with stop-N it stops there until it is continued. Points with names do the "
		"same: started (a run, not yet noted), answer, answered.",
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
