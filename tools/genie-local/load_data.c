/* Rows: data/NAME.csv into the table NAME (a prefix "10_" orders the files), and
 * data/NAME.sql, scripts in SQLite's SQL in which today() is the date. */
#include "load_int.h"
#include "clock.h"
#include "csv.h"
#include "digest.h"
#include "io.h"
#include "str.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DATA_FILE (512u << 20)

/* ---- CSV ------------------------------------------------------------------------ */

static bool is_number(const char *s, bool whole)
{
	char *end;

	if (whole)
		strtoll(s, &end, 10);
	else
		strtod(s, &end);
	return end > s && !*end && !isspace((unsigned char)*s);
}

/* 2026-11-20T10:00:00Z as 2026-11-20 10:00:00 in out; false when it is no time. */
static bool stamp_text(const char *s, char out[40])
{
	int64_t day;
	char date[11];
	size_t n = strlen(s);

	if (n < 10 || n > 33)
		return false;
	memcpy(date, s, 10);
	date[10] = '\0';
	if (!date_parse(date, &day) || (n > 10 && s[10] != 'T' && s[10] != ' '))
		return false;
	memcpy(out, s, n + 1);
	if (n > 10)
		out[10] = ' ';
	if (out[n - 1] == 'Z')
		out[n - 1] = '\0';
	return true;
}

static bool bind_value(struct db_stmt *stmt, int at, const char *type, const char *s)
{
	char stamp[40];
	int64_t day;

	if (!s) {
		db_bind_null(stmt, at);
		return true;
	}
	if (streq(type, "BOOLEAN")) {
		db_bind_int(stmt, at, strieq(s, "true") || streq(s, "1"));
		return strieq(s, "true") || strieq(s, "false") || streq(s, "0") || streq(s, "1");
	}
	if (streq(type, "DATE") && !date_parse(s, &day))
		return false;
	if (starts_with(type, "TIMESTAMP")) {
		if (!stamp_text(s, stamp))
			return false;
		s = stamp;
	}
	if (streq(cat_type_affinity(type), "INTEGER") && !is_number(s, true))
		return false;
	if ((streq(type, "DOUBLE") || streq(type, "FLOAT") || starts_with(type, "DECIMAL")) &&
	    !is_number(s, false))
		return false;
	db_bind_text(stmt, at, s); /* the column's affinity makes it a number */
	return true;
}

/* The column of every field; an unknown or repeated header is an error. */
static bool map_header(struct loading *l, const struct csv *csv, const struct cat_table *table,
	const struct cat_column ***out, struct err *err)
{
	const struct cat_column **map = arena_alloc(&l->arena, csv->n * sizeof(*map));

	for (size_t i = 0; i < csv->n; i++) {
		map[i] = csv->field[i].s ? cat_find_column(table, csv->field[i].s) : NULL;
		if (!map[i])
			return err_set(err, ERR_DATA, "%s:1: table %s has no column \"%s\"", csv->name,
				table->name, csv->field[i].s ? csv->field[i].s : "");
		for (size_t k = 0; k < i; k++)
			if (map[k] == map[i])
				return err_set(err, ERR_DATA, "%s:1: column \"%s\" comes twice",
					csv->name, map[i]->name);
	}
	*out = map;
	return true;
}

static struct db_stmt *prepare_insert(struct loading *l, const struct cat_table *table,
	const struct cat_column *const *map, size_t n, struct err *err)
{
	struct str sql = STR_INIT;
	struct db_stmt *stmt;

	str_addf(&sql, "INSERT INTO %s (", table->source);
	for (size_t i = 0; i < n; i++) {
		str_add(&sql, i ? ", " : "");
		db_quote_name(&sql, map[i]->name);
	}
	str_add(&sql, ") VALUES (");
	for (size_t i = 0; i < n; i++)
		str_add(&sql, i ? ", ?" : "?");
	str_addc(&sql, ')');
	stmt = db_prepare(l->catalog->db, str_text(&sql), err);
	str_free(&sql);
	return stmt;
}

