/* dialect_expr.c - binds expressions: types, coercions, SQLite text. */
#include "dialect.h"

#include "str.h"

#include <stdlib.h>
#include <string.h>

static struct bound literal(struct dialect *d, const struct node *node)
{
	const char *sql = node->text;
	if (node->type.kind == TYPE_STRING)
		sql = dialect_quote(d, node->text);
	return (struct bound){ sql, node->type, 0 };
}

static struct bound param(struct dialect *d, const struct node *node)
{
	for (size_t i = 0; i < d->nparams; i++) {
		const struct engine_param *p = &d->params[i];
		if (!streq(p->name, node->text))
			continue;
		struct sql_type type = type_of(TYPE_STRING);
		if (p->type && !type_parse(p->type, &type))
			return dialect_unsupported(d, arena_printf(d->arena, "a parameter of type"
				" %s", p->type));
		if (!p->value)
			return (struct bound){ "NULL", type, 0 };
		struct bound text = { dialect_quote(d, p->value), type_of(TYPE_STRING), 0 };
		return bind_cast(d, text, type, false, true, node->source);
	}
	sql_error_set(d->error, "UNBOUND_SQL_PARAMETER", "42P02",
		"Found the unbound parameter: %s. Please, fix `args` and provide a mapping "
		"of the parameter to either a SQL literal or collection constructor functions "
		"such as `map()`, `array()`, `struct()`.", node->text);
	return bound_fail();
}

struct bound bind_condition(struct dialect *d, struct scope *scope, const struct node *node,
	const char *clause)
{
	struct bound b = bind_expr(d, scope, node);
	if (!b.sql || b.type.kind == TYPE_BOOLEAN || b.type.kind == TYPE_NULL ||
		b.type.kind == TYPE_ANY)
		return b;
	if (b.type.kind == TYPE_STRING && !(b.flags & BOUND_COLUMN))
		return bind_cast(d, b, type_of(TYPE_BOOLEAN), false, false, node->source);
	sql_error_set(d->error, "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN", "42K09",
		"Cannot resolve \"%s\" due to data type mismatch: %s expects a boolean and not"
		" \"%s\".",
		node->source, clause, type_text(b.type, d->arena));
	return bound_fail();
}

static struct bound unary(struct dialect *d, struct scope *scope, const struct node *node)
{
	if (streq(node->op, "NOT")) {
		struct bound b = bind_condition(d, scope, node->arg[0], "NOT");
		if (b.sql)
			b.sql = arena_printf(d->arena, "(NOT %s)", b.sql);
		b.type = type_of(TYPE_BOOLEAN);
		return b;
	}
	struct bound b = bind_expr(d, scope, node->arg[0]);
	if (b.sql && b.type.kind == TYPE_STRING)
		b = bind_cast(d, b, type_of(TYPE_DOUBLE), false, false, node->source);
	if (!b.sql)
		return b;
	if (!type_is_number(b.type) && b.type.kind != TYPE_NULL && b.type.kind != TYPE_ANY)
		return dialect_mismatch(d, node, "a number is needed");
	b.sql = arena_printf(d->arena, "(%s %s)", node->op, b.sql);
	return b;
}

/* Spark's DecimalPrecision rules. */
static struct sql_type decimal_result(const char *op, struct sql_type a, struct sql_type b)
{
	int s1 = a.scale, s2 = b.scale, p1 = a.precision, p2 = b.precision;
	if (*op == '*')
		return type_decimal(p1 + p2 + 1, s1 + s2);
	if (*op == '/') {
		int scale = s1 + p2 + 1 > 6 ? s1 + p2 + 1 : 6;
		return type_decimal(p1 - s1 + s2 + scale, scale);
	}
	int scale = s1 > s2 ? s1 : s2, whole = p1 - s1 > p2 - s2 ? p1 - s1 : p2 - s2;
	if (*op == '%')
		return type_decimal((p1 - s1 < p2 - s2 ? p1 - s1 : p2 - s2) + scale, scale);
	return type_decimal(whole + scale + 1, scale);
}

