/* Arguments and messages of `genie-local databricks`. */
#include "cli.h"

#include "dbx.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages --------------------------------------------------------------------------- */

static void print_places(const struct cli_place *places, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (places[i].path && *places[i].path)
			fprintf(stderr, "%s%s\n", i ? "     " : "  at ", places[i].path);
	for (size_t i = 0; i < n; i++)
		if (places[i].file && places[i].line)
			fprintf(stderr, "%s%s:%zu:%zu\n", i ? "     " : "  in ", places[i].file,
				places[i].line, places[i].column);
		else if (places[i].file && *places[i].file)
			fprintf(stderr, "%s%s\n", i ? "     " : "  in ", places[i].file);
}

bool cli_error(struct cli *cli, const struct cli_place *places, size_t n, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	fputs("Error: ", stderr);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	print_places(places, n);
	fputc('\n', stderr);
	cli->errors++;
	return false;
}

bool cli_refused(struct cli *cli, const char *what, const char *endpoint,
	const struct dbx_reply *reply)
{
	const char *host = dbx_host(cli->dbx), *space = strchr(endpoint, ' ');
	if (!reply->status)
		return cli_error(cli, NULL, 0, "%s: %s", what, reply->err.text);
	fprintf(stderr, "Error: %s: %s (%d %s)\n\n", what, reply->message, reply->status,
		reply->error_code);
	fprintf(stderr, "Endpoint: %.*s %s%s\n", (int)(space - endpoint), endpoint, host,
		space + 1);
	fprintf(stderr, "HTTP Status: %d\nAPI error_code: %s\nAPI message: %s\n\n", reply->status,
		reply->error_code, reply->message);
	cli->errors++;
	return false;
}

void cli_say(const struct cli *cli, const char *format, ...)
{
	va_list ap;
	if (cli->quiet)
		return;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* ---- arguments ---------------------------------------------------------------------------- */

struct arguments {
	char **v;
	int n, at;
};

/* The value of an option "--name=V", "--name V", "-x V" or "-xV"; NULL: this is another word, or
 * the value is missing. Moves on when it took one. */
static const char *take_value(struct arguments *args, const char *name, char letter)
{
	const char *word = args->v[args->at];
	size_t n = strlen(name);
	if (!word)
		return NULL;
	if (starts_with(word, "--") && strncmp(word + 2, name, n) == 0 && word[n + 2] == '=')
		return word + n + 3;
	if (letter && word[0] == '-' && word[1] == letter && word[2])
		return word + 2 + (word[2] == '=');
	if ((starts_with(word, "--") && streq(word + 2, name)) ||
		(letter && word[0] == '-' && word[1] == letter && !word[2]))
		return args->at + 1 < args->n ? args->v[++args->at] : NULL;
	return NULL;
}

static bool take_flag(struct cli *cli, const char *word)
{
	static const char *const passed[] = { "--strict", "--force", "--force-lock",
		"--fail-on-active-runs", "--force-pull", "--debug" };
	if (streq(word, "-q") || streq(word, "-qq"))
		return cli->quiet = true;
	if (streq(word, "--auto-approve"))
		return cli->approved = true;
	for (size_t i = 0; i < countof(passed); i++)
		if (streq(word, passed[i]))
			return true;
	return false;
}

/* One word that begins with a dash. */
static bool take_option(struct cli *cli, struct arguments *args)
{
	static const char *const passed[] = { "profile", "log-level", "log-file", "cluster-id" };
	const char *word = args->v[args->at], *value = take_value(args, "target", 't');
	if (value) {
		cli->target = value;
		return true;
	}
	if ((value = take_value(args, "var", '\0'))) {
		if (strchr(value, '=')) {
			strlist_add(&cli->vars, value);
			return true;
		}
		return cli_error(cli, NULL, 0, "unexpected flag value for variable assignment: %s",
			value);
	}
	if ((value = take_value(args, "output", 'o'))) {
		cli->json = streq(value, "json");
		return cli->json || streq(value, "text") || cli_error(cli, NULL, 0,
			"invalid argument "
			"\"%s\" for \"-o, --output\" flag: accepted arguments are \"text\" and "
			"\"json\"",
			value);
	}
	if (take_flag(cli, word) || take_value(args, "profile", 'p'))
		return true;
	for (size_t i = 0; i < countof(passed); i++)
		if (take_value(args, passed[i], '\0'))
			return true;
	return cli_error(cli, NULL, 0, "unknown flag: %s", word);
}

static bool read_arguments(struct cli *cli, struct arguments *args, const char **words)
{
	size_t n = 0;
	for (args->at = 1; args->at < args->n; args->at++) {
		if (args->v[args->at][0] == '-') {
			if (!take_option(cli, args))
				return false;
		} else if (n < 2) {
			words[n++] = args->v[args->at];
		} else {
			return cli_error(cli, NULL, 0, "accepts 0 arg(s), received \"%s\"",
				args->v[args->at]);
		}
	}
	return true;
}

static void read_environment(struct cli *cli)
{
	cli->target = tool_env("DATABRICKS_BUNDLE_TARGET");
	if (!cli->target)
		cli->target = tool_env("DATABRICKS_BUNDLE_ENV");
	cli->json = streq(tool_env("DATABRICKS_OUTPUT_FORMAT"), "json");
}

/* ---- commands ------------------------------------------------------------------------------- */

static bool run_validate(struct cli *cli)
{
	bool ok = cli_load(cli);
	cli_show_validate(cli);
	return ok;
}

static bool run_deploy(struct cli *cli)
{
	return cli_load(cli) && cli_deploy(cli);
}

static bool run_summary(struct cli *cli)
{
	return cli_load(cli) && cli_show_summary(cli);
}

static bool run_plan(struct cli *cli)
{
	return cli_load(cli) && cli_show_plan(cli);
}

static const struct { const char *name; bool (*run)(struct cli *cli); } commands[] = {
	{ "validate", run_validate }, { "deploy", run_deploy }, { "summary", run_summary },
	{ "plan", run_plan },
};

static bool run(struct cli *cli, const char *const *words)
{
	if (streq(words[0], "version")) {
		printf("Databricks CLI stand-in of genie-local v%s\n", tool_version());
		return true;
	}
	if (!streq(words[0], "bundle"))
		return cli_error(cli, NULL, 0,
			"unknown command \"%s\" for \"databricks\": genie-local "
			"knows bundle validate, deploy, plan and summary",
			words[0] ? words[0] : "");
	for (size_t i = 0; i < countof(commands); i++)
		if (streq(words[1], commands[i].name))
			return commands[i].run(cli);
	return cli_error(cli, NULL, 0, "unknown command \"%s\" for \"databricks bundle\": "
		"genie-local knows validate, deploy, plan and summary", words[1] ? words[1] : "");
}

int cli_main(int argc, char **argv)
{
	struct cli cli = { .target = NULL };
	struct arguments args = { argv, argc, 0 };
	const char *words[2] = { NULL, NULL };
	bool ok;
	log_setup("databricks", LOG_WARN);
	read_environment(&cli);
	ok = read_arguments(&cli, &args, words) && run(&cli, words);
	if (fflush(stdout) != 0 || ferror(stdout))
		ok = cli_error(&cli, NULL, 0, "writing standard output failed");
	cli_free(&cli);
	return ok ? 0 : 1;
}
