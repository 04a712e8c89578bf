#include "rows.h"

#include "json.h"
#include "str.h"

#include <stdlib.h>
#include "check.h"

/* The rows of a text, printed one after the other; NULL with err when it fails. */
static char *read_all(const char *text, struct err *err)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	struct rows *rows = rows_from(file, "in");
	struct str out = STR_INIT;
	struct json *row = NULL;
	enum rows_result result;
	while ((result = rows_next(rows, &row, err)) == ROWS_ROW) {
		json_print(row, &out);
		str_addc(&out, '\n');
		json_free(row);
	}
	rows_close(rows);
	fclose(file);
	if (result == ROWS_FAILED) {
		str_free(&out);
		return NULL;
	}
	str_addc(&out, '.');
	return str_take(&out);
}

static void check_rows(const char *text, const char *want)
{
	struct err err = { 0 };
	char *got = read_all(text, &err);
	CHECK_STR(got, want);
	if (!got)
		CHECK_STR(err.text, "");
	free(got);
}

static void check_refused(const char *text, const char *part)
{
	struct err err = { 0 };
	char *got = read_all(text, &err);
	CHECK(got == NULL);
	CHECK_INT(err.code, ERR_DATA);
	if (!strstr(err.text, part))
		CHECK_STR(err.text, part);
	free(got);
}

static void every_container_reads(void)
{
	const char *two = "{\"question_id\":\"a\"}\n{\"question_id\":\"b\"}\n.";
	check_rows("{\"question_id\":\"a\"}\n\n{\"question_id\":\"b\"}", two);
	check_rows("\xEF\xBB\xBF{\"question_id\":\"a\"}\n{\"question_id\":\"b\"}\n", two);
	check_rows("[{\"question_id\":\"a\"},{\"question_id\":\"b\"}]", two);
	check_rows("\n[\n{\"question_id\":\"a\"},\n{\"question_id\":\"b\"}]\n", two);
	check_rows("{\"rows\":[{\"question_id\":\"a\"},{\"question_id\":\"b\"}]}", two);
	check_rows("{\n \"x\":1,\"failures\":[{\"question_id\":\"a\"},{\"question_id\":\"b\"}]\n}", two);
	check_rows("{\"eval_results\":[{\"question_id\":\"a\"},{\"question_id\":\"b\"}]}\n", two);
	check_rows("{\"columns\":[\"question_id\"],\"data\":[[\"a\"],[\"b\"]]}", two);
	check_rows("", ".");
	check_rows("\n \n", ".");
	check_rows("[]", ".");
}

static void flat_columns_become_judges(void)
{
	check_rows("{\"inputs/question_id\":\"q1\",\"inputs/question\":\"How much?\",\"outputs/response\":\"SELECT 1\","
		"\"feedback/schema_accuracy\":\"no\",\"rationale/schema_accuracy\":\"wrong\","
		"\"metadata/schema_accuracy/failure_type\":\"wrong_table\",\"keep/me\":1}",
		"{\"keep/me\":1,\"question_id\":\"q1\",\"question\":\"How much?\",\"genie_sql\":\"SELECT 1\","
		"\"judges\":{\"schema_accuracy\":{\"value\":\"no\",\"rationale\":\"wrong\",\"asi_from\":\"columns\","
		"\"asi\":{\"failure_type\":\"wrong_table\"}}}}\n.");
	check_rows("{\"question_id\":7,\"schema_accuracy_judge/value\":false,\"schema_accuracy_judge/rationale\":\"r\","
		"\"schema_accuracy_judge/metadata\":\"{\\\"blame_set\\\": \\\"a.b, c\\\",\\\"confidence\\\":\\\"0.5\\\"}\"}",
		"{\"question_id\":\"7\",\"judges\":{\"schema_accuracy\":{\"value\":\"no\",\"rationale\":\"r\",\"asi_from\":\"columns\","
		"\"asi\":{\"blame_set\":[\"a.b\",\"c\"],\"confidence\":0.5}}}}\n.");
}