/* A whole number literal beside a decimal has the digits it shows (Spark's fromLiteral). */
static struct sql_type literal_type(const struct node *node, struct sql_type type,
	struct sql_type other)
{
	if (node->kind != NODE_LITERAL || !type_is_whole(type) || other.kind != TYPE_DECIMAL)
		return type;
	return type_decimal((int)strlen(node->text), 0);
}

static struct sql_type number_result(const char *op, struct sql_type a, struct sql_type b)
{
	bool decimal = (a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL) &&
		a.kind <= TYPE_DECIMAL &&
		b.kind <= TYPE_DECIMAL;
	if (decimal)
		return decimal_result(op, type_as_decimal(a), type_as_decimal(b));
	if (*op == '/')
		return type_of(TYPE_DOUBLE);
	struct sql_type common;
	if (!type_common(a, b, &common) || common.kind == TYPE_NULL)
		return type_of(TYPE_DOUBLE);
	return common.kind == TYPE_FLOAT ? type_of(TYPE_DOUBLE) : common;
}

/* A text or NULL beside a number becomes a number. */
static bool to_numbers(struct dialect *d, struct bound *side, struct sql_type other,
	const struct node *node)
{
	if (side->type.kind == TYPE_STRING)
		*side = bind_cast(d, *side, type_of(type_is_whole(other) ? TYPE_BIGINT
			: TYPE_DOUBLE),
			false, false, node->source);
	if (side->sql && side->type.kind == TYPE_NULL)
		side->type = type_is_number(other) ? other : type_of(TYPE_DOUBLE);
	return side->sql != NULL;
}

static struct bound arithmetic(struct dialect *d, const struct node *node, struct bound a,
	struct bound b)
{
	unsigned flags = a.flags | b.flags;
	const char *op = node->op;
	if (!to_numbers(d, &a, b.type, node) || !to_numbers(d, &b, a.type, node))
		return bound_fail();
	if ((!type_is_number(a.type) && a.type.kind != TYPE_ANY) ||
	    (!type_is_number(b.type) && b.type.kind != TYPE_ANY)) {
		sql_error_set(d->error, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", "42K09",
			"Cannot resolve \"%s\" due to data type mismatch: "
			"the left and right operands of the binary operator have "
			"incompatible types (\"%s\" and \"%s\").", node->source,
			type_text(a.type, d->arena), type_text(b.type, d->arena));
		return bound_fail();
	}
	struct sql_type type = number_result(op, literal_type(node->arg[0], a.type, b.type),
		literal_type(node->arg[1], b.type, a.type));
	const char *sql;
	if (streq(op, "DIV")) {
		sql = arena_printf(d->arena, "dbx_whole_div(%s, %s)", a.sql, b.sql);
		type = type_of(TYPE_BIGINT);
	} else if (*op == '/' || *op == '%') {
		sql = arena_printf(d->arena, "dbx_%s(%s, %s)", *op == '/' ? "div" : "mod", a.sql,
			b.sql);
	} else {
		sql = arena_printf(d->arena, "(%s %s %s)", a.sql, op, b.sql);
	}
	if (type.kind == TYPE_DECIMAL && !(type_is_whole(a.type) && type_is_whole(b.type)))
		sql = arena_printf(d->arena, "dbx_round(%s, %d)", sql, type.scale);
	return (struct bound){ sql, type, flags };
}

