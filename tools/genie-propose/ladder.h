/* ladder.h - what to try for a moving time window, by what metadata can do (loop.md,
 * KGL-3): "this year" and "last N days" are learned from a column comment, "last month"
 * half of the time; "last quarter" and year over year are not. Those climb: an instruction
 * with the SQL, a table function that takes the window, a column computed beforehand. */
#ifndef GENIE_PROPOSE_LADDER_H
#define GENIE_PROPOSE_LADDER_H

#include "base.h"

struct fact_case;
struct json;

enum effect { EFFECT_NONE, EFFECT_LOW, EFFECT_MEDIUM, EFFECT_HIGH };
enum rung { RUNG_NONE, RUNG_COMMENT, RUNG_INSTRUCTION, RUNG_FUNCTION, RUNG_COLUMN };

/* How well a column comment teaches the question's window; EFFECT_NONE: it has none. */
enum effect window_effect(const char *question);

/* The next thing to try for this question, after what its cluster has seen tried. */
enum rung ladder_rung(const struct fact_case *c, const struct json *cluster);

/* "last 30 days" in a question: 30; 0: no such phrase. */
long last_days(const char *question);

/* Is this year over year: yoy, "year over year", "same month last year"? */
bool is_year_over_year(const char *question);

#endif
