/* attempts.h - what was tried before and did not help. */
#ifndef GENIE_PROPOSE_ATTEMPTS_H
#define GENIE_PROPOSE_ATTEMPTS_H

#include "base.h"

struct json;

/* Has metadata of this type's kind been tried on the cluster at least twice? Told by the
 * cluster's known_limitation, or by its `attempts` and the history (array of patches). */
bool attempts_failed(const struct json *cluster, const struct json *history, const char *type);
/* Why nothing more of it is proposed. New string. */
char *attempts_reason(const struct json *cluster);

/* What is left of a confidence after so many attempts at the same failure. */
double attempts_confidence(double confidence, int64_t attempts);

#endif
