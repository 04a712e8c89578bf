/* rules_space.h - the parts of lever 6. */
#ifndef GENIE_PROPOSE_RULES_SPACE_H
#define GENIE_PROPOSE_RULES_SPACE_H

#include "base.h"

struct fact_case;
struct json;
struct proposal;

/* Examples and sample questions for one failing question, and its snippets. */
void rules_items(struct proposal *p, const struct fact_case *c, const struct json *cluster);
void rules_snippets(struct proposal *p, const struct fact_case *c, const struct json *cluster);

/* Expected SQL of other splits than train goes into no item. */
bool is_train(const struct fact_case *c);
/* The list of items at a place of the space's config; NULL: none. */
struct json *list_in_space(const struct proposal *p, const char *dotted);
/* The text that the space keeps in lines, and the other way round. New string. */
char *text_of(const struct json *lines);
void set_text(struct json *object, const char *key, const char *text);
/* But for blanks, letter case of keywords and comments. */
bool same_sql(const char *a, const char *b);
/* "total_cost" reads "total cost". New string. */
char *spoken(const char *name);
/* After the last question: instructions that do not go together, or would get too long,
 * become one patch. */
void rules_space_end(struct proposal *p);

#endif
