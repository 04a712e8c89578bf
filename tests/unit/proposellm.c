#include "proposellm.h"

#include "json.h"
#include "llmjson.h"
#include "mem.h"
#include "patch.h"
#include "prompt.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>
#include "check.h"

/* ---- the request ---- */

static struct json *parse(const char *text)
{
	struct err err = { 0 };
	return json_parse(text, strlen(text), &err);
}

static struct json *request_for(int lever, const char *evidence)
{
	struct prompt prompt = { .path = (char *)"p.md", .system = (char *)"Rules.",
		.user = (char *)"{{lever}} {{max_patches}}\n{{types}}"
			"{{marker}} begin\n{{evidence}}\n{{marker}} end" };
	struct json *json = parse(evidence);
	struct proposellm_input input = { .lever = lever, .max_patches = 7, .evidence = json };
	struct err err = { 0 };
	struct json *request = proposellm_request(&input, &prompt, &err);
	CHECK(request != NULL);
	json_free(json);
	return request;
}

static const char *user_of(const struct json *request)
{
	return json_str_or(json_at(json_get(request, "messages"), 1), "content", "");
}

static void the_same_input_gives_the_same_bytes(void)
{
	struct json *one = request_for(3, "{\"a\":[\"x\"]}");
	struct json *two = request_for(3, "{\"a\":[\"x\"]}");
	struct str a = STR_INIT, b = STR_INIT;
	json_print(one, &a);
	json_print(two, &b);
	CHECK_STR(str_text(&a), str_text(&b));
	CHECK(starts_with(user_of(one),
		"3 7\n- update_tvf_comment (low risk): target, new_text\n"));
	CHECK(ends_with(user_of(one),
		"begin\n{\n \"a\": [\n  \"x\"\n ]\n}\nevidence-8a9e55999cda end"));
	json_free(one);
	json_free(two);
	str_free(&a);
	str_free(&b);
}

static void the_types_are_those_of_the_table(void)
{
	for (int lever = 1; lever <= 6; lever++) {
		char *types = proposellm_types(lever);
		struct json *schema = proposellm_schema(lever);
		const struct json *names = json_dig(schema,
			"properties.patches.items.properties.type.enum");
		const struct patch_type *type;
		size_t n = 0;
		for (size_t i = 0; (type = patch_type_at(i)); i++) {
			char *line = xasprintf("- %s (%s risk): ", type->name,
				patch_risk_text(type->risk));
			CHECK((strstr(types, line) != NULL) == patch_type_serves(type, lever));
			n += patch_type_serves(type, lever);
			free(line);
		}
		CHECK_INT(json_len(names), n);
		json_free(schema);
		free(types);
	}
}

static void no_evidence_can_close_the_fence(void)
{
	char first[PROPOSELLM_MARKER], second[PROPOSELLM_MARKER];
	CHECK_STR(proposellm_marker("x", first), proposellm_marker("x", second));
	CHECK(!streq(first, proposellm_marker("y", second)));
	CHECK(starts_with(first, "evidence-") && strlen(first) == 21);
	/* texts that hold every marker that another one of them gets */
	struct str all = STR_INIT;
	for (int i = 0; i < 200; i++) {
		str_addf(&all, "%s ", proposellm_marker(str_text(&all), first));
		CHECK(!strstr(str_text(&all), proposellm_marker(str_text(&all), second)));
	}
	str_free(&all);
}

static void a_value_that_is_not_there_is_named(void)
{
	struct prompt prompt = { .path = (char *)"p.md", .system = (char *)"{{weather}}",
		.user = (char *)"x" };
	struct json *json = json_new_object();
	struct proposellm_input input = { .lever = 1, .max_patches = 7, .evidence = json };
	struct err err = { 0 };
	CHECK(!proposellm_request(&input, &prompt, &err));
	CHECK_INT(err.code, ERR_DATA);
	CHECK(strstr(err.text, "{{weather}}") != NULL);
	json_free(json);
}

/* ---- the answer ---- */

/* JSON is easier to read with single quotes. */
static char *quoted(const char *text)
{
	char *copy = xstrdup(text);
	for (char *s = copy; *s; s++)
		*s = *s == '\'' ? '"' : *s;
	return copy;
}

static void reads_as(const char *said, const char *wanted)
{
	struct err err = { 0 };
	char *content = quoted(said), *expected = quoted(wanted);
	struct json *list = proposellm_read(content, &err);
	struct str text = STR_INIT;
	if (list)
		json_print(list, &text);
	else
		CHECK_INT(err.code, ERR_DATA);
	CHECK_STR(list ? str_text(&text) : "refused", expected);
	str_free(&text);
	json_free(list);
	free(content);
	free(expected);
}

