/* SHOW CREATE TABLE: a statement that makes the object as it is now. */
#include "ddl.h"
#include "str.h"
#include <string.h>

static bool add_properties(struct ddl *d, const struct cat_table *table, struct str *out)
{
	struct cat_pair *list;
	struct err err = {0};
	size_t n;

	if (!cat_get_properties(d->catalog, table->id, &d->arena, &list, &n, &err))
		return ddl_fault(d, &err);
	for (size_t i = 0; i < n; i++) {
		str_add(out, i ? ",\n  " : "TBLPROPERTIES (\n  ");
		cat_add_literal(out, list[i].name);
		str_add(out, " = ");
		cat_add_literal(out, list[i].value);
	}
	str_add(out, n ? ")\n" : "");
	return true;
}

static void add_name(const struct cat_table *table, struct str *out)
{
	cat_add_ident(out, table->catalog);
	str_addc(out, '.');
	cat_add_ident(out, table->schema);
	str_addc(out, '.');
	cat_add_ident(out, table->name);
}

static void add_comment(const char *comment, const char *before, const char *after,
	struct str *out)
{
	if (!comment)
		return;
	str_addf(out, "%sCOMMENT ", before);
	cat_add_literal(out, comment);
	str_add(out, after);
}

static void add_columns(const struct cat_table *table, struct str *out)
{
	str_add(out, " (\n");
	for (size_t i = 0; i < table->ncolumns; i++) {
		const struct cat_column *column = &table->columns[i];

		str_add(out, i ? ",\n  " : "  ");
		cat_add_ident(out, column->name);
		str_addf(out, " %s%s", column->type, column->nullable ? "" : " NOT NULL");
		add_comment(column->comment, " ", "", out);
	}
}

static void end_constraint(const char *parent, struct str *parents, struct str *out)
{
	str_addc(out, ')');
	if (parent)
		str_addf(out, " REFERENCES %s (%s)", parent, str_text(parents));
	str_reset(parents);
}

static bool add_constraints(struct ddl *d, const struct cat_table *table, struct str *out)
{
	struct err err = {0};
	struct db_stmt *stmt = cat_query(d->catalog, &err,
		"SELECT k.constraint_name, k.kind, '`' || k.parent_catalog || '`.`' || k.parent_schema"
		" || '`.`' || k.parent_table || '`', c.column_name, c.parent_column, c.position"
		" FROM uc_constraints k JOIN uc_constraint_columns c USING (constraint_id)"
		" WHERE k.table_id = ? ORDER BY k.constraint_id, c.position", "i", table->id);
	struct str parents = STR_INIT;
	const char *parent = NULL;
	bool row = false, ok, open = false;

	if (!stmt)
		return ddl_fault(d, &err);
	while ((ok = db_step(stmt, &row, &err)) && row) {
		bool first = db_column_int(stmt, 5) == 1;

		if (first && open)
			end_constraint(parent, &parents, out);
		if (first)
			str_addf(out, ",\n  CONSTRAINT `%s` %s (", db_column_text(stmt, 0),
				db_column_text(stmt, 1));
		parent = cat_text(stmt, 2, &d->arena);
		str_addf(out, "%s`%s`", first ? "" : ", ", db_column_text(stmt, 3));
		if (parent)
			str_addf(&parents, "%s`%s`", first ? "" : ", ", db_column_text(stmt, 4));
		open = true;
	}
	if (open)
		end_constraint(parent, &parents, out);
	db_stmt_free(stmt);
	str_free(&parents);
	return ok || ddl_fault(d, &err);
}

static bool add_table(struct ddl *d, const struct cat_table *table, struct str *out)
{
	str_add(out, "CREATE TABLE ");
	add_name(table, out);
	add_columns(table, out);
	if (!add_constraints(d, table, out))
		return false;
	str_add(out, ")\nUSING delta\n");
	add_comment(table->comment, "", "\n", out);
	return add_properties(d, table, out);
}

static bool add_view(struct ddl *d, const struct cat_table *table, struct str *out)
{
	str_add(out, "CREATE VIEW ");
	add_name(table, out);
	str_addc(out, '\n');
	add_comment(table->comment, "", "\n", out);
	if (!add_properties(d, table, out))
		return false;
	if (table->kind == CAT_METRIC_VIEW)
		str_addf(out, "WITH METRICS\nLANGUAGE YAML\nAS $$%s$$", table->definition);
	else
		str_addf(out, "AS %s", table->definition);
	return true;
}

bool ddl_show_create(struct ddl *d, const struct cat_table *table)
{
	struct str out = STR_INIT;
	bool ok;

	if (table->kind == CAT_SYSTEM)
		return ddl_unsupported(d, "SHOW CREATE TABLE of information_schema");
	ok = table->kind == CAT_TABLE ? add_table(d, table, &out) : add_view(d, table, &out);
	if (ok) {
		table_add_column(d->out, "createtab_stmt", "STRING");
		ddl_row(d, str_text(&out), NULL, NULL);
	}
	str_free(&out);
	return ok;
}
