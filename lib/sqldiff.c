#include "sqldiff.h"
#include "sqldiff_int.h"
#include "mem.h"
#include "sqltext.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text, *failure_type;
	int lever;
} classes[SQLDIFF_CLASSES] = {
	[SQLDIFF_SYNTAX] = { "syntax", "other", 6 },
	[SQLDIFF_UNRESOLVED_NAME] = { "unresolved_name", "wrong_column", 1 },
	[SQLDIFF_TABLE_WRONG] = { "table_wrong", "wrong_table", 1 },
	[SQLDIFF_TABLE_MISSING] = { "table_missing", "wrong_table", 1 },
	[SQLDIFF_TABLE_EXTRA] = { "table_extra", "wrong_table", 1 },
	[SQLDIFF_UDF_OR_TVF_ARGUMENT] = { "udf_or_tvf_argument", "tvf_parameter_error", 3 },
	[SQLDIFF_METRIC_VIEW_MEASURE] = { "metric_view_measure", "wrong_measure", 2 },
	[SQLDIFF_SET_OPERATION] = { "set_operation", "missing_instruction", 6 },
	[SQLDIFF_WINDOW] = { "window", "wrong_aggregation", 2 },
	[SQLDIFF_JOIN_TYPE] = { "join_type", "wrong_join", 1 },
	[SQLDIFF_JOIN_MISSING] = { "join_missing", "wrong_join", 1 },
	[SQLDIFF_JOIN_EXTRA] = { "join_extra", "wrong_join", 1 },
	[SQLDIFF_JOIN_CONDITION] = { "join_condition", "wrong_join", 1 },
	[SQLDIFF_TEMPORAL_GRAIN] = { "temporal_grain", "wrong_aggregation", 2 },
	[SQLDIFF_TEMPORAL_WINDOW] = { "temporal_window", "missing_temporal_filter", 2 },
	[SQLDIFF_AGGREGATION_FUNCTION] = { "aggregation_function", "wrong_aggregation", 2 },
	[SQLDIFF_TYPE_CAST] = { "type_cast", "missing_instruction", 6 },
	[SQLDIFF_FORMAT] = { "format", "missing_instruction", 6 },
	[SQLDIFF_GROUP_BY_MISSING] = { "group_by_missing", "wrong_aggregation", 2 },
	[SQLDIFF_GROUP_BY_EXTRA] = { "group_by_extra", "wrong_aggregation", 2 },
	[SQLDIFF_HAVING] = { "having", "wrong_filter", 3 },
	[SQLDIFF_AGGREGATION_ARGUMENT] = { "aggregation_argument", "wrong_aggregation", 2 },
	[SQLDIFF_AGGREGATION_DISTINCT] = { "aggregation_distinct", "wrong_aggregation", 2 },
	[SQLDIFF_LIMIT_VALUE] = { "limit_value", "missing_instruction", 6 },
	[SQLDIFF_LIMIT_MISSING] = { "limit_missing", "missing_instruction", 6 },
	[SQLDIFF_LIMIT_EXTRA] = { "limit_extra", "missing_instruction", 6 },
	[SQLDIFF_FILTER_COLUMN] = { "filter_column", "wrong_filter", 3 },
	[SQLDIFF_FILTER_OPERATOR] = { "filter_operator", "wrong_filter", 3 },
	[SQLDIFF_FILTER_VALUE] = { "filter_value", "wrong_filter", 3 },
	[SQLDIFF_FILTER_MISSING] = { "filter_missing", "missing_filter", 3 },
	[SQLDIFF_FILTER_EXTRA] = { "filter_extra", "wrong_filter", 3 },
	[SQLDIFF_COLUMN_WRONG] = { "column_wrong", "wrong_column", 1 },
	[SQLDIFF_COLUMN_MISSING] = { "column_missing", "wrong_column", 1 },
	[SQLDIFF_COLUMN_EXTRA] = { "column_extra", "wrong_column", 1 },
	[SQLDIFF_ORDER_BY_MISSING] = { "order_by_missing", "missing_instruction", 6 },
	[SQLDIFF_ORDER_BY_KEY] = { "order_by_key", "missing_instruction", 6 },
	[SQLDIFF_ORDER_BY_DIRECTION] = { "order_by_direction", "missing_instruction", 6 },
};

const char *sqldiff_class_text(enum sqldiff_class class)
{
	return classes[class].text;
}

const char *sqldiff_failure_type(enum sqldiff_class class)
{
	return classes[class].failure_type;
}

