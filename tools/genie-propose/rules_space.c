/* Lever 6: the instruction. A routing rule has the positive case and the exclusion, quotes
 * the phrasing it is for, and says what each asset is for: totals and breakdowns (metric view),
 * detail by parameters (table function). Time phrases that column comments seldom teach (KGL-3) are
 * written out as SQL. A line that led several questions astray is replaced by rules. Near
 * the 4,000 characters that an instruction should have, nothing is appended: one patch says all
 * of it anew, merged. */
#include "rules_space.h"

#include "drafts.h"
#include "phrases.h"
#include "risk.h"
#include "words.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>

#define MISLED_MIN 2    /* questions that a line must have led astray */
#define MAX_REPLACING 3 /* rules in place of a line that misled */

/* ---- routing ---- */

/* "the metric view mv (totals and breakdowns)" */
static char *asset_text(const struct object *o)
{
	struct str out = STR_INIT;
	if (o->kind == OBJECT_METRIC_VIEW) {
		str_addf(&out, "the metric view %s (totals and breakdowns)", o->name);
		return str_take(&out);
	}
	str_addf(&out, "the %s %s", o->kind == OBJECT_FUNCTION ? "table function" : "table", o->name);
	for (size_t i = 0; o->kind == OBJECT_FUNCTION && i < o->nfields; i++)
		str_addf(&out, "%s%s", i ? ", " : " (detail by ", o->fields[i].name);
	if (o->kind == OBJECT_FUNCTION && o->nfields)
		str_addc(&out, ')');
	return str_take(&out);
}

static char *routing_rule(const char *phrase, const struct object *right, const struct object *wrong)
{
	char *use = asset_text(right), *avoid = asset_text(wrong);
	char *rule = xasprintf("\"%s\" -> use %s, not %s.", phrase, use, avoid);
	free(use);
	free(avoid);
	return rule;
}

/* The singular, when rules have one form of the phrase already; else the phrase. */
static const char *said_form(const struct strlist *lines, char *phrase)
{
	size_t n = strlen(phrase);
	bool many = phrase[n - 1] == 's', said = false;
	char *other = many ? xasprintf("\"%.*s\" ->", (int)(n - 1), phrase) :
		xasprintf("\"%ss\" ->", phrase);
	for (size_t i = 0; lines && i < lines->n; i++)
		said |= starts_with(lines->v[i], other);
	free(other);
	if (said && many)
		phrase[n - 1] = '\0';
	return phrase;
}

static size_t words_known(const struct object *o, const struct strlist *words)
{
	size_t n = 0;
	for (size_t i = 0; i < words->n; i++)
		n += text_has_word(o->words, words->v[i]);
	return n;
}

/* What Genie could take for the right asset: what it did take, what its answers went to and fro
 * between, or what knows most words of the question. NULL: nothing competes. */
static const struct object *rival(const struct proposal *p, const struct fact_case *c,
				  const struct json *cluster)
{
	const struct object *best = c->genie_asset;
	size_t most = 0;
	if (best && best != c->gold_asset)
		return best;
	best = NULL;
	const struct json *assets = json_dig(cluster, "oscillation.objects");
	for (const struct json *a = json_first(assets); a; a = json_next(a)) {
		const struct object *o = model_object(p->model, json_text(a));
		if (o && o != c->gold_asset)
			return o;
	}
	for (size_t i = 0; i < p->model->n; i++) {
		const struct object *o = &p->model->objects[i];
		size_t n = o == c->gold_asset ? 0 : words_known(o, &c->words);
		if (n > most) {
			most = n;
			best = o;
		}
	}
	return best;
}

