#include "catalog_int.h"
#include "clock.h"
#include "str.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char schema_sql[] =
	"CREATE TABLE IF NOT EXISTS uc_meta(key TEXT PRIMARY KEY, value TEXT);"
	"CREATE TABLE IF NOT EXISTS uc_schemata("
	" catalog_name TEXT NOT NULL COLLATE NOCASE, schema_name TEXT NOT NULL COLLATE NOCASE,"
	" comment TEXT, created INTEGER, PRIMARY KEY(catalog_name, schema_name));"
	"CREATE TABLE IF NOT EXISTS uc_tables(table_id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" catalog_name TEXT NOT NULL COLLATE NOCASE, schema_name TEXT NOT NULL COLLATE NOCASE,"
	" table_name TEXT NOT NULL COLLATE NOCASE, kind TEXT NOT NULL, comment TEXT,"
	" definition TEXT, data_table TEXT COLLATE NOCASE, created INTEGER, altered INTEGER,"
	" UNIQUE(catalog_name, schema_name, table_name));"
	"CREATE TABLE IF NOT EXISTS uc_columns(table_id INTEGER NOT NULL, position INTEGER NOT NULL,"
	" column_name TEXT NOT NULL COLLATE NOCASE, full_type TEXT NOT NULL,"
	" nullable INTEGER NOT NULL, comment TEXT, measure INTEGER NOT NULL,"
	" PRIMARY KEY(table_id, position), UNIQUE(table_id, column_name));"
	"CREATE TABLE IF NOT EXISTS uc_properties(table_id INTEGER NOT NULL, name TEXT NOT NULL,"
	" value TEXT, PRIMARY KEY(table_id, name));"
	"CREATE TABLE IF NOT EXISTS uc_tags(table_id INTEGER NOT NULL,"
	" column_name TEXT NOT NULL COLLATE NOCASE, tag_name TEXT NOT NULL, tag_value TEXT,"
	" PRIMARY KEY(table_id, column_name, tag_name));"
	"CREATE TABLE IF NOT EXISTS uc_constraints(constraint_id INTEGER PRIMARY KEY,"
	" table_id INTEGER NOT NULL, constraint_name TEXT NOT NULL, kind TEXT NOT NULL,"
	" parent_catalog TEXT, parent_schema TEXT, parent_table TEXT);"
	"CREATE TABLE IF NOT EXISTS uc_constraint_columns(constraint_id INTEGER NOT NULL,"
	" position INTEGER NOT NULL, column_name TEXT NOT NULL, parent_column TEXT,"
	" PRIMARY KEY(constraint_id, position));"
	"CREATE TABLE IF NOT EXISTS uc_routines(routine_id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" catalog_name TEXT NOT NULL COLLATE NOCASE, schema_name TEXT NOT NULL COLLATE NOCASE,"
	" routine_name TEXT NOT NULL COLLATE NOCASE, comment TEXT, body TEXT NOT NULL,"
	" statement TEXT NOT NULL, data_type TEXT NOT NULL, deterministic INTEGER NOT NULL,"
	" created INTEGER, altered INTEGER, UNIQUE(catalog_name, schema_name, routine_name));"
	"CREATE TABLE IF NOT EXISTS uc_parameters(routine_id INTEGER NOT NULL,"
	" position INTEGER NOT NULL, parameter_name TEXT NOT NULL, full_type TEXT NOT NULL,"
	" default_text TEXT, comment TEXT, PRIMARY KEY(routine_id, position));"
	"CREATE TABLE IF NOT EXISTS uc_routine_columns(routine_id INTEGER NOT NULL,"
	" position INTEGER NOT NULL, column_name TEXT NOT NULL, full_type TEXT NOT NULL,"
	" comment TEXT, PRIMARY KEY(routine_id, position));";

static void bind_all(struct db_stmt *stmt, const char *format, va_list ap)
{
	for (int at = 1; *format; format++, at++) {
		if (*format == 't')
			db_bind_text(stmt, at, va_arg(ap, const char *));
		else if (*format == 'i')
			db_bind_int(stmt, at, va_arg(ap, int64_t));
		else if (*format == 'b')
			db_bind_int(stmt, at, va_arg(ap, int) != 0);
		else
			BUG("no such argument kind: %c", *format);
	}
}

struct db_stmt *cat_query(struct catalog *catalog, struct err *err, const char *sql,
	const char *format, ...)
{
	struct db_stmt *stmt = db_prepare(catalog->db, sql, err);
	va_list ap;

	if (!stmt)
		return NULL;
	va_start(ap, format);
	bind_all(stmt, format, ap);
	va_end(ap);
	return stmt;
}

