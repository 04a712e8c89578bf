/* A parameter's declaration, a NUL, a SQL text: what is added is there once, and goes again. */
#include "editsql.h"
#include "err.h"
#include "mem.h"
#include "str.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *declaration = xstrndup((const char *)data, n);
	size_t used = strlen(declaration);
	struct err err = { 0 };
	struct str text = STR_INIT, once = STR_INIT;
	struct sql_function was, is;
	bool empty;
	if (used < n)
		str_addn(&text, (const char *)data + used + 1, n - used - 1);
	if (edit_sql_get(&text, "fuzz", "", &was, &err) &&
	    edit_sql_add_parameter(&text, "fuzz", "", declaration, &err)) {
		str_addn(&once, str_text(&text), text.n);
		if (!edit_sql_add_parameter(&text, "fuzz", "", declaration, &err) ||
		    !streq(str_text(&text), str_text(&once)) ||
		    !edit_sql_get(&text, "fuzz", "", &is, &err) || is.nparams < was.nparams)
			BUG("added twice, it is not as added once");
		for (size_t i = 0; i < is.nparams; i++)
			if (!edit_sql_remove_parameter(&text, "fuzz", "", is.params[i].name, &err))
				err_clear(&err);
		if (!edit_sql_remove(&text, "fuzz", "", &empty, &err) || text.n >= once.n)
			BUG("the statement cannot be removed");
		sql_function_free(&is);
	}
	sql_function_free(&was);
	free(declaration);
	str_free(&text);
	str_free(&once);
	return 0;
}
