/* dbxtool.h - what every tool that talks to a workspace has in common.
 *
 * Reads the DATABRICKS_* environment for dbx.h. A credential is never taken from
 * the command line. Layer: shell.
 */
#ifndef GENIE_DBXTOOL_H
#define GENIE_DBXTOOL_H

#include "base.h"
#include "err.h"

struct dbx;
struct rate;

/* The three common options, to be put into a tool's option struct ... */
struct dbxtool {
	const char *profile, *bundle, *target;
	bool only_profile; /* what the environment says of a workspace is of another one */
};
/* ... and its table: DBXTOOL_OPTS(struct options, dbx), with dbx the field's name. */
#define DBXTOOL_OPTS(options_, member_)                                               \
	{ .name = "profile", .letter = 'p', .type = OPT_STRING,                      \
	  .offset = offsetof(options_, member_.profile), .arg = "NAME",                    \
	  .help = "profile of ~/.databrickscfg to use" },                            \
	{ .name = "bundle", .type = OPT_STRING,                                      \
	  .offset = offsetof(options_, member_.bundle), .arg = "DIR",                      \
	  .help = "take profile or host from this bundle's databricks.yml" },        \
	{ .name = "target", .type = OPT_STRING,                                      \
	  .offset = offsetof(options_, member_.target), .arg = "NAME",                     \
	  .help = "target of the bundle" }

/* GENIE_HTTP_BUDGET in milliseconds; 0: not set. */
int64_t dbxtool_budget_ms(void);
/* GENIE_HTTP_BUDGET (seconds) shortens how long calls are retried. */
struct dbx *dbxtool_open(const struct dbxtool *options, struct err *err) MUST_CHECK;
/* The limiter of the workspace's question starts, shared by all processes of
 * this user (in XDG_RUNTIME_DIR, else a folder of the user's own in TMPDIR). */
struct rate *dbxtool_rate(const struct dbx *dbx, double qpm, struct err *err) MUST_CHECK;

#endif
