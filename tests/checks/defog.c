#include "defog.h"

#include "csv.h"
#include "db.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "report.h"
#include "str.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TODAY "2026-11-20" /* the data's README */
#define MAX_FIELDS 64

const char *const defog_names[] = {
	"academic", "advising", "atis", "geography", "restaurants", "scholar", "yelp", NULL
};

static const char *sqlite_type(const char *type)
{
	if (starts_with(type, "DECIMAL"))
		return "NUMERIC";
	if (streq(type, "DOUBLE") || streq(type, "FLOAT"))
		return "REAL";
	if (streq(type, "BIGINT") || streq(type, "INT") || streq(type, "BOOLEAN"))
		return "INTEGER";
	return "TEXT";
}

static bool insert_row(struct db_stmt *insert, const struct csv *csv, const struct json *columns,
		       struct err *err)
{
	for (size_t i = 0; i < csv->n; i++) {
		const char *type = json_str_or(json_at(columns, i), "type", "");
		const char *cell = csv->field[i].s;
		if (cell && streq(type, "BOOLEAN"))
			cell = streq(cell, "true") ? "1" : "0";
		db_bind_text(insert, (int)i + 1, cell);
	}
	return db_run(insert, err);
}

static bool load_rows(struct db *db, const char *path, const char *table,
		      const struct json *columns, struct err *err)
{
	struct str text = STR_INIT, sql = STR_INIT;
	struct csv csv = { 0 };
	enum csv_result result = CSV_ERROR;
	struct db_stmt *insert;
	str_add(&sql, "INSERT INTO ");
	db_quote_name(&sql, table);
	str_add(&sql, " VALUES (");
	for (size_t i = 0; i < json_len(columns); i++)
		str_add(&sql, i ? ",?" : "?");
	str_addc(&sql, ')');
	insert = db_prepare(db, str_text(&sql), err);
	if (insert && io_read_file(path, &text, err)) {
		csv_open(&csv, str_text(&text), text.n, path);
		while ((result = csv_next(&csv, err)) == CSV_RECORD)
			if (csv.line > 1 && !insert_row(insert, &csv, columns, err)) {
				result = CSV_ERROR;
				break;
			}
		csv_close(&csv);
	}
	db_stmt_free(insert);
	str_free(&text);
	str_free(&sql);
	return result == CSV_END;
}

static bool load_table(struct db *db, const char *name, const struct json *table,
		       struct err *err)
{
	char path[300];
	const struct json *columns = json_get(table, "columns");
	struct str sql = STR_INIT;
	str_add(&sql, "CREATE TABLE ");
	db_quote_name(&sql, json_key(table));
	str_add(&sql, " (");
	for (const struct json *c = json_first(columns); c; c = json_next(c)) {
		db_quote_name(&sql, json_str_or(c, "name", ""));
		str_addf(&sql, " %s%s", sqlite_type(json_str_or(c, "type", "")),
			 json_next(c) ? ", " : ")");
	}
	snprintf(path, sizeof path, "defog/%s/%s.csv", name, json_key(table));
	bool ok = db_exec(db, str_text(&sql), err)
		&& load_rows(db, data_path(path), json_key(table), columns, err);
	str_free(&sql);
	return ok;
}

struct db *defog_open(struct report *report, const char *name)
{
	char path[300];
	struct err err = { 0 };
	struct db *db;
	snprintf(path, sizeof path, "defog/%s/schema.json", name);
	if (access(data_path(path), R_OK) != 0) {
		report_skip(report, "no shared data: %s", path);
		return NULL;
	}
	struct json *schema = json_load(data_path(path), &err);
	db = schema ? db_open(":memory:", &err) : NULL;
	bool ok = db && db_exec(db, "PRAGMA case_sensitive_like = OFF", &err);
	for (const struct json *t = json_first(json_get(schema, "tables")); ok && t; t = json_next(t))
		ok = load_table(db, name, t, &err);
	if (db)
		db_quoted_texts(db, true);
	json_free(schema);
	if (ok)
		return db;
	report_case(report, false, "loading %s: %s", name, err.text);
	db_close(db);
	return NULL;
}

char *defog_frozen(struct arena *arena, const char *sql)
{
	static const char now[] = "'now'";
	struct str out = STR_INIT;
	for (const char *at; (at = stristr(sql, now)); sql = at + sizeof now - 1) {
		str_addn(&out, sql, (size_t)(at - sql));
		str_add(&out, "'" TODAY "'");
	}
	str_add(&out, sql);
	char *text = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return text;
}

/* ---- running ---- */

struct cells {
	char **v;
	size_t n, cap;
	enum db_type type[MAX_FIELDS];
};

static void add_cell(struct cells *cells, struct db_stmt *stmt, int column)
{
	enum db_type type = db_column_type(stmt, column);
	const char *text = db_column_text(stmt, column);
	GROW(cells->v, cells->cap, cells->n + 1);
	cells->v[cells->n++] = type == DB_NULL ? NULL : type == DB_REAL
		? xasprintf("%.17g", db_column_real(stmt, column)) : xstrdup(text ? text : "");
	if (type != DB_NULL && type > cells->type[column])
		cells->type[column] = type;
}

static void make_table(struct table *out, const struct db_stmt *stmt, const struct cells *cells)
{
	static const char *const types[] = { [DB_NULL] = "VOID", [DB_INT] = "BIGINT",
		[DB_REAL] = "DOUBLE", [DB_TEXT] = "STRING", [DB_BLOB] = "STRING" };
	size_t width = (size_t)db_columns(stmt);
	const char *row[MAX_FIELDS];
	for (size_t i = 0; i < width; i++)
		table_add_column(out, db_column_name(stmt, (int)i), types[cells->type[i]]);
	for (size_t at = 0; at + width <= cells->n; at += width) {
		for (size_t i = 0; i < width; i++)
			row[i] = cells->v[at + i];
		table_add_row(out, row);
	}
}

bool defog_run(struct db *db, const char *sql, struct table *out, char why[200])
{
	struct err err = { 0 };
	struct cells cells = { 0 };
	bool row = true, ok;
	db_limit_time(db, 2000);
	struct db_stmt *stmt = db_prepare(db, sql, &err);
	ok = stmt && db_columns(stmt) > 0 && db_columns(stmt) <= MAX_FIELDS;
	for (size_t n = 0; ok && row && n <= DEFOG_MAX_ROWS; n++) {
		ok = db_step(stmt, &row, &err);
		for (int i = 0; ok && row && i < db_columns(stmt); i++)
			add_cell(&cells, stmt, i);
	}
	if (ok)
		make_table(out, stmt, &cells);
	snprintf(why, 200, "%.199s", err.text);
	for (size_t i = 0; i < cells.n; i++)
		free(cells.v[i]);
	free(cells.v);
	db_stmt_free(stmt);
	db_limit_time(db, 0);
	return ok;
}
