/* proposellm_int.h - internal: what the two halves of proposellm.h share. Layer: domain. */
#ifndef GENIE_PROPOSELLM_INT_H
#define GENIE_PROPOSELLM_INT_H

#include "patch.h"

/* The members that `value` may have, divided by spaces; "" when the kind has none. */
const char *proposellm_value_members(enum patch_kind kind);
/* The member that a type may have beside those it needs; "" when there is none. */
const char *proposellm_optional_member(const struct patch_type *type);

#endif
