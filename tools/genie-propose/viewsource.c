#include "viewsource.h"

#include "cases.h"
#include "model.h"

#include "json.h"
#include "sqlast.h"
#include "sqlscope.h"
#include "sqltext.h"
#include "str.h"

#include <string.h>

#define MAX_TABLES 8

struct table_name {
	const char *alias;   /* or the table's own name */
	const char *prefix;  /* "source", the join's name; NULL: the view does not know it */
	const struct object *object;
};

struct reader {
	struct arena *arena;
	const struct model *model;
	const struct object *view;
	const struct json *definition;
	struct table_name table[MAX_TABLES];
	size_t ntables;
	bool direct, broken;
};

static const struct json *view_row(const struct model *model, const struct object *view)
{
	const struct json *list = json_dig(model->space, "uc.metric_views");
	for (const struct json *v = json_first(list); v; v = json_next(v))
		if (sql_same_name(view->full_name, json_str_or(v, "full_name", "")))
			return v;
	return NULL;
}

const struct json *view_definition(const struct model *model, const struct object *view)
{
	return json_get(view_row(model, view), "definition_parsed");
}

const char *view_yaml(const struct model *model, const struct object *view)
{
	return json_str_or(view_row(model, view), "yaml", "");
}

/* ---- tables ---- */
static const char *prefix_of(const struct reader *r, const char *name)
{
	if (sql_same_name(json_str_or(r->definition, "source", ""), name))
		return "source";
	const struct json *joins = json_get(r->definition, "joins");
	for (const struct json *j = json_first(joins); j; j = json_next(j))
		if (sql_same_name(json_str_or(j, "source", ""), name))
			return json_str_or(j, "name", NULL);
	return NULL;
}

static bool read_table(void *context, struct sqlnode *node)
{
	struct reader *r = context;
	if (node->kind == SQLN_DERIVED || node->kind == SQLN_TVF || node->kind == SQLN_OPAQUE)
		r->broken = true;
	if (node->kind == SQLN_ON || r->broken)
		return false;
	if (node->kind != SQLN_TABLE)
		return true;
	struct str name = STR_INIT;
	for (size_t i = 0; i < node->nparts; i++)
		str_addf(&name, "%s%s", i ? "." : "", node->part[i]);
	if (r->ntables == MAX_TABLES) {
		r->broken = true;
	} else {
		struct table_name *t = &r->table[r->ntables++];
		t->alias = node->alias ? node->alias : sqlnode_name(node);
		t->object = model_object(r->model, str_text(&name));
		t->prefix = prefix_of(r, str_text(&name));
		r->direct = r->direct || t->object == r->view;
	}
	str_free(&name);
	return false;
}

static const struct table_name *table_of(const struct reader *r, const struct sqlnode *column)
{
	const char *name = sqlnode_name(column);
	for (size_t i = 0; i < r->ntables; i++) {
		const struct table_name *t = &r->table[i];
		if (column->nparts > 1 ? strieq(column->part[column->nparts - 2], t->alias) :
		    r->ntables == 1 || (t->object && object_field(t->object, name)))
			return t;
	}
	return NULL;
}

/* ---- columns ---- */
static void set_name(struct reader *r, struct sqlnode *node, const char *prefix, const char *name)
{
	node->nparts = 0;
	node->part = NULL;
	sqlnode_name_add(r->arena, node, prefix);
	sqlnode_name_add(r->arena, node, name);
}

/* A dimension of the view becomes its expression. */
static void spell_out(struct reader *r, struct sqlnode *node)
{
	const struct field *f = object_field(r->view, sqlnode_name(node));
	struct sqlparse parse = { .problems = 1 };
	if (f && f->kind == FIELD_DIMENSION)
		sqlparse_expr(&parse, r->arena, f->expr, 0);
	if (parse.problems) {
		r->broken = true;
		return;
	}
	*node = *parse.root;
}

static bool to_view(void *context, struct sqlnode *node)
{
	struct reader *r = context;
	if (node->kind == SQLN_QUERY || sqlnode_is_call(node, "MEASURE"))
		r->broken = true;
	if (node->kind != SQLN_COLUMN || r->broken)
		return !r->broken;
	if (r->direct) {
		spell_out(r, node);
		return false;
	}
	const struct table_name *t = table_of(r, node);
	if (!t || !t->prefix)
		r->broken = true;
	else
		set_name(r, node, t->prefix, sqlnode_name(node));
	return false;
}

