/* Instructions as people write them, read line by line. What is understood:
 *   "phrase" -> asset | WHERE condition | GROUP BY column | column
 *   "phrase" means ... | refers to ... | maps to ... | : ...
 *   use A for X | use A when X | A: X | for X(,) use A | route X to A
 *   ... instead of B | ... rather than B | ..., not B
 *   do not use A for X | never use A for X | A is not for X
 *   always ... `condition` | exclude ... `condition`
 *   default ... last 30 days
 * A may be a column; then X is another word for it. Lines that say something
 * else are left alone. */
#include "planner_model.h"

#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <string.h>

struct line {
	struct model *model;
	const char *text;
	struct asset *scope;
};

static struct rule *add_rule(struct model *model, enum rule_kind kind, const char *phrase,
	bool quoted)
{
	struct rule *rule = arena_alloc(model->arena, sizeof *rule);

	rule->kind = kind;
	rule->quoted = quoted;
	words_plain(&rule->phrase, phrase, model->arena);
	*model->rules_tail = rule;
	model->rules_tail = &rule->next;
	return rule;
}

static const char *skip_blank(const char *s)
{
	return s + strspn(s, " \t*_:,");
}

/* The first of the marks in text as words of their own; *n: its length. */
static const char *find_mark(const char *text, const char *const *marks, size_t *n)
{
	const char *best = NULL;

	for (; *marks; marks++) {
		size_t k = strlen(*marks);

		for (const char *p = stristr(text, *marks); p; p = stristr(p + 1, *marks)) {
			bool left = p == text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_');
			bool right = !isalnum((unsigned char)p[k]) && p[k] != '_';

			if (!left || !right)
				continue;
			if (!best || p < best) {
				best = p;
				*n = k;
			}
			break;
		}
	}
	return best;
}

static bool is_condition(const char *s)
{
	static const char *const signs[] = { "=", "<", ">", " in (", " like ", " between ",
		" is null", " is not null" };

	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (stristr(s, signs[i]))
			return true;
	return starts_withi(s, "not ") && strlen(s) < 60;
}

/* A condition: in backticks, after WHERE, or the whole text when it looks like one and
 * starts with a column. NULL: none. */
static const char *condition_in(struct model *model, const char *text, bool whole)
{
	static const char *const where[] = { "where", NULL };
	const char *from = strchr(text, '`'), *mark;
	size_t n = 0;

	for (; from; from = strchr(from + 1, '`')) {
		const char *end = strchr(from + 1, '`');
		char *code = end ? arena_strndup(model->arena, from + 1, (size_t)(end - from) - 1)
			: NULL;

		if (!code)
			break;
		code += starts_withi(code, "where ") ? 6 : 0;
		if (is_condition(code))
			return code;
		from = end;
	}
	mark = find_mark(text, where, &n);
	if (mark && is_condition(mark + n))
		text = mark + n;
	else if (!whole || !is_condition(text))
		return NULL;
	text = skip_blank(text);
	n = strlen(text);
	while (n && strchr(" .`;", text[n - 1]))
		n--;
	return strpbrk(text, "(=<>") && n ? arena_strndup(model->arena, text, n) : NULL;
}

/* The first word of text that is a field's name: with an underscore, in backticks, or
 * (whole) the only word. */
static const char *field_in(struct model *model, const char *text, bool whole)
{
	for (const char *p = text; *p;) {
		size_t n = 0;
		bool marked = p > text && p[-1] == '`';
		const char *name;

		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
		if (!n) {
			p++;
			continue;
		}
		name = arena_strndup(model->arena, p, n);
		if (marked || whole || strchr(name, '_'))
			for (size_t i = 0; i < model->nassets; i++)
				if (asset_field(&model->assets[i], name))
					return name;
		p += n;
	}
	return NULL;
}

/* What a phrase leads to, on the right of an arrow. */
static void add_target(struct line *line, const char *phrase, bool quoted, const char *target)
{
	static const char *const others[] = { "instead of", "rather than", "not", "never", NULL };
	const char *at = NULL, *sql, *field;
	struct asset *asset = model_asset_in(line->model, target, &at);
	size_t n = 0;
	const char *no = find_mark(target, others, &n);
	struct asset *other = no ? model_asset_in(line->model, no, NULL) : NULL;

	if (asset && !(no && no < at))
		add_rule(line->model, RULE_ROUTE, phrase, quoted)->asset = asset;
	if (other)
		add_rule(line->model, RULE_AVOID, phrase, quoted)->asset = other;
	sql = condition_in(line->model, target, !asset);
	if (sql) {
		struct rule *rule = add_rule(line->model, RULE_FILTER, phrase, true);

		rule->sql = sql;
		rule->asset = asset ? asset : line->scope;
		return;
	}
	field = field_in(line->model, target, true);
	if (field && !asset)
		add_rule(line->model, RULE_FIELD, phrase, true)->field = field;
}

