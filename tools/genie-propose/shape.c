#include "shape.h"

#include "callable.h"
#include "cases.h"
#include "model.h"

#include "sqlast.h"
#include "sqlscope.h"
#include "sqltext.h"
#include "str.h"

#include <stdio.h>
#include <string.h>

#define MAX_SHAPE_PARAMS 6

struct work {
	struct shape *shape;
	struct arena *arena;
	const struct model *model;
	const struct object *first; /* the first object in the FROM */
	const char *group;          /* the first grouped column, for the name */
	bool broken;
};

/* ---- literals ---- */
static bool find_column(void *context, struct sqlnode *node)
{
	bool *found = context;
	if (node->kind == SQLN_COLUMN || node->kind == SQLN_QUERY)
		*found = true;
	return !*found;
}

static bool find_time(void *context, struct sqlnode *node)
{
	bool *found = context;
	if (node->kind == SQLN_TYPED || sqlnode_is_call(node, "CURRENT_DATE") ||
	    sqlnode_is_call(node, "CURRENT_TIMESTAMP") || sqlnode_is_call(node, "NOW"))
		*found = true;
	return !*found;
}

static bool any(struct sqlnode *node, sqlnode_visit *visit)
{
	bool found = false;
	sqlnode_walk(node, visit, &found);
	return found;
}

static const char *free_name(const struct work *w, const char *wanted)
{
	const char *name = wanted;
	for (int n = 2;; n++) {
		bool taken = false;
		for (size_t i = 0; i < w->shape->nparams; i++)
			taken = taken || strieq(w->shape->param[i].name, name);
		if (!taken)
			return name;
		name = arena_printf(w->arena, "%s_%d", wanted, n);
	}
}

static const char *date_comment(const char *op)
{
	return streq(op, ">=") ? "First day" : streq(op, ">") ? "The day before the first" :
		streq(op, "<") ? "The day after the last" : streq(op, "<=") ? "Last day" : "Day";
}

/* The node that stands for the literal from now on. */
static struct sqlnode *parameter(struct work *w, const char *column, const char *op,
				 struct sqlnode *literal)
{
	struct shape *s = w->shape;
	bool date = any(literal, find_time);
	if (s->nparams == MAX_SHAPE_PARAMS) {
		w->broken = true;
		return literal;
	}
	struct call_part *p = &s->param[s->nparams];
	const char *base = !date ? arena_printf(w->arena, "%s_value", column) :
		*op == '>' ? "start_date" : *op == '<' ? "end_date" : "on_date";
	p->name = free_name(w, base);
	p->type = date || literal->kind == SQLN_STRING ? "STRING" : "DOUBLE";
	p->comment = date ? arena_printf(w->arena, "%s, 'YYYY-MM-DD'", date_comment(op)) :
		arena_printf(w->arena, "Value that %s is compared with", column);
	s->nparams++;
	struct sqlnode *name = sqlnode_new(w->arena, SQLN_COLUMN, NULL);
	sqlnode_name_add(w->arena, name, p->name);
	if (!date)
		return name;
	struct sqlnode *cast = sqlnode_new(w->arena, SQLN_CAST, "DATE");
	sqlnode_add(w->arena, cast, name);
	return cast;
}

static bool is_literal(struct sqlnode *node)
{
	return node->kind == SQLN_STRING || node->kind == SQLN_NUMBER || node->kind == SQLN_TYPED ||
		(!any(node, find_column) && any(node, find_time));
}

static bool take_literals(void *context, struct sqlnode *node)
{
	struct work *w = context;
	if (node->kind == SQLN_BINARY && node->n == 2 && node->kid[0]->kind == SQLN_COLUMN &&
	    node->text && strchr("=<>", node->text[0]) && is_literal(node->kid[1]))
		node->kid[1] = parameter(w, sqlnode_name(node->kid[0]), node->text, node->kid[1]);
	else if (node->kind == SQLN_BETWEEN && node->kid[0]->kind == SQLN_COLUMN &&
		 is_literal(node->kid[1]) && is_literal(node->kid[2])) {
		const char *column = sqlnode_name(node->kid[0]);
		node->kid[1] = parameter(w, column, ">=", node->kid[1]);
		node->kid[2] = parameter(w, column, "<=", node->kid[2]);
	}
	return node->kind != SQLN_CASE; /* what a CASE compares with is its meaning */
}

