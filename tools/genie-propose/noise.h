/* noise.h - words of a question that stand for no column. */
#ifndef GENIE_PROPOSE_NOISE_H
#define GENIE_PROPOSE_NOISE_H

#include "base.h"

struct cases;
struct fact_case;
struct field;
struct object;

/* An ordinary English word: an adjective, adverb or verb that qualifies anything. Lower case. */
bool is_ordinary(const char *word);
/* Does a literal of an expected or generated SQL hold the word? Then it is data. */
bool is_data(const struct cases *cases, const char *word);
/* May the word become a synonym of the field? Not when it is ordinary, data, what a filter of
 * the expected SQL is about, one of two things compared, or when the questions that have it
 * mostly need something else. */
bool is_name_of(const struct cases *cases, const struct fact_case *c, const char *word,
		const struct object *object, const struct field *field);

#endif
