/* genie-fetch - a Genie Space and the metadata behind it, as one document. */
#include "clock.h"
#include "dbx.h"
#include "dbxtool.h"
#include "genie.h"
#include "json.h"
#include "jsonw.h"
#include "mem.h"
#include "space.h"
#include "stmt.h"
#include "str.h"
#include "tool.h"
#include "uc.h"
#include "ucname.h"

#include <stdlib.h>
#include <string.h>

struct options {
	struct dbxtool dbx;
	bool list, no_uc, schemas;
	struct strlist uc;
	const char *warehouse;
};

/* ---- --list and --uc ------------------------------------------------------ */

static bool list_spaces(struct tool *tool, struct dbx *dbx, struct err *err)
{
	struct json *spaces = genie_list(dbx, err);

	for (struct json *s = json_first(spaces); s; s = json_next(s))
		jsonw_line(tool->out, s);
	json_free(spaces);
	return spaces != NULL;
}

static struct json *fetch_uc(const struct options *o, struct dbx *dbx, const char *fallback,
	const struct uc_scope *scope, struct err *err)
{
	char *warehouse = stmt_warehouse(dbx, o->warehouse, fallback, err);
	struct json *uc = warehouse ? uc_fetch(dbx, warehouse, scope, err) : NULL;

	free(warehouse);
	return uc;
}

static bool only_uc(struct tool *tool, struct dbx *dbx, struct err *err)
{
	const struct options *o = tool->opts;
	struct uc_scope scope = { 0 };
	struct json *document, *schemas, *uc = NULL;
	bool ok = true;

	for (size_t i = 0; ok && i < o->uc.n; i++)
		ok = uc_scope_add_schema(&scope, o->uc.v[i], err);
	if (ok)
		uc = fetch_uc(o, dbx, NULL, &scope, err);
	if (uc) {
		document = tool_document(tool, "uc");
		json_set_str(document, "host", dbx_host(dbx));
		schemas = json_set(document, "schemas", json_new_array());
		for (size_t i = 0; i < o->uc.n; i++)
			json_push_str(schemas, o->uc.v[i]);
		json_set(document, "uc", uc);
		jsonw_document(tool->out, document);
		json_free(document);
	}
	uc_scope_free(&scope);
	return uc != NULL;
}

/* ---- a snapshot ----------------------------------------------------------- */

static struct json *parse_config(const struct json *space, struct err *err)
{
	const char *raw = json_str_or(space, "serialized_space", "");
	const char *id = json_str_or(space, "space_id", "");
	struct json *config;

	if (!raw[strspn(raw, " \t\r\n")]) {
		err_set(err, ERR_DATA, "space %s (%s) has no configuration: serialized_space is "
			"empty; reading it needs CAN EDIT on the space", id,
			json_str_or(space, "title", ""));
		return NULL;
	}
	config = json_parse(raw, strlen(raw), err);
	if (!config) {
		err_wrap(err, "space %s: serialized_space", id);
		return NULL;
	}
	if (!json_is(config, JSON_OBJECT) || !json_len(config)) {
		json_free(config);
		err_set(err, ERR_DATA, "space %s has no configuration: serialized_space is %s",
			id, raw);
		return NULL;
	}
	return config;
}

static void put_counts(struct json *document, const struct json *config)
{
	struct json *counts = json_set(document, "counts", json_new_object());
	struct space_counts n;

	space_count(config, &n);
	json_set_int(counts, "tables", (int64_t)n.tables);
	json_set_int(counts, "metric_views", (int64_t)n.metric_views);
	json_set_int(counts, "functions", (int64_t)n.functions);
	json_set_int(counts, "instructions", (int64_t)n.instructions);
	json_set_int(counts, "examples", (int64_t)n.examples);
	json_set_int(counts, "benchmarks", (int64_t)n.benchmarks);
	json_set_int(counts, "joins", (int64_t)n.joins);
	json_set_int(counts, "snippets", (int64_t)n.snippets);
	json_set_int(counts, "sample_questions", (int64_t)n.sample_questions);
}

static void put_hash(struct json *document, const struct json *config, const struct json *uc)
{
	struct json *stable = uc ? uc_for_hash(uc) : NULL;
	char hash[SHA256_HEX], id[SPACE_CONFIG_ID_SIZE];

	space_hash(config, stable, hash);
	json_set_str(document, "config_hash", hash);
	json_set_str(document, "config_id", space_config_id(hash, id));
	json_free(stable);
}

/* Takes config and uc. */
static void write_snapshot(struct tool *tool, const struct dbx *dbx, const struct json *space,
	struct json *config, struct json *uc)
{
	static const char *const members[] = { "space_id", "title", "description",
		"warehouse_id", "parent_path", "etag" };
	struct json *document = tool_document(tool, "space");
	char now[CLOCK_RFC3339_SIZE];

