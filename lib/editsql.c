#include "editsql.h"

#include "editsqlx.h"
#include "sqltext.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

size_t edit_token_end(const struct found *f, size_t i)
{
	return f->lex.tok[i].at + f->lex.tok[i].n;
}

bool edit_sql_fail(const struct found *f, size_t token, const char *what)
{
	size_t line, column, i = token < f->lex.n ? token : f->lex.n;
	sqllex_place(&f->lex, f->lex.tok[i].at, &line, &column);
	return err_set(f->err, ERR_DATA, "%s:%zu: %s", f->file, line, what);
}

/* The token behind CREATE .. FUNCTION, when token i starts that; else 0. */
static size_t after_create(const struct found *f, size_t i)
{
	if (!sqllex_is(&f->lex, i, "CREATE"))
		return 0;
	i++;
	if (sqllex_is(&f->lex, i, "OR") && sqllex_is(&f->lex, i + 1, "REPLACE"))
		i += 2;
	if (sqllex_is(&f->lex, i, "TEMPORARY"))
		i++;
	if (!sqllex_is(&f->lex, i, "FUNCTION"))
		return 0;
	i++;
	if (sqllex_is(&f->lex, i, "IF") && sqllex_is(&f->lex, i + 1, "NOT"))
		i += 3;
	return i;
}

/* The last part of the name at token i; *next is the token behind the name. */
static const char *last_part(struct found *f, size_t i, size_t *next)
{
	const char *part = "";
	for (;;) {
		enum sqltok_kind kind = sqllex_kind(&f->lex, i);
		if (kind != SQLTOK_WORD && kind != SQLTOK_QUOTED && kind != SQLTOK_TEMPLATE)
			break;
		part = sqllex_value(&f->lex, i++, &f->arena);
		if (!sqllex_op(&f->lex, i, "."))
			break;
		i++;
	}
	*next = i;
	return part;
}

size_t edit_statement_end(const struct found *f, size_t i)
{
	while (i < f->lex.n && !sqllex_op(&f->lex, i, ";"))
		i++;
	return i;
}

/* Behind the bracket that closes the one at token i. */
static size_t skip_brackets(const struct found *f, size_t i, size_t last)
{
	int depth = 0;
	for (; i < last; i++) {
		depth += sqllex_op(&f->lex, i, "(");
		depth -= sqllex_op(&f->lex, i, ")");
		if (depth == 0)
			return i + 1;
	}
	return last;
}

/* The run of string literals behind COMMENT at token i (adjacent ones are one text). */
static struct range literal(const struct found *f, size_t i)
{
	struct range r = { 0, 0 };
	if (!sqllex_is(&f->lex, i, "COMMENT") || sqllex_kind(&f->lex, i + 1) != SQLTOK_STRING)
		return r;
	r.from = f->lex.tok[++i].at;
	while (sqllex_kind(&f->lex, i + 1) == SQLTOK_STRING)
		i++;
	r.to = edit_token_end(f, i);
	return r;
}

/* How many type brackets a token closes: > and >> (a shift, to the lexer). */
static int closers(const struct found *f, size_t i)
{
	size_t n = f->lex.tok[i].n;
	if (sqllex_kind(&f->lex, i) != SQLTOK_OP)
		return 0;
	for (size_t k = 0; k < n; k++)
		if (f->lex.text[f->lex.tok[i].at + k] != '>')
			return 0;
	return (int)n;
}

/* Parameters between the brackets at tokens (open, close). */
static bool read_params(struct found *f, size_t open, size_t close)
{
	size_t i = open + 1;
	while (i < close) {
		if (f->nparams == MAX_PARAMS)
			return edit_sql_fail(f, i, "more parameters than accepted");
		if (sqllex_op(&f->lex, i, ","))
			return edit_sql_fail(f, i, "expected a parameter");
		struct param *p = &f->params[f->nparams++];
		struct range *part = &p->type;
		p->name = sqllex_value(&f->lex, i, &f->arena);
		p->start = f->lex.tok[i].at;
		for (int depth = 0, first = 1; i < close; i++, first = 0) {
			if (depth == 0 && sqllex_op(&f->lex, i, ","))
				break;
			/* DECIMAL(1,2) and ARRAY<..>: only round brackets hold commas that matter */
			depth += sqllex_op(&f->lex, i, "(") || sqllex_op(&f->lex, i, "<");
			depth -= sqllex_op(&f->lex, i, ")") ? 1 : closers(f, i);
			struct range r = depth == 0 ? literal(f, i) : (struct range){ 0, 0 };
			if (r.to > r.from) {
				p->comment = r;
				part = NULL;
			}
			if (depth == 0 && sqllex_is(&f->lex, i, "DEFAULT"))
				part = &p->by_default;
			else if (part && !first)
				*part = (struct range){ part->from ? part->from : i, i + 1 };
			p->end = edit_token_end(f, i);
		}
		i++;
	}
	return true;
}