int sqldiff_lever(enum sqldiff_class class)
{
	return classes[class].lever;
}

/* ---- tables and joins --------------------------------------------------- */

/* Is source i a table or function that the canonical tree still has? */
static bool stands(const struct sqlcanon *side, size_t i)
{
	enum sqlsource_kind kind = side->scope.source[i].kind;
	return (kind == SQLSRC_TABLE || kind == SQLSRC_TVF) && side->name && side->name[i];
}

static bool has_table(const struct sqlcanon *side, const char *name)
{
	for (size_t i = 0; i < side->scope.n; i++)
		if (stands(side, i) && sql_same_name(side->scope.source[i].name, name))
			return true;
	return false;
}

/* Tables of one side that the other lacks, each once. */
static struct strlist lacking(const struct sqlcanon *side, const struct sqlcanon *from)
{
	struct strlist out = { 0 };
	for (size_t i = 0; i < side->scope.n; i++) {
		const struct sqlsource *source = &side->scope.source[i];
		if (stands(side, i) && !has_table(from, source->name))
			strlist_add_new(&out, source->name);
	}
	return out;
}

static bool compare_tables(struct differ *d)
{
	struct strlist missing = lacking(&d->a, &d->b), extra = lacking(&d->b, &d->a);
	bool differ = missing.n || extra.n;
	for (size_t i = 0; i < missing.n || i < extra.n; i++) {
		const char *gold = i < missing.n ? arena_strdup(d->arena, missing.v[i]) : "";
		const char *other = i < extra.n ? arena_strdup(d->arena, extra.v[i]) : "";
		diff_report_text(d, *gold && *other ? SQLDIFF_TABLE_WRONG : *gold
			? SQLDIFF_TABLE_MISSING
			: SQLDIFF_TABLE_EXTRA,
			"FROM", gold, other, *gold ? gold : other);
	}
	strlist_free(&missing);
	strlist_free(&extra);
	return differ;
}

static bool joins_sources(const struct sqlnode *node)
{
	return node->kind == SQLN_BINARY && node->n == 2 && node->kid[0]->kind == SQLN_COLUMN
		&& node->kid[1]->kind == SQLN_COLUMN && node->kid[0]->nparts > 1
		&& node->kid[1]->nparts > 1
		&& !streq(node->kid[0]->part[0], node->kid[1]->part[0]);
}

/* Conditions between two sources leave the filters. */
static struct nodes split_joins(struct differ *d, struct nodes *filters)
{
	struct nodes joins = { arena_alloc(d->arena, (filters->n + 1) * sizeof(*joins.v)), 0 };
	for (size_t i = 0; i < filters->n;) {
		if (!joins_sources(filters->v[i])) {
			i++;
			continue;
		}
		joins.v[joins.n++] = filters->v[i];
		diff_take(filters, i);
	}
	return joins;
}

static const char *source_label(const struct sqlnode *node)
{
	const struct sqlnode *right = node->kind == SQLN_JOIN && node->n ? node->kid[0] : node;
	return right->alias ? right->alias : "";
}

/* Joined tables that stand otherwise on the other side: LEFT against INNER. The
 * conditions of the LEFT join leave the lists. */
static void join_types(struct differ *d, struct nodes *from_a, struct nodes *from_b,
	struct nodes *joins,
	struct nodes *filters)
{
	for (size_t i = 0; i < from_a->n; i++) {
		for (size_t k = 0; k < from_b->n; k++) {
			const struct sqlnode *a = from_a->v[i], *b = from_b->v[k];
			const struct sqlnode *on = sqlnode_child(a->kind == SQLN_JOIN ? a : b,
				SQLN_ON);
			if (!*source_label(a) || !streq(source_label(a), source_label(b)))
				continue;
			if (a->kind == b->kind && streq(a->text, b->text))
				diff_report(d, a->kind == SQLN_TVF ? SQLDIFF_UDF_OR_TVF_ARGUMENT
					: a->kind == SQLN_JOIN
					? SQLDIFF_JOIN_CONDITION : SQLDIFF_TABLE_WRONG, "FROM", a,
						b);
			else
				diff_report(d, SQLDIFF_JOIN_TYPE, "FROM", a, b);
			for (size_t c = 0; on && a->kind != b->kind && c < on->n; c++)
				for (int list = 0; list < 2; list++)
					for (size_t x = 0; x < (list ? filters : joins)->n; x++)
						if (streq(diff_text_of(d, (list ? filters
							: joins)->v[x]), diff_text_of(d,
							on->kid[c])))
							diff_take(list ? filters : joins, x--);
			diff_take(from_a, i--);
			diff_take(from_b, k);
			break;
		}
	}
}

