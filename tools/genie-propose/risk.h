/* risk.h - which right answers a patch may break.
 *
 * Computed from what passing questions need: their benchmark's required_tables and
 * required_columns, and the tables and columns of their expected SQL. At risk are, by what
 * is changed,
 *   a column, measure, dimension    questions that need it (new ones: their object)
 *   a parameter, an object          questions that need the object
 *   a join                          questions that need either side
 *   a filter, measure, expression   questions that need a table it reads, and do not have it
 *                                   in their SQL; questions that hold one of its words and need
 *                                   no such table
 *   instructions                    questions that hold a quoted phrase, or that need an object
 *                                   that the new or the removed text names
 *   an example                      questions that need an object of its SQL and share a content
 *                                   word, or that share half of all content words
 *   a sample question               none: it steers people, not answers */
#ifndef GENIE_PROPOSE_RISK_H
#define GENIE_PROPOSE_RISK_H

#include "cases.h"
#include "model.h"

struct json;
struct patch;

/* Appends the ids, in the order of the rows. Questions that the patch is for are left out. */
void risk_find(const struct model *model, const struct cases *cases, const struct json *patch,
	struct strlist *ids);

/* The array of the configuration that holds what the patch adds, changes or removes. */
const char *items_of(const struct patch *patch);

/* Does the text name the object, as a word of its own? */
bool names_object(const char *text, const struct object *object);

#endif
