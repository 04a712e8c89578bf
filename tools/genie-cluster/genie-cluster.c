#include "artifact.h"
#include "group.h"

#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "rows.h"
#include "str.h"
#include "tool.h"

struct options {
	const char *decision;
	bool held_out;
};

struct input {
	const struct options *opts;
	const struct json *unstable; /* ids; NULL: none */
	struct groups *groups;
	size_t rows, failing, held_out;
};

static bool listed(const struct json *ids, const char *id)
{
	for (const struct json *one = json_first(ids); one; one = json_next(one))
		if (streq(json_text(one), id))
			return true;
	return false;
}

static void take(struct input *in, const struct json *row)
{
	in->rows++;
	if (streq(json_str_or(row, "split", ""), "held_out") && !in->opts->held_out) {
		in->held_out++;
		return;
	}
	if (streq(row_outcome(row), "fail")) {
		groups_add(in->groups, row);
		in->failing++;
	} else if (listed(in->unstable, row_id(row))) {
		groups_add_unstable(in->groups, row);
	}
}

static bool take_file(struct input *in, const char *path, struct err *err)
{
	struct rows *rows = rows_open(path, err);
	if (!rows)
		return false;
	struct json *row;
	enum rows_result result;
	while ((result = rows_next(rows, &row, err)) == ROWS_ROW) {
		take(in, row);
		json_free(row);
	}
	rows_close(rows);
	return result == ROWS_END;
}

static bool take_all(struct tool *tool, struct input *in, struct err *err)
{
	if (tool->noperands == 0)
		return take_file(in, "-", err);
	for (int i = 0; i < tool->noperands; i++)
		if (!take_file(in, tool->operands[i], err))
			return false;
	return true;
}

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	struct json *decision = NULL;
	if (o->decision && !(decision = artifact_load(o->decision, "decision", err)))
		return false;
	struct input in = { .opts = o, .groups = groups_new(),
		.unstable = json_dig(decision, "cross_iteration.unstable") };
	bool ok = take_all(tool, &in, err);
	if (ok) {
		struct json *document = tool_document(tool, "clusters");
		json_set_int(document, "rows", (int64_t)in.rows);
		json_set_int(document, "failing", (int64_t)in.failing);
		groups_write(in.groups, document);
		jsonw_document(tool->out, document);
		json_free(document);
		if (in.held_out)
			log_info("%zu held_out rows left out", in.held_out);
	}
	groups_free(in.groups);
	json_free(decision);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "decision", .type = OPT_STRING, .offset = offsetof(struct options, decision),
	  .arg = "FILE", .help = "decision.json whose unstable questions become repeatability clusters" },
	{ .name = "held-out", .type = OPT_FLAG, .offset = offsetof(struct options, held_out),
	  .help = "cluster held_out rows too (only to look at them: nothing may be tuned on them)" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "The largest groups of failures", "genie-cluster < failures.jsonl | jq -r '.clusters[] | [.root_cause, (.question_ids|length)] | @tsv'" },
	{ "What lever 1 could repair", "genie-cluster rows.jsonl | jq '[.clusters[], .long_tail[]] | map(select(.lever == 1))'" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "a row is not what it must be; the message names file, line and path" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-cluster",
	.purpose = "group failing questions by root cause and blamed object",
	.operands = "[ROWS...]",
	.input = "evaluated rows (JSON Lines, or the flat tables that MLflow writes); rows that pass are passed over.",
	.output = "one document, clusters.json (schema genie/clusters/1).",
	.details = "Of what the judges say about a row, the mistake that explains the others counts: a wrong asset "
		   "or table before a wrong column, before a filter. Rows with the same cause and the same first "
		   "blamed object form a cluster; one alone is in long_tail. Rows of the held_out split are left "
		   "out. The output does not depend on the order of the rows.",
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
