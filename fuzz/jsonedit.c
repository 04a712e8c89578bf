/* A document, a NUL, what it is to mean, as a document and as one within a string: an edit
 * is right, and the same again changes nothing. */
#include "err.h"
#include "json.h"
#include "jsonedit.h"
#include "mem.h"
#include "str.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void embedded(const char *s, size_t n, const struct json *want)
{
	struct err err = { 0 };
	struct json *outer = json_new_object();
	struct str text = STR_INIT;
	json_set(outer, "k", json_new_strn(s, n));
	json_print(outer, &text);
	if (!json_edit_embedded(&text, "fuzz", "k", want, &err))
		BUG("%s", err.text);
	json_free(outer);
	str_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t first = strnlen((const char *)data, n);
	struct err err = { 0 };
	struct str text = STR_INIT;
	struct json *was = json_parse((const char *)data, first, &err);
	struct json *want = first < n ?
		json_parse((const char *)data + first + 1, n - first - 1, &err) : NULL;
	if (was && want) {
		str_addn(&text, (const char *)data, first);
		if (!json_edit(&text, "fuzz", want, &err))
			BUG("%s", err.text);
		char *once = xstrdup(str_text(&text));
		if (!json_edit(&text, "fuzz", want, &err) || strcmp(once, str_text(&text)) != 0)
			BUG("the second edit changed something");
		free(once);
		embedded((const char *)data, first, want);
	}
	json_free(was);
	json_free(want);
	str_free(&text);
	return 0;
}
