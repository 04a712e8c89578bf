/* Lists of YAML files, and removing. */
#include "edityaml.h"
#include "edityamlx.h"

#include "json.h"
#include "str.h"

#include <string.h>

/* ---- lists ---- */
static bool add_to_block(struct edit *e, const struct yaml_node *list, const char *raw)
{
	struct str ins = STR_INIT;
	size_t at = line_end(e, node_end(e, list));
	new_line(e, &ins, list->start.column - 1);
	str_addf(&ins, "- %s", raw);
	bool ok = edit_splice(e, at, at, &ins);
	str_free(&ins);
	return ok;
}

static bool add_to_flow(struct edit *e, const struct yaml_node *list, const char *raw)
{
	struct str ins = STR_INIT;
	size_t at = list->n ? node_end(e, list->items[list->n - 1]) : list->end.offset - 1;
	str_addf(&ins, "%s%s", list->n ? ", " : "", raw);
	bool ok = edit_splice(e, at, at, &ins);
	str_free(&ins);
	return ok;
}

static bool has_string(const struct json *list, const char *value)
{
	for (const struct json *item = json_first(list); item; item = json_next(item))
		if (streq(json_text(item), value))
			return true;
	return false;
}

/* The list at the place when there is one; NULL with *ok false when what is there is
 * something else. */
static const struct yaml_node *list_at(struct edit *e, bool *ok)
{
	*ok = true;
	if (!e->node || is_null(e->node))
		return NULL;
	if (e->node->kind == YAML_SEQ && !e->node->alias)
		return e->node;
	*ok = edit_fail(e, e->node, e->node->alias ? "an alias; edit the anchor itself" : "not a list");
	return NULL;
}

bool edit_yaml_add(struct str *text, const char *name, const char *path, const char *value,
	struct err *err)
{
	struct edit e;
	bool ok = open_edit(&e, text, name, path, err);
	const struct yaml_node *list = ok ? list_at(&e, &ok) : NULL;
	if (!ok)
		return close_edit(&e, false);
	struct json *now = e.node ? want_at(&e, e.nsteps) : NULL;
	if (list && has_string(now, value))
		return close_edit(&e, true);
	if (!list) {
		struct json *array = json_new_array();
		json_push_str(array, value);
		char *raw = arena_printf(&e.arena, "[%s]", scalar_raw(&e, value, YAML_STYLE_DOUBLE, true));
		if (!e.node)
			return close_edit(&e, insert_value(&e, raw, array));
		json_replace(now, array);
		return close_edit(&e, fill_null(&e, e.node, raw));
	}
	json_push_str(now, value);
	bool flow = list->style == YAML_STYLE_FLOW;
	const struct yaml_node *last = list->n ? list->items[list->n - 1] : NULL;
	enum yaml_style style = last && last->kind == YAML_SCALAR && last->style <= YAML_STYLE_DOUBLE ?
		last->style : YAML_STYLE_DOUBLE;
	char *raw = scalar_raw(&e, value, style, flow);
	return close_edit(&e, flow ? add_to_flow(&e, list, raw) : add_to_block(&e, list, raw));
}

/* Members of a map as lines, the first one without indentation. */
static void put_map(struct edit *e, struct str *out, const struct json *map, size_t indent)
{
	struct yaml_scalar_place place = { .indent = indent + 2, .eol = e->eol, .header = "" };
	for (const struct json *m = json_first(map); m; m = json_next(m)) {
		if (m != json_first(map))
			new_line(e, out, indent);
		put_key(out, json_key(m), &place);
		if (json_text(m))
			yaml_scalar_text(out, json_text(m), strchr(json_text(m), '\n') ?
				YAML_STYLE_LITERAL : YAML_STYLE_PLAIN, &place);
		else
			json_print(m, out); /* JSON is YAML in flow style */
	}
}

