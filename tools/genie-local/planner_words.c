#include "planner_words.h"

#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORD 200

static const char function_words[] =
	" a an the of to in on at for from with by per and or but as is are was were be been "
	"being do does did has have had having can could will would should may might must i "
	"me my we us our you your it its they them their he she his her this that these those "
	"there here what which who whom whose where when why how please show list give tell "
	"get find display return see want need know let provide s t into onto about across "
	"within through along via using use used also then so if than not no any some such "
	"only just same other each every all both either neither out up during between among "
	"against without including include included excluding exclude versus vs compare "
	"compared comparison currently now few several couple ";

static const char meaning_words[] =
	" total sum overall average avg mean count number many much max maximum min minimum "
	"distinct unique different top bottom highest lowest most least largest smallest "
	"biggest best worst first last greatest fewest cheapest expensive longest shortest "
	"more less fewer greater larger smaller over under above below exceed exceeds "
	"exceeding order ordered sort sorted rank ranked ranking descending ascending group "
	"grouped break broken breakdown down trend trends trending time today yesterday day "
	"days daily week weeks weekly month months monthly quarter quarters quarterly year "
	"years yearly annual annually date past previous prior current recent since until "
	"before after ago ytd mtd qtd yoy mom details detail least equal equals limit per "
	"percent percentage ";

/* Parts of names that say what kind of object it is, not what is in it. */
static const char prefix_words[] =
	" dim fact fct mv tvf fn udf get vw view tbl table stg gold silver bronze metric metrics ";

