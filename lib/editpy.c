#include "editpy.h"

#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum py_kind { PY_END, PY_NAME, PY_STRING, PY_OP };
struct py_token {
	enum py_kind kind;
	size_t at, end;
	bool computed; /* f'' and b'' are no plain strings */
};

struct scan {
	const char *s;
	size_t n, at;
};

static bool word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Behind the string whose opening quote is at `at`. */
static size_t string_end(const struct scan *sc, size_t at)
{
	char quote = sc->s[at];
	bool triple = at + 2 < sc->n && sc->s[at + 1] == quote && sc->s[at + 2] == quote;
	for (at += triple ? 3 : 1; at < sc->n; at++) {
		if (sc->s[at] == '\\') {
			at++;
			continue;
		}
		if (!triple && (sc->s[at] == quote || sc->s[at] == '\n'))
			return at + 1;
		if (triple && sc->s[at] == quote && at + 2 < sc->n && sc->s[at + 1] == quote &&
		    sc->s[at + 2] == quote)
			return at + 3;
	}
	return sc->n;
}

static void skip_blank(struct scan *sc)
{
	while (sc->at < sc->n) {
		if (sc->s[sc->at] == '#')
			while (sc->at < sc->n && sc->s[sc->at] != '\n')
				sc->at++;
		else if (strchr(" \t\r\n\f\\", sc->s[sc->at]) && sc->s[sc->at])
			sc->at++;
		else
			break;
	}
}

static struct py_token next(struct scan *sc)
{
	skip_blank(sc);
	struct py_token t = { PY_END, sc->at, sc->at, false };
	if (sc->at >= sc->n)
		return t;
	size_t i = sc->at;
	while (i < sc->n && word(sc->s[i]))
		i++;
	bool quote = i < sc->n && (sc->s[i] == '"' || sc->s[i] == '\'');
	if (quote && i - sc->at <= 2) {
		t.kind = PY_STRING;
		for (size_t k = sc->at; k < i; k++)
			t.computed = t.computed || strchr("fFbB", sc->s[k]);
		t.end = string_end(sc, i);
	} else {
		t.kind = i > sc->at ? PY_NAME : PY_OP;
		t.end = i > sc->at ? i : i + 1;
	}
	sc->at = t.end;
	return t;
}

static bool is_op(const struct scan *sc, struct py_token t, char c)
{
	return t.kind == PY_OP && sc->s[t.at] == c;
}

/* One simple escape; \x, \u and octal ones stay as written, which makes such a value
 * unequal to any new text and so replaced. */
static size_t put_escape(struct str *out, const char *s, size_t n)
{
	static const char from[] = "ntr\\'\"abfv", to[] = "\n\t\r\\'\"\a\b\f\v";
	const char *known = n > 1 && s[1] ? strchr(from, s[1]) : NULL;
	if (known) {
		str_addc(out, to[known - from]);
		return 2;
	}
	if (n > 1 && s[1] == '\n')
		return 2;
	str_addc(out, '\\');
	return 1;
}

static void string_value(const struct scan *sc, struct py_token t, struct str *out)
{
	size_t at = t.at, end = t.end;
	bool raw = false;
	for (; word(sc->s[at]); at++)
		raw = raw || sc->s[at] == 'r' || sc->s[at] == 'R';
	size_t q = end - at >= 6 && sc->s[at + 1] == sc->s[at] && sc->s[at + 2] == sc->s[at] ? 3 : 1;
	at += q;
	end = end - at >= q ? end - q : at;
	while (at < end)
		if (sc->s[at] == '\\' && !raw)
			at += put_escape(out, sc->s + at, end - at);
		else
			str_addc(out, sc->s[at++]);
}

/* A dict display and, when it is there, one entry of it. */
struct dict {
	size_t open, close;    /* of { and } */
	size_t last_end;       /* behind the last entry (its comma included); 0: no entries */
	size_t last_start;     /* of the last entry's key */
	bool comma;            /* the last entry has a comma */
	bool found, plain;     /* the key is there; its value is a string */
	size_t from, to;       /* the value */
	char *value;
	char quote;            /* of the keys */
};

