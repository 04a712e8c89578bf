/* sqldiff_int.h - the parts of the comparison to each other. Layer: services. */
#ifndef GENIE_SQLDIFF_INT_H
#define GENIE_SQLDIFF_INT_H

#include "mem.h"
#include "sqlcanon.h"
#include "sqldiff.h"

struct differ {
	struct arena *arena;
	struct sqldiff *out;
	struct sqlcanon a, b; /* gold, other */
};

/* Nodes of one clause that the other side has not. */
struct nodes {
	struct sqlnode **v;
	size_t n;
};

const char *diff_text_of(struct differ *d, const struct sqlnode *node);
const struct sqlnode *diff_first_column(const struct sqlnode *node);
/* "main.sales.orders.amount": the first column below, its table by full name. */
const char *diff_blame_of(struct differ *d, const struct sqlnode *node,
	const struct sqlcanon *side);
/* Adds a difference; the second form finds texts and the object to blame. */
void diff_report_text(struct differ *d, enum sqldiff_class class, const char *clause,
	const char *gold, const char *other, const char *blame);
void diff_report(struct differ *d, enum sqldiff_class class, const char *clause,
	const struct sqlnode *gold, const struct sqlnode *other);
struct nodes diff_copy_kids(struct differ *d, const struct sqlnode *node);
void diff_take(struct nodes *list, size_t i);
/* Takes out of both lists what both have. */
void diff_cancel(struct differ *d, struct nodes *a, struct nodes *b);
/* Does the test hold for the node or anything below; for any node of a list? */
bool diff_contains(const struct sqlnode *node, bool (*test)(const struct sqlnode *));
bool diff_any(const struct nodes *list, bool (*test)(const struct sqlnode *));
bool diff_is_query(const struct sqlnode *n);
bool diff_is_measure(const struct sqlnode *n);
bool diff_is_junction(const struct sqlnode *n);
bool diff_is_hundred(const struct sqlnode *n);
bool diff_is_distinct(const struct sqlnode *n);
bool diff_is_cast(const struct sqlnode *n);
bool diff_is_format(const struct sqlnode *n);
bool diff_is_grain(const struct sqlnode *n);
bool diff_is_temporal(const struct sqlnode *n);
const char *diff_column_text(struct differ *d, const struct sqlnode *node);
/* The lists are used up. */
void diff_compare_filters(struct differ *d, struct nodes *a, struct nodes *b);
void diff_compare_items(struct differ *d, struct nodes a, struct nodes b);
void diff_compare_groups(struct differ *d, const struct sqlnode *a, const struct sqlnode *b);
struct nodes diff_items_of(struct differ *d, const struct sqlnode *select);

#endif