static bool to_norm(void *context, struct sqlnode *node)
{
	if (node->kind == SQLN_COLUMN && node->nparts == 1) {
		const char *name = node->part[0];
		node->nparts = 0;
		node->part = NULL;
		sqlnode_name_add(context, node, "source");
		sqlnode_name_add(context, node, name);
	}
	return true;
}

const char *view_norm(struct arena *arena, const char *expr)
{
	struct sqlparse parse;
	sqlparse_expr(&parse, arena, expr, 0);
	if (parse.problems)
		return "";
	sqlnode_walk(parse.root, to_norm, arena);
	char *text = sqlnode_text(arena, parse.root);
	lower_ascii(text);
	return text;
}

/* ---- items ---- */
static void read_item(struct reader *r, struct view_use *use, const struct sqlnode *item)
{
	struct sqlnode *expr = sqlnode_copy(r->arena, item->kid[0]);
	if (expr->kind == SQLN_STAR || sql_has_window(expr) || expr->kind == SQLN_NUMBER ||
	    expr->kind == SQLN_STRING)
		return;
	bool measure = sql_has_aggregate(expr), plain = expr->kind == SQLN_COLUMN;
	sqlnode_walk(expr, to_view, r);
	if (r->broken) { /* this item only */
		r->broken = false;
		return;
	}
	struct view_item *i = &use->item[use->n++];
	*i = (struct view_item){ .expr = sqlnode_text(r->arena, expr), .alias = item->alias,
		.measure = measure, .plain = plain };
	i->norm = view_norm(r->arena, i->expr);
}

/* The first column of the table in the SELECT or the conditions. */
static const char *column_of(const struct fact_case *c, const struct object *table)
{
	for (size_t i = 0; i < c->gold.ncolumns; i++)
		if (c->gold.column[i].table && c->gold.column[i].clause != SQLFC_FROM &&
		    sql_same_name(table->full_name, c->gold.column[i].table))
			return c->gold.column[i].column;
	return NULL;
}

/* A join of the source with one table that the view lacks. */
static void read_join(struct reader *r, struct view_use *use, const struct fact_case *c)
{
	const struct table_name *t = NULL;
	for (size_t i = 0; i < r->ntables; i++)
		if (!r->table[i].prefix && r->table[i].object)
			t = &r->table[i];
	for (size_t i = 0; t && i < c->gold.njoins; i++) {
		const struct sqlfact_join *j = &c->gold.join[i];
		struct sqlparse parse;
		if (!sql_same_name(t->object->full_name, j->left) &&
		    !sql_same_name(t->object->full_name, j->right))
			continue;
		sqlparse_expr(&parse, r->arena, j->condition, 0);
		/* facts name the tables by their last part; the new join has its table's name */
		for (size_t k = 0; k < r->ntables; k++) {
			r->table[k].alias = r->table[k].object ? r->table[k].object->name : "";
			if (&r->table[k] == t)
				r->table[k].prefix = t->object->name;
		}
		sqlnode_walk(parse.root, to_view, r);
		if (!parse.problems && !r->broken)
			use->join = (struct view_join){ .table = t->object,
				.on = sqlnode_text(r->arena, parse.root), .column =
					column_of(c, t->object) };
		return;
	}
}

bool view_use_of(struct view_use *use, struct arena *arena, const struct model *model,
		 const struct object *view, const struct fact_case *c)
{
	struct reader r = { .arena = arena, .model = model, .view = view,
		.definition = view_definition(model, view) };
	struct sqlparse parse;
	bool source = false;
	*use = (struct view_use){ .n = 0 };
	if (!r.definition || !c->gold_plain)
		return false;
	sqlparse(&parse, arena, c->gold_plain, 0);
	const struct sqlnode *body = parse.query ? sqlnode_body(parse.query) : NULL;
	struct sqlnode *from = body && body->kind == SQLN_SELECT ? sqlnode_child(body, SQLN_FROM) :
		NULL;
	if (parse.problems || !from || sqlnode_child(parse.query, SQLN_WITH))
		return false;
	sqlnode_walk(from, read_table, &r);
	for (size_t i = 0; i < r.ntables; i++)
		source = source || streq(r.table[i].prefix, "source");
	if (r.broken || !(source || (r.direct && r.ntables == 1)))
		return false;
	use->direct = r.direct;
	use->item = arena_alloc(arena, (body->n + 1) * sizeof *use->item);
	for (size_t i = 0; i < body->n; i++)
		if (body->kid[i]->kind == SQLN_ITEM)
			read_item(&r, use, body->kid[i]);
	if (!r.direct)
		read_join(&r, use, c);
	return true;
}
