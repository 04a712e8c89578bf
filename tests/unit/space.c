/* lib/space.c and lib/spacecheck.c: reading, sorting, migrating, checking. */
#include "space.h"

#include "check.h"
#include "json.h"
#include "spacecheck.h"
#include "str.h"

#include <stdlib.h>

#define ID_A "0000000000000000000000000000000a"
#define ID_B "0000000000000000000000000000000b"

static bool parse(struct space *space, const char *text, struct err *err)
{
	return space_parse(space, text, strlen(text), "s.json", err);
}

static struct json *json_of(const char *text)
{
	struct err err = { 0 };
	struct json *json = json_parse(text, strlen(text), &err);
	if (!json)
		printf("# %s\n", err.text);
	return json;
}

static void plain_and_wrapped(void)
{
	static const char *const texts[] = {
		"{\"version\":2,\"data_sources\":{}}",
		"{\"title\":\"T\",\"space_id\":\"x\",\"serialized_space\":{\"version\":2,\"data_sources\":{}}}",
		"{\"title\":\"T\",\"serialized_space\":\"{\\\"version\\\":2,\\\"data_sources\\\":{}}\"}",
		"{\"space_id\":\"x\",\"config\":{\"version\":2,\"data_sources\":{}},\"config_raw\":\"\"}",
	};
	for (size_t i = 0; i < countof(texts); i++) {
		struct space space;
		struct err err = { 0 };
		CHECK(parse(&space, texts[i], &err));
		CHECK_INT(space.wrapper, i);
		CHECK_INT(space.version, 2);
		CHECK(json_is(json_get(space.config, "data_sources"), JSON_OBJECT));
		CHECK_STR(space.title, i == 1 || i == 2 ? "T" : NULL);
		space_free(&space);
	}
}

static void refuses(const char *text, const char *part)
{
	struct space space;
	struct err err = { 0 };
	CHECK(!parse(&space, text, &err));
	CHECK_INT(err.code, ERR_DATA);
	CHECK(strstr(err.text, "s.json: ") == err.text);
	if (!strstr(err.text, part))
		CHECK_STR(err.text, part);
	space_free(&space);
}

static void strangers_are_refused(void)
{
	refuses("{'version': 1}", "line 1");
	refuses("{\n\"version\": 1,\n 'a': 2}", "line 3");
	refuses("[]", "expected an object, found array");
	refuses("{}", "it has: nothing");
	refuses("{\"space_configuration\":{},\"display_name\":1}", "it has: space_configuration");
	refuses("{\"version\":3}", "version must be 1 or 2");
	refuses("{\"version\":2,\"data_sources\":[]}", "data_sources is array");
	refuses("{\"serialized_space\":\"{\"}", "in the text of serialized_space");
	refuses("{\"serialized_space\":[]}", "serialized_space is array");
}

static void prints_as_read(const char *text)
{
	struct space space;
	struct err err = { 0 };
	struct str out = STR_INIT;
	CHECK(parse(&space, text, &err));
	space_print(&space, &out);
	CHECK_STR(str_text(&out), text);
	str_free(&out);
	space_free(&space);
}

static void layout_survives(void)
{
	prints_as_read("{\"version\":2,\"later\":[1.10,8799999999999999999]}");
	prints_as_read("{\n  \"version\": 2,\n  \"config\": {\n    \"x\": 1\n  }\n}\n");
	prints_as_read("{\n    \"title\": \"T\",\n    \"serialized_space\": \"{\\\"version\\\":1}\"\n}");
}

static void sorting(void)
{
	struct json *config = json_of("{\"data_sources\":{\"tables\":["
		"{\"identifier\":\"b\",\"column_configs\":[{\"column_name\":\"z\"},{\"column_name\":\"a\"}]},"
		"{\"identifier\":\"a\",\"n\":1},{\"identifier\":\"a\",\"n\":2}]},"
		"\"instructions\":{\"sql_functions\":[{\"id\":\"1\",\"identifier\":\"q\"},"
		"{\"id\":\"1\",\"identifier\":\"p\"}],\"example_question_sqls\":["
		"{\"id\":\"9\",\"parameters\":[{\"name\":\"y\"},{\"name\":\"x\"}]}]}}");
	struct str out = STR_INIT;
	CHECK(space_sort(config));
	CHECK(!space_sort(config));
	json_print(config, &out);
	CHECK_STR(str_text(&out), "{\"data_sources\":{\"tables\":[{\"identifier\":\"a\",\"n\":1},"
		"{\"identifier\":\"a\",\"n\":2},{\"identifier\":\"b\",\"column_configs\":["
		"{\"column_name\":\"a\"},{\"column_name\":\"z\"}]}]},\"instructions\":{\"sql_functions\":["
		"{\"id\":\"1\",\"identifier\":\"p\"},{\"id\":\"1\",\"identifier\":\"q\"}],"
		"\"example_question_sqls\":[{\"id\":\"9\",\"parameters\":[{\"name\":\"x\"},"
		"{\"name\":\"y\"}]}]}}");
	str_free(&out);
	json_free(config);
}

