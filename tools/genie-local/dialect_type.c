/* dialect_type.c - the types of Databricks SQL and how values pass between them. */
#include "dialect.h"

#include "str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum type_kind kind;
} names[] = {
	{ "STRING", TYPE_STRING }, { "BOOLEAN", TYPE_BOOLEAN }, { "INT", TYPE_INT },
	{ "BIGINT", TYPE_BIGINT }, { "DOUBLE", TYPE_DOUBLE }, { "FLOAT", TYPE_FLOAT },
	{ "DATE", TYPE_DATE }, { "TIMESTAMP", TYPE_TIMESTAMP }, { "VOID", TYPE_NULL },
	{ "INTERVAL DAY", TYPE_DAYS },
	/* other names of the same, and types that are as good as these here */
	{ "INTEGER", TYPE_INT }, { "SMALLINT", TYPE_INT }, { "TINYINT", TYPE_INT },
	{ "SHORT", TYPE_INT }, { "BYTE", TYPE_INT }, { "LONG", TYPE_BIGINT }, { "REAL",
	TYPE_FLOAT },
	{ "TIMESTAMP_NTZ", TYPE_TIMESTAMP }, { "TIMESTAMP_LTZ", TYPE_TIMESTAMP },
	{ "VARCHAR", TYPE_STRING }, { "CHAR", TYPE_STRING }, { "TEXT", TYPE_STRING },
};

struct sql_type type_of(enum type_kind kind)
{
	return (struct sql_type){ .kind = kind };
}

/* Spark's DecimalType.adjustPrecisionScale: the fraction gives way, down to 6 digits. */
struct sql_type type_decimal(int precision, int scale)
{
	if (precision > 38) {
		int whole = precision - scale, least = scale < 6 ? scale : 6;
		scale = 38 - whole > least ? 38 - whole : least;
		precision = 38;
	}
	return (struct sql_type){ TYPE_DECIMAL, precision, scale, TYPE_ANY };
}

bool type_parse(const char *text, struct sql_type *out)
{
	*out = type_of(TYPE_ANY);
	while (isspace((unsigned char)*text))
		text++;
	size_t n = 0;
	while (isalpha((unsigned char)text[n]) || text[n] == '_')
		n++;
	const char *rest = text + n;
	while (isspace((unsigned char)*rest))
		rest++;
	if ((n == 7 && strnieq(text, "DECIMAL", 7)) || (n == 7 && strnieq(text, "NUMERIC", 7)) ||
	    (n == 3 && strnieq(text, "DEC", 3))) {
		int precision = 10, scale = 0;
		if (*rest == '(' && sscanf(rest, "( %d , %d )", &precision, &scale) < 1)
			return false;
		if (precision < 1 || precision > 38 || scale < 0 || scale > precision)
			return false;
		*out = (struct sql_type){ TYPE_DECIMAL, precision, scale, TYPE_ANY };
		return true;
	}
	if (n == 5 && strnieq(text, "ARRAY", 5) && *rest == '<') {
		struct sql_type element;
		char inner[64];
		size_t len = strcspn(rest + 1, ">");
		if (len >= sizeof(inner))
			return false;
		memcpy(inner, rest + 1, len);
		inner[len] = '\0';
		if (!type_parse(inner, &element))
			return false;
		*out = (struct sql_type){ TYPE_ARRAY, 0, 0, element.kind };
		return true;
	}
	if (strieq(text, "INTERVAL DAY"))
		return (*out = type_of(TYPE_DAYS)).kind == TYPE_DAYS;
	for (size_t i = 0; i < countof(names); i++) {
		if (strlen(names[i].name) == n && strnieq(text, names[i].name, n)) {
			*out = type_of(names[i].kind);
			return *rest == '\0' || (*rest == '(' && names[i].kind == TYPE_STRING);
		}
	}
	return false;
}

static const char *kind_text(enum type_kind kind)
{
	for (size_t i = 0; i < countof(names); i++)
		if (names[i].kind == kind)
			return names[i].name;
	return "STRING";
}

const char *type_text(struct sql_type type, struct arena *arena)
{
	if (type.kind == TYPE_DECIMAL)
		return arena_printf(arena, "DECIMAL(%d,%d)", type.precision, type.scale);
	if (type.kind == TYPE_ARRAY)
		return arena_printf(arena, "ARRAY<%s>", type.element == TYPE_DECIMAL
			? "DECIMAL(38,18)"
			: kind_text(type.element));
	return kind_text(type.kind);
}

