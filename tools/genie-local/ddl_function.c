/* CREATE FUNCTION: table functions and scalar functions in SQL. */
#include "ddl.h"
#include "str.h"
#include <string.h>

static size_t room_for_list(const struct ddl *d)
{
	size_t room = 1;

	for (size_t i = d->at; i < d->end; i++)
		room += sqllex_op(&d->lex, i, ",");
	return room;
}

/* DEFAULT expr: up to COMMENT, a comma or the closing bracket. */
static bool read_default(struct ddl *d, const char **out)
{
	size_t from = d->at;
	int level = 0;

	for (; d->at < d->end; d->at++) {
		if (level == 0 && (sqllex_op(&d->lex, d->at, ",") || sqllex_op(&d->lex, d->at, ")") ||
				ddl_is(d, "COMMENT")))
			break;
		level += sqllex_op(&d->lex, d->at, "(") - sqllex_op(&d->lex, d->at, ")");
	}
	if (from == d->at)
		return ddl_syntax(d, "an expression is expected");
	*out = ddl_text(d, from, d->at);
	return true;
}

static bool add_param(struct ddl *d, const struct cat_function *fn, struct cat_param *param)
{
	if (!ddl_ident(d, &param->name) || !ddl_type(d, &param->type) ||
	    (ddl_word(d, "DEFAULT") && !read_default(d, &param->default_text)) ||
	    (ddl_word(d, "COMMENT") && !ddl_string(d, &param->comment)))
		return false;
	for (const struct cat_param *other = fn->params; other < param; other++)
		if (strieq(other->name, param->name))
			return sql_error_set(d->error, "DUPLICATE_ROUTINE_PARAMETER_NAMES", "42734",
				"Found duplicate name(s) in the parameter list of the user-defined "
				"routine %s: `%s`.", fn->full_name, param->name);
	if (!param->default_text && param > fn->params && param[-1].default_text)
		return sql_error_set(d->error,
			"USER_DEFINED_FUNCTIONS.NOT_A_VALID_DEFAULT_PARAMETER_POSITION", "42601",
			"In the function %s parameter `%s` with a default must not be followed by "
			"parameter `%s` without one.", fn->full_name, param[-1].name, param->name);
	return true;
}

static bool read_params(struct ddl *d, struct cat_function *fn)
{
	struct cat_param *params;

	if (!ddl_need_op(d, "("))
		return false;
	params = arena_alloc(&d->arena, room_for_list(d) * sizeof(*params));
	fn->params = params;
	if (ddl_op(d, ")"))
		return true;
	do {
		if (!add_param(d, fn, &params[fn->nparams]))
			return false;
		fn->nparams++;
	} while (ddl_op(d, ","));
	return ddl_need_op(d, ")");
}

static bool read_returns(struct ddl *d, struct cat_function *fn)
{
	struct cat_column *columns;

	if (!ddl_word(d, "TABLE"))
		return ddl_unsupported(d, "scalar functions: the embedded workspace runs table "
			"functions only");
	fn->data_type = "TABLE_TYPE";
	if (!ddl_need_op(d, "("))
		return false;
	columns = arena_alloc(&d->arena, room_for_list(d) * sizeof(*columns));
	do {
		struct cat_column *column = &columns[fn->ncolumns++];

		column->nullable = true;
		if (!ddl_ident(d, &column->name) || !ddl_type(d, &column->type) ||
		    (ddl_word(d, "COMMENT") && !ddl_string(d, &column->comment)))
			return false;
	} while (ddl_op(d, ","));
	fn->columns = columns;
	return ddl_need_op(d, ")");
}

static bool read_language(struct ddl *d)
{
	const char *language;

	if (!ddl_ident(d, &language))
		return false;
	return strieq(language, "SQL") || ddl_unsupported(d, "functions in a language other than SQL");
}

/* One characteristic; *any false when the next token starts none. */
static bool read_characteristic(struct ddl *d, struct cat_function *fn, bool *any)
{
	*any = true;
	if (ddl_word(d, "LANGUAGE"))
		return read_language(d);
	if (ddl_word(d, "DETERMINISTIC"))
		return fn->deterministic = true;
	if (ddl_word(d, "NOT"))
		return ddl_need(d, "DETERMINISTIC");
	if (ddl_word(d, "COMMENT"))
		return ddl_string(d, &fn->comment);
	if (ddl_word(d, "CONTAINS"))
		return ddl_need(d, "SQL");
	if (ddl_word(d, "READS"))
		return ddl_need(d, "SQL") && ddl_need(d, "DATA");
	if (ddl_word(d, "RETURNS"))
		return read_returns(d, fn);
	*any = false;
	return true;
}

