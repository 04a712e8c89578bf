/* work.h - the evaluation under way: items, what they share, how they move.
 *
 * An item is one question (one replicate of it). It is asked, executed, compared and
 * judged, as far as it lacks these; the parts that wait for the network call back
 * from one loop, so many items are under way at once. Finished items are written in
 * input order.
 */
#ifndef GENIE_EVAL_WORK_H
#define GENIE_EVAL_WORK_H

#include "base.h"
#include "compare.h"
#include "err.h"
#include "log.h"
#include "panel.h"
#include "str.h"
#include <stdio.h>

struct dbx;
struct journal;
struct json;
struct judge_catalog;
struct rate;
struct table;

enum stage { STAGE_ASK, STAGE_RUN, STAGE_JUDGE };

/* Result of one SQL text, expected or Genie's: a text runs once in an evaluation, whichever
 * questions and replicates it answers. */
struct execution {
	char *sql;
	struct table *table; /* NULL: failed */
	char *error;         /* of a statement that was refused */
	char *fault;         /* a call that did not get through: not measured */
	bool done;
	struct waiter *waiters;
};

struct item {
	struct json *row;
	struct work *work;
	size_t index;
	int64_t replicate;
	int tries;           /* askings of Genie in this run */
	int64_t asked_ms;    /* wall clock of the last one, or of the earlier one that is used */
	bool finished;
	bool skip;           /* native.c: nothing to grade */
	char *excluded;      /* the reason, when it is not measured */
	char **gold;         /* resolved, read-only; ngold texts */
	size_t ngold;
	struct execution **gold_run; /* one each */
	struct execution *explain, *genie_run;
	struct execution *unlimited; /* a gold without its LIMIT, when a tie is to be proved */
	size_t unlimited_of; /* which gold */
	size_t waiting;      /* executions outstanding */
};

struct work {
	/* settings */
	enum stage stage;
	enum compare_profile profile;
	bool native;         /* Databricks' own benchmark asks and grades */
	const char *space_id, *config_id, *config_key; /* config_key: what the journal is keyed by */
	int64_t iteration;   /* -1: not given */
	int64_t ask_limit_ms;
	int concurrency, ask_tries;
	enum judge_mode judges;
	bool rejudge;        /* verdicts of models too */
	const char *warehouse, *checkpoint;
	/* what it works with */
	struct dbx *dbx;     /* NULL: nothing has to be asked or run */
	struct http *http;   /* the loop: of dbx, or of its own; NULL: nothing is sent */
	struct rate *rate;
	struct panel *panel; /* NULL: code alone judges */
	struct journal *journal;
	struct judge_catalog *catalog;
	FILE *out;
	/* state */
	struct item *item;
	size_t n, next, written, active, finished;
	size_t asked, executed, judged, right, arbiter, failed, excluded;
	struct execution **run;
	size_t nrun, run_cap;
	struct progress progress;
	bool stop;           /* a fault that ends the run; err says why */
	struct err err;
};

/* Moves all items to the end. False with err when the run had to stop. */
bool work_run(struct work *work, struct err *err) MUST_CHECK;
void work_free(struct work *work); /* items and executions */
/* Ends the run. */
void work_stop(struct work *work, const struct err *err);
/* What an item still needs. */
bool item_needs_answer(const struct item *item);
bool item_needs_run(const struct item *item);

/* An item goes on to the next part; each part ends in one of these. */
void item_ask(struct item *item);
void item_run(struct item *item);    /* executes gold and Genie's SQL */
void item_settle(struct item *item); /* compares (when run), judges, finishes */
void item_conclude(struct item *item); /* after judging: the row is as it will be written */
void item_finish(struct item *item);
/* The expected SQL that the row was compared with; NULL: none. */
const char *item_gold(const struct item *item);
/* Fills genie_sql and sql_hash from genie_sql_raw; none when the message failed. */
void item_set_sql(struct json *row, bool failed);
/* Not measured: the reason goes into the row. Takes reason. */
void item_exclude(struct item *item, char *reason);

typedef void run_done(void *ctx, struct execution *run);
/* Executes a text, once. Calls back, perhaps at once. The work owns the result. */
struct execution *run_sql(struct work *work, const char *sql, run_done *done, void *ctx);
void run_free(struct execution *run);

#endif
