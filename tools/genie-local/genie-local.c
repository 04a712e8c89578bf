/* genie-local: a Databricks workspace on loopback, loaded from a bundle folder. */
#include "cli.h"
#include "clock.h"
#include "engine.h"
#include "exec.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "planner.h"
#include "server.h"
#include "str.h"
#include "table.h"
#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
	const char *bundle, *target, *db, *listen, *token, *today, *seed, *draws;
	const char *port_file, *log_requests;
	const char *client_id, *client_secret, *llm_script, *llm_proxy, *artifact_root;
	long port, latency, qpm, chunk_rows, token_ttl;
	struct strlist faults, space_files;
	bool table;
};

#define O(member) offsetof(struct options, member)
static const struct tool_opt opts[] = {
	{ .name = "bundle", .letter = 'b', .type = OPT_STRING, .offset = O(bundle), .arg = "DIR",
	  .help = "load this bundle folder, or a folder with schema.json and CSV files" },
	{ .name = "target", .type = OPT_STRING, .offset = O(target), .arg = "NAME",
	  .help = "target of the bundle, instead of its default one" },
	{ .name = "db", .type = OPT_STRING, .offset = O(db), .arg = "FILE",
	  .help = "SQLite file that keeps all state; made when missing, else it is kept in "
		  "memory" },
	{ .name = "space-file", .type = OPT_LIST, .offset = O(space_files), .arg = "FILE",
	  .help = "also load this Genie space export" },
	{ .name = "listen", .type = OPT_STRING, .offset = O(listen), .arg = "ADDRESS",
	  .value = "127.0.0.1", .help = "IPv4 address to listen on" },
	{ .name = "port", .letter = 'p', .type = OPT_INT, .offset = O(port), .arg = "N",
	  .value = "0", .max = 65535, .help = "port; 0 takes a free one" },
	{ .name = "token", .type = OPT_STRING, .offset = O(token), .arg = "TOKEN",
	  .help = "bearer token that clients must send; GENIE_LOCAL_TOKEN or a random one by "
		  "default" },
	{ .name = "client-id", .type = OPT_STRING, .offset = O(client_id), .arg = "ID",
	  .help = "OAuth client that may get tokens" },
	{ .name = "client-secret", .type = OPT_STRING, .offset = O(client_secret), .arg = "SECRET",
	  .help = "its secret" },
	{ .name = "token-ttl", .type = OPT_INT, .offset = O(token_ttl), .arg = "SECONDS",
	  .value = "3600", .min = 1, .max = 1000000, .help = "life of OAuth tokens" },
	{ .name = "today", .type = OPT_STRING, .offset = O(today), .arg = "DATE",
	  .help = "the workspace's date, YYYY-MM-DD" },
	{ .name = "seed", .type = OPT_STRING, .offset = O(seed), .arg = "N",
	  .help = "number behind ids and the choice between close assets; makes runs repeatable" },
	{ .name = "draws", .type = OPT_STRING, .offset = O(draws), .arg = "BY", .value = "asking",
	  .choices = "asking|configuration",
	  .help = "what a choice between close assets depends on, beside the question: how "
		  "often it was asked since the start, or, so that a restart changes nothing, "
		  "since the configuration and its metadata are as they are" },
	{ .name = "latency", .type = OPT_INT, .offset = O(latency), .arg = "MS", .value = "10",
	  .max = 3600000, .help = "time that an answer or a statement takes" },
	{ .name = "qpm", .type = OPT_INT, .offset = O(qpm), .arg = "N", .value = "0", .max = 1000,
	  .help = "questions a minute before 429; 0: no limit" },
	{ .name = "chunk-rows", .type = OPT_INT, .offset = O(chunk_rows), .arg = "N",
	  .value = "5000", .min = 1, .max = 1000000, .help = "rows of one chunk of a result" },
	{ .name = "fault", .type = OPT_LIST, .offset = O(faults), .arg = "RULE",
	  .help = "make requests fail: \"METHOD PATH-PART ACTION[:ARG] [xCOUNT|every:N]\"" },
	{ .name = "llm-script", .type = OPT_STRING, .offset = O(llm_script), .arg = "FILE",
	  .help = "serving endpoints answer from this record of exchanges (JSON Lines)" },
	{ .name = "llm-proxy", .type = OPT_STRING, .offset = O(llm_proxy), .arg = "URL",
	  .help = "serving endpoints send on to this OpenAI-compatible server; its key: "
		  "GENIE_LLM_KEY" },
	{ .name = "artifact-root", .type = OPT_STRING, .offset = O(artifact_root), .arg = "URI",
	  .help = "where MLflow experiments keep artifacts: mlflow-artifacts: (by default, sent "
		  "through the server) or dbfs:/databricks/mlflow-tracking (signed URLs)" },
	{ .name = "port-file", .type = OPT_STRING, .offset = O(port_file), .arg = "FILE",
	  .help = "write the port to FILE when ready" },
	{ .name = "log-requests", .type = OPT_STRING, .offset = O(log_requests), .arg = "FILE",
	  .help = "append a JSON line with method, path and status for every request, and what "
	"models are asked" },
	{ .name = "table", .letter = 't', .type = OPT_FLAG, .offset = O(table),
	  .help = "sql: print an aligned table instead of JSON" },
	{ .name = NULL },
};

