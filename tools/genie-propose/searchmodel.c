/* Proposals by a model. It is shown the text that it is to write anew, the train questions of the
 * minibatch that fail with it (evidence.h: without val and held_out), what their results differ
 * in, and what became of earlier proposals. Its answer is one closed fence; of examples one edit,
 * not a new list. Answers stand in the journal under the hash of the whole prompt. */
#include "searchrules.h"

#include "evidence.h"

#include "dbx.h"
#include "dbxtool.h"
#include "http.h"
#include "journal.h"
#include "json.h"
#include "leak.h"
#include "llm.h"
#include "llmjson.h"
#include "mem.h"
#include "patch.h"
#include "prompt.h"
#include "proposellm.h"
#include "rows.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TOKENS 8192 /* of an answer; reasoning counts too */
#define MAX_DIFFERENCE 600

/* ---- what is asked ---- */

static void add_result(const struct search *s, const struct fact_case *c, struct json *list)
{
	struct leak_match match;
	const struct json *comparison = json_get(c->row, "comparison");
	struct str text = STR_INIT;
	json_print(json_get(comparison, "diff"), &text);
	str_cut(&text, utf8_fit(str_text(&text), MAX_DIFFERENCE));
	struct json *one = json_push(list, json_new_object());
	json_set_str(one, "id", c->id);
	json_set_str(one, "verdict", json_str_or(comparison, "verdict", "none"));
	json_set_str(one, "error", json_str_or(comparison, "error", NULL));
	if (json_get(comparison, "diff") && !leak_check(s->guard, str_text(&text), &match))
		json_set_str(one, "difference", str_text(&text));
	str_free(&text);
}

static struct json *evidence_of(const struct search *s, const struct gepa_brief *brief,
	const struct scene *scene)
{
	const struct json *clusters[GEPA_REASON];
	struct evidence e = { .model = &scene->model, .cases = &scene->cases, .guard = s->guard,
		.lever = 6, .clusters = clusters };
	static const char *const lists[] = { "clusters", "long_tail" };
	for (size_t i = 0; i < countof(lists); i++)
		for (const struct json *c = json_first(json_get(scene->clusters, lists[i]));
			c && e.n < countof(clusters); c = json_next(c))
			clusters[e.n++] = c;
	struct json *out = evidence_new(&e), *list = json_set(out, "results", json_new_array());
	for (int i = 0; i < brief->n; i++) {
		const struct fact_case *c = cases_find(&scene->cases,
			row_id(s->split[GEPA_TRAIN].row[brief->ids[i]]));
		if (evidence_shows(c))
			add_result(s, c, list);
	}
	list = json_set(out, "not_taken", json_new_array());
	for (int i = 0; i < brief->nrejections; i++)
		json_push_str(list, brief->rejections[i]);
	return out;
}

struct values {
	char marker[PROPOSELLM_MARKER];
	char *evidence;
	const char *component, *task;
};

static const char *value_of(void *ctx, const char *name)
{
	const struct values *v = ctx;
	return streq(name, "marker") ? v->marker : streq(name, "evidence") ? v->evidence :
		streq(name, "component") ? v->component : streq(name, "task") ? v->task : NULL;
}

static bool add_message(struct json *messages, const char *role, const struct search *s,
	struct values *values, struct err *err)
{
	struct str text = STR_INIT;
	const char *section = streq(role, "user") ? s->prompt->user : s->prompt->system;
	bool ok = prompt_render(s->prompt, section, value_of, values, &text, err);
	if (ok) {
		struct json *message = json_push(messages, json_new_object());
		json_set_str(message, "role", role);
		json_set_str(message, "content", str_text(&text));
	}
	str_free(&text);
	return ok;
}

