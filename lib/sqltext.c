#include "sqltext.h"
#include "digest.h"
#include "mem.h"
#include "sqllex.h"
#include "str.h"

#include <string.h>

/* ---- statements --------------------------------------------------------- */

/* Index of the token after the first statement that has any token at all;
 * *first is where that statement starts. */
static size_t first_statement(const struct sqllex *lex, size_t *first)
{
	size_t i = 0;
	while (sqllex_op(lex, i, ";"))
		i++;
	*first = i;
	while (i < lex->n && !sqllex_op(lex, i, ";"))
		i++;
	return i;
}

static size_t count_statements(const struct sqllex *lex)
{
	size_t count = 0;
	bool open = false;
	for (size_t i = 0; i < lex->n; i++) {
		bool end = sqllex_op(lex, i, ";");
		count += !end && !open;
		open = !end;
	}
	return count;
}

char *sql_first_statement(struct arena *arena, const char *sql, size_t *statements)
{
	struct sqllex lex, all;
	struct str out = STR_INIT;
	size_t first, end, from, to;
	char *copy;
	sqllex_scan(&lex, arena, sql, strlen(sql), 0);
	if (statements)
		*statements = count_statements(&lex);
	end = first_statement(&lex, &first);
	if (first == end)
		return arena_strdup(arena, "");
	from = lex.tok[first].at;
	to = lex.tok[end - 1].at + lex.tok[end - 1].n;
	sqllex_scan(&all, arena, sql, strlen(sql), SQLLEX_SPACE | SQLLEX_COMMENTS);
	for (size_t i = 0; i < all.n && all.tok[i].at < to; i++) {
		const struct sqltok *tok = &all.tok[i];
		if (tok->at < from)
			continue;
		if (tok->kind == SQLTOK_COMMENT && !(tok->flags & SQLTOK_HINT))
			str_addc(&out, ' ');
		else
			str_addn(&out, sql + tok->at, tok->n);
	}
	copy = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return copy;
}

static const struct {
	const char *word;
	enum sql_kind kind;
} kinds[] = {
	{ "SELECT", SQL_SELECT }, { "TABLE", SQL_SELECT }, { "VALUES", SQL_VALUES },
	{ "EXPLAIN", SQL_EXPLAIN }, { "SHOW", SQL_SHOW }, { "DESCRIBE", SQL_DESCRIBE },
	{ "DESC", SQL_DESCRIBE }, { "INSERT", SQL_INSERT }, { "UPDATE", SQL_UPDATE },
	{ "DELETE", SQL_DELETE }, { "MERGE", SQL_MERGE }, { "CREATE", SQL_CREATE },
	{ "ALTER", SQL_ALTER }, { "DROP", SQL_DROP }, { "UNDROP", SQL_CREATE },
	{ "TRUNCATE", SQL_TRUNCATE }, { "COMMENT", SQL_COMMENT }, { "GRANT", SQL_GRANT },
	{ "REVOKE", SQL_GRANT }, { "DENY", SQL_GRANT }, { "SET", SQL_SET }, { "RESET", SQL_SET },
	{ "UNSET", SQL_SET }, { "USE", SQL_USE }, { "CALL", SQL_CALL },
};

static enum sql_kind word_kind(const struct sqllex *lex, size_t i)
{
	for (size_t k = 0; k < countof(kinds); k++)
		if (sqllex_is(lex, i, kinds[k].word))
			return kinds[k].kind;
	return SQL_OTHER;
}

/* Follows brackets: the depth after token i. */
static size_t depth_after(const struct sqllex *lex, size_t i, size_t depth)
{
	if (sqllex_op(lex, i, "("))
		return depth + 1;
	return sqllex_op(lex, i, ")") && depth > 0 ? depth - 1 : depth;
}

/* The body of WITH is the first word or bracket that follows a closing bracket on
 * the outer level and is neither AS nor a comma. */
static enum sql_kind with_kind(const struct sqllex *lex, size_t at, size_t end)
{
	size_t depth = 0;
	bool closed = false;
	for (size_t i = at; i < end; i++) {
		if (depth == 0 && closed) {
			enum sql_kind kind = word_kind(lex, i);
			if (kind >= SQL_INSERT && kind <= SQL_MERGE)
				return kind;
			if (sqllex_op(lex, i, "(") || sqllex_is(lex, i, "FROM")
				|| kind == SQL_SELECT || kind == SQL_VALUES)
				return SQL_WITH_SELECT;
		}
		depth = depth_after(lex, i, depth);
		closed = depth == 0 && sqllex_op(lex, i, ")");
	}
	return SQL_OTHER;
}

static bool writes_at(const struct sqllex *lex, size_t i)
{
	if (sqllex_is(lex, i, "INSERT"))
		return sqllex_is(lex, i + 1, "INTO") || sqllex_is(lex, i + 1, "OVERWRITE");
	if (sqllex_is(lex, i, "DELETE"))
		return sqllex_is(lex, i + 1, "FROM");
	if (sqllex_is(lex, i, "MERGE"))
		return sqllex_is(lex, i + 1, "INTO");
	return sqllex_is(lex, i, "UPDATE") && i > 0 && sqllex_op(lex, i - 1, "(")
		&& sqllex_name(lex, i + 1);
}