bool word_in(const char *lower, const char *list)
{
	size_t n = strlen(lower);

	if (n == 0)
		return false;
	for (const char *p = strstr(list, lower); p; p = strstr(p + 1, lower))
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

bool word_is_function(const char *lower)
{
	return word_in(lower, function_words);
}

bool word_is_known(const char *lower)
{
	return word_in(lower, function_words) || word_in(lower, meaning_words);
}

/* "running" -> "run", "charged" -> "charg"; s holds n bytes and may be cut. */
static size_t cut_suffix(char *s, size_t n, const char *suffix)
{
	size_t k = strlen(suffix);

	if (n < k + 3 || memcmp(s + n - k, suffix, k) != 0)
		return n;
	n -= k;
	if (s[n - 1] == s[n - 2] && !strchr("sl", s[n - 1]))
		n--;
	return n;
}

static size_t cut_plural(char *s, size_t n)
{
	if (n > 4 && memcmp(s + n - 3, "ies", 3) == 0) {
		s[n - 3] = 'y';
		return n - 2;
	}
	if (n > 4 && (memcmp(s + n - 4, "sses", 4) == 0 || memcmp(s + n - 3, "xes", 3) == 0 ||
		      memcmp(s + n - 4, "ches", 4) == 0 || memcmp(s + n - 4, "shes", 4) == 0))
		return n - 2;
	if (n > 2 && s[n - 1] == 's' && !strchr("sui", s[n - 2]))
		return n - 1;
	return n;
}

const char *word_stem(struct arena *arena, const char *lower)
{
	size_t n = strlen(lower), m;
	char *s;

	if (n < 3 || !isalpha((unsigned char)lower[0]))
		return lower;
	s = arena_strndup(arena, lower, n);
	n = cut_plural(s, n);
	m = cut_suffix(s, n, "ing");
	if (m == n)
		m = cut_suffix(s, n, "ed");
	n = m;
	if (n > 3 && s[n - 1] == 'e')
		n--;
	s[n] = '\0';
	return s;
}

static double number_of_word(const char *lower)
{
	static const char *const names[] = { "zero", "one", "two", "three", "four", "five", "six",
		"seven", "eight", "nine", "ten", "eleven", "twelve" };

	for (size_t i = 1; i < sizeof names / sizeof *names; i++)
		if (streq(lower, names[i]))
			return (double)i;
	return streq(lower, "twenty") ? 20 : streq(lower, "hundred") ? 100 : -1;
}

/* Where the split stands. */
struct split {
	struct words *words;
	struct arena *arena;
	const char *text;
	size_t at;
	bool quotes, first;
};

/* "IDs", "KPIs": capitals and a small s are an abbreviation's plural, whatever its
 * last letter would tell the stemmer. */
static bool is_plural_abbreviation(const char *text)
{
	size_t n = strlen(text);
	if (n < 3 || text[n - 1] != 's')
		return false;
	for (size_t i = 0; i + 1 < n; i++)
		if (!isupper((unsigned char)text[i]))
			return false;
	return true;
}

static struct word *push(struct split *sp, enum word_kind kind, size_t from, size_t to)
{
	struct word *w = &sp->words->v[sp->words->n++];
	char *lower = arena_strndup(sp->arena, sp->text + from, to - from);

	lower_ascii(lower);
	w->kind = kind;
	w->text = arena_strndup(sp->arena, sp->text + from, to - from);
	w->lower = lower;
	w->stem = is_plural_abbreviation(w->text) ? arena_strndup(sp->arena, lower, to - from - 1) :
		word_stem(sp->arena, lower);
	w->at = from;
	w->end = to;
	w->capital = isupper((unsigned char)sp->text[from]) != 0;
	w->first = sp->first;
	w->known = kind == WORD_TEXT && word_is_known(lower);
	sp->first = false;
	return w;
}

static bool is_date(const char *s)
{
	for (int i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? s[i] != '-' : !isdigit((unsigned char)s[i]))
			return false;
	return !isalnum((unsigned char)s[10]);
}

/* 1,000  2.5  10k  3m  50% */
static void split_number(struct split *sp)
{
	char digits[32];
	size_t n = 0, at = sp->at;
	const char *s = sp->text;
	struct word *w;
	double scale = 1;

	for (; isdigit((unsigned char)s[at]) ||
	       ((s[at] == ',' || s[at] == '.') && isdigit((unsigned char)s[at + 1])); at++)
		if (s[at] != ',' && n < sizeof digits - 1)
			digits[n++] = s[at];
	digits[n] = '\0';
	if ((s[at] == 'k' || s[at] == 'K') && !isalnum((unsigned char)s[at + 1]))
		scale = 1000;
	if ((s[at] == 'm' || s[at] == 'M') && !isalnum((unsigned char)s[at + 1]))
		scale = 1000000;
	if (scale > 1)
		at++;
	w = push(sp, WORD_NUMBER, sp->at, at);
	w->number = strtod(digits, NULL) * scale;
	w->digits = true;
	sp->at = at;
}

/* The closing quote for the opening one at the present place, or 0. */
static size_t closing(const struct split *sp)
{
	const char *s = sp->text + sp->at;
	const char *close = s[0] == '"' ? "\"" : s[0] == '`' ? "`" : "'";
	const char *end;

	if (!sp->quotes || !strchr("\"'`", s[0]))
		return 0;
	if (sp->at > 0 && (isalnum((unsigned char)s[-1]) || s[-1] == '_'))
		return 0;
	for (end = strstr(s + 1, close); end; end = strstr(end + 1, close))
		if (!isalnum((unsigned char)end[1]) && end > s + 1)
			return end - s > MAX_WORD ? 0 : sp->at + (size_t)(end - s);
	return 0;
}

static void split_word(struct split *sp)
{
	const char *s = sp->text;
	size_t from = sp->at, at = from;
	struct word *w;

	while (isalnum((unsigned char)s[at]) || (unsigned char)s[at] >= 0x80)
		at++;
	if (at - from > MAX_WORD) {
		sp->at = at;
		return;
	}
	w = push(sp, WORD_TEXT, from, at);
	if (s[at] == '\'' && (s[at + 1] == 's' || s[at + 1] == 'S') &&
		!isalnum((unsigned char)s[at + 2]))
		at += 2;
	sp->at = at;
	if (number_of_word(w->lower) > 0) {
		w->kind = WORD_NUMBER;
		w->number = number_of_word(w->lower);
	}
}

static void split_sign(struct split *sp)
{
	size_t from = sp->at, to = from + 1 + (sp->text[from + 1] == '=');

	push(sp, WORD_SIGN, from, to);
	sp->at = to;
}

static void split_step(struct split *sp)
{
	unsigned char c = (unsigned char)sp->text[sp->at];
	size_t end = closing(sp);

	if (end) {
		push(sp, WORD_VALUE, sp->at + 1, end);
		sp->at = end + 1;
	} else if (is_date(sp->text + sp->at)) {
		push(sp, WORD_DATE, sp->at, sp->at + 10);
		sp->at += 10;
	} else if (isdigit(c)) {
		split_number(sp);
	} else if (isalpha(c) || c >= 0x80) {
		split_word(sp);
	} else if (sp->quotes && (c == '<' || c == '>')) {
		split_sign(sp);
	} else {
		if (strchr(".?!:\n", c))
			sp->first = true;
		sp->at++;
	}
}

static void split(struct words *words, const char *text, struct arena *arena, bool quotes)
{
	struct split sp = { words, arena, text ? text : "", 0, quotes, true };
	size_t room = strlen(sp.text) + 1;

	if (room > WORDS_MAX)
		room = WORDS_MAX;
	words->n = 0;
	words->v = arena_alloc(arena, room * sizeof *words->v);
	while (sp.text[sp.at] && words->n < room)
		split_step(&sp);
}

void words_split(struct words *words, const char *text, struct arena *arena)
{
	split(words, text, arena, true);
}

void words_plain(struct words *words, const char *text, struct arena *arena)
{
	split(words, text, arena, false);
}

void words_of_name(struct words *words, const char *name, struct arena *arena)
{
	size_t n = strlen(name), k = 0, skip = 0;
	char *spaced = arena_alloc(arena, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		bool hump = i > 0 && isupper((unsigned char)name[i]) &&
			islower((unsigned char)name[i - 1]);

		if (hump)
			spaced[k++] = ' ';
		spaced[k++] = name[i] == '_' || name[i] == '.' ? ' ' : name[i];
	}
	spaced[k] = '\0';
	words_plain(words, spaced, arena);
	while (skip + 1 < words->n && word_in(words->v[skip].lower, prefix_words))
		skip++;
	words->v += skip;
	words->n -= skip;
	while (words->n > 1 && word_in(words->v[words->n - 1].lower, prefix_words))
		words->n--;
}

bool words_find(const struct words *words, const struct words *phrase, size_t *from, size_t *to)
{
	for (size_t i = 0; phrase->n && i < words->n; i++) {
		size_t j = i, k = 0;

		while (j < words->n && k < phrase->n) {
			const struct word *w = &words->v[j];

			if (!w->taken && streq(w->stem, phrase->v[k].stem))
				k++;
			else if (k == 0 || w->taken || w->kind != WORD_TEXT ||
				!word_is_function(w->lower))
				break;
			j++;
		}
		if (k == phrase->n) {
			*from = i;
			*to = j;
			return true;
		}
	}
	return false;
}
