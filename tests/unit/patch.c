#include "check.h"
#include "json.h"
#include "patch.h"
#include "str.h"
#include <stdlib.h>

static struct err err;

static struct json *tree(const char *text)
{
	struct err e = { 0 };
	struct json *json = json_parse(text, strlen(text), &e);
	if (!json)
		printf("# %s\n", e.text);
	return json;
}

/* The error of reading one patch, "" when it reads well. */
static const char *reading(const char *text)
{
	struct json *json = tree(text);
	struct patch patch;
	err_clear(&err);
	if (patch_read(&patch, json, &err))
		err.text[0] = '\0';
	json_free(json);
	return err.text;
}

static void test_every_type_is_whole(void)
{
	size_t n = 0;
	for (const struct patch_type *t; (t = patch_type_at(n)); n++) {
		CHECK(patch_type_find(t->name) == t);
		CHECK(t->lever >= 1 && t->lever <= 6);
		CHECK(*t->required);
		/* what takes something away is for a person to decide */
		if (t->verb == PATCH_REMOVE && strncmp(t->name, "remove_", 7) == 0)
			CHECK_INT(t->risk, PATCH_HIGH);
	}
	CHECK(n >= 48);
	CHECK(patch_type_find("add_column_description") == patch_type_find("add_column_comment"));
	CHECK(patch_type_find("drop_table") == NULL);
	CHECK(patch_type_serves(patch_type_find("update_column_comment"), 4));
	CHECK(!patch_type_serves(patch_type_find("update_tvf_comment"), 4));
}

static void test_reading(void)
{
	CHECK_STR(reading("{\"type\":\"update_column_comment\",\"target\":\"m.g.t\",\"column\":\"c\","
			  "\"new_text\":\"x\"}"), "");
	CHECK_STR(reading("{\"type\":\"nonsense\"}"), "$.type: no such patch type");
	CHECK_STR(reading("{\"type\":\"update_column_comment\",\"target\":\"m.g.t\",\"new_text\":\"x\"}"),
		"$: update_column_comment needs column");
	CHECK_STR(reading("{\"type\":\"update_table_comment\",\"target\":\"t\",\"new_text\":\"x\"}"),
		"$.target: not a name catalog.schema.object");
	CHECK_STR(reading("{\"type\":\"update_table_comment\",\"target\":\"m.g.t\",\"new_text\":\"\"}"),
		"$: update_table_comment needs new_text");
	CHECK_STR(reading("{\"type\":\"update_table_comment\",\"target\":\"m.g.t\",\"new_text\":\"a\\u001bb\"}"),
		"$.new_text: control characters are not accepted");
	CHECK_STR(reading("{\"type\":\"update_table_comment\",\"target\":\"m.g.t\",\"new_text\":\"x\",\"lever\":3}"),
		"$: update_table_comment is of lever 1, not 3");
	CHECK_STR(reading("{\"type\":\"update_table_comment\",\"target\":\"m.g.t\",\"new_text\":\"x\",\"lever\":5}"), "");
	CHECK_STR(reading("{\"type\":\"update_mv_measure\",\"target\":\"m.g.t\",\"column\":\"c\",\"new_text\":\"x\","
			  "\"field\":\"window\"}"),
		"$.field: expected expr, comment, display_name or synonyms");
	CHECK_STR(reading("{\"type\":\"add_join\",\"value\":\"x\"}"), "$: add_join needs value");
	CHECK_STR(reading("[]"), "$: expected object, found array");
	CHECK_INT(err.code, ERR_DATA);
}

/* A stated risk may raise, never lower. */
static void test_risk(void)
{
	static const struct {
		const char *json;
		enum patch_risk risk;
	} cases[] = {
		{ "{\"type\":\"add_instruction\",\"new_text\":\"x\",\"risk\":\"high\"}", PATCH_HIGH },
		{ "{\"type\":\"remove_join\",\"id\":\"x\",\"risk\":\"low\"}", PATCH_HIGH },
		{ "{\"type\":\"update_mv_measure\",\"target\":\"m.g.v\",\"column\":\"c\",\"new_text\":\"x\"}",
		  PATCH_MEDIUM },
		{ "{\"type\":\"update_mv_measure\",\"target\":\"m.g.v\",\"column\":\"c\",\"new_text\":\"x\","
		  "\"field\":\"expr\"}", PATCH_HIGH },
		{ "{\"type\":\"update_mv_measure\",\"target\":\"m.g.v\",\"column\":\"c\",\"value\":{\"expr\":\"1\"}}",
		  PATCH_HIGH },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json *json = tree(cases[i].json);
		struct patch patch;
		CHECK(patch_read(&patch, json, &err));
		CHECK_INT(patch.risk, cases[i].risk);
		json_free(json);
	}
}

