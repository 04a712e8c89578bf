/* SHOW: lists of what the catalog has. */
#include "ddl.h"
#include "str.h"
#include <string.h>

/* Patterns of SHOW: * is any text, | divides alternatives, letter case is ignored. */
static bool match_one(const char *pattern, size_t n, const char *text)
{
	if (n == 0)
		return !*text;
	if (*pattern == '*') {
		for (;; text++) {
			if (match_one(pattern + 1, n - 1, text))
				return true;
			if (!*text)
				return false;
		}
	}
	return *text && strnieq(pattern, text, 1) && match_one(pattern + 1, n - 1, text + 1);
}

static bool matches(const char *pattern, const char *text)
{
	if (!pattern)
		return true;
	for (;;) {
		size_t n = strcspn(pattern, "|");

		if (n > 200)
			return false;
		if (match_one(pattern, n, text))
			return true;
		if (!pattern[n])
			return false;
		pattern += n + 1;
	}
}

/* [FROM|IN name] [[LIKE] 'pattern'] to the end. */
static bool read_tail(struct ddl *d, size_t max, struct ddl_name *in, const char **pattern)
{
	in->n = 0;
	*pattern = NULL;
	if ((ddl_word(d, "FROM") || ddl_word(d, "IN")) && !ddl_name(d, max, in))
		return false;
	if ((ddl_word(d, "LIKE") || (d->at < d->end &&
			sqllex_kind(&d->lex, d->at) == SQLTOK_STRING)) && !ddl_string(d, pattern))
		return false;
	return ddl_done(d);
}

static bool read_schema(struct ddl *d, const char **catalog, const char **schema,
	const char **pattern)
{
	struct ddl_name in;
	struct err err = {0};
	bool found;

	if (!read_tail(d, 2, &in, pattern))
		return false;
	*catalog = in.n == 2 ? in.part[0] : d->scope.catalog ? d->scope.catalog :
		d->catalog->default_catalog;
	*schema = in.n ? in.part[in.n - 1] : d->scope.schema ? d->scope.schema :
		d->catalog->default_schema;
	if (!cat_has_schema(d->catalog, *catalog, *schema, &found, &err))
		return ddl_fault(d, &err);
	return found || sql_error_no_schema(d->error, *catalog, *schema);
}

static bool show_tables(struct ddl *d, bool views)
{
	const char *catalog, *schema, *pattern;
	struct err err = {0};
	struct db_stmt *stmt;
	bool row = false, ok;

	if (!read_schema(d, &catalog, &schema, &pattern))
		return false;
	table_add_column(d->out, views ? "namespace" : "database", "STRING");
	table_add_column(d->out, views ? "viewName" : "tableName", "STRING");
	table_add_column(d->out, "isTemporary", "BOOLEAN");
	stmt = cat_query(d->catalog, &err, "SELECT schema_name, table_name FROM uc_tables"
		" WHERE catalog_name = ? AND schema_name = ? AND (kind <> 'TABLE' OR NOT ?)"
		" ORDER BY lower(table_name)", "ttb", catalog, schema, (int)views);
	if (!stmt)
		return ddl_fault(d, &err);
	while ((ok = db_step(stmt, &row, &err)) && row)
		if (matches(pattern, db_column_text(stmt, 1)))
			ddl_row(d, cat_text(stmt, 0, &d->arena), cat_text(stmt, 1, &d->arena), "false");
	db_stmt_free(stmt);
	return ok || ddl_fault(d, &err);
}

static bool show_functions(struct ddl *d)
{
	const char *catalog, *schema, *pattern;
	struct err err = {0};
	struct db_stmt *stmt;
	bool row = false, ok;

	if (!read_schema(d, &catalog, &schema, &pattern))
		return false;
	table_add_column(d->out, "function", "STRING");
	stmt = cat_query(d->catalog, &err, "SELECT routine_name, catalog_name || '.' || schema_name"
		" || '.' || routine_name FROM uc_routines WHERE catalog_name = ? AND schema_name = ?"
		" ORDER BY lower(routine_name)", "tt", catalog, schema);
	if (!stmt)
		return ddl_fault(d, &err);
	while ((ok = db_step(stmt, &row, &err)) && row)
		if (matches(pattern, db_column_text(stmt, 0)))
			ddl_row(d, cat_text(stmt, 1, &d->arena), NULL, NULL);
	db_stmt_free(stmt);
	return ok || ddl_fault(d, &err);
}

