/* judgellm.h - the judges that a language model plays: what it is asked, and what its answer
 * says.
 *
 * Five judges have two implementations with the same output (evaluation.md, "Judges"):
 * schema_accuracy, logical_accuracy, semantic_equivalence, completeness and arbiter. Here is
 * the model's, without the network: the evidence of a row (question, both SQLs, their
 * structural difference, first rows of both results, what the catalogue says of the tables)
 * becomes a chat request; the content of the answer becomes a verdict. llm.h carries them.
 * Layer: domain.
 */
#ifndef GENIE_JUDGELLM_H
#define GENIE_JUDGELLM_H

#include "base.h"
#include "err.h"

struct json;
struct judge_catalog;
struct prompt;

/* The judges that can be asked of a model, the arbiter last; NULL-terminated. */
extern const char *const judgellm_judges[];
#define JUDGELLM_N 5
#define JUDGELLM_ARBITER 4 /* its index */

struct judgellm_input {
	const struct json *row;              /* judged by code already (judge.h) */
	const char *gold_sql;                /* resolved; NULL: none */
	const struct judge_catalog *catalog; /* NULL: nothing known */
};

/* The evidence of one row, made once for all judges. */
struct judgellm;
struct judgellm *judgellm_new(const struct judgellm_input *input);
void judgellm_free(struct judgellm *evidence); /* NULL is fine */
/* Is there anything that a model could add? Not without SQL on both sides; not for the four
 * structural judges when both SQLs are the same in canonical form; not for the arbiter
 * without disagreement. */
bool judgellm_useful(const struct judgellm *evidence, const char *judge);
/* A disagreement, for the arbiter: the results are not the same, or a structural judge of the
 * row says no. */
bool judgellm_disagreement(const struct json *row);
/* The value of a name in a prompt (prompt.h); the context is a struct judgellm. */
const char *judgellm_value(void *evidence, const char *name);

/* {messages, temperature, max_tokens, response_format}; yours. NULL with ERR_DATA when the
 * prompt names what is not there. */
struct json *judgellm_request(struct judgellm *evidence, const char *judge,
	const struct prompt *prompt, struct err *err) MUST_CHECK;
/* What an answer has to look like, as strict JSON Schema. */
struct json *judgellm_schema(const char *judge);

/* Reads the content of an answer: JSON, perhaps in a code fence or with text around it. Gives
 * {value, rationale, asi?}, yours, with `asi` as contracts.md wants it. What the taxonomy does not
 * know becomes "other". NULL with ERR_DATA: no such JSON, or no verdict of this judge. */
struct json *judgellm_read(const char *judge, const char *content, struct err *err) MUST_CHECK;
/* The verdict when no answer was of use: unknown, with ASI other/info/0.0. Yours. */
struct json *judgellm_unknown(const char *why);

#endif
