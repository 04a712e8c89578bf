#include "words.h"

#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <string.h>

static const struct {
	const char *type, *words[8]; /* the last one is NULL */
} readings[] = {
	{ "asset_routing_error", { "metric view instead", "tvf instead", "function instead",
		"table instead", "routing", "routed", "wrong asset" } },
	{ "wrong_table", { "wrong table", "incorrect table", "different table" } },
	{ "tvf_parameter_error", { "parameter", "argument" } },
	{ "wrong_join", { "missing join", "wrong join", "incorrect join", "join condition",
		"join key" } },
	{ "wrong_measure", { "wrong measure", "different measure", "incorrect measure" } },
	{ "wrong_column", { "wrong column", "incorrect column", "different column",
		"column instead" } },
	{ "wrong_aggregation", { "aggregat", "sum instead", "count instead", "average instead",
		"group by" } },
	{ "missing_temporal_filter", { "time window", "date range", "time period", "date filter",
		"temporal" } },
	{ "missing_filter", { "missing filter", "no filter", "lacks a filter", "without the filter",
		"missing where" } },
	{ "wrong_filter", { "wrong filter", "incorrect filter", "filter value",
		"different filter" } },
	{ "missing_synonym", { "synonym", "unknown term", "does not know" } },
	{ "ambiguous_question", { "ambiguous", "unclear" } },
	{ "stale_data", { "stale" } },
};

const char *words_type(const char *rationale, const char **matched)
{
	*matched = NULL;
	for (size_t i = 0; i < countof(readings); i++)
		for (const char *const *word = readings[i].words; *word; word++)
			if (stristr(rationale, *word)) {
				*matched = *word;
				return readings[i].type;
			}
	return "other";
}

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Bytes of a name a.b or a.b.c that starts at p; each part has two letters or more. */
static size_t dotted(const char *p)
{
	size_t n = 0, parts = 0;
	for (;;) {
		size_t k = 0;
		while (in_name(p[n + k]))
			k++;
		if (k < 2 || isdigit((unsigned char)p[n]))
			return 0;
		parts++;
		n += k;
		if (p[n] != '.' || !in_name(p[n + 1]))
			return parts > 1 ? n : 0;
		n++;
	}
}

const char *words_blame(struct arena *arena, const char *rationale)
{
	for (const char *p = rationale; *p; p++) {
		const char *close = *p == '`' ? strchr(p + 1, '`') : NULL;
		if (close && close > p + 1 && strcspn(p, " \n") > (size_t)(close - p)) {
			size_t n = strcspn(p, " ,;:()'\"\n");
			while (n > 1 && p[n - 1] == '.')
				n--;
			return arena_strndup(arena, p, n);
		}
		bool starts = in_name(*p) && (p == rationale || (!in_name(p[-1]) && p[-1] != '.'));
		size_t n = starts ? dotted(p) : 0;
		if (n)
			return arena_strndup(arena, p, n);
	}
	return NULL;
}
