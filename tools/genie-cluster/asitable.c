#include "asitable.h"

#include "dbx.h"
#include "dbxtool.h"
#include "json.h"
#include "sqltext.h"
#include "stmt.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_NAME "genie_eval_asi_results"

struct place {
	const struct asitable *table;
	size_t row;
};

struct asitable {
	struct table table;
	struct place *order; /* by question, then judge, then all else */
	int id, judge, value, run, iteration;
};

static const char *const asi_fields[] = { "failure_type", "severity", "confidence", "blame_set",
	"counterfactual_fix", "wrong_clause", "expected_value", "actual_value", "missing_metadata",
	"ambiguity_detected" };

/* ---- reading ---- */

static void add_parameter(struct json *params, const char *name, const char *value,
	const char *type)
{
	struct json *one = json_push(params, json_new_object());
	json_set_str(one, "name", name);
	json_set_str(one, "value", value);
	json_set_str(one, "type", type);
}

/* The statement, with the values that select as parameters. */
static char *statement(const struct asitable_source *source, struct json *params, struct err *err)
{
	struct arena arena = { 0 };
	struct str sql = STR_INIT;
	char number[24];
	const char *schema = sql_quote_name(&arena, source->schema);
	if (!schema) {
		arena_free(&arena);
		err_set(err, ERR_USAGE, "--uc %s: not a name catalog.schema", source->schema);
		return NULL;
	}
	str_add(&sql, "SELECT run_id, iteration, question_id, judge, value");
	for (size_t i = 0; i < countof(asi_fields); i++)
		str_addf(&sql, ", %s", asi_fields[i]);
	str_addf(&sql, " FROM %s.`" TABLE_NAME "`", schema);
	if (source->run_id) {
		str_add(&sql, " WHERE run_id = :run_id");
		add_parameter(params, "run_id", source->run_id, "STRING");
	}
	if (source->iteration >= 0) {
		snprintf(number, sizeof number, "%lld", (long long)source->iteration);
		str_addf(&sql, " %s iteration = :iteration", source->run_id ? "AND" : "WHERE");
		add_parameter(params, "iteration", number, "INT");
	}
	arena_free(&arena);
	return str_take(&sql);
}

static bool query(struct asitable *t, struct dbx *dbx, const struct asitable_source *source,
		  struct err *err)
{
	struct stmt_result result = { 0 };
	struct json *params = json_new_array();
	char *sql = statement(source, params, err), *warehouse = NULL;
	bool ok = sql && (warehouse = stmt_warehouse(dbx, source->warehouse, NULL, err));
	if (ok) {
		struct stmt_request request = { .sql = sql, .warehouse_id = warehouse,
			.params = params };
		ok = stmt_must(dbx, &request, &result, err) ||
			err_wrap(err, "reading %s.%s", source->schema, TABLE_NAME);
		t->table = result.table;
		result.table = (struct table){ 0 };
		if (ok && result.truncated)
			ok = err_set(err, ERR_DATA, "%s.%s: the answer is cut short",
				source->schema,
				TABLE_NAME);
	}
	stmt_result_free(&result);
	json_free(params);
	free(sql);
	free(warehouse);
	return ok;
}

static const char *cell(const struct asitable *t, size_t row, int column)
{
	const char *text = column < 0 ? NULL : table_cell(&t->table, row, (size_t)column);
	return text ? text : "";
}

static bool one_run(const struct asitable *t, const char *schema, struct err *err)
{
	if (t->id < 0 || t->judge < 0 || t->value < 0)
		return err_set(err, ERR_DATA, "%s.%s: no columns question_id, judge and value",
			schema,
			TABLE_NAME);
	if (!t->table.nrows)
		return err_set(err, ERR_DATA, "%s.%s: no verdicts of this run and iteration",
			schema,
			TABLE_NAME);
	for (size_t i = 1; i < t->table.nrows; i++)
		if (!streq(cell(t, i, t->run), cell(t, 0, t->run))
		    || !streq(cell(t, i, t->iteration), cell(t, 0, t->iteration)))
			return err_set(err, ERR_DATA,
				"%s.%s: verdicts of run %s iteration %s and of run %s "
				"iteration %s; choose with --run-id and "
				"--iteration", schema, TABLE_NAME,
				cell(t, 0, t->run), cell(t, 0, t->iteration), cell(t, i, t->run),
				cell(t, i, t->iteration));
	return true;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const struct asitable *t = x->table;
	int order = strcmp(cell(t, x->row, t->id), cell(t, y->row, t->id));
	order = order ? order : strcmp(cell(t, x->row, t->judge), cell(t, y->row, t->judge));
	for (size_t k = 0; k < t->table.ncolumns && !order; k++)
		order = strcmp(cell(t, x->row, (int)k), cell(t, y->row, (int)k));
	return order;
}

