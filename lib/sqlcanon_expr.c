/* One spelling for values and conditions. Rewrites (equal for all values,
 * NULL too, unless said):
 *   NVL, IFNULL -> COALESCE; IF, IIF, CASE x WHEN -> CASE WHEN; ELSE NULL dropped
 *   COUNT(literal) -> COUNT(*); in groups: SUM(1) -> COUNT(*), SUM(CASE WHEN c THEN 1
 *   ELSE 0 END) -> COUNT_IF(c); FILTER (WHERE c) -> CASE; SUM(x)/COUNT(x) -> AVG(x)
 *   x / NULLIF(y, 0) -> TRY_DIVIDE(x, y); a || b -> CONCAT(a, b)
 *   EXTRACT(YEAR FROM x), DATE_PART('year', x) -> YEAR(x); DATE_SUB, DATE_ADD -> interval
 *   CAST('..' AS DATE), DATE('..'), TO_DATE('..') -> DATE '..'; midnight -> DATE
 *   x ILIKE p -> LOWER(x) LIKE lower(p); literals on the right; NOT pushed down
 *   BETWEEN -> two conjuncts; x = a OR x = b -> IN; YEAR(x) = n, DATE_TRUNC(u, x) = d,
 *   CAST(x AS DATE) = d -> half-open range
 *   in conditions only: COALESCE(x, 0) > 0 -> x > 0; absorption in OR */
#include "sqlcanon_int.h"

#include "clock.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

bool canon_same(struct canon *c, const struct sqlnode *a, const struct sqlnode *b)
{
	return a->kind == b->kind && streq(sqlnode_text(c->arena, a), sqlnode_text(c->arena, b));
}

struct keyed {
	const char *text;
	struct sqlnode *node;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct keyed *)a)->text, ((const struct keyed *)b)->text);
}

void canon_sort(struct canon *c, struct sqlnode *list)
{
	struct keyed *keys = arena_alloc(c->arena, (list->n + 1) * sizeof(*keys));
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++)
		keys[i] = (struct keyed){ sqlnode_text(c->arena, list->kid[i]), list->kid[i] };
	qsort(keys, list->n, sizeof(*keys), by_text);
	for (size_t i = 0; i < list->n; i++)
		if (i == 0 || !streq(keys[i].text, keys[i - 1].text))
			list->kid[n++] = keys[i].node;
	list->n = n;
}

struct sqlnode *canon_call(struct canon *c, const char *name, struct sqlnode *a, struct sqlnode *b)
{
	struct sqlnode *call = sqlnode_new(c->arena, SQLN_FUNC, NULL);
	sqlnode_name_add(c->arena, call, name);
	sqlnode_add(c->arena, call, a);
	sqlnode_add(c->arena, call, b);
	return call;
}

struct sqlnode *canon_binary(struct canon *c, const char *op, struct sqlnode *a, struct sqlnode *b)
{
	struct sqlnode *node = sqlnode_new(c->arena, SQLN_BINARY, op);
	sqlnode_add(c->arena, node, a);
	sqlnode_add(c->arena, node, b);
	return node;
}

static bool is_literal(const struct sqlnode *node)
{
	return node->kind == SQLN_NUMBER || node->kind == SQLN_STRING || node->kind == SQLN_TYPED
		|| node->kind == SQLN_BOOL || node->kind == SQLN_PARAM;
}

static bool is_number(const struct sqlnode *node, const char *text)
{
	return node->kind == SQLN_NUMBER && streq(node->text, text);
}

static struct sqlnode *pair(struct canon *c, enum sqlnode_kind kind, struct sqlnode *a,
	struct sqlnode *b)
{
	struct sqlnode *node = sqlnode_new(c->arena, kind, NULL);
	sqlnode_add(c->arena, node, a);
	sqlnode_add(c->arena, node, b);
	return node;
}

/* ---- calls -------------------------------------------------------------- */

static struct sqlnode *case_of(struct canon *c, struct sqlnode *condition, struct sqlnode *yes,
	struct sqlnode *no)
{
	struct sqlnode *node = pair(c, SQLN_CASE, pair(c, SQLN_WHEN, condition, yes), NULL);
	if (no && no->kind != SQLN_NULL)
		sqlnode_add(c->arena, node, pair(c, SQLN_ELSE, no, NULL));
	return node;
}

