/* problem.h - the diagnosis of a failure, with what the files of the bundle say about it.
 */
#ifndef GENIE_DEPLOY_PROBLEM_H
#define GENIE_DEPLOY_PROBLEM_H

#include "deploy.h"
#include "diagnose.h"

/* {code, action, text, advice, places[]} for the attempt: the file, line and column that does not
 * parse, where a variable or path is named, the statement of a function, how to log in. */
struct json *problem_json(const struct deploy *d, const struct diagnosis *diagnosis);

#endif
