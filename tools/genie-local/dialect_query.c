/* dialect_query.c - binds queries: common table expressions, set operations, LIMIT. */
#include "dialect_query.h"

#include "str.h"

#include <string.h>

static bool bind_body(struct dialect *d, struct scope *scope, const struct body *body,
	struct bound_query *out);

static bool has_name(const struct node *node)
{
	if (node->kind == NODE_NAME || node->query)
		return true;
	for (size_t i = 0; i < node->nargs; i++)
		if (has_name(node->arg[i]))
			return true;
	return false;
}

/* LIMIT and OFFSET take constants; a function's parameter is none of them. */
static const char *limit_value(struct dialect *d, struct scope *scope, const struct node *node,
	const char *word)
{
	if (has_name(node)) {
		sql_error_set(d->error, "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE", "42K0E",
			"The limit like expression \"%s\" is invalid. "
			"The %s expression must evaluate to a constant value.", node->source, word);
		return NULL;
	}
	struct bound b = bind_expr(d, scope, node);
	if (b.sql && !type_is_whole(b.type)) {
		sql_error_set(d->error, "INVALID_LIMIT_LIKE_EXPRESSION.DATA_TYPE", "42K0E",
			"The limit like expression \"%s\" is invalid. "
			"The %s expression must be integer type, but got \"%s\".", node->source,
			word, type_text(b.type, d->arena));
		return NULL;
	}
	return b.sql ? arena_printf(d->arena, "dbx_limit(%s, '%s')", b.sql, word) : NULL;
}

static const char *limit_text(struct dialect *d, struct scope *scope, const struct query *query)
{
	const char *limit = "-1", *offset = NULL;
	if (query->limit && !(limit = limit_value(d, scope, query->limit, "limit")))
		return NULL;
	if (query->offset && !(offset = limit_value(d, scope, query->offset, "offset")))
		return NULL;
	if (!query->limit && !offset)
		return "";
	return offset ? arena_printf(d->arena, " LIMIT %s OFFSET %s", limit, offset)
		: arena_printf(d->arena, " LIMIT %s", limit);
}

/* The columns of a side turned into the types of the whole. */
static const char *side_text(struct dialect *d, const struct bound_query *side,
	const struct column *columns)
{
	struct str out = STR_INIT;
	bool ok = true;
	for (size_t i = 0; i < side->ncolumns && ok; i++) {
		struct bound b = { side->columns[i].sql, side->columns[i].type, 0 };
		b = bind_cast(d, b, columns[i].type, false, false, columns[i].name);
		ok = b.sql != NULL;
		str_addf(&out, "%s%s AS c%zu", i ? ", " : "SELECT ", ok ? b.sql : "", i + 1);
	}
	str_addf(&out, " FROM (%s)", side->sql);
	const char *sql = ok ? arena_strdup(d->arena, str_text(&out)) : NULL;
	str_free(&out);
	return sql;
}

static bool bind_set(struct dialect *d, struct scope *scope, const struct body *body,
	struct bound_query *out)
{
	struct bound_query left, right;
	if (!bind_body(d, scope, body->left, &left) || !bind_body(d, scope, body->right, &right))
		return false;
	if (left.ncolumns != right.ncolumns)
		return sql_error_set(d->error, "NUM_COLUMNS_MISMATCH", "42826",
			"%s can only be performed on inputs with the same number of columns, "
			"but the first input has %zu columns and the second input has %zu columns.",
			body->set, left.ncolumns, right.ncolumns);
	out->ncolumns = left.ncolumns;
	out->columns = arena_alloc(d->arena, (left.ncolumns + 1) * sizeof(*out->columns));
	for (size_t i = 0; i < left.ncolumns; i++) {
		out->columns[i] = left.columns[i];
		if (!type_common(left.columns[i].type, right.columns[i].type,
			&out->columns[i].type))
			return sql_error_set(d->error, "INCOMPATIBLE_COLUMN_TYPE", "42825",
				"%s can only be performed on tables with compatible column types. "
				"Column %zu of the second table is \"%s\" type which is not "
				"compatible with \"%s\" at the same column of the first table.",
				body->set, i + 1, type_text(right.columns[i].type, d->arena),
				type_text(left.columns[i].type, d->arena));
	}
	const char *a = side_text(d, &left, out->columns), *b = side_text(d, &right, out->columns);
	out->sql = a && b ? arena_printf(d->arena, "%s %s %s", a, body->set, b) : NULL;
	return out->sql != NULL;
}

