#include "artifact.h"
#include "cases.h"
#include "drafts.h"
#include "model.h"

#include "json.h"
#include "jsonw.h"
#include "leak.h"
#include "log.h"
#include "str.h"
#include "tool.h"

struct options {
	const char *snapshot, *rows, *benchmarks;
	struct strlist history;
	long lever, max;
	bool explain;
};

struct inputs {
	struct model model;
	struct cases cases;
	struct leak_guard *guard;
	struct json *clusters, *history;
};

/* ---- reading ---- */
static bool load_benchmarks(struct inputs *in, const char *path, struct err *err)
{
	in->guard = path ? leak_load(path, err) : leak_new();
	return in->guard != NULL;
}

static bool load_history(struct inputs *in, const struct strlist *paths, struct err *err)
{
	in->history = json_new_array();
	for (size_t i = 0; i < paths->n; i++) {
		struct json *old = artifact_load(paths->v[i], "patches", err);
		if (!old)
			return false;
		for (const struct json *p = json_first(json_get(old, "patches")); p; p = json_next(p))
			json_push(in->history, json_dup(p));
		json_free(old);
	}
	return true;
}

static bool load_model(struct inputs *in, const char *path, struct err *err)
{
	struct json *space = artifact_load(path, "space", err);
	if (!space)
		return false;
	return model_read(&in->model, space, err) || err_wrap(err, "%s", path);
}

static bool load(const struct options *o, const char *clusters, struct inputs *in, struct err *err)
{
	return (in->clusters = artifact_load(clusters, "clusters", err)) != NULL &&
	       json_need(in->clusters, "clusters", JSON_ARRAY, err) && load_model(in, o->snapshot, err) &&
	       cases_load(&in->cases, o->rows, &in->model, err) &&
	       load_benchmarks(in, o->benchmarks, err) && load_history(in, &o->history, err);
}

static void release(struct inputs *in)
{
	model_free(&in->model);
	cases_free(&in->cases);
	leak_free(in->guard);
	json_free(in->clusters);
	json_free(in->history);
}

/* ---- proposing ---- */

/* Causes that a name, a comment or a synonym can repair: the lever is the one of
 * the object that the question needs. */
static bool is_naming(const char *cause)
{
	static const char *const causes[] = { "wrong_table", "wrong_column", "wrong_join", "wrong_measure",
		"wrong_aggregation", "missing_synonym", "description_mismatch", "missing_temporal_filter",
		"repeatability_issue", "monitoring_gap", "stale_data", "data_freshness",
		"ml_feature_missing", "model_scoring_error", "feature_store_mismatch", "asset_routing_error",
		"missing_filter", "wrong_filter", "compliance_violation", "other" };
	for (size_t i = 0; i < countof(causes); i++)
		if (streq(causes[i], cause))
			return true;
	return false;
}

static void propose_for(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const char *cause = json_str_or(cluster, "root_cause", "");
	p->cluster = cluster;
	if (p->lever == 3)
		rules_calls(p, c, cluster);
	else if (p->lever == 6)
		rules_space(p, c, cluster);
	else if (is_naming(cause))
		rules_names(p, c, cluster);
	if (p->lever == 2)
		rules_views(p, c, cluster);
}

static void propose_list(struct proposal *p, const struct json *list)
{
	for (const struct json *cluster = json_first(list); cluster; cluster = json_next(cluster)) {
		const struct json *ids = json_get(cluster, "question_ids");
		for (const struct json *id = json_first(ids); id; id = json_next(id)) {
			const struct fact_case *c = cases_find(p->cases, json_text(id));
			if (c && c->gold_sql)
				propose_for(p, c, cluster);
		}
	}
}

