/* native.h - Databricks' own benchmark as the one that asks and grades. */
#ifndef GENIE_EVAL_NATIVE_H
#define GENIE_EVAL_NATIVE_H

#include "base.h"
#include "err.h"

struct item;
struct json;
struct work;

bool item_needs_grade(const struct item *item);
/* Has the space's stored benchmark questions evaluated for the items that lack a grade (or
 * takes it from the journal): fills `native`, genie_sql_raw, genie_sql and status. What
 * cannot be graded is excluded with its reason, after work->ask_tries runs. An item's
 * question is found among the stored ones by its text. */
bool native_grade(struct work *work, struct err *err) MUST_CHECK;
/* After our judges: the verdict of result_correctness becomes Databricks'. NEEDS_REVIEW is
 * `unknown`; the arbiter then says what our own comparison says. */
void native_judge(struct json *row);

#endif
