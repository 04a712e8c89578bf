/* Values in the question and the columns they belong to: words that a value dictionary or a
 * comment's list of values knows; quoted text; capitalised words inside a sentence. */
#include "planner_plan.h"

#include "mem.h"
#include "str.h"

#include <string.h>

#define MAX_VALUE_WORDS 5
#define NAME_WEIGHT 0.65 /* from here on a word is part of a name or synonym */

const char *plan_quote(struct plan *plan, const char *text)
{
	char *out = arena_alloc(plan->arena, 2 * strlen(text) + 3), *p = out;

	*p++ = '\'';
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			*p++ = '\\';
		*p++ = *text;
	}
	*p++ = '\'';
	*p = '\0';
	return out;
}

static bool usable(const struct plan *plan, const struct asset *asset)
{
	const struct link *path[PLAN_MAX_HOPS];

	return asset == plan->asset ||
	       (plan->asset->kind == PLANNER_TABLE && plan_path(plan, asset, path) > 0);
}

static void add_value(struct plan *plan, struct field *field, const char *text, size_t from,
	size_t to)
{
	if (plan->nvalues == PLAN_MAX_MENTIONS)
		return;
	plan->values[plan->nvalues++] = (struct value){ field, text, from };
	for (size_t i = from; i < to; i++)
		plan->ask.words.v[i].taken = true;
}

/* True when the word names the asset, or a field of it. */
static bool is_name(const struct plan *plan, const struct words *phrase)
{
	for (const struct phrase *p = plan->asset->phrases; p; p = p->next)
		if (p->words.n == 1 && phrase->n == 1 &&
			streq(p->words.v[0].stem, phrase->v[0].stem))
			return true;
	for (size_t i = 0; i < plan->asset->nfields; i++)
		for (const struct phrase *p = plan->asset->fields[i].phrases; p; p = p->next)
			if (p->words.n == 1 && phrase->n == 1 &&
				streq(p->words.v[0].stem, phrase->v[0].stem))
				return true;
	return false;
}

/* A listed value that stands in the question. Values of one plain word that is also a name
 * are no hit, nor is a value without letters. */
static void try_value(struct plan *plan, struct field *field, const char *value)
{
	struct words words;
	size_t from, to;

	words_plain(&words, value, plan->arena);
	if (!words.n || words.n > MAX_VALUE_WORDS || (words.n == 1 && words.v[0].known) ||
		is_name(plan, &words))
		return;
	if (words.v[0].kind == WORD_NUMBER && words.n == 1)
		return;
	if (words_find(&plan->ask.words, &words, &from, &to))
		add_value(plan, field, value, from, to);
}

void plan_value_parts(struct plan *plan, const struct field *field, const char *item,
	const char **value, const char **meaning)
{
	size_t n = field->dictionary ? strlen(item) : strcspn(item, "=(:");
	char *text = arena_strndup(plan->arena, item, n);

	*meaning = item + n + strspn(item + n, " =(:'\"");
	while (n && strchr(" '\"`", text[n - 1]))
		text[--n] = '\0';
	*value = text;
}

static void try_item(struct plan *plan, struct field *field, const char *item)
{
	const char *value, *meaning;
	struct words words;
	size_t from, to;

	plan_value_parts(plan, field, item, &value, &meaning);
	try_value(plan, field, value);
	if (!*meaning)
		return;
	words_plain(&words, meaning, plan->arena);
	if (words.n && words.n <= MAX_VALUE_WORDS && !is_name(plan, &words) &&
	    words_find(&plan->ask.words, &words, &from, &to))
		add_value(plan, field, value, from, to);
}

static void listed_values(struct plan *plan, struct asset *asset)
{
	for (size_t i = 0; i < asset->nfields; i++) {
		struct field *field = &asset->fields[i];

		for (size_t k = 0; field->values && k < field->values->n; k++)
			try_item(plan, field, field->values->v[k]);
	}
}

static bool holds(const struct field *field, const char *text, const char **stored)
{
	for (size_t i = 0; field->values && i < field->values->n; i++)
		if (strieq(field->values->v[i], text)) {
			*stored = field->values->v[i];
			return true;
		}
	return false;
}

/* How near a word of a name of the field stands to word i; large when nowhere. */
static size_t distance(const struct plan *plan, const struct field *field, size_t at)
{
	size_t best = 100;

	for (const struct phrase *p = field->phrases; p; p = p->next)
		for (size_t k = 0; k < p->words.n; k++)
			for (size_t i = 0; i < plan->ask.words.n; i++) {
				size_t d = i > at ? i - at : at - i;

				if (streq(plan->ask.words.v[i].stem, p->words.v[k].stem) &&
					d < best &&
				    !word_is_function(plan->ask.words.v[i].lower))
					best = d;
			}
	return best;
}

static bool label_like(const struct field *field)
{
	return stristr(field->name, "name") || stristr(field->name, "title") ||
		stristr(field->name, "label");
}

/* The text column for a value that no dictionary knows. */
static struct field *column_for(struct plan *plan, size_t at)
{
	struct field *best = NULL;
	size_t near = 4;

