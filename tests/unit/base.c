/* err, mem, str, clock, digest */
#include "clock.h"
#include "digest.h"
#include "err.h"
#include "mem.h"
#include "str.h"

#include "check.h"

#include <errno.h>
#include <stdlib.h>

static void errors_gather_context(void)
{
	struct err err = { 0 };
	CHECK(!err_set(&err, ERR_DATA, "bad %s", "thing"));
	CHECK(!err_wrap(&err, "reading %s", "f.json"));
	CHECK_STR(err.text, "reading f.json: bad thing");
	CHECK_INT(err.code, 65);
	errno = ENOENT;
	err_errno(&err, "x");
	CHECK_STR(err.text, "x: No such file or directory");
	CHECK_INT(err.code, 74);
}

static void errors_stay_one_line_and_bounded(void)
{
	struct err err = { 0 };
	char big[5000];
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	err_set(&err, ERR_DATA, "a\nb %s", big);
	CHECK(strlen(err.text) < sizeof err.text);
	CHECK(strchr(err.text, '\n') == NULL);
	CHECK(ends_with(err.text, "..."));
}

static void strings_stop_at_their_cap(void)
{
	struct str s;
	str_init(&s, 5);
	str_add(&s, "abc");
	str_add(&s, "def");
	CHECK(str_over(&s));
	CHECK_STR(str_text(&s), "abc");
	str_add(&s, "d");
	CHECK_STR(str_text(&s), "abc");
	str_reset(&s);
	str_add(&s, "12345");
	CHECK(!str_over(&s));
	str_free(&s);
}

static void strings_splice(void)
{
	struct str s = STR_INIT;
	str_add(&s, "hello world");
	str_splice(&s, 6, 5, "there, you", 10);
	CHECK_STR(str_text(&s), "hello there, you");
	str_splice(&s, 0, 6, "", 0);
	CHECK_STR(str_text(&s), "there, you");
	str_splice(&s, s.n, 0, "!", 1);
	CHECK_STR(str_text(&s), "there, you!");
	str_free(&s);
}

static void hex_digits_have_values(void)
{
	CHECK_INT(hex_digit('9'), 9);
	CHECK_INT(hex_digit('a'), 10);
	CHECK_INT(hex_digit('F'), 15);
	CHECK_INT(hex_digit('g'), -1);
	CHECK_INT(hex_digit('/'), -1);
	CHECK_INT(hex_digit(':'), -1);
	CHECK_INT(hex_digit('@'), -1);
	CHECK_INT(hex_digit('\0'), -1);
}

