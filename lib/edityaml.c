#include "edityaml.h"
#include "edityamlx.h"

#include "json.h"
#include "mem.h"
#include "str.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

bool edit_fail(struct edit *e, const struct yaml_node *at, const char *what)
{
	return err_set(e->err, ERR_DATA, "%s:%zu: %s: %s", e->name, at ? at->start.line : 1, e->path,
		       what);
}

/* ---- paths ---- */
static const char *read_key(struct edit *e, const char *s, const char *stops, char **key)
{
	struct str out = STR_INIT;
	if (*s == '"') {
		for (s++; *s && *s != '"'; s++)
			str_addc(&out, *s == '\\' && s[1] ? *++s : *s);
		if (*s == '"')
			s++;
		else
			s = NULL;
	} else {
		size_t n = strcspn(s, stops);
		str_addn(&out, s, n);
		s = n ? s + n : NULL;
	}
	*key = arena_strdup(&e->arena, str_text(&out));
	str_free(&out);
	return s;
}

static const char *read_selector(struct edit *e, const char *s, struct step *step)
{
	size_t digits = strspn(s, "0123456789");
	if (digits && digits < 9 && s[digits] == ']') {
		step->kind = STEP_INDEX;
		step->index = strtoul(s, NULL, 10);
		return s + digits + 1;
	}
	step->kind = STEP_SELECT;
	s = read_key(e, s, "=]", &step->key);
	if (!s || *s != '=')
		return NULL;
	s = read_key(e, s + 1, "]", &step->value);
	return s && *s == ']' ? s + 1 : NULL;
}

static bool read_path(struct edit *e)
{
	for (const char *s = e->path; s && *s;) {
		struct step *step = &e->steps[e->nsteps];
		if (e->nsteps++ == EDIT_MAX_STEPS - 1)
			return edit_fail(e, NULL, "too long a path");
		if (*s == '[')
			s = read_selector(e, s + 1, step);
		else
			s = read_key(e, s, ".[", &step->key);
		if (!s || (*s == '.' && !s[1]) || (*s && *s != '.' && *s != '['))
			return edit_fail(e, NULL, "not a path");
		s += *s == '.';
	}
	return e->nsteps || edit_fail(e, NULL, "not a path");
}

static const struct yaml_node *find_item(const struct yaml_node *list, struct step *step)
{
	if (list->kind != YAML_SEQ)
		return NULL;
	for (size_t i = 0; step->kind == STEP_SELECT && i < list->n; i++) {
		const struct yaml_node *field = yaml_get(list->items[i], step->key);
		if (field && field->kind == YAML_SCALAR && streq(field->value, step->value)) {
			step->index = i;
			return list->items[i];
		}
	}
	return step->kind == STEP_INDEX && step->index < list->n ? list->items[step->index] : NULL;
}

bool is_null(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->style == YAML_STYLE_PLAIN && !node->tag &&
		(!node->length || streq(node->value, "~") || streq(node->value, "null"));
}

/* Walks as far as the tree goes. */
static bool walk(struct edit *e)
{
	const struct yaml_node *node = yaml_root(e->yaml);
	if (!node)
		return edit_fail(e, NULL, "the file is empty");
	for (e->reached = 0; e->reached < e->nsteps; e->reached++) {
		struct step *step = &e->steps[e->reached];
		if (node->alias)
			return edit_fail(e, node, "reached through an alias; edit the anchor itself");
		const struct yaml_node *next = step->kind == STEP_KEY ? yaml_get(node, step->key) :
			find_item(node, step);
		e->parent = node;
		if (!next)
			break;
		node = next;
	}
	e->node = e->reached == e->nsteps ? node : NULL;
	return true;
}

bool edit_missing(struct edit *e)
{
	const struct step *step = &e->steps[e->reached];
	if (step->kind == STEP_SELECT)
		return err_set(e->err, ERR_DATA, "%s:%zu: %s: no item with %s=%s", e->name,
			       e->parent->start.line, e->path, step->key, step->value);
	if (step->kind == STEP_INDEX)
		return edit_fail(e, e->parent, "no item with this index");
	return err_set(e->err, ERR_DATA, "%s:%zu: %s: no key \"%s\"", e->name, e->parent->start.line,
		       e->path, step->key);
}