static bool read_seed(const char *text, struct server_config *config, struct err *err)
{
	char *end;
	if (!text)
		return true;
	errno = 0;
	config->seed = strtoull(text, &end, 10);
	config->seeded = true;
	if (end == text || *end || errno || *text == '-')
		return err_set(err, ERR_USAGE, "--seed: \"%s\" is not a whole number", text);
	return true;
}

/* A given day also fixes the clock, so that times agree with it. */
static bool read_today(const char *text, struct err *err)
{
	int64_t days;
	if (!text)
		return true;
	if (!date_parse(text, &days))
		return err_set(err, ERR_USAGE, "--today: \"%s\" is not a date YYYY-MM-DD", text);
	clock_fix((days * 24 + 12) * 3600000);
	return true;
}

static bool read_config(const struct options *o, struct server_config *config, struct err *err)
{
	*config = (struct server_config){ .bundle = o->bundle, .target = o->target, .db_path =
		o->db,
		.address = o->listen, .port = (int)o->port,
		.token = o->token ? o->token : tool_env("GENIE_LOCAL_TOKEN"),
		.client_id = o->client_id, .client_secret = o->client_secret,
		.token_ttl_s = o->token_ttl, .today = o->today, .latency_ms = o->latency,
		.qpm = (int)o->qpm, .chunk_rows = o->chunk_rows, .faults = &o->faults,
		.space_files = &o->space_files, .log_path = o->log_requests,
		.llm_script = o->llm_script, .llm_proxy = o->llm_proxy,
		.llm_key = tool_env("GENIE_LLM_KEY"), .artifact_root = o->artifact_root,
		.draws_by_config = streq(o->draws, "configuration") };
	return read_seed(o->seed, config, err) && read_today(o->today, err);
}

/* ---- serve ---------------------------------------------------------------------- */

static bool write_port(const char *path, int port, struct err *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", port);
	return !path || io_write_file(path, text, (size_t)n, err);
}

static void announce(struct tool *tool, const struct server *server)
{
	struct jsonw w;
	jsonw_to_file(&w, tool->out, 0);
	jsonw_object(&w);
	jsonw_kstr(&w, "host", server->base_url);
	jsonw_kint(&w, "port", serve_port(server->serve));
	jsonw_kstr(&w, "token", server->token);
	jsonw_kstr(&w, "warehouse_id", SERVER_WAREHOUSE);
	jsonw_kint(&w, "pid", getpid());
	jsonw_end(&w);
	fflush(tool->out);
}

static bool run_serve(struct tool *tool, const struct server_config *config, struct err *err)
{
	const struct options *o = tool->opts;
	struct server *server;
	bool ok;
	if (tool->noperands > 1)
		return err_set(err, ERR_USAGE, "serve takes no operand: \"%s\"", tool->operands[1]);
	exec_block_signals();
	server = server_open(config, err);
	if (!server)
		return false;
	ok = write_port(o->port_file, serve_port(server->serve), err);
	if (ok) {
		announce(tool, server);
		exec_wait();
	}
	server_close(server);
	return ok;
}

/* ---- exec ------------------------------------------------------------------------ */

static bool run_exec(struct tool *tool, const struct server_config *config, struct err *err)
{
	const struct options *o = tool->opts;
	struct server *server;
	int status = 0;
	bool ok;
	if (tool->noperands < 2)
		return err_set(err, ERR_USAGE, "exec needs a command: exec [options] -- "
		"COMMAND...");
	exec_block_signals();
	server = server_open(config, err);
	if (!server)
		return false;
	ok = write_port(o->port_file, serve_port(server->serve), err) &&
		exec_command(server, tool->operands + 1, &status, err);
	server_close(server);
	if (ok && status != 0)
		exit(status); /* the command's word, which tool_main has no code for */
	return ok;
}

/* ---- sql -------------------------------------------------------------------------- */

