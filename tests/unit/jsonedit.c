#include "check.h"
#include "json.h"
#include "jsonedit.h"
#include "str.h"

#include <stdlib.h>

static struct err err;
static struct str text = STR_INIT;

static struct json *parse(const char *s)
{
	struct err e = { 0 };
	struct json *json = json_parse(s, strlen(s), &e);
	if (!json)
		printf("# %s: %s\n", s, e.text);
	return json;
}

static const char *edit(const char *s, const char *want)
{
	struct json *json = parse(want);
	str_reset(&text);
	str_add(&text, s);
	err_clear(&err);
	bool ok = json_edit(&text, "t.json", json, &err);
	json_free(json);
	return ok ? str_text(&text) : err.text;
}

static const char *inner(const char *s, const char *want)
{
	struct json *json = parse(want);
	str_reset(&text);
	str_add(&text, s);
	err_clear(&err);
	bool ok = json_edit_embedded(&text, "t.json", "s", json, &err);
	json_free(json);
	return ok ? str_text(&text) : err.text;
}

static void test_what_is_equal_stays(void)
{
	CHECK_STR(edit(" { \"b\" :1.10 ,\"a\":\"\\u00E9\\/\"}\r\n", "{\"a\":\"é/\",\"b\":1.1}"),
		  " { \"b\" :1.10 ,\"a\":\"\\u00E9\\/\"}\r\n");
	CHECK_STR(edit("8799999999999999999", "8799999999999999999"), "8799999999999999999");
	CHECK_STR(edit("{\"a\":1, \"n\":1e3}", "{\"a\":2,\"n\":1000}"), "{\"a\":2, \"n\":1e3}");
}

static void test_members(void)
{
	CHECK_STR(edit("{\n  \"z\": 1,\n  \"a\": 2\n}\n", "{\"z\":1,\"a\":2,\"m\":[\"x\",\"y\"]}"),
		  "{\n  \"z\": 1,\n  \"a\": 2,\n  \"m\": [\n    \"x\",\n    \"y\"\n  ]\n}\n");
	CHECK_STR(edit("{\"z\":1,\"a\":2}", "{\"z\":1,\"a\":2,\"m\":true}"), "{\"z\":1,\"a\":2,\"m\":true}");
	CHECK_STR(edit("{\"z\": 1}", "{\"z\":1,\"a\":2}"), "{\"z\": 1, \"a\": 2}");
	/* sorted keys stay sorted */
	CHECK_STR(edit("{\"a\":1,\"c\":2,\"e\":3,\"g\":4}", "{\"a\":1,\"c\":2,\"e\":3,\"g\":4,\"d\":5}"),
		  "{\"a\":1,\"c\":2,\"d\":5,\"e\":3,\"g\":4}");
	CHECK_STR(edit("{\"b\":1,\"c\":2,\"e\":3,\"g\":4}", "{\"b\":1,\"c\":2,\"e\":3,\"g\":4,\"a\":5}"),
		  "{\"a\":5,\"b\":1,\"c\":2,\"e\":3,\"g\":4}");
	CHECK_STR(edit("{ \"a\": 1, \"b\": 2, \"c\": 3 }", "{\"a\":1,\"c\":3}"), "{ \"a\": 1, \"c\": 3 }");
	CHECK_STR(edit("{ \"a\": 1, \"b\": 2 }", "{\"a\":1}"), "{ \"a\": 1 }");
	CHECK_STR(edit("{\n  \"a\": 1\n}", "{}"), "{}");
	CHECK_STR(edit("{\n\t\"a\": {},\n\t\"b\": []\n}", "{\"a\":{\"x\":1},\"b\":[\"y\"]}"),
		  "{\n\t\"a\": {\n\t\t\"x\": 1\n\t},\n\t\"b\": [\n\t\t\"y\"\n\t]\n}");
}

