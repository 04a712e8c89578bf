/* Patches together: what they change, which of them exclude each other, and
 * which of a document may be applied. */
#include "patch.h"

#include "json.h"
#include "jsonw.h"
#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a patch changes ---- */
static bool of_table(const struct patch *patch)
{
	return patch->target && strstr(patch->type->required, "target");
}

/* The parts that name an item of the space that has no table. */
static const char *item_word(enum patch_kind kind)
{
	switch (kind) {
	case PATCH_JOIN: return "join";
	case PATCH_DEFAULT_FILTER: return "snippet";
	case PATCH_EXAMPLE_SQL: return "example";
	case PATCH_SQL_SNIPPET: return "snippet";
	case PATCH_SAMPLE_QUESTION: return "sample_question";
	default: return "instruction";
	}
}

static void add_json(struct str *out, const struct json *json)
{
	struct str text = STR_INIT;
	json_canonical(json, &text);
	str_add(out, str_text(&text));
	str_free(&text);
}

/* An item that is not there yet is known by what it says. */
static void add_item(struct str *out, const struct patch *patch)
{
	if (patch->id)
		str_add(out, patch->id);
	else if (patch->value && json_str_or(patch->value, "id", NULL))
		str_add(out, json_str_or(patch->value, "id", ""));
	else if (patch->type->kind == PATCH_EXAMPLE_SQL)
		add_json(out, json_get(patch->value, "question"));
	else if (patch->value)
		add_json(out, patch->value);
	else
		str_add(out, patch->type->verb == PATCH_REMOVE ? patch->old_text : patch->new_text);
}

/* Backticks and case do not make another object. */
static void add_name(struct str *out, const char *name)
{
	for (const char *s = name; *s; s++)
		if (*s != '`')
			str_addc(out, (char)tolower((unsigned char)*s));
}

const char *patch_object(const struct patch *patch, struct str *out)
{
	str_reset(out);
	if (of_table(patch)) {
		add_name(out, patch->target);
		return str_text(out);
	}
	str_addf(out, "space:%s", item_word(patch->type->kind));
	if (patch->type->kind != PATCH_INSTRUCTION) {
		str_addc(out, ':');
		add_item(out, patch);
	}
	return str_text(out);
}

/* The exact place of the change: two patches with one place meet. */
static const char *place(const struct patch *patch, struct str *out)
{
	enum patch_kind kind = patch->type->kind;
	patch_object(patch, out);
	if (kind == PATCH_INSTRUCTION || !of_table(patch))
		return str_text(out);
	/* measures and dimensions share one name space */
	if (kind == PATCH_MV_DIMENSION)
		kind = PATCH_MV_MEASURE;
	if (kind == PATCH_COMPLIANCE_TAG)
		kind = PATCH_TAG;
	str_addf(out, "|%d|", (int)kind);
	if (patch->column)
		add_name(out, patch->column);
	if (patch->key)
		str_addf(out, "|%s", patch->key);
	if (kind == PATCH_SYNONYM) {
		str_addc(out, '|');
		add_name(out, patch->type->verb == PATCH_REMOVE ? patch->old_text : patch->new_text);
	}
	return str_text(out);
}

static bool same_place(const struct patch *a, const struct patch *b)
{
	struct str x = STR_INIT, y = STR_INIT;
	bool same = streq(place(a, &x), place(b, &y));
	str_free(&x);
	str_free(&y);
	return same;
}

static bool same_object(const struct patch *a, const struct patch *b)
{
	struct str x = STR_INIT, y = STR_INIT;
	bool same = streq(patch_object(a, &x), patch_object(b, &y));
	str_free(&x);
	str_free(&y);
	return same;
}

static bool same_member(const struct patch *a, const struct patch *b, const char *key)
{
	const struct json *x = json_get(a->json, key), *y = json_get(b->json, key);
	return !x || !y ? x == y : json_equal(x, y);
}

bool patch_same(const struct patch *a, const struct patch *b)
{
	static const char *const keys[] = { "target", "column", "key", "field", "snippet", "id",
		"new_text", "old_text", "value" };
	if (a->type->kind != b->type->kind || a->type->verb != b->type->verb)
		return false;
	for (size_t i = 0; i < countof(keys); i++)
		if (!same_member(a, b, keys[i]))
			return false;
	return true;
}

/* ---- conflicts ---- */
static bool is(const struct patch *patch, enum patch_kind kind, enum patch_verb verb)
{
	return patch->type->kind == kind && patch->type->verb == verb;
}

/* The whole object is rewritten or goes away: parts of it cannot be changed beside. */
static const char *swallows(const struct patch *a, const struct patch *b)
{
	if (is(a, PATCH_TABLE, PATCH_REMOVE))
		return "one patch removes the table that the other changes";
	if (is(a, PATCH_TVF, PATCH_REMOVE))
		return "one patch removes the function that the other changes";
	bool mv = b->type->kind == PATCH_MV_MEASURE || b->type->kind == PATCH_MV_DIMENSION ||
		b->type->kind == PATCH_TABLE_COMMENT || b->type->kind == PATCH_COLUMN_COMMENT ||
		b->type->kind == PATCH_ALIAS;
	if (a->type->kind == PATCH_MV_YAML && mv)
		return "one patch rewrites the metric view that the other changes";
	bool tvf = b->type->kind == PATCH_TVF_COMMENT || b->type->kind == PATCH_TVF_PARAM_COMMENT ||
		b->type->kind == PATCH_TVF_PARAM;
	if (a->type->kind == PATCH_TVF_SQL && tvf)
		return "one patch rewrites the function that the other changes";
	return NULL;
}

