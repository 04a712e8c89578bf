#include "noise.h"

#include "cases.h"
#include "model.h"
#include "words.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* Sorted; what endings do not tell. Nouns that name measures and entities stay out. */
static const char *const ordinary[] = {
	"absolute", "actual", "additional", "alphabetical", "annual", "answer", "apart",
	"appear", "apply", "appropriate", "april", "ascending", "ask", "assume",
	"august", "available", "bad", "basic", "begin", "belong", "beside", "brief",
	"broad", "busy", "calculate", "careful", "case", "certain", "cheap", "check",
	"classic", "clear", "close", "column", "combine", "common", "complete",
	"compute", "concrete", "consider", "contain", "contribute", "correct",
	"corresponding", "costly", "critical", "database", "datetime", "dear",
	"december", "decide", "decline", "decrease", "depend", "descending", "detail",
	"determine", "develop", "differ", "direct", "display", "distinct", "divide",
	"double", "easy", "elsewhere", "enough", "entire", "equal", "equivalent",
	"exact", "exceed", "exist", "expensive", "explain", "extra", "fair", "famous",
	"fast", "february", "final", "fine", "flat", "follow", "foreign", "format",
	"fresh", "friday", "general", "good", "great", "greater", "greatly", "half",
	"happy", "hard", "he", "heavy", "her", "his", "hold", "huge", "id", "ideal",
	"identifier", "identify", "important", "include", "increase", "indicate",
	"individual", "insensitive", "internal", "involve", "january", "july", "june",
	"key", "kinds", "lesser", "letter", "light", "live", "local", "located", "loose",
	"major", "match", "medium", "mention", "minor", "minus", "modern", "monday",
	"multiple", "multiply", "native", "normal", "november", "obvious", "occur",
	"october", "odd", "offer", "old", "open", "ordinary", "original", "output",
	"outside", "pair", "particular", "perform", "plain", "plus", "poor", "popular",
	"possible", "precise", "prefer", "present", "private", "proportion", "provide",
	"public", "pure", "query", "quick", "raw", "ready", "real", "receive", "record",
	"regard", "regular", "relate", "relation", "relationship", "relative", "repeat",
	"represent", "require", "respect", "respective", "result", "retrieve", "return",
	"rich", "right", "rough", "round", "row", "saturday", "sensitive", "separate",
	"september", "serious", "serve", "serving", "share", "she", "short", "side",
	"significant", "similar", "simple", "slow", "sort", "special", "specific",
	"spread", "standard", "start", "strong", "subtract", "sum", "sunday", "sure",
	"table", "tall", "taught", "teach", "text", "thin", "thursday", "tight",
	"timestamp", "tiny", "took", "tuesday", "typical", "understand", "unique",
	"unusual", "usual", "valid", "various", "vary", "warm", "weak", "wednesday",
	"weekday", "whatever", "wide", "worse", "worst", "written", "wrong", "young"
};

static int by_text(const void *key, const void *member)
{
	return strcmp(key, *(const char *const *)member);
}

static bool listed(const char *word)
{
	return bsearch(word, ordinary, countof(ordinary), sizeof *ordinary, by_text) != NULL;
}

bool is_ordinary(const char *word)
{
	static const char *const endings[] = { "ly", "ed", "ive", "ful", "able", "ible", "less",
		"est" };
	size_t n = strlen(word);
	for (size_t i = 0; i < countof(endings); i++)
		if (n > strlen(endings[i]) + 3 && ends_with(word, endings[i]))
			return true;
	if (listed(word))
		return true;
	char *stem = xstrndup(word, n && word[n - 1] == 's' ? n - 1 : n);
	struct strlist content = { 0 };
	content_words(stem, &content); /* "ends" is as empty as "end" */
	bool found = listed(stem) || !content.n;
	strlist_free(&content);
	free(stem);
	return found;
}

/* Texts in quotes, wherever they stand in the SQL. */
static bool literal_has(const char *sql, const char *word)
{
	bool found = false;
	for (const char *at = sql ? strchr(sql, '\'') : NULL; at && !found;) {
		const char *end = strchr(at + 1, '\'');
		char *lower = xstrndup(at + 1, end ? (size_t)(end - at - 1) : strlen(at + 1));
		lower_ascii(lower);
		found = text_has_word(lower, word) || (strchr(word, '-') && strstr(lower, word));
		free(lower);
		at = end ? strchr(end + 1, '\'') : NULL;
	}
	return found;
}

bool is_data(const struct cases *cases, const char *word)
{
	for (size_t i = 0; i < cases->n; i++)
		if (literal_has(cases->v[i].gold_sql, word) ||
		    literal_has(cases->v[i].genie_sql, word))
			return true;
	return false;
}

/* "inactive" is about active_flg = FALSE, not about what is measured. */
static bool is_about_filter(const struct fact_case *c, const char *word)
{
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		const char *part = f->column && !f->temporal ? f->column : "";
		for (size_t n; *part; part += n + (part[n] == '_')) {
			n = strcspn(part, "_");
			char *name = xstrndup(part, n);
			bool about = n > 3 && stristr(word, name);
			free(name);
			if (about)
				return true;
		}
	}
	return false;
}

/* "serverless versus classic": the two are values of one thing. */
static bool is_compared(const char *question, const char *word)
{
	static const char *const signs[] = { " versus ", " vs ", " vs. " };
	for (size_t i = 0; i < countof(signs); i++) {
		const char *at = stristr(question, signs[i]), *after = at ? at + strlen(signs[i]) :
			NULL;
		size_t n = strlen(word);
		if (at && (strnieq(after, word, n) ||
			   ((size_t)(at - question) >= n && strnieq(at - n, word, n))))
			return true;
	}
	return false;
}

bool is_name_of(const struct cases *cases, const struct fact_case *c, const char *word,
		const struct object *object, const struct field *field)
{
	size_t with = 0, beside = 0, elsewhere = 0;
	if (is_ordinary(word) || is_data(cases, word) || is_about_filter(c, word) ||
	    is_compared(c->question, word))
		return false;
	for (size_t i = 0; i < cases->n; i++) {
		const struct fact_case *one = &cases->v[i];
		if (!strlist_has(&one->words, word) || !one->gold_sql)
			continue;
		with += case_needs(one, object->full_name, field->name);
		beside += !case_needs(one, object->full_name, field->name) &&
			case_needs(one, object->full_name, NULL);
		elsewhere += !case_needs(one, object->full_name, NULL);
	}
	/* another object may have a field of the same meaning: that counts half */
	return with > beside && 2 * with >= elsewhere;
}