static struct json *request_of(const struct search *s, int component, const struct json *evidence,
	struct err *err)
{
	static const char *const names[] = { "the instruction", "the examples" };
	static const char *const tasks[] = {
		"Write the whole instruction anew, between two lines of three backquotes. It may "
		"have at most 4,000 characters.",
		"Make one edit of the examples, as one JSON object between two lines of three "
		"backquotes: {\"op\": \"add\", \"question\", \"sql\"}, {\"op\": \"replace\", "
		"\"id\", \"question\", \"sql\"} or {\"op\": \"remove\", \"id\"}. Ids are those of "
		"example_question_sqls in the evidence." };
	struct values values = { .component = names[component], .task = tasks[component] };
	struct str text = STR_INIT;
	struct json *request = json_new_object();
	struct json *messages = json_set(request, "messages", json_new_array());
	json_print_pretty(evidence, 1, &text);
	values.evidence = str_take(&text);
	proposellm_marker(values.evidence, values.marker);
	bool ok = add_message(messages, "system", s, &values, err) &&
		add_message(messages, "user", s, &values, err);
	json_set_num(request, "temperature", 0);
	json_set_int(request, "max_tokens", MAX_TOKENS);
	free(values.evidence);
	if (ok)
		return request;
	json_free(request);
	return NULL;
}

/* ---- what is answered ---- */

static bool is_fence(const char *line)
{
	return starts_with(line, "```");
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');
	return end ? end + 1 : NULL;
}

/* What stands in the one closed fence; new string. NULL: there is none, or more than one. */
static char *in_fence(const char *content)
{
	const char *from = NULL, *to = NULL;
	int fences = 0;
	for (const char *line = content; line; line = next_line(line)) {
		if (!is_fence(line))
			continue;
		if (++fences == 1)
			from = next_line(line);
		else if (fences == 2)
			to = line;
	}
	if (fences != 2 || !from || !to || to < from)
		return NULL;
	return xstrndup(from, (size_t)(to - from));
}

static bool is_edit(const struct json *json)
{
	return json_is(json, JSON_OBJECT) && json_str_or(json, "op", NULL);
}

/* The patch that an edit of the examples is; NULL with err when it is none. */
static struct json *edit_patch(const struct json *edit, struct err *err)
{
	const char *op = json_str_or(edit, "op", ""), *id = json_str_or(edit, "id", "");
	bool add = streq(op, "add"), remove = streq(op, "remove");
	if ((!add && !remove && !streq(op, "replace")) || (!add && !*id)) {
		err_set(err, ERR_DATA, "the edit is no add, and no replace or remove with an id");
		return NULL;
	}
	struct json *patch = patch_new("", add ? "add_example_sql" : remove ? "remove_example_sql" :
		"update_example_sql", NULL, 6);
	if (!add)
		json_set_str(patch, "id", id);
	if (remove)
		return patch;
	struct json *value = json_set(patch, "value", json_new_object());
	json_set_str(value, "question", json_str_or(edit, "question", ""));
	json_set_str(value, "sql", json_str_or(edit, "sql", ""));
	if (*json_str_or(value, "question", "") && *json_str_or(value, "sql", ""))
		return patch;
	err_set(err, ERR_DATA, "the example has no question or no sql");
	json_free(patch);
	return NULL;
}

static struct json *read_edit(const char *text, struct err *err)
{
	struct json *edit = llmjson_find(text, "{", is_edit);
	struct json *patch = edit ? edit_patch(edit, err) : NULL;
	if (!edit)
		err_set(err, ERR_DATA, "there is no edit {\"op\": ..} in the fence");
	json_free(edit);
	return patch;
}

struct ask {
	struct search *s;
	const struct gepa_brief *brief;
	int component;
	char *text;    /* the component after it; NULL: not answered */
	char *content; /* of the answer */
	enum llm_outcome outcome;
	struct err why;
};

