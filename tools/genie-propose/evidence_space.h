/* evidence_space.h - internal to evidence.h: the space as a model is shown it. */
#ifndef GENIE_PROPOSE_EVIDENCE_SPACE_H
#define GENIE_PROPOSE_EVIDENCE_SPACE_H

#include "evidence.h"

/* Sets a text, cut; nothing when it is empty, "(withheld)" when it gives something away. */
void evidence_text(const struct evidence *e, struct json *object, const char *key,
	const char *text, size_t max);

/* Adds `objects`: those that the questions shown need or Genie used, with their fields;
 * `other_objects`, by name; and the parts of the configuration that the lever changes. */
void evidence_space(const struct evidence *e, struct json *out);

#endif
