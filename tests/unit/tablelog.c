/* Versions of tables: what a statement reads is written, or something else is. */
#include "check.h"
#include "tablelog.h"

static struct tableuse use_of(const char *read, const char *written)
{
	struct tableuse use = { 0 };
	if (read)
		strlist_add(&use.read, read);
	if (written)
		strlist_add(&use.written, written);
	return use;
}

static void test_only_what_is_read_counts(void)
{
	struct tablelog log = { 0 };
	struct tableuse reader = use_of("a", NULL), writer = use_of("a", "b"),
		other = use_of(NULL, "a");
	int64_t then = tablelog_version(&log, &reader);
	tablelog_ran(&log, &reader);
	tablelog_ran(&log, &writer);
	CHECK_INT(tablelog_version(&log, &reader), then);
	tablelog_ran(&log, &other);
	CHECK(tablelog_version(&log, &reader) != then);
	then = tablelog_version(&log, &reader);
	tablelog_undone(&log);
	CHECK(tablelog_version(&log, &reader) != then);
	tableuse_free(&reader);
	tableuse_free(&writer);
	tableuse_free(&other);
	tablelog_free(&log);
}

static void test_many_tables(void)
{
	struct tablelog log = { 0 };
	struct tableuse all = { 0 };
	for (char name[] = "a"; name[0] <= 'z'; name[0]++) {
		struct tableuse one = use_of(name, name);
		int64_t then = tablelog_version(&log, &all);
		tablelog_ran(&log, &one);
		CHECK_INT(tablelog_version(&log, &all), then);
		CHECK_INT(tablelog_version(&log, &one), 1);
		strlist_add(&all.read, name);
		tableuse_free(&one);
	}
	CHECK_INT(tablelog_version(&log, &all), 26);
	tableuse_free(&all);
	tablelog_free(&log);
}

int main(void)
{
	RUN(test_only_what_is_read_counts);
	RUN(test_many_tables);
	return check_done();
}
