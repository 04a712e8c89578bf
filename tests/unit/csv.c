#include "check.h"
#include "csv.h"
#include "mem.h"
#include <stdlib.h>

static struct csv csv;
static struct err err;

static void start(const char *text)
{
	err_clear(&err);
	csv_open(&csv, text, strlen(text), "t.csv");
}

static void test_quotes_and_line_ends(void)
{
	start("\xef\xbb\xbf" "a,b\r\n\"x,\"\"y\"\"\n2\",z\r\n");
	CHECK_INT(csv_next(&csv, &err), CSV_RECORD);
	CHECK_INT(csv.n, 2);
	CHECK_STR(csv.field[0].s, "a");
	CHECK_INT(csv_next(&csv, &err), CSV_RECORD);
	CHECK_STR(csv.field[0].s, "x,\"y\"\n2");
	CHECK_STR(csv.field[1].s, "z");
	CHECK_INT(csv.line, 2);
	CHECK_INT(csv_next(&csv, &err), CSV_END);
	csv_close(&csv);
}

static void test_null_is_not_empty(void)
{
	start("a,b,c\n,\"\",\n,,1");
	CHECK_INT(csv_next(&csv, &err), CSV_RECORD);
	CHECK_INT(csv_next(&csv, &err), CSV_RECORD);
	CHECK(csv.field[0].s == NULL);
	CHECK_STR(csv.field[1].s, "");
	CHECK(csv.field[2].s == NULL);
	CHECK_INT(csv_next(&csv, &err), CSV_RECORD);
	CHECK_STR(csv.field[2].s, "1");
	CHECK_INT(csv_next(&csv, &err), CSV_END);
	csv_close(&csv);
}

/* Reads all; the error text, or NULL when there is none. */
static const char *failure(const char *text, size_t n)
{
	enum csv_result result;

	err_clear(&err);
	csv_open(&csv, text, n, "t.csv");
	do
		result = csv_next(&csv, &err);
	while (result == CSV_RECORD);
	csv_close(&csv);
	return result == CSV_ERROR ? err.text : NULL;
}
#define FAILURE(text) failure(text, sizeof(text) - 1)

static void test_errors_name_the_line(void)
{
	CHECK_STR(FAILURE("a,b\n1,2\n3\n"), "t.csv:3: 1 fields, but the first record has 2");
	CHECK_STR(FAILURE("a\nx\"y\n"),
		"t.csv:2: a quote inside a field that does not start with one");
	CHECK_STR(FAILURE("a\n\"x\"y\n"), "t.csv:2: text after a closing quote");
	CHECK_STR(FAILURE("a\n\n\"x\ny"), "t.csv:4: a quoted field does not end");
	CHECK_STR(FAILURE("a\nx\0y\n"), "t.csv:2: NUL character");
	CHECK_STR(FAILURE("a\n\xff\n"), "t.csv:2: invalid UTF-8");
	CHECK_STR(FAILURE("a\n\"multi\nline\",x\n"),
		"t.csv:2: 2 fields, but the first record has 1");
	CHECK_INT(err.code, ERR_DATA);
	CHECK(FAILURE("") == NULL);
	CHECK(FAILURE("a") == NULL);
	CHECK(FAILURE("a,\n1,\n") == NULL);
}

static void test_caps(void)
{
	size_t n = CSV_MAX_RECORD + 10;
	char *text = xmalloc(n);

	memset(text, 'x', n);
	CHECK_STR(failure(text, n), "t.csv:1: record too long");
	memset(text, ',', n);
	CHECK_STR(failure(text, n), "t.csv:1: too many fields");
	free(text);
}

int main(void)
{
	RUN(test_quotes_and_line_ends);
	RUN(test_null_is_not_empty);
	RUN(test_errors_name_the_line);
	RUN(test_caps);
	return check_done();
}
