/* dialect_call.c - binds calls of functions from the table: arguments, FILTER, OVER. */
#include "dialect_function.h"

#include "str.h"

#include <ctype.h>
#include <string.h>

static struct bound wrong_count(struct dialect *d, const struct node *node, const char *want)
{
	char *name = arena_strdup(d->arena, node->part[node->nparts - 1]);
	lower_ascii(name);
	sql_error_set(d->error, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605",
		"The `%s` requires %s parameters but the actual number is %zu.", name, want,
		node->nargs);
	return bound_fail();
}

/* The letter of argument i, 0 when there are too many; *least is how many there must be. */
static char letter_of(const char *args, size_t i, size_t *least)
{
	char last = 0, found = 0;
	size_t n = 0;
	bool optional = false, repeats = false;
	*least = 0;
	for (const char *c = args; *c; c++) {
		if (*c == '?') {
			optional = true;
		} else if (*c == '*') {
			repeats = true;
		} else {
			last = *c;
			if (n == i)
				found = last;
			n++;
			*least += !optional;
		}
	}
	return found ? found : repeats ? last : 0;
}

static struct bound coerce(struct dialect *d, struct bound b, char letter, const char *source)
{
	static const struct {
		char letter;
		enum type_kind kind;
	} to[] = { { 's', TYPE_STRING }, { 'd', TYPE_DATE }, { 't', TYPE_TIMESTAMP },
		{ 'i', TYPE_BIGINT }, { 'f', TYPE_DOUBLE }, { 'b', TYPE_BOOLEAN } };
	for (size_t i = 0; i < countof(to); i++)
		if (to[i].letter == letter)
			return bind_cast(d, b, type_of(to[i].kind), false, false, source);
	if (letter == 'n' && b.type.kind == TYPE_STRING)
		return bind_cast(d, b, type_of(TYPE_DOUBLE), false, false, source);
	if (letter == 'n' && !type_is_number(b.type) && b.type.kind != TYPE_NULL &&
	    b.type.kind != TYPE_ANY) {
		sql_error_set(d->error, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09",
			"Cannot resolve \"%s\" due to data type mismatch: a number is needed, but"
			" \"%s\" was"
			" found.", source, type_text(b.type, d->arena));
		return bound_fail();
	}
	return b;
}

/* Binds and turns the arguments; `common` is the type of those with letter x. */
static bool arguments(struct dialect *d, struct scope *scope, const struct node *node,
	const struct function *f, struct bound *out, struct sql_type *common)
{
	size_t least;
	*common = type_of(TYPE_NULL);
	for (size_t i = 0; i < node->nargs; i++) {
		char letter = letter_of(f->args, i, &least);
		out[i] = coerce(d, bind_expr(d, scope, node->arg[i]), letter, node->source);
		if (!out[i].sql)
			return false;
		if ((letter == 'x' || f->result == 'x') && letter != 'i' && letter != 'b' &&
			letter != 'a' &&
		    !type_common(*common, out[i].type, common))
			return sql_error_set(d->error, "DATATYPE_MISMATCH.DATA_DIFF_TYPES", "42K09",
				"Cannot resolve \"%s\" due to data type mismatch: Input to `%s`"
				" should all be the same"
				" type, but it's (\"%s\", \"%s\").", node->source, node->op,
				type_text(*common, d->arena), type_text(out[i].type, d->arena));
	}
	for (size_t i = 0; i < node->nargs; i++) {
		if (letter_of(f->args, i, &least) == 'x' &&
		    (!type_is_number(*common) || !type_is_number(out[i].type)))
			out[i] = bind_cast(d, out[i], *common, false, false, node->source);
		if (!out[i].sql)
			return false;
	}
	return true;
}

static const char *fill(struct dialect *d, const char *template, const struct bound *args, size_t n)
{
	struct str out = STR_INIT;
	for (const char *c = template; *c; c++) {
		if (*c == '$' && c[1] == '*') {
			for (size_t i = 0; i < n; i++)
				str_addf(&out, "%s%s", i ? ", " : "", args[i].sql);
			c++;
		} else if (*c == '$' && isdigit((unsigned char)c[1])) {
			size_t i = (size_t)(c[1] - '1');
			str_add(&out, i < n ? args[i].sql : "NULL");
			c++;
		} else {
			str_addc(&out, *c);
		}
	}
	const char *sql = arena_strdup(d->arena, str_text(&out));
	str_free(&out);
	return sql;
}

