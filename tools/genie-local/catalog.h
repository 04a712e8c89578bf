/* catalog.h - Unity Catalog metadata in the workspace's SQLite file.
 *
 * Tables, views, metric views, functions, comments, tags, properties and
 * constraints live in SQLite tables named uc_*; the rows of a Databricks table
 * live in an ordinary SQLite table (its "data table"). Names are compared
 * without letter case and kept as they were written. Everything handed out is
 * copied into the caller's arena, so it outlives later changes.
 *
 * One catalog belongs to one database connection and is used by one thread at
 * a time. SQL errors are values of their own (sqlerror.h); I/O faults appear
 * in them as INTERNAL_ERROR.
 */
#ifndef GENIE_LOCAL_CATALOG_H
#define GENIE_LOCAL_CATALOG_H

#include "base.h"
#include "err.h"
#include "sqlerror.h"

struct arena;
struct catalog;
struct db;
struct json;
struct table;

#define CAT_MAX_YAML (1u << 20)  /* bytes of a metric view's YAML */
#define CAT_MAX_COLUMNS 2000     /* of one table */

enum cat_kind { CAT_NONE, CAT_TABLE, CAT_VIEW, CAT_METRIC_VIEW, CAT_SYSTEM };

struct cat_column {
	const char *name;
	const char *type;    /* Databricks type, upper case: "DECIMAL(18,2)", "STRING" */
	const char *comment; /* NULL: none */
	bool nullable;
	bool measure;        /* of a metric view: only usable in MEASURE() */
};

struct cat_table {
	int64_t id;            /* 0 for CAT_SYSTEM */
	enum cat_kind kind;
	const char *catalog, *schema, *name;
	const char *full_name; /* catalog.schema.name */
	const char *comment;   /* NULL: none */
	const char *source;    /* SQLite text for FROM: "fact_usage" quoted, or a subquery in
	                        * brackets for CAT_SYSTEM. NULL for views and metric views */
	const char *data_table; /* unquoted SQLite table name; NULL unless CAT_TABLE */
	const char *definition; /* view: its query; metric view: YAML, byte for byte */
	const struct cat_column *columns;
	size_t ncolumns;
};

struct cat_param {
	const char *name, *type;
	const char *default_text; /* SQL text of the default; NULL: required */
	const char *comment;
};

struct cat_function {
	int64_t id;
	const char *catalog, *schema, *name, *full_name;
	const char *comment;
	const char *body;      /* SQL after RETURN, without a final semicolon */
	const char *statement; /* the CREATE statement as it was given */
	const char *data_type; /* "TABLE_TYPE", or the type of a scalar function */
	bool deterministic;
	const struct cat_param *params;
	size_t nparams;
	const struct cat_column *columns; /* RETURNS TABLE; none for scalar functions */
	size_t ncolumns;
};

/* A name of one to three parts, quotes removed. */
struct cat_name {
	const char *part[3];
	size_t n;
};
/* Where names of fewer parts are looked up; NULL members (or a NULL scope)
 * stand for the workspace's defaults. */
struct cat_scope {
	const char *catalog, *schema;
};

/* What the catalog asks of the engine. A NULL member skips the question. */
struct cat_hooks {
	void *ctx;
	/* Does this query compile? For a function, its parameters are visible in it;
	 * fn is NULL for views. False with error set. */
	bool (*check_query)(void *ctx, const struct cat_scope *scope, const char *query,
		const struct cat_function *fn, struct sql_error *error);
	/* Does this metric view compile (every expression resolves)? */
	bool (*check_metric_view)(void *ctx, const struct cat_scope *scope,
		const struct cat_table *view, struct sql_error *error);
	/* The columns that a view's query returns, in the arena. */
	bool (*query_columns)(void *ctx, const struct cat_scope *scope, const char *query,
		struct arena *arena, struct cat_column **columns, size_t *n,
		struct sql_error *error);
};

