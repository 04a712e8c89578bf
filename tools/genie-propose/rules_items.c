/* Lever 6: items of the space beside the instruction. Examples come from train questions only,
 * in other words than the question's and with its values as parameters; snippets hold what several
 * train golds share; an item that Genie followed into a wrong answer is corrected or, by a
 * person, removed. */
#include "rules_space.h"

#include "drafts.h"
#include "risk.h"
#include "words.h"

#include "json.h"
#include "mem.h"
#include "patch.h"
#include "space.h"
#include "sqltext.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EXAMPLES 2  /* in one patch set: examples are the last resort */
#define GIVE_UP_AFTER 2 /* attempts, after which a sample question is withdrawn */

bool is_train(const struct fact_case *c)
{
	return streq(c->split, "train") && c->gold_sql;
}

struct json *list_in_space(const struct proposal *p, const char *dotted)
{
	return space_array(json_get(p->model->space, "config"), dotted, false);
}

char *text_of(const struct json *lines)
{
	struct str out = STR_INIT;
	space_text(lines, &out);
	return str_take(&out);
}

void set_text(struct json *object, const char *key, const char *text)
{
	json_set(object, key, space_lines(text));
}

bool same_sql(const char *a, const char *b)
{
	struct arena arena = { 0 };
	bool same = streq(sql_normalize(&arena, a), sql_normalize(&arena, b));
	arena_free(&arena);
	return same;
}

/* ---- examples ---- */
static size_t count_examples(const struct proposal *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		n += streq(p->v[i].type, "add_example_sql");
	return n;
}

/* The gold with the variables filled from the asset's own name. NULL: others are left. */
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
	if (!strstr(str_text(&out), "${"))
		return str_take(&out);
	str_free(&out);
	return NULL;
}

/* The question without how it asks: "What was the daily cost ...?" is "Daily cost ...". */
static char *paraphrase(const char *question)
{
	static const char *const starts[] = { "what is the ", "what was the ", "what are the ",
		"what were the ", "what is ", "what was ", "show me the ", "show me ", "show the ",
		"show ", "give me the ", "give me ", "list the ", "list all ", "list ", "please ",
		"tell me ", "can you show " };
	const char *rest = question;
	bool again = true;
	while (again) {
		again = false;
		for (size_t i = 0; !again && i < countof(starts); i++) {
			again = starts_withi(rest, starts[i]) &&
				strlen(rest) > strlen(starts[i]) + 8;
			rest += again ? strlen(starts[i]) : 0;
		}
	}
	char *text = xstrdup(rest);
	size_t n = strlen(text);
	while (rest != question && n && strchr("?.! ", text[n - 1]))
		text[--n] = '\0';
	*text = (char)toupper((unsigned char)*text);
	return text;
}

static int by_name(const struct json *a, const struct json *b)
{
	return strcmp(json_str_or(a, "name", ""), json_str_or(b, "name", ""));
}

/* 'literal' of a filter that the question names, as a value of its own: one parameter. */
static void parameterise(const struct fact_case *c, struct str *sql, struct json *value)
{
	struct json *list = NULL;
	for (size_t i = 0; i < c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &c->gold.filter[i];
		size_t n = strlen(f->value);
		if (!f->column || f->temporal || !streq(f->op, "=") || n < 3 || *f->value != '\'' ||
		    f->value[n - 1] != '\'' || strchr(f->value + 1, '\'') != f->value + n - 1)
			continue;
		char *plain = xstrndup(f->value + 1, n - 2), *marker = xasprintf(":%s", f->column);
		const char *at = strstr(str_text(sql), f->value);
		bool once = at && !strstr(at + n, f->value) && !strstr(str_text(sql), marker);
		if (once && has_phrase(c->question, plain)) {
			str_splice(sql, (size_t)(at - str_text(sql)), n, marker, strlen(marker));
			list = list ? list : json_set(value, "parameters", json_new_array());
			struct json *one = json_push(list, json_new_object());
			json_set_str(one, "name", f->column);
			json_set_str(one, "type_hint", "STRING");
			json_push_str(json_set(json_set(one, "default_value", json_new_object()),
				"values",
					       json_new_array()), plain);
		}
		free(plain);
		free(marker);
	}
	if (list)
		json_sort(list, by_name);
}

static struct json *example_of(const struct fact_case *c, const char *sql)
{
	struct json *value = json_new_object();
	struct str text = STR_INIT;
	char *question = paraphrase(c->question);
	str_add(&text, sql);
	parameterise(c, &text, value);
	set_text(value, "question", question);
	set_text(value, "sql", str_text(&text));
	str_free(&text);
	free(question);
	return value;
}

/* Much the same words: the example is close enough to lead the question. */
static bool alike(const struct fact_case *c, const char *question)
{
	struct strlist words = { 0 };
	size_t both = 0;
	content_words(question, &words);
	for (size_t i = 0; i < c->words.n; i++)
		both += strlist_has(&words, c->words.v[i]);
	bool close = both && 2 * both >= c->words.n + words.n - both;
	strlist_free(&words);
	return close;
}

