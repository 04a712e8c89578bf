/* Lever 3: named filters of the space (sql_snippets.filters). What questions mean without
 * saying so becomes one; one that they mean and Genie does not find gets their words; one
 * that only misleads is proposed for removal. */
#include "rules_calls.h"
#include "rules_space.h"

#include "words.h"

#include "json.h"
#include "mem.h"
#include "sqlast.h"
#include "sqltext.h"

#include <stdlib.h>
#include <string.h>

#define MAX_FILTER_WORDS 5

static bool has_filter(const struct sqlfacts *facts, const char *text)
{
	for (size_t i = 0; i < facts->nfilters; i++)
		if (strieq(facts->filter[i].text, text))
			return true;
	return false;
}

static bool filters_column(const struct sqlfacts *facts, const char *column)
{
	for (size_t i = 0; i < facts->nfilters; i++)
		if (facts->filter[i].column && strieq(facts->filter[i].column, column))
			return true;
	return false;
}

static bool gold_has(const void *text, const struct fact_case *c)
{
	return c->gold_sql && has_filter(&c->gold, text);
}

/* Conditions of other splits alone go into no text. */
static bool train_has(const void *text, const struct fact_case *c)
{
	return is_train(c) && has_filter(&c->gold, text);
}

static bool is_shared(const struct proposal *p, const char *text)
{
	return count_cases(p->cases, gold_has, text) > 1 &&
		count_cases(p->cases, train_has, text) > 0;
}

/* Most questions about the table mean it: a habit of the table, not a word's meaning. */
static bool is_habit(const struct proposal *p, const struct object *o, const char *text)
{
	size_t with = count_cases(p->cases, gold_has, text), all = 0;
	for (size_t i = 0; i < p->cases->n; i++)
		all += case_needs(&p->cases->v[i], o->full_name, NULL);
	return with > 1 && with * 2 > all;
}

static bool misled(const void *text, const struct fact_case *c)
{
	return !c->passes && c->genie_sql && c->gold_sql && has_filter(&c->genie, text) &&
		!has_filter(&c->gold, text);
}

static bool has_text(const struct json *list, const char *text)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (strieq(json_text(one), text))
			return true;
	return false;
}

static bool known_to(const struct object *o, const char *word)
{
	bool known = text_has_word(o->words, word);
	for (size_t i = 0; !known && i < o->nfields; i++)
		known = o->fields[i].kind != FIELD_PARAMETER && !strieq(o->fields[i].name, word) &&
			text_has_word(o->fields[i].words, word);
	return known;
}

/* Do all questions about the table that mean the filter have the word, and no others? */
static bool tells(const struct proposal *p, const struct object *o, const char *filter,
	const char *word)
{
	for (size_t i = 0; i < p->cases->n; i++) {
		const struct fact_case *c = &p->cases->v[i];
		if (case_needs(c, o->full_name, NULL) &&
		    gold_has(filter, c) != has_phrase(c->question, word))
			return false;
	}
	return true;
}

/* The words that stand for a filter: no field of the object has them. */
static struct json *filter_words(const struct proposal *p, const struct fact_case *c,
				 const struct object *o, const char *filter)
{
	struct json *list = json_new_array();
	for (size_t i = 0; i < c->words.n; i++)
		if (!known_to(o, c->words.v[i]) && tells(p, o, filter, c->words.v[i]))
			json_push_str(list, c->words.v[i]);
	return list;
}

/* ---- those that the space has ---- */
static char *joined(const struct json *lines)
{
	struct str out = STR_INIT;
	if (json_text(lines))
		return xstrdup(json_text(lines));
	for (const struct json *l = json_first(lines); l; l = json_next(l))
		str_add(&out, json_text(l) ? json_text(l) : "");
	return str_take(&out);
}

/* A filter of the space, read. */
struct known_filter {
	struct arena arena;
	const char *text;   /* table.column, as in facts; "" when it does not parse */
	const char *column; /* its first one; NULL: it has none */
	const struct sqlnode *root;
};