/* date or timestamp plus an interval of units. */
static struct bound shift(struct dialect *d, struct scope *scope, const struct node *node,
	struct bound base, const struct node *interval, bool minus)
{
	if (base.type.kind == TYPE_STRING)
		base = bind_cast(d, base, type_of(TYPE_TIMESTAMP), false, false, node->source);
	if (!base.sql)
		return base;
	if (base.type.kind != TYPE_DATE && base.type.kind != TYPE_TIMESTAMP &&
		base.type.kind != TYPE_NULL)
		return dialect_mismatch(d, node, "an interval can be added to dates and timestamps"
			" only");
	for (size_t i = 0; i < interval->nargs; i++) {
		const struct node *part = interval->arg[i];
		struct bound n = bind_expr(d, scope, part->arg[0]);
		n = bind_cast(d, n, type_of(TYPE_BIGINT), false, false, node->source);
		if (!n.sql)
			return n;
		bool time = strstr("HOUR MINUTE SECOND MILLISECOND MICROSECOND",
			part->text) != NULL;
		if (time && base.type.kind == TYPE_DATE)
			base = bind_cast(d, base, type_of(TYPE_TIMESTAMP), false, false,
				node->source);
		base.sql = arena_printf(d->arena, "dbx_shift(%s, %s%s, '%s')", base.sql, minus
			? "-" : "",
			n.sql, part->text);
		base.flags |= n.flags;
	}
	return base;
}

static bool is_time(struct bound b)
{
	return b.type.kind == TYPE_DATE || b.type.kind == TYPE_TIMESTAMP;
}

static struct bound date_arithmetic(struct dialect *d, const struct node *node, struct bound a,
	struct bound b)
{
	unsigned flags = a.flags | b.flags;
	bool minus = streq(node->op, "-");
	if (a.type.kind == TYPE_DAYS && b.type.kind == TYPE_DATE && !minus) {
		struct bound other = a;
		a = b;
		b = other;
	}
	if (a.type.kind == TYPE_DATE && (type_is_whole(b.type) || b.type.kind == TYPE_DAYS) )
		return (struct bound){ arena_printf(d->arena, "dbx_shift(%s, %s%s, 'DAY')", a.sql,
			minus ? "-" : "", b.sql), a.type, flags };
	if (minus && a.type.kind == TYPE_DATE && b.type.kind == TYPE_STRING)
		b = bind_cast(d, b, a.type, false, false, node->source);
	if (minus && a.type.kind == TYPE_STRING && b.type.kind == TYPE_DATE)
		a = bind_cast(d, a, b.type, false, false, node->source);
	if (!a.sql || !b.sql)
		return bound_fail();
	if (minus && a.type.kind == TYPE_DATE && b.type.kind == TYPE_DATE)
		return (struct bound){ arena_printf(d->arena, "dbx_days_between(%s, %s)", a.sql,
			b.sql),
			type_of(TYPE_DAYS), flags };
	if (minus && is_time(a) && is_time(b))
		return dialect_unsupported(d, "the difference of timestamps as an interval");
	sql_error_set(d->error, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", "42K09",
		"Cannot resolve \"%s\" due to data type mismatch: the left and right operands of "
		"the binary operator have incompatible types (\"%s\" and \"%s\").", node->source,
		type_text(a.type, d->arena), type_text(b.type, d->arena));
	return bound_fail();
}

static struct bound comparison(struct dialect *d, const struct node *node, struct bound a,
	struct bound b)
{
	unsigned flags = a.flags | b.flags;
	if (!bind_same(d, &a, &b, node->source))
		return bound_fail();
	const char *op = streq(node->op, "<=>") ? "IS" : node->op;
	return (struct bound){ arena_printf(d->arena, "(%s %s %s)", a.sql, op, b.sql),
		type_of(TYPE_BOOLEAN), flags };
}

static struct bound row_comparison(struct dialect *d)
{
	return dialect_unsupported(d, "comparing rows of several values");
}

static bool is_row(const struct node *node)
{
	return node->kind == NODE_CALL && streq(node->op, "STRUCT");
}

