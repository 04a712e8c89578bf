#include "check.h"
#include "json.h"
#include "spacediff.h"
#include "str.h"

static struct str out = STR_INIT;

static const char *differences(const char *then, const char *now, size_t most)
{
	struct err err = { 0 };
	struct json *a = json_parse(then, strlen(then), &err);
	struct json *b = json_parse(now, strlen(now), &err);
	str_reset(&out);
	space_differences(a, b, most, &out);
	json_free(a);
	json_free(b);
	return str_text(&out);
}

static void test_order_of_named_items_does_not_count(void)
{
	CHECK_STR(differences("{\"t\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"v\":1}",
			      "{\"v\":1.0,\"t\":[{\"id\":\"b\"},{\"id\":\"a\"}]}", 3), "");
	CHECK_STR(differences("{\"sql\":[\"a\",\"b\"]}", "{\"sql\":[\"b\",\"a\"]}", 3),
		  "sql changed");
}

static void test_places(void)
{
	const char *then = "{\"tables\":[{\"identifier\":\"a.b.c\",\"column_configs\":"
			   "[{\"column_name\":\"x\",\"exclude\":false}]}],"
			   "\"text\":[{\"id\":\"1\"}]}";
	const char *now = "{\"tables\":[{\"identifier\":\"a.b.c\",\"column_configs\":"
			  "[{\"column_name\":\"x\",\"exclude\":true}]},"
			  "{\"identifier\":\"a.b.d\"}],\"new\":1}";
	CHECK_STR(differences(then, now, 9),
		  "tables[identifier=a.b.c].column_configs[column_name=x].exclude changed, "
		  "tables[identifier=a.b.d] added, text removed, new added");
	CHECK_STR(differences(then, now, 1),
		  "tables[identifier=a.b.c].column_configs[column_name=x].exclude changed "
		  "and 3 more");
}

static void test_other_types(void)
{
	CHECK_STR(differences("{\"a\":[]}", "{\"a\":{}}", 2), "a changed");
	CHECK_STR(differences("{\"a\":[1]}", "{\"a\":[{\"id\":\"x\"}]}", 2), "a changed");
	CHECK_STR(differences("1", "2", 2), "changed");
}

int main(void)
{
	RUN(test_order_of_named_items_does_not_count);
	RUN(test_places);
	RUN(test_other_types);
	str_free(&out);
	return check_done();
}
