/* A key, a NUL, a value, a NUL, a Python text: after an edit the value reads back. */
#include "editpy.h"
#include "err.h"
#include "mem.h"
#include "str.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *key = xstrndup((const char *)data, n);
	size_t used = strlen(key) + 1;
	char *value = xstrndup((const char *)data + (used < n ? used : n), used < n ? n - used : 0);
	struct err err = { 0 };
	struct str text = STR_INIT;
	used += strlen(value) + 1;
	if (used < n)
		str_addn(&text, (const char *)data + used, n - used);
	if (edit_py_set(&text, "fuzz", "D", key, value, &err)) {
		char *now = edit_py_get(&text, "D", key);
		if (!streq(now, value))
			BUG("the value does not read back");
		free(now);
	}
	free(key);
	free(value);
	str_free(&text);
	return 0;
}
