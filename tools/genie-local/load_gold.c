/* Tables of a bundle: gold_layer_design/yaml. */
#include "load_int.h"
#include "bundle.h"
#include "str.h"
#include "yaml.h"
#include <stdlib.h>
#include <string.h>

struct gold {
	struct loading *l;
	char *path; /* of the file, for errors */
	const struct yaml_node *root;
	struct cat_table table;
	bool added;
};

static bool bad(const struct gold *g, const struct yaml_node *node, const char *place,
	const char *what, struct err *err)
{
	return err_set(err, ERR_DATA, "%s:%zu: $.%s: %s", g->path, node->start.line, place, what);
}

/* The text of a member under one of two names; NULL when absent or empty. A map or
 * list there is an error. */
static bool member(const struct gold *g, const struct yaml_node *map, const char *key,
	const char *other, const char **out, struct err *err)
{
	const struct yaml_node *node = yaml_get(map, key);

	if (!node && other)
		node = yaml_get(map, other);
	*out = NULL;
	if (!node)
		return true;
	if (node->kind != YAML_SCALAR)
		return bad(g, node, key, "expected text", err);
	if (node->length)
		*out = arena_strdup(&g->l->arena, node->value);
	return true;
}

static bool read_type(const struct gold *g, const struct yaml_node *node,
	struct cat_column *column, struct err *err)
{
	const char *text;

	if (!member(g, node, "type", "data_type", &text, err))
		return false;
	if (!text)
		return bad(g, node, "columns.type", "a column needs its type", err);
	column->type = cat_type_normal(text, &g->l->arena);
	return column->type || bad(g, node, "columns.type", "not a Databricks type", err);
}

static bool read_column(const struct gold *g, const struct yaml_node *node,
	struct cat_column *column, struct err *err)
{
	const char *nullable;

	if (node->kind != YAML_MAP)
		return bad(g, node, "columns", "expected a map with name and type", err);
	if (!member(g, node, "name", "column_name", &column->name, err) ||
	    !member(g, node, "comment", "description", &column->comment, err) ||
	    !member(g, node, "nullable", NULL, &nullable, err) || !read_type(g, node, column, err))
		return false;
	if (!column->name)
		return bad(g, node, "columns.name", "a column needs its name", err);
	if (nullable && !streq(nullable, "true") && !streq(nullable, "false"))
		return bad(g, node, "columns.nullable", "expected true or false", err);
	column->nullable = !streq(nullable, "false");
	if (cat_find_column(&g->table, column->name))
		return bad(g, node, "columns.name", "duplicate column", err);
	return true;
}

static bool read_columns(struct gold *g, struct err *err)
{
	const struct yaml_node *list = yaml_get(g->root, "columns");
	struct cat_column *columns;

	if (!list || list->kind != YAML_SEQ || !list->n)
		return bad(g, list ? list : g->root, "columns", "expected a list of columns", err);
	if (list->n > CAT_MAX_COLUMNS)
		return bad(g, list, "columns", "too many columns", err);
	columns = arena_alloc(&g->l->arena, list->n * sizeof(*columns));
	g->table.columns = columns;
	for (size_t i = 0; i < list->n; i++, g->table.ncolumns++)
		if (!read_column(g, list->items[i], &columns[i], err))
			return false;
	return true;
}

/* ---- tags, properties ---------------------------------------------------------- */

typedef bool put_pair(struct gold *g, const char *column, const char *name, const char *value,
	struct err *err);

static bool put_tag(struct gold *g, const char *column, const char *name, const char *value,
	struct err *err)
{
	return cat_set_tag(g->l->catalog, g->table.id, column, name, value, err);
}

static bool put_property(struct gold *g, const char *column, const char *name,
	const char *value, struct err *err)
{
	(void)column;
	return cat_set_property(g->l->catalog, g->table.id, name, value, err);
}

static bool put_map(struct gold *g, const struct yaml_node *owner, const char *key,
	const char *column, put_pair *put, struct err *err)
{
	const struct yaml_node *map = yaml_get(owner, key);

	if (!map || (map->kind == YAML_SCALAR && !map->length))
		return true;
	if (map->kind != YAML_MAP)
		return bad(g, map, key, "expected a map", err);
	for (size_t i = 0; i < map->n; i++) {
		if (map->items[i]->kind != YAML_SCALAR)
			return bad(g, map->items[i], key, "expected text", err);
		if (!put(g, column, map->keys[i]->value, map->items[i]->value, err))
			return false;
	}
	return true;
}

/* ---- constraints ------------------------------------------------------------------ */

/* A name or a list of names; each must be a column of table (when it is given). */
static bool read_names(const struct gold *g, const struct yaml_node *node, const char *place,
	const struct cat_table *table, struct strlist *out, struct err *err)
{
	size_t n = node->kind == YAML_SEQ ? node->n : 1;

	for (size_t i = 0; i < n; i++) {
		const struct yaml_node *item = node->kind == YAML_SEQ ? node->items[i] : node;

		if (item->kind != YAML_SCALAR || !item->length)
			return bad(g, item, place, "expected a column name", err);
		if (table && !cat_find_column(table, item->value))
			return bad(g, item, place, "no such column", err);
		strlist_add(out, item->value);
	}
	return true;
}