static bool bind_values(struct dialect *d, struct scope *scope, const struct body *body,
	struct bound_query *out)
{
	struct bound *cells = arena_alloc(d->arena, body->nrows * body->ncells * sizeof(*cells));
	out->ncolumns = body->ncells;
	out->columns = arena_alloc(d->arena, (body->ncells + 1) * sizeof(*out->columns));
	for (size_t i = 0; i < body->nrows * body->ncells; i++) {
		struct column *column = &out->columns[i % body->ncells];
		cells[i] = bind_expr(d, scope, body->rows[i / body->ncells][i % body->ncells]);
		if (!cells[i].sql)
			return false;
		if (i < body->ncells)
			*column = (struct column){ .name = arena_printf(d->arena, "col%zu", i + 1),
				.sql = arena_printf(d->arena, "c%zu", i + 1),
				.type = cells[i].type };
		else if (!type_common(column->type, cells[i].type, &column->type))
			return sql_error_set(d->error,
				"INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE",
				"42000", "Invalid inline table. Found incompatible types "
				"in the column `%s` of the inline table.", column->name);
	}
	struct str rows = STR_INIT, names = STR_INIT;
	bool ok = true;
	for (size_t i = 0; i < body->nrows * body->ncells && ok; i++) {
		struct bound b = bind_cast(d, cells[i], out->columns[i % body->ncells].type, false,
			false, "VALUES");
		ok = b.sql != NULL;
		str_addf(&rows, "%s%s", i % body->ncells ? ", " : i ? "), (" : "(", ok ? b.sql
			: "");
		if (i < body->ncells)
			str_addf(&names, "%scolumn%zu AS c%zu", i ? ", " : "", i + 1, i + 1);
	}
	if (ok)
		out->sql = arena_printf(d->arena, "SELECT %s FROM (VALUES %s))", str_text(&names),
			str_text(&rows));
	str_free(&rows);
	str_free(&names);
	return ok;
}

static struct scope *inner_scope(struct dialect *d, struct scope *parent)
{
	struct scope *scope = arena_alloc(d->arena, sizeof(*scope));
	scope->parent = parent;
	return scope;
}

static bool bind_plain_body(struct dialect *d, struct scope *scope, const struct body *body,
	struct bound_query *out)
{
	static const struct query no_order;
	switch (body->kind) {
	case BODY_SELECT:
		return bind_select(d, inner_scope(d, scope), body, &no_order, "", out);
	case BODY_VALUES:
		return bind_values(d, scope, body, out);
	case BODY_SET:
		return bind_set(d, scope, body, out);
	default:
		return bind_query(d, scope, body->query, out);
	}
}

static bool bind_body(struct dialect *d, struct scope *scope, const struct body *body,
	struct bound_query *out)
{
	memset(out, 0, sizeof(*out));
	if (!dialect_enter(d) || !bind_plain_body(d, scope, body, out))
		return false;
	d->depth--;
	return true;
}