static bool insert_records(struct loading *l, struct csv *csv, struct db_stmt *stmt,
	const struct cat_column *const *map, struct err *err)
{
	enum csv_result result;

	while ((result = csv_next(csv, err)) == CSV_RECORD) {
		for (size_t i = 0; i < csv->n; i++)
			if (!bind_value(stmt, (int)i + 1, map[i]->type, csv->field[i].s))
				return err_set(err, ERR_DATA, "%s:%zu: column %s: \"%.60s\" is no %s",
					csv->name, csv->line, map[i]->name, csv->field[i].s,
					map[i]->type);
		if (!db_run(stmt, err))
			return err_wrap(err, "%s:%zu", csv->name, csv->line);
		l->report->data_rows++;
	}
	return result == CSV_END;
}

static bool load_csv(struct loading *l, const struct cat_table *table, const char *path,
	const struct str *text, struct err *err)
{
	const struct cat_column **map = NULL;
	struct db_stmt *stmt = NULL;
	struct csv csv;
	enum csv_result head;
	bool ok = false;

	csv_open(&csv, str_text(text), text->n, path);
	head = csv_next(&csv, err);
	if (head == CSV_END)
		err_set(err, ERR_DATA, "%s:1: no header", path);
	if (head == CSV_RECORD && map_header(l, &csv, table, &map, err)) {
		stmt = prepare_insert(l, table, map, csv.n, err);
		ok = stmt && insert_records(l, &csv, stmt, map, err);
	}
	db_stmt_free(stmt);
	csv_close(&csv);
	return ok;
}

/* ---- files --------------------------------------------------------------------------- */

/* The table of a file: its stem, without a prefix of digits and a line. */
static bool table_of(struct loading *l, const char *path, struct cat_table *table,
	struct err *err)
{
	const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
	const char *bare = start + strspn(start, "0123456789");
	struct cat_full full = { l->scope.catalog, l->scope.schema, NULL };
	bool found;

	if (bare > start && *bare == '_')
		start = bare + 1;
	full.name = arena_strndup(&l->arena, start, strcspn(start, "."));
	if (!cat_get_table(l->catalog, &full, &l->arena, table, &found, err))
		return false;
	return (found && table->data_table) ||
	       err_set(err, ERR_DATA, "%s: no table \"%s\" is defined", path, full.name);
}

static bool each_table(struct loading *l, const char *sql_before, int64_t *sum, struct err *err)
{
	struct db_stmt *stmt = cat_query(l->catalog, err,
		"SELECT data_table FROM uc_tables WHERE catalog_name = ? AND schema_name = ?"
		" AND data_table IS NOT NULL", "tt", l->scope.catalog, l->scope.schema);
	struct strlist names = {0};
	bool row = false, ok = stmt != NULL, found;

	while (ok && (ok = db_step(stmt, &row, err)) && row)
		strlist_add(&names, db_column_text(stmt, 0));
	db_stmt_free(stmt);
	for (size_t i = 0; ok && i < names.n; i++) {
		struct str sql = STR_INIT;
		int64_t n = 0;

		str_add(&sql, sql_before);
		db_quote_name(&sql, names.v[i]);
		ok = sum ? db_get_int(l->catalog->db, str_text(&sql), &n, &found, err) :
			db_exec(l->catalog->db, str_text(&sql), err);
		if (sum)
			*sum += n;
		str_free(&sql);
	}
	strlist_free(&names);
	return ok;
}

