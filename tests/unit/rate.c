/* ini, rate */
#include "ini.h"
#include "io.h"
#include "rate.h"
#include "str.h"

#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ini *parse(const char *text, struct err *err)
{
	return ini_parse(text, strlen(text), "cfg", err);
}

static void sections_do_not_inherit(void)
{
	struct err err = { 0 };
	struct ini *ini = parse("[DEFAULT]\nhost = https://a\ntoken=t#1 ; note\n"
		"# comment\n[pat.with.dot] ; x\r\nHost: https://b\r\n; c\n\n[__settings__]\n"
		"default_profile = pat.with.dot", &err);

	CHECK(ini != NULL);
	CHECK_STR(ini_get(ini, "DEFAULT", "token"), "t#1");
	CHECK_STR(ini_get(ini, "pat.with.dot", "host"), "https://b");
	CHECK_STR(ini_get(ini, "pat.with.dot", "token"), NULL);
	CHECK_STR(ini_get(ini, "__settings__", "default_profile"), "pat.with.dot");
	CHECK_INT(ini_count(ini, "DEFAULT"), 2);
	CHECK_INT(ini_count(ini, "absent"), 0);
	CHECK(!ini_has(ini, "default"));
	CHECK_INT(ini_sections(ini), 3);
	ini_free(ini);
}

static void the_last_of_repeated_keys_counts(void)
{
	struct err err = { 0 };
	struct ini *ini = parse("host = a\nhost = b\n", &err);

	CHECK_STR(ini_get(ini, "DEFAULT", "host"), "b");
	ini_free(ini);
}

static void a_broken_line_is_named_but_not_shown(void)
{
	struct err err = { 0 };

	CHECK(!parse("[a]\nhost = x\ndapi0123secret\n", &err));
	CHECK_INT(err.code, ERR_DATA);
	CHECK_STR(err.text, "cfg:3: neither [section] nor key = value");
	CHECK(!parse("[a\n", &err));
	CHECK(!parse("[ ]\n", &err));
	CHECK(!parse(" = value\n", &err));
	CHECK(!ini_parse("a=b\0c", 5, "cfg", &err));
}

static char dir[] = "/tmp/genie-rate-XXXXXX";

static void questions_are_spaced_over_processes(void)
{
	struct err err = { 0 };
	struct rate *one = rate_open(dir, "https://a", 5, &err);
	struct rate *two = rate_open(dir, "https://a", 5, &err);
	struct rate *other = rate_open(dir, "https://b", 5, &err);
	int64_t wait = -1;

	CHECK(rate_take(one, 1000000, &wait, &err));
	CHECK_INT(wait, 0);
	CHECK(rate_take(two, 1000001, &wait, &err));
	CHECK_INT(wait, 11999);
	CHECK(rate_take(other, 1000001, &wait, &err));
	CHECK_INT(wait, 0);
	CHECK(rate_take(two, 1012000, &wait, &err));
	CHECK_INT(wait, 0);
	CHECK(rate_take(one, 1012001, &wait, &err));
	CHECK_INT(wait, 11999);
	rate_free(one);
	rate_free(two);
	rate_free(other);
}

static void a_restarted_clock_does_not_block(void)
{
	struct err err = { 0 };
	struct rate *rate = rate_open(dir, "https://c", 1, &err);
	int64_t wait = -1;

	CHECK(rate_take(rate, 900000000000, &wait, &err));
	CHECK_INT(wait, 0);
	CHECK(rate_take(rate, 5, &wait, &err));
	CHECK_INT(wait, 0);
	CHECK(rate_take(rate, 6, &wait, &err));
	CHECK_INT(wait, 59999);
	rate_free(rate);
}

static void garbage_in_the_file_is_overwritten(void)
{
	struct err err = { 0 };
	struct rate *rate = rate_open(dir, "https://d", 60, &err);
	struct strlist names = { 0 };
	int64_t wait = -1;

	CHECK(rate_take(rate, 10, &wait, &err));
	CHECK(io_list(dir, NULL, &names, &err));
	for (size_t i = 0; i < names.n; i++) {
		char *path = io_join(dir, names.v[i]);

		CHECK(io_write_file(path, "garbage", 7, &err));
		free(path);
	}
	CHECK(rate_take(rate, 11, &wait, &err));
	CHECK_INT(wait, 0);
	CHECK(rate_take(rate, 12, &wait, &err));
	CHECK_INT(wait, 999);
	strlist_free(&names);
	rate_free(rate);
}

static void no_limit_touches_no_file(void)
{
	struct err err = { 0 };
	struct rate *rate = rate_open("/nonexistent/x", "h", 0, &err);
	int64_t wait = 5;

	CHECK(rate != NULL && rate_take(rate, 1, &wait, &err));
	CHECK_INT(wait, 0);
	rate_free(rate);
	CHECK(!rate_open(dir, "h", -1, &err));
	CHECK_INT(err.code, ERR_USAGE);
}

static void a_foreign_folder_is_refused(void)
{
	struct err err = { 0 };
	char *link = io_join(dir, "link");

	CHECK(symlink("/tmp", link) == 0);
	CHECK(!rate_open(link, "h", 5, &err));
	CHECK_INT(err.code, ERR_IO);
	CHECK(unlink(link) == 0);
	free(link);
}

int main(void)
{
	struct strlist names = { 0 };
	struct err err = { 0 };

	if (!mkdtemp(dir))
		return 1;
	RUN(sections_do_not_inherit);
	RUN(the_last_of_repeated_keys_counts);
	RUN(a_broken_line_is_named_but_not_shown);
	RUN(questions_are_spaced_over_processes);
	RUN(a_restarted_clock_does_not_block);
	RUN(garbage_in_the_file_is_overwritten);
	RUN(no_limit_touches_no_file);
	RUN(a_foreign_folder_is_refused);
	CHECK(io_list(dir, NULL, &names, &err));
	for (size_t i = 0; i < names.n; i++) {
		char *path = io_join(dir, names.v[i]);

		unlink(path);
		free(path);
	}
	strlist_free(&names);
	rmdir(dir);
	return check_done();
}
