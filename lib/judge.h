/* judge.h - the judges in code: eight opinions about one row, each with what can be
 * acted on.
 *
 * Reads what a row has (genie_sql, explain, comparison, status, expected_asset) and writes
 * `judges.<name> {value, rationale, source: "code", asi}`, `asset` and `outcome`. A verdict
 * that says no or unknown carries ASI (contracts.md). A row that Genie did not
 * answer fails everywhere. The arbiter speaks only on disagreement, and is
 * `skipped` otherwise. Layer: domain.
 */
#ifndef GENIE_JUDGE_H
#define GENIE_JUDGE_H

#include "base.h"
#include "judgecat.h"

struct json;

struct judge_input {
	struct json *row;                    /* changed in place */
	const char *gold_sql;                /* resolved; NULL: none */
	const struct judge_catalog *catalog; /* NULL: nothing known */
};
void judge_row(const struct judge_input *input);

#endif
