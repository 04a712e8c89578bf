/* ALTER TABLE, ALTER VIEW, SET TAG, UNSET TAG. */
#include "ddl.h"
#include "json.h"
#include "str.h"
#include "yaml.h"
#include <string.h>

/* ---- properties and tags ------------------------------------------------------ */

static bool set_properties(struct ddl *d, const struct cat_table *table)
{
	struct cat_pair *pairs;
	struct err err = {0};
	size_t n;

	if (!ddl_pairs(d, false, &pairs, &n) || !ddl_done(d))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!cat_set_property(d->catalog, table->id, pairs[i].name, pairs[i].value, &err))
			return ddl_fault(d, &err);
	return cat_touch(d->catalog, table->id, &err) || ddl_fault(d, &err);
}

static bool has_property(const struct cat_pair *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(list[i].name, name))
			return true;
	return false;
}

static bool unset_properties(struct ddl *d, const struct cat_table *table)
{
	struct cat_pair *pairs, *present;
	struct err err = {0};
	size_t n, npresent;
	bool if_exists;

	if (!ddl_if_exists(d, &if_exists) || !ddl_pairs(d, true, &pairs, &n) || !ddl_done(d))
		return false;
	if (!cat_get_properties(d->catalog, table->id, &d->arena, &present, &npresent, &err))
		return ddl_fault(d, &err);
	for (size_t i = 0; i < n; i++) {
		if (!if_exists && !has_property(present, npresent, pairs[i].name))
			return sql_error_set(d->error, "UNSET_NONEXISTENT_PROPERTIES", "42K0J",
				"Attempted to unset non-existent properties [`%s`] in table %s.",
				pairs[i].name, table->full_name);
		if (!cat_run(d->catalog, &err,
				"DELETE FROM uc_properties WHERE table_id = ? AND name = ?", "it",
				table->id, pairs[i].name))
			return ddl_fault(d, &err);
	}
	return cat_touch(d->catalog, table->id, &err) || ddl_fault(d, &err);
}

static bool put_tag(struct ddl *d, const struct cat_table *table, const char *column,
	const struct cat_pair *tag, bool set)
{
	struct err err = {0};
	bool ok = set ?
		cat_set_tag(d->catalog, table->id, column, tag->name, tag->value ? tag->value : "",
			&err) :
		cat_run(d->catalog, &err, "DELETE FROM uc_tags WHERE table_id = ? AND column_name = ?"
			" AND tag_name = ?", "itt", table->id, column, tag->name);

	return (ok && cat_touch(d->catalog, table->id, &err)) || ddl_fault(d, &err);
}

/* After SET TAGS or UNSET TAGS; column "" is the table itself. */
static bool change_tags(struct ddl *d, const struct cat_table *table, const char *column,
	bool set)
{
	struct cat_pair *pairs;
	size_t n;

	if (!ddl_pairs(d, true, &pairs, &n) || !ddl_done(d))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!put_tag(d, table, column, &pairs[i], set))
			return false;
	return true;
}

/* A tag's key or value: a name or a text. */
static bool tag_word(struct ddl *d, const char **out)
{
	if (d->at < d->end && sqllex_kind(&d->lex, d->at) == SQLTOK_STRING)
		return ddl_string(d, out);
	return ddl_ident(d, out);
}

bool ddl_tag(struct ddl *d, bool set)
{
	const char *column = "";
	const struct cat_column *found;
	struct cat_pair tag = { NULL, NULL };
	struct ddl_name name;
	struct cat_table table;
	bool on_column;

	if (!ddl_need(d, "ON"))
		return false;
	on_column = ddl_word(d, "COLUMN");
	if (!on_column && !ddl_word(d, "TABLE") && !ddl_word(d, "VIEW"))
		return ddl_unsupported(d, "tags on anything but TABLE, VIEW and COLUMN");
	if (!ddl_name(d, on_column ? 4 : 3, &name))
		return false;
	if (on_column && name.n < 2)
		return ddl_syntax(d, "a column needs its table");
	if (on_column)
		column = name.part[--name.n];
	if (!tag_word(d, &tag.name) || (set && ddl_op(d, "=") && !tag_word(d, &tag.value)) ||
	    !ddl_done(d) || !ddl_find(d, &name, &table))
		return false;
	if (table.kind == CAT_SYSTEM)
		return ddl_unsupported(d, "tags on information_schema");
	if (on_column && !ddl_need_column(d, &table, column, &found))
		return false;
	return put_tag(d, &table, column, &tag, set);
}

