/* sqlparse_value.h - the two halves of the expression parser to each other.
 * Layer: services. */
#ifndef GENIE_SQLPARSE_VALUE_H
#define GENIE_SQLPARSE_VALUE_H

#include "base.h"

struct parser;
struct sqlnode;

/* A value without operators around it. */
struct sqlnode *p_primary(struct parser *p);
/* What may follow a value: ::type, [index], .field, :path. `from` is its first token. */
struct sqlnode *p_postfix(struct parser *p, struct sqlnode *value, size_t from);
/* A type as canonical upper-case text: "DECIMAL(10, 2)", "ARRAY<INT>". */
const char *p_type(struct parser *p);

#endif
