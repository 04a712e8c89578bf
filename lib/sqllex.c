#include "sqllex.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* The scanner: a text, a place in it, and the token before the present one,
 * which decides what a colon or a point starts. */
struct scan {
	const char *s;
	size_t n, at;
	unsigned options;
	struct sqltok last; /* last token that is not a comment or space */
};

/* Longest first: the first that fits is taken. */
static const char *const operators[] = {
	">>>", "<=>", "->>", "?::", "<>", "<=", ">=", "==", "!=", "!<", "!>", "||", "::", "->",
	"=>", "&&", "<<", ">>", "|>", ":=",
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool sql_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || digit(c)
		|| (unsigned char)c >= 0x80;
}

/* The byte `ahead` of the present one; NUL beyond the end. */
static char peek(const struct scan *sc, size_t ahead)
{
	return sc->n - sc->at > ahead ? sc->s[sc->at + ahead] : '\0';
}

/* White space: ASCII, and the no-break space and byte order mark that chat
 * programs leave behind. Returns its length, 0 when there is none. */
static size_t space_length(const char *s, size_t n)
{
	if (n == 0)
		return 0;
	if ((unsigned char)*s < 0x80) /* a blank, and \t \n \v \f \r */
		return *s == ' ' || (*s >= '\t' && *s <= '\r');
	if (n >= 2 && memcmp(s, "\xc2\xa0", 2) == 0)
		return 2;
	if (n >= 3 && (memcmp(s, "\xef\xbb\xbf", 3) == 0 || memcmp(s, "\xe2\x80\x8b", 3) == 0))
		return 3;
	return 0;
}

static size_t word_end(const struct scan *sc, size_t at)
{
	while (at < sc->n && sql_word_char(sc->s[at])
		&& ((unsigned char)sc->s[at] < 0x80 || !space_length(sc->s + at, sc->n - at)))
		at++;
	return at;
}

static void scan_line_comment(struct scan *sc, struct sqltok *tok)
{
	const char *nl = memchr(sc->s + sc->at, '\n', sc->n - sc->at);
	tok->kind = SQLTOK_COMMENT;
	tok->flags = SQLTOK_LINE;
	sc->at = nl ? (size_t)(nl - sc->s) : sc->n;
}

static void scan_block_comment(struct scan *sc, struct sqltok *tok)
{
	size_t depth = 0;
	tok->kind = SQLTOK_COMMENT;
	tok->flags = peek(sc, 2) == '+' ? SQLTOK_HINT : 0;
	while (sc->at < sc->n) {
		if (peek(sc, 0) == '/' && peek(sc, 1) == '*') {
			depth++;
			sc->at += 2;
		} else if (peek(sc, 0) == '*' && peek(sc, 1) == '/') {
			sc->at += 2;
			if (--depth == 0)
				return;
		} else {
			sc->at++;
		}
	}
	tok->flags |= SQLTOK_UNTERMINATED;
}

/* From an opening quote to its end. The quote doubled stands for itself. */
static void scan_quoted(struct scan *sc, struct sqltok *tok, char close, bool escapes)
{
	sc->at++;
	while (sc->at < sc->n) {
		char c = sc->s[sc->at];
		if (c == '\\' && escapes && sc->n - sc->at > 1) {
			sc->at += 2;
		} else if (c == close && peek(sc, 1) == close && !(tok->flags & SQLTOK_RAW)) {
			sc->at += 2;
		} else {
			sc->at++;
			if (c == close)
				return;
		}
	}
	tok->flags |= SQLTOK_UNTERMINATED;
}

static void scan_string(struct scan *sc, struct sqltok *tok)
{
	bool raw = (tok->flags & SQLTOK_RAW) || (sc->options & SQLLEX_PLAIN_STRINGS);
	char quote = sc->s[sc->at];
	tok->kind = SQLTOK_STRING;
	if (quote == '"') {
		tok->flags |= SQLTOK_DOUBLE;
		if ((sc->options & SQLLEX_DOUBLE_IDENT)
			&& !(tok->flags & (SQLTOK_RAW | SQLTOK_HEX))) {
			tok->kind = SQLTOK_QUOTED;
			raw = true;
		}
	}
	scan_quoted(sc, tok, quote, !raw);
}

