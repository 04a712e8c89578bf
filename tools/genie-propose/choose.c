#include "choose.h"

#include "history.h"
#include "model.h"
#include "prospects.h"
#include "risk.h"

#include "json.h"
#include "leak.h"
#include "log.h"
#include "mem.h"
#include "patch.h"
#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct candidate {
	struct json *json;   /* owned */
	struct patch patch;
	bool readable;
	bool suspect;        /* rolled back in a set */
	double certainty;    /* that it does what it is for, as drafted */
	char *fault;         /* why it may not stand, whatever the others are; NULL: it may */
	char *left_out;      /* why it is not in this set; NULL: it is */
	struct leak_match leak;
	const char *leaking; /* member that leaks; NULL: none */
};

struct set {
	const struct choosing *how;
	struct candidate *v;
	size_t n;
};

static char *say(const char *format, ...) PRINTF_LIKE(1, 2);
static char *say(const char *format, ...)
{
	struct str text = STR_INIT;
	va_list ap;
	va_start(ap, format);
	str_vaddf(&text, format, ap);
	va_end(ap);
	return str_take(&text);
}

/* ---- one patch ---- */

/* A join lies between two objects; anything else touches one. */
static size_t blast(const struct patch *patch)
{
	return patch->type->kind == PATCH_JOIN ? 2 : 1;
}

static void weigh(const struct choosing *how, struct candidate *c)
{
	struct strlist questions = { 0 }, at_risk = { 0 };
	const struct json *list = json_get(c->json, "questions");
	for (const struct json *q = json_first(list); q; q = json_next(q))
		strlist_add_new(&questions, json_text(q) ? json_text(q) : "");
	risk_find(how->model, how->cases, c->json, &at_risk);
	patch_set_impact(c->json, &questions, &at_risk, json_num_or(c->json, "confidence", 0),
			 json_num_or(c->json, "regression_probability", 0), blast(&c->patch),
				how->model->n);
	strlist_free(&questions);
	strlist_free(&at_risk);
}

/* Members that go into the space, the catalogue or the repository; new texts alone. */
static bool leaks(const struct leak_guard *guard, struct candidate *c)
{
	static const char *const members[] = { "new_text", "value", "key", "column" };
	for (size_t i = 0; i < countof(members); i++) {
		if (leak_check_json(guard, json_get(c->json, members[i]), &c->leak)) {
			c->leaking = members[i];
			return true;
		}
	}
	return false;
}

static char *fault_of_past(const struct choosing *how, struct candidate *c)
{
	const char *where = "";
	switch (history_of(how->history, &c->patch, &where)) {
	case PAST_REJECTED: return say("proposed before (%s)", where);
	case PAST_ACCEPTED: return say("proposed and accepted before (%s)", where);
	case PAST_IN_SET:
		c->suspect = true;
		return NULL;
	default: return NULL;
	}
}

static char *fault_of(const struct choosing *how, struct candidate *c)
{
	struct err err = { 0 };
	const char *flaw = json_str_or(c->json, "flaw", NULL);
	c->readable = patch_read(&c->patch, c->json, &err);
	if (flaw || !c->readable)
		return xstrdup(flaw ? flaw : err.text);
	c->certainty = json_num_or(c->json, "confidence", 0);
	weigh(how, c);
	c->readable = patch_read(&c->patch, c->json, &err);
	if (leaks(how->guard, c))
		return say("leaks the %s of %s (likeness %.2f) in %s: \"%s\"", c->leak.what,
			   c->leak.question_id, c->leak.likeness, c->leaking, c->leak.excerpt);
	char *past = fault_of_past(how, c);
	if (past)
		return past;
	if (c->patch.type->kind == PATCH_COMPLIANCE_TAG && c->patch.type->verb == PATCH_REMOVE)
		return say("compliance tags are never removed by a proposal");
	return NULL;
}

static char *fault_of_worth(const struct candidate *c)
{
	double net = json_num_or(c->json, "net_impact", 0),
		score = json_num_or(c->json, "score", 0);
	if (net <= 0)
		return say("net impact %.2f is not above 0", net);
	return score <= 0 ? say("score %.2f is not above 0 (net impact %.2f)", score, net) : NULL;
}

/* ---- together ---- */

static bool is_by_rules(const struct json *patch)
{
	return streq(json_str_or(patch, "drafted_by", "rules"), "rules");
}

/* Best first, of equals those of the rules; then by place, so that the order does not depend
 * on the rows'. */
