/* comparein.h - what the parts of the comparator share. Internal. Layer: domain. */
#ifndef GENIE_COMPAREIN_H
#define GENIE_COMPAREIN_H

#include "compare.h"
#include "comparebag.h"

struct str;

/* How far the rows agree under a pairing of columns. */
struct agreement {
	struct pairing pairing;
	struct rowkeys gold, pred; /* exact keys */
	bool bag[GRADE_COUNT];
	bool close;      /* equal but for floating point noise */
	bool in_order;   /* exactly equal row by row */
	bool same_types;
};
bool agreement_equal(const struct agreement *a); /* under any tolerance */

enum order_state { ORDER_FREE, ORDER_KEPT, ORDER_WRONG, ORDER_HIDDEN };
enum tie_state { TIE_NONE, TIE_POSSIBLE, TIE_PROVED, TIE_REFUTED };

struct comparing {
	struct compare_result *result;
	const struct compare_context *context;
	const char *gold_error, *pred_error;
	struct facing f;
	struct agreement best;
	bool all_named;   /* the names alone pair the columns ... */
	bool names_moved; /* ... and not by position */
	bool shown_equal; /* of cut results: what is there is equal */
	bool same_csv;    /* the normalised CSVs are equal */
	bool within;      /* the gold's columns are there within the tolerance */
	enum order_state order;
};

/* comparecolumns.c: the columns that count, as a view on the table; in the arena */
const struct table *compare_columns(struct arena *arena, const struct table *table,
	const struct compare_context *context);

/* compareorder.c */
enum order_state compare_order(const struct comparing *c);
enum tie_state compare_tie(struct comparing *c);
bool compare_prefix_refutes(const struct comparing *c);
/* comparetext.c */
void compare_csv(const struct table *table, struct str *out);
void compare_hash(const struct str *csv, char hash[9]);
char *compare_signature(const struct table *table);
char *compare_describe(const struct comparing *c);
/* compareprofile.c: fills result->outcome */
void compare_judge(struct comparing *c);

#endif
