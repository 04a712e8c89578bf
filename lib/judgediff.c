#include "judgediff.h"

#include "sqldiff.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *bare_name(const char *name)
{
	const char *dot = name ? strrchr(name, '.') : NULL;
	return dot ? dot + 1 : name;
}

bool same_table(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	if (strstr(a, "${") || strstr(b, "${"))
		return strieq(bare_name(a), bare_name(b));
	return sql_same_name(a, b);
}

static enum fault_kind kind_of(enum sqldiff_class class)
{
	if (class >= SQLDIFF_TABLE_WRONG && class <= SQLDIFF_TABLE_EXTRA)
		return FAULT_TABLE;
	if (class >= SQLDIFF_JOIN_TYPE && class <= SQLDIFF_JOIN_CONDITION)
		return FAULT_JOIN;
	switch (class) {
	case SQLDIFF_UDF_OR_TVF_ARGUMENT:
		return FAULT_CALL;
	case SQLDIFF_METRIC_VIEW_MEASURE:
	case SQLDIFF_AGGREGATION_ARGUMENT:
		return FAULT_MEASURE;
	case SQLDIFF_TEMPORAL_GRAIN:
	case SQLDIFF_GROUP_BY_MISSING:
	case SQLDIFF_GROUP_BY_EXTRA:
		return FAULT_GROUP;
	case SQLDIFF_TEMPORAL_WINDOW:
		return FAULT_TEMPORAL;
	case SQLDIFF_HAVING:
	case SQLDIFF_FILTER_COLUMN:
	case SQLDIFF_FILTER_OPERATOR:
	case SQLDIFF_FILTER_VALUE:
	case SQLDIFF_FILTER_MISSING:
		return FAULT_FILTER;
	case SQLDIFF_FILTER_EXTRA:
		return FAULT_EXTRA_FILTER;
	case SQLDIFF_LIMIT_VALUE:
	case SQLDIFF_LIMIT_MISSING:
	case SQLDIFF_LIMIT_EXTRA:
		return FAULT_LIMIT;
	case SQLDIFF_UNRESOLVED_NAME:
	case SQLDIFF_COLUMN_WRONG:
		return FAULT_COLUMN;
	case SQLDIFF_COLUMN_MISSING:
		return FAULT_OUTPUT;
	case SQLDIFF_SYNTAX:
	case SQLDIFF_COLUMN_EXTRA:
	case SQLDIFF_FORMAT:
	case SQLDIFF_TYPE_CAST:
		return FAULT_FORM;
	case SQLDIFF_ORDER_BY_MISSING:
	case SQLDIFF_ORDER_BY_KEY:
	case SQLDIFF_ORDER_BY_DIRECTION:
		return FAULT_ORDER;
	default:
		return FAULT_AGGREGATE;
	}
}

/* Is `word` a word of the text, letter case ignored? */
static bool has_word(const char *text, const char *word)
{
	size_t n = word ? strlen(word) : 0;
	for (const char *at = text; n && (at = stristr(at, word)) != NULL; at++) {
		bool left = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_');
		if (left && !isalnum((unsigned char)at[n]) && at[n] != '_')
			return true;
	}
	return false;
}

/* Does the question name a literal ('Active', 5) that only this side's text has? */
static bool names_literal(struct arena *arena, const char *question, const char *text,
			  const char *other)
{
	for (const char *s = text; *s;) {
		size_t n = 0;
		bool quoted = *s == '\'';
		const char *start = s + quoted;
		if (quoted)
			n = strcspn(start, "'");
		else if (isdigit((unsigned char)*s) && (s == text || !isalnum((unsigned char)s[-1])))
			n = strspn(start, "0123456789.");
		if (n > 0 && n <= 60) {
			char *value = arena_strndup(arena, start, n);
			if (has_word(question, value) && !has_word(other, value))
				return true;
		}
		s = start + n + (quoted && start[n]) + (n == 0 && !quoted);
	}
	return false;
}

