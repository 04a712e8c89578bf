/* searchrules.h - what both ways to propose in a search share. */
#ifndef GENIE_PROPOSE_SEARCHRULES_H
#define GENIE_PROPOSE_SEARCHRULES_H

#include "base.h"
#include "cases.h"
#include "drafts.h"
#include "err.h"
#include "model.h"
#include "search.h"

/* What a parent's texts are and how train questions were answered under them. */
struct scene {
	struct model model;
	struct cases cases;      /* all train questions that were asked */
	struct json *clusters;   /* of those that fail in the minibatch */
};
/* Free it also on failure. */
bool scene_open(const struct search *s, const struct gepa_brief *brief, struct scene *scene,
	struct err *err) MUST_CHECK;
void scene_free(struct scene *scene);

/* True, with err, when many proposals in a row were nothing, known or refused: to be asked before
 * each one. What was said for every question will not change. */
bool search_is_idle(struct search *s, struct err *err);
/* The text of a component after a patch; new string. NULL: the patch is of something else, or
 * what it changes is not there. */
char *search_edit(const struct search *s, char *const *text, const struct json *patch,
	int *component);

#endif
