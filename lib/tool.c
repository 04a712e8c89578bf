#include "tool.h"

#include "clock.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "mem.h"
#include "str.h"
#include "toolman.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef GENIE_VERSION
#define GENIE_VERSION "0.1.0"
#endif

struct common {
	const char *output;
	bool verbose, quiet, help, version, describe, man;
};

static const struct tool_opt common_opts[] = {
	{ .name = "output", .letter = 'o', .type = OPT_STRING, .offset = offsetof(struct common, output),
	  .arg = "FILE", .help = "write to FILE, whole or not at all, instead of standard output" },
	{ .name = "verbose", .letter = 'v', .type = OPT_FLAG, .offset = offsetof(struct common, verbose),
	  .help = "say more on standard error" },
	{ .name = "quiet", .letter = 'q', .type = OPT_FLAG, .offset = offsetof(struct common, quiet),
	  .help = "say only warnings and errors" },
	{ .name = "help", .letter = 'h', .type = OPT_FLAG, .offset = offsetof(struct common, help),
	  .help = "print this help" },
	{ .name = "version", .type = OPT_FLAG, .offset = offsetof(struct common, version),
	  .help = "print the version" },
	{ .name = "describe", .type = OPT_FLAG, .offset = offsetof(struct common, describe),
	  .help = "print this tool's interface as JSON" },
	{ .name = "man", .type = OPT_FLAG, .offset = offsetof(struct common, man),
	  .help = "print the manual page (mdoc)" },
	{ .name = NULL },
};

const struct tool_opt *tool_common_opts(void)
{
	return common_opts;
}

const char *tool_version(void)
{
	return GENIE_VERSION;
}

const char *tool_env(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

struct json *tool_document(const struct tool *tool, const char *schema)
{
	struct json *document = json_new_object();
	char *name = xasprintf("genie/%s/1", schema);
	json_set_str(document, "schema", name);
	free(name);
	struct json *who = json_set(document, "tool", json_new_object());
	json_set_str(who, "name", tool->spec->name);
	json_set_str(who, "version", tool_version());
	return document;
}

/* ---- parsing ---- */
static const struct tool_opt *find(const struct tool_opt *opts, const char *name, char letter)
{
	for (const struct tool_opt *o = opts; o && o->name; o++)
		if (name ? streq(o->name, name) : letter && o->letter == letter)
			return o;
	return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t n = strlen(value);
	for (const char *p = choices; *p; p += strcspn(p, "|"), p += *p == '|')
		if (strcspn(p, "|") == n && memcmp(p, value, n) == 0)
			return true;
	return false;
}

static bool set_int(const struct tool_opt *opt, void *field, const char *value, struct err *err)
{
	char *end;
	errno = 0;
	long number = strtol(value, &end, 10);
	if (end == value || *end || errno)
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is not a whole number", opt->name, value);
	if ((opt->min || opt->max) && (number < opt->min || number > opt->max))
		return err_set(err, ERR_USAGE, "--%s: %ld is not between %ld and %ld", opt->name,
			       number, opt->min, opt->max);
	*(long *)field = number;
	return true;
}

static bool set_number(const struct tool_opt *opt, void *field, const char *value,
		       struct err *err)
{
	char *end;
	double number = strtod(value, &end);
	if (end == value || *end || number != number)
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is not a number", opt->name, value);
	*(double *)field = number;
	return true;
}

static bool set_value(const struct tool_opt *opt, void *base, const char *value, struct err *err)
{
	void *field = (char *)base + opt->offset;
	if (opt->choices && !is_choice(opt->choices, value))
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is none of %s", opt->name, value,
			       opt->choices);
	switch (opt->type) {
	case OPT_FLAG: *(bool *)field = true; return true;
	case OPT_STRING: *(const char **)field = value; return true;
	case OPT_LIST: strlist_add(field, value); return true;
	case OPT_INT: return set_int(opt, field, value, err);
	case OPT_NUMBER: return set_number(opt, field, value, err);
	}
	return false;
}

