/* Lever 3: definitions of table functions. All of this is code, so it is high risk and left to a
 * person; each draft carries the whole statement, which was read back. */
#include "phrases.h"
#include "rules_calls.h"

#include "callable.h"
#include "ladder.h"
#include "shape.h"
#include "tvfcomment.h"

#include "json.h"
#include "mem.h"
#include "sqltext.h"

#include <stdlib.h>
#include <string.h>

#define HOPELESS 2 /* tries after which metadata is given up on (loop.md, KGL) */

struct use {
	const struct object *object;
	const char *column; /* returned column, or parameter; NULL: none */
	size_t index;       /* of the parameter */
};

static struct draft *draft_code(struct proposal *p, const struct fact_case *c, const char *type,
				const struct object *o, const char *key, const struct json *cluster)
{
	struct draft *d = draft_at(p, type, o, NULL, key);
	d->confidence = 0.3;
	d->regression = 0.1;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	return d;
}

static void check(struct draft *d, struct arena *arena, const char *statement)
{
	const char *flaw = statement_flaw(arena, statement);
	if (flaw && !d->flaw)
		d->flaw = xstrdup(flaw);
}

/* ---- KGL-1 ---- */

/* A column of the same name hides the parameter inside the query. */
static const char *hidden_by(const struct model *model, struct arena *arena, const char *body,
			     const char *param)
{
	struct sqlfacts facts;
	sqlfacts(&facts, arena, body, NULL);
	for (size_t i = 0; i < facts.ntables; i++) {
		const struct object *o = model_object(model, facts.table[i].name);
		if (o && object_field(o, param))
			return o->full_name;
	}
	return NULL;
}

static const char *coerce(struct arena *arena, const struct callable *f, size_t *n)
{
	const char *body = f->body;
	*n = 0;
	for (size_t i = 0; i < f->nparams; i++) {
		const struct call_part *part = &f->param[i];
		const char *name = sql_ident(arena, part->name);
		char *with = arena_printf(arena, "NULLIF(%s, 'NULL')", name);
		size_t one;
		if (!param_is_optional(part) || !strieq(part->type, "STRING") ||
			stristr(body, with))
			continue;
		body = replace_name(arena, body, part->name, with, &one);
		*n += one;
	}
	return body;
}

static bool passes_null_text(const struct fact_case *c, const struct object *o)
{
	for (size_t i = 0; i < o->nfields; i++) {
		const char *text = call_argument(&c->genie, o, i, o->fields[i].name);
		if (text && strieq(text, "'NULL'"))
			return true;
	}
	return false;
}

/* Comments have not taught Genie to leave the parameter out: the body takes the
 * string for what it means. */
static void coerce_null(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct object *o = c->gold_asset;
	struct arena arena = { 0 };
	struct callable f;
	size_t n;
	if (!o || o->kind != OBJECT_FUNCTION || c->genie_asset != o || tried(cluster) < HOPELESS ||
	    !(is_limitation(cluster, "KGL-1") || passes_null_text(c, o)))
		return;
	callable_read(&f, &arena, p->model, o);
	const char *body = coerce(&arena, &f, &n);
	if (n) {
		struct draft *d = draft_code(p, c, "update_tvf_sql", o, NULL, cluster);
		char *statement = callable_statement(&f, &arena, body);
		draft_member(d, "old_text", callable_statement(&f, &arena, f.body));
		draft_member(d, "new_text", statement);
		d->confidence = 0.6;
		check(d, &arena, statement);
		for (size_t i = 0; i < f.nparams && !d->flaw; i++) {
			const char *table = param_is_optional(&f.param[i]) ?
				hidden_by(p->model, &arena, f.body, f.param[i].name) : NULL;
			if (table)
				d->flaw = xasprintf("%s is a column of %s too, which hides the "
					"parameter",
						    f.param[i].name, table);
		}
	}
	arena_free(&arena);
}

