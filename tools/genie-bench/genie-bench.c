#include "artifact.h"
#include "check.h"
#include "correct.h"
#include "dbx.h"
#include "dbxtool.h"
#include "facts.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "load.h"
#include "log.h"
#include "publish.h"
#include "report.h"
#include "stmt.h"
#include "str.h"
#include "tool.h"
#include "validate.h"
#include "vars.h"

#include <stdlib.h>

struct options {
	struct dbxtool dbx;
	struct strlist ids, variables;
	const char *scope, *snapshot, *facts, *warehouse, *space, *report, *verdicts, *queue;
	long tables, least;
	bool check, validate, publish, write;
};

/* All that the run holds. */
struct job {
	struct tool *tool;
	const struct options *o;
	struct bench bench;
	struct vars vars;
	struct dbx *dbx;
	long tables;
	struct validation validation;
	struct publication publication;
};

static bool in_scope(const struct json *q, const char *scope)
{
	const char *split = json_str_or(q, "split", "");
	if (streq(scope, "all"))
		return true;
	if (streq(scope, "p0"))
		return streq(json_str_or(q, "priority", ""), "P0") && !streq(split, "held_out");
	if (streq(scope, "full"))
		return !streq(split, "held_out");
	return streq(split, scope);
}

static void choose(const struct options *o, struct bench *bench)
{
	for (size_t i = 0; i < bench->n; i++) {
		struct question *q = &bench->questions[i];
		q->wanted = in_scope(q->json, o->scope) && (!o->ids.n || strlist_has(&o->ids, q->id));
	}
}

static bool ids_exist(const struct options *o, const struct bench *bench, struct err *err)
{
	for (size_t i = 0; i < o->ids.n; i++) {
		bool found = false;
		for (size_t k = 0; !found && k < bench->n; k++)
			found = streq(bench->questions[k].id, o->ids.v[i]);
		if (!found)
			return err_set(err, ERR_DATA, "no question has the id \"%s\"", o->ids.v[i]);
	}
	return true;
}

static bool load(struct tool *tool, struct bench *bench, struct err *err)
{
	if (tool->noperands == 0)
		return bench_load(bench, "-", err);
	for (int i = 0; i < tool->noperands; i++)
		if (!bench_load(bench, tool->operands[i], err))
			return false;
	return true;
}

/* Tables that the domain has: told, counted in a snapshot, or 0 (not known). */
static bool count_tables(const struct options *o, long *tables, struct err *err)
{
	*tables = o->tables;
	if (!o->snapshot)
		return true;
	struct json *space = artifact_load(o->snapshot, "space", err);
	if (!space)
		return false;
	const struct json *counts = json_get(space, "counts");
	*tables = (long)(json_int_or(counts, "tables", 0) + json_int_or(counts, "metric_views", 0));
	json_free(space);
	return true;
}

static void say_warnings(const struct bench *bench)
{
	for (size_t i = 0; i < bench->n; i++) {
		const struct question *q = &bench->questions[i];
		for (const struct json *w = json_first(json_get(q->json, "warnings")); w; w = json_next(w))
			log_warn("%s: question %s: %s: %s", q->place, q->id, json_str_or(w, "code", ""),
				 json_str_or(w, "text", ""));
	}
}

static bool cover(const struct job *job, struct err *err)
{
	if (job->tables <= 0)
		return true;
	struct coverage c = check_coverage(&job->bench, job->tables);
	if (c.met)
		return true;
	char text[300];
	snprintf(text, sizeof text,
		 "a %s domain (%ld tables) wants %zu questions in %zu categories; there are %zu in %zu",
		 c.size, job->tables, c.need_questions, c.need_categories, c.questions, c.categories);
	if (job->o->check)
		return err_set(err, ERR_NO, "coverage: %s", text);
	log_warn("coverage: %s", text);
	return true;
}

static bool write_questions(struct tool *tool, const struct bench *bench)
{
	size_t n = 0;
	for (size_t i = 0; i < bench->n; i++) {
		if (!bench->questions[i].wanted)
			continue;
		jsonw_line(tool->out, bench->questions[i].json);
		n++;
	}
	log_info("%zu of %zu questions", n, bench->n);
	return true;
}

/* ---- the workspace ---- */

static bool connect(struct job *job, struct err *err)
{
	if (!job->dbx)
		job->dbx = dbxtool_open(&job->o->dbx, err);
	return job->dbx != NULL;
}

static bool run_golds(struct job *job, struct err *err)
{
	if (!job->o->validate)
		return true;
	if (!connect(job, err))
		return false;
	char *warehouse = stmt_warehouse(job->dbx, job->o->warehouse, NULL, err);
	bool ok = warehouse && validate(&job->bench, job->dbx, warehouse, &job->vars, &job->validation, err);
	free(warehouse);
	return ok;
}

