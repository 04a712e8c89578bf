#include "validate.h"

#include "check.h"
#include "compare.h"
#include "comparesql.h"
#include "dbx.h"
#include "json.h"
#include "log.h"
#include "sqltext.h"
#include "stmt.h"
#include "vars.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE 8
#define ROW_LIMIT 5000 /* as in genie-eval: what is compared is what is kept */
#define SAMPLE_ROWS 5
#define TRIES 3

/* One text to be run. */
struct job {
	struct runner *runner;
	size_t question; /* index in the bench */
	size_t gold;     /* of the question, from 0 */
	char *sql;
	struct table *table; /* NULL: refused */
	char *error;
	int tries;
};

struct runner {
	struct dbx *dbx;
	const char *warehouse;
	struct job *job;
	size_t n, cap, next, active, done;
	struct progress progress;
	bool stop;
	struct err err;
};

void validation_free(struct validation *v)
{
	strlist_free(&v->invalid);
	strlist_free(&v->empty);
	strlist_free(&v->unsettled);
	*v = (struct validation){ 0 };
}

/* ---- running ---- */

static void pump(struct runner *r);

static void keep(struct job *job, struct stmt_result *result)
{
	if (!result->ok) {
		job->error = xstrdup(result->message ? result->message : result->state);
		return;
	}
	job->table = xcalloc(1, sizeof *job->table);
	*job->table = result->table;
	result->table = (struct table){ 0 };
	if (result->total_rows > job->table->total_rows)
		job->table->total_rows = result->total_rows;
}

static void start(struct job *job);

static void came(void *ctx, struct stmt_result *result)
{
	struct job *job = ctx;
	struct runner *r = job->runner;
	bool elsewhere = result->err.code || (!result->ok && compare_infrastructure(result->message));
	if (r->stop)
		return;
	if (elsewhere && result->err.code != ERR_UNAVAILABLE && job->tries < TRIES) {
		start(job);
		return;
	}
	if (elsewhere) {
		r->stop = true;
		r->err = result->err;
		if (!result->err.code)
			err_set(&r->err, ERR_TEMP, "%s", result->message);
		return;
	}
	keep(job, result);
	r->active--;
	r->done++;
	progress_step(&r->progress, r->done, "expected SQL run");
	pump(r);
}

static void start(struct job *job)
{
	struct stmt_request request = { .sql = job->sql, .warehouse_id = job->runner->warehouse,
					.row_limit = ROW_LIMIT };
	job->tries++;
	stmt_send(job->runner->dbx, &request, came, job);
}

static void pump(struct runner *r)
{
	while (!r->stop && r->next < r->n && r->active < AT_ONCE) {
		r->active++;
		start(&r->job[r->next++]);
	}
}

static bool run_all(struct runner *r, struct err *err)
{
	progress_start(&r->progress, "validate", r->n);
	pump(r);
	http_run(dbx_http(r->dbx), NULL); /* to the end: what is under way points at r */
	progress_end(&r->progress);
	if (r->stop)
		*err = r->err;
	return !r->stop;
}

static void runner_free(struct runner *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->job[i].table)
			table_free(r->job[i].table);
		free(r->job[i].table);
		free(r->job[i].error);
		free(r->job[i].sql);
	}
	free(r->job);
}

static struct job *add_job(struct runner *r, size_t question, size_t gold, const char *sql)
{
	GROW(r->job, r->cap, r->n + 1);
	r->job[r->n] = (struct job){ .runner = r, .question = question, .gold = gold, .sql = xstrdup(sql) };
	return &r->job[r->n++];
}

/* ---- which texts ---- */

static bool add_gold(struct runner *r, const struct question *q, size_t question, size_t gold,
		     const char *text, struct vars *vars, struct err *err)
{
	struct arena arena = { 0 };
	char *sql = text && sql_statement_kind(text) != SQL_EMPTY ?
		sql_resolve(&arena, text, vars_find, vars, err) : NULL;
	bool ok = sql || !err->code;
	if (!ok)
		err_wrap(err, "%s: question %s", q->place, q->id);
	else if (sql)
		add_job(r, question, gold, sql_first_statement(&arena, sql, NULL));
	arena_free(&arena);
	return ok;
}

static bool add_golds(struct runner *r, const struct bench *bench, struct vars *vars, struct err *err)
{
	bool ok = true;
	for (size_t i = 0; i < bench->n && ok; i++) {
		const struct question *q = &bench->questions[i];
		const struct json *sql = json_get(q->json, "expected_sql");
		if (!q->wanted)
			continue;
		if (json_text(sql))
			ok = add_gold(r, q, i, 0, json_text(sql), vars, err);
		for (size_t k = 0; ok && json_is(sql, JSON_ARRAY) && k < json_len(sql); k++)
			ok = add_gold(r, q, i, k, json_text(json_at(sql, k)), vars, err);
	}
	return ok;
}

/* ---- what comes of it ---- */

static void clear(struct json *q)
{
	static const char *const codes[] = { "invalid_gold", "empty_gold" };
	static const char *const fields[] = { "expected_result_hash", "expected_result_sample",
		"expected_row_count", "expected_columns" };
	for (size_t i = 0; i < countof(fields); i++)
		json_remove(q, fields[i]);
	for (size_t i = 0; i < countof(codes); i++)
		remove_warnings(q, codes[i]);
}

