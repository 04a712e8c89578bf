#include "table.h"

#include "json.h"
#include "str.h"

#include <stdlib.h>

void table_free(struct table *table)
{
	arena_free(&table->arena);
	free(table->columns);
	free(table->cells);
	*table = (struct table){ 0 };
}

void table_add_column(struct table *table, const char *name, const char *type)
{
	GROW(table->columns, table->column_cap, table->ncolumns + 1);
	table->columns[table->ncolumns++] = (struct table_column){
		arena_strdup(&table->arena, name), arena_strdup(&table->arena, type) };
}

void table_add_row(struct table *table, const char *const *cells)
{
	size_t n = table->nrows * table->ncolumns;
	GROW(table->cells, table->cell_cap, n + table->ncolumns);
	for (size_t i = 0; i < table->ncolumns; i++)
		table->cells[n + i] = arena_strdup(&table->arena, cells[i]);
	table->nrows++;
	if (table->total_rows < (int64_t)table->nrows)
		table->total_rows = (int64_t)table->nrows;
}

const char *table_cell(const struct table *table, size_t row, size_t column)
{
	return table->cells[row * table->ncolumns + column];
}

int table_find(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->ncolumns; i++)
		if (strieq(table->columns[i].name, name))
			return (int)i;
	return -1;
}

struct json *table_to_json(const struct table *table, size_t max_rows)
{
	struct json *out = json_new_object();
	struct json *columns = json_set(out, "columns", json_new_array());
	for (size_t i = 0; i < table->ncolumns; i++) {
		struct json *column = json_push(columns, json_new_object());
		json_set_str(column, "name", table->columns[i].name);
		json_set_str(column, "type", table->columns[i].type);
	}
	struct json *rows = json_set(out, "rows", json_new_array());
	for (size_t r = 0; r < table->nrows && r < max_rows; r++) {
		struct json *row = json_push(rows, json_new_array());
		for (size_t c = 0; c < table->ncolumns; c++)
			json_push_str(row, table_cell(table, r, c));
	}
	if (table->truncated)
		json_set_bool(out, "truncated", true);
	if (table->total_rows != (int64_t)table->nrows || table->nrows > max_rows)
		json_set_int(out, "total_row_count", table->total_rows);
	return out;
}

static bool read_row(struct table *table, const struct json *row, const char **cells,
		     struct err *err)
{
	size_t i = 0;
	if (!json_is(row, JSON_ARRAY) || json_len(row) != table->ncolumns)
		return json_expected(row, "an array with a cell for each column", err);
	for (const struct json *cell = json_first(row); cell; cell = json_next(cell), i++) {
		cells[i] = json_text(cell);
		if (!cells[i] && json_typeof(cell) != JSON_NULL)
			return json_expected(cell, "a string or null", err);
	}
	table_add_row(table, cells);
	return true;
}

bool table_from_json(struct table *table, const struct json *json, struct err *err)
{
	const struct json *columns = json_need(json, "columns", JSON_ARRAY, err);
	const struct json *rows = columns ? json_need(json, "rows", JSON_ARRAY, err) : NULL;
	if (!rows)
		return false;
	for (const struct json *c = json_first(columns); c; c = json_next(c)) {
		const char *name = json_need_str(c, "name", err);
		if (!name)
			return false;
		table_add_column(table, name, json_str_or(c, "type", "STRING"));
	}
	const char **cells = xcalloc(table->ncolumns, sizeof *cells);
	bool ok = true;
	for (const struct json *row = json_first(rows); ok && row; row = json_next(row))
		ok = read_row(table, row, cells, err);
	free(cells);
	table->truncated = json_bool_or(json, "truncated", false);
	table->total_rows = json_int_or(json, "total_row_count", (int64_t)table->nrows);
	return ok;
}
