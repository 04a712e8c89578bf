/* From what a model wrote to patches. */
#include "proposellm.h"

#include "json.h"
#include "llmjson.h"
#include "mem.h"
#include "patch.h"
#include "proposellm_int.h"
#include "space.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define MAX_QUESTIONS 100
#define MAX_SYNONYMS 20
#define MAX_UNKNOWN 200 /* bytes of what is not known to be a type */

/* ---- finding --------------------------------------------------------------------------- */

/* An empty list says "nothing" only where it cannot be a piece of something else. */
static bool is_answer(const struct json *json)
{
	const struct json *list = json_is(json, JSON_ARRAY) ? json : json_get(json, "patches");
	if (!json_is(list, JSON_ARRAY))
		return false;
	if (!json_first(list))
		return list != json;
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (json_str_or(one, "type", NULL))
			return true;
	return false;
}

/* ---- texts ------------------------------------------------------------------------------ */

static bool is_member(const char *names, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = names; n && (p = strstr(p, name)); p += n)
		if ((p == names || strchr(" |", p[-1])) && (!p[n] || strchr(" |", p[n])))
			return true;
	return false;
}

/* What has no place in metadata becomes a space. */
static char *clean_text(const char *text)
{
	char *copy = xstrdup(text);
	for (char *s = copy; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			*s = ' ';
	}
	char *clean = xstrdup(trim(copy));
	free(copy);
	return clean;
}

/* A text, or its lines; models leave out the line ends. NULL: it is none. New string. */
static char *text_of(const struct json *json)
{
	struct str out = STR_INIT;
	char *clean = NULL;
	if (json_text(json))
		str_add(&out, json_text(json));
	for (const struct json *l = json_is(json, JSON_ARRAY) ? json_first(json) : NULL; l;
		l = json_next(l)) {
		const char *line = json_text(l) ? json_text(l) : "";
		str_addf(&out, "%s%s", line, json_next(l) && !ends_with(line, "\n") ? "\n" : "");
	}
	if (out.n)
		clean = clean_text(str_text(&out));
	str_free(&out);
	if (clean && *clean)
		return clean;
	free(clean);
	return NULL;
}

static void set_text(struct json *object, const char *key, const struct json *said)
{
	char *text = text_of(said);
	if (text)
		json_set_str(object, key, text);
	free(text);
}

static void set_lines(struct json *object, const char *key, const struct json *said)
{
	char *text = text_of(said);
	if (text)
		json_set(object, key, space_lines(text));
	free(text);
}

static void set_list(struct json *object, const char *key, const struct json *said, size_t max)
{
	struct json *list = json_new_array();
	for (const struct json *one = json_is(said, JSON_ARRAY) ? json_first(said) : NULL;
		one && json_len(list) < max; one = json_next(one)) {
		char *text = text_of(one);
		if (text)
			json_push_str(list, text);
		free(text);
	}
	if (json_first(list))
		json_set(object, key, list);
	else
		json_free(list);
}

/* ---- the item --------------------------------------------------------------------------- */

/* A side of a join: a table, or {identifier, alias}. */
static void set_side(struct json *value, const char *key, const struct json *said)
{
	char *name = text_of(json_is(said, JSON_OBJECT) ? json_get(said, "identifier") : said);
	char *alias = text_of(json_get(said, "alias"));
	if (name) {
		const char *point = strrchr(name, '.');
		struct json *side = json_set(value, key, json_new_object());
		json_set_str(side, "identifier", name);
		json_set_str(side, "alias", alias ? alias : point ? point + 1 : name);
	}
	free(name);
	free(alias);
}

static void set_member(struct json *value, enum patch_kind kind, const struct json *said)
{
	const char *key = json_key(said);
	bool view = kind == PATCH_MV_MEASURE || kind == PATCH_MV_DIMENSION;
	if (streq(key, "synonyms"))
		set_list(value, key, said, MAX_SYNONYMS);
	else if (streq(key, "left") || streq(key, "right"))
		set_side(value, key, said);
	else if (view || streq(key, "display_name"))
		set_text(value, key, said);
	else
		set_lines(value, key, said);
}

static void set_value(struct json *patch, enum patch_kind kind, const struct json *said)
{
	struct json *value = json_new_object();
	for (const struct json *m = json_is(said, JSON_OBJECT) ? json_first(said) : NULL; m;
		m = json_next(m))
		if (is_member(proposellm_value_members(kind), json_key(m)))
			set_member(value, kind, m);
	if (json_first(value))
		json_set(patch, "value", value);
	else
		json_free(value);
}

/* ---- the patch -------------------------------------------------------------------------- */

static double confidence_of(const struct json *said)
{
	double n = 0.5;
	if (!json_as_num(said, &n))
		n = 0.5;
	return n >= 0 && n <= 1 ? n : n > 1 ? 1 : 0;
}

static void take_member(struct json *patch, const struct patch_type *type, const struct json *said)
{
	const char *key = json_key(said);
	if (!is_member(type->required, key) && !is_member(proposellm_optional_member(type), key))
		return;
	if (streq(key, "value"))
		set_value(patch, type->kind, said);
	else
		set_text(patch, key, said);
}

static struct json *read_patch(const struct json *said)
{
	struct json *patch = json_new_object();
	const char *name = json_str_or(said, "type", "");
	const struct patch_type *type = patch_type_find(name);
	char *unknown = xstrndup(name, utf8_fit(name, MAX_UNKNOWN));
	json_set_str(patch, "type", type ? type->name : unknown);
	free(unknown);
	for (const struct json *m = type ? json_first(said) : NULL; m; m = json_next(m))
		take_member(patch, type, m);
	set_list(patch, "questions", json_get(said, "questions"), MAX_QUESTIONS);
	json_set_num(patch, "confidence", confidence_of(json_get(said, "confidence")));
	return patch;
}

struct json *proposellm_read(const char *content, struct err *err)
{
	struct json *answer = llmjson_find(content, "{[", is_answer);
	const struct json *said = json_is(answer, JSON_ARRAY) ? answer :
		json_get(answer, "patches");
	struct json *list = json_new_array();
	char *text = clean_text(content);
	bool nothing = streq(text, "[]");
	free(text);
	for (const struct json *one = json_first(said);
		one && json_len(list) < PROPOSELLM_MAX_PATCHES; one = json_next(one))
		if (json_is(one, JSON_OBJECT))
			json_push(list, read_patch(one));
	if (!answer && !nothing) {
		json_free(list);
		list = NULL;
		err_set(err, ERR_DATA, "the answer holds no JSON array of patches: %.*s",
			(int)utf8_fit(content, 120), content);
	}
	json_free(answer);
	return list;
}
