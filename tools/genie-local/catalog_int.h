/* catalog_int.h - what the catalog's own files share. Others use catalog.h.
 *
 * Tables of the file:
 *	uc_meta(key, value)
 *	uc_schemata(catalog_name, schema_name, comment)
 *	uc_tables(table_id, catalog_name, schema_name, table_name, kind, comment,
 *		definition, data_table, created, altered)   kind: TABLE|VIEW|METRIC_VIEW
 *	uc_columns(table_id, position, column_name, full_type, nullable, comment, measure)
 *	uc_properties(table_id, name, value)
 *	uc_tags(table_id, column_name, tag_name, tag_value)  column_name '' for the table
 *	uc_constraints(constraint_id, table_id, constraint_name, kind, parent_*)
 *	uc_constraint_columns(constraint_id, position, column_name, parent_column)
 *	uc_routines, uc_parameters, uc_routine_columns
 * Positions count from 1. Times are milliseconds.
 */
#ifndef GENIE_LOCAL_CATALOG_INT_H
#define GENIE_LOCAL_CATALOG_INT_H

#include "catalog.h"
#include "db.h"
#include "mem.h"

struct str;

struct catalog {
	struct db *db;
	struct cat_hooks hooks;
	char *default_catalog, *default_schema;
	bool sqlite_dialect;
};

/* ---- statements: `format` has one letter per argument ----------------
 * t const char * (NULL is NULL), i int64_t, b bool as 0 or 1 */
struct db_stmt *cat_query(struct catalog *catalog, struct err *err, const char *sql,
	const char *format, ...) MUST_CHECK;
bool cat_run(struct catalog *catalog, struct err *err, const char *sql, const char *format,
	...) MUST_CHECK;
/* Text of a column, in the arena; NULL for NULL. */
const char *cat_text(struct db_stmt *stmt, int column, struct arena *arena);

/* ---- names ------------------------------------------------------------ */
struct cat_full {
	const char *catalog, *schema, *name;
};
/* Puts the defaults in front. Borrows from name, scope and catalog. */
struct cat_full cat_complete(const struct catalog *catalog, const struct cat_scope *scope,
	const struct cat_name *name);
/* `a`.`b`.`c` and a.b.c, in the arena. */
char *cat_quoted(const struct cat_full *full, struct arena *arena);
char *cat_dotted(const struct cat_full *full, struct arena *arena);
/* Backticks when needed, doubled inside; appended. */
void cat_add_ident(struct str *out, const char *name);
/* The text as a Databricks literal in single quotes; appended. NULL gives NULL. */
void cat_add_literal(struct str *out, const char *text);

/* ---- reading; *found false when there is no such object ---------------- */
bool cat_get_table(struct catalog *catalog, const struct cat_full *full, struct arena *arena,
	struct cat_table *out, bool *found, struct err *err) MUST_CHECK;
bool cat_get_function(struct catalog *catalog, const struct cat_full *full, struct arena *arena,
	struct cat_function *out, bool *found, struct err *err) MUST_CHECK;
bool cat_has_schema(struct catalog *catalog, const char *name, const char *schema, bool *found,
	struct err *err) MUST_CHECK;
const struct cat_column *cat_find_column(const struct cat_table *table, const char *name);

struct cat_pair {
	const char *name, *value;
};
/* Properties, or tags of the table (column "") or of one column, by name. */
bool cat_get_properties(struct catalog *catalog, int64_t table_id, struct arena *arena,
	struct cat_pair **out, size_t *n, struct err *err) MUST_CHECK;

/* ---- writing: inside the caller's transaction --------------------------- */
bool cat_add_schema(struct catalog *catalog, const char *name, const char *schema,
	struct err *err) MUST_CHECK;
/* Adds the row and its columns; sets table->id. */
bool cat_insert_table(struct catalog *catalog, struct cat_table *table,
	struct err *err) MUST_CHECK;
bool cat_set_columns(struct catalog *catalog, const struct cat_table *table,
	struct err *err) MUST_CHECK;
/* Removes a table and all that hangs on it, its data table as well. */
bool cat_delete_table(struct catalog *catalog, const struct cat_table *table,
	struct err *err) MUST_CHECK;
bool cat_insert_function(struct catalog *catalog, struct cat_function *fn,
	struct err *err) MUST_CHECK;
bool cat_delete_function(struct catalog *catalog, int64_t id, struct err *err) MUST_CHECK;
bool cat_set_property(struct catalog *catalog, int64_t table_id, const char *name,
	const char *value, struct err *err) MUST_CHECK;
bool cat_set_tag(struct catalog *catalog, int64_t table_id, const char *column, const char *name,
	const char *value, struct err *err) MUST_CHECK;
/* Notes the change: time of alteration and catalog_version. 0: no table. */
bool cat_touch(struct catalog *catalog, int64_t table_id, struct err *err) MUST_CHECK;
/* Creates the empty SQLite table behind a CAT_TABLE (table->data_table is set). */
bool cat_create_data(struct catalog *catalog, const struct cat_table *table,
	struct err *err) MUST_CHECK;

bool cat_meta_get(struct catalog *catalog, const char *key, char **out, struct err *err) MUST_CHECK;
bool cat_meta_set(struct catalog *catalog, const char *key, const char *value,
	struct err *err) MUST_CHECK;

/* ---- types (catalog_type.c) --------------------------------------------- */
/* Upper case, one spelling per type (LONG is BIGINT); NULL when it is no type. */
const char *cat_type_normal(const char *text, struct arena *arena);
/* "DECIMAL" of "DECIMAL(18,2)", in the arena. */
const char *cat_type_simple(const char *type, struct arena *arena);
const char *cat_type_affinity(const char *type); /* of SQLite */
/* -1: the type has none. */
void cat_type_decimal(const char *type, int *precision, int *scale);
const char *cat_type_rest(const char *type); /* type_name of ColumnInfo: LONG, INT, ... */
struct json *cat_type_json(const char *type); /* as DESCRIBE ... AS JSON has it */

/* ---- metric views (catalog_yaml.c) -------------------------------------- */
/* Columns of a checked metric view, types inferred where it is easy, else STRING. */
bool cat_yaml_columns(struct catalog *catalog, const struct cat_scope *scope,
	const struct json *yaml, struct arena *arena, struct cat_table *view,
	struct err *err) MUST_CHECK;

/* ---- information_schema (information_schema.c) ---------------------------- */
bool cat_create_information_schema(struct db *db, struct err *err) MUST_CHECK;
/* The relation as a CAT_SYSTEM table: rows of `filter` catalog only (NULL: all). */
bool cat_system_table(const char *name, const char *filter, struct arena *arena,
	struct cat_table *out);

#endif