struct parse {
	const struct tool_spec *spec;
	void *opts;
	struct common common;
	char **argv;
	int argc, at;
	char **operands;
	int noperands;
	struct err *err;
};

static bool apply(struct parse *p, const struct tool_opt *opt, bool common, const char *value)
{
	if (opt->type != OPT_FLAG && !value) {
		if (p->at >= p->argc)
			return err_set(p->err, ERR_USAGE, "--%s needs a value (%s)", opt->name, opt->arg);
		value = p->argv[p->at++];
	}
	return set_value(opt, common ? (void *)&p->common : p->opts, value ? value : "", p->err);
}

static bool parse_long(struct parse *p, const char *word)
{
	char name[64];
	size_t n = strcspn(word, "=");
	if (n >= sizeof name)
		return err_set(p->err, ERR_USAGE, "unknown option --%.40s...", word);
	memcpy(name, word, n);
	name[n] = '\0';
	const struct tool_opt *opt = find(p->spec->opts, name, 0);
	const struct tool_opt *shared = opt ? NULL : find(common_opts, name, 0);
	const char *value = word[n] == '=' ? word + n + 1 : NULL;
	if (!opt && !shared)
		return err_set(p->err, ERR_USAGE, "unknown option --%s", name);
	if (value && (opt ? opt : shared)->type == OPT_FLAG)
		return err_set(p->err, ERR_USAGE, "--%s takes no value", name);
	return apply(p, opt ? opt : shared, !opt, value);
}

static bool parse_letters(struct parse *p, const char *letters)
{
	for (const char *c = letters; *c; c++) {
		const struct tool_opt *opt = find(p->spec->opts, NULL, *c);
		const struct tool_opt *shared = opt ? NULL : find(common_opts, NULL, *c);
		if (!opt && !shared)
			return err_set(p->err, ERR_USAGE, "unknown option -%c", *c);
		if ((opt ? opt : shared)->type == OPT_FLAG) {
			if (!apply(p, opt ? opt : shared, !opt, NULL))
				return false;
			continue;
		}
		return apply(p, opt ? opt : shared, !opt, c[1] ? c + 1 : NULL);
	}
	return true;
}

static bool set_defaults(struct parse *p)
{
	for (const struct tool_opt *o = p->spec->opts; o && o->name; o++)
		if (o->value && !set_value(o, p->opts, o->value, p->err))
			BUG("default of --%s: %s", o->name, p->err->text);
	return true;
}

/* Options may stand before, between and after operands; "--" ends them. Where a
 * tool takes a command ("... -- COMMAND"), all behind "--" is operand. */
static bool parse(struct parse *p)
{
	bool only_operands = false;
	set_defaults(p);
	for (p->at = 1; p->at < p->argc;) {
		char *word = p->argv[p->at++];
		if (only_operands || word[0] != '-' || word[1] == '\0')
			p->operands[p->noperands++] = word;
		else if (streq(word, "--"))
			only_operands = true;
		else if (!(word[1] == '-' ? parse_long(p, word + 2) : parse_letters(p, word + 1)))
			return false;
	}
	return true;
}

static bool check_operands(const struct parse *p)
{
	const struct tool_spec *spec = p->spec;
	if (p->noperands < spec->min_operands)
		return err_set(p->err, ERR_USAGE, "an operand is missing: %s %s", spec->name,
			       spec->operands);
	if (spec->max_operands >= 0 && p->noperands > spec->max_operands)
		return err_set(p->err, ERR_USAGE, "one operand too many: \"%s\"",
			       p->operands[spec->max_operands]);
	return true;
}

static bool set_clock(struct err *err)
{
	const char *now = tool_env("GENIE_NOW");
	int64_t ms;
	if (!now)
		return true;
	if (!clock_parse(now, &ms))
		return err_set(err, ERR_USAGE, "GENIE_NOW: \"%s\" is not an RFC 3339 time", now);
	clock_fix(ms);
	return true;
}

