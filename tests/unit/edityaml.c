#include "check.h"
#include "edityaml.h"
#include "json.h"
#include "str.h"
#include "yaml.h"
#include <stdlib.h>

static struct err err;
static struct str text = STR_INIT;

static void start(const char *s)
{
	str_reset(&text);
	str_add(&text, s);
	err_clear(&err);
}

static const char *result(bool ok)
{
	return ok ? str_text(&text) : err.text;
}

static const char *set(const char *s, const char *path, const char *value)
{
	start(s);
	return result(edit_yaml_set(&text, "t.yaml", path, value, &err));
}

static const char *add(const char *s, const char *path, const char *value)
{
	start(s);
	return result(edit_yaml_add(&text, "t.yaml", path, value, &err));
}

static const char *del(const char *s, const char *path)
{
	start(s);
	return result(edit_yaml_remove(&text, "t.yaml", path, &err));
}

static const char *add_map(const char *s, const char *path, const char *json)
{
	struct err e = { 0 };
	struct json *map = json_parse(json, strlen(json), &e);
	start(s);
	const char *got = result(edit_yaml_add_map(&text, "t.yaml", path, map, &err));
	json_free(map);
	return got;
}

static void test_styles_survive(void)
{
	CHECK_STR(set("a: x # why\nb: y\n", "a", "new"), "a: new # why\nb: y\n");
	CHECK_STR(set("a: 'x' # why\n", "a", "it's"), "a: 'it''s' # why\n");
	CHECK_STR(set("a: \"x\"\n", "a", "say \"hi\"\\"), "a: \"say \\\"hi\\\"\\\\\"\n");
	CHECK_STR(set("a: x\n", "a", "two: parts"), "a: \"two: parts\"\n");
	CHECK_STR(set("a: x\n", "a", "with # sign"), "a: \"with # sign\"\n");
	CHECK_STR(set("a: x\n", "a", "true"), "a: \"true\"\n");
	CHECK_STR(set("a: x\n", "a", "2024-01-31"), "a: \"2024-01-31\"\n");
	CHECK_STR(set("a: x\n", "a", "on"), "a: \"on\"\n");
	CHECK_STR(set("a: x\n", "a", "- dash"), "a: \"- dash\"\n");
	CHECK_STR(set("a: x\n", "a", ""), "a: \"\"\n");
	CHECK_STR(set("a: x\n", "a", "two\nlines"), "a: \"two\\nlines\"\n");
	CHECK_STR(set("a: 'x'\n", "a", "tab\there"), "a: \"tab\\there\"\n");
	CHECK_STR(set("a: x\n", "a", "Größe € 数"), "a: Größe € 数\n");
	CHECK_STR(set("ä: ö # ü\nb: x\n", "b", "z"), "ä: ö # ü\nb: z\n");
	CHECK_STR(set("a: one\n  two\nb: z\n", "a", "x"), "a: x\nb: z\n");
	CHECK_STR(set("a: x", "a", "z"), "a: z");
	CHECK_STR(set("\xef\xbb\xbf" "a: x\n", "a", "z"), "\xef\xbb\xbf" "a: z\n");
}

static void test_block_scalars(void)
{
	CHECK_STR(set("a: >-\n    one\n    two\n\n# end\nb: 1\n", "a", "three four"),
		"a: >-\n    three four\n\n# end\nb: 1\n");
	CHECK_STR(set("a: |\n  one\nb: 1\n", "a", "x\ny\n"), "a: |\n  x\n  y\nb: 1\n");
	CHECK_STR(set("a: |\n  one\nb: 1\n", "a", "x\n\ny"), "a: |-\n  x\n\n  y\nb: 1\n");
	CHECK_STR(set("a: >- # note\n  one", "a", "two"), "a: >- # note\n  two");
	CHECK_STR(set("a: >-\n  one\nb: 1\n", "a", "p\nq"), "a: >-\n  p\n\n  q\nb: 1\n");
	CHECK_STR(set("a: >-\n  one\nb: 1\n", "a", " leading"), "a: \" leading\"\nb: 1\n");
	CHECK_STR(set("a: >-\n  x\n", "a",
		"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"),
		"a: >-\n  one two three four five six seven eight nine ten eleven twelve thirteen\n"
		"  fourteen fifteen\n");
}

static void test_crlf(void)
{
	CHECK_STR(set("a: x\r\nc: 1\r\nl:\r\n  - 1\r\n", "b", "z"),
		"a: x\r\nc: 1\r\nb: z\r\nl:\r\n  - 1\r\n");
	CHECK_STR(set("a: >-\r\n  one\r\nb: x\r\n", "a", "p\nq"), "a: >-\r\n  p\r\n\r\n  q\r\nb: x\r\n");
	CHECK_STR(add("l:\r\n  - a\r\nb: 1\r\n", "l", "c"), "l:\r\n  - a\r\n  - c\r\nb: 1\r\n");
	CHECK_STR(del("a: x\r\nb: y\r\n", "a"), "b: y\r\n");
}

