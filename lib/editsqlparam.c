/* Adding and removing: parameters of a function, and whole statements. */
#include "editsql.h"

#include "editsqlx.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

static size_t line_start(const char *s, size_t at)
{
	while (at > 0 && s[at - 1] != '\n')
		at--;
	return at;
}

/* Before the line end, which may be CR LF. */
static size_t line_end(const struct str *text, size_t at)
{
	while (at < text->n && text->s[at] != '\n')
		at++;
	return at > 0 && at < text->n && text->s[at - 1] == '\r' ? at - 1 : at;
}

static size_t next_line(const struct str *text, size_t at)
{
	while (at < text->n && text->s[at] != '\n')
		at++;
	return at < text->n ? at + 1 : at;
}

static bool blank(const char *s, size_t from, size_t to)
{
	while (from < to && strchr(" \t\r\n", s[from]))
		from++;
	return from >= to;
}

static int find_param(const struct found *f, const char *name)
{
	for (size_t i = 0; i < f->nparams; i++)
		if (strieq(f->params[i].name, name))
			return (int)i;
	return -1;
}

static bool no_parameter(const struct found *f, const char *parameter, const char *what)
{
	char *text = xasprintf("parameter %s %s", parameter, what);
	edit_sql_fail(f, f->open, text);
	free(text);
	return false;
}

/* ---- adding ---- */
static bool has_default(const struct param *p)
{
	return p->by_default.to > p->by_default.from;
}

/* Is the parameter alone on its line, but for a comment? */
static bool own_line(const struct found *f, const struct str *text, size_t i)
{
	size_t next = i + 1 < f->nparams ? f->params[i + 1].start : f->lex.tok[f->close].at;
	size_t start = f->params[i].start;
	return blank(str_text(text), line_start(str_text(text), start), start) &&
		line_end(text, f->params[i].end) < next;
}

/* Puts it before parameter i, or behind the last one. */
static void insert_param(const struct found *f, struct str *text, size_t i, const char *declaration)
{
	struct str ins = STR_INIT;
	size_t beside = i < f->nparams ? i : i - 1, at;
	const struct param *p = f->nparams ? &f->params[beside] : NULL;
	if (!p) {
		at = edit_token_end(f, f->open);
		str_add(&ins, declaration);
	} else if (!own_line(f, text, beside)) {
		at = beside == i ? p->start : p->end;
		str_addf(&ins, beside == i ? "%s, " : ", %s", declaration);
	} else {
		size_t start = line_start(str_text(text), p->start), end = line_end(text, p->end);
		const char *eol = str_text(text)[end] == '\r' ? "\r\n" : "\n";
		bool before = beside == i;
		at = before ? start : end + 1;
		if (!before) /* the comma goes before a remark, the rest behind it */
			str_splice(text, p->end, 0, ",", 1);
		str_add(&ins, before ? "" : eol);
		str_addn(&ins, str_text(text) + start, p->start - start);
		str_addf(&ins, "%s%s%s", declaration, before ? "," : "", before ? eol : "");
	}
	str_splice(text, at, 0, str_text(&ins), ins.n);
	str_free(&ins);
}

static bool same_parameter(const struct sql_function_param *a, const struct sql_function_param *b)
{
	return strieq(a->name, b->name) && streq(a->type, b->type) &&
		streq(a->by_default, b->by_default) && streq(a->comment, b->comment);
}

/* `longer` is `shorter` with one parameter more, at `at`. */
static bool one_more(const struct sql_function *shorter, const struct sql_function *longer,
		     size_t at)
{
	bool ok = longer->nparams == shorter->nparams + 1 && streq(shorter->body, longer->body) &&
		streq(shorter->comment, longer->comment) &&
		streq(shorter->returns, longer->returns) &&
		streq(shorter->name, longer->name);
	for (size_t i = 0; ok && i < shorter->nparams; i++)
		ok = same_parameter(&shorter->params[i], &longer->params[i + (i >= at)]);
	return ok;
}

/* The declaration alone, as the parameter of a function of its own. */
static bool read_declaration(const char *declaration, struct sql_function *out, struct err *err)
{
	struct str text = STR_INIT;
	struct err ignored = { 0 };
	str_addf(&text, "CREATE FUNCTION d(%s) RETURNS INT RETURN 1", declaration);
	bool ok = edit_sql_get(&text, "", "d", out, &ignored) && out->nparams == 1 &&
		streq(out->body, "1") && *out->params[0].type && streq(out->returns, "int");
	str_free(&text);
	return ok || err_set(err, ERR_DATA, "%s: not the declaration of a parameter", declaration);
}

bool edit_sql_add_parameter(struct str *text, const char *name, const char *function,
	const char *declaration, struct err *err)
{
	struct found f = { 0 };
	struct sql_function was = { 0 }, is = { 0 }, given = { 0 };
	struct str next;
	str_init(&next, text->max);
	str_addn(&next, str_text(text), text->n);
	bool ok = read_declaration(declaration, &given, err) &&
		edit_sql_get(text, name, function, &was, err) &&
		edit_sql_find(&f, text, name, function, err);
	int there = ok ? find_param(&f, given.params[0].name) : -1;
	if (there >= 0)
		ok = same_parameter(&was.params[there], &given.params[0]) ||
			no_parameter(&f, given.params[0].name,
				     "is there already, declared otherwise");
	size_t at = 0;
	while (ok && at < f.nparams && (given.params[0].by_default || !has_default(&f.params[at])))
		at++;
	if (ok && there < 0) {
		insert_param(&f, &next, at, declaration);
		ok = (edit_sql_get(&next, name, function, &is, err) && one_more(&was, &is, at) &&
		      same_parameter(&is.params[at], &given.params[0])) ||
			no_parameter(&f, given.params[0].name, "cannot be put in place");
	}
	if (ok)
		edit_take_over(text, &next);
	sql_function_free(&was);
	sql_function_free(&is);
	sql_function_free(&given);
	str_free(&next);
	return edit_sql_done(&f, ok);
}