static struct bound binary(struct dialect *d, struct scope *scope, const struct node *node)
{
	const struct node *left = node->arg[0], *right = node->arg[1];
	const char *op = node->op;
	bool plus = streq(op, "+"), minus = streq(op, "-");
	if ((plus || minus) && right->kind == NODE_INTERVAL)
		return shift(d, scope, node, bind_expr(d, scope, left), right, minus);
	if (plus && left->kind == NODE_INTERVAL)
		return shift(d, scope, node, bind_expr(d, scope, right), left, false);
	if (is_row(left) || is_row(right))
		return row_comparison(d);
	struct bound a = bind_expr(d, scope, left), b;
	if (!a.sql || !(b = bind_expr(d, scope, right)).sql)
		return bound_fail();
	if (streq(op, "||")) {
		a = bind_cast(d, a, type_of(TYPE_STRING), false, false, node->source);
		b = bind_cast(d, b, type_of(TYPE_STRING), false, false, node->source);
		return (struct bound){ arena_printf(d->arena, "(%s || %s)", a.sql, b.sql),
			type_of(TYPE_STRING), a.flags | b.flags };
	}
	if (strchr("<>=", *op))
		return comparison(d, node, a, b);
	if (strchr("|&", *op)) {
		a = bind_cast(d, a, type_of(TYPE_BIGINT), false, false, node->source);
		b = bind_cast(d, b, type_of(TYPE_BIGINT), false, false, node->source);
		if (!a.sql || !b.sql)
			return bound_fail();
		return (struct bound){ arena_printf(d->arena, "(%s %s %s)", a.sql, op, b.sql),
			type_of(TYPE_BIGINT), a.flags | b.flags };
	}
	if (*op == '^')
		return dialect_unsupported(d, "the operator ^");
	if ((plus || minus) && (is_time(a) || is_time(b) || a.type.kind == TYPE_DAYS ||
	    b.type.kind == TYPE_DAYS))
		return date_arithmetic(d, node, a, b);
	return arithmetic(d, node, a, b);
}

static struct bound logic(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct str out = STR_INIT;
	unsigned flags = 0;
	struct bound b = { "", { 0 }, 0 };
	for (size_t i = 0; i < node->nargs && b.sql; i++) {
		b = bind_condition(d, scope, node->arg[i], node->op);
		flags |= b.flags;
		if (i)
			str_addf(&out, " %s ", node->op);
		if (b.sql)
			str_add(&out, b.sql);
	}
	if (b.sql)
		b = (struct bound){ arena_printf(d->arena, "(%s)", str_text(&out)),
			type_of(TYPE_BOOLEAN), flags };
	str_free(&out);
	return b;
}

/* Binds the arguments [from, to) in steps and finds the type of all. */
static bool common_arguments(struct dialect *d, struct scope *scope, const struct node *node,
	struct bound *out, const bool *take, struct sql_type *common)
{
	*common = type_of(TYPE_NULL);
	for (size_t i = 0; i < node->nargs; i++) {
		out[i] = bind_expr(d, scope, node->arg[i]);
		if (!out[i].sql)
			return false;
		if (take[i] && !type_common(*common, out[i].type, common)) {
			sql_error_set(d->error, "DATATYPE_MISMATCH.DATA_DIFF_TYPES", "42K09",
				"Cannot resolve \"%s\" due to data type mismatch: "
				"Input to this expression should all be the same type, "
				"but it's (\"%s\", \"%s\").", node->source,
				type_text(*common, d->arena), type_text(out[i].type, d->arena));
			return false;
		}
	}
	return true;
}

static bool case_condition(struct dialect *d, const struct node *node, struct bound *b,
	struct bound *operand, struct str *out)
{
	if (!operand) {
		if (b->type.kind != TYPE_BOOLEAN && b->type.kind != TYPE_NULL &&
			b->type.kind != TYPE_ANY) {
			dialect_mismatch(d, node, "WHEN expects a boolean");
			return false;
		}
		str_addf(out, " WHEN %s", b->sql);
		return true;
	}
	struct bound left = *operand;
	if (!bind_same(d, &left, b, node->source))
		return false;
	str_addf(out, " WHEN (%s = %s)", left.sql, b->sql);
	return true;
}

