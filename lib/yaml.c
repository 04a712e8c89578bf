#include "yaml.h"

#include "io.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define MAX_DEPTH 100

struct yaml {
	struct arena arena;
	struct str text;
	const char *name;
	struct yaml_node *root;
	size_t nodes;
	struct yaml_anchor *anchors;
};

/* libyaml's document API drops anchors and flow details that events keep, so
 * the tree is built from events. */
struct yaml_anchor {
	struct yaml_anchor *next;
	const char *name;
	struct yaml_node *node;
};

struct builder {
	struct yaml *yaml;
	yaml_parser_t parser;
	struct err *err;
};

static bool fail_at(struct builder *b, size_t line, const char *what)
{
	return err_set(b->err, ERR_DATA, "%s:%zu: %s", b->yaml->name, line, what);
}

static bool next_event(struct builder *b, yaml_event_t *event)
{
	if (yaml_parser_parse(&b->parser, event))
		return true;
	const yaml_parser_t *p = &b->parser;
	size_t line = (p->error == YAML_READER_ERROR ? 0 : p->problem_mark.line) + 1;
	if (p->context)
		return err_set(b->err, ERR_DATA, "%s:%zu: %s, %s", b->yaml->name, line, p->context,
			       p->problem ? p->problem : "not YAML");
	return fail_at(b, line, p->problem ? p->problem : "not YAML");
}

static struct yaml_mark mark(yaml_mark_t m)
{
	return (struct yaml_mark){ m.index, m.line + 1, m.column + 1 };
}

static struct yaml_node *new_node(struct builder *b, const yaml_event_t *event,
				  enum yaml_kind kind)
{
	struct yaml_node *node = arena_alloc(&b->yaml->arena, sizeof *node);
	node->kind = kind;
	node->start = mark(event->start_mark);
	node->end = mark(event->end_mark);
	b->yaml->nodes++;
	return node;
}

static void remember_anchor(struct builder *b, struct yaml_node *node, const yaml_char_t *name)
{
	if (!name)
		return;
	struct yaml_anchor *anchor = arena_alloc(&b->yaml->arena, sizeof *anchor);
	anchor->name = arena_strdup(&b->yaml->arena, (const char *)name);
	anchor->node = node;
	anchor->next = b->yaml->anchors;
	b->yaml->anchors = anchor;
	node->anchor = anchor->name;
}

static struct yaml_node *scalar(struct builder *b, const yaml_event_t *event)
{
	static const enum yaml_style style[] = { [YAML_PLAIN_SCALAR_STYLE] = YAML_STYLE_PLAIN,
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = YAML_STYLE_SINGLE,
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = YAML_STYLE_DOUBLE,
		[YAML_LITERAL_SCALAR_STYLE] = YAML_STYLE_LITERAL,
		[YAML_FOLDED_SCALAR_STYLE] = YAML_STYLE_FOLDED };
	struct yaml_node *node = new_node(b, event, YAML_SCALAR);
	size_t n = event->data.scalar.length;
	const char *value = (const char *)event->data.scalar.value;
	if (memchr(value, '\0', n)) {
		fail_at(b, node->start.line, "the NUL character is not accepted");
		return NULL;
	}
	node->style = event->data.scalar.style < countof(style) ? style[event->data.scalar.style] :
		YAML_STYLE_PLAIN;
	node->value = arena_strndup(&b->yaml->arena, value, n);
	node->length = n;
	node->tag = arena_strdup(&b->yaml->arena, (const char *)event->data.scalar.tag);
	remember_anchor(b, node, event->data.scalar.anchor);
	return node;
}

/* An alias shares its target's children; the copy only says where it stands. */
static struct yaml_node *alias(struct builder *b, const yaml_event_t *event)
{
	for (struct yaml_anchor *a = b->yaml->anchors; a; a = a->next) {
		if (!streq(a->name, (const char *)event->data.alias.anchor))
			continue;
		struct yaml_node *node = new_node(b, event, a->node->kind);
		*node = *a->node;
		node->alias = true;
		node->anchor = NULL;
		node->start = mark(event->start_mark);
		node->end = mark(event->end_mark);
		return node;
	}
	err_set(b->err, ERR_DATA, "%s:%zu: no anchor &%s before this alias", b->yaml->name,
		event->start_mark.line + 1, (const char *)event->data.alias.anchor);
	return NULL;
}

static struct yaml_node *build(struct builder *b, yaml_event_t *event, int depth);