static void migration(void)
{
	struct json *config = json_of("{\"version\":1,\"new\":{\"k\":1}}");
	struct json *columns = json_of("{\"version\":1,\"data_sources\":{\"tables\":[{\"identifier\":"
		"\"t\",\"column_configs\":[{\"column_name\":\"c\",\"get_example_values\":true,"
		"\"build_value_dictionary\":false,\"mine\":1}]}]}}");
	struct str out = STR_INIT;
	CHECK(space_migrate(config));
	CHECK(!space_migrate(config));
	json_print(config, &out);
	CHECK_STR(str_text(&out), "{\"version\":2,\"new\":{\"k\":1},\"data_sources\":{}}");
	str_reset(&out);
	CHECK(space_migrate(columns));
	json_canonical(columns, &out);
	CHECK_STR(str_text(&out), "{\"data_sources\":{\"tables\":[{\"column_configs\":[{"
		"\"column_name\":\"c\",\"enable_entity_matching\":false,"
		"\"enable_format_assistance\":true,\"mine\":1}],\"identifier\":\"t\"}]},\"version\":2}");
	str_free(&out);
	json_free(config);
	json_free(columns);
}

static void ids_are_new_and_repeatable(void)
{
	char a[SPACE_ID_SIZE], b[SPACE_ID_SIZE], c[SPACE_ID_SIZE];
	struct json *config = json_of("{\"instructions\":{\"sql_functions\":[]}}");
	struct json *member = json_new_object();
	space_new_id(config, "seed", a);
	CHECK(space_id_ok(a));
	json_set_str(member, "id", a);
	json_push(json_dig(config, "instructions.sql_functions"), member);
	space_new_id(config, "seed", b);
	CHECK(space_id_ok(b) && !streq(a, b));
	CHECK_STR(space_new_id(config, "seed", c), b);
	CHECK(!space_id_ok("0000000000000000000000000000000A") && !space_id_ok("sq-001"));
	json_free(config);
}

static void hash_ignores_order(void)
{
	char a[SHA256_HEX], b[SHA256_HEX], id[SPACE_CONFIG_ID_SIZE];
	struct json *one = json_of("{\"version\":2,\"benchmarks\":{\"questions\":[{\"id\":\"b\"},{\"id\":\"a\"}]}}");
	struct json *two = json_of("{\"benchmarks\":{\"questions\":[{\"id\":\"a\"},{\"id\":\"b\"}]},\"version\":2}");
	struct json *uc = json_of("{\"columns\":[]}");
	CHECK_STR(space_hash(one, NULL, a), space_hash(two, NULL, b));
	CHECK(!streq(space_hash(one, uc, b), a));
	CHECK_INT(strlen(space_config_id(a, id)), 12);
	CHECK(strncmp(id, a, 12) == 0);
	json_free(one);
	json_free(two);
	json_free(uc);
}

static void finds(const char *text, const char *code, const char *path, const char *part)
{
	struct json *config = json_of(text);
	struct space_problems problems = { NULL, 0, 0 };
	const struct space_problem *found;
	CHECK(!space_check(config, &problems));
	found = space_problems_find(&problems, code);
	CHECK(found != NULL);
	if (found) {
		CHECK_STR(found->path, path);
		if (!strstr(found->text, part))
			CHECK_STR(found->text, part);
	}
	space_problems_free(&problems);
	json_free(config);
}

static void rules(void)
{
	finds("{\"version\":2,\"data_sources\":{\"tables\":[{\"identifier\":\"c.s.b\"},"
		"{\"identifier\":\"c.s.a\"}]}}", "unsorted", "$.data_sources.tables",
		"data_sources.tables must be sorted by identifier");
	finds("{\"version\":2,\"data_sources\":{\"tables\":[{\"identifier\":\"s.b\"}]}}",
		"bad_identifier", "$.data_sources.tables[0].identifier", "three levels");
	finds("{\"version\":2,\"data_sources\":{\"tables\":[{\"identifier\":\"a.s.b\",\"column_configs\":["
		"{\"column_name\":\"x\"},{\"column_name\":\"x\"}]}]}}", "duplicate_name",
		"$.data_sources.tables[0].column_configs[1].column_name", "column_name 'x'");
	finds("{\"version\":2,\"config\":{\"sample_questions\":[{\"id\":\"sq-1\",\"question\":[]}]}}",
		"bad_id", "$.config.sample_questions[0].id", "32 lowercase");
	finds("{\"version\":2,\"config\":{\"sample_questions\":[{\"id\":\"" ID_A "\",\"question\":[]}]},"
		"\"benchmarks\":{\"questions\":[{\"id\":\"" ID_A "\",\"question\":[]}]}}", "duplicate_id",
		"$.benchmarks.questions[0].id", "twice");
	finds("{\"version\":2,\"colour\":1}", "unknown_field", "$.colour", "Cannot find field: colour");
	finds("{\"version\":2,\"config\":{\"sample_questions\":[{\"id\":\"" ID_A "\"}]}}", "missing",
		"$.config.sample_questions[0]", "question is missing");
	finds("{\"version\":2,\"config\":{\"sample_questions\":[{\"id\":1,\"question\":\"x\"}]}}",
		"wrong_type", "$.config.sample_questions[0].id", "expected string, found number");
	finds("{\"version\":2,\"benchmarks\":{\"questions\":[{\"id\":\"" ID_A "\",\"question\":[],"
		"\"answer\":[]}]}}", "bad_answer", "$.benchmarks.questions[0].answer", "exactly one");
	finds("{\"version\":2,\"instructions\":{\"text_instructions\":[{\"id\":\"" ID_A "\",\"content\":[]},"
		"{\"id\":\"" ID_B "\",\"content\":[]}]}}", "too_many",
		"$.instructions.text_instructions", "2 text instructions; a space may have 1");
}

