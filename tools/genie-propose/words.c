#include "words.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* English words that shape a question but name nothing in a catalogue. */
static const char *const shape_words[] = {
	"a", "about", "above", "according", "across", "actually", "after", "again", "against", "all",
	"almost", "already", "also", "always", "am", "among", "amount", "an", "and", "another", "any",
	"anything", "are", "around", "as", "at", "average", "avg", "away", "back", "be", "became",
	"because", "become", "been", "before", "behind", "being", "below", "best", "better",
	"between", "beyond", "big", "bigger", "biggest", "both", "bottom", "break", "breaks", "bring",
	"broken", "but", "by", "call", "called", "came", "can", "change", "changed", "changes",
	"come", "comes", "compare", "compared", "comparing", "comparison", "could", "count",
	"current", "currently", "daily", "date", "dates", "day", "days", "deal", "did", "difference",
	"different", "do", "does", "doing", "done", "down", "drop", "dropped", "due", "during",
	"each", "early", "either", "else", "end", "ever", "every", "exceed", "exceeded", "exceeding",
	"expect", "expected", "fall", "far", "fell", "few", "fewer", "fewest", "figure", "find",
	"first", "five", "following", "for", "four", "from", "full", "further", "gave", "get", "gets",
	"getting", "give", "given", "gives", "go", "goes", "going", "gone", "got", "grew", "grow",
	"had", "happen", "happened", "has", "have", "having", "help", "here", "high", "higher",
	"highest", "how", "i", "if", "in", "including", "instead", "into", "is", "it", "its", "jump",
	"jumped", "just", "keep", "kept", "kind", "know", "large", "larger", "largest", "last",
	"late", "later", "latest", "lead", "leading", "least", "leave", "leaving", "left", "less",
	"let", "like", "likely", "list", "little", "long", "look", "looking", "looks", "lot", "low",
	"lower", "lowest", "made", "main", "make", "makes", "many", "maximum", "may", "me", "mean",
	"means", "might", "minimum", "month", "monthly", "months", "more", "most", "move", "moved",
	"moves", "moving", "much", "must", "my", "name", "named", "names", "near", "need", "needed",
	"never", "new", "next", "nine", "no", "none", "not", "now", "number", "numbers", "of", "off",
	"often", "on", "once", "one", "ones", "only", "or", "order", "other", "others", "our", "out",
	"over", "overall", "own", "past", "pct", "per", "percent", "percentage", "perhaps", "please",
	"point", "points", "previous", "pull", "put", "quarter", "quarterly", "quarters", "quite",
	"rank", "ranked", "ranking", "rather", "ratio", "reach", "reached", "really", "recent",
	"recently", "remain", "report", "reported", "rise", "rose", "run", "running", "same", "say",
	"see", "seem", "seen", "sent", "set", "seven", "several", "shall", "should", "show", "showed",
	"shown", "shows", "since", "single", "six", "small", "smaller", "smallest", "so", "some",
	"somewhere", "soon", "split", "stand", "start", "started", "stay", "stayed", "still", "stop",
	"such", "sum", "take", "taken", "takes", "tell", "ten", "than", "that", "the", "their",
	"them", "then", "there", "these", "they", "thing", "things", "this", "those", "three",
	"through", "time", "times", "to", "today", "together", "told", "too", "took", "top", "total",
	"totals", "toward", "trend", "trends", "try", "turn", "two", "under", "unless", "until", "up",
	"upcoming", "us", "use", "used", "uses", "using", "value", "values", "versus", "via", "view",
	"vs", "want", "wanted", "was", "way", "we", "week", "weekly", "weeks", "well", "went", "were",
	"what", "when", "where", "whether", "which", "while", "who", "whole", "whom", "whose", "why",
	"will", "with", "within", "without", "would", "year", "yearly", "years", "yesterday", "yet",
	"you", "your", "zero" };

/* The years and quarters so far, and the same part of those before. */
#define THIS_YEAR "DATE_TRUNC('YEAR', CURRENT_DATE())"
#define LAST_YEAR "ADD_MONTHS(DATE_TRUNC('YEAR', CURRENT_DATE()), -12)", "ADD_MONTHS(CURRENT_DATE(), -12)"
#define THIS_QUARTER "DATE_TRUNC('QUARTER', CURRENT_DATE())"
#define LAST_QUARTER "ADD_MONTHS(DATE_TRUNC('QUARTER', CURRENT_DATE()), -3)", "ADD_MONTHS(CURRENT_DATE(), -3)"