/* An example like the question, whose SQL reads what Genie wrongly read: it misled. True when
 * there is one; then another one beside it would only compete. */
static bool blame_example(struct proposal *p, const struct fact_case *c, const char *sql,
			  const struct json *cluster)
{
	const struct json *list = list_in_space(p, "instructions.example_question_sqls");
	bool found = false;
	for (const struct json *e = json_first(list); e && !found; e = json_next(e)) {
		char *question = text_of(json_get(e, "question")),
			*now = text_of(json_get(e, "sql"));
		found = alike(c, question) && !same_sql(now, sql) &&
			c->genie_asset && names_object(now, c->genie_asset);
		bool right = c->gold_asset == c->genie_asset;
		if (found) {
			struct draft *d = draft_at(p, right ? "update_example_sql" :
				"remove_example_sql", NULL,
						   NULL, json_str_or(e, "id", ""));
			if (!d->members)
				draft_member(d, "id", json_str_or(e, "id", ""));
			if (right && !d->value)
				d->value = example_of(c, sql);
			d->confidence = right ? 0.6 : 0.5;
			d->regression = 0.2;
			draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
		}
		free(question);
		free(now);
	}
	return found;
}

static void add_example(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	char *sql = is_train(c) && c->gold_asset ? resolved(c) : NULL;
	if (!sql) {
		draft_dropped(p, c, !is_train(c) ? "example: not a train question" :
			"example: its SQL reads nothing of the space, or has variables left");
		return;
	}
	if (blame_example(p, c, sql, cluster)) {
		free(sql);
		return;
	}
	if (count_examples(p) < MAX_EXAMPLES) {
		struct draft *d = draft_at(p, "add_example_sql", NULL, NULL, c->question);
		if (!d->value)
			d->value = example_of(c, sql);
		d->confidence = 0.7;
		d->regression = 0.05;
		draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	} else {
		draft_dropped(p, c, "example: two in a set are enough");
	}
	free(sql);
}

/* ---- sample questions ---- */
char *spoken(const char *name)
{
	char *text = xstrdup(name);
	for (char *s = text; *s; s++)
		if (*s == '_')
			*s = ' ';
	return text;
}


/* What an ambiguous question means, by its expected SQL: "Total cost by team". "" : not told. */
static char *clear_question(const struct fact_case *c)
{
	struct str out = STR_INIT;
	if (!c->gold.naggregates || !c->gold.aggregate[0].column)
		return xstrdup("");
	const struct sqlfact_aggregate *a = &c->gold.aggregate[0];
	char *value = spoken(a->column);
	str_addf(&out, "%s%s", a->measure || streq(a->function, "MEASURE") ? "" :
		 streq(a->function, "COUNT") ? "number of " : streq(a->function, "AVG") ?
			"average " : "total ",
		 value);
	free(value);
	for (size_t i = 0; i < c->gold.group_by.n && !strchr(c->gold.group_by.v[i], '('); i++) {
		const char *point = strrchr(c->gold.group_by.v[i], '.');
		char *group = spoken(point ? point + 1 : c->gold.group_by.v[i]);
		str_addf(&out, "%s %s", i ? " and" : " by", group);
		free(group);
	}
	str_addf(&out, " in %s?", c->gold_asset->name);
	char *text = str_take(&out);
	*text = (char)toupper((unsigned char)*text);
	return text;
}

static void add_sample(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	if (!streq(json_str_or(cluster, "root_cause", ""), "ambiguous_question") || !is_train(c) ||
		!c->gold_asset)
		return;
	char *text = clear_question(c);
	if (*text) {
		struct draft *d = draft_at(p, "add_sample_question", NULL, NULL, text);
		strlist_add_new(&d->lines, text);
		d->confidence = 0.2; /* it leads people to ask so; answers stay as they are */
		d->regression = 0;
		draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
	}
	free(text);
}

/* A sample question that Genie still cannot answer promises too much. */
static void blame_sample(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	const struct json *list = list_in_space(p, "config.sample_questions");
	if (json_int_or(cluster, "attempts", 0) < GIVE_UP_AFTER)
		return;
	for (const struct json *one = json_first(list); one; one = json_next(one)) {
		char *text = text_of(json_get(one, "question"));
		if (strieq(text, c->question)) {
			struct draft *d = draft_at(p, "remove_sample_question", NULL, NULL, text);
			if (!d->members)
				draft_member(d, "id", json_str_or(one, "id", ""));
			d->confidence = 0.3;
			d->regression = 0;
			draft_for(d, c, json_str_or(cluster, "cluster_id", ""));
		}
		free(text);
	}
}

void rules_items(struct proposal *p, const struct fact_case *c, const struct json *cluster)
{
	add_example(p, c, cluster);
	rules_snippets(p, c, cluster);
	add_sample(p, c, cluster);
	blame_sample(p, c, cluster);
}