/* CASE with one WHEN: condition, result, ELSE (NULL when absent). */
static bool one_when(const struct sqlnode *node, struct sqlnode **when, struct sqlnode **other)
{
	if (node->kind != SQLN_CASE || node->n == 0 || node->n > 2
		|| node->kid[0]->kind != SQLN_WHEN)
		return false;
	*when = node->kid[0];
	*other = node->n == 2 && node->kid[1]->kind == SQLN_ELSE ? node->kid[1]->kid[0] : NULL;
	return node->n == 1 || *other;
}

static struct sqlnode *canon_case(struct canon *c, struct sqlnode *node)
{
	struct sqlnode *out = sqlnode_new(c->arena, SQLN_CASE, NULL);
	bool operand = node->flags & SQLF_HAS_OPERAND;
	for (size_t i = operand; i < node->n; i++) {
		struct sqlnode *kid = node->kid[i];
		if (operand && kid->kind == SQLN_WHEN && kid->n == 2)
			kid = pair(c, SQLN_WHEN, canon_binary(c, "=", node->kid[0], kid->kid[0]),
				kid->kid[1]);
		if (kid->kind == SQLN_ELSE && kid->n && kid->kid[0]->kind == SQLN_NULL)
			continue;
		sqlnode_add(c->arena, out, kid);
	}
	return out;
}

/* The aggregate over rows that meet the FILTER. */
static struct sqlnode *filtered(struct canon *c, struct sqlnode *call, struct sqlnode *filter)
{
	struct sqlnode *out = canon_call(c, call->part[0], NULL, NULL);
	struct sqlnode *condition = filter->n ? filter->kid[0] : NULL, *argument = call->kid[0];
	if (!condition || call->n != 2 || argument == filter)
		return call;
	out->flags = call->flags;
	if (sqlnode_is_call(call, "COUNT") && argument->kind == SQLN_STAR)
		return canon_call(c, "COUNT_IF", condition, NULL);
	sqlnode_add(c->arena, out, case_of(c, condition, argument, NULL));
	return out;
}

static struct sqlnode *count_or_sum(struct canon *c, struct sqlnode *call)
{
	struct sqlnode *argument = call->n == 1 ? call->kid[0] : NULL, *when, *other;
	bool sum = sqlnode_is_call(call, "SUM");
	if (!argument || (call->flags & SQLF_DISTINCT))
		return call;
	if (!sum && (argument->kind == SQLN_NUMBER || argument->kind == SQLN_STRING))
		return canon_call(c, "COUNT", sqlnode_new(c->arena, SQLN_STAR, NULL), NULL);
	if (!sum && one_when(argument, &when, &other) && !other && is_literal(when->kid[1]))
		return canon_call(c, "COUNT_IF", when->kid[0], NULL);
	if (sum && c->grouped && is_number(argument, "1"))
		return canon_call(c, "COUNT", sqlnode_new(c->arena, SQLN_STAR, NULL), NULL);
	if (sum && c->grouped && one_when(argument, &when, &other) && is_number(when->kid[1], "1")
		&& other && is_number(other, "0"))
		return canon_call(c, "COUNT_IF", when->kid[0], NULL);
	return call;
}