static const struct time_phrase time_phrases[] = {
	{ "year over year", LAST_YEAR, true, THIS_YEAR },
	{ "year-over-year", LAST_YEAR, true, THIS_YEAR },
	{ "yoy", LAST_YEAR, true, THIS_YEAR },
	{ "same period last year", LAST_YEAR, true, THIS_YEAR },
	{ "quarter over quarter", LAST_QUARTER, true, THIS_QUARTER },
	{ "quarter-over-quarter", LAST_QUARTER, true, THIS_QUARTER },
	{ "last quarter", "ADD_MONTHS(DATE_TRUNC('QUARTER', CURRENT_DATE()), -3)",
	  "DATE_TRUNC('QUARTER', CURRENT_DATE())", true, NULL },
	{ "previous quarter", "ADD_MONTHS(DATE_TRUNC('QUARTER', CURRENT_DATE()), -3)",
	  "DATE_TRUNC('QUARTER', CURRENT_DATE())", true, NULL },
	{ "this quarter", "DATE_TRUNC('QUARTER', CURRENT_DATE())", NULL, true, NULL },
	{ "last month", "ADD_MONTHS(DATE_TRUNC('MONTH', CURRENT_DATE()), -1)",
	  "DATE_TRUNC('MONTH', CURRENT_DATE())", false, NULL },
	{ "previous month", "ADD_MONTHS(DATE_TRUNC('MONTH', CURRENT_DATE()), -1)",
	  "DATE_TRUNC('MONTH', CURRENT_DATE())", false, NULL },
	{ "this month", "DATE_TRUNC('MONTH', CURRENT_DATE())", NULL, false, NULL },
	{ "month to date", "DATE_TRUNC('MONTH', CURRENT_DATE())", NULL, false, NULL },
	{ "last week", "DATE_SUB(DATE_TRUNC('WEEK', CURRENT_DATE()), 7)",
	  "DATE_TRUNC('WEEK', CURRENT_DATE())", false, NULL },
	{ "this week", "DATE_TRUNC('WEEK', CURRENT_DATE())", NULL, false, NULL },
	{ "last year", "ADD_MONTHS(DATE_TRUNC('YEAR', CURRENT_DATE()), -12)",
	  "DATE_TRUNC('YEAR', CURRENT_DATE())", false, NULL },
	{ "this year", "DATE_TRUNC('YEAR', CURRENT_DATE())", NULL, false, NULL },
	{ "year to date", "DATE_TRUNC('YEAR', CURRENT_DATE())", NULL, false, NULL },
	{ "yesterday", "DATE_SUB(CURRENT_DATE(), 1)", "CURRENT_DATE()", false, NULL },
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

/* A hyphen between letters belongs to the word: "all-purpose". */
static size_t word_length(const char *p)
{
	size_t n = 0;
	while (letter(p[n]) || (n && p[n] == '-' && letter(p[n + 1])))
		n++;
	return n;
}

/* Words of letters, cut at apostrophes; digits make no word. */
static void each_word(const char *text, struct strlist *words, bool content_only)
{
	char *copy = xstrlower(text);
	for (char *p = copy; *p;) {
		while (*p && !letter(*p))
			p++;
		size_t n = word_length(p);
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
		if (has_phrase(question, time_phrases[i].phrase))
			return &time_phrases[i];
	return NULL;
}

/* Only content words, one after the other. */
static bool says_something(const struct strlist *words, size_t from, size_t n)
{
	bool any = false;
	for (size_t i = from; i < from + n; i++) {
		if (is_shape(words->v[i]))
			return false;
		any |= strlen(words->v[i]) > 2;
	}
	return any;
}

static char *join(const struct strlist *words, size_t from, size_t n)
{
	struct str out = STR_INIT;
	for (size_t i = from; i < from + n; i++)
		str_addf(&out, "%s%s", i > from ? " " : "", words->v[i]);
	return str_take(&out);
}

void content_phrases(const char *question, struct strlist *phrases)
{
	struct strlist words = { 0 };
	each_word(question, &words, false);
	for (size_t n = 1; n <= 3; n++) {
		for (size_t i = 0; i + n <= words.n; i++) {
			char *phrase = says_something(&words, i, n) ? join(&words, i, n) : NULL;
			if (phrase && has_phrase(question, phrase))
				strlist_add_new(phrases, phrase);
			free(phrase);
		}
	}
	strlist_free(&words);
}

bool has_phrase(const char *question, const char *phrase)
{
	size_t n = strlen(phrase);
	for (const char *p = question; (p = stristr(p, phrase)); p++) {
		char before = p > question ? (char)(p[-1] | 32) : ' ', after = (char)(p[n] | 32);
		if (!letter(before) && before != '-' && !letter(after))
			return true;
	}
	return false;
}