static void text_around_the_answer_does_not_matter(void)
{
	static const char *const around[] = { "%s", "```json\n%s\n```", "{'patches':%s}",
		"<think>[{'type':'add_table'}] or [ not?</think>\n%s", "Sure {really}: [1] %s.",
		"\xEF\xBB\xBF %s  " };
	const char *answer = "[{'type':'add_instruction','new_text':' Say [x] ',"
		"'questions':['a'],'confidence':0.7,'target':''}]";
	for (size_t i = 0; i < countof(around); i++) {
		const char *at = strstr(around[i], "%s");
		char *text = xasprintf("%.*s%s%s", (int)(at - around[i]), around[i], answer,
			at + 2);
		reads_as(text, "[{'type':'add_instruction','new_text':'Say [x]',"
			"'questions':['a'],'confidence':0.7}]");
		free(text);
	}
}

static void nothing_is_an_answer_and_a_piece_is_none(void)
{
	reads_as("[]", "[]");
	reads_as("{'patches': []}", "[]");
	reads_as("", "refused");
	reads_as("No patch helps.", "refused");
	reads_as("[{'type':'add_table','questions':[]", "refused");
	reads_as("[1, 2]", "refused");
	reads_as("{'value':'yes'}", "refused");
}

static void only_members_of_the_type_are_taken(void)
{
	reads_as("[{'type':'hide_column','target':'a.b.c','column':'d',"
		"'new_text':'x','risk':'low','live':{'statement':'DROP'},"
		"'repo':{'file':'/etc'},'value':{'sql':'1'},'':'x'}]",
		"[{'type':'hide_column','target':'a.b.c','column':'d','confidence':0.5}]");
	reads_as("[{'type':'add_column_description','new_text':'x','confidence':7}]",
		"[{'type':'add_column_comment','new_text':'x','confidence':1}]");
	reads_as("[{'type':'drop','new_text':'x'}]", "[{'type':'drop','confidence':0.5}]");
}

static void items_get_the_form_of_a_space(void)
{
	reads_as("[{'type':'add_join','value':{'id':'x','left':'a.b.c',"
		"'right':{'identifier':'a.b.d','alias':'e'},'sql':['1 = 1','--rt--'],"
		"'comment':''}}]",
		"[{'type':'add_join','value':{'left':{'identifier':'a.b.c','alias':'c'},"
		"'right':{'identifier':'a.b.d','alias':'e'},'sql':['1 = 1\\n','--rt--']},"
		"'confidence':0.5}]");
	reads_as("[{'type':'update_mv_measure','value':{'synonyms':['a',3,''],"
		"'expr':'SUM(x)','sql':'1'}}]",
		"[{'type':'update_mv_measure','value':{'synonyms':['a'],'expr':'SUM(x)'},"
		"'confidence':0.5}]");
}

static void too_many_patches_are_cut(void)
{
	struct str text = STR_INIT;
	struct err err = { 0 };
	for (int i = 0; i < 3 * PROPOSELLM_MAX_PATCHES; i++)
		str_addf(&text, "%s{\"type\":\"add_table\"}", i ? "," : "[");
	str_addc(&text, ']');
	struct json *list = proposellm_read(str_text(&text), &err);
	CHECK_INT(json_len(list), PROPOSELLM_MAX_PATCHES);
	json_free(list);
	str_free(&text);
}

static bool is_any(const struct json *json)
{
	return json != NULL;
}

static void brackets_without_end_take_no_time(void)
{
	char *text = xcalloc(1, 300001);
	memset(text, '[', 300000);
	CHECK(llmjson_find(text, "{[", is_any) == NULL);
	free(text);
	struct json *last = llmjson_find("{\"a\":1} then {\"a\":2} [", "{", is_any);
	CHECK_INT(json_int_or(last, "a", 0), 2);
	json_free(last);
}

int main(void)
{
	RUN(the_same_input_gives_the_same_bytes);
	RUN(the_types_are_those_of_the_table);
	RUN(no_evidence_can_close_the_fence);
	RUN(a_value_that_is_not_there_is_named);
	RUN(text_around_the_answer_does_not_matter);
	RUN(nothing_is_an_answer_and_a_piece_is_none);
	RUN(only_members_of_the_type_are_taken);
	RUN(items_get_the_form_of_a_space);
	RUN(too_many_patches_are_cut);
	RUN(brackets_without_end_take_no_time);
	return check_done();
}
