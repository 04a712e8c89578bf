/* sources.h - the files of the bundle, as far as a failure can be traced to them.
 */
#ifndef GENIE_DEPLOY_SOURCES_H
#define GENIE_DEPLOY_SOURCES_H

#include "base.h"
#include "err.h"
#include "str.h"

struct bundle;

/* The exports of Genie Spaces as paths inside the bundle: those that the bundle names; when it
 * cannot be opened (bundle is NULL), what lies in src/genie. */
void sources_exports(const char *dir, const struct bundle *bundle, struct strlist *paths);

/* Where this text stands in YAML, JSON, SQL and Python files of the bundle: "FILE:LINE", at most
 * `max`, in the order of the files. */
void sources_find(const char *dir, const char *text, size_t max, struct strlist *places);

#endif