static struct sql_type result_type(const struct function *f, const struct bound *args, size_t n,
	struct sql_type common)
{
	struct sql_type first = n ? args[0].type : type_of(TYPE_NULL);
	switch (f->result) {
	case 's': return type_of(TYPE_STRING);
	case 'd': return type_of(TYPE_DATE);
	case 't': return type_of(TYPE_TIMESTAMP);
	case 'b': return type_of(TYPE_BOOLEAN);
	case 'i': return type_of(TYPE_INT);
	case 'l': return type_of(TYPE_BIGINT);
	case '0': return first;
	case 'x': return common;
	case 'y': return (struct sql_type){ TYPE_ARRAY, 0, 0, first.kind };
	case 'm':
		return first.kind == TYPE_DECIMAL ? type_decimal(first.precision + 10, first.scale)
			: type_of(type_is_whole(first) ? TYPE_BIGINT : TYPE_DOUBLE);
	case 'v':
		return first.kind == TYPE_DECIMAL ? type_decimal(first.precision + 4,
			first.scale + 4)
			: type_of(TYPE_DOUBLE);
	default: return type_of(TYPE_DOUBLE);
	}
}

/* ORDER BY of windows and aggregates. */
const char *bind_order(struct dialect *d, struct scope *scope, const struct order *order,
	unsigned *flags)
{
	struct str out = STR_INIT;
	bool ok = true;
	for (const struct order *o = order; o && ok; o = o->next) {
		struct bound b = bind_expr(d, scope, o->by);
		ok = b.sql != NULL;
		*flags |= b.flags;
		if (ok)
			str_addf(&out, "%s%s%s%s", o == order ? "" : ", ", b.sql, o->desc
				? " DESC" : "",
				!o->nulls_given ? "" : o->nulls_first ? " NULLS FIRST" : " NULLS"
				" LAST");
	}
	const char *sql = ok ? arena_strdup(d->arena, str_text(&out)) : NULL;
	str_free(&out);
	return sql;
}

static const struct window *named_window(struct dialect *d, struct scope *scope, const char *name)
{
	for (const struct window *w = scope->windows; w; w = w->next)
		if (strieq(w->name, name))
			return w;
	sql_error_set(d->error, "MISSING_WINDOW_SPECIFICATION", "42P20",
		"Window specification is not defined in the WINDOW clause for %s.", name);
	return NULL;
}

const char *bind_window(struct dialect *d, struct scope *scope, const struct window *window,
	unsigned *flags)
{
	if (window->name) {
		if (window->npartition || window->order || window->frame)
			return dialect_unsupported(d, "a window built on another").sql;
		window = named_window(d, scope, window->name);
		if (!window)
			return NULL;
	}
	struct str out = STR_INIT;
	bool ok = true;
	str_add(&out, "(");
	for (size_t i = 0; i < window->npartition && ok; i++) {
		struct bound b = bind_expr(d, scope, window->partition[i]);
		ok = b.sql != NULL;
		*flags |= b.flags;
		if (ok)
			str_addf(&out, "%s%s", i ? ", " : "PARTITION BY ", b.sql);
	}
	if (ok && window->order) {
		const char *by = bind_order(d, scope, window->order, flags);
		ok = by != NULL;
		str_addf(&out, " ORDER BY %s", by ? by : "");
	}
	if (window->frame)
		str_addf(&out, " %s", window->frame);
	str_add(&out, ")");
	const char *sql = ok ? arena_strdup(d->arena, str_text(&out)) : NULL;
	str_free(&out);
	return sql;
}

static struct bound not_here(struct dialect *d, const struct node *node, const char *cls,
	const char *state, const char *text)
{
	sql_error_set(d->error, cls, state, "%s \"%s\".", text, node->source);
	return bound_fail();
}

/* May an aggregate stand here? */
static bool aggregate_allowed(struct dialect *d, const struct scope *scope, const struct node *node)
{
	if (scope->in_aggregate && !node->over)
		return not_here(d, node, "NESTED_AGGREGATE_FUNCTION", "42607",
			"It is not allowed to use an aggregate function in the argument of another "
			"aggregate function. Please use the inner aggregate function "
			"in a sub-query:").sql;
	if (scope->no_aggregates)
		return not_here(d, node, "INVALID_WHERE_CONDITION", "42903",
			"The WHERE, JOIN or GROUP BY clause contains an aggregate or window "
			"function, which is not allowed:").sql;
	return true;
}