static void explain(const struct json *document)
{
	for (const struct json *p = json_first(json_get(document, "patches")); p; p = json_next(p)) {
		struct str ids = STR_INIT;
		for (const struct json *q = json_first(json_get(p, "questions")); q; q = json_next(q))
			str_addf(&ids, " %s", json_text(q));
		log_info("%s %s %s%s%s: net impact %.2f, for%s", json_str_or(p, "patch_id", ""),
			 json_str_or(p, "type", ""), json_str_or(p, "target", "the space"),
			 json_get(p, "column") ? "." : "", json_str_or(p, "column", ""),
			 json_num_or(p, "net_impact", 0), str_text(&ids));
		str_free(&ids);
	}
	for (const struct json *r = json_first(json_get(document, "refused")); r; r = json_next(r))
		log_info("refused %s %s: %s", json_str_or(json_get(r, "patch"), "type", ""),
			 json_str_or(json_get(r, "patch"), "target", "the space"), json_str_or(r, "reason", ""));
}

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	struct inputs in = { 0 };
	if (!o->snapshot || !o->rows || !o->lever)
		return err_set(err, ERR_USAGE, "--lever, --snapshot and --rows are needed");
	bool ok = load(o, tool->noperands ? tool->operands[0] : "-", &in, err);
	if (ok) {
		struct proposal p = { .model = &in.model, .cases = &in.cases, .guard = in.guard,
			.history = in.history, .lever = (int)o->lever };
		struct json *document = tool_document(tool, "patches");
		json_set_int(document, "lever", o->lever);
		json_set_str(document, "space_id", json_str_or(in.model.space, "space_id", NULL));
		json_set_str(document, "config_id", json_str_or(in.model.space, "config_id", NULL));
		json_set_str(document, "etag", json_str_or(in.model.space, "etag", NULL));
		p.warnings = json_set(document, "warnings", json_new_array());
		propose_list(&p, json_get(in.clusters, "clusters"));
		propose_list(&p, json_get(in.clusters, "long_tail"));
		proposal_write(&p, in.history, (size_t)o->max, document);
		jsonw_document(tool->out, document);
		if (o->explain)
			explain(document);
		json_free(document);
		proposal_free(&p);
	}
	release(&in);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "lever", .letter = 'l', .type = OPT_INT, .offset = offsetof(struct options, lever),
	  .arg = "N", .help = "the kind of metadata to change: 1 tables and columns, 2 metric views, 3 table "
	  "functions and filters, 4 monitoring, 5 ML tables, 6 instructions and examples", .min = 1, .max = 6 },
	{ .name = "snapshot", .type = OPT_STRING, .offset = offsetof(struct options, snapshot),
	  .arg = "SPACE.JSON", .help = "snapshot of the space that was evaluated (genie-fetch)" },
	{ .name = "rows", .type = OPT_STRING, .offset = offsetof(struct options, rows), .arg = "ROWS",
	  .help = "all rows of the evaluation, passing ones too" },
	{ .name = "benchmarks", .type = OPT_STRING, .offset = offsetof(struct options, benchmarks),
	  .arg = "FILE", .help = "benchmark questions (JSON Lines): no text may give away those of val and held_out" },
	{ .name = "history", .type = OPT_LIST, .offset = offsetof(struct options, history), .arg = "PATCHES",
	  .help = "patches.json of an earlier iteration, not proposed again; may be given more than once" },
	{ .name = "max-patches", .type = OPT_INT, .offset = offsetof(struct options, max), .arg = "N",
	  .help = "patches at the most", .value = "20", .min = 1, .max = 1000 },
	{ .name = "explain", .type = OPT_FLAG, .offset = offsetof(struct options, explain),
	  .help = "say on standard error why each patch is proposed or refused" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "What lever 1 would change", "genie-propose --lever 1 --snapshot space.json --rows rows.jsonl clusters.json | jq '.patches[] | {target, column, new_text}'" },
	{ "From rows to a dry run", "genie-cluster rows.jsonl | genie-propose --lever 6 --snapshot space.json --rows rows.jsonl | genie-patch --dry-run --bundle ." },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "an input is not what it must be; the message names file, line and path" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-propose",
	.purpose = "propose metadata changes for one lever, weighed and checked for leaks",
	.operands = "[CLUSTERS]",
	.input = "clusters.json of genie-cluster (standard input without an operand), and the files named by options.",
	.output = "one document, patches.json (schema genie/patches/1): patches best first, and what was refused and why.",
	.details = "Rules compare the expected SQL of each failing question with what Genie wrote and with the "
		   "metadata of the space: words of the question that no metadata has become synonyms of the field "
		   "they stand for; time phrases, parameters and competing assets get a sentence that says how. "
		   "Lever 6 writes routing rules with the positive case and the exclusion, and examples from train "
		   "questions.\n\n"
		   "A patch's net impact is its questions times its confidence, less the passing questions that use "
		   "the same field times the probability of a regression; at or below 0 it is refused, as is a "
		   "text that gives away a val or held_out question or its SQL. At most five objects a set.",
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