static struct bound bind_case(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct bound *args = arena_alloc(d->arena, node->nargs * sizeof(*args));
	bool *value = arena_alloc(d->arena, node->nargs * sizeof(*value));
	struct sql_type common;
	size_t first = node->operand, end = node->nargs - node->other;
	for (size_t i = first; i < end; i++)
		value[i] = (i - first) % 2 == 1;
	if (node->other)
		value[end] = true;
	if (!common_arguments(d, scope, node, args, value, &common))
		return bound_fail();
	struct str out = STR_INIT;
	unsigned flags = 0;
	bool ok = true;
	str_add(&out, "CASE");
	for (size_t i = 0; i < node->nargs; i++)
		flags |= args[i].flags;
	for (size_t i = first; ok && i + 1 < end; i += 2) {
		struct bound then = bind_cast(d, args[i + 1], common, false, false, node->source);
		ok = then.sql && case_condition(d, node, &args[i], first ? &args[0] : NULL, &out);
		if (ok)
			str_addf(&out, " THEN %s", then.sql);
	}
	if (ok && node->other) {
		struct bound other = bind_cast(d, args[end], common, false, false, node->source);
		ok = other.sql != NULL;
		if (ok)
			str_addf(&out, " ELSE %s", other.sql);
	}
	struct bound b = bound_fail();
	if (ok)
		b = (struct bound){ arena_printf(d->arena, "%s END", str_text(&out)), common,
			flags };
	if (ok)
		b.sql = arena_printf(d->arena, "(%s)", b.sql);
	str_free(&out);
	return b;
}

/* One column, or as many as there are values on the left. */
static bool subquery(struct dialect *d, struct scope *scope, const struct query *query,
	size_t columns, struct bound_query *out, unsigned *flags)
{
	bool before = scope->loose_below;
	scope->loose_below = false;
	bool ok = bind_query(d, scope, query, out);
	*flags = BOUND_COLUMN | (scope->loose_below ? BOUND_LOOSE : 0);
	scope->loose_below = before;
	if (ok && columns && out->ncolumns != columns)
		return sql_error_set(d->error, columns == 1 ?
			"INVALID_SUBQUERY_EXPRESSION."
			"SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN"
			: "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH", "42823",
			"Invalid subquery: it must return %zu column(s), but returned %zu.",
			columns,
			out->ncolumns);
	return ok;
}

static struct bound in_query(struct dialect *d, struct scope *scope, const struct node *node)
{
	const struct node *left = node->arg[0];
	size_t n = is_row(left) ? left->nargs : 1;
	struct bound_query query;
	unsigned flags;
	if (!subquery(d, scope, node->query, n, &query, &flags))
		return bound_fail();
	const char *values = "", *columns = "";
	for (size_t i = 0; i < n; i++) {
		struct bound a = bind_expr(d, scope, is_row(left) ? left->arg[i] : left);
		struct bound b = { query.columns[i].sql, query.columns[i].type, 0 };
		if (!bind_same(d, &a, &b, node->source))
			return bound_fail();
		flags |= a.flags;
		values = arena_printf(d->arena, "%s%s%s", values, i ? ", " : "", a.sql);
		columns = arena_printf(d->arena, "%s%s%s", columns, i ? ", " : "", b.sql);
	}
	const char *sql = arena_printf(d->arena, "(%s%s%s %sIN (SELECT %s FROM (%s)))", n > 1
		? "(" : "",
		values, n > 1 ? ")" : "", node->negated ? "NOT " : "", columns, query.sql);
	return (struct bound){ sql, type_of(TYPE_BOOLEAN), flags };
}