static void sort(struct asitable *t)
{
	t->order = xcalloc(t->table.nrows + 1, sizeof *t->order);
	for (size_t i = 0; i < t->table.nrows; i++)
		t->order[i] = (struct place){ t, i };
	qsort(t->order, t->table.nrows, sizeof *t->order, compare_places);
}

struct asitable *asitable_load(const struct asitable_source *source,
	const struct dbxtool *connection,
			       struct err *err)
{
	struct asitable *t = xcalloc(1, sizeof *t);
	struct dbx *dbx = dbxtool_open(connection, err);
	bool ok = dbx && query(t, dbx, source, err);
	if (ok) {
		t->id = table_find(&t->table, "question_id");
		t->judge = table_find(&t->table, "judge");
		t->value = table_find(&t->table, "value");
		t->run = table_find(&t->table, "run_id");
		t->iteration = table_find(&t->table, "iteration");
		ok = one_run(t, source->schema, err);
	}
	dbx_free(dbx);
	if (!ok) {
		asitable_free(t);
		return NULL;
	}
	sort(t);
	return t;
}

void asitable_free(struct asitable *t)
{
	if (!t)
		return;
	table_free(&t->table);
	free(t->order);
	free(t);
}

/* ---- giving ---- */

static struct json *asi_of(const struct asitable *t, size_t row)
{
	struct json *asi = json_new_object();
	for (size_t i = 0; i < countof(asi_fields); i++) {
		const char *text = cell(t, row, table_find(&t->table, asi_fields[i]));
		if (*text)
			json_set_str(asi, asi_fields[i], text);
	}
	return asi;
}

static bool has_asi(const struct json *judge)
{
	const struct json *asi = json_get(judge, "asi");
	return json_get(asi, "failure_type") || json_len(json_get(asi, "blame_set"))
		|| json_get(asi, "counterfactual_fix");
}

static bool give(const struct asitable *t, size_t at, struct json *row)
{
	struct json *judges = json_get(row, "judges");
	if (!json_is(judges, JSON_OBJECT))
		judges = json_set(row, "judges", json_new_object());
	struct json *judge = json_get(judges, cell(t, at, t->judge));
	if (!json_is(judge, JSON_OBJECT))
		judge = json_set(judges, cell(t, at, t->judge), json_new_object());
	if (!json_get(judge, "value"))
		json_set_str(judge, "value", cell(t, at, t->value));
	if (has_asi(judge))
		return false;
	json_set(judge, "asi", asi_of(t, at));
	json_set_str(judge, "asi_from", "asi_table");
	return true;
}

/* The first place in the order whose question is not before `id`. */
static size_t first_of(const struct asitable *t, const char *id)
{
	size_t low = 0, high = t->table.nrows;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(cell(t, t->order[middle].row, t->id), id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool asitable_fill(const struct asitable *t, struct json *row)
{
	const char *id = json_str_or(row, "question_id", "");
	bool added = false;
	for (size_t i = first_of(t, id); i < t->table.nrows; i++) {
		if (!streq(cell(t, t->order[i].row, t->id), id))
			break;
		added |= give(t, t->order[i].row, row);
	}
	return added;
}

struct json *asitable_rows(const struct asitable *t)
{
	struct json *out = json_new_array(), *row = NULL;
	for (size_t i = 0; i < t->table.nrows; i++) {
		const char *id = cell(t, t->order[i].row, t->id);
		if (!row || !streq(json_str_or(row, "question_id", ""), id)) {
			row = json_push(out, json_new_object());
			json_set_str(row, "question_id", id);
		}
		give(t, t->order[i].row, row);
	}
	return out;
}