static void pad(FILE *out, const char *text, size_t width)
{
	size_t shown = 0;
	for (const char *c = text; *c; c++) {
		shown += ((unsigned char)*c & 0xc0) != 0x80;
		fputc(*c == '\n' || *c == '\t' ? ' ' : *c, out);
	}
	for (; shown < width; shown++)
		fputc(' ', out);
}

static const char *shown_cell(const struct table *table, size_t row, size_t column)
{
	const char *cell = table_cell(table, row, column);
	return cell ? cell : "NULL";
}

static void print_table(FILE *out, const struct table *table)
{
	size_t *widths = xcalloc(table->ncolumns + 1, sizeof(*widths));
	for (size_t c = 0; c < table->ncolumns; c++) {
		widths[c] = strlen(table->columns[c].name);
		for (size_t r = 0; r < table->nrows; r++) {
			size_t n = strlen(shown_cell(table, r, c));
			widths[c] = n > widths[c] && n <= 60 ? n : widths[c];
		}
	}
	for (size_t r = 0; r <= table->nrows; r++) {
		for (size_t c = 0; c < table->ncolumns; c++) {
			bool last = c + 1 == table->ncolumns;
			pad(out, r ? shown_cell(table, r - 1, c) : table->columns[c].name,
				last ? 0 : widths[c]);
			fputs(last ? "\n" : "  ", out);
		}
	}
	free(widths);
}

static bool read_sql(struct tool *tool, struct str *sql, struct err *err)
{
	if (tool->noperands > 2)
		return err_set(err, ERR_USAGE, "sql takes one statement: \"%s\" is too many",
			tool->operands[2]);
	if (tool->noperands == 2 && !streq(tool->operands[1], "-")) {
		str_add(sql, tool->operands[1]);
		return true;
	}
	return io_read_stream(stdin, "standard input", sql, err);
}

static bool print_outcome(struct tool *tool, const struct engine_outcome *outcome, struct err *err)
{
	const struct options *o = tool->opts;
	struct json *json;
	if (!outcome->ok)
		return err_set(err, ERR_DATA, "%s", outcome->error.message);
	if (o->table) {
		print_table(tool->out, &outcome->table);
		return true;
	}
	json = table_to_json(&outcome->table, outcome->table.nrows);
	jsonw_line(tool->out, json);
	json_free(json);
	return true;
}

static bool run_sql(struct tool *tool, struct server_config *config, struct err *err)
{
	struct str sql = STR_INIT;
	struct engine_outcome outcome;
	struct server *server = NULL;
	bool ok;
	config->offline = true;
	if (read_sql(tool, &sql, err))
		server = server_open(config, err);
	if (!server) {
		str_free(&sql);
		return false;
	}
	engine_run(server->engine, &(struct engine_request){ .sql = str_text(&sql) }, &outcome);
	ok = print_outcome(tool, &outcome, err);
	engine_outcome_free(&outcome);
	server_close(server);
	str_free(&sql);
	return ok;
}

static bool run(struct tool *tool, struct err *err)
{
	const char *verb = tool->operands[0];
	struct server_config config;
	if (!read_config(tool->opts, &config, err))
		return false;
	if (streq(verb, "serve"))
		return run_serve(tool, &config, err);
	if (streq(verb, "exec"))
		return run_exec(tool, &config, err);
	if (streq(verb, "sql"))
		return run_sql(tool, &config, err);
	if (streq(verb, "plan"))
		return planner_main_filter(stdin, tool->out, err);
	return err_set(err, ERR_USAGE, "\"%s\" is none of serve, exec, sql, plan, databricks",
		verb);
}