/* Reads one value up to the comma or bracket behind it, which is returned. */
static struct py_token read_value(struct scan *sc, struct dict *d, bool wanted)
{
	struct str text = STR_INIT;
	bool plain = true;
	size_t from = 0, to = 0;
	int depth = 0;
	struct py_token t;
	for (t = next(sc); t.kind != PY_END; t = next(sc)) {
		if (depth == 0 && (is_op(sc, t, ',') || is_op(sc, t, '}')))
			break;
		if (t.kind == PY_OP && strchr("([{", sc->s[t.at]))
			depth++;
		if (t.kind == PY_OP && strchr(")]}", sc->s[t.at]))
			depth--;
		if (t.kind == PY_STRING && !t.computed)
			string_value(sc, t, &text);
		else if (!is_op(sc, t, '(') && !is_op(sc, t, ')'))
			plain = false;
		from = from ? from : t.at;
		to = t.end;
	}
	d->last_end = to;
	if (wanted) {
		*d = (struct dict){ d->open, d->close, d->last_end, d->last_start, d->comma, true,
			plain && to > from, from, to, xstrdup(str_text(&text)), d->quote };
	}
	str_free(&text);
	return t;
}

static bool read_entries(struct scan *sc, struct dict *d, const char *key)
{
	struct py_token t = next(sc);
	while (t.kind != PY_END && !is_op(sc, t, '}')) {
		struct str text = STR_INIT;
		bool wanted = false;
		d->last_start = t.at;
		d->comma = false;
		if (t.kind == PY_STRING) {
			string_value(sc, t, &text);
			wanted = !d->found && key && streq(str_text(&text), key);
			d->quote = sc->s[t.end - 1];
		}
		str_free(&text);
		for (; t.kind != PY_END && !is_op(sc, t, ':'); t = next(sc))
			if (is_op(sc, t, '}'))
				return false; /* a set, or an unpacking alone */
		t = read_value(sc, d, wanted);
		if (is_op(sc, t, ',')) {
			d->comma = true;
			d->last_end = t.end;
			t = next(sc);
		}
	}
	d->close = t.at;
	return t.kind != PY_END;
}

/* NAME = { or NAME: annotation = { at the start of a line. */
static bool find_dict(const struct str *text, const char *dict, const char *key, struct dict *d)
{
	struct scan sc = { str_text(text), text->n, 0 };
	*d = (struct dict){ .quote = '"' };
	for (struct py_token t = next(&sc); t.kind != PY_END; t = next(&sc)) {
		if (t.kind != PY_NAME || t.end - t.at != strlen(dict) ||
		    memcmp(sc.s + t.at, dict, t.end - t.at) != 0 || (t.at && sc.s[t.at - 1] != '\n'))
			continue;
		struct py_token e = next(&sc);
		if (is_op(&sc, e, ':'))
			while (e.kind != PY_END && !is_op(&sc, e, '='))
				e = next(&sc);
		struct py_token open = next(&sc);
		if (!is_op(&sc, e, '=') || !is_op(&sc, open, '{'))
			continue;
		d->open = open.at;
		return read_entries(&sc, d, key);
	}
	return false;
}

static void put_string(struct str *out, const char *value, char quote)
{
	str_addc(out, quote);
	for (const char *s = value; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == (unsigned char)quote || c == '\\')
			str_addf(out, "\\%c", c);
		else if (c == '\n')
			str_add(out, "\\n");
		else if (c == '\t')
			str_add(out, "\\t");
		else if (c == '\r')
			str_add(out, "\\r");
		else
			str_addc(out, (char)c);
	}
	str_addc(out, quote);
}

/* From the start of its line to `at`, when that is only white space; else 0 bytes. */
static size_t indentation(const struct str *text, size_t at, size_t *start)
{
	size_t i = at;
	while (i > 0 && (text->s[i - 1] == ' ' || text->s[i - 1] == '\t'))
		i--;
	*start = i;
	return i == 0 || text->s[i - 1] == '\n' ? at - i : 0;
}