/* "DAYS" -> "DAY" */
static const char *unit(struct canon *c, const char *text)
{
	char *copy = arena_strdup(c->arena, text);
	size_t n = strlen(copy);
	for (char *p = copy; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	if (n > 1 && copy[n - 1] == 'S')
		copy[n - 1] = '\0';
	return copy;
}

static struct sqlnode *interval(struct canon *c, struct sqlnode *value, const char *of)
{
	struct sqlnode *node = sqlnode_new(c->arena, SQLN_INTERVAL, unit(c, of));
	if (value->kind == SQLN_STRING && strspn(value->text, "0123456789") == strlen(value->text))
		value = sqlnode_new(c->arena, SQLN_NUMBER, value->text);
	sqlnode_add(c->arena, node, value);
	return node;
}

static struct sqlnode *date_literal(struct canon *c, const char *text)
{
	struct sqlnode *node = sqlnode_new(c->arena, SQLN_TYPED, "DATE");
	sqlnode_add(c->arena, node, sqlnode_new(c->arena, SQLN_STRING, text));
	return node;
}

/* Cutting to a month and stepping whole months commute, as do quarters and years when
 * the step is a multiple: DATE_TRUNC(u, ADD_MONTHS(x, n)) = ADD_MONTHS(DATE_TRUNC(u, x), n). */
static struct sqlnode *months_outside(struct canon *c, struct sqlnode *trunc)
{
	const char *grain = trunc->kid[0]->text;
	struct sqlnode *inner = trunc->kid[1];
	long months = streq(grain, "MONTH") ? 1 : streq(grain, "QUARTER") ? 3 :
		streq(grain, "YEAR") ? 12 : 0;
	if (!months || !sqlnode_is_call(inner, "ADD_MONTHS") || inner->n != 2)
		return trunc;
	char *end;
	long n = strtol(sqlnode_text(c->arena, inner->kid[1]), &end, 10);
	if (*end || n % months != 0)
		return trunc;
	return canon_call(c, "ADD_MONTHS", canon_call(c, "DATE_TRUNC", trunc->kid[0], inner->kid[0]),
		inner->kid[1]);
}

static struct sqlnode *date_call(struct canon *c, struct sqlnode *call)
{
	static const char *const parts[] = { "YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE",
		"SECOND", "WEEK", NULL };
	int64_t days;
	if ((sqlnode_is_call(call, "EXTRACT") || sqlnode_is_call(call, "DATE_PART")) && call->n == 2
		&& call->kid[0]->kind == SQLN_STRING)
		for (const char *const *part = parts; *part; part++)
			if (streq(unit(c, call->kid[0]->text), *part))
				return canon_call(c, *part, call->kid[1], NULL);
	if (call->n == 2 && (sqlnode_is_call(call, "DATE_SUB") || sqlnode_is_call(call, "DATE_ADD")
		|| sqlnode_is_call(call, "DATEADD")) && is_literal(call->kid[1]))
		return canon_binary(c, sqlnode_is_call(call, "DATE_SUB") ? "-" : "+", call->kid[0],
			interval(c, call->kid[1], "DAY"));
	if (call->n == 1 && call->kid[0]->kind == SQLN_STRING && date_parse(call->kid[0]->text,
		&days)
		&& (sqlnode_is_call(call, "DATE") || sqlnode_is_call(call, "TO_DATE")))
		return date_literal(c, call->kid[0]->text);
	if ((sqlnode_is_call(call, "TO_DATE") || sqlnode_is_call(call, "DATE")) && call->n == 1) {
		struct sqlnode *cast = sqlnode_new(c->arena, SQLN_CAST, "DATE");
		sqlnode_add(c->arena, cast, call->kid[0]);
		return cast;
	}
	if (sqlnode_is_call(call, "DATE_TRUNC") && call->n == 2
		&& call->kid[0]->kind == SQLN_STRING) {
		call->kid[0] = sqlnode_new(c->arena, SQLN_STRING, unit(c, call->kid[0]->text));
		return months_outside(c, call);
	}
	return call;
}

static void rename_call(struct canon *c, struct sqlnode *call)
{
	static const char *const names[][2] = {
		{ "NVL", "COALESCE" }, { "IFNULL", "COALESCE" }, { "MEAN", "AVG" }, { "CURDATE",
		"CURRENT_DATE" },
		{ "NOW", "CURRENT_TIMESTAMP" }, { "GETDATE", "CURRENT_TIMESTAMP" }, { "LCASE",
		"LOWER" }, { "UCASE", "UPPER" },
		{ "SUBSTR", "SUBSTRING" }, { "CEILING", "CEIL" }, { "POW", "POWER" },
		{ "CHAR_LENGTH", "LENGTH" },
		{ "LEN", "LENGTH" }, { "SOME", "BOOL_OR" }, { "EVERY", "BOOL_AND" }, { "DAYOFMONTH",
		"DAY" }, { "IIF", "IF" },
		{ "APPROX_PERCENTILE", "PERCENTILE_APPROX" }, { "COUNTIF", "COUNT_IF" },
		{ "TRUNC_DATE", "DATE_TRUNC" },
	};
	char *name;
	if (call->nparts != 1)
		return;
	name = arena_strdup(c->arena, call->part[0]);
	for (char *p = name; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	call->part[0] = name;
	for (size_t i = 0; i < countof(names); i++)
		if (streq(names[i][0], name))
			call->part[0] = names[i][1];
}

/* CONCAT(CONCAT(a, b), c) and (a || b) || c are one call. */
static struct sqlnode *flat_concat(struct canon *c, const struct sqlnode *node)
{
	struct sqlnode *out = canon_call(c, "CONCAT", NULL, NULL);
	for (size_t i = 0; i < node->n; i++) {
		const struct sqlnode *kid = node->kid[i];
		for (size_t k = 0; k < (sqlnode_is_call(kid, "CONCAT") ? kid->n : 1); k++)
			sqlnode_add(c->arena, out, sqlnode_is_call(kid, "CONCAT") ? kid->kid[k]
				: node->kid[i]);
	}
	return out;
}

static struct sqlnode *canon_func(struct canon *c, struct sqlnode *call)
{
	struct sqlnode *filter = sqlnode_child(call, SQLN_FILTER);
	rename_call(c, call);
	if (filter && !sqlnode_child(call, SQLN_OVER) && call->nparts == 1)
		call = filtered(c, call, filter);
	if (sqlnode_is_call(call, "IF") && call->n == 3)
		return case_of(c, call->kid[0], call->kid[1], call->kid[2]);
	if (sqlnode_is_call(call, "SUM") || sqlnode_is_call(call, "COUNT"))
		return count_or_sum(c, call);
	if (sqlnode_is_call(call, "CONCAT"))
		return flat_concat(c, call);
	if (sqlnode_is_call(call, "TRY_DIVIDE") || call->n == 0)
		return call;
	return date_call(c, call);
}

/* ---- operators ---------------------------------------------------------- */

static const char *flipped(const char *op)
{
	static const char *const pairs[][2] = { { "=", "=" }, { "<>", "<>" }, { "<=>", "<=>" },
		{ "<", ">" }, { "<=", ">=" },
		{ ">", "<" }, { ">=", "<=" } };
	for (size_t i = 0; i < countof(pairs); i++)
		if (streq(pairs[i][0], op))
			return pairs[i][1];
	return NULL;
}

const char *canon_negated(const char *op)
{
	static const char *const pairs[][2] = { { "=", "<>" }, { "<>", "=" }, { "<", ">=" }, { "<=",
		">" },
		{ ">", "<=" }, { ">=", "<" } };
	for (size_t i = 0; i < countof(pairs); i++)
		if (streq(pairs[i][0], op))
			return pairs[i][1];
	return NULL;
}

/* TIMESTAMP '... 00:00:00' compares like the date. */
static struct sqlnode *plain_date(struct canon *c, struct sqlnode *node)
{
	const char *text = node->kind == SQLN_TYPED && node->n ? node->kid[0]->text : NULL;
	int64_t days;
	if (text && starts_with(node->text, "TIMESTAMP") && strlen(text) >= 10
		&& (streq(text + 10, "") || streq(text + 10, " 00:00:00") || streq(text + 10,
		"T00:00:00"))) {
		char *date = arena_strndup(c->arena, text, 10);
		if (date_parse(date, &days))
			return date_literal(c, date);
	}
	return node;
}

static struct sqlnode *range(struct canon *c, struct sqlnode *value, int64_t from, int64_t to)
{
	char low[DATE_TEXT_SIZE], high[DATE_TEXT_SIZE];
	return pair(c, SQLN_AND, canon_binary(c, ">=", value, date_literal(c, date_text(from,
		low))),
		canon_binary(c, "<", value, date_literal(c, date_text(to, high))));
}

/* Equality of a calendar function with a constant as a range; NULL: not one. */
static struct sqlnode *calendar_range(struct canon *c, struct sqlnode *left,
	const struct sqlnode *right)
{
	int year, month, day;
	int64_t days;
	const char *grain;
	if (sqlnode_is_call(left, "YEAR") && left->n == 1 && right->kind == SQLN_NUMBER
		&& strlen(right->text) == 4) {
		year = (int)strtol(right->text, NULL, 10);
		return range(c, left->kid[0], date_from_civil(year, 1, 1), date_from_civil(year + 1,
			1, 1));
	}
	if (right->kind != SQLN_TYPED || !right->n || !streq(right->text, "DATE")
		|| !date_parse(right->kid[0]->text, &days))
		return NULL;
	date_to_civil(days, &year, &month, &day);
	if (left->kind == SQLN_CAST && streq(left->text, "DATE") && left->n == 1)
		return range(c, left->kid[0], days, days + 1);
	if (!sqlnode_is_call(left, "DATE_TRUNC") || left->n != 2
		|| left->kid[0]->kind != SQLN_STRING || day != 1)
		return NULL;
	grain = left->kid[0]->text;
	if (streq(grain, "MONTH"))
		return range(c, left->kid[1], days, date_from_civil(month == 12 ? year + 1 : year,
			month % 12 + 1, 1));
	if (streq(grain, "YEAR") && month == 1)
		return range(c, left->kid[1], days, date_from_civil(year + 1, 1, 1));
	if (streq(grain, "QUARTER") && month % 3 == 1)
		return range(c, left->kid[1], days, date_from_civil(month == 10 ? year + 1 : year,
			(month + 2) % 12 + 1, 1));
	return NULL;
}

static struct sqlnode *comparison(struct canon *c, struct sqlnode *node)
{
	struct sqlnode *a = plain_date(c, node->kid[0]), *b = plain_date(c, node->kid[1]),
		*out = NULL;
	const char *op = node->text, *flip = flipped(op);
	bool swap = is_literal(a) ? !is_literal(b)
		: !is_literal(b) && strcmp(sqlnode_text(c->arena, a), sqlnode_text(c->arena,
			b)) > 0;
	if (swap) {
		struct sqlnode *t = a;
		a = b;
		b = t;
		op = flip;
	}
	if (streq(op, "="))
		out = calendar_range(c, a, b);
	return out ? out : canon_binary(c, op, a, b);
}

static struct sqlnode *canon_operator(struct canon *c, struct sqlnode *node)
{
	struct sqlnode *a, *b;
	if (node->n != 2)
		return node;
	a = node->kid[0];
	b = node->kid[1];
	if (flipped(node->text))
		return comparison(c, node);
	if (streq(node->text, "||"))
		return flat_concat(c, node);
	if (streq(node->text, "/") && sqlnode_is_call(b, "NULLIF") && b->n == 2
		&& is_number(b->kid[1], "0"))
		return canon_call(c, "TRY_DIVIDE", a, b->kid[0]);
	if (streq(node->text, "/") && sqlnode_is_call(a, "SUM") && sqlnode_is_call(b, "COUNT")
		&& a->n == 1 && b->n == 1
		&& !(a->flags | b->flags) && b->kid[0]->kind != SQLN_STAR && canon_same(c,
			a->kid[0], b->kid[0]))
		return canon_call(c, "AVG", a->kid[0], NULL);
	if ((streq(node->text, "+") || streq(node->text, "*"))
		&& strcmp(sqlnode_text(c->arena, a), sqlnode_text(c->arena, b)) > 0
		&& a->kind != SQLN_INTERVAL && b->kind != SQLN_INTERVAL)
		return canon_binary(c, node->text, b, a);
	return node;
}

static struct sqlnode *canon_not(struct canon *c, struct sqlnode *node)
{
	struct sqlnode *inner = node->n ? node->kid[0] : node, *out;
	if (inner->kind == SQLN_BINARY && canon_negated(inner->text))
		return canon_binary(c, canon_negated(inner->text), inner->kid[0], inner->kid[1]);
	if (inner->kind == SQLN_NOT && inner->n)
		return inner->kid[0];
	if (inner->kind == SQLN_AND || inner->kind == SQLN_OR) {
		out = sqlnode_new(c->arena, inner->kind == SQLN_AND ? SQLN_OR : SQLN_AND, NULL);
		for (size_t i = 0; i < inner->n; i++)
			sqlnode_add(c->arena, out, canon_expr(c, pair(c, SQLN_NOT, inner->kid[i],
				NULL)));
		return canon_expr(c, out);
	}
	if (inner->kind == SQLN_IN || inner->kind == SQLN_LIKE || inner->kind == SQLN_IS) {
		out = sqlnode_copy(c->arena, inner);
		out->flags ^= SQLF_NOT;
		return out;
	}
	if (inner->kind == SQLN_BOOL)
		return sqlnode_new(c->arena, SQLN_BOOL, streq(inner->text, "TRUE") ? "FALSE"
			: "TRUE");
	return node;
}

static struct sqlnode *canon_between(struct canon *c, struct sqlnode *node)
{
	bool not = node->flags & SQLF_NOT;
	struct sqlnode *low, *high;
	if (node->n != 3)
		return node;
	low = canon_binary(c, not ? "<" : ">=", node->kid[0], node->kid[1]);
	high = canon_binary(c, not ? ">" : "<=", sqlnode_copy(c->arena, node->kid[0]),
		node->kid[2]);
	return canon_expr(c, pair(c, not ? SQLN_OR : SQLN_AND, low, high));
}

static struct sqlnode *canon_in(struct canon *c, struct sqlnode *node)
{
	struct sqlnode *list = sqlnode_new(c->arena, SQLN_TUPLE, NULL), *out;
	if (node->n < 2 || node->kid[1]->kind == SQLN_QUERY)
		return node;
	for (size_t i = 1; i < node->n; i++)
		sqlnode_add(c->arena, list, node->kid[i]);
	canon_sort(c, list);
	if (list->n == 1)
		return canon_expr(c, canon_binary(c, node->flags & SQLF_NOT ? "<>" : "=",
			node->kid[0], list->kid[0]));
	out = sqlnode_new(c->arena, SQLN_IN, NULL);
	out->flags = node->flags;
	sqlnode_add(c->arena, out, node->kid[0]);
	for (size_t i = 0; i < list->n; i++)
		sqlnode_add(c->arena, out, list->kid[i]);
	return out;
}

static struct sqlnode *canon_like(struct canon *c, struct sqlnode *node)
{
	struct sqlnode *out;
	char *pattern;
	if (!streq(node->text, "ILIKE") || node->n != 2 || node->kid[1]->kind != SQLN_STRING)
		return node;
	pattern = arena_strdup(c->arena, node->kid[1]->text);
	lower_ascii(pattern);
	out = sqlnode_new(c->arena, SQLN_LIKE, "LIKE");
	out->flags = node->flags;
	out->alias = node->alias;
	sqlnode_add(c->arena, out, sqlnode_is_call(node->kid[0], "LOWER") ? node->kid[0]
		: canon_call(c, "LOWER", node->kid[0], NULL));
	sqlnode_add(c->arena, out, sqlnode_new(c->arena, SQLN_STRING, pattern));
	return out;
}

/* ---- AND and OR --------------------------------------------------------- */

static void add_flat(struct canon *c, struct sqlnode *list, struct sqlnode *node,
	enum sqlnode_kind kind)
{
	const char *neutral = kind == SQLN_AND ? "TRUE" : "FALSE";
	if (node->kind == kind) {
		for (size_t i = 0; i < node->n; i++)
			add_flat(c, list, node->kid[i], kind);
		return;
	}
	if (node->kind == SQLN_BOOL && streq(node->text, neutral))
		return;
	if (node->kind == SQLN_BINARY && streq(node->text, "=") && node->n == 2
		&& is_literal(node->kid[0])
		&& canon_same(c, node->kid[0], node->kid[1]) && kind == SQLN_AND)
		return;
	sqlnode_add(c->arena, list, node);
}

/* x = 1 OR x = 2 OR x IN (3, 4): one IN; the others stay. */
static void or_to_in(struct canon *c, struct sqlnode *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct sqlnode *a = list->kid[i], *in = NULL;
		bool test = (a->kind == SQLN_BINARY && streq(a->text, "=") && is_literal(a->kid[1]))
			|| (a->kind == SQLN_IN && !(a->flags & SQLF_NOT)
				&& a->kid[1]->kind != SQLN_QUERY);
		size_t n = i + 1;
		for (size_t k = i + 1; test && k < list->n; k++) {
			struct sqlnode *b = list->kid[k];
			bool joins = ((b->kind == SQLN_BINARY && streq(b->text, "=")
				&& is_literal(b->kid[1]))
				|| (b->kind == SQLN_IN && !(b->flags & SQLF_NOT)
					&& b->kid[1]->kind != SQLN_QUERY))
				&& canon_same(c, a->kid[0], b->kid[0]);
			if (!joins) {
				list->kid[n++] = b;
				continue;
			}
			if (!in) {
				in = pair(c, SQLN_IN, a->kid[0], NULL);
				for (size_t v = 1; v < a->n; v++)
					sqlnode_add(c->arena, in, a->kid[v]);
			}
			for (size_t v = 1; v < b->n; v++)
				sqlnode_add(c->arena, in, b->kid[v]);
		}
		if (in) {
			list->n = n;
			list->kid[i] = canon_in(c, in);
		}
	}
}

/* A OR (A AND B) is A. */
static void absorb(struct canon *c, struct sqlnode *list)
{
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++) {
		struct sqlnode *term = list->kid[i];
		bool gone = false;
		for (size_t k = 0; term->kind == SQLN_AND && k < list->n && !gone; k++)
			for (size_t t = 0; t < term->n && !gone && k != i; t++)
				gone = canon_same(c, term->kid[t], list->kid[k]);
		if (!gone)
			list->kid[n++] = term;
	}
	list->n = n;
}