bool type_is_whole(struct sql_type type)
{
	return type.kind == TYPE_INT || type.kind == TYPE_BIGINT;
}

bool type_is_number(struct sql_type type)
{
	return type.kind >= TYPE_INT && type.kind <= TYPE_DOUBLE;
}

struct sql_type type_as_decimal(struct sql_type type)
{
	if (type.kind == TYPE_INT)
		return type_decimal(10, 0);
	if (type.kind == TYPE_BIGINT)
		return type_decimal(20, 0);
	return type;
}

static struct sql_type number_common(struct sql_type a, struct sql_type b)
{
	if (a.kind != TYPE_DECIMAL && b.kind != TYPE_DECIMAL)
		return a.kind > b.kind ? a : b; /* the kinds are in order */
	if (a.kind > TYPE_DECIMAL || b.kind > TYPE_DECIMAL)
		return type_of(TYPE_DOUBLE);
	a = type_as_decimal(a);
	b = type_as_decimal(b);
	int scale = a.scale > b.scale ? a.scale : b.scale;
	int whole = a.precision - a.scale, other = b.precision - b.scale;
	return type_decimal((whole > other ? whole : other) + scale, scale);
}

bool type_common(struct sql_type a, struct sql_type b, struct sql_type *out)
{
	if (a.kind == TYPE_NULL || a.kind == TYPE_ANY) {
		*out = b;
		return true;
	}
	if (b.kind == TYPE_NULL || b.kind == TYPE_ANY) {
		*out = a;
		return true;
	}
	if (type_is_number(a) && type_is_number(b)) {
		*out = number_common(a, b);
		return true;
	}
	if (a.kind == b.kind) {
		*out = a;
		return true;
	}
	if (a.kind == TYPE_STRING || b.kind == TYPE_STRING) { /* ANSI mode: the text is turned */
		*out = a.kind == TYPE_STRING ? b : a;
		if (out->kind == TYPE_INT)
			out->kind = TYPE_BIGINT;
		if (out->kind == TYPE_DECIMAL || out->kind == TYPE_FLOAT)
			*out = type_of(TYPE_DOUBLE);
		return out->kind != TYPE_ARRAY && out->kind != TYPE_DAYS;
	}
	if ((a.kind == TYPE_DATE && b.kind == TYPE_TIMESTAMP) ||
	    (a.kind == TYPE_TIMESTAMP && b.kind == TYPE_DATE)) {
		*out = type_of(TYPE_TIMESTAMP);
		return true;
	}
	return false;
}

static bool castable(struct sql_type from, struct sql_type to)
{
	if (from.kind == to.kind || from.kind == TYPE_ANY || from.kind == TYPE_NULL ||
	    to.kind == TYPE_STRING || to.kind == TYPE_ANY)
		return true;
	if (from.kind == TYPE_ARRAY || to.kind == TYPE_ARRAY)
		return false;
	if (from.kind == TYPE_STRING)
		return to.kind != TYPE_DAYS;
	if (type_is_number(from))
		return type_is_number(to) || to.kind == TYPE_BOOLEAN;
	switch (from.kind) {
	case TYPE_BOOLEAN: return type_is_number(to);
	case TYPE_DATE: return to.kind == TYPE_TIMESTAMP;
	case TYPE_TIMESTAMP: return to.kind == TYPE_DATE || type_is_number(to);
	case TYPE_DAYS: return type_is_whole(to);
	default: return false;
	}
}

static const char *to_text(struct dialect *d, struct bound from)
{
	switch (from.type.kind) {
	case TYPE_STRING: case TYPE_DATE: case TYPE_TIMESTAMP: case TYPE_NULL:
		return from.sql;
	case TYPE_BOOLEAN:
		return arena_printf(d->arena, "CASE %s WHEN 0 THEN 'false' WHEN 1 THEN 'true' END",
			from.sql);
	case TYPE_DECIMAL:
		return arena_printf(d->arena, "dbx_decimal_text(%s, %d)", from.sql,
			from.type.scale);
	case TYPE_DOUBLE: case TYPE_FLOAT:
		return arena_printf(d->arena, "dbx_double_text(%s)", from.sql);
	default:
		return arena_printf(d->arena, "CAST(%s AS TEXT)", from.sql);
	}
}

