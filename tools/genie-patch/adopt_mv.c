/* A metric view of the workspace into its file: only what differs, where both have the same
 * items. */
#include "adopt.h"

#include "edityaml.h"
#include "json.h"
#include "str.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

struct merge {
	struct str *text;
	const char *name;
};

static bool differs(struct merge *m, const char *path, const struct json *have,
	const struct json *want);

static struct json *as_json(const char *text)
{
	struct err ignored = { 0 };
	struct yaml *yaml = yaml_parse(text, strlen(text), "", &ignored);
	struct json *json = yaml ? yaml_to_json(yaml_root(yaml)) : NULL;
	yaml_close(yaml);
	return json;
}

static char *member_path(const char *path, const char *key)
{
	return *path ? xasprintf("%s.\"%s\"", path, key) : xasprintf("\"%s\"", key);
}

/* False: this difference is more than texts. */
static bool set(struct merge *m, const char *path, const struct json *want)
{
	struct err ignored = { 0 };
	return json_text(want) && edit_yaml_set(m->text, m->name, path, json_text(want), &ignored);
}

static bool member(struct merge *m, const char *path, const struct json *have,
	const struct json *want)
{
	struct err ignored = { 0 };
	const char *key = json_key(want ? want : have);
	if (strchr(key, '"'))
		return false;
	char *at = member_path(path, key);
	bool ok = !want ? edit_yaml_remove(m->text, m->name, at, &ignored) :
		!have ? set(m, at, want) : differs(m, at, have, want);
	free(at);
	return ok;
}

static bool objects(struct merge *m, const char *path, const struct json *have,
	const struct json *want)
{
	bool ok = true;
	for (const struct json *w = json_first(want); ok && w; w = json_next(w))
		ok = member(m, path, json_get(have, json_key(w)), w);
	for (const struct json *h = json_first(have); ok && h; h = json_next(h))
		ok = json_get(want, json_key(h)) || member(m, path, h, NULL);
	return ok;
}

/* Items of the same names in the same order; texts may be more behind those that are there. */
static bool arrays(struct merge *m, const char *path, const struct json *have,
	const struct json *want)
{
	struct err ignored = { 0 };
	const struct json *h = json_first(have), *w = json_first(want);
	bool ok = true;
	for (; ok && h && w; h = json_next(h), w = json_next(w)) {
		const char *name = json_str_or(w, "name", NULL);
		if (json_equal(h, w))
			continue;
		if (!name || strchr(name, '"') || !streq(json_str_or(h, "name", NULL), name))
			return false;
		char *at = xasprintf("%s[name=\"%s\"]", path, name);
		ok = objects(m, at, h, w);
		free(at);
	}
	for (; ok && w; w = json_next(w))
		ok = json_text(w) &&
			edit_yaml_add(m->text, m->name, path, json_text(w), &ignored);
	return ok && !h;
}

static bool differs(struct merge *m, const char *path, const struct json *have,
	const struct json *want)
{
	if (json_equal(have, want))
		return true;
	if (json_is(have, JSON_OBJECT) && json_is(want, JSON_OBJECT))
		return objects(m, path, have, want);
	if (json_is(have, JSON_ARRAY) && json_is(want, JSON_ARRAY))
		return arrays(m, path, have, want);
	return set(m, path, want);
}

bool adopt_yaml(struct str *text, const char *name, const char *wanted)
{
	struct str next = STR_INIT;
	str_add(&next, str_text(text));
	struct merge m = { &next, name };
	struct json *have = as_json(str_text(text)), *want = as_json(wanted);
	bool ok = json_is(have, JSON_OBJECT) && json_is(want, JSON_OBJECT) &&
		objects(&m, "", have, want);
	struct json *got = ok ? as_json(str_text(&next)) : NULL;
	ok = ok && json_equal(got, want);
	str_reset(text);
	str_add(text, ok ? str_text(&next) : wanted);
	json_free(got);
	json_free(want);
	json_free(have);
	str_free(&next);
	return ok;
}
