#include "derive.h"
#include "escalation.h"
#include "folder.h"

#include "json.h"
#include "jsonw.h"
#include "tool.h"

struct options {
	long max_iterations;
	bool escalation;
};

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	struct folder folder;
	bool ok = folder_read(&folder, tool->operands[0], err);
	if (ok) {
		struct json *progress = tool_document(tool, "progress"), *told = NULL;
		derive(&folder, (int)o->max_iterations, progress);
		if (o->escalation)
			escalate(&folder, progress, told = tool_document(tool, "escalation"));
		jsonw_document(tool->out, told ? told : progress);
		json_free(told);
		json_free(progress);
	}
	folder_free(&folder);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "max-iterations", .type = OPT_INT, .offset = offsetof(struct options, max_iterations),
	  .arg = "N", .help = "iterations that were asked for", .value = "5", .min = 0, .max = 99 },
	{ .name = "escalation", .type = OPT_FLAG, .offset = offsetof(struct options, escalation),
	  .help = "write what a person has to know when the loop gets no further" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "Where an optimization stands", "genie-session work/cost | jq '{status, best_overall_accuracy, best_iteration}'" },
	{ "What each lever brought", "genie-session work/cost | jq .lever_impacts" },
	{ "What to tell a person", "genie-session --escalation work/cost | jq -r '.recommendation[]'" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "an artifact in the folder is broken; the message names it" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-session",
	.purpose = "derive the state of an optimization from its artifacts",
	.operands = "FOLDER",
	.input = "the work folder of an optimization (work/DOMAIN).",
	.output = "one document: optimization-progress.json (schema genie/progress/1), or with "
		  "--escalation escalation.json (schema genie/escalation/1).",
	.details = "Nothing is stored that can be derived: the document is a function of the artifacts in the "
		   "folder, and can be made again at any time. Its stages list every artifact with its SHA-256 and "
		   "the tool that wrote it.\n\n"
		   "An escalation holds the questions that fail and why (from final/clusters.json), every "
		   "change that was tried with its decision, what explains most failures, the scores "
		   "before and after, how far a deployment got, and what to do next.",
	.opts = opts,
	.examples = examples,
	.exits = exits,
	.min_operands = 1,
	.max_operands = 1,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return tool_main(argc, argv, &spec);
}