static struct yaml_node *build_next(struct builder *b, int depth, bool *end)
{
	yaml_event_t event;
	if (!next_event(b, &event))
		return NULL;
	*end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
	struct yaml_node *node = NULL;
	if (*end) {
		/* only the end mark is of use to the caller */
		node = arena_alloc(&b->yaml->arena, sizeof *node);
		node->end = mark(event.end_mark);
		node->start = mark(event.start_mark);
	} else {
		node = build(b, &event, depth);
	}
	yaml_event_delete(&event);
	return node;
}

static bool known_key(const struct yaml_node *map, size_t n, const struct yaml_node *key)
{
	for (size_t i = 0; i < n; i++)
		if (map->keys[i]->kind == YAML_SCALAR && key->kind == YAML_SCALAR &&
		    streq(map->keys[i]->value, key->value) && !streq(key->value, "<<"))
			return true;
	return false;
}

static bool add_key(struct builder *b, struct yaml_node *map, const struct yaml_node *key)
{
	if (!known_key(map, map->n, key))
		return true;
	return err_set(b->err, ERR_DATA, "%s:%zu: key \"%s\" appears twice", b->yaml->name,
		       key->start.line, key->value);
}

/* Reads the members of a map or sequence up to its end. Arrays grow on the heap
 * and move to the arena when the count is known. */
static bool members(struct builder *b, struct yaml_node *node, int depth)
{
	struct yaml_node **keys = NULL, **items = NULL;
	size_t key_cap = 0, item_cap = 0;
	bool ok = false, end = false;
	for (;;) {
		struct yaml_node *child = build_next(b, depth, &end);
		if (!child)
			break;
		if (end) {
			node->end = child->end;
			ok = true;
			break;
		}
		GROW(items, item_cap, node->n + 1);
		if (node->kind == YAML_MAP) {
			GROW(keys, key_cap, node->n + 1);
			node->keys = keys;
			if (!add_key(b, node, child))
				break;
			keys[node->n] = child;
			child = build_next(b, depth, &end);
			if (!child)
				break;
		}
		items[node->n++] = child;
	}
	size_t size = node->n * sizeof *items;
	node->items = arena_alloc(&b->yaml->arena, size);
	node->keys = arena_alloc(&b->yaml->arena, size);
	if (ok && items) {
		memcpy(node->items, items, size);
		if (keys)
			memcpy(node->keys, keys, size);
	}
	free(items);
	free(keys);
	return ok;
}

static struct yaml_node *container(struct builder *b, const yaml_event_t *event, int depth)
{
	bool map = event->type == YAML_MAPPING_START_EVENT;
	struct yaml_node *node = new_node(b, event, map ? YAML_MAP : YAML_SEQ);
	bool flow = map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE :
			  event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	node->style = flow ? YAML_STYLE_FLOW : YAML_STYLE_BLOCK;
	node->tag = arena_strdup(&b->yaml->arena, (const char *)(map ?
		event->data.mapping_start.tag : event->data.sequence_start.tag));
	if (!members(b, node, depth + 1))
		return NULL;
	/* after the members, so that an alias inside cannot mean its own parent */
	remember_anchor(b, node, map ? event->data.mapping_start.anchor :
				       event->data.sequence_start.anchor);
	return node;
}

static struct yaml_node *build(struct builder *b, yaml_event_t *event, int depth)
{
	if (depth > MAX_DEPTH) {
		fail_at(b, event->start_mark.line + 1, "nested too deeply");
		return NULL;
	}
	if (b->yaml->nodes > YAML_MAX_NODES) {
		fail_at(b, event->start_mark.line + 1, "more nodes than accepted");
		return NULL;
	}
	switch (event->type) {
	case YAML_SCALAR_EVENT: return scalar(b, event);
	case YAML_ALIAS_EVENT: return alias(b, event);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT: return container(b, event, depth);
	default: fail_at(b, event->start_mark.line + 1, "unexpected content"); return NULL;
	}
}

/* Nodes after aliases are resolved, so that a bomb of nested aliases is met by
 * the limit before anyone walks it. */
static bool count_resolved(struct builder *b, const struct yaml_node *node, size_t *total)
{
	if (++*total > YAML_MAX_NODES)
		return fail_at(b, node->start.line, "more nodes than accepted once aliases are resolved");
	for (size_t i = 0; i < node->n; i++)
		if (!count_resolved(b, node->items[i], total))
			return false;
	return true;
}