static void add_rule(struct proposal *p, const struct fact_case *c, const char *key, const char *line,
		     const struct json *cluster)
{
	if (strstr(p->model->instructions, line)) {
		draft_dropped(p, c, "the instruction says it already");
		return;
	}
	/* rules to one asset are one patch; others can be kept or undone without it */
	struct draft *d = draft_at(p, "add_instruction", NULL, NULL, key);
	strlist_add_new(&d->lines, line);
	d->confidence = 0.6;
	d->regression = 0.1;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

static void say_routing(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct object *right = c->gold_asset;
	bool unstable = streq(json_str_or(cluster, "root_cause", ""), "repeatability_issue");
	if (!right || (right == c->genie_asset && !unstable))
		return;
	/* answers that change on a table or a metric view are settled by its own metadata */
	if (unstable && right->kind != OBJECT_FUNCTION) {
		draft_dropped(p, c, "answers that change on a table or metric view: lever 1 or 2");
		return;
	}
	const struct object *wrong = rival(p, c, cluster);
	if (wrong && case_needs(c, wrong->full_name, NULL)) {
		draft_dropped(p, c, "routing: the expected SQL needs both assets");
		return;
	}
	char *phrase = telling_phrase(p->cases, p->model, c, right);
	if (!phrase || !wrong) {
		draft_dropped(p, c, phrase ? "routing: no other asset competes" :
			"routing: no phrase of the question tells its asset from others");
		free(phrase);
		return;
	}
	const struct strlist *said = NULL;
	for (size_t i = 0; i < p->n; i++)
		if (streq(p->v[i].type, "add_instruction") && streq(p->v[i].key, right->full_name))
			said = &p->v[i].lines;
	char *line = routing_rule(said_form(said, phrase), right, wrong);
	add_rule(p, c, right->full_name, line, cluster);
	free(line);
	free(phrase);
}

/* ---- time (KGL-3, first rung) ---- */
static bool tried_instruction(const struct json *cluster)
{
	const struct json *list = json_dig(cluster, "known_limitation.attempts");
	for (const struct json *a = json_first(list); a; a = json_next(a))
		if (ends_with(json_str_or(a, "type", ""), "_instruction"))
			return true;
	return false;
}

static char *time_rule(const struct time_phrase *t, const char *column)
{
	if (t->compare)
		return xasprintf("\"%s\" -> compare %s >= %s AND %s <= CURRENT_DATE() with %s >= %s AND %s < %s.",
				 t->phrase, column, t->compare, column, column, t->from, column, t->to);
	return t->to ? xasprintf("\"%s\" -> %s >= %s AND %s < %s.", t->phrase, column, t->from, column, t->to) :
		xasprintf("\"%s\" -> %s >= %s.", t->phrase, column, t->from);
}

static void say_time(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct time_phrase *t = find_time_phrase(c->question);
	if (!t || !t->weak)
		return;
	if (tried_instruction(cluster)) {
		draft_dropped(p, c, "time: an instruction was tried; next is a function with a time "
			      "parameter, or a column made beforehand");
		return;
	}
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		if (!f->temporal || !f->column)
			continue;
		char *line = time_rule(t, f->column), *key = xasprintf("time %s", t->phrase);
		add_rule(p, c, key, line, cluster);
		free(line);
		free(key);
		return;
	}
}

/* ---- lines that mislead ---- */

/* Does the line send questions with these words to the wrong asset, without a word of the
 * right one? */
static bool misleads(const char *line, const struct fact_case *c)
{
	struct strlist words = { 0 };
	bool shared = false;
	if (!names_object(line, c->genie_asset) || names_object(line, c->gold_asset) ||
	    stristr(line, "not ") || stristr(line, "never "))
		return false;
	content_words(line, &words);
	for (size_t i = 0; !shared && i < words.n; i++)
		shared = !text_has_word(c->genie_asset->name, words.v[i]) &&
			has_phrase(c->question, words.v[i]);
	strlist_free(&words);
	return shared;
}

/* Questions that now go right with the asset are what the line is good for. */
static bool serves(const struct proposal *p, const struct object *asset)
{
	for (size_t i = 0; i < p->cases->n; i++)
		if (p->cases->v[i].passes && p->cases->v[i].gold_asset == asset)
			return true;
	return false;
}

/* Rules for the questions that do need the asset, in place of the line; "" when there are none. */
static char *replacing(const struct proposal *p, const struct object *asset, const struct object *not)
{
	struct strlist lines = { 0 };
	for (size_t i = 0; i < p->cases->n && lines.n < MAX_REPLACING; i++) {
		const struct fact_case *c = &p->cases->v[i];
		char *phrase = c->gold_asset == asset ?
			telling_phrase(p->cases, p->model, c, asset) : NULL;
		char *line = phrase ? routing_rule(said_form(&lines, phrase), asset, not) : NULL;
		if (line)
			strlist_add_new(&lines, line);
		free(line);
		free(phrase);
	}
	char *text = merged_rules(&lines);
	strlist_free(&lines);
	return text;
}

static void blame_line(struct proposal *p, const struct fact_case *c, const char *line,
		       const struct json *cluster)
{
	char *text = replacing(p, c->genie_asset, c->gold_asset);
	bool keep = *text || serves(p, c->genie_asset);
	struct draft *d = draft_at(p, keep ? "update_instruction" : "remove_instruction", NULL, NULL, line);
	if (!d->members) {
		draft_member(d, "old_text", line);
		if (keep)
			draft_member(d, "new_text", text);
	}
	d->confidence = 0.5;
	d->regression = 0.15;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	free(text);
}

static void blame_lines(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	if (!c->gold_asset || !c->genie_asset || c->gold_asset == c->genie_asset)
		return;
	struct json *lines = space_lines(p->model->instructions);
	for (const struct json *l = json_first(lines); l; l = json_next(l)) {
		char *line = xstrdup(json_text(l));
		line[strcspn(line, "\n")] = '\0';
		if (*line && misleads(line, c))
			blame_line(p, c, line, cluster);
		free(line);
	}
	json_free(lines);
}

void rules_space(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	say_routing(p, c, cluster);
	say_time(p, c, cluster);
	blame_lines(p, c, cluster);
	rules_items(p, c, cluster);
}

/* ---- all of it ---- */
static bool is_add(const struct draft *d)
{
	return streq(d->type, "add_instruction") && !d->tired;
}

static bool is_edit(const struct draft *d)
{
	return !d->tired &&
		(streq(d->type, "update_instruction") || streq(d->type, "remove_instruction"));
}

