/* Statements on the catalog: choosing one, COMMENT ON, DROP. */
#include "ddl.h"
#include "str.h"
#include <string.h>

/* ---- COMMENT ON ------------------------------------------------------------ */

static bool comment_text(struct ddl *d, const char **text)
{
	*text = NULL;
	if (!ddl_need(d, "IS"))
		return false;
	if (!ddl_word(d, "NULL") && !ddl_string(d, text))
		return false;
	return ddl_done(d);
}

static bool comment_table(struct ddl *d)
{
	struct ddl_name name;
	struct cat_table table;
	const char *text;
	struct err err = {0};

	if (!ddl_name(d, 3, &name) || !comment_text(d, &text) || !ddl_find(d, &name, &table))
		return false;
	if (table.kind == CAT_SYSTEM)
		return ddl_unsupported(d, "comments on information_schema");
	return (cat_run(d->catalog, &err, "UPDATE uc_tables SET comment = ? WHERE table_id = ?",
			"ti", text, table.id) && cat_touch(d->catalog, table.id, &err)) ||
	       ddl_fault(d, &err);
}

/* Splits c.s.t.col into the table and the column. */
static bool column_name(struct ddl *d, struct ddl_name *table, const char **column)
{
	if (!ddl_name(d, 4, table))
		return false;
	if (table->n < 2)
		return ddl_syntax(d, "a column needs its table");
	*column = table->part[--table->n];
	return true;
}

static bool comment_column(struct ddl *d)
{
	const struct cat_column *column;
	struct ddl_name name;
	struct cat_table table;
	const char *text, *col = NULL;
	struct err err = {0};

	if (!column_name(d, &name, &col) || !comment_text(d, &text) ||
	    !ddl_find(d, &name, &table) || !ddl_need_column(d, &table, col, &column))
		return false;
	if (table.kind == CAT_METRIC_VIEW)
		return ddl_unsupported(d, "COMMENT ON COLUMN of a metric view; its column comments "
			"are part of its YAML, use ALTER VIEW ... AS");
	if (table.kind == CAT_SYSTEM)
		return ddl_unsupported(d, "comments on information_schema");
	return (cat_run(d->catalog, &err, "UPDATE uc_columns SET comment = ?"
			" WHERE table_id = ? AND column_name = ?", "tit", text, table.id, col) &&
		cat_touch(d->catalog, table.id, &err)) || ddl_fault(d, &err);
}

static bool comment_schema(struct ddl *d)
{
	struct ddl_name name;
	const char *text, *catalog;
	struct err err = {0};
	bool found;

	if (!ddl_name(d, 2, &name) || !comment_text(d, &text))
		return false;
	catalog = name.n == 2 ? name.part[0] : d->scope.catalog ? d->scope.catalog :
		d->catalog->default_catalog;
	if (!cat_has_schema(d->catalog, catalog, name.part[name.n - 1], &found, &err))
		return ddl_fault(d, &err);
	if (!found)
		return sql_error_no_schema(d->error, catalog, name.part[name.n - 1]);
	return (cat_run(d->catalog, &err, "UPDATE uc_schemata SET comment = ? WHERE catalog_name = ?"
			" AND schema_name = ?", "ttt", text, catalog, name.part[name.n - 1]) &&
		cat_touch(d->catalog, 0, &err)) || ddl_fault(d, &err);
}

static bool comment_on(struct ddl *d)
{
	if (!ddl_need(d, "ON"))
		return false;
	if (ddl_word(d, "TABLE") || ddl_word(d, "VIEW"))
		return comment_table(d);
	if (ddl_word(d, "COLUMN"))
		return comment_column(d);
	if (ddl_word(d, "SCHEMA") || ddl_word(d, "DATABASE"))
		return comment_schema(d);
	return ddl_syntax(d, "comments are set ON TABLE, COLUMN or SCHEMA");
}

/* ---- DROP --------------------------------------------------------------------- */

static bool drop_relation(struct ddl *d, bool view)
{
	struct ddl_name name;
	struct cat_table table;
	struct cat_full full;
	struct err err = {0};
	bool if_exists, found;

	if (!ddl_if_exists(d, &if_exists) || !ddl_name(d, 3, &name) || !ddl_done(d))
		return false;
	full = ddl_full(d, &name);
	if (!cat_get_table(d->catalog, &full, &d->arena, &table, &found, &err))
		return ddl_fault(d, &err);
	if (!found)
		return if_exists || sql_error_no_table(d->error, cat_quoted(&full, &d->arena));
	if (view != (table.kind != CAT_TABLE))
		return sql_error_set(d->error, "WRONG_COMMAND_FOR_OBJECT_TYPE", "42809",
			"The operation DROP %s requires a %s. But %s is a %s. Use DROP %s instead.",
			view ? "VIEW" : "TABLE", view ? "VIEW" : "TABLE",
			cat_quoted(&full, &d->arena), view ? "TABLE" : "VIEW",
			view ? "TABLE" : "VIEW");
	return cat_delete_table(d->catalog, &table, &err) || ddl_fault(d, &err);
}

