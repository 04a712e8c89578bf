#include "rules.h"

#include "phrases.h"
#include "words.h"

#include "json.h"
#include "mem.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>

bool is_ours(const struct asked *a, const struct object *o)
{
	return o && o->kind == OBJECT_TABLE && object_lever(o) == a->p->lever;
}

bool is_in_space(const struct asked *a, const struct object *o)
{
	return is_ours(a, o) || (o && o->kind == OBJECT_METRIC_VIEW && a->p->lever == 1);
}

struct draft *draft_asked(const struct asked *a, const char *type, struct place at, const char *key,
			  double confidence, double regression)
{
	struct draft *d = draft_at(a->p, type, at.o, at.f, key);
	d->confidence = confidence > d->confidence ? confidence : d->confidence;
	d->regression = regression > d->regression ? regression : d->regression;
	draft_for(d, a->c, json_str_or(a->cluster, "cluster_id", ""));
	return d;
}

const char *text_type(const struct place *at)
{
	if (at->f)
		return at->f->kind == FIELD_MEASURE ? "update_mv_measure" :
			at->f->kind == FIELD_DIMENSION ? "update_mv_dimension" :
			at->f->kind == FIELD_PARAMETER ? "update_tvf_parameter_comment" :
			*at->f->comment ? "update_column_comment" : "add_column_comment";
	if (at->o->kind == OBJECT_FUNCTION)
		return "update_tvf_comment";
	if (*at->o->description)
		return "update_description";
	return at->o->kind == OBJECT_METRIC_VIEW ? "add_description" : "update_table_comment";
}

struct place place_of(const struct model *model, const struct sqlfacts *facts, const char *table,
		      const char *column)
{
	struct place found = { NULL, NULL };
	const struct object *named = table && *table ? model_object(model, table) : NULL;
	for (size_t i = 0; !named && i < facts->ntables; i++) {
		const struct object *o = model_object(model, facts->table[i].name);
		const struct field *f = o ? object_field(o, column) : NULL;
		if (f && f->kind != FIELD_PARAMETER && found.f && found.f != f)
			return (struct place){ NULL, NULL }; /* two tables have it */
		if (f && f->kind != FIELD_PARAMETER)
			found = (struct place){ o, f };
	}
	if (named)
		found = (struct place){ named, object_field(named, column) };
	return found.f ? found : (struct place){ NULL, NULL };
}

bool facts_have(const struct model *model, const struct sqlfacts *facts, struct place at)
{
	if (!at.o || !sqlfacts_uses(facts, at.o->full_name))
		return false;
	for (size_t i = 0; at.f && i < facts->ncolumns; i++) {
		const struct sqlfact_column *col = &facts->column[i];
		if (strieq(col->column, at.f->name) &&
		    (!col->table || !*col->table || model_object(model, col->table) == at.o))
			return true;
	}
	for (size_t i = 0; at.f && i < facts->naggregates; i++) {
		const struct sqlfact_aggregate *g = &facts->aggregate[i];
		if (g->column && strieq(g->column, at.f->name) &&
		    (!g->table || !*g->table || model_object(model, g->table) == at.o))
			return true;
	}
	return !at.f;
}

bool anyone_needs(const struct asked *a, struct place at)
{
	for (size_t i = 0; i < a->p->cases->n; i++) {
		const struct fact_case *c = &a->p->cases->v[i];
		/* SELECT * needs whatever the table has */
		if (c->gold_sql && (facts_have(a->p->model, &c->gold, at) ||
				    (c->gold.star && sqlfacts_uses(&c->gold, at.o->full_name))))
			return true;
	}
	return false;
}

static bool needs(const struct asked *a, const struct fact_case *c, struct place at)
{
	return at.o && c->gold_sql && facts_have(a->p->model, &c->gold, at);
}

/* Questions that have the phrase and need the right place; -1 when one needs only the wrong. */
static long support(const struct asked *a, const char *phrase, struct place right,
	struct place wrong)
{
	long n = 0;
	for (size_t i = 0; i < a->p->cases->n; i++) {
		const struct fact_case *c = &a->p->cases->v[i];
		bool has = has_phrase(c->question, phrase), right_one = needs(a, c, right);
		if (has && !right_one && needs(a, c, wrong))
			return -1;
		/* elsewhere the words do lead to the right place: they are not what is missing */
		if (has && wrong.o && right_one && c->genie_sql &&
		    facts_have(a->p->model, &c->genie, right))
			return -1;
		n += has ? (right_one ? 1 : -1) : 0;
	}
	return n;
}

/* Does another place know every word of it? */
static bool is_taken(const struct asked *a, const char *phrase, struct place right)
{
	struct strlist words = { 0 };
	content_words(phrase, &words);
	bool taken = true;
	for (size_t i = 0; taken && i < words.n; i++) {
		taken = known_elsewhere(a->p->model, right.o, words.v[i]);
		for (size_t k = 0; right.f && !taken && k < right.o->nfields; k++)
			taken = &right.o->fields[k] != right.f &&
				text_has_word(right.o->fields[k].words, words.v[i]);
	}
	strlist_free(&words);
	return taken;
}

/* One question's words have to say more than the place's name, and be no other place's. */
static bool is_telling(const struct asked *a, const char *phrase, long n, struct place right)
{
	return phrase_is_plain(a->p->cases, a->c, phrase) &&
		(n > 1 || (!phrase_is_name(right.f ? right.f->name : right.o->name, phrase) &&
			   !is_taken(a, phrase, right)));
}

/* More support first, then two words before one or three: one is vague, three are a quotation. */
static bool is_better(const char *phrase, long n, const char *best, long most)
{
	if (!best || n != most)
		return !best || n > most;
	bool two = strchr(phrase, ' ') && strchr(phrase, ' ') == strrchr(phrase, ' ');
	bool best_two = strchr(best, ' ') && strchr(best, ' ') == strrchr(best, ' ');
	return two && !best_two;
}

char *telling_words(const struct asked *a, struct place right, struct place wrong, long least)
{
	struct strlist phrases = { 0 };
	const char *best = NULL;
	long most = 0;
	content_phrases(a->c->question, &phrases);
	for (size_t i = 0; i < phrases.n; i++) {
		long n = support(a, phrases.v[i], right, wrong);
		if (n >= least && is_telling(a, phrases.v[i], n, right) &&
			is_better(phrases.v[i], n, best, most)) {
			best = phrases.v[i];
			most = n;
		}
	}
	char *copy = xstrdup(best);
	strlist_free(&phrases);
	return copy;
}

const struct json *column_config(const struct model *model, struct place at)
{
	const struct json *table = space_table(json_get(model->space, "config"), at.o->full_name,
		NULL);
	return table ? space_column(table, at.f->name) : NULL;
}

char *literal_text(const char *value)
{
	size_t n = value ? strlen(value) : 0;
	if (n < 3 || value[0] != '\'' || value[n - 1] != '\'' || memchr(value + 1, '\'', n - 2))
		return NULL;
	return xstrndup(value + 1, n - 2);
}
