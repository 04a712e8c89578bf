/* rules_space.h - the parts of lever 6. */
#ifndef GENIE_PROPOSE_RULES_SPACE_H
#define GENIE_PROPOSE_RULES_SPACE_H

struct fact_case;
struct json;
struct proposal;

/* Examples, snippets and sample questions for one failing question. */
void rules_items(struct proposal *p, const struct fact_case *c, const struct json *cluster);
/* After the last question: instructions that do not go together, or would get too long,
 * become one patch. */
void rules_space_end(struct proposal *p);

#endif