	for (size_t i = 0; i < countof(members); i++)
		json_set_str(document, members[i], json_str_or(space, members[i], NULL));
	json_set_str(document, "host", dbx_host(dbx));
	json_set_str(document, "fetched_at", clock_rfc3339(clock_now_ms(), now));
	put_hash(document, config, uc);
	put_counts(document, config);
	json_set_str(document, "config_raw", json_str_or(space, "serialized_space", NULL));
	json_set(document, "config", config);
	if (uc)
		json_set(document, "uc", uc);
	jsonw_document(tool->out, document);
	json_free(document);
}

static struct json *uc_of_space(const struct options *o, struct dbx *dbx, const struct json *space,
	const struct json *config, struct err *err)
{
	struct uc_scope scope = { 0 };
	struct json *uc;

	uc_scope_of_space(&scope, config);
	for (size_t i = 0; o->schemas && i < scope.n; i++)
		scope.schemas[i].whole = true;
	uc = fetch_uc(o, dbx, json_str_or(space, "warehouse_id", NULL), &scope, err);
	uc_scope_free(&scope);
	return uc;
}

static bool snapshot(struct tool *tool, struct dbx *dbx, struct err *err)
{
	const struct options *o = tool->opts;
	char *id = genie_find(dbx, tool->operands[0], err);
	struct json *space = id ? genie_get(dbx, id, true, err) : NULL;
	struct json *config = space ? parse_config(space, err) : NULL, *uc = NULL;
	bool ok = config != NULL;

	if (ok && !o->no_uc) {
		uc = uc_of_space(o, dbx, space, config, err);
		ok = uc != NULL;
	}
	if (ok)
		write_snapshot(tool, dbx, space, config, uc);
	else
		json_free(config);
	json_free(space);
	free(id);
	return ok;
}

/* ---- main ----------------------------------------------------------------- */

static bool run(struct tool *tool, struct err *err)
{
	const struct options *o = tool->opts;
	int ways = (o->list ? 1 : 0) + (o->uc.n ? 1 : 0) + (tool->noperands ? 1 : 0);
	struct dbx *dbx;
	bool ok;

	if (ways != 1)
		return err_set(err, ERR_USAGE, "give one of: SPACE, --list, --uc CATALOG.SCHEMA");
	dbx = dbxtool_open(&o->dbx, err);
	if (!dbx)
		return false;
	if (o->list)
		ok = list_spaces(tool, dbx, err);
	else
		ok = o->uc.n ? only_uc(tool, dbx, err) : snapshot(tool, dbx, err);
	dbx_free(dbx);
	return ok;
}

static const struct tool_opt opts[] = {
	{ .name = "list", .letter = 'l', .type = OPT_FLAG, .offset = offsetof(struct options, list),
	  .help = "write every space of the workspace, one JSON line each, without configuration" },
	{ .name = "uc", .type = OPT_LIST, .offset = offsetof(struct options, uc),
	  .arg = "CATALOG.SCHEMA",
	  .help = "write only the Unity Catalog metadata of this schema; may be repeated" },
	{ .name = "no-uc", .type = OPT_FLAG, .offset = offsetof(struct options, no_uc),
	  .help = "leave Unity Catalog metadata out; needs no warehouse" },
	{ .name = "schemas", .type = OPT_FLAG, .offset = offsetof(struct options, schemas),
	  .help = "take all objects of the schemas that the space touches, not only those it names" },
	{ .name = "warehouse", .letter = 'w', .type = OPT_STRING,
	  .offset = offsetof(struct options, warehouse), .arg = "ID",
	  .help = "SQL warehouse to use (DATABRICKS_WAREHOUSE_ID, then the space's own, "
		  "then a running one)" },
	DBXTOOL_OPTS(struct options, dbx),
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "All spaces with their ids", "genie-fetch --list | jq -r '[.space_id, .title] | @tsv'" },
	{ "A snapshot of one space", "genie-fetch 01ef0c2b3a4d5e6f > space.json" },
	{ "Columns that have no comment yet",
	  "genie-fetch 'Cost analytics' | jq '.uc.columns[] | select(.comment == null) | .column_name'" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 65, "the space has no readable configuration, or ~/.databrickscfg is broken" },
	{ 69, "no such space, or the workspace refused: authentication, permission" },
	{ 75, "the workspace cannot be reached, or stayed busy" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-fetch",
	.purpose = "snapshot a Genie Space and the Unity Catalog metadata behind it",
	.operands = "[SPACE]",
	.input = "nothing; SPACE is a space id or the exact title of a space.",
	.output = "one document, space.json (schema genie/space/1); with --list a JSON line per space; "
		  "with --uc one document (schema genie/uc/1).",
	.details =
		"The workspace is found as the Databricks SDKs find it: DATABRICKS_HOST with "
		"DATABRICKS_TOKEN or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, else a profile "
		"of ~/.databrickscfg. Credentials are never taken from the command line.\n\n"
		"config_hash is the SHA-256 of the canonical configuration and metadata. When an object "
		"was made or changed, and by whom, does not enter it: a change that is rolled back "
		"brings the old hash back. config_id is its first 12 digits.\n\n"
		"GENIE_HTTP_BUDGET is how many seconds a call is retried while the workspace is busy "
		"(300).",
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
