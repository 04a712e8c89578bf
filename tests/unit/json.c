#include "json.h"
#include "jsonw.h"
#include "str.h"

#include "check.h"

static struct json *parse(const char *text, struct err *err)
{
	return json_parse(text, strlen(text), err);
}

static void check_round_trip(const char *text)
{
	struct err err = { 0 };
	struct str out = STR_INIT;
	struct json *json = parse(text, &err);
	CHECK(json != NULL);
	json_print(json, &out);
	CHECK_STR(str_text(&out), text);
	str_free(&out);
	json_free(json);
}

static void check_refused(const char *text, const char *part)
{
	struct err err = { 0 };
	struct json *json = parse(text, &err);
	CHECK(json == NULL);
	CHECK_INT(err.code, ERR_DATA);
	if (!strstr(err.text, part))
		CHECK_STR(err.text, part);
	json_free(json);
}

static void numbers_keep_their_text(void)
{
	check_round_trip("[6774555288826001,8799999999999999999,-9223372036854775808,1.10,1e400,0.1]");
	check_round_trip("{\"run_id\":6774555288826001,\"u\":{\"user_id\":8799999999999999999}}");
}

static void ids_read_exactly(void)
{
	struct err err = { 0 };
	int64_t id = 0;
	struct json *json = parse("{\"a\":6774555288826001,\"b\":8799999999999999999,\"c\":1e3,\"d\":9999999999999999999}", &err);
	CHECK(json_need_int(json, "a", &id, &err) && id == 6774555288826001);
	CHECK(json_need_int(json, "b", &id, &err) && id == 8799999999999999999);
	CHECK(json_need_int(json, "c", &id, &err) && id == 1000);
	CHECK(!json_need_int(json, "d", &id, &err));
	CHECK_STR(err.text, "$.d: expected a 64-bit integer, found number");
	json_free(json);
}

static void text_survives(void)
{
	check_round_trip("\"\xC3\xA9 \xF0\x9F\x98\x80 \\\"quoted\\\" \\\\ \\n\"");
	check_round_trip("[\"\\u0001\",\"\\u00015\",{\"\\u0001k\":1}]");
	check_round_trip("{\"\":{},\"a\":[],\"b\":null,\"c\":true,\"d\":false}");
}

static void bad_documents_are_refused(void)
{
	check_refused("", "line 1, column 1");
	check_refused("{\"a\":1,}", "line 1, column 8");
	check_refused("{\n \"a\": tru }", "line 2, column 7");
	check_refused("[1] 2", "text after the value");
	check_refused("{\"a\":1,\"b\":{\"c\":1,\"c\":2}}", "$.b.c: key appears twice");
	check_refused("\"a\\u0000b\"", "column 3: the NUL character");
	check_refused("\"\\ud800x\"", "column 8: lone surrogate");
	check_refused("\"\\ud800\\u0041\"", "column 8: lone surrogate");
	check_refused("\"\\udc00\"", "column 2: lone surrogate");
	check_refused("\"\\u12g4\"", "column 2: bad \\u escape");
	check_refused("\"\\q\"", "column 2: bad escape");
	check_refused("\"\xFF\"", "UTF-8");
	check_refused("[01]", "number");
	check_refused("[1.]", "number");
	check_refused("\"a\nb\"", "control character");
	check_refused("{'a':1}", "expected a string");
	check_refused("[NaN]", "expected a value");
}

static void depth_bombs_are_refused(void)
{
	char bomb[100001];
	struct err err = { 0 };
	memset(bomb, '[', sizeof bomb - 1);
	bomb[sizeof bomb - 1] = '\0';
	CHECK(parse(bomb, &err) == NULL);
	CHECK(strstr(err.text, "nested too deeply") != NULL);
}

static void errors_name_the_path(void)
{
	struct err err = { 0 };
	struct json *json = parse("{\"items\":[0,{\"id\":7,\"odd key\":{}}]}", &err);
	struct json *item = json_at(json_get(json, "items"), 1);
	CHECK(json_need_str(item, "id", &err) == NULL);
	CHECK_STR(err.text, "$.items[1].id: expected a string, found number");
	CHECK(json_need_str(item, "name", &err) == NULL);
	CHECK_STR(err.text, "$.items[1]: no member \"name\" (a string)");
	struct str path = STR_INIT;
	CHECK_STR(json_path(json_get(item, "odd key"), &path), "$.items[1][\"odd key\"]");
	str_free(&path);
	json_free(json);
}

