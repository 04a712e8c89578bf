/* Texts of a configuration, a configuration of texts, and patches from one to the other. */
#include "search.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>

#define INSTRUCTIONS "instructions.text_instructions"
#define EXAMPLES "instructions.example_question_sqls"

void search_texts(const struct json *config, char *text[SEARCH_COMPONENTS])
{
	struct json *copy = json_dup(config);
	const struct json *list;
	struct str out = STR_INIT;
	space_sort(copy);
	list = space_array(copy, INSTRUCTIONS, false);
	for (const struct json *i = json_first(list); i; i = json_next(i))
		space_text(json_get(i, "content"), &out);
	text[SEARCH_INSTRUCTION] = xstrdup(str_text(&out));
	str_reset(&out);
	list = space_array(copy, EXAMPLES, false);
	if (list)
		json_canonical(list, &out);
	text[SEARCH_EXAMPLES] = xstrdup(list ? str_text(&out) : "[]");
	str_free(&out);
	json_free(copy);
}

/* ---- a configuration ---- */

/* An unchanged instruction stays divided into strings as it is. */
static void set_instruction(const struct search *s, struct json *config, const char *text)
{
	char hash[SPACE_ID_SIZE];
	if (streq(text, s->seed[SEARCH_INSTRUCTION]))
		return;
	struct json *list = space_array(config, INSTRUCTIONS, true);
	struct json *item = json_first(list);
	while (json_len(list) > (*text ? 1u : 0u))
		json_free(json_detach(json_at(list, json_len(list) - 1)));
	if (!*text)
		return;
	if (!item) {
		item = json_push(list, json_new_object());
		json_set_str(item, "id", space_new_id(config, "text instruction", hash));
	}
	json_set(item, "content", space_lines(text));
}

static bool read_examples(const char *text, struct json **out, struct err *err)
{
	struct json *list = json_parse(text, strlen(text), err);
	*out = list;
	if (!list)
		return err_wrap(err, "the examples");
	if (!json_is(list, JSON_ARRAY))
		return json_expected(list, "an array of examples", err);
	for (const struct json *e = json_first(list); e; e = json_next(e))
		if (!json_get(e, "question") || !json_get(e, "sql") ||
		    !space_id_ok(json_str_or(e, "id", "")))
			return err_set(err, ERR_DATA, "an example needs id, question and sql");
	return true;
}

struct json *search_config(const struct search *s, char *const *text, struct err *err)
{
	struct json *config = json_dup(s->config), *examples = NULL;
	set_instruction(s, config, text[SEARCH_INSTRUCTION]);
	if (!streq(text[SEARCH_EXAMPLES], s->seed[SEARCH_EXAMPLES])) {
		if (!read_examples(text[SEARCH_EXAMPLES], &examples, err)) {
			json_free(examples);
			json_free(config);
			return NULL;
		}
		space_array(config, EXAMPLES, true);
		json_set(json_get(config, "instructions"), "example_question_sqls", examples);
	}
	space_sort(config);
	return config;
}

static bool is_seed(const struct search *s, const struct json *config)
{
	struct str seed = STR_INIT, text = STR_INIT;
	space_canonical(s->config, &seed);
	space_canonical(config, &text);
	bool same = streq(str_text(&seed), str_text(&text));
	str_free(&seed);
	str_free(&text);
	return same;
}

const char *search_hash(const struct search *s, const struct json *config, char out[SHA256_HEX])
{
	const char *live = json_str_or(s->snapshot, "config_hash", "");
	if (strlen(live) == SHA256_HEX - 1 && is_seed(s, config)) {
		memcpy(out, live, SHA256_HEX);
		return out;
	}
	struct json *rest = json_new_str(live);
	space_hash(config, rest, out);
	json_free(rest);
	return out;
}

struct json *search_snapshot(const struct search *s, struct json *config, const char *space_id)
{
	struct json *snapshot = json_dup(s->snapshot);
	char hash[SHA256_HEX], id[SPACE_CONFIG_ID_SIZE];
	json_remove(snapshot, "config_raw");
	json_set_str(snapshot, "config_hash", search_hash(s, config, hash));
	json_set_str(snapshot, "config_id", space_config_id(hash, id));
	json_set_str(snapshot, "space_id", space_id);
	json_set(snapshot, "config", config);
	return snapshot;
}

/* ---- patches ---- */

/* An addition at the end is told as one: it is of lower risk than a new text. */
static const char *added(const char *before, const char *after)
{
	size_t n = strlen(before);
	if (!*before)
		return after;
	if (strncmp(before, after, n) != 0)
		return NULL;
	if (before[n - 1] == '\n')
		return after + n;
	return after[n] == '\n' ? after + n + 1 : NULL;
}

static void diff_instruction(const char *before, const char *after, struct json *patches)
{
	const char *more = added(before, after);
	bool add = *after && more && *more;
	if (streq(before, after))
		return;
	struct json *patch = json_push(patches, patch_new("", add ? "add_instruction" :
		*after ? "update_instruction" : "remove_instruction", NULL, 6));
	if (!add)
		json_set_str(patch, "old_text", before);
	if (*after)
		json_set_str(patch, "new_text", add ? more : after);
}

/* The example as a patch says it: texts as texts. */
static struct json *patch_value(const struct json *example)
{
	static const char *const keys[] = { "question", "sql" };
	struct json *value = json_dup(example);
	for (size_t i = 0; i < countof(keys); i++) {
		struct str text = STR_INIT;
		space_text(json_get(example, keys[i]), &text);
		json_set_str(value, keys[i], str_text(&text));
		str_free(&text);
	}
	return value;
}

static void diff_examples(const struct json *before, const struct json *after, struct json *patches)
{
	for (const struct json *b = json_first(before); b; b = json_next(b)) {
		const char *id = json_str_or(b, "id", "");
		const struct json *a = space_member(after, "id", id);
		if (a && json_equal(a, b))
			continue;
		struct json *patch = json_push(patches, patch_new("",
			a ? "update_example_sql" : "remove_example_sql", NULL, 6));
		struct str text = STR_INIT;
		json_set_str(patch, "id", id);
		space_text(json_get(b, a ? "sql" : "question"), &text);
		json_set_str(patch, "old_text", str_text(&text));
		str_free(&text);
		if (a)
			json_set(patch, "value", patch_value(a));
	}
	for (const struct json *a = json_first(after); a; a = json_next(a))
		if (!space_member(before, "id", json_str_or(a, "id", "")))
			json_set(json_push(patches, patch_new("", "add_example_sql", NULL, 6)),
				"value", patch_value(a));
}

struct json *search_patches(const struct search *s, char *const *text)
{
	struct json *patches = json_new_array(), *before = NULL, *after = NULL;
	struct err ignored = { 0 };
	diff_instruction(s->seed[SEARCH_INSTRUCTION], text[SEARCH_INSTRUCTION], patches);
	before = json_parse(s->seed[SEARCH_EXAMPLES], strlen(s->seed[SEARCH_EXAMPLES]), &ignored);
	if (read_examples(text[SEARCH_EXAMPLES], &after, &ignored))
		diff_examples(before, after, patches);
	json_free(before);
	json_free(after);
	return patches;
}