	for (size_t a = 0; a < plan->model.nassets; a++) {
		struct asset *asset = &plan->model.assets[a];

		if (!usable(plan, asset))
			continue;
		for (size_t i = 0; i < asset->nfields; i++) {
			struct field *f = &asset->fields[i];
			bool text = f->type == TYPE_TEXT ||
				(f->type == TYPE_OTHER && f->kind == FIELD_DIMENSION && !f->sql);
			size_t d = text ? distance(plan, f, at) : 100;

			if (d < near || (d == near && best && d < 4 && label_like(f) &&
				!label_like(best))) {
				near = d;
				best = f;
			}
		}
	}
	for (size_t i = 0; !best && i < plan->asset->nfields; i++)
		if (plan->asset->fields[i].type == TYPE_TEXT && label_like(&plan->asset->fields[i]))
			best = &plan->asset->fields[i];
	return best;
}

/* "A and B", "A vs B": B belongs where A does. */
static struct field *column_of_pair(struct plan *plan, size_t at)
{
	if (plan->nvalues == 0 || at < 2 || !plan->ask.words.v[at - 2].taken ||
	    !word_in(plan->ask.words.v[at - 1].lower, " and or vs versus with to "))
		return NULL;
	return plan->values[plan->nvalues - 1].field;
}

static void bind(struct plan *plan, const char *text, size_t from, size_t to)
{
	const char *stored = text;
	struct field *field = NULL;

	for (size_t a = 0; a < plan->model.nassets && !field; a++)
		for (size_t i = 0; i < plan->model.assets[a].nfields && !field; i++)
			if (usable(plan, &plan->model.assets[a]) &&
			    holds(&plan->model.assets[a].fields[i], text, &stored))
				field = &plan->model.assets[a].fields[i];
	if (!field)
		field = column_of_pair(plan, from);
	if (!field)
		field = column_for(plan, from);
	if (field)
		add_value(plan, field, stored, from, to);
}

/* True when the word is part of a name or synonym. */
static bool is_known_word(const struct plan *plan, const struct word *w)
{
	if (w->known)
		return true;
	for (size_t i = 0; i < plan->model.nassets; i++)
		if (usable(plan, &plan->model.assets[i]) &&
			bag_weight(&plan->model.assets[i].words, w->stem) >= NAME_WEIGHT)
			return true;
	return false;
}

static bool is_proper(const struct plan *plan, size_t i)
{
	const struct word *w = &plan->ask.words.v[i];

	if (i > 0 && word_in(plan->ask.words.v[i - 1].lower,
	" total average avg sum many much number count most least top highest lowest "))
		return false; /* what is measured, written like an abbreviation */
	return w->kind == WORD_TEXT && w->capital && !w->first && !w->taken &&
		!is_known_word(plan, w);
}

static void proper_values(struct plan *plan, const char *question)
{
	for (size_t i = 0; i < plan->ask.words.n; i++) {
		const struct word *v = plan->ask.words.v;
		size_t to = i + 1;

		if (v[i].kind == WORD_VALUE && !v[i].taken) {
			bind(plan, v[i].text, i, to);
			continue;
		}
		if (!is_proper(plan, i))
			continue;
		while (to < plan->ask.words.n && v[to].at == v[to - 1].end + 1 && v[to].capital &&
		       v[to].kind == WORD_TEXT && !v[to].known)
			to++;
		bind(plan, arena_strndup(plan->arena, question + v[i].at, v[to - 1].end - v[i].at),
			i, to);
		i = to - 1;
	}
}

/* A number column's value is written as a number. */
static const char *literal(struct plan *plan, const struct value *value)
{
	bool digits = *value->text && strspn(value->text, "0123456789.-") == strlen(value->text);

	return value->field->type == TYPE_NUMBER && digits ? value->text
		: plan_quote(plan, value->text);
}

/* Fields that occur with several values become IN; the order is the question's. */
static void value_condition(struct plan *plan, size_t first)
{
	struct field *field = plan->values[first].field;
	const char *list = literal(plan, &plan->values[first]);
	size_t n = 1;

	for (size_t i = 0; i < plan->nvalues; i++) {
		if (plan->values[i].field != field || i == first)
			continue;
		if (i < first)
			return;
		list = arena_printf(plan->arena, "%s, %s", list, literal(plan, &plan->values[i]));
		n++;
	}
	plan_need(plan, field);
	plan_add_condition(plan, (struct condition){ CONDITION_FIELD, field,
		arena_printf(plan->arena, n > 1 ? "IN (%s)" : "= %s", list), false });
	if (n > 1 && plan->ask.compare && plan->ndims < PLAN_MAX_DIMENSIONS)
		plan->dims[plan->ndims++] = (struct dimension){ field, UNIT_NONE };
}

void plan_values(struct plan *plan, const char *question)
{
	for (size_t a = 0; a < plan->model.nassets; a++)
		if (usable(plan, &plan->model.assets[a]))
			listed_values(plan, &plan->model.assets[a]);
	proper_values(plan, question);
	if (plan->asset->kind == PLANNER_FUNCTION)
		return;
	for (size_t i = 0; i < plan->nvalues; i++)
		value_condition(plan, i);
}
