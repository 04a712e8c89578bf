#include "json.h"
#include "leak.h"

#include "check.h"

static void add(struct leak_guard *guard, const char *text)
{
	struct err err = { 0 };
	struct json *q = json_parse(text, strlen(text), &err);
	CHECK(q != NULL);
	leak_add(guard, q);
	json_free(q);
}

static struct leak_guard *guard_of_two(void)
{
	struct leak_guard *guard = leak_new();
	add(guard, "{\"id\":\"v\",\"split\":\"val\",\"question\":\"Which teams spent the most on serverless last quarter?\",\"expected_sql\":\"SELECT team, SUM(eff_amt) FROM main.gold.fact_usage WHERE is_serverless GROUP BY team\"}");
	add(guard, "{\"id\":\"t\",\"split\":\"train\",\"question\":\"How many workspaces are active in production right now?\"}");
	return guard;
}

static void verbatim_and_near_copies_are_found(void)
{
	struct leak_guard *guard = guard_of_two();
	struct leak_match m;
	CHECK(leak_check(guard, "Which teams spent the most on serverless last quarter?", &m));
	CHECK_STR(m.question_id, "v");
	CHECK(leak_check(guard, "Note: which teams spent the most on serverless, last quarter", &m));
	CHECK(leak_check(guard, "Long text before it that says other things about tables. which team spent the most on serverless last quarter. And after it, more text about nothing.", &m));
	CHECK(leak_check(guard, "select  team, sum(`eff_amt`)\nfrom main.gold.fact_usage where is_serverless group by team", &m));
	CHECK_STR(m.what, "SQL");
	leak_free(guard);
}

static void ordinary_texts_and_train_questions_pass(void)
{
	struct leak_guard *guard = guard_of_two();
	struct leak_match m;
	CHECK(!leak_check(guard, "How many workspaces are active in production right now?", &m));
	CHECK(!leak_check(guard, "Effective cost after discount. Synonyms: spend, spent, charge.", &m));
	CHECK(!leak_check(guard, "For \"last quarter\" filter usage_date >= ADD_MONTHS(DATE_TRUNC('QUARTER', CURRENT_DATE()), -3).", &m));
	CHECK(!leak_check(guard, "", &m));
	leak_free(guard);
}

static void values_are_searched_inside(void)
{
	struct leak_guard *guard = guard_of_two();
	struct leak_match m;
	struct err err = { 0 };
	const char *text = "{\"a\":[\"x\",{\"b\":\"which teams spent the most on serverless last quarter\"}]}";
	struct json *json = json_parse(text, strlen(text), &err);
	CHECK(leak_check_json(guard, json, &m));
	json_free(json);
	leak_free(guard);
}

static void the_match_shows_words_of_the_text(void)
{
	struct leak_guard *guard = guard_of_two();
	struct leak_match m;
	CHECK(leak_check(guard, "Notes first, many of them. Which TEAM spent the most, on serverless last quarter?", &m));
	CHECK(strstr(m.excerpt, "team spent the most on serverless") != NULL);
	CHECK(strstr(m.excerpt, "teams") == NULL);
	CHECK(strlen(m.excerpt) < LEAK_EXCERPT);
	leak_free(guard);
}

static void lines_are_put_together(void)
{
	struct leak_guard *guard = guard_of_two();
	struct leak_match m;
	struct err err = { 0 };
	const char *text = "{\"question\":[\"Which teams \",\"spent the most on \",\"serverless \",\"last quarter?\"]}";
	struct json *json = json_parse(text, strlen(text), &err);
	CHECK(leak_check_json(guard, json, &m));
	CHECK_STR(m.what, "question");
	json_free(json);
	leak_free(guard);
}

static void variables_hide_nothing(void)
{
	struct leak_guard *guard = leak_new();
	struct leak_match m;
	add(guard, "{\"id\":\"v\",\"split\":\"held_out\",\"question\":\"short\",\"expected_sql\":\"SELECT COUNT(*) FROM ${catalog}.${gold_schema}.dim_ws\"}");
	CHECK(leak_check(guard, "SELECT count(*) FROM `production_catalog`.finance_gold_layer.dim_ws", &m));
	CHECK_STR(m.what, "SQL");
	CHECK(!leak_check(guard, "SELECT MAX(usage_date) FROM main.gold.fact_usage", &m));
	leak_free(guard);
}

int main(void)
{
	RUN(verbatim_and_near_copies_are_found);
	RUN(ordinary_texts_and_train_questions_pass);
	RUN(values_are_searched_inside);
	RUN(the_match_shows_words_of_the_text);
	RUN(lines_are_put_together);
	RUN(variables_hide_nothing);
	return check_done();
}