static bool take(struct ask *a, const char *content, struct err *why)
{
	char *inside = in_fence(content), *text = NULL;
	if (!inside)
		return err_set(why, ERR_DATA, "the answer is not one closed fence");
	if (a->component == SEARCH_INSTRUCTION) {
		text = xstrdup(trim(inside));
	} else {
		struct json *patch = read_edit(inside, why);
		int component = SEARCH_EXAMPLES;
		text = patch ? search_edit(a->s, a->brief->text, patch, &component) : NULL;
		json_free(patch);
	}
	free(inside);
	free(a->text);
	a->text = text;
	return text || why->code || err_set(why, ERR_DATA, "the edit cannot be made");
}

static bool heard(void *ctx, const char *content, struct err *why)
{
	struct ask *a = ctx;
	if (!take(a, content, why))
		return false;
	free(a->content);
	a->content = xstrdup(content);
	return true;
}

static void done(void *ctx, enum llm_outcome outcome, const struct err *err)
{
	struct ask *a = ctx;
	a->outcome = outcome;
	if (outcome != LLM_ANSWERED)
		a->why = *err;
}

/* ---- asking ---- */

static bool send(struct ask *a, const struct json *request, struct err *err)
{
	const struct search_options *o = a->s->o;
	char *agent = xasprintf("genie-toolkit/%s", tool_version());
	struct http_options options = { .agent = agent, .budget_ms = dbxtool_budget_ms() };
	struct dbx *dbx = o->llm_url ? NULL : search_dbx(a->s, err);
	struct http *own = o->llm_url ? http_new(&options) : NULL;
	struct http *http = dbx ? dbx_http(dbx) : own;
	struct llm_options to = { .name = o->llm, .dbx = dbx, .http = http, .url = o->llm_url,
		.key = o->llm_key, .budget_ms = options.budget_ms };
	struct llm *llm = http ? llm_open(&to, err) : NULL;
	a->outcome = LLM_FAULT;
	if (llm) {
		llm_ask(llm, request, heard, done, a);
		http_run(http, NULL);
	}
	llm_stop(llm);
	http_free(own);
	llm_free(llm);
	free(agent);
	if (!llm)
		return false;
	return a->outcome == LLM_ANSWERED || err_set(err, ERR_TEMP, "%s: %s", o->llm, a->why.text);
}

static bool remember(const struct ask *a, const char *key, struct err *err)
{
	struct json *entry = json_new_object();
	json_set_str(entry, "source", a->s->o->llm);
	json_set_str(entry, "prompt", a->s->prompt->version);
	json_set_str(entry, "content", a->content);
	return journal_put_key(a->s->journal, "genie/reflection/1", key, entry, err);
}

static bool answer(struct ask *a, const struct json *request, struct err *err)
{
	char key[SHA256_HEX], *source = xasprintf("llm:%s", a->s->o->llm);
	llm_key(source, request, key);
	free(source);
	const char *known =
		json_str_or(journal_find_key(a->s->journal, key), "content", NULL);
	if (known)
		return take(a, known, err);
	return send(a, request, err) && remember(a, key, err);
}

enum gepa_reply search_by_model(void *ctx, const struct gepa_brief *brief, char **child,
	struct err *err)
{
	struct ask a = { .s = ctx, .brief = brief, .component = brief->components[0] };
	struct scene scene = { 0 };
	if (a.s->o->llm_calls && a.s->reflections >= a.s->o->llm_calls) {
		err_set(err, ERR_NO, "the %ld questions to the model (--llm-calls) are put",
			a.s->o->llm_calls);
		return GEPA_ENOUGH;
	}
	bool ok = !search_is_idle(a.s, err) && scene_open(a.s, brief, &scene, err);
	if (ok) {
		a.s->reflections++;
		struct json *evidence = evidence_of(a.s, brief, &scene);
		struct json *request = request_of(a.s, a.component, evidence, err);
		ok = request && answer(&a, request, err);
		json_free(request);
		json_free(evidence);
	}
	scene_free(&scene);
	free(a.content);
	if (!ok) {
		free(a.text);
		return GEPA_FAILED;
	}
	child[a.component] = a.text;
	return GEPA_PROPOSED;
}