static bool measure(struct found *f, size_t i)
{
	size_t close = skip_brackets(f, i, f->last);
	if (!sqllex_op(&f->lex, i, "(") || close >= f->last)
		return edit_sql_fail(f, i, "expected the parameters in brackets");
	if (!read_params(f, i, close - 1))
		return false;
	f->open = i;
	f->close = close - 1;
	for (i = close; i < f->last;) {
		if (sqllex_is(&f->lex, i, "RETURN")) {
			f->returns = i;
			return true;
		}
		struct range r = literal(f, i);
		if (r.to > r.from)
			f->comment = r;
		i = sqllex_op(&f->lex, i, "(") ? skip_brackets(f, i, f->last) : i + 1;
	}
	return edit_sql_fail(f, f->first, "a function without RETURN");
}

static const char *bare(struct found *f, const char *function)
{
	const char *parts[SQL_NAME_PARTS];
	size_t n = sql_split_name(&f->arena, function, parts);
	return n ? parts[n - 1] : function;
}

bool edit_sql_find(struct found *f, const struct str *text, const char *file, const char *function,
	struct err *err)
{
	*f = (struct found){ .file = file, .err = err };
	sqllex_scan(&f->lex, &f->arena, str_text(text), text->n, 0);
	const char *want = bare(f, function);
	for (size_t i = 0; i < f->lex.n; i = edit_statement_end(f, i) + 1) {
		size_t name = after_create(f, i), next;
		const char *is = name ? last_part(f, name, &next) : NULL;
		if (!is || next == name || (*want && !strieq(is, want)))
			continue;
		f->first = i;
		f->name = name;
		f->last = edit_statement_end(f, i);
		return measure(f, next);
	}
	return err_set(err, ERR_DATA, "%s: no CREATE FUNCTION %s", file, want);
}

bool edit_sql_done(struct found *f, bool ok)
{
	arena_free(&f->arena);
	return ok;
}

/* The text of a range of string literals; NULL for none. */
static char *literal_text(struct found *f, struct range r)
{
	if (r.to <= r.from)
		return NULL;
	struct str out = STR_INIT;
	for (size_t i = f->first; i < f->last; i++)
		if (f->lex.tok[i].at >= r.from && f->lex.tok[i].at < r.to)
			str_add_lines(&out, sqllex_value(&f->lex, i, &f->arena), false);
	return str_take(&out);
}

static bool put(struct found *f, struct str *text, struct range r, size_t insert_at,
		const char *before, const char *comment, const char *after)
{
	struct str ins = STR_INIT;
	char *old = literal_text(f, r);
	bool same = streq(old, comment);
	free(old);
	if (same)
		return true;
	bool replace = r.to > r.from;
	if (!replace)
		str_add(&ins, before);
	str_add_lines(&ins, sql_quote_string(&f->arena, comment), text_has_crlf(str_text(text)));
	if (!replace)
		str_add(&ins, after);
	size_t at = replace ? r.from : insert_at;
	str_splice(text, at, replace ? r.to - r.from : 0, str_text(&ins), ins.n);
	str_free(&ins);
	return true;
}

static bool same_comments(const struct sql_function *was, const struct sql_function *is,
			  const char *parameter, const char *comment)
{
	bool same = was->nparams == is->nparams && streq(was->body, is->body) &&
		streq(parameter ? was->comment : comment, is->comment);
	bool done_one = false;
	for (size_t i = 0; same && i < was->nparams; i++) {
		bool this = parameter && !done_one && strieq(was->params[i].name, parameter);
		done_one = done_one || this;
		same = streq(was->params[i].name, is->params[i].name) &&
			streq(this ? comment : was->params[i].comment, is->params[i].comment);
	}
	return same;
}