/* Scripts name tables bare: that only works where the data table is so named. */
static bool names_are_bare(struct loading *l, const char *path, struct err *err)
{
	struct db_stmt *stmt = cat_query(l->catalog, err,
		"SELECT table_name FROM uc_tables WHERE catalog_name = ? AND schema_name = ?"
		" AND data_table <> table_name", "tt", l->scope.catalog, l->scope.schema);
	bool row = false, ok;

	if (!stmt)
		return false;
	ok = db_step(stmt, &row, err);
	if (ok && row)
		ok = err_set(err, ERR_DATA, "%s: a script cannot fill table \"%s\", because another "
			"table of the workspace has that name; use a CSV file or another --db", path,
			db_column_text(stmt, 0));
	db_stmt_free(stmt);
	return ok;
}

static bool load_one(struct loading *l, const char *path, struct err *err)
{
	struct cat_table table;
	struct str text;
	int64_t before = 0, after = 0;
	bool ok;

	str_init(&text, MAX_DATA_FILE);
	ok = io_read_file(path, &text, err);
	if (ok && ends_with(path, ".csv")) {
		ok = table_of(l, path, &table, err) && load_csv(l, &table, path, &text, err);
	} else if (ok) {
		ok = names_are_bare(l, path, err) &&
		     each_table(l, "SELECT count(*) FROM ", &before, err);
		if (ok && !db_exec(l->catalog->db, str_text(&text), err)) {
			err->code = ERR_DATA;
			ok = err_wrap(err, "%s", path);
		}
		ok = ok && each_table(l, "SELECT count(*) FROM ", &after, err);
		l->report->data_rows += ok && after > before ? (size_t)(after - before) : 0;
	}
	str_free(&text);
	return ok;
}

/* The day and the bytes that the tables are filled from. */
static bool fingerprint(struct loading *l, const struct strlist *paths, char **out,
	struct err *err)
{
	struct str all = STR_INIT;
	char hex[SHA256_HEX], *today = NULL;
	bool found, ok = db_get_text(l->catalog->db, "SELECT today()", &today, &found, err);

	for (size_t i = 0; ok && i < paths->n; i++) {
		struct str text;

		str_init(&text, MAX_DATA_FILE);
		ok = io_read_file(paths->v[i], &text, err);
		sha256_hex(str_text(&text), text.n, hex);
		str_addf(&all, "%s %s\n", paths->v[i], hex);
		str_free(&text);
	}
	sha256_hex(str_text(&all), all.n, hex);
	*out = ok ? xasprintf("%s %s", today, hex) : NULL;
	str_free(&all);
	free(today);
	return ok;
}

static bool list_files(const char *dir, struct strlist *paths, struct err *err)
{
	static const char *const endings[] = { ".csv", ".sql" };

	for (size_t k = 0; io_is_dir(dir) && k < countof(endings); k++) {
		struct strlist names = {0};

		if (!io_list(dir, endings[k], &names, err))
			return false;
		for (size_t i = 0; i < names.n; i++)
			strlist_take(paths, io_join(dir, names.v[i]));
		strlist_free(&names);
	}
	strlist_sort(paths);
	return true;
}

static bool fill(struct loading *l, const struct strlist *paths, struct err *err)
{
	if (!each_table(l, "DELETE FROM ", NULL, err))
		return false;
	for (size_t i = 0; i < paths->n; i++)
		if (!load_one(l, paths->v[i], err))
			return false;
	l->report->data_loaded = true;
	return true;
}

bool load_data(struct loading *l, const char *dir, struct err *err)
{
	const char *key = arena_printf(&l->arena, "data %s.%s", l->scope.catalog, l->scope.schema);
	struct strlist paths = {0};
	char *now = NULL, *last = NULL;
	bool ok = list_files(dir, &paths, err);

	if (ok && paths.n) {
		ok = fingerprint(l, &paths, &now, err) && cat_meta_get(l->catalog, key, &last, err);
		if (ok && (!streq(now, last) || l->options->reset))
			ok = fill(l, &paths, err) && cat_meta_set(l->catalog, key, now, err);
	}
	strlist_free(&paths);
	free(now);
	free(last);
	return ok;
}