/* ---- names ---- */
static bool full_names(void *context, struct sqlnode *node)
{
	struct work *w = context;
	if (node->kind == SQLN_TVF || node->kind == SQLN_OPAQUE || node->kind == SQLN_PARAM)
		w->broken = true;
	if (node->kind != SQLN_TABLE || w->broken)
		return !w->broken;
	struct str name = STR_INIT;
	for (size_t i = 0; i < node->nparts; i++)
		str_addf(&name, "%s%s", i ? "." : "", node->part[i]);
	const struct object *o = model_object(w->model, str_text(&name));
	str_free(&name);
	const char *parts[SQL_NAME_PARTS];
	size_t n = o ? sql_split_name(w->arena, o->full_name, parts) : 0;
	if (n != 3) {
		w->broken = true;
		return false;
	}
	if (!node->alias)
		node->alias = sqlnode_name(node);
	w->first = w->first ? w->first : o;
	node->nparts = 0;
	node->part = NULL;
	for (size_t i = 0; i < n; i++)
		sqlnode_name_add(w->arena, node, parts[i]);
	return true;
}

/* What a function returns needs names. */
static void name_items(struct work *w, struct sqlnode *select)
{
	for (size_t i = 0; i < select->n; i++) {
		struct sqlnode *item = select->kid[i];
		if (item->kind != SQLN_ITEM)
			continue;
		const struct sqlnode *expr = item->kid[0];
		if (expr->kind == SQLN_COLUMN && !sql_has_aggregate(expr) && !w->group)
			w->group = item->alias ? item->alias : sqlnode_name(expr);
		if (!item->alias && expr->kind != SQLN_COLUMN && expr->kind != SQLN_STAR)
			item->alias = arena_printf(w->arena, "value_%zu", i + 1);
	}
}

static const char *key_of(struct work *w, const struct sqlnode *query)
{
	struct sqlnode *copy = sqlnode_copy(w->arena, query);
	struct sqlnode *body = (struct sqlnode *)sqlnode_body(copy);
	for (size_t i = 0; i < body->n; i++)
		if (body->kid[i]->kind == SQLN_ITEM)
			body->kid[i]->alias = NULL;
	char *text = sqlnode_text(w->arena, body);
	lower_ascii(text);
	return text;
}

static const char *short_name(const char *name)
{
	static const char *const prefixes[] = { "fact_", "dim_", "mv_" };
	for (size_t i = 0; i < countof(prefixes); i++)
		if (starts_with(name, prefixes[i]) && name[strlen(prefixes[i])])
			return name + strlen(prefixes[i]);
	return name;
}

static void name_shape(struct work *w)
{
	const struct object *o = w->first;
	size_t schema = (size_t)(o->name - o->full_name);
	const char *base = w->group ? arena_printf(w->arena, "%.*sget_%s_by_%s", (int)schema,
		o->full_name, short_name(o->name), w->group) :
		arena_printf(w->arena, "%.*sget_%s", (int)schema, o->full_name,
			short_name(o->name));
	char *name = arena_strdup(w->arena, base);
	lower_ascii(name);
	for (int n = 2; model_object(w->model, name); n++)
		name = arena_printf(w->arena, "%s_%d", base, n);
	w->shape->target = name;
	w->shape->purpose = w->group ?
		arena_printf(w->arena, "Values of %s by %s for what the parameters select.",
			o->name, w->group) :
		arena_printf(w->arena, "Values of %s for what the parameters select.", o->name);
}

bool shape_of(struct shape *shape, struct arena *arena, const struct model *model,
	      const struct fact_case *c)
{
	struct sqlparse parse;
	struct work w = { .shape = shape, .arena = arena, .model = model };
	*shape = (struct shape){ .key = "" };
	sqlparse(&parse, arena, c->gold_plain ? c->gold_plain : "", 0);
	if (parse.problems || !parse.query || sqlnode_child(parse.query, SQLN_WITH))
		return false;
	struct sqlnode *body = (struct sqlnode *)sqlnode_body(parse.query);
	if (!body || body->kind != SQLN_SELECT)
		return false;
	shape->param = arena_alloc(arena, MAX_SHAPE_PARAMS * sizeof *shape->param);
	sqlnode_walk(parse.query, full_names, &w);
	if (w.broken || !w.first)
		return false;
	name_items(&w, body);
	sqlnode_walk(sqlnode_child(body, SQLN_WHERE), take_literals, &w);
	sqlnode_walk(sqlnode_child(body, SQLN_HAVING), take_literals, &w);
	if (w.broken || !shape->nparams)
		return false;
	name_shape(&w);
	shape->key = key_of(&w, parse.query);
	shape->body = sqlnode_text(arena, parse.query);
	return true;
}
