#include "drafts.h"

#include "attempts.h"

#include "json.h"
#include "leak.h"
#include "mem.h"
#include "patch.h"
#include "sqltext.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SYNONYMS 10 /* of a metric view field (databricks-api.md, 5.3) */

struct draft *draft_at(struct proposal *p, const char *type, const struct object *object,
		       const struct field *field, const char *key)
{
	const struct json *tired = attempts_failed(p->cluster, p->history, type) ? p->cluster : NULL;
	for (size_t i = 0; i < p->n; i++) {
		struct draft *d = &p->v[i];
		if (streq(d->type, type) && d->object == object && d->field == field && d->tired == tired &&
		    streq(d->key, key))
			return d;
	}
	GROW(p->v, p->cap, p->n + 1);
	struct draft *d = &p->v[p->n++];
	*d = (struct draft){ .type = type, .object = object, .field = field, .lever = p->lever,
		.key = xstrdup(key), .tired = tired };
	return d;
}

void draft_for(struct draft *draft, const struct fact_case *c, const char *cluster_id)
{
	strlist_add_new(&draft->questions, c->id);
	if (!draft->cluster_id || strcmp(cluster_id, draft->cluster_id) < 0)
		draft->cluster_id = cluster_id;
	const struct json *judges = json_get(c->row, "judges");
	for (const struct json *j = json_first(judges); j; j = json_next(j)) {
		if (!streq(json_str_or(j, "value", ""), "no"))
			continue;
		char *ground = xasprintf("%s/%s", c->id, json_key(j));
		strlist_add_new(&draft->grounds, ground);
		free(ground);
	}
}

void draft_member(struct draft *draft, const char *key, const char *text)
{
	if (!draft->members)
		draft->members = json_new_object();
	json_set_str(draft->members, key, text);
}

void proposal_free(struct proposal *p)
{
	for (size_t i = 0; i < p->n; i++) {
		strlist_free(&p->v[i].questions);
		strlist_free(&p->v[i].grounds);
		strlist_free(&p->v[i].words);
		strlist_free(&p->v[i].lines);
		strlist_free(&p->v[i].pairs);
		for (size_t k = 0; k < LAYOUT_PARTS; k++)
			strlist_free(&p->v[i].parts[k]);
		json_free(p->v[i].value);
		json_free(p->v[i].members);
		free(p->v[i].key);
		free(p->v[i].flaw);
	}
	free(p->v);
	p->v = NULL;
	p->n = p->cap = 0;
}

/* ---- texts ---- */

/* The old text, then the structured parts, then the sentences that are not there yet. */
static char *new_comment(const char *old, const struct draft *d)
{
	struct str out = STR_INIT;
	str_add(&out, old);
	for (size_t i = 0; i < LAYOUT_PARTS; i++)
		layout_add(&out, i, i == LAYOUT_SYNONYMS ? &d->words : &d->parts[i]);
	for (size_t i = 0; i < d->lines.n; i++)
		layout_say(&out, d->lines.v[i]);
	return str_take(&out);
}

/* New synonyms, as many as there is room for beside those that are there. */
static struct json *new_synonyms(const struct draft *d)
{
	struct json *list = json_new_array();
	size_t there = json_len(d->field->synonyms);
	for (size_t i = 0; i < d->words.n && there + i < MAX_SYNONYMS; i++)
		json_push_str(list, d->words.v[i]);
	return list;
}

static void fill_comment(struct json *patch, const struct draft *d)
{
	bool of_space = ends_with(d->type, "_description");
	const char *old = d->field ? d->field->comment : of_space ? d->object->description :
		d->object->comment;
	/* a new description hides the comment: it begins with what that says */
	char *text = new_comment(of_space && !*old ? d->object->comment : old, d);
	if (!of_space || *old)
		json_set_str(patch, "old_text", old);
	json_set_str(patch, "new_text", text);
	free(text);
}

