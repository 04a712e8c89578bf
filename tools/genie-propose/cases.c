#include "cases.h"

#include "model.h"
#include "words.h"

#include "json.h"
#include "mem.h"
#include "rows.h"

#include <stdlib.h>
#include <string.h>

static const char *first_gold(const struct json *row)
{
	const struct json *sql = json_get(row, "expected_sql");
	return json_text(sql) ? json_text(sql) : json_text(json_at(sql, 0));
}

/* The object that answers: of the outermost FROM, the first that the space has, the
 * metric view or function before tables joined to it. */
static struct object *asset_of(const struct sqlfacts *facts, const struct model *model)
{
	struct object *best = NULL;
	for (size_t i = 0; i < facts->ntables; i++) {
		struct object *o = model_object(model, facts->table[i].name);
		if (o && (!best || (best->kind == OBJECT_TABLE && o->kind != OBJECT_TABLE)))
			best = o;
	}
	return best;
}

/* Gold SQL may hold ${catalog} and ${gold_schema}: the lexer takes them as names, which
 * sql_same_name cannot match; the bare name is enough here. */
static const char *without_variables(struct arena *arena, const char *sql)
{
	struct str out = STR_INIT;
	for (const char *p = sql; *p;) {
		const char *end = starts_with(p, "${") ? strchr(p, '}') : NULL;
		if (end && end[1] == '.') {
			p = end + 2;
			continue;
		}
		str_addc(&out, *p++);
	}
	char *copy = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return copy;
}

static void add_case(struct cases *cases, struct json *row, const struct model *model)
{
	GROW(cases->v, cases->cap, cases->n + 1);
	struct fact_case *c = &cases->v[cases->n++];
	*c = (struct fact_case){ .row = row, .id = row_id(row), .question = row_question(row),
		.split = json_str_or(row, "split", ""), .gold_sql = first_gold(row),
		.genie_sql = json_str_or(row, "genie_sql", NULL), .passes = streq(row_outcome(row), "pass") };
	if (c->gold_sql) {
		c->gold_plain = without_variables(&cases->arena, c->gold_sql);
		sqlfacts(&c->gold, &cases->arena, c->gold_plain, NULL);
	}
	if (c->genie_sql)
		sqlfacts(&c->genie, &cases->arena, c->genie_sql, NULL);
	c->gold_asset = asset_of(&c->gold, model);
	c->genie_asset = asset_of(&c->genie, model);
	content_words(c->question, &c->words);
}

bool cases_load(struct cases *cases, const char *path, const struct model *model, struct err *err)
{
	struct rows *rows = rows_open(path, err);
	if (!rows)
		return false;
	struct json *row;
	enum rows_result result;
	while ((result = rows_next(rows, &row, err)) == ROWS_ROW) {
		if (streq(json_str_or(row, "split", ""), "held_out") || streq(row_outcome(row), "excluded"))
			json_free(row);
		else
			add_case(cases, row, model);
	}
	rows_close(rows);
	return result == ROWS_END;
}

void cases_free(struct cases *cases)
{
	for (size_t i = 0; i < cases->n; i++) {
		json_free(cases->v[i].row);
		strlist_free(&cases->v[i].words);
	}
	free(cases->v);
	arena_free(&cases->arena);
	*cases = (struct cases){ 0 };
}

struct fact_case *cases_find(const struct cases *cases, const char *id)
{
	for (size_t i = 0; i < cases->n; i++)
		if (streq(cases->v[i].id, id))
			return &cases->v[i];
	return NULL;
}

static bool uses(const struct sqlfacts *facts, const char *object, const char *field)
{
	if (!sqlfacts_uses(facts, object))
		return false;
	for (size_t i = 0; field && i < facts->ncolumns; i++)
		if (strieq(facts->column[i].column, field))
			return true;
	for (size_t i = 0; field && i < facts->naggregates; i++)
		if (facts->aggregate[i].column && strieq(facts->aggregate[i].column, field))
			return true;
	return !field;
}

bool case_needs(const struct fact_case *c, const char *object, const char *field)
{
	return c->gold_sql && uses(&c->gold, object, field);
}

bool case_used(const struct fact_case *c, const char *object, const char *field)
{
	return c->genie_sql && uses(&c->genie, object, field);
}