static void test_missing_keys(void)
{
	CHECK_STR(set("columns:\n  - name: a\n    type: X   # t\n  - name: b\n    type: Y\n",
		"columns[name=a].comment", "hi"),
		"columns:\n  - name: a\n    type: X   # t\n    comment: hi\n  - name: b\n    type: Y\n");
	/* the style that the key has elsewhere */
	CHECK_STR(set("c:\n  - name: a\n    comment: 'x'\n  - name: b\n", "c[name=b].comment", "y"),
		"c:\n  - name: a\n    comment: 'x'\n  - name: b\n    comment: 'y'\n");
	CHECK_STR(set("- {name: a}\n- {name: b, comment: \"x\"}\n", "[name=a].comment", "y"),
		"- {name: a, comment: \"y\"}\n- {name: b, comment: \"x\"}\n");
	CHECK_STR(set("t: x\ngrain: y\n# none yet\nkeys: [a]\n", "comment", "hi"),
		"t: x\ngrain: y\ncomment: hi\n# none yet\nkeys: [a]\n");
	CHECK_STR(set("t: x\n", "tags.layer", "gold"), "t: x\ntags: {layer: gold}\n");
	CHECK_STR(set("t: x\ntags:\nb: y\n", "tags.layer", "gold"), "t: x\ntags: {layer: gold}\nb: y\n");
	CHECK_STR(set("tags: {a: b}\n", "tags.layer", "g,x"), "tags: {a: b, layer: \"g,x\"}\n");
	CHECK_STR(set("p:\n  a.b: 'true'\n", "p.\"c.d\"", "e"), "p:\n  a.b: 'true'\n  c.d: 'e'\n");
	CHECK_STR(set("a:\nb: 1\n", "a", "x"), "a: x\nb: 1\n");
	CHECK_STR(set("a: # note\nb: 1\n", "a", "x"), "a: x # note\nb: 1\n");
	CHECK_STR(set("a: x\nd:\n  e: >-\n    text\n    more", "d.f", "z"),
		"a: x\nd:\n  e: >-\n    text\n    more\n  f: z");
}

static void test_errors_name_the_place(void)
{
	CHECK_STR(set("a: 1\ncolumns:\n  - name: x\n", "columns[name=y].comment", "v"),
		"t.yaml:3: columns[name=y].comment: no item with name=y");
	CHECK_STR(set("a: 1\n", "b.c.d", "v"), "t.yaml:1: b.c.d: no key \"b\"");
	CHECK_STR(set("a:\n  b: [1]\n", "a.b", "v"), "t.yaml:2: a.b: not a single value");
	CHECK_STR(set("a: 1\n", "a..b", "v"), "t.yaml:1: a..b: not a path");
	CHECK_STR(set("a: [\n", "a", "v"), "t.yaml:2: while parsing a flow node, did not find expected node content");
	CHECK_STR(set("", "a", "v"), "t.yaml:1: a: the file is empty");
	CHECK_STR(add("a: x\n", "a", "v"), "t.yaml:1: a: not a list");
	CHECK_STR(del("a: x\n", "b"), "t.yaml:1: b: no key \"b\"");
	CHECK_INT(err.code, ERR_DATA);
	CHECK_STR(str_text(&text), "a: x\n");
}

static void test_anchors(void)
{
	CHECK_STR(set("a: &x one\nb: two\n", "a", "three"), "a: &x three\nb: two\n");
	/* an edit of the anchor would change b too */
	CHECK_STR(set("a: &x one\nb: *x\n", "a", "three"),
		"t.yaml:1: a: cannot be edited without changing something else (an anchor or a tag?)");
	CHECK_STR(set("a: &x one\nb: *x\n", "b", "three"), "a: &x one\nb: \"three\"\n");
	CHECK_STR(set("a: &x {k: v}\nb: *x\n", "b.k", "w"),
		"t.yaml:2: b.k: reached through an alias; edit the anchor itself");
	CHECK_STR(set("base: &b\n  k: v\nt:\n  <<: *b\n  m: n\n", "t.k", "w"),
		"base: &b\n  k: v\nt:\n  <<: *b\n  m: n\n  k: w\n");
}

/* What a file may look like besides; and what is no place for an edit. */
static void test_nasty_files(void)
{
	CHECK_STR(set("\xef\xbb\xbf" "a: x\r\nb: y", "b", "z"), "\xef\xbb\xbf" "a: x\r\nb: z");
	CHECK_STR(set("\"a\":\tx\t# tab\n'b': y\n", "a", "z"), "\"a\":\tz\t# tab\n'b': y\n");
	CHECK_STR(set("c: [{name: a, comment: x}, {name: b, comment: 'y'}] # t\n", "c[name=b].comment", "it's"),
		"c: [{name: a, comment: x}, {name: b, comment: 'it''s'}] # t\n");
	CHECK(!strstr(set("a: x\na: y\n", "a", "z"), "z\n"));
	CHECK(starts_with(err.text, "t.yaml:2:"));
	CHECK(!strstr(set("a: x\n---\na: y\n", "a", "z"), "z\n"));
	CHECK(starts_with(err.text, "t.yaml:"));
}

