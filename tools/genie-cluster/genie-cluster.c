#include "artifact.h"
#include "asitable.h"
#include "cause.h"
#include "dbxtool.h"
#include "group.h"
#include "history.h"
#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "names.h"
#include "rows.h"
#include "steady.h"
#include "str.h"
#include "tool.h"
#include "verdicts.h"
#include "write.h"

struct options {
	struct dbxtool dbx;
	const char *decision, *snapshot, *uc, *run_id, *warehouse;
	struct strlist history, earlier;
	long iteration;
	bool held_out;
};

struct input {
	const struct options *opts;
	struct json *decision;
	struct names *names;
	struct history *history;
	struct asitable *table;
	struct steady *steady;
	struct groups *groups;
	struct verdicts row;
	size_t rows, failing, held_out;
};

/* ---- rows ---- */

static void take(struct input *in)
{
	struct verdicts *row = &in->row;
	in->rows++;
	if (streq(row->split, "held_out") && !in->opts->held_out) {
		in->held_out++;
		return;
	}
	if (streq(row->outcome, "excluded"))
		return;
	steady_note(in->steady, row, false);
	if (!streq(row->outcome, "fail"))
		return;
	struct mistakes mistakes;
	mistakes_find(&mistakes, row, in->names);
	groups_add(in->groups, row, &mistakes, history_hints(in->history, row));
	in->failing++;
}

/* A row as JSON: with what the table adds. Takes row. */
static bool take_json(struct input *in, struct json *row, bool earlier, struct err *err)
{
	bool ok = !in->table || earlier || !asitable_fill(in->table, row) || row_normalise(row,
		err);
	if (ok) {
		verdicts_of_row(&in->row, row);
		if (earlier)
			steady_note(in->steady, &in->row, true);
		else
			take(in);
	}
	json_free(row);
	return ok;
}

static bool take_file(struct input *in, const char *path, bool earlier, struct err *err)
{
	struct rows *rows = rows_open(path, err);
	if (!rows)
		return false;
	struct json *row;
	enum rows_result result;
	bool ok = true;
	if (!in->table)
		rows_show(rows, verdicts_of_line, &in->row);
	while (ok && (result = rows_next(rows, &row, err)) != ROWS_END) {
		ok = result == ROWS_ROW;
		if (ok && row)
			ok = take_json(in, row, earlier, err) || err_wrap(err, "%s",
				rows_place(rows));
		else if (ok && earlier)
			steady_note(in->steady, &in->row, true);
		else if (ok)
			take(in);
	}
	rows_close(rows);
	return ok;
}

/* The table alone: its rows are all there is. */
static bool take_table(struct input *in, struct err *err)
{
	struct json *rows = asitable_rows(in->table);
	bool ok = true;
	for (const struct json *row = json_first(rows); ok && row; row = json_next(row)) {
		struct json *copy = json_dup(row);
		ok = row_normalise(copy, err);
		if (ok)
			ok = take_json(in, copy, false, err);
		else
			json_free(copy);
	}
	json_free(rows);
	return ok;
}

static bool take_all(struct tool *tool, struct input *in, struct err *err)
{
	for (size_t i = 0; i < in->opts->earlier.n; i++)
		if (!take_file(in, in->opts->earlier.v[i], true, err))
			return false;
	if (tool->noperands == 0)
		return in->table ? take_table(in, err) : take_file(in, "-", false, err);
	for (int i = 0; i < tool->noperands; i++)
		if (!take_file(in, tool->operands[i], false, err))
			return false;
	return true;
}

/* ---- the rest ---- */

static bool load_snapshot(struct input *in, const char *path, struct err *err)
{
	struct json *snapshot = path ? artifact_load(path, "space", err) : NULL;
	if (!snapshot)
		return !path;
	in->names = names_new();
	names_add_snapshot(in->names, snapshot);
	json_free(snapshot);
	return true;
}

static bool load_table(struct input *in, struct err *err)
{
	const struct options *o = in->opts;
	if (!o->uc)
		return !(o->run_id || o->iteration >= 0) ||
			err_set(err, ERR_USAGE, "--run-id and --iteration select from the table "
				"of --uc");
	struct asitable_source source = { .schema = o->uc, .run_id = o->run_id,
		.iteration = o->iteration, .warehouse = o->warehouse };
	in->table = asitable_load(&source, &o->dbx, err);
	return in->table != NULL;
}

static bool load(struct input *in, struct err *err)
{
	const struct options *o = in->opts;
	if (o->decision && !(in->decision = artifact_load(o->decision, "decision", err)))
		return false;
	in->steady = steady_new(json_dig(in->decision, "cross_iteration.unstable"));
	in->history = history_load(&o->history, err);
	return in->history && load_snapshot(in, o->snapshot, err) && load_table(in, err);
}

static void release(struct input *in)
{
	if (in->steady)
		steady_free(in->steady);
	history_free(in->history);
	asitable_free(in->table);
	names_free(in->names);
	groups_free(in->groups);
	verdicts_free(&in->row);
	json_free(in->decision);
}

