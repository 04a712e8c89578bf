/* escalation.h - what a person has to know when the loop gets no further. */
#ifndef GENIE_SESSION_ESCALATION_H
#define GENIE_SESSION_ESCALATION_H

#include "base.h"

struct folder;
struct json;

/* Adds the fields of escalation.json to `document`: errors, fixes tried, hypothesis, scores,
 * deploy status and recommendation. `progress` is what derive() made of the folder. */
void escalate(const struct folder *folder, const struct json *progress, struct json *document);

#endif
