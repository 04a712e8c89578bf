/* proposellm.h - patches that a language model drafts: what it is asked, and what its answer
 * says.
 *
 * Here is the model's side without the network and without a space: evidence becomes a chat
 * request, the content of an answer becomes patches of which nothing is known yet but that they
 * are made of members a patch of their type has. llm.h carries both; whether such a patch may
 * stand is for others to say.
 *
 * Evidence is one JSON value. In the prompt it stands between two lines that begin with a marker
 * made of its own digest, so that nothing inside can close it, and its strings are JSON strings,
 * so that nothing inside can look like another part of it. Layer: domain.
 */
#ifndef GENIE_PROPOSELLM_H
#define GENIE_PROPOSELLM_H

#include "base.h"
#include "err.h"

struct json;
struct prompt;

#define PROPOSELLM_MAX_PATCHES 40 /* of an answer that are looked at */
#define PROPOSELLM_MARKER 24      /* bytes, with NUL */

struct proposellm_input {
	int lever;
	size_t max_patches;          /* that are asked for */
	const struct json *evidence;
};

/* The request; NULL when the prompt names a value that there is not. The same input gives the
 * same bytes. Yours. */
struct json *proposellm_request(const struct proposellm_input *input, const struct prompt *prompt,
	struct err *err) MUST_CHECK;
/* The types that a lever has with their members, a line each, from the table of patch.h.
 * New string. */
char *proposellm_types(int lever);
/* What an answer has to look like, as strict JSON Schema. */
struct json *proposellm_schema(int lever);
/* A marker that does not occur in the text. */
const char *proposellm_marker(const char *text, char out[PROPOSELLM_MARKER]);

/* Reads the content of an answer: an array of patches, or an object with such `patches`, with
 * text around it or not. Each becomes an object with `type` (as it was said when it is unknown),
 * the members that its type has, `questions` and `confidence` (0..1; 0.5 when it is not said);
 * everything else (live, repo, risk, ids of patches ..) is left out, and so is what is
 * empty. `value` has the form of serialized_space, without an id. ERR_DATA when there is no such
 * array. Yours. */
struct json *proposellm_read(const char *content, struct err *err) MUST_CHECK;

#endif
