#include "ddl.h"
#include "str.h"
#include <stdio.h>
#include <string.h>

bool ddl_is(const struct ddl *d, const char *word)
{
	return d->at < d->end && sqllex_is(&d->lex, d->at, word);
}

bool ddl_is2(const struct ddl *d, const char *word, const char *next)
{
	return ddl_is(d, word) && d->at + 1 < d->end && sqllex_is(&d->lex, d->at + 1, next);
}

bool ddl_word(struct ddl *d, const char *word)
{
	bool is = ddl_is(d, word);

	d->at += is;
	return is;
}

bool ddl_op(struct ddl *d, const char *op)
{
	bool is = d->at < d->end && sqllex_op(&d->lex, d->at, op);

	d->at += is;
	return is;
}

bool ddl_syntax(struct ddl *d, const char *hint)
{
	return sql_error_syntax(d->error,
		d->at < d->end ? sqllex_text(&d->lex, d->at, &d->arena) : NULL, hint);
}

bool ddl_need(struct ddl *d, const char *word)
{
	char hint[80];

	snprintf(hint, sizeof(hint), "missing '%.60s'", word);
	return ddl_word(d, word) || ddl_syntax(d, hint);
}

bool ddl_need_op(struct ddl *d, const char *op)
{
	char hint[80];

	snprintf(hint, sizeof(hint), "missing '%.60s'", op);
	return ddl_op(d, op) || ddl_syntax(d, hint);
}

bool ddl_done(struct ddl *d)
{
	return d->at >= d->end || ddl_syntax(d, NULL);
}

bool ddl_ident(struct ddl *d, const char **out)
{
	if (d->at >= d->end || !sqllex_name(&d->lex, d->at))
		return ddl_syntax(d, "a name is expected");
	*out = sqllex_value(&d->lex, d->at++, &d->arena);
	return **out || ddl_syntax(d, "a name is empty");
}

bool ddl_name(struct ddl *d, size_t max, struct ddl_name *out)
{
	out->n = 0;
	do {
		if (out->n == max)
			return sql_error_set(d->error, "IDENTIFIER_TOO_MANY_NAME_PARTS", "42601",
				"The name has more than %zu parts.", max);
		if (!ddl_ident(d, &out->part[out->n]))
			return false;
		out->n++;
	} while (ddl_op(d, "."));
	return true;
}

bool ddl_string(struct ddl *d, const char **out)
{
	struct str text = STR_INIT;

	if (d->at >= d->end || sqllex_kind(&d->lex, d->at) != SQLTOK_STRING)
		return ddl_syntax(d, "a string is expected");
	for (; d->at < d->end && sqllex_kind(&d->lex, d->at) == SQLTOK_STRING; d->at++) {
		if (d->lex.tok[d->at].flags & SQLTOK_UNTERMINATED) {
			str_free(&text);
			return ddl_syntax(d, "a string does not end");
		}
		str_add(&text, sqllex_value(&d->lex, d->at, &d->arena));
	}
	*out = arena_strdup(&d->arena, str_text(&text));
	str_free(&text);
	return true;
}

bool ddl_if_exists(struct ddl *d, bool *out)
{
	*out = ddl_word(d, "IF");
	return !*out || ddl_need(d, "EXISTS");
}

