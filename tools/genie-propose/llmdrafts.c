#include "llmdrafts.h"

#include "drafts.h"
#include "evidence.h"
#include "vet.h"

#include "dbx.h"
#include "dbxtool.h"
#include "digest.h"
#include "http.h"
#include "journal.h"
#include "json.h"
#include "llm.h"
#include "log.h"
#include "mem.h"
#include "prompt.h"
#include "prompttool.h"
#include "proposellm.h"
#include "tool.h"

#include <stdlib.h>

struct talk;
/* One question to the model. */
struct batch {
	struct talk *talk;
	const struct json *cluster[LLMDRAFTS_BATCH];
	size_t n;
	struct json *request;
	char key[SHA256_HEX];
	char *content;        /* of a usable answer; NULL: none */
	bool known;           /* by the journal */
};

struct talk {
	const struct llmdrafts *how;
	char *source;         /* "llm:MODEL" */
	struct prompt prompt;
	struct journal *journal;
	struct batch *v;
	size_t n;
	struct err first;     /* why the first one without an answer has none */
	struct err broken;    /* of the journal */
};

/* ---- what is asked ---------------------------------------------------------------------- */

static void take_clusters(struct talk *talk, const char *list, size_t *left_out)
{
	for (const struct json *c = json_first(json_get(talk->how->clusters, list)); c;
		c = json_next(c)) {
		bool full = talk->n == 0 || talk->v[talk->n - 1].n == LLMDRAFTS_BATCH;
		if (json_int_or(c, "lever", 0) != talk->how->space->lever ||
		    !evidence_has(talk->how->space->cases, c))
			continue;
		if (full && talk->n == talk->how->calls) {
			++*left_out;
			continue;
		}
		if (full)
			talk->v[talk->n++].talk = talk;
		struct batch *last = &talk->v[talk->n - 1];
		last->cluster[last->n++] = c;
	}
}

static bool make_request(struct talk *talk, struct batch *b, struct err *err)
{
	const struct proposal *p = talk->how->space;
	struct evidence e = { .model = p->model, .cases = p->cases, .guard = talk->how->guard,
		.history = p->history, .lever = p->lever, .clusters = b->cluster, .n = b->n };
	struct json *evidence = evidence_new(&e);
	struct proposellm_input input = { .lever = p->lever, .evidence = evidence,
		.max_patches = talk->how->max_patches < 10 ? talk->how->max_patches : 10 };
	b->request = proposellm_request(&input, &talk->prompt, err);
	json_free(evidence);
	if (!b->request)
		return false;
	llm_key(talk->source, b->request, b->key);
	const char *known = json_str_or(journal_find_key(talk->journal, b->key), "content", NULL);
	b->content = xstrdup(known);
	b->known = known != NULL;
	return true;
}

static bool prepare(struct talk *talk, struct err *err)
{
	size_t left_out = 0;
	char *dir = prompttool_dir(talk->how->prompts, err);
	bool ok = dir && prompt_load(&talk->prompt, dir, "propose", err);
	free(dir);
	if (!ok || !(talk->journal = journal_open(talk->how->journal, err)))
		return false;
	talk->v = xcalloc(talk->how->calls, sizeof *talk->v);
	take_clusters(talk, "clusters", &left_out);
	take_clusters(talk, "long_tail", &left_out);
	if (left_out)
		log_info("%zu clusters are not shown to the model: --llm-calls %zu", left_out,
			talk->how->calls);
	for (size_t i = 0; ok && i < talk->n; i++)
		ok = make_request(talk, &talk->v[i], err);
	return ok;
}

/* ---- asking ------------------------------------------------------------------------------ */

static bool heard(void *ctx, const char *content, struct err *why)
{
	struct batch *b = ctx;
	struct json *list = proposellm_read(content, why);
	free(b->content);
	b->content = list ? xstrdup(content) : NULL;
	json_free(list);
	return b->content != NULL;
}

static void remember(struct batch *b)
{
	struct talk *talk = b->talk;
	struct json *entry = json_new_object();
	json_set_str(entry, "source", talk->source);
	json_set_str(entry, "prompt", talk->prompt.version);
	json_set_str(entry, "content", b->content);
	if (!journal_put_key(talk->journal, "genie/proposal/1", b->key, entry, &talk->broken))
		log_warn("%s", talk->broken.text);
}