void edit_take_over(struct str *text, const struct str *next)
{
	str_reset(text);
	str_addn(text, str_text(next), next->n);
}

/* Makes the edit on a copy, and takes it over when it changed that one thing. */
static bool proven(struct str *text, const char *name, const char *function, const char *parameter,
		   const char *comment, struct err *err,
		   bool (*edit)(struct str *, const char *, const char *, const char *, const char *,
				struct err *))
{
	struct sql_function was, is = { 0 };
	struct str next, lines = STR_INIT;
	str_init(&next, text->max);
	str_addn(&next, str_text(text), text->n);
	str_add_lines(&lines, comment, false);
	comment = str_text(&lines);
	bool ok = edit_sql_get(text, name, function, &was, err) &&
		edit(&next, name, function, parameter, comment, err);
	if (ok && !(edit_sql_get(&next, name, function, &is, err) &&
		    same_comments(&was, &is, parameter, comment)))
		ok = err_set(err, ERR_DATA, "%s:%zu: %s cannot be edited in place", name, was.line,
			     function);
	if (ok)
		edit_take_over(text, &next);
	sql_function_free(&was);
	sql_function_free(&is);
	str_free(&next);
	str_free(&lines);
	return ok;
}

static bool set_comment(struct str *text, const char *name, const char *function,
			const char *parameter, const char *comment, struct err *err)
{
	struct found f;
	(void)parameter;
	if (!edit_sql_find(&f, text, name, function, err))
		return edit_sql_done(&f, false);
	return edit_sql_done(&f, put(&f, text, f.comment, f.lex.tok[f.returns].at, "COMMENT ", comment,
			    text_has_crlf(str_text(text)) ? "\r\n" : "\n"));
}

static bool set_parameter(struct str *text, const char *name, const char *function,
			  const char *parameter, const char *comment, struct err *err)
{
	struct found f;
	if (!edit_sql_find(&f, text, name, function, err))
		return edit_sql_done(&f, false);
	for (size_t i = 0; i < f.nparams; i++)
		if (strieq(f.params[i].name, parameter))
			return edit_sql_done(&f, put(&f, text, f.params[i].comment, f.params[i].end,
					    " COMMENT ", comment, ""));
	size_t line, column;
	sqllex_place(&f.lex, f.lex.tok[f.first].at, &line, &column);
	err_set(err, ERR_DATA, "%s:%zu: %s has no parameter %s", name, line, bare(&f, function),
		parameter);
	return edit_sql_done(&f, false);
}

bool edit_sql_comment(struct str *text, const char *name, const char *function,
	const char *comment, struct err *err)
{
	return proven(text, name, function, NULL, comment, err, set_comment);
}

bool edit_sql_parameter(struct str *text, const char *name, const char *function,
	const char *parameter, const char *comment, struct err *err)
{
	return proven(text, name, function, parameter, comment, err, set_parameter);
}

bool edit_sql_statement(struct str *text, const char *name, const char *function,
	const char *statement, struct err *err)
{
	struct found f, g;
	struct str given = STR_INIT;
	if (!edit_sql_find(&f, text, name, function, err))
		return edit_sql_done(&f, false);
	str_add_lines(&given, statement, text_has_crlf(str_text(text)));
	bool ok = edit_sql_find(&g, &given, "the new statement", function, err);
	if (ok && (g.first != 0 || edit_statement_end(&g, g.last + 1) != g.last + 1))
		ok = edit_sql_fail(&g, 0, "expected one statement");
	if (ok && (!sqllex_is(&g.lex, 1, "OR") || !sqllex_is(&g.lex, 3, "FUNCTION")))
		ok = edit_sql_fail(&g, 0, "expected CREATE OR REPLACE FUNCTION");
	if (ok) {
		size_t from = f.lex.tok[f.first].at, to = edit_token_end(&f, f.last - 1);
		size_t start = g.lex.tok[0].at, end = edit_token_end(&g, g.last - 1);
		str_splice(text, from, to - from, str_text(&given) + start, end - start);
	}
	str_free(&given);
	edit_sql_done(&g, ok);
	return edit_sql_done(&f, ok);
}

