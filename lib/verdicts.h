/* verdicts.h - what the failing judges say about a row, without the row.
 *
 * Clustering needs few of a row's members: those of the verdicts that fail. They are read
 * from a normalised row (rows.h), or straight from its line, which is several times as fast; both
 * ways give the same, or the line is refused and its row must be made. Layer: domain.
 */
#ifndef GENIE_VERDICTS_H
#define GENIE_VERDICTS_H

#include "base.h"
#include "mem.h"

struct json;

/* Where a verdict's ASI was read. */
enum verdict_source { VERDICT_JUDGES, VERDICT_COLUMNS, VERDICT_ASSESSMENTS, VERDICT_ASI_TABLE,
	VERDICT_RATIONALE, VERDICT_OUTCOME, VERDICT_ASKINGS, VERDICT_NSOURCES };
const char *verdict_source_name(enum verdict_source source); /* "judges", "columns", ... */

/* One failing verdict. Texts are never NULL; "" when absent. */
struct verdict {
	const char *judge, *value, *rationale;
	const char *failure_type, *severity, *wrong_clause, *fix, *pattern, *actual;
	const char **blame;
	size_t nblame;
	double confidence;          /* negative: not given */
	bool has_asi;               /* says what kind of mistake, what is to blame, or what to do */
	enum verdict_source source; /* of the ASI */
};

#define VERDICTS_MAX 32 /* judges of a row that are looked at */

/* A text of the row that is seldom wanted: verdicts_text makes it one. */
struct verdict_raw {
	const char *s;
	size_t n;
	bool quoted; /* still as written in the line */
};

struct verdicts {
	const char *question_id, *split, *asset, *outcome, *sql_hash; /* outcome as row_outcome */
	struct verdict_raw question, genie_sql, expected_sql;
	bool replicate;    /* one asking of several */
	struct verdict v[VERDICTS_MAX]; /* failing ones, in the order of row_judge_names */
	size_t n;
	struct arena arena; /* of all texts */
};
void verdicts_free(struct verdicts *verdicts);
/* From a normalised row; it is borrowed until the next call. */
void verdicts_of_row(struct verdicts *verdicts, const struct json *row);
/* From a line, for rows_show: context is the struct verdicts, the line is borrowed until the
 * next call. False: not in the plain form, or not acceptable at all. */
bool verdicts_of_line(void *context, const char *line, size_t n);
/* "" when absent. */
const char *verdicts_text(struct verdicts *verdicts, const struct verdict_raw *raw);

#endif
