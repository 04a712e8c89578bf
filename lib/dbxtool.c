#include "dbxtool.h"

#include "dbx.h"
#include "mem.h"
#include "rate.h"
#include "tool.h"

#include <stdlib.h>
#include <unistd.h>

int64_t dbxtool_budget_ms(void)
{
	const char *text = tool_env("GENIE_HTTP_BUDGET");
	double seconds = text ? strtod(text, NULL) : 0;

	return seconds > 0 && seconds < 86400 ? (int64_t)(seconds * 1000) : 0;
}

struct dbx *dbxtool_open(const struct dbxtool *tool, struct err *err)
{
	char *agent = xasprintf("genie-toolkit/%s", tool_version());
	struct dbx_options options = {
		.home = tool_env("HOME"), .bundle = tool->bundle, .target = tool->target,
		.http = { .budget_ms = dbxtool_budget_ms(), .agent = agent },
	};
	struct dbx *dbx;

	options.given[DBX_PROFILE] = tool->profile;
	for (int i = 0; i < DBX_NATTRS; i++)
		if (!tool->only_profile || i == DBX_CONFIG_FILE || i == DBX_CLI_PATH)
			options.env[i] = tool_env(dbx_attr_env((enum dbx_attr)i));
	dbx = dbx_open(&options, err);
	free(agent);
	return dbx;
}

struct rate *dbxtool_rate(const struct dbx *dbx, double qpm, struct err *err)
{
	const char *runtime = tool_env("XDG_RUNTIME_DIR"), *tmp = tool_env("TMPDIR");
	char *dir = runtime ? xasprintf("%s/genie-toolkit", runtime) :
		xasprintf("%s/genie-toolkit-%ld", tmp ? tmp : "/tmp", (long)getuid());
	struct rate *rate = rate_open(dir, dbx_host(dbx), qpm, err);

	free(dir);
	return rate;
}