/* The first column of these facts that the text names. */
static const struct sqlfact_column *column_in(const struct sqlfacts *facts, const char *text)
{
	for (size_t i = 0; i < facts->ncolumns; i++)
		if (has_word(text, facts->column[i].column))
			return &facts->column[i];
	return NULL;
}

/* The full name of a table by its bare or qualified one; NULL: not among them. */
static const char *table_named(const struct sqlfacts *facts, const char *name)
{
	for (size_t i = 0; name && i < facts->ntables; i++)
		if (strieq(bare_name(facts->table[i].name), bare_name(name)))
			return facts->table[i].name;
	return NULL;
}

/* "table.column", "table" or "" in parts. */
static void blame_place(struct arena *arena, struct fault *f, const char *blame,
			const struct sqlfacts *gold, const struct sqlfacts *genie)
{
	const char *dot = strrchr(blame, '.');
	bool is_table = f->kind == FAULT_TABLE || f->kind == FAULT_CALL || f->kind == FAULT_JOIN;
	if (!*blame)
		return;
	if (is_table && (!dot || !column_in(gold, dot + 1))) {
		f->table = blame;
	} else {
		f->table = dot ? arena_strndup(arena, blame, (size_t)(dot - blame)) : NULL;
		f->column = dot ? dot + 1 : blame;
	}
	const char *full = table_named(gold, f->table);
	full = full ? full : table_named(genie, f->table);
	f->table = full; /* a subquery is nothing that metadata could describe */
}

static void fill(struct arena *arena, struct fault *f, const struct sqldiff_item *item,
		 const struct sqlfacts *gold, const struct sqlfacts *genie, const char *question)
{
	blame_place(arena, f, item->blame ? item->blame : "", gold, genie);
	const struct sqlfact_column *g = column_in(gold, f->expected);
	const struct sqlfact_column *p = column_in(genie, f->actual);
	if (f->kind == FAULT_TABLE) {
		f->other_table = *f->actual ? table_named(genie, f->actual) : NULL;
		if (*f->expected && table_named(gold, f->expected))
			f->table = table_named(gold, f->expected);
	} else if (!f->column && g && f->kind != FAULT_CALL) {
		f->table = g->table;
		f->column = g->column;
	}
	if (f->kind != FAULT_TABLE && p) {
		f->other_table = p->table;
		f->other_column = p->column;
	}
	f->gold_in_question = names_literal(arena, question, f->expected, f->actual);
	f->genie_in_question = names_literal(arena, question, f->actual, f->expected);
}

/* What does not make an answer wrong by itself. */
static bool is_soft(enum sqldiff_class class, const struct fault *f)
{
	switch (class) {
	case SQLDIFF_COLUMN_EXTRA:
	case SQLDIFF_FORMAT:
	case SQLDIFF_TYPE_CAST:
		return true;
	case SQLDIFF_LIMIT_EXTRA:
		return !f->genie_in_question;
	default:
		return false;
	}
}

/* A difference of another sort than its class says, once both texts are looked at. */
static void refine(struct fault *f, enum sqldiff_class class, const struct judge_sql *sql)
{
	bool same_column = f->column && strieq(f->column, f->other_column);
	bool call = strchr(f->expected, '(') != NULL;
	if (class == SQLDIFF_AGGREGATION_ARGUMENT && f->column && f->other_column && !same_column) {
		/* The sum of another column is a matter of what the columns mean. */
		f->type = "wrong_column";
	} else if (f->kind == FAULT_COLUMN && same_column && (call || strchr(f->actual, '('))) {
		f->kind = FAULT_AGGREGATE;
		f->type = "wrong_aggregation";
	} else if ((f->kind == FAULT_COLUMN || f->kind == FAULT_OUTPUT) && sql->genie_facts->star) {
		/* SELECT * holds every column, but adds nothing up. */
		f->kind = call ? FAULT_AGGREGATE : FAULT_FORM;
		f->type = call ? "wrong_aggregation" : f->type;
	} else if (f->kind == FAULT_TEMPORAL && !*f->expected) {
		f->kind = FAULT_EXTRA_FILTER;
		f->type = "wrong_filter";
	} else if (f->kind == FAULT_CALL && !f->table && sql->gold_facts->ncalls) {
		f->table = sql->gold_facts->call[0].name;
	}
}