bool edit_yaml_add_map(struct str *text, const char *name, const char *path,
	const struct json *map, struct err *err)
{
	struct edit e;
	bool ok = open_edit(&e, text, name, path, err);
	const struct yaml_node *list = ok ? list_at(&e, &ok) : NULL;
	if (!ok)
		return close_edit(&e, false);
	struct str ins = STR_INIT;
	if (list && list->style == YAML_STYLE_FLOW) {
		json_print(map, &ins);
		json_push(want_at(&e, e.nsteps), json_dup(map));
		ok = add_to_flow(&e, list, str_text(&ins));
	} else if (list) {
		put_map(&e, &ins, map, list->start.column + 1);
		json_push(want_at(&e, e.nsteps), json_dup(map));
		ok = add_to_block(&e, list, str_text(&ins));
	} else if (!e.node && e.reached + 1 == e.nsteps && e.parent->kind == YAML_MAP &&
		   e.parent->style == YAML_STYLE_BLOCK && e.steps[e.reached].kind == STEP_KEY) {
		size_t indent = e.parent->start.column - 1;
		new_line(&e, &ins, indent + 2);
		str_add(&ins, "- ");
		put_map(&e, &ins, map, indent + 4);
		struct json *array = json_set(want_at(&e, e.reached), e.steps[e.reached].key,
					      json_new_array());
		json_push(array, json_dup(map));
		ok = insert_member(&e, e.parent, e.steps[e.reached].key, str_text(&ins), true);
	} else {
		ok = e.node ? edit_fail(&e, e.node, "not a list") : edit_missing(&e);
	}
	str_free(&ins);
	return close_edit(&e, ok);
}

/* ---- removing ---- */
/* From a flow collection, with the comma before or behind. */
static bool remove_flow(struct edit *e, size_t from, size_t to)
{
	struct str none = STR_INIT;
	const char *s = e->text->s;
	size_t end = to, start = from;
	while (end < e->text->n && is_space(s[end]))
		end++;
	if (s[end] == ',') {
		for (end++; s[end] == ' '; end++)
			;
		return edit_splice(e, from, end, &none);
	}
	while (start > 0 && is_space(s[start - 1]))
		start--;
	return edit_splice(e, start > 0 && s[start - 1] == ',' ? start - 1 : from, to, &none);
}

static bool only_dashes(const struct edit *e, size_t from, size_t to)
{
	for (; from < to; from++)
		if (e->text->s[from] != ' ' && e->text->s[from] != '-')
			return false;
	return true;
}

/* Whole lines of a block collection. */
static bool remove_lines(struct edit *e, size_t from, size_t to)
{
	struct str none = STR_INIT;
	size_t start = line_start(e, from), end = next_line(e, to);
	if (!only_dashes(e, start, from))
		return edit_fail(e, e->node, "does not start its line");
	if (end == e->text->n && start > 0 && end > 0 && e->text->s[end - 1] != '\n') {
		/* the last line has no newline; neither shall the new last line */
		start--;
		start -= start > 0 && e->text->s[start - 1] == '\r';
	}
	return edit_splice(e, start, end, &none);
}

static bool remove_only(struct edit *e)
{
	struct str ins = STR_INIT;
	bool map = e->parent->kind == YAML_MAP;
	size_t from = value_start(e, e->parent);
	str_add(&ins, map ? "{}" : "[]");
	bool ok = edit_splice(e, from, node_end(e, e->parent), &ins);
	str_free(&ins);
	return ok;
}

bool edit_yaml_remove(struct str *text, const char *name, const char *path, struct err *err)
{
	struct edit e;
	if (!open_edit(&e, text, name, path, err))
		return close_edit(&e, false);
	if (!e.node)
		return close_edit(&e, edit_missing(&e));
	size_t i = 0;
	while (e.parent->items[i] != e.node)
		i++;
	size_t from = e.parent->kind == YAML_MAP ? e.parent->keys[i]->start.offset :
		e.node->start.offset;
	size_t to = node_end(&e, e.node);
	json_free(json_detach(want_at(&e, e.nsteps)));
	if (e.parent->style == YAML_STYLE_FLOW)
		return close_edit(&e, remove_flow(&e, from, to));
	return close_edit(&e, e.parent->n == 1 ? remove_only(&e) : remove_lines(&e, from, to));
}
