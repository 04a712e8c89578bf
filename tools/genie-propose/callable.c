#include "callable.h"

#include "model.h"
#include "words.h"

#include "editsql.h"
#include "json.h"
#include "sqlast.h"
#include "sqllex.h"
#include "sqltext.h"
#include "str.h"

#include <stdio.h>
#include <string.h>

/* Is the row of information_schema about the function? */
static bool is_row_of(const struct json *row, const struct object *o, const char *prefix)
{
	char key[64], name[512];
	snprintf(key, sizeof key, "%s_schema", prefix);
	const char *schema = json_str_or(row, key, "");
	snprintf(key, sizeof key, "%s_name", prefix);
	snprintf(name, sizeof name, "%s.%s", schema, json_str_or(row, key, ""));
	return sql_same_name(o->full_name, name);
}

static size_t read_columns(struct arena *arena, const struct json *rows, const struct object *o,
			   struct call_part **out)
{
	size_t n = 0;
	*out = arena_alloc(arena, (json_len(rows) + 1) * sizeof **out);
	for (const struct json *r = json_first(rows); r; r = json_next(r))
		if (is_row_of(r, o, "specific"))
			(*out)[n++] = (struct call_part){ .name = json_str_or(r, "column_name", ""),
				.type = json_str_or(r, "full_data_type",
					json_str_or(r, "data_type", "")),
				.comment = json_str_or(r, "comment", "") };
	return n;
}

void callable_read(struct callable *f, struct arena *arena, const struct model *model,
		   const struct object *object)
{
	const struct json *uc = json_get(model->space, "uc");
	*f = (struct callable){ .object = object, .comment = object->comment, .body = "" };
	for (const struct json *r = json_first(json_get(uc, "routines")); r; r = json_next(r))
		if (is_row_of(r, object, "routine"))
			f->body = json_str_or(r, "routine_definition", "");
	f->param = arena_alloc(arena, (object->nfields + 1) * sizeof *f->param);
	for (size_t i = 0; i < object->nfields; i++) {
		const struct field *p = &object->fields[i];
		f->param[f->nparams++] = (struct call_part){ .name = p->name, .type = p->type,
			.comment = p->comment, .value = p->value };
	}
	f->ncolumns = read_columns(arena, json_get(uc, "routine_columns"), object, &f->column);
}

const struct call_part *callable_param(const struct callable *f, const char *name)
{
	for (size_t i = 0; i < f->nparams; i++)
		if (strieq(f->param[i].name, name))
			return &f->param[i];
	return NULL;
}

bool param_is_optional(const struct call_part *p)
{
	return p->value && strieq(p->value, "NULL");
}

bool param_is_date(const struct call_part *p)
{
	return text_has_word(p->name, "date") || ends_with(p->name, "_dt") ||
		strieq(p->type, "DATE");
}

static char *upper_type(struct arena *arena, const char *type)
{
	char *copy = arena_strdup(arena, type);
	bool plain = !strpbrk(copy, "<:"); /* names inside structs keep their case */
	for (char *p = copy; plain && *p; p++)
		*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
	return copy;
}

static void add_parts(struct str *out, struct arena *arena, const struct call_part *part, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		str_addf(out, "%s\n  %s %s", i ? "," : "", sql_ident(arena, part[i].name),
			 upper_type(arena, part[i].type));
		if (part[i].value)
			str_addf(out, " DEFAULT %s", part[i].value);
		if (*part[i].comment)
			str_addf(out, " COMMENT %s", sql_quote_string(arena, part[i].comment));
	}
}

char *callable_statement(const struct callable *f, struct arena *arena, const char *body)
{
	const char *parts[SQL_NAME_PARTS];
	size_t n = sql_split_name(arena, f->object->full_name, parts);
	struct str out = STR_INIT;
	str_add(&out, "CREATE OR REPLACE FUNCTION ");
	for (size_t i = 0; i < n; i++)
		str_addf(&out, "%s%s", i ? "." : "", sql_ident(arena, parts[i]));
	str_addc(&out, '(');
	add_parts(&out, arena, f->param, f->nparams);
	str_add(&out, f->nparams ? "\n)\nRETURNS TABLE" : ")\nRETURNS TABLE");
	if (f->ncolumns) {
		str_add(&out, " (");
		add_parts(&out, arena, f->column, f->ncolumns);
		str_add(&out, "\n)");
	}
	if (*f->comment)
		str_addf(&out, "\nCOMMENT %s", sql_quote_string(arena, f->comment));
	str_addf(&out, "\nRETURN\n%s", body);
	char *text = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return text;
}

const char *statement_flaw(struct arena *arena, const char *statement)
{
	struct str text = STR_INIT;
	struct sql_function f;
	struct err err = { 0 };
	struct sqlparse parse;
	str_add(&text, statement);
	bool ok = edit_sql_get(&text, "the statement", "", &f, &err);
	str_free(&text);
	if (!ok)
		return arena_strdup(arena, err.text);
	sqlparse(&parse, arena, f.body, 0);
	sql_function_free(&f);
	if (parse.problems)
		return arena_printf(arena, "its SQL does not parse: %s", parse.problem);
	return parse.query ? NULL : "its body is no query";
}

/* Is token i the name where it can only mean the parameter? */
static bool is_use(const struct sqllex *lex, size_t i, const char *name, struct arena *arena)
{
	if (!sqllex_name(lex, i) || !strieq(sqllex_value(lex, i, arena), name))
		return false;
	if (i > 0 && (sqllex_op(lex, i - 1, ".") || sqllex_is(lex, i - 1, "AS")))
		return false;
	return !sqllex_op(lex, i + 1, ".") && !sqllex_op(lex, i + 1, "(");
}

char *replace_name(struct arena *arena, const char *body, const char *name, const char *with,
	size_t *n)
{
	struct sqllex lex;
	struct str out = STR_INIT;
	size_t from = 0;
	*n = 0;
	sqllex_scan(&lex, arena, body, strlen(body), 0);
	for (size_t i = 0; i < lex.n; i++) {
		if (!is_use(&lex, i, name, arena))
			continue;
		str_addn(&out, body + from, lex.tok[i].at - from);
		str_add(&out, with);
		from = lex.tok[i].at + lex.tok[i].n;
		++*n;
	}
	str_add(&out, body + from);
	char *text = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return text;
}
