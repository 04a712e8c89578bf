#include "planner_model.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The weights of planner.h's table. */
#define W_NAME 1.0
#define W_FOR 1.0
#define W_FIELD_SYNONYM 0.9
#define W_COMMENT 0.5
#define W_FIELD_COMMENT 0.35
#define W_PARAM 0.3
#define W_VALUE 0.6

void bag_add(struct bag *bag, struct arena *arena, const char *stem, double weight)
{
	for (size_t i = 0; i < bag->n; i++)
		if (streq(bag->v[i].stem, stem)) {
			if (bag->v[i].weight < weight)
				bag->v[i].weight = weight;
			return;
		}
	if (bag->n == bag->cap) {
		size_t cap = bag->cap ? 2 * bag->cap : 32;
		struct term *v = arena_alloc(arena, cap * sizeof *v);

		if (bag->n)
			memcpy(v, bag->v, bag->n * sizeof *v);
		bag->v = v;
		bag->cap = cap;
	}
	bag->v[bag->n++] = (struct term){ stem, weight };
}

void bag_add_text(struct bag *bag, struct arena *arena, const char *text, double weight)
{
	struct words words;

	words_plain(&words, text, arena);
	for (size_t i = 0; i < words.n; i++)
		if (words.v[i].kind == WORD_TEXT && !words.v[i].known)
			bag_add(bag, arena, words.v[i].stem, weight);
}

double bag_weight(const struct bag *bag, const char *stem)
{
	for (size_t i = 0; i < bag->n; i++)
		if (streq(bag->v[i].stem, stem))
			return bag->v[i].weight;
	return 0;
}

static void bag_add_words(struct bag *bag, struct arena *arena, const struct words *words,
	double weight)
{
	for (size_t i = 0; i < words->n; i++)
		if (words->v[i].kind == WORD_TEXT && !word_is_function(words->v[i].lower))
			bag_add(bag, arena, words->v[i].stem, weight);
}

static struct phrase *new_phrase(struct model *model, struct words words, double weight,
				 struct phrase *next)
{
	struct phrase *phrase = arena_alloc(model->arena, sizeof *phrase);

	phrase->words = words;
	phrase->weight = weight;
	phrase->next = next;
	return phrase;
}

struct strlist *model_list(struct model *model)
{
	struct strlist *list = xcalloc(1, sizeof *list);

	GROW(model->lists, model->lists_cap, model->nlists + 1);
	model->lists[model->nlists++] = list;
	return list;
}

void model_free(struct model *model)
{
	for (size_t i = 0; i < model->nlists; i++) {
		strlist_free(model->lists[i]);
		free(model->lists[i]);
	}
	free(model->lists);
	model->lists = NULL;
	model->nlists = model->lists_cap = 0;
}

void field_add_phrase(struct model *model, struct field *field, const char *text, double weight)
{
	struct words words;

	words_plain(&words, text, model->arena);
	if (!words.n || words.n > 8)
		return;
	field->phrases = new_phrase(model, words, weight, field->phrases);
	bag_add_words(&field->asset->words, model->arena, &words,
		      field->kind == FIELD_PARAM ? W_PARAM : W_FIELD_SYNONYM);
}

static void add_asset_phrase(struct model *model, struct asset *asset, const char *text)
{
	struct words words;

	words_plain(&words, text, model->arena);
	if (!words.n || words.n > 8)
		return;
	asset->phrases = new_phrase(model, words, W_NAME, asset->phrases);
	bag_add_words(&asset->words, model->arena, &words, W_NAME);
}

/* "totals by store (use sales_metrics instead)": the advice is no exclusion. */
static char *without_advice(const char *item)
{
	static const char *const marks[] = { "use ", "instead", "->", "\xe2\x86\x92", "see " };
	char *s = xstrdup(item);

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const char *at = stristr(s, marks[i]);

		if (at && (at == s || !isalnum((unsigned char)at[-1])))
			s[at - s] = '\0';
	}
	return s;
}

static void add_not_for(struct model *model, struct asset *asset, const char *text)
{
	struct strlist items = { NULL, 0, 0 };

	text_items(text, &items);
	for (size_t i = 0; i < items.n; i++) {
		char *item = without_advice(items.v[i]);
		struct words words;

		words_plain(&words, arena_strdup(model->arena, item), model->arena);
		if (words.n)
			asset->not_for = new_phrase(model, words, 1, asset->not_for);
		free(item);
	}
	strlist_free(&items);
}

static void for_items(struct model *model, const char *text,
		      void (*take)(struct model *, void *, const char *), void *to)
{
	struct strlist items = { NULL, 0, 0 };

	text_items(text, &items);
	for (size_t i = 0; i < items.n; i++)
		take(model, to, items.v[i]);
	strlist_free(&items);
}

static void take_asset_synonym(struct model *model, void *to, const char *item)
{
	add_asset_phrase(model, to, item);
}

static void take_field_synonym(struct model *model, void *to, const char *item)
{
	field_add_phrase(model, to, item, W_FIELD_SYNONYM);
}

