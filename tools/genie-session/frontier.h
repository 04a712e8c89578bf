/* frontier.h - the iterations that no other one beats in all respects.
 *
 * Correctness and repeatability up, regressions and the cost of all patches down. What was not
 * measured is not better than anything. A configuration that can be chosen (accepted, and
 * measured by the questions as they are now) is only beaten by another one that can be.
 */
#ifndef GENIE_SESSION_FRONTIER_H
#define GENIE_SESSION_FRONTIER_H

#include "base.h"

struct folder;
struct iteration;
struct json;

/* Sets pareto_frontier. */
void frontier_write(const struct folder *folder, struct json *document);

#endif