static bool read_document(struct builder *b)
{
	yaml_event_t event;
	for (;;) {
		if (!next_event(b, &event))
			return false;
		yaml_event_type_t type = event.type;
		bool ok = true;
		if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT ||
		    type == YAML_MAPPING_START_EVENT || type == YAML_ALIAS_EVENT) {
			b->yaml->root = build(b, &event, 0);
			ok = b->yaml->root != NULL;
		} else if (type == YAML_DOCUMENT_START_EVENT && b->yaml->root) {
			ok = fail_at(b, event.start_mark.line + 1, "more than one document");
		}
		yaml_event_delete(&event);
		if (!ok)
			return false;
		if (type == YAML_STREAM_END_EVENT)
			return true;
	}
}

/* libyaml's mark.index counts characters; edits need bytes. */
struct offsets {
	const char *text;
	size_t n, bytes, chars, bom;
};

static size_t to_byte(struct offsets *o, size_t chars)
{
	if (chars < o->chars) {
		o->chars = 0;
		o->bytes = o->bom;
	}
	while (o->chars < chars && o->bytes < o->n) {
		do
			o->bytes++;
		while (o->bytes < o->n && ((unsigned char)o->text[o->bytes] & 0xC0) == 0x80);
		o->chars++;
	}
	return o->bytes;
}

static void fix_offsets(struct offsets *o, struct yaml_node *node)
{
	node->start.offset = to_byte(o, node->start.offset);
	size_t end = node->end.offset;
	for (size_t i = 0; i < node->n && !node->alias; i++) {
		if (node->kind == YAML_MAP)
			fix_offsets(o, node->keys[i]);
		fix_offsets(o, node->items[i]);
	}
	node->end.offset = to_byte(o, end);
}

struct yaml *yaml_parse(const char *text, size_t n, const char *name, struct err *err)
{
	struct yaml *yaml = xcalloc(1, sizeof *yaml);
	struct builder b = { .yaml = yaml, .err = err };
	str_init(&yaml->text, IO_MAX_FILE);
	str_addn(&yaml->text, text, n);
	yaml->name = arena_strdup(&yaml->arena, name);
	if (!yaml_parser_initialize(&b.parser))
		BUG("libyaml has no memory");
	/* libyaml would give a byte order mark a column, and the first key with it */
	size_t bom = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)str_text(&yaml->text) + bom,
				     n - bom);
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	size_t total = 0;
	bool ok = read_document(&b) && (!yaml->root || count_resolved(&b, yaml->root, &total));
	yaml_parser_delete(&b.parser);
	if (!ok) {
		yaml_close(yaml);
		return NULL;
	}
	if (yaml->root) {
		struct offsets o = { .text = str_text(&yaml->text), .n = n, .bytes = bom, .bom = bom };
		fix_offsets(&o, yaml->root);
	}
	return yaml;
}

struct yaml *yaml_load(const char *path, struct err *err)
{
	struct str text;
	str_init(&text, IO_MAX_FILE);
	struct yaml *yaml = NULL;
	if (io_read_file(path, &text, err))
		yaml = yaml_parse(str_text(&text), text.n, streq(path, "-") ? "standard input" : path,
				  err);
	str_free(&text);
	return yaml;
}

void yaml_close(struct yaml *yaml)
{
	if (!yaml)
		return;
	str_free(&yaml->text);
	arena_free(&yaml->arena);
	free(yaml);
}

const struct yaml_node *yaml_root(const struct yaml *yaml)
{
	return yaml->root;
}

const char *yaml_text(const struct yaml *yaml, size_t *n)
{
	*n = yaml->text.n;
	return str_text(&yaml->text);
}

/* ---- finding ---- */
static const struct yaml_node *get_n(const struct yaml_node *map, const char *key, size_t n)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (map->keys[i]->kind == YAML_SCALAR && map->keys[i]->length == n &&
		    memcmp(map->keys[i]->value, key, n) == 0)
			return map->items[i];
	return NULL;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	return get_n(map, key, strlen(key));
}

/* selector: "0" or "name=value", n bytes */
static const struct yaml_node *select_item(const struct yaml_node *seq, const char *selector,
					   size_t n)
{
	if (!seq || seq->kind != YAML_SEQ)
		return NULL;
	const char *equals = memchr(selector, '=', n);
	if (!equals) {
		size_t index = strtoul(selector, NULL, 10);
		return index < seq->n ? seq->items[index] : NULL;
	}
	const char *value = equals + 1;
	size_t length = n - (size_t)(value - selector);
	for (size_t i = 0; i < seq->n; i++) {
		const struct yaml_node *field = get_n(seq->items[i], selector,
						      (size_t)(equals - selector));
		if (field && field->kind == YAML_SCALAR && field->length == length &&
		    memcmp(field->value, value, length) == 0)
			return seq->items[i];
	}
	return NULL;
}

