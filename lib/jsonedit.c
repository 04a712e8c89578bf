#include "jsonedit.h"

#include "json.h"
#include "jsoneditx.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* Sorted keys are no accident from so many pairs on. */
#define SORTED_PAIRS 3

struct edit {
	const char *text;           /* the document that is edited */
	struct json_style style;
	struct arena *arena;
	struct str *out;
	/* of a document within a string of another: */
	const size_t *map;          /* places in that one's text; NULL: none */
	const char *outer;
	const struct json_style *outer_style;
};

/* ---- output: what stays and what is new ---- */
static void copy(struct edit *e, size_t from, size_t to)
{
	if (e->map)
		str_addn(e->out, e->outer + e->map[from], e->map[to] - e->map[from]);
	else
		str_addn(e->out, e->text + from, to - from);
}

static void put(struct edit *e, const char *s, size_t n)
{
	if (e->map)
		style_escape(e->out, e->outer_style, s, n);
	else
		str_addn(e->out, s, n);
}

static void put_text(struct edit *e, const char *s)
{
	put(e, s, strlen(s));
}

/* ---- strings ---- */
static bool inside_char(const char *s)
{
	return ((unsigned char)*s & 0xc0) == 0x80;
}

static void merge_string(struct edit *e, const struct span *old, const char *want)
{
	struct decoded was;
	struct str part = STR_INIT;
	size_t n = strlen(want), head = 0, tail = 0;
	span_decode(e->arena, e->text, old->from, old->to, &was);
	while (head < n && head < was.n && want[head] == was.text[head])
		head++;
	while (head && (inside_char(want + head) || inside_char(was.text + head)))
		head--;
	while (tail < n - head && tail < was.n - head &&
	       want[n - tail - 1] == was.text[was.n - tail - 1])
		tail++;
	while (tail && (inside_char(want + n - tail) || inside_char(was.text + was.n - tail)))
		tail--;
	copy(e, old->from, was.map[head]);
	style_escape(&part, &e->style, want + head, n - head - tail);
	put(e, str_text(&part), part.n);
	copy(e, was.map[was.n - tail], old->to);
	str_free(&part);
}

/* ---- containers ---- */
/* A member of the container as it is to be: kept (and perhaps changed), or new. */
struct entry {
	const struct span *old;
	const struct json *want;
};
struct entries {
	struct entry *v;
	size_t n, cap;
	const struct span *container;
	bool sorted;
};

static void add_entry(struct entries *list, const struct span *old, const struct json *want)
{
	GROW(list->v, list->cap, list->n + 1);
	list->v[list->n++] = (struct entry){ old, want };
}

static size_t back_over_space(const struct edit *e, size_t at)
{
	while (at && strchr(" \t\r\n", e->text[at - 1]))
		at--;
	return at;
}

static bool lines_between(const struct edit *e, size_t from, size_t to)
{
	return memchr(e->text + from, '\n', to - from) != NULL;
}

/* The white space that the line at `at` begins with. */
static const char *line_indent(const struct edit *e, size_t at)
{
	while (at && e->text[at - 1] != '\n')
		at--;
	size_t n = strspn(e->text + at, " \t");
	char *indent = arena_alloc(e->arena, n + 1);
	memcpy(indent, e->text + at, n);
	indent[n] = '\0';
	return indent;
}

/* White space that entry i begins with where it has no place of its own. */
static void put_lead(struct edit *e, const struct entries *list, size_t i)
{
	const struct span *first = list->container->first, *like = first;
	const struct span *own = list->v[i].old;
	if (i && own && own != first)
		like = own;
	else if (i && first->next)
		like = first->next;
	size_t from = back_over_space(e, like->start);
	if (i && like == first && !lines_between(e, from, first->start))
		put_text(e, e->style.comma + 1);
	else
		copy(e, from, like->start);
}

static void put_new(struct edit *e, const struct entries *list, size_t i, const char *indent)
{
	const struct json *want = list->v[i].want;
	const struct span *model = NULL;
	struct str text = STR_INIT;
	struct json_place place = { .text = e->text, .style = &e->style, .sorted = list->sorted };
	if (json_key(want)) {
		style_quote(&text, &e->style, json_key(want));
		str_add(&text, e->style.colon);
	} else {
		for (size_t k = 0; k < list->n && !(model && k > i); k++)
			if (list->v[k].old)
				model = list->v[k].old;
		if (!model)
			model = list->container->first;
	}
	const struct span *first = list->container->first;
	place.flat = first ? !lines_between(e, list->container->from, list->container->to) :
		!indent;
	style_put(&text, &place, want, model, first ? line_indent(e, first->start) :
		  indent ? indent : "");
	put(e, str_text(&text), text.n);
	str_free(&text);
}

static void merge(struct edit *e, const struct span *old, const struct json *want, bool sorted);