static bool show_list(struct ddl *d, const char *column, const char *sql, const char *argument,
	const char *pattern)
{
	struct err err = {0};
	struct db_stmt *stmt = cat_query(d->catalog, &err, sql, argument ? "t" : "", argument);
	bool row = false, ok;

	if (!stmt)
		return ddl_fault(d, &err);
	table_add_column(d->out, column, "STRING");
	while ((ok = db_step(stmt, &row, &err)) && row)
		if (matches(pattern, db_column_text(stmt, 0)))
			ddl_row(d, cat_text(stmt, 0, &d->arena), NULL, NULL);
	db_stmt_free(stmt);
	return ok || ddl_fault(d, &err);
}

static bool show_schemas(struct ddl *d)
{
	struct ddl_name in;
	const char *pattern;

	return read_tail(d, 1, &in, &pattern) && show_list(d, "databaseName",
		"SELECT schema_name FROM uc_schemata WHERE catalog_name = ? ORDER BY schema_name",
		in.n ? in.part[0] : d->scope.catalog ? d->scope.catalog :
		d->catalog->default_catalog, pattern);
}

static bool show_catalogs(struct ddl *d)
{
	struct ddl_name in;
	const char *pattern;

	return read_tail(d, 1, &in, &pattern) && show_list(d, "catalog",
		"SELECT DISTINCT catalog_name FROM uc_schemata UNION SELECT 'system' ORDER BY 1",
		NULL, pattern);
}

static bool show_columns(struct ddl *d)
{
	struct ddl_name name;
	struct cat_table table;

	if ((!ddl_word(d, "IN") && !ddl_need(d, "FROM")) || !ddl_name(d, 3, &name) ||
	    !ddl_done(d) || !ddl_find(d, &name, &table))
		return false;
	table_add_column(d->out, "col_name", "STRING");
	for (size_t i = 0; i < table.ncolumns; i++)
		ddl_row(d, table.columns[i].name, NULL, NULL);
	return true;
}

static bool show_properties(struct ddl *d)
{
	struct cat_pair *wanted = NULL, *list;
	struct ddl_name name;
	struct cat_table table;
	struct err err = {0};
	size_t nwanted = 0, n;

	if (!ddl_name(d, 3, &name) ||
	    (d->at < d->end && !ddl_pairs(d, true, &wanted, &nwanted)) || !ddl_done(d) ||
	    !ddl_find(d, &name, &table))
		return false;
	if (!cat_get_properties(d->catalog, table.id, &d->arena, &list, &n, &err))
		return ddl_fault(d, &err);
	table_add_column(d->out, "key", "STRING");
	table_add_column(d->out, "value", "STRING");
	for (size_t i = 0; i < n; i++)
		if (!nwanted || streq(wanted[0].name, list[i].name))
			ddl_row(d, list[i].name, list[i].value, NULL);
	if (nwanted && !d->out->nrows)
		ddl_row(d, wanted[0].name, arena_printf(&d->arena,
			"Table %s does not have property: %s", table.full_name, wanted[0].name), NULL);
	return true;
}

static bool show_create(struct ddl *d)
{
	struct ddl_name name;
	struct cat_table table;

	if (!ddl_word(d, "TABLE") && !ddl_word(d, "VIEW"))
		return ddl_unsupported(d, "SHOW CREATE of anything but TABLE");
	return ddl_name(d, 3, &name) && ddl_done(d) && ddl_find(d, &name, &table) &&
	       ddl_show_create(d, &table);
}

bool ddl_show(struct ddl *d)
{
	if (ddl_word(d, "CREATE"))
		return show_create(d);
	if (ddl_word(d, "TABLES"))
		return show_tables(d, false);
	if (ddl_word(d, "VIEWS"))
		return show_tables(d, true);
	if (ddl_word(d, "SCHEMAS") || ddl_word(d, "DATABASES"))
		return show_schemas(d);
	if (ddl_word(d, "CATALOGS"))
		return show_catalogs(d);
	if (ddl_word(d, "COLUMNS"))
		return show_columns(d);
	if (ddl_word(d, "TBLPROPERTIES"))
		return show_properties(d);
	if (ddl_is2(d, "USER", "FUNCTIONS") || ddl_is2(d, "ALL", "FUNCTIONS"))
		d->at++;
	if (ddl_word(d, "FUNCTIONS"))
		return show_functions(d);
	return ddl_unsupported(d, "this SHOW");
}
