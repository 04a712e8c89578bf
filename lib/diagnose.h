/* diagnose.h - what a failed deployment says, as something that can be acted on.
 *
 * One table (diagnose.c) leads from the words of the Databricks CLI, of the Genie API and of the
 * deployment job to a diagnosis: a code, what it means, what to do. Rules are tried in order,
 * the first that fits wins; letter case is ignored. A new message is a new line of the table.
 * What no rule knows is `unknown`: nobody should guess. Layer: domain.
 */
#ifndef GENIE_DIAGNOSE_H
#define GENIE_DIAGNOSE_H

#include "base.h"
#include "str.h"

enum diagnosis_action {
	DIAGNOSIS_UNKNOWN, /* a person has to look */
	DIAGNOSIS_FIX,     /* a file of the bundle can be fixed, see fixes */
	DIAGNOSIS_RETRY,   /* passing: deploy again */
	DIAGNOSIS_AWAY,    /* the workspace cannot be reached now */
	DIAGNOSIS_LOGIN,   /* log in again, or get the permission */
	DIAGNOSIS_STOP,    /* a person has to change something; the advice says what */
};

enum diagnosis_fix {
	DIAGNOSIS_NO_FIX,
	DIAGNOSIS_SORT,  /* sort arrays */
	DIAGNOSIS_IDS,   /* give ids */
	DIAGNOSIS_LIMIT, /* too many entries: cutting them needs a person's word */
};

/* What the names of a diagnosis are, and so where to look for them. */
enum diagnosis_names {
	DIAGNOSIS_NOTHING,
	DIAGNOSIS_VARIABLES, /* "${var.catalog}" */
	DIAGNOSIS_PATHS,     /* "resources/job.yml" */
	DIAGNOSIS_QUOTED,    /* whatever the message puts into quotes */
	DIAGNOSIS_OBJECTS,   /* "main.gold.f" and the like */
	DIAGNOSIS_JSON,      /* none: the source files are to be parsed */
};

struct diagnosis {
	const char *code;   /* "unsorted_arrays"; static, as text and advice */
	const char *text;   /* one sentence: what is wrong */
	const char *advice; /* one sentence: what to do */
	enum diagnosis_action action;
	enum diagnosis_fix fix;
	enum diagnosis_names kind;
	struct strlist names; /* what the message names; may be empty */
	long limit;           /* of DIAGNOSIS_LIMIT, as the message has it; 0: it has none */
};

/* Always fills *diagnosis; release it with diagnosis_free. */
void diagnose(const char *message, struct diagnosis *diagnosis);
void diagnosis_free(struct diagnosis *diagnosis);
/* "unknown", "fix", "retry", "away", "login", "stop" */
const char *diagnosis_action_text(enum diagnosis_action action);

#endif