/* An empty container gets its first members. */
static void fill_empty(struct edit *e, const struct entries *list)
{
	const struct span *container = list->container;
	bool list_of_plain = json_is(container->json, JSON_ARRAY) && list->n &&
		!json_is(list->v[0].want, JSON_OBJECT) && !json_is(list->v[0].want, JSON_ARRAY);
	bool flat = list_of_plain ? e->style.flat_lists : !e->style.lines;
	struct str indent = STR_INIT;
	str_addf(&indent, "%s%s", line_indent(e, container->from), e->style.unit);
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			put_text(e, flat ? e->style.comma : ",");
		if (!flat) {
			put_text(e, e->style.eol);
			put_text(e, str_text(&indent));
		}
		put_new(e, list, i, flat ? NULL : str_text(&indent));
	}
	if (!flat) {
		put_text(e, e->style.eol);
		put_text(e, line_indent(e, container->from));
	}
	str_free(&indent);
}

static void put_entries(struct edit *e, const struct entries *list)
{
	const struct span *last = list->container->first;
	while (last->next)
		last = last->next;
	for (size_t i = 0; i < list->n; i++) {
		const struct entry *entry = &list->v[i];
		const struct span *before = i ? list->v[i - 1].old : NULL;
		if (before && before->next && before->next == entry->old) {
			copy(e, before->to, entry->old->start); /* as it was between them */
		} else {
			if (i)
				put_text(e, ",");
			put_lead(e, list, i);
		}
		if (entry->old) {
			copy(e, entry->old->start, entry->old->from);
			merge(e, entry->old, entry->want, list->sorted);
		} else {
			put_new(e, list, i, NULL);
		}
	}
	copy(e, last->to, list->container->to - 1);
}

static void merge_container(struct edit *e, struct entries *list)
{
	const struct span *old = list->container;
	copy(e, old->from, old->from + 1);
	if (list->n && !old->first)
		fill_empty(e, list);
	else if (list->n)
		put_entries(e, list);
	copy(e, old->to - 1, old->to);
	free(list->v);
}

static void insert_sorted(struct entries *list, const struct json *want)
{
	size_t at = list->n;
	add_entry(list, NULL, want);
	for (size_t i = list->n; list->sorted && i-- > 0;)
		if (strcmp(json_key(list->v[i].want), json_key(want)) > 0)
			at = i;
	memmove(list->v + at + 1, list->v + at, (list->n - 1 - at) * sizeof *list->v);
	list->v[at] = (struct entry){ NULL, want };
}

static void merge_object(struct edit *e, const struct span *old, const struct json *want,
			 bool sorted)
{
	size_t pairs = 0;
	struct entries list = { .container = old, .sorted = sorted };
	if (json_keys_sorted(old->json, &pairs) && pairs >= SORTED_PAIRS)
		list.sorted = true;
	for (const struct span *c = old->first; c; c = c->next)
		if (json_get(want, json_key(c->json)))
			add_entry(&list, c, json_get(want, json_key(c->json)));
	for (const struct json *m = json_first(want); m; m = json_next(m))
		if (!json_get(old->json, json_key(m)))
			insert_sorted(&list, m);
	merge_container(e, &list);
}

/* Is b what became of a? */
static bool same_item(const struct json *a, const struct json *b)
{
	static const char *const keys[] = { "id", "identifier", "column_name", "name" };
	for (size_t i = 0; i < countof(keys); i++) {
		const char *x = json_str_or(a, keys[i], NULL), *y = json_str_or(b, keys[i], NULL);
		if (x || y)
			return streq(x, y);
	}
	return json_equal(a, b);
}

static bool wanted_later(const struct json *from, const struct json *end, const struct json *item)
{
	for (; from && from != end; from = json_next(from))
		if (same_item(item, from))
			return true;
	return false;
}

static bool was_later(const struct span *from, const struct span *end, const struct json *item)
{
	for (; from && from != end; from = from->next)
		if (same_item(from->json, item))
			return true;
	return false;
}

/* The part that is neither like the beginning nor like the end. */
static void align_middle(struct entries *list, const struct span *a, const struct span *a_end,
			 const struct json *b, const struct json *b_end)
{
	while (a != a_end || b != b_end) {
		bool stays = a != a_end && wanted_later(b, b_end, a->json);
		bool new = b != b_end && (a == a_end || !was_later(a, a_end, b));
		if (a != a_end && b != b_end && same_item(a->json, b)) {
			add_entry(list, a, b);
		} else if (new && a != a_end && !stays) {
			add_entry(list, a, b); /* rewritten */
		} else if (new) {
			add_entry(list, NULL, b);
			b = json_next(b);
			continue;
		} else { /* gone, or moved: it comes again as a new one */
			a = a->next;
			continue;
		}
		a = a->next;
		b = json_next(b);
	}
}