static struct bound in_list(struct dialect *d, struct scope *scope, const struct node *node)
{
	if (is_row(node->arg[0]))
		return row_comparison(d);
	struct bound *args = arena_alloc(d->arena, node->nargs * sizeof(*args));
	bool *take = arena_alloc(d->arena, node->nargs * sizeof(*take));
	struct sql_type common;
	for (size_t i = 0; i < node->nargs; i++)
		take[i] = true;
	if (!common_arguments(d, scope, node, args, take, &common))
		return bound_fail();
	struct str out = STR_INIT;
	unsigned flags = 0;
	for (size_t i = 0; i < node->nargs; i++) {
		if (!type_is_number(common) || !type_is_number(args[i].type))
			args[i] = bind_cast(d, args[i], common, false, false, node->source);
		flags |= args[i].flags;
		if (!args[i].sql) {
			str_free(&out);
			return bound_fail();
		}
		str_addf(&out, i == 0 ? "(%s" : i == 1 ? "%s" : ", %s", args[i].sql);
		if (i == 0)
			str_add(&out, node->negated ? " NOT IN (" : " IN (");
	}
	str_add(&out, "))");
	const char *sql = arena_strdup(d->arena, str_text(&out));
	str_free(&out);
	return (struct bound){ sql, type_of(TYPE_BOOLEAN), flags };
}

static struct bound between(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct bound v = bind_expr(d, scope, node->arg[0]), low = bind_expr(d, scope, node->arg[1]);
	struct bound high = bind_expr(d, scope, node->arg[2]), other = v;
	if (!bind_same(d, &v, &low, node->source) || !bind_same(d, &other, &high, node->source))
		return bound_fail();
	const char *sql = arena_printf(d->arena, "(%s(%s >= %s AND %s <= %s))", node->negated
		? "NOT " : "",
		v.sql, low.sql, other.sql, high.sql);
	return (struct bound){ sql, type_of(TYPE_BOOLEAN), v.flags | low.flags | high.flags };
}

static struct bound like(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct sql_type text = type_of(TYPE_STRING);
	struct bound v = bind_cast(d, bind_expr(d, scope, node->arg[0]), text, false, false,
		node->source);
	const char *escape = "'\\'", *sql = "";
	unsigned flags = v.flags;
	if (node->escape) {
		if (node->escape->kind != NODE_LITERAL || strlen(node->escape->text) != 1)
			return dialect_unsupported(d, "an ESCAPE that is not one character");
		escape = dialect_quote(d, node->escape->text);
	}
	for (size_t i = 1; v.sql && i < node->nargs; i++) {
		struct bound p = bind_cast(d, bind_expr(d, scope, node->arg[i]), text, false, false,
			node->source);
		if (!p.sql)
			return p;
		flags |= p.flags;
		const char *one = streq(node->op, "RLIKE")
			? arena_printf(d->arena, "dbx_rlike(%s, %s)", v.sql, p.sql)
			: arena_printf(d->arena, "dbx_like(%s, %s, %s, %d)", v.sql, p.sql, escape,
				streq(node->op, "ILIKE"));
		if (node->negated)
			one = arena_printf(d->arena, "(NOT %s)", one);
		sql = i == 1 ? one : arena_printf(d->arena, "%s %s %s", sql, node->text, one);
	}
	if (!v.sql)
		return v;
	return (struct bound){ arena_printf(d->arena, "(%s)", sql), type_of(TYPE_BOOLEAN), flags };
}

static struct bound is(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct bound v = bind_expr(d, scope, node->arg[0]);
	const char *not = node->negated ? " NOT" : "";
	unsigned flags = v.flags;
	if (!v.sql)
		return v;
	if (streq(node->op, "DISTINCT")) {
		struct bound other = bind_expr(d, scope, node->arg[1]);
		if (!bind_same(d, &v, &other, node->source))
			return bound_fail();
		flags |= other.flags;
		v.sql = arena_printf(d->arena, "(%s IS%s %s)", v.sql, node->negated ? "" : " NOT",
			other.sql);
	} else if (streq(node->op, "NULL") || streq(node->op, "UNKNOWN")) {
		v.sql = arena_printf(d->arena, "(%s IS%s NULL)", v.sql, not);
	} else {
		v = bind_cast(d, v, type_of(TYPE_BOOLEAN), false, false, node->source);
		if (v.sql)
			v.sql = arena_printf(d->arena, "(%s IS%s %d)", v.sql, not, streq(node->op,
				"TRUE"));
	}
	v.type = type_of(TYPE_BOOLEAN);
	v.flags = flags;
	return v;
}

