/* llmjson.h - the JSON in what a model wrote.
 *
 * Models put their answer between fences, behind thoughts (which may hold JSON, too) or in
 * sentences. What counts is the last value that is accepted. Layer: data.
 */
#ifndef GENIE_LLMJSON_H
#define GENIE_LLMJSON_H

#include "base.h"

struct json;

/* Values that are tried as the answer: text with more of them is none, and trying all would
 * take quadratic time. */
#define LLMJSON_MAX_STARTS 200

typedef bool llmjson_accept(const struct json *json);
/* `opening`: "{" for objects, "{[" for arrays as well. What stands inside an accepted value is
 * not looked at. NULL: nothing is accepted. Yours. */
struct json *llmjson_find(const char *text, const char *opening, llmjson_accept *accept);

#endif
