#include "attempts.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "str.h"

#define ENOUGH 2
/* What was tried before and did not help makes more of the same less likely to. */
#define AFTER_ATTEMPT 0.8

static bool same_kind(const char *a, const char *b)
{
	const struct patch_type *x = patch_type_find(a), *y = patch_type_find(b);
	return x && y && x->kind == y->kind;
}

static bool is_listed(const struct json *list, const char *text)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (streq(json_text(one), text))
			return true;
	return false;
}

static bool shares_question(const struct json *a, const struct json *b)
{
	for (const struct json *one = json_first(a); one; one = json_next(one))
		if (json_text(one) && is_listed(b, json_text(one)))
			return true;
	return false;
}

bool attempts_failed(const struct json *cluster, const struct json *history, const char *type)
{
	const struct json *ids = json_get(cluster, "question_ids");
	const struct json *tried = json_dig(cluster, "known_limitation.attempts");
	size_t n = 0;
	if (json_int_or(cluster, "attempts", 0) < ENOUGH && !tried)
		return false;
	for (const struct json *a = json_first(tried); a; a = json_next(a))
		n += same_kind(json_str_or(a, "type", ""), type);
	if (n >= ENOUGH)
		return true;
	n = 0;
	for (const struct json *p = json_first(history); p; p = json_next(p))
		n += same_kind(json_str_or(p, "type", ""), type) &&
			shares_question(ids, json_get(p, "questions"));
	return n >= ENOUGH;
}

char *attempts_reason(const struct json *cluster)
{
	const struct json *limit = json_get(cluster, "known_limitation");
	return json_is(limit, JSON_OBJECT) ?
		xasprintf("two attempts of this kind failed (%s); instead: %s", json_str_or(limit,
			"id", ""),
			  json_str_or(limit, "workaround", "")) :
		xstrdup("two attempts of this kind failed");
}

double attempts_confidence(double confidence, int64_t attempts)
{
	for (int64_t i = 0; i < attempts && i < 10; i++)
		confidence *= AFTER_ATTEMPT;
	return confidence;
}