/* ---- the same place in the JSON of the document ---- */
static struct json *json_step(struct json *json, const struct step *step)
{
	return step->kind == STEP_KEY ? json_get(json, step->key) : json_at(json, step->index);
}

/* The member at the first n steps; NULL when it is not there. */
struct json *want_at(struct edit *e, size_t n)
{
	struct json *json = e->want;
	for (size_t i = 0; json && i < n; i++)
		json = json_step(json, &e->steps[i]);
	return json;
}

bool open_edit(struct edit *e, struct str *text, const char *name, const char *path,
		      struct err *err)
{
	*e = (struct edit){ .text = text, .name = name, .path = path, .err = err };
	const char *newline = memchr(str_text(text), '\n', text->n);
	e->eol = newline && newline > text->s && newline[-1] == '\r' ? "\r\n" : "\n";
	if (!read_path(e))
		return false;
	e->yaml = yaml_parse(str_text(text), text->n, name, err);
	if (!e->yaml || !walk(e))
		return false;
	e->want = yaml_to_json(yaml_root(e->yaml));
	return true;
}

bool close_edit(struct edit *e, bool ok)
{
	json_free(e->want);
	yaml_close(e->yaml);
	arena_free(&e->arena);
	return ok;
}

/* Puts `ins` in the place of bytes [from, to) and proves that the document now is
 * what was wanted. */
bool edit_splice(struct edit *e, size_t from, size_t to, const struct str *ins)
{
	struct str next;
	str_init(&next, e->text->max);
	str_addn(&next, e->text->s, from);
	str_addn(&next, str_text(ins), ins->n);
	str_addn(&next, e->text->s + to, e->text->n - to);
	struct err ignored = { 0 };
	struct yaml *yaml = str_over(&next) ? NULL :
		yaml_parse(str_text(&next), next.n, e->name, &ignored);
	struct json *got = yaml ? yaml_to_json(yaml_root(yaml)) : NULL;
	bool ok = got && json_equal(got, e->want);
	if (!ok)
		edit_fail(e, e->node ? e->node : e->parent, yaml ?
			"cannot be edited without changing something else (an anchor or a tag?)" :
			"cannot be edited in place");
	if (ok) {
		str_reset(e->text);
		str_addn(e->text, str_text(&next), next.n);
	}
	json_free(got);
	yaml_close(yaml);
	str_free(&next);
	return ok;
}

/* ---- places in the text ---- */
bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of a node without the white space that block marks include. */
size_t node_end(const struct edit *e, const struct yaml_node *node)
{
	size_t end = node->end.offset;
	if (node->style == YAML_STYLE_FLOW || node->alias)
		return end;
	if (node->kind != YAML_SCALAR && node->n)
		return node_end(e, node->items[node->n - 1]);
	while (end > node->start.offset && is_space(e->text->s[end - 1]))
		end--;
	return end;
}

size_t line_end(const struct edit *e, size_t at)
{
	while (at < e->text->n && e->text->s[at] != '\n')
		at++;
	return at > 0 && at < e->text->n && e->text->s[at - 1] == '\r' ? at - 1 : at;
}

size_t line_start(const struct edit *e, size_t at)
{
	while (at > 0 && e->text->s[at - 1] != '\n')
		at--;
	return at;
}

/* Where the next line starts. */
size_t next_line(const struct edit *e, size_t at)
{
	while (at < e->text->n && e->text->s[at] != '\n')
		at++;
	return at < e->text->n ? at + 1 : at;
}

/* Behind anchor and tag. */
size_t value_start(const struct edit *e, const struct yaml_node *node)
{
	size_t at = node->start.offset;
	while (at < node->end.offset && !node->alias && strchr("&!", e->text->s[at]) &&
	       (node->anchor || node->tag)) {
		while (at < node->end.offset && !is_space(e->text->s[at]))
			at++;
		while (at < node->end.offset && is_space(e->text->s[at]))
			at++;
	}
	return at;
}

static bool in_flow(const struct edit *e)
{
	return e->parent->style == YAML_STYLE_FLOW;
}