static void compare_from(struct differ *d, const struct sqlnode *a, const struct sqlnode *b,
	struct nodes *fa,
	struct nodes *fb, bool tables)
{
	struct nodes from_a = diff_copy_kids(d, sqlnode_child(a, SQLN_FROM)),
		from_b = diff_copy_kids(d,
		sqlnode_child(b, SQLN_FROM));
	struct nodes ja = split_joins(d, fa), jb = split_joins(d, fb);
	diff_cancel(d, &from_a, &from_b);
	diff_cancel(d, &ja, &jb);
	if (from_a.n && from_b.n) {
		struct nodes *inner_joins = ja.n > jb.n ? &ja : &jb, *inner_filters = ja.n > jb.n
			? fa : fb;
		join_types(d, &from_a, &from_b, inner_joins, inner_filters);
	}
	for (size_t i = 0; i < from_a.n && !tables; i++)
		diff_report(d, SQLDIFF_JOIN_MISSING, "FROM", from_a.v[i], NULL);
	for (size_t i = 0; i < from_b.n && !tables; i++)
		diff_report(d, SQLDIFF_JOIN_EXTRA, "FROM", NULL, from_b.v[i]);
	for (size_t i = 0; i < ja.n || i < jb.n; i++)
		diff_report(d, i < ja.n && i >= jb.n && tables ? SQLDIFF_JOIN_MISSING : i >= ja.n
			&& tables ? SQLDIFF_JOIN_EXTRA
			: SQLDIFF_JOIN_CONDITION, "FROM", i < ja.n ? ja.v[i] : NULL, i < jb.n
				? jb.v[i] : NULL);
}

static void compare_select(struct differ *d, const struct sqlnode *a, const struct sqlnode *b,
	bool tables)
{
	struct nodes fa = diff_copy_kids(d, sqlnode_child(a, SQLN_WHERE)), fb = diff_copy_kids(d,
		sqlnode_child(b, SQLN_WHERE));
	const struct sqlnode *ha = sqlnode_child(a, SQLN_HAVING), *hb = sqlnode_child(b,
		SQLN_HAVING);
	const struct sqlnode *qa = sqlnode_child(a, SQLN_QUALIFY), *qb = sqlnode_child(b,
		SQLN_QUALIFY);
	compare_from(d, a, b, &fa, &fb, tables);
	diff_compare_filters(d, &fa, &fb);
	if (!streq(diff_text_of(d, ha), diff_text_of(d, hb)))
		diff_report(d, SQLDIFF_HAVING, "HAVING", ha, hb);
	if (!streq(diff_text_of(d, qa), diff_text_of(d, qb)))
		diff_report(d, SQLDIFF_WINDOW, "QUALIFY", qa, qb);
	diff_compare_items(d, diff_items_of(d, a), diff_items_of(d, b));
	diff_compare_groups(d, a, b);
	if ((a->flags ^ b->flags) & SQLF_DISTINCT && !sqlnode_child(a, SQLN_GROUP)
		&& !sqlnode_child(b, SQLN_GROUP))
		diff_report_text(d, SQLDIFF_AGGREGATION_DISTINCT, "SELECT", a->flags & SQLF_DISTINCT
			? "DISTINCT" : "",
			b->flags & SQLF_DISTINCT ? "DISTINCT" : "", "");
}

/* ---- whole queries ------------------------------------------------------ */

static void compare_body(struct differ *d, const struct sqlnode *a, const struct sqlnode *b,
	bool tables)
{
	if (!a || !b)
		return;
	if (a->kind == SQLN_SETOP || b->kind == SQLN_SETOP) {
		if (a->kind != b->kind || !streq(a->text, b->text) || a->flags != b->flags)
			diff_report(d, SQLDIFF_SET_OPERATION, "SET", a->kind == SQLN_SETOP ? a
				: NULL,
				b->kind == SQLN_SETOP ? b : NULL);
		for (size_t i = 0; a->kind == b->kind && i < a->n && i < b->n; i++)
			compare_body(d, sqlnode_body(a->kid[i]), sqlnode_body(b->kid[i]), tables);
		return;
	}
	if (a->kind == SQLN_SELECT && b->kind == SQLN_SELECT)
		compare_select(d, a, b, tables);
}