static void shared_metadata_goes_to_failing_judges(void)
{
	check_rows("{\"question_id\":\"a\",\"x/value\":\"no\",\"y/value\":\"yes\",\"metadata/severity\":\"major\"}",
		"{\"question_id\":\"a\",\"judges\":{\"x\":{\"value\":\"no\",\"asi_from\":\"columns\",\"asi\":{\"severity\":\"major\"}},"
		"\"y\":{\"value\":\"yes\"}}}\n.");
}

static void assessments_are_read(void)
{
	check_rows("{\"question_id\":\"a\",\"assessments\":[{\"name\":\"arbiter\",\"feedback\":{\"value\":\"genie_correct\"}}]}",
		"{\"question_id\":\"a\",\"assessments\":[{\"name\":\"arbiter\",\"feedback\":{\"value\":\"genie_correct\"}}],"
		"\"judges\":{\"arbiter\":{\"value\":\"genie_correct\"}}}\n.");
}

static void a_question_without_id_gets_a_stable_one(void)
{
	struct err err = { 0 };
	char *one = read_all("{\"question\":\"How?\"}", &err), *two = read_all("[{\"question\":\"How?\"}]", &err);
	CHECK_STR(one, two);
	CHECK(one && strstr(one, "\"question_id\":\"q_"));
	free(one);
	free(two);
}

static void broken_input_names_its_place(void)
{
	check_refused("{\"question_id\":\"a\"}\n{\"question_id\":\n", "in:2: line 1, column");
	check_refused("{\"question_id\":", "in: line 1, column");
	check_refused("[{\"question_id\":\"a\"},{}]", "in: $[1]: a row without question_id");
	check_refused("{\"rows\":[1]}", "in: $.rows[0]: ");
	check_refused("{\"question_id\":\"a\"}\n{\"question_id\":\"a\",\"judges\":[]}", "in:2: $.judges: expected an object");
	check_refused("3", "expected a row");
}

static void outcomes_follow_the_verdicts(void)
{
	struct { const char *row, *outcome; } cases[] = {
		{ "{}", "fail" },
		{ "{\"outcome\":\"excluded\"}", "excluded" },
		{ "{\"judges\":{\"result_correctness\":{\"value\":\"yes\"}}}", "pass" },
		{ "{\"judges\":{\"result_correctness\":{\"value\":\"no\"},\"arbiter\":{\"value\":\"both_correct\"}}}", "pass" },
		{ "{\"judges\":{\"result_correctness\":{\"value\":\"no\"},\"arbiter\":{\"value\":\"ground_truth_correct\"}}}", "fail" },
		{ "{\"judges\":{\"result_correctness\":{\"value\":\"unknown\"}}}", "fail" },
	};
	for (size_t i = 0; i < countof(cases); i++) {
		struct err err = { 0 };
		struct json *row = json_parse(cases[i].row, strlen(cases[i].row), &err);
		CHECK_STR(row_outcome(row), cases[i].outcome);
		json_free(row);
	}
}

static void the_taxonomy_is_whole(void)
{
	size_t n = 0;
	for (const struct failure_type *t = failure_types; t->name; t++, n++) {
		CHECK(t->lever >= 1 && t->lever <= 6);
		CHECK(severity_rank(t->severity) >= 0);
	}
	CHECK_INT(n, 24);
	CHECK(failure_type_find("wrong_measure")->lever == 2);
	CHECK(!failure_type_find("nonsense"));
	CHECK(severity_rank("fatal") == -1);
}

int main(void)
{
	RUN(every_container_reads);
	RUN(flat_columns_become_judges);
	RUN(shared_metadata_goes_to_failing_judges);
	RUN(assessments_are_read);
	RUN(a_question_without_id_gets_a_stable_one);
	RUN(broken_input_names_its_place);
	RUN(outcomes_follow_the_verdicts);
	RUN(the_taxonomy_is_whole);
	return check_done();
}
