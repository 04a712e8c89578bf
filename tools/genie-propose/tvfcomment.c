#include "tvfcomment.h"

#include "callable.h"
#include "model.h"
#include "words.h"

#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

enum bullet { PURPOSE, BEST_FOR, NOT_FOR, RETURNS, PARAMS, SYNTAX, NOTE, NBULLETS };
static const char *const labels[NBULLETS] = { "PURPOSE", "BEST FOR", "NOT FOR", "RETURNS",
	"PARAMS", "SYNTAX", "NOTE" };
#define DOT "\xE2\x80\xA2 " /* a bullet and a blank */

struct layout {
	struct strlist part[NBULLETS]; /* sentences */
};

/* The bullet whose label stands at s; *n gets its length with the colon. */
static int label_at(const char *s, size_t *n)
{
	size_t skip = strspn(s, " \t*-");
	if (starts_with(s + skip, DOT))
		skip += strlen(DOT);
	for (int b = 0; b < NBULLETS; b++) {
		size_t k = strlen(labels[b]);
		if (strnieq(s + skip, labels[b], k) && s[skip + k] == ':') {
			*n = skip + k + 1;
			return b;
		}
	}
	return -1;
}

/* Bytes of the first sentence: up to a point before white space, or the line's end. */
static size_t sentence_length(const char *s)
{
	for (size_t i = 0; s[i]; i++) {
		if (s[i] == '\n')
			return i;
		bool abbreviated = i > 2 && (strnieq(s + i - 3, "e.g", 3) ||
			strnieq(s + i - 3, "i.e", 3));
		if (strchr(".!?", s[i]) && (s[i + 1] == ' ' || !s[i + 1] || s[i + 1] == '\n') &&
			!abbreviated)
			return i + 1;
	}
	return strlen(s);
}

static bool starts_any(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (starts_withi(s, list[i]))
			return true;
	return false;
}

/* Where a sentence without a label belongs. */
static enum bullet bullet_of(const struct callable *f, const char *sentence, bool first)
{
	static const char *const not[] = { "do not use", "don't use", "not for", "never use",
		"avoid", "should not be used", "must not be used" };
	static const char *const best[] = { "use for", "use this", "use it", "used for", "best for",
		"ideal for" };
	static const char *const syntax[] = { "select ", "example:", "call ", "usage:" };
	if (starts_any(sentence, not, countof(not)))
		return NOT_FOR;
	if (starts_any(sentence, best, countof(best)))
		return BEST_FOR;
	if (starts_any(sentence, syntax, countof(syntax)))
		return SYNTAX;
	for (size_t i = 0; i < f->nparams; i++)
		if (starts_withi(sentence, f->param[i].name) && !first)
			return PARAMS;
	return first ? PURPOSE : starts_withi(sentence, "returns ") ? RETURNS : NOTE;
}


/* Bullets are read as they are; text outside goes by what it says. */
static void read_comment(const struct callable *f, struct layout *l)
{
	int inside = -1;
	for (const char *s = f->comment; *s;) {
		size_t n = 0;
		int b = label_at(s, &n);
		if (b >= 0) {
			inside = b;
			s += n;
		}
		/* a bullet is one line; a sentence may hold points there */
		n = inside >= 0 ? strcspn(s, "\n") : sentence_length(s);
		char *sentence = xstrndup(s, n), *text = trim(sentence);
		if (*text)
			strlist_add_new(&l->part[inside >= 0 ? inside :
				(int)bullet_of(f, text, !l->part[PURPOSE].n)], text);
		free(sentence);
		s += n;
		if (*s == '\n') {
			inside = -1;
			s++;
		}
		s += strspn(s, " \t");
	}
}

/* ---- what the definition knows ---- */
char *param_usage(const struct call_part *p)
{
	struct str out = STR_INIT;
	if (param_is_optional(p))
		str_add(&out, "Optional: leave it out, or pass NULL "
			"(the keyword, not the string 'NULL'), for all.");
	if (param_is_date(p))
		str_addf(&out, "%s%sFor a time that moves pass an expression, e.g. "
			 "CAST(CURRENT_DATE() - INTERVAL 30 DAYS AS STRING) for the start of the "
			 "last 30 days and CAST(CURRENT_DATE() AS STRING) for today.",
			 out.n ? " " : "",
			 stristr(p->comment, "YYYY") ? "" : "A date as 'YYYY-MM-DD'. ");
	return out.n ? str_take(&out) : xstrdup("");
}

