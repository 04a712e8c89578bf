#include "facts.h"

#include "json.h"
#include "sqlfacts.h"
#include "str.h"

#include <string.h>

static const char *bare(struct arena *arena, const char *name)
{
	const char *parts[SQL_NAME_PARTS];
	size_t n = sql_split_name(arena, name, parts);
	return n ? parts[n - 1] : name;
}

static void push_new(struct json *list, const char *text)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (streq(json_text(one), text))
			return;
	json_push_str(list, text);
}

static struct json *tables(struct arena *arena, const struct sqlfacts *facts)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < facts->ntables; i++)
		push_new(list, bare(arena, facts->table[i].name));
	return list;
}

/* A column of a CTE is made by the query itself; one that cannot be placed may be a table's. */
static struct json *columns(const struct sqlfacts *facts)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < facts->ncolumns; i++) {
		const struct sqlfact_column *c = &facts->column[i];
		if (!c->table || *c->table)
			push_new(list, c->column);
	}
	return list;
}

static bool is_table(const struct sqlfacts *facts, const char *name)
{
	for (size_t i = 0; i < facts->ntables; i++)
		if (streq(facts->table[i].name, name))
			return true;
	return false;
}

/* Two CTEs that are joined are a matter of this query alone. */
static struct json *joins(struct arena *arena, const struct sqlfacts *facts)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < facts->njoins; i++) {
		const struct sqlfact_join *j = &facts->join[i];
		if (!is_table(facts, j->left) && !is_table(facts, j->right))
			continue;
		push_new(list, *j->condition ? j->condition : arena_printf(arena, "%s CROSS %s",
			bare(arena, j->left), bare(arena, j->right)));
	}
	return list;
}

/* Takes list. */
static void put(struct json *question, const char *key, struct json *list, enum facts_mode mode)
{
	if (mode == FACTS_REPLACE || !json_len(json_get(question, key)))
		json_set(question, key, list);
	else
		json_free(list);
}

static void fill(struct json *question, enum facts_mode mode)
{
	struct arena arena = { 0 };
	struct sqlfacts facts;
	const struct json *sql = json_get(question, "expected_sql");
	const char *text = json_text(sql) ? json_text(sql) : json_text(json_at(sql, 0));
	if (text)
		sqlfacts(&facts, &arena, text, NULL);
	if (text && facts.kind != SQL_EMPTY && !facts.problems) {
		put(question, "required_tables", tables(&arena, &facts), mode);
		put(question, "required_columns", columns(&facts), mode);
		put(question, "required_joins", joins(&arena, &facts), mode);
	}
	arena_free(&arena);
}

void facts_fill(const struct bench *bench, enum facts_mode mode)
{
	for (size_t i = 0; mode != FACTS_KEEP && i < bench->n; i++)
		fill(bench->questions[i].json, mode);
}
