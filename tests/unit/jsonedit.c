#include "check.h"
#include "json.h"
#include "jsonedit.h"
#include "str.h"
#include <string.h>

#include <stdlib.h>

static struct err err;
static struct str text = STR_INIT;

/* Apostrophes stand for quotes, to keep this legible. */
static const char *q(const char *s)
{
	static struct str ring[4]; /* freed when it comes round */
	static unsigned next;
	struct str *out = &ring[next++ % 4];
	str_free(out);
	str_init(out, 1000);
	for (; *s; s++)
		str_addc(out, *s == '\'' ? '"' : *s);
	return str_text(out);
}

#define EDIT(s, want, result) CHECK_STR(edit(q(s), q(want)), q(result))
#define INNER(s, want, result) CHECK_STR(inner(q(s), q(want)), q(result))

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
	EDIT(" { 'b' :1.10 ,'a':'\\u00E9\\/'}\r\n", "{'a':'é/','b':1.1}",
	     " { 'b' :1.10 ,'a':'\\u00E9\\/'}\r\n");
	EDIT("8799999999999999999", "8799999999999999999", "8799999999999999999");
	EDIT("{'a':1, 'n':1e3}", "{'a':2,'n':1000}", "{'a':2, 'n':1e3}");
}

static void test_members(void)
{
	EDIT("{\n  'z': 1,\n  'a': 2\n}\n", "{'z':1,'a':2,'m':['x','y']}",
	     "{\n  'z': 1,\n  'a': 2,\n  'm': [\n    'x',\n    'y'\n  ]\n}\n");
	EDIT("{'z':1,'a':2}", "{'z':1,'a':2,'m':true}", "{'z':1,'a':2,'m':true}");
	EDIT("{'z': 1}", "{'z':1,'a':2}", "{'z': 1, 'a': 2}");
	/* sorted keys stay sorted */
	EDIT("{'a':1,'c':2,'e':3,'g':4}", "{'a':1,'c':2,'e':3,'g':4,'d':5}",
	     "{'a':1,'c':2,'d':5,'e':3,'g':4}");
	EDIT("{'b':1,'c':2,'e':3,'g':4}", "{'b':1,'c':2,'e':3,'g':4,'a':5}",
	     "{'a':5,'b':1,'c':2,'e':3,'g':4}");
	EDIT("{ 'a': 1, 'b': 2, 'c': 3 }", "{'a':1,'c':3}", "{ 'a': 1, 'c': 3 }");
	EDIT("{ 'a': 1, 'b': 2 }", "{'a':1}", "{ 'a': 1 }");
	EDIT("{\n  'a': 1\n}", "{}", "{}");
	EDIT("{\n\t'a': {},\n\t'b': []\n}", "{'a':{'x':1},'b':['y']}",
	     "{\n\t'a': {\n\t\t'x': 1\n\t},\n\t'b': [\n\t\t'y'\n\t]\n}");
}

static void test_items(void)
{
	const char *lines = "[\n  { 'id': 'a', 'q': ['x'] },\n  { 'id': 'c', 'q': ['z'] }\n]";
	EDIT(lines, "[{'id':'a','q':['x']},{'q':['y', 'w'],'id':'b'},"
	     "{'id':'c','q':['z']}]",
	     "[\n  { 'id': 'a', 'q': ['x'] },\n  { 'id': 'b', 'q': ['y', 'w'] },\n"
	     "  { 'id': 'c', 'q': ['z'] }\n]");
	EDIT(lines, "[{'id':'c','q':['z']}]", "[\n  { 'id': 'c', 'q': ['z'] }\n]");
	EDIT(lines, "[{'id':'a','q':['x']}]", "[\n  { 'id': 'a', 'q': ['x'] }\n]");
	EDIT("[1,2,3]", "[1,3]", "[1,3]");
	EDIT("[1, 2, 3, 4]", "[1]", "[1]");
	EDIT("[1, 2]", "[0,1,2,3]", "[0, 1, 2, 3]");
	EDIT("['a']", "['a','b']", "['a', 'b']");
	EDIT("{'k':['a']}", "{'k':['a','b']}", "{'k':['a','b']}");
	EDIT("[[1,2],[3]]", "[[3],[1,2]]", "[[3],[1,2]]");
	EDIT("[{\n 'id': 1\n}]", "[{'id':1},{'id':2}]",
	     "[{\n 'id': 1\n}, {\n 'id': 2\n}]");
}

