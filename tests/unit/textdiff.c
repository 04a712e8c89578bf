#include "textdiff.h"

#include "check.h"
#include "str.h"

static const char *diff(struct str *out, const char *before, const char *after)
{
	str_reset(out);
	unified_diff("x.yaml", before, strlen(before), after, strlen(after), out);
	return str_text(out);
}

static void changes_show_with_context(void)
{
	struct str out = STR_INIT;
	CHECK_STR(diff(&out, "1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nfive\n6\n"),
		  "--- a/x.yaml\n+++ b/x.yaml\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n");
	CHECK_STR(diff(&out, "same\n", "same\n"), "");
	CHECK(strstr(diff(&out, "", "new\n"), "\n+new\n") != NULL);
	str_free(&out);
}

static void a_missing_last_newline_is_told(void)
{
	struct str out = STR_INIT;
	CHECK(strstr(diff(&out, "a\n", "a"), "No newline at end of file") != NULL);
	str_free(&out);
}

int main(void)
{
	RUN(changes_show_with_context);
	RUN(a_missing_last_newline_is_told);
	return check_done();
}