static void compare_order(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	if (a && !b)
		diff_report(d, SQLDIFF_ORDER_BY_MISSING, "ORDER BY", a, NULL);
	if (!a && b)
		diff_report(d, SQLDIFF_ORDER_BY_KEY, "ORDER BY", NULL, b);
	if (!a || !b)
		return;
	for (size_t i = 0; i < a->n || i < b->n; i++) {
		const struct sqlnode *ka = i < a->n ? a->kid[i] : NULL, *kb = i < b->n ? b->kid[i]
			: NULL;
		if (!ka || !kb || !ka->n || !kb->n || !streq(diff_text_of(d, ka->kid[0]),
			diff_text_of(d,
			kb->kid[0])))
			diff_report(d, SQLDIFF_ORDER_BY_KEY, "ORDER BY", ka ? ka->kid[0] : NULL, kb
				? kb->kid[0] : NULL);
		else if (ka->flags != kb->flags)
			diff_report_text(d, SQLDIFF_ORDER_BY_DIRECTION, "ORDER BY",
				arena_printf(d->arena, "%s%s", diff_text_of(d, ka->kid[0]),
				ka->flags & SQLF_DESC ? " DESC" : ""),
				arena_printf(d->arena, "%s%s", diff_text_of(d, kb->kid[0]),
					kb->flags & SQLF_DESC ? " DESC" : ""),
				diff_blame_of(d, ka, &d->a));
	}
}

static void compare_limit(struct differ *d, const struct sqlnode *a, const struct sqlnode *b)
{
	for (int i = 0; i < 2; i++) {
		const struct sqlnode *la = sqlnode_child(a, i ? SQLN_OFFSET : SQLN_LIMIT),
			*lb = sqlnode_child(b, i ? SQLN_OFFSET : SQLN_LIMIT);
		if (!streq(diff_text_of(d, la), diff_text_of(d, lb)))
			diff_report(d, la && lb ? SQLDIFF_LIMIT_VALUE : la ? SQLDIFF_LIMIT_MISSING
				: SQLDIFF_LIMIT_EXTRA,
				"LIMIT", la, lb);
	}
}

static int by_cause(const void *a, const void *b)
{
	const struct sqldiff_item *x = a, *y = b;
	int clause = strcmp(x->clause, y->clause), text = strcmp(x->gold, y->gold);
	return x->class != y->class ? (x->class < y->class ? -1 : 1) : clause ? clause : text ? text
		: strcmp(x->other, y->other);
}

/* Joins, and whatever names a table that one side lacks, follow from the tables;
 * columns follow from groups. */
static void mark_consequences(struct differ *d)
{
	struct sqldiff *out = d->out;
	if (out->n == 0)
		return;
	qsort(out->item, out->n, sizeof(*out->item), by_cause);
	for (size_t i = 1; i < out->n; i++) {
		enum sqldiff_class class = out->item[i].class, first = out->item[0].class;
		bool by_table = first >= SQLDIFF_TABLE_WRONG && first <= SQLDIFF_TABLE_EXTRA;
		bool join = class >= SQLDIFF_JOIN_TYPE && class <= SQLDIFF_JOIN_CONDITION;
		bool column = class >= SQLDIFF_COLUMN_WRONG && class <= SQLDIFF_COLUMN_EXTRA;
		bool by_group = first == SQLDIFF_GROUP_BY_MISSING || first == SQLDIFF_GROUP_BY_EXTRA
			|| first == SQLDIFF_TEMPORAL_GRAIN;
		out->item[i].consequence = first <= SQLDIFF_UNRESOLVED_NAME || (by_table
			&& class > SQLDIFF_TABLE_EXTRA
			&& (join || column || class == SQLDIFF_GROUP_BY_MISSING
				|| class == SQLDIFF_GROUP_BY_EXTRA))
			|| (by_group && (column || class == SQLDIFF_GROUP_BY_MISSING
				|| class == SQLDIFF_GROUP_BY_EXTRA));
	}
}

