/* Levers 1 to 5: codes. A question says "parcel lockers", the expected SQL compares a column with
 * 'PL', or passes it to a function. Whoever does not know the code cannot find it: the column, the
 * dimension or the parameter lists its values with what they mean.
 *
 * Codes come from expected SQL of the split train alone. A word means a code when it spells it
 * ("production", PRD), begins with its letters ("all-purpose", AP), or when several questions
 * have it and all of these select by the code. */
#include "rules.h"

#include "phrases.h"
#include "rules_calls.h"
#include "words.h"

#include "json.h"
#include "mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CODE 6

/* A short text of capitals: what people do not say. */
static bool is_code(const char *text)
{
	size_t n = strlen(text);
	bool letters = n > 1 && n <= MAX_CODE;
	for (size_t i = 0; letters && i < n; i++)
		letters = isupper((unsigned char)text[i]) || isdigit((unsigned char)text[i]);
	return letters && isupper((unsigned char)text[0]);
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* All letters of the code, in order, the first one first: "production" of PRD. */
static bool spells(const char *word, const char *code)
{
	if (!same_letter(*word, *code))
		return false;
	for (; *word && *code; word++)
		code += same_letter(*word, *code);
	return !*code;
}

/* The first letters of its words: "all-purpose" of AP. */
static bool begins(const char *phrase, const char *code)
{
	for (const char *s = phrase; *s; s++)
		if ((s == phrase || strchr(" -", s[-1])) && !same_letter(*s, *code++))
			return false;
	return !*code;
}

/* Does the question select by the code: compare with it, or pass it? */
static bool selects(const struct fact_case *c, const char *code)
{
	char *quoted = xasprintf("'%s'", code);
	bool found = false;
	for (size_t i = 0; i < c->gold.nfilters; i++)
		found |= strstr(c->gold.filter[i].value, quoted) != NULL;
	for (size_t i = 0; i < c->gold.ncalls; i++)
		for (size_t k = 0; k < c->gold.call[i].n; k++)
			found |= streq(c->gold.call[i].arg[k].text, quoted);
	free(quoted);
	return found;
}

/* Several questions of train have the phrase, and no question has it without the code; some
 * question of the object goes without both, or the code is its habit. */
static bool goes_with(const struct cases *cases, const struct object *o, const char *phrase,
	const char *code)
{
	size_t n = 0;
	bool free_of_it = false;
	for (size_t i = 0; i < cases->n; i++) {
		const struct fact_case *c = &cases->v[i];
		bool has = has_phrase(c->question, phrase), by = c->gold_sql && selects(c, code);
		if (!c->gold_sql || (!has && (by || !case_needs(c, o->full_name, NULL))))
			continue;
		if (has && !by)
			return false;
		free_of_it |= !has;
		n += has && streq(c->split, "train");
	}
	return n > 1 && free_of_it;
}

/* Longer ones say more: "data pipelines" rather than "pipelines". */
static char *words_for(const struct asked *a, const struct object *o, const char *code)
{
	struct strlist phrases = { 0 };
	const char *best = NULL;
	content_phrases(a->c->question, &phrases);
	for (size_t i = 0; i < phrases.n; i++) {
		const char *phrase = phrases.v[i];
		bool one = !strchr(phrase, ' ');
		if ((begins(phrase, code) || (one && spells(phrase, code)) ||
		     goes_with(a->p->cases, o, phrase, code)) &&
		    (!best || strlen(phrase) > strlen(best)))
			best = phrase;
	}
	char *copy = xstrdup(best);
	strlist_free(&phrases);
	return copy;
}

/* Is the code listed already? */
static bool lists(const char *comment, const char *code)
{
	char *lower = xstrlower(comment), *word = xstrlower(code);
	bool listed = text_has_word(lower, word);
	free(lower);
	free(word);
	return listed;
}

/* Every failing question of train that selects by the code and has the words. */
static void for_all(const struct asked *a, struct draft *d, const char *words, const char *code)
{
	for (size_t i = 0; i < a->p->cases->n; i++) {
		const struct fact_case *c = &a->p->cases->v[i];
		if (!c->passes && c->gold_sql && streq(c->split, "train") &&
		    has_phrase(c->question, words) && selects(c, code))
			draft_for(d, c, json_str_or(a->cluster, "cluster_id", ""));
	}
}

/* `said`: the question has the code itself, which is worth listing where nothing else is. */
static void list_code(const struct asked *a, struct place at, const char *code, bool said)
{
	if (object_lever(at.o) != a->p->lever || lists(at.f->comment, code))
		return;
	char *words = said ? NULL : words_for(a, at.o, code);
	if (words || said) {
		char *item = said ? xstrdup(code) : xasprintf("%s = %s", code, words);
		struct draft *d = draft_asked(a, text_type(&at), at, NULL, 0.6, 0.02);
		strlist_add_new(&d->parts[LAYOUT_VALUES], item);
		for_all(a, d, words ? words : code, code);
		free(item);
	}
	free(words);
}

static bool knows(const struct sqlfacts *genie, const char *column, const char *value)
{
	for (size_t i = 0; i < genie->nfilters; i++)
		if (strieq(genie->filter[i].column, column) && streq(genie->filter[i].value, value))
			return true;
	return false;
}

static void compared(const struct asked *a)
{
	for (size_t i = 0; i < a->c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &a->c->gold.filter[i];
		char *code = f->column && streq(f->op, "=") ? literal_text(f->value) : NULL;
		struct place at = code && is_code(code) ? place_of(a->p->model, &a->c->gold,
			f->table, f->column) : (struct place){ NULL, NULL };
		if (at.f && !has_phrase(a->c->question, code) &&
		    !knows(&a->c->genie, f->column, f->value))
			list_code(a, at, code, false);
		free(code);
	}
}

static void passed(const struct asked *a)
{
	const struct object *o = a->c->gold_asset;
	for (size_t i = 0; o && o->kind == OBJECT_FUNCTION && i < o->nfields; i++) {
		const struct field *f = &o->fields[i];
		char *code = f->kind == FIELD_PARAMETER ?
			literal_text(call_argument(&a->c->gold, o, i, f->name)) : NULL;
		const char *genie = code ? call_argument(&a->c->genie, o, i, f->name) : NULL;
		char *used = literal_text(genie);
		if (code && is_code(code) && !streq(code, used))
			list_code(a, (struct place){ o, f }, code,
				has_phrase(a->c->question, code));
		free(code);
		free(used);
	}
}

void rules_codes(const struct asked *a)
{
	if (!streq(a->c->split, "train"))
		return;
	compared(a);
	passed(a);
}