/* ---- running ---- */

/* A closed descriptor 0, 1 or 2 would be given to the next file opened. */
static void ensure_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	if (fd >= 3)
		close(fd);
}

static bool close_stdout(struct err *err)
{
	bool bad = ferror(stdout) != 0;
	errno = 0;
	if (fflush(stdout) != 0 || bad)
		return err_errno(err, "writing standard output");
	return true;
}

bool tool_commit(struct tool *tool, struct err *err)
{
	tool->out = NULL;
	tool->temporary = NULL;
	if (tool->file->file)
		return outfile_commit(tool->file, err);
	if (!close_stdout(err))
		return false;
	(void)!fsync(STDOUT_FILENO); /* a pipe cannot */
	return true;
}

/* Runs with standard output, or with a file that appears only on success, or when
 * the answer is no and there is a document that says so. */
static bool run(struct tool *tool, const char *output, struct err *err)
{
	struct outfile file = { 0 };
	tool->out = stdout;
	if (output && !streq(output, "-")) {
		if (!outfile_open(&file, output, err))
			return false;
		tool->out = file.file;
		tool->output = file.tmp ? output : NULL;
		tool->temporary = file.tmp;
	}
	tool->file = &file;
	bool ok = tool->spec->run(tool, err);
	tool->file = NULL; /* it was ours */
	bool complete = ok || (err->code == ERR_NO && (!file.file || ftell(file.file) > 0));
	struct err late = { 0 };
	bool written = true;
	if (file.file && complete)
		written = outfile_commit(&file, &late);
	else if (file.file)
		outfile_abort(&file);
	else if (complete)
		written = close_stdout(&late);
	if (!written)
		*err = late;
	return ok && written;
}

static int report(const struct tool_spec *spec, const struct err *err)
{
	log_error("%s", err->text);
	if (err->code == ERR_USAGE)
		fprintf(stderr, "usage: %s [options] %s  (%s --help)\n", spec->name, spec->operands,
			spec->name);
	return err->code ? (int)err->code : ERR_BUG;
}

static void free_opts(const struct tool_spec *spec, void *opts)
{
	for (const struct tool_opt *o = spec->opts; o && o->name; o++)
		if (o->type == OPT_LIST)
			strlist_free((struct strlist *)((char *)opts + o->offset));
	free(opts);
}

static int finish(struct parse *p)
{
	struct err *err = p->err;
	const struct common *common = &p->common;
	log_setup(p->spec->name, common->verbose ? LOG_DEBUG : common->quiet ? LOG_WARN : LOG_INFO);
	if (common->help || common->version || common->describe || common->man) {
		if (common->version)
			printf("%s %s\n", p->spec->name, tool_version());
		else if (common->help)
			toolman_help(stdout, p->spec);
		else if (common->describe)
			toolman_describe(stdout, p->spec);
		else
			toolman_page(stdout, p->spec);
		return close_stdout(err) ? 0 : report(p->spec, err);
	}
	if (!check_operands(p) || !set_clock(err))
		return report(p->spec, err);
	struct tool tool = { .spec = p->spec, .opts = p->opts, .operands = p->operands,
		.noperands = p->noperands };
	return run(&tool, common->output, err) ? 0 : report(p->spec, err);
}

int tool_main(int argc, char **argv, const struct tool_spec *spec)
{
	struct err err = { 0 };
	ensure_streams();
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error: 74, not a silent death */
	signal(SIGXFSZ, SIG_IGN); /* the same for a file over the limit of ulimit -f */
	log_setup(spec->name, LOG_INFO);
	struct parse p = { .spec = spec, .opts = xcalloc(1, spec->opts_size), .argv = argv,
		.argc = argc, .operands = xcalloc((size_t)argc + 1, sizeof(char *)), .err = &err };
	int status = parse(&p) ? finish(&p) : report(spec, &err);
	free_opts(spec, p.opts);
	free(p.operands);
	return status;
}