/* Each quoted phrase of text, or the text's items when there is none. */
static void add_targets(struct line *line, const char *left, const char *target)
{
	struct words words;
	struct strlist items = { NULL, 0, 0 };
	bool quoted = false;

	words_split(&words, left, line->model->arena);
	for (size_t i = 0; i < words.n; i++)
		if (words.v[i].kind == WORD_VALUE) {
			add_target(line, words.v[i].text, true, target);
			quoted = true;
		}
	if (quoted)
		return;
	text_items(left, &items);
	for (size_t i = 0; i < items.n; i++)
		add_target(line, arena_strdup(line->model->arena, items.v[i]), false, target);
	strlist_free(&items);
}

static const char *find_arrow(const char *text, size_t *n)
{
	static const char *const arrows[] = { "\xe2\x86\x92", "->", "=>" };
	const char *best = NULL;

	for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
		const char *p = strstr(text, arrows[i]);

		if (p && (!best || p < best)) {
			best = p;
			*n = strlen(arrows[i]);
		}
	}
	return best;
}

/* A -> B, or on one line A -> B, C -> D. */
static bool read_arrow(struct line *line)
{
	const char *text = line->text, *arrow;
	size_t n = 0;

	if (!find_arrow(text, &n))
		return false;
	while ((arrow = find_arrow(text, &n)) != NULL) {
		const char *right = arrow + n, *end = right + strlen(right);
		const char *next = find_arrow(right, &n);
		const char *left = arena_strndup(line->model->arena, text, (size_t)(arrow - text));
		const char *colon = strrchr(left, ':');

		if (next)
			for (end = next; end > right && *end != ',' && *end != ';'; end--)
				;
		if (colon && !strchr(left, '"'))
			left = colon + 1;
		add_targets(line, left, arena_strndup(line->model->arena, right,
			(size_t)(end - right)));
		text = *end ? end + 1 : end;
	}
	return true;
}

/* "phrase" means X, "phrase": X */
static bool read_meaning(struct line *line)
{
	static const char *const verbs[] = { "means", "mean", "refers to", "refer to", "maps to",
	"is the same as", "stands for", "is defined as", "should use", "use", "uses", NULL };
	const char *s = line->text, *end, *rest;
	size_t n = 0;

	if (*s != '"')
		return false;
	for (end = strchr(s + 1, '"'); end && strchr(end + 1, '"') && strspn(end + 1, " ,/or") &&
	     end[1 + strspn(end + 1, " ,/or")] == '"';)
		end = strchr(end + 2 + strspn(end + 1, " ,/or"), '"');
	if (!end)
		return false;
	rest = end + 1;
	if (*rest == ':') {
		rest++;
	} else {
		const char *verb = find_mark(rest, verbs, &n);

		if (!verb || verb - rest > 30 || stristr(rest, " not "))
			return false;
		rest = verb + n;
	}
	add_targets(line, arena_strndup(line->model->arena, s, (size_t)(end - s) + 1), rest);
	return true;
}

static bool is_negative(const char *text, const char *at)
{
	static const char *const marks[] = { "do not", "don't", "never", "avoid", "not for",
		"not use", NULL };
	static const char *const use[] = { "use", "prefer", "see", NULL };
	size_t n = 0, k = 0;
	const char *mark = find_mark(text, marks, &n), *advice;

	if (!mark || (mark >= at && !starts_withi(mark, "not for")))
		return false;
	/* "not for totals (use A)" speaks for A; "do not use A" does not */
	advice = find_mark(mark + n, use, &k);
	return !advice || advice > at || advice - (mark + n) < 3;
}

/* The text that says for which questions: after the name or before it. NULL: none. */
static const char *subject_of(struct line *line, const char *at, size_t name)
{
	static const char *const after[] = { "for", "when", "if", "to answer", "whenever", NULL };
	static const char *const before[] = { "for", "when", "if", "route", "send", "about", NULL };
	static const char *const stops[] = { "use", "to", "query", "prefer", "do not", "don't",
		"never", NULL };
	size_t n = 0, k = 0;
	const char *rest = at + name + strspn(at + name, "`()\" "), *mark, *end;

	if (*rest == ':' || *rest == '-')
		return rest + 1;
	mark = find_mark(rest, after, &n);
	if (mark)
		return mark + n;
	mark = find_mark(line->text, before, &n);
	if (!mark || mark > at)
		return NULL;
	end = find_mark(mark + n, stops, &k);
	if (!end || end > at)
		end = at;
	return arena_strndup(line->model->arena, mark + n, (size_t)(end - mark) - n);
}

/* Ends a subject before the advice on another asset; that asset goes to *other. */
static const char *cut_other(struct line *line, const char *subject, struct asset **other)
{
	static const char *const marks[] = { "instead of", "rather than", "not", "instead", "use",
		"do not", NULL };
	size_t n = 0;
	const char *mark = find_mark(subject, marks, &n);

	if (!mark)
		return subject;
	*other = model_asset_in(line->model, mark, NULL);
	return *other || starts_withi(mark, "instead") ?
		arena_strndup(line->model->arena, subject, (size_t)(mark - subject)) : subject;
}