static void test_strings(void)
{
	/* the part that differs, in the document's own way with escapes */
	EDIT("['\\u00e9\\/ and x']", "['é/ or x→']", "['\\u00e9\\/ or x\\u2192']");
	EDIT("['é and \\/x']", "['é and /x→\\n']", "['é and \\/x→\\n']");
	EDIT("['a \\u0026 b']", "['a & b < c']", "['a \\u0026 b \\u003c c']");
	EDIT("['a & b']", "['a & b < c']", "['a & b < c']");
	EDIT("['\\uD83D\\uDE00']", "['😁']", "['\\uD83D\\uDE01']");
	/* no character is cut in two: é is C3 A9, è is C3 A8 */
	EDIT("['é']", "['è']", "['è']");
	EDIT("['x']", "['\\'\\\\\\t\\u0001']", "['\\'\\\\\\t\\u0001']");
}

static void test_line_ends(void)
{
	EDIT("{\r\n  'b': 1,\r\n  'a': 2\r\n}\r\n", "{'b':1,'a':2,'c':['x']}",
	     "{\r\n  'b': 1,\r\n  'a': 2,\r\n  'c': [\r\n    'x'\r\n  ]\r\n}\r\n");
	EDIT("{\n  'a': 2\n}", "{'a':3}", "{\n  'a': 3\n}");
}

static void test_embedded(void)
{
	INNER("{'t': 1.0, 's': '{\\'a\\': [1],\\n \\'b\\': \\'x \\u0026\\'}'}",
	      "{'a':[1,2],'b':'x & y'}",
	     "{'t': 1.0, 's': '{\\'a\\': [1, 2],\\n \\'b\\': \\'x \\u0026 y\\'}'}");
	INNER("{'s':'{\\'a\\':\\'\\\\u2192\\'}'}", "{'a':'→é\\''}",
	     "{'s':'{\\'a\\':\\'\\\\u2192\\\\u00e9\\\\\\'\\'}'}");
	INNER("{'s':'{}'}", "{'a':1}", "{'s':'{\\'a\\': 1}'}");
}

static void test_refused(void)
{
	EDIT("{'a':}", "{}", "t.json: line 1, column 6: expected a value");
	CHECK_INT(err.code, ERR_DATA);
	INNER("{'s':1}", "{}", "t.json: s is no text");
	INNER("{}", "{}", "t.json: s is no text");
	inner(q("{'s':'{'}"), "{}");
	CHECK_INT(err.code, ERR_DATA);
	CHECK(starts_with(err.text, "t.json: s: "));
	CHECK_STR(str_text(&text), q("{'s':'{'}"));
}

static void a_part_has_a_line(void)
{
	static const char doc[] = "{\n \"a\": [1,\n {\"b\":\n \"a\"}],\n\"c\": {}}\n";
	struct json *json = json_parse(doc, strlen(doc), &err), *other = json_new_object();
	CHECK_INT(json_edit_line(doc, json, json), 1);
	CHECK_INT(json_edit_line(doc, json, json_get(json, "a")), 2);
	CHECK_INT(json_edit_line(doc, json, json_at(json_get(json, "a"), 1)), 3);
	CHECK_INT(json_edit_line(doc, json, json_get(json_at(json_get(json, "a"), 1), "b")), 3);
	CHECK_INT(json_edit_line(doc, json, json_get(json, "c")), 5);
	CHECK_INT(json_edit_line(doc, json, other), 0);
	json_free(json);
	json_free(other);
}

static void test_lines(void)
{
	static const char text_of[] = "{\n \"a\": 1,\n \"b\": {\"x\": 0,\n  \"c\": [\n1]}}\n";
	CHECK_INT(json_edit_path_line(text_of, "a"), 2);
	CHECK_INT(json_edit_path_line(text_of, "b"), 3);
	CHECK_INT(json_edit_path_line(text_of, "b.c"), 4);
	CHECK_INT(json_edit_path_line(text_of, "b.d.e"), 3);
	CHECK_INT(json_edit_path_line(text_of, "b.c.e"), 4);
	CHECK_INT(json_edit_path_line(text_of, ""), 1);
	CHECK_INT(json_edit_path_line("{\n", "a"), 1);
}

int main(void)
{
	RUN(test_lines);
	RUN(test_what_is_equal_stays);
	RUN(test_members);
	RUN(test_items);
	RUN(test_strings);
	RUN(test_line_ends);
	RUN(test_embedded);
	RUN(test_refused);
	str_free(&text);
	RUN(a_part_has_a_line);
	return check_done();
}
