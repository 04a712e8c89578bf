/* dialect_tvf.c - SQL functions of the catalog: their bodies are put in place
 * of the calls, with the arguments in place of the parameters.
 *
 * An argument is turned into its parameter's type as Databricks does it: NULL stays
 * NULL, the text 'NULL' stays a text (and cannot be turned into a DATE).
 */
#include "dialect.h"

#include "str.h"

#include <string.h>

static const char *call_name(struct dialect *d, const struct node *call)
{
	const char *name = "";
	for (size_t i = 0; i < call->nparts; i++)
		name = arena_printf(d->arena, "%s%s`%s`", name, i ? "." : "", call->part[i]);
	return name;
}

/* The argument for parameter i: by name, by position, or NULL. Each is found once. */
static bool find_argument(struct dialect *d, const struct node *call, const struct cat_function *fn,
	size_t i, const struct node **out)
{
	*out = NULL;
	bool named = false;
	for (size_t k = 0; k < call->nargs; k++) {
		const char *name = call->argname ? call->argname[k] : NULL;
		named = named || name;
		if (named && !name)
			return sql_error_set(d->error, "UNEXPECTED_POSITIONAL_ARGUMENT", "4274K",
				"Cannot invoke routine %s because it contains positional"
				" argument(s) following the"
				" named argument assigned to `%s`.", call_name(d, call),
				call->argname[k - 1]);
		if (name ? strieq(name, fn->params[i].name) : k == i) {
			if (*out)
				return sql_error_set(d->error,
					"DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT."
					"DOUBLE_NAMED_ARGUMENT_REFERENCE", "4274K", "Call to"
					" routine %s is invalid because it"
					" includes multiple argument assignments to the same"
					" parameter name `%s`.",
					call_name(d, call), fn->params[i].name);
			*out = call->arg[k];
		}
	}
	return true;
}

static bool known_arguments(struct dialect *d, const struct node *call,
	const struct cat_function *fn)
{
	if (call->nargs > fn->nparams || call->star || call->distinct)
		return sql_error_set(d->error, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605",
			"The %s requires %zu parameters but the actual number is %zu.",
			call_name(d, call),
			fn->nparams, call->nargs);
	for (size_t k = 0; call->argname && k < call->nargs; k++) {
		bool known = !call->argname[k];
		for (size_t i = 0; i < fn->nparams; i++)
			known = known || strieq(call->argname[k], fn->params[i].name);
		if (!known)
			return sql_error_set(d->error, "UNRECOGNIZED_PARAMETER_NAME", "4274K",
				"Cannot invoke routine %s because the routine call included a"
				" named argument reference"
				" for the argument named `%s`, but this routine does not include"
				" any signature containing"
				" an argument with this name.", call_name(d, call),
				call->argname[k]);
	}
	return true;
}

static struct bound argument(struct dialect *d, struct scope *scope, const struct node *call,
	const struct cat_function *fn, size_t i)
{
	const struct cat_param *param = &fn->params[i];
	const struct node *node;
	struct sql_type type;
	if (!find_argument(d, call, fn, i, &node))
		return bound_fail();
	struct scope *constant = arena_alloc(d->arena, sizeof(*constant));
	if (!node && param->default_text) {
		struct parser p;
		parser_init(&p, d->arena, param->default_text, d->error);
		if (!(node = parse_expr(&p)) || !parser_end(&p))
			return bound_fail();
		constant->own_names = true;
		constant->where = (struct cat_scope){ fn->catalog, fn->schema };
		scope = constant;
	} else if (!node) {
		sql_error_set(d->error, "REQUIRED_PARAMETER_NOT_FOUND", "4274K",
			"Cannot invoke routine %s because the parameter named `%s` is required, "
			"but the routine call did not supply a value. Please update the routine "
			"call to supply an argument value (either positionally at index %zu "
			"or by name) and retry the query again.", call_name(d, call),
			param->name, i);
		return bound_fail();
	}
	if (!type_parse(param->type, &type))
		return dialect_unsupported(d, arena_printf(d->arena, "a parameter of type %s",
			param->type));
	struct bound b = bind_cast(d, bind_expr(d, scope, node), type, false, false, call->source);
	if (b.sql)
		b.sql = arena_printf(d->arena, "(%s)", b.sql);
	return b;
}

/* A scope in which the parameters have their values. */
static struct scope *call_scope(struct dialect *d, struct scope *scope, const struct node *call,
	const struct cat_function *fn, unsigned *flags)
{
	struct scope *own = arena_alloc(d->arena, sizeof(*own));
	own->own_names = true;
	own->where = (struct cat_scope){ fn->catalog, fn->schema };
	*flags = 0;
	if (!known_arguments(d, call, fn))
		return NULL;
	for (size_t i = 0; i < fn->nparams; i++) {
		struct bound b = argument(d, scope, call, fn, i);
		if (!b.sql)
			return NULL;
		*flags |= b.flags;
		struct scope_param *param = arena_alloc(d->arena, sizeof(*param));
		*param = (struct scope_param){ fn->params[i].name, b.sql, b.type,
			!(b.flags & BOUND_COLUMN), own->params };
		own->params = param;
	}
	return own;
}