/* ---- parameters ---- */
static bool filters_result(const void *context, const struct fact_case *c)
{
	const struct use *u = context;
	if (c->gold_asset != u->object)
		return false;
	for (size_t i = 0; i < c->gold.nfilters; i++)
		if (c->gold.filter[i].clause == SQLFC_WHERE &&
			strieq(c->gold.filter[i].column, u->column) &&
		    streq(c->gold.filter[i].op, "=") && c->gold.filter[i].outermost)
			return true;
	return false;
}

static const struct call_part *returned(const struct callable *f, const char *name)
{
	for (size_t i = 0; name && i < f->ncolumns; i++)
		if (strieq(f->column[i].name, name))
			return &f->column[i];
	return NULL;
}

/* The function with one parameter more, which filters what it returns so far. */
static char *with_parameter(struct arena *arena, const struct callable *f,
			    const struct call_part *added, const char *column)
{
	struct callable more = *f;
	more.param = arena_alloc(arena, (f->nparams + 1) * sizeof *more.param);
	if (f->nparams)
		memcpy(more.param, f->param, f->nparams * sizeof *more.param);
	more.param[more.nparams++] = *added;
	char *body = arena_printf(arena, "SELECT *\nFROM (\n%s\n) AS result\nWHERE %s IS NULL OR "
		"result.%s = %s", f->body, added->name, sql_ident(arena, column), added->name);
	return callable_statement(&more, arena, body);
}

/* Several golds filter the result by one column, and Genie forgets to. */
static void add_parameter(struct proposal *p, const struct fact_case *c, const struct object *o,
			  const struct json *cluster)
{
	struct arena arena = { 0 };
	struct callable f;
	callable_read(&f, &arena, p->model, o);
	for (size_t i = 0; i < c->gold.nfilters && *f.body; i++) {
		const struct call_part *column = returned(&f, c->gold.filter[i].column);
		struct use u = { .object = o, .column = column ? column->name : NULL };
		bool there = false;
		for (size_t k = 0; column && k < c->genie.nfilters; k++)
			there = there || strieq(c->genie.filter[k].column, column->name);
		if (!column || there || !filters_result(&u, c) ||
		    count_cases(p->cases, filters_result, &u) < 2)
			continue;
		struct call_part added = { .name = arena_printf(&arena, "only_%s", column->name),
			.type = column->type, .value = "NULL",
			.comment = arena_printf(&arena, "Only this %s; NULL for all",
				column->name) };
		if (callable_param(&f, added.name))
			continue;
		struct draft *d = draft_code(p, c, "add_tvf_parameter", o, column->name, cluster);
		char *type = arena_strdup(&arena, column->type);
		char *statement = with_parameter(&arena, &f, &added, column->name);
		draft_member(d, "column", added.name);
		draft_member(d, "new_text", arena_printf(&arena, "%s DEFAULT NULL COMMENT %s", type,
			sql_quote_string(&arena, added.comment)));
		draft_member(d, "statement", statement);
		check(d, &arena, statement);
	}
	arena_free(&arena);
}

static bool given(const struct sqlfacts *facts, const struct use *u)
{
	const char *text = call_argument(facts, u->object, u->index, u->column);
	const struct field *f = object_field(u->object, u->column);
	return text && !strieq(text, "NULL") && !strieq(text, f->value);
}

static bool gold_gives(const void *context, const struct fact_case *c)
{
	return c->gold_sql && given(&c->gold, context);
}

static bool only_genie_gives(const void *context, const struct fact_case *c)
{
	const struct use *u = context;
	return !c->passes && c->genie_sql && c->gold_asset == u->object && given(&c->genie, u) &&
		!given(&c->gold, u);
}

/* An optional parameter that no question needs and that Genie fills again and again. */
static void remove_parameter(struct proposal *p, const struct fact_case *c, const struct object *o,
			     const struct json *cluster)
{
	for (size_t i = 0; i < o->nfields; i++) {
		struct use u = { .object = o, .column = o->fields[i].name, .index = i };
		if (!o->fields[i].value || !only_genie_gives(&u, c) || tried(cluster) < HOPELESS ||
		    count_cases(p->cases, only_genie_gives, &u) < 2 ||
		    count_cases(p->cases, gold_gives, &u))
			continue;
		struct draft *d = draft_code(p, c, "remove_tvf_parameter", o, u.column, cluster);
		draft_member(d, "column", u.column);
	}
}

