/* serving.h - what the workspace's model endpoints answer: a recorded script, or another
 * server. Nothing is ever made up here: a prompt that no line of the script matches is
 * refused.
 *
 * A script is JSON Lines, one exchange a line:
 *	{"match": TEXT | [TEXT...],  all of them occur in the last user message; absent: any
 *	 "endpoint": NAME,           absent: a line for every endpoint
 *	 "with": [MEMBER...],        members that the request must have ("response_format")
 *	 "times": N,                 how often the line answers; absent: always
 *	 "response": R}
 * The first line that matches and is not used up answers. R is a string (the message's
 * content), an array (content in parts), {"status": S, "body": B} (a reply as it is; a B
 * that is a string is sent as text), an object with "choices" (the reply's body), or any other
 * object (the content is its JSON).
 */
#ifndef GENIE_LOCAL_SERVING_H
#define GENIE_LOCAL_SERVING_H

#include "base.h"
#include "err.h"

struct json;
struct serving;
struct strlist;

/* NULL script and NULL proxy: no endpoints. ERR_DATA names the line of a script that is none;
 * ERR_USAGE: both are given, or the proxy is no URL. */
struct serving *serving_open(const char *script, const char *proxy, const char *key,
	struct err *err) MUST_CHECK;
void serving_free(struct serving *serving); /* NULL is fine */

/* Is there an endpoint of this name? */
bool serving_has(const struct serving *serving, const char *name);
/* The names that are known, sorted. */
void serving_names(const struct serving *serving, struct strlist *names);
bool serving_is_proxy(const struct serving *serving);
/* The recorded response to a request with this last user message, counted; NULL: no line
 * matches. Borrowed. */
const struct json *serving_find(struct serving *serving, const char *name,
	const struct json *request, const char *prompt);
/* Sends the request on, as the endpoint's model. *reply (yours) is the body of the answer. */
bool serving_forward(struct serving *serving, const char *name, const struct json *request,
	int *status, char **reply, struct err *err) MUST_CHECK;

#endif
