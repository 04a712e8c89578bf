/* artifact.h - the documents that tools hand on to each other.
 *
 * Each says what it is: "schema": "genie/KIND/1". A tool that is given another
 * kind (an eval.json for a decision.json) must say so and not work with nothing.
 *
 * Layer: data.
 */
#ifndef GENIE_ARTIFACT_H
#define GENIE_ARTIFACT_H

#include "base.h"
#include "err.h"

struct json;

/* Reads a document ("-" is standard input) whose schema is one of `kinds`: "space",
 * "patches|apply". Any version is taken. Errors name the file: ERR_IO, or ERR_DATA for what
 * is no JSON or another kind of document. */
struct json *artifact_load(const char *path, const char *kinds, struct err *err) MUST_CHECK;
/* The same check of a document that is read already; `name` is for the message. */
bool artifact_is(const struct json *document, const char *name, const char *kinds, struct err *err);

#endif