static void fill(struct json *q, const struct table *table)
{
	const struct compare_side side = { .table = table };
	const struct compare_context context = { .gold_ordered = false };
	struct compare_result result;
	compare_tables(&side, &side, &context, &result);
	json_set_str(q, "expected_result_hash", result.gold_hash);
	json_set(q, "expected_result_sample", table_to_json(table, SAMPLE_ROWS));
	json_set_int(q, "expected_row_count", table->total_rows);
	struct json *columns = json_set(q, "expected_columns", json_new_array());
	for (size_t i = 0; i < table->ncolumns; i++)
		json_push_str(columns, table->columns[i].name);
	compare_free(&result);
}

static void look(const struct bench *bench, const struct job *job, struct validation *out)
{
	struct question *q = &bench->questions[job->question];
	if (job->error) {
		char *text = job->gold ? xasprintf("gold %zu: %s", job->gold + 1, job->error) : xstrdup(job->error);
		add_warning(q->json, "invalid_gold", text);
		free(text);
		return;
	}
	if (json_get(q->json, "expected_result_hash"))
		return; /* an earlier gold has filled it */
	fill(q->json, job->table);
	out->valid += job->table->nrows > 0;
	if (job->table->nrows)
		return;
	add_warning(q->json, "empty_gold", "the expected SQL gives no rows: a wrong answer that is empty too would look right");
	strlist_add(&out->empty, q->id);
}

/* ---- ties ---- */

static bool same_cell(const struct table *a, size_t row, const struct table *b, size_t other, size_t column)
{
	const char *x = table_cell(a, row, column), *y = table_cell(b, other, column);
	return x == y || (x && y && streq(x, y));
}

static bool same_row(const struct table *a, size_t row, const struct table *b, size_t other)
{
	for (size_t i = 0; i < a->ncolumns; i++)
		if (!same_cell(a, row, b, other, i))
			return false;
	return true;
}

/* Do the last row inside the LIMIT and the first one outside have the same order keys, and
 * differ? -1: a key is not in the result. */
static int ties(const struct compare_context *context, const struct table *all, size_t limit)
{
	for (size_t i = 0; i < context->nkeys; i++) {
		int column = context->keys[i].column ? table_find(all, context->keys[i].column) : -1;
		if (column < 0)
			return -1;
		if (!same_cell(all, limit - 1, all, limit, (size_t)column))
			return 0;
	}
	return !same_row(all, limit - 1, all, limit);
}

/* Without the keys all that can be seen is whether the same rows come first. */
static bool starts_alike(const struct table *cut, const struct table *all)
{
	for (size_t i = 0; i < cut->nrows; i++)
		if (!same_row(cut, i, all, i))
			return false;
	return true;
}

static bool unsettled(const struct job *cut, const struct job *all, const char *question)
{
	struct arena arena = { 0 };
	struct compare_context context;
	compare_context_read(&arena, cut->sql, question, cut->table, &context);
	size_t limit = cut->table->nrows;
	bool behind = all->table && all->table->ncolumns == cut->table->ncolumns && limit
		&& (int64_t)limit == context.limit && all->table->nrows > limit;
	int tie = behind ? context.nkeys ? ties(&context, all->table, limit) : -1 : 0;
	arena_free(&arena);
	return tie < 0 ? !starts_alike(cut->table, all->table) : tie;
}

/* Golds with a LIMIT are run again without it. */
static bool look_behind(const struct bench *bench, const struct runner *first, struct err *err)
{
	struct runner second = { .dbx = first->dbx, .warehouse = first->warehouse };
	struct arena arena = { 0 };
	for (size_t i = 0; i < first->n; i++) {
		const struct job *job = &first->job[i];
		char *sql = job->table && job->table->nrows ? compare_without_limit(&arena, job->sql) : NULL;
		if (sql && sql_is_read_only(sql))
			add_job(&second, job->question, i, sql);
	}
	arena_free(&arena);
	bool ok = !second.n || run_all(&second, err);
	for (size_t i = 0; ok && i < second.n; i++) {
		struct question *q = &bench->questions[second.job[i].question];
		const struct job *cut = &first->job[second.job[i].gold];
		if (unsettled(cut, &second.job[i], json_str_or(q->json, "question", "")))
			add_warning(q->json, "non_deterministic", "rows tie at the LIMIT: which of them come is not defined");
	}
	runner_free(&second);
	return ok;
}

static void sum_up(const struct bench *bench, struct validation *out)
{
	for (size_t i = 0; i < bench->n; i++) {
		const struct question *q = &bench->questions[i];
		if (q->wanted && !json_get(q->json, "expected_result_hash"))
			strlist_add(&out->invalid, q->id);
		if (q->wanted && has_warning(q->json, "non_deterministic"))
			strlist_add(&out->unsettled, q->id);
	}
}

bool validate(const struct bench *bench, struct dbx *dbx, const char *warehouse, struct vars *vars,
	      struct validation *out, struct err *err)
{
	struct runner r = { .dbx = dbx, .warehouse = warehouse };
	bool ok = add_golds(&r, bench, vars, err) && run_all(&r, err);
	for (size_t i = 0; ok && i < bench->n; i++)
		if (bench->questions[i].wanted)
			clear(bench->questions[i].json);
	for (size_t i = 0; ok && i < r.n; i++)
		look(bench, &r.job[i], out);
	out->golds = r.n;
	ok = ok && look_behind(bench, &r, err);
	if (ok)
		sum_up(bench, out);
	runner_free(&r);
	return ok;
}
