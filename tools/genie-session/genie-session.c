#include "derive.h"
#include "folder.h"

#include "json.h"
#include "jsonw.h"
#include "tool.h"

struct options {
	long max_iterations;
};

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	struct folder folder;
	bool ok = folder_read(&folder, tool->operands[0], err);
	if (ok) {
		struct json *document = tool_document(tool, "progress");
		derive(&folder, (int)o->max_iterations, document);
		jsonw_document(tool->out, document);
		json_free(document);
	}
	folder_free(&folder);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "max-iterations", .type = OPT_INT, .offset = offsetof(struct options, max_iterations),
	  .arg = "N", .help = "iterations that were asked for", .value = "5", .min = 0, .max = 99 },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "Where an optimization stands", "genie-session work/cost | jq '{status, best_overall_accuracy, best_iteration}'" },
	{ "What each lever brought", "genie-session work/cost | jq .lever_impacts" },
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
	.output = "one document, optimization-progress.json (schema genie/progress/1).",
	.details = "Nothing is stored that can be derived: the document is a function of the artifacts in the "
		   "folder, and can be made again at any time. Its stages list every artifact with its SHA-256 and "
		   "the tool that wrote it.",
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
