#include "data.h"
#include "document.h"
#include "html.h"
#include "markdown.h"
#include "sections.h"

#include "io.h"
#include "str.h"
#include "tool.h"

struct options {
	const char *format, *html;
};

/* In the order of the report. All need a finished baseline. */
static void (*const sections[])(struct doc *, const struct data *) = {
	section_summary,      section_escalation,  section_next_steps, section_history,
	section_changes,      section_predictions, section_rolled_back, section_persistence,
	section_clusters,     section_issues,      section_questions,  section_levers,
	section_searches,     section_pareto,      section_splits,     section_held_out,
	section_repeatability, section_deployment, section_arbiter,    section_excluded,
	section_warnings,     section_experiment,  section_learnings,
};

static void build(struct doc *doc, const struct data *data)
{
	section_head(doc, data);
	if (!data->n) {
		doc_say(doc, "Nothing has been measured yet: there is no finished iteration in "
			     "this folder. make evaluate measures the baseline, make optimize runs "
			     "the loop.");
		return;
	}
	for (size_t i = 0; i < countof(sections); i++)
		sections[i](doc, data);
}

static bool write_page(const struct doc *doc, const struct data *data, const char *path,
		       struct err *err)
{
	struct outfile file;
	if (!outfile_open(&file, path, err))
		return false;
	if (html_write(doc, data, file.file, err))
		return outfile_commit(&file, err);
	outfile_abort(&file);
	return false;
}

static bool run(struct tool *tool, struct err *err)
{
	const struct options *options = tool->opts;
	bool page = streq(options->format, "html");
	struct data data;
	bool ok = data_read(&data, tool->operands[0], page || options->html, err);
	if (ok) {
		struct doc *doc = doc_new();
		build(doc, &data);
		if (page)
			ok = html_write(doc, &data, tool->out, err);
		else
			markdown_write(doc, tool->out);
		ok = ok && (!options->html || write_page(doc, &data, options->html, err));
		doc_free(doc);
	}
	data_free(&data);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "format",
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, format),
	  .arg = "FORMAT",
	  .help = "how the report is written",
	  .value = "markdown",
	  .choices = "markdown|html" },
	{ .name = "html",
	  .type = OPT_STRING,
	  .offset = offsetof(struct options, html),
	  .arg = "FILE",
	  .help = "write it as one HTML page, too" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "The report of an optimization", "genie-report -o work/cost/report.md work/cost" },
	{ "The same with a page for the browser",
	  "genie-report --html work/cost/report.html -o work/cost/report.md work/cost" },
	{ "Only what to do next", "genie-report work/cost | sed -n '/^## Next steps/,/^## /p'" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "an artifact in the folder is broken; the message names it" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-report",
	.purpose = "tell an optimization from its artifacts",
	.operands = "FOLDER",
	.input = "the work folder of an optimization (work/DOMAIN).",
	.output = "the report, in Markdown or as one HTML page.",
	.details =
		"The report says what was measured, what was changed on both sides, what was kept "
		"and what was rolled back and why, what still fails and what to do about it. It is "
		"a function of the folder: the same artifacts give the same bytes. Status, levers "
		"and the Pareto frontier come from optimization-progress.json, which genie-session "
		"writes; a section whose artifacts are not there says so.\n\nNothing is claimed "
		"that the evidence calls undecidable: such a change is called so wherever it is "
		"mentioned. Texts from the data are escaped and cannot become markup.\n\nThe HTML "
		"page has everything in one file: pictures of accuracy, judges, levers and the "
		"Pareto frontier, of each search (its candidates, its budget, the comparison at "
		"its end), and a matrix of questions and iterations, with the deployed space at "
		"last, whose cells open to both SQL texts and the verdicts. It asks nothing of any "
		"network; its content security policy forbids it.",
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