static void read_known(struct known_filter *k, const struct json *item)
{
	struct sqlparse parse;
	char *sql = joined(json_get(item, "sql"));
	*k = (struct known_filter){ .text = "" };
	sqlparse_expr(&parse, &k->arena, sql, 0);
	free(sql);
	if (parse.problems)
		return;
	k->root = parse.root;
	k->text = sqlnode_text(&k->arena, parse.root);
	const struct sqlnode *n = parse.root;
	while (n && n->kind != SQLN_COLUMN && n->n)
		n = n->kid[0];
	if (n && n->kind == SQLN_COLUMN)
		k->column = sqlnode_name(n);
}

static const struct json *filters_of(const struct proposal *p)
{
	return json_dig(p->model->space, "config.instructions.sql_snippets.filters");
}

/* The same condition, or one that differs only in naming the table. */
static bool same_text(const char *known, const char *text)
{
	const char *b = strchr(text, '.');
	return strieq(known, text) || (b && strieq(known, b + 1));
}

/* Is it the filter, or one of those that the filter joins by AND? */
static bool same_filter(struct known_filter *k, const char *text)
{
	bool same = same_text(k->text, text);
	for (size_t i = 0; !same && k->root && k->root->kind == SQLN_AND && i < k->root->n; i++)
		same = same_text(sqlnode_text(&k->arena, k->root->kid[i]), text);
	return same;
}

static struct draft *change_known(struct proposal *p, const struct fact_case *c, const char *type,
				  const struct json *item, const struct json *cluster)
{
	const char *id = json_str_or(item, "id", NULL);
	struct draft *d = id ? draft_at(p, type, NULL, NULL, id) : NULL;
	if (!d)
		return NULL;
	draft_member(d, "id", id);
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	return d;
}

/* The filter is there and Genie did not find it: it gets the question's words. */
static void name_known(struct proposal *p, const struct fact_case *c, const struct json *item,
		       const struct object *o, const char *text, const struct json *cluster)
{
	const struct json *there = json_get(item, "synonyms");
	struct json *words = filter_words(p, c, o, text), *all = json_new_array();
	for (const struct json *w = json_first(there); w; w = json_next(w))
		json_push_str(all, json_text(w));
	size_t before = json_len(all);
	for (const struct json *w = json_first(words); w; w = json_next(w))
		if (!has_text(all, json_text(w)) && json_len(all) < before + MAX_FILTER_WORDS &&
		    !text_has_word(json_str_or(item, "display_name", ""), json_text(w)))
			json_push_str(all, json_text(w));
	json_free(words);
	struct draft *d = json_len(all) > before ?
		change_known(p, c, "update_default_filter", item, cluster) : NULL;
	if (d && !d->value) {
		d->value = json_dup(item);
		json_remove(d->value, "id");
		json_set(d->value, "synonyms", json_dup(all));
		d->confidence = 0.5;
		d->regression = 0.05;
	} else if (d) {
		struct json *mine = json_get(d->value, "synonyms");
		for (const struct json *w = json_first(all); w; w = json_next(w))
			if (!has_text(mine, json_text(w)))
				json_push_str(mine, json_text(w));
	}
	json_free(all);
}

/* Several golds filter the column otherwise than the space's filter, and none like it. */
static void correct_known(struct proposal *p, const struct fact_case *c, const struct json *item,
			  const struct sqlfact_filter *f, const struct json *cluster)
{
	struct draft *d = change_known(p, c, "update_default_filter", item, cluster);
	if (!d)
		return;
	if (!d->value) {
		d->value = json_dup(item);
		json_remove(d->value, "id");
	}
	json_push_str(json_set(d->value, "sql", json_new_array()), f->text);
	d->confidence = 0.4;
	d->regression = 0.1;
}

/* True when a filter of the space is about it, whatever could be said. */
static bool mend_known(struct proposal *p, const struct fact_case *c,
	const struct sqlfact_filter *f,
		       const struct object *o, const struct json *cluster)
{
	bool found = false;
	const struct json *item = json_first(filters_of(p));
	for (; item && !found; item = json_next(item)) {
		struct known_filter k;
		read_known(&k, item);
		if (same_filter(&k, f->text)) {
			found = true;
			name_known(p, c, item, o, f->text, cluster);
		} else if (strieq(k.column, f->column) && has_filter(&c->genie, k.text) &&
			   is_shared(p, f->text) &&
			   count_cases(p->cases, gold_has, k.text) == 0) {
			found = true;
			correct_known(p, c, item, f, cluster);
		}
		arena_free(&k.arena);
	}
	return found;
}