static bool run(struct tool *tool, struct err *err)
{
	struct input in = { .opts = tool->opts, .groups = groups_new() };
	bool ok = load(&in, err) && take_all(tool, &in, err);
	if (ok) {
		struct json *document = tool_document(tool, "clusters");
		json_set_int(document, "rows", (int64_t)in.rows);
		json_set_int(document, "failing", (int64_t)in.failing);
		steady_group(in.steady, in.groups);
		groups_settle(in.groups);
		write_groups(in.groups, in.history, document);
		jsonw_document(tool->out, document);
		json_free(document);
		if (in.held_out)
			log_info("%zu held_out rows left out", in.held_out);
	}
	release(&in);
	return ok;
}

static const struct tool_opt opts[] = {
	DBXTOOL_OPTS(struct options, dbx),
	{ .name = "decision", .type = OPT_STRING, .offset = offsetof(struct options, decision),
	  .arg = "FILE", .help = "decision.json whose unstable questions become clusters too" },
	{ .name = "earlier", .type = OPT_LIST, .offset = offsetof(struct options, earlier),
		.arg = "ROWS",
	  .help = "rows of an earlier evaluation: what unstable questions were answered with "
		  "then; may be given more than once" },
	{ .name = "history", .type = OPT_LIST, .offset = offsetof(struct options, history),
		.arg = "FILE",
	  .help = "patches.json, decision.json or apply.json of an earlier iteration: counts "
		  "attempts (with apply.json only what was applied) and finds known limitations; "
		  "may be given more than once" },
	{ .name = "snapshot", .type = OPT_STRING, .offset = offsetof(struct options, snapshot),
	  .arg = "FILE", .help = "space.json, which has the full names of what is blamed" },
	{ .name = "uc", .type = OPT_STRING, .offset = offsetof(struct options, uc), .arg = "SCHEMA",
	  .help = "read the ASI that rows lack from SCHEMA.genie_eval_asi_results; without ROWS, "
		  "all of it" },
	{ .name = "run-id", .type = OPT_STRING, .offset = offsetof(struct options, run_id),
		.arg = "ID",
	  .help = "only what this MLflow run wrote into that table" },
	{ .name = "iteration", .type = OPT_INT, .offset = offsetof(struct options, iteration),
		.arg = "N",
	  .help = "only what this iteration wrote into that table", .value = "-1", .min = -1,
	  .max = 999999 },
	{ .name = "warehouse", .type = OPT_STRING, .offset = offsetof(struct options, warehouse),
	  .arg = "ID", .help = "SQL warehouse that reads the table" },
	{ .name = "held-out", .type = OPT_FLAG, .offset = offsetof(struct options, held_out),
	  .help = "cluster held_out rows too (to look at: nothing may be tuned on them)" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "The largest groups of failures", "genie-cluster < failures.jsonl | jq -r '.clusters[] "
		"| [.root_cause, (.question_ids|length)] | @tsv'" },
	{ "What lever 1 could repair", "genie-cluster rows.jsonl | jq '[.clusters[], "
		".long_tail[]] | map(select(.lever == 1))'" },
	{ "What was tried twice and cannot be told to Genie",
	  "genie-cluster --history iter-01/patches.json --history iter-02/patches.json rows.jsonl "
	  "| jq '.clusters[] | select(.known_limitation) | [.cluster_id, .known_limitation.id]'" },
	{ "From the table alone", "genie-cluster --uc main.eval --run-id 0f3c --iteration 2 -o "
		"clusters.json" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "a row is not what it must be; the message names file, line and path" },
	{ 69, "the workspace refuses to read the table" },
	{ 75, "the workspace cannot be reached now" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-cluster",
	.purpose = "group failing questions by root cause and blamed object",
	.operands = "[ROWS...]",
	.input = "evaluated rows (JSON Lines, the flat tables that MLflow writes, or traces with "
		 "assessments); rows that pass are passed over.",
	.output = "one document, clusters.json (schema genie/clusters/1).",
	.details = "ASI (actionable side information) is read from the rows' judges, then from "
		   "flat MLflow columns, then from assessments, then from the table of --uc, and "
		   "last from the words of the rationale; evidence and sources say which.\n\nOne "
		   "mistake that several judges saw counts once: they blame the same object, or "
		   "the same kind of mistake, or a wrong asset or table explains the rest. A row "
		   "with two mistakes is in two clusters, and primary_question_ids has it where "
		   "the mistake is that explains most. Mistakes of the same cause and the same "
		   "blamed object form a cluster; one of a single question is in long_tail. "
		   "Objects go by the names of --snapshot, else by the longest name seen for "
		   "them.\n\nThe confidence of a cluster is the mean over its rows of the highest "
		   "confidence among the verdicts that saw it; its severity is the worst. Fixes "
		   "that name nothing (\"Review ...\", \"Check ...\") are counted in "
		   "judge_quality_feedback and left out. Questions whose askings differ become "
		   "repeatability_issue clusters, with what they change between.\n\nWith "
		   "--history, a failure that two iterations aimed at in vain is looked up among "
		   "the known limitations of Genie. Rows of the held_out split are left out. The "
		   "output does not depend on the order of the rows.",
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
