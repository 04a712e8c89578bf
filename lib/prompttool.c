#include "prompttool.h"

#include "io.h"
#include "mem.h"
#include "proc.h"
#include "str.h"
#include "tool.h"

#include <stdlib.h>

#define LEVELS 4 /* folders between the source tree and a binary: build/asan/bin */

/* Takes dir: given back when it is one with prompts, else freed. */
static char *if_there(char *dir)
{
	char *file = io_join(dir, "arbiter.md");
	bool there = io_exists(file);
	free(file);
	if (there)
		return dir;
	free(dir);
	return NULL;
}

static char *beside(const char *bin)
{
	char *found = if_there(xasprintf("%s/../share/genie-toolkit/prompts", bin));
	char *up = xstrdup(bin);
	for (int i = 0; i < LEVELS && !found; i++) {
		char *dir = io_dirname(up);
		free(up);
		up = dir;
		found = if_there(io_join(up, "prompts"));
	}
	free(up);
	return found;
}

char *prompttool_dir(const char *given, struct err *err)
{
	const char *named = given ? given : tool_env("GENIE_PROMPTS");
	if (named)
		return xstrdup(named);
	char *bin = proc_program_dir(), *found = bin ? beside(bin) : NULL;
	free(bin);
	found = found ? found : if_there(xstrdup("prompts"));
	if (!found)
		err_set(err, ERR_IO, "the folder of the prompts is not found: give --prompts or "
			"set GENIE_PROMPTS");
	return found;
}
