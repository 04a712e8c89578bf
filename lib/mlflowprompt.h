/* mlflowprompt.h - the prompt registry: of an MLflow server (registered models with tags) or of
 * Unity Catalog on Databricks. Layer: domain.
 */
#ifndef GENIE_MLFLOWPROMPT_H
#define GENIE_MLFLOWPROMPT_H

#include "mlflow.h"
#include "str.h"

#define MLFLOW_MAX_PROMPT 100000 /* bytes of a text */

struct mlflow_prompt {
	const char *name;       /* "catalog.schema.name" */
	const char *text, *sha256, *alias;
	const char *experiment; /* id, shown in its Prompts tab (MLflow servers); NULL: none */
	bool keep;              /* a version that the alias points to stays, whatever its text */
};
/* Makes the prompt and a version with this text unless one with the same digest is there, and
 * points the alias to it. `version` is filled; *made says whether it is new. Read back. A prompt
 * that is there already is shown in the experiment, too. */
bool mlflow_prompt_register(struct mlflow *mlflow, const struct mlflow_prompt *prompt,
	struct str *version, bool *made, struct err *err) MUST_CHECK;
/* The text and version that an alias points to. ERR_UNAVAILABLE when there is none. */
bool mlflow_prompt_load(struct mlflow *mlflow, const char *name, const char *alias,
	struct str *text, struct str *version, struct err *err) MUST_CHECK;
/* Letters, digits and "_.-"; on Databricks three parts of letters, digits and "_". */
bool mlflow_prompt_name_ok(const struct mlflow *mlflow, const char *name);

#endif
