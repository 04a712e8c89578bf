#include "repeat.h"

#include "json.h"
#include "judgefix.h"
#include "mem.h"
#include "rows.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>

struct repeat_share repeat_share(const char *const *values, size_t n)
{
	struct repeat_share share = { .n = n, .percent = NAN };
	size_t most = 0;
	for (size_t i = 0; i < n; i++) {
		size_t same = 0, earlier = 0;
		for (size_t k = 0; k < n; k++) {
			same += streq(values[i], values[k]);
			earlier += k < i && streq(values[i], values[k]);
		}
		share.distinct += earlier == 0;
		if (same > most) {
			most = same;
			share.first = i;
		}
	}
	if (n)
		share.percent = 100.0 * (double)most / (double)n;
	return share;
}

const char *repeat_class_name(enum repeat_class class)
{
	static const char *const names[] = { "IDENTICAL", "MINOR", "SIGNIFICANT", "CRITICAL" };
	return names[class];
}

enum repeat_class repeat_class_of(double percent)
{
	if (percent >= 100)
		return REPEAT_IDENTICAL;
	return percent >= 70 ? REPEAT_MINOR : percent >= 50 ? REPEAT_SIGNIFICANT : REPEAT_CRITICAL;
}

const char *repeat_sql_of(const struct json *row)
{
	return json_str_or(row, "sql_hash", "none");
}

const char *repeat_result_of(const struct json *row)
{
	const struct json *comparison = json_get(row, "comparison");
	const char *hash = json_str_or(comparison, "genie_hash", "");
	if (!json_is(comparison, JSON_OBJECT))
		return NULL;
	return *hash ? hash : json_get(row, "sql_hash") ? "error" : "none";
}

/* ---- the judge ---- */

/* What usually steadies an answer depends on the kind of asset that gave it (evaluation.md,
 * "Repeatability"). */
static const char *fix_for(const char *asset)
{
	if (streq(asset, "TVF"))
		return "an instruction that says for which wording this function answers, with the exact "
		       "call, and for which it does not";
	return "structured metadata on the asset that should answer: business_definition, synonyms, grain, "
	       "join_keys, do_not_use_when, preferred_questions; tag it preferred_for_genie and the others "
	       "deprecated_for_genie";
}

static const char *first_table(struct arena *arena, const struct json *row)
{
	struct sqlfacts facts;
	const char *sql = json_str_or(row, "genie_sql", NULL);
	if (!sql)
		return NULL;
	sqlfacts(&facts, arena, sql, NULL);
	return facts.ntables ? facts.table[0].name : NULL;
}

/* The first asking that gave another SQL than the commonest. */
static const struct json *other_of(struct json *const *rows, size_t n, const struct json *common)
{
	for (size_t i = 0; i < n; i++)
		if (!streq(repeat_sql_of(rows[i]), repeat_sql_of(common)))
			return rows[i];
	return common;
}

static struct json *asi(struct arena *arena, const struct json *common, const struct json *other,
			enum repeat_class class)
{
	static const char *const severities[] = { "info", "minor", "major", "critical" };
	struct fix_context context = { NULL, row_question(common), arena };
	const char *table = first_table(arena, common), *rival = first_table(arena, other);
	struct json *out = asi_plain(&context, "repeatability_issue", severities[class], 0.9, table,
		json_str_or(common, "genie_sql", "no SQL"), json_str_or(other, "genie_sql", "no SQL"),
		fix_for(json_str_or(common, "asset", json_str_or(common, "expected_asset", "TABLE"))));
	bool rivals = table && rival && !strieq(table, rival);
	if (rivals)
		json_push_str(json_get(out, "blame_set"), rival);
	json_set_bool(out, "ambiguity_detected", rivals);
	return out;
}

static void give(struct json *const *rows, size_t n)
{
	struct arena arena = { 0 };
	const char **sql = xcalloc(n, sizeof *sql), **result = xcalloc(n, sizeof *result);
	for (size_t i = 0; i < n; i++) {
		sql[i] = repeat_sql_of(rows[i]);
		result[i] = repeat_result_of(rows[i]);
	}
	struct repeat_share texts = repeat_share(sql, n), results = repeat_share(result, n);
	enum repeat_class class = repeat_class_of(texts.percent);
	const struct json *common = rows[texts.first], *other = other_of(rows, n, common);
	bool steady = texts.percent >= REPEAT_TARGET;
	const char *why = arena_printf(&arena, "%s: %zu askings, %zu different SQL, %zu different results",
		repeat_class_name(class), n, texts.distinct, results.distinct);
	for (size_t i = 0; i < n; i++) {
		struct json *judges = json_get(rows[i], "judges");
		if (!judges)
			judges = json_set(rows[i], "judges", json_new_object());
		struct json *judge = json_set(judges, "repeatability", json_new_object());
		json_set_str(judge, "value", steady ? "yes" : "no");
		json_set_str(judge, "rationale", why);
		json_set_str(judge, "source", "code");
		if (!steady)
			json_set(judge, "asi", asi(&arena, common, other, class));
	}
	free(sql);
	free(result);
	arena_free(&arena);
}

void repeat_judge(struct json *const *rows, size_t n)
{
	struct json **measured = xcalloc(n + 1, sizeof(*measured));
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		if (!streq(row_outcome(rows[i]), "excluded"))
			measured[count++] = rows[i];
	if (count > 1)
		give(measured, count);
	free(measured);
}
