/* mlflow_registry.h - what registered models, their versions and Unity Catalog's prompts share.
 *
 * A prompt is a registered model with tags; in Unity Catalog it has a name of three parts. All
 * of them are rows of the same tables, told apart by `uc`.
 */
#ifndef GENIE_LOCAL_MLFLOW_REGISTRY_H
#define GENIE_LOCAL_MLFLOW_REGISTRY_H

#include "mlflow.h"

bool registry_has(struct call *call, const char *name, bool uc);
bool registry_has_version(struct call *call, const char *name, const char *version);
bool registry_create(struct call *call, const char *name, const char *description, bool uc)
	MUST_CHECK;
/* A version with the next number, in the call's arena; NULL after 500. */
const char *registry_add_version(struct call *call, const char *name,
	const struct json *version) MUST_CHECK;
/* The owner of a version's tags: "name/version". */
const char *registry_version_key(struct call *call, const char *name, const char *version);
/* Those of one version, or of all when it is NULL: as [{alias, version}], or the names alone.
 * NULL when there are none. Yours. */
struct json *registry_aliases(struct call *call, const char *name, const char *version,
	bool names_only);
/* "latest" and v1, v2, ... are reserved: false after 400. */
bool registry_alias_ok(struct call *call, const char *alias) MUST_CHECK;
bool registry_delete(struct call *call, const char *name) MUST_CHECK;

#endif
