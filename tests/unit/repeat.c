#include "repeat.h"

#include "check.h"
#include "json.h"

#include <math.h>

static void shares(void)
{
	static const char *const same[] = { "a", "a", "a" }, *const two[] = { "b", "a", "a" },
		*const none[] = { "a", "b", NULL };
	struct repeat_share s = repeat_share(two, 3);
	CHECK(fabs(s.percent - 66.6667) < 1e-3 && s.distinct == 2 && s.first == 1);
	CHECK(fabs(repeat_share(same, 3).percent - 100) < 1e-9);
	CHECK(repeat_share(none, 3).distinct == 3);
	CHECK(isnan(repeat_share(none, 0).percent));
}

static void classes_begin_where_the_design_says(void)
{
	CHECK(repeat_class_of(100) == REPEAT_IDENTICAL && repeat_class_of(99) == REPEAT_MINOR);
	CHECK(repeat_class_of(70) == REPEAT_MINOR && repeat_class_of(69.9) == REPEAT_SIGNIFICANT);
	CHECK(repeat_class_of(50) == REPEAT_SIGNIFICANT && repeat_class_of(49.9) == REPEAT_CRITICAL);
}

static struct json *row(const char *text)
{
	struct err err = { 0 };
	struct json *json = json_parse(text, strlen(text), &err);
	CHECK(json != NULL);
	return json;
}

static void an_unsteady_question_is_blamed_on_both_tables(void)
{
	struct json *rows[] = {
		row("{\"question_id\":\"q\",\"question\":\"total cost\",\"asset\":\"MV\",\"outcome\":\"pass\","
		    "\"sql_hash\":\"1\",\"genie_sql\":\"SELECT MEASURE(c) FROM main.gold.mv_cost\"}"),
		row("{\"question_id\":\"q\",\"question\":\"total cost\",\"asset\":\"TABLE\",\"outcome\":\"fail\","
		    "\"sql_hash\":\"2\",\"genie_sql\":\"SELECT SUM(c) FROM main.gold.fact_usage\"}"),
		row("{\"question_id\":\"q\",\"question\":\"total cost\",\"outcome\":\"excluded\"}"),
	};
	repeat_judge(rows, 3);
	const struct json *judge = json_dig(rows[0], "judges.repeatability");
	CHECK_STR(json_str_or(judge, "value", ""), "no");
	CHECK_STR(json_str_or(json_get(judge, "asi"), "failure_type", ""), "repeatability_issue");
	CHECK(json_len(json_dig(judge, "asi.blame_set")) == 2);
	CHECK(json_get(rows[2], "judges") == NULL);
	for (size_t i = 0; i < 3; i++)
		json_free(rows[i]);
}

static void one_asking_proves_nothing(void)
{
	struct json *one = row("{\"question_id\":\"q\",\"question\":\"x\",\"outcome\":\"pass\",\"sql_hash\":\"1\"}");
	repeat_judge(&one, 1);
	CHECK(json_get(one, "judges") == NULL);
	json_free(one);
}

int main(void)
{
	RUN(shares);
	RUN(classes_begin_where_the_design_says);
	RUN(an_unsteady_question_is_blamed_on_both_tables);
	RUN(one_asking_proves_nothing);
	return check_done();
}