/* ---- columns ---------------------------------------------------------------------- */

static bool comment_column(struct ddl *d, const struct cat_table *table, const char *column)
{
	struct err err = {0};
	const char *text = NULL;

	if (!ddl_string(d, &text) || !ddl_done(d))
		return false;
	if (table->kind == CAT_METRIC_VIEW)
		return ddl_unsupported(d, "column comments of a metric view; they are part of its "
			"YAML, use ALTER VIEW ... AS");
	return (cat_run(d->catalog, &err, "UPDATE uc_columns SET comment = ?"
			" WHERE table_id = ? AND column_name = ?", "tit", *text ? text : NULL,
			table->id, column) &&
		cat_touch(d->catalog, table->id, &err)) || ddl_fault(d, &err);
}

static bool set_nullable(struct ddl *d, const struct cat_table *table, const char *column,
	bool nullable)
{
	struct err err = {0};

	if (!ddl_need(d, "NOT") || !ddl_need(d, "NULL") || !ddl_done(d))
		return false;
	if (table->kind != CAT_TABLE)
		return ddl_unsupported(d, "NOT NULL on a view");
	return (cat_run(d->catalog, &err, "UPDATE uc_columns SET nullable = ?"
			" WHERE table_id = ? AND column_name = ?", "bit", (int)nullable, table->id,
			column) &&
		cat_touch(d->catalog, table->id, &err)) || ddl_fault(d, &err);
}

static bool alter_column(struct ddl *d, const struct cat_table *table)
{
	const struct cat_column *column;
	const char *name;

	ddl_word(d, "COLUMN");
	if (!ddl_ident(d, &name) || !ddl_need_column(d, table, name, &column))
		return false;
	if (ddl_word(d, "COMMENT"))
		return comment_column(d, table, name);
	if (ddl_is2(d, "SET", "TAGS") || ddl_is2(d, "UNSET", "TAGS")) {
		bool set = ddl_is(d, "SET");

		d->at += 2;
		return change_tags(d, table, name, set);
	}
	if (ddl_is2(d, "SET", "NOT") || ddl_is2(d, "DROP", "NOT")) {
		bool nullable = ddl_is(d, "DROP");

		d->at++;
		return set_nullable(d, table, name, nullable);
	}
	return ddl_unsupported(d, "this ALTER COLUMN");
}

/* ---- definitions --------------------------------------------------------------------- */

/* Did the YAML in force until now carry the view's comment? */
static bool yaml_had_comment(struct ddl *d, const struct cat_table *view)
{
	struct err err = {0};
	struct json *yaml = catalog_metric_view(d->catalog, view, &err);
	bool had = json_str_or(yaml, "comment", NULL) != NULL;

	json_free(yaml);
	return had;
}

static bool store_definition(struct ddl *d, const struct cat_table *view)
{
	struct err err = {0};

	return (cat_run(d->catalog, &err, "UPDATE uc_tables SET definition = ?, comment = ?"
			" WHERE table_id = ?", "tti", view->definition, view->comment, view->id) &&
		cat_set_columns(d->catalog, view, &err) &&
		cat_run(d->catalog, &err, "DELETE FROM uc_tags WHERE table_id = ?1 AND column_name"
			" <> '' AND column_name NOT IN (SELECT column_name FROM uc_columns"
			" WHERE table_id = ?1)", "i", view->id) &&
		cat_touch(d->catalog, view->id, &err)) || ddl_fault(d, &err);
}

static bool alter_metric_view(struct ddl *d, const struct cat_table *table)
{
	struct cat_table view = *table;
	const char *text;
	bool has_comment = false;

	if (d->at >= d->end || !(d->lex.tok[d->at].flags & SQLTOK_DOLLAR))
		return sql_error_set(d->error, "UNSUPPORTED_FEATURE", "0A000",
			"The feature is not supported: ALTER VIEW AS query on the metric view %s; "
			"give its YAML between $$.", table->full_name);
	if (!ddl_string(d, &text) || !ddl_done(d))
		return false;
	view.definition = text;
	if (yaml_had_comment(d, table))
		view.comment = NULL;
	return ddl_check_metric_view(d, &view, &has_comment) && store_definition(d, &view);
}

