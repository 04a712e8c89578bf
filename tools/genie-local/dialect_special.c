/* dialect_special.c - functions whose types or syntax a table cannot say. */
#include "dialect_function.h"

#include "str.h"

#include <stdlib.h>
#include <string.h>

static struct node *make(struct dialect *d, enum node_kind kind, const char *op, const char *source)
{
	struct node *node = arena_alloc(d->arena, sizeof(*node));
	node->kind = kind;
	node->op = op;
	node->source = source;
	node->arg = arena_alloc(d->arena, 4 * sizeof(*node->arg));
	return node;
}

static struct node *make_binary(struct dialect *d, const char *op, struct node *a, struct node *b,
	const char *source)
{
	struct node *node = make(d, NODE_BINARY, op, source);
	node->arg[0] = a;
	node->arg[1] = b;
	node->nargs = 2;
	return node;
}

static struct node *make_literal(struct dialect *d, enum type_kind kind, const char *text)
{
	struct node *node = make(d, NODE_LITERAL, NULL, text);
	node->type = type_of(kind);
	node->text = text;
	return node;
}

static struct bound count_error(struct dialect *d, const struct node *node)
{
	sql_error_set(d->error, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605",
		"The `%s` cannot be called with %zu parameters.", node->op, node->nargs);
	return bound_fail();
}

/* CASE WHEN a = b THEN NULL ELSE a END */
static struct bound nullif_call(struct dialect *d, struct scope *scope, const struct node *node)
{
	if (node->nargs != 2)
		return count_error(d, node);
	struct node *same = make(d, NODE_CASE, NULL, node->source);
	same->arg[0] = make_binary(d, "=", node->arg[0], node->arg[1], node->source);
	same->arg[1] = make_literal(d, TYPE_NULL, "NULL");
	same->arg[2] = node->arg[0];
	same->nargs = 3;
	same->other = true;
	return bind_expr(d, scope, same);
}

/* DECODE(x, a, b, .., other): NULL equals NULL. */
static struct bound decode(struct dialect *d, struct scope *scope, const struct node *node)
{
	if (node->nargs < 3)
		return count_error(d, node);
	struct node *same = make(d, NODE_CASE, NULL, node->source);
	same->arg = arena_alloc(d->arena, node->nargs * sizeof(*same->arg));
	for (size_t i = 1; i < node->nargs; i++) {
		bool condition = i % 2 == 1 && i + 1 < node->nargs;
		same->arg[same->nargs++] = condition
			? make_binary(d, "<=>", node->arg[0], node->arg[i], node->source)
			: node->arg[i];
	}
	same->other = node->nargs % 2 == 0;
	return bind_expr(d, scope, same);
}

/* TRY_DIVIDE(a, b) is a / NULLIF(b, 0); the others cannot overflow here. */
static struct bound try_call(struct dialect *d, struct scope *scope, const struct node *node)
{
	if (node->nargs != 2)
		return count_error(d, node);
	struct node *right = node->arg[1];
	const char *op = streq(node->op, "TRY_ADD") ? "+" : streq(node->op, "TRY_SUBTRACT") ? "-"
		: streq(node->op, "TRY_MULTIPLY") ? "*" : streq(node->op, "TRY_MOD") ? "%" : "/";
	if (*op == '/' || *op == '%') {
		right = make(d, NODE_CALL, "NULLIF", node->source);
		right->part[right->nparts++] = "nullif";
		right->arg[0] = node->arg[1];
		right->arg[1] = make_literal(d, TYPE_INT, "0");
		right->nargs = 2;
	}
	return bind_expr(d, scope, make_binary(d, op, node->arg[0], right, node->source));
}

/* The value of a whole number literal, with a sign perhaps. */
static bool constant(const struct node *node, long *out)
{
	long sign = 1;
	while (node->kind == NODE_UNARY && streq(node->op, "-")) {
		sign = -sign;
		node = node->arg[0];
	}
	if (node->kind != NODE_LITERAL || !type_is_whole(node->type))
		return false;
	*out = sign * strtol(node->text, NULL, 10);
	return true;
}