/* main.sales.orders and orders are one table: the longer name is cut. */
static void shorten(struct sqlnode *node, const struct sqlcanon *others)
{
	for (size_t i = 0; (node->kind == SQLN_TABLE || node->kind == SQLN_TVF)
		&& i < others->scope.n; i++) {
		const struct sqlnode *other = others->scope.source[i].node;
		size_t cut = node->nparts > other->nparts ? node->nparts - other->nparts : 0;
		bool same = cut > 0 && other->nparts > 0;
		for (size_t k = 0; same && k < other->nparts; k++)
			same = strieq(node->part[cut + k], other->part[k]);
		if (same) {
			node->part += cut;
			node->nparts -= cut;
		}
	}
	for (size_t i = 0; i < node->n; i++)
		shorten(node->kid[i], others);
}

static bool unresolved(struct differ *d)
{
	bool found = false;
	for (size_t i = 0; i < d->b.scope.nunresolved; i++) {
		const char *name = d->b.scope.unresolved[i];
		bool both = false;
		for (size_t k = 0; k < d->a.scope.nunresolved; k++)
			both = both || streq(d->a.scope.unresolved[k], name);
		if (!both) {
			diff_report_text(d, SQLDIFF_UNRESOLVED_NAME, "", "", name, name);
			found = true;
		}
	}
	return found;
}

/* An order that the gold does not ask for does no harm, unless it decides a LIMIT. */
static void drop_order(const struct sqlnode *gold, struct sqlnode *other)
{
	size_t n = 0;
	if (sqlnode_child(gold, SQLN_ORDER) || sqlnode_child(other, SQLN_LIMIT)
		|| sqlnode_child(other, SQLN_OFFSET))
		return;
	for (size_t i = 0; i < other->n; i++)
		if (other->kid[i]->kind != SQLN_ORDER)
			other->kid[n++] = other->kid[i];
	other->n = n;
}

static const char *sorted_items(struct differ *d, const struct sqlnode *query)
{
	struct sqlnode *copy = sqlnode_copy(d->arena, query);
	const struct sqlnode *body = sqlnode_body(copy);
	struct strlist items = { 0 };
	struct str out = STR_INIT;
	const char *text;
	for (size_t i = 0; body && body->kind == SQLN_SELECT && i < body->n; i++)
		if (body->kid[i]->kind == SQLN_ITEM) {
			strlist_add(&items, diff_text_of(d, body->kid[i]));
			body->kid[i] = sqlnode_new(d->arena, SQLN_NULL, NULL);
		}
	strlist_sort(&items);
	sqlnode_print(copy, &out);
	for (size_t i = 0; i < items.n; i++)
		str_addf(&out, "\n%s", items.v[i]);
	text = arena_strdup(d->arena, str_text(&out));
	str_free(&out);
	strlist_free(&items);
	return text;
}

/* A difference that no clause shows lies deeper, in a subquery: it is blamed on the
 * sources. */
static void last_resort(struct differ *d)
{
	struct sqldiff *diff = d->out;
	if (diff->n || !diff->comparable)
		return;
	diff->permuted = streq(sorted_items(d, d->a.query), sorted_items(d, d->b.query));
	if (!diff->permuted)
		diff_report_text(d, SQLDIFF_COLUMN_WRONG, "", diff->gold, diff->other, "");
}

void sqldiff(struct sqldiff *diff, struct arena *arena, const char *gold, const char *other,
	const struct sqlcatalog *catalog, unsigned options)
{
	struct differ d = { .arena = arena, .out = diff };
	bool tables;
	*diff = (struct sqldiff){ .gold = "", .other = "" };
	sqlcanon(&d.a, arena, gold, catalog, options);
	sqlcanon(&d.b, arena, other, catalog, options);
	diff->comparable = d.a.query && d.b.query && !d.a.problems && !d.b.problems;
	if (d.b.problems && !d.a.problems)
		diff_report_text(&d, SQLDIFF_SYNTAX, "", "", d.b.problem, "");
	if (!d.a.query || !d.b.query)
		return;
	shorten(d.a.query, &d.b);
	shorten(d.b.query, &d.a);
	drop_order(d.a.query, d.b.query);
	diff->gold = diff_text_of(&d, d.a.query);
	diff->other = diff_text_of(&d, d.b.query);
	diff->equal = diff->comparable && streq(diff->gold, diff->other);
	if (diff->equal)
		return;
	unresolved(&d);
	tables = compare_tables(&d);
	compare_body(&d, sqlnode_body(d.a.query), sqlnode_body(d.b.query), tables);
	compare_order(&d, sqlnode_child(d.a.query, SQLN_ORDER), sqlnode_child(d.b.query,
		SQLN_ORDER));
	compare_limit(&d, d.a.query, d.b.query);
	last_resort(&d);
	mark_consequences(&d);
}
