/* planner.h - the local Genie: a question, what a space knows, and SQL.
 *
 * A stand-in for Genie in the embedded workspace. It is deterministic, knows no
 * domain and reads only what a Genie Space gives to Genie: the space's
 * configuration and the Unity Catalog metadata of the objects in it. The
 * `benchmarks` part of a configuration is never read. So it fails where metadata
 * fails it and answers better when metadata gets better. It does not claim to
 * predict what Databricks' Genie would say.
 *
 * What goes in: struct planner_input.config is the parsed serialized_space
 * (version 1 or 2; texts may be strings or arrays of strings). uc is
 *   { "tables": [ { "full_name", "table_type": "TABLE|VIEW|METRIC_VIEW",
 *       "comment", "tags": {name: value}, "properties": {name: value},
 *       "columns": [ { "name", "type", "comment", "nullable", "tags": {},
 *                      "values": [up to 200 distinct strings; optional] } ],
 *       "primary_key": [column],
 *       "foreign_keys": [ { "columns": [], "references": full_name,
 *                           "ref_columns": [] } ] } ],
 *     "metric_views": [ { "full_name", "definition": { "source", "filter",
 *       "joins", "comment", "dimensions": [], "measures": [] } } ],
 *     "functions": [ { "full_name", "comment",
 *       "parameters": [ { "name", "type", "default": SQL text or null, "comment" } ],
 *       "return_columns": [ { "name", "type", "comment" } ] } ] }
 * Everything but full_name and name may be absent or null. A metric view may
 * also stand among tables (for its tags and the types of its columns). "values"
 * counts only where the space turns the column's value dictionary on
 * (enable_entity_matching, build_value_dictionary). Objects that the space does
 * not list are not seen; columns it excludes are not used.
 *
 * How it works (a module each):
 *  1. words   The question becomes words: lower case, lightly stemmed; function,
 *             aggregation, ranking and time words are known, all others are
 *             "content" and mean only what metadata says.
 *  2. text    Comments become parts by their labels: BEST FOR, NOT FOR,
 *             Synonyms, preferred_questions, do_not_use_when, Values, PARAMS...;
 *             JSON comments alike. "do not use for" sentences count as NOT FOR.
 *  3. model   Assets (tables, metric views, functions), their fields, joins.
 *  4. rules   Instructions and comments, line by line: `"phrase" -> asset`, `use A for X`,
 *             `for X use A`, `do not use A for X`, `"phrase" -> WHERE sql`,
 *             `"phrase" means column`, `always ... sql`, `default to last 30 days`. What
 *             always holds for a table is applied where the table is read, unless the
 *             question says something of the same column.
 *  5. route   Scores assets (table below); within the margin a seeded draw decides.
 *  6. example An example question that is close enough lends its SQL; the N of a top N
 *             and of "last N days", thresholds and values are replaced, and where one
 *             of these cannot be put in safely the example is left alone.
 *  7. fill    Measure, dimensions, filters, joins, time window, ranking. Values bind by
 *             dictionary, by a comment's list ("Values: P = paid"), by the column named
 *             beside them; booleans by their name or its opposite ("inactive").
 *  8. call    Arguments of functions; texts by the list of values in the parameter's comment.
 *
 * Weights. A content word w that the asset knows adds idf(w) times the largest
 * weight among the places where it stands; idf(w) = ln(1 + assets / assets
 * that know w). Negative parts subtract by how much of the part the question
 * covers (at least half of its words).
 *    asset name, synonym                1.0    BEST FOR, preferred question  1.0
 *    field name                         0.7    field synonym, display name   0.9
 *    asset comment                      0.5    field comment, filter snippet 0.35
 *    tag value                          0.4    dictionary or listed value    0.6
 *    parameter name or comment          0.3    example question's asset       up to +2.0 by likeness
 *    word known only through a join     0.5 of the above
 *    NOT FOR, do_not_use_when          -2.0 a word
 *    routing rule, quoted phrase there  +6.0   avoiding rule                -6.0
 *    routing rule, words of its text    +1.5 a word, by coverage; avoiding  -1.5
 *    can measure what was asked         +1.0   subject of "how many", "list" +0.8
 *    parameter takes the question's top N  +0.4
 *    tags: preferred_for_genie +0.8, deprecated_for_genie -2.5
 *    example lends its SQL from         0.62 likeness (weighted Jaccard)
 *    draw margin                        6 % of the best score
 *    no answer below                    0.2 of the question's content weight
 *
 * What goes wrong on purpose, as it does in Genie:
 *  - "last quarter" reads as the last 90 days, year over year as plain years,
 *    unless a rule, an example, a column comment with SQL or a function
 *    parameter says how.
 *  - A text parameter that the question does not fill becomes the string 'NULL',
 *    a date parameter a literal date, unless the parameter's comment (or the
 *    function's PARAMS part) says "NULL for all", "optional", CURRENT_DATE.
 *  - Without foreign key or join spec nothing is joined: the best column of the
 *    asset itself is taken.
 *  - A measure that no metadata names: the first number is taken.
 * Choices where the question leaves one: a ranking without a number gets LIMIT 10; "which X has the
 * most" LIMIT 1; "the past few days" are 7; a trend goes by day, over more than a quarter or
 * without a window by month; a number column is added up, a rate or price averaged.
 */
#ifndef GENIE_PLANNER_H
#define GENIE_PLANNER_H

#include "base.h"
#include "err.h"

#include <stdio.h>

struct json;

struct planner_input {
	const struct json *config; /* the serialized_space object */
	const struct json *uc;     /* see above */
	const char *question;      /* UTF-8, at most PLANNER_MAX_QUESTION bytes */
	uint64_t seed;             /* decides between close assets, nothing else */
	const char *today;         /* YYYY-MM-DD */
};

#define PLANNER_MAX_QUESTION 10000

enum planner_asset {
	PLANNER_NONE,
	PLANNER_TABLE,
	PLANNER_METRIC_VIEW,
	PLANNER_FUNCTION,
};

/* Strings are owned; planner_answer_free releases them. */
struct planner_answer {
	char *sql;         /* one SELECT without semicolon; NULL: cannot answer */
	char *description; /* what the SQL does, one sentence; NULL without SQL */
	char *text;        /* what Genie says; never NULL */
	char *asset;       /* full name of the chosen asset, or NULL */
	enum planner_asset kind;
	bool drawn;        /* the seed decided between close assets */
};

/* Answers a question. An unanswerable one is no failure (sql is NULL). Fails
 * with ERR_DATA when the question is too long or today is no date. */
bool planner_answer(const struct planner_input *in, struct planner_answer *out,
		    struct err *err) MUST_CHECK;
void planner_answer_free(struct planner_answer *answer);

/* The filter behind `genie-local plan`: reads {"config","uc","question",
 * "seed","today"} as one JSON object, writes the answer as one JSON line. */
bool planner_main_filter(FILE *in, FILE *out, struct err *err) MUST_CHECK;

#endif
