#include "json.h"
#include "str.h"
#include "yaml.h"

#include "check.h"

static struct yaml *parse(const char *text, struct err *err)
{
	return yaml_parse(text, strlen(text), "t.yaml", err);
}

static void check_json(const char *yaml_text, const char *want)
{
	struct err err = { 0 };
	struct yaml *yaml = parse(yaml_text, &err);
	CHECK_STR(err.text, "");
	if (!yaml)
		return;
	struct json *json = yaml_to_json(yaml_root(yaml));
	struct str out = STR_INIT;
	json_print(json, &out);
	CHECK_STR(str_text(&out), want);
	str_free(&out);
	json_free(json);
	yaml_close(yaml);
}

static void check_refused(const char *text, const char *want)
{
	struct err err = { 0 };
	struct yaml *yaml = parse(text, &err);
	CHECK(yaml == NULL);
	CHECK_INT(err.code, ERR_DATA);
	CHECK_STR(err.text, want);
	yaml_close(yaml);
}

static void scalars_follow_the_core_rules(void)
{
	check_json("[1, -2.5, 007, 1e3, 0x10, ~, null, '', true, False, yes, no, 'true', \"1\"]",
		   "[1,-2.5,\"007\",1e3,\"0x10\",null,null,\"\",true,false,\"yes\",\"no\",\"true\",\"1\"]");
	check_json("d: 2026-11-20\nid: 8799999999999999999\ne:\n", "{\"d\":\"2026-11-20\",\"id\":8799999999999999999,\"e\":null}");
	check_json("a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}");
}

static void anchors_and_merges_resolve(void)
{
	check_json("base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3\n",
		   "{\"base\":{\"x\":1,\"y\":2},\"d\":{\"y\":3,\"x\":1}}");
}

static void marks_are_bytes(void)
{
	struct err err = { 0 };
	const char *text = "# \xC3\xA9t\xC3\xA9\ncolumns:\n  - name: a\n    comment: 'x \xC3\xA9'  # keep\n  - name: b\n    comment: plain text\n";
	struct yaml *yaml = parse(text, &err);
	const struct yaml_node *a = yaml_find(yaml_root(yaml), "columns[name=a].comment");
	const struct yaml_node *b = yaml_find(yaml_root(yaml), "columns[1].comment");
	CHECK(a && b);
	CHECK(strncmp(text + a->start.offset, "'x \xC3\xA9'", 6) == 0);
	CHECK_INT(a->end.offset - a->start.offset, 6);
	CHECK_INT(a->start.line, 4);
	CHECK(strncmp(text + b->start.offset, "plain text\n", 11) == 0);
	CHECK_INT(b->end.offset - b->start.offset, 10);
	CHECK(yaml_find(yaml_root(yaml), "columns[name=c].comment") == NULL);
	CHECK(yaml_find(yaml_root(yaml), "columns[7]") == NULL);
	yaml_close(yaml);
}

static void bad_texts_name_file_and_line(void)
{
	check_refused("a: 1\nb: [1, 2\nc: 3\n", "t.yaml:3: while parsing a flow sequence, did not find expected ',' or ']'");
	check_refused("a: 1\na: 2\n", "t.yaml:2: key \"a\" appears twice");
	check_refused("a: *x\n", "t.yaml:1: no anchor &x before this alias");
	check_refused("a: 1\n---\nb: 2\n", "t.yaml:2: more than one document");
}

static void alias_bombs_meet_the_limit(void)
{
	struct str text = STR_INIT;
	struct err err = { 0 };
	str_add(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++) {
		str_addf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			str_addf(&text, "%s*a%d", k ? "," : "", i - 1);
		str_add(&text, "]\n");
	}
	CHECK(yaml_parse(str_text(&text), text.n, "bomb", &err) == NULL);
	CHECK(strstr(err.text, "more nodes than accepted") != NULL);
	str_free(&text);
}

static void empty_is_null(void)
{
	struct err err = { 0 };
	struct yaml *yaml = parse("# nothing\n", &err);
	CHECK(yaml && yaml_root(yaml) == NULL);
	yaml_close(yaml);
}

int main(void)
{
	RUN(scalars_follow_the_core_rules);
	RUN(anchors_and_merges_resolve);
	RUN(marks_are_bytes);
	RUN(bad_texts_name_file_and_line);
	RUN(alias_bombs_meet_the_limit);
	RUN(empty_is_null);
	return check_done();
}