static void add_param(struct str *out, const struct call_part *p)
{
	char *type = xstrdup(p->type);
	for (char *s = type; *s; s++)
		*s = *s >= 'a' && *s <= 'z' ? (char)(*s - 32) : *s;
	str_addf(out, "%s%s (%s", out->n ? "; " : "", p->name, type);
	free(type);
	if (param_is_optional(p))
		str_add(out, ", optional: NULL, never the string 'NULL', means all");
	else if (p->value)
		str_addf(out, ", default %s", p->value);
	else
		str_add(out, ", required");
	bool last = starts_withi(p->name, "end") || starts_withi(p->name, "to_") ||
		starts_withi(p->name, "until");
	if (param_is_date(p))
		str_addf(out, ": 'YYYY-MM-DD' or e.g. CAST(CURRENT_DATE()%s AS STRING)",
			 last ? "" : " - INTERVAL 30 DAYS");
	str_addc(out, ')');
}

static void know_params(const struct callable *f, struct layout *l)
{
	struct str text = STR_INIT;
	for (size_t i = 0; i < f->nparams; i++) {
		bool said = false;
		for (size_t k = 0; k < l->part[PARAMS].n; k++)
			said = said || has_phrase(l->part[PARAMS].v[k], f->param[i].name);
		if (!said)
			add_param(&text, &f->param[i]);
	}
	if (text.n)
		strlist_take(&l->part[PARAMS], str_take(&text));
	str_free(&text);
}

static void know_returns(const struct callable *f, struct layout *l)
{
	struct str text = STR_INIT;
	for (size_t i = 0; i < f->ncolumns; i++) {
		bool said = false;
		for (size_t k = 0; k < l->part[RETURNS].n; k++)
			said = said || has_phrase(l->part[RETURNS].v[k], f->column[i].name);
		if (said)
			continue;
		str_addf(&text, "%s%s", text.n ? ", " : "", f->column[i].name);
		if (*f->column[i].comment && !strieq(f->column[i].comment, f->column[i].name))
			str_addf(&text, " (%s)", f->column[i].comment);
	}
	if (text.n)
		strlist_take(&l->part[RETURNS], str_take(&text));
	str_free(&text);
}

static void know_syntax(const struct callable *f, struct layout *l)
{
	struct str text = STR_INIT;
	size_t optional = 0;
	if (l->part[SYNTAX].n)
		return;
	str_addf(&text, "SELECT * FROM %s(", f->object->full_name);
	for (size_t i = 0; i < f->nparams; i++) {
		optional += f->param[i].value != NULL;
		str_addf(&text, "%s%s%s", f->param[i].value ? (i ? " [" : "[") : "", i ? ", " : "",
			 f->param[i].name);
	}
	while (optional--)
		str_addc(&text, ']');
	str_addc(&text, ')');
	strlist_take(&l->part[SYNTAX], str_take(&text));
	str_free(&text);
}

static void add_phrases(struct layout *l, enum bullet b, const struct strlist *phrases)
{
	for (size_t i = 0; phrases && i < phrases->n; i++) {
		bool said = false;
		for (size_t k = 0; k < l->part[b].n; k++)
			said = said || strstr(l->part[b].v[k], phrases->v[i]);
		if (!said)
			strlist_add(&l->part[b], phrases->v[i]);
	}
}

/* ---- writing ---- */
static void write_bullet(struct str *out, enum bullet b, const struct strlist *sentences)
{
	if (!sentences->n)
		return;
	str_addf(out, "%s" DOT "%s:", out->n ? "\n" : "", labels[b]);
	for (size_t i = 0; i < sentences->n; i++) {
		const char *s = sentences->v[i];
		/* a sentence that named its bullet itself needs not do it twice */
		if (strnieq(s, labels[b], strlen(labels[b])) && s[strlen(labels[b])] == ' ')
			s += strlen(labels[b]) + 1;
		bool ended = i && strchr(".!?",
			sentences->v[i - 1][strlen(sentences->v[i - 1]) - 1]);
		str_addf(out, "%s%s", !i || ended ? " " : "; ", s);
	}
}

char *tvf_comment(const struct callable *f, const struct strlist *best, const struct strlist *not)
{
	struct layout l = { 0 };
	struct str out = STR_INIT;
	read_comment(f, &l);
	add_phrases(&l, BEST_FOR, best);
	add_phrases(&l, NOT_FOR, not);
	know_returns(f, &l);
	know_params(f, &l);
	know_syntax(f, &l);
	for (int b = 0; b < NBULLETS; b++) {
		write_bullet(&out, b, &l.part[b]);
		strlist_free(&l.part[b]);
	}
	return str_take(&out);
}