/* A filter that Genie takes and no expected SQL has, more than once. */
static void remove_misleading(struct proposal *p, const struct fact_case *c,
			      const struct json *cluster)
{
	for (const struct json *item = json_first(filters_of(p)); item; item = json_next(item)) {
		struct known_filter k;
		read_known(&k, item);
		if (*k.text && misled(k.text, c) && count_cases(p->cases, misled, k.text) > 1 &&
		    count_cases(p->cases, gold_has, k.text) == 0 && k.column &&
		    !filters_column(&c->gold, k.column)) {
			struct draft *d = change_known(p, c, "remove_default_filter", item,
				cluster);
			if (d)
				d->confidence = 0.4;
		}
		arena_free(&k.arena);
	}
}

/* ---- new ones ---- */
struct columns {
	const struct object *object;
	bool strange; /* a column of something else: an alias, a subquery */
};

static bool visit_column(void *context, struct sqlnode *node)
{
	struct columns *x = context;
	if (node->kind == SQLN_QUERY)
		return false;
	if (node->kind == SQLN_COLUMN && (!object_field(x->object, sqlnode_name(node)) ||
	    (node->nparts > 1 && !strieq(node->part[node->nparts - 2], x->object->name))))
		x->strange = true;
	return true;
}

/* May the condition stand on its own, as one of the object's columns? */
static bool stands_alone(const struct object *o, const char *text)
{
	struct arena arena = { 0 };
	struct sqlparse parse;
	struct columns x = { .object = o };
	sqlparse_expr(&parse, &arena, text, 0);
	sqlnode_walk(parse.root, visit_column, &x);
	arena_free(&arena);
	return !parse.problems && !x.strange;
}

/* All habits of a table are one filter. */
static void add_habit(struct proposal *p, const struct fact_case *c, const struct object *o,
		      const char *text, const struct json *cluster)
{
	struct draft *d = draft_at(p, "add_default_filter", NULL, NULL, o->full_name);
	const char *old = d->value ? json_text(json_first(json_get(d->value, "sql"))) : NULL;
	if (!d->value) {
		char *name = xasprintf("%s by default", o->name);
		char *say = xasprintf("Always applies to questions about %s, "
				      "unless they say otherwise.", o->name);
		d->value = json_new_object();
		json_set_str(d->value, "display_name", name);
		json_push_str(json_set(d->value, "instruction", json_new_array()), say);
		free(say);
		free(name);
	}
	if (!old || !strstr(old, text)) {
		char *sql = old ? xasprintf("%s AND %s", old, text) : xstrdup(text);
		json_push_str(json_set(d->value, "sql", json_new_array()), sql);
		free(sql);
	}
	d->confidence = 0.6;
	d->regression = 0.1;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

/* What one word stands for in several questions. */
static void add_named(struct proposal *p, const struct fact_case *c, const struct object *o,
		      const char *text, const struct json *cluster)
{
	struct json *words = filter_words(p, c, o, text);
	if (json_first(words)) {
		struct draft *d = draft_at(p, "add_default_filter", NULL, NULL, text);
		if (!d->value) {
			d->value = json_new_object();
			json_set_str(d->value, "display_name", json_text(json_first(words)));
			json_push_str(json_set(d->value, "sql", json_new_array()), text);
			json_set(d->value, "synonyms", json_dup(words));
		}
		d->confidence = 0.5;
		d->regression = 0.1;
		draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	}
	json_free(words);
}

void rules_filters(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		if (!f->column || f->temporal || f->clause != SQLFC_WHERE || !f->outermost ||
		    has_filter(&c->genie, f->text))
			continue;
		const struct object *o = model_object(p->model, f->table && *f->table ? f->table :
			c->gold_asset ? c->gold_asset->full_name : NULL);
		if (!o || o->kind == OBJECT_FUNCTION || mend_known(p, c, f, o, cluster) ||
		    filters_column(&c->genie, f->column))
			continue;
		if (!is_shared(p, f->text) || !stands_alone(o, f->text))
			continue;
		if (is_habit(p, o, f->text))
			add_habit(p, c, o, f->text, cluster);
		else
			add_named(p, c, o, f->text, cluster);
	}
	remove_misleading(p, c, cluster);
}
