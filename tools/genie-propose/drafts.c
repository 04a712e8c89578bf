#include "drafts.h"

#include "attempts.h"

#include "json.h"
#include "mem.h"
#include "patch.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SYNONYMS 10 /* of a metric view field (databricks-api.md, 5.3) */

struct draft *draft_at(struct proposal *p, const char *type, const struct object *object,
		       const struct field *field, const char *key)
{
	int64_t attempts = json_int_or(p->cluster, "attempts", 0);
	const struct json *tired = attempts_failed(p->cluster, p->history, type) ? p->cluster : NULL;
	for (size_t i = 0; i < p->n; i++) {
		struct draft *d = &p->v[i];
		if (!streq(d->type, type) || d->object != object || d->field != field ||
		    d->tired != tired || !streq(d->key, key))
			continue;
		if (attempts > d->attempts)
			d->attempts = attempts;
		return d;
	}
	GROW(p->v, p->cap, p->n + 1);
	struct draft *d = &p->v[p->n++];
	*d = (struct draft){ .type = type, .object = object, .field = field, .lever = p->lever,
		.attempts = attempts, .key = xstrdup(key), .tired = tired };
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

void draft_dropped(struct proposal *p, const struct fact_case *c, const char *why)
{
	char *line = xasprintf("%s: %s", c->id, why);
	strlist_add_new(&p->dropped, line);
	free(line);
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
	strlist_free(&p->dropped);
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

/* The end of a rule "phrase" -> end; NULL: it is none. */
static const char *rule_end(const char *line)
{
	const char *arrow = *line == '"' ? strstr(line, "\" -> ") : NULL;
	return arrow ? arrow + 1 : NULL;
}

/* The heads of all rules with the same end as line i; nothing when an earlier line said it. */
static void add_rule(struct str *out, const struct strlist *lines, size_t i)
{
	const char *end = rule_end(lines->v[i]);
	for (size_t k = 0; end && k < i; k++)
		if (streq(rule_end(lines->v[k]), end))
			return;
	if (out->n)
		str_addc(out, '\n');
	if (!end) {
		str_add(out, lines->v[i]);
		return;
	}
	for (size_t k = i; k < lines->n; k++)
		if (streq(rule_end(lines->v[k]), end))
			str_addf(out, "%s%.*s", k == i ? "" : ", ",
				 (int)(rule_end(lines->v[k]) - lines->v[k]), lines->v[k]);
	str_add(out, end);
}

char *merged_rules(const struct strlist *lines)
{
	struct str out = STR_INIT;
	for (size_t i = 0; i < lines->n; i++)
		add_rule(&out, lines, i);
	return str_take(&out);
}

static void fill_instruction(struct json *patch, const struct draft *d)
{
	char *text = merged_rules(&d->lines);
	json_set_str(patch, "new_text", text);
	free(text);
}

/* What the patch says, by its type. */
static void fill(struct json *patch, const struct draft *d)
{
	bool mv = d->field && (d->field->kind == FIELD_MEASURE || d->field->kind == FIELD_DIMENSION);
	for (const struct json *m = json_first(d->members); m; m = json_next(m))
		json_set(patch, json_key(m), json_dup(m));
	if (d->value && !(mv && !d->members))
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

static void set_list(struct json *patch, const char *key, const struct strlist *list)
{
	struct json *array = json_set(patch, key, json_new_array());
	for (size_t i = 0; i < list->n; i++)
		json_push_str(array, list->v[i]);
}

static struct json *make_patch(const struct draft *d)
{
	struct json *patch = patch_new("", d->type, d->object ? d->object->full_name : NULL, d->lever);
	if (d->field)
		json_set_str(patch, "column", d->field->name);
	fill(patch, d);
	set_list(patch, "grounded_in", &d->grounds);
	json_set_str(patch, "cluster_id", d->cluster_id);
	set_list(patch, "questions", &d->questions);
	json_set_num(patch, "confidence", attempts_confidence(d->confidence, d->attempts));
	json_set_num(patch, "regression_probability", d->regression);
	json_set_str(patch, "drafted_by", "rules");
	if (d->pairs.n)
		set_list(patch, "pair", &d->pairs);
	char *flaw = d->flaw ? xstrdup(d->flaw) : d->tired ? attempts_reason(d->tired) : NULL;
	if (flaw)
		json_set_str(patch, "flaw", flaw);
	free(flaw);
	return patch;
}

void drafts_write(const struct proposal *p, struct json *all)
{
	for (size_t i = 0; i < p->n; i++)
		json_push(all, make_patch(&p->v[i]));
}
