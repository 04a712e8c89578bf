/* A path, a NUL, a value, a NUL, a document: an edit is right or refused. */
#include "edityaml.h"
#include "err.h"
#include "mem.h"
#include "str.h"
#include "yaml.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *copy = xstrndup((const char *)data, n);
	size_t path = strlen(copy);
	struct err err = { 0 };
	struct str text = STR_INIT;
	if (path < n) {
		const char *value = (const char *)data + path + 1;
		char *set = xstrndup(value, n - path - 1);
		size_t used = path + 1 + strlen(set);
		if (used < n)
			str_addn(&text, (const char *)data + used + 1, n - used - 1);
		if (utf8_valid(set, strlen(set)) &&
		    edit_yaml_set(&text, "fuzz", copy, set, &err) &&
		    (!edit_yaml_add(&text, "fuzz", copy, set, &err)))
			err_clear(&err);
		if (edit_yaml_remove(&text, "fuzz", copy, &err)) {
			struct yaml *yaml = yaml_parse(str_text(&text), text.n, "fuzz", &err);
			if (!yaml)
				BUG("an edit broke the document");
			yaml_close(yaml);
		}
		free(set);
	}
	free(copy);
	str_free(&text);
	return 0;
}