static void limits_at_the_edge(void)
{
	struct space_problems problems = { NULL, 0, 0 };
	struct json *config = json_of("{\"version\":2,\"instructions\":{\"text_instructions\":[{\"id\":\""
		ID_A "\",\"content\":[\"\"]}]}}");
	struct json *content = json_dig(config, "instructions.text_instructions");
	char *text = malloc(25004);
	memset(text, 'x', 25003);
	text[25003] = '\0';
	memcpy(text + 24998, "\xe2\x82\xac", 3); /* one character of three bytes */
	content = json_get(json_first(content), "content");
	json_replace(json_first(content), json_new_strn(text, 25002));
	CHECK(space_check(config, &problems)); /* 25,000 characters */
	json_replace(json_first(content), json_new_strn(text, 25003));
	CHECK(!space_check(config, &problems));
	CHECK(space_problems_find(&problems, "too_long") != NULL);
	space_problems_free(&problems);
	json_free(config);
	free(text);
}

static void fifty_functions(void)
{
	struct space_problems problems = { NULL, 0, 0 };
	struct json *config = json_of("{\"version\":2,\"instructions\":{\"sql_functions\":[]}}");
	struct json *list = json_dig(config, "instructions.sql_functions");

	for (int i = 0; i < 51; i++) {
		char id[33], name[16];
		struct json *item;

		CHECK(space_check(config, &problems));
		snprintf(id, sizeof(id), "%032d", i);
		snprintf(name, sizeof(name), "c.s.f%d", i);
		item = json_push(list, json_new_object());
		json_set_str(item, "id", id);
		json_set_str(item, "identifier", name);
	}
	CHECK(!space_check(config, &problems));
	CHECK_INT(problems.n, 1);
	CHECK_STR(problems.v[0].code, "too_many");
	CHECK_STR(problems.v[0].text, "Exceeded maximum number (50) of SQL functions: 51");
	space_problems_free(&problems);
	json_free(config);
}

static void identifiers(void)
{
	CHECK(space_identifier_ok("a.b.c"));
	CHECK(space_identifier_ok("`a.x`.b.`c d`"));
	CHECK(space_identifier_ok("${catalog}.${gold_schema}.t"));
	CHECK(space_identifier_ok("${var.catalog}.s.t"));
	CHECK(!space_identifier_ok("a.b"));
	CHECK(!space_identifier_ok("a..c"));
	CHECK(!space_identifier_ok("a.b.c.d"));
	CHECK(!space_identifier_ok("a.b.c`"));
	CHECK(!space_identifier_ok(""));
}

static void looking(void)
{
	struct json *config = json_of("{\"data_sources\":{\"tables\":[{\"identifier\":\"C.s.T\","
		"\"column_configs\":[{\"column_name\":\"Id\"}]}],\"metric_views\":[{\"identifier\":\"c.s.m\"}]}}");
	bool view = false;
	struct str text = STR_INIT;
	struct json *lines = space_lines("one\ntwo\n\nthree");
	CHECK(space_column(space_table(config, "c.s.t", &view), "id") != NULL);
	CHECK(!view);
	CHECK(space_table(config, "c.s.m", &view) && view);
	CHECK(!space_table(config, "c.s.x", &view));
	CHECK(!space_array(config, "instructions.sql_functions", false));
	CHECK(json_is(space_array(config, "instructions.sql_functions", true), JSON_ARRAY));
	CHECK(json_is(json_dig(config, "instructions.sql_functions"), JSON_ARRAY));
	CHECK_INT(json_len(lines), 4);
	space_text(lines, &text);
	CHECK_STR(str_text(&text), "one\ntwo\n\nthree");
	str_free(&text);
	json_free(lines);
	json_free(config);
}

int main(void)
{
	RUN(plain_and_wrapped);
	RUN(strangers_are_refused);
	RUN(layout_survives);
	RUN(sorting);
	RUN(migration);
	RUN(ids_are_new_and_repeatable);
	RUN(hash_ignores_order);
	RUN(rules);
	RUN(limits_at_the_edge);
	RUN(fifty_functions);
	RUN(identifiers);
	RUN(looking);
	return check_done();
}