static int compare_patches(const struct json *a, const struct json *b)
{
	static const char *const numbers[] = { "net_impact", "score" };
	static const char *const keys[] = { "type", "target", "column", "id", "new_text" };
	for (size_t i = 0; i < countof(numbers); i++) {
		double x = json_num_or(a, numbers[i], 0), y = json_num_or(b, numbers[i], 0);
		if (x != y)
			return x > y ? -1 : 1;
	}
	bool rule_a = is_by_rules(a), rule_b = is_by_rules(b);
	if (rule_a != rule_b)
		return rule_a ? -1 : 1;
	for (size_t i = 0; i < countof(keys); i++) {
		int order = strcmp(json_str_or(a, keys[i], ""), json_str_or(b, keys[i], ""));
		if (order)
			return order;
	}
	return 0;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	bool person_x = x->readable && x->patch.risk == PATCH_HIGH;
	bool person_y = y->readable && y->patch.risk == PATCH_HIGH;
	if (person_x != person_y)
		return person_x ? 1 : -1;
	int order = compare_patches(x->json, y->json);
	if (order || json_equal(x->json, y->json))
		return order;
	struct str p = STR_INIT, q = STR_INIT;
	json_canonical(x->json, &p);
	json_canonical(y->json, &q);
	order = strcmp(str_text(&p), str_text(&q));
	str_free(&p);
	str_free(&q);
	return order;
}

static bool shares_name(const struct json *a, const struct json *b)
{
	for (const struct json *x = json_first(a); x; x = json_next(x))
		for (const struct json *y = json_first(b); y; y = json_next(y))
			if (json_text(x) && streq(json_text(x), json_text(y)))
				return true;
	return false;
}

static bool paired(const struct candidate *a, const struct candidate *b)
{
	return a != b && shares_name(json_get(a->json, "pair"), json_get(b->json, "pair"));
}

/* What waits for a person does not exclude what is applied meanwhile: whoever releases it has
 * both before them, and genie-patch refuses what does not go together then. */
static char *against(const struct candidate *c, const struct candidate *kept)
{
	if ((c->patch.risk == PATCH_HIGH) != (kept->patch.risk == PATCH_HIGH))
		return NULL;
	if (patch_same(&c->patch, &kept->patch))
		return say("the same as a better weighed %s", kept->patch.type->name);
	const char *why = patch_conflict(&c->patch, &kept->patch);
	return why ? say("conflicts with the better weighed %s of %s: %s", kept->patch.type->name,
			 kept->patch.target ? kept->patch.target : "the space", why) : NULL;
}

static char *why_left_out(const struct set *set, size_t i, const struct strlist *objects,
	size_t kept)
{
	const struct candidate *c = &set->v[i];
	struct str name = STR_INIT;
	char *why = NULL;
	for (size_t k = 0; k < i && !why; k++)
		if (!set->v[k].left_out)
			why = against(c, &set->v[k]);
	if (!why && kept >= set->how->max)
		why = say("more patches than asked for");
	if (!why && !strlist_has(objects, patch_object(&c->patch, &name)) &&
		objects->n >= PATCH_MAX_OBJECTS)
		why = say("more than %d objects in one patch set", PATCH_MAX_OBJECTS);
	str_free(&name);
	return why;
}

/* Those that were rolled back in a set wait, or are tried one at a time. */
static char *why_waits(const struct set *set, size_t i, bool suspects)
{
	const struct candidate *c = &set->v[i];
	if (c->suspect && !suspects)
		return say("rolled back in a set: it comes alone when nothing new is left");
	for (size_t k = 0; suspects && k < i; k++)
		if (!set->v[k].left_out && !paired(&set->v[k], c))
			return say("rolled back in a set: another one of it is tried alone first");
	return NULL;
}

/* The set without those that have a fault; returns how many are in it. */
static size_t select_set(struct set *set, bool suspects)
{
	struct strlist objects = { 0 };
	struct str name = STR_INIT;
	size_t kept = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct candidate *c = &set->v[i];
		free(c->left_out);
		c->left_out = c->fault ? xstrdup(c->fault) : why_waits(set, i, suspects);
		if (!c->left_out)
			c->left_out = why_left_out(set, i, &objects, kept);
		if (c->left_out)
			continue;
		strlist_add_new(&objects, patch_object(&c->patch, &name));
		kept++;
	}
	str_free(&name);
	strlist_free(&objects);
	return kept;
}

/* The best patch on the other side of a competition, a kept one first; NULL: none. */
static const struct candidate *other_side(const struct set *set, const struct candidate *c,
					  const char *name)
{
	const struct candidate *other = NULL;
	for (size_t i = 0; i < set->n; i++) {
		const struct json *names = json_get(set->v[i].json, "pair");
		for (const struct json *n = json_first(names); &set->v[i] != c && n;
			n = json_next(n))
			if (streq(json_text(n), name) &&
				(!other || (other->left_out && !set->v[i].left_out)))
				other = &set->v[i];
	}
	return other;
}

/* A kept patch of which the other side of a competition is not kept: it falls, too. */
static bool drop_half(struct set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		struct candidate *c = &set->v[i];
		const struct json *names = json_get(c->json, "pair");
		for (const struct json *n = json_first(names); !c->left_out && n;
			n = json_next(n)) {
			const struct candidate *other = other_side(set, c, json_text(n));
			if (other && !other->left_out)
				continue;
			c->fault = other ? say("its other half was refused, %s of %s: %s",
				json_str_or(other->json, "type", ""),
				json_str_or(other->json, "target", "the space"), other->left_out) :
				say("its other half was refused: nothing could be drafted for it");
			return true;
		}
	}
	return false;
}

