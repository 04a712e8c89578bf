/* rules.h - what the rules of levers 1, 4 and 5 share: which objects and fields the two
 * SQLs of a question differ in, and which words of the question tell the one from the other.
 *
 * Each rule looks at one failing question and drafts patches for the lever asked for. */
#ifndef GENIE_PROPOSE_RULES_H
#define GENIE_PROPOSE_RULES_H

#include "drafts.h"

struct asked {
	struct proposal *p;
	const struct fact_case *c;
	const struct json *cluster;
	const char *cause;
};

/* A field and its object; either may be NULL. */
struct place {
	const struct object *o;
	const struct field *f;
};

void rules_rivals(const struct asked *a); /* two tables or columns compete */
void rules_values(const struct asked *a); /* what a column holds, and whether Genie sees it */
void rules_joins(const struct asked *a);
void rules_scope(const struct asked *a);  /* rows that count, freshness, grain */
void rules_labels(const struct asked *a); /* tags, properties, display names, sources */

void rules_codes(const struct asked *a);  /* words that stand for codes; levers 1 to 5 */
void rules_fixes(const struct asked *a);  /* what judges say should be said; lever 2 too */

/* Is this one's own metadata changed by the lever asked for? */
bool is_ours(const struct asked *a, const struct object *o);
/* The objects of the space live where: metric views count as lever 1 for what the space says. */
bool is_in_space(const struct asked *a, const struct object *o);

/* A draft that the question grounds. `key` may be NULL. */
struct draft *draft_asked(const struct asked *a, const char *type, struct place at, const char *key,
			  double confidence, double regression);
/* The type that writes a field's or an object's text: a comment that is not there is added; a
 * description of the space goes before a comment, and a metric view only has that. */
const char *text_type(const struct place *at);

/* The field that a column of the facts is; {NULL, NULL} when it cannot be placed. */
struct place place_of(const struct model *model, const struct sqlfacts *facts, const char *table,
		      const char *column);
bool facts_have(const struct model *model, const struct sqlfacts *facts, struct place at);
/* Does any question's expected SQL, asked or passed, need it? */
bool anyone_needs(const struct asked *a, struct place at);

/* The words of the question that tell the right place from the wrong one: no question with
 * them needs the wrong one alone or got the right one, at least so many more need the right
 * one than not, none is ordinary. New string; NULL: there are none. */
char *telling_words(const struct asked *a, struct place right, struct place wrong, long least);

/* What the space says of a column: its column_configs entry, NULL when there is none. */
const struct json *column_config(const struct model *model, struct place at);
/* The text of a SQL string literal without its quotes; NULL: it is none. New string. */
char *literal_text(const char *value);

#endif
