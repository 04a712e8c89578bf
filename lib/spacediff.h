/* spacediff.h - where two configurations of a space differ, for a message to people.
 *
 * Members of lists are recognised by their id, identifier, column_name or name, and the order of
 * lists that have one does not count. Layer: domain.
 */
#ifndef GENIE_SPACEDIFF_H
#define GENIE_SPACEDIFF_H

#include "base.h"

struct json;
struct str;

/* Appends the places of up to `most` differences, divided by ", ", and "and N more":
 *	instructions.text_instructions[id=35ac...].content changed
 *	data_sources.tables[identifier=main.gold.dim_sku] added
 * Returns how many there are; 0: the two mean the same. */
size_t space_differences(const struct json *then, const struct json *now, size_t most,
	struct str *out);

#endif