static void add_routes(struct line *line, enum rule_kind kind, struct asset *asset,
	const char *subject)
{
	struct words words;
	bool quoted = false;

	words_split(&words, subject, line->model->arena);
	for (size_t i = 0; i < words.n; i++)
		if (words.v[i].kind == WORD_VALUE) {
			add_rule(line->model, kind, words.v[i].text, true)->asset = asset;
			quoted = true;
		}
	if (!quoted)
		add_rule(line->model, kind, subject, false)->asset = asset;
}

static bool read_route(struct line *line)
{
	const char *at = NULL, *subject;
	struct asset *asset = model_asset_in(line->model, line->text, &at), *other = NULL;
	bool negative;

	if (!asset || asset == line->scope)
		return false;
	subject = subject_of(line, at, strlen(asset->name));
	if (!subject)
		return false;
	negative = is_negative(line->text, at);
	subject = cut_other(line, subject, &other);
	if (!other)
		other = model_asset_in(line->model, at + strlen(asset->name), NULL);
	add_routes(line, negative ? RULE_AVOID : RULE_ROUTE, asset, subject);
	if (other && other != asset)
		add_routes(line, negative ? RULE_ROUTE : RULE_AVOID, other, subject);
	if (line->scope && !negative && other != line->scope)
		add_routes(line, RULE_AVOID, line->scope, subject);
	return true;
}

/* use COLUMN for X, for X use COLUMN, X: use COLUMN */
static bool read_field(struct line *line)
{
	static const char *const use[] = { "use", NULL }, *const fors[] = { "for", "when", NULL };
	size_t n = 0, k = 0;
	const char *at = find_mark(line->text, use, &n), *field, *mark, *left;

	if (!at || is_negative(line->text, at + 1) || condition_in(line->model, line->text, false))
		return false;
	field = field_in(line->model, at + n, false);
	if (!field)
		return false;
	mark = find_mark(at + n, fors, &k);
	if (mark) {
		left = mark + k;
	} else {
		left = arena_strndup(line->model->arena, line->text, (size_t)(at - line->text));
		mark = find_mark(left, fors, &k);
		left = mark ? mark + k : left;
	}
	add_targets(line, left, field);
	return true;
}

static bool read_always(struct line *line)
{
	static const char *const marks[] = { "always", "exclude", "excluding", "by default", "must",
		"only include", "unless", NULL };
	static const char *const fors[] = { "for", "when", NULL };
	size_t n = 0;
	const char *sql = condition_in(line->model, line->text, false), *mark;
	struct rule *rule;

	if (!sql)
		return false;
	mark = find_mark(line->text, fors, &n);
	if (mark && !find_mark(line->text, marks, &n)) {
		size_t k = strcspn(mark + n, ",`");

		add_targets(line, arena_strndup(line->model->arena, mark + 3, k), line->text);
		return true;
	}
	if (!find_mark(line->text, marks, &n))
		return false;
	rule = add_rule(line->model, RULE_FILTER, "", true);
	rule->sql = sql;
	rule->always = true;
	rule->asset = model_asset_in(line->model, line->text, NULL);
	if (!rule->asset)
		rule->asset = line->scope;
	return true;
}

static void read_line(struct line *line)
{
	while (*line->text && strchr(" \t-*.)#", *line->text))
		line->text++;
	if (isdigit((unsigned char)*line->text) && strchr(".)", line->text[1]))
		line->text += 2;
	line->text += strspn(line->text, " \t*");
	if (!*line->text)
		return;
	if (!line->scope && (starts_withi(line->text, "default") ||
		stristr(line->text, "no time") ||
			     stristr(line->text, "no date") || stristr(line->text, "no period")))
		add_rule(line->model, RULE_WINDOW, line->text, false);
	if (read_arrow(line) || read_meaning(line) || read_always(line) || read_route(line))
		return;
	read_field(line);
}

/* A line, or a sentence of it, ends at s. */
static bool ends_here(const char *s)
{
	return *s == '\n' || ((*s == '.' || *s == ';') && (s[1] == ' ' || s[1] == '\n'));
}

void rules_read(struct model *model, const char *text, struct asset *scope)
{
	const char *from = text, *p = text;
	bool quoted = false, code = false;

	for (;; p++) {
		struct line line = { model, NULL, scope };

		quoted ^= *p == '"';
		code ^= *p == '`';
		if (*p && *p != '\n' && (quoted || code || !ends_here(p)))
			continue;
		line.text = arena_strndup(model->arena, from, (size_t)(p - from));
		read_line(&line);
		quoted = code = false;
		if (!*p)
			return;
		from = p + 1;
	}
}