/* ---- setting a scalar ---- */
/* Indentation and header of an old block scalar. */
static void block_place(struct edit *e, const struct yaml_node *node, struct yaml_scalar_place *place)
{
	size_t from = value_start(e, node), eol = line_end(e, from);
	place->header = arena_strndup(&e->arena, e->text->s + from, eol - from);
	size_t end = node_end(e, node);
	for (size_t at = next_line(e, from); at < end; at = next_line(e, at)) {
		size_t n = strspn(e->text->s + at, " ");
		if (e->text->s[at + n] != '\n' && e->text->s[at + n] != '\r') {
			place->indent = n;
			return;
		}
	}
}

static struct yaml_scalar_place place_of(const struct edit *e, const struct yaml_node *map)
{
	return (struct yaml_scalar_place){ .indent = map->start.column + 1, .flow = in_flow(e),
		.eol = e->eol, .header = "" };
}

static bool set_existing(struct edit *e, const char *value)
{
	const struct yaml_node *node = e->node;
	if (node->kind != YAML_SCALAR)
		return edit_fail(e, node, "not a single value");
	struct yaml_scalar_place place = place_of(e, e->parent);
	enum yaml_style style = node->style;
	size_t from = value_start(e, node), to = node_end(e, node);
	if (to < from)
		to = from;
	if (style == YAML_STYLE_LITERAL || style == YAML_STYLE_FOLDED)
		block_place(e, node, &place);
	struct str ins = STR_INIT;
	if (from == to && from > 0 && !is_space(e->text->s[from - 1]))
		str_addc(&ins, ' ');
	yaml_scalar_text(&ins, value, node->alias ? YAML_STYLE_DOUBLE : style, &place);
	bool ok = edit_splice(e, from, to, &ins);
	str_free(&ins);
	return ok;
}

/* The style that a key has elsewhere in the document. */
static const struct yaml_node *same_key(const struct yaml_node *node, const char *key)
{
	const struct yaml_node *found = node->kind == YAML_MAP ? yaml_get(node, key) : NULL;
	if (found && found->kind == YAML_SCALAR && found->length && !found->alias &&
	    found->style <= YAML_STYLE_DOUBLE)
		return found;
	found = NULL;
	for (size_t i = 0; i < node->n && !found && !node->alias; i++)
		found = same_key(node->items[i], key);
	return found;
}

/* The style of a key's last sibling with a quoted or plain string. */
static enum yaml_style new_style(struct edit *e, const struct yaml_node *map, const char *key)
{
	const struct yaml_node *like = same_key(yaml_root(e->yaml), key);
	for (size_t i = map->n; !like && i > 0; i--)
		if (map->items[i - 1]->kind == YAML_SCALAR && map->items[i - 1]->style <= YAML_STYLE_DOUBLE)
			like = map->items[i - 1];
	return like ? like->style : YAML_STYLE_PLAIN;
}

void put_key(struct str *out, const char *key, const struct yaml_scalar_place *place)
{
	struct yaml_scalar_place plain = *place;
	plain.flow = true;
	yaml_scalar_text(out, key, YAML_STYLE_PLAIN, &plain);
	str_add(out, ": ");
}

void new_line(struct edit *e, struct str *out, size_t indent)
{
	str_add(out, e->eol);
	for (size_t i = 0; i < indent; i++)
		str_addc(out, ' ');
}

/* The sibling after which a new key goes: the last of the leading scalars. */
static const struct yaml_node *sibling(const struct yaml_node *map, bool at_end)
{
	size_t i = 0;
	while (!at_end && i + 1 < map->n && map->items[0]->kind == YAML_SCALAR &&
	       map->items[i + 1]->kind == YAML_SCALAR)
		i++;
	if (at_end || map->items[0]->kind != YAML_SCALAR)
		i = map->n - 1;
	return map->items[i];
}

/* Inserts "key: RAW" into a map that has members. */
bool insert_member(struct edit *e, const struct yaml_node *map, const char *key,
			  const char *raw, bool at_end)
{
	struct str ins = STR_INIT;
	struct yaml_scalar_place place = place_of(e, map);
	size_t at;
	if (map->style == YAML_STYLE_FLOW) {
		at = map->n ? node_end(e, map->items[map->n - 1]) : map->end.offset - 1;
		str_add(&ins, map->n ? ", " : "");
	} else {
		at = line_end(e, node_end(e, sibling(map, at_end)));
		new_line(e, &ins, map->start.column - 1);
	}
	put_key(&ins, key, &place);
	str_add(&ins, raw);
	bool ok = edit_splice(e, at, at, &ins);
	str_free(&ins);
	return ok;
}

