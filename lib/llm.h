/* llm.h - chat with a language model: a serving endpoint of the workspace, or any server that
 * speaks OpenAI's chat completions.
 *
 * Asynchronous on the http loop that is given, at most `concurrency` requests at once; the
 * rest wait in line. An answer counts when the caller's check accepts its content. Up to
 * LLM_TRIES tries with growing waits after an empty answer, one that the check refuses, a broken
 * connection or a passing refusal; 429 and 503 are also repeated by http.h as the service asks.
 * All tries of a question together keep to one budget, of which each but the last takes two thirds
 * of what is left. A 400 for a request with `response_format` is repeated once without it;
 * when that works, later requests leave it out.
 *
 * The key goes to the URL's own host only (redirects are never followed, http.h) and is struck
 * out of all that comes back. Layer: domain.
 */
#ifndef GENIE_LLM_H
#define GENIE_LLM_H

#include "base.h"
#include "digest.h"
#include "err.h"

struct dbx;
struct http;
struct json;
struct llm;

#define LLM_TRIES 3
#define LLM_MAX_CONTENT (256u << 10) /* bytes of an answer that are looked at */

/* Texts are copied. */
struct llm_options {
	const char *name; /* of the endpoint, or of the model */
	struct dbx *dbx;  /* the endpoint's workspace; or, NULL: */
	struct http *http;
	const char *url, *key; /* "https://host/v1"; key NULL: none */
	int concurrency;  /* 0: 4 */
	int64_t budget_ms; /* of one question; 0: 300,000 */
	int64_t backoff_ms; /* first wait between tries; 0: 500 */
};
/* ERR_USAGE: the URL is none, or the name or key cannot be sent. */
struct llm *llm_open(const struct llm_options *options, struct err *err) MUST_CHECK;
/* Starts nothing more and calls back what waits in line (LLM_FAULT). Before the loop is freed,
 * which calls back what is under way. NULL is fine. */
void llm_stop(struct llm *llm);
void llm_free(struct llm *llm); /* after llm_stop and the loop; NULL is fine */

enum llm_outcome {
	LLM_ANSWERED,
	LLM_UNUSABLE, /* answers came, none of use */
	LLM_REFUSED,  /* this prompt is refused (400, 413, 422) */
	LLM_FAULT,    /* not measured: no answer got through */
	LLM_DENIED,   /* refused for good: auth, permission, no such endpoint */
};

/* Looks at the content of an answer; false with a reason asks again. */
typedef bool llm_check(void *ctx, const char *content, struct err *why);
/* err says why, unless it was answered. */
typedef void llm_done(void *ctx, enum llm_outcome outcome, const struct err *err);

/* `request`: {messages, ...} without model; copied. Calls back exactly once, from the loop. */
void llm_ask(struct llm *llm, const struct json *request, llm_check *check, llm_done *done,
	void *ctx);
/* Requests sent so far. */
size_t llm_sent(const struct llm *llm);

/* The text of a chat completion, or of the answer of an agent: content that is a string, an
 * object, or a list of parts of which those of type text count (reasoning does not). Yours;
 * NULL when there is none. */
char *llm_content(const struct json *reply);

/* The name of a question for a journal: who is asked ("llm:NAME"), and every byte of what. */
const char *llm_key(const char *who, const struct json *request, char out[SHA256_HEX]);

#endif
