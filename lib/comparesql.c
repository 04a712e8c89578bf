#include "comparesql.h"

#include "mem.h"
#include "sqlast.h"
#include "str.h"
#include "table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Words that ask for an order in a question. A time series alone does not. */
static const char *const order_words[] = {
	"top", "bottom", "rank", "ranks", "ranked", "ranking", "sort", "sorted", "order", "ordered",
	"highest", "lowest", "largest", "smallest", "biggest", "most", "least", "best", "worst",
	"ascending", "descending", "chronological", "alphabetical", "alphabetically",
};

bool question_asks_order(const char *question)
{
	char word[32];
	for (const char *s = question ? question : ""; *s;) {
		size_t n = 0;
		for (; *s && !isalpha((unsigned char)*s); s++)
			continue;
		for (; isalpha((unsigned char)*s); s++)
			if (n + 1 < sizeof word)
				word[n++] = (char)tolower((unsigned char)*s);
		word[n] = '\0';
		for (size_t i = 0; i < countof(order_words); i++)
			if (streq(word, order_words[i]))
				return true;
	}
	return false;
}

/* The SELECT whose items are the output; NULL for set operations and VALUES. */
static const struct sqlnode *output_select(const struct sqlnode *query)
{
	const struct sqlnode *body = sqlnode_body(query);
	return body && body->kind == SQLN_SELECT ? body : NULL;
}

/* Name of output column i as the result has it. */
static const char *output_name(const struct table *gold, const struct sqlnode *item, size_t i,
			       bool stars)
{
	if (item && item->alias)
		return item->alias;
	if (!stars && gold && i < gold->ncolumns)
		return gold->columns[i].name;
	const struct sqlnode *expr = item && item->n ? item->kid[0] : NULL;
	return expr && expr->kind == SQLN_COLUMN ? sqlnode_name(expr) : NULL;
}

/* The output column that an order key means; NULL when the output lacks it. */
static const char *key_column(struct arena *arena, const struct sqlnode *select,
			      const struct sqlnode *expr, const struct table *gold)
{
	char *text = sqlnode_text(arena, expr);
	bool stars = false;
	long ordinal = expr->kind == SQLN_NUMBER ? strtol(expr->text, NULL, 10) : 0;
	size_t position = 0;
	for (size_t i = 0; select && i < select->n; i++) {
		const struct sqlnode *item = select->kid[i];
		if (item->kind != SQLN_ITEM || !item->n)
			continue;
		position++;
		stars |= item->kid[0]->kind == SQLN_STAR;
		const char *name = output_name(gold, item, position - 1, stars);
		bool same = ordinal ? (long)position == ordinal
			: strieq(sqlnode_text(arena, item->kid[0]), text)
			|| (expr->kind == SQLN_COLUMN && expr->nparts == 1
			    && strieq(item->alias, sqlnode_name(expr)));
		if (same)
			return name;
	}
	if (expr->kind == SQLN_COLUMN && gold && table_find(gold, sqlnode_name(expr)) >= 0)
		return arena_strdup(arena, sqlnode_name(expr));
	return NULL;
}

static void read_keys(struct arena *arena, const struct sqlnode *query, const struct sqlnode *order,
		      const struct table *gold, struct compare_context *out)
{
	struct compare_key *keys = arena_alloc(arena, (order->n + 1) * sizeof *keys);
	for (size_t i = 0; i < order->n; i++) {
		const struct sqlnode *key = order->kid[i];
		if (key->kind != SQLN_KEY || !key->n)
			continue;
		keys[out->nkeys].column = key_column(arena, output_select(query), key->kid[0], gold);
		keys[out->nkeys++].desc = key->flags & SQLF_DESC;
	}
	out->keys = keys;
}

char *compare_without_limit(struct arena *arena, const char *gold_sql)
{
	struct sqlparse parse;
	sqlparse(&parse, arena, gold_sql, 0);
	if (!parse.query || parse.problems || sqlnode_child(parse.query, SQLN_OFFSET))
		return NULL;
	struct sqlnode *query = parse.query;
	for (size_t i = 0; i < query->n; i++) {
		if (query->kid[i]->kind != SQLN_LIMIT)
			continue;
		for (size_t k = i + 1; k < query->n; k++)
			query->kid[k - 1] = query->kid[k];
		query->n--;
		return sqlnode_text(arena, query);
	}
	return NULL;
}

void compare_context_read(struct arena *arena, const char *gold_sql, const char *question,
			  const struct table *gold, struct compare_context *out)
{
	struct sqlparse parse;
	*out = (struct compare_context){ .asks_order = question_asks_order(question) };
	sqlparse(&parse, arena, gold_sql, 0);
	const struct sqlnode *query = parse.query;
	/* Brackets around a whole query keep its order: (SELECT .. ORDER BY x). */
	while (query && query->n == 1 && query->kid[0]->kind == SQLN_QUERY)
		query = query->kid[0];
	const struct sqlnode *order = sqlnode_child(query, SQLN_ORDER);
	const struct sqlnode *limit = sqlnode_child(query, SQLN_LIMIT);
	if (order && !streq(order->text, "DISTRIBUTE") && !streq(order->text, "CLUSTER")) {
		out->gold_ordered = true;
		read_keys(arena, query, order, gold, out);
	}
	if (limit && limit->n && limit->kid[0]->kind == SQLN_NUMBER) {
		out->limited = true;
		out->limit = strtoll(limit->kid[0]->text, NULL, 10);
	}
}