/* ---- whole functions ---- */
static bool gold_calls(const void *object, const struct fact_case *c)
{
	return case_needs(c, ((const struct object *)object)->full_name, NULL);
}

static bool genie_strays(const void *object, const struct fact_case *c)
{
	return !c->passes && case_used(c, ((const struct object *)object)->full_name, NULL);
}

/* A function that no question needs and that draws questions away, whatever it says. */
static void remove_function(struct proposal *p, const struct fact_case *c,
	const struct json *cluster)
{
	const struct object *o = c->genie_asset;
	if (!o || o->kind != OBJECT_FUNCTION || tried(cluster) < HOPELESS ||
	    count_cases(p->cases, genie_strays, o) < 2 || count_cases(p->cases, gold_calls, o))
		return;
	struct draft *d = draft_code(p, c, "remove_tvf", o, NULL, cluster);
	draft_member(d, "reason", "no expected SQL calls it, and failing answers do");
}

/* Failing questions whose golds have this shape; their phrases go to best. */
static size_t same_shape(struct proposal *p, const char *key, struct strlist *ids,
			 struct strlist *best)
{
	for (size_t i = 0; i < p->cases->n; i++) {
		const struct fact_case *c = &p->cases->v[i];
		struct arena arena = { 0 };
		struct shape s;
		if (!c->passes && shape_of(&s, &arena, p->model, c) && streq(s.key, key)) {
			char *phrase = telling_phrase(p->cases, p->model, c, c->gold_asset);
			char *quoted = phrase ? xasprintf("\"%s\"", phrase) : NULL;
			strlist_add(ids, c->id);
			if (quoted)
				strlist_add_new(best, quoted);
			free(quoted);
			free(phrase);
		}
		arena_free(&arena);
	}
	return ids->n;
}

static void draft_function(struct proposal *p, const struct fact_case *c, struct arena *arena,
			   const struct shape *s, const struct strlist *best,
			   const struct json *cluster)
{
	const char *point = strrchr(s->target, '.');
	struct object o = { .kind = OBJECT_FUNCTION, .full_name = s->target, .name = point + 1 };
	struct callable f = { .object = &o, .comment = s->purpose, .body = s->body,
		.param = s->param, .nparams = s->nparams };
	char *comment = tvf_comment(&f, best, NULL);
	f.comment = comment;
	char *statement = callable_statement(&f, arena, s->body);
	struct draft *d = draft_code(p, c, "add_tvf", NULL, s->key, cluster);
	draft_member(d, "target", s->target);
	draft_member(d, "new_text", statement);
	check(d, arena, statement);
	free(comment);
}

/* Golds that differ in their literals only, and no asset that takes them as parameters; or one
 * whose time window no text has taught (KGL-3, the second rung). */
static void add_function(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	struct arena arena = { 0 };
	struct strlist ids = { 0 }, best = { 0 };
	struct shape s;
	bool window = ladder_rung(c, cluster) == RUNG_FUNCTION;
	if (c->gold_asset && (window || c->gold_asset->kind == OBJECT_TABLE) &&
	    shape_of(&s, &arena, p->model, c) &&
	    same_shape(p, s.key, &ids, &best) >= (window ? 1 : 2))
		draft_function(p, c, &arena, &s, &best, cluster);
	strlist_free(&ids);
	strlist_free(&best);
	arena_free(&arena);
}

void rules_functions(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct object *o = c->gold_asset;
	coerce_null(p, c, cluster);
	if (o && o->kind == OBJECT_FUNCTION && c->genie_asset == o) {
		add_parameter(p, c, o, cluster);
		remove_parameter(p, c, o, cluster);
	}
	remove_function(p, c, cluster);
	add_function(p, c, cluster);
}
