/* group.h - mistakes with the same cause and the same blamed object, together.
 *
 * Memory grows with groups and distinct question ids, not with rows. Nothing depends on the
 * order of the rows: counts are integers, and of texts the smallest are kept.
 */
#ifndef GENIE_CLUSTER_GROUP_H
#define GENIE_CLUSTER_GROUP_H

#include "intern.h"
#include "str.h"
#include "verdicts.h"

struct json;
struct mistakes;

#define MAX_EVIDENCE 5
#define MAX_TEXTS 10 /* fixes, clauses, patterns, blamed objects kept of one group */

/* What was said about one question; of those of a question the smallest. */
struct evidence {
	char *question_id, *judge, *rationale;
	const char *matched; /* static; NULL: none */
	enum verdict_source source;
	bool primary;
};

struct group {
	const char *type; /* borrowed from the taxonomy */
	char *blame;      /* "" when nothing is blamed */
	char *kind;       /* of an oscillation; NULL: none */
	unsigned assets;  /* of an oscillation, bits by steady.h */
	long levers[7];   /* rows that ask for each */
	int severity;     /* worst */
	int64_t confidence; /* sum over rows, in thousandths */
	long rows;
	unsigned sources; /* bit per verdict_source */
	unsigned hints;   /* history.h */
	struct numset questions, primary;
	struct strlist judges, blame_set, fixes, clauses, patterns;
	struct evidence evidence[MAX_EVIDENCE];
	size_t nevidence;
};

/* How actionable a judge's fixes are. */
struct quality {
	char *judge, *example;
	long generic, total;
};

struct groups {
	struct group **v;
	size_t n, cap;
	struct intern keys;      /* v[i] has key i */
	struct intern questions; /* ids */
	struct quality *judges;
	size_t njudges, judge_cap;
};

struct groups *groups_new(void);
void groups_free(struct groups *groups);
/* Adds a failing row. `hints` are those of the row (history.h). */
void groups_add(struct groups *groups, const struct verdicts *row, const struct mistakes *mistakes,
	unsigned hints);
/* The group of a type and blamed object (copied); `extra` tells groups of the same apart. */
struct group *group_of(struct groups *groups, const char *type, const char *blame,
	const char *extra);
/* Counts one row of the group. */
void group_count(struct group *group, uint32_t question, double confidence, int severity,
	int lever);
/* Takes the strings of `one`. */
void group_evidence(struct group *group, struct evidence one);
/* Keeps the smallest MAX_TEXTS of texts, sorted. */
void keep_text(struct strlist *list, const char *text);
int group_lever(const struct group *group); /* that most rows ask for, the lowest of those */
/* Renames what is blamed to the longest name seen for it, and joins what is then the same. */
void groups_settle(struct groups *groups);

#endif
