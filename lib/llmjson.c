#include "llmjson.h"

#include "json.h"

#include <string.h>

/* The end of the value that begins at s, by brackets outside strings; NULL: it is open. */
static const char *value_end(const char *s)
{
	int depth = 0;
	bool quoted = false;
	for (; *s; s++) {
		if (quoted && *s == '\\' && s[1])
			s++;
		else if (*s == '"')
			quoted = !quoted;
		else if (!quoted && (*s == '{' || *s == '['))
			depth++;
		else if (!quoted && (*s == '}' || *s == ']') && --depth == 0)
			return s + 1;
	}
	return NULL;
}

struct json *llmjson_find(const char *text, const char *opening, llmjson_accept *accept)
{
	struct json *found = NULL;
	int starts = 0;
	for (const char *s = strpbrk(text, opening); s && starts < LLMJSON_MAX_STARTS;
		s = strpbrk(s, opening)) {
		struct err ignored = { 0 };
		const char *end = value_end(s);
		struct json *json = end ? json_parse(s, (size_t)(end - s), &ignored) : NULL;
		starts++;
		if (json && accept(json)) {
			json_free(found);
			found = json;
			s = end;
		} else {
			json_free(json);
			s++; /* brackets of a text may hold the answer */
		}
	}
	return found;
}
