#include "publish.h"

#include "check.h"
#include "evalrun.h"
#include "genie.h"
#include "json.h"
#include "space.h"
#include "spacecheck.h"
#include "sqltext.h"
#include "vars.h"

#include <stdlib.h>
#include <string.h>

void publication_free(struct publication *p)
{
	free(p->space_id);
	strlist_free(&p->added);
	strlist_free(&p->updated);
	strlist_free(&p->skipped);
	*p = (struct publication){ 0 };
}

struct publishing {
	const struct bench *bench;
	struct dbx *dbx;
	struct vars *vars;
	struct publication *out;
	struct json *questions; /* benchmarks.questions of the space */
	struct json *config;
	struct arena arena;
	struct err *err;
};

static const char *joined(struct arena *arena, const struct json *lines)
{
	struct str text = STR_INIT;
	space_text(lines, &text);
	const char *out = arena_strdup(arena, str_text(&text));
	str_free(&text);
	return out;
}

static struct json *known(struct publishing *p, const struct json *questions, const char *question)
{
	const char *text = benchmark_text(&p->arena, question);
	for (struct json *one = json_first(questions); one; one = json_next(one))
		if (streq(benchmark_text(&p->arena, joined(&p->arena, json_get(one, "question"))), text))
			return one;
	return NULL;
}

static const char *answer_of(struct publishing *p, const struct json *entry)
{
	return joined(&p->arena, json_get(json_at(json_get(entry, "answer"), 0), "content"));
}

static void set_answer(struct json *entry, const char *sql)
{
	struct json *answer = json_new_object();
	json_set_str(answer, "format", "SQL");
	json_set(answer, "content", space_lines(sql));
	json_push(json_set(entry, "answer", json_new_array()), answer);
}

static struct json *new_entry(struct publishing *p, const char *question)
{
	char id[SPACE_ID_SIZE];
	char *seed = xasprintf("benchmark:%s", benchmark_text(&p->arena, question));
	struct json *entry = json_new_object();
	json_set_str(entry, "id", space_new_id(p->config, seed, id));
	json_set(entry, "question", space_lines(question));
	json_push(p->questions, entry);
	free(seed);
	return entry;
}

static bool merge(struct publishing *p, struct question *q, const char *sql)
{
	const char *text = json_str_or(q->json, "question", "");
	struct json *entry = known(p, p->questions, text);
	if (!entry) {
		entry = new_entry(p, text);
		strlist_add(&p->out->added, q->id);
		set_answer(entry, sql);
	} else if (!streq(answer_of(p, entry), sql)) {
		strlist_add(&p->out->updated, q->id);
		set_answer(entry, sql);
	} else {
		p->out->unchanged++;
	}
	json_set_str(q->json, "benchmark_id", json_str_or(entry, "id", ""));
	return true;
}

static bool add(struct publishing *p, struct question *q)
{
	const struct json *sql = json_get(q->json, "expected_sql");
	const char *text = json_text(sql) ? json_text(sql) : json_text(json_at(sql, 0));
	bool usable = text && sql_statement_kind(text) != SQL_EMPTY && !has_warning(q->json, "invalid_gold");
	if (!usable) {
		strlist_add(&p->out->skipped, q->id);
		return true;
	}
	char *resolved = sql_resolve(&p->arena, text, vars_find, p->vars, p->err);
	if (!resolved)
		return err_wrap(p->err, "%s: question %s", q->place, q->id);
	return merge(p, q, sql_first_statement(&p->arena, resolved, NULL));
}

static bool rules_kept(struct publishing *p)
{
	struct space_problems problems = { 0 };
	bool ok = json_len(p->questions) <= SPACE_MAX_BENCHMARKS;
	if (!ok)
		return err_set(p->err, ERR_DATA, "the space would have %zu benchmark questions; it takes %d",
			       json_len(p->questions), SPACE_MAX_BENCHMARKS);
	space_check(p->config, &problems);
	for (size_t i = 0; i < problems.n && ok; i++)
		if (starts_with(problems.v[i].path, "$.benchmarks"))
			ok = err_set(p->err, ERR_DATA, "%s: %s", problems.v[i].path, problems.v[i].text);
	space_problems_free(&problems);
	return ok;
}

static bool send(struct publishing *p, const char *etag)
{
	struct json *fields = json_new_object();
	struct str text = STR_INIT;
	int status = 0;
	json_print(p->config, &text);
	json_set_str(fields, "serialized_space", str_text(&text));
	if (etag)
		json_set_str(fields, "etag", etag);
	struct json *reply = genie_update(p->dbx, p->out->space_id, fields, &status, p->err);
	bool ok = reply != NULL;
	if (!ok && status == 409)
		err_set(p->err, ERR_TEMP, "somebody changed the space meanwhile; nothing is published, try again");
	json_free(reply);
	json_free(fields);
	str_free(&text);
	return ok;
}

/* Every question is there with its SQL. */
static bool read_back(struct publishing *p)
{
	struct space space = { .version = 0 };
	struct json *live = genie_get(p->dbx, p->out->space_id, true, p->err);
	bool ok = live && space_from_json(&space, live, p->out->space_id, p->err);
	const struct json *now = ok ? space_array(space.config, "benchmarks.questions", true) : NULL;
	for (const struct json *one = json_first(p->questions); ok && one; one = json_next(one)) {
		const char *question = joined(&p->arena, json_get(one, "question"));
		const struct json *there = known(p, now, question);
		if (!there || !streq(answer_of(p, there), answer_of(p, one)))
			ok = err_set(p->err, ERR_UNAVAILABLE,
				     "read back from the space, question %s is not what was published",
				     json_str_or(one, "id", ""));
	}
	json_free(live);
	space_free(&space);
	return ok;
}

static bool change(struct publishing *p, const char *etag)
{
	for (size_t i = 0; i < p->bench->n; i++)
		if (p->bench->questions[i].wanted && !add(p, &p->bench->questions[i]))
			return false;
	p->out->total = json_len(p->questions);
	space_sort(p->config);
	if (!rules_kept(p))
		return false;
	if (!p->out->added.n && !p->out->updated.n)
		return true;
	return send(p, etag) && read_back(p);
}

bool publish(const struct bench *bench, struct dbx *dbx, const char *space_name, struct vars *vars,
	     struct publication *out, struct err *err)
{
	struct publishing p = { .bench = bench, .dbx = dbx, .vars = vars, .out = out, .err = err };
	struct space space = { .version = 0 };
	out->space_id = genie_find(dbx, space_name, err);
	struct json *live = out->space_id ? genie_get(dbx, out->space_id, true, err) : NULL;
	bool ok = live && space_from_json(&space, live, out->space_id, err);
	if (ok) {
		space_migrate(space.config);
		p.config = space.config;
		p.questions = space_array(space.config, "benchmarks.questions", true);
		ok = p.questions ? change(&p, space.etag) :
			err_set(err, ERR_UNAVAILABLE, "benchmarks.questions of the space is no list");
	}
	json_free(live);
	space_free(&space);
	arena_free(&p.arena);
	return ok;
}