/* $$..$$ and $tag$..$tag$. False, and nothing consumed, when it is neither. */
static bool scan_dollar(struct scan *sc, struct sqltok *tok)
{
	size_t end = word_end(sc, sc->at + 1), open;
	if (end >= sc->n || sc->s[end] != '$')
		return false;
	open = end + 1 - sc->at;
	tok->kind = SQLTOK_STRING;
	tok->flags = SQLTOK_DOLLAR;
	for (size_t i = end + 1; i + open <= sc->n; i++) {
		if (sc->s[i] == '$' && memcmp(sc->s + i, sc->s + sc->at, open) == 0) {
			sc->at = i + open;
			return true;
		}
	}
	tok->flags |= SQLTOK_UNTERMINATED;
	sc->at = sc->n;
	return true;
}

static bool scan_template(struct scan *sc, struct sqltok *tok)
{
	size_t i = sc->at + 2;
	while (i < sc->n && sc->s[i] != '}' && sc->s[i] != '\n')
		i++;
	if (i >= sc->n || sc->s[i] != '}')
		return false;
	tok->kind = SQLTOK_TEMPLATE;
	sc->at = i + 1;
	return true;
}

/* Numbers by Spark's grammar. A run of digits that goes on in letters
 * ("2024_sales") is an identifier there. */
static void scan_number(struct scan *sc, struct sqltok *tok)
{
	size_t start = sc->at, i = start;
	tok->kind = SQLTOK_NUMBER;
	while (i < sc->n && digit(sc->s[i]))
		i++;
	if (i < sc->n && sc->s[i] == '.') {
		tok->flags = SQLTOK_FRACTION;
		for (i++; i < sc->n && digit(sc->s[i]);)
			i++;
	}
	if (i < sc->n && (sc->s[i] == 'e' || sc->s[i] == 'E')) {
		size_t e = i + 1;
		if (e < sc->n && (sc->s[e] == '+' || sc->s[e] == '-'))
			e++;
		if (e < sc->n && digit(sc->s[e])) {
			tok->flags = SQLTOK_FRACTION;
			for (i = e; i < sc->n && digit(sc->s[i]);)
				i++;
		}
	}
	sc->at = i;
	i = word_end(sc, i);
	if (i - sc->at == 2 && strnieq(sc->s + sc->at, "bd", 2))
		sc->at = i;
	else if (i - sc->at == 1 && strchr("lLsSyYdDfF", sc->s[sc->at]))
		sc->at = i;
	else if (i > sc->at && memchr(sc->s + start, '.', sc->at - start) == NULL) {
		tok->kind = SQLTOK_WORD;
		tok->flags = 0;
		sc->at = i;
	}
}

/* Does the last token touch the present place and end a value? Then a colon is
 * a path into it and a point a member, not the start of something. */
static bool touches_value(const struct scan *sc)
{
	const struct sqltok *last = &sc->last;
	char c;
	if (last->n == 0 || last->at + last->n != sc->at)
		return false;
	c = sc->s[last->at];
	return last->kind == SQLTOK_WORD || last->kind == SQLTOK_QUOTED
		|| last->kind == SQLTOK_TEMPLATE || (last->kind == SQLTOK_OP && (c == ')'
		|| c == ']'));
}

static void scan_operator(struct scan *sc, struct sqltok *tok)
{
	char c = peek(sc, 0), next = peek(sc, 1);
	tok->kind = SQLTOK_OP;
	if (c == ':' && next != ':' && sql_word_char(next) && !touches_value(sc)) {
		tok->kind = SQLTOK_PARAM;
		sc->at = word_end(sc, sc->at + 1);
		return;
	}
	for (size_t i = 0; i < countof(operators); i++) {
		size_t n;
		if (*operators[i] != c)
			continue;
		n = strlen(operators[i]);
		if (sc->n - sc->at >= n && memcmp(sc->s + sc->at, operators[i], n) == 0) {
			sc->at += n;
			return;
		}
	}
	sc->at++;
	if (c == '?')
		tok->kind = SQLTOK_PARAM;
	else if (c == '\0' || !strchr("()[]{},;.:+-*/%=<>!|&^~@", c))
		tok->kind = SQLTOK_OTHER;
}

static void scan_word(struct scan *sc, struct sqltok *tok)
{
	char c = peek(sc, 0), next = peek(sc, 1);
	if ((next == '\'' || next == '"') && strchr("rRxX", c)) {
		tok->flags = c == 'r' || c == 'R' ? SQLTOK_RAW : SQLTOK_HEX;
		sc->at++;
		scan_string(sc, tok);
		return;
	}
	tok->kind = SQLTOK_WORD;
	sc->at = word_end(sc, sc->at);
}

