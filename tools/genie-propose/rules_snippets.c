/* Lever 6: snippets of the space hold what several train golds share; one that Genie followed
 * into a wrong answer is corrected or, by a person, removed. */
#include "rules_space.h"

#include "drafts.h"
#include "phrases.h"
#include "risk.h"
#include "words.h"

#include "json.h"
#include "mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SHARED_MIN 2 /* train golds that must share a snippet */

struct shared {
	const char *kind;    /* filter, measure, expression */
	const char *sql;
	const struct field *field;
	const struct object *object;
	char *name;          /* display_name; owned */
};

static bool has_filter(const struct sqlfacts *facts, const char *sql)
{
	for (size_t i = 0; i < facts->nfilters; i++)
		if (streq(facts->filter[i].text, sql))
			return true;
	return false;
}

static char *aggregate_text(const struct sqlfact_aggregate *a)
{
	return xasprintf("%s(%s%s)", a->function, a->distinct ? "DISTINCT " : "", a->argument);
}

static bool has_aggregate(const struct sqlfacts *facts, const char *sql)
{
	bool found = false;
	for (size_t i = 0; !found && i < facts->naggregates; i++) {
		char *text = aggregate_text(&facts->aggregate[i]);
		found = streq(text, sql);
		free(text);
	}
	return found;
}

static bool has_group(const struct sqlfacts *facts, const char *sql)
{
	for (size_t i = 0; i < facts->group_by.n; i++)
		if (streq(facts->group_by.v[i], sql))
			return true;
	return false;
}

static bool has_shared(const struct sqlfacts *facts, const struct shared *s)
{
	return streq(s->kind, "filter") ? has_filter(facts, s->sql) :
		streq(s->kind, "measure") ? has_aggregate(facts, s->sql) : has_group(facts, s->sql);
}

/* How many train golds have it. */
static size_t sharing(const struct proposal *p, const struct shared *s)
{
	size_t n = 0;
	for (size_t i = 0; i < p->cases->n; i++)
		n += is_train(&p->cases->v[i]) && has_shared(&p->cases->v[i].gold, s);
	return n;
}

/* Words of two questions or more that have it and of no question that has it not. */
static struct json *telling_words(const struct proposal *p, const struct shared *s)
{
	struct json *list = json_new_array();
	struct strlist seen = { 0 };
	for (size_t i = 0; i < p->cases->n; i++) {
		const struct fact_case *c = &p->cases->v[i];
		for (size_t w = 0; is_train(c) && has_shared(&c->gold, s) && w < c->words.n; w++) {
			size_t with = 0, without = 0;
			for (size_t k = 0; k < p->cases->n; k++)
				if (strlist_has(&p->cases->v[k].words, c->words.v[w]))
					has_shared(&p->cases->v[k].gold, s) ? with++ : without++;
			if (with >= SHARED_MIN && !without &&
			    phrase_is_plain(p->cases, c, c->words.v[w]) &&
			    !known_elsewhere(p->model, s->object, c->words.v[w]) &&
			    strlist_add_new(&seen, c->words.v[w]))
				json_push_str(list, c->words.v[w]);
		}
	}
	strlist_free(&seen);
	return list;
}

static bool in_space(const struct proposal *p, const struct shared *s)
{
	char *place = xasprintf("instructions.sql_snippets.%ss", s->kind);
	bool found = false;
	const struct json *list = list_in_space(p, place);
	for (const struct json *one = json_first(list); one && !found; one = json_next(one)) {
		char *sql = text_of(json_get(one, "sql"));
		found = same_sql(sql, s->sql);
		free(sql);
	}
	free(place);
	return found;
}