static bool alter_query(struct ddl *d, const struct cat_table *table)
{
	struct cat_table view = *table;
	struct cat_column *columns = NULL;

	if (d->at >= d->end)
		return ddl_syntax(d, "a query is expected");
	if (d->lex.tok[d->at].flags & SQLTOK_DOLLAR)
		return ddl_unsupported(d, "making a metric view of a view; use CREATE OR REPLACE VIEW");
	view.definition = ddl_text(d, d->at, d->end);
	if (d->catalog->hooks.query_columns) {
		if (!d->catalog->hooks.query_columns(d->catalog->hooks.ctx, &d->scope,
				view.definition, &d->arena, &columns, &view.ncolumns, d->error))
			return false;
		view.columns = columns;
	}
	return store_definition(d, &view);
}

static bool rename_to(struct ddl *d, const struct cat_table *table)
{
	struct ddl_name name;
	struct cat_full full;
	struct cat_table other;
	struct err err = {0};
	bool found;

	if (!ddl_need(d, "TO") || !ddl_name(d, 3, &name) || !ddl_done(d))
		return false;
	full = ddl_full(d, &name);
	if (name.n < 3)
		full.catalog = table->catalog;
	if (name.n < 2)
		full.schema = table->schema;
	if (!cat_get_table(d->catalog, &full, &d->arena, &other, &found, &err))
		return ddl_fault(d, &err);
	if (found)
		return sql_error_set(d->error, "TABLE_OR_VIEW_ALREADY_EXISTS", "42P07",
			"Cannot rename to %s because it already exists.",
			cat_quoted(&full, &d->arena));
	return (cat_run(d->catalog, &err, "UPDATE uc_tables SET catalog_name = ?, schema_name = ?,"
			" table_name = ? WHERE table_id = ?", "ttti", full.catalog, full.schema,
			full.name, table->id) &&
		cat_touch(d->catalog, table->id, &err)) || ddl_fault(d, &err);
}

/* ---- choosing ----------------------------------------------------------------------------- */

static bool set_or_unset(struct ddl *d, const struct cat_table *table, bool set)
{
	const char *owner;

	if (ddl_word(d, "TBLPROPERTIES"))
		return set ? set_properties(d, table) : unset_properties(d, table);
	if (ddl_word(d, "TAGS"))
		return change_tags(d, table, "", set);
	if (set && ddl_word(d, "OWNER"))
		return ddl_need(d, "TO") && ddl_ident(d, &owner) && ddl_done(d);
	return ddl_syntax(d, NULL);
}

static bool wrong_kind(struct ddl *d, const struct cat_table *table, bool view)
{
	if (view)
		return sql_error_set(d->error, "EXPECT_VIEW_NOT_TABLE.USE_ALTER_TABLE", "42809",
			"'ALTER VIEW' expects a view but %s is a table. Please use ALTER TABLE "
			"instead.", table->full_name);
	return sql_error_set(d->error, "EXPECT_TABLE_NOT_VIEW.USE_ALTER_VIEW", "42809",
		"'ALTER TABLE' expects a table but %s is a view. Please use ALTER VIEW instead.",
		table->full_name);
}

static bool choose(struct ddl *d, const struct cat_table *table, bool view)
{
	if (ddl_word(d, "ALTER") || ddl_word(d, "CHANGE"))
		return alter_column(d, table);
	if (ddl_word(d, "SET"))
		return set_or_unset(d, table, true);
	if (ddl_word(d, "UNSET"))
		return set_or_unset(d, table, false);
	if (ddl_word(d, "RENAME"))
		return rename_to(d, table);
	if (view && ddl_word(d, "AS"))
		return table->kind == CAT_METRIC_VIEW ? alter_metric_view(d, table) :
			alter_query(d, table);
	return ddl_unsupported(d, view ? "this ALTER VIEW" : "this ALTER TABLE");
}

bool ddl_alter(struct ddl *d)
{
	struct ddl_name name;
	struct cat_table table;
	bool view = ddl_word(d, "VIEW");

	if (!view && !ddl_word(d, "TABLE"))
		return ddl_unsupported(d, "ALTER of anything but TABLE and VIEW");
	if (!ddl_name(d, 3, &name) || !ddl_find(d, &name, &table))
		return false;
	if (table.kind == CAT_SYSTEM)
		return ddl_unsupported(d, "ALTER of information_schema");
	if (view != (table.kind != CAT_TABLE))
		return wrong_kind(d, &table, view);
	return choose(d, &table, view);
}
