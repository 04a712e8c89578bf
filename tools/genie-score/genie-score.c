#include "again.h"
#include "json.h"
#include "jsonw.h"
#include "score.h"
#include "str.h"
#include "tool.h"
#include "versus.h"

#include <math.h>

struct options {
	const char *scope;
	double min_accuracy;
	bool check, compare, repeatability;
};

static bool load(struct tool *tool, struct score *score, struct err *err)
{
	if (tool->noperands == 0)
		return score_load(score, "-", err);
	for (int i = 0; i < tool->noperands; i++)
		if (!score_load(score, tool->operands[i], err))
			return false;
	return true;
}

/* The gate: an accuracy below the least one wanted is a "no". */
static bool gate(const struct options *o, const struct score *score, struct err *err)
{
	double accuracy = score_accuracy(score);
	if (o->check && !score_thresholds_passed(score))
		return err_set(err, ERR_NO, "not all judges reach their targets");
	if (o->min_accuracy > 0 && !(accuracy >= o->min_accuracy))
		return isnan(accuracy) ?
			err_set(err, ERR_NO, "no question was evaluated") :
			err_set(err, ERR_NO, "accuracy %.2f is below %.2f", accuracy, o->min_accuracy);
	return true;
}

static bool comparison(struct tool *tool, struct json *document, struct err *err)
{
	if (tool->noperands != 2 || streq(tool->operands[0], "-") || streq(tool->operands[1], "-"))
		return err_set(err, ERR_USAGE, "--compare needs two files of rows: before and after");
	return versus(tool->operands[0], tool->operands[1], document, err);
}

static bool other_document(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	if ((o->compare && o->repeatability) || o->check || o->min_accuracy > 0)
		return err_set(err, ERR_USAGE, "--compare and --repeatability stand alone");
	struct json *document = tool_document(tool, o->compare ? "compare" : "repeatability");
	bool ok = o->compare ? comparison(tool, document, err) :
		again(tool->operands, tool->noperands, document, err);
	if (ok)
		jsonw_document(tool->out, document);
	json_free(document);
	return ok;
}

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	if (o->compare || o->repeatability)
		return other_document(tool, err);
	struct score *score = score_new();
	bool ok = load(tool, score, err);
	if (ok) {
		struct json *document = tool_document(tool, "eval");
		json_set_str(document, "scope", o->scope);
		score_write(score, document);
		jsonw_document(tool->out, document);
		json_free(document);
		ok = gate(o, score, err);
	}
	score_free(score);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "scope", .type = OPT_STRING, .offset = offsetof(struct options, scope), .arg = "SCOPE",
	  .help = "what the rows cover, written into the document", .value = "full",
	  .choices = "full|slice|p0|held_out|post_deploy" },
	{ .name = "min-accuracy", .type = OPT_NUMBER, .offset = offsetof(struct options, min_accuracy),
	  .arg = "PERCENT", .help = "end with status 1 when the accuracy is below PERCENT (0-100)" },
	{ .name = "check", .type = OPT_FLAG, .offset = offsetof(struct options, check),
	  .help = "end with status 1 unless every judge that gave verdicts reaches its target" },
	{ .name = "compare", .type = OPT_FLAG, .offset = offsetof(struct options, compare),
	  .help = "compare two evaluations (BEFORE AFTER) over the questions that both measured" },
	{ .name = "repeatability", .type = OPT_FLAG, .offset = offsetof(struct options, repeatability),
	  .help = "of rows with replicates: how often a question gets the same SQL and result" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "The accuracy of an evaluation, with its interval",
	  "genie-score rows.jsonl | jq '.overall_accuracy, .accuracy_ci95'" },
	{ "A gate in CI", "genie-eval --space cost bench.jsonl | genie-score --min-accuracy 90 -o eval.json" },
	{ "What a change fixed and broke, and what that proves",
	  "genie-score --compare iter-00/rows.jsonl iter-01/rows.jsonl | jq .evidence" },
	{ "Do our grader and Databricks' own agree on the same answers?",
	  "genie-score --compare own.jsonl native.jsonl | jq .agreement.across" },
	{ "How steady the answers are",
	  "genie-eval --space cost --repeat 3 bench.jsonl | genie-score --repeatability" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 1, "a gate asked for with --check or --min-accuracy is not met (the document is written)" },
	{ 65, "a row is not what it must be; the message names file, line and path" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-score",
	.purpose = "add evaluated rows up to scores, intervals and thresholds",
	.operands = "[ROWS...]",
	.input = "rows (JSON Lines, or the flat tables that MLflow writes); standard input without operands.",
	.output = "one document: eval.json (schema genie/eval/1), or genie/compare/1, or "
		  "genie/repeatability/1.",
	.details = "Accuracy is the share of evaluated questions whose results are right, with Wilson's 95 % "
		   "interval. A question that Genie did not answer is wrong. Excluded rows (faults of the "
		   "infrastructure, gold SQL that cannot run) are listed and leave both sides of the division. "
		   "A judge's score is yes / (yes + no); unknown and skipped verdicts are counted beside it. "
		   "Where rows carry verdicts of code and of a model (genie-eval --judges both), agreement tells "
		   "for each judge n, the share of equal verdicts and Cohen's kappa, (p_o - p_e) / (1 - p_e), "
		   "over the rows that both decided.\n\n"
		   "A comparison lists the questions fixed and broken with the exact McNemar test, Newcombe's "
		   "interval and the power to see ten points, the change of every judge, and how far two "
		   "graders agree on the same answers (the same SQL): confusion matrix and Cohen's kappa.\n\n"
		   "Repeatability is the mean over questions of the share of the commonest SQL among their "
		   "askings; classes are IDENTICAL (100 %), MINOR (70 to 99), SIGNIFICANT (50 to 69) and "
		   "CRITICAL.",
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
