/* cells.h - what the matrix shows of one question in one iteration when somebody asks.
 *
 * Texts are kept once, however often they occur: an expected SQL is the same in every
 * iteration, and most rationales are a handful of sentences.
 */
#ifndef GENIE_REPORT_CELLS_H
#define GENIE_REPORT_CELLS_H

#include "base.h"

struct cells;
struct json;
struct str;

#define CELLS_MAX_SQL 8000      /* bytes of a SQL text; "..." follows when some are left out */
#define CELLS_MAX_RATIONALE 600 /* bytes of a rationale or an error */

struct cells *cells_new(void);
void cells_free(struct cells *cells); /* NULL is fine */

/* One asking of a question; `place` is that of its iteration among the finished ones. */
void cells_add(struct cells *cells, size_t place, const struct json *row);
/* The number by which the page knows a question; false when no row was added. */
bool cells_number(const struct cells *cells, const char *id, size_t *number);
/* Everything as one JSON object that may stand in a script element. `iterations` are their
 * names, in order. */
void cells_write(const struct cells *cells, const char *const *iterations, size_t n,
		 struct str *out);

#endif
