/* comparekey.h - cells as keys: equal keys are equal values.
 *
 * What the comparator stands on. A key depends on the column's own type and on the type
 * of the column it is compared with, so that a DATE and a midnight TIMESTAMP can meet; the
 * grade says how much two numbers may differ. Keys never hold NUL. Layer: domain.
 */
#ifndef GENIE_COMPAREKEY_H
#define GENIE_COMPAREKEY_H

#include "base.h"

struct str;
struct table;

enum family {
	FAMILY_ANY, /* VOID: a column of NULLs */
	FAMILY_INT, FAMILY_DECIMAL, FAMILY_DOUBLE, FAMILY_FLOAT,
	FAMILY_BOOL, FAMILY_STRING,
	FAMILY_DATE, FAMILY_TIMESTAMP, FAMILY_NTZ,
	FAMILY_NESTED, /* ARRAY, MAP, STRUCT, VARIANT: JSON text */
	FAMILY_OTHER,
};
/* From a type text: "DECIMAL(18,2)", "ARRAY<INT>". */
enum family family_of(const char *type);
bool family_numeric(enum family family);
/* Values of the two can be equal without a note about their types. */
bool family_same(enum family a, enum family b);

enum grade {
	GRADE_EXACT,
	GRADE_SIG4,   /* numbers rounded half up to 4 significant digits */
	GRADE_DEC6,   /* numbers rounded half up to 6 decimals */
	GRADE_ARRAYS, /* as exact, but the order inside arrays does not count */
	GRADE_COUNT
};
/* Appends the key of a cell; text NULL is SQL's NULL. */
void cell_key(struct str *out, const char *text, enum family own, enum family other,
	enum grade grade);
/* Appends the cell as the normalised CSV has it: NULL empty, "" quoted, numbers to 6
 * decimals without trailing zeros, texts trimmed, timestamps in UTC. */
void cell_csv(struct str *out, const char *text, enum family own);
/* Numbers equal but for floating point noise: relative 1e-9 or absolute 1e-12 (FLOAT
 * 1e-6). Both texts must be finite numbers. */
bool cell_close(const char *a, const char *b, bool single);
/* ... or within an absolute tolerance, floating point noise forgiven. */
bool number_within(double a, double b, double tolerance);
/* A finite number? Then *out is its nearest double. */
bool cell_number(const char *text, double *out);

#endif
