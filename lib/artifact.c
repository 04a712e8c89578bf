#include "artifact.h"

#include "json.h"
#include "str.h"

#include <string.h>

/* Is `schema` genie/KIND/VERSION with one of the kinds "a|b"? */
static bool is_kind(const char *schema, const char *kinds)
{
	if (!starts_with(schema, "genie/"))
		return false;
	const char *kind = schema + strlen("genie/");
	size_t n = strcspn(kind, "/");
	for (const char *k = kinds; *k; k += strcspn(k, "|"), k += *k == '|')
		if (strcspn(k, "|") == n && strncmp(k, kind, n) == 0)
			return true;
	return false;
}

bool artifact_is(const struct json *document, const char *name, const char *kinds, struct err *err)
{
	const char *schema = json_str_or(document, "schema", "");
	int first = (int)strcspn(kinds, "|");
	if (is_kind(schema, kinds))
		return true;
	if (*schema)
		return err_set(err, ERR_DATA, "%s: $.schema: expected genie/%.*s/1, found %.60s",
			       name, first, kinds, schema);
	return err_set(err, ERR_DATA, "%s: not a document genie/%.*s/1 (no \"schema\")", name, first,
		       kinds);
}

struct json *artifact_load(const char *path, const char *kinds, struct err *err)
{
	struct json *document = json_load(path, err);
	if (!document || artifact_is(document, streq(path, "-") ? "standard input" : path, kinds, err))
		return document;
	json_free(document);
	return NULL;
}
