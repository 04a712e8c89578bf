/* derive.h - session state as a function of the artifacts: nothing is stored that
 * can be derived. */
#ifndef GENIE_SESSION_DERIVE_H
#define GENIE_SESSION_DERIVE_H

#include "base.h"

struct folder;
struct json;

/* Adds the fields of optimization-progress.json (contracts.md) to `document`. */
void derive(const struct folder *folder, int max_iterations, struct json *document);

#endif