static bool find_function(struct dialect *d, struct scope *scope, const struct node *call,
	struct cat_function *fn)
{
	struct cat_name name = { { NULL, NULL, NULL }, call->nparts };
	if (call->nparts > 3)
		return sql_error_no_routine(d->error, call_name(d, call));
	for (size_t i = 0; i < call->nparts; i++)
		name.part[i] = call->part[i];
	struct cat_scope where = scope_where(d, scope);
	return catalog_function(d->catalog, &where, &name, d->arena, fn, d->error);
}

/* Columns with the names and types that RETURNS TABLE declares. */
static const char *typed_body(struct dialect *d, const struct cat_function *fn,
	struct bound_query *query)
{
	struct str out = STR_INIT;
	bool ok = true;
	for (size_t i = 0; i < query->ncolumns && ok; i++) {
		struct column *column = &query->columns[i];
		struct bound b = { column->sql, column->type, 0 };
		struct sql_type type;
		if (!type_parse(fn->columns[i].type, &type))
			type = column->type;
		b = bind_cast(d, b, type, false, false, fn->columns[i].name);
		ok = b.sql != NULL;
		str_addf(&out, "%s%s AS c%zu", i ? ", " : "SELECT ", ok ? b.sql : "", i + 1);
		*column = (struct column){ .name = fn->columns[i].name, .sql = column->sql,
			.type = type };
	}
	str_addf(&out, " FROM (%s)", query->sql);
	const char *sql = ok ? arena_strdup(d->arena, str_text(&out)) : NULL;
	str_free(&out);
	return sql;
}

static struct relation *call_table(struct dialect *d, struct scope *scope, const struct node *call,
	const struct cat_function *fn)
{
	unsigned flags;
	struct parser p;
	struct bound_query query;
	/* Arguments are constants, or columns of a query around: not of neighbours in FROM. */
	struct scope *around = arena_alloc(d->arena, sizeof(*around));
	*around = (struct scope){ .parent = scope->parent, .ctes = scope->ctes,
		.own_names = scope->own_names, .where = scope->where, .params = scope->params };
	struct scope *own = call_scope(d, around, call, fn, &flags);
	if (!own)
		return NULL;
	parser_init(&p, d->arena, fn->body, d->error);
	struct query *body = parse_query(&p);
	if (!body || !parser_end(&p) || !bind_query(d, own, body, &query))
		return NULL;
	if (fn->ncolumns && fn->ncolumns != query.ncolumns) {
		sql_error_set(d->error, "USER_DEFINED_FUNCTIONS.RETURN_COLUMN_COUNT_MISMATCH",
			"42601",
			"The number of columns produced by the RETURN clause (num: `%zu`) does not "
			"match the number of column names specified by the RETURNS clause "
			"(num: `%zu`) of %s.", query.ncolumns, fn->ncolumns, fn->name);
		return NULL;
	}
	if (fn->ncolumns && !(query.sql = typed_body(d, fn, &query)))
		return NULL;
	struct relation *r = relation_of_query(d, &query, fn->name);
	return r;
}

struct relation *tvf_relation(struct dialect *d, struct scope *scope, const struct node *call)
{
	struct cat_function *fn = arena_alloc(d->arena, sizeof(*fn));
	if (call->over || call->filter || call->within) {
		dialect_unsupported(d, "this form of a table function call");
		return NULL;
	}
	if (!find_function(d, scope, call, fn)) {
		if (streq(d->error->cls, "ROUTINE_NOT_FOUND"))
			sql_error_set(d->error, "UNRESOLVABLE_TABLE_VALUED_FUNCTION", "42883",
				"Could not resolve %s to a table-valued function. "
				"Please make sure that %s is defined as a table-valued function "
				"and that all required parameters are provided correctly.",
				call_name(d, call), call_name(d, call));
		return NULL;
	}
	if (!streq(fn->data_type, "TABLE_TYPE")) {
		sql_error_set(d->error, "NOT_A_TABLE_FUNCTION", "42887",
			"%s appears as a table function here, "
			"but the function was defined as a scalar function.", call_name(d, call));
		return NULL;
	}
	if (!dialect_enter(d))
		return NULL;
	struct relation *r = call_table(d, scope, call, fn);
	d->depth--;
	return r;
}

struct bound scalar_function(struct dialect *d, struct scope *scope, const struct node *call,
	bool *found)
{
	struct cat_function *fn = arena_alloc(d->arena, sizeof(*fn));
	*found = false;
	if (!find_function(d, scope, call, fn))
		return bound_fail();
	*found = true;
	if (streq(fn->data_type, "TABLE_TYPE")) {
		sql_error_set(d->error, "NOT_A_SCALAR_FUNCTION", "42887",
			"%s appears as a scalar expression here, "
			"but the function was defined as a table function.", call_name(d, call));
		return bound_fail();
	}
	unsigned flags;
	struct parser p;
	struct sql_type type;
	struct scope *own = call_scope(d, scope, call, fn, &flags);
	if (!own || !dialect_enter(d))
		return bound_fail();
	parser_init(&p, d->arena, fn->body, d->error);
	struct node *body = parse_expr(&p);
	if (!body || !parser_end(&p))
		return bound_fail();
	struct bound b = bind_expr(d, own, body);
	d->depth--;
	if (!type_parse(fn->data_type, &type))
		type = b.type;
	b = bind_cast(d, b, type, false, false, call->source);
	b.flags |= flags;
	return b;
}
