/* layout.h - structured metadata inside a comment.
 *
 * A comment is what people wrote, then labelled parts, each a sentence:
 *
 *   Amount after discounts. Synonyms: spend. Join keys: dim_sku.sku_id.
 *
 * Adding never takes anything away: a part that is there is continued behind its label, what
 * it says already is not said again. Labels with underscores ("do_not_use_when:") are
 * continued as they are. */
#ifndef GENIE_PROPOSE_LAYOUT_H
#define GENIE_PROPOSE_LAYOUT_H

#include "base.h"
#include "str.h"

enum layout_part { LAYOUT_DEFINITION, LAYOUT_SYNONYMS, LAYOUT_VALUES, LAYOUT_GRAIN,
	LAYOUT_JOIN_KEYS, LAYOUT_NOT_FOR, LAYOUT_QUESTIONS, LAYOUT_PARTS };

/* Adds the items that the comment does not say yet. */
void layout_add(struct str *comment, enum layout_part part, const struct strlist *items);
/* Adds a sentence, unless it is there. */
void layout_say(struct str *comment, const char *sentence);

#endif