static void utf8_is_written(void)
{
	static const uint32_t code[] = { 'a', 0xe9, 0x20ac, 0x1f600 };
	char text[17];
	size_t n = 0;
	for (size_t i = 0; i < countof(code); i++)
		n += utf8_put(text + n, code[i]);
	text[n] = '\0';
	CHECK_STR(text, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

static void utf8_is_checked(void)
{
	CHECK(utf8_valid("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10));
	CHECK(!utf8_valid("\xC0\x80", 2));     /* overlong */
	CHECK(!utf8_valid("\xED\xA0\x80", 3)); /* surrogate */
	CHECK(!utf8_valid("\xF4\x90\x80\x80", 4));
	CHECK(!utf8_valid("\xC3", 1));
	CHECK_INT(utf8_fit("a\xC3\xA9", 2), 1);
}

static void case_helpers(void)
{
	CHECK(strieq("ABC", "abc") && !strieq("abc", "abcd") && !strieq(NULL, "a"));
	CHECK(stristr("Hello World", "WORLD") != NULL && stristr("abc", "d") == NULL);
	char text[] = "  a b \n";
	CHECK_STR(trim(text), "a b");
}

static void arenas_keep_large_and_small(void)
{
	struct arena arena = { 0 };
	char *small = arena_strdup(&arena, "small");
	char *large = arena_alloc(&arena, 100000);
	memset(large, 1, 100000);
	char *after = arena_printf(&arena, "%d", 42);
	CHECK_STR(small, "small");
	CHECK_STR(after, "42");
	arena_reset(&arena);
	CHECK_INT(arena.used, 0);
	arena_free(&arena);
}

static void dates_round_trip(void)
{
	char buf[DATE_TEXT_SIZE];
	for (int64_t day = -800000; day < 800000; day += 37) {
		int y, m, d;
		date_to_civil(day, &y, &m, &d);
		if (date_from_civil(y, m, d) != day)
			CHECK_INT(date_from_civil(y, m, d), day);
	}
	int64_t day;
	CHECK(date_parse("2024-02-29", &day));
	CHECK_STR(date_text(day + 1, buf), "2024-03-01");
	CHECK(!date_parse("2023-02-29", &day));
	CHECK(!date_parse("2023-2-3", &day));
	CHECK(!date_parse("2023-02-03x", &day));
}

static void times_round_trip(void)
{
	char buf[CLOCK_RFC3339_SIZE];
	int64_t ms;
	CHECK(clock_parse("2026-11-20T16:50:01.250Z", &ms));
	CHECK_STR(clock_rfc3339(ms, buf), "2026-11-20T16:50:01.250Z");
	CHECK(clock_parse("2026-11-20T18:50:01+02:00", &ms));
	CHECK_STR(clock_rfc3339(ms, buf), "2026-11-20T16:50:01Z");
	CHECK_STR(clock_rfc3339(-1, buf), "1969-12-31T23:59:59.999Z");
	CHECK(!clock_parse("2026-11-20T25:00:00Z", &ms));
	CHECK(!clock_parse("yesterday", &ms));
}

/* FIPS 180-2 appendix B.1 and RFC 1321 appendix A.5 */
static void digests_match_their_standards(void)
{
	char sha[SHA256_HEX], md5[MD5_HEX];
	CHECK_STR(sha256_hex("abc", 3, sha),
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK_STR(md5_hex("abc", 3, md5), "900150983cd24fb0d6963f7d28e17f72");
}

static void lists_sort_and_deduplicate(void)
{
	struct strlist list = { 0 };
	strlist_add(&list, "b");
	CHECK(strlist_add_new(&list, "a"));
	CHECK(!strlist_add_new(&list, "b"));
	strlist_sort(&list);
	CHECK_STR(list.v[0], "a");
	strlist_free(&list);
}

static const char *lines(const char *text, bool crlf)
{
	static struct str out;
	str_reset(&out);
	str_add_lines(&out, text, crlf);
	return str_text(&out);
}

static void test_line_ends(void)
{
	CHECK(text_has_crlf("a\r\nb\n"));
	CHECK(!text_has_crlf("a\nb\r\n"));
	CHECK(!text_has_crlf("\n"));
	CHECK(!text_has_crlf("\r"));
	CHECK(!text_has_crlf(""));
	CHECK_STR(lines("a\r\nb\nc\r\r\n\n\rd\r", true), "a\r\nb\r\nc\r\n\r\n\rd\r");
	CHECK_STR(lines("a\r\nb\nc\r\r\n\n\rd\r", false), "a\nb\nc\n\n\rd\r");
	CHECK_STR(lines("", true), "");
	CHECK_STR(lines("\n", true), "\r\n");
}

int main(void)
{
	RUN(test_line_ends);
	RUN(errors_gather_context);
	RUN(errors_stay_one_line_and_bounded);
	RUN(strings_stop_at_their_cap);
	RUN(strings_splice);
	RUN(hex_digits_have_values);
	RUN(utf8_is_written);
	RUN(utf8_is_checked);
	RUN(case_helpers);
	RUN(arenas_keep_large_and_small);
	RUN(dates_round_trip);
	RUN(times_round_trip);
	RUN(digests_match_their_standards);
	RUN(lists_sort_and_deduplicate);
	return check_done();
}
