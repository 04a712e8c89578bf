/* What the failing judges say, in a Unity Catalog table: genie-cluster --uc reads it. */
#include "context.h"

#include "dbx.h"
#include "dbxtool.h"
#include "json.h"
#include "log.h"
#include "rows.h"
#include "sqltext.h"
#include "stmt.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_NAME "genie_eval_asi_results"
#define PARAMETERS 256 /* of one statement */

static const struct column {
	const char *name, *type;
} columns[] = {
	{ "run_id", "STRING" }, { "iteration", "INT" }, { "question_id", "STRING" },
	{ "judge", "STRING" }, { "value", "STRING" }, { "failure_type", "STRING" },
	{ "severity", "STRING" }, { "confidence", "DOUBLE" }, { "blame_set", "STRING" },
	{ "counterfactual_fix", "STRING" }, { "wrong_clause", "STRING" },
	{ "expected_value", "STRING" }, { "actual_value", "STRING" },
	{ "missing_metadata", "STRING" }, { "ambiguity_detected", "BOOLEAN" },
};
#define FIRST_OF_ASI 5 /* the columns from here on are members of `asi` */

struct asi {
	struct dbx *dbx;
	char *warehouse;
	const char *table; /* quoted */
	char *run;
	int64_t iteration;
};

/* ---- statements ---- */

static bool run_sql(const struct asi *a, const char *sql, const struct json *params,
	struct stmt_result *result, struct err *err)
{
	struct stmt_request request = { .sql = sql, .warehouse_id = a->warehouse,
		.params = params };

	return stmt_must(a->dbx, &request, result, err) || err_wrap(err, "%s", a->table);
}

static bool make_table(const struct asi *a, struct err *err)
{
	struct stmt_result result = { 0 };
	struct str sql = STR_INIT;
	bool ok;

	str_addf(&sql, "CREATE TABLE IF NOT EXISTS %s (", a->table);
	for (size_t i = 0; i < countof(columns); i++)
		str_addf(&sql, "%s%s %s", i ? ", " : "", columns[i].name, columns[i].type);
	str_add(&sql, ")");
	ok = run_sql(a, str_text(&sql), NULL, &result, err);
	stmt_result_free(&result);
	str_free(&sql);
	return ok;
}

/* "QUESTION<tab>JUDGE" of what the table has of this run; where there is no table yet, it is
 * made. */
static bool present(const struct asi *a, struct strlist *keys, struct err *err)
{
	struct stmt_result result = { 0 };
	struct json *params = json_new_array(), *one = json_push(params, json_new_object());
	char *sql = xasprintf("SELECT question_id, judge FROM %s WHERE run_id = :run_id", a->table);
	struct stmt_request request = { .sql = sql, .warehouse_id = a->warehouse,
		.params = params };
	bool ok;

	json_set_str(one, "name", "run_id");
	json_set_str(one, "value", a->run);
	json_set_str(one, "type", "STRING");
	ok = stmt_run(a->dbx, &request, &result, err) || err_wrap(err, "%s", a->table);
	if (ok && !result.ok)
		ok = result.message && strstr(result.message, "TABLE_OR_VIEW_NOT_FOUND") ?
			make_table(a, err) : err_set(err, ERR_UNAVAILABLE, "%s: %s", a->table,
			result.message ? result.message : result.state);
	for (size_t i = 0; ok && i < result.table.nrows; i++) {
		const char *id = table_cell(&result.table, i, 0),
			*judge = table_cell(&result.table, i, 1);

		strlist_take(keys, xasprintf("%s\t%s", id ? id : "", judge ? judge : ""));
	}
	if (ok && result.truncated)
		ok = err_set(err, ERR_DATA, "%s: the answer is cut short", a->table);
	stmt_result_free(&result);
	json_free(params);
	free(sql);
	return ok;
}

/* ---- rows ---- */

/* A statement under way. What several rows say is one parameter: judges that fail for the same
 * reason say much the same. */
struct insert {
	struct str sql;
	struct json *params;
	struct strlist values; /* "TYPE<tab>VALUE" of each parameter */
};

static void begin(struct insert *in, const struct asi *a)
{
	str_reset(&in->sql);
	json_free(in->params);
	strlist_free(&in->values);
	in->params = json_new_array();
	str_addf(&in->sql, "INSERT INTO %s (", a->table);
	for (size_t i = 0; i < countof(columns); i++)
		str_addf(&in->sql, "%s%s", i ? ", " : "", columns[i].name);
	str_add(&in->sql, ") VALUES ");
}

static bool flush(struct insert *in, const struct asi *a, struct err *err)
{
	struct stmt_result result = { 0 };
	bool ok = !in->values.n || run_sql(a, str_text(&in->sql), in->params, &result, err);

	stmt_result_free(&result);
	begin(in, a);
	return ok;
}

/* Where a value is among the parameters; it is added when it is new. */
static size_t parameter(struct insert *in, const char *value, const char *type)
{
	char *key = xasprintf("%s\t%s", type, value), name[24];
	struct json *one;
	size_t i = 0;

	while (i < in->values.n && !streq(in->values.v[i], key))
		i++;
	if (i == in->values.n) {
		one = json_push(in->params, json_new_object());
		snprintf(name, sizeof(name), "p%zu", i);
		json_set_str(one, "name", name);
		json_set_str(one, "value", value);
		json_set_str(one, "type", type);
		strlist_add_new(&in->values, key);
	}
	free(key);
	return i;
}

