#include "phrases.h"

#include "cases.h"
#include "model.h"
#include "noise.h"
#include "words.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

/* The first text in quotes with a letter in it, without wildcards. NULL: there is none. */
static char *first_literal(const char *sql)
{
	const char *at = strchr(sql, '\''), *end = at ? strchr(at + 1, '\'') : NULL;
	if (!end)
		return NULL;
	at += 1 + strspn(at + 1, "% ");
	size_t n = end > at ? (size_t)(end - at) : 0;
	while (n && strchr("% ", at[n - 1]))
		n--;
	bool letter = n && ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'));
	return letter ? xstrndup(at, n) : NULL;
}

/* What a question selects by: texts that it compares or passes. */
static void selected(const struct fact_case *c, struct strlist *out)
{
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		char *text = f->temporal ? NULL : first_literal(f->value);
		if (text)
			strlist_add_new(out, text);
		free(text);
	}
	for (size_t i = 0; i < c->gold.ncalls; i++)
		for (size_t k = 0; k < c->gold.call[i].n; k++) {
			const char *arg = c->gold.call[i].arg[k].text;
			char *text = *arg == '\'' ? first_literal(arg) : NULL;
			if (text)
				strlist_add_new(out, text);
			free(text);
		}
}

static bool selects(const struct fact_case *c, const char *value)
{
	struct strlist list = { 0 };
	selected(c, &list);
	bool found = strlist_has(&list, value);
	strlist_free(&list);
	return found;
}

/* With the phrase if and only if with the value; some question of the asset goes without both:
 * else it is a habit of the asset, not what the words mean. */
static bool goes_with(const struct cases *cases, const char *phrase, const char *value,
		      const struct object *asset)
{
	bool free_of_it = false;
	for (size_t i = 0; i < cases->n; i++) {
		const struct fact_case *c = &cases->v[i];
		if (!c->gold_sql)
			continue;
		bool has = has_phrase(c->question, phrase), sel = selects(c, value);
		if (has != sel)
			return false;
		free_of_it |= !has && c->gold_asset == asset;
	}
	return free_of_it;
}

char *value_meant(const struct cases *cases, const char *phrase)
{
	char *meant = NULL;
	for (size_t i = 0; i < cases->n; i++) {
		const struct fact_case *c = &cases->v[i];
		if (!c->gold_sql || !has_phrase(c->question, phrase))
			continue;
		struct strlist list = { 0 };
		selected(c, &list);
		for (size_t k = 0; !meant && k < list.n; k++)
			if (!has_phrase(c->question, list.v[k]) &&
			    goes_with(cases, phrase, list.v[k], c->gold_asset))
				meant = xstrdup(list.v[k]);
		strlist_free(&list);
		break; /* what all questions with the phrase select, the first one does */
	}
	return meant;
}

/* ---- any phrase ---- */

/* A capital inside the sentence, in front of a small letter: a name of something. */
static bool is_proper(const char *question, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = question; (p = stristr(p, word)); p += n) {
		bool first = p == question || (p >= question + 2 && strchr(".?!:", p[-2]));
		if (!first && *p >= 'A' && *p <= 'Z' && p[1] >= 'a' && p[1] <= 'z')
			return true;
	}
	return false;
}

/* "SQL warehouses": what stands beside a value or a name is part of it. */
static bool is_beside_data(const struct cases *cases, const struct fact_case *c, const char *word)
{
	struct strlist pairs = { 0 };
	bool beside = false;
	content_phrases(c->question, &pairs);
	for (size_t i = 0; !beside && i < pairs.n; i++) {
		struct strlist two = { 0 };
		content_words(pairs.v[i], &two);
		if (two.n == 2 && strlist_has(&two, word))
			for (size_t k = 0; k < 2; k++)
				beside |= !streq(two.v[k], word) && (is_data(cases, two.v[k]) ||
					is_proper(c->question, two.v[k]));
		strlist_free(&two);
	}
	strlist_free(&pairs);
	return beside;
}

bool phrase_is_plain(const struct cases *cases, const struct fact_case *c, const char *phrase)
{
	struct strlist words = { 0 };
	content_words(phrase, &words);
	bool good = words.n > 0;
	for (size_t i = 0; good && i < words.n; i++)
		good = !is_ordinary(words.v[i]) && !is_data(cases, words.v[i]) &&
			!is_proper(c->question, words.v[i]) &&
			!is_beside_data(cases, c, words.v[i]);
	strlist_free(&words);
	char *value = good ? value_meant(cases, phrase) : NULL;
	good = good && !value;
	free(value);
	return good;
}

bool phrase_is_name(const char *name, const char *phrase)
{
	struct strlist words = { 0 };
	content_words(phrase, &words);
	bool all = words.n > 0;
	for (size_t i = 0; all && i < words.n; i++)
		all = text_has_word(name, words.v[i]);
	strlist_free(&words);
	return all;
}

/* ---- phrases that tell an asset ---- */

/* Questions with the phrase that need the asset (and its field, when one is named); -1
 * when one needs another. */
static long support(const struct telling *t, const char *phrase)
{
	long n = 0;
	for (size_t i = 0; i < t->cases->n; i++) {
		const struct fact_case *c = &t->cases->v[i];
		if (!has_phrase(c->question, phrase))
			continue;
		if (t->field ? !case_needs(c, t->object->full_name, t->field) :
		    c->gold_asset != t->object)
			return -1;
		n++;
	}
	return n;
}

static bool knows(const struct object *o, const char *word)
{
	bool known = text_has_word(o->words, word);
	for (size_t i = 0; !known && i < o->nfields; i++)
		known = text_has_word(o->fields[i].words, word);
	return known;
}

bool known_elsewhere(const struct model *model, const struct object *object, const char *word)
{
	for (size_t i = 0; i < model->n; i++)
		if (&model->objects[i] != object && knows(&model->objects[i], word))
			return true;
	return false;
}

/* Is the phrase of a single question more than chance: one of its words is only ever said
 * of this one, no other object has it, and it is not just the name? */
static bool is_evident(const struct telling *t, const char *phrase)
{
	struct strlist words = { 0 };
	content_words(phrase, &words);
	bool evident = false;
	for (size_t i = 0; !evident && i < words.n; i++)
		evident = support(t, words.v[i]) > 0 &&
			!known_elsewhere(t->model, t->object, words.v[i]);
	strlist_free(&words);
	return evident && !phrase_is_name(t->field ? t->field : t->object->name, phrase);
}

char *telling_field_phrase(const struct telling *t, const struct fact_case *c)
{
	struct strlist phrases = { 0 };
	const char *best = NULL;
	long most = 0;
	content_phrases(c->question, &phrases);
	for (size_t i = 0; i < phrases.n; i++) {
		const char *phrase = phrases.v[i];
		long n = support(t, phrase);
		bool better = n > most || (n == most && best && strlen(phrase) > strlen(best));
		if (n > 0 && better && phrase_is_plain(t->cases, c, phrase) &&
		    (n > 1 || is_evident(t, phrase))) {
			best = phrase;
			most = n;
		}
	}
	char *copy = most >= t->least ? xstrdup(best) : NULL;
	strlist_free(&phrases);
	return copy;
}

char *telling_phrase(const struct cases *cases, const struct model *model,
		     const struct fact_case *c, const struct object *asset)
{
	return telling_field_phrase(&(struct telling){ cases, model, asset, NULL, 1 }, c);
}