static bool drop_function(struct ddl *d)
{
	struct ddl_name name;
	struct cat_function fn;
	struct cat_full full;
	struct err err = {0};
	bool if_exists, found;

	if (!ddl_if_exists(d, &if_exists) || !ddl_name(d, 3, &name) || !ddl_done(d))
		return false;
	full = ddl_full(d, &name);
	if (!cat_get_function(d->catalog, &full, &d->arena, &fn, &found, &err))
		return ddl_fault(d, &err);
	if (!found)
		return if_exists || sql_error_no_routine(d->error, cat_quoted(&full, &d->arena));
	return cat_delete_function(d->catalog, fn.id, &err) || ddl_fault(d, &err);
}

static bool drop(struct ddl *d)
{
	if (ddl_word(d, "VIEW"))
		return drop_relation(d, true);
	if (ddl_word(d, "TABLE"))
		return drop_relation(d, false);
	if (ddl_word(d, "FUNCTION"))
		return drop_function(d);
	return ddl_unsupported(d, "DROP of anything but TABLE, VIEW and FUNCTION");
}

/* ---- choosing -------------------------------------------------------------------- */

static bool run(struct ddl *d)
{
	if (ddl_word(d, "COMMENT"))
		return comment_on(d);
	if (ddl_word(d, "ALTER"))
		return ddl_alter(d);
	if (ddl_word(d, "CREATE"))
		return ddl_create(d);
	if (ddl_word(d, "DROP"))
		return drop(d);
	if (ddl_word(d, "DESCRIBE") || ddl_word(d, "DESC"))
		return ddl_describe(d);
	if (ddl_word(d, "SHOW"))
		return ddl_show(d);
	if (ddl_is2(d, "SET", "TAG") || ddl_is2(d, "UNSET", "TAG")) {
		d->at += 2;
		return ddl_tag(d, sqllex_is(&d->lex, d->at - 2, "SET"));
	}
	return ddl_syntax(d, NULL);
}

static void scan(struct ddl *d, const char *sql)
{
	sqllex_scan(&d->lex, &d->arena, sql, strlen(sql), 0);
	d->end = d->lex.n;
	while (d->end > 0 && sqllex_op(&d->lex, d->end - 1, ";"))
		d->end--;
}

bool catalog_handles(const char *sql)
{
	static const char *const words[] = {
		"COMMENT", "ALTER", "CREATE", "DROP", "DESCRIBE", "DESC", "SHOW" };
	struct ddl d = {0};
	bool handles = false;

	scan(&d, sql);
	for (size_t i = 0; i < countof(words); i++)
		handles = handles || ddl_is(&d, words[i]);
	if (ddl_is2(&d, "DESCRIBE", "QUERY") || ddl_is2(&d, "DESC", "QUERY"))
		handles = false;
	handles = handles || ddl_is2(&d, "SET", "TAG") || ddl_is2(&d, "UNSET", "TAG");
	arena_free(&d.arena);
	return handles;
}

bool catalog_writes(const char *sql)
{
	struct ddl d = {0};
	bool reads;

	scan(&d, sql);
	reads = ddl_is(&d, "DESCRIBE") || ddl_is(&d, "DESC") || ddl_is(&d, "SHOW");
	arena_free(&d.arena);
	return !reads;
}

bool catalog_statement(struct catalog *catalog, const struct cat_scope *scope,
	const char *sql, struct table *out, struct sql_error *error)
{
	struct ddl d = { .catalog = catalog, .out = out, .error = error };
	struct err err = {0};
	bool ok;

	if (scope)
		d.scope = *scope;
	scan(&d, sql);
	if (d.lex.cut) {
		arena_free(&d.arena);
		return sql_error_set(error, "PARSE_SYNTAX_ERROR", "42601",
			"The statement is longer than %u bytes.", SQLLEX_MAX_TEXT);
	}
	if (!db_begin(catalog->db, &err)) {
		arena_free(&d.arena);
		return sql_error_from(error, &err);
	}
	ok = run(&d);
	if (ok && !db_commit(catalog->db, &err))
		ok = sql_error_from(error, &err);
	if (!ok)
		db_rollback(catalog->db);
	arena_free(&d.arena);
	return ok;
}
