#include "spacediff.h"

#include "json.h"
#include "mem.h"
#include "space.h"
#include "str.h"

#include <stdlib.h>

struct difference {
	struct str *out, *path;
	size_t n, most;
};

static void say(struct difference *d, const char *what)
{
	if (d->n++ < d->most)
		str_addf(d->out, "%s%s%s%s", d->n > 1 ? ", " : "", str_text(d->path),
			 d->path->n ? " " : "", what);
}

/* The member that names an item of a list; NULL: it has none. */
static const char *item_key(const struct json *item)
{
	static const char *const keys[] = { "id", "identifier", "column_name", "name" };
	for (size_t i = 0; i < countof(keys); i++)
		if (json_str_or(item, keys[i], NULL))
			return keys[i];
	return NULL;
}

static bool all_named(const struct json *list)
{
	for (const struct json *c = json_first(list); c; c = json_next(c))
		if (!item_key(c))
			return false;
	return true;
}

static void compare(struct difference *d, const struct json *then, const struct json *now);

/* One step down, and back. */
static void compare_at(struct difference *d, const char *step, const struct json *then,
		       const struct json *now)
{
	size_t n = d->path->n;
	str_add(d->path, step);
	if (!then || !now)
		say(d, then ? "removed" : "added");
	else
		compare(d, then, now);
	str_cut(d->path, n);
}

static const struct json *partner(const struct json *list, const struct json *item)
{
	const char *key = item_key(item);
	return space_member(list, key, json_str_or(item, key, ""));
}

static void compare_item(struct difference *d, const struct json *item, const struct json *then,
			 const struct json *now)
{
	const char *key = item_key(item);
	char *step = xasprintf("[%s=%s]", key, json_str_or(item, key, ""));
	compare_at(d, step, then, now);
	free(step);
}

static void compare_lists(struct difference *d, const struct json *then, const struct json *now)
{
	if (!all_named(then) || !all_named(now)) {
		if (!json_equal(then, now))
			say(d, "changed");
		return;
	}
	for (const struct json *c = json_first(then); c; c = json_next(c))
		compare_item(d, c, c, partner(now, c));
	for (const struct json *c = json_first(now); c; c = json_next(c))
		if (!partner(then, c))
			compare_item(d, c, NULL, c);
}

static void compare_member(struct difference *d, const struct json *member,
			   const struct json *then, const struct json *now)
{
	char *step = xasprintf("%s%s", d->path->n ? "." : "", json_key(member));
	compare_at(d, step, then, now);
	free(step);
}

static void compare(struct difference *d, const struct json *then, const struct json *now)
{
	if (json_is(then, JSON_ARRAY) && json_is(now, JSON_ARRAY)) {
		compare_lists(d, then, now);
	} else if (!json_is(then, JSON_OBJECT) || !json_is(now, JSON_OBJECT)) {
		if (!json_equal(then, now))
			say(d, "changed");
	} else {
		for (const struct json *c = json_first(then); c; c = json_next(c))
			compare_member(d, c, c, json_get(now, json_key(c)));
		for (const struct json *c = json_first(now); c; c = json_next(c))
			if (!json_get(then, json_key(c)))
				compare_member(d, c, NULL, c);
	}
}

size_t space_differences(const struct json *then, const struct json *now, size_t most,
	struct str *out)
{
	struct str path = STR_INIT;
	struct difference d = { .out = out, .path = &path, .most = most };
	compare(&d, then, now);
	if (d.n > most)
		str_addf(out, " and %zu more", d.n - most);
	str_free(&path);
	return d.n;
}
