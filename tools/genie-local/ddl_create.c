/* CREATE VIEW (plain and WITH METRICS) and CREATE SCHEMA. */
#include "ddl.h"
#include "json.h"
#include "str.h"
#include <string.h>

struct view_clauses {
	bool metrics, yaml;
	const char *comment;
	struct cat_pair *properties;
	size_t nproperties;
};

/* ---- metric views ------------------------------------------------------------- */

static bool check_source(struct ddl *d, const char *source)
{
	struct cat_name name;
	struct cat_table table;

	if (cat_name_parse(source, &d->arena, &name))
		return catalog_table(d->catalog, &d->scope, &name, &d->arena, &table, d->error);
	if (!d->catalog->hooks.check_query)
		return true;
	return d->catalog->hooks.check_query(d->catalog->hooks.ctx, &d->scope, source, NULL,
		d->error);
}

static bool check_joins(struct ddl *d, const struct json *joins)
{
	for (struct json *join = json_first(joins); join; join = json_next(join))
		if (!check_source(d, json_str_or(join, "source", "")) ||
		    !check_joins(d, json_get(join, "joins")))
			return false;
	return true;
}

bool ddl_check_metric_view(struct ddl *d, struct cat_table *view, bool *has_comment)
{
	struct json *yaml = catalog_check_yaml(view->definition, strlen(view->definition), d->error);
	const char *comment = json_str_or(yaml, "comment", NULL);
	struct err err = {0};
	bool ok = yaml && check_source(d, json_str_or(yaml, "source", "")) &&
		  check_joins(d, json_get(yaml, "joins"));

	if (ok && !cat_yaml_columns(d->catalog, &d->scope, yaml, &d->arena, view, &err))
		ok = ddl_fault(d, &err);
	*has_comment = comment != NULL;
	if (comment)
		view->comment = arena_strdup(&d->arena, comment);
	json_free(yaml);
	if (ok && d->catalog->hooks.check_metric_view)
		ok = d->catalog->hooks.check_metric_view(d->catalog->hooks.ctx, &d->scope, view,
			d->error);
	return ok;
}

/* ---- CREATE VIEW ------------------------------------------------------------------ */

/* What may stand before AS, in any order. */
static bool read_clauses(struct ddl *d, struct view_clauses *c)
{
	const char *language;

	while (!ddl_is(d, "AS")) {
		if (ddl_word(d, "COMMENT")) {
			if (!ddl_string(d, &c->comment))
				return false;
		} else if (ddl_word(d, "TBLPROPERTIES")) {
			if (!ddl_pairs(d, false, &c->properties, &c->nproperties))
				return false;
		} else if (ddl_is2(d, "WITH", "METRICS")) {
			d->at += 2;
			c->metrics = true;
		} else if (ddl_word(d, "LANGUAGE")) {
			if (!ddl_ident(d, &language))
				return false;
			c->yaml = strieq(language, "YAML");
			if (!c->yaml)
				return ddl_unsupported(d, "views in a language other than YAML");
		} else {
			return ddl_syntax(d, d->at < d->end ? NULL : "missing 'AS'");
		}
	}
	d->at++;
	return true;
}

/* (a COMMENT 'x', b): names that replace those of the query. */
static bool read_column_list(struct ddl *d, struct cat_column **out, size_t *n)
{
	size_t room = 1;

	*n = 0;
	if (!ddl_op(d, "("))
		return true;
	for (size_t i = d->at; i < d->end; i++)
		room += sqllex_op(&d->lex, i, ",");
	*out = arena_alloc(&d->arena, room * sizeof(**out));
	do {
		struct cat_column *column = &(*out)[(*n)++];

		column->nullable = true;
		column->type = "STRING";
		if (!ddl_ident(d, &column->name) ||
		    (ddl_word(d, "COMMENT") && !ddl_string(d, &column->comment)))
			return false;
	} while (ddl_op(d, ","));
	return ddl_need_op(d, ")");
}

static bool metric_definition(struct ddl *d, const struct view_clauses *c, struct cat_table *view)
{
	bool has_comment;

	if (!c->yaml)
		return ddl_syntax(d, "WITH METRICS needs LANGUAGE YAML");
	if (d->at >= d->end || !(d->lex.tok[d->at].flags & SQLTOK_DOLLAR))
		return ddl_syntax(d, "the YAML of a metric view stands between $$");
	if (!ddl_string(d, &view->definition) || !ddl_done(d))
		return false;
	view->kind = CAT_METRIC_VIEW;
	if (!ddl_check_metric_view(d, view, &has_comment))
		return false;
	if (c->comment)
		view->comment = c->comment;
	return true;
}

static bool query_definition(struct ddl *d, const struct view_clauses *c,
	struct cat_column *names, size_t nnames, struct cat_table *view)
{
	struct cat_column *columns = NULL;
	const struct cat_hooks *hooks = &d->catalog->hooks;