static struct sqlnode *canon_junction(struct canon *c, struct sqlnode *node)
{
	struct sqlnode *list = sqlnode_new(c->arena, node->kind, NULL);
	add_flat(c, list, node, node->kind);
	if (node->kind == SQLN_OR) {
		or_to_in(c, list);
		absorb(c, list);
	}
	canon_sort(c, list);
	if (list->n == 0)
		return sqlnode_new(c->arena, SQLN_BOOL, node->kind == SQLN_AND ? "TRUE" : "FALSE");
	return list->n == 1 ? list->kid[0] : list;
}

static struct sqlnode *canon_cast(struct canon *c, struct sqlnode *node)
{
	static const char *const types[][2] = { { "INTEGER", "INT" }, { "LONG", "BIGINT" }, { "DEC",
		"DECIMAL" },
		{ "NUMERIC", "DECIMAL" }, { "REAL", "FLOAT" }, { "SHORT", "SMALLINT" } };
	int64_t days;
	for (size_t i = 0; i < countof(types); i++)
		if (streq(node->text, types[i][0]))
			node->text = types[i][1];
	if (streq(node->text, "DATE") && node->n == 1 && node->kid[0]->kind == SQLN_STRING
		&& date_parse(node->kid[0]->text, &days) && !(node->flags & SQLF_TRY))
		return date_literal(c, node->kid[0]->text);
	return node;
}

