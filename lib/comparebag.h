/* comparebag.h - rows of paired columns as bags. Internal to compare. Layer: domain. */
#ifndef GENIE_COMPAREBAG_H
#define GENIE_COMPAREBAG_H

#include "base.h"
#include "comparekey.h"

struct arena;
struct table;

#define COMPARE_MAX_COLUMNS 256 /* more are not paired by value */

/* Both sides with their column families. */
struct facing {
	const struct table *gold, *pred;
	enum family *gold_family, *pred_family;
	struct arena *arena;
	double tolerance; /* absolute, for all numbers; 0: floating point noise only */
};

/* Columns that belong together: gold column g[i] with prediction column p[i]. */
struct pairing {
	size_t n;
	size_t *g, *p;
};

/* Row keys: in row order, and sorted. */
struct rowkeys {
	size_t n;
	const char **row, **sorted;
};
/* Keys of one column set of a table: `own` and `other` families by index. */
struct rowkeys row_keys(const struct facing *f, const struct pairing *pairing, bool gold,
	enum grade grade);
void rowkeys_sort(struct rowkeys *keys); /* sorts `sorted` in place */
bool keys_equal_bag(const struct rowkeys *a, const struct rowkeys *b);
bool keys_equal_order(const struct rowkeys *a, const struct rowkeys *b);
/* Every key of `part`, as often as it occurs there, is in `whole`. */
bool keys_within(const struct rowkeys *part, const struct rowkeys *whole);
/* Number of keys of a that b lacks; *row is the first row of a that holds one. */
size_t keys_missing(const struct rowkeys *a, const struct rowkeys *b, size_t *row);

/* Cells equal but for floating point noise (strict profile). */
bool cells_close(const struct facing *f, size_t grow, size_t g, size_t prow, size_t p);
/* The rows pair off one to one, each pair close in every cell. */
bool rows_close_bag(const struct facing *f, const struct pairing *pairing);
/* The values of one column, sorted; two columns are close when their sorted values are. */
struct floats;
const struct floats *column_floats(const struct facing *f, bool gold, size_t column);
bool floats_close(const struct facing *f, const struct floats *gold, const struct floats *pred);

/* Finds a pairing by value for all columns of the narrower side, preferring equal
 * names, then equal positions. False: none found within the work limit. */
bool pair_by_value(const struct facing *f, enum grade grade, struct pairing *out);
/* Finds columns of the prediction for all of the gold's so that the rows pair off within
 * f->tolerance; further columns of the prediction do not matter. */
bool pair_within(const struct facing *f, struct pairing *out);
/* Pairing by name for all columns of the narrower side; false when a name is missing or
 * occurs twice. */
bool pair_by_name(const struct facing *f, struct pairing *out);
struct pairing pairing_new(const struct facing *f);
/* Do all columns of the pairing have families that need no note about types? */
bool pairing_same_types(const struct facing *f, const struct pairing *pairing);

#endif
