#include "jsonskim.h"

#include "json.h"
#include "jsonl.h"
#include "str.h"

#include <stdlib.h>
#include "check.h"

/* Wants a, b.c and whatever is named like d anywhere below b. */
static enum json_part choose(const struct json_at *at)
{
	if (at->up)
		return json_at_is(at, "c") || json_at_is(at, "d") ? JSON_KEEP : JSON_PASS;
	return json_at_is(at, "a") ? JSON_KEEP : json_at_is(at, "b") ? JSON_ENTER : JSON_PASS;
}

/* What is left of a text; "refused" for what is no JSON. */
static const char *part(const char *text)
{
	static struct str out = STR_INIT;
	struct err err = { 0 };
	struct json *json = json_parse_part(text, strlen(text), choose, &err);
	str_reset(&out);
	if (json)
		json_print(json, &out);
	else
		str_add(&out, "refused");
	json_free(json);
	return str_text(&out);
}

static void wanted_members_stay(void)
{
	CHECK_STR(part("{\"x\":1,\"a\":[1,{\"x\":2}],"
		       "\"b\":{\"c\":\"\\u00e9\",\"e\":0,\"d\":1.50},\"y\":null}"),
		  "{\"a\":[1,{\"x\":2}],\"b\":{\"c\":\"\xc3\xa9\",\"d\":1.50}}");
	CHECK_STR(part(" { \"b\" : { } , \"a\" : true } "), "{\"b\":{},\"a\":true}");
	CHECK_STR(part("{\"b\":[1,2],\"x\":{}}"), "{\"b\":[1,2]}");
	CHECK_STR(part("{\"b\":{\"x\":{\"d\":1}}}"), "{\"b\":{}}");
	CHECK_STR(part("{}"), "{}");
	CHECK_STR(part("[{\"x\":1}]"), "[{\"x\":1}]");
	CHECK_STR(part("{\"\\u0061\":1}"), "{\"a\":1}");
}

/* In what is passed over as in what is kept. */
static void broken_texts_are_refused(void)
{
	static const char *const inner[] = {
		"01", "1.", "-", "1e", "\"\\x\"", "\"\\u12\"", "\"\t\"",
		"\"\\ud800\"", "\"\\u0000\"", "\"\xff\"", "\"\xe2\x82\"",
		"tru", "[1,]", "[1 2]", "{\"k\"}",
		"{\"k\":1,}", "{k:1}", "\"", "", "{\"k\":1",
		 "nul", "[", "'a'", "\"abcdefghijklmnop\\q\"" };
	for (size_t i = 0; i < countof(inner); i++) {
		char text[100];
		snprintf(text, sizeof text, "{\"x\":%s}", inner[i]);
		CHECK_STR(part(text), "refused");
		snprintf(text, sizeof text, "{\"a\":%s}", inner[i]);
		CHECK_STR(part(text), "refused");
	}
	CHECK_STR(part("{\"a\":1} x"), "refused");
	CHECK_STR(part("{\"a\":1,\"a\":2}"), "refused");
	CHECK_STR(part("{,}"), "refused");
}

static void strings_of_any_length(void)
{
	static const char *const ends[] = {
		"", "\\\"", "\\\\", "\xc3\xa9", "\\n", "\\ud83d\\ude00" };
	char text[120], want[120];
	for (size_t n = 0; n < 40; n++)
		for (size_t i = 0; i < countof(ends); i++) {
			snprintf(text, sizeof text, "{\"x\":\"%.*s%s\",\"a\":%zu}", (int)n,
				 "abcdefghijklmnopqrstuvwxyz0123456789,:{}", ends[i], n);
			snprintf(want, sizeof want, "{\"a\":%zu}", n);
			CHECK_STR(part(text), want);
		}
}

static void nesting_has_its_limit(void)
{
	struct str text = STR_INIT;
	str_add(&text, "{\"x\":");
	for (int i = 0; i < JSON_MAX_DEPTH + 1; i++)
		str_addc(&text, '[');
	for (int i = 0; i < JSON_MAX_DEPTH + 1; i++)
		str_addc(&text, ']');
	str_addc(&text, '}');
	CHECK_STR(part(str_text(&text)), "refused");
	str_free(&text);
}

static void lines_of_any_length(void)
{
	static const size_t lengths[] = {
		1, 2, 4000, 4085, 4086, 4087, 4088, 4089, 4090, 4095, 4096,
		8180, 8190, 8192, 20000 };
	FILE *file = tmpfile();
	struct jsonl in;
	struct json *json = NULL;
	struct err err = { 0 };
	for (size_t i = 0; i < countof(lengths); i++)
		fprintf(file, "{\"a\":\"%0*d\"}%s", (int)lengths[i], 0,
			i + 1 < countof(lengths) ? "\n" : "");
	rewind(file);
	jsonl_init(&in, file, "lines");
	for (size_t i = 0; i < countof(lengths); i++) {
		CHECK_INT(jsonl_next(&in, &json, &err), JSONL_RECORD);
		CHECK_INT(in.line, i + 1);
		CHECK_INT(strlen(json_str_or(json, "a", "")), lengths[i]);
		json_free(json);
	}
	CHECK_INT(jsonl_next(&in, &json, &err), JSONL_END);
	jsonl_close(&in);
	fclose(file);
}

static void a_nul_byte_is_no_end(void)
{
	FILE *file = tmpfile();
	struct jsonl in;
	struct json *json = NULL;
	struct err err = { 0 };
	fwrite("{\"a\":1}\n{\"a\":\0}\n{}", 1, 18, file);
	rewind(file);
	jsonl_init(&in, file, "lines");
	CHECK_INT(jsonl_next(&in, &json, &err), JSONL_RECORD);
	json_free(json);
	CHECK_INT(jsonl_next(&in, &json, &err), JSONL_FAILED);
	CHECK(strstr(err.text, "lines:2") && strstr(err.text, "NUL"));
	jsonl_close(&in);
	fclose(file);
}

int main(void)
{
	RUN(wanted_members_stay);
	RUN(broken_texts_are_refused);
	RUN(strings_of_any_length);
	RUN(nesting_has_its_limit);
	RUN(lines_of_any_length);
	RUN(a_nul_byte_is_no_end);
	part("{}");
	return check_done();
}
