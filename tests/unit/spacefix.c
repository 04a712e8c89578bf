/* Exports that a workspace refuses, mended without touching the rest. */
#include "check.h"
#include "json.h"
#include "mem.h"
#include "space.h"
#include "spacecheck.h"
#include "spacefix.h"
#include "str.h"

#include <stdlib.h>

#define A "0123456789abcdef0123456789abcdea"
#define B "0123456789abcdef0123456789abcdeb"

static void put(struct str *text, const char *s)
{
	str_reset(text);
	str_add(text, s);
}

static void arrays_are_sorted_and_the_rest_stays(void)
{
	struct str text = STR_INIT;
	struct spacefix_changes changes = { 0 };
	struct err err = { 0 };
	put(&text, "{\"version\": 2,\n  \"data_sources\": {\"tables\": [\n"
		"    {\"identifier\": \"m.g.z\"},\n    {\"identifier\": \"m.g.a\"}\n  ]},\n"
		"  \"x\":   1.10}\n");
	CHECK(spacefix_sort(&text, "e.json", NULL, &changes, &err));
	CHECK_STR(err.text, "");
	CHECK_INT(changes.n, 1);
	CHECK_STR(changes.v[0].path, "$.data_sources.tables");
	CHECK_STR(changes.v[0].text, "sorted by identifier");
	CHECK_STR(str_text(&text), "{\"version\": 2,\n  \"data_sources\": {\"tables\": [\n"
		"    {\"identifier\": \"m.g.a\"},\n    {\"identifier\": \"m.g.z\"}\n  ]},\n"
		"  \"x\":   1.10}\n");
	spacefix_changes_free(&changes);
	CHECK(spacefix_sort(&text, "e.json", NULL, &changes, &err));
	CHECK_INT(changes.n, 0);
	put(&text, "{\"version\": 2");
	CHECK(!spacefix_sort(&text, "e.json", NULL, &changes, &err));
	CHECK_INT(err.code, ERR_DATA);
	CHECK(strstr(err.text, "line 1") != NULL);
	str_free(&text);
}

static void ids_are_given_and_sorted_by(void)
{
	struct str text = STR_INIT;
	struct spacefix_changes changes = { 0 };
	struct space_problems problems = { 0 };
	struct space space;
	struct err err = { 0 };
	put(&text, "{\"version\":2,\"instructions\":{\"sql_functions\":[{\"identifier\":\"m.g.f\"},"
		"{\"id\":\"NOT HEX\",\"identifier\":\"m.g.g\"},"
		"{\"id\":\"" A "\",\"identifier\":\"m.g.h\"},"
		"{\"id\":\"" A "\",\"identifier\":\"m.g.i\"}]},"
		"\"benchmarks\":{\"questions\":[{\"id\":\"" A "\",\"question\":[\"q\"]}]}}");
	CHECK(spacefix_ids(&text, "e.json", NULL, &changes, &err));
	CHECK_STR(err.text, "");
	CHECK(changes.n >= 3);
	CHECK_STR(changes.v[0].path, "$.instructions.sql_functions[0]");
	CHECK(strstr(changes.v[0].text, "instead of none") != NULL);
	CHECK(strstr(changes.v[1].text, "instead of NOT HEX") != NULL);
	CHECK(strstr(changes.v[2].text, "which another entry has") != NULL);
	CHECK(space_parse(&space, str_text(&text), text.n, "e.json", &err));
	CHECK(space_check(space.config, &problems));
	space_problems_free(&problems);
	space_free(&space);
	char *once = xstrdup(str_text(&text));
	spacefix_changes_free(&changes);
	CHECK(spacefix_ids(&text, "e.json", NULL, &changes, &err));
	CHECK_INT(changes.n, 0);
	CHECK_STR(str_text(&text), once);
	free(once);
	str_free(&text);
}

/* n functions f00, f01, ... */
static void functions(struct str *text, int n)
{
	put(text, "{\"version\":2,\"instructions\":{\"sql_functions\":[");
	for (int i = 0; i < n; i++)
		str_addf(text, "%s{\"id\":\"%032d\",\"identifier\":\"m.g.f%02d\"}", i ? "," : "", i,
			i);
	str_add(text, "]}}");
}

static size_t kept(const struct str *text)
{
	struct err err = { 0 };
	struct json *json = json_parse(str_text(text), text->n, &err);
	size_t n = json_len(json_dig(json, "instructions.sql_functions"));
	json_free(json);
	return n;
}

static void too_many_are_listed_or_cut(void)
{
	struct str text = STR_INIT;
	struct spacefix_changes changes = { 0 };
	struct spacefix_limit limit = { .limit = 50, .about = "Exceeded maximum number (50)" };
	struct err err = { 0 };
	functions(&text, 53);
	CHECK(spacefix_limit(&text, "e.json", &limit, &changes, &err));
	CHECK_INT(changes.n, 1);
	CHECK_STR(changes.v[0].text, "would have to lose 3 of 53 entries (50 are allowed): m.g.f50,"
		" "
		"m.g.f51, m.g.f52");
	CHECK_INT(kept(&text), 53);
	spacefix_changes_free(&changes);
	limit.cut = true;
	CHECK(spacefix_limit(&text, "e.json", &limit, &changes, &err));
	CHECK_INT(kept(&text), 50);
	CHECK(strstr(changes.v[0].text, "cut the last 3 of 53") != NULL);
	spacefix_changes_free(&changes);
	CHECK(spacefix_limit(&text, "e.json", &limit, &changes, &err));
	CHECK_INT(changes.n, 0);
	limit = (struct spacefix_limit){ .limit = 50, .about = "benchmark questions", .cut = true };
	functions(&text, 60);
	CHECK(spacefix_limit(&text, "e.json", &limit, &changes, &err));
	CHECK_INT(kept(&text), 60);
	limit = (struct spacefix_limit){ .cut = true };
	functions(&text, 130);
	CHECK(spacefix_limit(&text, "e.json", &limit, &changes, &err));
	CHECK_INT(kept(&text), 100);
	spacefix_changes_free(&changes);
	str_free(&text);
}

static void a_document_in_a_string_stays_one(void)
{
	struct str text = STR_INIT;
	struct spacefix_changes changes = { 0 };
	struct err err = { 0 };
	put(&text, "{\"title\": \"t\", \"serialized_space\": \"{\\\"version\\\":2,\\\"config\\\":"
		"{\\\"sample_questions\\\":["
		"{\\\"id\\\":\\\"" B "\\\",\\\"question\\\":[\\\"b\\\"]},"
		"{\\\"id\\\":\\\"" A "\\\",\\\"question\\\":[\\\"a\\\"]}]}}\"}");
	CHECK(spacefix_sort(&text, "e.json", NULL, &changes, &err));
	CHECK_INT(changes.n, 1);
	CHECK(strstr(str_text(&text), "\"serialized_space\": \"{\\\"version\\\":2") != NULL);
	CHECK(strstr(str_text(&text), A) < strstr(str_text(&text), B));
	spacefix_changes_free(&changes);
	str_free(&text);
}

int main(void)
{
	RUN(arrays_are_sorted_and_the_rest_stays);
	RUN(ids_are_given_and_sorted_by);
	RUN(too_many_are_listed_or_cut);
	RUN(a_document_in_a_string_stays_one);
	return check_done();
}
