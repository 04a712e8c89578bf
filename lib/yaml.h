/* yaml.h - YAML documents (libyaml) as a tree that keeps its marks, and as JSON.
 *
 * Marks let an edit find the bytes of a value, so that files can be changed by
 * splicing text and all else stays as it is. Aliases are resolved to
 * their anchored node (marked `alias`); "<<" merges are applied in
 * yaml_to_json only. Limits: YAML_MAX_NODES nodes after resolving, 100 levels,
 * one document. Duplicate keys are refused.
 *
 * Scalars become JSON by the YAML 1.2 core rules: plain null/~/empty, true/false,
 * integers and floats; everything quoted, and yes/no/on/off and dates, is a string.
 *
 * Layer: data.
 */
#ifndef GENIE_YAML_H
#define GENIE_YAML_H

#include "base.h"
#include "err.h"

struct json;

#define YAML_MAX_NODES 1000000

enum yaml_kind { YAML_SCALAR, YAML_MAP, YAML_SEQ };
enum yaml_style { YAML_STYLE_PLAIN, YAML_STYLE_SINGLE, YAML_STYLE_DOUBLE,
	YAML_STYLE_LITERAL, YAML_STYLE_FOLDED, YAML_STYLE_BLOCK, YAML_STYLE_FLOW };

struct yaml_mark {
	size_t offset; /* byte in the text */
	size_t line;   /* from 1 */
	size_t column; /* from 1, in characters */
};

struct yaml_node {
	enum yaml_kind kind;
	enum yaml_style style;
	bool alias;              /* reached through an alias: editing it edits the anchor */
	const char *anchor;      /* NULL: none */
	const char *tag;         /* explicit tag or NULL */
	const char *value;       /* scalar text, NUL-terminated */
	size_t length;
	struct yaml_mark start, end; /* end: first byte after */
	struct yaml_node **keys;   /* maps: n keys */
	struct yaml_node **items;  /* maps and sequences: n values */
	size_t n;
};

struct yaml; /* a parsed text; owns its nodes */
/* `name` is used in errors ("NAME:LINE: ..."). An empty text has a NULL root. */
struct yaml *yaml_parse(const char *text, size_t n, const char *name, struct err *err) MUST_CHECK;
struct yaml *yaml_load(const char *path, struct err *err) MUST_CHECK;
void yaml_close(struct yaml *yaml); /* not "yaml_free": libyaml exports that name */
const struct yaml_node *yaml_root(const struct yaml *yaml);
const char *yaml_text(const struct yaml *yaml, size_t *n); /* the text parsed */

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Walks "columns[name=total_dbus].comment", "joins[0].on". NULL when absent.
 * A selector [k=v] picks the first sequence item that is a map with scalar k equal to v. */
const struct yaml_node *yaml_find(const struct yaml_node *node, const char *path);

struct json *yaml_to_json(const struct yaml_node *node); /* a new root; NULL gives null */
/* Shorthand: parse and convert. */
struct json *yaml_load_json(const char *path, struct err *err) MUST_CHECK;

#endif