#define T "\"target\":\"m.g.t\","
#define COL T "\"column\":\"c\","
#define NEW "\"new_text\":\"x\""
#define OLD "\"old_text\":\"x\""

static const char *conflict(const char *a, const char *b)
{
	struct json *x = tree(a), *y = tree(b);
	struct patch p, q;
	const char *why = "unreadable";
	if (patch_read(&p, x, &err) && patch_read(&q, y, &err)) {
		why = patch_conflict(&p, &q);
		CHECK(why == patch_conflict(&q, &p));
	} else {
		printf("# %s\n", err.text);
	}
	json_free(x);
	json_free(y);
	return why;
}

static void test_pairs_that_exclude_each_other(void)
{
	static const char *const pairs[][2] = {
		{ "{\"type\":\"add_table\"," T "\"x\":1}", "{\"type\":\"remove_table\"," T "\"x\":1}" },
		{ "{\"type\":\"add_description\"," T NEW "}",
		  "{\"type\":\"update_description\"," T "\"new_text\":\"y\"}" },
		{ "{\"type\":\"add_column_comment\"," COL NEW "}",
		  "{\"type\":\"update_column_comment\"," COL "\"new_text\":\"y\"}" },
		{ "{\"type\":\"hide_column\"," COL "\"x\":1}", "{\"type\":\"unhide_column\"," COL "\"x\":1}" },
		{ "{\"type\":\"add_synonym\"," COL NEW "}", "{\"type\":\"remove_synonym\"," COL OLD "}" },
		{ "{\"type\":\"enable_example_values\"," COL "\"x\":1}",
		  "{\"type\":\"disable_example_values\"," COL "\"x\":1}" },
		{ "{\"type\":\"enable_value_dictionary\"," COL "\"x\":1}",
		  "{\"type\":\"disable_value_dictionary\"," COL "\"x\":1}" },
		{ "{\"type\":\"add_tvf\"," T NEW "}", "{\"type\":\"remove_tvf\"," T "\"x\":1}" },
		{ "{\"type\":\"add_tvf_parameter\"," COL NEW "}",
		  "{\"type\":\"remove_tvf_parameter\"," COL "\"x\":1}" },
		{ "{\"type\":\"add_mv_measure\"," COL NEW "}", "{\"type\":\"remove_mv_measure\"," COL "\"x\":1}" },
		{ "{\"type\":\"update_mv_measure\"," COL NEW "}",
		  "{\"type\":\"remove_mv_measure\"," COL "\"x\":1}" },
		{ "{\"type\":\"add_mv_dimension\"," COL NEW "}",
		  "{\"type\":\"remove_mv_dimension\"," COL "\"x\":1}" },
		{ "{\"type\":\"update_join\",\"id\":\"j\",\"value\":{}}", "{\"type\":\"remove_join\",\"id\":\"j\"}" },
		{ "{\"type\":\"add_join\",\"value\":{\"id\":\"j\"}}", "{\"type\":\"remove_join\",\"id\":\"j\"}" },
		{ "{\"type\":\"add_instruction\"," NEW "}", "{\"type\":\"update_instruction\"," NEW "}" },
		{ "{\"type\":\"add_instruction\"," NEW "}", "{\"type\":\"remove_instruction\"," OLD "}" },
		{ "{\"type\":\"update_default_filter\",\"id\":\"f\",\"value\":{}}",
		  "{\"type\":\"remove_default_filter\",\"id\":\"f\"}" },
		{ "{\"type\":\"set_tag\"," T "\"key\":\"k\"," NEW "}", "{\"type\":\"unset_tag\"," T "\"key\":\"k\"}" },
		/* kin */
		{ "{\"type\":\"update_table_comment\"," T NEW "}",
		  "{\"type\":\"update_table_comment\",\"target\":\"M.`g`.T\",\"new_text\":\"y\"}" },
		{ "{\"type\":\"update_mv_yaml\"," T NEW "}", "{\"type\":\"update_mv_measure\"," COL NEW "}" },
		{ "{\"type\":\"update_tvf_sql\"," T NEW "}", "{\"type\":\"update_tvf_comment\"," T NEW "}" },
		{ "{\"type\":\"remove_table\"," T "\"x\":1}", "{\"type\":\"add_synonym\"," COL NEW "}" },
		{ "{\"type\":\"hide_column\"," COL "\"x\":1}", "{\"type\":\"add_synonym\"," COL NEW "}" },
		{ "{\"type\":\"add_mv_measure\"," COL NEW "}", "{\"type\":\"add_mv_dimension\"," COL NEW "}" },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const char *why = conflict(pairs[i][0], pairs[i][1]);
		if (!why)
			printf("# no conflict: %s %s\n", pairs[i][0], pairs[i][1]);
		CHECK(why != NULL);
	}
}

