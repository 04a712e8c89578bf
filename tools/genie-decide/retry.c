#include "retry.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>

struct unit {
	size_t first; /* of its patches, in the order of the set */
	double net_impact;
};

struct set {
	const struct json **patch; /* those that were applied */
	size_t *unit;              /* by patch: the first patch of its unit */
	size_t n;
};

static const char *id_of(const struct json *patch)
{
	return json_str_or(patch, "patch_id", "");
}

static bool was_applied(const struct json *apply, const char *id)
{
	for (const struct json *p = json_first(json_get(apply, "patches")); p; p = json_next(p)) {
		const char *status = json_str_or(p, "status", "");
		if (streq(json_str_or(p, "patch_id", ""), id))
			return streq(status, "applied") || streq(status, "already");
	}
	return !apply;
}

static bool same_object(const struct json *a, const struct json *b)
{
	struct err ignored = { 0 };
	struct patch left, right;
	struct str one = STR_INIT, other = STR_INIT;
	bool same = patch_read(&left, a, &ignored) && patch_read(&right, b, &ignored) &&
		    streq(patch_object(&left, &one), patch_object(&right, &other));
	str_free(&one);
	str_free(&other);
	return same;
}

static bool paired_with(const struct json *a, const struct json *b)
{
	const char *pair = json_str_or(a, "pair", "");
	return *pair && (streq(pair, id_of(b)) || streq(pair, json_str_or(b, "pair", "")));
}

static void join(struct set *set, size_t into, size_t from)
{
	size_t low = into < from ? into : from, high = into < from ? from : into;
	for (size_t i = 0; i < set->n; i++)
		if (set->unit[i] == high)
			set->unit[i] = low;
}

static struct set set_of(const struct json *patches, const struct json *apply)
{
	const struct json *list = json_get(patches, "patches");
	struct set set = { xcalloc(json_len(list) + 1, sizeof *set.patch),
			   xcalloc(json_len(list) + 1, sizeof *set.unit), 0 };
	for (const struct json *p = json_first(list); p; p = json_next(p)) {
		if (!was_applied(apply, id_of(p)))
			continue;
		set.unit[set.n] = set.n;
		set.patch[set.n++] = p;
	}
	for (size_t i = 1; i < set.n; i++)
		for (size_t k = 0; k < i; k++)
			if (same_object(set.patch[i], set.patch[k]) ||
			    paired_with(set.patch[i], set.patch[k]) ||
			    paired_with(set.patch[k], set.patch[i]))
				join(&set, set.unit[k], set.unit[i]);
	return set;
}

static int better(const void *left, const void *right)
{
	const struct unit *a = left, *b = right;
	if (a->net_impact != b->net_impact)
		return a->net_impact > b->net_impact ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

/* Yours to free; best first. */
static struct unit *units_of(const struct set *set, size_t *n)
{
	struct unit *units = xcalloc(set->n + 1, sizeof *units);
	*n = 0;
	for (size_t i = 0; i < set->n; i++) {
		if (set->unit[i] != i)
			continue;
		struct unit *unit = &units[(*n)++];
		unit->first = i;
		for (size_t k = i; k < set->n; k++)
			if (set->unit[k] == i)
				unit->net_impact += json_num_or(set->patch[k], "net_impact", 0);
	}
	qsort(units, *n, sizeof *units, better);
	return units;
}

static void write_unit(const struct set *set, const struct unit *unit, struct json *array)
{
	struct json *ids = json_push(array, json_new_array());
	for (size_t i = 0; i < set->n; i++)
		if (set->unit[i] == unit->first)
			json_push_str(ids, id_of(set->patch[i]));
}

static bool gate_failed(const struct json *document, const char *name)
{
	return !json_bool_or(json_get(json_get(document, "gates"), name), "passed", true);
}

static bool did_harm(const struct json *document)
{
	const struct json *evidence = json_get(document, "evidence");
	return gate_failed(document, "slice") || gate_failed(document, "p0") ||
	       json_len(json_get(document, "regressions")) > 0 ||
	       json_len(json_get(evidence, "broken")) > 0 ||
	       streq(json_str_or(evidence, "verdict", ""), "worse");
}

static void plan(const struct set *set, long limit, struct json *document)
{
	size_t n;
	struct unit *units = units_of(set, &n);
	struct json *retry = json_new_null();
	if (n > 1 && limit > 0 && did_harm(document)) {
		char text[160];
		json_free(retry);
		retry = json_new_object();
		struct json *tried = json_set(retry, "units", json_new_array());
		struct json *left = json_set(retry, "left_out", json_new_array());
		for (size_t i = 0; i < n; i++)
			write_unit(set, &units[i], (long)i < limit ? tried : left);
		snprintf(text, sizeof text,
			 "%zu of %zu independent parts of the set are tried alone, best first",
			 json_len(tried), n);
		json_push_str(json_get(document, "reasons"), text);
	}
	json_set(document, "retry", retry);
	free(units);
}

static bool has_lever(const struct json *patches, int64_t lever)
{
	for (const struct json *p = json_first(patches); p; p = json_next(p))
		if (json_int_or(p, "lever", 0) == lever)
			return true;
	return false;
}

void retry_note(struct json *document, const struct json *patches, const struct json *apply,
		long limit)
{
	struct set set = set_of(patches, apply);
	const struct json *retry_of = json_get(patches, "retry_of");
	struct json *ids = json_set(document, "patch_ids", json_new_array());
	struct json *levers = json_set(document, "levers", json_new_array());
	bool again = json_is(retry_of, JSON_NUMBER);
	for (size_t i = 0; i < set.n; i++)
		json_push_str(ids, id_of(set.patch[i]));
	for (int64_t lever = 1; lever <= 6; lever++)
		if (has_lever(json_get(patches, "patches"), lever))
			json_push(levers, json_new_int(lever));
	json_set(document, "retry_of", again ? json_dup(retry_of) : json_new_null());
	if (!again && streq(json_str_or(document, "action", ""), "rollback"))
		plan(&set, limit, document);
	else
		json_set(document, "retry", json_new_null());
	free(set.patch);
	free(set.unit);
}
