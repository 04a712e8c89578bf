#include "check.h"
#include "editpy.h"
#include "str.h"
#include <stdlib.h>

static struct err err;
static struct str text = STR_INIT;

static const char *set(const char *s, const char *key, const char *value)
{
	str_reset(&text);
	str_add(&text, s);
	err_clear(&err);
	return edit_py_set(&text, "m.py", "D", key, value, &err) ? str_text(&text) : err.text;
}

static void test_values(void)
{
	CHECK_STR(set("D = {\n    \"a\": \"x\",  # why\n    'b': 'y',\n}\n", "a", "say \"hi\""),
		"D = {\n    \"a\": \"say \\\"hi\\\"\",  # why\n    'b': 'y',\n}\n");
	CHECK_STR(set("D = {'b': 'y'}\n", "b", "it's\nnew"), "D = {'b': 'it\\'s\\nnew'}\n");
	CHECK_STR(set("D: dict[str, str] = {\"a\": (\"one \"\n   \"two\"), \"b\": \"c\"}\n", "a", "x"),
		"D: dict[str, str] = {\"a\": \"x\", \"b\": \"c\"}\n");
	CHECK_STR(set("D = {\"a\": \"\"\"t\"\"\"}\n", "a", "x"), "D = {\"a\": \"x\"}\n");
	CHECK_STR(set("D = {\"a\": \"ä\"}\n", "a", "ö"), "D = {\"a\": \"ö\"}\n");
}

static void test_new_keys(void)
{
	CHECK_STR(set("D = {\n    \"a\": \"x\",  # {\n    # \"c\" is to come\n}\n", "c", "y"),
		"D = {\n    \"a\": \"x\",  # {\n    \"c\": \"y\",\n    # \"c\" is to come\n}\n");
	CHECK_STR(set("D = {\r\n  'a': 'x'\r\n}\r\n", "c", "y"), "D = {\r\n  'a': 'x',\r\n  'c': 'y',\r\n}\r\n");
	CHECK_STR(set("D = {}\n", "c", "y"), "D = {\"c\": \"y\"}\n");
	CHECK_STR(set("D = {\"a\": \"x\"}\n", "c", "y"), "D = {\"a\": \"x\", \"c\": \"y\"}\n");
	CHECK_STR(set("D = {\n    \"a\": {\"c\": \"inner\"},\n}\n", "c", "y"),
		"D = {\n    \"a\": {\"c\": \"inner\"},\n    \"c\": \"y\",\n}\n");
}

static void test_refusals(void)
{
	CHECK_STR(set("# D = {\"a\": \"x\"}\ns = 'D = {'\n", "a", "y"), "m.py: no dict D = {...}");
	CHECK_STR(set("D = {\n\"a\": f\"{x}\"}\n", "a", "y"), "m.py:2: D[\"a\"] is no plain string");
	CHECK_STR(set("D = {\"a\": TEXT}\n", "a", "y"), "m.py:1: D[\"a\"] is no plain string");
	CHECK_STR(set("D = {\"a\": \"x\"", "a", "y"), "m.py: no dict D = {...}");
	CHECK_INT(err.code, ERR_DATA);
}

static void test_reading(void)
{
	str_reset(&text);
	str_add(&text, "\"\"\"D = {'a': 'doc'}\"\"\"\nE = {}\nD = {'a': r'\\d', 'b': 'x' 'y'}\n");
	char *a = edit_py_get(&text, "D", "a"), *b = edit_py_get(&text, "D", "b");
	CHECK_STR(a, "\\d");
	CHECK_STR(b, "xy");
	CHECK(!edit_py_get(&text, "D", "c"));
	CHECK(edit_py_has_key(&text, "D", "b") && !edit_py_has_key(&text, "D", "c"));
	CHECK(edit_py_has(&text, "E") && !edit_py_has(&text, "F"));
	free(a);
	free(b);
}

int main(void)
{
	RUN(test_values);
	RUN(test_new_keys);
	RUN(test_refusals);
	RUN(test_reading);
	str_free(&text);
	return check_done();
}