static void add_snippet(struct proposal *p, const struct fact_case *c, const struct shared *s,
			const struct json *cluster)
{
	if (!s->object || s->object->kind != OBJECT_TABLE || sharing(p, s) < SHARED_MIN ||
		in_space(p, s) ||
	    has_shared(&c->genie, s))
		return;
	struct draft *d = draft_at(p, "add_sql_snippet", NULL, NULL, s->sql);
	if (!d->value) {
		d->value = json_new_object();
		json_set_str(d->value, "display_name", s->name);
		set_text(d->value, "sql", s->sql);
		json_set(d->value, "synonyms", telling_words(p, s));
		draft_member(d, "snippet", s->kind);
	}
	d->confidence = 0.5;
	d->regression = 0.1;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

/* What a column means to people: the first sentence of its comment when that is a brief name,
 * else the column's own. */
static char *meaning(const struct shared *s, const char *column)
{
	static const char *const articles[] = { "the ", "a ", "an " };
	const char *comment = s->field ? s->field->comment : "";
	for (size_t i = 0; i < countof(articles); i++)
		comment += starts_withi(comment, articles[i]) ? strlen(articles[i]) : 0;
	size_t n = strcspn(comment, ".;:(\n"), words = 1;
	for (size_t i = 0; i < n; i++)
		words += comment[i] == ' ';
	if (n < 3 || words > 3)
		return spoken(column);
	char *text = xstrndup(comment, n);
	if (text[1] >= 'a' && text[1] <= 'z')
		*text = (char)tolower((unsigned char)*text);
	return text;
}

static bool in_subquery(const struct sqlfacts *facts, const struct sqlfact_aggregate *a)
{
	char *text = aggregate_text(a);
	bool inside = false;
	for (size_t i = 0; !inside && i < facts->nfilters; i++) {
		const char *query = stristr(facts->filter[i].value, "(SELECT");
		inside = query && stristr(query, text);
	}
	free(text);
	return inside;
}

/* What the rows of a table are: "orders" of fact_order. */
static char *rows_of(const struct object *o)
{
	const char *name = starts_with(o->name, "dim_") ? o->name + 4 :
		starts_with(o->name, "fact_") ? o->name + 5 : o->name;
	char *one = spoken(name);
	size_t n = strlen(one);
	bool y = n > 1 && one[n - 1] == 'y' && !strchr("aeiou", one[n - 2]);
	char *many = n && one[n - 1] == 's' ? xstrdup(one) : y ?
		xasprintf("%.*sies", (int)(n - 1), one) : xasprintf("%ss", one);
	free(one);
	return many;
}

/* "total amount", "number of orders"; NULL: people have no plain word for it. */
static char *measure_name(const struct shared *s, const struct sqlfact_aggregate *a)
{
	static const char *const names[][2] = { { "SUM", "total" }, { "AVG", "average" },
		{ "MIN", "lowest" }, { "MAX", "highest" } };
	if (streq(a->function, "COUNT")) {
		bool key = ends_with(a->column, "id");
		char *of = key ? rows_of(s->object) : meaning(s, a->column);
		char *name = xasprintf("number of %s%s", a->distinct ? "different " : "", of);
		free(of);
		return name;
	}
	for (size_t i = 0; i < countof(names); i++)
		if (streq(a->function, names[i][0])) {
			char *what = meaning(s, a->column);
			char *name = starts_with(what, names[i][1]) ? xstrdup(what) :
				xasprintf("%s %s", names[i][1], what);
			free(what);
			return name;
		}
	return NULL;
}

static void shared_measures(struct proposal *p, const struct fact_case *c,
	const struct json *cluster)
{
	for (size_t i = 0; i < c->gold.naggregates; i++) {
		const struct sqlfact_aggregate *a = &c->gold.aggregate[i];
		struct shared s = { .kind = "measure" };
		/* one inside a subquery is a step, as MAX(day) in "the newest day" */
		if (!a->column || !a->table || a->measure || a->window ||
		    streq(a->function, "MEASURE") || in_subquery(&c->gold, a))
			continue;
		char *sql = aggregate_text(a);
		s.sql = sql;
		s.object = model_object(p->model, a->table);
		s.field = s.object ? object_field(s.object, a->column) : NULL;
		s.name = s.object ? measure_name(&s, a) : NULL;
		if (s.name)
			add_snippet(p, c, &s, cluster);
		free(s.name);
		free(sql);
	}
}

/* The question names the value itself: no name of a filter is missing. */
static bool names_value(const char *question, const char *value)
{
	size_t n = strlen(value);
	char *text = n > 2 && *value == '\'' ? xstrndup(value + 1, n - 2) : xstrdup(value);
	bool named = *text && has_phrase(question, text);
	free(text);
	return named;
}

/* "is curr", "not is active", "latest run ts", "channel = 'web'". NULL: it has no plain name. */
static char *filter_name(const struct shared *s, const struct sqlfact_filter *f)
{
	char *what = meaning(s, f->column), *name = NULL;
	bool equal = streq(f->op, "=") || streq(f->op, "IS");
	if (equal && strieq(f->value, "TRUE"))
		name = xstrdup(what);
	else if (equal && strieq(f->value, "FALSE"))
		name = xasprintf("not %s", what);
	else if (equal && starts_withi(f->value, "(SELECT MAX("))
		name = xasprintf("latest %s", what);
	else if (*f->value && strlen(f->value) <= 40)
		name = xasprintf("%s %s %s", what, f->op, f->value);
	free(what);
	return name;
}

static void shared_filters(struct proposal *p, const struct fact_case *c,
	const struct json *cluster)
{
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		struct shared s = { .kind = "filter", .sql = f->text };
		if (!f->column || !f->table || f->temporal || f->clause != SQLFC_WHERE ||
		    !f->outermost || names_value(c->question, f->value))
			continue;
		s.object = model_object(p->model, f->table);
		s.field = s.object ? object_field(s.object, f->column) : NULL;
		s.name = filter_name(&s, f);
		if (s.name)
			add_snippet(p, c, &s, cluster);
		free(s.name);
	}
}

static void shared_expressions(struct proposal *p, const struct fact_case *c,
	const struct json *cluster)
{
	for (size_t i = 0; i < c->gold.group_by.n; i++) {
		struct shared s = { .kind = "expression", .sql = c->gold.group_by.v[i] };
		if (!strchr(s.sql, '(') || strlen(s.sql) > 60)
			continue;
		for (size_t k = 0; !s.object && k < p->model->n; k++)
			if (names_object(s.sql, &p->model->objects[k]))
				s.object = &p->model->objects[k];
		s.name = xstrdup(s.sql);
		add_snippet(p, c, &s, cluster);
		free(s.name);
	}
}

