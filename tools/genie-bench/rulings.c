#include "rulings.h"

#include "json.h"
#include "rows.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

void rulings_free(struct rulings *rulings)
{
	free(rulings->v);
	arena_free(&rulings->arena);
	*rulings = (struct rulings){ 0 };
}

bool ruling_is(const struct ruling *ruling, int which)
{
	return ruling->count[which] * 2 > ruling->rows;
}

static struct ruling *find(struct rulings *rulings, const char *id)
{
	for (size_t i = 0; i < rulings->n; i++)
		if (streq(rulings->v[i].id, id))
			return &rulings->v[i];
	GROW(rulings->v, rulings->cap, rulings->n + 1);
	rulings->v[rulings->n] = (struct ruling){ .id = arena_strdup(&rulings->arena, id) };
	return &rulings->v[rulings->n++];
}

static void add(struct rulings *rulings, const char *id, const char *verdict, const char *sql,
		const char *why)
{
	struct ruling *r = find(rulings, id);
	int which = streq(verdict, "genie_correct") ? RULING_GENIE :
		streq(verdict, "neither_correct") ? RULING_NEITHER : -1;
	r->rows++;
	if (which < 0)
		return;
	r->count[which]++;
	if (!r->sql[which]) {
		r->sql[which] = arena_strdup(&rulings->arena, sql);
		r->why[which] = arena_strdup(&rulings->arena, why);
	}
}

static bool from_document(struct rulings *rulings, const struct json *document, const char *path,
			  struct err *err)
{
	struct json *actions = json_need(document, "arbiter_actions", JSON_ARRAY, err);
	if (!actions)
		return err_wrap(err, "%s", path);
	for (const struct json *one = json_first(actions); one; one = json_next(one)) {
		const char *id = json_need_str(one, "question_id", err);
		if (!id)
			return err_wrap(err, "%s", path);
		add(rulings, id, json_str_or(one, "verdict", ""), json_str_or(one, "genie_sql", NULL),
		    json_str_or(one, "rationale", NULL));
	}
	return true;
}

static bool from_rows(struct rulings *rulings, const char *path, struct err *err)
{
	struct rows *rows = rows_open(path, err);
	enum rows_result result = rows ? ROWS_ROW : ROWS_FAILED;
	struct json *row;
	while (rows && (result = rows_next(rows, &row, err)) == ROWS_ROW) {
		if (!streq(row_outcome(row), "excluded"))
			add(rulings, row_id(row), row_value(row, "arbiter"),
			    json_str_or(row, "genie_sql", NULL), row_rationale(row, "arbiter"));
		json_free(row);
	}
	rows_close(rows);
	return result == ROWS_END;
}

bool rulings_load(struct rulings *rulings, const char *path, struct err *err)
{
	struct err ignored = { 0 };
	struct json *document = streq(path, "-") ? NULL : json_load(path, &ignored);
	bool scores = streq(json_str_or(document, "schema", NULL), "genie/eval/1");
	bool ok = scores ? from_document(rulings, document, path, err) : from_rows(rulings, path, err);
	json_free(document);
	return ok;
}
