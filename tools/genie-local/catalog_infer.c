/* Types of a metric view's columns, from the shape of their expressions and
 * the types of the columns behind them. Only what can be told safely is told;
 * everything else is STRING. */
#include "catalog_int.h"
#include "json.h"
#include "sqllex.h"
#include "str.h"
#include <stdio.h>
#include <string.h>

#define MAX_JOINS 64
#define MAX_DEPTH 20

struct alias {
	const char *name;
	struct cat_table table;
};

struct scan {
	struct arena *arena;
	struct alias alias[MAX_JOINS]; /* the first one is the source */
	size_t naliases;
	const struct cat_table *view;  /* columns typed so far */
	size_t ncolumns;
	struct sqllex lex;
};

/* ---- where columns come from ------------------------------------------------ */

static bool add_alias(struct catalog *catalog, const struct cat_scope *scope, struct scan *scan,
	const char *name, const char *source)
{
	struct cat_name parts;
	struct sql_error ignored;
	struct alias *alias = &scan->alias[scan->naliases];

	if (scan->naliases == MAX_JOINS || !source || !cat_name_parse(source, scan->arena, &parts))
		return false;
	if (!catalog_table(catalog, scope, &parts, scan->arena, &alias->table, &ignored))
		return false;
	alias->name = name;
	scan->naliases++;
	return true;
}

static void add_joins(struct catalog *catalog, const struct cat_scope *scope, struct scan *scan,
	const struct json *joins)
{
	for (struct json *join = json_first(joins); join; join = json_next(join)) {
		add_alias(catalog, scope, scan, json_str_or(join, "name", ""),
			json_str_or(join, "source", NULL));
		add_joins(catalog, scope, scan, json_get(join, "joins"));
	}
}

static const char *column_type(const struct scan *scan, const char *alias, const char *name)
{
	const struct cat_column *column;

	for (size_t i = 0; i < scan->naliases; i++) {
		if (alias && !strieq(scan->alias[i].name, alias))
			continue;
		column = cat_find_column(&scan->alias[i].table, name);
		if (column)
			return column->type;
	}
	for (size_t i = 0; !alias && i < scan->ncolumns; i++)
		if (strieq(scan->view->columns[i].name, name))
			return scan->view->columns[i].type;
	return NULL;
}

/* ---- expressions: tokens from..to-1 of scan->lex ------------------------------ */

static const char *infer(struct scan *scan, size_t from, size_t to, int depth);

/* The index of the bracket that closes the one at i; `to` when none does. */
static size_t closing(const struct scan *scan, size_t i, size_t to)
{
	int level = 0;

	for (; i < to; i++) {
		level += sqllex_op(&scan->lex, i, "(") - sqllex_op(&scan->lex, i, ")");
		if (level == 0)
			return i;
	}
	return to;
}

/* The first token at level 0 that is one of the operators or words. */
static size_t find_any(const struct scan *scan, size_t from, size_t to, const char *const *list)
{
	int level = 0;

	for (size_t i = from; i < to; i++) {
		bool open = sqllex_op(&scan->lex, i, "(") || sqllex_is(&scan->lex, i, "CASE");
		bool close = sqllex_op(&scan->lex, i, ")") || sqllex_is(&scan->lex, i, "END");

		level += open - close;
		for (size_t k = 0; level == 0 && i > from && list[k]; k++)
			if (sqllex_op(&scan->lex, i, list[k]) || sqllex_is(&scan->lex, i, list[k]))
				return i;
	}
	return to;
}

static const char *wider(struct scan *scan, const char *type, int more_precision, int more_scale)
{
	int precision, scale;

	cat_type_decimal(type, &precision, &scale);
	if (precision < 0)
		return NULL;
	precision += more_precision;
	scale += more_scale;
	return arena_printf(scan->arena, "DECIMAL(%d,%d)", precision > 38 ? 38 : precision, scale);
}

static bool is_integer(const char *type)
{
	return type && streq(cat_type_affinity(type), "INTEGER") && !streq(type, "BOOLEAN");
}

static const char *sum_type(struct scan *scan, const char *type)
{
	if (!type)
		return NULL;
	if (is_integer(type))
		return "BIGINT";
	return starts_with(type, "DECIMAL") ? wider(scan, type, 10, 0) : "DOUBLE";
}

