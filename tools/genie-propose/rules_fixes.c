/* Levers 1, 2, 4, 5: what a judge says should be changed. A fix that names an object of the
 * space, and quotes what to say of it, is wording that somebody found for this mistake; it is
 * held to what the rules' own words are held to. Fixes without a place or without a text,
 * and those that quote a question, are left to the rules. */
#include "rules.h"

#include "noise.h"
#include "phrases.h"
#include "words.h"

#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define MIN_SENTENCE 4   /* words */
#define MAX_SENTENCE 300 /* bytes */

static bool is_name_char(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* The name as a whole; what stands behind it. NULL: not there. */
static const char *behind(const char *text, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = text; n && (p = stristr(p, name)); p++)
		if ((p == text || !is_name_char(p[-1])) && !is_name_char(p[n]))
			return p + n;
	return NULL;
}

/* What comes first: the thing to change. What is blamed beside it comes later. */
static struct place place_in(const struct asked *a, const char *head)
{
	struct place found = { NULL, NULL };
	const char *first = NULL;
	for (size_t i = 0; i < a->p->model->n; i++) {
		const struct object *o = &a->p->model->objects[i];
		const char *at = behind(head, o->name);
		if (!at || (first && at >= first))
			continue;
		found = (struct place){ o, NULL };
		first = at;
	}
	size_t n = first && *first == '.' ? strspn(first + 1, "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0;
	if (n) {
		char *name = xstrndup(first + 1, n);
		found.f = object_field(found.o, name);
		free(name);
	}
	return n && !found.f ? (struct place){ NULL, NULL } : found;
}

/* The first text in double quotes; *head: what stands before it. False: none. */
static bool read_quoted(const char *fix, char **head, char **text)
{
	const char *at = strchr(fix, '"'), *end = at ? strchr(at + 1, '"') : NULL;
	if (!end || end == at + 1)
		return false;
	*head = xstrndup(fix, (size_t)(at - fix));
	*text = xstrndup(at + 1, (size_t)(end - at - 1));
	return true;
}

static bool quotes_question(const struct asked *a, const char *text)
{
	for (size_t i = 0; i < a->p->cases->n; i++)
		if (stristr(text, a->p->cases->v[i].question) ||
		    (strlen(text) > 20 && stristr(a->p->cases->v[i].question, text)))
			return true;
	return false;
}

static bool is_sentence(const char *text)
{
	size_t words = 1;
	for (const char *s = text; *s; s++) {
		if ((unsigned char)*s < ' ')
			return false;
		words += *s == ' ';
	}
	return words >= MIN_SENTENCE && strlen(text) <= MAX_SENTENCE;
}

static void say_synonym(const struct asked *a, struct place at, const char *text)
{
	char *word = xstrlower(text);
	if (at.f && has_phrase(a->c->question, word) && phrase_is_plain(a->p->cases, a->c, word) &&
	    !phrase_is_name(at.f->words, word) && !known_elsewhere(a->p->model, at.o, word))
		strlist_add_new(&draft_asked(a, text_type(&at), at, NULL, 0.65, 0.05)->words, word);
	free(word);
}

static void say_sentence(const struct asked *a, struct place at, const char *text)
{
	const char *now = at.f ? at.f->comment : *at.o->description ? at.o->description :
		at.o->comment;
	if (!is_sentence(text) || quotes_question(a, text) || stristr(now, text))
		return;
	char *line = xasprintf("%s%s", text, strchr(".!?", text[strlen(text) - 1]) ? "" : ".");
	strlist_add_new(&draft_asked(a, text_type(&at), at, NULL, 0.55, 0.05)->lines, line);
	free(line);
}

static void follow(const struct asked *a, const char *fix)
{
	char *head = NULL, *text = NULL;
	if (!read_quoted(fix, &head, &text))
		return;
	struct place at = place_in(a, head);
	bool ours = at.o && at.o->kind != OBJECT_FUNCTION && object_lever(at.o) == a->p->lever &&
		(at.f || at.o->kind == OBJECT_TABLE);
	if (ours && case_needs(a->c, at.o->full_name, at.f ? at.f->name : NULL)) {
		if (stristr(head, "synonym"))
			say_synonym(a, at, text);
		else if (stristr(head, "comment") || stristr(head, "description"))
			say_sentence(a, at, text);
	}
	free(head);
	free(text);
}

void rules_fixes(const struct asked *a)
{
	const struct json *list = json_get(a->cluster, "asi_counterfactual_fixes");
	for (const struct json *f = json_first(list); f; f = json_next(f))
		if (json_text(f))
			follow(a, json_text(f));
}