static bool gold_gate(const struct job *job, struct err *err)
{
	const struct validation *v = &job->validation;
	if (!job->o->check || !job->o->validate || !(v->invalid.n + v->empty.n))
		return true;
	return err_set(err, ERR_NO, "expected SQL of %zu question(s) does not run, of %zu gives no rows",
		       v->invalid.n, v->empty.n);
}

static bool put_into_space(struct job *job, struct err *err)
{
	if (!job->o->publish)
		return true;
	if (!connect(job, err)
	    || !publish(&job->bench, job->dbx, job->o->space, &job->vars, &job->publication, err))
		return false;
	log_info("%zu added, %zu updated, %zu unchanged, %zu skipped; the space has %zu benchmark questions",
		 job->publication.added.n, job->publication.updated.n, job->publication.unchanged,
		 job->publication.skipped.n, job->publication.total);
	return true;
}

static bool write_report(const struct job *job, struct err *err)
{
	struct report report = { .scope = job->o->scope, .tables = job->tables,
		.validation = job->o->validate ? &job->validation : NULL,
		.publication = job->o->publish ? &job->publication : NULL };
	struct str text = STR_INIT;
	if (!job->o->report)
		return true;
	struct json *document = tool_document(job->tool, "bench");
	report_write(&job->bench, &report, document);
	json_print_pretty(document, 2, &text);
	str_addc(&text, '\n');
	bool ok = io_write_file(job->o->report, str_text(&text), text.n, err);
	json_free(document);
	str_free(&text);
	return ok;
}

/* ---- running ---- */

static bool options_fit(const struct options *o, struct err *err)
{
	if (o->publish && !o->space)
		return err_set(err, ERR_USAGE, "--publish needs --space");
	if (o->verdicts && (o->publish || o->validate || o->report))
		return err_set(err, ERR_USAGE,
			       "--apply-corrections stands alone; validate and publish what it wrote");
	if ((o->write || o->queue) && !o->verdicts)
		return err_set(err, ERR_USAGE, "--write and --queue go with --apply-corrections");
	return true;
}

static enum facts_mode facts_of(const struct options *o)
{
	return streq(o->facts, "keep") ? FACTS_KEEP : streq(o->facts, "replace") ? FACTS_REPLACE : FACTS_FILL;
}

static bool list_questions(struct job *job, struct err *err)
{
	facts_fill(&job->bench, facts_of(job->o));
	check_warn(&job->bench);
	if (!count_tables(job->o, &job->tables, err) || !run_golds(job, err))
		return false;
	say_warnings(&job->bench);
	return cover(job, err) && put_into_space(job, err) && write_report(job, err)
		&& gold_gate(job, err) && write_questions(job->tool, &job->bench);
}

static bool work(struct job *job, struct err *err)
{
	const struct options *o = job->o;
	struct correction correction = { o->verdicts, o->queue, o->least, o->write, &job->vars };
	if (!options_fit(o, err)
	    || !vars_open(&job->vars, &o->variables, o->dbx.bundle, o->dbx.target, err)
	    || !load(job->tool, &job->bench, err) || !ids_exist(o, &job->bench, err)
	    || !check_golds(&job->bench, &job->vars, err))
		return false;
	choose(o, &job->bench);
	return o->verdicts ? correct(&job->bench, &correction, job->tool->out, err) :
		list_questions(job, err);
}

