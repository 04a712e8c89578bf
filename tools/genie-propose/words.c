#include "words.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* English words that shape a question but name nothing in a catalogue. */
static const char *const shape_words[] = { "a", "about", "above", "across", "after", "all", "among",
	"an", "and", "any", "are", "as", "at", "average", "avg", "be", "been", "before", "below",
	"between", "both", "bottom", "by", "can", "changed", "compare", "compared", "could", "count",
	"current", "currently", "daily", "date", "day", "days", "did", "do", "does", "during", "each",
	"every", "exceed", "exceeded", "fewest", "first", "for", "from", "get", "give", "had", "has",
	"have", "high", "higher", "highest", "how", "i", "in", "is", "it", "its", "largest", "last",
	"latest", "least", "less", "list", "lowest", "many", "maximum", "me", "minimum", "month",
	"monthly", "months", "more", "most", "much", "my", "no", "not", "now", "number", "of", "on",
	"one", "only", "or", "our", "over", "past", "per", "please", "previous", "quarter",
	"quarters", "ranked", "recent", "see", "show", "since", "smallest", "so", "sum", "tell",
	"than", "that", "the", "their", "them", "there", "these", "they", "this", "those", "three",
	"time", "to", "today", "top", "total", "two", "under", "up", "us", "versus", "vs", "want",
	"was", "we", "week", "weekly", "weeks", "were", "what", "when", "where", "which", "who",
	"whose", "will", "with", "without", "year", "yearly", "years", "yesterday", "you", "five",
	"ten", "far", "into", "out", "then", "while", "vs." };

static const struct time_phrase time_phrases[] = {
	{ "last quarter", "ADD_MONTHS(DATE_TRUNC('QUARTER', CURRENT_DATE()), -3)",
	  "DATE_TRUNC('QUARTER', CURRENT_DATE())", true },
	{ "previous quarter", "ADD_MONTHS(DATE_TRUNC('QUARTER', CURRENT_DATE()), -3)",
	  "DATE_TRUNC('QUARTER', CURRENT_DATE())", true },
	{ "this quarter", "DATE_TRUNC('QUARTER', CURRENT_DATE())", NULL, true },
	{ "last month", "ADD_MONTHS(DATE_TRUNC('MONTH', CURRENT_DATE()), -1)",
	  "DATE_TRUNC('MONTH', CURRENT_DATE())", false },
	{ "previous month", "ADD_MONTHS(DATE_TRUNC('MONTH', CURRENT_DATE()), -1)",
	  "DATE_TRUNC('MONTH', CURRENT_DATE())", false },
	{ "this month", "DATE_TRUNC('MONTH', CURRENT_DATE())", NULL, false },
	{ "month to date", "DATE_TRUNC('MONTH', CURRENT_DATE())", NULL, false },
	{ "last week", "DATE_SUB(DATE_TRUNC('WEEK', CURRENT_DATE()), 7)",
	  "DATE_TRUNC('WEEK', CURRENT_DATE())", false },
	{ "this week", "DATE_TRUNC('WEEK', CURRENT_DATE())", NULL, false },
	{ "last year", "ADD_MONTHS(DATE_TRUNC('YEAR', CURRENT_DATE()), -12)",
	  "DATE_TRUNC('YEAR', CURRENT_DATE())", false },
	{ "this year", "DATE_TRUNC('YEAR', CURRENT_DATE())", NULL, false },
	{ "year to date", "DATE_TRUNC('YEAR', CURRENT_DATE())", NULL, false },
	{ "yesterday", "DATE_SUB(CURRENT_DATE(), 1)", "CURRENT_DATE()", false },
};

static bool is_shape(const char *word)
{
	for (size_t i = 0; i < countof(shape_words); i++)
		if (streq(shape_words[i], word))
			return true;
	return false;
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* Words of letters, with inner hyphens and apostrophes cut; digits make no word. */
static void each_word(const char *text, struct strlist *words, bool content_only)
{
	char *copy = xstrlower(text);
	for (char *p = copy; *p;) {
		while (*p && !letter(*p))
			p++;
		size_t n = 0;
		while (letter(p[n]))
			n++;
		char *word = xstrndup(p, n);
		bool numbered = p > copy && p[-1] >= '0' && p[-1] <= '9';
		if (n && !(content_only && (is_shape(word) || n < 2 || numbered)))
			content_only ? (void)strlist_add_new(words, word) : strlist_add(words, word);
		free(word);
		p += n;
	}
	free(copy);
}

void content_words(const char *text, struct strlist *words)
{
	each_word(text, words, true);
}

static bool same_stem(const char *a, size_t na, const char *b, size_t nb)
{
	if (na > 3 && a[na - 1] == 's')
		na--;
	if (nb > 3 && b[nb - 1] == 's')
		nb--;
	return na == nb && memcmp(a, b, na) == 0;
}

bool text_has_word(const char *text, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = text; *p;) {
		while (*p && !letter(*p))
			p++;
		size_t m = 0;
		while (letter(p[m]))
			m++;
		if (m && same_stem(p, m, word, n))
			return true;
		p += m;
	}
	return false;
}

const struct time_phrase *find_time_phrase(const char *question)
{
	for (size_t i = 0; i < countof(time_phrases); i++)
		if (stristr(question, time_phrases[i].phrase))
			return &time_phrases[i];
	return NULL;
}

static size_t holders(const struct strlist *questions, const char *phrase)
{
	size_t n = 0;
	for (size_t i = 0; i < questions->n; i++)
		n += stristr(questions->v[i], phrase) != NULL;
	return n;
}

static bool says_something(const struct strlist *words, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (!is_shape(words->v[i]) && strlen(words->v[i]) > 2)
			return !is_shape(words->v[from]) && !is_shape(words->v[from + n - 1]);
	return false;
}

static char *join(const struct strlist *words, size_t from, size_t n)
{
	struct str out = STR_INIT;
	for (size_t i = from; i < from + n; i++)
		str_addf(&out, "%s%s", i > from ? " " : "", words->v[i]);
	return str_take(&out);
}

/* Longer is better, then shared by more. One question alone gives its longest. */
char *common_phrase(const struct strlist *questions)
{
	struct strlist words = { 0 };
	char *best = NULL;
	size_t best_held = 0;
	if (questions->n)
		each_word(questions->v[0], &words, false);
	for (size_t n = 3; n > 0 && best_held < 2; n--) {
		for (size_t i = 0; i + n <= words.n; i++) {
			if (!says_something(&words, i, n))
				continue;
			char *phrase = join(&words, i, n);
			size_t held = holders(questions, phrase);
			if (held > best_held) {
				free(best);
				best = phrase;
				best_held = held;
			} else {
				free(phrase);
			}
		}
	}
	strlist_free(&words);
	return best;
}