static void test_pairs_that_go_together(void)
{
	CHECK(!conflict("{\"type\":\"add_synonym\"," COL NEW "}",
			"{\"type\":\"add_synonym\"," COL "\"new_text\":\"y\"}"));
	CHECK(!conflict("{\"type\":\"add_instruction\"," NEW "}",
			"{\"type\":\"add_instruction\",\"new_text\":\"y\"}"));
	CHECK(!conflict("{\"type\":\"add_column_comment\"," COL NEW "}",
			"{\"type\":\"add_column_comment\"," T "\"column\":\"d\"," NEW "}"));
	CHECK(!conflict("{\"type\":\"update_table_comment\"," T NEW "}",
			"{\"type\":\"add_column_comment\"," COL NEW "}"));
	CHECK(!conflict("{\"type\":\"update_mv_measure\"," COL NEW ",\"field\":\"comment\"}",
			"{\"type\":\"update_mv_measure\"," COL NEW ",\"field\":\"display_name\"}"));
	CHECK(!conflict("{\"type\":\"remove_table\"," T "\"x\":1}",
			"{\"type\":\"add_synonym\",\"target\":\"m.g.u\",\"column\":\"c\"," NEW "}"));
}

static void test_judging(void)
{
	struct patch_set set;
	struct json *doc = tree("{\"space_id\":\"s\",\"lever\":1,\"patches\":["
		"{\"patch_id\":\"P1\",\"type\":\"update_table_comment\"," T NEW ",\"net_impact\":1.5},"
		"{\"patch_id\":\"P2\",\"type\":\"update_table_comment\"," T "\"new_text\":\"y\"},"
		"{\"patch_id\":\"P3\",\"type\":\"update_table_comment\"," T NEW "},"
		"{\"patch_id\":\"P4\",\"type\":\"remove_table\",\"target\":\"m.g.z\"},"
		"{\"patch_id\":\"P5\",\"type\":\"remove_compliance_tag\"," T "\"key\":\"pii\"},"
		"{\"patch_id\":\"P6\",\"type\":\"add_synonym\"," COL NEW ",\"net_impact\":0}]}");
	CHECK(patch_set_read(&set, doc, &err));
	CHECK_INT(patch_set_judge(&set, false), 1);
	CHECK_INT(set.v[0].status, PATCH_READY);
	CHECK_STR(set.v[1].reason, "conflicts with P1: two different texts for one place");
	CHECK_STR(set.v[2].reason, "the same as P1");
	CHECK_INT(set.v[3].status, PATCH_QUEUED);
	CHECK_INT(set.v[4].status, PATCH_REFUSED);
	CHECK_STR(set.v[5].reason, "net_impact 0 is not above 0");
	CHECK_STR(set.space_id, "s");
	patch_set_free(&set);
}

static void test_five_objects(void)
{
	struct str text = STR_INIT;
	struct patch_set set;
	str_add(&text, "[");
	for (int i = 0; i < 7; i++)
		str_addf(&text, "%s{\"type\":\"add_synonym\",\"target\":\"m.g.t%d\",\"column\":\"c\","
			NEW "}", i ? "," : "", i < 6 ? i : 0);
	str_add(&text, "]");
	struct json *doc = tree(str_text(&text));
	json_set_str(json_at(doc, 6), "new_text", "other");
	CHECK(patch_set_read(&set, doc, &err));
	CHECK_INT(patch_set_judge(&set, false), 6);
	CHECK_STR(set.v[5].reason, "more than 5 objects in one patch set");
	CHECK_INT(set.v[6].status, PATCH_READY); /* of an object that is counted already */
	patch_set_free(&set);
	str_free(&text);
}

/* The set of two low comments, on t and u; more of the first, more of the second. */
static void judge_two(struct patch_set *set, const char *first, const char *second)
{
	struct str text = STR_INIT;
	str_addf(&text, "[{\"patch_id\":\"P001\",\"type\":\"update_table_comment\",\"target\":\"a.b.t\"," NEW
		"%s},{\"patch_id\":\"P002\",\"type\":\"update_table_comment\",\"target\":\"a.b.u\"," NEW "%s}]",
		first, second);
	CHECK(patch_set_read(set, tree(str_text(&text)), &err));
	(void)patch_set_judge(set, false);
	str_free(&text);
}