/* A hidden column needs no words. */
static const char *hides(const struct patch *a, const struct patch *b)
{
	if (!is(a, PATCH_HIDDEN, PATCH_ADD) || !strieq(a->column, b->column))
		return NULL;
	enum patch_kind kind = b->type->kind;
	bool words = kind == PATCH_SYNONYM || kind == PATCH_EXAMPLE_VALUES ||
		kind == PATCH_VALUE_DICTIONARY;
	return words && b->type->verb == PATCH_ADD ?
		"one patch hides the column that the other one advertises" : NULL;
}

static const char *of_instruction(enum patch_verb a, enum patch_verb b, const struct patch *pa,
				  const struct patch *pb)
{
	if (a == b && (a == PATCH_ADD || (pa->old_text && pb->old_text &&
					  !streq(pa->old_text, pb->old_text))))
		return NULL;
	if (a == b)
		return "two different texts for one place";
	return "one text instruction cannot be changed in two ways at once";
}

static const char *of_place(const struct patch *a, const struct patch *b)
{
	enum patch_verb v = a->type->verb, w = b->type->verb;
	if (a->type->kind == PATCH_INSTRUCTION)
		return of_instruction(v, w, a, b);
	if (v != w) {
		if (a->type->kind == PATCH_HIDDEN)
			return "hide and unhide of one column";
		if (v != PATCH_REMOVE && w != PATCH_REMOVE)
			return "add and update of one thing";
		return v == PATCH_ADD || w == PATCH_ADD ? "add and remove of one thing" :
			"update and remove of one thing";
	}
	/* different fields of one measure may change together */
	bool parts = (a->type->kind == PATCH_MV_MEASURE || a->type->kind == PATCH_MV_DIMENSION) &&
		v == PATCH_UPDATE && !same_member(a, b, "field") && !a->value && !b->value;
	return parts ? NULL : "two different texts for one place";
}

const char *patch_conflict(const struct patch *a, const struct patch *b)
{
	if (patch_same(a, b))
		return NULL;
	if (same_place(a, b))
		return of_place(a, b);
	if (!of_table(a) || !of_table(b) || !same_object(a, b))
		return NULL;
	const char *why = swallows(a, b);
	if (!why)
		why = swallows(b, a);
	if (!why)
		why = hides(a, b);
	return why ? why : hides(b, a);
}

/* ---- a document ---- */
static bool read_entry(struct patch_set *set, const struct json *json, struct err *err)
{
	struct patch_entry *entry = &set->v[set->n];
	*entry = (struct patch_entry){ .status = PATCH_READY };
	if (!patch_read(&entry->patch, json, err))
		return false;
	const char *id = entry->patch.patch_id;
	for (size_t i = 0; id && i < set->n; i++)
		if (streq(set->v[i].patch.patch_id, id))
			return err_set(err, ERR_DATA, "patch_id %s appears twice", id);
	set->n++;
	return true;
}

bool patch_set_read(struct patch_set *set, struct json *document, struct err *err)
{
	*set = (struct patch_set){ .document = document };
	const struct json *list = document;
	int64_t lever = 0;
	bool ok = true;
	if (!json_is(document, JSON_ARRAY)) {
		list = json_need(document, "patches", JSON_ARRAY, err);
		ok = list && json_opt_int(document, "lever", &lever, err) &&
			json_opt_str(document, "space_id", &set->space_id, err) &&
			json_opt_str(document, "config_id", &set->config_id, err) &&
			json_opt_str(document, "etag", &set->etag, err);
	}
	if (ok && json_len(list) > PATCH_MAX_PATCHES)
		ok = err_set(err, ERR_DATA, "%zu patches, at most %d are accepted", json_len(list),
			     PATCH_MAX_PATCHES);
	set->lever = (int)lever;
	set->v = xcalloc(json_len(list) + 1, sizeof *set->v);
	for (const struct json *p = json_first(list); ok && p; p = json_next(p))
		ok = read_entry(set, p, err);
	if (!ok)
		patch_set_free(set);
	return ok;
}

void patch_set_free(struct patch_set *set)
{
	json_free(set->document);
	free(set->v);
	*set = (struct patch_set){ 0 };
}

static void put_off(struct patch_entry *entry, enum patch_status status, const char *format, ...)
	PRINTF_LIKE(3, 4);
static void put_off(struct patch_entry *entry, enum patch_status status, const char *format, ...)
{
	va_list ap;
	entry->status = status;
	va_start(ap, format);
	vsnprintf(entry->reason, sizeof entry->reason, format, ap);
	va_end(ap);
	entry->reason[utf8_fit(entry->reason, sizeof entry->reason - 1)] = '\0';
}