static void cell(struct insert *in, const char *value, const char *type)
{
	if (value && *value)
		str_addf(&in->sql, ":p%zu", parameter(in, value, type));
	else
		str_add(&in->sql, "NULL");
}

/* A member of `asi`: a text as it is, anything else as JSON. */
static void member(struct insert *in, const struct json *value, const char *type)
{
	struct str text = STR_INIT;

	if (value && !json_text(value) && !json_is(value, JSON_NULL))
		json_print(value, &text);
	cell(in, json_text(value) ? json_text(value) : str_text(&text), type);
	str_free(&text);
}

static void add(struct insert *in, const struct asi *a, const struct json *row, const char *judge)
{
	const struct json *asi = row_asi(row, judge);
	char number[24];
	const char *head[FIRST_OF_ASI] = { a->run, number, row_id(row), judge, row_value(row,
		judge) };

	snprintf(number, sizeof(number), "%lld", (long long)a->iteration);
	str_add(&in->sql, in->values.n ? ", (" : "(");
	for (size_t i = 0; i < countof(columns); i++) {
		str_add(&in->sql, i ? ", " : "");
		if (i < FIRST_OF_ASI)
			cell(in, head[i], columns[i].type);
		else
			member(in, json_get(asi, columns[i].name), columns[i].type);
	}
	str_add(&in->sql, ")");
}

/* What a judge has to say: verdicts that fail, and those with side information. */
static bool tells(const struct json *row, const char *judge)
{
	const char *value = row_value(row, judge);

	return value && !streq(value, "skipped") && (row_fails(row, judge) || row_asi(row, judge));
}

static bool add_row(struct insert *in, const struct asi *a, const struct json *row,
	struct strlist *keys, int64_t *added, struct err *err)
{
	struct strlist judges = { 0 };
	bool ok = true;

	row_judge_names(row, &judges);
	for (size_t i = 0; ok && i < judges.n; i++) {
		char *key = xasprintf("%s\t%s", row_id(row), judges.v[i]);

		if (tells(row, judges.v[i]) && strlist_add_new(keys, key)) {
			add(in, a, row, judges.v[i]);
			(*added)++;
			if (in->values.n + countof(columns) > PARAMETERS)
				ok = flush(in, a, err);
		}
		free(key);
	}
	strlist_free(&judges);
	return ok;
}

static bool insert_all(const struct asi *a, const char *text, struct strlist *keys,
	int64_t *added, struct err *err)
{
	FILE *file = text && *text ? fmemopen((void *)(uintptr_t)text, strlen(text), "r") : NULL;
	struct insert in = { .sql = STR_INIT };
	struct rows *rows;
	struct json *row;
	enum rows_result result = ROWS_END;
	bool ok = true;

	if (!file)
		return err_set(err, ERR_DATA, "asi: no rows");
	rows = rows_from(file, "rows");
	begin(&in, a);
	while (ok && (result = rows_next(rows, &row, err)) == ROWS_ROW) {
		ok = add_row(&in, a, row, keys, added, err);
		json_free(row);
	}
	ok = ok && result == ROWS_END && flush(&in, a, err);
	rows_close(rows);
	fclose(file);
	str_free(&in.sql);
	json_free(in.params);
	strlist_free(&in.values);
	return ok;
}

/* ---- the verb ---- */

/* Reads back how many verdicts of the run are there now. */
static bool verify(const struct asi *a, size_t want, struct err *err)
{
	struct strlist now = { 0 };
	bool ok = present(a, &now, err);

	if (ok && now.n != want)
		ok = err_set(err, ERR_UNAVAILABLE, "%s: %zu verdicts of run %s were sent and %zu "
			"are there",
			a->table, want, a->run, now.n);
	strlist_free(&now);
	return ok;
}

static bool work(struct context *c, struct asi *a, struct err *err)
{
	struct strlist keys = { 0 };
	int64_t added = 0;
	bool ok = (a->warehouse = stmt_warehouse(a->dbx, job_arg(c->job, "warehouse"), NULL,
		err)) &&
		present(a, &keys, err) &&
		insert_all(a, job_input(c->job, "rows"), &keys, &added, err) &&
		verify(a, keys.n, err);

	if (ok) {
		json_set_str(c->out, "run_id", a->run);
		json_set_str(c->out, "table", a->table);
		json_set_int(c->out, "inserted", added);
		json_set_int(c->out, "rows", (int64_t)keys.n);
	}
	strlist_free(&keys);
	return ok;
}

bool verb_asi(struct context *c, struct err *err)
{
	const char *uc = job_arg(c->job, "uc");
	struct arena arena = { 0 };
	const char *schema = uc ? sql_quote_name(&arena, uc) : NULL;
	struct asi a = { .iteration = job_int(c->job, "iteration", 0) };
	char *table = NULL;
	bool ok = schema || err_set(err, ERR_USAGE, "asi: --uc CATALOG.SCHEMA is needed");

	a.run = ok ? context_run(c, "run", err) : NULL;
	a.dbx = a.run ? dbxtool_open(c->workspace, err) : NULL;
	if (a.dbx) {
		a.table = table = xasprintf("%s.`" TABLE_NAME "`", schema);
		ok = work(c, &a, err);
	} else {
		ok = false;
	}
	dbx_free(a.dbx);
	free(a.warehouse);
	free(a.run);
	free(table);
	arena_free(&arena);
	return ok;
}