/* A measure or dimension keeps its synonyms apart from its comment. */
static void fill_mv_field(struct json *patch, const struct draft *d)
{
	struct json *value = json_set(patch, "value",
		d->value ? json_dup(d->value) : json_new_object());
	if (d->words.n)
		json_set(value, "synonyms", new_synonyms(d));
	struct draft rest = *d; /* without the synonyms */
	rest.words = (struct strlist){ 0 };
	char *text = new_comment(d->field->comment, &rest);
	if (!streq(text, d->field->comment))
		json_set_str(value, "comment", text);
	free(text);
}

static void fill_instruction(struct json *patch, const struct draft *d)
{
	struct str text = STR_INIT;
	for (size_t i = 0; i < d->lines.n; i++)
		str_addf(&text, "%s%s", i ? "\n" : "", d->lines.v[i]);
	json_set_str(patch, "new_text", str_text(&text));
	str_free(&text);
}

/* What the patch says, by its type. */
static void fill(struct json *patch, const struct draft *d)
{
	for (const struct json *m = json_first(d->members); m; m = json_next(m))
		json_set(patch, json_key(m), json_dup(m));
	bool mv = d->field && (d->field->kind == FIELD_MEASURE ||
			       d->field->kind == FIELD_DIMENSION);
	if (d->value && (!mv || d->members))
		json_set(patch, "value", json_dup(d->value));
	else if (d->members)
		return;
	else if (!d->object)
		fill_instruction(patch, d);
	else if (mv)
		fill_mv_field(patch, d);
	else
		fill_comment(patch, d);
}

/* ---- weight ---- */

/* Questions that pass now and need what is changed: a change of it may break them. */
static void find_at_risk(const struct proposal *p, const struct draft *d, struct strlist *ids)
{
	for (size_t i = 0; i < p->cases->n; i++) {
		const struct fact_case *c = &p->cases->v[i];
		if (!c->passes)
			continue;
		bool touched = d->object ? case_needs(c, d->object->full_name, d->field && d->field->kind !=
				FIELD_PARAMETER ? d->field->name : NULL) : false;
		for (size_t k = 0; !touched && !d->object && k < d->lines.n; k++)
			touched = c->gold_asset && strstr(d->lines.v[k], c->gold_asset->name);
		if (touched)
			strlist_add(ids, c->id);
	}
}

static struct json *make_patch(const struct proposal *p, const struct draft *d)
{
	struct strlist at_risk = { 0 };
	struct json *patch = patch_new("", d->type, d->object ? d->object->full_name : NULL, d->lever);
	if (d->field)
		json_set_str(patch, "column", d->field->name);
	fill(patch, d);
	struct json *grounds = json_set(patch, "grounded_in", json_new_array());
	for (size_t i = 0; i < d->grounds.n; i++)
		json_push_str(grounds, d->grounds.v[i]);
	json_set_str(patch, "cluster_id", d->cluster_id);
	find_at_risk(p, d, &at_risk);
	patch_set_impact(patch, &d->questions, &at_risk, d->confidence, d->regression, 1, p->model->n);
	strlist_free(&at_risk);
	return patch;
}

/* ---- choosing ---- */
static bool proposed_before(const struct json *patch, const struct json *history)
{
	struct err ignored = { 0 };
	struct patch now, then;
	if (!patch_read(&now, patch, &ignored))
		return false;
	for (const struct json *old = json_first(history); old; old = json_next(old))
		if (patch_read(&then, old, &ignored) && patch_same(&now, &then))
			return true;
	return false;
}

static void refuse(struct json *refused, struct json *patch, const char *reason)
{
	struct json *one = json_push(refused, json_new_object());
	json_remove(patch, "pair");
	json_set_str(one, "reason", reason);
	json_set(one, "patch", patch);
}

