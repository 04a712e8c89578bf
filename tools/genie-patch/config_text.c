/* The text instruction of a configuration. */
#include "config.h"

#include "bundle.h"
#include "json.h"
#include "mem.h"
#include "patch.h"
#include "space.h"
#include "state.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* `part` as whole lines of text. */
static const char *find_lines(const char *text, const char *part)
{
	size_t n = strlen(part);
	for (const char *s = text; (s = strstr(s, part)); s++)
		if ((s == text || s[-1] == '\n') &&
		    (s[n] == '\0' || s[n] == '\n' || part[n - 1] == '\n'))
			return s;
	return NULL;
}

static struct json *the_instruction(const struct config_side *side, bool make)
{
	struct json *list = space_array(side->config, "instructions.text_instructions", make);
	struct json *item = json_first(list);
	if (item && !side->like && json_str_or(item, "id", NULL)) {
		free(side->link->id);
		side->link->id = xstrdup(json_str_or(item, "id", NULL));
	}
	if (item || !make || !list)
		return item;
	item = json_push(list, json_new_object());
	json_set_str(item, "id", side->link->id);
	json_set(item, "content", json_new_array());
	return item;
}

/* The strings of the content, which may also be one string. */
static struct json *strings(struct json *item)
{
	struct json *content = json_get(item, "content");
	if (json_is(content, JSON_ARRAY))
		return content;
	struct json *list = json_new_array();
	if (json_text(content) && *json_text(content))
		json_push_str(list, json_text(content));
	return json_set(item, "content", list);
}

/* Lines are appended; what stands there keeps its division into strings. */
static void append_lines(struct json *content, const char *text)
{
	struct json *last = json_len(content) ? json_at(content, json_len(content) - 1) : NULL;
	if (last && json_text(last) && !ends_with(json_text(last), "\n")) {
		char *longer = xasprintf("%s\n", json_text(last));
		json_replace(last, json_new_str(longer));
		free(longer);
	}
	struct json *lines = space_lines(text);
	for (struct json *line = json_first(lines); line; line = json_next(line))
		json_push(content, json_dup(line));
	json_free(lines);
}

static size_t length(const struct json *string)
{
	return json_text(string) ? strlen(json_text(string)) : 0;
}

/* A string of several lines stays one; else each line is a string. */
static struct json *divide(const struct json *first, bool alone, const char *text)
{
	const char *newline = json_text(first) ? strchr(json_text(first), '\n') : NULL;
	if (!alone || !newline || !newline[1] || !*text)
		return space_lines(text);
	struct json *one = json_new_array();
	json_push_str(one, text);
	return one;
}

/* [at, at + del) of the whole text becomes `text`; strings that it does not touch stay. */
static void replace_part(struct json *item, size_t at, size_t del, const char *text)
{
	struct json *content = strings(item), *first = json_first(content), *last;
	size_t index = 0;
	struct str part = STR_INIT;
	for (; first && json_next(first) && at >= length(first); first = json_next(first), index++)
		at -= length(first);
	size_t end = at + del, touched = 1;
	for (last = first; last && json_next(last) && end > length(last); last = json_next(last)) {
		end -= length(last);
		touched++;
	}
	if (first && json_text(first) && json_text(last)) {
		str_addn(&part, json_text(first), at);
		str_add(&part, text);
		str_add(&part, json_text(last) + end);
	} else {
		str_add(&part, text);
	}
	struct json *lines = divide(first, touched == 1, str_text(&part));
	for (; first && touched; touched--)
		json_free(json_detach(json_at(content, index)));
	for (struct json *line = json_first(lines); line; line = json_next(line))
		json_insert(content, index++, json_dup(line));
	json_free(lines);
	str_free(&part);
}

static bool gone(const struct config_side *side, struct err *err)
{
	return err_set(err, side->like ? ERR_DATA : ERR_TEMP,
		       "refetch: the instruction of %s changed: old_text is not in it",
		       config_where(side));
}

/* A text with variables resolved, and where each byte of it stands in the text as it is. */
struct plain {
	struct str text;
	size_t *map; /* NO_PLACE within a variable's value */
	size_t cap;
};
#define NO_PLACE SIZE_MAX

