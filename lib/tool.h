/* tool.h - what every tool's main has in common.
 *
 * A tool is one static `struct tool_spec`. From it come the option parser,
 * --help, --version, --describe (JSON) and --man (mdoc), so that they cannot
 * disagree. tool_main makes the standard streams exist, parses, runs, then
 * flushes and checks standard output (a full disk gives 74).
 *
 * Layer: shell. Only this module and the tools read the environment, print or exit.
 */
#ifndef GENIE_TOOL_H
#define GENIE_TOOL_H

#include "base.h"
#include "err.h"
#include <stdio.h>

enum opt_type {
	OPT_FLAG,   /* bool */
	OPT_STRING, /* const char * */
	OPT_INT,    /* long */
	OPT_NUMBER, /* double */
	OPT_LIST,   /* struct strlist: each use adds one */
};

/* One option. `offset` is the field in the tool's options struct (offsetof). */
struct tool_opt {
	const char *name;    /* long name without dashes */
	char letter;         /* 0: none */
	enum opt_type type;
	size_t offset;
	const char *arg;     /* name of the value ("FILE"); NULL for flags */
	const char *help;    /* one sentence, no final stop */
	const char *value;   /* default as text; NULL: zero/none */
	const char *choices; /* "a|b|c": what it must be; NULL: free */
	long min, max;       /* OPT_INT: both 0 means any */
};

struct tool_example {
	const char *about;   /* a sentence */
	const char *command; /* a shell line */
};

struct tool_exit {
	int code;
	const char *text;
};

struct outfile;
struct tool;
struct tool_spec {
	const char *name;
	const char *purpose;  /* one line, lower case, no final stop */
	const char *operands; /* "SPACE [FILE...]" or "" */
	const char *input;    /* what is read, one sentence */
	const char *output;   /* what is written, one sentence */
	const char *details;  /* paragraphs divided by blank lines; may be NULL */
	const struct tool_opt *opts; /* ends with a NULL name; common ones are added */
	const struct tool_example *examples; /* ends with a NULL command */
	const struct tool_exit *exits;       /* ends with a NULL text; 0, 2 and 74 are added */
	int min_operands, max_operands;      /* max -1: any number */
	size_t opts_size;     /* sizeof the options struct; 0: none */
	bool (*run)(struct tool *tool, struct err *err);
};

/* What run gets. Everything is borrowed from tool_main. */
struct tool {
	const struct tool_spec *spec;
	void *opts;      /* the filled options struct */
	char **operands;
	int noperands;
	FILE *out;       /* standard output, or the temporary behind --output */
	const char *output;    /* path behind --output; NULL: standard output */
	const char *temporary; /* what `out` is called until it is committed; NULL with output */
	struct outfile *file;  /* behind `out`; for tool_commit */
	bool raw_output; /* set by run when it does not want `out` committed on failure */
};

/* Common options of all tools: -o/--output FILE (atomic), -v/--verbose,
 * -q/--quiet, -h/--help, --version, --describe, --man.
 * Environment: GENIE_NOW fixes the clock (RFC 3339). */
int tool_main(int argc, char **argv, const struct tool_spec *spec);

/* Puts the output in its place before run returns: for a tool that may only go on (drop a
 * journal) when its answer cannot get lost any more. Nothing may be written to `out` after. */
bool tool_commit(struct tool *tool, struct err *err) MUST_CHECK;

/* The version of the toolkit ("0.1.0"). */
const char *tool_version(void);

/* Environment variable, NULL when unset or empty. */
const char *tool_env(const char *name);

/* Starts an artifact: {"schema":"genie/NAME/1","tool":{"name":...,"version":...}. */
struct json;
struct json *tool_document(const struct tool *tool, const char *schema);

#endif