static void done(void *ctx, enum llm_outcome outcome, const struct err *err)
{
	struct batch *b = ctx;
	struct talk *talk = b->talk;
	if (outcome == LLM_ANSWERED) {
		remember(b);
		return;
	}
	free(b->content);
	b->content = NULL;
	if (talk->first.code)
		return;
	bool for_good = outcome == LLM_DENIED || outcome == LLM_REFUSED;
	err_set(&talk->first, for_good ? ERR_UNAVAILABLE : ERR_TEMP, "%s%s",
		outcome == LLM_UNUSABLE ? "no answer was of use: " : "", err->text);
}

static void ask_all(struct talk *talk, struct llm *llm, struct http *http)
{
	for (size_t i = 0; i < talk->n; i++)
		if (!talk->v[i].known)
			llm_ask(llm, talk->v[i].request, heard, done, &talk->v[i]);
	http_run(http, NULL);
	log_info("%s: %zu requests", talk->source, llm_sent(llm));
}

static bool is_all_known(const struct talk *talk)
{
	for (size_t i = 0; i < talk->n; i++)
		if (!talk->v[i].known)
			return false;
	return true;
}

/* False: nothing could be asked. */
static bool ask(struct talk *talk, struct err *err)
{
	const struct llmdrafts *how = talk->how;
	char *agent = xasprintf("genie-toolkit/%s", tool_version());
	struct http_options options = { .agent = agent, .budget_ms = dbxtool_budget_ms() };
	struct dbx *dbx = how->url ? NULL : dbxtool_open(how->dbx, err);
	struct http *own = how->url ? http_new(&options) : NULL, *http = dbx ? dbx_http(dbx) : own;
	struct llm_options to = { .name = how->model, .dbx = dbx, .http = http, .url = how->url,
		.key = how->key, .budget_ms = options.budget_ms };
	struct llm *llm = http ? llm_open(&to, err) : NULL;
	if (llm)
		ask_all(talk, llm, http);
	llm_stop(llm);
	dbx_free(dbx);
	http_free(own);
	llm_free(llm);
	free(agent);
	return llm != NULL;
}

/* ---- what came back ----------------------------------------------------------------------- */

static void take_answer(const struct talk *talk, const struct batch *b, struct json *all)
{
	const struct proposal *p = talk->how->space;
	struct vetting vetting = { .model = p->model, .cases = p->cases, .history = p->history,
		.lever = p->lever, .drafted_by = talk->source, .clusters = b->cluster, .n = b->n };
	struct err ignored = { 0 };
	struct json *list = proposellm_read(b->content, &ignored);
	for (const struct json *one = json_first(list); one; one = json_next(one))
		json_push(all, vet(&vetting, one));
	json_free(list);
}

static enum llmdrafts_result take_answers(const struct talk *talk, struct json *all,
	struct err *err)
{
	size_t answered = 0;
	for (size_t i = 0; i < talk->n; i++) {
		if (!talk->v[i].content)
			continue;
		answered++;
		take_answer(talk, &talk->v[i], all);
	}
	if (answered == talk->n)
		return LLMDRAFTS_DONE;
	if (!answered) {
		*err = talk->first;
		return LLMDRAFTS_SILENT;
	}
	log_warn("%s: %zu of %zu questions were answered: %s", talk->source, answered, talk->n,
		talk->first.text);
	return LLMDRAFTS_DONE;
}

static void talk_free(struct talk *talk)
{
	for (size_t i = 0; talk->v && i < talk->n; i++) {
		json_free(talk->v[i].request);
		free(talk->v[i].content);
	}
	free(talk->v);
	free(talk->source);
	prompt_free(&talk->prompt);
	journal_free(talk->journal);
}

enum llmdrafts_result llmdrafts(const struct llmdrafts *how, struct json *all, struct err *err)
{
	struct talk talk = { .how = how, .source = xasprintf("llm:%s", how->model) };
	enum llmdrafts_result result = LLMDRAFTS_BROKEN;
	if (prepare(&talk, err)) {
		if (is_all_known(&talk) || ask(&talk, err))
			result = take_answers(&talk, all, err);
		else if (err->code != ERR_USAGE)
			result = LLMDRAFTS_SILENT;
	}
	if (result == LLMDRAFTS_DONE && talk.broken.code) {
		*err = talk.broken;
		result = LLMDRAFTS_BROKEN;
	}
	talk_free(&talk);
	return result;
}