/* A key: 'text' or a dotted name. */
static bool pair_key(struct ddl *d, const char **out)
{
	struct ddl_name name = { 0 };
	struct str text = STR_INIT;

	if (sqllex_kind(&d->lex, d->at) == SQLTOK_STRING)
		return ddl_string(d, out);
	if (!ddl_name(d, 4, &name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		str_addf(&text, "%s%s", i ? "." : "", name.part[i]);
	*out = arena_strdup(&d->arena, str_text(&text));
	str_free(&text);
	return true;
}

static bool pair_value(struct ddl *d, const char **out)
{
	enum sqltok_kind kind = d->at < d->end ? sqllex_kind(&d->lex, d->at) : SQLTOK_END;

	if (kind == SQLTOK_STRING)
		return ddl_string(d, out);
	if (kind != SQLTOK_NUMBER && kind != SQLTOK_WORD)
		return ddl_syntax(d, "a value is expected");
	*out = sqllex_value(&d->lex, d->at++, &d->arena);
	return true;
}

bool ddl_pairs(struct ddl *d, bool bare, struct cat_pair **out, size_t *n)
{
	size_t room = 1;

	for (size_t i = d->at; i < d->end; i++)
		room += sqllex_op(&d->lex, i, ",");
	*out = arena_alloc(&d->arena, room * sizeof(**out));
	*n = 0;
	if (!ddl_need_op(d, "("))
		return false;
	do {
		struct cat_pair *pair = &(*out)[(*n)++];

		if (!pair_key(d, &pair->name))
			return false;
		pair->value = NULL;
		if (ddl_op(d, "=") || (!bare && d->at < d->end &&
				sqllex_kind(&d->lex, d->at) == SQLTOK_STRING)) {
			if (!pair_value(d, &pair->value))
				return false;
		} else if (!bare) {
			return ddl_syntax(d, "missing '='");
		}
	} while (ddl_op(d, ","));
	return ddl_need_op(d, ")");
}

const char *ddl_text(struct ddl *d, size_t from, size_t to)
{
	size_t start, end;

	if (from >= to)
		return "";
	start = d->lex.tok[from].at;
	end = d->lex.tok[to - 1].at + d->lex.tok[to - 1].n;
	return arena_strndup(&d->arena, d->lex.text + start, end - start);
}

bool ddl_type(struct ddl *d, const char **out)
{
	size_t from = d->at;
	int level = 0;

	for (; d->at < d->end; d->at++) {
		struct sqltok *tok = &d->lex.tok[d->at];
		char first = d->lex.text[tok->at];

		if (level == 0 && (sqllex_op(&d->lex, d->at, ",") || sqllex_op(&d->lex, d->at, ")") ||
				ddl_is(d, "DEFAULT") || ddl_is(d, "COMMENT") || ddl_is(d, "NOT")))
			break;
		if (tok->kind == SQLTOK_OP && (first == '(' || first == '<'))
			level += (int)tok->n;
		if (tok->kind == SQLTOK_OP && (first == ')' || first == '>'))
			level -= (int)tok->n;
	}
	*out = from < d->at ? cat_type_normal(ddl_text(d, from, d->at), &d->arena) : NULL;
	if (*out)
		return true;
	if (from == d->at)
		return ddl_syntax(d, "a data type is expected");
	return sql_error_set(d->error, "UNSUPPORTED_DATATYPE", "0A000",
		"Unsupported data type \"%.200s\".", ddl_text(d, from, d->at));
}

struct cat_full ddl_full(const struct ddl *d, const struct ddl_name *name)
{
	struct cat_name parts = { { NULL, NULL, NULL }, name->n };

	for (size_t i = 0; i < name->n && i < 3; i++)
		parts.part[i] = name->part[i];
	return cat_complete(d->catalog, &d->scope, &parts);
}

bool ddl_find(struct ddl *d, const struct ddl_name *name, struct cat_table *out)
{
	struct cat_name parts = { { NULL, NULL, NULL }, name->n };

	for (size_t i = 0; i < name->n && i < 3; i++)
		parts.part[i] = name->part[i];
	return catalog_table(d->catalog, &d->scope, &parts, &d->arena, out, d->error);
}

bool ddl_need_column(struct ddl *d, const struct cat_table *table, const char *column,
	const struct cat_column **out)
{
	struct str list = STR_INIT, quoted = STR_INIT;

	*out = cat_find_column(table, column);
	if (*out)
		return true;
	for (size_t i = 0; i < table->ncolumns && i < 5; i++)
		str_addf(&list, "%s`%s`", i ? ", " : "", table->columns[i].name);
	str_addf(&quoted, "`%s`", column);
	sql_error_no_column(d->error, str_text(&quoted), str_text(&list));
	str_free(&list);
	str_free(&quoted);
	return false;
}

bool ddl_unsupported(struct ddl *d, const char *what)
{
	return sql_error_set(d->error, "UNSUPPORTED_FEATURE", "0A000",
		"The feature is not supported: %s.", what);
}

bool ddl_fault(struct ddl *d, const struct err *err)
{
	return sql_error_from(d->error, err);
}

void ddl_row(struct ddl *d, const char *a, const char *b, const char *c)
{
	const char *const cells[] = { a, b, c };

	table_add_row(d->out, cells);
}