struct sqlnode *canon_expr(struct canon *c, struct sqlnode *node)
{
	if (node->kind == SQLN_QUERY)
		return node;
	for (size_t i = 0; i < node->n; i++)
		node->kid[i] = canon_expr(c, node->kid[i]);
	switch (node->kind) {
	case SQLN_FUNC: return canon_func(c, node);
	case SQLN_CASE: return canon_case(c, node);
	case SQLN_BINARY: return canon_operator(c, node);
	case SQLN_NOT: return canon_not(c, node);
	case SQLN_AND: case SQLN_OR: return canon_junction(c, node);
	case SQLN_BETWEEN: return canon_between(c, node);
	case SQLN_IN: return canon_in(c, node);
	case SQLN_LIKE: return canon_like(c, node);
	case SQLN_CAST: return canon_cast(c, node);
	case SQLN_INTERVAL: return node->n && node->text ? interval(c, node->kid[0], node->text) :
		node;
	case SQLN_KEY: /* the default place of NULL */
		if ((node->flags & SQLF_DESC) ? node->flags & SQLF_NULLS_LAST
			: node->flags & SQLF_NULLS_FIRST)
			node->flags &= ~(unsigned)(SQLF_NULLS_LAST | SQLF_NULLS_FIRST);
		return node;
	default: return node;
	}
}

void canon_split(struct canon *c, struct sqlnode *list, struct sqlnode *condition)
{
	add_flat(c, list, condition, SQLN_AND);
}