static void test_lists(void)
{
	CHECK_STR(add("s: [\"a\"]\n", "s", "b"), "s: [\"a\", \"b\"]\n");
	CHECK_STR(add("s: [a] # x\n", "s", "b, c"), "s: [a, \"b, c\"] # x\n");
	CHECK_STR(add("s: []\n", "s", "b"), "s: [\"b\"]\n");
	CHECK_STR(add("s:\n- a # first\nt: 1\n", "s", "b"), "s:\n- a # first\n- b\nt: 1\n");
	CHECK_STR(add("m:\n  - name: x\n    expr: y\n", "m[name=x].synonyms", "b"),
		"m:\n  - name: x\n    expr: y\n    synonyms: [\"b\"]\n");
	CHECK_STR(add("s: [a, b]\n", "s", "b"), "s: [a, b]\n");
	CHECK_STR(del("s: [a, b, c]\n", "s[1]"), "s: [a, c]\n");
	CHECK_STR(del("s: [a, b]\n", "s[1]"), "s: [a]\n");
	CHECK_STR(del("s: [a]\n", "s[0]"), "s: []\n");
	CHECK_STR(del("s:\n  - a\n  - b # x\n  - c\n", "s[1]"), "s:\n  - a\n  - c\n");
	CHECK_STR(del("s:\n  - a\nt: 1\n", "s[0]"), "s:\n  []\nt: 1\n");
	CHECK_STR(del("m:\n  - name: x\n    e: |\n      1\n      2\n  - name: y\n", "m[name=x]"),
		"m:\n  - name: y\n");
	CHECK_STR(del("tags:\n  a: b\n  c: d\n", "tags.c"), "tags:\n  a: b\n");
	CHECK_STR(del("a: x\nb: y", "b"), "a: x");
}

static void test_maps_in_lists(void)
{
	CHECK_STR(add_map("m:\n  - name: a\n    expr: SUM(x) # s\n\n# next\nd: []\n", "m",
		"{\"name\":\"b\",\"expr\":\"COUNT(1)\",\"synonyms\":[\"n\"]}"),
		"m:\n  - name: a\n    expr: SUM(x) # s\n  - name: b\n    expr: COUNT(1)\n"
		"    synonyms: [\"n\"]\n\n# next\nd: []\n");
	CHECK_STR(add_map("v: 1.1\n", "measures", "{\"name\":\"b\",\"expr\":\"a: b\"}"),
		"v: 1.1\nmeasures: \n  - name: b\n    expr: \"a: b\"\n");
	CHECK_STR(add_map("m: [{name: a}]\n", "m", "{\"name\":\"b\"}"), "m: [{name: a}, {\"name\":\"b\"}]\n");
}

static void test_getting(void)
{
	bool broken;
	start("a:\n  - name: x\n    c: 1.10\n");
	struct json *json = edit_yaml_get(&text, "t.yaml", "a[name=x].c", &broken, &err);
	CHECK_STR(json_number_text(json), "1.10");
	json_free(json);
	json = edit_yaml_get(&text, "t.yaml", "a[name=x].d", &broken, &err);
	CHECK(!json && !broken);
	json = edit_yaml_get(&text, "t.yaml", "a[name=y].d", &broken, &err);
	CHECK(!json && broken);
}

/* Every style with every nasty text reads back as itself. */
static void test_any_text_in_any_style(void)
{
	static const char *const styles[] = { "a: x\n", "a: 'x'\n", "a: \"x\"\n", "a: |\n  x\n", "a: >\n  x\n",
		"a: {a: x}\n" };
	static const char *const texts[] = { "", " ", "\n", "a\n", "a\n\n", "\na", "a\n\nb", "a\n\n\nb", "a \nb", "a\n b",
		"---", "--- a", "#", "# a", "a #b", "a: b", "a:", ":a", "? a", "%x", "@x", "`x`", "{", "[a]", "x]", "*a",
		"&a", "!a", "|", ">", "'", "\"", "\\", "null", "~", "1", "1e3", "0x1F", "1_000", "12:30", ".5", "-", "=",
		"<<", "a\tb", "\t", "\xc2\x85x", "\xe2\x80\xa8x", "\xef\xbb\xbfx", "a\x7f", "\x01",
		"long long long long long long long long long long long long long long long long long  two" };
	for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
			const char *path = strchr(styles[i], '{') ? "a.a" : "a";
			start(styles[i]);
			if (!edit_yaml_set(&text, "t.yaml", path, texts[k], &err)) {
				printf("# style %zu, text %zu: %s\n", i, k, err.text);
				CHECK(false);
			}
		}
}

int main(void)
{
	RUN(test_styles_survive);
	RUN(test_block_scalars);
	RUN(test_crlf);
	RUN(test_missing_keys);
	RUN(test_errors_name_the_place);
	RUN(test_anchors);
	RUN(test_nasty_files);
	RUN(test_lists);
	RUN(test_maps_in_lists);
	RUN(test_getting);
	RUN(test_any_text_in_any_style);
	str_free(&text);
	return check_done();
}
