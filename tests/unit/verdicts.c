#include "verdicts.h"

#include "json.h"
#include "rows.h"
#include "str.h"

#include <stdio.h>
#include <string.h>
#include "check.h"

static struct verdicts v;

/* The text with double quotes where it has single ones. */
static const char *json_of(const char *text)
{
	static char out[2048];
	snprintf(out, sizeof out, "%s", text);
	for (char *p = out; *p; p++)
		if (*p == '\'')
			*p = '"';
	return out;
}

static bool line(const char *quoted)
{
	const char *text = json_of(quoted);
	return verdicts_of_line(&v, text, strlen(text));
}

static bool row(const char *quoted)
{
	const char *text = json_of(quoted);
	static struct json *json;
	struct err err = { 0 };
	json_free(json);
	json = json_parse(text, strlen(text), &err);
	bool ok = json && row_normalise(json, &err);
	if (ok)
		verdicts_of_row(&v, json);
	return ok;
}

static const char one[] =
	"{'question_id':'q1','question':'say "
	"\\'x\\'','split':'val','asset':'MV','judges':{"
	"'zeta':{'value':'no','rationale':'z'},"
	"'syntax_validity':{'value':'yes','rationale':'fine'},"
	"'schema_accuracy':{'value':'no','rationale':'r','asi':{'failure_type':'wrong_column',"
	"'severity':'major','confidence':0.75,'blame_set':['t.a','t.b'],"
	"'counterfactual_fix':'do','wrong_clause':'SELECT'}}}}";

static void check_one(void)
{
	CHECK_STR(v.question_id, "q1");
	CHECK_STR(v.outcome, "fail");
	CHECK_STR(v.split, "val");
	CHECK_STR(verdicts_text(&v, &v.question), "say \"x\"");
	CHECK_INT(v.n, 2);
	CHECK_STR(v.v[0].judge, "schema_accuracy");
	CHECK_STR(v.v[0].failure_type, "wrong_column");
	CHECK(v.v[0].confidence == 0.75 && v.v[0].has_asi);
	CHECK_INT(v.v[0].nblame, 2);
	CHECK_STR(v.v[0].blame[1], "t.b");
	CHECK_STR(v.v[1].judge, "zeta");
	CHECK(!v.v[1].has_asi && v.v[1].confidence < 0);
}

static void a_line_and_its_row_say_the_same(void)
{
	CHECK(line(one));
	check_one();
	CHECK(row(one));
	check_one();
}

static void other_forms_are_left_to_the_row(void)
{
	CHECK(!line("{'inputs/question_id':'q','feedback/x':'no'}"));
	CHECK(!line("{'question_id':'q','assessments':[]}"));
	CHECK(!line("{'question_id':'q','judges':{'x':{'value':'No'}}}"));
	CHECK(!line("{'question_id':'q','judges':{'x_judge':{'value':'no'}}}"));
	CHECK(!line("{'question_id':'q','judges':{'x':{'value':'no'},'x':{'value':'no'}}}"));
	CHECK(!line("{'question_id':7}"));
	CHECK(!line("{'question_id':'q','judges':{'x':{'value':'no',"
		    "'asi':{'blame_set':'a, b'}}}}"));
	CHECK(!line("{'question_id':'q'} x"));
}

static void asi_says_where_it_came_from(void)
{
	CHECK(row("{'question_id':'q','feedback/x':'no','metadata/x/failure_type':'wrong_join'}"));
	CHECK_STR(verdict_source_name(v.v[0].source), "columns");
	CHECK(row("{'question_id':'q','assessments':[{'assessment_name':'x',"
		  "'feedback':{'value':'no'},"
		  "'metadata':{'failure_type':'wrong_join','blame_set':'[\\'t\\']'}}]}"));
	CHECK_STR(verdict_source_name(v.v[0].source), "assessments");
	CHECK_STR(v.v[0].blame[0], "t");
}

static void a_trace_is_a_row(void)
{
	CHECK(row("{'trace':{'trace_info':{"
		  "'request_preview':'{\\'question_id\\':\\'q7\\',\\'question\\':\\'how?\\'}',"
		  "'response_preview':'\\'SELECT 1\\'','assessments':["
		  "{'assessment_name':'a','create_time':'2026-01-01T00:00:00Z',"
		  "'feedback':{'value':'yes'}},"
		  "{'assessment_name':'a','create_time':'2026-01-02T00:00:00Z',"
		  "'feedback':{'value':false}},"
		  "{'assessment_name':'b','feedback':{'value':'no'},'valid':false},"
		  "{'assessment_name':'expected_response','expectation':{'value':'SELECT "
		  "2'}}]}}}"));
	CHECK_STR(v.question_id, "q7");
	CHECK_STR(verdicts_text(&v, &v.genie_sql), "SELECT 1");
	CHECK_INT(v.n, 1);
	CHECK_STR(v.v[0].judge, "a");
}

int main(void)
{
	RUN(a_line_and_its_row_say_the_same);
	RUN(other_forms_are_left_to_the_row);
	RUN(asi_says_where_it_came_from);
	RUN(a_trace_is_a_row);
	verdicts_free(&v);
	return check_done();
}