/* Takes patch. NULL when it may stand; else it has gone to refused. */
static bool acceptable(const struct proposal *p, struct json *patch, const struct json *history,
		       struct json *refused)
{
	struct leak_match leak;
	char text[200];
	if (proposed_before(patch, history)) {
		refuse(refused, patch, "proposed before");
		return false;
	}
	if (leak_check(p->guard, json_str_or(patch, "new_text", ""), &leak) ||
	    leak_check_json(p->guard, json_get(patch, "value"), &leak)) {
		snprintf(text, sizeof text, "leaks the %s of %.60s (likeness %.2f)", leak.what,
			 leak.question_id, leak.likeness);
		refuse(refused, patch, text);
		return false;
	}
	if (json_num_or(patch, "net_impact", 0) <= 0) {
		snprintf(text, sizeof text, "net impact %.2f is not above 0",
			 json_num_or(patch, "net_impact", 0));
		refuse(refused, patch, text);
		return false;
	}
	return true;
}

/* Best first; then by place, so that the order does not depend on the rows'. */
static int compare_patches(const struct json *a, const struct json *b)
{
	bool person_a = streq(json_str_or(a, "risk", ""), "high"), person_b = streq(json_str_or(b, "risk", ""), "high");
	if (person_a != person_b) /* what waits for a person takes no room from what is applied */
		return person_a ? 1 : -1;
	double x = json_num_or(a, "net_impact", 0), y = json_num_or(b, "net_impact", 0);
	if (x != y)
		return x > y ? -1 : 1;
	static const char *const keys[] = { "type", "target", "column", "new_text" };
	for (size_t i = 0; i < countof(keys); i++) {
		int order = strcmp(json_str_or(a, keys[i], ""), json_str_or(b, keys[i], ""));
		if (order)
			return order;
	}
	return 0;
}

/* NULL when the unit may join the patches; adds its objects to the list. */
static const char *why_not(const struct json *unit, size_t room, struct strlist *objects,
			   struct err *err)
{
	struct strlist new = { 0 };
	struct str name = STR_INIT;
	const char *reason = json_len(unit) > room ? "more patches than asked for" : NULL;
	for (const struct json *p = json_first(unit); !reason && p; p = json_next(p)) {
		struct patch read;
		if (!patch_read(&read, p, err))
			reason = err->text;
		else if (!strlist_has(objects, patch_object(&read, &name)))
			strlist_add_new(&new, str_text(&name));
	}
	if (!reason && objects->n + new.n > PATCH_MAX_OBJECTS)
		reason = "more than 5 objects in one patch set";
	for (size_t i = 0; !reason && i < new.n; i++)
		strlist_add(objects, new.v[i]);
	str_free(&name);
	strlist_free(&new);
	return reason;
}

static void keep_best(struct json *all, size_t max, struct json *patches, struct json *refused)
{
	struct strlist objects = { 0 };
	struct err why = { 0 };
	json_sort(all, compare_patches);
	while (json_first(all)) {
		struct json *unit = json_new_array();
		pairs_take(all, unit);
		const char *reason = why_not(unit, max - json_len(patches), &objects, &why);
		while (json_first(unit)) {
			struct json *patch = json_detach(json_first(unit));
			if (reason)
				refuse(refused, patch, reason);
			else
				json_push(patches, patch);
		}
		json_free(unit);
	}
	pairs_number(patches);
	strlist_free(&objects);
}

void proposal_write(struct proposal *p, const struct json *history, size_t max,
		    struct json *document)
{
	struct json *patches = json_set(document, "patches", json_new_array());
	struct json *refused = json_set(document, "refused", json_new_array());
	struct json *all = json_new_array();
	for (size_t i = 0; i < p->n; i++) {
		struct json *patch = make_patch(p, &p->v[i]);
		pair_mark(patch, &p->v[i]);
		char *tired = p->v[i].tired ? attempts_reason(p->v[i].tired) : NULL;
		const char *reason = p->v[i].flaw ? p->v[i].flaw : tired;
		if (reason)
			refuse(refused, patch, reason);
		else if (acceptable(p, patch, history, refused))
			json_push(all, patch);
		free(tired);
	}
	pairs_complete(all, refuse, refused);
	keep_best(all, max, patches, refused);
	json_free(all);
}