static void test_items(void)
{
	const char *lines = "[\n  { \"id\": \"a\", \"q\": [\"x\"] },\n  { \"id\": \"c\", \"q\": [\"z\"] }\n]";
	CHECK_STR(edit(lines, "[{\"id\":\"a\",\"q\":[\"x\"]},{\"q\":[\"y\", \"w\"],\"id\":\"b\"},"
			      "{\"id\":\"c\",\"q\":[\"z\"]}]"),
		  "[\n  { \"id\": \"a\", \"q\": [\"x\"] },\n  { \"id\": \"b\", \"q\": [\"y\", \"w\"] },\n"
		  "  { \"id\": \"c\", \"q\": [\"z\"] }\n]");
	CHECK_STR(edit(lines, "[{\"id\":\"c\",\"q\":[\"z\"]}]"), "[\n  { \"id\": \"c\", \"q\": [\"z\"] }\n]");
	CHECK_STR(edit(lines, "[{\"id\":\"a\",\"q\":[\"x\"]}]"), "[\n  { \"id\": \"a\", \"q\": [\"x\"] }\n]");
	CHECK_STR(edit("[1,2,3]", "[1,3]"), "[1,3]");
	CHECK_STR(edit("[1, 2, 3, 4]", "[1]"), "[1]");
	CHECK_STR(edit("[1, 2]", "[0,1,2,3]"), "[0, 1, 2, 3]");
	CHECK_STR(edit("[\"a\"]", "[\"a\",\"b\"]"), "[\"a\", \"b\"]");
	CHECK_STR(edit("{\"k\":[\"a\"]}", "{\"k\":[\"a\",\"b\"]}"), "{\"k\":[\"a\",\"b\"]}");
	CHECK_STR(edit("[[1,2],[3]]", "[[3],[1,2]]"), "[[3],[1,2]]");
	CHECK_STR(edit("[{\n \"id\": 1\n}]", "[{\"id\":1},{\"id\":2}]"),
		  "[{\n \"id\": 1\n}, {\n \"id\": 2\n}]");
}

static void test_strings(void)
{
	/* the part that differs, in the document's own way with escapes */
	CHECK_STR(edit("[\"\\u00e9\\/ and x\"]", "[\"é/ or x→\"]"), "[\"\\u00e9\\/ or x\\u2192\"]");
	CHECK_STR(edit("[\"é and \\/x\"]", "[\"é and /x→\\n\"]"), "[\"é and \\/x→\\n\"]");
	CHECK_STR(edit("[\"a \\u0026 b\"]", "[\"a & b < c\"]"), "[\"a \\u0026 b \\u003c c\"]");
	CHECK_STR(edit("[\"a & b\"]", "[\"a & b < c\"]"), "[\"a & b < c\"]");
	CHECK_STR(edit("[\"\\uD83D\\uDE00\"]", "[\"😁\"]"), "[\"\\uD83D\\uDE01\"]");
	/* no character is cut in two: é is C3 A9, è is C3 A8 */
	CHECK_STR(edit("[\"é\"]", "[\"è\"]"), "[\"è\"]");
	CHECK_STR(edit("[\"x\"]", "[\"\\\"\\\\\\t\\u0001\"]"), "[\"\\\"\\\\\\t\\u0001\"]");
}

static void test_line_ends(void)
{
	CHECK_STR(edit("{\r\n  \"b\": 1,\r\n  \"a\": 2\r\n}\r\n", "{\"b\":1,\"a\":2,\"c\":[\"x\"]}"),
		  "{\r\n  \"b\": 1,\r\n  \"a\": 2,\r\n  \"c\": [\r\n    \"x\"\r\n  ]\r\n}\r\n");
	CHECK_STR(edit("{\n  \"a\": 2\n}", "{\"a\":3}"), "{\n  \"a\": 3\n}");
}

static void test_embedded(void)
{
	CHECK_STR(inner("{\"t\": 1.0, \"s\": \"{\\\"a\\\": [1],\\n \\\"b\\\": \\\"x \\u0026\\\"}\"}",
			"{\"a\":[1,2],\"b\":\"x & y\"}"),
		  "{\"t\": 1.0, \"s\": \"{\\\"a\\\": [1, 2],\\n \\\"b\\\": \\\"x \\u0026 y\\\"}\"}");
	CHECK_STR(inner("{\"s\":\"{\\\"a\\\":\\\"\\\\u2192\\\"}\"}", "{\"a\":\"→é\\\"\"}"),
		  "{\"s\":\"{\\\"a\\\":\\\"\\\\u2192\\\\u00e9\\\\\\\"\\\"}\"}");
	CHECK_STR(inner("{\"s\":\"{}\"}", "{\"a\":1}"), "{\"s\":\"{\\\"a\\\": 1}\"}");
}

static void test_refused(void)
{
	CHECK_STR(edit("{\"a\":}", "{}"), "t.json: line 1, column 6: expected a value");
	CHECK_INT(err.code, ERR_DATA);
	CHECK_STR(inner("{\"s\":1}", "{}"), "t.json: s is no text");
	CHECK_STR(inner("{}", "{}"), "t.json: s is no text");
	inner("{\"s\":\"{\"}", "{}");
	CHECK_INT(err.code, ERR_DATA);
	CHECK(starts_with(err.text, "t.json: s: "));
	CHECK_STR(str_text(&text), "{\"s\":\"{\"}");
}

int main(void)
{
	RUN(test_what_is_equal_stays);
	RUN(test_members);
	RUN(test_items);
	RUN(test_strings);
	RUN(test_line_ends);
	RUN(test_embedded);
	RUN(test_refused);
	str_free(&text);
	return check_done();
}