static bool date_literal(const char *text)
{
	return strlen(text) == 12 && text[0] == '\'' && text[5] == '-' && text[8] == '-';
}

static bool names_today(const char *text)
{
	return stristr(text, "current_date") || stristr(text, "now()")
		|| stristr(text, "current_timestamp");
}

/* Two calls that differ only where the one has a date and the other computes it from today:
 * whether these are the same day, the texts cannot tell. */
static bool dates_only(const struct judge_sql *sql)
{
	const struct sqlfacts *g = sql->gold_facts, *p = sql->genie_facts;
	if (g->ncalls != 1 || p->ncalls != 1 || g->call[0].n != p->call[0].n)
		return false;
	for (size_t i = 0; i < g->call[0].n; i++) {
		const char *a = g->call[0].arg[i].text, *b = p->call[0].arg[i].text;
		if (!strieq(a, b) && !(date_literal(a) && names_today(b))
		    && !(date_literal(b) && names_today(a)))
			return false;
	}
	return true;
}

static bool has_time(const struct sqlfacts *facts)
{
	for (size_t i = 0; i < facts->nfilters; i++)
		if (facts->filter[i].temporal)
			return true;
	return facts->ncalls > 0;
}

/* With other tables, their columns and filters are named otherwise too. */
static bool follows_from_table(const struct fault *f, const struct judge_sql *sql)
{
	if (f->kind == FAULT_TABLE || f->kind == FAULT_LIMIT || f->kind == FAULT_ORDER)
		return false;
	return !*f->expected || (f->kind == FAULT_TEMPORAL && has_time(sql->genie_facts))
		|| (*f->actual && f->kind != FAULT_GROUP);
}

#define CLIP 400 /* bytes of a text that are shown */

static const char *clip(struct arena *arena, const char *text)
{
	size_t n = text ? utf8_fit(text, CLIP) : 0;
	if (!text || !text[n])
		return text ? text : "";
	return arena_printf(arena, "%.*s...", (int)n, text);
}

bool judge_diff(struct arena *arena, const struct judge_sql *sql,
		const struct judge_catalog *catalog, const char *question, bool asks_order,
		struct fault_list *out)
{
	struct sqlcatalog known;
	struct sqldiff diff;
	bool tables = false;
	/* what a LIMIT keeps is decided by the order */
	bool ordered = asks_order || sql->gold_facts->limit;
	judge_catalog_sql(catalog, &known);
	sqldiff(&diff, arena, sql->gold, sql->genie, catalog ? &known : NULL, 0);
	if (!diff.comparable)
		return false;
	for (size_t i = 0; i < diff.n; i++) {
		const struct sqldiff_item *item = &diff.item[i];
		struct fault f = { .kind = kind_of(item->class),
			.type = sqldiff_failure_type(item->class),
			.clause = item->clause ? item->clause : "",
			.expected = item->gold ? item->gold : "",
			.actual = item->other ? item->other : "" };
		fill(arena, &f, item, sql->gold_facts, sql->genie_facts, question);
		refine(&f, item->class, sql);
		/* An order that nobody asked for is no part of the answer. */
		if (item->consequence || (tables && follows_from_table(&f, sql))
		    || (f.kind == FAULT_ORDER && !ordered))
			continue;
		f.expected = clip(arena, f.expected);
		f.actual = clip(arena, f.actual);
		tables |= f.kind == FAULT_TABLE;
		f.soft = f.kind == FAULT_FORM || is_soft(item->class, &f)
			|| (f.kind == FAULT_CALL && dates_only(sql));
		GROW(out->v, out->cap, out->n + 1);
		out->v[out->n++] = f;
	}
	return true;
}
