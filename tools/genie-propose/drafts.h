/* drafts.h - patches in the making: merged by place, then written as patches.
 *
 * Rules look at one failing question at a time and say which place of the
 * metadata should say what. Drafts for the same place become one patch. What a patch
 * is worth and whether it may stand is decided afterwards (choose.h). */
#ifndef GENIE_PROPOSE_DRAFTS_H
#define GENIE_PROPOSE_DRAFTS_H

#include "base.h"
#include "str.h"

#include "cases.h"
#include "layout.h"
#include "model.h"

struct json;
struct leak_guard;

struct draft {
	const char *type;        /* patch type */
	const struct object *object; /* NULL: the space itself */
	const struct field *field;   /* NULL: the object */
	int lever;
	double confidence;       /* that it repairs the questions it names, 0..1 */
	double regression;       /* that it breaks a question at risk, 0..1 */
	const char *cluster_id;
	int64_t attempts;        /* earlier iterations that were aimed at its clusters */
	struct strlist questions, grounds; /* ids; "id/judge" */
	struct strlist words;    /* synonyms to add */
	struct strlist lines;    /* sentences or lines to say */
	struct json *value;      /* of patches that add an item; owned */
	char *key;               /* tells such items apart; owned, NULL otherwise */
	struct strlist parts[LAYOUT_PARTS]; /* of the comment; synonyms are in words */
	struct json *members;    /* what the patch says instead of lines, as it is; owned */
	const struct json *tired; /* its cluster, when this kind of metadata failed there twice */
	struct strlist pairs;    /* names of the competitions it is one side of */
	char *flaw;              /* why it cannot stand (its SQL does not parse ..); owned */
};

struct proposal {
	const struct model *model;
	const struct cases *cases;
	const struct leak_guard *guard;
	const struct json *history; /* array of earlier patches; NULL: none */
	const struct json *cluster; /* the one that is worked on */
	struct json *warnings;      /* array in the document; NULL: nobody asks */
	int lever;
	struct draft *v;
	size_t n, cap;
	struct strlist dropped;  /* "question: reason": thought of, and not drafted */
};

/* The draft for a place: type, object and field (either may be NULL) and, for items
 * that are added to the space, a key. Made when new. */
struct draft *draft_at(struct proposal *p, const char *type, const struct object *object,
		       const struct field *field, const char *key);
/* Names a question that the draft is for, and what its judges said. */
void draft_for(struct draft *draft, const struct fact_case *c, const char *cluster_id);
/* A member of the patch that is no line: "new_text" of a whole statement, "id" .. */
void draft_member(struct draft *draft, const char *key, const char *text);
/* Remembers what was thought of for a question and why it came to nothing. */
void draft_dropped(struct proposal *p, const struct fact_case *c, const char *why);
void proposal_free(struct proposal *p);

/* The rules, each for one failing question. `cluster` is from clusters.json. */
void rules_names(struct proposal *p, const struct fact_case *c, const struct json *cluster);
void rules_calls(struct proposal *p, const struct fact_case *c, const struct json *cluster);
void rules_views(struct proposal *p, const struct fact_case *c, const struct json *cluster);
void rules_space(struct proposal *p, const struct fact_case *c, const struct json *cluster);

/* Lines of routing rules in one text: what leads to the same end is said once
 * ("a", "b" -> end). New string. */
char *merged_rules(const struct strlist *lines);

/* Appends a patch per draft to `all` (an array): what it says, its questions, grounds,
 * confidence and regression_probability; `pair`, an array of names of competitions; `flaw`. */
void drafts_write(const struct proposal *p, struct json *all);

#endif
