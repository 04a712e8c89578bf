/* phrases.h - the phrases of a question that tell what it needs from what others need.
 *
 * A phrase says something of an asset or a field when the questions that have it need that one
 * and no question without it would be led astray. Not when it is an ordinary word or a proper
 * name, when it is data or may stand for a value that its questions select, or when two
 * words meet in one question by chance. */
#ifndef GENIE_PROPOSE_PHRASES_H
#define GENIE_PROPOSE_PHRASES_H

#include "base.h"

struct cases;
struct fact_case;
struct model;
struct object;

/* May it be said of anything at all: no ordinary word, no proper name, no data, no value? */
bool phrase_is_plain(const struct cases *cases, const struct fact_case *c, const char *phrase);
/* Do all questions with the phrase select one value that they do not name, and no others of
 * the same asset do? Then it may mean the value. The value as new string; NULL: no. */
char *value_meant(const struct cases *cases, const char *phrase);
/* Does `name` (parts between underscores) hold every content word of the phrase? */
bool phrase_is_name(const char *name, const char *phrase);

/* A word that another object of the space knows is its own: taking it would draw that
 * object's questions away. */
bool known_elsewhere(const struct model *model, const struct object *object, const char *word);

/* The phrase of a question that tells its asset: no question that needs another asset has it,
 * most that need this one do, and it is long. One that a single question has must be no
 * other object's word, and say more than the asset's name. New string; NULL: there is none. */
char *telling_phrase(const struct cases *cases, const struct model *model,
		     const struct fact_case *c, const struct object *asset);

/* The same for the questions that need one field (NULL: the asset): no question without it
 * has the phrase. At least `least` questions have it. */
struct telling {
	const struct cases *cases;
	const struct model *model;
	const struct object *object;
	const char *field;
	long least;
};
char *telling_field_phrase(const struct telling *t, const struct fact_case *c);

#endif
