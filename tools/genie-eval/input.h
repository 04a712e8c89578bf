/* input.h - what is evaluated: questions or rows, chosen by scope, shard and repeat. */
#ifndef GENIE_EVAL_INPUT_H
#define GENIE_EVAL_INPUT_H

#include "base.h"
#include "err.h"
#include "str.h"

struct json;
struct work;
struct vars;

struct choice {
	const char *scope;         /* full, train_val, slice, p0, held_out, all */
	const char *patched;       /* file of patches, for slice */
	long shard, shards;        /* this one, from 1, of so many; 0: all */
	long repeat;
};
/* "2/8" */
bool choice_shard(struct choice *choice, const char *text, struct err *err) MUST_CHECK;

/* Reads all inputs (none: standard input) and adds the chosen rows as items. Everything is
 * read before anything is asked, so bad input costs no question. */
bool input_read(struct work *work, char **paths, int npaths, const struct choice *choice,
	struct err *err) MUST_CHECK;
/* Resolves the expected SQL of all items; one that may not be executed excludes its item.
 * ERR_DATA: a variable without a value. */
bool input_resolve(struct work *work, struct vars *vars, struct err *err) MUST_CHECK;
/* Rows finished in an earlier run replace the items they belong to. */
bool input_checkpoint(struct work *work, const char *path, struct err *err) MUST_CHECK;

/* select.c: which objects patches touch, and which rows meet them. */
struct patched;
struct patched *patched_load(const char *path, struct err *err) MUST_CHECK;
bool patched_meets(const struct patched *patched, const struct json *row);
void patched_free(struct patched *patched);

#endif