static void test_pairs_fall_together(void)
{
	static const struct {
		const char *first, *second;
		enum patch_status status[2];
		const char *reason[2];
	} cases[] = {
		{ ",\"pair\":\"P002\"", ",\"pair\":\"P001\"", { PATCH_READY, PATCH_READY }, { "", "" } },
		{ ",\"pair\":\"P002\"", ",\"pair\":\"P001\",\"net_impact\":0", { PATCH_REFUSED, PATCH_REFUSED },
		  { "its partner P002 is refused: net_impact 0 is not above 0", "net_impact 0 is not above 0" } },
		/* one of them names the other: it is a pair nevertheless */
		{ "", ",\"pair\":\"P001\",\"net_impact\":0", { PATCH_REFUSED, PATCH_REFUSED },
		  { "its partner P002 is refused: net_impact 0 is not above 0", "net_impact 0 is not above 0" } },
		{ ",\"pair\":\"P002\"", ",\"risk\":\"high\"", { PATCH_REFUSED, PATCH_QUEUED },
		  { "its partner P002 is queued: high risk: needs a person (--allow-high)",
		    "high risk: needs a person (--allow-high)" } },
		/* a queued half of which the other can never be applied is not worth a person's time */
		{ ",\"risk\":\"high\",\"pair\":\"P002\"", ",\"net_impact\":-1",
		  { PATCH_REFUSED, PATCH_REFUSED }, { "its partner P002 is refused: net_impact -1 is not above 0",
		    "net_impact -1 is not above 0" } },
		{ ",\"pair\":\"P009\"", "", { PATCH_REFUSED, PATCH_READY },
		  { "its partner P009 is not in this set", "" } },
		{ ",\"pair\":\"P001\"", "", { PATCH_REFUSED, PATCH_READY },
		  { "its partner P001 is not in this set", "" } },
	};
	for (size_t i = 0; i < countof(cases); i++) {
		struct patch_set set;
		judge_two(&set, cases[i].first, cases[i].second);
		for (size_t k = 0; k < 2; k++) {
			CHECK_INT(set.v[k].status, cases[i].status[k]);
			CHECK_STR(set.v[k].reason, cases[i].reason[k]);
		}
		patch_set_free(&set);
	}
}

static void test_pairs_looked_at_again(void)
{
	struct patch_set set;
	judge_two(&set, ",\"pair\":\"P002\"", ",\"risk\":\"high\"");
	CHECK(set.v[0].waits);
	patch_set_pairs(&set);
	CHECK(set.v[0].waits);
	CHECK_INT(set.v[1].status, PATCH_QUEUED);
	set.v[1].status = PATCH_REFUSED; /* as a leak does */
	patch_set_pairs(&set);
	CHECK(!set.v[0].waits);
	CHECK_INT(set.v[0].status, PATCH_REFUSED);
	patch_set_free(&set);
}

static void test_documents_that_are_broken(void)
{
	struct patch_set set;
	err_clear(&err);
	CHECK(!patch_set_read(&set, tree("{\"lever\":1}"), &err));
	CHECK_STR(err.text, "$: no member \"patches\" (an array)");
	CHECK(!patch_set_read(&set, tree("{\"patches\":[{\"type\":\"add_join\",\"value\":{}},{\"type\":\"x\"}]}"), &err));
	CHECK_STR(err.text, "$.patches[1].type: no such patch type");
	CHECK(!patch_set_read(&set, tree("[{\"patch_id\":\"P\",\"type\":\"add_instruction\"," NEW "},"
		"{\"patch_id\":\"P\",\"type\":\"add_instruction\"," NEW "}]"), &err));
	CHECK_STR(err.text, "patch_id P appears twice");
}

static void test_writing(void)
{
	struct strlist fixed = { 0 }, risk = { 0 };
	strlist_add(&fixed, "q1");
	strlist_add(&fixed, "q2");
	strlist_add(&risk, "q3");
	struct json *json = patch_new("P001", "update_column_description", "m.g.t", 4);
	json_set_str(json, "column", "c");
	json_set_str(json, "new_text", "text");
	patch_set_impact(json, &fixed, &risk, 0.75, 0.5, 1, 10);
	struct patch patch;
	CHECK(patch_read(&patch, json, &err));
	CHECK_STR(json_str_or(json, "type", ""), "update_column_comment");
	CHECK_INT(patch.lever, 4);
	CHECK(patch.net_impact == 1.0);
	CHECK(json_num_or(json, "score", 0) == 0.99);
	CHECK_STR(json_str_or(json_get(json, "live"), "kind", ""), "sql");
	json_free(json);
	strlist_free(&fixed);
	strlist_free(&risk);
}

int main(void)
{
	RUN(test_every_type_is_whole);
	RUN(test_reading);
	RUN(test_risk);
	RUN(test_pairs_that_exclude_each_other);
	RUN(test_pairs_that_go_together);
	RUN(test_judging);
	RUN(test_five_objects);
	RUN(test_pairs_fall_together);
	RUN(test_pairs_looked_at_again);
	RUN(test_documents_that_are_broken);
	RUN(test_writing);
	return check_done();
}
