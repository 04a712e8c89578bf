/* cli.h - the Databricks CLI, which alone knows bundles: `databricks bundle VERB`.
 *
 * $DATABRICKS_CLI_PATH, else `databricks` of PATH. It is run in the bundle's folder with the
 * environment as it is, so that it finds the credentials that this tool found.
 */
#ifndef GENIE_DEPLOY_CLI_H
#define GENIE_DEPLOY_CLI_H

#include "deploy.h"
#include "str.h"

struct cli_result {
	int status;      /* exit status */
	struct str out;  /* standard output */
	char *message;   /* of a failure: from "Error:" on, without secrets; else NULL */
	char *command;   /* as a person would type it */
};
void cli_result_free(struct cli_result *result);

/* Runs the verb ("deploy --auto-approve" is two words of `words`, NULL at the end). False when it
 * could not be run; a status other than 0 is a result. Adds a step to the attempt with `phase`
 * unless that is NULL. Release the result either way. */
bool cli_bundle(struct deploy *d, const char *phase, const char *const *words,
	struct cli_result *result, struct err *err) MUST_CHECK;

#endif
