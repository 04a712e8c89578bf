/* --plan: what a deployment would do, for people. Nothing is changed. */
#include "cli.h"
#include "deploy.h"

#include "sources.h"

#include "bundle.h"
#include "dbx.h"
#include "json.h"
#include "space.h"
#include "spacecheck.h"
#include "str.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>

/* What a workspace would refuse, found without it. */
static void plan_export(const struct bundle *bundle, const char *path, FILE *out)
{
	struct space_problems problems = { 0 };
	struct space space = { 0 };
	struct str text = STR_INIT;
	struct err why = { 0 };
	if (!bundle_read(bundle, path, &text, &why) ||
	    !space_parse(&space, str_text(&text), text.n, path, &why)) {
		fprintf(out, "  %s\n", why.text);
	} else if (space_check(space.config, &problems)) {
		fprintf(out, "  %s: in order\n", path);
	}
	for (size_t i = 0; i < problems.n; i++)
		fprintf(out, "  %s: %s: %s\n", path, problems.v[i].path, problems.v[i].text);
	space_problems_free(&problems);
	space_free(&space);
	str_free(&text);
}

static const char *job_of(const struct bundle *bundle, const char *name)
{
	const struct json *jobs = json_get(bundle_resources(bundle), "jobs");
	for (const struct json *j = json_first(jobs); j; j = json_next(j))
		if (streq(json_key(j), name) || streq(json_str_or(j, "name", ""), name))
			return json_key(j);
	return NULL;
}

static void plan_job(const struct deploy *d, const struct bundle *bundle, FILE *out)
{
	const char *name = d->o->job ? d->o->job : "genie_spaces_deployment_job";
	const char *job = job_of(bundle, name);
	if (job)
		fprintf(out, "3. run the job %s through the Jobs API and wait for its end; of a "
			"failed task read what it says\n", job);
	else if (!d->o->job && json_len(json_get(bundle_resources(bundle), "genie_spaces")))
		fprintf(out, "3. no job: the bundle deploys its Genie Spaces itself\n");
	else
		fprintf(out, "3. the job %s is not in the bundle: the deployment would end here\n",
			name);
}

static bool plan_cli(struct deploy *d, FILE *out, struct err *err)
{
	static const char *const words[] = { "plan", NULL };
	struct cli_result result = { 0 };
	bool ok = cli_bundle(d, NULL, words, &result, err);
	if (ok)
		fprintf(out, "%s:\n%s\n", result.command, result.status ? result.message :
			trim(result.out.s ? result.out.s : (char[]){ "" }));
	if (ok && result.status)
		ok = err_set(err, ERR_NO, "%s failed", result.command);
	cli_result_free(&result);
	return ok;
}

bool run_plan(struct deploy *d, struct err *err)
{
	struct bundle_options o = { .target = d->o->dbx.target };
	struct strlist paths = { 0 };
	FILE *out = d->tool->out;
	struct bundle *bundle = deploy_connect(d, err) ? bundle_open(d->dir, &o, err) : NULL;
	if (!bundle)
		return false;
	fprintf(out, "1. databricks bundle validate -t %s\n", d->o->dbx.target);
	fprintf(out, "2. databricks bundle deploy%s -t %s, to %s\n",
		d->o->yes ? " --auto-approve" : "", d->o->dbx.target, d->host);
	plan_job(d, bundle, out);
	fprintf(out, "After a failure that can be mended in a file: mend it and begin again, %ld "
		"attempts in all.\n\nExports:\n", d->o->max_attempts);
	sources_exports(d->dir, bundle, &paths);
	for (size_t i = 0; i < paths.n; i++)
		plan_export(bundle, paths.v[i], out);
	fputc('\n', out);
	strlist_free(&paths);
	bundle_free(bundle);
	return plan_cli(d, out, err);
}
