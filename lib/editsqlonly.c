/* Is a text one CREATE FUNCTION and nothing else, also to a lexer that reads comments otherwise? */
#include "editsql.h"

#include "editsqlx.h"
#include "sqltext.h"
#include "str.h"

#include <string.h>

/* Spark ends a line comment at a bare CR too, goes on behind a backslash at the end of the line,
 * and reads what is in a hint: there, what is a comment to one may be a statement to the other. */
static bool plain_comment(const char *text, size_t n, unsigned flags)
{
	if (flags & SQLTOK_HINT)
		return strcspn(text + 3, "'\"`;-/") + 4 == n;
	if (!(flags & SQLTOK_LINE))
		return true;
	n -= n && text[n - 1] == '\r';
	return !memchr(text, '\r', n) && text[n - 1] != '\\';
}

static bool plain_token(const struct sqllex *lex, size_t i, struct arena *arena)
{
	const struct sqltok *tok = &lex->tok[i];
	if (tok->flags & (SQLTOK_UNTERMINATED | SQLTOK_DOLLAR))
		return false;
	if (tok->kind == SQLTOK_COMMENT)
		return plain_comment(sqllex_text(lex, i, arena), tok->n, tok->flags);
	return tok->kind != SQLTOK_OTHER && tok->kind != SQLTOK_TEMPLATE;
}

/* Every byte is one that all lexers take for the same. */
static bool plain(struct found *f, const char *text)
{
	struct sqllex all;
	sqllex_scan(&all, &f->arena, text, strlen(text), SQLLEX_SPACE | SQLLEX_COMMENTS);
	for (size_t i = 0; i < all.n; i++) {
		size_t line, column;
		if (plain_token(&all, i, &f->arena))
			continue;
		sqllex_place(&all, all.tok[i].at, &line, &column);
		return err_set(f->err, ERR_DATA, "%s:%zu: what begins at column %zu may not be in "
			"a function", f->file, line, column);
	}
	return !all.cut || err_set(f->err, ERR_DATA, "%s: too long", f->file);
}

/* CREATE [OR REPLACE] FUNCTION NAME (..) RETURNS .. RETURN .., in SQL. */
static bool is_sql(const struct found *f)
{
	bool replace = sqllex_is(&f->lex, 1, "OR");
	if (f->first != 0 || f->name != (replace ? 4 : 2))
		return edit_sql_fail(f, f->first, "expected one CREATE OR REPLACE FUNCTION");
	for (size_t i = f->last; i < f->lex.n; i++)
		if (!sqllex_op(&f->lex, i, ";"))
			return edit_sql_fail(f, i, "expected one statement");
	for (size_t i = f->close; i < f->returns; i++)
		if (sqllex_is(&f->lex, i, "LANGUAGE") && !sqllex_is(&f->lex, i + 1, "SQL"))
			return edit_sql_fail(f, i, "expected LANGUAGE SQL");
	return true;
}

static bool names(struct found *f, const char *function)
{
	const char *parts[SQL_NAME_PARTS];
	size_t from = f->lex.tok[f->name].at, to = edit_token_end(f, f->open - 1);
	char *name = arena_strndup(&f->arena, f->lex.text + from, to - from);
	if (sql_split_name(&f->arena, name, parts) == 3 && sql_same_name(name, function))
		return true;
	return err_set(f->err, ERR_DATA, "%s: makes %.200s, not %s", f->file, name, function);
}

bool edit_sql_only(const char *statement, const char *name, const char *function, struct err *err)
{
	struct found f;
	struct str text = STR_INIT;
	str_add(&text, statement);
	bool ok = edit_sql_find(&f, &text, name, "", err) && plain(&f, str_text(&text)) &&
		is_sql(&f) && names(&f, function);
	ok = edit_sql_done(&f, ok);
	str_free(&text);
	return ok;
}
