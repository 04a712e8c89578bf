/* Executing SQL: Genie's, with EXPLAIN before it, and the expected one. */
#include "work.h"

#include "genie.h"
#include "json.h"
#include "mem.h"
#include "rows.h"
#include "sqltext.h"
#include "stmt.h"
#include "table.h"

#include <stdlib.h>

#define ROW_LIMIT 5000 /* as the service's own grader (text2sql-eval.md, 1.3) */

struct waiter {
	run_done *done;
	void *ctx;
	struct waiter *next;
};

struct running {
	struct work *work;
	struct execution *run;
	int tries;
};

static void start(struct running *running);

static void wake(struct execution *run)
{
	struct waiter *waiter = run->waiters;
	run->done = true;
	run->waiters = NULL;
	while (waiter) {
		struct waiter *next = waiter->next;
		waiter->done(waiter->ctx, run);
		free(waiter);
		waiter = next;
	}
}

static char *refusal(const struct stmt_result *result)
{
	const char *message = result->message ? result->message : result->state;
	if (result->error_code && !stristr(message, result->error_code))
		return xasprintf("[%s] %s", result->error_code, message);
	return xstrdup(message);
}

/* A fault of the warehouse or the way to it, worth another try. */
static bool again(struct running *running, const struct stmt_result *result)
{
	bool fault = result->err.code == ERR_TEMP
		|| (!result->ok && !result->err.code && compare_infrastructure(result->message));
	return fault && running->tries < 2;
}

static void executed(void *ctx, struct stmt_result *result)
{
	struct running *running = ctx;
	struct execution *run = running->run;
	struct work *work = running->work;
	if (!work->stop && again(running, result)) {
		start(running);
		return;
	}
	if (result->err.code == ERR_UNAVAILABLE && !work->stop)
		work_stop(work, &result->err);
	if (result->err.code || compare_infrastructure(result->message)) {
		run->fault = result->err.code ? xstrdup(result->err.text) : refusal(result);
	} else if (!result->ok) {
		run->error = refusal(result);
	} else {
		run->table = xcalloc(1, sizeof *run->table);
		*run->table = result->table;
		result->table = (struct table){ 0 };
		run->table->truncated |= result->truncated;
		if (result->total_rows > run->table->total_rows)
			run->table->total_rows = result->total_rows;
	}
	free(running);
	if (!work->stop)
		wake(run);
}

static void start(struct running *running)
{
	struct stmt_request request = { .sql = running->run->sql,
		.warehouse_id = running->work->warehouse, .row_limit = ROW_LIMIT };
	running->tries++;
	stmt_send(running->work->dbx, &request, executed, running);
}

static struct execution *find(struct work *work, const char *sql)
{
	for (size_t i = 0; i < work->nrun; i++)
		if (streq(work->run[i]->sql, sql))
			return work->run[i];
	return NULL;
}

struct execution *run_sql(struct work *work, const char *sql, run_done *done, void *ctx)
{
	struct execution *run = find(work, sql);
	if (run && run->done) {
		done(ctx, run);
		return run;
	}
	struct waiter *waiter = xcalloc(1, sizeof *waiter);
	*waiter = (struct waiter){ .done = done, .ctx = ctx };
	if (run) {
		waiter->next = run->waiters;
		run->waiters = waiter;
		return run;
	}
	struct running *running = xcalloc(1, sizeof *running);
	run = xcalloc(1, sizeof *run);
	run->sql = xstrdup(sql);
	run->waiters = waiter;
	GROW(work->run, work->run_cap, work->nrun + 1);
	work->run[work->nrun++] = run;
	*running = (struct running){ .work = work, .run = run };
	start(running);
	return run;
}

void run_free(struct execution *run)
{
	if (!run)
		return;
	while (run->waiters) {
		struct waiter *next = run->waiters->next;
		free(run->waiters);
		run->waiters = next;
	}
	if (run->table)
		table_free(run->table);
	free(run->table);
	free(run->sql);
	free(run->error);
	free(run->fault);
	free(run);
}

static void one_done(void *ctx, struct execution *run)
{
	struct item *item = ctx;
	(void)run;
	if (--item->waiting == 0)
		item_settle(item);
}

/* Only what reads is executed, whoever wrote it. */
void item_run(struct item *item)
{
	struct work *work = item->work;
	const char *sql = json_str_or(item->row, "genie_sql", "");
	bool readable = *sql && sql_is_read_only(sql);
	work->executed++;
	item->waiting = 1 + item->ngold + (readable ? 2 : 0);
	item->gold_run = xcalloc(item->ngold + 1, sizeof *item->gold_run);
	for (size_t i = 0; i < item->ngold; i++)
		item->gold_run[i] = run_sql(work, item->gold[i], one_done, item);
	if (readable) {
		char *explain = xasprintf("EXPLAIN %s", sql);
		item->explain = run_sql(work, explain, one_done, item);
		item->genie_run = run_sql(work, sql, one_done, item);
		free(explain);
	}
	one_done(item, NULL);
}