static void insert_entry(struct str *text, const struct dict *d, const char *key, const char *value)
{
	struct str ins = STR_INIT;
	size_t start = 0, at = d->last_end ? d->last_end : d->open + 1;
	size_t indent = d->last_end ? indentation(text, d->last_start, &start) : 0;
	if (d->last_end && !d->comma)
		str_splice(text, at++, 0, ",", 1);
	if (indent) {
		/* behind a remark on the last entry's line */
		while (at < text->n && text->s[at] != '\n')
			at++;
		bool crlf = at > 0 && text->s[at - 1] == '\r';
		at -= crlf;
		str_add(&ins, crlf ? "\r\n" : "\n");
		str_addn(&ins, text->s + start, indent);
	} else if (d->last_end) {
		str_addc(&ins, ' ');
	}
	put_string(&ins, key, d->quote);
	str_add(&ins, ": ");
	put_string(&ins, value, d->quote);
	if (indent)
		str_addc(&ins, ',');
	str_splice(text, at, 0, str_text(&ins), ins.n);
	str_free(&ins);
}

bool edit_py_has(const struct str *text, const char *dict)
{
	struct dict d;
	return find_dict(text, dict, NULL, &d);
}

bool edit_py_has_key(const struct str *text, const char *dict, const char *key)
{
	struct dict d;
	bool found = find_dict(text, dict, key, &d) && d.found;
	free(d.value);
	return found;
}

char *edit_py_get(const struct str *text, const char *dict, const char *key)
{
	struct dict d;
	if (find_dict(text, dict, key, &d) && d.found && d.plain)
		return d.value;
	free(d.value);
	return NULL;
}

static size_t line_of(const struct str *text, size_t at)
{
	size_t line = 1;
	for (size_t i = 0; i < at && i < text->n; i++)
		line += text->s[i] == '\n';
	return line;
}

size_t edit_py_line(const struct str *text, const char *dict, const char *key)
{
	struct dict d;
	bool found = find_dict(text, dict, key, &d) && d.found;
	free(d.value);
	return found ? line_of(text, d.from) : 0;
}

static bool set(struct str *text, const char *name, const char *dict, const char *key,
		const char *value, struct err *err)
{
	struct dict d;
	bool whole = find_dict(text, dict, key, &d);
	free(d.value);
	if (!whole)
		return err_set(err, ERR_DATA, "%s: no dict %s = {...}", name, dict);
	if (!d.found) {
		insert_entry(text, &d, key, value);
		return true;
	}
	if (!d.plain)
		return err_set(err, ERR_DATA, "%s:%zu: %s[\"%s\"] is no plain string", name,
			       line_of(text, d.from), dict, key);
	struct str ins = STR_INIT;
	put_string(&ins, value, text->s[d.to - 1] == '\'' ? '\'' : '"');
	str_splice(text, d.from, d.to - d.from, str_text(&ins), ins.n);
	str_free(&ins);
	return true;
}

/* Made on a copy, which is taken over when the value reads back. */
bool edit_py_set(struct str *text, const char *name, const char *dict, const char *key,
	const char *value, struct err *err)
{
	char *now = edit_py_get(text, dict, key);
	bool same = streq(now, value);
	free(now);
	if (same)
		return true;
	struct str next;
	str_init(&next, text->max);
	str_addn(&next, str_text(text), text->n);
	bool ok = set(&next, name, dict, key, value, err);
	if (ok) {
		now = edit_py_get(&next, dict, key);
		ok = streq(now, value) || err_set(err, ERR_DATA, "%s: %s[\"%s\"] cannot be edited in place",
						  name, dict, key);
		free(now);
	}
	if (ok) {
		str_reset(text);
		str_addn(text, str_text(&next), next.n);
	}
	str_free(&next);
	return ok;
}
