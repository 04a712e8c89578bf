#include "evidence.h"

#include "cases.h"
#include "evidence_space.h"
#include "model.h"
#include "words.h"

#include "json.h"
#include "judgediff.h"
#include "judgefix.h"
#include "leak.h"
#include "mem.h"
#include "patch.h"
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#define MAX_QUESTIONS 6 /* of a cluster that are shown */
#define MAX_HINTS 5
#define MAX_REJECTED 20
#define MAX_SQL 3000
#define MAX_TEXT 600

bool evidence_shows(const struct fact_case *c)
{
	return c && !c->passes && streq(c->split, "train") && c->gold_sql;
}

bool evidence_has(const struct cases *cases, const struct json *cluster)
{
	const struct json *ids = json_get(cluster, "question_ids");
	for (const struct json *id = json_first(ids); id; id = json_next(id))
		if (evidence_shows(cases_find(cases, json_text(id))))
			return true;
	return false;
}

void evidence_text(const struct evidence *e, struct json *object, const char *key,
	const char *text, size_t max)
{
	struct leak_match match;
	if (!text || !*text)
		return;
	if (leak_check(e->guard, text, &match)) {
		json_set_str(object, key, "(withheld)");
		return;
	}
	char *copy = xstrndup(text, utf8_fit(text, max));
	json_set_str(object, key, copy);
	free(copy);
}

/* ---- two queries ------------------------------------------------------------------------ */

/* What a query uses, one sort of it. */
static void list_facts(const struct sqlfacts *facts, size_t sort, struct strlist *out)
{
	for (size_t i = 0; sort == 0 && i < facts->ntables; i++)
		strlist_add_new(out, bare_name(facts->table[i].name));
	for (size_t i = 0; sort == 1 && i < facts->ncolumns; i++)
		strlist_add_new(out, facts->column[i].column);
	for (size_t i = 0; sort == 2 && i < facts->nfilters; i++)
		strlist_add_new(out, facts->filter[i].text);
	for (size_t i = 0; sort == 3 && i < facts->naggregates; i++)
		strlist_take(out, xasprintf("%s(%s)", facts->aggregate[i].function,
			facts->aggregate[i].argument));
	for (size_t i = 0; sort == 4 && i < facts->njoins; i++)
		strlist_add_new(out, facts->join[i].condition);
}

/* What the one query uses and the other does not. */
static void set_difference(struct json *one, const char *key, const struct sqlfacts *has,
	const struct sqlfacts *lacks)
{
	static const char *const sorts[] = { "tables", "columns", "filters", "aggregates",
		"joins" };
	struct json *out = json_new_object();
	for (size_t i = 0; i < countof(sorts); i++) {
		struct strlist mine = { 0 }, other = { 0 };
		struct json *list = json_new_array();
		list_facts(has, i, &mine);
		list_facts(lacks, i, &other);
		for (size_t k = 0; k < mine.n; k++)
			if (*mine.v[k] && !strlist_has(&other, mine.v[k]))
				json_push_str(list, mine.v[k]);
		if (json_first(list))
			json_set(out, sorts[i], list);
		else
			json_free(list);
		strlist_free(&mine);
		strlist_free(&other);
	}
	json_set(one, key, out);
}

/* ---- one question ----------------------------------------------------------------------- */

static bool said_somewhere(const struct model *model, const char *word)
{
	for (size_t i = 0; i < model->n; i++) {
		const struct object *o = &model->objects[i];
		if (text_has_word(o->words, word))
			return true;
		for (size_t k = 0; k < o->nfields; k++)
			if (text_has_word(o->fields[k].words, word))
				return true;
	}
	return stristr(model->instructions, word) != NULL;
}

static void set_words(const struct evidence *e, const struct fact_case *c, struct json *one)
{
	struct json *words = json_set(one, "words_without_metadata", json_new_array());
	for (size_t i = 0; i < c->words.n; i++)
		if (!said_somewhere(e->model, c->words.v[i]))
			json_push_str(words, c->words.v[i]);
}

/* What judges of this row ask for, unless it says nothing. */
static void set_hints(const struct evidence *e, const struct fact_case *c, struct json *one)
{
	struct json *hints = json_set(one, "judges_ask_for", json_new_array());
	struct strlist seen = { 0 };
	const struct json *judges = json_get(c->row, "judges");
	for (const struct json *j = json_first(judges); j; j = json_next(j)) {
		const char *fix = json_str_or(json_get(j, "asi"), "counterfactual_fix", "");
		if (fix_is_generic(fix) || seen.n >= MAX_HINTS || !strlist_add_new(&seen, fix))
			continue;
		struct json *hint = json_push(hints, json_new_object());
		json_set_str(hint, "judge", json_key(j));
		evidence_text(e, hint, "fix", fix, MAX_TEXT);
	}
	strlist_free(&seen);
}

static void add_question(const struct evidence *e, const struct fact_case *c, struct json *list)
{
	struct json *one = json_push(list, json_new_object());
	json_set_str(one, "id", c->id);
	evidence_text(e, one, "question", c->question, MAX_TEXT);
	evidence_text(e, one, "expected_sql", c->gold_sql, MAX_SQL);
	evidence_text(e, one, "genie_sql", c->genie_sql, MAX_SQL);
	set_difference(one, "expected_and_not_used", &c->gold, &c->genie);
	set_difference(one, "used_and_not_expected", &c->genie, &c->gold);
	set_words(e, c, one);
	set_hints(e, c, one);
}

static void add_cluster(const struct evidence *e, const struct json *cluster, struct json *list)
{
	struct json *one = json_push(list, json_new_object()), *questions;
	const struct json *ids = json_get(cluster, "question_ids");
	json_set_str(one, "root_cause", json_str_or(cluster, "root_cause", "other"));
	json_set_int(one, "failing_questions", (int64_t)json_len(ids));
	questions = json_set(one, "questions", json_new_array());
	for (const struct json *id = json_first(ids); id; id = json_next(id)) {
		const struct fact_case *c = cases_find(e->cases, json_text(id));
		if (evidence_shows(c) && json_len(questions) < MAX_QUESTIONS)
			add_question(e, c, questions);
	}
}

/* ---- earlier iterations ----------------------------------------------------------------- */

static void add_rejected(const struct evidence *e, struct json *list)
{
	for (const struct json *p = json_first(e->history);
		p && json_len(list) < MAX_REJECTED; p = json_next(p)) {
		const struct patch_type *type = patch_type_find(json_str_or(p, "type", ""));
		if (!type || !patch_type_serves(type, e->lever) ||
		    streq(json_str_or(p, "past", ""), "accepted"))
			continue;
		struct json *one = json_push(list, json_new_object());
		struct str value = STR_INIT;
		json_set_str(one, "type", type->name);
		evidence_text(e, one, "target", json_str_or(p, "target", NULL), MAX_TEXT);
		evidence_text(e, one, "column", json_str_or(p, "column", NULL), MAX_TEXT);
		evidence_text(e, one, "new_text", json_str_or(p, "new_text", NULL), MAX_TEXT);
		if (json_get(p, "value"))
			json_print(json_get(p, "value"), &value);
		evidence_text(e, one, "value", str_text(&value), MAX_TEXT);
		str_free(&value);
	}
}

struct json *evidence_new(const struct evidence *e)
{
	struct json *out = json_new_object(), *list;
	list = json_set(out, "clusters", json_new_array());
	for (size_t i = 0; i < e->n; i++)
		add_cluster(e, e->clusters[i], list);
	evidence_space(e, out);
	add_rejected(e, json_set(out, "rejected_patches", json_new_array()));
	return out;
}