static const char *avg_type(struct scan *scan, const char *type)
{
	return type && starts_with(type, "DECIMAL") ? wider(scan, type, 4, 4) : "DOUBLE";
}

static const char *cast_type(struct scan *scan, size_t from, size_t to)
{
	static const char *const as[] = { "AS", NULL };
	size_t at = find_any(scan, from, to, as);
	size_t start, end;

	if (at + 1 >= to)
		return NULL;
	start = scan->lex.tok[at + 1].at;
	end = scan->lex.tok[to - 1].at + scan->lex.tok[to - 1].n;
	return cat_type_normal(arena_strndup(scan->arena, scan->lex.text + start, end - start),
		scan->arena);
}

static bool one_of(const char *name, const char *list)
{
	char word[64];

	snprintf(word, sizeof(word), " %.60s ", name);
	return stristr(list, word) != NULL;
}

static const char *call_type(struct scan *scan, const char *name, size_t from, size_t to,
	int depth)
{
	static const char *const comma[] = { ",", NULL };
	size_t first = from;

	if (strieq(name, "CAST") || strieq(name, "TRY_CAST"))
		return cast_type(scan, from, to);
	if (one_of(name, " COUNT COUNT_IF APPROX_COUNT_DISTINCT "))
		return "BIGINT";
	if (one_of(name, " DATE_TRUNC TIMESTAMP TO_TIMESTAMP CURRENT_TIMESTAMP NOW "))
		return "TIMESTAMP";
	if (one_of(name, " DATE TO_DATE DATE_ADD DATE_SUB ADD_MONTHS TRUNC LAST_DAY CURRENT_DATE "
			"MAKE_DATE NEXT_DAY "))
		return "DATE";
	if (one_of(name, " YEAR QUARTER MONTH WEEK WEEKOFYEAR DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR "
			"HOUR MINUTE SECOND DATEDIFF LENGTH WEEKDAY EXTRACT "))
		return "INT";
	if (one_of(name, " TRY_DIVIDE STDDEV STDDEV_POP STDDEV_SAMP VARIANCE PERCENTILE MEDIAN "
			"PERCENTILE_APPROX SQRT LN LOG EXP POWER POW "))
		return "DOUBLE";
	if (sqllex_is(&scan->lex, first, "DISTINCT") || sqllex_is(&scan->lex, first, "ALL"))
		first++;
	if (one_of(name, " SUM TRY_SUM "))
		return sum_type(scan, infer(scan, first, to, depth));
	if (one_of(name, " AVG MEAN TRY_AVG "))
		return avg_type(scan, infer(scan, first, to, depth));
	if (one_of(name, " MIN MAX COALESCE IFNULL NVL NULLIF ABS FIRST LAST ANY_VALUE MEASURE "
			"ROUND MODE "))
		return infer(scan, first, find_any(scan, first, to, comma), depth);
	return NULL;
}

static const char *case_type(struct scan *scan, size_t from, size_t to, int depth)
{
	static const char *const then[] = { "THEN", NULL };
	static const char *const after[] = { "WHEN", "ELSE", NULL };
	const char *type = NULL;

	for (size_t at = find_any(scan, from, to, then); at < to && !type;
	     at = find_any(scan, at + 1, to, then)) {
		size_t end = find_any(scan, at + 1, to, after);

		if (!sqllex_is(&scan->lex, at + 1, "NULL"))
			type = infer(scan, at + 1, end, depth);
	}
	return type;
}

static const char *literal_type(const struct scan *scan, size_t i)
{
	const struct sqltok *tok = &scan->lex.tok[i];

	if (tok->kind == SQLTOK_STRING)
		return "STRING";
	if (tok->kind == SQLTOK_NUMBER && !(tok->flags & SQLTOK_FRACTION))
		return "INT";
	if (tok->kind == SQLTOK_NUMBER)
		return "DOUBLE";
	if (sqllex_is(&scan->lex, i, "TRUE") || sqllex_is(&scan->lex, i, "FALSE"))
		return "BOOLEAN";
	return NULL;
}