/* FILTER, OVER and rounding of what an aggregate gives. */
static struct bound finish_aggregate(struct dialect *d, struct scope *scope,
	const struct node *node,
	const char *sql, struct sql_type type, unsigned flags)
{
	if (node->filter) {
		bool before = scope->in_aggregate;
		scope->in_aggregate = before || !node->over;
		struct bound filter = bind_condition(d, scope, node->filter, "FILTER");
		scope->in_aggregate = before;
		if (!filter.sql)
			return filter;
		flags |= node->over ? filter.flags : 0;
		sql = arena_printf(d->arena, "%s FILTER (WHERE %s)", sql, filter.sql);
	}
	if (node->over) {
		const char *window = bind_window(d, scope, node->over, &flags);
		if (!window)
			return bound_fail();
		sql = arena_printf(d->arena, "%s OVER %s", sql, window);
		flags |= BOUND_WINDOW;
	} else {
		flags = (flags & ~(unsigned)BOUND_LOOSE) | BOUND_AGGREGATE | BOUND_COLUMN;
	}
	if (type.kind == TYPE_DECIMAL)
		sql = arena_printf(d->arena, "dbx_round(%s, %d)", sql, type.scale);
	return (struct bound){ sql, type, flags };
}

static struct bound bind_count(struct dialect *d, struct scope *scope, const struct node *node)
{
	const char *sql = "count(*)";
	unsigned flags = 0;
	bool star = node->star || (node->nargs == 1 && node->arg[0]->kind == NODE_STAR);
	if (!star && node->nargs == 0)
		return wrong_count(d, node, "> 0");
	bool before = scope->in_aggregate;
	scope->in_aggregate = before || !node->over;
	const char *list = "", *nulls = "";
	struct bound b = { "", { 0 }, 0 };
	for (size_t i = 0; !star && i < node->nargs && b.sql; i++) {
		b = bind_expr(d, scope, node->arg[i]);
		flags |= b.flags;
		list = arena_printf(d->arena, "%s%s%s", list, i ? ", " : "", b.sql);
		nulls = arena_printf(d->arena, "%s%s%s IS NULL", nulls, i ? " OR " : "", b.sql);
	}
	scope->in_aggregate = before;
	if (!b.sql)
		return b;
	if (node->distinct && node->over)
		return dialect_unsupported(d, "DISTINCT with OVER");
	if (!star && node->nargs > 1)
		list = arena_printf(d->arena, "CASE WHEN %s THEN NULL ELSE json_array(%s) END",
			nulls, list);
	if (!star)
		sql = arena_printf(d->arena, "count(%s%s)", node->distinct ? "DISTINCT " : "",
			list);
	return finish_aggregate(d, scope, node, sql, type_of(TYPE_BIGINT), flags);
}

static struct bound bind_listed(struct dialect *d, struct scope *scope, const struct node *node,
	const struct function *f)
{
	bool aggregate = f->flags & FN_AGGREGATE;
	struct bound *args = arena_alloc(d->arena, (node->nargs + 1) * sizeof(*args));
	struct sql_type common;
	size_t least;
	letter_of(f->args, 0, &least);
	if (node->nargs < least || (node->nargs && !letter_of(f->args, node->nargs - 1, &least)) ||
		node->star)
		return wrong_count(d, node, f->args[0] ? arena_printf(d->arena, "%zu", least)
			: "0");
	if ((f->flags & FN_WINDOW) && !node->over)
		return not_here(d, node, "MISSING_WINDOW_SPECIFICATION", "42P20",
			"A window specification (OVER) is missing for");
	if (node->over && !(f->flags & (FN_AGGREGATE | FN_WINDOW)))
		return not_here(d, node, "UNSUPPORTED_EXPR_FOR_WINDOW", "42P20",
			"Expression not supported within a window function:");
	if (node->over && ((f->flags & FN_NO_OVER) || node->distinct))
		return dialect_unsupported(d, arena_printf(d->arena, "%s as a window function",
			node->op));
	if ((node->distinct || node->filter) && !aggregate)
		return not_here(d, node, "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
			"42000", "DISTINCT and FILTER are for aggregate functions only:");
	if (node->argname || node->within || node->ignore_nulls)
		return dialect_unsupported(d, "this form of a function call");
	bool before = scope->in_aggregate;
	scope->in_aggregate = before || (aggregate && !node->over);
	bool ok = arguments(d, scope, node, f, args, &common);
	scope->in_aggregate = before;
	if (!ok)
		return bound_fail();
	const char *template = f->sql;
	if (!template) {
		char *name = arena_strdup(d->arena, f->name);
		lower_ascii(name);
		template = arena_printf(d->arena, "dbx_%s($*)", name);
	}
	unsigned flags = 0;
	for (size_t i = 0; i < node->nargs; i++)
		flags |= args[i].flags;
	if (node->distinct) {
		if (node->nargs != 1)
			return dialect_unsupported(d, "DISTINCT over several arguments");
		args[0].sql = strstr(template, "DISTINCT") ? args[0].sql
			: arena_printf(d->arena, "DISTINCT %s", args[0].sql);
	}
	const char *sql = fill(d, template, args, node->nargs);
	struct sql_type type = result_type(f, args, node->nargs, common);
	if (aggregate || (f->flags & FN_WINDOW))
		return finish_aggregate(d, scope, node, sql, type, flags);
	return (struct bound){ arena_printf(d->arena, "(%s)", sql), type, flags };
}

