/* The slice of a patch set: questions that meet what it touches. */
#include "artifact.h"
#include "input.h"

#include "json.h"
#include "mem.h"
#include "rows.h"
#include "sqllex.h"
#include "sqltext.h"

#include <stdlib.h>
#include <string.h>

struct patched {
	struct strlist objects;   /* bare table, view and function names */
	struct strlist columns;
	struct strlist questions; /* that the patches name */
};

static const char *last_part(struct arena *arena, const char *name)
{
	const char *parts[SQL_NAME_PARTS];
	size_t n = sql_split_name(arena, name, parts);
	return n ? parts[n - 1] : name;
}

static void add_ids(struct strlist *list, const struct json *ids)
{
	for (const struct json *id = json_first(ids); id; id = json_next(id))
		if (json_text(id))
			strlist_add_new(list, json_text(id));
}

/* Every object below a document that has a `target` is a patch. */
static void collect(struct patched *out, struct arena *arena, const struct json *json)
{
	const char *target = json_str_or(json, "target", NULL);
	const char *column = json_str_or(json, "column", NULL);
	if (target && *target)
		strlist_add_new(&out->objects, last_part(arena, target));
	if (target && column && *column)
		strlist_add_new(&out->columns, column);
	add_ids(&out->questions, json_get(json, "questions"));
	add_ids(&out->questions, json_get(json, "questions_at_risk"));
	for (const struct json *child = json_first(json); child; child = json_next(child))
		if (json_is(child, JSON_OBJECT) || json_is(child, JSON_ARRAY))
			collect(out, arena, child);
}

struct patched *patched_load(const char *path, struct err *err)
{
	if (!path) {
		err_set(err, ERR_USAGE, "--scope slice needs --patched FILE");
		return NULL;
	}
	struct json *json = artifact_load(path, "patches|apply", err);
	if (!json)
		return NULL;
	struct patched *out = xcalloc(1, sizeof *out);
	struct arena arena = { 0 };
	collect(out, &arena, json);
	arena_free(&arena);
	json_free(json);
	return out;
}

void patched_free(struct patched *patched)
{
	if (!patched)
		return;
	strlist_free(&patched->objects);
	strlist_free(&patched->columns);
	strlist_free(&patched->questions);
	free(patched);
}

static bool has_name(const struct strlist *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strieq(list->v[i], name))
			return true;
	return false;
}

static bool any_listed(const struct strlist *list, const struct json *names)
{
	struct arena arena = { 0 };
	bool found = false;
	for (const struct json *n = json_first(names); n && !found; n = json_next(n))
		found = json_text(n) && has_name(list, last_part(&arena, json_text(n)));
	arena_free(&arena);
	return found;
}

/* Names in the SQL, whatever they are there: a slice may be too wide, not too narrow. */
static bool sql_names(const struct strlist *list, const char *sql)
{
	struct arena arena = { 0 };
	struct sqllex lex;
	bool found = false;
	sqllex_scan(&lex, &arena, sql, strlen(sql), 0);
	for (size_t i = 0; i < lex.n && !found; i++)
		found = sqllex_name(&lex, i) && has_name(list, sqllex_value(&lex, i, &arena));
	arena_free(&arena);
	return found;
}

bool patched_meets(const struct patched *patched, const struct json *row)
{
	const struct json *sql = json_get(row, "expected_sql");
	if (strlist_has(&patched->questions, row_id(row))
	    || any_listed(&patched->objects, json_get(row, "required_tables"))
	    || any_listed(&patched->columns, json_get(row, "required_columns")))
		return true;
	if (json_text(sql))
		return sql_names(&patched->objects, json_text(sql));
	for (const struct json *one = json_first(sql); one; one = json_next(one))
		if (json_text(one) && sql_names(&patched->objects, json_text(one)))
			return true;
	return false;
}
