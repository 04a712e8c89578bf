/* tvfcomment.h - the comment of a table function in bullets: PURPOSE, BEST FOR, NOT FOR,
 * RETURNS, PARAMS, SYNTAX, NOTE.
 *
 * What a person wrote stays, word by word, under the bullet it belongs to; what the
 * definition knows (parameters, returned columns, the call) is added where it is
 * missing. Laying out a text that was laid out changes nothing. */
#ifndef GENIE_PROPOSE_TVFCOMMENT_H
#define GENIE_PROPOSE_TVFCOMMENT_H

#include "base.h"

struct callable;
struct strlist;

/* best: phrases that it answers; not: phrases that it does not, each with " (use x)".
 * New string. */
char *tvf_comment(const struct callable *f, const struct strlist *best, const struct strlist *not);

/* How a parameter is passed, in one sentence or two; "" when its type says it all. New
 * string. */
struct call_part;
char *param_usage(const struct call_part *p);

#endif