/* Replaces an empty value by RAW. */
bool fill_null(struct edit *e, const struct yaml_node *node, const char *raw)
{
	struct str ins = STR_INIT;
	size_t from = value_start(e, node), to = node_end(e, node);
	if (from > 0 && !is_space(e->text->s[from - 1]))
		str_addc(&ins, ' ');
	str_add(&ins, raw);
	bool ok = edit_splice(e, from, to < from ? from : to, &ins);
	str_free(&ins);
	return ok;
}

char *scalar_raw(struct edit *e, const char *value, enum yaml_style style, bool flow)
{
	struct str out = STR_INIT;
	struct yaml_scalar_place place = { .flow = flow, .eol = e->eol, .header = "" };
	yaml_scalar_text(&out, value, style, &place);
	char *text = arena_strdup(&e->arena, str_text(&out));
	str_free(&out);
	return text;
}

/* A value for a missing key, with the map above made when that is missing too. */
bool insert_value(struct edit *e, const char *raw, struct json *value)
{
	const struct yaml_node *map = e->parent;
	const char *key = e->steps[e->nsteps - 1].key;
	bool above = e->reached + 1 == e->nsteps;
	bool ok = e->steps[e->nsteps - 1].kind == STEP_KEY && e->steps[e->reached].kind == STEP_KEY &&
		(above || e->reached + 2 == e->nsteps) && (map->kind == YAML_MAP || (is_null(map) && e->reached > 0));
	if (!ok) {
		json_free(value);
		return edit_missing(e);
	}
	struct str text = STR_INIT;
	struct json *at = want_at(e, e->reached);
	if (map->kind != YAML_MAP || !above) {
		struct yaml_scalar_place place = { .flow = true, .eol = e->eol, .header = "" };
		str_addc(&text, '{');
		put_key(&text, key, &place);
		str_addf(&text, "%s}", raw);
		struct json *object = json_new_object();
		json_set(object, key, value);
		if (map->kind != YAML_MAP)
			json_replace(at, object);
		else
			json_set(at, e->steps[e->reached].key, object);
	} else {
		str_add(&text, raw);
		json_set(at, key, value);
	}
	if (map->kind == YAML_MAP)
		ok = insert_member(e, map, e->steps[e->reached].key, str_text(&text), false);
	else
		ok = fill_null(e, map, str_text(&text));
	str_free(&text);
	return ok;
}

bool edit_yaml_set(struct str *text, const char *name, const char *path, const char *value,
	struct err *err)
{
	struct edit e;
	if (!open_edit(&e, text, name, path, err))
		return close_edit(&e, false);
	struct json *now = e.node ? want_at(&e, e.nsteps) : NULL;
	if (streq(json_text(now), value))
		return close_edit(&e, true);
	if (e.node) {
		json_replace(now, json_new_str(value));
		return close_edit(&e, set_existing(&e, value));
	}
	bool flow = in_flow(&e) || e.reached + 1 < e.nsteps || e.parent->kind != YAML_MAP;
	const char *key = e.steps[e.nsteps - 1].key;
	enum yaml_style style = e.parent->kind == YAML_MAP ?
		new_style(&e, e.parent, key ? key : "") : YAML_STYLE_PLAIN;
	char *raw = scalar_raw(&e, value, style, flow);
	return close_edit(&e, insert_value(&e, raw, json_new_str(value)));
}

struct json *edit_yaml_get(const struct str *text, const char *name, const char *path,
	bool *broken, struct err *err)
{
	struct edit e;
	struct str copy = STR_INIT;
	struct json *found = NULL;
	str_addn(&copy, str_text(text), text->n);
	*broken = !open_edit(&e, &copy, name, path, err);
	if (!*broken && e.node)
		found = json_dup(want_at(&e, e.nsteps));
	else if (!*broken && e.reached + 1 < e.nsteps)
		*broken = !edit_missing(&e);
	close_edit(&e, true);
	str_free(&copy);
	return found;
}
