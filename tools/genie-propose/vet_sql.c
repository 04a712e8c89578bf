#include "vet_sql.h"

#include "callable.h"
#include "model.h"

#include "editsql.h"
#include "json.h"
#include "patch.h"
#include "space.h"
#include "sqlast.h"
#include "sqlfacts.h"
#include "sqllex.h"
#include "sqltext.h"
#include "str.h"
#include "yaml.h"

#include <string.h>

static bool is_view_item(const struct patch *patch)
{
	return patch->type->kind == PATCH_MV_MEASURE || patch->type->kind == PATCH_MV_DIMENSION;
}

/* The expression of a measure or dimension; NULL: it says none. */
static const char *view_expr(const struct patch *patch)
{
	const char *expr = json_str_or(patch->value, "expr", NULL);
	bool plain = patch->type->verb == PATCH_ADD ? !patch->field : false;
	if (expr || !patch->new_text)
		return expr;
	return plain || streq(patch->field, "expr") ? patch->new_text : NULL;
}

bool patch_runs_sql(const struct patch *patch)
{
	switch (patch->type->kind) {
	case PATCH_MV_MEASURE:
	case PATCH_MV_DIMENSION: return view_expr(patch) != NULL;
	case PATCH_MV_YAML:
	case PATCH_TVF_SQL:
	case PATCH_TVF:
	case PATCH_TVF_PARAM: return true;
	default: return false;
	}
}

bool patch_shows_sql(const struct patch *patch)
{
	return json_get(patch->value, "sql") != NULL;
}

/* More than one statement: the rest would be looked at by nobody. */
static bool is_several(struct arena *arena, const char *sql)
{
	struct sqllex lex;
	sqllex_scan(&lex, arena, sql, strlen(sql), 0);
	for (size_t i = 0; i + 1 < lex.n; i++)
		if (sqllex_op(&lex, i, ";") && sqllex_name(&lex, i + 1))
			return true;
	return false;
}

static const char *strange_table(struct arena *arena, const struct model *model, const char *query)
{
	struct sqlfacts facts;
	sqlfacts(&facts, arena, query, NULL);
	for (size_t i = 0; i < facts.ntables; i++)
		if (!model_object(model, facts.table[i].name))
			return arena_printf(arena, "its SQL reads %s, which is not in the space",
				facts.table[i].name);
	return NULL;
}

static const char *query_flaw(struct arena *arena, const struct model *model, const char *sql)
{
	struct sqlparse parse;
	sqlparse(&parse, arena, sql, 0);
	if (parse.problems)
		return arena_printf(arena, "its SQL is not understood: %s", parse.problem);
	return parse.query ? strange_table(arena, model, sql) : "its SQL is no query";
}

static const char *expr_flaw(struct arena *arena, const struct model *model, const char *sql)
{
	struct sqlparse parse;
	sqlparse_expr(&parse, arena, sql, 0);
	if (parse.problems)
		return arena_printf(arena, "its SQL is not understood: %s", parse.problem);
	return strange_table(arena, model, arena_printf(arena, "SELECT %s", sql));
}

/* The statement is of the function that the patch names, and of no other. */
static const char *function_flaw(struct arena *arena, const struct patch *patch)
{
	struct sql_function f;
	struct err err = { 0 };
	struct str text = STR_INIT;
	const char *flaw = statement_flaw(arena, patch->new_text);
	str_add(&text, patch->new_text);
	if (!flaw && edit_sql_get(&text, "the statement", "", &f, &err)) {
		if (!sql_same_name(f.name, patch->target))
			flaw = arena_printf(arena, "its statement creates %s", f.name);
		sql_function_free(&f);
	}
	str_free(&text);
	return flaw;
}

static const char *yaml_flaw(struct arena *arena, const struct patch *patch)
{
	struct err err = { 0 };
	struct yaml *yaml = yaml_parse(patch->new_text, strlen(patch->new_text), "the YAML", &err);
	if (!yaml)
		return arena_strdup(arena, err.text);
	yaml_close(yaml);
	return NULL;
}

static const char *item_flaw(struct arena *arena, const struct model *model,
	const struct patch *patch)
{
	struct str text = STR_INIT;
	space_text(json_get(patch->value, "sql"), &text);
	const char *sql = arena_strdup(arena, str_text(&text));
	str_free(&text);
	if (!*sql)
		return "its item has no SQL";
	if (patch->type->kind == PATCH_EXAMPLE_SQL && !json_get(patch->value, "question"))
		return "its item has no question";
	if (is_several(arena, sql))
		return "its SQL is more than one statement";
	return patch->type->kind == PATCH_EXAMPLE_SQL ? query_flaw(arena, model, sql) :
		expr_flaw(arena, model, sql);
}

const char *sql_flaw(struct arena *arena, const struct model *model, const struct patch *patch)
{
	if (is_view_item(patch) && patch->type->verb == PATCH_ADD && !view_expr(patch))
		return "it has no expression";
	if (is_view_item(patch) && view_expr(patch))
		return is_several(arena, view_expr(patch)) ? "its SQL is more than one statement" :
			expr_flaw(arena, model, view_expr(patch));
	switch (patch->type->kind) {
	case PATCH_MV_YAML: return yaml_flaw(arena, patch);
	case PATCH_TVF_SQL: return function_flaw(arena, patch);
	case PATCH_TVF: return patch->new_text ? function_flaw(arena, patch) : NULL;
	case PATCH_JOIN:
	case PATCH_DEFAULT_FILTER:
	case PATCH_SQL_SNIPPET:
	case PATCH_EXAMPLE_SQL: return patch->value ? item_flaw(arena, model, patch) : NULL;
	default: return NULL;
	}
}
