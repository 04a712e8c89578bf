/* Levers 1, 4, 5: two tables or two columns compete for a question. The one that is meant
 * says which questions are its own, the other one says that they are not; never one without
 * the other. */
#include "rules.h"

#include "rules_calls.h"
#include "words.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const char *name_of(struct place at)
{
	return at.f ? at.f->name : at.o->name;
}

static char *rivalry(struct place right, struct place wrong)
{
	return xasprintf("%s.%s>%s.%s", right.o->full_name, right.f ? right.f->name : "",
			 wrong.o->full_name, wrong.f ? wrong.f->name : "");
}

/* Both drafts may be in one competition only: else a set could not be told apart. */
static bool is_free(const struct asked *a, struct place at, const char *rivals)
{
	for (size_t i = 0; i < a->p->n; i++) {
		const struct draft *d = &a->p->v[i];
		if (d->object == at.o && d->field == at.f && d->pairs.n &&
			streq(d->type, text_type(&at)) &&
		    !strlist_has(&d->pairs, rivals))
			return false;
	}
	return true;
}

/* A new synonym says already what the questions call it. `item` is in quotes. */
static bool is_synonym(const struct draft *d, const char *item)
{
	for (size_t i = 0; i < d->words.n; i++)
		if (strlen(d->words.v[i]) == strlen(item) - 2 && stristr(item, d->words.v[i]))
			return true;
	return false;
}

static void say(const struct asked *a, struct place at, enum layout_part part, const char *item,
		const char *rivals)
{
	bool function = at.o->kind == OBJECT_FUNCTION; /* bullets of its own */
	struct draft *d = function ?
		say_function(a->p, a->c, at.o, part == LAYOUT_NOT_FOR ? NULL : item,
			     part == LAYOUT_NOT_FOR ? item : NULL, a->cluster) :
		draft_asked(a, text_type(&at), at, NULL, 0.55, 0.05);
	if (!function && (part != LAYOUT_QUESTIONS || !is_synonym(d, item)))
		strlist_add_new(&d->parts[part], item);
	if (rivals)
		strlist_add_new(&d->pairs, rivals);
}

/* Does the place's own text have all these words? */
static bool says_words(struct place at, const char *phrase)
{
	struct strlist words = { 0 };
	bool all = true;
	content_words(phrase, &words);
	for (size_t i = 0; all && i < words.n; i++)
		all = text_has_word(at.f ? at.f->words : at.o->words, words.v[i]);
	strlist_free(&words);
	return all;
}

static bool says(struct place at, const char *text)
{
	return stristr(at.f ? at.f->comment : *at.o->description ? at.o->description :
		at.o->comment, text);
}

/* Whichever side says it already does not have to be changed. */
static void say_both(const struct asked *a, struct place right, struct place wrong,
	const char *phrase,
		     const char *rivals)
{
	char *yes = xasprintf("\"%s\"", phrase);
	char *no = xasprintf(wrong.o->kind == OBJECT_FUNCTION ? "\"%s\" (use %s)" :
		"\"%s\" is asked for (use %s)", phrase, name_of(right));
	bool need_yes = !says_words(right, phrase), need_no = !says(wrong, no);
	/* a table that has the words already only loses by another one's having them too */
	need_no = need_no && (need_yes || right.f);
	if (need_yes)
		say(a, right, LAYOUT_QUESTIONS, yes, need_no ? rivals : NULL);
	if (need_no)
		say(a, wrong, LAYOUT_NOT_FOR, no, need_yes ? rivals : NULL);
	free(yes);
	free(no);
}

static void disambiguate(const struct asked *a, struct place right, struct place wrong)
{
	char *rivals = rivalry(right, wrong), *phrase = NULL;
	/* a table is left for good reasons only: two questions, where a column needs one */
	if (is_free(a, right, rivals) && is_free(a, wrong, rivals))
		phrase = telling_words(a, right, wrong, right.f ? 1 : 2);
	if (phrase && !says_words(wrong, phrase)) /* its own words would say the contrary */
		say_both(a, right, wrong, phrase, rivals);
	free(phrase);
	free(rivals);
}

/* ---- tables ---- */
static void tables(const struct asked *a)
{
	const struct fact_case *c = a->c;
	struct place right = { c->gold_asset, NULL }, wrong = { c->genie_asset, NULL };
	if (!right.o || !wrong.o || right.o == wrong.o || case_used(c, right.o->full_name, NULL) ||
	    case_needs(c, wrong.o->full_name, NULL))
		return;
	/* metric views and functions against each other are for levers 2 and 3 */
	if (is_ours(a, right.o) || (is_ours(a, wrong.o) && right.o->kind != OBJECT_TABLE))
		disambiguate(a, right, wrong);
}

/* ---- columns ---- */

/* Keeps a column that the other side lacks as the one found; false, and {NULL, NULL}, when that
 * is the second one. */
static bool the_only(const struct asked *a, const struct sqlfacts *other, struct place at,
		     struct place *found)
{
	if (!at.f || at.o->kind == OBJECT_FUNCTION || facts_have(a->p->model, other, at))
		return true;
	bool second = found->f && found->f != at.f;
	*found = second ? (struct place){ NULL, NULL } : at;
	return !second;
}

/* The one column that only one side aggregates in this way; {NULL, NULL}: none, or several. */
static struct place only_aggregate(const struct asked *a, const struct sqlfacts *facts,
				   const struct sqlfacts *other)
{
	struct place found = { NULL, NULL };
	for (size_t i = 0; i < facts->naggregates; i++) {
		const struct sqlfact_aggregate *g = &facts->aggregate[i];
		if (g->column && !the_only(a, other,
		    place_of(a->p->model, facts, g->table, g->column), &found))
			break;
	}
	return found;
}

static struct place only_column(const struct asked *a, const struct sqlfacts *facts,
				const struct sqlfacts *other, enum sqlfact_clause clause)
{
	struct place found = { NULL, NULL };
	for (size_t i = 0; i < facts->ncolumns; i++) {
		const struct sqlfact_column *c = &facts->column[i];
		if (c->clause == clause && !the_only(a, other,
		    place_of(a->p->model, facts, c->table, c->column), &found))
			break;
	}
	return found;
}

static void columns_of(const struct asked *a, struct place right, struct place wrong)
{
	/* in different tables it is the tables that compete, unless both are at hand */
	if (right.f && wrong.f && is_ours(a, right.o) && is_ours(a, wrong.o) &&
	    case_used(a->c, right.o->full_name, NULL))
		disambiguate(a, right, wrong);
}

void rules_rivals(const struct asked *a)
{
	const struct fact_case *c = a->c;
	if (!c->genie_sql)
		return;
	tables(a);
	columns_of(a, only_aggregate(a, &c->gold, &c->genie),
		   only_aggregate(a, &c->genie, &c->gold));
	columns_of(a, only_column(a, &c->gold, &c->genie, SQLFC_GROUP),
		   only_column(a, &c->genie, &c->gold, SQLFC_GROUP));
	columns_of(a, only_column(a, &c->gold, &c->genie, SQLFC_WHERE),
		   only_column(a, &c->genie, &c->gold, SQLFC_WHERE));
}
