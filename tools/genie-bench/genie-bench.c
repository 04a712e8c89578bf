#include "artifact.h"
#include "check.h"
#include "load.h"

#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "str.h"
#include "tool.h"

struct options {
	struct strlist ids, variables;
	const char *scope, *snapshot;
	long tables;
	bool check;
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

static bool wanted(const struct options *o, const struct question *q)
{
	return in_scope(q->json, o->scope) && (!o->ids.n || strlist_has(&o->ids, q->id));
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

static bool cover(const struct options *o, const struct bench *bench, struct err *err)
{
	long tables;
	if (!count_tables(o, &tables, err))
		return false;
	if (tables <= 0)
		return true;
	struct coverage c = check_coverage(bench, tables);
	if (c.met)
		return true;
	char text[300];
	snprintf(text, sizeof text,
		 "a %s domain (%ld tables) wants %zu questions in %zu categories; there are %zu in %zu",
		 c.size, tables, c.need_questions, c.need_categories, c.questions, c.categories);
	if (o->check)
		return err_set(err, ERR_NO, "coverage: %s", text);
	log_warn("coverage: %s", text);
	return true;
}

static bool write_questions(struct tool *tool, const struct bench *bench)
{
	const struct options *o = tool->opts;
	size_t n = 0;
	for (size_t i = 0; i < bench->n; i++) {
		if (!wanted(o, &bench->questions[i]))
			continue;
		jsonw_line(tool->out, bench->questions[i].json);
		n++;
	}
	log_info("%zu of %zu questions", n, bench->n);
	return true;
}

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	struct bench bench = { 0 };
	bool ok = load(tool, &bench, err) && ids_exist(o, &bench, err) &&
		  check_golds(&bench, &o->variables, err);
	if (ok) {
		check_warn(&bench);
		say_warnings(&bench);
		ok = cover(o, &bench, err) && write_questions(tool, &bench);
	}
	bench_free(&bench);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "scope", .type = OPT_STRING, .offset = offsetof(struct options, scope), .arg = "SCOPE",
	  .help = "which questions to write: full is train and val; p0 is the P0 questions of full",
	  .value = "all", .choices = "all|full|train|val|held_out|p0" },
	{ .name = "id", .type = OPT_LIST, .offset = offsetof(struct options, ids), .arg = "ID",
	  .help = "write only this question; may be given more than once" },
	{ .name = "var", .type = OPT_LIST, .offset = offsetof(struct options, variables),
	  .arg = "NAME=VALUE", .help = "value of ${NAME}; with any, every variable in the gold SQL must have one" },
	{ .name = "tables", .type = OPT_INT, .offset = offsetof(struct options, tables), .arg = "N",
	  .help = "tables of the domain, to judge coverage by", .min = 0, .max = 100000 },
	{ .name = "snapshot", .type = OPT_STRING, .offset = offsetof(struct options, snapshot),
	  .arg = "SPACE.JSON", .help = "count the tables in this snapshot instead" },
	{ .name = "check", .type = OPT_FLAG, .offset = offsetof(struct options, check),
	  .help = "end with status 1 when coverage is not met, instead of warning" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "All questions as JSON Lines", "genie-bench benchmarks.yaml > benchmarks.jsonl" },
	{ "How the splits fall", "genie-bench -q benchmarks.yaml | jq -r .split | sort | uniq -c" },
	{ "The P0 questions only", "genie-bench --scope p0 benchmarks.yaml | genie-eval --space cost" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 1, "with --check: too few questions or categories for the size of the domain" },
	{ 65, "a question is not what it must be, or its SQL is not one read-only statement; the message names "
	      "file, line and field" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-bench",
	.purpose = "load, check, split and filter benchmark questions",
	.operands = "[FILE...]",
	.input = "benchmark questions as YAML, JSON or JSON Lines; standard input without operands.",
	.output = "one question a line (JSON Lines), in the order of the source.",
	.details = "A source is a map of domains to lists of questions, a map with a list called benchmarks, a "
		   "plain list, or JSON Lines. Missing ids are DOMAIN_NNN by position; a missing priority is P1; a "
		   "missing split follows from a hash of the id: 60 % train, 20 % val, 20 % held_out.\n\n"
		   "Gold SQL must be a single read-only statement. Warnings go into the question's own warnings "
		   "array and to standard error: duplicate, stale_date, non_deterministic, no_gold, "
		   "unknown_category.",
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