static void take_value(struct model *model, void *to, const char *item)
{
	struct field *field = to;

	if (!field->values)
		field->values = model_list(model);
	/* a value may carry its meaning: "P (production)", "P = production" */
	if (strlen(item) <= 60)
		strlist_add_new(field->values, item);
}

/* What a comment lists as values are words of the asset, as those of a dictionary are. */
static void take_listed(struct model *model, void *to, const char *item)
{
	struct field *field = to;

	take_value(model, field, item);
	if (strlen(item) <= 60)
		bag_add_text(&field->asset->words, model->arena, item, W_VALUE);
}

/* What an asset is for may be told by words like "daily" and "top" too. */
static void add_purpose(struct model *model, struct asset *asset, const char *text)
{
	struct words words;

	words_plain(&words, text, model->arena);
	bag_add_words(&asset->words, model->arena, &words, W_FOR);
}

void load_asset_text(struct model *model, struct asset *asset, const char *comment)
{
	for (struct part *p = text_parts(comment, model->arena); p; p = p->next) {
		if (p->kind == PART_PLAIN)
			bag_add_text(&asset->words, model->arena, p->text, W_COMMENT);
		else if (p->kind == PART_FOR)
			add_purpose(model, asset, p->text);
		else if (p->kind == PART_NOT)
			add_not_for(model, asset, p->text);
		else if (p->kind == PART_SYNONYMS)
			for_items(model, p->text, take_asset_synonym, asset);
		else if (p->kind == PART_PARAMS)
			bag_add_text(&asset->words, model->arena, p->text, W_PARAM);
	}
}

/* "'PRD' = production" gives "PRD=production"; rest starts at the closing quote. */
static const char *with_meaning(struct model *model, const char *rest, const char *value)
{
	static const char *const signs[] = { "=", "(", ":", "means ", "for " };

	rest += *rest != '\0';
	rest += strspn(rest, " ");
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (starts_with(rest, signs[i])) {
			rest += strlen(signs[i]);
			rest += strspn(rest, " ");
			return arena_printf(model->arena, "%s=%.*s", value,
				(int)strcspn(rest, ",;.)\n"), rest);
		}
	return value;
}

/* Quoted words in a column's comment are values it takes: 'A', 'B'. */
static void quoted_values(struct model *model, struct field *field, const char *text)
{
	struct words words;

	if (field->type != TYPE_TEXT)
		return;
	words_split(&words, text, model->arena);
	for (size_t i = 0; i < words.n; i++)
		if (words.v[i].kind == WORD_VALUE && words.v[i].end - words.v[i].at <= 40)
			take_value(model, field,
				with_meaning(model, text + words.v[i].end, words.v[i].text));
}

void load_field_text(struct model *model, struct field *field, const char *comment)
{
	double weight = field->kind == FIELD_PARAM ? W_PARAM : W_FIELD_COMMENT;

	for (struct part *p = text_parts(comment, model->arena); p; p = p->next) {
		if (p->kind == PART_PLAIN || p->kind == PART_FOR) {
			bag_add_text(&field->words, model->arena, p->text, 1);
			bag_add_text(&field->asset->words, model->arena, p->text, weight);
		}
		if (p->kind == PART_PLAIN)
			quoted_values(model, field, p->text);
		if (p->kind == PART_NOT)
			bag_add_text(&field->not_words, model->arena, p->text, 1);
		if (p->kind == PART_SYNONYMS)
			for_items(model, p->text, take_field_synonym, field);
		if (p->kind == PART_VALUES)
			for_items(model, p->text, take_listed, field);
	}
}

struct asset *model_asset(const struct model *model, const char *name)
{
	for (size_t i = 0; i < model->nassets; i++)
		if (strieq(model->assets[i].full_name, name))
			return &model->assets[i];
	for (size_t i = 0; i < model->nassets; i++)
		if (strieq(model->assets[i].name, name))
			return &model->assets[i];
	return NULL;
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool text_has_name(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = n ? stristr(text, name) : NULL; p; p = stristr(p + 1, name))
		if ((p == text || !name_char(p[-1])) && !name_char(p[n]))
			return true;
	return false;
}

struct asset *model_asset_in(const struct model *model, const char *text, const char **at)
{
	struct asset *found = NULL;
	const char *best = NULL;

	for (size_t i = 0; i < model->nassets; i++) {
		const char *name = model->assets[i].name;
		size_t n = strlen(name);
		const char *p = text;

		while ((p = stristr(p, name)) != NULL) {
			bool whole = (p == text || !name_char(p[-1])) && !name_char(p[n]);

			if (whole && (!best || p < best)) {
				best = p;
				found = &model->assets[i];
			}
			p++;
		}
	}
	if (at)
		*at = best;
	return found;
}

struct field *asset_field(const struct asset *asset, const char *name)
{
	for (size_t i = 0; i < asset->nfields; i++)
		if (!asset->fields[i].sql && strieq(asset->fields[i].name, name))
			return &asset->fields[i];
	return NULL;
}
