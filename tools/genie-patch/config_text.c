/* The text instruction of a configuration. */
#include "config.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "space.h"
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

/* What the patch says, in the words of this side. */
struct change {
	const char *old, *text; /* old NULL: the whole */
	bool remove;
};

static bool change_part(const struct config_side *side, const struct change *change,
			struct json *item, const char *now, bool *changed, struct err *err)
{
	const char *old = change->old, *at = old && *old ? strstr(now, old) : NULL;
	*changed = true;
	if (change->remove) {
		if (!at)
			*changed = false; /* gone already */
		else
			replace_part(item, (size_t)(at - now), strlen(old) +
				(at[strlen(old)] == '\n' && !ends_with(old, "\n")), "");
		return true;
	}
	if (old && *old && !at) {
		*changed = false;
		return strstr(now, change->text) || gone(side, err);
	}
	if (streq(now, change->text) || (at && streq(old, change->text)))
		*changed = false;
	else
		replace_part(item, at ? (size_t)(at - now) : 0, at ? strlen(old) : strlen(now),
			     change->text);
	return true;
}

bool config_instruction(const struct config_side *side, const struct patch *patch, bool *changed,
	struct err *err)
{
	bool add = patch->type->verb == PATCH_ADD;
	struct json *item = the_instruction(side, patch->type->verb != PATCH_REMOVE);
	struct str now = STR_INIT, text = STR_INIT, old = STR_INIT;
	if (!item)
		return true;
	space_text(json_get(item, "content"), &now);
	bool ok = !patch->new_text || config_words(side, patch->new_text, &text, err);
	ok = ok && (!patch->old_text || config_words(side, patch->old_text, &old, err));
	struct change change = { patch->old_text ? str_text(&old) : NULL, str_text(&text),
		patch->type->verb == PATCH_REMOVE };
	if (ok && add && !find_lines(str_text(&now), str_text(&text))) {
		append_lines(strings(item), str_text(&text));
		*changed = true;
	} else if (ok && !add) {
		ok = change_part(side, &change, item, str_text(&now), changed, err);
	}
	str_free(&now);
	str_free(&text);
	str_free(&old);
	return ok;
}