static void settle(struct set *set)
{
	size_t kept;
	do
		kept = select_set(set, false);
	while (drop_half(set));
	if (kept)
		return;
	do
		select_set(set, true);
	while (drop_half(set));
}

/* ---- what a set promises ---- */

static bool waits_for_person(const struct candidate *c)
{
	return c->readable && c->patch.risk == PATCH_HIGH;
}

/* Weighs those that are not out by what they repair together: what is applied, or what waits
 * for a person. */
static void promise(struct set *set, bool person)
{
	struct prospect *v = xcalloc(set->n + 1, sizeof *v);
	struct candidate **of = xcalloc(set->n + 1, sizeof *of);
	size_t n = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct candidate *c = &set->v[i];
		if (c->fault || c->left_out || waits_for_person(c) != person)
			continue;
		of[n] = c;
		v[n++] = (struct prospect){ c->json, c->certainty, 0 };
	}
	prospects_set(set->how->prospects, v, n);
	for (size_t i = 0; i < n; i++) {
		json_set_num(of[i]->json, "confidence", v[i].confidence);
		weigh(set->how, of[i]);
	}
	free(of);
	free(v);
}

/* Those in the set that are not worth it; true when there were some. */
static bool drop_worthless(struct set *set)
{
	bool some = false;
	for (size_t i = 0; i < set->n; i++) {
		struct candidate *c = &set->v[i];
		char *why = c->fault || c->left_out ? NULL : fault_of_worth(c);
		some |= why != NULL;
		c->fault = why ? why : c->fault;
	}
	return some;
}

static void promise_all(struct set *set)
{
	for (int person = 0; set->how->prospects && person < 2; person++)
		promise(set, person);
}

/* What stays out takes its part of what was promised along, so that others may have to go, too. */
static void settle_honestly(struct set *set)
{
	promise_all(set);
	drop_worthless(set);
	qsort(set->v, set->n, sizeof *set->v, compare_candidates);
	do {
		settle(set);
		promise_all(set);
	} while (drop_worthless(set));
	qsort(set->v, set->n, sizeof *set->v, compare_candidates);
}

/* ---- writing ---- */
static void name_patches(struct set *set)
{
	struct strlist ids = { 0 };
	size_t n = 0;
	for (size_t i = 0; i < set->n; i++) {
		char *id = set->v[i].left_out ? xstrdup("") : xasprintf("P%03zu", ++n);
		json_set_str(set->v[i].json, "patch_id", id);
		strlist_take(&ids, id);
	}
	for (size_t i = 0; i < set->n; i++) {
		const char *pair = NULL;
		for (size_t k = 0; k < set->n && !set->v[i].left_out && !pair; k++)
			if (!set->v[k].left_out && paired(&set->v[i], &set->v[k]))
				pair = ids.v[k];
		if (pair)
			json_set_str(set->v[i].json, "partner", pair);
	}
	for (size_t i = 0; i < set->n; i++) {
		struct json *json = set->v[i].json;
		const char *pair = json_str_or(json, "partner", NULL);
		json_remove(json, "pair");
		json_remove(json, "flaw");
		if (pair)
			json_set_str(json, "pair", pair);
		json_remove(json, "partner");
		if (!*ids.v[i])
			json_remove(json, "patch_id");
	}
	strlist_free(&ids);
}

static void write_refused(struct candidate *c, bool quiet, struct json *refused)
{
	struct json *one = json_push(refused, json_new_object());
	json_set_str(one, "reason", c->left_out);
	if (c->leaking) {
		struct json *leak = json_set(one, "leak", json_new_object());
		json_set_str(leak, "question_id", c->leak.question_id);
		json_set_str(leak, "what", c->leak.what);
		json_set_num(leak, "likeness", c->leak.likeness);
		json_set_str(leak, "member", c->leaking);
		json_set_str(leak, "excerpt", c->leak.excerpt);
		if (!quiet)
			log_warn("refused %s of %s: %s", json_str_or(c->json, "type", "?"),
			 json_str_or(c->json, "target", "the space"), c->left_out);
	}
	json_set(one, "patch", c->json);
}

void choose(const struct choosing *choosing, struct json *all, struct json *document)
{
	struct json *patches = json_set(document, "patches", json_new_array());
	struct json *refused = json_set(document, "refused", json_new_array());
	struct set set = { .how = choosing, .v = xcalloc(json_len(all) + 1, sizeof *set.v) };
	while (json_first(all)) {
		struct candidate *c = &set.v[set.n++];
		c->json = json_detach(json_first(all));
		c->fault = fault_of(choosing, c);
	}
	json_free(all);
	settle_honestly(&set);
	name_patches(&set);
	for (size_t i = 0; i < set.n; i++) {
		if (set.v[i].left_out)
			write_refused(&set.v[i], choosing->quiet, refused);
		else
			json_push(patches, set.v[i].json);
		free(set.v[i].fault);
		free(set.v[i].left_out);
	}
	free(set.v);
}