static void scan_token(struct scan *sc, struct sqltok *tok)
{
	char c = peek(sc, 0), next = peek(sc, 1);
	size_t space = space_length(sc->s + sc->at, sc->n - sc->at);
	if (space) {
		tok->kind = SQLTOK_SPACE;
		for (; space; space = space_length(sc->s + sc->at, sc->n - sc->at))
			sc->at += space;
	} else if (c == '-' && next == '-') {
		scan_line_comment(sc, tok);
	} else if (c == '/' && next == '*') {
		scan_block_comment(sc, tok);
	} else if (c == '\'' || c == '"') {
		scan_string(sc, tok);
	} else if (c == '`' || (c == '[' && (sc->options & SQLLEX_BRACKETS))) {
		tok->kind = SQLTOK_QUOTED;
		scan_quoted(sc, tok, c == '`' ? '`' : ']', false);
	} else if (c == '$' && next == '{' && scan_template(sc, tok)) {
		return;
	} else if (c == '$' && scan_dollar(sc, tok)) {
		return;
	} else if (digit(c) || (c == '.' && digit(next) && !touches_value(sc))) {
		scan_number(sc, tok);
	} else if (sql_word_char(c)) {
		scan_word(sc, tok);
	} else {
		scan_operator(sc, tok);
	}
}

void sqllex_scan(struct sqllex *lex, struct arena *arena, const char *text, size_t n,
	unsigned options)
{
	struct scan sc = { .s = text, .n = n, .options = options };
	struct sqltok *toks;
	size_t cap, count = 0;
	*lex = (struct sqllex){ .text = text, .options = options };
	if (sc.n > SQLLEX_MAX_TEXT) {
		sc.n = SQLLEX_MAX_TEXT;
		lex->cut = true;
	}
	cap = sc.n / 4 + 16;
	toks = xmalloc(cap * sizeof(*toks));
	while (sc.at < sc.n) {
		struct sqltok tok = { .kind = SQLTOK_OTHER, .at = sc.at };
		scan_token(&sc, &tok);
		tok.n = sc.at - tok.at;
		if (tok.kind == SQLTOK_SPACE && !(options & SQLLEX_SPACE))
			continue;
		if (tok.kind == SQLTOK_COMMENT && !(options & SQLLEX_COMMENTS))
			continue;
		if (tok.kind != SQLTOK_SPACE && tok.kind != SQLTOK_COMMENT)
			sc.last = tok;
		GROW(toks, cap, count + 1);
		toks[count++] = tok;
	}
	lex->length = sc.n;
	lex->tok = arena_alloc(arena, (count + 1) * sizeof(*toks));
	if (count)
		memcpy(lex->tok, toks, count * sizeof(*toks));
	lex->tok[count] = (struct sqltok){ .kind = SQLTOK_END, .at = sc.n };
	lex->n = count;
	free(toks);
}

enum sqltok_kind sqllex_kind(const struct sqllex *lex, size_t i)
{
	return i < lex->n ? lex->tok[i].kind : SQLTOK_END;
}

static bool same(const struct sqllex *lex, size_t i, enum sqltok_kind kind, const char *s)
{
	size_t n;
	if (i >= lex->n || lex->tok[i].kind != kind)
		return false;
	n = strlen(s);
	return lex->tok[i].n == n && strnieq(lex->text + lex->tok[i].at, s, n);
}

bool sqllex_is(const struct sqllex *lex, size_t i, const char *word)
{
	return same(lex, i, SQLTOK_WORD, word);
}

bool sqllex_op(const struct sqllex *lex, size_t i, const char *op)
{
	return same(lex, i, SQLTOK_OP, op);
}

bool sqllex_name(const struct sqllex *lex, size_t i)
{
	enum sqltok_kind kind = sqllex_kind(lex, i);
	return kind == SQLTOK_WORD || kind == SQLTOK_QUOTED;
}

char *sqllex_text(const struct sqllex *lex, size_t i, struct arena *arena)
{
	if (i >= lex->n)
		return arena_strdup(arena, "");
	return arena_strndup(arena, lex->text + lex->tok[i].at, lex->tok[i].n);
}