static bool writes(const struct sqllex *lex, size_t at, size_t end)
{
	for (size_t i = at; i < end; i++)
		if (writes_at(lex, i))
			return true;
	return false;
}

static enum sql_kind kind_at(const struct sqllex *lex, size_t at, size_t end)
{
	while (at < end && sqllex_op(lex, at, "("))
		at++;
	if (at >= end)
		return SQL_EMPTY;
	if (sqllex_is(lex, at, "WITH"))
		return with_kind(lex, at + 1, end);
	if (sqllex_is(lex, at, "FROM"))
		return writes(lex, at, end) ? SQL_INSERT : SQL_SELECT;
	return word_kind(lex, at);
}

enum sql_kind sql_statement_kind(const char *sql)
{
	struct arena arena = { 0 };
	struct sqllex lex;
	enum sql_kind kind;
	size_t first, end;
	sqllex_scan(&lex, &arena, sql, strlen(sql), 0);
	end = first_statement(&lex, &first);
	kind = kind_at(&lex, first, end);
	arena_free(&arena);
	return kind;
}

const char *sql_kind_text(enum sql_kind kind)
{
	if (kind == SQL_WITH_SELECT)
		return "WITH SELECT";
	for (size_t i = 0; i < countof(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].word;
	return kind == SQL_EMPTY ? "EMPTY" : "OTHER";
}

static bool reading(enum sql_kind kind)
{
	return kind >= SQL_SELECT && kind <= SQL_DESCRIBE;
}

/* EXPLAIN takes one of these words before its statement. */
static size_t explained(const struct sqllex *lex, size_t at)
{
	static const char *const modes[] = { "EXTENDED", "CODEGEN", "COST", "FORMATTED",
		"LOGICAL" };
	for (size_t i = 0; i < countof(modes); i++)
		if (sqllex_is(lex, at + 1, modes[i]))
			return at + 2;
	return at + 1;
}

static bool reads_only(const struct sqllex *lex)
{
	size_t first, end = first_statement(lex, &first);
	enum sql_kind kind = kind_at(lex, first, end);
	if (lex->cut || count_statements(lex) != 1 || !reading(kind))
		return false;
	if (kind == SQL_EXPLAIN && !reading(kind_at(lex, explained(lex, first), end)))
		return false;
	/* comments were asked for: an open one hides what follows */
	for (size_t i = 0; i < lex->n; i++)
		if (lex->tok[i].flags & SQLTOK_UNTERMINATED)
			return false;
	return !writes(lex, first, end);
}

/* An open comment shows only when comments are kept; those are looked at apart,
 * since the other checks go by neighbouring tokens. */
bool sql_is_read_only(const char *sql)
{
	struct arena arena = { 0 };
	struct sqllex lex;
	bool ok;
	sqllex_scan(&lex, &arena, sql, strlen(sql), SQLLEX_COMMENTS);
	ok = lex.n == 0 || !(lex.tok[lex.n - 1].flags & SQLTOK_UNTERMINATED);
	if (ok) {
		sqllex_scan(&lex, &arena, sql, strlen(sql), 0);
		ok = reads_only(&lex);
	}
	arena_free(&arena);
	return ok;
}

/* ---- variables ---------------------------------------------------------- */

/* Length of the ${name} at s, 0 when there is none in the n bytes. */
static size_t variable_at(const char *s, size_t n)
{
	const char *end;
	if (n < 4 || s[0] != '$' || s[1] != '{')
		return 0;
	end = memchr(s, '}', n);
	return end && end - s > 2 && !memchr(s, '\n', (size_t)(end - s)) ? (size_t)(end - s) + 1
		: 0;
}

static bool resolve_span(struct arena *arena, const char *s, size_t n, sql_lookup *lookup,
	void *context, struct str *out, struct err *err)
{
	for (size_t i = 0; i < n;) {
		size_t length = variable_at(s + i, n - i);
		if (length == 0) {
			str_addc(out, s[i++]);
			continue;
		}
		char *name = trim(arena_strndup(arena, s + i + 2, length - 3));
		const char *value = lookup(context, name);
		if (!value)
			return err_set(err, ERR_DATA, "SQL variable ${%s} has no value", name);
		str_add(out, value);
		i += length;
	}
	return true;
}

char *sql_resolve(struct arena *arena, const char *sql, sql_lookup *lookup, void *context,
	struct err *err)
{
	struct sqllex lex;
	struct str out = STR_INIT;
	char *copy = NULL;
	bool ok = true;
	size_t done = 0, n = strlen(sql);
	sqllex_scan(&lex, arena, sql, n, SQLLEX_COMMENTS);
	for (size_t i = 0; ok && i <= lex.n; i++) {
		const struct sqltok *tok = &lex.tok[i];
		bool last = i == lex.n;
		if (!last && tok->kind != SQLTOK_COMMENT)
			continue;
		ok = resolve_span(arena, sql + done, (last ? n : tok->at) - done, lookup, context,
			&out, err);
		if (!last)
			str_addn(&out, sql + tok->at, tok->n);
		done = tok->at + tok->n;
	}
	if (ok)
		copy = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return copy;
}

/* ---- normal form -------------------------------------------------------- */

static bool plain_word(const char *name)
{
	if (!*name || (*name >= '0' && *name <= '9'))
		return false;
	for (; *name; name++)
		if (!sql_word_char(*name))
			return false;
	return true;
}

char *sql_normalize(struct arena *arena, const char *sql)
{
	struct sqllex lex;
	struct str out = STR_INIT;
	size_t n;
	char *text;
	sqllex_scan(&lex, arena, sql, strlen(sql), 0);
	for (n = lex.n; n > 0 && sqllex_op(&lex, n - 1, ";");)
		n--;
	for (size_t i = 0; i < n; i++) {
		enum sqltok_kind kind = lex.tok[i].kind;
		text = sqllex_text(&lex, i, arena);
		if (kind == SQLTOK_QUOTED && plain_word(sqllex_value(&lex, i, arena)))
			text = sqllex_value(&lex, i, arena);
		if (kind != SQLTOK_STRING)
			lower_ascii(text);
		if (i > 0)
			str_addc(&out, ' ');
		str_add(&out, text);
	}
	text = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return text;
}

const char *sql_hash(const char *sql, char out[SQL_HASH_SIZE])
{
	struct arena arena = { 0 };
	char hex[MD5_HEX];
	char *text = sql_normalize(&arena, sql);
	md5_hex(text, strlen(text), hex);
	memcpy(out, hex, SQL_HASH_SIZE - 1);
	out[SQL_HASH_SIZE - 1] = '\0';
	arena_free(&arena);
	return out;
}

/* ---- quoting and names -------------------------------------------------- */

static char *quoted(struct arena *arena, const char *text, char quote, const char *special,
	char escape)
{
	char *out = arena_alloc(arena, 2 * strlen(text) + 3), *p = out;
	*p++ = quote;
	for (; *text; text++) {
		if (strchr(special, *text))
			*p++ = escape;
		*p++ = *text;
	}
	*p = quote;
	return out;
}

char *sql_quote_ident(struct arena *arena, const char *name)
{
	return quoted(arena, name, '`', "`", '`');
}

char *sql_ident(struct arena *arena, const char *name)
{
	return plain_word(name) ? arena_strdup(arena, name) : sql_quote_ident(arena, name);
}

char *sql_quote_string(struct arena *arena, const char *text)
{
	return quoted(arena, text, '\'', "'\\", '\\');
}

/* One part of a name; *s moves behind it. NULL: no part there. */
static const char *name_part(struct arena *arena, const char **s)
{
	const char *from = *s, *end;
	char *part, *out;
	if (*from != '`') {
		end = from + strcspn(from, ".`");
		*s = end;
		part = trim(arena_strndup(arena, from, (size_t)(end - from)));
		return *part ? part : NULL;
	}
	part = out = arena_alloc(arena, strlen(from) + 1);
	for (from++; *from; from++) {
		if (*from == '`' && *++from != '`') {
			*s = from;
			return *part ? part : NULL;
		}
		*out++ = *from;
	}
	return NULL;
}

size_t sql_split_name(struct arena *arena, const char *text, const char *parts[SQL_NAME_PARTS])
{
	const char *s = trim(arena_strdup(arena, text));
	size_t n = 0;
	while (n < SQL_NAME_PARTS) {
		parts[n] = name_part(arena, &s);
		if (!parts[n++])
			return 0;
		if (!*s)
			return n;
		if (*s++ != '.')
			return 0;
	}
	return 0;
}

char *sql_join_name(struct arena *arena, const char *const *parts, size_t n)
{
	char *name = arena_strdup(arena, "");
	for (size_t i = 0; i < n; i++)
		if (parts[i] && *parts[i])
			name = arena_printf(arena, "%s%s%s", name, *name ? "." : "",
				sql_quote_ident(arena, parts[i]));
	return name;
}

char *sql_quote_name(struct arena *arena, const char *text)
{
	const char *parts[SQL_NAME_PARTS];
	size_t n = sql_split_name(arena, text, parts);
	return n ? sql_join_name(arena, parts, n) : NULL;
}

bool sql_same_name(const char *a, const char *b)
{
	struct arena arena = { 0 };
	const char *pa[SQL_NAME_PARTS], *pb[SQL_NAME_PARTS];
	size_t na = sql_split_name(&arena, a, pa), nb = sql_split_name(&arena, b, pb);
	bool same = na > 0 && nb > 0;
	while (same && na > 0 && nb > 0)
		same = strieq(pa[--na], pb[--nb]);
	arena_free(&arena);
	return same;
}
