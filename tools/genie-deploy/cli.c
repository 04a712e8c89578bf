#include "cli.h"

#include "clock.h"
#include "dbx.h"
#include "log.h"
#include "mem.h"
#include "proc.h"

#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 16
#define MAX_OUTPUT (32u << 20)
#define MAX_MESSAGE 6000
#define LIMIT_MS (INT64_C(60) * 60 * 1000)

void cli_result_free(struct cli_result *result)
{
	str_free(&result->out);
	free(result->message);
	free(result->command);
	*result = (struct cli_result){ 0 };
}

/* What it complains of: from the first "Error:" on, else all it said. */
static char *message_of(const struct deploy *d, const struct str *errors, const struct str *out)
{
	const char *all = str_text(errors), *at = strstr(all, "Error:");
	struct str text = STR_INIT;
	if (!*all)
		all = str_text(out);
	if (!at)
		at = all;
	str_addn(&text, at, utf8_fit(at, MAX_MESSAGE));
	dbx_mask(d->dbx, &text);
	char *copy = xstrdup(trim(text.s ? text.s : (char[]){ "" }));
	str_free(&text);
	if (*copy)
		return copy;
	free(copy);
	return xstrdup("it failed without a word");
}

static char *as_typed(const char *const *argv)
{
	struct str text = STR_INIT;
	str_add(&text, "databricks");
	for (size_t i = 1; argv[i]; i++)
		str_addf(&text, " %s", argv[i]);
	return str_take(&text);
}

static bool start(const struct deploy *d, const char *const *argv, struct cli_result *result,
	struct str *errors, struct err *err)
{
	struct err why = { 0 };
	if (proc_run(argv, d->dir, LIMIT_MS, &result->out, errors, &result->status, &why))
		return true;
	if (why.code == ERR_UNAVAILABLE)
		return err_set(err, ERR_UNAVAILABLE, "%s: install the Databricks CLI, or name it "
			"in DATABRICKS_CLI_PATH", why.text);
	return err_set(err, why.code, "%s", why.text);
}

bool cli_bundle(struct deploy *d, const char *phase, const char *const *words,
	struct cli_result *result, struct err *err)
{
	const char *argv[MAX_WORDS], *path = dbx_attr(d->dbx, DBX_CLI_PATH);
	const char *profile = d->o->dbx.profile;
	struct str errors = STR_INIT;
	struct deploy_step step = { .phase = phase, .started_ms = clock_monotonic_ms() };
	size_t n = 0;
	argv[n++] = path ? path : "databricks";
	argv[n++] = "bundle";
	for (; *words && n + 5 < MAX_WORDS; words++)
		argv[n++] = *words;
	argv[n++] = "-t";
	argv[n++] = d->o->dbx.target;
	if (profile) {
		argv[n++] = "-p";
		argv[n++] = profile;
	}
	argv[n] = NULL;
	*result = (struct cli_result){ .out = STR_INIT, .command = as_typed(argv) };
	str_init(&result->out, MAX_OUTPUT);
	bool ok = start(d, argv, result, &errors, err);
	if (ok && result->status)
		result->message = message_of(d, &errors, &result->out);
	if (ok && phase) {
		step.command = result->command;
		step.exit_status = result->status;
		step.message = result->message;
		deploy_note(d, &step);
	}
	log_debug("%s: status %d", result->command, result->status);
	str_free(&errors);
	return ok;
}