/* ---- those that the space has ---- */
struct known {
	const struct json *item;
	const char *kind; /* filter, measure, expression */
	char *sql;        /* owned */
};

/* What the expected SQL has in the snippet's place: a filter on the same column, an aggregate
 * of the same or another column where Genie used the snippet's. NULL: nothing alike. New. */
static char *in_its_place(const struct fact_case *c, const struct known *k)
{
	const char *column = NULL;
	for (size_t i = 0; streq(k->kind, "filter") && i < c->genie.nfilters; i++)
		if (streq(c->genie.filter[i].text, k->sql))
			column = c->genie.filter[i].column;
	for (size_t i = 0; column && i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		if (f->column && strieq(f->column, column) && !f->temporal &&
		    f->clause == SQLFC_WHERE)
			return xstrdup(f->text);
	}
	/* one measure for the other: with several it is open which one is meant */
	bool one = streq(k->kind, "measure") && c->gold.naggregates == 1 &&
		c->genie.naggregates == 1 && c->gold.aggregate[0].column &&
		!c->gold.aggregate[0].measure && !streq(c->gold.aggregate[0].function, "MEASURE");
	return one ? aggregate_text(&c->gold.aggregate[0]) : NULL;
}

static bool is_called(const struct json *item, const char *question)
{
	bool called = has_phrase(question, json_str_or(item, "display_name", "?"));
	for (const struct json *s = json_first(json_get(item, "synonyms")); s; s = json_next(s))
		called |= json_text(s) && has_phrase(question, json_text(s));
	return called;
}

/* Train questions that call the snippet by its name and expect `sql`; 0 when one that does so
 * expects something else, the snippet as it is above all. */
static size_t agreeing(const struct proposal *p, const struct known *k, const char *sql)
{
	struct shared now = { .kind = k->kind, .sql = k->sql };
	struct shared then = { .kind = k->kind, .sql = sql };
	size_t n = 0;
	for (size_t i = 0; i < p->cases->n; i++) {
		const struct fact_case *c = &p->cases->v[i];
		if (!c->gold_sql || !is_called(k->item, c->question))
			continue;
		if (has_shared(&c->gold, &now) || !has_shared(&c->gold, &then))
			return 0;
		n += is_train(c);
	}
	return n;
}

static struct draft *change(struct proposal *p, const char *type, const struct known *k)
{
	struct draft *d = draft_at(p, type, NULL, NULL, json_str_or(k->item, "id", ""));
	if (!d->members) {
		draft_member(d, "id", json_str_or(k->item, "id", ""));
		draft_member(d, "snippet", k->kind);
	}
	return d;
}

/* All who ask for it by name mean another SQL: the name is right, what it stands for is not. */
static bool correct(struct proposal *p, const struct fact_case *c, const struct known *k,
		    const struct json *cluster)
{
	char *sql = is_train(c) && is_called(k->item, c->question) ? in_its_place(c, k) : NULL;
	bool wrong = sql && agreeing(p, k, sql) >= SHARED_MIN;
	if (wrong) {
		struct draft *d = change(p, "update_sql_snippet", k);
		if (!d->value) {
			d->value = json_dup(k->item);
			json_remove(d->value, "id");
			set_text(d->value, "sql", sql);
		}
		d->confidence = 0.5;
		d->regression = 0.1;
		draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	}
	free(sql);
	return wrong;
}

/* A filter that Genie used and the expected SQL does not have: its words catch questions that
 * are not meant. */
static void blame(struct proposal *p, const struct fact_case *c, const struct known *k,
		  const struct json *cluster)
{
	if (!streq(k->kind, "filter"))
		return;
	struct draft *d = change(p, "remove_sql_snippet", k);
	d->confidence = 0.5;
	d->regression = 0.2;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

/* Snippets that Genie followed and the expected SQL does not have. */
static void misled(struct proposal *p, const struct fact_case *c, const char *kind,
		   const struct json *cluster)
{
	char *place = xasprintf("instructions.sql_snippets.%ss", kind);
	const struct json *list = list_in_space(p, place);
	free(place);
	for (const struct json *one = json_first(list); one; one = json_next(one)) {
		struct known k = { one, kind, text_of(json_get(one, "sql")) };
		struct shared s = { .kind = kind, .sql = k.sql };
		if (*k.sql && has_shared(&c->genie, &s) && !has_shared(&c->gold, &s) &&
		    !correct(p, c, &k, cluster))
			blame(p, c, &k, cluster);
		free(k.sql);
	}
}

void rules_snippets(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	shared_measures(p, c, cluster);
	shared_filters(p, c, cluster);
	shared_expressions(p, c, cluster);
	misled(p, c, "filter", cluster);
	misled(p, c, "measure", cluster);
}