/* Creates what is missing in the file. The db is borrowed and must outlive it. */
struct catalog *catalog_open(struct db *db, struct err *err) MUST_CHECK;
void catalog_close(struct catalog *catalog);
void catalog_set_hooks(struct catalog *catalog, const struct cat_hooks *hooks); /* copied */
struct db *catalog_db(struct catalog *catalog);

/* Defaults that loading a folder set (kept in the file): "main", "default". */
const char *catalog_default_catalog(const struct catalog *catalog);
const char *catalog_default_schema(const struct catalog *catalog);
bool catalog_set_defaults(struct catalog *catalog, const char *name, const char *schema,
	struct err *err) MUST_CHECK;
/* Queries of this workspace are SQLite's SQL already (defog folders). */
bool catalog_sqlite_dialect(const struct catalog *catalog);
bool catalog_set_sqlite_dialect(struct catalog *catalog, bool on, struct err *err) MUST_CHECK;
/* Goes up with every change of metadata: a key for caches. */
int64_t catalog_version(const struct catalog *catalog);

/* Resolves a table, view, metric view, or a relation of <catalog>.information_schema
 * or system.information_schema. TABLE_OR_VIEW_NOT_FOUND otherwise. */
bool catalog_table(struct catalog *catalog, const struct cat_scope *scope,
	const struct cat_name *name, struct arena *arena, struct cat_table *out,
	struct sql_error *error) MUST_CHECK;
/* Resolves a function. ROUTINE_NOT_FOUND otherwise. */
bool catalog_function(struct catalog *catalog, const struct cat_scope *scope,
	const struct cat_name *name, struct arena *arena, struct cat_function *out,
	struct sql_error *error) MUST_CHECK;
/* Splits "a.b.`c d`" into parts; false when it is no name of 1 to 3 parts. */
bool cat_name_parse(const char *text, struct arena *arena, struct cat_name *out) MUST_CHECK;

/* The parsed YAML of a metric view (what yaml_load_json gives), checked by
 * catalog_check_yaml before it was stored. Yours to free. */
struct json *catalog_metric_view(struct catalog *catalog, const struct cat_table *view,
	struct err *err) MUST_CHECK;
/* The rules for metric view YAML: version 0.1 or 1.1, known keys, dimensions
 * (or fields) or measures, name and expr each, unique names, a source. Yours to
 * free, or NULL with METRIC_VIEW_INVALID_VIEW_DEFINITION. */
struct json *catalog_check_yaml(const char *yaml, size_t n, struct sql_error *error) MUST_CHECK;

/* Does the statement belong here (DDL, COMMENT, DESCRIBE, SHOW, SET/UNSET TAG)?
 * Looks at its first words only. */
bool catalog_handles(const char *sql);
/* May it change anything? (false for DESCRIBE and SHOW) */
bool catalog_writes(const char *sql);
/* Runs one such statement. `out` is empty and gets the result (no columns for DDL);
 * free it with table_free. False with error set; then nothing was changed. */
bool catalog_statement(struct catalog *catalog, const struct cat_scope *scope,
	const char *sql, struct table *out, struct sql_error *error) MUST_CHECK;

/* REST views (databricks-api.md 5.1); new roots, yours; NULL with error set.
 * `full` adds what the list endpoints leave out (table_constraints, view_dependencies). */
struct json *catalog_table_json(struct catalog *catalog, const char *full_name, bool full,
	struct sql_error *error) MUST_CHECK;
struct json *catalog_function_json(struct catalog *catalog, const char *full_name,
	struct sql_error *error) MUST_CHECK;
/* Arrays of the same objects, by name. Unknown schemas give empty arrays. */
struct json *catalog_tables_json(struct catalog *catalog, const char *catalog_name,
	const char *schema, struct err *err) MUST_CHECK;
struct json *catalog_functions_json(struct catalog *catalog, const char *catalog_name,
	const char *schema, struct err *err) MUST_CHECK;
struct json *catalog_schemas_json(struct catalog *catalog, const char *catalog_name,
	struct err *err) MUST_CHECK;
struct json *catalog_catalogs_json(struct catalog *catalog, struct err *err) MUST_CHECK;

#endif