/* ROUND, FLOOR, CEIL with Spark's result types (RoundBase, Floor, Ceil). */
static struct bound rounding(struct dialect *d, struct scope *scope, const struct node *node)
{
	bool round = streq(node->op, "ROUND"), floor = streq(node->op, "FLOOR");
	if (node->nargs < 1 || node->nargs > 2)
		return count_error(d, node);
	struct bound b = bind_expr(d, scope, node->arg[0]);
	if (b.sql && b.type.kind == TYPE_STRING)
		b = bind_cast(d, b, type_of(TYPE_DOUBLE), false, false, node->source);
	if (!b.sql)
		return b;
	if (!type_is_number(b.type) && b.type.kind != TYPE_ANY && b.type.kind != TYPE_NULL)
		return dialect_mismatch(d, node, "a number is needed");
	long digits = 0;
	struct bound by = { "0", type_of(TYPE_INT), 0 };
	if (node->nargs == 2) {
		by = bind_cast(d, bind_expr(d, scope, node->arg[1]), type_of(TYPE_INT), false,
			false,
			node->source);
		if (!by.sql)
			return by;
		if (!constant(node->arg[1], &digits) && b.type.kind == TYPE_DECIMAL)
			return dialect_unsupported(d, "rounding a decimal to a computed number of"
				" digits");
	}
	b.sql = arena_printf(d->arena, "dbx_%s(%s, %s)", round ? "round" : floor ? "floor" : "ceil",
		b.sql, by.sql);
	b.flags |= by.flags;
	if (b.type.kind == TYPE_DECIMAL) {
		int scale = digits < 0 ? 0 : digits < b.type.scale ? (int)digits : b.type.scale;
		b.type = type_decimal(b.type.precision - b.type.scale + scale + 1, scale);
	} else if (!round && node->nargs == 1) {
		b.type = type_of(TYPE_BIGINT);
		b.sql = arena_printf(d->arena, "CAST(%s AS INTEGER)", b.sql);
	} else if (!type_is_whole(b.type)) {
		b.type = type_of(TYPE_DOUBLE);
	}
	return b;
}

static struct bound date_trunc(struct dialect *d, struct scope *scope, const struct node *node)
{
	if (node->nargs != 2)
		return count_error(d, node);
	struct bound unit = bind_cast(d, bind_expr(d, scope, node->arg[0]), type_of(TYPE_STRING),
		false,
		false, node->source);
	struct bound x = bind_cast(d, bind_expr(d, scope, node->arg[1]), type_of(TYPE_TIMESTAMP),
		false,
		false, node->source);
	if (!unit.sql || !x.sql)
		return bound_fail();
	return (struct bound){ arena_printf(d->arena, "dbx_date_trunc(%s, %s)", unit.sql, x.sql),
		type_of(TYPE_TIMESTAMP), unit.flags | x.flags };
}

/* DATEADD(unit, n, x) is a timestamp, DATE_ADD(x, n) a date. */
static struct bound date_add(struct dialect *d, struct scope *scope, const struct node *node)
{
	bool unit = node->star;
	if (node->nargs != (unit ? 3u : 2u))
		return count_error(d, node);
	struct bound x = bind_cast(d, bind_expr(d, scope, node->arg[unit ? 2 : 0]),
		type_of(unit ? TYPE_TIMESTAMP : TYPE_DATE), false, false, node->source);
	struct bound n = bind_cast(d, bind_expr(d, scope, node->arg[1]), type_of(TYPE_BIGINT),
		false,
		false, node->source);
	if (!x.sql || !n.sql)
		return bound_fail();
	return (struct bound){ arena_printf(d->arena, "dbx_shift(%s, %s, '%s')", x.sql, n.sql,
		unit ? node->arg[0]->text : "DAY"), x.type, x.flags | n.flags };
}

/* DATEDIFF(end, start) counts days, DATEDIFF(unit, start, end) whole units. */
static struct bound date_diff(struct dialect *d, struct scope *scope, const struct node *node)
{
	bool unit = node->star;
	if (node->nargs != (unit ? 3u : 2u))
		return count_error(d, node);
	struct sql_type type = type_of(unit ? TYPE_TIMESTAMP : TYPE_DATE);
	struct bound a = bind_cast(d, bind_expr(d, scope, node->arg[unit ? 1 : 0]), type, false,
		false,
		node->source);
	struct bound b = bind_cast(d, bind_expr(d, scope, node->arg[unit ? 2 : 1]), type, false,
		false,
		node->source);
	if (!a.sql || !b.sql)
		return bound_fail();
	const char *sql = unit ? arena_printf(d->arena, "dbx_units_between('%s', %s, %s)",
		node->arg[0]->text, a.sql, b.sql)
		: arena_printf(d->arena, "dbx_days_between(%s, %s)", a.sql, b.sql);
	return (struct bound){ sql, type_of(unit ? TYPE_BIGINT : TYPE_INT), a.flags | b.flags };
}