static void trees_change_in_place(void)
{
	struct err err = { 0 };
	struct str out = STR_INIT;
	struct json *json = parse("{\"a\":1,\"b\":2,\"c\":[3,1,2]}", &err);
	json_set_str(json, "b", "two");
	json_set_int(json, "d", 8799999999999999999);
	json_remove(json, "a");
	struct json *moved = json_detach(json_get(json, "c"));
	json_set(json, "e", moved);
	json_replace(json_at(moved, 0), json_new_bool(true));
	struct json *copy = json_dup(moved);
	CHECK(json_equal(copy, moved));
	json_push_str(copy, "x");
	CHECK_STR(json_path(json_at(copy, 3), &out), "$[3]");
	CHECK(!json_equal(copy, moved));
	str_reset(&out);
	json_print(json, &out);
	CHECK_STR(str_text(&out), "{\"b\":\"two\",\"d\":8799999999999999999,\"e\":[true,1,2]}");
	CHECK_STR(json_path(json_at(moved, 2), &out), "$.e[2]");
	json_free(copy);
	json_free(json);
	str_free(&out);
}

static void items_get_any_place(void)
{
	struct err err = { 0 };
	struct json *list = json_parse("[\"a\",\"b\",\"c\"]", 13, &err);
	struct str out = STR_INIT;
	json_free(json_detach(json_at(list, 1)));
	json_insert(list, 1, json_new_str("middle"));
	json_insert(list, 0, json_new_str("first"));
	json_insert(list, 9, json_new_str("last"));
	json_print(list, &out);
	CHECK_STR(str_text(&out), "[\"first\",\"a\",\"middle\",\"c\",\"last\"]");
	json_free(json_detach(json_at(list, 4)));
	json_push_str(list, "end");
	CHECK_STR(json_text(json_at(list, 4)), "end");
	json_free(list);
	str_free(&out);
}

static void formatted_texts_are_whole(void)
{
	static char longest[5001];
	struct json *list = json_new_array();
	memset(longest, 'x', sizeof longest - 1);
	json_push_strf(list, "%d of %s", 1, "2 \"quoted\"");
	json_push_strf(list, "<%s>", longest);
	CHECK_STR(json_text(json_at(list, 0)), "1 of 2 \"quoted\"");
	CHECK_INT(strlen(json_text(json_at(list, 1))), 5002);
	CHECK(ends_with(json_text(json_at(list, 1)), "x>"));
	json_free(list);
}

static void canonical_ignores_key_order(void)
{
	struct err err = { 0 };
	struct str a = STR_INIT, b = STR_INIT;
	struct json *x = parse("{\"b\":{\"z\":1,\"a\":[2]},\"a\":null}", &err);
	struct json *y = parse("{ \"a\" : null, \"b\" : {\"a\":[2],\"z\":1} }", &err);
	json_canonical(x, &a);
	json_canonical(y, &b);
	CHECK_STR(str_text(&a), "{\"a\":null,\"b\":{\"a\":[2],\"z\":1}}");
	CHECK_STR(str_text(&a), str_text(&b));
	CHECK(json_equal(x, y));
	json_free(x);
	json_free(y);
	str_free(&a);
	str_free(&b);
}

static void doubles_read_back(void)
{
	char text[JSON_NUM_SIZE];
	CHECK_STR(json_num_text(0.1, text), "0.1");
	CHECK_STR(json_num_text(100, text), "100");
	CHECK_STR(json_num_text(-0.0, text), "0");
	CHECK_STR(json_num_text(1.0 / 3, text), "0.3333333333333333");
	CHECK_STR(json_num_text(1e21, text), "1e+21");
}

int main(void)
{
	RUN(numbers_keep_their_text);
	RUN(ids_read_exactly);
	RUN(text_survives);
	RUN(bad_documents_are_refused);
	RUN(depth_bombs_are_refused);
	RUN(errors_name_the_path);
	RUN(trees_change_in_place);
	RUN(items_get_any_place);
	RUN(formatted_texts_are_whole);
	RUN(canonical_ignores_key_order);
	RUN(doubles_read_back);
	return check_done();
}