/* Types have several names; the first is the one that workspaces give. */
static const char *type_name(const char *word)
{
	static const char *const names[][2] = { { "int", "integer" }, { "bigint", "long" },
		{ "smallint", "short" }, { "tinyint", "byte" }, { "float", "real" },
		{ "decimal", "dec" }, { "decimal", "numeric" } };
	for (size_t i = 0; i < countof(names); i++)
		if (streq(names[i][1], word))
			return names[i][0];
	return word;
}

/* Tokens [from, to) for comparing: words in lower case, single spaces only between words,
 * comments on columns left out. */
static char *plain_text(struct found *f, size_t from, size_t to)
{
	struct str out = STR_INIT;
	bool word = false;
	for (size_t i = from; i < to; i++) {
		bool is_word = sqllex_kind(&f->lex, i) == SQLTOK_WORD;
		char *text = sqllex_text(&f->lex, i, &f->arena);
		if (sqllex_is(&f->lex, i, "COMMENT") && sqllex_kind(&f->lex, i + 1) == SQLTOK_STRING) {
			i++;
			continue;
		}
		for (char *c = text; is_word && *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (word && is_word)
			str_addc(&out, ' ');
		str_add(&out, is_word ? type_name(text) : text);
		word = is_word;
	}
	return str_take(&out);
}

/* Behind the type that stands behind RETURNS. */
static size_t returns_end(const struct found *f)
{
	static const char *const words[] = { "COMMENT", "LANGUAGE", "DETERMINISTIC", "NOT", "CONTAINS",
		"READS", "SQL", "DEFAULT", "RETURN" };
	int depth = 0;
	for (size_t i = f->close + 2; i < f->returns; i++) {
		depth += sqllex_op(&f->lex, i, "(") || sqllex_op(&f->lex, i, "<");
		depth -= sqllex_op(&f->lex, i, ")") ? 1 : closers(f, i);
		for (size_t k = 0; depth == 0 && k < countof(words); k++)
			if (sqllex_is(&f->lex, i, words[k]))
				return i;
	}
	return f->returns;
}

/* The name as written, parts divided by points. */
static char *name_text(struct found *f)
{
	size_t from = f->lex.tok[f->name].at, to = edit_token_end(f, f->open - 1);
	return xstrndup(f->lex.text + from, to - from);
}

bool edit_sql_get(const struct str *text, const char *name, const char *function,
	struct sql_function *out, struct err *err)
{
	struct found f;
	size_t column;
	*out = (struct sql_function){ 0 };
	if (!edit_sql_find(&f, text, name, function, err))
		return edit_sql_done(&f, false);
	size_t from = f.lex.tok[f.first].at, to = edit_token_end(&f, f.last - 1);
	out->statement = xstrndup(str_text(text) + from, to - from);
	from = edit_token_end(&f, f.returns);
	from += strspn(str_text(text) + from, " \t\r\n");
	out->body = xstrndup(str_text(text) + from, to > from ? to - from : 0);
	out->comment = literal_text(&f, f.comment);
	out->name = name_text(&f);
	out->returns = plain_text(&f, f.close + 2, returns_end(&f));
	sqllex_place(&f.lex, f.lex.tok[f.first].at, &out->line, &column);
	out->params = xcalloc(f.nparams + 1, sizeof *out->params);
	for (; out->nparams < f.nparams; out->nparams++) {
		out->params[out->nparams].name = xstrdup(f.params[out->nparams].name);
		out->params[out->nparams].comment = literal_text(&f, f.params[out->nparams].comment);
		struct range type = f.params[out->nparams].type, value = f.params[out->nparams].by_default;
		out->params[out->nparams].type = plain_text(&f, type.from, type.to);
		out->params[out->nparams].by_default = value.to ?
			plain_text(&f, value.from, value.to) : NULL;
	}
	return edit_sql_done(&f, true);
}

void sql_function_free(struct sql_function *function)
{
	for (size_t i = 0; i < function->nparams; i++) {
		free(function->params[i].name);
		free(function->params[i].comment);
		free(function->params[i].type);
		free(function->params[i].by_default);
	}
	free(function->params);
	free(function->statement);
	free(function->name);
	free(function->returns);
	free(function->comment);
	free(function->body);
	*function = (struct sql_function){ 0 };
}
