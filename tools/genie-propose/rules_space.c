/* Lever 6: instructions and examples. A routing rule has the positive case and the
 * exclusion and quotes the phrasing it is for; time phrases that column comments
 * seldom teach are written out as SQL; examples come from train questions only. */
#include "drafts.h"

#include "words.h"

#include "json.h"
#include "mem.h"
#include "patch.h"

#include <stdlib.h>
#include <string.h>

#define MAX_EXAMPLES 2 /* in one patch set: examples are the last resort */

static const char *kind_word(const struct object *o)
{
	return o->kind == OBJECT_METRIC_VIEW ? "metric view" :
		o->kind == OBJECT_FUNCTION ? "table function" : "table";
}

/* Fits into about 4,000 characters with what is there. */
static bool has_room(const struct proposal *p, const char *line)
{
	size_t used = strlen(p->model->instructions) + strlen(line);
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; streq(p->v[i].type, "add_instruction") && k < p->v[i].lines.n; k++)
			used += strlen(p->v[i].lines.v[k]) + 1;
	return used <= PATCH_LONG_INSTRUCTION;
}

static void say(struct proposal *p, const struct fact_case *c, const char *line, double confidence,
		const struct json *cluster)
{
	if (strstr(p->model->instructions, line))
		return;
	/* all lines are one patch: the space has one text instruction */
	struct draft *d = draft_at(p, "add_instruction", NULL, NULL, NULL);
	if (!strlist_has(&d->lines, line)) {
		if (!has_room(p, line))
			return;
		strlist_add(&d->lines, line);
	}
	d->confidence = confidence > d->confidence ? confidence : d->confidence;
	d->regression = 0.1;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
}

static void say_routing(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct object *right = c->gold_asset, *wrong = c->genie_asset;
	if (!right || right == wrong)
		return;
	char *phrase = telling_phrase(p->cases, c, right);
	if (!phrase)
		return;
	char *line = wrong ?
		xasprintf("\"%s\" -> use the %s %s, not %s.", phrase, kind_word(right), right->name, wrong->name) :
		xasprintf("\"%s\" -> use the %s %s.", phrase, kind_word(right), right->name);
	say(p, c, line, 0.6, cluster);
	free(line);
	free(phrase);
}

static void say_time(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct time_phrase *t = find_time_phrase(c->question);
	if (!t || !t->weak)
		return;
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		if (!f->temporal || !f->column)
			continue;
		char *line = t->to ?
			xasprintf("\"%s\" -> %s >= %s AND %s < %s.", t->phrase, f->column, t->from, f->column, t->to) :
			xasprintf("\"%s\" -> %s >= %s.", t->phrase, f->column, t->from);
		say(p, c, line, 0.6, cluster);
		free(line);
		return;
	}
}

static size_t count_examples(const struct proposal *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		n += streq(p->v[i].type, "add_example_sql");
	return n;
}

static bool has_variables(const char *sql)
{
	return strstr(sql, "${") != NULL;
}

/* The gold of a train question, with the variables filled from the asset's own name. */
static char *resolved(const struct fact_case *c)
{
	const char *full = c->gold_asset->full_name, *first = strchr(full, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	struct str out = STR_INIT;
	if (!second)
		return NULL;
	for (const char *s = c->gold_sql; *s;) {
		if (starts_with(s, "${catalog}")) {
			str_addn(&out, full, (size_t)(first - full));
			s += strlen("${catalog}");
		} else if (starts_with(s, "${gold_schema}")) {
			str_addn(&out, first + 1, (size_t)(second - first - 1));
			s += strlen("${gold_schema}");
		} else {
			str_addc(&out, *s++);
		}
	}
	char *sql = str_take(&out);
	if (!has_variables(sql))
		return sql;
	free(sql);
	return NULL;
}

static void add_example(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	if (!streq(c->split, "train") || !c->gold_sql || !c->gold_asset || count_examples(p) >= MAX_EXAMPLES)
		return;
	char *sql = resolved(c);
	if (!sql)
		return;
	struct draft *d = draft_at(p, "add_example_sql", NULL, NULL, c->question);
	if (!d->value) {
		d->value = json_new_object();
		json_push_str(json_set(d->value, "question", json_new_array()), c->question);
		json_push_str(json_set(d->value, "sql", json_new_array()), sql);
	}
	d->confidence = 0.7;
	d->regression = 0.05;
	draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	free(sql);
}

void rules_space(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	say_routing(p, c, cluster);
	say_time(p, c, cluster);
	add_example(p, c, cluster);
}
