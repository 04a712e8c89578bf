/* cli.h - `genie-local databricks ...`: stands in for the Databricks CLI's bundle commands.
 *
 * bundle validate, deploy, plan and summary against $DATABRICKS_HOST, which must be on
 * loopback: this is for the embedded workspace and nothing else. Output, error texts and exit
 * status (0 or 1) are those of the Databricks CLI as far as a program that calls it can see.
 * What was deployed is remembered in the workspace, below ${workspace.state_path}.
 *
 * Flow: cli_main.c (arguments) -> cli_config.c (databricks.yml as it is after resolving, with
 * cli_source.c for places in files) -> cli_deploy.c (cli_upload.c: files) or cli_show.c.
 */
#ifndef GENIE_LOCAL_CLI_H
#define GENIE_LOCAL_CLI_H

#include "base.h"
#include "err.h"
#include "str.h"

struct bundle;
struct cli_source;
struct dbx;
struct dbx_reply;
struct json;
struct yaml_node;

struct cli {
	const char *target;     /* NULL: the default one */
	bool json;              /* -o json */
	bool quiet, approved;
	struct strlist vars;    /* "name=value", the weakest first */
	char *dir;              /* of the bundle */
	struct cli_source *source;
	struct bundle *bundle;
	struct dbx *dbx;
	struct json *config;    /* as resolved; may be there after errors, too */
	struct json *state;     /* {resources: {KIND.KEY: {id, hash, etag}}, files: {PATH: hash}} */
	size_t errors;
};

/* The whole command; argv[0] is "databricks". Returns the exit status. */
int cli_main(int argc, char **argv);

/* ---- cli_main.c: what people read --------------------------------------------------- */

/* Where something is: `path` in the configuration, file and line; any may be NULL or 0. */
struct cli_place {
	const char *path, *file;
	size_t line, column;
};
/* "Error: TEXT" with the places below it, on standard error; counts. Returns false. */
bool cli_error(struct cli *cli, const struct cli_place *places, size_t n, const char *format, ...)
	PRINTF_LIKE(4, 5);
/* A refused request, as the Databricks CLI tells it; `what` is put before. */
bool cli_refused(struct cli *cli, const char *what, const char *endpoint,
	const struct dbx_reply *reply);
/* A line of progress on standard error, unless quiet. */
void cli_say(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- cli_source.c --------------------------------------------------------------------- */

/* Reads the configuration's files as they lie there and reports what can be seen in them: broken
 * YAML, includes that match nothing, one key for two resources. False: reported. */
bool cli_source_open(struct cli *cli) MUST_CHECK;
/* Settles cli->target: the given one must be there; else it is the default one, or the only one. */
bool cli_source_target(struct cli *cli) MUST_CHECK;
void cli_source_free(struct cli_source *source); /* NULL is fine */
/* A value ("targets.dev.mode") of the root file; NULL: absent or no text. */
const char *cli_source_text(const struct cli *cli, const char *path);
/* Where "resources.jobs.x.tasks[0].task_key" is, in the file that is named. The texts are
 * borrowed from the arguments. */
struct cli_place cli_source_place(const struct cli *cli, const char *file, const char *path);
/* Reports references that lead nowhere. */
bool cli_source_references(struct cli *cli) MUST_CHECK;

/* ---- cli_config.c --------------------------------------------------------------------- */

/* Everything up to a configuration that could be deployed. False: reported. */
bool cli_load(struct cli *cli) MUST_CHECK;
void cli_free(struct cli *cli); /* what is inside */
/* Replaces ${workspace...} and ${resources...} in every text of the tree, where they are
 * known. */
void cli_resolve(const struct cli *cli, struct json *json);
const char *cli_workspace(const struct cli *cli, const char *name); /* "file_path" */

/* ---- cli_upload.c ---------------------------------------------------------------------- */

/* Brings the bundle's files to ${workspace.file_path}, those that changed since the last time,
 * and removes those that are gone. */
bool cli_upload(struct cli *cli) MUST_CHECK;
/* Reads and writes the state. A workspace without one has an empty one. */
bool cli_state_load(struct cli *cli) MUST_CHECK;
bool cli_state_save(struct cli *cli) MUST_CHECK;

/* ---- cli_deploy.c ---------------------------------------------------------------------- */

enum cli_action { CLI_CREATE, CLI_UPDATE, CLI_SKIP, CLI_DELETE };
const char *cli_action_text(enum cli_action action); /* "create" */

/* One resource and what a deployment would do with it. */
struct cli_step {
	const char *kind, *key;   /* "jobs", "cost"; borrowed from config or state */
	char *id;                 /* NULL: there is none yet; owned */
	struct json *want;        /* settings as they are sent; owned; NULL for CLI_DELETE */
	char hash[65];            /* of want */
	enum cli_action action;
};
struct cli_plan {
	struct cli_step *v;
	size_t n, cap;
};
bool cli_plan_make(struct cli *cli, struct cli_plan *plan) MUST_CHECK;
void cli_plan_free(struct cli_plan *plan); /* what is inside */
bool cli_deploy(struct cli *cli) MUST_CHECK;

/* ---- cli_show.c ------------------------------------------------------------------------ */

void cli_show_validate(const struct cli *cli);
bool cli_show_summary(struct cli *cli) MUST_CHECK;
bool cli_show_plan(struct cli *cli) MUST_CHECK;

#endif