static const struct tool_example examples[] = {
	{ "Run a command against the demo workspace",
	  "genie-local exec --bundle demo/cost -- genie-fetch --list" },
	{ "Ask its tables", "genie-local sql --bundle demo/cost --table 'SHOW TABLES'" },
	{ "Serve it until interrupted; the first line tells host and token",
	  "genie-local serve --bundle demo/cost --db build/demo.db" },
	{ "Deploy the demo to it, as with the Databricks CLI",
	  "genie-local exec --bundle demo/cost -- "
	  "sh -c 'cd demo/cost && \"$DATABRICKS_CLI_PATH\" bundle deploy -t dev'" },
	{ "A workspace that answers every third start with 429",
	  "genie-local serve --bundle demo/cost --fault 'POST start-conversation 429:1 every:3'" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ ERR_DATA, "the bundle, a space export or the SQL statement is not what it must be" },
	{ ERR_UNAVAILABLE, "exec: the command cannot be started" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-local",
	.purpose = "a Databricks workspace on loopback, for trying the toolkit and for tests",
	.operands = "serve|exec|sql|plan|databricks [WORD...]",
	.input = "a bundle folder; sql: a statement, from standard input when none is given; "
		"plan: one JSON object with config, uc, question, seed and today",
	.output = "serve: one JSON line {host, port, token, warehouse_id, pid} when ready; "
		"sql: {columns, rows}; exec: what the command writes; databricks: what the "
		"Databricks CLI writes",
	.details = "Serves the REST API of Genie spaces and conversations, SQL statements, "
		"Unity Catalog, warehouses, workspace files and jobs with SQLite behind it. It is "
		"a stand-in and says so "
		"in every answer (X-Genie-Local: 1); it does not predict what Genie in Databricks "
		"will answer.\n\n"
		"Besides a bundle, --bundle takes any database as a folder: TABLE.csv for each "
		"table (a header; an empty field is NULL) and schema.json with "
		"{\"database\": NAME, "
		"\"tables\": {TABLE: {\"columns\": [{\"name\", \"type\", \"description\"}]}}, "
		"\"foreign_keys\": [{\"from\": \"TABLE.COLUMN\", \"to\"}]}. "
		"It is served as catalog main, schema NAME, with a space NAME over all its tables; "
		"make evaluate BUNDLE=FOLDER DOMAIN=NAME BENCHMARKS=FILE measures it. "
		"Its queries are SQLite's, unless schema.json says "
		"\"dialect\": \"databricks\".\n\n"
		"exec serves on a free port, sets DATABRICKS_HOST, DATABRICKS_TOKEN, "
		"DATABRICKS_WAREHOUSE_ID and DATABRICKS_CONFIG_FILE for the command, "
		"and exits with its status. Where DATABRICKS_CLI_PATH is not set, "
		"it points to the stand-in for the Databricks CLI.\n\n"
		"databricks bundle validate|deploy|plan|summary does to the workspace of "
		"DATABRICKS_HOST, which must be on loopback, what the Databricks CLI does, "
		"with its options --target, --var, --output, --auto-approve, its messages and "
		"its exit status (0 or 1): variables, targets, includes, jobs and, with the "
		"direct engine, genie_spaces. The text of a space gets the values of the "
		"variables on its way, as it has them when the bundle is loaded; its title gets "
		"no prefix. What was deployed is remembered in the workspace; nothing is "
		"written into the bundle. There is no lock, .gitignore is not read, and other "
		"kinds of resources are refused.\n\n"
		"Jobs (2.2, and 2.1 where they are alike) and workspace files are kept in the "
		"SQLite file. A run moves on one step each time runs are looked at: PENDING, "
		"RUNNING, TERMINATED. A task whose script is named deploy_genie* is carried out "
		"as that script does it: the *_genie_export.json beside it (or in --source), "
		"with ${NAME} replaced by the task's arguments, become the configurations of "
		"their spaces (--space-id, --spaces DOMAIN=ID,...). Any other task fails and "
		"says that it cannot be run here.\n\n"
		"Actions of fault rules: 401, 403, 429, 503 (with Retry-After when a number "
		"follows), 500, slow:MS, cut (nothing is done), cut-after (done, but not "
		"answered), badjson, message-failed[:TYPE]. METHOD may be *. "
		"\"job TASK fails MESSAGE [xCOUNT|every:N]\" makes tasks of jobs fail; "
		"TASK may be *.\n\n"
		"A line of --llm-script is {match, endpoint, with, times, response}: "
		"it answers when all texts of match occur in the last user message "
		"and the request has the members named in with. "
		"A string is the content of the answer; {status, body} is sent as it is. "
		"A prompt without a line is refused with 400: answers are never made up.\n\n"
		"MLflow tracking is served below /api/2.0/mlflow and /api/3.0/mlflow: "
		"experiments, runs, logged models, artifacts, traces, assessments, prompts and "
		"evaluation datasets, with the limits, error codes and losses that were measured "
		"on a server of MLflow 3.11; its pages are not. As in Databricks, an experiment is "
		"named by a path whose folder is there, and every call needs the token "
		"(MLFLOW_TRACKING_TOKEN). Beyond Databricks there are the artifact proxy "
		"/api/2.0/mlflow-artifacts and the probes /health, /version and server-info of "
		"MLflow's own server, so that its clients work here. An experiment below "
		"dbfs:/databricks/mlflow-tracking (see --artifact-root) has signed URLs, "
		"which this server serves itself, and the Files API.\n\n"
		"GET /genie-local/stats tells how many requests each route had.",
	.opts = opts,
	.examples = examples,
	.exits = exits,
	.min_operands = 1,
	.max_operands = -1,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	if (argc > 1 && streq(argv[1], "databricks")) /* has options of its own */
		return cli_main(argc - 1, argv + 1);
	return tool_main(argc, argv, &spec);
}