const struct yaml_node *yaml_find(const struct yaml_node *node, const char *path)
{
	while (node && *path) {
		if (*path == '.') {
			path++;
		} else if (*path == '[') {
			size_t n = strcspn(path + 1, "]");
			node = select_item(node, path + 1, n);
			path += n + 1 + (path[n + 1] == ']');
		} else {
			size_t n = strcspn(path, ".[");
			node = get_n(node, path, n);
			path += n;
		}
	}
	return node;
}

/* ---- to JSON ---- */
static size_t number_length(const char *s)
{
	const char *p = s + (*s == '-');
	size_t digits = strspn(p, "0123456789");
	if (!digits || (p[0] == '0' && digits > 1))
		return 0;
	p += digits;
	if (*p == '.') {
		size_t fraction = strspn(p + 1, "0123456789");
		if (!fraction)
			return 0;
		p += 1 + fraction;
	}
	if (*p == 'e' || *p == 'E') {
		const char *e = p + 1 + (p[1] == '+' || p[1] == '-');
		size_t exponent = strspn(e, "0123456789");
		if (!exponent)
			return 0;
		p = e + exponent;
	}
	return (size_t)(p - s);
}

static bool word_is(const char *s, const char *lower, const char *title, const char *upper)
{
	return streq(s, lower) || streq(s, title) || streq(s, upper);
}

static struct json *scalar_to_json(const struct yaml_node *node)
{
	const char *s = node->value;
	bool plain = node->style == YAML_STYLE_PLAIN && !node->tag;
	if (!plain && !(node->tag && !ends_with(node->tag, ":str") &&
			node->style == YAML_STYLE_PLAIN))
		return json_new_strn(s, node->length);
	if (!*s || streq(s, "~") || word_is(s, "null", "Null", "NULL"))
		return json_new_null();
	if (word_is(s, "true", "True", "TRUE"))
		return json_new_bool(true);
	if (word_is(s, "false", "False", "FALSE"))
		return json_new_bool(false);
	if (number_length(s) == node->length)
		return json_new_number_text(s);
	return json_new_strn(s, node->length);
}

/* Members of a merged map stand behind what the map itself says. */
static void merge_into(struct json *object, const struct yaml_node *source)
{
	if (source->kind == YAML_SEQ) {
		for (size_t i = 0; i < source->n; i++)
			merge_into(object, source->items[i]);
		return;
	}
	struct json *other = yaml_to_json(source);
	for (struct json *child = json_first(other), *next; child; child = next) {
		next = json_next(child);
		char *key = xstrdup(json_key(child));
		if (!json_get(object, key))
			json_set(object, key, json_detach(child));
		free(key);
	}
	json_free(other);
}

static void key_text(const struct yaml_node *key, struct str *out)
{
	str_reset(out);
	if (key->kind == YAML_SCALAR) {
		str_addn(out, key->value, key->length);
		return;
	}
	struct json *json = yaml_to_json(key);
	json_print(json, out);
	json_free(json);
}

static struct json *map_to_json(const struct yaml_node *node)
{
	struct json *object = json_new_object();
	struct str key = STR_INIT;
	for (size_t i = 0; i < node->n; i++) {
		key_text(node->keys[i], &key);
		if (!streq(str_text(&key), "<<"))
			json_set(object, str_text(&key), yaml_to_json(node->items[i]));
	}
	str_free(&key);
	const struct yaml_node *merge = yaml_get(node, "<<");
	if (merge && merge->kind != YAML_SCALAR)
		merge_into(object, merge);
	return object;
}

struct json *yaml_to_json(const struct yaml_node *node)
{
	if (!node)
		return json_new_null();
	if (node->kind == YAML_SCALAR)
		return scalar_to_json(node);
	if (node->kind == YAML_MAP)
		return map_to_json(node);
	struct json *array = json_new_array();
	for (size_t i = 0; i < node->n; i++)
		json_push(array, yaml_to_json(node->items[i]));
	return array;
}

struct json *yaml_load_json(const char *path, struct err *err)
{
	struct yaml *yaml = yaml_load(path, err);
	if (!yaml)
		return NULL;
	struct json *json = yaml_to_json(yaml->root);
	yaml_close(yaml);
	return json;
}
