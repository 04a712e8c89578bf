#include "layout.h"

#include "words.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *label, *key, *between;
} parts[LAYOUT_PARTS] = {
	[LAYOUT_DEFINITION] = { "Business definition:", "business_definition:", "; " },
	[LAYOUT_SYNONYMS] = { "Synonyms:", "synonyms:", ", " },
	[LAYOUT_VALUES] = { "Values:", "values:", ", " },
	[LAYOUT_GRAIN] = { "Grain:", "grain:", "; " },
	[LAYOUT_JOIN_KEYS] = { "Join keys:", "join_keys:", ", " },
	[LAYOUT_NOT_FOR] = { "Do not use when:", "do_not_use_when:", "; " },
	[LAYOUT_QUESTIONS] = { "Preferred questions:", "preferred_questions:", "; " },
};

static bool ends_sentence(const char *text)
{
	size_t n = strlen(text);
	return n == 0 || strchr(".!?:", text[n - 1]);
}

static void append(struct str *out, const char *sentence)
{
	if (out->n && !ends_sentence(str_text(out)))
		str_addc(out, '.');
	str_addf(out, "%s%s", out->n ? " " : "", sentence);
}

void layout_say(struct str *comment, const char *sentence)
{
	if (!strstr(str_text(comment), sentence))
		append(comment, sentence);
}

/* A synonym is a word, anything else a text of its own. */
static bool says(const struct str *comment, enum layout_part part, const char *item)
{
	if (part != LAYOUT_SYNONYMS || strchr(item, ' '))
		return stristr(str_text(comment), item) != NULL;
	char *lower = xstrlower(str_text(comment));
	bool there = text_has_word(lower, item);
	free(lower);
	return there;
}

void layout_add(struct str *comment, enum layout_part part, const struct strlist *items)
{
	struct str list = STR_INIT;
	for (size_t i = 0; i < items->n; i++)
		if (!says(comment, part, items->v[i]))
			str_addf(&list, "%s%s", list.n ? parts[part].between : "", items->v[i]);
	const char *text = str_text(comment), *label = stristr(text, parts[part].label);
	const char *key = label ? label : stristr(text, parts[part].key);
	if (list.n && key) {
		size_t at = (size_t)(strchr(key, ':') - text) + 1;
		char *ins = xasprintf(" %s%.1s", str_text(&list), parts[part].between);
		str_splice(comment, at, 0, ins, strlen(ins));
		free(ins);
	} else if (list.n) {
		char *sentence = xasprintf("%s %s.", parts[part].label, str_text(&list));
		append(comment, sentence);
		free(sentence);
	}
	str_free(&list);
}
