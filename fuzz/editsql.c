/* A comment, a NUL, a SQL text: after an edit the comment reads back; a text that is one
 * function is found. */
#include "editsql.h"
#include "err.h"
#include "mem.h"
#include "str.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *comment = xstrndup((const char *)data, n);
	size_t used = strlen(comment);
	struct err err = { 0 };
	struct str text = STR_INIT;
	if (used < n)
		str_addn(&text, (const char *)data + used + 1, n - used - 1);
	struct sql_function f;
	if (edit_sql_only(str_text(&text), "fuzz", "main.gold.f", &err)) {
		if (!edit_sql_get(&text, "fuzz", "main.gold.f", &f, &err))
			BUG("what is only a function is none");
		sql_function_free(&f);
	}
	err_clear(&err);
	if (edit_sql_comment(&text, "fuzz", "", comment, &err)) {
		bool same = edit_sql_get(&text, "fuzz", "", &f, &err) &&
			(strstr(comment, "\r\n") || streq(f.comment, comment));
		if (!same)
			BUG("the comment does not read back");
		for (size_t i = 0; i < f.nparams; i++)
			if (!edit_sql_parameter(&text, "fuzz", "", f.params[i].name, comment, &err))
				err_clear(&err);
		sql_function_free(&f);
	}
	free(comment);
	str_free(&text);
	return 0;
}