static bool run(struct tool *tool, struct err *err)
{
	struct job job = { .tool = tool, .o = tool->opts };
	bool ok = work(&job, err);
	dbx_free(job.dbx);
	publication_free(&job.publication);
	validation_free(&job.validation);
	vars_free(&job.vars);
	bench_free(&job.bench);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "scope", .type = OPT_STRING, .offset = offsetof(struct options, scope), .arg = "SCOPE",
	  .help = "which questions to write: full is train and val; p0 is the P0 questions of full",
	  .value = "all", .choices = "all|full|train|val|held_out|p0" },
	{ .name = "id", .type = OPT_LIST, .offset = offsetof(struct options, ids), .arg = "ID",
	  .help = "write only this question; may be given more than once" },
	{ .name = "var", .type = OPT_LIST, .offset = offsetof(struct options, variables),
	  .arg = "NAME=VALUE", .help = "value of ${NAME}; with any, or --bundle, every variable in the gold SQL must have one" },
	{ .name = "tables", .type = OPT_INT, .offset = offsetof(struct options, tables), .arg = "N",
	  .help = "tables of the domain, to judge coverage by", .min = 0, .max = 100000 },
	{ .name = "snapshot", .type = OPT_STRING, .offset = offsetof(struct options, snapshot),
	  .arg = "SPACE.JSON", .help = "count the tables in this snapshot instead" },
	{ .name = "check", .type = OPT_FLAG, .offset = offsetof(struct options, check),
	  .help = "end with status 1 when coverage is not met, or --validate finds expected SQL that "
		  "does not run or gives no rows" },
	{ .name = "facts", .type = OPT_STRING, .offset = offsetof(struct options, facts), .arg = "HOW",
	  .help = "required tables, columns and joins from the expected SQL: where none are given, "
		  "instead of the given ones, or not at all",
	  .value = "fill", .choices = "fill|replace|keep" },
	{ .name = "validate", .type = OPT_FLAG, .offset = offsetof(struct options, validate),
	  .help = "run the expected SQL on the workspace and keep what it gives" },
	{ .name = "publish", .type = OPT_FLAG, .offset = offsetof(struct options, publish),
	  .help = "merge the questions into the benchmarks of --space; never removes any" },
	{ .name = "space", .letter = 's', .type = OPT_STRING, .offset = offsetof(struct options, space),
	  .arg = "ID", .help = "the Genie Space, by id or exact title" },
	{ .name = "apply-corrections", .type = OPT_STRING, .offset = offsetof(struct options, verdicts),
	  .arg = "FILE", .help = "rows or eval.json: correct the sources by the arbiter's verdicts, and "
		  "print the diff" },
	{ .name = "min-corrections", .type = OPT_INT, .offset = offsetof(struct options, least), .arg = "N",
	  .help = "questions with genie_correct below which nothing is corrected", .value = "3",
	  .min = 1, .max = 100000 },
	{ .name = "write", .type = OPT_FLAG, .offset = offsetof(struct options, write),
	  .help = "write the corrections into the files" },
	{ .name = "queue", .type = OPT_STRING, .offset = offsetof(struct options, queue), .arg = "FILE",
	  .help = "where questions for a person go; gt_remediation_queue.yaml beside the first source "
		  "otherwise" },
	{ .name = "report", .type = OPT_STRING, .offset = offsetof(struct options, report), .arg = "FILE",
	  .help = "write the state of the benchmark there (schema genie/bench/1)" },
	{ .name = "warehouse", .letter = 'w', .type = OPT_STRING, .offset = offsetof(struct options, warehouse),
	  .arg = "ID", .help = "SQL warehouse that runs the expected SQL" },
	DBXTOOL_OPTS(struct options, dbx),
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "All questions as JSON Lines", "genie-bench benchmarks.yaml > benchmarks.jsonl" },
	{ "How the splits fall", "genie-bench -q benchmarks.yaml | jq -r .split | sort | uniq -c" },
	{ "The P0 questions only", "genie-bench --scope p0 benchmarks.yaml | genie-eval --space cost" },
	{ "Does the expected SQL run, and what does it give?",
	  "genie-bench --validate --bundle . --report bench.json benchmarks.yaml > benchmarks.jsonl" },
	{ "Correct the source where the arbiter found Genie right",
	  "genie-bench --apply-corrections rows.jsonl --bundle . --write benchmarks.yaml" },
	{ "Put the questions into the space's own benchmarks",
	  "genie-bench --publish --space cost --bundle . benchmarks.yaml > published.jsonl" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 1, "with --check: too few questions or categories for the size of the domain, or expected SQL "
	     "that does not run or gives no rows" },
	{ 65, "a question is not what it must be, or its SQL is not one read-only statement; the message names "
	      "file, line and field" },
	{ 69, "the workspace refuses for good: authentication, permission, no such space" },
	{ 75, "the workspace cannot be reached now, or the space was changed meanwhile" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-bench",
	.purpose = "load, check, correct and publish benchmark questions",
	.operands = "[FILE...]",
	.input = "benchmark questions as YAML, JSON or JSON Lines; standard input without operands.",
	.output = "one question a line (JSON Lines), in the order of the source; with --apply-corrections a "
		  "unified diff.",
	.details = "A source is a map of domains to lists of questions, a map with a list called benchmarks, a "
		   "plain list, or JSON Lines. Missing ids are DOMAIN_NNN by position; a missing priority is P1; a "
		   "missing split follows from a hash of the id: 60 % train, 20 % val, 20 % held_out.\n\n"
		   "Gold SQL must be a single read-only statement. Warnings go into the question's own warnings "
		   "array and to standard error: duplicate, stale_date, non_deterministic, no_gold, "
		   "unknown_category; with --validate also invalid_gold, empty_gold, and non_deterministic for rows "
		   "that tie at the LIMIT.\n\n"
		   "Corrections change nothing in a source but expected_sql, previous_sql (the old text) and source; "
		   "questions where neither SQL is right go to a queue for people. Publishing merges by the "
		   "text of the question, with ids made from that text, and reads the space back.",
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