/* Functions that Databricks has and we do not: the query is not to blame. */
static bool known_elsewhere(const char *name)
{
	static const char *const names[] = { "EXPLODE", "EXPLODE_OUTER", "POSEXPLODE", "INLINE",
		"SEQUENCE", "ARRAY", "MAP", "STRUCT", "NAMED_STRUCT", "FROM_JSON", "TO_JSON",
		"GET_JSON_OBJECT", "TRANSFORM", "FILTER", "AGGREGATE", "REDUCE", "SPLIT", "MD5",
		"SHA1", "SHA2", "HASH", "XXHASH64", "CRC32", "RAND", "RANDN", "UUID", "AI_QUERY",
		"AI_FORECAST", "GROUPING", "GROUPING_ID", "HISTOGRAM_NUMERIC", "MODE", "KURTOSIS",
		"SKEWNESS", "REGR_SLOPE", "REGR_INTERCEPT", "REGR_R2", "BIT_COUNT", "BIT_AND",
		"BIT_OR", "BIT_XOR", "HEX", "UNHEX", "BASE64", "UNBASE64", "SOUNDEX", "LEVENSHTEIN",
		"FORMAT_STRING", "PRINTF", "TO_NUMBER", "TRY_TO_NUMBER", "REGEXP_EXTRACT_ALL",
		"REGEXP_SUBSTR", "REGEXP_INSTR", "ARRAY_CONTAINS", "ARRAY_DISTINCT", "ELEMENT_AT",
		"FLATTEN", "SLICE", "CONVERT_TIMEZONE", "FROM_UTC_TIMESTAMP", "TO_UTC_TIMESTAMP",
		"MAKE_TIMESTAMP", "MAKE_INTERVAL", "WINDOW", "SIN", "COS", "TAN", "ASIN", "ACOS",
		"ATAN", "ATAN2", "FACTORIAL", "BROUND", "BIN", "CONV", "RAISE_ERROR", "ASSERT_TRUE",
		"IS_MEMBER", "VERSION", "TYPEOF", "COUNT_MIN_SKETCH", "APPROX_TOP_K", "PARSE_JSON",
		"VARIANT_GET" };
	for (size_t i = 0; i < countof(names); i++)
		if (streq(names[i], name))
			return true;
	return false;
}

struct bound bind_call(struct dialect *d, struct scope *scope, const struct node *node)
{
	bool found = false;
	const struct function *f = node->nparts == 1 ? function_find(node->op) : NULL;
	bool count = node->nparts == 1 && streq(node->op, "COUNT");
	static const char *const more[] = { "MEASURE", "FIRST", "LAST", "FIRST_VALUE", "LAST_VALUE",
		"PERCENTILE_CONT", "PERCENTILE_DISC", "LISTAGG", "STRING_AGG" };
	bool aggregate = count || (f && f->flags) || node->over;
	for (size_t i = 0; node->nparts == 1 && i < countof(more); i++)
		aggregate = aggregate || streq(more[i], node->op);
	if (aggregate && !aggregate_allowed(d, scope, node))
		return bound_fail();
	if (count)
		return bind_count(d, scope, node);
	if (node->nparts == 1) {
		struct bound b = bind_special(d, scope, node, &found);
		if (found)
			return b;
	}
	if (f)
		return bind_listed(d, scope, node, f);
	struct bound b = scalar_function(d, scope, node, &found);
	if (found)
		return b;
	if (node->nparts == 1 && known_elsewhere(node->op))
		return dialect_unsupported(d, arena_printf(d->arena, "the function %s", node->op));
	const char *name = "";
	for (size_t i = 0; i < node->nparts; i++)
		name = arena_printf(d->arena, "%s%s`%s`", name, i ? "." : "", node->part[i]);
	struct cat_scope where = scope_where(d, scope);
	sql_error_set(d->error, "UNRESOLVED_ROUTINE", "42883", "Cannot resolve routine %s on "
		"search path [`system`.`builtin`, `system`.`session`, `%s`.`%s`].", name,
		where.catalog ? where.catalog : catalog_default_catalog(d->catalog),
		where.schema ? where.schema : catalog_default_schema(d->catalog));
	return bound_fail();
}