static const char *id_of(const struct patch_entry *entry)
{
	return entry->patch.patch_id ? entry->patch.patch_id : entry->patch.type->name;
}

static void judge_alone(struct patch_entry *entry, bool allow_high)
{
	const struct patch *patch = &entry->patch;
	if (is(patch, PATCH_COMPLIANCE_TAG, PATCH_REMOVE))
		put_off(entry, PATCH_REFUSED, "compliance tags are never removed here");
	else if (patch->has_impact && patch->net_impact <= 0 && !patch->anyway)
		put_off(entry, PATCH_REFUSED, "net_impact %g is not above 0", patch->net_impact);
	else if (patch->risk == PATCH_HIGH && !allow_high)
		put_off(entry, PATCH_QUEUED, "high risk: needs a person (--allow-high)");
}

static void judge_against(struct patch_entry *entry, const struct patch_entry *earlier)
{
	if (patch_same(&entry->patch, &earlier->patch)) {
		put_off(entry, PATCH_REFUSED, "the same as %s", id_of(earlier));
		return;
	}
	const char *why = patch_conflict(&entry->patch, &earlier->patch);
	if (why)
		put_off(entry, PATCH_REFUSED, "conflicts with %s: %s", id_of(earlier), why);
}

/* ---- pairs ---- */
static const char *partner_id(const struct patch_entry *entry)
{
	return json_str_or(entry->patch.json, "pair", NULL);
}

static bool named_by(const struct patch_entry *a, const struct patch_entry *b)
{
	return a->patch.patch_id && streq(partner_id(b), a->patch.patch_id);
}

static bool same_pair(const struct patch_entry *a, const struct patch_entry *b)
{
	return a != b && (named_by(a, b) || named_by(b, a));
}

static bool has_partner(const struct patch_set *set, const struct patch_entry *entry)
{
	bool found = !partner_id(entry);
	for (size_t i = 0; i < set->n && !found; i++)
		found = &set->v[i] != entry && named_by(&set->v[i], entry);
	return found;
}

static bool refused_for_good(const struct patch_entry *entry)
{
	return entry->status == PATCH_REFUSED && !entry->waits;
}

static void drop(struct patch_entry *entry, const struct patch_entry *partner)
{
	entry->waits = partner->waits || partner->status == PATCH_QUEUED;
	put_off(entry, PATCH_REFUSED, "its partner %.60s is %s: %s", id_of(partner),
		partner->status == PATCH_QUEUED ? "queued" : "refused", partner->reason);
}

/* One round; what was dropped may have further partners. */
static bool drop_partners(struct patch_set *set,
	bool (*falls)(const struct patch_entry *entry, const struct patch_entry *partner))
{
	bool dropped = false;
	for (size_t i = 0; i < set->n; i++)
		for (size_t k = 0; k < set->n; k++)
			if (same_pair(&set->v[i], &set->v[k]) && falls(&set->v[i], &set->v[k])) {
				drop(&set->v[i], &set->v[k]);
				dropped = true;
			}
	return dropped;
}

static bool falls_with_refused(const struct patch_entry *entry, const struct patch_entry *partner)
{
	return entry->status != PATCH_REFUSED && refused_for_good(partner);
}

static bool falls_with_waiting(const struct patch_entry *entry, const struct patch_entry *partner)
{
	return entry->status == PATCH_READY && (partner->status == PATCH_QUEUED || partner->waits);
}

void patch_set_pairs(struct patch_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		struct patch_entry *entry = &set->v[i];
		if (entry->waits)
			entry->status = PATCH_READY;
		entry->waits = false;
		if (entry->status != PATCH_REFUSED && !has_partner(set, entry))
			put_off(entry, PATCH_REFUSED, "its partner %.60s is not in this set",
				partner_id(entry));
	}
	while (drop_partners(set, falls_with_refused))
		;
	while (drop_partners(set, falls_with_waiting))
		;
}

size_t patch_set_judge(struct patch_set *set, bool allow_high)
{
	struct strlist objects = { 0 };
	struct str object = STR_INIT;
	size_t ready = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct patch_entry *entry = &set->v[i];
		judge_alone(entry, allow_high);
		for (size_t k = 0; k < i && entry->status == PATCH_READY; k++)
			if (set->v[k].status == PATCH_READY)
				judge_against(entry, &set->v[k]);
		if (entry->status != PATCH_READY)
			continue;
		patch_object(&entry->patch, &object);
		if (!strlist_has(&objects, str_text(&object)) && objects.n == PATCH_MAX_OBJECTS) {
			put_off(entry, PATCH_REFUSED, "more than %d objects in one patch set",
				PATCH_MAX_OBJECTS);
			continue;
		}
		strlist_add_new(&objects, str_text(&object));
	}
	strlist_free(&objects);
	str_free(&object);
	patch_set_pairs(set);
	for (size_t i = 0; i < set->n; i++)
		ready += set->v[i].status == PATCH_READY;
	return ready;
}
