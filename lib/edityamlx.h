/* edityamlx.h - what the parts of edityaml share. Private to lib/edityaml*.c.
 * Layer: domain. */
#ifndef GENIE_EDITYAMLX_H
#define GENIE_EDITYAMLX_H

#include "base.h"
#include "mem.h"
#include "yaml.h"

struct json;
struct str;

#define EDIT_MAX_STEPS 16

enum step_kind { STEP_KEY, STEP_SELECT, STEP_INDEX };
struct step {
	enum step_kind kind;
	char *key, *value; /* of KEY: key; of SELECT: key = value */
	size_t index;      /* of INDEX, and where SELECT was found */
};

/* One edit: the text, its tree, the way to the place, and what must come out. */
struct edit {
	struct str *text;
	const char *name, *path;
	struct arena arena;
	struct step steps[EDIT_MAX_STEPS];
	size_t nsteps;
	struct yaml *yaml;
	const struct yaml_node *parent, *node; /* node NULL: the last key is missing */
	size_t reached;                        /* steps walked until something was missing */
	struct json *want;                     /* the document as it must be after */
	const char *eol;
	struct err *err;
};

/* Errors "NAME:LINE: PATH: WHAT"; false. */
bool edit_fail(struct edit *e, const struct yaml_node *at, const char *what);
bool edit_missing(struct edit *e); /* says what the path lacks; false */

/* Parses text and path and walks; close_edit releases and gives back ok. */
bool open_edit(struct edit *e, struct str *text, const char *name, const char *path,
	struct err *err) MUST_CHECK;
bool close_edit(struct edit *e, bool ok);
/* The place of the first n steps in e->want; NULL when it is not there. */
struct json *want_at(struct edit *e, size_t n);
/* Puts `ins` in the place of bytes [from, to) and proves that the document now is
 * what was wanted. */
bool edit_splice(struct edit *e, size_t from, size_t to, const struct str *ins) MUST_CHECK;

/* Places in the text, as byte offsets. */
size_t node_end(const struct edit *e, const struct yaml_node *node); /* without white space */
size_t value_start(const struct edit *e, const struct yaml_node *node); /* behind anchor, tag */
size_t line_end(const struct edit *e, size_t at);   /* before the line's end */
size_t line_start(const struct edit *e, size_t at);
size_t next_line(const struct edit *e, size_t at);
bool is_null(const struct yaml_node *node); /* nothing, ~ or null */
bool is_space(char c);

/* Writing. */
struct yaml_scalar_place;
void new_line(struct edit *e, struct str *out, size_t indent);
void put_key(struct str *out, const char *key, const struct yaml_scalar_place *place);
char *scalar_raw(struct edit *e, const char *value, enum yaml_style style, bool flow); /* arena */
/* Inserts "key: RAW" into a map that has members, after its leading scalars or at its end. */
bool insert_member(struct edit *e, const struct yaml_node *map, const char *key,
	const char *raw, bool at_end) MUST_CHECK;
/* RAW for the missing last key of the path; `value` (taken) is what it means. */
bool insert_value(struct edit *e, const char *raw, struct json *value) MUST_CHECK;
bool fill_null(struct edit *e, const struct yaml_node *node, const char *raw) MUST_CHECK;

#endif