/* ---- removing ---- */
/* A plain name in the body that is the parameter's; one behind a point is a column's. */
static bool unused(struct found *f, const char *parameter)
{
	for (size_t i = f->returns + 1; i < f->last; i++) {
		enum sqltok_kind kind = sqllex_kind(&f->lex, i);
		if ((kind != SQLTOK_WORD && kind != SQLTOK_QUOTED) ||
		    !strieq(sqllex_value(&f->lex, i, &f->arena), parameter))
			continue;
		/* t.name is a column, name(..) a function, AS name an alias */
		if (sqllex_op(&f->lex, i - 1, ".") || sqllex_op(&f->lex, i + 1, "(") ||
		    sqllex_is(&f->lex, i - 1, "AS"))
			continue;
		char *what = xasprintf("the body uses parameter %s: rewrite the function "
				       "(update_tvf_sql)", parameter);
		edit_sql_fail(f, i, what);
		free(what);
		return false;
	}
	return true;
}

static void cut_param(const struct found *f, struct str *text, size_t i)
{
	const struct param *p = &f->params[i];
	size_t last = i + 1 == f->nparams, n = f->nparams;
	if (own_line(f, text, i)) {
		size_t from = line_start(str_text(text), p->start), to = next_line(text, p->end);
		str_splice(text, from, to - from, "", 0);
		if (last && n > 1) { /* and the comma before it */
			size_t comma = f->params[i - 1].end;
			for (size_t k = f->open; k < f->close; k++)
				if (f->lex.tok[k].at >= comma && sqllex_op(&f->lex, k, ",")) {
					str_splice(text, f->lex.tok[k].at, 1, "", 0);
					break;
				}
		}
		return;
	}
	size_t from = last && n > 1 ? f->params[i - 1].end : p->start;
	size_t to = last ? p->end : f->params[i + 1].start;
	str_splice(text, from, to - from, "", 0);
}

bool edit_sql_remove_parameter(struct str *text, const char *name, const char *function,
	const char *parameter, struct err *err)
{
	struct found f;
	struct sql_function was = { 0 }, is = { 0 };
	struct str next;
	str_init(&next, text->max);
	str_addn(&next, str_text(text), text->n);
	bool ok = edit_sql_find(&f, text, name, function, err);
	int i = ok ? find_param(&f, parameter) : -1;
	if (ok && i >= 0) {
		ok = unused(&f, parameter) && edit_sql_get(text, name, function, &was, err);
		if (ok) {
			cut_param(&f, &next, (size_t)i);
			ok = (edit_sql_get(&next, name, function, &is, err) &&
			      one_more(&is, &was, (size_t)i)) ||
				no_parameter(&f, parameter, "cannot be cut out in place");
		}
	}
	if (ok)
		edit_take_over(text, &next);
	sql_function_free(&was);
	sql_function_free(&is);
	str_free(&next);
	return edit_sql_done(&f, ok);
}

/* ---- whole statements ---- */
/* The start of the comments that stand right above the statement at `at`, line by line. */
static size_t with_comments(const struct found *f, const struct str *text, size_t at)
{
	struct arena arena = { 0 };
	struct sqllex all;
	const char *s = str_text(text);
	size_t i = 0, from = at;
	sqllex_scan(&all, &arena, s, f->lex.length, SQLLEX_SPACE | SQLLEX_COMMENTS);
	while (i < all.n && all.tok[i].at < at)
		i++;
	while (i > 0) {
		const struct sqltok *t = &all.tok[--i];
		size_t lines = 0;
		for (size_t k = t->at; t->kind == SQLTOK_SPACE && k < t->at + t->n; k++)
			lines += s[k] == '\n';
		if (lines > 1 || (t->kind != SQLTOK_SPACE && t->kind != SQLTOK_COMMENT))
			break;
		if (t->kind == SQLTOK_COMMENT && blank(s, line_start(s, t->at), t->at))
			from = t->at;
	}
	arena_free(&arena);
	return from;
}

bool edit_sql_remove(struct str *text, const char *name, const char *function, bool *empty,
	struct err *err)
{
	struct found f;
	*empty = false;
	if (!edit_sql_find(&f, text, name, function, err))
		return edit_sql_done(&f, false);
	size_t from = with_comments(&f, text, f.lex.tok[f.first].at);
	size_t to = edit_token_end(&f, f.last < f.lex.n ? f.last : f.last - 1);
	size_t line = next_line(text, to);
	if (blank(str_text(text), to, line))
		to = line;
	while (to < text->n && blank(str_text(text), to, next_line(text, to)))
		to = next_line(text, to);
	*empty = f.first == 0 && (f.last >= f.lex.n || f.last + 1 == f.lex.n);
	str_splice(text, from, to - from, "", 0);
	return edit_sql_done(&f, true);
}