static const char *to_number(struct dialect *d, struct bound from, struct sql_type to, bool try)
{
	if (to.kind == TYPE_DECIMAL) {
		struct sql_type now = type_as_decimal(from.type);
		if (now.kind == TYPE_DECIMAL && now.scale <= to.scale &&
		    now.precision - now.scale <= to.precision - to.scale)
			return from.sql;
		return arena_printf(d->arena, "dbx_to_decimal(%s, %d, %d, %d)", from.sql,
			to.precision,
			to.scale, try);
	}
	if (from.type.kind == TYPE_TIMESTAMP)
		return arena_printf(d->arena, "dbx_epoch(%s)", from.sql);
	if (from.type.kind == TYPE_STRING || from.type.kind == TYPE_ANY)
		return arena_printf(d->arena, "dbx_to_%s(%s, %d)", to.kind == TYPE_INT ? "int"
			: to.kind == TYPE_BIGINT ? "bigint" : "double", from.sql, try);
	if (to.kind == TYPE_INT && from.type.kind != TYPE_BOOLEAN && from.type.kind != TYPE_INT)
		return arena_printf(d->arena, "dbx_to_int(%s, %d)", from.sql, try);
	if (to.kind == TYPE_BIGINT && !type_is_whole(from.type))
		return arena_printf(d->arena, "dbx_to_bigint(%s, %d)", from.sql, try);
	if (to.kind == TYPE_DOUBLE || to.kind == TYPE_FLOAT)
		return arena_printf(d->arena, "CAST(%s AS REAL)", from.sql);
	return from.sql;
}

static const char *cast_sql(struct dialect *d, struct bound from, struct sql_type to, bool try)
{
	if (from.type.kind == TYPE_NULL || to.kind == TYPE_ANY ||
	    (from.type.kind == to.kind && to.kind != TYPE_DECIMAL))
		return from.sql;
	if (type_is_number(to))
		return to_number(d, from, to, try);
	switch (to.kind) {
	case TYPE_STRING:
		return to_text(d, from);
	case TYPE_BOOLEAN:
		return type_is_number(from.type) ? arena_printf(d->arena, "(%s <> 0)", from.sql)
			: arena_printf(d->arena, "dbx_to_boolean(%s, %d)", from.sql, try);
	case TYPE_DATE:
		return from.type.kind == TYPE_TIMESTAMP
			? arena_printf(d->arena, "substr(%s, 1, 10)", from.sql)
			: arena_printf(d->arena, "dbx_to_date(%s, %d)", from.sql, try);
	case TYPE_TIMESTAMP:
		return from.type.kind == TYPE_DATE
			? arena_printf(d->arena, "(%s || ' 00:00:00')", from.sql)
			: arena_printf(d->arena, "dbx_to_timestamp(%s, %d)", from.sql, try);
	default:
		return from.sql;
	}
}

struct bound bind_cast(struct dialect *d, struct bound from, struct sql_type to, bool try,
	bool is_explicit, const char *source)
{
	if (!from.sql)
		return from;
	if (!castable(from.type, to)) {
		sql_error_set(d->error, is_explicit ? "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"
			: "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09",
			"Cannot resolve \"%s\" due to data type mismatch: cannot cast \"%s\" to"
			" \"%s\".",
			source, type_text(from.type, d->arena), type_text(to, d->arena));
		return bound_fail();
	}
	from.sql = cast_sql(d, from, to, try);
	from.type = to;
	return from;
}

bool bind_same(struct dialect *d, struct bound *a, struct bound *b, const char *source)
{
	struct sql_type common;
	if (!a->sql || !b->sql)
		return false;
	if (!type_common(a->type, b->type, &common))
		return sql_error_set(d->error, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", "42K09",
			"Cannot resolve \"%s\" due to data type mismatch: the left and right"
			" operands of the"
			" binary operator have incompatible types (\"%s\" and \"%s\").", source,
			type_text(a->type, d->arena), type_text(b->type, d->arena));
	/* Numbers compare as they are; only what is stored as text must be turned. */
	if (!type_is_number(common) || !type_is_number(a->type))
		*a = bind_cast(d, *a, common, false, false, source);
	if (!type_is_number(common) || !type_is_number(b->type))
		*b = bind_cast(d, *b, common, false, false, source);
	return a->sql && b->sql;
}