	if (d->at >= d->end)
		return ddl_syntax(d, "a query is expected");
	view->kind = CAT_VIEW;
	view->comment = c->comment;
	view->definition = ddl_text(d, d->at, d->end);
	if (!hooks->query_columns) {
		view->columns = names;
		view->ncolumns = nnames;
		return true;
	}
	if (!hooks->query_columns(hooks->ctx, &d->scope, view->definition, &d->arena, &columns,
			&view->ncolumns, d->error))
		return false;
	if (nnames && nnames != view->ncolumns)
		return sql_error_set(d->error, "CREATE_VIEW_COLUMN_ARITY_MISMATCH", "21S01",
			"Cannot create view %s, the reason is that the view has %zu columns and the "
			"query %zu.", view->full_name, nnames, view->ncolumns);
	if (nnames)
		return ddl_unsupported(d, "a column list on a view; name the columns in the query");
	view->columns = columns;
	return true;
}

/* Makes room for the view, or ends the statement (*done). */
static bool make_room(struct ddl *d, const struct cat_full *full, bool replace, bool if_not,
	bool *done)
{
	struct cat_table old;
	struct err err = {0};
	bool found;

	*done = false;
	if (!cat_has_schema(d->catalog, full->catalog, full->schema, &found, &err))
		return ddl_fault(d, &err);
	if (!found)
		return sql_error_no_schema(d->error, full->catalog, full->schema);
	if (!cat_get_table(d->catalog, full, &d->arena, &old, &found, &err))
		return ddl_fault(d, &err);
	if (!found)
		return true;
	*done = if_not;
	if (if_not)
		return true;
	if (!replace)
		return sql_error_set(d->error, "TABLE_OR_VIEW_ALREADY_EXISTS", "42P07",
			"Cannot create table or view %s because it already exists.\nChoose a different "
			"name, drop or replace the existing object, or add the IF NOT EXISTS clause "
			"to tolerate pre-existing objects.", cat_quoted(full, &d->arena));
	if (old.kind == CAT_TABLE)
		return sql_error_set(d->error, "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", "42809",
			"'CREATE OR REPLACE VIEW' expects a view but %s is a table.", old.full_name);
	return cat_delete_table(d->catalog, &old, &err) || ddl_fault(d, &err);
}

static bool store_view(struct ddl *d, struct cat_table *view, const struct view_clauses *c)
{
	struct err err = {0};

	if (!cat_insert_table(d->catalog, view, &err))
		return ddl_fault(d, &err);
	for (size_t i = 0; i < c->nproperties; i++)
		if (!cat_set_property(d->catalog, view->id, c->properties[i].name,
				c->properties[i].value, &err))
			return ddl_fault(d, &err);
	return true;
}

static bool if_not_exists(struct ddl *d, bool *out)
{
	*out = ddl_word(d, "IF");
	return !*out || (ddl_need(d, "NOT") && ddl_need(d, "EXISTS"));
}

static bool create_view(struct ddl *d, bool replace)
{
	struct view_clauses c = {0};
	struct cat_column *names = NULL;
	struct cat_table view = {0};
	struct ddl_name name;
	struct cat_full full;
	size_t nnames;
	bool if_not, done;

	if (!if_not_exists(d, &if_not) || !ddl_name(d, 3, &name) ||
	    !read_column_list(d, &names, &nnames) || !read_clauses(d, &c))
		return false;
	if (replace && if_not)
		return ddl_syntax(d, "OR REPLACE and IF NOT EXISTS exclude each other");
	full = ddl_full(d, &name);
	view.catalog = full.catalog;
	view.schema = full.schema;
	view.name = full.name;
	view.full_name = cat_dotted(&full, &d->arena);
	if (!(c.metrics ? metric_definition(d, &c, &view) :
			query_definition(d, &c, names, nnames, &view)))
		return false;
	if (!make_room(d, &full, replace, if_not, &done))
		return false;
	return done || store_view(d, &view, &c);
}

static bool create_schema(struct ddl *d)
{
	struct ddl_name name;
	const char *comment = NULL, *catalog;
	struct err err = {0};
	bool if_not, found;

	if (!if_not_exists(d, &if_not) || !ddl_name(d, 2, &name) ||
	    (ddl_word(d, "COMMENT") && !ddl_string(d, &comment)) || !ddl_done(d))
		return false;
	catalog = name.n == 2 ? name.part[0] : d->scope.catalog ? d->scope.catalog :
		d->catalog->default_catalog;
	if (!cat_has_schema(d->catalog, catalog, name.part[name.n - 1], &found, &err))
		return ddl_fault(d, &err);
	if (found)
		return if_not || sql_error_set(d->error, "SCHEMA_ALREADY_EXISTS", "42P06",
			"Cannot create schema `%s` because it already exists.",
			name.part[name.n - 1]);
	return (cat_add_schema(d->catalog, catalog, name.part[name.n - 1], &err) &&
		cat_run(d->catalog, &err, "UPDATE uc_schemata SET comment = ? WHERE catalog_name = ?"
			" AND schema_name = ?", "ttt", comment, catalog, name.part[name.n - 1]) &&
		cat_touch(d->catalog, 0, &err)) || ddl_fault(d, &err);
}

bool ddl_create(struct ddl *d)
{
	bool replace = ddl_word(d, "OR");

	if (replace && !ddl_need(d, "REPLACE"))
		return false;
	if (ddl_word(d, "VIEW"))
		return create_view(d, replace);
	if (ddl_word(d, "FUNCTION"))
		return ddl_create_function(d, replace);
	if (!replace && (ddl_word(d, "SCHEMA") || ddl_word(d, "DATABASE")))
		return create_schema(d);
	return ddl_unsupported(d, "CREATE of anything but VIEW, FUNCTION and SCHEMA");
}