static bool read_body(struct ddl *d, struct cat_function *fn)
{
	if (!ddl_need(d, "RETURN"))
		return false;
	if (d->at >= d->end)
		return ddl_syntax(d, "a query is expected");
	for (size_t i = d->at; i < d->end; i++)
		if (sqllex_op(&d->lex, i, ";")) {
			d->at = i;
			return ddl_syntax(d, "one statement is expected");
		}
	fn->body = ddl_text(d, d->at, d->end);
	fn->statement = ddl_text(d, 0, d->end);
	return true;
}

static bool same_signature(const struct cat_function *a, const struct cat_function *b)
{
	if (a->nparams != b->nparams)
		return false;
	for (size_t i = 0; i < a->nparams; i++)
		if (!streq(a->params[i].type, b->params[i].type))
			return false;
	return true;
}

static bool make_room(struct ddl *d, const struct cat_full *full, const struct cat_function *fn,
	bool replace)
{
	struct cat_function old;
	struct err err = {0};
	bool found;

	if (!cat_has_schema(d->catalog, full->catalog, full->schema, &found, &err))
		return ddl_fault(d, &err);
	if (!found)
		return sql_error_no_schema(d->error, full->catalog, full->schema);
	if (!cat_get_function(d->catalog, full, &d->arena, &old, &found, &err))
		return ddl_fault(d, &err);
	if (!found)
		return true;
	if (!replace)
		return sql_error_set(d->error, "ROUTINE_ALREADY_EXISTS", "42723",
			"Cannot create the FUNCTION %s because a FUNCTION of that name already "
			"exists.\nChoose a different name, drop or replace the existing FUNCTION, or "
			"add the IF NOT EXISTS clause to tolerate a pre-existing FUNCTION.",
			cat_quoted(full, &d->arena));
	/* databricks-api.md 5.3: OR REPLACE keeps number and types of the parameters. */
	if (!same_signature(&old, fn))
		return sql_error_set(d->error, "ROUTINE_ALREADY_EXISTS", "42723",
			"Cannot replace the FUNCTION %s because the parameters differ in number or "
			"type.\nDrop the existing FUNCTION first.", cat_quoted(full, &d->arena));
	return cat_delete_function(d->catalog, old.id, &err) || ddl_fault(d, &err);
}

static bool read_head(struct ddl *d, struct cat_function *fn, struct cat_full *full, bool *if_not)
{
	struct ddl_name name;

	*if_not = ddl_word(d, "IF");
	if ((*if_not && (!ddl_need(d, "NOT") || !ddl_need(d, "EXISTS"))) || !ddl_name(d, 3, &name))
		return false;
	*full = ddl_full(d, &name);
	fn->catalog = full->catalog;
	fn->schema = full->schema;
	fn->name = full->name;
	fn->full_name = cat_dotted(full, &d->arena);
	return read_params(d, fn);
}

bool ddl_create_function(struct ddl *d, bool replace)
{
	const struct cat_hooks *hooks = &d->catalog->hooks;
	struct cat_function fn = {0}, old;
	struct cat_full full;
	struct err err = {0};
	bool if_not, any, found;

	if (!read_head(d, &fn, &full, &if_not))
		return false;
	if (if_not && replace)
		return ddl_syntax(d, "OR REPLACE and IF NOT EXISTS exclude each other");
	do
		if (!read_characteristic(d, &fn, &any))
			return false;
	while (any);
	if (!read_body(d, &fn))
		return false;
	if (!fn.data_type)
		return ddl_syntax(d, "missing 'RETURNS TABLE'");
	if (hooks->check_query && !hooks->check_query(hooks->ctx, &d->scope, fn.body, &fn, d->error))
		return false;
	if (if_not && !cat_get_function(d->catalog, &full, &d->arena, &old, &found, &err))
		return ddl_fault(d, &err);
	if (if_not && found)
		return true;
	return make_room(d, &full, &fn, replace) &&
	       (cat_insert_function(d->catalog, &fn, &err) || ddl_fault(d, &err));
}
