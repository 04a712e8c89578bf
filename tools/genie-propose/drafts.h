/* drafts.h - patches in the making: merged by place, weighed, checked, ordered.
 *
 * Rules look at one failing question at a time and say which place of the
 * metadata should say what. Drafts for the same place become one patch. */
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
	struct strlist questions, grounds; /* ids; "id/judge" */
	struct strlist words;    /* synonyms to add */
	struct strlist lines;    /* sentences or lines to say */
	struct json *value;      /* of patches that add an item; owned */
	char *key;               /* tells such items apart; owned, NULL otherwise */
	struct strlist parts[LAYOUT_PARTS]; /* of the comment; synonyms are in words */
	struct json *members;    /* what the patch says instead of lines, as it is; owned */
	const struct json *tired; /* its cluster, when this kind of metadata failed there twice */
	struct strlist pairs;    /* names of the competitions it is one side of */
	char *flaw;              /* why it cannot stand (does not parse ..); owned, or NULL */
};

struct proposal {
	const struct model *model;
	const struct cases *cases;
	const struct leak_guard *guard;
	const struct json *history; /* earlier patches; NULL: none */
	const struct json *cluster; /* the one that is worked on */
	struct json *warnings;      /* array in the document; NULL: nobody asks */
	int lever;
	struct draft *v;
	size_t n, cap;
};

/* The draft for a place: type, object and field (either may be NULL) and, for items
 * that are added to the space, a key. Made when new. */
struct draft *draft_at(struct proposal *p, const char *type, const struct object *object,
		       const struct field *field, const char *key);
/* Names a question that the draft is for, and what its judges said. */
void draft_for(struct draft *draft, const struct fact_case *c, const char *cluster_id);
/* A member of the patch that is no line: "new_text" of a whole statement, "id" .. */
void draft_member(struct draft *draft, const char *key, const char *text);
void proposal_free(struct proposal *p);

/* Patches that go together while they are chosen (pairs.c): notes the names of a draft's
 * competitions; refuses patches of a list that are alone in one; moves the first patch and
 * all that have to go with it to `unit`; names patches P001 and so on, partners by these ids. */
typedef void patch_refuse(struct json *refused, struct json *patch, const char *reason);
void pair_mark(struct json *patch, const struct draft *draft);
void pairs_complete(struct json *list, patch_refuse *refuse, struct json *refused);
void pairs_take(struct json *list, struct json *unit);
void pairs_number(struct json *patches);

/* The rules, each for one failing question. `cluster` is from clusters.json. */
void rules_names(struct proposal *p, const struct fact_case *c, const struct json *cluster);
void rules_calls(struct proposal *p, const struct fact_case *c, const struct json *cluster);
void rules_views(struct proposal *p, const struct fact_case *c, const struct json *cluster);
void rules_space(struct proposal *p, const struct fact_case *c, const struct json *cluster);

/* Adds "patches" (at most max, at most five objects, best first) and "refused" to
 * the document. `history`: array of earlier patches, not proposed again. */
void proposal_write(struct proposal *p, const struct json *history, size_t max,
		    struct json *document);

#endif