/* ---- values of tokens --------------------------------------------------- */

/* Exactly `digits` digits of a base at s (n bytes left); false when they are not there. */
static bool read_digits(const char *s, size_t n, size_t digits, uint32_t base, uint32_t *out)
{
	uint32_t value = 0;
	if (n < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		int d = hex_digit(s[i]);
		if (d < 0 || (uint32_t)d >= base)
			return false;
		value = value * base + (uint32_t)d;
	}
	*out = value;
	return true;
}

/* One escape; *s is behind the backslash. Rules of Spark's unescapeSQLString:
 * \% and \_ keep the backslash, for LIKE. */
static char *put_escape(char *out, const char **s, const char *end)
{
	static const char from[] = "ntrbZ0", to[] = "\n\t\r\b\x1a";
	size_t left = (size_t)(end - *s);
	uint32_t c;
	const char *p;
	if (**s == 'u' && read_digits(*s + 1, left - 1, 4, 16, &c) && (c < 0xd800 || c > 0xdfff)) {
		*s += 5;
		return out + utf8_put(out, c);
	}
	if (**s == 'U' && read_digits(*s + 1, left - 1, 8, 16, &c) && c < 0x110000
		&& (c < 0xd800 || c > 0xdfff)) {
		*s += 9;
		return out + utf8_put(out, c);
	}
	if (read_digits(*s, left, 3, 8, &c) && c < 256) {
		*s += 3;
		return out + utf8_put(out, c);
	}
	if (**s == '%' || **s == '_')
		*out++ = '\\';
	p = strchr(from, **s);
	*out++ = p && *p ? to[p - from] : **s;
	(*s)++;
	return out;
}

static char *unquote(const struct sqllex *lex, const struct sqltok *tok, struct arena *arena)
{
	const char *s = lex->text + tok->at, *end = s + tok->n;
	/* An escape may grow: \% stays two bytes, all others shrink. */
	char *value = arena_alloc(arena, tok->n + 1), *out = value, quote;
	bool escapes = tok->kind == SQLTOK_STRING
		&& !(tok->flags & (SQLTOK_RAW | SQLTOK_HEX))
		&& !(lex->options & SQLLEX_PLAIN_STRINGS);
	if (tok->flags & (SQLTOK_RAW | SQLTOK_HEX))
		s++;
	quote = *s == '[' ? ']' : *s;
	s++;
	if (!(tok->flags & SQLTOK_UNTERMINATED))
		end--;
	while (s < end) {
		if (*s == '\\' && escapes && end - s > 1) {
			s++;
			out = put_escape(out, &s, end);
		} else {
			if (*s == quote && end - s > 1 && s[1] == quote
				&& !(tok->flags & SQLTOK_RAW))
				s++;
			*out++ = *s++;
		}
	}
	*out = '\0';
	return value;
}

static char *dollar_value(const struct sqllex *lex, const struct sqltok *tok, struct arena *arena)
{
	const char *s = lex->text + tok->at;
	const char *second = memchr(s + 1, '$', tok->n - 1);
	size_t tag = (size_t)(second - s) + 1;
	size_t ends = tok->flags & SQLTOK_UNTERMINATED ? tag : 2 * tag;
	return arena_strndup(arena, s + tag, tok->n - ends);
}

char *sqllex_value(const struct sqllex *lex, size_t i, struct arena *arena)
{
	const struct sqltok *tok;
	if (i >= lex->n)
		return arena_strdup(arena, "");
	tok = &lex->tok[i];
	switch (tok->kind) {
	case SQLTOK_QUOTED:
		return unquote(lex, tok, arena);
	case SQLTOK_STRING:
		return tok->flags & SQLTOK_DOLLAR ? dollar_value(lex, tok, arena)
						  : unquote(lex, tok, arena);
	case SQLTOK_PARAM:
		return arena_strndup(arena, lex->text + tok->at + 1, tok->n - 1);
	case SQLTOK_TEMPLATE:
		return arena_strndup(arena, lex->text + tok->at + 2, tok->n - 3);
	default:
		return sqllex_text(lex, i, arena);
	}
}

void sqllex_place(const struct sqllex *lex, size_t at, size_t *line, size_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < at && i < lex->length; i++) {
		(*column)++;
		if (lex->text[i] == '\n') {
			(*line)++;
			*column = 1;
		}
	}
}