static void put_plain(struct plain *plain, const char *s, size_t n, size_t place, bool variable)
{
	GROW(plain->map, plain->cap, plain->text.n + n + 1);
	for (size_t i = 0; i < n; i++)
		plain->map[plain->text.n + i] = !i ? place : variable ? NO_PLACE : place + i;
	str_addn(&plain->text, s, n);
	plain->map[plain->text.n] = place + n;
}

static void make_plain(const struct config_side *side, const char *raw, struct plain *plain)
{
	size_t n;
	for (const char *s = raw; *s; s += n) {
		const char *end = side->like && starts_with(s, "${") ? strchr(s, '}') : NULL;
		struct str value = STR_INIT;
		struct err ignored = { 0 };
		n = end ? (size_t)(end + 1 - s) : 1;
		bool known = end && bundle_resolve(side->state->bundle, s, n, "", &value,
						   &ignored);
		put_plain(plain, known ? str_text(&value) : s, known ? value.n : n,
			  (size_t)(s - raw), known);
		str_free(&value);
	}
	put_plain(plain, "", 0, strlen(raw), false);
}

/* The instruction as it stands, and what the patch says: to look for without variables, to
 * write in the words of this side. */
struct change {
	const struct config_side *side;
	struct json *item;
	struct plain now;
	struct str old, text, words;
	bool has_old; /* else the whole is meant */
};

static bool read_change(struct change *change, const struct patch *patch, struct err *err)
{
	struct config_side plain = *change->side;
	struct str raw = STR_INIT;
	plain.like = NULL;
	change->has_old = patch->old_text && *patch->old_text;
	space_text(json_get(change->item, "content"), &raw);
	make_plain(change->side, str_text(&raw), &change->now);
	str_free(&raw);
	return (!patch->new_text || (config_words(&plain, patch->new_text, &change->text, err) &&
			config_words(change->side, patch->new_text, &change->words, err))) &&
		(!patch->old_text || config_words(&plain, patch->old_text, &change->old, err));
}

static void free_change(struct change *change)
{
	free(change->now.map);
	str_free(&change->now.text);
	str_free(&change->old);
	str_free(&change->text);
	str_free(&change->words);
}

/* [from, from + n) of the resolved text becomes the new words. */
static bool replace(struct change *change, size_t from, size_t n, struct err *err)
{
	size_t at = change->now.map[from], end = change->now.map[from + n];
	if (at == NO_PLACE || end == NO_PLACE)
		return err_set(err, ERR_DATA, "old_text ends within a variable of %s",
			       config_where(change->side));
	replace_part(change->item, at, end - at, str_text(&change->words));
	return true;
}

static bool remove_text(struct change *change, bool *changed, struct err *err)
{
	const char *now = str_text(&change->now.text), *old = str_text(&change->old);
	const char *at = strstr(now, old);
	size_t n = change->old.n;
	*changed = at != NULL;
	if (!at)
		return true; /* gone already */
	n += at[n] == '\n' && !ends_with(old, "\n");
	return replace(change, (size_t)(at - now), n, err);
}

static bool update_text(struct change *change, bool *changed, struct err *err)
{
	const char *now = str_text(&change->now.text), *old = str_text(&change->old);
	const char *text = str_text(&change->text);
	const char *at = now;
	if (change->has_old && !(at = strstr(now, old)))
		return strstr(now, text) || gone(change->side, err);
	if (streq(change->has_old ? old : now, text))
		return true;
	*changed = true;
	return replace(change, (size_t)(at - now), change->has_old ? change->old.n :
		       change->now.text.n, err);
}

bool config_instruction(const struct config_side *side, const struct patch *patch, bool *changed,
	struct err *err)
{
	enum patch_verb verb = patch->type->verb;
	struct change change = { .side = side, .item = the_instruction(side, verb != PATCH_REMOVE),
		.now.text = STR_INIT, .old = STR_INIT, .text = STR_INIT, .words = STR_INIT };
	if (!change.item)
		return true;
	bool ok = read_change(&change, patch, err);
	if (ok && verb == PATCH_REMOVE) {
		ok = remove_text(&change, changed, err);
	} else if (ok && verb == PATCH_UPDATE) {
		ok = update_text(&change, changed, err);
	} else if (ok && !find_lines(str_text(&change.now.text), str_text(&change.text))) {
		append_lines(strings(change.item), str_text(&change.words));
		*changed = true;
	}
	free_change(&change);
	return ok;
}