/* ORDER BY over what is no SELECT: output names and positions. */
static bool order_outputs(struct dialect *d, struct scope *scope, const struct query *query,
	const char *limit, struct bound_query *out)
{
	struct scope *own = inner_scope(d, scope);
	own->relations = relation_of_query(d, out, NULL);
	struct str order = STR_INIT;
	bool ok = true;
	for (size_t i = 0; query->order_all && i < out->ncolumns; i++)
		str_addf(&order, "%s%zu", i ? ", " : "", i + 1);
	for (const struct order *o = query->order; o && ok; o = o->next) {
		size_t at;
		bool ordinal;
		struct order one = *o;
		unsigned flags = 0;
		ok = select_ordinal(d, o->by, out->ncolumns, "ORDER BY", &at, &ordinal);
		one.next = NULL;
		const char *term = !ok ? NULL : bind_order(d, own, &one, &flags);
		ok = term != NULL;
		str_addf(&order, "%s%s", order.n ? ", " : "", ok ? term : "");
	}
	if (ok) {
		struct str list = STR_INIT;
		for (size_t i = 0; i < out->ncolumns; i++)
			str_addf(&list, "%s%s AS c%zu", i ? ", " : "",
				own->relations->columns[i].sql, i + 1);
		out->sql = arena_printf(d->arena, "SELECT %s FROM %s%s%s%s", str_text(&list),
			own->relations->sql, order.n ? " ORDER BY " : "", str_text(&order), limit);
		str_free(&list);
	}
	str_free(&order);
	return ok;
}

static bool rename_columns(struct dialect *d, const struct cte *cte, struct bound_query *query)
{
	if (!cte->ncolumns)
		return true;
	if (cte->ncolumns != query->ncolumns)
		return sql_error_set(d->error, "ASSIGNMENT_ARITY_MISMATCH", "42802",
			"The number of columns or variables assigned or aliased: "
			"%zu does not match the number of source expressions: %zu.",
			cte->ncolumns, query->ncolumns);
	for (size_t i = 0; i < query->ncolumns; i++)
		query->columns[i].name = cte->columns[i];
	return true;
}

/* Binds the WITH list into the scope; the text "WITH a AS (..), .. " or "". */
static const char *bind_ctes(struct dialect *d, struct scope *scope, const struct query *query)
{
	struct str out = STR_INIT;
	bool ok = true;
	for (const struct cte *cte = query->ctes; cte && ok; cte = cte->next) {
		struct bound_query bound;
		ok = bind_query(d, scope, cte->query, &bound) && rename_columns(d, cte, &bound);
		if (!ok)
			break;
		struct scope_cte *known = arena_alloc(d->arena, sizeof(*known));
		*known = (struct scope_cte){ cte->name, dialect_alias(d), bound.columns,
			bound.ncolumns,
			scope->ctes };
		scope->ctes = known;
		str_addf(&out, "%s%s AS (%s)", out.n ? ", " : "WITH ", known->sql_name, bound.sql);
	}
	if (ok && out.n)
		str_add(&out, " ");
	const char *sql = ok ? arena_strdup(d->arena, str_text(&out)) : NULL;
	str_free(&out);
	return sql;
}

static bool bind_parts(struct dialect *d, struct scope *scope, const struct query *query,
	struct bound_query *out)
{
	const char *with = bind_ctes(d, scope, query), *limit = with ? limit_text(d, scope, query)
		: NULL;
	if (!limit)
		return false;
	bool ok;
	if (query->body->kind == BODY_SELECT) {
		ok = bind_select(d, inner_scope(d, scope), query->body, query, limit, out);
	} else {
		ok = bind_body(d, scope, query->body, out);
		if (ok && (query->order || query->order_all || *limit))
			ok = order_outputs(d, scope, query, limit, out);
	}
	if (ok && *with)
		out->sql = arena_printf(d->arena, "%s%s", with, out->sql);
	return ok;
}

bool bind_query(struct dialect *d, struct scope *parent, const struct query *query,
	struct bound_query *out)
{
	memset(out, 0, sizeof(*out));
	if (!dialect_enter(d) || !bind_parts(d, inner_scope(d, parent), query, out))
		return false;
	d->depth--;
	return true;
}
