/* words.h - what a rationale says when its judge gave no ASI.
 *
 * The table, first match wins; words are looked for without letter case:
 *
 *   asset_routing_error      metric view instead | tvf instead | function instead | table instead |
 *                            routing | routed | wrong asset
 *   wrong_table              wrong table | incorrect table | different table
 *   tvf_parameter_error      parameter | argument
 *   wrong_join               missing join | wrong join | incorrect join | join condition | join key
 *   wrong_measure            wrong measure | different measure | incorrect measure
 *   wrong_column             wrong column | incorrect column | different column | column instead
 *   wrong_aggregation        aggregat | sum instead | count instead | average instead | group by
 *   missing_temporal_filter  time window | date range | time period | date filter | temporal
 *   missing_filter           missing filter | no filter | lacks a filter | without the filter |
 *                            missing where
 *   wrong_filter             wrong filter | incorrect filter | filter value | different filter
 *   missing_synonym          synonym | unknown term | does not know
 *   ambiguous_question       ambiguous | unclear
 *   stale_data               stale
 *   other                    nothing of these
 */
#ifndef GENIE_CLUSTER_WORDS_H
#define GENIE_CLUSTER_WORDS_H

#include "base.h"

struct arena;

/* The failure type; *matched is the words that told it (static), NULL for "other". */
const char *words_type(const char *rationale, const char **matched);
/* The first name in backticks, or of two parts or more (a.b), that the text has; NULL: none. */
const char *words_blame(struct arena *arena, const char *rationale);

#endif