static void merge_array(struct edit *e, const struct span *old, const struct json *want,
			bool sorted)
{
	struct entries list = { .container = old, .sorted = sorted };
	const struct span *a = old->first, *a_end = NULL;
	const struct json *b = json_first(want), *b_end = NULL;
	size_t na = json_len(old->json), nb = json_len(want), tail = 0;
	const struct span **was = xcalloc(na + 1, sizeof *was);
	const struct json **now = xcalloc(nb + 1, sizeof *now);
	for (size_t i = 0; i < na; i++, a = a->next)
		was[i] = a;
	for (size_t i = 0; i < nb; i++, b = json_next(b))
		now[i] = b;
	size_t head = 0;
	for (; head < na && head < nb && same_item(was[head]->json, now[head]); head++)
		add_entry(&list, was[head], now[head]);
	while (tail < na - head && tail < nb - head &&
	       same_item(was[na - tail - 1]->json, now[nb - tail - 1]))
		tail++;
	a_end = tail ? was[na - tail] : NULL;
	b_end = tail ? now[nb - tail] : NULL;
	align_middle(&list, head < na ? was[head] : NULL, a_end, head < nb ? now[head] : NULL,
		     b_end);
	for (; tail; tail--)
		add_entry(&list, was[na - tail], now[nb - tail]);
	free(was);
	free(now);
	merge_container(e, &list);
}

static void merge(struct edit *e, const struct span *old, const struct json *want, bool sorted)
{
	enum json_type type = json_typeof(want);
	if (json_equal(old->json, want)) {
		copy(e, old->from, old->to);
	} else if (type != json_typeof(old->json) ||
		   (type != JSON_OBJECT && type != JSON_ARRAY && type != JSON_STRING)) {
		struct str text = STR_INIT;
		struct json_place place = { .text = e->text, .style = &e->style, .sorted = sorted };
		style_put(&text, &place, want, NULL, line_indent(e, old->start));
		put(e, str_text(&text), text.n);
		str_free(&text);
	} else if (type == JSON_OBJECT) {
		merge_object(e, old, want, sorted);
	} else if (type == JSON_ARRAY) {
		merge_array(e, old, want, sorted);
	} else {
		merge_string(e, old, json_text(want));
	}
}

/* ---- whole documents ---- */
/* The edited text becomes *text if it means what it should. */
static bool take_result(struct str *text, struct str *out, const char *name, const char *key,
			const struct json *want, struct err *err)
{
	struct json *now = json_parse(str_text(out), out->n, err), *inner = NULL;
	const char *embedded = key ? json_str_or(now, key, "") : NULL;
	if (now && embedded)
		inner = json_parse(embedded, strlen(embedded), err);
	bool ok = !str_over(out) && now && json_equal(key ? inner : now, want);
	json_free(now);
	json_free(inner);
	if (!ok)
		return err_set(err, ERR_DATA, "%s: this edit of the text cannot be made", name);
	str_reset(text);
	str_addn(text, str_text(out), out->n);
	return true;
}

static void edit_document(struct edit *e, size_t n, const struct json *json,
			  const struct json *want)
{
	struct span *root = span_read(e->arena, e->text, json);
	style_read(&e->style, e->arena, e->text, n, root);
	copy(e, 0, root->from);
	merge(e, root, want, false);
	copy(e, root->to, n);
}

bool json_edit(struct str *text, const char *name, const struct json *want, struct err *err)
{
	struct arena arena = { 0 };
	struct str out = STR_INIT;
	struct edit e = { .text = str_text(text), .arena = &arena, .out = &out };
	struct json *json = json_parse(e.text, text->n, err);
	bool ok = json || err_wrap(err, "%s", name);
	if (ok) {
		edit_document(&e, text->n, json, want);
		ok = take_result(text, &out, name, NULL, want, err);
	}
	json_free(json);
	str_free(&out);
	arena_free(&arena);
	return ok;
}

/* The document within the string at `span`. */
static bool edit_inner(struct edit *e, const struct span *span, const struct json *want,
		       struct err *err)
{
	struct decoded inner;
	span_decode(e->arena, e->outer, span->from, span->to, &inner);
	struct json *json = json_parse(inner.text, inner.n, err);
	if (!json)
		return false;
	e->text = inner.text;
	e->map = inner.map;
	edit_document(e, inner.n, json, want);
	json_free(json);
	return true;
}

bool json_edit_embedded(struct str *text, const char *name, const char *key,
	const struct json *want, struct err *err)
{
	struct arena arena = { 0 };
	struct str out = STR_INIT;
	struct json_style style;
	struct edit e = { .outer = str_text(text), .arena = &arena, .out = &out,
		.outer_style = &style };
	struct json *json = json_parse(e.outer, text->n, err);
	bool ok = json || err_wrap(err, "%s", name);
	struct span *root = ok ? span_read(&arena, e.outer, json) : NULL;
	const struct span *member = span_member(root, key);
	if (ok && (!member || !json_text(member->json)))
		ok = err_set(err, ERR_DATA, "%s: %s is no text", name, key);
	if (ok) {
		style_read(&style, &arena, e.outer, text->n, root);
		str_addn(&out, e.outer, member->from + 1);
		ok = edit_inner(&e, member, want, err) || err_wrap(err, "%s: %s", name, key);
	}
	if (ok) {
		str_addn(&out, e.outer + member->to - 1, text->n - member->to + 1);
		ok = take_result(text, &out, name, key, want, err);
	}
	json_free(json);
	str_free(&out);
	arena_free(&arena);
	return ok;
}