bool cat_run(struct catalog *catalog, struct err *err, const char *sql, const char *format, ...)
{
	struct db_stmt *stmt = db_prepare(catalog->db, sql, err);
	va_list ap;
	bool ok;

	if (!stmt)
		return false;
	va_start(ap, format);
	bind_all(stmt, format, ap);
	va_end(ap);
	ok = db_run(stmt, err);
	db_stmt_free(stmt);
	return ok;
}

const char *cat_text(struct db_stmt *stmt, int column, struct arena *arena)
{
	return arena_strdup(arena, db_column_text(stmt, column));
}

bool cat_meta_get(struct catalog *catalog, const char *key, char **out, struct err *err)
{
	struct db_stmt *stmt = cat_query(catalog, err, "SELECT value FROM uc_meta WHERE key = ?",
		"t", key);
	bool row = false, ok;

	*out = NULL;
	if (!stmt)
		return false;
	ok = db_step(stmt, &row, err);
	if (ok && row)
		*out = xstrdup(db_column_text(stmt, 0));
	db_stmt_free(stmt);
	return ok;
}

bool cat_meta_set(struct catalog *catalog, const char *key, const char *value, struct err *err)
{
	return cat_run(catalog, err, "INSERT OR REPLACE INTO uc_meta(key, value) VALUES (?, ?)",
		"tt", key, value);
}

static bool read_defaults(struct catalog *catalog, struct err *err)
{
	char *dialect = NULL;

	if (!cat_meta_get(catalog, "default_catalog", &catalog->default_catalog, err) ||
	    !cat_meta_get(catalog, "default_schema", &catalog->default_schema, err) ||
	    !cat_meta_get(catalog, "dialect", &dialect, err))
		return false;
	if (!catalog->default_catalog)
		catalog->default_catalog = xstrdup("main");
	if (!catalog->default_schema)
		catalog->default_schema = xstrdup("default");
	catalog->sqlite_dialect = streq(dialect, "sqlite");
	free(dialect);
	return true;
}

struct catalog *catalog_open(struct db *db, struct err *err)
{
	struct catalog *catalog = xcalloc(1, sizeof(*catalog));

	catalog->db = db;
	if (db_exec(db, schema_sql, err) && cat_create_information_schema(db, err) &&
	    read_defaults(catalog, err) &&
	    cat_add_schema(catalog, catalog->default_catalog, catalog->default_schema, err))
		return catalog;
	catalog_close(catalog);
	return NULL;
}

void catalog_close(struct catalog *catalog)
{
	if (!catalog)
		return;
	free(catalog->default_catalog);
	free(catalog->default_schema);
	free(catalog);
}

void catalog_set_hooks(struct catalog *catalog, const struct cat_hooks *hooks)
{
	catalog->hooks = *hooks;
}

struct db *catalog_db(struct catalog *catalog)
{
	return catalog->db;
}

const char *catalog_default_catalog(const struct catalog *catalog)
{
	return catalog->default_catalog;
}

const char *catalog_default_schema(const struct catalog *catalog)
{
	return catalog->default_schema;
}

bool catalog_set_defaults(struct catalog *catalog, const char *name, const char *schema,
	struct err *err)
{
	if (!cat_meta_set(catalog, "default_catalog", name, err) ||
	    !cat_meta_set(catalog, "default_schema", schema, err) ||
	    !cat_add_schema(catalog, name, schema, err))
		return false;
	free(catalog->default_catalog);
	free(catalog->default_schema);
	catalog->default_catalog = xstrdup(name);
	catalog->default_schema = xstrdup(schema);
	return true;
}

bool catalog_sqlite_dialect(const struct catalog *catalog)
{
	return catalog->sqlite_dialect;
}

bool catalog_set_sqlite_dialect(struct catalog *catalog, bool on, struct err *err)
{
	catalog->sqlite_dialect = on;
	return cat_meta_set(catalog, "dialect", on ? "sqlite" : "databricks", err);
}

int64_t catalog_version(const struct catalog *catalog)
{
	struct err err = {0};
	int64_t version = 0;
	bool found;

	if (!db_get_int(catalog->db, "SELECT CAST(value AS INTEGER) FROM uc_meta "
			"WHERE key = 'version'", &version, &found, &err))
		return -1; /* equal to no version seen before: caches are not trusted */
	return version;
}

bool cat_touch(struct catalog *catalog, int64_t table_id, struct err *err)
{
	return cat_run(catalog, err, "INSERT INTO uc_meta(key, value) VALUES ('version', '1') "
			"ON CONFLICT(key) DO UPDATE SET value = CAST(value AS INTEGER) + 1", "") &&
	       (!table_id || cat_run(catalog, err,
			"UPDATE uc_tables SET altered = ? WHERE table_id = ?", "ii",
			clock_now_ms(), table_id));
}
