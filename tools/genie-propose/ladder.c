#include "ladder.h"

#include "cases.h"
#include "rules_calls.h"
#include "words.h"

#include "json.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DAYS 3660

long last_days(const char *question)
{
	static const char *const before[] = { "last ", "past ", "previous " };
	for (size_t i = 0; i < countof(before); i++) {
		for (const char *p = question; (p = stristr(p, before[i]));) {
			char *end;
			p += strlen(before[i]);
			long n = strtol(p, &end, 10);
			if (end > p && starts_withi(end, " day") && n > 0 && n <= MAX_DAYS)
				return n;
		}
	}
	return 0;
}

bool is_year_over_year(const char *question)
{
	static const char *const phrases[] = { "year over year", "year-over-year", "year on year",
		"same month last year", "same quarter last year", "same period last year" };
	for (size_t i = 0; i < countof(phrases); i++)
		if (stristr(question, phrases[i]))
			return true;
	return has_phrase(question, "yoy");
}

enum effect window_effect(const char *question)
{
	const struct time_phrase *t = find_time_phrase(question);
	if (is_year_over_year(question) || (t && t->weak))
		return EFFECT_LOW;
	if (last_days(question) || (t && !t->to))
		return EFFECT_HIGH;
	return t ? EFFECT_MEDIUM : EFFECT_NONE;
}

size_t tried(const struct json *cluster)
{
	int64_t n = json_int_or(cluster, "attempts", 0);
	size_t listed = json_len(json_dig(cluster, "known_limitation.attempts"));
	return n > 0 && (size_t)n > listed ? (size_t)n : listed;
}

bool is_limitation(const struct json *cluster, const char *id)
{
	return streq(json_str_or(json_get(cluster, "known_limitation"), "id", ""), id);
}

static bool was_tried(const struct json *cluster, const char *type)
{
	const struct json *list = json_dig(cluster, "known_limitation.attempts");
	for (const struct json *a = json_first(list); a; a = json_next(a))
		if (streq(json_str_or(a, "type", ""), type))
			return true;
	return false;
}

enum rung ladder_rung(const struct fact_case *c, const struct json *cluster)
{
	enum effect effect = window_effect(c->question);
	size_t n = tried(cluster);
	if (effect == EFFECT_NONE)
		return RUNG_NONE;
	if (effect != EFFECT_LOW && n < 2)
		return RUNG_COMMENT;
	if (was_tried(cluster, "add_tvf"))
		return RUNG_COLUMN;
	if (was_tried(cluster, "add_instruction") || was_tried(cluster, "update_instruction"))
		return RUNG_FUNCTION;
	return n < 2 ? RUNG_INSTRUCTION : n < 3 ? RUNG_FUNCTION : RUNG_COLUMN;
}

size_t count_cases(const struct cases *cases, case_test *holds, const void *context)
{
	size_t n = 0;
	for (size_t i = 0; i < cases->n; i++)
		n += holds(context, &cases->v[i]);
	return n;
}
