/* The written cases of ../shared/data/comparator-cases.jsonl: how many are judged as
 * labelled. Skipped, visibly, when they are not there. */
#include "compare.h"

#include "json.h"
#include "jsonl.h"
#include "str.h"
#include "table.h"

#include <stdlib.h>
#include "check.h"

#define MAX_KEYS 8

struct score {
	int total, verdict, native, strict, false_match;
};

static bool read_side(const struct json *json, struct table *table, struct compare_side *side)
{
	struct err err = { 0 };
	side->table = table;
	side->error = json_str_or(json, "error", NULL);
	return table_from_json(table, json, &err);
}

static void read_context(const struct json *json, struct compare_key *keys,
			 struct compare_context *out)
{
	const struct json *list = json_get(json, "order_keys");
	out->gold_ordered = json_bool_or(json, "gold_sql_has_outer_order_by", false);
	out->asks_order = json_bool_or(json, "question_asks_order", false);
	out->limit = json_int_or(json, "limit", -1);
	out->limited = out->limit >= 0;
	out->keys = keys;
	for (const struct json *k = json_first(list); k && out->nkeys < MAX_KEYS; k = json_next(k)) {
		keys[out->nkeys].column = json_str_or(k, "column", NULL);
		keys[out->nkeys++].desc = json_bool_or(k, "desc", false);
	}
}

/* The gold's table with other rows. */
static bool unlimited(const struct json *json, struct table *out)
{
	struct err err = { 0 };
	const struct json *rows = json_dig(json, "context.gold_rows_without_limit");
	if (!json_is(rows, JSON_ARRAY))
		return false;
	struct json *whole = json_dup(json_get(json, "gold"));
	json_set(whole, "rows", json_dup(rows));
	bool ok = table_from_json(out, whole, &err);
	json_free(whole);
	return ok;
}

static void check_case(const struct json *json, struct score *score)
{
	struct table gold = { 0 }, pred = { 0 }, whole = { 0 };
	struct compare_side g, p;
	struct compare_key keys[MAX_KEYS] = { { 0 } };
	struct compare_context context = { 0 };
	struct compare_result result;
	CHECK(read_side(json_get(json, "gold"), &gold, &g));
	CHECK(read_side(json_get(json, "pred"), &pred, &p));
	read_context(json_get(json, "context"), keys, &context);
	if (unlimited(json, &whole))
		context.gold_unlimited = &whole;
	compare_tables(&g, &p, &context, &result);
	const char *verdict = compare_verdict_name(result.verdict);
	const char *native = compare_outcome_name(result.outcome[COMPARE_NATIVE]);
	const char *strict = compare_outcome_name(result.outcome[COMPARE_STRICT]);
	const char *want = json_str_or(json, "verdict", "");
	const char *want_native = json_str_or(json_get(json, "profiles"), "genie-native", "");
	const char *want_strict = json_str_or(json_get(json, "profiles"), "strict", "");
	score->total++;
	score->verdict += streq(verdict, want);
	score->native += streq(native, want_native);
	score->strict += streq(strict, want_strict);
	score->false_match += compare_match(&result, COMPARE_STRICT) && !streq(want_strict, "GOOD");
	if (!streq(verdict, want) || !streq(native, want_native) || !streq(strict, want_strict))
		printf("# %s: %s %s %s, labelled %s %s %s\n", json_str_or(json, "id", "?"), verdict,
		       native, strict, want, want_native, want_strict);
	compare_free(&result);
	table_free(&gold);
	table_free(&pred);
	table_free(&whole);
}

static void labels_are_reproduced(void)
{
	struct err err = { 0 };
	struct jsonl in;
	struct json *json = NULL;
	struct score score = { 0 };
	const char *data = getenv("SHARED_DATA");
	struct str path = STR_INIT;
	str_addf(&path, "%s/comparator-cases.jsonl", data ? data : "../shared/data");
	if (!jsonl_open(&in, str_text(&path), &err)) {
		printf("# skipped: %s\n", err.text);
		str_free(&path);
		return;
	}
	while (jsonl_next(&in, &json, &err) == JSONL_RECORD) {
		check_case(json, &score);
		json_free(json);
	}
	jsonl_close(&in);
	str_free(&path);
	printf("# of %d cases: verdict %d, genie-native %d, strict %d, false matches %d\n",
	       score.total, score.verdict, score.native, score.strict, score.false_match);
	CHECK_INT(score.verdict, score.total);
	CHECK_INT(score.native, score.total);
	CHECK_INT(score.strict, score.total);
	CHECK_INT(score.false_match, 0);
}

int main(void)
{
	RUN(labels_are_reproduced);
	return check_done();
}