static const char *arithmetic_type(struct scan *scan, size_t from, size_t at, size_t to,
	int depth)
{
	const char *left = infer(scan, from, at, depth), *right = infer(scan, at + 1, to, depth);

	if (sqllex_op(&scan->lex, at, "/"))
		return "DOUBLE";
	if (!left || !right)
		return NULL;
	if (is_integer(left) && is_integer(right))
		return streq(left, "INT") && streq(right, "INT") ? "INT" : "BIGINT";
	if (streq(left, right) && starts_with(left, "DECIMAL"))
		return wider(scan, left, 1, 0);
	return streq(cat_type_affinity(left), "TEXT") ? NULL : "DOUBLE";
}

static const char *infer(struct scan *scan, size_t from, size_t to, int depth)
{
	static const char *const tests[] = { "AND", "OR", "=", "<", ">", "<=", ">=", "<>", "!=",
		"IS", "IN", "LIKE", "BETWEEN", NULL };
	static const char *const sums[] = { "+", "-", NULL };
	static const char *const products[] = { "*", "/", "%", NULL };
	const struct sqllex *lex = &scan->lex;
	size_t at;

	if (from >= to || ++depth > MAX_DEPTH)
		return NULL;
	if (to == from + 1)
		return sqllex_name(lex, from) && !literal_type(scan, from) ?
			column_type(scan, NULL, sqllex_value(lex, from, scan->arena)) :
			literal_type(scan, from);
	if (to == from + 3 && sqllex_op(lex, from + 1, "."))
		return column_type(scan, sqllex_value(lex, from, scan->arena),
			sqllex_value(lex, from + 2, scan->arena));
	if (find_any(scan, from, to, tests) < to || sqllex_is(lex, from, "NOT"))
		return "BOOLEAN";
	at = find_any(scan, from, to, sums);
	if (at == to)
		at = find_any(scan, from, to, products);
	if (at < to)
		return arithmetic_type(scan, from, at, to, depth);
	if (sqllex_is(lex, from, "CASE") && sqllex_is(lex, to - 1, "END"))
		return case_type(scan, from + 1, to - 1, depth);
	if (sqllex_op(lex, from, "(") && closing(scan, from, to) == to - 1)
		return infer(scan, from + 1, to - 1, depth);
	if (!sqllex_op(lex, from + 1, "("))
		return NULL;
	at = closing(scan, from + 1, to); /* what follows is FILTER (...) or OVER (...) */
	return at == to ? NULL : call_type(scan, sqllex_value(lex, from, scan->arena), from + 2,
		at, depth);
}

/* ---- columns ------------------------------------------------------------------- */

static void add_fields(struct scan *scan, const struct json *list, bool measure,
	struct cat_column *columns)
{
	for (struct json *field = json_first(list); field; field = json_next(field)) {
		const char *expr = json_str_or(field, "expr", "");
		const char *type;

		sqllex_scan(&scan->lex, scan->arena, expr, strlen(expr), 0);
		type = infer(scan, 0, scan->lex.n, 0);
		columns[scan->ncolumns++] = (struct cat_column){
			.name = arena_strdup(scan->arena, json_str_or(field, "name", "")),
			.type = type ? type : "STRING",
			.comment = arena_strdup(scan->arena, json_str_or(field, "comment", NULL)),
			.nullable = true,
			.measure = measure,
		};
	}
}

bool cat_yaml_columns(struct catalog *catalog, const struct cat_scope *scope,
	const struct json *yaml, struct arena *arena, struct cat_table *view, struct err *err)
{
	const struct json *dimensions = json_get(yaml, "dimensions");
	const struct json *measures = json_get(yaml, "measures");
	struct scan *scan = arena_alloc(arena, sizeof(*scan));
	struct cat_column *columns;

	if (!dimensions)
		dimensions = json_get(yaml, "fields");
	if (json_len(dimensions) + json_len(measures) > CAT_MAX_COLUMNS)
		return err_set(err, ERR_DATA, "more than %d columns", CAT_MAX_COLUMNS);
	columns = arena_alloc(arena,
		(json_len(dimensions) + json_len(measures)) * sizeof(*columns));
	view->columns = columns;
	scan->arena = arena;
	scan->view = view;
	if (!add_alias(catalog, scope, scan, "source", json_str_or(yaml, "source", NULL)))
		scan->naliases = 0;
	add_joins(catalog, scope, scan, json_get(yaml, "joins"));
	add_fields(scan, dimensions, false, columns);
	add_fields(scan, measures, true, columns);
	view->ncolumns = scan->ncolumns;
	return true;
}
