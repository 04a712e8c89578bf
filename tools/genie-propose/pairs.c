/* Patches that make sense only together: when two assets compete, one says that it is meant
 * and the other that it is not. While patches are chosen, `pair` holds the names of the
 * competitions; in the document it is the other side's patch_id. */
#include "drafts.h"

#include "json.h"

#include <stdio.h>

void pair_mark(struct json *patch, const struct draft *draft)
{
	struct json *pairs = draft->pairs.n ? json_set(patch, "pair", json_new_array()) : NULL;
	for (size_t i = 0; i < draft->pairs.n; i++)
		json_push_str(pairs, draft->pairs.v[i]);
}

static bool has_name(const struct json *names, const char *name)
{
	for (const struct json *n = json_first(names); n; n = json_next(n))
		if (streq(json_text(n), name))
			return true;
	return false;
}

/* Another patch of the list on the other side of the competition; NULL: none. */
static struct json *other_side(const struct json *list, const struct json *patch, const char *name)
{
	for (struct json *p = json_first(list); p; p = json_next(p))
		if (p != patch && has_name(json_get(p, "pair"), name))
			return p;
	return NULL;
}

static bool is_alone(const struct json *list, const struct json *patch)
{
	for (const struct json *n = json_first(json_get(patch, "pair")); n; n = json_next(n))
		if (!other_side(list, patch, json_text(n)))
			return true;
	return false;
}

void pairs_complete(struct json *list, patch_refuse *refuse, struct json *refused)
{
	for (struct json *p = json_first(list); p;) {
		bool alone = is_alone(list, p);
		if (alone)
			refuse(refused, json_detach(p), "its other half was refused");
		/* one that goes may leave another one alone */
		p = alone ? json_first(list) : json_next(p);
	}
}

void pairs_take(struct json *list, struct json *unit)
{
	if (json_first(list))
		json_push(unit, json_detach(json_first(list)));
	for (const struct json *p = json_first(unit); p; p = json_next(p)) {
		for (const struct json *n = json_first(json_get(p, "pair")); n; n = json_next(n)) {
			struct json *other;
			while ((other = other_side(list, NULL, json_text(n))) != NULL)
				json_push(unit, json_detach(other));
		}
	}
}

/* The number of the patch on the other side, from 1; 0: there is none. */
static size_t partner(const struct json *patches, const struct json *patch)
{
	const char *name = json_text(json_first(json_get(patch, "pair")));
	const struct json *other = name ? other_side(patches, patch, name) : NULL;
	size_t n = 1;
	for (const struct json *p = json_first(patches); other && p != other; p = json_next(p))
		n++;
	return other ? n : 0;
}

void pairs_number(struct json *patches)
{
	struct strlist ids = { 0 };
	char id[24];
	size_t i = 0;
	for (const struct json *p = json_first(patches); p; p = json_next(p)) {
		snprintf(id, sizeof id, "P%03zu", partner(patches, p));
		strlist_add(&ids, id);
	}
	for (struct json *p = json_first(patches); p; p = json_next(p), i++) {
		snprintf(id, sizeof id, "P%03zu", i + 1);
		json_set_str(p, "patch_id", id);
		json_remove(p, "pair");
		if (!streq(ids.v[i], "P000"))
			json_set_str(p, "pair", ids.v[i]);
	}
	strlist_free(&ids);
}