static struct bound scalar_query(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct bound_query query;
	unsigned flags;
	bool exists = node->kind == NODE_EXISTS;
	if (!subquery(d, scope, node->query, exists ? 0 : 1, &query, &flags))
		return bound_fail();
	/* More than one row is an error in Databricks, where SQLite takes the first. */
	const char *sql = exists ? arena_printf(d->arena, "EXISTS (%s)", query.sql)
		: arena_printf(d->arena, "(SELECT dbx_only(%s) FROM (%s))", query.columns[0].sql,
			query.sql);
	return (struct bound){ sql, exists ? type_of(TYPE_BOOLEAN) : query.columns[0].type, flags };
}

static struct bound cast(struct dialect *d, struct scope *scope, const struct node *node)
{
	if (node->arg[0]->kind == NODE_INTERVAL)
		return dialect_unsupported(d, "casting an interval");
	struct bound b = bind_expr(d, scope, node->arg[0]);
	return bind_cast(d, b, node->type, node->try, true, node->source);
}

static struct bound bind_node(struct dialect *d, struct scope *scope, const struct node *node)
{
	switch (node->kind) {
	case NODE_LITERAL: return literal(d, node);
	case NODE_NAME: return bind_name(d, scope, node);
	case NODE_PARAM: return param(d, node);
	case NODE_CALL: return bind_call(d, scope, node);
	case NODE_UNARY: return unary(d, scope, node);
	case NODE_BINARY: return binary(d, scope, node);
	case NODE_LOGIC: return logic(d, scope, node);
	case NODE_CASE: return bind_case(d, scope, node);
	case NODE_CAST: return cast(d, scope, node);
	case NODE_IN: return node->query ? in_query(d, scope, node) : in_list(d, scope, node);
	case NODE_BETWEEN: return between(d, scope, node);
	case NODE_LIKE: return like(d, scope, node);
	case NODE_IS: return is(d, scope, node);
	case NODE_EXISTS: case NODE_SUBQUERY: return scalar_query(d, scope, node);
	case NODE_INTERVAL: return dialect_unsupported(d, "an interval outside of date arithmetic");
	case NODE_STAR:
		sql_error_set(d->error, "INVALID_USAGE_OF_STAR_OR_REGEX", "42000",
			"Invalid usage of '*' in expression.");
		return bound_fail();
	}
	return bound_fail();
}

struct bound bind_expr(struct dialect *d, struct scope *scope, const struct node *node)
{
	if (!dialect_enter(d))
		return bound_fail();
	struct bound b = bind_node(d, scope, node);
	d->depth--;
	return bind_keyed(scope, b);
}

const char *node_label(struct dialect *d, const struct node *node)
{
	if (node->kind == NODE_NAME)
		return node->part[node->nparts - 1];
	if (node->kind == NODE_LITERAL && node->type.kind == TYPE_STRING)
		return node->text;
	if (node->kind != NODE_CALL || node->over || node->filter)
		return node->source;
	char *name = arena_strdup(d->arena, node->part[node->nparts - 1]);
	lower_ascii(name);
	const char *args = node->star && !node->nargs ? "1" : "";
	for (size_t i = 0; i < node->nargs; i++)
		args = arena_printf(d->arena, "%s%s%s", args, i ? ", " : "", node_label(d,
			node->arg[i]));
	return arena_printf(d->arena, "%s(%s%s)", name, node->distinct ? "DISTINCT " : "", args);
}