static struct bound extract(struct dialect *d, struct scope *scope, const struct node *node)
{
	static const char *const fields[] = { "YEAR", "YEAROFWEEK", "QUARTER", "MONTH", "WEEK",
		"DAY",
		"DAYOFWEEK", "DOW", "DAYOFWEEK_ISO", "DOY", "HOUR", "MINUTE", "SECOND" };
	if (node->nargs != 2)
		return count_error(d, node);
	const struct node *field = node->arg[0];
	const char *name = NULL;
	for (size_t i = 0; field->kind == NODE_LITERAL && i < countof(fields); i++)
		if (strieq(field->text, fields[i]) || (strnieq(field->text, fields[i],
			strlen(fields[i])) &&
		    strieq(field->text + strlen(fields[i]), "S")))
			name = fields[i];
	if (!name) {
		sql_error_set(d->error, "INVALID_EXTRACT_FIELD", "42601", "Cannot extract %s from"
			" \"%s\".",
			field->source, node->arg[1]->source);
		return bound_fail();
	}
	struct bound x = bind_cast(d, bind_expr(d, scope, node->arg[1]), type_of(TYPE_TIMESTAMP),
		false,
		false, node->source);
	if (!x.sql)
		return x;
	bool second = streq(name, "SECOND");
	x.sql = arena_printf(d->arena, "dbx_part('%s', %s)", second ? "SECOND6" : name, x.sql);
	x.type = second ? type_decimal(8, 6) : type_of(TYPE_INT);
	return x;
}

/* FIRST and LAST: with OVER they are SQLite's; else aggregates of our own. */
static struct bound first_last(struct dialect *d, struct scope *scope, const struct node *node)
{
	bool first = starts_with(node->op, "FIRST");
	if (node->nargs < 1 || node->nargs > 2)
		return count_error(d, node);
	bool skip = node->ignore_nulls || (node->nargs == 2 && node->arg[1]->kind == NODE_LITERAL &&
		streq(node->arg[1]->text, "1"));
	if (node->over && skip)
		return dialect_unsupported(d, "IGNORE NULLS with OVER");
	bool before = scope->in_aggregate;
	scope->in_aggregate = before || !node->over;
	struct bound b = bind_expr(d, scope, node->arg[0]);
	scope->in_aggregate = before;
	if (!b.sql)
		return b;
	if (node->over) {
		const char *window = bind_window(d, scope, node->over, &b.flags);
		if (!window)
			return bound_fail();
		b.sql = arena_printf(d->arena, "%s_value(%s) OVER %s", first ? "first" : "last",
			b.sql, window);
		b.flags |= BOUND_WINDOW;
		return b;
	}
	b.sql = arena_printf(d->arena, "dbx_%s(%s, %d)", first ? "first" : "last", b.sql, skip);
	b.flags = (b.flags & ~(unsigned)BOUND_LOOSE) | BOUND_AGGREGATE | BOUND_COLUMN;
	return b;
}

/* PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x), PERCENTILE_DISC; LISTAGG(x, sep). */
static struct bound within_group(struct dialect *d, struct scope *scope, const struct node *node)
{
	bool list = streq(node->op, "LISTAGG") || streq(node->op, "STRING_AGG");
	bool cont = streq(node->op, "PERCENTILE_CONT");
	if (node->over || node->filter)
		return dialect_unsupported(d, arena_printf(d->arena, "%s with OVER or FILTER",
			node->op));
	if (node->nargs < 1 || node->nargs > (list ? 2u : 1u) || (!list && !node->within) ||
	    (node->within && node->within->next))
		return count_error(d, node);
	bool before = scope->in_aggregate;
	scope->in_aggregate = true;
	struct bound arg = bind_expr(d, scope, node->arg[0]), by = arg;
	struct bound sep = { "''", type_of(TYPE_STRING), 0 };
	if (node->within)
		by = bind_expr(d, scope, node->within->by);
	if (node->nargs == 2)
		sep = bind_expr(d, scope, node->arg[1]);
	scope->in_aggregate = before;
	if (!arg.sql || !by.sql || !sep.sql)
		return bound_fail();
	struct bound b = { NULL, type_of(TYPE_DOUBLE), BOUND_AGGREGATE | BOUND_COLUMN };
	bool desc = node->within && node->within->desc;
	if (list) {
		arg = bind_cast(d, arg, type_of(TYPE_STRING), false, false, node->source);
		if (!arg.sql)
			return arg;
		if (node->distinct && node->within)
			return dialect_unsupported(d, "LISTAGG(DISTINCT ..) with an order");
		b.type = type_of(TYPE_STRING);
		b.sql = node->distinct ? arena_printf(d->arena, "dbx_listagg_distinct(%s, %s)",
			arg.sql, sep.sql)
			: arena_printf(d->arena, "dbx_listagg(%s, %s, %s, %d)", arg.sql, sep.sql,
				node->within ? by.sql : "NULL", desc);
		return b;
	}
	b.sql = arena_printf(d->arena, "dbx_percentile%s(%s, %s%s)", cont ? "" : "_disc", by.sql,
		desc ? "1.0 - " : "", arg.sql);
	if (!cont)
		b.type = by.type;
	return b;
}

static struct bound conversion(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct sql_type type;
	if (node->nargs != 1)
		return count_error(d, node);
	if (!type_parse(node->op, &type))
		return dialect_unsupported(d, node->op);
	return bind_cast(d, bind_expr(d, scope, node->arg[0]), type, false, true, node->source);
}

static struct bound place(struct dialect *d, struct scope *scope, const struct node *node)
{
	struct cat_scope where = scope_where(d, scope);
	const char *name = streq(node->op, "CURRENT_CATALOG")
		? (where.catalog ? where.catalog : catalog_default_catalog(d->catalog))
		: (where.schema ? where.schema : catalog_default_schema(d->catalog));
	return (struct bound){ dialect_quote(d, name), type_of(TYPE_STRING), 0 };
}

struct bound bind_special(struct dialect *d, struct scope *scope, const struct node *node,
	bool *found)
{
	static const struct {
		const char *name;
		struct bound (*bind)(struct dialect *, struct scope *, const struct node *);
	} all[] = {
		{ "NULLIF", nullif_call }, { "DECODE", decode }, { "TRY_DIVIDE", try_call },
		{ "TRY_ADD", try_call }, { "TRY_SUBTRACT", try_call }, { "TRY_MULTIPLY", try_call },
		{ "TRY_MOD", try_call }, { "ROUND", rounding }, { "FLOOR", rounding }, { "CEIL",
		rounding },
		{ "CEILING", rounding }, { "DATE_TRUNC", date_trunc }, { "DATE_ADD", date_add },
		{ "DATEADD", date_add }, { "TIMESTAMPADD", date_add }, { "DATEDIFF", date_diff },
		{ "DATE_DIFF", date_diff }, { "TIMESTAMPDIFF", date_diff }, { "EXTRACT", extract },
		{ "DATE_PART", extract }, { "DATEPART", extract }, { "FIRST", first_last },
		{ "FIRST_VALUE", first_last }, { "LAST", first_last }, { "LAST_VALUE", first_last },
		{ "PERCENTILE_CONT", within_group }, { "PERCENTILE_DISC", within_group },
		{ "LISTAGG", within_group }, { "STRING_AGG", within_group }, { "MEASURE",
		metric_measure },
		{ "INT", conversion }, { "BIGINT", conversion }, { "DOUBLE", conversion },
		{ "FLOAT", conversion }, { "DECIMAL", conversion }, { "BOOLEAN", conversion },
		{ "SMALLINT", conversion }, { "TINYINT", conversion }, { "CURRENT_CATALOG", place },
		{ "CURRENT_SCHEMA", place }, { "CURRENT_DATABASE", place },
	};
	*found = true;
	for (size_t i = 0; i < countof(all); i++)
		if (streq(all[i].name, node->op))
			return all[i].bind(d, scope, node);
	if (streq(node->op, "COALESCE") && node->nargs == 1)
		return bind_expr(d, scope, node->arg[0]);
	*found = false;
	return bound_fail();
}