static bool put_primary_key(struct gold *g, struct err *err)
{
	const struct yaml_node *node = yaml_get(g->root, "primary_key");
	struct strlist columns = {0};
	bool ok;

	if (node && node->kind == YAML_MAP)
		node = yaml_get(node, "columns");
	if (!node || (node->kind == YAML_SCALAR && !node->length))
		return true;
	ok = read_names(g, node, "primary_key", &g->table, &columns, err) &&
	     load_constraint(g->l, &g->table, NULL, &columns, NULL, err);
	strlist_free(&columns);
	return ok;
}

/* The table that a foreign key points at. */
static bool find_parent(struct gold *g, const struct yaml_node *node, const char *name,
	struct cat_table *parent, struct err *err)
{
	struct cat_name parts;
	struct sql_error ignored;

	return (cat_name_parse(name, &g->l->arena, &parts) &&
		catalog_table(g->l->catalog, &g->l->scope, &parts, &g->l->arena, parent,
			&ignored)) ||
	       bad(g, node, "foreign_keys.references", "no such table", err);
}

static bool put_foreign_key(struct gold *g, const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *columns_node, *parent_node;
	struct strlist columns = {0}, parents = {0};
	struct cat_table parent;
	const char *references;
	bool ok;

	if (node->kind != YAML_MAP)
		return bad(g, node, "foreign_keys", "expected a map", err);
	columns_node = yaml_get(node, "columns");
	parent_node = yaml_get(node, "ref_columns");
	if (!member(g, node, "references", NULL, &references, err))
		return false;
	if (!columns_node || !references)
		return bad(g, node, "foreign_keys", "needs columns and references", err);
	if (!find_parent(g, node, references, &parent, err))
		return false;
	ok = read_names(g, columns_node, "foreign_keys.columns", &g->table, &columns, err) &&
	     read_names(g, parent_node ? parent_node : columns_node, "foreign_keys.ref_columns",
			&parent, &parents, err);
	if (ok && columns.n != parents.n)
		ok = bad(g, node, "foreign_keys", "columns and ref_columns differ in number", err);
	ok = ok && load_constraint(g->l, &g->table, references, &columns, &parents, err);
	strlist_free(&columns);
	strlist_free(&parents);
	return ok;
}

static bool put_foreign_keys(struct gold *g, struct err *err)
{
	const struct yaml_node *list = yaml_get(g->root, "foreign_keys");

	if (!list || (list->kind == YAML_SCALAR && !list->length))
		return true;
	if (list->kind != YAML_SEQ)
		return bad(g, list, "foreign_keys", "expected a list", err);
	for (size_t i = 0; i < list->n; i++)
		if (!put_foreign_key(g, list->items[i], err))
			return false;
	return true;
}

/* ---- files --------------------------------------------------------------------------- */

static bool add_table(struct gold *g, struct err *err)
{
	const struct yaml_node *columns;

	if (!load_table(g->l, &g->table, &g->added, err))
		return false;
	if (!g->added)
		return true;
	columns = yaml_get(g->root, "columns");
	for (size_t i = 0; i < columns->n; i++)
		if (!put_map(g, columns->items[i], "tags", g->table.columns[i].name, put_tag, err))
			return false;
	return put_map(g, g->root, "tags", "", put_tag, err) &&
	       put_map(g, g->root, "table_properties", "", put_property, err);
}

static bool read_table(struct gold *g, const struct bundle_object *object, struct err *err)
{
	g->table = (struct cat_table){ .kind = CAT_TABLE, .catalog = g->l->scope.catalog,
		.schema = g->l->scope.schema,
		.name = arena_strdup(&g->l->arena, object->name) };
	return member(g, g->root, "comment", "description", &g->table.comment, err) &&
	       read_columns(g, err);
}

/* One pass over one file: the table, or (keys) its constraints. */
static bool load_file(struct loading *l, const struct bundle *bundle,
	const struct bundle_object *object, bool keys, bool *added, struct err *err)
{
	struct gold g = { .l = l, .path = bundle_path(bundle, object->path) };
	struct str text = STR_INIT;
	struct yaml *yaml = NULL;
	bool ok = bundle_read(bundle, object->path, &text, err);

	if (ok) {
		yaml = yaml_parse(str_text(&text), text.n, g.path, err);
		ok = yaml != NULL;
	}
	if (ok) {
		g.root = yaml_root(yaml);
		ok = read_table(&g, object, err);
	}
	if (ok && !keys) {
		ok = add_table(&g, err);
		*added = g.added;
	} else if (ok) {
		struct cat_full full = { g.table.catalog, g.table.schema, g.table.name };
		struct cat_table stored;
		bool found;

		ok = cat_get_table(l->catalog, &full, &l->arena, &stored, &found, err);
		g.table.id = stored.id;
		ok = ok && put_primary_key(&g, err) && put_foreign_keys(&g, err);
	}
	yaml_close(yaml);
	str_free(&text);
	free(g.path);
	return ok;
}

bool load_gold(struct loading *l, const struct bundle *bundle, struct err *err)
{
	size_t n = bundle_count(bundle);
	bool *added = xcalloc(n + 1, sizeof(*added)), ok = true;

	for (int pass = 0; pass < 2 && ok; pass++)
		for (size_t i = 0; i < n && ok; i++) {
			const struct bundle_object *object = bundle_at(bundle, i);

			if (object->kind == BUNDLE_TABLE && (pass == 0 || added[i]))
				ok = load_file(l, bundle, object, pass == 1, &added[i], err);
		}
	free(added);
	return ok;
}