static void remove_draft(struct proposal *p, size_t i)
{
	struct proposal one = { .v = xcalloc(1, sizeof *p->v), .n = 1 };
	one.v[0] = p->v[i];
	memmove(&p->v[i], &p->v[i + 1], (p->n - i - 1) * sizeof *p->v);
	p->n--;
	proposal_free(&one);
}

static void note(struct proposal *p, const struct draft *d, const char *why)
{
	for (size_t i = 0; i < d->questions.n; i++)
		draft_dropped(p, cases_find(p->cases, d->questions.v[i]), why);
}

/* Edits of lines that misled too few, or with less right than wrong, come to nothing. */
static void weigh_edits(struct proposal *p, bool adds)
{
	for (size_t i = p->n; i-- > 0;) {
		const struct draft *d = &p->v[i];
		bool remove = streq(d->type, "remove_instruction");
		bool empty = !remove && !*json_str_or(d->members, "new_text", "x");
		if (!is_edit(d))
			continue;
		if (d->questions.n >= MISLED_MIN && !empty && !(remove && adds))
			continue;
		char *why = xasprintf("the line \"%.60s\" misleads: %s", d->key, empty ?
			"no phrase tells the questions that it is good for" : d->questions.n < MISLED_MIN ?
			"one question alone does not change it" : "rules come first, then a person may remove it");
		note(p, d, why);
		free(why);
		remove_draft(p, i);
	}
}

/* One line of the present text with the edits made to it. */
static void take_line(const struct proposal *p, const char *line, struct strlist *out)
{
	const char *text = line;
	for (size_t i = 0; i < p->n; i++)
		if (is_edit(&p->v[i]) && streq(p->v[i].key, line))
			text = json_str_or(p->v[i].members, "new_text", "");
	struct json *lines = space_lines(text);
	for (const struct json *l = json_first(lines); l; l = json_next(l)) {
		char *one = xstrdup(json_text(l));
		one[strcspn(one, "\n")] = '\0';
		if (*trim(one))
			strlist_add_new(out, one); /* what is said twice is said once */
		free(one);
	}
	json_free(lines);
}

static void all_lines(const struct proposal *p, struct strlist *out)
{
	struct json *now = space_lines(p->model->instructions);
	for (const struct json *l = json_first(now); l; l = json_next(l)) {
		char *line = xstrdup(json_text(l));
		line[strcspn(line, "\n")] = '\0';
		take_line(p, line, out);
		free(line);
	}
	json_free(now);
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; is_add(&p->v[i]) && k < p->v[i].lines.n; k++)
			strlist_add_new(out, p->v[i].lines.v[k]);
}

/* The draft takes over what another one is for; confidence: of the questions' mean. */
static void take_over(struct draft *to, const struct draft *from)
{
	size_t n = to->questions.n, m = from->questions.n;
	if (n + m)
		to->confidence = (to->confidence * (double)n + from->confidence * (double)m) / (double)(n + m);
	if (from->regression > to->regression)
		to->regression = from->regression;
	if (from->attempts > to->attempts)
		to->attempts = from->attempts;
	if (!to->cluster_id || strcmp(from->cluster_id, to->cluster_id) < 0)
		to->cluster_id = from->cluster_id;
	for (size_t i = 0; i < m; i++)
		strlist_add_new(&to->questions, from->questions.v[i]);
	for (size_t i = 0; i < from->grounds.n; i++)
		strlist_add_new(&to->grounds, from->grounds.v[i]);
}

/* One patch that says the whole instruction anew. */
static void consolidate(struct proposal *p)
{
	struct strlist lines = { 0 };
	all_lines(p, &lines);
	char *text = merged_rules(&lines);
	strlist_free(&lines);
	struct draft *all = draft_at(p, "update_instruction", NULL, NULL, "");
	draft_member(all, "old_text", p->model->instructions);
	draft_member(all, "new_text", text);
	if (strlen(text) > PATCH_LONG_INSTRUCTION)
		all->flaw = xasprintf("the instruction would have %zu characters, even merged; about %d are "
				      "read well: it needs a person's hand", strlen(text), PATCH_LONG_INSTRUCTION);
	free(text);
	for (size_t i = p->n; i-- > 0;) {
		bool own = is_edit(&p->v[i]) && !*p->v[i].key;
		if (own || (!is_add(&p->v[i]) && !is_edit(&p->v[i])))
			continue;
		take_over(draft_at(p, "update_instruction", NULL, NULL, ""), &p->v[i]);
		remove_draft(p, i);
	}
}

void rules_space_end(struct proposal *p)
{
	size_t length = strlen(p->model->instructions), adds = 0, edits = 0;
	p->cluster = NULL;
	for (size_t i = 0; i < p->n; i++) {
		adds += is_add(&p->v[i]);
		char *text = is_add(&p->v[i]) ? merged_rules(&p->v[i].lines) : NULL;
		length += text ? strlen(text) + 1 : 0;
		free(text);
	}
	weigh_edits(p, adds > 0);
	for (size_t i = 0; i < p->n; i++)
		edits += is_edit(&p->v[i]);
	/* adding beside an edit conflicts, and adding over the limit is not read */
	if (adds && (edits || length > PATCH_LONG_INSTRUCTION))
		consolidate(p);
}
